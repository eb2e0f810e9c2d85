/* Rebuild, verify, swap and rollback of LMDB views with nothing running. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "projections/board.h"
#include "projections/board_card.h"
#include "tests/unit/replay_place.h"

static const char *const names[] = {"access", "board", "issue", "feed", "state"};
#define NAMES (sizeof names / sizeof *names)

/* Alone, somebody has folded the live instance before. */
static void fold_live(struct place *p, const char *name)
{
	const char *first = history_first_instance(name);
	struct view *view = history_view(&p->history, name, first);
	history_fold(&p->history, view, 0);
	kv_view_close(view);
	assert_int_equal(
	        registry_set(p->site.registry, view_type_find(slice_str(name)), first, NULL),
	        STATUS_OK);
}

static void a_rebuilt_view_equals_the_live_one_and_takes_its_place(void **state)
{
	struct place *p = *state;
	for (size_t i = 0; i < NAMES; i++) {
		const struct view_type *type = view_type_find(slice_str(names[i]));
		uint8_t before[VIEW_DIGEST_BYTES], after[VIEW_DIGEST_BYTES];
		struct view_position at;
		struct replay_outcome outcome;
		fold_live(p, names[i]);
		digest_of_live(p, type, before, &at);
		assert_int_equal(run(p, type, replay_rebuild, false, &outcome), STATUS_OK);
		assert_true(outcome.compared);
		assert_int_equal(outcome.comparison.different, 0);
		assert_int_equal(outcome.progress.events, p->history.events);
		assert_string_equal(entry_of(p, type).live, outcome.progress.instance);
		assert_string_equal(entry_of(p, type).previous, history_first_instance(names[i]));
		assert_string_equal(entry_of(p, type).building, "");
		digest_of_live(p, type, after, &at);
		assert_memory_equal(before, after, sizeof before);
		assert_memory_equal(before, outcome.comparison.digest[1], sizeof before);
		assert_at_the_end(p, &at);
		replay_outcome_release(&outcome);
	}
}

static void a_view_that_was_never_folded_is_built_without_a_comparison(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	struct view_position at;
	uint8_t digest[VIEW_DIGEST_BYTES];
	assert_int_equal(run(p, &board_view.type, replay_rebuild, false, &outcome), STATUS_OK);
	assert_false(outcome.compared);
	digest_of_live(p, &board_view.type, digest, &at);
	assert_at_the_end(p, &at);
	replay_outcome_release(&outcome);
}

static void a_live_view_that_lags_is_compared_where_it_stands_and_overtaken(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	struct view_position at;
	uint8_t digest[VIEW_DIGEST_BYTES];
	fold_live(p, "board");
	history_random(&p->history, 500);
	assert_int_equal(run(p, &board_view.type, replay_rebuild, false, &outcome), STATUS_OK);
	assert_true(outcome.compared);
	digest_of_live(p, &board_view.type, digest, &at);
	assert_at_the_end(p, &at);
	replay_outcome_release(&outcome);
}

static bool exists(struct place *p, const char *view, const char *instance)
{
	char path[256];
	snprintf(path, sizeof path, "%s/views/%s-%s", p->history.dir, view, instance);
	return access(path, F_OK) == 0;
}

static void only_the_live_instance_and_the_one_before_are_kept(void **state)
{
	struct place *p = *state;
	char built[3][INSTANCE_MAX];
	fold_live(p, "board");
	for (int i = 0; i < 3; i++) {
		struct replay_outcome outcome;
		assert_int_equal(run(p, &board_view.type, replay_rebuild, false, &outcome),
		                 STATUS_OK);
		memcpy(built[i], outcome.progress.instance, INSTANCE_MAX);
		replay_outcome_release(&outcome);
	}
	assert_false(exists(p, "board", history_first_instance("board")));
	assert_false(exists(p, "board", built[0]));
	assert_true(exists(p, "board", built[1]));
	assert_true(exists(p, "board", built[2]));
}

