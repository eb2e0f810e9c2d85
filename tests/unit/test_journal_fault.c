/* The fault driver does what its plan says, and nothing else. */
#include "core/journal/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	char dir[64];
	struct journal *journal; /* the wrapped one */
};

static void open_with(struct place *place, struct journal_fault_plan plan)
{
	struct config config = {
	        .data_dir = place->dir, .journal = "embedded", .partitions = 2, .map_size_gib = 1};
	struct journal_options options = {.config = &config, .create = true};
	struct journal *inner = NULL;

	strcpy(place->dir, "/tmp/nexusflow-fault-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	assert_int_equal(journal_open(&options, &inner, NULL), STATUS_OK);
	place->journal = journal_with_faults(inner, &plan);
}

static void close_place(struct place *place)
{
	static const char *const names[] = {"/journal/data.mdb", "/journal/lock.mdb",
	                                    "/journal/process.lock", "/journal", ""};
	char path[128];

	journal_close(place->journal);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", place->dir, names[i]);
		assert_int_equal(remove(path), 0);
	}
}

static void claim(struct place *place, uint32_t partition)
{
	struct journal_owner owner = {.address = ""};
	int64_t end;

	assert_int_equal(journal_claim(place->journal, partition, &owner, &end, NULL), STATUS_OK);
}

static enum status append(struct place *place, uint32_t partition)
{
	struct journal_record record = {.key = SLICE("k"), .value = SLICE("v")};

	return journal_append(place->journal, partition, &record, 1, NULL, NULL);
}

static int64_t end_of(struct place *place, uint32_t partition)
{
	int64_t end = -1;

	assert_int_equal(journal_end(place->journal, partition, &end, NULL), STATUS_OK);
	return end;
}

static void an_empty_plan_changes_nothing(void **state)
{
	struct place place;
	struct journal_reader *reader;
	struct journal_entry entries[4];
	uint32_t n;

	(void)state;
	open_with(&place, (struct journal_fault_plan){.seed = 1});
	claim(&place, 0);
	assert_int_equal(append(&place, 0), STATUS_OK);
	assert_int_equal(end_of(&place, 0), 3);
	assert_int_equal(journal_reader_open(place.journal, &reader, NULL), STATUS_OK);
	assert_int_equal(journal_reader_assign(reader, 0, 0, NULL), STATUS_OK);
	assert_int_equal(journal_reader_poll(reader, 0, entries, 4, &n, NULL), STATUS_OK);
	assert_int_equal(n, 3);
	assert_int_equal(journal_reader_position(reader, 0), 3);
	journal_reader_wake(reader);
	journal_reader_close(reader);
	close_place(&place);
}

static void a_rejected_append_is_not_there_and_may_be_tried_again(void **state)
{
	struct place place;
	unsigned rejected = 0, appended = 0;

	(void)state;
	open_with(&place, (struct journal_fault_plan){.seed = 2, .reject_one_in = 3});
	claim(&place, 0);
	for (int i = 0; i < 60; i++) {
		int64_t before = end_of(&place, 0);
		enum status status = append(&place, 0);
		assert_true(status == STATUS_OK || status == STATUS_REJECTED);
		assert_int_equal(end_of(&place, 0) - before, status == STATUS_OK);
		appended += status == STATUS_OK;
		rejected += status == STATUS_REJECTED;
	}
	assert_true(appended > 0 && rejected > 0);
	close_place(&place);
}

static void an_unknown_append_is_sometimes_there_and_loses_the_partition(void **state)
{
	struct place place;
	unsigned there = 0, missing = 0;

	(void)state;
	open_with(&place, (struct journal_fault_plan){.seed = 3, .unknown_one_in = 1});
	for (int i = 0; i < 40; i++) {
		int64_t before;
		claim(&place, 0);
		before = end_of(&place, 0);
		assert_int_equal(append(&place, 0), STATUS_UNKNOWN);
		there += end_of(&place, 0) == before + 1;
		missing += end_of(&place, 0) == before;
		assert_int_equal(append(&place, 0), STATUS_FENCED);
	}
	assert_int_equal(there + missing, 40);
	assert_true(there > 0 && missing > 0);
	close_place(&place);
}

static void a_fenced_append_is_not_there_and_loses_the_partition(void **state)
{
	struct place place;
	int64_t end;

	(void)state;
	open_with(&place, (struct journal_fault_plan){.seed = 4, .fence_one_in = 1});
	claim(&place, 1);
	end = end_of(&place, 1);
	assert_int_equal(append(&place, 1), STATUS_FENCED);
	assert_int_equal(append(&place, 1), STATUS_FENCED);
	assert_int_equal(end_of(&place, 1), end);
	close_place(&place);
}

/* The fates of 64 appends to @partition, as bits. */
static uint64_t fates(uint64_t seed, uint32_t partition, bool with_other)
{
	struct place place;
	uint64_t bits = 0;

	open_with(&place, (struct journal_fault_plan){.seed = seed, .reject_one_in = 2});
	claim(&place, 0);
	claim(&place, 1);
	for (int i = 0; i < 64; i++) {
		bits = bits << 1 | (append(&place, partition) == STATUS_OK);
		if (with_other)
			append(&place, 1 - partition);
	}
	close_place(&place);
	return bits;
}

static void a_seed_gives_a_partition_the_same_fate_whatever_the_others_do(void **state)
{
	(void)state;
	assert_int_equal(fates(5, 0, false), fates(5, 0, true));
	assert_int_not_equal(fates(5, 0, false), fates(5, 1, false));
	assert_int_not_equal(fates(5, 0, false), fates(6, 0, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_empty_plan_changes_nothing),
	        cmocka_unit_test(a_rejected_append_is_not_there_and_may_be_tried_again),
	        cmocka_unit_test(an_unknown_append_is_sometimes_there_and_loses_the_partition),
	        cmocka_unit_test(a_fenced_append_is_not_there_and_loses_the_partition),
	        cmocka_unit_test(a_seed_gives_a_partition_the_same_fate_whatever_the_others_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
