#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"

#define THREADS    4
#define PER_THREAD 200

/* stderr is the one end of a socket that keeps the borders of writes: a datagram is a write. */
static int socket_ends[2];
static int stderr_before;

static int redirect(void **state)
{
	(void)state;
	stderr_before = dup(STDERR_FILENO);
	if (stderr_before < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, socket_ends) != 0)
		return -1;
	log_set_level(LOG_INFO);
	return dup2(socket_ends[1], STDERR_FILENO) < 0 ? -1 : 0;
}

static int restore(void **state)
{
	(void)state;
	dup2(stderr_before, STDERR_FILENO);
	close(stderr_before);
	close(socket_ends[0]);
	close(socket_ends[1]);
	return 0;
}

/* One write as JSON, with the newline checked and gone; NULL when nothing was written. */
static json_t *next_write(int flags)
{
	static char line[1 << 16];
	json_error_t error;
	ssize_t n = recv(socket_ends[0], line, sizeof(line), flags);
	if (n < 0) {
		assert_int_equal(errno, EAGAIN);
		return NULL;
	}
	assert_true(n > 2);
	assert_int_equal(line[n - 1], '\n');
	assert_null(memchr(line, '\n', (size_t)n - 1));
	json_t *value =
	        json_loadb(line, (size_t)n - 1, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!value)
		fail_msg("%s: %.*s", error.text, (int)n, line);
	return value;
}

static const char *text(const json_t *line, const char *key)
{
	const char *value = json_string_value(json_object_get(line, key));
	assert_non_null(value);
	return value;
}

static void a_line_is_one_write_with_time_level_logger_message_and_fields(void **state)
{
	(void)state;
	int64_t before = clock_now_ms(), at;
	log_warn("journal", "recovered", LOG_I("offset", -42), LOG_S("dir", "/x"),
	         LOG_B("key", slice_of("abc", 2)));
	json_t *line = next_write(MSG_DONTWAIT);
	assert_non_null(line);
	assert_true(clock_parse(slice_str(text(line, "ts")), &at));
	assert_true(at >= before && at <= clock_now_ms());
	assert_string_equal(text(line, "level"), "warn");
	assert_string_equal(text(line, "logger"), "journal");
	assert_string_equal(text(line, "msg"), "recovered");
	assert_int_equal(json_integer_value(json_object_get(line, "offset")), -42);
	assert_string_equal(text(line, "dir"), "/x");
	assert_string_equal(text(line, "key"), "ab");
	assert_int_equal(json_object_size(line), 7);
	json_decref(line);
	assert_null(next_write(MSG_DONTWAIT));
}

static void a_line_needs_no_fields(void **state)
{
	(void)state;
	log_error("main", "ended");
	json_t *line = next_write(MSG_DONTWAIT);
	assert_non_null(line);
	assert_string_equal(text(line, "level"), "error");
	assert_int_equal(json_object_size(line), 4);
	json_decref(line);
}

static void data_cannot_break_a_line_or_forge_one(void **state)
{
	(void)state;
	log_info("http", "odd\nname", LOG_S("path", "/\"}\n{\"level\":\"error\"}\r\x01\xff"),
	         LOG_S("missing", NULL));
	json_t *line = next_write(MSG_DONTWAIT);
	assert_non_null(line);
	assert_string_equal(text(line, "msg"), "odd\nname");
	assert_string_equal(text(line, "path"), "/\"}\n{\"level\":\"error\"}\r\x01\xef\xbf\xbd");
	assert_true(json_is_null(json_object_get(line, "missing")));
	json_decref(line);
	assert_null(next_write(MSG_DONTWAIT));
}

static void lines_below_the_level_are_not_written(void **state)
{
	(void)state;
	static const char *const names[] = {"debug", "info", "warn", "error"};
	for (int min = LOG_DEBUG; min <= LOG_ERROR; min++) {
		assert_true(log_set_level_name(names[min]));
		for (int level = LOG_DEBUG; level <= LOG_ERROR; level++) {
			log_write((enum log_level)level, "test", "x", LOG_FIELDS());
			json_t *line = next_write(MSG_DONTWAIT);
			assert_int_equal(line != NULL, level >= min);
			if (line)
				assert_string_equal(text(line, "level"), names[level]);
			json_decref(line);
		}
	}
}

static void an_unknown_level_is_refused_and_changes_nothing(void **state)
{
	(void)state;
	log_set_level(LOG_ERROR);
	assert_false(log_set_level_name("verbose"));
	assert_false(log_set_level_name(""));
	assert_false(log_set_level_name("INFO"));
	log_warn("test", "x");
	assert_null(next_write(MSG_DONTWAIT));
}

static void errno_survives_a_line_that_cannot_be_written(void **state)
{
	(void)state;
	int end = open("/dev/full", O_WRONLY);
	int before = dup(STDERR_FILENO);
	assert_true(end >= 0 && before >= 0);
	dup2(end, STDERR_FILENO);
	errno = ENOTDIR;
	log_error("test", "nobody reads this");
	int after = errno;
	dup2(before, STDERR_FILENO);
	close(before);
	close(end);
	assert_int_equal(after, ENOTDIR);
}

static void *write_lines(void *arg)
{
	char filler[300];
	memset(filler, 'x', sizeof(filler));
	for (int i = 0; i < PER_THREAD; i++)
		log_info("thread", "line", LOG_I("thread", *(int *)arg), LOG_I("i", i),
		         LOG_B("filler", slice_of(filler, (size_t)i)));
	return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	int numbers[THREADS];
	int next[THREADS] = {0};
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &numbers[i]), 0);
	}
	for (int i = 0; i < THREADS * PER_THREAD; i++) {
		json_t *line = next_write(0);
		assert_non_null(line);
		json_int_t thread = json_integer_value(json_object_get(line, "thread"));
		assert_int_equal(json_integer_value(json_object_get(line, "i")), next[thread]++);
		assert_int_equal(json_string_length(json_object_get(line, "filler")),
		                 next[thread] - 1);
		json_decref(line);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_null(next_write(MSG_DONTWAIT));
}

#define LOG_TEST(test) cmocka_unit_test_setup_teardown(test, redirect, restore)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        LOG_TEST(a_line_is_one_write_with_time_level_logger_message_and_fields),
	        LOG_TEST(a_line_needs_no_fields),
	        LOG_TEST(data_cannot_break_a_line_or_forge_one),
	        LOG_TEST(lines_below_the_level_are_not_written),
	        LOG_TEST(an_unknown_level_is_refused_and_changes_nothing),
	        LOG_TEST(errno_survives_a_line_that_cannot_be_written),
	        LOG_TEST(lines_of_several_threads_do_not_mix),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
