#include "core/service/trouble.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/metrics.h"

#define NAMED_IN_LINE 10

struct foreign { /* of one reason in one partition */
	enum foreign_reason reason;
	uint32_t partition;
	uint64_t n;
	int64_t offset, at_ms; /* of the last one */
	struct metric_series *series;
};

struct suspect {
	char tenant[RECORD_TENANT_MAX + 1];
	uint64_t expected, found;
	uint32_t partition;
	int64_t offset, at_ms; /* of the last record beyond the gap */
};

struct stop {
	char tenant[RECORD_TENANT_MAX + 1];
	char reason[256];
	uint64_t seq;
	uint32_t partition;
	int64_t offset;
	struct uuid event_id;
};

struct trouble {
	const char *reader;
	pthread_mutex_t lock;
	uint64_t foreign_total;
	struct foreign *foreign;
	uint32_t foreign_n;
	int64_t seen[JOURNAL_PARTITIONS_MAX]; /* foreign records below were told */
	struct suspect suspects[TROUBLE_SUSPECTS_MAX];
	atomic_uint suspects_n;
	struct stop *stops;
	uint32_t stops_n;
	struct metric_series *stopped, *suspected;
};

struct trouble *trouble_new(const char *reader)
{
	struct trouble *trouble = mem_new(sizeof *trouble);
	const char *labels[] = {reader};
	trouble->reader = reader;
	pthread_mutex_init(&trouble->lock, NULL);
	trouble->stopped = metric_series(METRIC_TENANTS_STOPPED, labels);
	trouble->suspected = metric_series(METRIC_TENANTS_SUSPECT, labels);
	return trouble;
}

void trouble_free(struct trouble *trouble)
{
	if (!trouble)
		return;
	pthread_mutex_destroy(&trouble->lock);
	free(trouble->foreign);
	free(trouble->stops);
	free(trouble);
}

static void copy_name(char to[RECORD_TENANT_MAX + 1], struct slice tenant)
{
	snprintf(to, RECORD_TENANT_MAX + 1, "%.*s", (int)tenant.n, tenant.data);
}

/* --- foreign records, suspects --- */

static struct foreign *foreign_of(struct trouble *trouble, enum foreign_reason reason,
                                  uint32_t partition)
{
	for (uint32_t i = 0; i < trouble->foreign_n; i++)
		if (trouble->foreign[i].reason == reason &&
		    trouble->foreign[i].partition == partition)
			return &trouble->foreign[i];
	char number[12];
	snprintf(number, sizeof number, "%u", partition);
	const char *labels[] = {trouble->reader, foreign_label(reason), number};
	trouble->foreign =
	        mem_grow(trouble->foreign, (trouble->foreign_n + 1) * sizeof *trouble->foreign);
	struct foreign *foreign = &trouble->foreign[trouble->foreign_n++];
	*foreign = (struct foreign){.reason = reason,
	                            .partition = partition,
	                            .series = metric_series(METRIC_FOREIGN_RECORDS, labels)};
	return foreign;
}

static struct suspect *find_suspect(struct trouble *trouble, struct slice tenant)
{
	for (uint32_t i = 0; i < trouble->suspects_n; i++)
		if (slice_is(tenant, trouble->suspects[i].tenant))
			return &trouble->suspects[i];
	return NULL;
}

static void suspect(struct trouble *trouble, const struct journal_entry *entry, struct slice tenant,
                    uint64_t last, uint64_t found)
{
	struct suspect *suspect = find_suspect(trouble, tenant);
	if (!suspect && trouble->suspects_n == TROUBLE_SUSPECTS_MAX)
		return;
	if (!suspect) {
		suspect = &trouble->suspects[trouble->suspects_n++];
		copy_name(suspect->tenant, tenant);
	}
	suspect->expected = last + 1;
	suspect->found = found;
	suspect->partition = entry->partition;
	suspect->offset = entry->offset;
	suspect->at_ms = entry->timestamp_ms;
	metric_set(trouble->suspected, trouble->suspects_n);
}

void trouble_foreign(struct trouble *trouble, enum foreign_reason reason,
                     const struct journal_entry *entry, struct slice tenant, uint64_t last,
                     uint64_t found)
{
	pthread_mutex_lock(&trouble->lock);
	if (entry->offset >= trouble->seen[entry->partition]) {
		struct foreign *foreign = foreign_of(trouble, reason, entry->partition);
		trouble->seen[entry->partition] = entry->offset + 1;
		trouble->foreign_total++;
		foreign->n++;
		foreign->offset = entry->offset;
		foreign->at_ms = entry->timestamp_ms;
		metric_add(foreign->series, 1);
		if (reason == FOREIGN_GAP && tenant.n)
			suspect(trouble, entry, tenant, last, found);
	}
	pthread_mutex_unlock(&trouble->lock);
}

