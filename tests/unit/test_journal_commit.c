/* Group commit and its failures, with LMDB's begin and commit under the test's control
 * (-Wl,--wrap) and maps of 4 MiB instead of GiB (MAP_SIZE_UNIT). */
#include "core/journal/embedded.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* --- LMDB under control --- */

int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn);
int __real_mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **txn);
int __wrap_mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **txn);

static struct {
	int fail_commit;     /* what the next commit answers instead of committing */
	bool fatal;          /* that failure loses the meta page */
	bool dead;           /* and begin answers MDB_PANIC from then on */
	atomic_bool held;    /* commits wait */
	atomic_uint arrived; /* commits that have begun */
} lmdb;

int __wrap_mdb_txn_commit(MDB_txn *txn)
{
	int rc = lmdb.fail_commit;

	atomic_fetch_add(&lmdb.arrived, 1);
	while (atomic_load(&lmdb.held))
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	if (rc == 0)
		return __real_mdb_txn_commit(txn);
	lmdb.fail_commit = 0;
	lmdb.dead = lmdb.fatal;
	mdb_txn_abort(txn);
	return rc;
}

int __wrap_mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **txn)
{
	return lmdb.dead ? MDB_PANIC : __real_mdb_txn_begin(env, parent, flags, txn);
}

/* --- a journal in a directory of its own --- */

enum { PARTITIONS = 4 };

struct place {
	char dir[64];
	struct config config;
	struct journal *journal;
};

static struct journal *open_place(struct place *place)
{
	struct journal_options options = {.config = &place->config, .create = true};
	struct journal *journal = NULL;

	assert_int_equal(journal_open(&options, &journal, NULL), STATUS_OK);
	return journal;
}

static enum status claim(struct journal *journal, uint32_t partition, struct error *err)
{
	struct journal_owner owner = {.address = ""};
	int64_t end;

	return journal_claim(journal, partition, &owner, &end, err);
}

static int setup(void **state)
{
	struct place *place = mem_new(sizeof(*place));

	memset(&lmdb, 0, sizeof(lmdb));
	strcpy(place->dir, "/tmp/nexusflow-commit-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	place->config = (struct config){.data_dir = place->dir,
	                                .journal = "embedded",
	                                .partitions = PARTITIONS,
	                                .map_size_gib = 4};
	place->journal = open_place(place);
	for (uint32_t p = 0; p < PARTITIONS; p++)
		assert_int_equal(claim(place->journal, p, NULL), STATUS_OK);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"/journal/data.mdb", "/journal/lock.mdb",
	                                    "/journal/process.lock", "/journal", ""};
	struct place *place = *state;
	char path[128];

	lmdb.dead = false;
	journal_close(place->journal);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", place->dir, names[i]);
		assert_int_equal(remove(path), 0);
	}
	free(place);
	return 0;
}

static enum status append(struct journal *journal, uint32_t partition, struct slice value,
                          int64_t *offset, struct error *err)
{
	struct journal_record record = {.key = SLICE("k"), .value = value};

	return journal_append(journal, partition, &record, 1, offset, err);
}

static int64_t end_of(struct journal *journal, uint32_t partition)
{
	int64_t end = -1;

	assert_int_equal(journal_end(journal, partition, &end, NULL), STATUS_OK);
	return end;
}

/* --- failures --- */

static void a_failed_commit_rejects_and_leaves_nothing(void **state)
{
	struct place *place = *state;
	int64_t before = end_of(place->journal, 0), offset = -1;
	struct error err = {0};

	lmdb.fail_commit = EIO;
	assert_int_equal(append(place->journal, 0, SLICE("a"), &offset, &err), STATUS_REJECTED);
	assert_non_null(strstr(err.text, strerror(EIO)));
	assert_int_equal(end_of(place->journal, 0), before);
	assert_int_equal(append(place->journal, 0, SLICE("b"), &offset, &err), STATUS_OK);
	assert_int_equal(offset, before);
}

static void a_commit_that_kills_the_environment_is_unknown_and_gives_up_the_partition(void **state)
{
	struct place *place = *state;
	struct error err = {0};

	lmdb.fail_commit = EIO;
	lmdb.fatal = true;
	assert_int_equal(append(place->journal, 0, SLICE("a"), NULL, &err), STATUS_UNKNOWN);
	assert_non_null(strstr(err.text, "opened again"));
	lmdb.dead = false;
	assert_int_equal(append(place->journal, 0, SLICE("b"), NULL, &err), STATUS_FENCED);
	assert_int_equal(claim(place->journal, 0, &err), STATUS_OK);
	assert_int_equal(append(place->journal, 0, SLICE("c"), NULL, &err), STATUS_OK);
}

static void a_failed_claim_leaves_the_partition_without_owner(void **state)
{
	struct place *place = *state;
	struct journal *other = open_place(place);
	struct error err = {0};

	lmdb.fail_commit = ENOSPC;
	assert_int_equal(claim(other, 0, &err), STATUS_IO);
	assert_int_equal(append(place->journal, 0, SLICE("a"), NULL, &err), STATUS_FENCED);
	assert_int_equal(append(other, 0, SLICE("b"), NULL, &err), STATUS_FENCED);
	assert_int_equal(claim(other, 0, &err), STATUS_OK);
	assert_int_equal(append(other, 0, SLICE("c"), NULL, &err), STATUS_OK);
	journal_close(other);
}