static void verify_compares_and_leaves_everything_as_it_was(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	fold_live(p, "issue");
	const struct view_type *type = view_type_find(SLICE("issue"));
	assert_int_equal(run(p, type, replay_verify, false, &outcome), STATUS_OK);
	assert_true(outcome.compared);
	assert_int_equal(outcome.comparison.different, 0);
	assert_true(outcome.comparison.rows[0] > 0);
	assert_false(exists(p, "issue", outcome.progress.instance));
	assert_string_equal(entry_of(p, type).live, history_first_instance("issue"));
	assert_string_equal(entry_of(p, type).building, "");
	replay_outcome_release(&outcome);
}

static void a_rollback_without_a_previous_instance_finds_none(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	assert_int_equal(run(p, &board_view.type, replay_rollback, false, &outcome),
	                 STATUS_NOT_FOUND);
	replay_outcome_release(&outcome);
}

/* --- damage --- */

/* Change one card in the store, as a bad disk or a bad hand would; *@key is its text. */
static void damage_a_card(struct view *view, char key_text[256])
{
	struct kv_txn *txn;
	struct slice key, value;
	assert_int_equal(kv_begin_write(view->kv, &txn, NULL), STATUS_OK);
	struct kv_cursor *cursor = kv_cursor_open(txn, CARD_ROWS);
	assert_true(kv_seek(cursor, SLICE("umbra"), &key, &value));
	kv_cursor_close(cursor);
	struct buf copy = {0}, row = {0};
	buf_append_slice(&copy, key);
	buf_append_slice(&row, value);
	row.data[row.n / 2] = (char)(row.data[row.n / 2] ^ 1);
	kv_put(txn, CARD_ROWS, buf_slice(&copy), buf_slice(&row));
	assert_int_equal(kv_commit(txn, NULL), STATUS_OK);
	int n = snprintf(key_text, 256, "card_rows/umbra/");
	for (size_t i = sizeof "umbra"; i < copy.n; i++) {
		unsigned char c = (unsigned char)copy.data[i];
		bool plain = c >= 0x20 && c < 0x7f && c != '\\';
		n += snprintf(key_text + n, 256 - (size_t)n, plain ? "%c" : "\\x%02x", c);
	}
	buf_release(&copy);
	buf_release(&row);
}

static void expect_one_key(const struct replay_outcome *outcome, const char *key)
{
	const struct comparison *c = &outcome->comparison;
	assert_true(outcome->compared);
	assert_int_equal(c->different, 1);
	assert_int_equal(c->keys_n, 1);
	assert_string_equal(c->keys[0].text, key);
	assert_int_equal(c->keys[0].what, COMPARE_DIFFERS);
	for (size_t i = 0; i < c->tenants_n; i++) {
		const struct compare_tenant *tenant = &c->tenants[i];
		bool hit = strcmp(tenant->name, "umbra") == 0;
		assert_int_equal(tenant->different, hit);
		assert_true((memcmp(tenant->digest[0], tenant->digest[1], VIEW_DIGEST_BYTES) !=
		             0) == hit);
	}
}

static void a_row_changed_behind_the_views_back_is_named_and_forbids_the_swap(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	char key[256];
	fold_live(p, "board");
	struct view *view = history_view(&p->history, "board", history_first_instance("board"));
	damage_a_card(view, key);
	kv_view_close(view);
	assert_int_equal(run(p, &board_view.type, replay_verify, false, &outcome), STATUS_CONFLICT);
	expect_one_key(&outcome, key);
	replay_outcome_release(&outcome);
	/* and no flag helps: it is the same version */
	assert_int_equal(run(p, &board_view.type, replay_rebuild, true, &outcome), STATUS_CONFLICT);
	expect_one_key(&outcome, key);
	assert_string_equal(entry_of(p, &board_view.type).live, history_first_instance("board"));
	assert_string_equal(entry_of(p, &board_view.type).building, "");
	assert_false(exists(p, "board", outcome.progress.instance));
	replay_outcome_release(&outcome);
}

