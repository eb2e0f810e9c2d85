/* Tenants that stand still in a view: who else goes on, and how they go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/codec/wire.h"
#include "projections/board.h"
#include "tests/unit/history.h"

#define ACME SLICE("acme")

struct bench {
	struct history history;
	struct history_tenant *acme;
	struct view *view;
	struct kv_view_type picky; /* the board, unless it is told to fail */
	struct trouble *trouble;
	uint64_t first, second; /* seqs of acme on which no later event depends */
};

/* Seqs of acme that the view cannot apply, as if it had a fault. */
static uint64_t bad[2];
static bool all[EVENT_TYPES]; /* so that any event may fail */

static enum status apply(struct view *view, const struct event *event, struct error *err)
{
	uint64_t seq = (uint64_t)event->meta.seq;
	if (slice_equal(event->meta.tenant, ACME) && (seq == bad[0] || seq == bad[1]))
		return error_set(err, STATUS_INVALID, "told to fail");
	return board_view.type.handled[event->type] ? board_view.apply(view, event, err)
	                                            : STATUS_OK;
}

static uint64_t append_rename(struct bench *bench)
{
	struct history *h = &bench->history;
	history_event(h, EVENT_ORGANIZATION_RENAMED, AGGREGATE_KIND_ORGANIZATION,
	              history_id("acme", "organization", 0), 8)
	        ->organization_renamed.to = SLICE("Acme & Sons");
	history_command(h, bench->acme);
	history_flush(h);
	return (uint64_t)bench->acme->seq;
}

static int setup(void **state)
{
	struct bench *bench = mem_new(sizeof *bench);
	struct history *h = &bench->history;
	history_open(h, 2);
	h->seed = seed_start("fold_stopped");
	bench->acme = history_tenant(h, "acme", 200);
	history_tenant(h, "umbra", 200);
	history_random(h, 100);
	bench->first = append_rename(bench);
	history_random(h, 100);
	bench->second = append_rename(bench);
	history_random(h, 100);
	bench->trouble = trouble_new("board");
	bench->view = history_view(h, "board", "v1");
	bench->picky = board_view;
	bench->picky.apply = apply;
	bench->picky.type.handled = all;
	bench->view->kind = &bench->picky;
	memset(all, 1, sizeof all);
	bad[0] = bad[1] = 0;
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	kv_view_close(bench->view);
	history_close(&bench->history);
	trouble_free(bench->trouble);
	free(bench);
	return 0;
}

static void fold_with(struct bench *bench, uint32_t batch_events, bool retry)
{
	struct fold_options options = {.type = &bench->picky.type,
	                               .view = bench->view,
	                               .journal = bench->history.journal,
	                               .batch_events = batch_events,
	                               .trouble = bench->trouble,
	                               .retry_stopped = retry};
	struct fold *fold;
	assert_int_equal(fold_open(&options, &fold, NULL), STATUS_OK);
	assert_int_equal(fold_run(fold, NULL, NULL, NULL, NULL, NULL), STATUS_OK);
	fold_close(fold);
}

/* Where acme stands: its last seq, and before which one (0: it does not). */
static void expect_stands(struct bench *bench, uint64_t seq, uint64_t before)
{
	uint64_t at = 0, last = 0;
	struct uuid event;
	assert_int_equal(kv_view_tenant_seq(bench->view, ACME, &last, NULL), STATUS_OK);
	assert_int_equal(last, seq);
	assert_int_equal(trouble_stopped_at(bench->trouble, ACME, &at, &event), before != 0);
	assert_int_equal(at, before);
	assert_int_equal(trouble_counts(bench->trouble).stopped, before != 0);
	assert_int_equal(trouble_counts(bench->trouble).foreign, 0);
	assert_int_equal(kv_view_tenant_seq(bench->view, SLICE("umbra"), &last, NULL), STATUS_OK);
	assert_int_equal(last, bench->history.tenants[1].seq);
}

static void expect_equal_to_fold_from_nothing(struct bench *bench)
{
	uint8_t expected[VIEW_DIGEST_BYTES], digest[VIEW_DIGEST_BYTES];
	struct view *view = history_view(&bench->history, "board", "reference");
	view->kind = &bench->picky;
	history_fold(&bench->history, view, UINT32_MAX);
	history_digest(view, expected);
	history_digest(bench->view, digest);
	kv_view_close(view);
	assert_memory_equal(digest, expected, sizeof digest);
}

