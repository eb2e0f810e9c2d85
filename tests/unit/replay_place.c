#include "tests/unit/replay_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

void open_site(struct place *p)
{
	struct history *h = &p->history;
	p->site =
	        (struct site){.config = &h->config, .journal = h->journal, .profile_keys = h->keys};
	if (p->projector) {
		p->site.projector = p->projector;
		p->site.running = true;
		p->site.registry = projector_registry(p->projector);
		return;
	}
	assert_int_equal(registry_open(&h->config, &p->registry, NULL), STATUS_OK);
	p->site.registry = p->registry;
}

static struct place *place_new(uint64_t commands)
{
	struct place *p = mem_new(sizeof *p);
	history_open(&p->history, 2);
	p->history.seed = seed_start("replay");
	history_tenant(&p->history, "acme", 300);
	history_tenant(&p->history, "umbra", 300);
	history_random(&p->history, commands);
	return p;
}

int alone(void **state)
{
	struct place *p = place_new(3000);
	open_site(p);
	*state = p;
	return 0;
}

int beside_a_projector(void **state)
{
	struct place *p = place_new(3000);
	struct projector_options options = {
	        .config = &p->history.config,
	        .journal = p->history.journal,
	        .profile_keys = p->history.keys,
	        .lmdb = true,
	};
	assert_int_equal(projector_start(&options, &p->projector, NULL), STATUS_OK);
	open_site(p);
	*state = p;
	return 0;
}

int teardown(void **state)
{
	struct place *p = *state;
	projector_stop(p->projector);
	registry_close(p->registry);
	history_close(&p->history);
	free(p);
	return 0;
}

struct registry_entry entry_of(struct place *p, const struct view_type *type)
{
	struct registry_entry entry;
	assert_int_equal(registry_get(p->site.registry, type, &entry, NULL), STATUS_OK);
	return entry;
}

enum status run(struct place *p, const struct view_type *type,
                enum status (*what)(const struct replay_work *, struct replay_outcome *,
                                    struct error *),
                bool accept_changes, struct replay_outcome *outcome)
{
	struct error err = {.text = ""};
	struct replay_work work = {
	        .site = &p->site, .type = type, .accept_changes = accept_changes};
	enum status status = what(&work, outcome, &err);
	assert_true((status == STATUS_OK) == (err.text[0] == 0));
	return status;
}

void digest_of_live(struct place *p, const struct view_type *type,
                    uint8_t digest[VIEW_DIGEST_BYTES], struct view_position *at)
{
	struct live live;
	assert_int_equal(site_live(&p->site, type, &live, NULL), STATUS_OK);
	assert_int_equal(type->digest(live.view, SLICE(""), digest, at, NULL, NULL, NULL),
	                 STATUS_OK);
	site_live_done(&p->site, type, &live);
}

void assert_at_the_end(struct place *p, const struct view_position *at)
{
	for (uint32_t i = 0; i < 2; i++) {
		int64_t end;
		assert_int_equal(journal_end(p->history.journal, i, &end, NULL), STATUS_OK);
		assert_true(at->next_offset[i] == end);
	}
}
