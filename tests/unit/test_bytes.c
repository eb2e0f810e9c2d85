#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/base/bytes.h"
#include "tests/unit/seed.h"

/* the sanitizers' allocators end the process by themselves unless told otherwise */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void slices_compare_like_memcmp_and_shorter_first(void **state)
{
	(void)state;
	assert_int_equal(sign(slice_compare(SLICE("a"), SLICE("b"))), -1);
	assert_int_equal(sign(slice_compare(SLICE("ab"), SLICE("a"))), 1);
	assert_int_equal(sign(slice_compare(SLICE("a"), SLICE("ab"))), -1);
	assert_int_equal(slice_compare(SLICE("ab"), SLICE("ab")), 0);
	assert_int_equal(sign(slice_compare(SLICE("\x80"), SLICE("\x7f"))), 1);
	assert_int_equal(slice_compare(slice_of(NULL, 0), SLICE("")), 0);
	assert_int_equal(sign(slice_compare(slice_of(NULL, 0), SLICE("a"))), -1);
}

static void slices_are_equal_by_content(void **state)
{
	(void)state;
	assert_true(slice_is(slice_of("abc", 2), "ab"));
	assert_false(slice_is(slice_of("abc", 2), "abc"));
	assert_true(slice_equal(slice_of(NULL, 0), slice_str(NULL)));
	assert_true(slice_equal(SLICE("a\0b"), slice_of("a\0b", 3)));
	assert_false(slice_equal(SLICE("a\0b"), SLICE("a\0c")));
}

static void a_buffer_holds_what_was_appended_in_order(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	struct buf buf = {0};
	char *model = mem_new(1 << 16);
	size_t n = 0;
	while (n < 60000) {
		char piece[300];
		size_t length = seed_below(&seed, sizeof(piece));
		for (size_t i = 0; i < length; i++)
			piece[i] = (char)seed_next(&seed);
		if (length == 1) {
			buf_append_char(&buf, piece[0]);
		} else if (length % 2) {
			buf_append_slice(&buf, slice_of(piece, length));
		} else {
			char *at = buf_reserve(&buf, length);
			memcpy(at, piece, length);
			buf.n += length;
		}
		memcpy(model + n, piece, length);
		n += length;
		assert_true(buf.cap >= buf.n);
	}
	assert_int_equal(buf.n, n);
	assert_memory_equal(buf.data, model, n);
	free(model);
	buf_release(&buf);
	assert_null(buf.data);
	assert_int_equal(buf.n + buf.cap, 0);
}

static void reserving_gives_room_and_changes_nothing(void **state)
{
	(void)state;
	struct buf buf = {0};
	assert_non_null(buf_reserve(&buf, 0));
	buf_append_str(&buf, "abc");
	char *at = buf_reserve(&buf, 100000);
	memset(at, 'x', 100000);
	assert_int_equal(buf.n, 3);
	assert_true(slice_is(buf_slice(&buf), "abc"));
	buf_release(&buf);
}

static void printing_grows_the_buffer_to_any_length(void **state)
{
	(void)state;
	for (int width = 0; width < 300; width++) {
		struct buf buf = {0};
		buf_append_str(&buf, "<");
		buf_printf(&buf, "%0*d", width, 7);
		buf_append_str(&buf, ">");
		size_t digits = width ? (size_t)width : 1;
		assert_int_equal(buf.n, digits + 2);
		assert_int_equal(buf.data[digits], '7');
		assert_int_equal(buf.data[digits + 1], '>');
		buf_release(&buf);
	}
}

static void a_c_string_has_its_nul_behind_the_contents(void **state)
{
	(void)state;
	struct buf buf = {0};
	assert_string_equal(buf_cstr(&buf), "");
	buf_append_str(&buf, "abc");
	assert_string_equal(buf_cstr(&buf), "abc");
	assert_int_equal(buf.n, 3);
	while (buf.n < buf.cap)
		buf_append_char(&buf, 'x');
	assert_int_equal(strlen(buf_cstr(&buf)), buf.n);
	buf_clear(&buf);
	assert_string_equal(buf_cstr(&buf), "");
	buf_release(&buf);
}

static void a_copied_string_keeps_every_byte_and_ends_with_nul(void **state)
{
	(void)state;
	char *copy = mem_string(SLICE("a\0b"));
	assert_memory_equal(copy, "a\0b", 4);
	free(copy);
	copy = mem_string(slice_of(NULL, 0));
	assert_string_equal(copy, "");
	free(copy);
}