static void a_program_that_can_apply_the_event_goes_on(void **state)
{
	struct bench *bench = *state;
	bad[0] = bench->first;
	fold_with(bench, 0, false);
	expect_stands(bench, bench->first - 1, bench->first);
	history_random(&bench->history, 100);
	fold_with(bench, 0, true); /* it cannot yet */
	expect_stands(bench, bench->first - 1, bench->first);
	bad[0] = 0;
	fold_with(bench, 0, true);
	expect_stands(bench, (uint64_t)bench->acme->seq, 0);
	expect_equal_to_fold_from_nothing(bench);
}

static void a_program_that_can_apply_some_goes_on_as_far_as_it_can(void **state)
{
	struct bench *bench = *state;
	bad[0] = bench->first;
	fold_with(bench, 0, false);
	bad[0] = 0;
	bad[1] = bench->second;
	fold_with(bench, 0, true);
	expect_stands(bench, bench->second - 1, bench->second);
	expect_equal_to_fold_from_nothing(bench);
	fold_with(bench, 0, false); /* from the store */
	expect_stands(bench, bench->second - 1, bench->second);
}

/* Meta as far as it is known, and the rest of it from the future. */
static void append_newer(struct history *h, struct history_tenant *tenant)
{
	struct buf value = {0};
	struct uuid id = history_id(tenant->name, "newer", 1);
	struct slice name = slice_str(tenant->name);
	buf_append(&value, "\0\0\x10\0\0", 5);
	wire_put_uuid(&value, &id);
	wire_put_slice(&value, name);
	wire_put_long(&value, ++tenant->seq);
	buf_append_str(&value, "fields of the future");
	history_raw(h, journal_partition_of(name, 2), name, buf_slice(&value));
	buf_release(&value);
}

static void a_record_of_a_newer_version_stops_its_tenant_and_no_other(void **state)
{
	struct bench *bench = *state;
	uint64_t before = (uint64_t)bench->acme->seq;
	append_newer(&bench->history, bench->acme);
	history_random(&bench->history, 100);
	fold_with(bench, 0, false);
	expect_stands(bench, before, before + 1);
	struct buf line = {0};
	trouble_line(bench->trouble, true, &line);
	assert_non_null(strstr(buf_cstr(&line), "schema 1048576: written by a newer version"));
	buf_release(&line);
	fold_with(bench, 0, true);
	expect_stands(bench, before, before + 1);
	expect_equal_to_fold_from_nothing(bench);
}

/* As the writer would append it: @view is to go on without the event that acme stands before. */
static void append_skip(struct bench *bench, const char *view, uint64_t seq)
{
	static struct slice readers[2];
	struct history *h = &bench->history;
	uint64_t at;
	struct uuid event;
	readers[0] = SLICE("audit");
	readers[1] = slice_str(view);
	assert_true(trouble_stopped_at(bench->trouble, ACME, &at, &event));
	history_event(h, EVENT_EVENT_SKIPPED, AGGREGATE_KIND_ORGANIZATION,
	              history_id("acme", "organization", 0), 9)
	        ->event_skipped = (struct event_skipped){.readers = {readers, 2},
	                                                 .skipped_seq = (int64_t)seq,
	                                                 .skipped_event = event,
	                                                 .why = SLICE("damaged"),
	                                                 .operator= SLICE("uid 0")};
	history_command(h, bench->acme);
	history_flush(h);
}

static void a_skipped_event_is_left_out_now_and_in_every_rebuild(void **state)
{
	struct bench *bench = *state;
	bad[0] = bench->first;
	fold_with(bench, 0, false);
	expect_stands(bench, bench->first - 1, bench->first);
	append_skip(bench, "board", bench->first);
	fold_with(bench, 0, false);
	expect_stands(bench, (uint64_t)bench->acme->seq, 0);
	expect_equal_to_fold_from_nothing(bench);
	history_random(&bench->history, 100);
	fold_with(bench, 0, true);
	expect_stands(bench, (uint64_t)bench->acme->seq, 0);
	expect_equal_to_fold_from_nothing(bench);
}

