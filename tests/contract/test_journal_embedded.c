/* The journal contract on the embedded driver, and what only a directory can have. */
#include "tests/contract/journal_contract.h"

#include <fcntl.h>
#include <lmdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void embedded_create(struct journal_place *place, uint32_t partitions)
{
	const char *root = getenv("TMPDIR");
	struct buf path = {0};

	buf_printf(&path, "%s/nexusflow-journal-XXXXXX", root ? root : "/tmp");
	buf_cstr(&path);
	assert_non_null(mkdtemp(path.data));
	place->config = (struct config){
	        .data_dir = path.data,
	        .journal = "embedded",
	        .partitions = partitions,
	        .map_size_gib = 1,
	};
	place->own = path.data;
}

static void embedded_destroy(struct journal_place *place)
{
	static const char *const files[] = {"/journal/data.mdb", "/journal/lock.mdb",
	                                    "/journal/process.lock"};
	struct buf path = {0};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		buf_clear(&path);
		buf_printf(&path, "%s%s", place->config.data_dir, files[i]);
		unlink(buf_cstr(&path)); /* not every test makes every file */
	}
	buf_clear(&path);
	buf_printf(&path, "%s/journal", place->config.data_dir);
	rmdir(buf_cstr(&path));
	rmdir(place->config.data_dir);
	buf_release(&path);
	free(place->own);
}

static int setup(void **state)
{
	embedded_create(*state, CONTRACT_PARTITIONS);
	return 0;
}

static int teardown(void **state)
{
	embedded_destroy(*state);
	return 0;
}

static enum status try_open(struct journal_place *place, bool create, struct error *err)
{
	struct journal_options options = {.config = &place->config, .create = create};
	struct journal *journal;
	enum status status = journal_open(&options, &journal, err);

	if (status == STATUS_OK)
		journal_close(journal);
	return status;
}

static void data_path(const struct journal_place *place, struct buf *path)
{
	buf_printf(path, "%s/journal", place->config.data_dir);
	buf_cstr(path);
}

/* A child that opens the journal, says so, and sleeps until it is killed. */
static pid_t hold_in_another_process(struct journal_place *place)
{
	int ends[2];
	char ready;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct journal_options options = {.config = &place->config, .create = true};
		struct journal *journal;
		if (journal_open(&options, &journal, NULL) == STATUS_OK &&
		    write(ends[1], "r", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &ready, 1), 1);
	close(ends[0]);
	return child;
}

static void a_second_process_is_refused_and_told_who_has_it(void **state)
{
	struct journal_place *place = *state;
	struct error err = {0};
	char pid[32];
	pid_t child = hold_in_another_process(place);

	snprintf(pid, sizeof(pid), "process %ld", (long)child);
	assert_int_equal(try_open(place, true, &err), STATUS_BUSY);
	assert_non_null(strstr(err.text, pid));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(try_open(place, true, &err), STATUS_OK); /* nothing is left to clear */
}

