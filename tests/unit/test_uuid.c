#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/uuid.h"
#include "tests/unit/seed.h"

#define THREADS    4
#define PER_THREAD 20000

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static void assert_version(const struct uuid *uuid, int version)
{
	assert_int_equal(uuid->bytes[6] >> 4, version);
	assert_int_equal(uuid->bytes[8] >> 6, 2);
}

static int64_t stamp_of(const struct uuid *uuid)
{
	return (int64_t)(get_u64(uuid->bytes) >> 16);
}

static void text_and_bytes_mean_the_same_both_ways(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	for (int i = 0; i < 10000; i++) {
		struct uuid uuid, back;
		char text[UUID_TEXT], upper[UUID_TEXT], expected[UUID_TEXT + 1];
		put_u64(uuid.bytes, seed_next(&seed));
		put_u64(uuid.bytes + 8, seed_next(&seed));
		const uint8_t *b = uuid.bytes;
		snprintf(expected, sizeof(expected),
		         "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		         b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
		         b[12], b[13], b[14], b[15]);
		uuid_format(&uuid, text);
		assert_memory_equal(text, expected, UUID_TEXT);
		assert_true(uuid_parse(slice_of(text, UUID_TEXT), &back));
		assert_true(uuid_equal(&uuid, &back));
		for (int k = 0; k < UUID_TEXT; k++)
			upper[k] = text[k] >= 'a' ? (char)(text[k] - 'a' + 'A') : text[k];
		memset(&back, 0, sizeof(back));
		assert_true(uuid_parse(slice_of(upper, UUID_TEXT), &back));
		assert_true(uuid_equal(&uuid, &back));
	}
}

static void one_wrong_byte_anywhere_is_refused_and_leaves_the_result_alone(void **state)
{
	(void)state;
	const char good[] = "01234567-89ab-cdef-0123-456789abcdef";
	struct uuid before = uuid_v4();
	for (size_t at = 0; at < UUID_TEXT; at++) {
		for (int c = 0; c < 256; c++) {
			struct uuid out = before;
			char text[UUID_TEXT];
			bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
			             (c >= 'A' && c <= 'F');
			bool valid = good[at] == '-' ? c == '-' : digit;
			memcpy(text, good, UUID_TEXT);
			text[at] = (char)c;
			assert_int_equal(uuid_parse(slice_of(text, UUID_TEXT), &out), valid);
			if (!valid)
				assert_true(uuid_equal(&out, &before));
		}
	}
}

static void other_lengths_and_forms_are_refused(void **state)
{
	(void)state;
	const char *const bad[] = {"",
	                           "0",
	                           "01234567-89ab-cdef-0123-456789abcde",
	                           "01234567-89ab-cdef-0123-456789abcdef0",
	                           "0123456789abcdef0123456789abcdef",
	                           "{01234567-89ab-cdef-0123-456789abcdef}",
	                           "012345678-9ab-cdef-0123-456789abcdef"};
	struct uuid out;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(uuid_parse(slice_str(bad[i]), &out));
}

