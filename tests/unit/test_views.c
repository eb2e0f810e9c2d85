/* The laws of folds, for every LMDB view. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/journal/driver.h"
#include "tests/unit/history.h"

static const char *const names[] = {"access", "board", "issue", "feed", "state"};
#define NAMES (sizeof names / sizeof *names)

static int setup(void **state)
{
	struct history *h = mem_new(sizeof *h);
	history_open(h, 2);
	h->seed = seed_start("views");
	history_tenant(h, "acme", 200);
	history_tenant(h, "umbra", 200);
	history_tenant(h, "zeta", 200);
	history_random(h, 1500);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	history_close(*state);
	free(*state);
	return 0;
}

/* Digest of a fold from nothing, in one transaction. */
static void reference(struct history *h, const char *name, uint8_t digest[VIEW_DIGEST_BYTES])
{
	const struct view_type *type = view_type_find(slice_str(name));
	struct view_options options = {&h->config, h->keys, "reference", true, 0};
	struct view *view = history_view(h, name, "reference");
	history_fold(h, view, UINT32_MAX);
	history_digest(view, digest);
	kv_view_close(view);
	assert_int_equal(type->drop(type, &options, NULL), STATUS_OK);
}

static void expect_reference(struct history *h, struct view *view)
{
	uint8_t expected[VIEW_DIGEST_BYTES], digest[VIEW_DIGEST_BYTES];
	reference(h, view->kind->type.name, expected);
	history_digest(view, digest);
	assert_memory_equal(digest, expected, sizeof digest);
}

static void a_view_that_follows_equals_one_that_is_replayed(void **state)
{
	struct history *h = *state;
	for (size_t i = 0; i < NAMES; i++) {
		struct view *view = history_view(h, names[i], "v1");
		for (int round = 0; round < 20; round++) {
			history_fold(h, view, 0);
			history_random(h, seed_below(&h->seed, 60));
		}
		history_fold(h, view, 0);
		expect_reference(h, view);
		kv_view_close(view);
	}
}

static void the_size_of_batches_does_not_matter(void **state)
{
	struct history *h = *state;
	for (size_t i = 0; i < NAMES; i++) {
		struct view *view = history_view(h, names[i], "v1");
		struct fold_options options = {
		        .type = &view->kind->type, .view = view, .journal = h->journal};
		int64_t ends[2];
		for (uint32_t p = 0; p < 2; p++)
			assert_int_equal(journal_end(h->journal, p, &ends[p], NULL), STATUS_OK);
		options.batch_events = (uint32_t)seed_below(&h->seed, 700);
		options.poll_max = (uint32_t)seed_below(&h->seed, 50) + 1;
		struct fold *fold;
		assert_int_equal(fold_open(&options, &fold, NULL), STATUS_OK);
		assert_int_equal(fold_run(fold, ends, NULL, NULL, NULL, NULL), STATUS_OK);
		fold_close(fold);
		expect_reference(h, view);
		kv_view_close(view);
	}
}

static void a_view_stays_as_it_is_when_everything_is_read_again(void **state)
{
	struct history *h = *state;
	for (size_t i = 0; i < NAMES; i++) {
		struct view *view = history_view(h, names[i], "v1");
		struct view_position done, zero = {.partitions = 2};
		history_fold(h, view, 0);
		assert_int_equal(kv_view_position(view, &done, NULL), STATUS_OK);
		zero.journal_id = done.journal_id;
		/* the position is lost, rows and seqs are not */
		assert_int_equal(kv_view_begin(view, NULL), STATUS_OK);
		assert_int_equal(kv_view_commit(view, &done, &zero, NULL), STATUS_OK);
		history_fold(h, view, 0);
		expect_reference(h, view);
		kv_view_close(view);
	}
}

static void a_commit_from_a_position_that_is_not_the_stored_one_changes_nothing(void **state)
{
	struct history *h = *state;
	struct view *view = history_view(h, "board", "v1");
	struct view_position done, wrong, after;
	history_fold(h, view, 0);
	assert_int_equal(kv_view_position(view, &done, NULL), STATUS_OK);
	wrong = done;
	wrong.next_offset[0]--;
	assert_int_equal(kv_view_begin(view, NULL), STATUS_OK);
	assert_int_equal(kv_view_commit(view, &wrong, &wrong, NULL), STATUS_CONFLICT);
	assert_int_equal(kv_view_position(view, &after, NULL), STATUS_OK);
	assert_memory_equal(&after, &done, sizeof done);
	kv_view_close(view);
}

