/* A metric is a fixed row of slots. A slot is published by one release store and never changes
 * its labels afterwards, so that printing and counting need no lock; only the search for a series
 * takes one. */
#include "core/base/metrics.h"

#include <assert.h>
#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BUCKETS 16 /* without +Inf */

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };
static const char *const kind_names[] = {"counter", "gauge", "histogram"};

struct row {
	enum kind kind;
	const char *name;
	const char *labels;
	const char *help;
};

#define METRIC_ROW(kind, id, name, labels, help) {KIND_##kind, name, labels, help},
static const struct row rows[METRICS] = {METRIC_TABLE(METRIC_ROW)};
#undef METRIC_ROW

struct bucket {
	double le;
	const char *text;
};
#define BUCKET(le)                                                                                 \
	{                                                                                          \
		le, #le                                                                            \
	}
static const struct bucket seconds[BUCKETS] = {
        BUCKET(0.0001), BUCKET(0.00025), BUCKET(0.0005), BUCKET(0.001),
        BUCKET(0.0025), BUCKET(0.005),   BUCKET(0.01),   BUCKET(0.025),
        BUCKET(0.05),   BUCKET(0.1),     BUCKET(0.25),   BUCKET(0.5),
        BUCKET(1),      BUCKET(2.5),     BUCKET(5),      BUCKET(10),
};
static const struct bucket powers[BUCKETS] = {
        BUCKET(1),    BUCKET(2),    BUCKET(4),     BUCKET(8),     BUCKET(16),   BUCKET(32),
        BUCKET(64),   BUCKET(128),  BUCKET(256),   BUCKET(512),   BUCKET(1024), BUCKET(2048),
        BUCKET(4096), BUCKET(8192), BUCKET(16384), BUCKET(32768),
};

struct metric_series {
	enum metric metric;
	char *labels;         /* route="x",code="200", as printed */
	atomic_ullong count;  /* counter */
	_Atomic double value; /* gauge; sum of a histogram */
	const struct bucket *buckets;
	atomic_ullong in[BUCKETS + 1]; /* observations per bucket, not cumulative; last: +Inf */
};

/* one slot more for the series "other" */
static _Atomic(struct metric_series *) slots[METRICS][METRIC_SERIES_MAX + 1];
static pthread_mutex_t create_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void append_escaped(struct buf *to, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n') {
			buf_append_str(to, "\\n");
			continue;
		}
		if (*value == '\\' || *value == '"')
			buf_append_char(to, '\\');
		buf_append_char(to, *value);
	}
}

/* The label set of a series; @values NULL: every value is "other". */
static void render_labels(struct buf *to, const char *keys, const char *const *values)
{
	for (size_t i = 0; *keys; i++) {
		size_t n = strcspn(keys, ",");
		if (i)
			buf_append_char(to, ',');
		buf_append(to, keys, n);
		buf_append_str(to, "=\"");
		append_escaped(to, values ? values[i] : "other");
		buf_append_char(to, '"');
		keys += n + (keys[n] == ',');
	}
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && strcmp(text + n - m, end) == 0;
}

static struct metric_series *series_new(enum metric metric, struct slice labels)
{
	struct metric_series *series = mem_new(sizeof(*series));
	series->metric = metric;
	series->labels = mem_string(labels);
	series->buckets = ends_with(rows[metric].name, "_seconds") ? seconds : powers;
	return series;
}

/* Under create_lock. */
static struct metric_series *find_or_create(enum metric metric, const char *const *values)
{
	struct buf labels = {0};
	struct metric_series *series = NULL;
	render_labels(&labels, rows[metric].labels, values);
	for (size_t i = 0; i <= METRIC_SERIES_MAX; i++) {
		series = atomic_load_explicit(&slots[metric][i], memory_order_relaxed);
		if (series && slice_is(buf_slice(&labels), series->labels))
			break;
		if (series)
			continue;
		if (i == METRIC_SERIES_MAX) {
			buf_clear(&labels);
			render_labels(&labels, rows[metric].labels, NULL);
		}
		series = series_new(metric, buf_slice(&labels));
		atomic_store_explicit(&slots[metric][i], series, memory_order_release);
		break;
	}
	buf_release(&labels);
	return series; /* the last slot, "other", when no other matched */
}