void trouble_in_order(struct trouble *trouble, struct slice tenant)
{
	if (!atomic_load(&trouble->suspects_n))
		return;
	pthread_mutex_lock(&trouble->lock);
	struct suspect *suspect = find_suspect(trouble, tenant);
	if (suspect)
		*suspect = trouble->suspects[--trouble->suspects_n];
	metric_set(trouble->suspected, trouble->suspects_n);
	pthread_mutex_unlock(&trouble->lock);
}

/* --- stopped tenants --- */

static struct stop *find_stop(struct trouble *trouble, struct slice tenant)
{
	for (uint32_t i = 0; i < trouble->stops_n; i++)
		if (slice_is(tenant, trouble->stops[i].tenant))
			return &trouble->stops[i];
	return NULL;
}

void trouble_stop(struct trouble *trouble, const struct trouble_stop *told)
{
	pthread_mutex_lock(&trouble->lock);
	struct stop *stop = find_stop(trouble, told->tenant);
	if (!stop) {
		trouble->stops =
		        mem_grow(trouble->stops, (trouble->stops_n + 1) * sizeof *trouble->stops);
		stop = &trouble->stops[trouble->stops_n++];
	}
	*stop = (struct stop){.seq = told->seq,
	                      .partition = told->partition,
	                      .offset = told->offset,
	                      .event_id = told->event_id};
	copy_name(stop->tenant, told->tenant);
	snprintf(stop->reason, sizeof stop->reason, "%.*s", (int)told->reason.n, told->reason.data);
	metric_set(trouble->stopped, trouble->stops_n);
	pthread_mutex_unlock(&trouble->lock);
}

void trouble_go_on(struct trouble *trouble, struct slice tenant)
{
	pthread_mutex_lock(&trouble->lock);
	struct stop *stop = find_stop(trouble, tenant);
	if (stop)
		*stop = trouble->stops[--trouble->stops_n];
	metric_set(trouble->stopped, trouble->stops_n);
	pthread_mutex_unlock(&trouble->lock);
}

void trouble_forget_stops(struct trouble *trouble)
{
	pthread_mutex_lock(&trouble->lock);
	trouble->stops_n = 0;
	metric_set(trouble->stopped, 0);
	pthread_mutex_unlock(&trouble->lock);
}

bool trouble_stopped_at(struct trouble *trouble, struct slice tenant, uint64_t *seq,
                        struct uuid *event_id)
{
	pthread_mutex_lock(&trouble->lock);
	const struct stop *stop = find_stop(trouble, tenant);
	bool stands = stop != NULL;
	if (stands) {
		*seq = stop->seq;
		*event_id = stop->event_id;
	}
	pthread_mutex_unlock(&trouble->lock);
	return stands;
}

/* --- looking --- */

struct trouble_counts trouble_counts(struct trouble *trouble)
{
	pthread_mutex_lock(&trouble->lock);
	struct trouble_counts counts = {trouble->foreign_total, trouble->suspects_n,
	                                trouble->stops_n};
	pthread_mutex_unlock(&trouble->lock);
	return counts;
}

static void place_text(struct buf *out, uint32_t partition, int64_t offset)
{
	if (offset >= 0)
		buf_printf(out, " at partition %u offset %lld", partition, (long long)offset);
}

static void stops_text(const struct trouble *trouble, bool names, struct buf *out)
{
	buf_printf(out, ", %u tenant%s stopped", trouble->stops_n,
	           trouble->stops_n == 1 ? "" : "s");
	for (uint32_t i = 0; names && i < trouble->stops_n && i < NAMED_IN_LINE; i++) {
		const struct stop *stop = &trouble->stops[i];
		buf_printf(out, "%s%s before seq %llu", i ? "; " : " (", stop->tenant,
		           (unsigned long long)stop->seq);
		place_text(out, stop->partition, stop->offset);
		buf_printf(out, ": %s", stop->reason);
	}
	if (names)
		buf_append_str(out, trouble->stops_n > NAMED_IN_LINE ? "; ...)" : ")");
}