/* RFC 9562, appendix A.4, and Python's uuid.uuid5 for the others */
static void names_give_the_ids_that_the_standard_says(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *id;
	} rows[] = {
	        {"www.example.com", "2ed6657d-e927-568b-95e1-2665a8aea6a2"},
	        {"", "4ebd0208-8328-5d69-8c44-ec50939c0967"},
	        {"python.org", "886313e1-3b8a-5372-9b90-0c9aee199e5d"},
	};
	struct uuid dns, expected;
	assert_true(uuid_parse(SLICE("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), &dns));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct uuid id = uuid_v5(&dns, slice_str(rows[i].name));
		assert_true(uuid_parse(slice_str(rows[i].id), &expected));
		assert_true(uuid_equal(&id, &expected));
		assert_version(&id, 5);
	}
}

static void random_ids_say_version_4_and_differ(void **state)
{
	(void)state;
	struct uuid last = {{0}};
	assert_true(uuid_is_nil(&last));
	for (int i = 0; i < 1000; i++) {
		struct uuid id = uuid_v4();
		assert_version(&id, 4);
		assert_false(uuid_equal(&id, &last));
		last = id;
	}
}

static void ids_of_one_millisecond_are_in_order_even_when_the_counter_overflows(void **state)
{
	(void)state;
	int64_t now = 1700000000000;
	struct uuid last = uuid_v7(now);
	assert_int_equal(stamp_of(&last), now);
	for (int i = 0; i < 20000; i++) {
		struct uuid id = uuid_v7(now + i / 10000);
		assert_version(&id, 7);
		assert_true(compare(&last, &id) < 0);
		last = id;
	}
}

static void ids_of_later_milliseconds_carry_the_time_that_was_given(void **state)
{
	(void)state;
	struct uuid last = uuid_v7(1800000000000);
	for (int64_t ms = 1800000000001; ms < 1800000001000; ms++) {
		struct uuid id = uuid_v7(ms);
		assert_int_equal(stamp_of(&id), ms);
		assert_true(compare(&last, &id) < 0);
		last = id;
	}
}

static void a_clock_that_goes_back_is_followed(void **state)
{
	(void)state;
	uuid_v7(1900000000000);
	struct uuid id = uuid_v7(1700000000000);
	assert_int_equal(stamp_of(&id), 1700000000000);
}

struct share {
	pthread_t thread;
	struct uuid *ids;
};

static void *make_ids(void *arg)
{
	struct share *share = arg;
	for (size_t i = 0; i < PER_THREAD; i += 2) {
		share->ids[i] = uuid_v4();
		share->ids[i + 1] = uuid_v7(1700000000000);
	}
	return NULL;
}

static void ids_of_several_threads_never_meet(void **state)
{
	(void)state;
	struct share shares[THREADS];
	struct uuid *ids = mem_new(sizeof(*ids) * THREADS * PER_THREAD);
	for (int i = 0; i < THREADS; i++) {
		shares[i].ids = ids + i * PER_THREAD;
		assert_int_equal(pthread_create(&shares[i].thread, NULL, make_ids, &shares[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(shares[i].thread, NULL), 0);
	qsort(ids, THREADS * PER_THREAD, sizeof(*ids), compare);
	for (size_t i = 1; i < THREADS * PER_THREAD; i++)
		assert_false(uuid_equal(&ids[i - 1], &ids[i]));
	free(ids);
}

static void a_forked_process_does_not_repeat_its_parents_ids(void **state)
{
	(void)state;
	struct uuid ours[8], theirs[8];
	int ends[2], status;
	uuid_v4(); /* the pool is filled and has bytes left */
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	for (int i = 0; i < 8; i++)
		ours[i] = uuid_v4();
	if (child == 0)
		_exit(write(ends[1], ours, sizeof(ours)) != (ssize_t)sizeof(ours));
	assert_int_equal(read(ends[0], theirs, sizeof(theirs)), sizeof(theirs));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	for (int i = 0; i < 8; i++)
		for (int k = 0; k < 8; k++)
			assert_false(uuid_equal(&ours[i], &theirs[k]));
	close(ends[0]);
	close(ends[1]);
}

static void random_bytes_fill_exactly_the_given_room(void **state)
{
	(void)state;
	for (size_t n = 0; n < 300; n++) {
		uint8_t room[302];
		uint8_t seen[300] = {0};
		/* a byte that stays zero in 12 draws by chance: once in 10^26 runs */
		for (int draw = 0; draw < 12; draw++) {
			memset(room, 0xa5, sizeof(room));
			random_bytes(room + 1, n);
			assert_int_equal(room[0], 0xa5);
			assert_int_equal(room[n + 1], 0xa5);
			for (size_t i = 0; i < n; i++)
				seen[i] |= room[i + 1] ^ 0xa5;
		}
		for (size_t i = 0; i < n; i++)
			assert_int_not_equal(seen[i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(text_and_bytes_mean_the_same_both_ways),
	        cmocka_unit_test(one_wrong_byte_anywhere_is_refused_and_leaves_the_result_alone),
	        cmocka_unit_test(other_lengths_and_forms_are_refused),
	        cmocka_unit_test(names_give_the_ids_that_the_standard_says),
	        cmocka_unit_test(random_ids_say_version_4_and_differ),
	        cmocka_unit_test(
	                ids_of_one_millisecond_are_in_order_even_when_the_counter_overflows),
	        cmocka_unit_test(ids_of_later_milliseconds_carry_the_time_that_was_given),
	        cmocka_unit_test(a_clock_that_goes_back_is_followed),
	        cmocka_unit_test(ids_of_several_threads_never_meet),
	        cmocka_unit_test(a_forked_process_does_not_repeat_its_parents_ids),
	        cmocka_unit_test(random_bytes_fill_exactly_the_given_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
