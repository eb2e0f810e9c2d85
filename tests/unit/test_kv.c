#include <fcntl.h>
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

#include "core/store/kv.h"

static const char *const tables[] = {"first", "second", NULL};
enum { FIRST, SECOND };

struct store {
	char dir[64];
	struct kv_options options;
	struct kv *kv;
	bool emptied;
	struct error err;
};

static enum status reopen(struct store *s)
{
	kv_close(s->kv);
	s->kv = NULL;
	return kv_open(&s->options, &s->kv, &s->emptied, &s->err);
}

static int setup(void **state)
{
	struct store *s = mem_new(sizeof *s);
	strcpy(s->dir, "/tmp/nf-kv-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	s->options = (struct kv_options){
	        .dir = s->dir,
	        .durability = KV_REBUILDABLE,
	        .map_bytes = 1 << 20,
	        .tables = tables,
	        .format = 1,
	};
	assert_int_equal(reopen(s), STATUS_OK);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct store *s = *state;
	kv_close(s->kv);
	assert_int_equal(kv_drop(s->dir, NULL), STATUS_OK);
	assert_int_equal(access(s->dir, F_OK), -1);
	free(s);
	return 0;
}

static void put(struct store *s, const char *key, const char *value)
{
	struct kv_txn *txn;
	assert_int_equal(kv_begin_write(s->kv, &txn, NULL), STATUS_OK);
	kv_put(txn, FIRST, slice_str(key), slice_str(value));
	assert_int_equal(kv_commit(txn, NULL), STATUS_OK);
}

static bool has(struct store *s, const char *key, const char *expected)
{
	struct kv_txn *txn;
	struct slice value;
	assert_int_equal(kv_begin_read(s->kv, &txn, NULL), STATUS_OK);
	bool found = kv_get(txn, FIRST, slice_str(key), &value) && slice_is(value, expected);
	kv_abort(txn);
	return found;
}

static void an_aborted_transaction_leaves_nothing(void **state)
{
	struct store *s = *state;
	struct kv_txn *txn;
	assert_int_equal(kv_begin_write(s->kv, &txn, NULL), STATUS_OK);
	kv_put(txn, FIRST, SLICE("a"), SLICE("1"));
	kv_abort(txn);
	assert_false(has(s, "a", "1"));
}

static void a_reader_sees_one_committed_state(void **state)
{
	struct store *s = *state;
	struct kv_txn *read;
	struct slice value;
	put(s, "a", "1");
	assert_int_equal(kv_begin_read(s->kv, &read, NULL), STATUS_OK);
	put(s, "a", "2");
	assert_true(kv_get(read, FIRST, SLICE("a"), &value));
	assert_true(slice_is(value, "1"));
	kv_abort(read);
	assert_true(has(s, "a", "2"));
}

static void cursors_go_both_ways_in_the_order_of_keys(void **state)
{
	struct store *s = *state;
	struct kv_txn *txn;
	struct slice key, value;
	put(s, "b", "2");
	put(s, "a", "1");
	put(s, "c", "3");
	assert_int_equal(kv_begin_read(s->kv, &txn, NULL), STATUS_OK);
	struct kv_cursor *cursor = kv_cursor_open(txn, FIRST);
	assert_true(kv_seek(cursor, SLICE("aa"), &key, &value) && slice_is(key, "b"));
	assert_true(kv_next(cursor, &key, &value) && slice_is(value, "3"));
	assert_false(kv_next(cursor, &key, &value));
	assert_true(kv_seek_before(cursor, SLICE("c"), &key, &value) && slice_is(key, "b"));
	assert_true(kv_prev(cursor, &key, &value) && slice_is(key, "a"));
	assert_false(kv_prev(cursor, &key, &value));
	assert_true(kv_seek_before(cursor, SLICE("zz"), &key, &value) && slice_is(key, "c"));
	assert_false(kv_seek_before(cursor, SLICE("a"), &key, &value));
	assert_false(kv_seek(cursor, SLICE("d"), &key, &value));
	kv_cursor_close(cursor);
	kv_abort(txn);
}

static void a_store_that_was_closed_is_there_again(void **state)
{
	struct store *s = *state;
	put(s, "a", "1");
	assert_int_equal(reopen(s), STATUS_OK);
	assert_false(s->emptied);
	assert_true(has(s, "a", "1"));
}

/* As after a crash of the kernel: the store was open in an earlier boot, its pages are torn. */
static void forge_crash(struct store *s)
{
	static const char zeros[65536];
	char path[600];
	snprintf(path, sizeof path, "%s/opened", s->options.dir);
	FILE *note = fopen(path, "w");
	assert_non_null(note);
	fputs("another kernel\n", note);
	fclose(note);
	snprintf(path, sizeof path, "%s/data.mdb", s->options.dir);
	FILE *data = fopen(path, "r+");
	assert_non_null(data);
	fseek(data, 8192, SEEK_SET); /* behind the two meta pages */
	assert_int_equal(fwrite(zeros, sizeof zeros, 1, data), 1);
	fclose(data);
}

