/* An event as others see it: one CloudEvents 1.0 JSON object, or the headers of its Kafka record
 * (CloudEvents Kafka binding, binary mode). */
#ifndef CORE_CODEC_CLOUDEVENT_H
#define CORE_CODEC_CLOUDEVENT_H

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/uuid.h"
#include "core/journal/journal.h"
#include "generated/event.h"

/* Append one object, without a line feed: specversion, id, source "/nexusflow/t/<tenant>", type
 * "nexusflow.events.IssueCreated", subject "issue/<id>", time (recorded_at), sequence (seq as a
 * string), datacontenttype, data {"meta":{...}, fields of the event...}, which comes last. Returns
 * the bytes of data. */
size_t event_cloudevent_json(const struct event *event, struct buf *out);

#define EVENT_HEADERS_MAX 9
#define EVENT_TENANT_MAX  64 /* bytes of a tenant in ce_source; a longer one is cut */

/* Room for the texts of one event's headers. */
struct header_text {
	char id[UUID_TEXT];
	char source[16 + EVENT_TENANT_MAX];
	char type[64];
	char subject[16 + 1 + UUID_TEXT];
	char time[CLOCK_TEXT];
	char sequence[20];
};

/* Fill @out with ce_specversion, ce_id, ce_source, ce_type, ce_subject, ce_time, ce_sequence,
 * content-type and, unless @traceparent is empty, traceparent. Returns their number. Values borrow
 * from @scratch and @traceparent. */
unsigned event_headers(const struct event *event, struct slice traceparent,
                       struct header_text *scratch, struct journal_header out[EVENT_HEADERS_MAX]);

#endif
