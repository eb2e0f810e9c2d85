/* The parts of the journal that need no driver. */
#include "core/journal/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void murmur2_answers_what_kafkas_own_test_expects(void **state)
{
	/* org.apache.kafka.common.utils.UtilsTest.testMurmur2 */
	static const struct {
		const char *key;
		int32_t hash;
	} rows[] = {
	        {"21", -973932308},
	        {"foobar", -790332482},
	        {"a-little-bit-long-string", -985981536},
	        {"a-little-bit-longer-string", -1486304829},
	        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
	        {"abc", 479470107},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal((int32_t)journal_murmur2(slice_str(rows[i].key)), rows[i].hash);
}

static void a_partition_is_the_hash_without_its_sign_modulo_the_count(void **state)
{
	(void)state;
	assert_int_equal(journal_partition_of(SLICE("abc"), 7), 479470107 % 7);
	assert_int_equal(journal_partition_of(SLICE("21"), 256), (-973932308 & 0x7fffffff) % 256);
	assert_int_equal(journal_partition_of(SLICE("foobar"), 1), 0);
}

static void packed_headers_are_iterated_in_order(void **state)
{
	const struct journal_header headers[] = {{"ce_id", SLICE("7")}, {"x", {NULL, 0}}};
	const struct journal_record record = {.headers = headers, .headers_n = 2};
	size_t n = journal_headers_size(&record), at = 0;
	char *packed = mem_new(n);
	struct journal_entry entry = {.headers = {packed, n}};
	struct slice name, value;

	(void)state;
	journal_headers_pack(&record, packed);
	assert_true(journal_entry_header(&entry, &at, &name, &value));
	assert_true(slice_is(name, "ce_id") && slice_is(value, "7"));
	assert_true(journal_entry_header(&entry, &at, &name, &value));
	assert_true(slice_is(name, "x") && slice_is(value, ""));
	assert_int_equal(at, n);
	assert_false(journal_entry_header(&entry, &at, &name, &value));
	free(packed);
}

static void headers_that_are_cut_off_end_the_iteration(void **state)
{
	const struct journal_header header = {"ce_id", SLICE("12345")};
	const struct journal_record record = {.headers = &header, .headers_n = 1};
	size_t n = journal_headers_size(&record);
	char *packed = mem_new(n);
	struct slice name, value;

	(void)state;
	journal_headers_pack(&record, packed);
	for (size_t cut = 0; cut < n; cut++) {
		char *copy = mem_new(cut ? cut : 1); /* exact, for the address sanitizer */
		struct journal_entry entry = {.headers = {copy, cut}};
		size_t at = 0;
		memcpy(copy, packed, cut);
		assert_false(journal_entry_header(&entry, &at, &name, &value));
		assert_int_equal(at, 0);
		free(copy);
	}
	free(packed);
}

static void a_driver_that_does_not_exist_is_named(void **state)
{
	struct config config = {.journal = "papyrus", .data_dir = "/nonexistent"};
	struct journal_options options = {.config = &config};
	struct journal *journal;
	struct error err = {0};

	(void)state;
	assert_int_equal(journal_open(&options, &journal, &err), STATUS_INVALID);
	assert_non_null(strstr(err.text, "papyrus"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(murmur2_answers_what_kafkas_own_test_expects),
	        cmocka_unit_test(a_partition_is_the_hash_without_its_sign_modulo_the_count),
	        cmocka_unit_test(packed_headers_are_iterated_in_order),
	        cmocka_unit_test(headers_that_are_cut_off_end_the_iteration),
	        cmocka_unit_test(a_driver_that_does_not_exist_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
