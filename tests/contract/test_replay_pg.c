/* Rebuild and rollback of the Postgres views beside a running projector. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/store/pg.h"
#include "replay/rebuild.h"
#include "tests/unit/history.h"

static const char *const names[] = {"search", "audit"};

struct place {
	struct history history;
	struct projector *projector;
	struct site site;
	struct pg *pg; /* of the owner of the schemas */
};

static int setup(void **state)
{
	struct place *p = mem_new(sizeof *p);
	const char *conninfo = getenv("NEXUSFLOW_TEST_POSTGRES");
	assert_non_null(conninfo);
	history_open(&p->history, 2);
	p->history.config.postgres = conninfo;
	p->history.seed = seed_start("replay_pg");
	history_tenant(&p->history, "acme", 200);
	history_tenant(&p->history, "umbra", 200);
	history_random(&p->history, 1500);
	struct projector_options options = {
	        .config = &p->history.config,
	        .journal = p->history.journal,
	        .profile_keys = p->history.keys,
	        .postgres = true,
	};
	assert_int_equal(projector_start(&options, &p->projector, NULL), STATUS_OK);
	p->site = (struct site){
	        .config = &p->history.config,
	        .journal = p->history.journal,
	        .profile_keys = p->history.keys,
	        .registry = projector_registry(p->projector),
	        .projector = p->projector,
	        .running = true,
	};
	p->pg = pg_open(conninfo, "test");
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	static const char drop[] =
	        "do $$ declare s name; begin for s in select nspname from pg_namespace"
	        " where nspname like 'search\\_%' or nspname like 'audit\\_%' loop"
	        " execute format('drop schema %I cascade', s); end loop; end $$";
	projector_stop(p->projector);
	assert_int_equal(pg_script(p->pg, drop, NULL), STATUS_OK);
	pg_close(p->pg);
	history_close(&p->history);
	free(p);
	return 0;
}

static bool at_the_end(struct place *p, const struct view_type *type)
{
	struct live live;
	struct view_position at;
	if (site_live(&p->site, type, &live, NULL))
		return false;
	enum status status = type->position(live.view, &at, NULL);
	site_live_done(&p->site, type, &live);
	for (uint32_t i = 0; i < 2; i++) {
		int64_t end;
		assert_int_equal(journal_end(p->history.journal, i, &end, NULL), STATUS_OK);
		if (status || at.next_offset[i] != end)
			return false;
	}
	return true;
}

static void wait_until_folded(struct place *p)
{
	for (size_t i = 0; i < 2; i++) {
		const struct view_type *type = view_type_find(slice_str(names[i]));
		int64_t until = clock_monotonic_ms() + 60000;
		while (!at_the_end(p, type)) {
			if (clock_monotonic_ms() > until)
				fail_msg("%s does not catch up", names[i]);
			usleep(5000);
		}
	}
}

static enum status run(struct place *p, const struct view_type *type,
                       enum status (*what)(const struct replay_work *, struct replay_outcome *,
                                           struct error *),
                       const atomic_bool *stop, struct replay_outcome *outcome)
{
	struct error err = {.text = ""};
	struct replay_work work = {.site = &p->site, .type = type, .stop = stop};
	enum status status = what(&work, outcome, &err);
	if (status && status != STATUS_CONFLICT && status != STATUS_INTERRUPTED)
		fail_msg("%s: %s", type->name, err.text);
	return status;
}

static int64_t schemas_of(struct place *p, const char *view)
{
	struct pg_result *result;
	char pattern[32];
	snprintf(pattern, sizeof pattern, "%s\\_%%", view);
	struct slice param = slice_str(pattern);
	assert_int_equal(pg_exec(p->pg, NULL,
	                         "select count(*) from pg_namespace where nspname like $1", &param,
	                         1, &result, NULL),
	                 STATUS_OK);
	int64_t n = pg_int(result, 0, 0);
	pg_result_free(result);
	return n;
}