/* In a child; the parent has closed the journal, which admits one process. */
static void fold_until_killed(struct history *h, const char *name, int committed)
{
	history_reopen(h);
	struct view *view = history_view(h, name, "v1");
	struct fold_options options = {
	        .type = &view->kind->type, .view = view, .journal = h->journal, .poll_max = 7};
	struct fold *fold;
	if (fold_open(&options, &fold, NULL))
		_exit(3);
	while (!fold_step(fold, 1, NULL))
		if (write(committed, ".", 1) != 1)
			_exit(4);
	_exit(5);
}

/* Kill it after some commits, at no particular instruction. */
static void kill_in_the_middle(struct history *h, const char *name)
{
	int pipe_fds[2], how;
	char byte;
	journal_close(h->journal);
	h->journal = NULL;
	assert_int_equal(pipe(pipe_fds), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		fold_until_killed(h, name, pipe_fds[1]);
	for (uint64_t n = 1 + seed_below(&h->seed, 100); n; n--)
		assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
	usleep((useconds_t)seed_below(&h->seed, 300));
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &how, 0), child);
	if (!WIFSIGNALED(how))
		fail_msg("the child ended with %d", WEXITSTATUS(how));
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	history_reopen(h);
}

static int64_t records_applied(struct view *view)
{
	struct view_position position;
	assert_int_equal(kv_view_position(view, &position, NULL), STATUS_OK);
	return position.next_offset[0] + position.next_offset[1];
}

static void a_view_killed_in_the_middle_goes_on_to_the_same_rows(void **state)
{
	struct history *h = *state;
	history_random(h, 4000);
	for (size_t i = 0; i < NAMES; i++) {
		for (int round = 0; round < 3; round++)
			kill_in_the_middle(h, names[i]);
		struct view *view = history_view(h, names[i], "v1");
		assert_true(records_applied(view) > 0);
		history_fold(h, view, 0);
		expect_reference(h, view);
		kv_view_close(view);
	}
}

static void records_that_are_not_ours_are_counted_and_change_nothing(void **state)
{
	struct history *h = *state;
	struct view *view = history_view(h, "board", "v1");
	uint8_t before[VIEW_DIGEST_BYTES], after[VIEW_DIGEST_BYTES];
	history_fold(h, view, 0);
	history_digest(view, before);
	struct event event = {.type = EVENT_ORGANIZATION_CREATED};
	struct buf value = {0};
	event.meta.tenant = SLICE("acme");
	event.meta.seq = h->tenants[0].seq; /* there already */
	event.meta.count = 1;
	event.organization_created.name = SLICE("Again");
	event_encode(&event, &value);
	uint32_t p = journal_partition_of(SLICE("acme"), 2);
	history_raw(h, p, SLICE("acme"), SLICE("not a frame"));
	history_raw(h, p, SLICE("acme"), buf_slice(&value));
	history_raw(h, p, SLICE("other"), buf_slice(&value));
	buf_clear(&value);
	event.meta.seq = h->tenants[0].seq + 2; /* one is missing */
	event_encode(&event, &value);
	history_raw(h, p, SLICE("acme"), buf_slice(&value));
	history_raw(h, p, SLICE("acme"), slice_of(value.data, value.n - 3));
	struct fold_options options = {
	        .type = &view->kind->type, .view = view, .journal = h->journal};
	struct fold *fold;
	assert_int_equal(fold_open(&options, &fold, NULL), STATUS_OK);
	assert_int_equal(fold_run(fold, NULL, NULL, NULL, NULL, NULL), STATUS_OK);
	assert_int_equal(fold_counts(fold).foreign, 5);
	assert_int_equal(fold_counts(fold).events, 0);
	fold_close(fold);
	history_digest(view, after);
	assert_memory_equal(before, after, sizeof after);
	kv_view_close(view);
	buf_release(&value);
}