/* What has no labels exists from the start, at zero. */
static void create_unlabelled(void)
{
	pthread_mutex_lock(&create_lock);
	for (int metric = 0; metric < METRICS; metric++)
		if (!*rows[metric].labels)
			find_or_create((enum metric)metric, NULL);
	pthread_mutex_unlock(&create_lock);
}

struct metric_series *metric_series(enum metric metric, const char *const *labels)
{
	assert((unsigned)metric < METRICS);
	assert(labels || !*rows[metric].labels);
	pthread_mutex_lock(&create_lock);
	struct metric_series *series = find_or_create(metric, labels);
	pthread_mutex_unlock(&create_lock);
	return series;
}

void metric_add(struct metric_series *series, uint64_t n)
{
	assert(rows[series->metric].kind == KIND_COUNTER);
	atomic_fetch_add_explicit(&series->count, n, memory_order_relaxed);
}

void metric_set(struct metric_series *series, double value)
{
	assert(rows[series->metric].kind == KIND_GAUGE);
	atomic_store_explicit(&series->value, value, memory_order_relaxed);
}

void metric_observe(struct metric_series *series, double value)
{
	assert(rows[series->metric].kind == KIND_HISTOGRAM);
	size_t i = 0;
	while (i < BUCKETS && !(value <= series->buckets[i].le))
		i++;
	atomic_fetch_add_explicit(&series->in[i], 1, memory_order_relaxed);
	double sum = atomic_load_explicit(&series->value, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&series->value, &sum, sum + value,
	                                              memory_order_relaxed, memory_order_relaxed))
		;
}

/* ---- print ---- */

static void append_number(struct buf *to, double value)
{
	char text[32];
	if (isnan(value)) {
		buf_append_str(to, "NaN");
	} else if (isinf(value)) {
		buf_append_str(to, value > 0 ? "+Inf" : "-Inf");
	} else {
		for (int digits = 15; digits <= 17; digits++) {
			snprintf(text, sizeof(text), "%.*g", digits, value);
			if (strtod(text, NULL) == value)
				break;
		}
		buf_append_str(to, text);
	}
}

static void print_head(struct buf *out, const char *name, const char *help, const char *kind)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void print_histogram(struct buf *out, const char *name, const struct metric_series *series)
{
	const char *comma = *series->labels ? "," : "";
	unsigned long long total = 0;
	for (size_t i = 0; i <= BUCKETS; i++) {
		total += atomic_load_explicit(&series->in[i], memory_order_relaxed);
		buf_printf(out, "%s_bucket{%s%sle=\"%s\"} %llu\n", name, series->labels, comma,
		           i < BUCKETS ? series->buckets[i].text : "+Inf", total);
	}
	const char *open = *series->labels ? "{" : "", *close = *series->labels ? "}" : "";
	buf_printf(out, "%s_sum%s%s%s ", name, open, series->labels, close);
	append_number(out, atomic_load_explicit(&series->value, memory_order_relaxed));
	buf_printf(out, "\n%s_count%s%s%s %llu\n", name, open, series->labels, close, total);
}

static void print_series(struct buf *out, const struct row *row, const struct metric_series *series)
{
	if (row->kind == KIND_HISTOGRAM) {
		print_histogram(out, row->name, series);
		return;
	}
	buf_append_str(out, row->name);
	if (*series->labels)
		buf_printf(out, "{%s}", series->labels);
	buf_append_char(out, ' ');
	if (row->kind == KIND_COUNTER)
		buf_printf(out, "%llu", atomic_load_explicit(&series->count, memory_order_relaxed));
	else
		append_number(out, atomic_load_explicit(&series->value, memory_order_relaxed));
	buf_append_char(out, '\n');
}

