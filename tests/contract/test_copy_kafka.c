/* A journal goes from one machine to a topic of another number of partitions and back, by way of a
 * second topic; events stay the same, and the views of both stores go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/store/pg.h"
#include "replay/copy.h"
#include "tests/contract/journal_contract.h"
#include "tests/contract/kafka_place.h"
#include "tests/unit/copied.h"

struct place {
	struct history history; /* its journal is the first source */
	struct journal_place topics[2];
	char dir[64];
	struct pg *pg;
};

static int setup(void **state)
{
	struct place *p = mem_new(sizeof *p);
	const char *conninfo = getenv("NEXUSFLOW_TEST_POSTGRES");
	assert_non_null(conninfo);
	history_open(&p->history, 2);
	p->history.config.postgres = conninfo;
	p->history.seed = seed_start("copy_kafka");
	history_tenant(&p->history, "acme", 200);
	history_tenant(&p->history, "umbra", 200);
	history_tenant(&p->history, "wayne", 200);
	history_random(&p->history, 1500);
	for (int i = 0; i < 2; i++) {
		kafka_place_create(&p->topics[i], i == 0 ? 4 : 3);
		p->topics[i].config.data_dir = p->history.dir;
	}
	snprintf(p->dir, sizeof p->dir, "/tmp/nf-copy-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->pg = pg_open(conninfo, "test");
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	static const char drop[] =
	        "do $$ declare s name; begin for s in select nspname from pg_namespace"
	        " where nspname like 'search\\_%' or nspname like 'audit\\_%' loop"
	        " execute format('drop schema %I cascade', s); end loop; end $$";
	struct place *p = *state;
	char command[128];
	assert_int_equal(pg_script(p->pg, drop, NULL), STATUS_OK);
	pg_close(p->pg);
	history_close(&p->history);
	kafka_place_destroy(&p->topics[0]);
	kafka_place_destroy(&p->topics[1]);
	snprintf(command, sizeof command, "rm -r %s", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static struct journal *open_target(struct journal *source, const struct config *config)
{
	struct journal *target;
	struct error err = {.text = ""};
	struct journal_options options = {
	        .config = config, .create = true, .copy_of = journal_identity(source)};
	if (journal_open(&options, &target, &err))
		fail_msg("%s", err.text);
	return target;
}

static enum status copy_some(struct journal *source, struct journal *target,
                             const atomic_bool *stop,
                             void (*progress)(void *, const struct copy_progress *), void *context,
                             struct copy_progress *now)
{
	struct copy_work work = {.source = source,
	                         .target = target,
	                         .batch_events = 100,
	                         .stop = stop,
	                         .progress = progress,
	                         .context = context};
	struct tally tally;
	struct error err = {.text = ""};
	tally_init(&tally);
	enum status status = copy_run(&work, &tally, now, &err);
	tally_release(&tally);
	if (status && status != STATUS_INTERRUPTED)
		fail_msg("%s", err.text);
	return status;
}

/* A finished copy, opened as any role would. */
static struct journal *copy_to(struct journal *source, const struct config *config)
{
	struct journal *target = open_target(source, config), *opened;
	struct journal_options options = {.config = config};
	struct copy_progress now;
	struct error err = {.text = ""};
	assert_int_equal(copy_some(source, target, NULL, NULL, NULL, &now), STATUS_OK);
	journal_close(target);
	if (journal_open(&options, &opened, &err))
		fail_msg("%s", err.text);
	return opened;
}

static struct view *open_view(struct place *p, const struct view_type *type, const char *instance)
{
	struct view_options options = {.config = &p->history.config,
	                               .profile_keys = p->history.keys,
	                               .instance = instance};
	struct view *view;
	struct error err = {.text = ""};
	if (type->open(type, &options, &view, &err))
		fail_msg("%s", err.text);
	return view;
}

/* Each view has followed @from: it goes on in @to as a new one would be. */
static void expect_views_go_on(struct place *p, struct journal *from, struct journal *to,
                               const char *followed, const char *fresh_name)
{
	for (const struct view_type *const *type = view_types; *type; type++) {
		struct view *view = open_view(p, *type, followed);
		struct view *fresh = open_view(p, *type, fresh_name);
		copied_fold(from, *type, view);
		copied_fold(to, *type, fresh);
		copied_expect_goes_on(to, *type, view, fresh);
		(*type)->close(view);
		(*type)->close(fresh);
	}
}

static void views_go_on_from_one_machine_to_topics_and_back(void **state)
{
	struct place *p = *state;
	struct journal *first = p->history.journal;
	struct config config = p->history.config;
	config.data_dir = p->dir;
	config.partitions = 1;
	struct journal *four = copy_to(first, &p->topics[0].config);
	copied_expect_equal(&p->history, first, four);
	expect_views_go_on(p, first, four, "v1", "v2");
	struct journal *three = copy_to(four, &p->topics[1].config);
	copied_expect_equal(&p->history, four, three);
	struct journal *back = copy_to(three, &config);
	copied_expect_equal(&p->history, first, back);
	/* three ancestors, the first of them as the one that the view v3 knows */
	assert_int_equal(journal_identity(back)->ancestors_n, 3);
	assert_true(
	        uuid_equal(&journal_identity(back)->ancestors[2], &journal_identity(first)->id));
	expect_views_go_on(p, first, back, "v3", "v4");
	expect_views_go_on(p, four, back, "v1", "v5");
	journal_close(back);
	journal_close(three);
	journal_close(four);
}

struct limit {
	uint64_t events;
	atomic_bool stop;
};

static void stop_after(void *context, const struct copy_progress *now)
{
	struct limit *limit = context;
	if (now->events >= limit->events)
		atomic_store(&limit->stop, true);
}

static void a_copy_that_was_ended_goes_on_and_is_refused_until_it_is_finished(void **state)
{
	struct place *p = *state;
	struct journal *first = p->history.journal, *opened;
	const struct config *config = &p->topics[0].config;
	struct journal_options options = {.config = config, .create = true};
	struct copy_progress now;
	struct error err;
	uint64_t copied = 0;
	for (uint64_t i = 1; i <= 3; i++) {
		struct limit limit = {.events = 300 * i};
		struct journal *target = open_target(first, config);
		assert_int_equal(copy_some(first, target, &limit.stop, stop_after, &limit, &now),
		                 STATUS_INTERRUPTED);
		journal_close(target);
		copied += now.events;
		assert_int_equal(journal_open(&options, &opened, &err), STATUS_CONFLICT);
		assert_non_null(strstr(err.text, "unfinished copy of journal "));
	}
	struct journal *target = open_target(first, config);
	assert_int_equal(copy_some(first, target, NULL, NULL, NULL, &now), STATUS_OK);
	journal_close(target);
	assert_int_equal(copied + now.events, p->history.events); /* none twice */
	for (int i = 0; i < 2; i++) { /* found in the log, then remembered */
		assert_int_equal(journal_open(&options, &opened, &err), STATUS_OK);
		copied_expect_equal(&p->history, first, opened);
		journal_close(opened);
	}
	target = open_target(first, config);
	assert_false(journal_identity(target)->unfinished);
	journal_close(target);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(views_go_on_from_one_machine_to_topics_and_back),
	        CASE(a_copy_that_was_ended_goes_on_and_is_refused_until_it_is_finished),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