static void a_schema_of_a_newer_version_stops_the_reader(void **state)
{
	struct history *h = *state;
	struct view *view = history_view(h, "board", "v1");
	history_fold(h, view, 0);
	history_raw(h, 0, SLICE("acme"), slice_of("\0\x00\x0f\x00\x00zz", 7));
	struct fold_options options = {
	        .type = &view->kind->type, .view = view, .journal = h->journal};
	struct fold *fold;
	struct error err;
	assert_int_equal(fold_open(&options, &fold, NULL), STATUS_OK);
	assert_int_equal(fold_run(fold, NULL, NULL, NULL, NULL, &err), STATUS_UNKNOWN_SCHEMA);
	assert_non_null(strstr(err.text, "upgrade"));
	fold_close(fold);
	kv_view_close(view);
}

static void count_stopped(void *context, const struct view_stop *stop)
{
	uint64_t *found = context;
	assert_true(slice_is(stop->tenant, "acme"));
	assert_non_null(memmem(stop->reason.data, stop->reason.n, "limbo", 5));
	assert_true(stop->has_place);
	*found = stop->seq;
}

static void a_tenant_that_cannot_be_applied_stands_and_the_others_go_on(void **state)
{
	struct history *h = *state;
	struct view *view = history_view(h, "board", "v1");
	struct history_tenant *acme = &h->tenants[0];
	while (acme->deleted || !acme->issues_n)
		history_random(h, 100);
	uint64_t seq, bad = (uint64_t)acme->seq + 2, found = 0;
	/* the second event of a command goes to a status that no board has */
	struct history_issue *issue = &acme->issues[0];
	history_event(h, EVENT_ISSUE_SUMMARY_CHANGED, AGGREGATE_KIND_ISSUE, issue->id,
	              ++issue->version)
	        ->issue_summary_changed.to = SLICE("x");
	history_event(h, EVENT_ISSUE_TRANSITIONED, AGGREGATE_KIND_ISSUE, issue->id,
	              ++issue->version)
	        ->issue_transitioned.to = SLICE("limbo");
	history_command(h, acme);
	history_flush(h);
	history_random(h, 200);
	for (int again = 0; again < 2; again++) { /* the second time it is known from the store */
		history_fold(h, view, 0);
		assert_int_equal(kv_view_tenant_seq(view, SLICE("acme"), &seq, NULL), STATUS_OK);
		assert_int_equal(seq, bad - 1);
		assert_int_equal(kv_view_tenant_seq(view, SLICE("umbra"), &seq, NULL), STATUS_OK);
		assert_int_equal(seq, h->tenants[1].seq);
		assert_int_equal(kv_view_stopped(view, count_stopped, &found, NULL), STATUS_OK);
		assert_int_equal(found, bad);
		history_random(h, 50);
	}
	history_fold(h, view, 0);
	expect_reference(h, view);
	kv_view_close(view);
}

static void a_view_of_another_journal_is_refused(void **state)
{
	struct history *h = *state;
	struct view *view = history_view(h, "board", "v1");
	struct view_position done, other;
	struct error err;
	struct fold *fold;
	history_fold(h, view, 0);
	assert_int_equal(kv_view_position(view, &done, NULL), STATUS_OK);
	other = done;
	other.journal_id = uuid_v4();
	struct fold_options options = {
	        .type = &view->kind->type, .view = view, .journal = h->journal};
	assert_int_equal(kv_view_begin(view, NULL), STATUS_OK);
	assert_int_equal(kv_view_commit(view, &done, &other, NULL), STATUS_OK);
	assert_int_equal(fold_open(&options, &fold, &err), STATUS_CONFLICT);
	assert_non_null(strstr(err.text, "rebuild"));
	/* a log that ends before the position has lost what was acknowledged */
	done.next_offset[0] += 1000000;
	assert_int_equal(kv_view_begin(view, NULL), STATUS_OK);
	assert_int_equal(kv_view_commit(view, &other, &done, NULL), STATUS_OK);
	assert_int_equal(fold_open(&options, &fold, &err), STATUS_CORRUPT);
	kv_view_close(view);
}