struct load {
	struct place *place;
	atomic_bool stop;
};

static void *append_for_a_while(void *arg)
{
	struct load *load = arg;
	while (!atomic_load(&load->stop)) {
		history_random(&load->place->history, 20);
		usleep(5000);
	}
	return NULL;
}

static void a_postgres_view_is_rebuilt_under_load_and_equals_the_live_one(void **state)
{
	struct place *p = *state;
	struct load load = {.place = p};
	pthread_t appender;
	wait_until_folded(p);
	assert_int_equal(pthread_create(&appender, NULL, append_for_a_while, &load), 0);
	for (size_t i = 0; i < 2; i++) {
		const struct view_type *type = view_type_find(slice_str(names[i]));
		for (int round = 0; round < 3; round++) {
			struct replay_outcome outcome;
			assert_int_equal(run(p, type, replay_rebuild, NULL, &outcome), STATUS_OK);
			assert_true(outcome.compared);
			assert_true(outcome.comparison.rows[0] > 0);
			assert_int_equal(outcome.comparison.different, 0);
			replay_outcome_release(&outcome);
		}
		struct replay_outcome outcome;
		assert_int_equal(run(p, type, replay_rollback, NULL, &outcome), STATUS_OK);
		replay_outcome_release(&outcome);
		assert_int_equal(schemas_of(p, names[i]), 2);
	}
	atomic_store(&load.stop, true);
	pthread_join(appender, NULL);
	wait_until_folded(p);
	for (size_t i = 0; i < 2; i++) {
		struct replay_outcome outcome;
		assert_int_equal(
		        run(p, view_type_find(slice_str(names[i])), replay_verify, NULL, &outcome),
		        STATUS_OK);
		assert_true(outcome.compared);
		replay_outcome_release(&outcome);
	}
}

static void a_row_changed_in_the_database_is_named_and_forbids_the_swap(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	struct registry_entry entry;
	const struct view_type *type = view_type_find(SLICE("search"));
	wait_until_folded(p);
	char sql[256];
	snprintf(sql, sizeof sql,
	         "update search_%1$s.docs set title = title || '!' where doc_id ="
	         " (select doc_id from search_%1$s.docs where tenant = 'umbra'"
	         " order by doc_id limit 1) and tenant = 'umbra'",
	         history_first_instance("search"));
	assert_int_equal(pg_script(p->pg, sql, NULL), STATUS_OK);
	assert_int_equal(run(p, type, replay_rebuild, NULL, &outcome), STATUS_CONFLICT);
	assert_int_equal(outcome.comparison.different, 1);
	assert_int_equal(outcome.comparison.keys[0].what, COMPARE_DIFFERS);
	assert_true(strncmp(outcome.comparison.keys[0].text, "docs/umbra/", 11) == 0);
	replay_outcome_release(&outcome);
	assert_int_equal(registry_get(p->site.registry, type, &entry, NULL), STATUS_OK);
	assert_string_equal(entry.live, history_first_instance("search"));
	assert_int_equal(schemas_of(p, "search"), 1);
}

static void a_bulk_build_that_was_interrupted_goes_on(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	atomic_bool stop = true;
	wait_until_folded(p);
	for (size_t i = 0; i < 2; i++) {
		const struct view_type *type = view_type_find(slice_str(names[i]));
		assert_int_equal(run(p, type, replay_rebuild, &stop, &outcome), STATUS_INTERRUPTED);
		replay_outcome_release(&outcome);
		assert_int_equal(run(p, type, replay_rebuild, NULL, &outcome), STATUS_OK);
		assert_true(outcome.progress.resumed);
		assert_true(outcome.compared);
		replay_outcome_release(&outcome);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_postgres_view_is_rebuilt_under_load_and_equals_the_live_one),
	        TEST(a_row_changed_in_the_database_is_named_and_forbids_the_swap),
	        TEST(a_bulk_build_that_was_interrupted_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
