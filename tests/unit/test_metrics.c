#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/metrics.h"

#define THREADS     4
#define PER_THREAD  200000
#define NAMES       400
#define LABELS(...) ((const char *const[]){__VA_ARGS__})

/* The value in the line that begins with @series and a space; fails when there is none. */
static double value_of(const char *series)
{
	struct buf page = {0}, start = {0};
	buf_append_str(&page, "\n");
	metrics_print(&page);
	buf_printf(&start, "\n%s ", series);
	const char *line = strstr(buf_cstr(&page), buf_cstr(&start));
	if (!line)
		fail_msg("no series %s", series);
	assert_null(strstr(line + 1, buf_cstr(&start))); /* no series twice */
	double value = strtod(line + start.n, NULL);
	buf_release(&page);
	buf_release(&start);
	return value;
}

static bool page_holds(const char *what)
{
	struct buf page = {0};
	metrics_print(&page);
	bool found = strstr(buf_cstr(&page), what) != NULL;
	buf_release(&page);
	return found;
}

static void a_counter_counts(void **state)
{
	(void)state;
	struct metric_series *series = metric_series(METRIC_HTTP_REQUESTS, LABELS("/livez", "200"));
	metric_add(series, 2);
	metric_add(series, 40);
	assert_true(value_of("nexusflow_http_requests_total{route=\"/livez\",code=\"200\"}") == 42);
}

static void the_same_labels_are_the_same_series(void **state)
{
	(void)state;
	struct metric_series *series =
	        metric_series(METRIC_COMMANDS, LABELS("AddComment", "accepted"));
	char copy[] = "AddComment";
	assert_ptr_equal(metric_series(METRIC_COMMANDS, LABELS(copy, "accepted")), series);
	copy[0] = 'X'; /* the labels were copied */
	assert_ptr_equal(metric_series(METRIC_COMMANDS, LABELS("AddComment", "accepted")), series);
	assert_ptr_not_equal(metric_series(METRIC_COMMANDS, LABELS("AddComment", "refused")),
	                     series);
	assert_ptr_not_equal(metric_series(METRIC_COMMANDS, LABELS("accepted", "AddComment")),
	                     series);
}

static void a_gauge_holds_its_last_value(void **state)
{
	(void)state;
	struct metric_series *series = metric_series(METRIC_VIEW_LAG_SECONDS, LABELS("board"));
	metric_set(series, 7);
	metric_set(series, -0.25);
	assert_true(value_of("nexusflow_projection_lag_seconds{view=\"board\"}") == -0.25);
	metric_set(series, 0.1 + 0.2);
	assert_true(value_of("nexusflow_projection_lag_seconds{view=\"board\"}") == 0.1 + 0.2);
}

static void a_metric_without_labels_is_there_from_the_start(void **state)
{
	(void)state;
	assert_true(value_of("nexusflow_http_connections") == 0);
	metric_set(metric_series(METRIC_HTTP_CONNECTIONS, NULL), 3);
	assert_true(value_of("nexusflow_http_connections") == 3);
}

static void a_histogram_counts_each_value_in_every_bucket_that_includes_it(void **state)
{
	(void)state;
	struct metric_series *series = metric_series(METRIC_HTTP_SECONDS, LABELS("h"));
	static const double values[] = {0, 0.0001, 0.00011, 1, 10, 10.5};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		metric_observe(series, values[i]);
#define HTTP_BUCKET(le)                                                                            \
	value_of("nexusflow_http_request_duration_seconds_bucket{route=\"h\",le=\"" le "\"}")
	assert_true(HTTP_BUCKET("0.0001") == 2);
	assert_true(HTTP_BUCKET("0.00025") == 3);
	assert_true(HTTP_BUCKET("0.5") == 3);
	assert_true(HTTP_BUCKET("1") == 4);
	assert_true(HTTP_BUCKET("5") == 4);
	assert_true(HTTP_BUCKET("10") == 5);
	assert_true(HTTP_BUCKET("+Inf") == 6);
	assert_true(value_of("nexusflow_http_request_duration_seconds_count{route=\"h\"}") == 6);
	double sum = value_of("nexusflow_http_request_duration_seconds_sum{route=\"h\"}");
	assert_true(sum > 21.50020 && sum < 21.50022);
}