static void rows_that_only_one_side_has_are_told_apart(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	struct kv_txn *txn;
	struct slice key, value;
	fold_live(p, "board");
	struct view *view = history_view(&p->history, "board", history_first_instance("board"));
	assert_int_equal(kv_begin_write(view->kv, &txn, NULL), STATUS_OK);
	struct kv_cursor *cursor = kv_cursor_open(txn, CARD_ROWS);
	assert_true(kv_seek(cursor, SLICE("acme"), &key, &value));
	kv_cursor_close(cursor);
	struct buf copy = {0};
	buf_append_slice(&copy, key);
	kv_del(txn, CARD_ROWS, buf_slice(&copy));
	kv_put(txn, PROJECTS, slice_of("zeta\0more", 9), SLICE("x"));
	assert_int_equal(kv_commit(txn, NULL), STATUS_OK);
	buf_release(&copy);
	kv_view_close(view);
	assert_int_equal(run(p, &board_view.type, replay_verify, false, &outcome), STATUS_CONFLICT);
	const struct comparison *c = &outcome.comparison;
	assert_int_equal(c->different, 2);
	assert_int_equal(c->keys[0].what, COMPARE_ONLY_BUILT);
	assert_int_equal(c->keys[1].what, COMPARE_ONLY_LIVE);
	assert_string_equal(c->keys[1].text, "projects/zeta/more");
	replay_outcome_release(&outcome);
}

/* --- another version --- */

static bool handled2[EVENT_TYPES];

/* The board of the next version: @ignored events change nothing any more. */
static struct kv_view_type next_board(enum event_type ignored)
{
	struct kv_view_type next = board_view;
	memcpy(handled2, board_view.type.handled, sizeof handled2);
	handled2[ignored] = false;
	next.type.version = board_view.type.version + 1;
	next.type.handled = handled2;
	return next;
}

static void another_version_that_differs_is_live_only_when_changes_are_accepted(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	struct kv_view_type next = next_board(EVENT_ISSUE_PRIORITY_CHANGED);
	fold_live(p, "board");
	assert_int_equal(run(p, &next.type, replay_rebuild, false, &outcome), STATUS_CONFLICT);
	assert_true(outcome.comparison.different > 0);
	assert_int_equal(outcome.comparison.keys_n, outcome.comparison.different < COMPARE_KEYS_MAX
	                                                    ? outcome.comparison.different
	                                                    : COMPARE_KEYS_MAX);
	assert_string_equal(entry_of(p, &next.type).live, history_first_instance("board"));
	assert_string_equal(entry_of(p, &next.type).building, outcome.progress.instance);
	replay_outcome_release(&outcome);
	/* what was built waits for the answer */
	assert_int_equal(run(p, &next.type, replay_rebuild, true, &outcome), STATUS_OK);
	assert_true(outcome.progress.resumed);
	assert_int_equal(outcome.progress.events, 0);
	assert_string_equal(entry_of(p, &next.type).live, outcome.progress.instance);
	replay_outcome_release(&outcome);
	/* this program cannot bring an instance of another version up to date */
	assert_int_equal(run(p, &next.type, replay_rollback, false, &outcome), STATUS_VERSION);
	replay_outcome_release(&outcome);
}

static void another_version_with_the_same_rows_needs_no_consent(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	struct kv_view_type next = next_board(EVENT_COMMAND_CONCLUDED);
	fold_live(p, "board");
	assert_int_equal(run(p, &next.type, replay_rebuild, false, &outcome), STATUS_OK);
	assert_true(outcome.compared);
	assert_int_equal(outcome.comparison.different, 0);
	assert_string_equal(entry_of(p, &next.type).live, outcome.progress.instance);
	replay_outcome_release(&outcome);
}

/* --- kill -9 --- */