static void new_memory_is_zero(void **state)
{
	(void)state;
	uint8_t zero[512] = {0};
	for (int i = 0; i < 20; i++) {
		uint8_t *p = mem_new(sizeof(zero));
		assert_memory_equal(p, zero, sizeof(zero));
		memset(p, 0xff, sizeof(zero));
		free(p);
	}
}

static void big_endian_integers_sort_like_their_numbers(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	for (int i = 0; i < 10000; i++) {
		uint64_t a = seed_next(&seed) >> seed_below(&seed, 64);
		uint64_t b = seed_next(&seed) >> seed_below(&seed, 64);
		uint8_t x[8], y[8];
		put_u64(x, a);
		put_u64(y, b);
		assert_true(get_u64(x) == a);
		assert_int_equal(sign(memcmp(x, y, 8)), (a > b) - (a < b));
		put_u32(x, (uint32_t)a);
		assert_true(get_u32(x) == (uint32_t)a);
	}
	uint8_t bytes[8];
	put_u32(bytes, 0x01020304);
	assert_memory_equal(bytes, "\1\2\3\4", 4);
}

static void ask_for_too_much(int how)
{
	volatile size_t most = SIZE_MAX / 4;
	struct buf buf = {0};
	if (how == 0)
		free(mem_new(most));
	else if (how == 1)
		free(mem_grow(NULL, most));
	else if (how == 2)
		buf_reserve(&buf, most);
	else if (how == 3)
		buf_reserve(&buf, most * 4);
	buf_append_str(&buf, "0123456789");
	if (how == 4) /* the sum of both overflows to a small one */
		buf_reserve(&buf, most * 4 - 2);
}

/* docs/decisions/0003 */
static void out_of_memory_ends_the_process_with_one_line(void **state)
{
	(void)state;
	for (int how = 0; how < 5; how++) {
		int ends[2], status;
		char text[4096];
		size_t n = 0;
		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			dup2(ends[1], STDERR_FILENO);
			ask_for_too_much(how);
			_exit(0);
		}
		close(ends[1]);
		for (ssize_t got; (got = read(ends[0], text + n, sizeof(text) - 1 - n)) > 0;)
			n += (size_t)got;
		text[n] = '\0';
		close(ends[0]);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), EX_OSERR);
		/* a sanitizer may have warned before */
		const char *line = strstr(text, "{\"level\":\"error\"");
		assert_non_null(line);
		assert_string_equal(line, "{\"level\":\"error\",\"logger\":\"base\","
		                          "\"msg\":\"out of memory\"}\n");
	}
}

static void hexadecimal_digits_stand_for_their_bytes(void **state)
{
	static const char *const wrong[] = {"0", "0g", "0A", "00 ", "zz", "\xc3\xa9"};
	struct buf text = {0}, back = {0};
	(void)state;
	char bytes[256];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)i;
	buf_append_hex(&text, slice_of(bytes, sizeof bytes));
	assert_int_equal(text.n, 512);
	assert_memory_equal(text.data, "000102", 6);
	assert_memory_equal(text.data + 506, "fdfeff", 6);
	assert_true(buf_append_unhex(&back, buf_slice(&text)));
	assert_true(slice_equal(buf_slice(&back), slice_of(bytes, sizeof bytes)));
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_false(buf_append_unhex(&back, slice_str(wrong[i])));
		assert_int_equal(back.n, sizeof bytes);
	}
	assert_true(buf_append_unhex(&back, SLICE("")));
	assert_int_equal(back.n, sizeof bytes);
	buf_release(&text);
	buf_release(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(hexadecimal_digits_stand_for_their_bytes),
	        cmocka_unit_test(slices_compare_like_memcmp_and_shorter_first),
	        cmocka_unit_test(slices_are_equal_by_content),
	        cmocka_unit_test(a_buffer_holds_what_was_appended_in_order),
	        cmocka_unit_test(reserving_gives_room_and_changes_nothing),
	        cmocka_unit_test(printing_grows_the_buffer_to_any_length),
	        cmocka_unit_test(a_c_string_has_its_nul_behind_the_contents),
	        cmocka_unit_test(a_copied_string_keeps_every_byte_and_ends_with_nul),
	        cmocka_unit_test(new_memory_is_zero),
	        cmocka_unit_test(big_endian_integers_sort_like_their_numbers),
	        cmocka_unit_test(out_of_memory_ends_the_process_with_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