static void batches_are_counted_in_powers_of_two(void **state)
{
	(void)state;
	struct metric_series *series = metric_series(METRIC_APPEND_BATCH, LABELS("3"));
	metric_observe(series, 1);
	metric_observe(series, 4096);
	metric_observe(series, 4097);
#define BATCH_BUCKET(le)                                                                           \
	value_of("nexusflow_append_batch_commands_bucket{partition=\"3\",le=\"" le "\"}")
	assert_true(BATCH_BUCKET("1") == 1);
	assert_true(BATCH_BUCKET("2048") == 1);
	assert_true(BATCH_BUCKET("4096") == 2);
	assert_true(BATCH_BUCKET("8192") == 3);
	assert_true(BATCH_BUCKET("+Inf") == 3);
}

static void series_beyond_the_limit_share_one_that_is_called_other(void **state)
{
	(void)state;
	struct metric_series *last = NULL;
	char type[32];
	for (int i = 0; i < METRIC_SERIES_MAX + 100; i++) {
		snprintf(type, sizeof(type), "t%d", i);
		struct metric_series *series = metric_series(METRIC_EVENTS_APPENDED, LABELS(type));
		metric_add(series, 1);
		if (i > METRIC_SERIES_MAX)
			assert_ptr_equal(series, last);
		else
			assert_ptr_not_equal(series, last);
		last = series;
	}
	assert_true(value_of("nexusflow_events_appended_total{type=\"other\"}") == 100);
	assert_true(value_of("nexusflow_events_appended_total{type=\"t511\"}") == 1);
	assert_ptr_equal(metric_series(METRIC_EVENTS_APPENDED, LABELS("other")), last);
	assert_false(page_holds("\"t512\""));
}

static void labels_are_escaped(void **state)
{
	(void)state;
	metric_add(metric_series(METRIC_VIEW_EVENTS, LABELS("a\"b\\c\nd")), 1);
	assert_true(value_of("nexusflow_projection_events_total{view=\"a\\\"b\\\\c\\nd\"}") == 1);
}

static void the_process_and_the_build_describe_themselves(void **state)
{
	(void)state;
	time_t now = time(NULL);
	assert_true(value_of("nexusflow_build_info{version=\"" NEXUSFLOW_VERSION "\"}") == 1);
	double start = value_of("process_start_time_seconds");
	assert_true(start <= (double)now + 2 && start > (double)now - 3600);
	double resident = value_of("process_resident_memory_bytes");
	assert_true(resident > 100e3 && resident <= value_of("process_virtual_memory_bytes"));
	assert_true(value_of("process_max_fds") >= value_of("process_open_fds"));

	double fds = 0;
	for (int fd = 0; fd < 4096; fd++)
		fds += fcntl(fd, F_GETFD) >= 0;
	assert_true(value_of("process_open_fds") == fds);
	int fd = dup(STDERR_FILENO);
	assert_true(value_of("process_open_fds") == fds + 1);
	close(fd);

	double cpu = value_of("process_cpu_seconds_total");
	for (int i = 0; i < 20; i++)
		assert_true(value_of("process_cpu_seconds_total") > cpu);
}

struct work {
	pthread_t thread;
	int number;
	struct metric_series *found[NAMES];
};
static pthread_barrier_t start;

static void run_threads(struct work *workers, void *(*run)(void *))
{
	assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
	for (int i = 0; i < THREADS; i++) {
		workers[i].number = i;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
	}
}

static void join_threads(struct work *workers)
{
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
	pthread_barrier_destroy(&start);
}

static void *work(void *arg)
{
	struct work *me = arg;
	char partition[8];
	snprintf(partition, sizeof(partition), "%d", me->number % 2);
	struct metric_series *counter = metric_series(METRIC_VIEW_EVENTS, LABELS("threads"));
	struct metric_series *histogram = metric_series(METRIC_APPEND_SECONDS, LABELS(partition));
	struct metric_series *gauge =
	        metric_series(METRIC_VIEW_POSITION, LABELS("threads", partition));
	pthread_barrier_wait(&start);
	for (int i = 0; i < PER_THREAD; i++) {
		metric_add(counter, 1);
		metric_observe(histogram, 0.5);
		metric_set(gauge, i);
	}
	return NULL;
}