/* After the first transaction, which is not the last one; the second never returns. */
static void tell(void *context, const struct replay_progress *progress)
{
	static int told;
	if (progress->events == 0 || progress->phase != REPLAY_BUILDING)
		return;
	if (told++)
		pause();
	if (write(*(int *)context, ".", 1) != 1)
		_exit(4);
}

/* In a child: everything is opened anew. */
static void rebuild_until_killed(struct place *p, int told)
{
	struct replay_outcome outcome;
	history_reopen(&p->history);
	open_site(p);
	struct kv_view_type slow = board_view;
	struct replay_work work = {
	        .site = &p->site, .type = &slow.type, .progress = tell, .context = &told};
	replay_rebuild(&work, &outcome, NULL);
	_exit(5);
}

static void a_build_killed_in_the_middle_goes_on_where_it_stood(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	struct history *h = &p->history;
	int pipe_fds[2], how;
	char byte;
	uint8_t live[VIEW_DIGEST_BYTES], rebuilt[VIEW_DIGEST_BYTES];
	struct view_position at;
	history_random(h, 60000); /* more than one transaction of a bulk build */
	fold_live(p, "board");
	digest_of_live(p, &board_view.type, live, &at);
	registry_close(p->registry);
	journal_close(h->journal);
	h->journal = NULL;
	assert_int_equal(pipe(pipe_fds), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		rebuild_until_killed(p, pipe_fds[1]);
	close(pipe_fds[1]);
	assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &how, 0), child);
	if (!WIFSIGNALED(how))
		fail_msg("the child ended with %d", WEXITSTATUS(how));
	close(pipe_fds[0]);
	history_reopen(h);
	open_site(p);
	char building[INSTANCE_MAX];
	memcpy(building, entry_of(p, &board_view.type).building, sizeof building);
	assert_string_not_equal(building, "");
	assert_string_equal(entry_of(p, &board_view.type).live, history_first_instance("board"));
	assert_int_equal(run(p, &board_view.type, replay_rebuild, false, &outcome), STATUS_OK);
	assert_true(outcome.progress.resumed);
	assert_string_equal(outcome.progress.instance, building);
	assert_true(outcome.progress.events < h->events);
	assert_int_equal(outcome.comparison.different, 0);
	digest_of_live(p, &board_view.type, rebuilt, &at);
	assert_memory_equal(live, rebuilt, sizeof live);
	replay_outcome_release(&outcome);
}

static void a_build_that_is_told_to_stop_goes_on_later(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	atomic_bool stop = true;
	struct error err;
	struct replay_work work = {.site = &p->site, .type = &board_view.type, .stop = &stop};
	fold_live(p, "board");
	assert_int_equal(replay_rebuild(&work, &outcome, &err), STATUS_INTERRUPTED);
	assert_string_equal(entry_of(p, &board_view.type).building, outcome.progress.instance);
	replay_outcome_release(&outcome);
	assert_int_equal(run(p, &board_view.type, replay_rebuild, false, &outcome), STATUS_OK);
	assert_true(outcome.progress.resumed);
	replay_outcome_release(&outcome);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, alone, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_rebuilt_view_equals_the_live_one_and_takes_its_place),
	        TEST(a_view_that_was_never_folded_is_built_without_a_comparison),
	        TEST(a_live_view_that_lags_is_compared_where_it_stands_and_overtaken),
	        TEST(only_the_live_instance_and_the_one_before_are_kept),
	        TEST(verify_compares_and_leaves_everything_as_it_was),
	        TEST(a_rollback_without_a_previous_instance_finds_none),
	        TEST(a_row_changed_behind_the_views_back_is_named_and_forbids_the_swap),
	        TEST(rows_that_only_one_side_has_are_told_apart),
	        TEST(another_version_that_differs_is_live_only_when_changes_are_accepted),
	        TEST(another_version_with_the_same_rows_needs_no_consent),
	        TEST(a_build_killed_in_the_middle_goes_on_where_it_stood),
	        TEST(a_build_that_is_told_to_stop_goes_on_later),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