static void suspects_text(const struct trouble *trouble, bool names, struct buf *out)
{
	uint32_t n = trouble->suspects_n;
	buf_printf(out, ", %u tenant%s with a gap in seq", n, n == 1 ? "" : "s");
	for (uint32_t i = 0; names && i < n && i < NAMED_IN_LINE; i++) {
		const struct suspect *suspect = &trouble->suspects[i];
		buf_printf(out, "%s%s expects seq %llu, found %llu", i ? "; " : " (",
		           suspect->tenant, (unsigned long long)suspect->expected,
		           (unsigned long long)suspect->found);
		place_text(out, suspect->partition, suspect->offset);
	}
	if (names)
		buf_append_str(out, n > NAMED_IN_LINE ? "; ...)" : ")");
}

static void foreign_records_text(const struct trouble *trouble, struct buf *out)
{
	char time[CLOCK_TEXT];
	buf_printf(out, ", %llu foreign records", (unsigned long long)trouble->foreign_total);
	for (uint32_t i = 0; i < trouble->foreign_n && i < NAMED_IN_LINE; i++) {
		const struct foreign *foreign = &trouble->foreign[i];
		clock_format(foreign->at_ms, time);
		buf_printf(out, "%s%llu %s in partition %u, the last at offset %lld of %.*s",
		           i ? "; " : " (", (unsigned long long)foreign->n,
		           foreign_label(foreign->reason), foreign->partition,
		           (long long)foreign->offset, CLOCK_TEXT, time);
	}
	buf_append_str(out, trouble->foreign_n > NAMED_IN_LINE ? "; ...)" : ")");
}

void trouble_line(struct trouble *trouble, bool names, struct buf *out)
{
	pthread_mutex_lock(&trouble->lock);
	if (trouble->stops_n)
		stops_text(trouble, names, out);
	if (trouble->suspects_n)
		suspects_text(trouble, names, out);
	if (trouble->foreign_n)
		foreign_records_text(trouble, out);
	pthread_mutex_unlock(&trouble->lock);
}

static void print_place(struct json_out *out, uint32_t partition, int64_t offset)
{
	json_out_member_int(out, "partition", partition);
	json_out_member_int(out, "offset", offset);
}

static void print_foreign(const struct trouble *trouble, struct json_out *out)
{
	json_out_member_int(out, "foreign", (int64_t)trouble->foreign_total);
	json_out_key(out, "foreign_records");
	json_out_array(out);
	for (uint32_t i = 0; i < trouble->foreign_n; i++) {
		const struct foreign *foreign = &trouble->foreign[i];
		json_out_object(out);
		json_out_member_str(out, "reason", foreign_label(foreign->reason));
		json_out_member_str(out, "text", foreign_text(foreign->reason));
		json_out_member_int(out, "records", (int64_t)foreign->n);
		print_place(out, foreign->partition, foreign->offset);
		json_out_member_time(out, "time", foreign->at_ms);
		json_out_object_end(out);
	}
	json_out_array_end(out);
}

static void print_suspects(const struct trouble *trouble, struct json_out *out)
{
	json_out_key(out, "suspects");
	json_out_array(out);
	for (uint32_t i = 0; i < trouble->suspects_n; i++) {
		const struct suspect *suspect = &trouble->suspects[i];
		json_out_object(out);
		json_out_member_str(out, "tenant", suspect->tenant);
		json_out_member_int(out, "expected_seq", (int64_t)suspect->expected);
		json_out_member_int(out, "found_seq", (int64_t)suspect->found);
		print_place(out, suspect->partition, suspect->offset);
		json_out_member_time(out, "time", suspect->at_ms);
		json_out_object_end(out);
	}
	json_out_array_end(out);
}

static void print_stops(const struct trouble *trouble, struct json_out *out)
{
	json_out_key(out, "stopped");
	json_out_array(out);
	for (uint32_t i = 0; i < trouble->stops_n; i++) {
		const struct stop *stop = &trouble->stops[i];
		json_out_object(out);
		json_out_member_str(out, "tenant", stop->tenant);
		json_out_member_int(out, "before_seq", (int64_t)stop->seq);
		if (stop->offset >= 0) {
			json_out_member_uuid(out, "event_id", &stop->event_id);
			print_place(out, stop->partition, stop->offset);
		}
		json_out_member_str(out, "reason", stop->reason);
		json_out_object_end(out);
	}
	json_out_array_end(out);
}

void trouble_print(struct trouble *trouble, struct json_out *out)
{
	pthread_mutex_lock(&trouble->lock);
	print_foreign(trouble, out);
	print_suspects(trouble, out);
	print_stops(trouble, out);
	pthread_mutex_unlock(&trouble->lock);
}