static void nothing_is_lost_between_threads_while_pages_are_printed(void **state)
{
	(void)state;
	struct work workers[THREADS];
	run_threads(workers, work);
	for (int i = 0; i < 20; i++)
		assert_true(page_holds("nexusflow_build_info"));
	join_threads(workers);
	double half = THREADS / 2 * PER_THREAD;
	assert_true(value_of("nexusflow_projection_events_total{view=\"threads\"}") == half * 2);
	assert_true(value_of("nexusflow_append_duration_seconds_count{partition=\"1\"}") == half);
	assert_true(value_of("nexusflow_append_duration_seconds_sum{partition=\"0\"}") == half / 2);
	assert_true(value_of("nexusflow_projection_position{view=\"threads\",partition=\"0\"}") ==
	            PER_THREAD - 1);
}

static void *find_all(void *arg)
{
	struct work *me = arg;
	for (int i = 0; i < NAMES; i++) {
		char rule[16];
		snprintf(rule, sizeof(rule), "r%d", i);
		pthread_barrier_wait(&start);
		me->found[i] = metric_series(METRIC_INTENTS, LABELS(rule, "accepted"));
	}
	return NULL;
}

static void threads_that_ask_at_once_get_the_same_series(void **state)
{
	(void)state;
	struct work workers[THREADS];
	run_threads(workers, find_all);
	join_threads(workers);
	for (int i = 0; i < NAMES; i++)
		for (int k = 1; k < THREADS; k++)
			assert_ptr_equal(workers[k].found[i], workers[0].found[i]);
}

/* Not skipped without promtool: then the shell says so and the test fails. */
static void promtool_accepts_the_page_with_a_series_of_every_metric(void **state)
{
	(void)state;
	const char *const values[] = {"a", "b", "c", "d"};
	struct buf page = {0};
	for (int metric = 0; metric < METRICS; metric++)
		metric_series((enum metric)metric, values);
	metric_set(metric_series(METRIC_REPLAY_PROGRESS, LABELS("board")), 1e-9);
	metrics_print(&page);
#define COUNT_NAME(kind, id, name, labels, help)                                                   \
	assert_non_null(strstr(buf_cstr(&page), "# TYPE " name " "));
	METRIC_TABLE(COUNT_NAME)
	FILE *promtool = popen("promtool check metrics 2>&1", "w");
	assert_non_null(promtool);
	assert_int_equal(fwrite(page.data, 1, page.n, promtool), page.n);
	assert_int_equal(pclose(promtool), 0);
	buf_release(&page);
}

static void promtool_would_not_accept_just_anything(void **state)
{
	(void)state;
	FILE *promtool = popen("promtool check metrics >/dev/null 2>&1", "w");
	assert_non_null(promtool);
	fputs("# TYPE nexusflow_x counter\nnexusflow_x{ 1\n", promtool);
	int status = pclose(promtool);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 0);
	assert_int_not_equal(WEXITSTATUS(status), 127);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_counter_counts),
	        cmocka_unit_test(the_same_labels_are_the_same_series),
	        cmocka_unit_test(a_gauge_holds_its_last_value),
	        cmocka_unit_test(a_metric_without_labels_is_there_from_the_start),
	        cmocka_unit_test(a_histogram_counts_each_value_in_every_bucket_that_includes_it),
	        cmocka_unit_test(batches_are_counted_in_powers_of_two),
	        cmocka_unit_test(series_beyond_the_limit_share_one_that_is_called_other),
	        cmocka_unit_test(labels_are_escaped),
	        cmocka_unit_test(the_process_and_the_build_describe_themselves),
	        cmocka_unit_test(nothing_is_lost_between_threads_while_pages_are_printed),
	        cmocka_unit_test(threads_that_ask_at_once_get_the_same_series),
	        cmocka_unit_test(promtool_accepts_the_page_with_a_series_of_every_metric),
	        cmocka_unit_test(promtool_would_not_accept_just_anything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
