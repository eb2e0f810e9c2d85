#include "core/codec/cloudevent.h"

#include <assert.h>
#include <stdio.h>

#include "core/codec/event_codec.h"
#include "core/codec/record_json.h"
#include "generated/record_codec.h"

#define TYPE_PREFIX "nexusflow.events."

/* @prefix and @text in @room, cut if they do not fit: a tenant that long is none of ours. */
static struct slice join(char *room, size_t size, const char *prefix, struct slice text)
{
	size_t n = strlen(prefix);
	assert(n <= size);
	if (text.n > size - n)
		text.n = size - n;
	memcpy(room, prefix, n);
	if (text.n)
		memcpy(room + n, text.data, text.n);
	return slice_of(room, n + text.n);
}

static struct slice subject(const struct event *event, char *room, size_t size)
{
	const char *kind = aggregate_kind_symbol(event->meta.aggregate.kind);
	size_t n = strlen(kind);
	assert(n + 1 + UUID_TEXT <= size);
	memcpy(room, kind, n);
	room[n] = '/';
	uuid_format(&event->meta.aggregate.id, room + n + 1);
	return slice_of(room, n + 1 + UUID_TEXT);
}

unsigned event_headers(const struct event *event, struct slice traceparent,
                       struct header_text *scratch, struct journal_header out[EVENT_HEADERS_MAX])
{
	const struct event_meta *meta = &event->meta;
	char digits[24];
	unsigned n = 0;
	int length = snprintf(digits, sizeof(digits), "%lld", (long long)meta->seq);
	memcpy(scratch->sequence, digits, (size_t)length);
	uuid_format(&meta->event_id, scratch->id);
	clock_format(meta->recorded_at, scratch->time);
	out[n++] = (struct journal_header){"ce_specversion", SLICE("1.0")};
	out[n++] = (struct journal_header){"ce_id", slice_of(scratch->id, UUID_TEXT)};
	out[n++] =
	        (struct journal_header){"ce_source", join(scratch->source, sizeof(scratch->source),
	                                                  "/nexusflow/t/", meta->tenant)};
	out[n++] = (struct journal_header){"ce_type",
	                                   join(scratch->type, sizeof(scratch->type), TYPE_PREFIX,
	                                        slice_str(event_type_name(event->type)))};
	out[n++] = (struct journal_header){
	        "ce_subject", subject(event, scratch->subject, sizeof(scratch->subject))};
	out[n++] = (struct journal_header){"ce_time", slice_of(scratch->time, CLOCK_TEXT)};
	out[n++] =
	        (struct journal_header){"ce_sequence", slice_of(scratch->sequence, (size_t)length)};
	out[n++] = (struct journal_header){"content-type", SLICE("application/avro")};
	if (traceparent.n)
		out[n++] = (struct journal_header){"traceparent", traceparent};
	return n;
}

/* Its bytes. */
static size_t put_data(const struct event *event, struct json_out *out)
{
	json_out_key(out, "data");
	size_t start = out->to->n;
	json_out_object(out);
	json_out_key(out, "meta");
	event_meta_json(event, out);
	record_json_fields(&event_records[event->type], event, 1, true, out);
	json_out_object_end(out);
	return out->to->n - start;
}

size_t event_cloudevent_json(const struct event *event, struct buf *to)
{
	/* In CloudEvents' JSON the attributes are what the headers are, without "ce_". */
	struct header_text scratch;
	struct journal_header headers[EVENT_HEADERS_MAX];
	struct json_out out;
	unsigned n = event_headers(event, slice_of(NULL, 0), &scratch, headers);
	json_out_init(&out, to);
	json_out_object(&out);
	for (unsigned i = 0; i < n; i++)
		if (strncmp(headers[i].name, "ce_", 3) == 0)
			json_out_member_string(&out, headers[i].name + 3, headers[i].value);
	json_out_member_str(&out, "datacontenttype", "application/json");
	size_t data_n = put_data(event, &out);
	json_out_object_end(&out);
	return data_n;
}
