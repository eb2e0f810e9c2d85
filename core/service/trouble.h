/* What one reader of the journal (a view, the processor, the writers) could not take: foreign
 * records, tenants that it has stopped at, tenants whose seq has a gap. Kept here for all who show
 * it: /metrics (numbers only), /readyz?verbose, the admin API.
 *
 * Foreign records and suspects are remembered since the start of the process; stopped tenants are
 * the reader's own stored state, told again when it starts. Any thread. */
#ifndef CORE_SERVICE_TROUBLE_H
#define CORE_SERVICE_TROUBLE_H

#include "core/base/json_out.h"
#include "core/codec/record_read.h"
#include "core/journal/journal.h"

#define TROUBLE_SUSPECTS_MAX 256 /* that are named; more are only counted as foreign records */

#define READER_WRITER    "writer" /* beside the views, which have their own names */
#define READER_PROCESSOR "processor"

struct trouble;

/* @reader: "board", "writer": label of the metrics; borrowed. Open two of one name and the gauges
 * show the one that changed last. */
struct trouble *trouble_new(const char *reader);
void trouble_free(struct trouble *trouble); /* NULL is fine */

/* A record of no one here. A place that was told before is not counted again, so a reader may read
 * twice. @tenant empty: not known. With FOREIGN_GAP the tenant becomes a suspect: @last is its last
 * seq, @found that of the record. */
void trouble_foreign(struct trouble *trouble, enum foreign_reason reason,
                     const struct journal_entry *entry, struct slice tenant, uint64_t last,
                     uint64_t found);
/* An event of @tenant was in order: no suspect any more. Cheap when there are none. */
void trouble_in_order(struct trouble *trouble, struct slice tenant);

struct trouble_stop {
	struct slice tenant;
	uint64_t seq;       /* it stands before this one */
	uint32_t partition; /* of the event, with */
	int64_t offset;     /* -1: not known */
	struct uuid event_id;
	struct slice reason;
};
/* Copies. Replaces what was told of the tenant before. */
void trouble_stop(struct trouble *trouble, const struct trouble_stop *stop);
void trouble_go_on(struct trouble *trouble, struct slice tenant);
void trouble_forget_stops(struct trouble *trouble);
/* False if @tenant does not stand; *@seq and *@event_id are where it does. */
bool trouble_stopped_at(struct trouble *trouble, struct slice tenant, uint64_t *seq,
                        struct uuid *event_id);

struct trouble_counts {
	uint64_t foreign;
	uint32_t suspects, stopped;
};
struct trouble_counts trouble_counts(struct trouble *trouble);

/* For one line of text: ", 1 tenant stopped (acme before seq 7: ...)", nothing when all is well.
 * Tenants are named only with @names. */
void trouble_line(struct trouble *trouble, bool names, struct buf *out);
/* The members "foreign", "foreign_records", "suspects" and "stopped" of an open object. */
void trouble_print(struct trouble *trouble, struct json_out *out);

#endif