static void a_full_map_rejects_and_names_the_key_to_raise(void **state)
{
	struct place *place = *state;
	size_t size = 256 * 1024;
	char *bytes = mem_new(size);
	struct error err = {0};
	enum status status = STATUS_OK;
	int64_t end = 0;

	for (int i = 0; i < 32 && status == STATUS_OK; i++) {
		end = end_of(place->journal, 0);
		status = append(place->journal, 0, slice_of(bytes, size), NULL, &err);
	}
	assert_int_equal(status, STATUS_REJECTED);
	assert_non_null(strstr(err.text, "map_size_gib"));
	assert_int_equal(end_of(place->journal, 0), end);

	/* with a larger map the same directory goes on */
	journal_close(place->journal);
	place->config.map_size_gib = 8;
	place->journal = open_place(place);
	assert_int_equal(end_of(place->journal, 0), end);
	assert_int_equal(claim(place->journal, 0, &err), STATUS_OK);
	assert_int_equal(append(place->journal, 0, slice_of(bytes, size), NULL, &err), STATUS_OK);
	free(bytes);
}

/* --- grouping --- */

struct writer {
	pthread_t thread;
	struct journal *journal;
	uint32_t partition;
	enum status status;
	int64_t offset;
};

static void *write_one(void *arg)
{
	struct writer *w = arg;

	w->status = append(w->journal, w->partition, SLICE("grouped"), &w->offset, NULL);
	return NULL;
}

static void start(struct writer *w, struct journal *journal, uint32_t partition)
{
	*w = (struct writer){.journal = journal, .partition = partition};
	assert_int_equal(pthread_create(&w->thread, NULL, write_one, w), 0);
}

static unsigned count_waiting(struct journal *journal)
{
	struct store *store = ((struct embedded *)journal->self)->store;
	unsigned n;

	pthread_mutex_lock(&store->queue_lock);
	n = store_waiting(store);
	pthread_mutex_unlock(&store->queue_lock);
	return n;
}

/* One append in its commit, held; the others in the queue behind it. */
static void start_all_behind_one(struct writer *writers, struct journal *journal)
{
	unsigned begun = atomic_load(&lmdb.arrived);

	atomic_store(&lmdb.held, true);
	start(&writers[0], journal, 0);
	while (atomic_load(&lmdb.arrived) == begun)
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	for (uint32_t p = 1; p < PARTITIONS; p++)
		start(&writers[p], journal, p);
	while (count_waiting(journal) < PARTITIONS - 1)
		nanosleep(&(struct timespec){0, 1000000}, NULL);
}

static void join_all(struct writer *writers)
{
	atomic_store(&lmdb.held, false);
	for (uint32_t p = 0; p < PARTITIONS; p++)
		assert_int_equal(pthread_join(writers[p].thread, NULL), 0);
}

static void appends_that_wait_share_one_commit(void **state)
{
	struct place *place = *state;
	struct writer writers[PARTITIONS];
	unsigned begun = atomic_load(&lmdb.arrived);

	start_all_behind_one(writers, place->journal);
	join_all(writers);
	assert_int_equal(atomic_load(&lmdb.arrived) - begun, 2);
	for (uint32_t p = 0; p < PARTITIONS; p++) {
		assert_int_equal(writers[p].status, STATUS_OK);
		assert_int_equal(writers[p].offset + 1, end_of(place->journal, p));
	}
}

static void a_claim_that_overtakes_a_waiting_append_fences_it(void **state)
{
	struct place *place = *state;
	struct journal *other = open_place(place);
	struct store *store = ((struct embedded *)place->journal->self)->store;
	struct writer writers[PARTITIONS];
	int64_t end = end_of(place->journal, 1);

	start_all_behind_one(writers, place->journal);
	/* what a claim of the other handle does first; its record would wait for the commit */
	pthread_mutex_lock(&store->queue_lock);
	store->partitions[1].owner = other->self;
	pthread_mutex_unlock(&store->queue_lock);
	join_all(writers);
	assert_int_equal(writers[0].status, STATUS_OK);
	assert_int_equal(writers[1].status, STATUS_FENCED);
	assert_int_equal(writers[2].status, STATUS_OK);
	assert_int_equal(writers[3].status, STATUS_OK);
	assert_int_equal(end_of(place->journal, 1), end);
	journal_close(other);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(a_failed_commit_rejects_and_leaves_nothing),
	        TEST(a_commit_that_kills_the_environment_is_unknown_and_gives_up_the_partition),
	        TEST(a_failed_claim_leaves_the_partition_without_owner),
	        TEST(a_full_map_rejects_and_names_the_key_to_raise),
	        TEST(appends_that_wait_share_one_commit),
	        TEST(a_claim_that_overtakes_a_waiting_append_fences_it),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
