/* The write-side state as a fold of the journal: what it passes over, where it stops, and that it
 * does not go on from a position that the log does not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "command-api/write_state.h"
#include "core/codec/event_codec.h"
#include "tests/unit/history.h"

struct bench {
	struct history history;
	struct history_tenant *acme;
	struct journal_reader *reader;
	struct write_state *state;
	struct trouble *trouble;
	atomic_bool interrupt;
};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);
	history_open(&bench->history, 1);
	bench->acme = history_tenant(&bench->history, "acme", 1);
	history_flush(&bench->history);
	*state = bench;
	return 0;
}

static void open_state(struct bench *bench)
{
	struct error err;
	struct journal *journal = bench->history.journal;
	assert_int_equal(journal_reader_open(journal, &bench->reader, &err), STATUS_OK);
	assert_int_equal(write_state_open(&bench->history.config, 0, journal_identity(journal),
	                                  bench->history.keys, &bench->state, &err),
	                 STATUS_OK);
}

static void close_state(struct bench *bench)
{
	write_state_close(bench->state);
	journal_reader_close(bench->reader);
	bench->state = NULL;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	if (bench->state)
		close_state(bench);
	history_close(&bench->history);
	trouble_free(bench->trouble);
	free(bench);
	return 0;
}

static int64_t end_of(struct bench *bench)
{
	int64_t end;
	struct error err;
	assert_int_equal(journal_end(bench->history.journal, 0, &end, &err), STATUS_OK);
	return end;
}

static enum status catch_up(struct bench *bench, int64_t end)
{
	struct error err;
	trouble_free(bench->trouble);
	bench->trouble = trouble_new("writer");
	return write_state_catch_up(bench->state, bench->reader, end, bench->trouble,
	                            &bench->interrupt, &err);
}

static struct write_tenant tenant_of(struct bench *bench, const char *name)
{
	struct write_tenant tenant = {0};
	struct error err;
	assert_int_equal(write_state_begin(bench->state, &err), STATUS_OK);
	write_state_tenant(bench->state, slice_str(name), &tenant);
	write_state_abort(bench->state);
	return tenant;
}

static void a_project(struct bench *bench, struct history_tenant *tenant, uint64_t number,
                      const char *key)
{
	struct event *event =
	        history_event(&bench->history, EVENT_PROJECT_CREATED, AGGREGATE_KIND_PROJECT,
	                      history_id(tenant->name, "project", number), 1);
	event->project_created.key = slice_str(key);
	event->project_created.name = SLICE("Another");
	history_command(&bench->history, tenant);
	history_flush(&bench->history);
}

static void records_that_are_not_ours_are_passed_over_and_counted(void **state)
{
	struct bench *bench = *state;
	history_raw(&bench->history, 0, SLICE("acme"), SLICE("not framed"));
	history_raw(&bench->history, 0, SLICE("acme"), SLICE(""));
	bench->acme->seq += 5; /* a gap */
	a_project(bench, bench->acme, 2, "GAP");
	bench->acme->seq -= 6 + 1; /* a seq that was there before */
	a_project(bench, bench->acme, 3, "OLD");
	a_project(bench, bench->acme, 4, "DNS"); /* 5: ours */
	open_state(bench);
	assert_int_equal(catch_up(bench, end_of(bench)), STATUS_OK);
	assert_int_equal(trouble_counts(bench->trouble).foreign, 4);
	assert_int_equal(tenant_of(bench, "acme").seq, 5);
	assert_false(tenant_of(bench, "acme").stopped);
	assert_int_equal(trouble_counts(bench->trouble).suspects, 0); /* the gap was closed */
}

static void a_key_that_is_not_the_tenant_of_the_event_is_foreign(void **state)
{
	struct bench *bench = *state;
	struct event event = {.type = EVENT_COMMAND_CONCLUDED};
	struct buf value = {0};
	event.meta.tenant = SLICE("acme");
	event.meta.seq = 5;
	event.meta.count = 1;
	event_encode(&event, &value);
	history_raw(&bench->history, 0, SLICE("other"), buf_slice(&value));
	open_state(bench);
	assert_int_equal(catch_up(bench, end_of(bench)), STATUS_OK);
	assert_int_equal(trouble_counts(bench->trouble).foreign, 1);
	assert_int_equal(tenant_of(bench, "acme").seq, 4);
	assert_int_equal(tenant_of(bench, "other").seq, 0);
	buf_release(&value);
}