/* The process dies without closing the store. */
static void die_with(struct store *s, bool forged)
{
	int how;
	kv_close(s->kv);
	s->kv = NULL;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		reopen(s);
		put(s, "a", "1");
		if (forged)
			forge_crash(s);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_true(WIFSIGNALED(how));
}

static void a_store_of_a_killed_process_keeps_what_was_committed(void **state)
{
	struct store *s = *state;
	die_with(s, false);
	assert_int_equal(reopen(s), STATUS_OK);
	assert_false(s->emptied);
	assert_true(has(s, "a", "1"));
}

static void a_store_left_open_by_an_earlier_boot_is_emptied(void **state)
{
	struct store *s = *state;
	die_with(s, true);
	assert_int_equal(reopen(s), STATUS_OK);
	assert_true(s->emptied);
	assert_false(has(s, "a", "1"));
	put(s, "a", "2");
	assert_int_equal(reopen(s), STATUS_OK);
	assert_false(s->emptied);
	assert_true(has(s, "a", "2"));
}

static void another_format_empties_a_rebuildable_store(void **state)
{
	struct store *s = *state;
	put(s, "a", "1");
	s->options.format = 2;
	assert_int_equal(reopen(s), STATUS_OK);
	assert_true(s->emptied);
	assert_false(has(s, "a", "1"));
}

static void another_format_of_a_durable_store_is_refused_and_nothing_is_lost(void **state)
{
	struct store *s = *state;
	s->options.durability = KV_DURABLE;
	assert_int_equal(reopen(s), STATUS_OK);
	put(s, "a", "1");
	s->options.format = 2;
	assert_int_equal(reopen(s), STATUS_VERSION);
	s->options.format = 1;
	assert_int_equal(reopen(s), STATUS_OK);
	assert_false(s->emptied);
	assert_true(has(s, "a", "1"));
}

static void a_full_store_fails_the_commit_and_keeps_the_last_state(void **state)
{
	struct store *s = *state;
	struct kv_txn *txn;
	char value[4000], key[16];
	memset(value, 'x', sizeof value);
	put(s, "a", "1");
	assert_int_equal(kv_begin_write(s->kv, &txn, NULL), STATUS_OK);
	kv_put(txn, FIRST, SLICE("a"), SLICE("2"));
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof key, "k%d", i);
		kv_put(txn, SECOND, slice_str(key), slice_of(value, sizeof value));
	}
	assert_true(kv_failed(txn));
	assert_int_equal(kv_failure(txn, NULL), STATUS_FULL);
	assert_int_equal(kv_commit(txn, &s->err), STATUS_FULL);
	assert_non_null(strstr(s->err.text, "map_size_gib"));
	assert_true(has(s, "a", "1"));
	put(s, "b", "1"); /* and it can still be written */
}

/* Every transaction writes the same number into both tables. */
static void commit_until_killed(struct store *s, int committed)
{
	reopen(s);
	for (uint64_t n = 1;; n++) {
		struct kv_txn *txn;
		char number[8];
		put_u64(number, n);
		if (kv_begin_write(s->kv, &txn, NULL))
			_exit(3);
		kv_put(txn, FIRST, SLICE("n"), slice_of(number, 8));
		kv_put(txn, SECOND, SLICE("n"), slice_of(number, 8));
		if (kv_commit(txn, NULL) || write(committed, number, 8) != 8)
			_exit(4);
	}
}

static void kill_minus_9_leaves_every_reported_commit_whole(void **state)
{
	struct store *s = *state;
	for (int round = 0; round < 10; round++) {
		int fds[2], how;
		char number[8];
		kv_close(s->kv);
		s->kv = NULL;
		assert_int_equal(pipe(fds), 0);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			commit_until_killed(s, fds[1]);
		for (int i = 0; i <= round * 7; i++)
			assert_int_equal(read(fds[0], number, 8), 8);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &how, 0), child);
		assert_true(WIFSIGNALED(how));
		close(fds[1]);
		while (read(fds[0], number, 8) == 8)
			;
		close(fds[0]);
		struct kv_txn *txn;
		struct slice first, second;
		assert_int_equal(reopen(s), STATUS_OK);
		assert_false(s->emptied);
		assert_int_equal(kv_begin_read(s->kv, &txn, NULL), STATUS_OK);
		assert_true(kv_get(txn, FIRST, SLICE("n"), &first));
		assert_true(kv_get(txn, SECOND, SLICE("n"), &second));
		assert_true(slice_equal(first, second));
		assert_in_range(get_u64(first.data), get_u64(number), get_u64(number) + 1);
		kv_abort(txn);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(an_aborted_transaction_leaves_nothing),
	        CASE(a_reader_sees_one_committed_state),
	        CASE(cursors_go_both_ways_in_the_order_of_keys),
	        CASE(a_store_that_was_closed_is_there_again),
	        CASE(a_store_of_a_killed_process_keeps_what_was_committed),
	        CASE(a_store_left_open_by_an_earlier_boot_is_emptied),
	        CASE(another_format_empties_a_rebuildable_store),
	        CASE(another_format_of_a_durable_store_is_refused_and_nothing_is_lost),
	        CASE(a_full_store_fails_the_commit_and_keeps_the_last_state),
	        CASE(kill_minus_9_leaves_every_reported_commit_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
