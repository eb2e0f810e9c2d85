/* The search and audit views behind the real projector and the embedded journal: they arrive at its
 * end, and a bulk rebuild by the same fold equals them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "projections/projector.h"
#include "tests/unit/history.h"

static void await_end(struct projector *projector, const struct history *history)
{
	int64_t deadline = clock_monotonic_ms() + 60000;
	for (uint32_t i = 0; i < projector_views(projector); i++) {
		struct view_state state;
		do {
			projector_state(projector, i, &state);
			if (clock_monotonic_ms() > deadline)
				fail_msg("%s: lag %llu: %s", state.view,
				         (unsigned long long)state.lag_records, state.reason);
			usleep(20000);
		} while (state.events_applied < history->events);
		assert_int_equal(state.tenants_stopped, 0);
	}
}

static void assert_rebuilds_equal(struct history *history, const char *name)
{
	const struct view_type *type = view_type_find(slice_str(name));
	struct view_options live_options = {.config = &history->config,
	                                    .instance = history_first_instance(name)};
	struct view_options bulk_options = {
	        .config = &history->config, .instance = "v1-bulk", .bulk = true};
	struct view *live, *bulk;
	struct error err = {.text = ""};
	uint8_t of_live[VIEW_DIGEST_BYTES], of_bulk[VIEW_DIGEST_BYTES];
	assert_int_equal(type->open(type, &live_options, &live, &err), STATUS_OK);
	assert_int_equal(type->open(type, &bulk_options, &bulk, &err), STATUS_OK);
	struct fold_options options = {
	        .type = type, .view = bulk, .journal = history->journal, .batch_events = 500};
	struct fold *fold;
	assert_int_equal(fold_open(&options, &fold, &err), STATUS_OK);
	if (fold_run(fold, NULL, NULL, NULL, NULL, &err))
		fail_msg("%s", err.text);
	fold_close(fold);
	if (type->finish(bulk, &err))
		fail_msg("%s", err.text);
	assert_int_equal(type->digest(live, SLICE(""), of_live, NULL, NULL, NULL, &err), STATUS_OK);
	assert_int_equal(type->digest(bulk, SLICE(""), of_bulk, NULL, NULL, NULL, &err), STATUS_OK);
	assert_memory_equal(of_live, of_bulk, VIEW_DIGEST_BYTES);
	type->close(live);
	type->close(bulk);
}

static void the_projector_folds_what_a_rebuild_folds(void **state)
{
	(void)state;
	struct history history;
	struct projector *projector;
	struct error err = {.text = ""};
	memset(&history, 0, sizeof history);
	history_open(&history, 2);
	history.config.postgres = getenv("NEXUSFLOW_TEST_POSTGRES");
	assert_non_null(history.config.postgres);
	history.seed = seed_start("pg_projector");
	history_tenant(&history, "acme", 200);
	history_tenant(&history, "beta", 200);
	history_random(&history, 500);
	struct projector_options options = {.config = &history.config,
	                                    .journal = history.journal,
	                                    .profile_keys = history.keys,
	                                    .postgres = true};
	if (projector_start(&options, &projector, &err))
		fail_msg("%s", err.text);
	assert_int_equal(projector_views(projector), 2);
	await_end(projector, &history);
	history_random(&history, 500);
	await_end(projector, &history);
	projector_stop(projector);
	assert_rebuilds_equal(&history, "search");
	assert_rebuilds_equal(&history, "audit");
	history_close(&history);
}

static void note_stop(void *context, const struct view_stop *stop)
{
	uint64_t *seq = context;
	assert_true(slice_is(stop->tenant, "acme"));
	assert_non_null(memmem(stop->reason.data, stop->reason.n, "CommentEdited: ", 15));
	*seq = stop->seq;
}

static void fold_all(const struct view_type *type, struct view *view, struct history *history)
{
	struct fold_options options = {
	        .type = type, .view = view, .journal = history->journal, .batch_events = 5000};
	struct error err = {.text = ""};
	struct fold *fold;
	assert_int_equal(fold_open(&options, &fold, &err), STATUS_OK);
	if (fold_run(fold, NULL, NULL, NULL, NULL, &err))
		fail_msg("%s", err.text);
	fold_close(fold);
}

/* The server refuses the whole batch, and does not say whose row it is. */
static void a_row_of_a_batch_that_cannot_be_stored_stops_its_tenant_alone(void **state)
{
	(void)state;
	struct history history;
	const struct view_type *type = view_type_find(SLICE("search"));
	struct view *view;
	struct error err = {.text = ""};
	uint64_t bad, stood = 0, seq = 0;
	memset(&history, 0, sizeof history);
	history_open(&history, 2);
	history.config.postgres = getenv("NEXUSFLOW_TEST_POSTGRES");
	history.seed = seed_start("pg_projector");
	struct history_tenant *acme = history_tenant(&history, "acme", 200);
	struct history_tenant *beta = history_tenant(&history, "beta", 200);
	do
		history_random(&history, 500);
	while (acme->deleted || !acme->issues_n);
	struct comment_edited *edited =
	        &history_issue_event(&history, EVENT_COMMENT_EDITED, &acme->issues[0])
	                 ->comment_edited;
	edited->comment_id = history_id("acme", "no comment", 1);
	edited->body = SLICE("of nothing");
	history_command(&history, acme);
	history_flush(&history);
	bad = (uint64_t)acme->seq;
	history_random(&history, 500);

	struct view_options options = {.config = &history.config, .instance = "v1-refused"};
	assert_int_equal(type->open(type, &options, &view, &err), STATUS_OK);
	for (int again = 0; again < 2; again++) { /* the second time it is known from the store */
		fold_all(type, view, &history);
		assert_int_equal(type->tenant_seq(view, SLICE("acme"), &seq, &err), STATUS_OK);
		assert_int_equal(seq, bad - 1);
		assert_int_equal(type->tenant_seq(view, SLICE("beta"), &seq, &err), STATUS_OK);
		assert_int_equal(seq, beta->seq);
		assert_int_equal(type->stopped(view, note_stop, &stood, &err), STATUS_OK);
		assert_int_equal(stood, bad);
		history_random(&history, 100);
	}
	type->close(view);
	history_close(&history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_projector_folds_what_a_rebuild_folds),
	        cmocka_unit_test(a_row_of_a_batch_that_cannot_be_stored_stops_its_tenant_alone),
	};
	return cmocka_run_group_tests_name("postgres projector", tests, NULL, NULL);
}