/* The journal becomes a copy of what it was: the same events, another identity. */
static void a_view_goes_on_by_seq_in_a_copy_of_its_journal(void **state)
{
	struct history *h = *state;
	for (size_t i = 0; i < NAMES; i++) {
		struct view *view = history_view(h, names[i], "v1");
		struct view_position position;
		struct journal_identity *identity = &h->journal->identity;
		history_fold(h, view, 0);
		memmove(identity->ancestors + 1, identity->ancestors,
		        identity->ancestors_n * sizeof *identity->ancestors);
		identity->ancestors[0] = identity->id;
		identity->ancestors_n++;
		identity->id = uuid_v4();
		assert_int_equal(journal_finish_copy(h->journal, NULL), STATUS_OK);
		history_random(h, 100);
		struct fold_options options = {.type = &view->kind->type,
		                               .view = view,
		                               .journal = h->journal,
		                               .poll_max = 9};
		struct fold *fold;
		assert_int_equal(fold_open(&options, &fold, NULL), STATUS_OK);
		assert_int_equal(fold_run(fold, NULL, NULL, NULL, NULL, NULL), STATUS_OK);
		assert_int_equal(fold_counts(fold).foreign, 0);
		fold_close(fold);
		assert_int_equal(kv_view_position(view, &position, NULL), STATUS_OK);
		assert_true(uuid_equal(&position.journal_id, &identity->id));
		expect_reference(h, view);
		kv_view_close(view);
	}
}

static void a_fold_to_a_given_end_applies_nothing_behind_it(void **state)
{
	struct history *h = *state;
	struct view *one = history_view(h, "board", "v1"), *two;
	struct view_position at;
	uint8_t expected[VIEW_DIGEST_BYTES], digest[VIEW_DIGEST_BYTES];
	history_fold(h, one, 0);
	history_digest(one, expected);
	assert_int_equal(kv_view_position(one, &at, NULL), STATUS_OK);
	history_random(h, 500);
	two = history_view(h, "board", "v2");
	struct fold_options options = {.type = &two->kind->type,
	                               .view = two,
	                               .journal = h->journal,
	                               .batch_events = FOLD_BULK_EVENTS};
	struct fold *fold;
	assert_int_equal(fold_open(&options, &fold, NULL), STATUS_OK);
	assert_int_equal(fold_run(fold, at.next_offset, NULL, NULL, NULL, NULL), STATUS_OK);
	history_digest(two, digest);
	assert_memory_equal(digest, expected, sizeof digest);
	assert_int_equal(fold_run(fold, NULL, NULL, NULL, NULL, NULL), STATUS_OK);
	fold_close(fold);
	expect_reference(h, two);
	kv_view_close(one);
	kv_view_close(two);
}

static void rows_of_one_tenant_digest_the_same_whatever_the_others_do(void **state)
{
	struct history *h = *state;
	struct view *view = history_view(h, "issue", "v1");
	uint8_t before[VIEW_DIGEST_BYTES], after[VIEW_DIGEST_BYTES];
	history_fold(h, view, 0);
	assert_int_equal(kv_view_digest(view, SLICE("acme"), before, NULL, NULL, NULL, NULL),
	                 STATUS_OK);
	history_tenant(h, "acme-too", 20);
	history_flush(h);
	history_fold(h, view, 0);
	assert_int_equal(kv_view_digest(view, SLICE("acme"), after, NULL, NULL, NULL, NULL),
	                 STATUS_OK);
	assert_memory_equal(before, after, sizeof after);
	kv_view_close(view);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_view_that_follows_equals_one_that_is_replayed),
	        CASE(the_size_of_batches_does_not_matter),
	        CASE(a_view_stays_as_it_is_when_everything_is_read_again),
	        CASE(a_commit_from_a_position_that_is_not_the_stored_one_changes_nothing),
	        CASE(a_view_killed_in_the_middle_goes_on_to_the_same_rows),
	        CASE(records_that_are_not_ours_are_counted_and_change_nothing),
	        CASE(a_schema_of_a_newer_version_stops_the_reader),
	        CASE(a_tenant_that_cannot_be_applied_stands_and_the_others_go_on),
	        CASE(a_view_of_another_journal_is_refused),
	        CASE(a_view_goes_on_by_seq_in_a_copy_of_its_journal),
	        CASE(a_fold_to_a_given_end_applies_nothing_behind_it),
	        CASE(rows_of_one_tenant_digest_the_same_whatever_the_others_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