/* What a later version of the program would leave behind. */
static void set_format(struct journal_place *place, uint32_t format)
{
	struct buf path = {0};
	char bytes[4];
	MDB_val key = {6, "format"}, value = {4, bytes};
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi meta;

	data_path(place, &path);
	put_u32(bytes, format);
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 300), 0);
	assert_int_equal(mdb_env_open(env, path.data, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "meta", 0, &meta), 0);
	assert_int_equal(mdb_put(txn, meta, &key, &value, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	buf_release(&path);
}

static void a_directory_of_a_newer_version_is_refused_naming_both(void **state)
{
	struct journal_place *place = *state;
	struct error err = {0};

	assert_int_equal(try_open(place, true, &err), STATUS_OK);
	set_format(place, 7);
	assert_int_equal(try_open(place, true, &err), STATUS_VERSION);
	assert_non_null(strstr(err.text, "format 7"));
	assert_non_null(strstr(err.text, "up to 1"));
	set_format(place, 1);
	assert_int_equal(try_open(place, true, &err), STATUS_OK);
}

/* Flip a bit of @text wherever it is in the data file. */
static void damage(struct journal_place *place, const char *text)
{
	struct buf path = {0};
	char block[4096];
	unsigned flipped = 0;

	buf_printf(&path, "%s/journal/data.mdb", place->config.data_dir);
	int fd = open(buf_cstr(&path), O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	for (off_t at = 0; pread(fd, block, sizeof(block), at) == sizeof(block);
	     at += (off_t)sizeof(block)) {
		char *found = memmem(block, sizeof(block), text, strlen(text));
		if (!found)
			continue;
		*found ^= 1;
		assert_int_equal(pwrite(fd, found, 1, at + (found - block)), 1);
		flipped++;
	}
	close(fd);
	buf_release(&path);
	assert_true(flipped > 0);
}

static void a_damaged_record_is_reported_and_not_handed_out(void **state)
{
	struct journal_place *place = *state;
	struct journal *journal = contract_open(place);
	struct journal_entry entries[8];
	struct journal_reader *reader;
	struct error err = {0};
	char where[32];
	int64_t good, bad;
	uint32_t n;

	contract_claim(journal, 0);
	good = contract_append(journal, 0, "a healthy record");
	bad = contract_append(journal, 0, "a record that decays");
	journal_close(journal);
	damage(place, "a record that decays");

	journal = contract_open(place);
	assert_int_equal(journal_reader_open(journal, &reader, &err), STATUS_OK);
	assert_int_equal(journal_reader_assign(reader, 0, good, &err), STATUS_OK);
	assert_int_equal(journal_reader_poll(reader, 0, entries, 8, &n, &err), STATUS_OK);
	assert_int_equal(n, 1);
	assert_int_equal(journal_reader_poll(reader, 0, entries, 8, &n, &err), STATUS_CORRUPT);
	assert_int_equal(n, 0);
	snprintf(where, sizeof(where), "offset %lld", (long long)bad);
	assert_non_null(strstr(err.text, where));
	journal_reader_close(reader);
	journal_close(journal);
}

/* Let files grow up to @bytes. A write beyond fails with EFBIG, as it would with ENOSPC on a full
 * disk; the signal that comes with it is ignored. */
static struct rlimit limit_file_size(rlim_t bytes)
{
	struct rlimit before, limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){bytes, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	return before;
}

static rlim_t data_size(struct journal_place *place)
{
	struct buf path = {0};
	struct stat found;

	buf_printf(&path, "%s/journal/data.mdb", place->config.data_dir);
	assert_int_equal(stat(buf_cstr(&path), &found), 0);
	buf_release(&path);
	return (rlim_t)found.st_size;
}

static void a_full_disk_rejects_until_there_is_room_again(void **state)
{
	struct journal_place *place = *state;
	struct journal *journal = contract_open(place);
	char *bytes = mem_new(512 * 1024);
	struct journal_record record = {.key = SLICE("k"), .value = {bytes, 512 * 1024}};
	struct error err = {0};

	contract_claim(journal, 0);
	contract_append(journal, 0, "before");
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit unlimited = limit_file_size(data_size(place));
	enum status full = journal_append(journal, 0, &record, 1, NULL, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(full, STATUS_REJECTED);
	contract_assert_has(journal, 0, "before");
	contract_append(journal, 0, "after");
	journal_close(journal);
	journal = contract_open(place);
	contract_assert_has(journal, 0, "before after");
	journal_close(journal);
	free(bytes);
}

static void a_poll_of_few_entries_serves_every_partition_in_turn(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader;
	struct journal_entry entry;
	unsigned seen[CONTRACT_PARTITIONS] = {0};
	uint32_t n;

	for (uint32_t p = 0; p < CONTRACT_PARTITIONS; p++) {
		contract_claim(journal, p);
		for (int i = 0; i < 5; i++)
			contract_append(journal, p, "v");
	}
	assert_int_equal(journal_reader_open(journal, &reader, NULL), STATUS_OK);
	for (uint32_t p = 0; p < CONTRACT_PARTITIONS; p++)
		assert_int_equal(journal_reader_assign(reader, p, 0, NULL), STATUS_OK);
	for (unsigned i = 0; i < 3 * CONTRACT_PARTITIONS; i++) {
		assert_int_equal(journal_reader_poll(reader, 0, &entry, 1, &n, NULL), STATUS_OK);
		assert_int_equal(n, 1);
		seen[entry.partition]++;
	}
	for (uint32_t p = 0; p < CONTRACT_PARTITIONS; p++)
		assert_int_equal(seen[p], 3);
	journal_reader_close(reader);
	journal_close(journal);
}

/* Does a read transaction of this process pin an old snapshot? mdb_reader_list prints a line with
 * the pid for each slot in use; "-" in the last column means that it holds none. */
static int find_pin(const char *line, void *context)
{
	long pid;

	if (sscanf(line, " %ld", &pid) == 1 && line[strlen(line) - 2] != '-')
		*(bool *)context = true;
	return 0;
}

static bool is_pinned(struct journal_place *place)
{
	struct buf path = {0};
	bool pinned = false;
	pid_t child;
	int status;

	data_path(place, &path);
	child = fork(); /* not in this process, which has the file open already */
	assert_true(child >= 0);
	if (child == 0) {
		MDB_env *env;
		if (mdb_env_create(&env) != 0 || mdb_env_open(env, path.data, MDB_RDONLY, 0600) ||
		    mdb_reader_list(env, find_pin, &pinned) < 0)
			_exit(2);
		_exit(pinned);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	buf_release(&path);
	return WEXITSTATUS(status) == 1;
}

static void a_reader_holds_pages_only_as_long_as_its_entries(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader;
	struct journal_entry entry;
	uint32_t n;

	assert_int_equal(journal_reader_open(journal, &reader, NULL), STATUS_OK);
	assert_int_equal(journal_reader_assign(reader, 0, 0, NULL), STATUS_OK);
	assert_int_equal(journal_reader_poll(reader, 0, &entry, 1, &n, NULL), STATUS_OK);
	assert_int_equal(n, 1);
	assert_true(is_pinned(*state));
	assert_int_equal(journal_reader_poll(reader, 0, &entry, 1, &n, NULL), STATUS_OK);
	assert_int_equal(n, 0);
	assert_false(is_pinned(*state));
	journal_reader_close(reader);
	journal_close(journal);
}

static void a_creation_that_is_killed_starts_over(void **state)
{
	struct journal_place *place = *state;
	struct error err = {0};
	unsigned seed = 20261121;

	place->config.partitions = JOURNAL_PARTITIONS_MAX;
	for (int round = 0; round < 20; round++) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			_exit(try_open(place, true, NULL) == STATUS_OK ? 0 : 1);
		usleep((unsigned)(rand_r(&seed) % 8000));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);

		enum status there = try_open(place, false, &err);
		assert_true(there == STATUS_OK || there == STATUS_NOT_FOUND);
		struct journal *journal = contract_open(place);
		assert_int_equal(journal_identity(journal)->partitions, JOURNAL_PARTITIONS_MAX);
		for (uint32_t p = 0; p < JOURNAL_PARTITIONS_MAX; p++) {
			int64_t end;
			assert_int_equal(journal_end(journal, p, &end, &err), STATUS_OK);
			assert_int_equal(end, 1);
		}
		journal_close(journal);
		embedded_destroy(place);
		embedded_create(place, JOURNAL_PARTITIONS_MAX);
	}
}

int main(void)
{
	const char *rounds = getenv("NEXUSFLOW_TEST_KILLS");
	struct journal_place place = {
	        .driver = "embedded",
	        .create = embedded_create,
	        .destroy = embedded_destroy,
	        .kill_rounds = rounds ? (unsigned)atoi(rounds) : 40,
	};
#define TEST(function)                                                                             \
	{                                                                                          \
#function, function, setup, teardown, &place                                       \
	}
	const struct CMUnitTest own[] = {
	        TEST(a_second_process_is_refused_and_told_who_has_it),
	        TEST(a_directory_of_a_newer_version_is_refused_naming_both),
	        TEST(a_damaged_record_is_reported_and_not_handed_out),
	        TEST(a_full_disk_rejects_until_there_is_room_again),
	        TEST(a_poll_of_few_entries_serves_every_partition_in_turn),
	        TEST(a_reader_holds_pages_only_as_long_as_its_entries),
	        TEST(a_creation_that_is_killed_starts_over),
	};
#undef TEST
	int failed = journal_contract_run(&place);

	return failed + cmocka_run_group_tests_name("embedded directory", own, NULL, NULL);
}
