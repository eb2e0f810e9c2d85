/* Counters, gauges and histograms of this process, in one table; /metrics prints them in the
 * Prometheus text format 0.0.4 (checked by promtool). Labels are bounded: routes, event types,
 * views, partitions, statuses; never ids. Any thread; relaxed atomics. */
#ifndef CORE_BASE_METRICS_H
#define CORE_BASE_METRICS_H

#include <stdint.h>

#include "core/base/bytes.h"

/* X(kind, id, "name", "label keys, comma separated", "help") */
#define METRIC_TABLE(X)                                                                            \
	X(COUNTER, HTTP_REQUESTS, "nexusflow_http_requests_total", "route,code",                   \
	  "HTTP requests by route and status code")                                                \
	X(HISTOGRAM, HTTP_SECONDS, "nexusflow_http_request_duration_seconds", "route",             \
	  "time from the last byte of the request to the queued answer")                           \
	X(GAUGE, HTTP_CONNECTIONS, "nexusflow_http_connections", "", "open connections")           \
	X(COUNTER, COMMANDS, "nexusflow_commands_total", "command,outcome",                        \
	  "commands by outcome: accepted, repeated, refused, unknown")                             \
	X(COUNTER, EVENTS_APPENDED, "nexusflow_events_appended_total", "type",                     \
	  "events appended to the journal")                                                        \
	X(HISTOGRAM, APPEND_SECONDS, "nexusflow_append_duration_seconds", "partition",             \
	  "time of one group commit")                                                              \
	X(HISTOGRAM, APPEND_BATCH, "nexusflow_append_batch_commands", "partition",                 \
	  "commands in one group commit")                                                          \
	X(GAUGE, PARTITION_OWNED, "nexusflow_partition_owned", "partition",                        \
	  "1 where this process owns the partition and takes its commands")                        \
	X(GAUGE, PARTITION_STANDBY_LAG, "nexusflow_partition_standby_lag_records", "partition",    \
	  "where another process owns it: records between our fold and the end of the log")        \
	X(COUNTER, PARTITION_CLAIMS, "nexusflow_partition_claims_total", "partition",              \
	  "times that this process became the owner")                                              \
	X(COUNTER, PARTITION_STAND_DOWNS, "nexusflow_partition_stand_downs_total", "partition",    \
	  "times that it found another owner's claim and stood down")                              \
	X(COUNTER, FORWARDED, "nexusflow_forwarded_requests_total", "outcome",                     \
	  "requests sent on to the owner of their partition: answered, unanswered")                \
	X(COUNTER, FOREIGN_RECORDS, "nexusflow_foreign_records_total", "reader,reason,partition",  \
	  "records in our topic that are not ours")                                                \
	X(GAUGE, TENANTS_STOPPED, "nexusflow_tenants_stopped", "reader",                           \
	  "tenants before an event that the reader cannot take")                                   \
	X(GAUGE, TENANTS_SUSPECT, "nexusflow_tenants_suspect", "reader",                           \
	  "tenants whose seq has a gap: what follows it is ignored")                               \
	X(GAUGE, VIEW_LAG_RECORDS, "nexusflow_projection_lag_records", "view,partition",           \
	  "records between the view and the end of the log")                                       \
	X(GAUGE, VIEW_LAG_SECONDS, "nexusflow_projection_lag_seconds", "view",                     \
	  "age of the newest event that the view has not applied")                                 \
	X(GAUGE, VIEW_POSITION, "nexusflow_projection_position", "view,partition",                 \
	  "offset that the view will apply next")                                                  \
	X(COUNTER, VIEW_EVENTS, "nexusflow_projection_events_total", "view",                       \
	  "events applied by the view")                                                            \
	X(COUNTER, VIEW_FAILURES, "nexusflow_projection_failures_total", "view",                   \
	  "batches that failed and are tried again")                                               \
	X(GAUGE, VIEW_STILL_SECONDS, "nexusflow_projection_still_seconds", "view",                 \
	  "time without progress while there is something to apply; 0 at the end of the log")      \
	X(GAUGE, PROCESSOR_LAG_RECORDS, "nexusflow_processor_lag_records", "",                     \
	  "records between the processor and the end of the log")                                  \
	X(GAUGE, PROCESSOR_STILL_SECONDS, "nexusflow_processor_still_seconds", "",                 \
	  "time without progress while there is something to read; 0 at the end of the log")       \
	X(COUNTER, INTENTS, "nexusflow_intents_total", "rule,outcome",                             \
	  "commands sent by processors")                                                           \
	X(GAUGE, REPLAY_PROGRESS, "nexusflow_replay_progress_ratio", "view",                       \
	  "share of the log that a running rebuild has applied")

#define METRIC_ENUM(kind, id, name, labels, help) METRIC_##id,
enum metric { METRIC_TABLE(METRIC_ENUM) METRICS };
#undef METRIC_ENUM

/* One series of a metric: its label values, found once and kept by the caller (never freed).
 * @labels: as many strings as the table's row names; copied. At most METRIC_SERIES_MAX a metric,
 * further ones share the series "other". */
#define METRIC_SERIES_MAX 512
struct metric_series;
struct metric_series *metric_series(enum metric metric, const char *const *labels);

void metric_add(struct metric_series *series, uint64_t n);       /* counter */
void metric_set(struct metric_series *series, double value);     /* gauge */
void metric_observe(struct metric_series *series, double value); /* histogram */

/* All metrics, the process_* set and nexusflow_build_info. */
void metrics_print(struct buf *out);

#endif