static void an_unknown_schema_id_stops_its_tenant_and_no_other(void **state)
{
	struct bench *bench = *state;
	history_raw(&bench->history, 0, SLICE("acme"), SLICE("\0\xff\xff\xff\xffnew"));
	a_project(bench, bench->acme, 2, "DNS");
	history_tenant(&bench->history, "globex", 1);
	history_flush(&bench->history);
	open_state(bench);
	assert_int_equal(catch_up(bench, end_of(bench)), STATUS_OK);
	assert_true(tenant_of(bench, "acme").stopped);
	assert_int_equal(tenant_of(bench, "acme").seq, 4);
	assert_false(tenant_of(bench, "globex").stopped);
	assert_int_equal(tenant_of(bench, "globex").seq, 4);
	close_state(bench);
	open_state(bench);
	assert_int_equal(catch_up(bench, end_of(bench)), STATUS_OK);
	assert_true(tenant_of(bench, "acme").stopped);
	/* It is told again, and what came behind it is nobody's mistake. */
	uint64_t seq = 0;
	struct uuid event;
	assert_true(trouble_stopped_at(bench->trouble, SLICE("acme"), &seq, &event));
	assert_int_equal(seq, 5);
	assert_false(trouble_stopped_at(bench->trouble, SLICE("globex"), &seq, &event));
	assert_int_equal(trouble_counts(bench->trouble).foreign, 0);
}

static void a_newer_record_of_nobody_knows_whom_is_not_read_past(void **state)
{
	struct bench *bench = *state;
	char key[RECORD_TENANT_MAX + 1];
	memset(key, 'x', sizeof key); /* no tenant has a name that long */
	history_raw(&bench->history, 0, slice_of(key, sizeof key), SLICE("\0\xff\xff\xff\xffnew"));
	open_state(bench);
	assert_int_equal(catch_up(bench, end_of(bench)), STATUS_UNKNOWN_SCHEMA);
}

static void commands_that_were_appended_are_found_with_all_their_events(void **state)
{
	struct bench *bench = *state;
	struct write_command found;
	struct error err;
	struct uuid id = history_id("acme", "command", 0);
	struct uuid second = history_id("acme", "event", 2);
	open_state(bench);
	assert_int_equal(catch_up(bench, end_of(bench)), STATUS_OK);
	assert_int_equal(write_state_begin(bench->state, &err), STATUS_OK);
	assert_true(write_state_command(bench->state, SLICE("acme"), &id, &found));
	assert_int_equal(found.first_seq, 1);
	assert_int_equal(found.events_n, 3);
	assert_memory_equal(&found.events[1].id, &second, sizeof second);
	assert_int_equal(found.events[2].type, EVENT_MEMBER_PROFILE_SET);
	assert_false(write_state_command(bench->state, SLICE("globex"), &id, &found));
	write_state_abort(bench->state);
}

static void a_position_beyond_the_end_of_the_log_is_refused(void **state)
{
	struct bench *bench = *state;
	int64_t end = end_of(bench);
	open_state(bench);
	assert_int_equal(catch_up(bench, end), STATUS_OK);
	assert_int_equal(catch_up(bench, end - 1), STATUS_CORRUPT);
	assert_int_equal(tenant_of(bench, "acme").seq, 4); /* and nothing of it is touched */
	assert_int_equal(catch_up(bench, end), STATUS_OK);
}

static void who_catches_up_can_be_interrupted_and_go_on(void **state)
{
	struct bench *bench = *state;
	open_state(bench);
	atomic_store(&bench->interrupt, true);
	assert_int_equal(catch_up(bench, end_of(bench)), STATUS_TIMEOUT);
	atomic_store(&bench->interrupt, false);
	assert_int_equal(catch_up(bench, end_of(bench)), STATUS_OK);
	assert_int_equal(tenant_of(bench, "acme").seq, 4);
}

static void what_was_aborted_is_not_there(void **state)
{
	struct bench *bench = *state;
	struct error err;
	struct event event = {.type = EVENT_COMMAND_CONCLUDED};
	event.meta.aggregate.kind = AGGREGATE_KIND_COMMAND;
	event.meta.tenant = SLICE("acme");
	event.meta.seq = 5;
	event.meta.count = 1;
	open_state(bench);
	assert_int_equal(catch_up(bench, end_of(bench)), STATUS_OK);
	assert_int_equal(write_state_begin(bench->state, &err), STATUS_OK);
	write_state_apply(bench->state, &event);
	write_state_abort(bench->state);
	assert_int_equal(tenant_of(bench, "acme").seq, 4);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(records_that_are_not_ours_are_passed_over_and_counted),
	        CASE(a_key_that_is_not_the_tenant_of_the_event_is_foreign),
	        CASE(an_unknown_schema_id_stops_its_tenant_and_no_other),
	        CASE(a_newer_record_of_nobody_knows_whom_is_not_read_past),
	        CASE(commands_that_were_appended_are_found_with_all_their_events),
	        CASE(a_position_beyond_the_end_of_the_log_is_refused),
	        CASE(who_catches_up_can_be_interrupted_and_go_on),
	        CASE(what_was_aborted_is_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