static void print_process_value(struct buf *out, const char *name, const char *kind,
                                const char *help, double value)
{
	print_head(out, name, help, kind);
	buf_printf(out, "%s ", name);
	append_number(out, value);
	buf_append_char(out, '\n');
}

/* Field @n (from 3) of /proc/self/stat, counted behind the name, which may hold anything. */
static bool stat_field(const char *stat, int n, unsigned long long *value)
{
	const char *at = strrchr(stat, ')');
	for (int field = 2; at && field < n; field++)
		at = strchr(at + 1, ' ');
	return at && sscanf(at, " %llu", value) == 1;
}

static bool read_text(const char *path, char *to, size_t size)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	size_t n = fread(to, 1, size - 1, file);
	fclose(file);
	to[n] = '\0';
	return n > 0;
}

static bool boot_time(double *seconds_since_1970)
{
	struct timespec now, up;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0 || clock_gettime(CLOCK_BOOTTIME, &up) != 0)
		return false;
	*seconds_since_1970 =
	        (double)(now.tv_sec - up.tv_sec) + (double)(now.tv_nsec - up.tv_nsec) / 1e9;
	return true;
}

static bool count_fds(double *n)
{
	DIR *dir = opendir("/proc/self/fd");
	if (!dir)
		return false;
	*n = -3; /* ".", ".." and the one of this directory */
	while (readdir(dir))
		*n += 1;
	closedir(dir);
	return true;
}

/* What the system does not tell is left out. */
static void print_process(struct buf *out)
{
	char stat[1024];
	unsigned long long v;
	double d;
	struct timespec cpu;
	struct rlimit limit;
	bool known = read_text("/proc/self/stat", stat, sizeof(stat));

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
		print_process_value(out, "process_cpu_seconds_total", "counter",
		                    "user and system time of this process",
		                    (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
	if (known && stat_field(stat, 23, &v))
		print_process_value(out, "process_virtual_memory_bytes", "gauge",
		                    "address space of this process", (double)v);
	if (known && stat_field(stat, 24, &v))
		print_process_value(out, "process_resident_memory_bytes", "gauge",
		                    "resident memory of this process",
		                    (double)v * (double)sysconf(_SC_PAGESIZE));
	if (known && stat_field(stat, 20, &v))
		print_process_value(out, "process_threads", "gauge", "threads of this process",
		                    (double)v);
	if (count_fds(&d))
		print_process_value(out, "process_open_fds", "gauge", "open file descriptors", d);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		print_process_value(
		        out, "process_max_fds", "gauge", "limit of open file descriptors",
		        limit.rlim_cur == RLIM_INFINITY ? INFINITY : (double)limit.rlim_cur);
	if (known && stat_field(stat, 22, &v) && boot_time(&d))
		print_process_value(out, "process_start_time_seconds", "gauge",
		                    "start of this process, in seconds since 1970",
		                    d + (double)v / (double)sysconf(_SC_CLK_TCK));
}

void metrics_print(struct buf *out)
{
	pthread_once(&once, create_unlabelled);
	for (size_t metric = 0; metric < METRICS; metric++) {
		const struct row *row = &rows[metric];
		for (size_t i = 0; i <= METRIC_SERIES_MAX; i++) {
			const struct metric_series *series =
			        atomic_load_explicit(&slots[metric][i], memory_order_acquire);
			if (!series)
				break;
			if (i == 0)
				print_head(out, row->name, row->help, kind_names[row->kind]);
			print_series(out, row, series);
		}
	}
	print_head(out, "nexusflow_build_info", "version of this program", "gauge");
	buf_printf(out, "nexusflow_build_info{version=\"%s\"} 1\n", NEXUSFLOW_VERSION);
	print_process(out);
}