static void a_skip_of_something_else_changes_nothing(void **state)
{
	struct bench *bench = *state;
	bad[0] = bench->first;
	fold_with(bench, 0, false);
	append_skip(bench, "issue", bench->first);     /* another view */
	append_skip(bench, "board", bench->first + 1); /* another event */
	history_random(&bench->history, 50);
	fold_with(bench, 0, false);
	expect_stands(bench, bench->first - 1, bench->first);
	expect_equal_to_fold_from_nothing(bench);
}

/* The second event is met while the tenant goes on behind the first. */
static void each_event_needs_a_skip_of_its_own(void **state)
{
	struct bench *bench = *state;
	bad[0] = bench->first;
	bad[1] = bench->second;
	fold_with(bench, 7, false);
	append_skip(bench, "board", bench->first);
	history_random(&bench->history, 50);
	fold_with(bench, 7, false);
	expect_stands(bench, bench->second - 1, bench->second);
	expect_equal_to_fold_from_nothing(bench);
	append_skip(bench, "board", bench->second);
	history_random(&bench->history, 50);
	fold_with(bench, 7, false);
	expect_stands(bench, (uint64_t)bench->acme->seq, 0);
	expect_equal_to_fold_from_nothing(bench);
}

/* A rebuild compares at the position of the live view, whatever that is: so both have to be equal
 * at every position, also between the event and its skip. */
static void what_is_live_equals_what_is_rebuilt_to_the_same_position(void **state)
{
	struct bench *bench = *state;
	struct fold_options options = {.type = &bench->picky.type,
	                               .view = bench->view,
	                               .journal = bench->history.journal,
	                               .poll_max = 16};
	struct fold *fold;
	struct view_position before;
	bad[0] = bench->first;
	fold_with(bench, 0, false);
	append_skip(bench, "board", bench->first);
	history_random(&bench->history, 20);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(kv_view_position(bench->view, &before, NULL), STATUS_OK);
		struct view *view =
		        history_view(&bench->history, "board", round ? "behind" : "before");
		uint8_t expected[VIEW_DIGEST_BYTES], digest[VIEW_DIGEST_BYTES];
		view->kind = &bench->picky;
		options.view = view;
		assert_int_equal(fold_open(&options, &fold, NULL), STATUS_OK);
		assert_int_equal(fold_run(fold, before.next_offset, NULL, NULL, NULL, NULL),
		                 STATUS_OK);
		fold_close(fold);
		history_digest(view, expected);
		history_digest(bench->view, digest);
		assert_memory_equal(digest, expected, sizeof digest);
		kv_view_close(view);
		fold_with(bench, 0, false);
	}
}

static void a_gap_is_seen_and_the_tenant_named(void **state)
{
	struct bench *bench = *state;
	uint64_t last = (uint64_t)bench->acme->seq;
	bench->acme->seq += 3;
	history_random(&bench->history, 100);
	fold_with(bench, 0, false);
	struct trouble_counts counts = trouble_counts(bench->trouble);
	assert_int_equal(counts.suspects, 1);
	assert_int_equal(counts.foreign, (uint64_t)bench->acme->seq - last - 3);
	char expected[64];
	snprintf(expected, sizeof expected, "acme expects seq %llu, found %lld",
	         (unsigned long long)last + 1, (long long)bench->acme->seq);
	struct buf line = {0};
	trouble_line(bench->trouble, true, &line);
	assert_non_null(strstr(buf_cstr(&line), expected));
	buf_release(&line);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_program_that_can_apply_the_event_goes_on),
	        CASE(a_program_that_can_apply_some_goes_on_as_far_as_it_can),
	        CASE(a_record_of_a_newer_version_stops_its_tenant_and_no_other),
	        CASE(a_skipped_event_is_left_out_now_and_in_every_rebuild),
	        CASE(a_skip_of_something_else_changes_nothing),
	        CASE(each_event_needs_a_skip_of_its_own),
	        CASE(what_is_live_equals_what_is_rebuilt_to_the_same_position),
	        CASE(a_gap_is_seen_and_the_tenant_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
