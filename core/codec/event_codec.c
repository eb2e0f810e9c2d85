#include "core/codec/event_codec.h"

#include "core/codec/record_json.h"
#include "core/codec/resolve.h"
#include "core/codec/schema_parsed.h"
#include "core/codec/schema_table.h"
#include "generated/record_codec.h"

#define FRAME_BYTES 5 /* 0x00, schema id */

static void put_frame(uint32_t schema_id, struct buf *out)
{
	char *to = wire_room(out, FRAME_BYTES);
	to[0] = 0;
	put_u32(to + 1, schema_id);
	out->n += FRAME_BYTES;
}

enum record_kind record_classify(struct slice value, uint32_t *schema_id)
{
	if (value.n < FRAME_BYTES || value.data[0] != 0)
		return RECORD_FOREIGN;
	uint32_t id = get_u32(value.data + 1);
	if (schema_id)
		*schema_id = id;
	const struct schema_entry *entry = schema_entry_by_id(id);
	if (!entry)
		return RECORD_UNKNOWN_SCHEMA;
	return entry->control ? RECORD_CONTROL : RECORD_EVENT;
}

bool event_type_of_schema(uint32_t schema_id, enum event_type *type)
{
	const struct schema_entry *entry = schema_entry_by_id(schema_id);
	if (!entry || entry->control)
		return false;
	*type = (enum event_type)entry->type;
	return true;
}

uint32_t event_schema_id(enum event_type type)
{
	return event_schema_ids[type];
}

void event_encode(const struct event *event, struct buf *out)
{
	put_frame(event_schema_ids[event->type], out);
	event_write(event, out);
}

void control_encode(const struct control *control, struct buf *out)
{
	put_frame(control_schema_ids[control->type], out);
	control_write(control, out);
}

/* The schema of @value if it is of kind @wanted. */
static enum status open_frame(struct slice value, enum record_kind wanted,
                              const struct schema_entry **entry, struct error *err)
{
	uint32_t id = 0;
	enum record_kind kind = record_classify(value, &id);
	if (kind == RECORD_UNKNOWN_SCHEMA)
		return error_set(err, STATUS_UNKNOWN_SCHEMA,
		                 "schema id %u: written by a newer version, upgrade", id);
	if (kind != wanted)
		return error_set(err, STATUS_FOREIGN, "not a record of ours");
	*entry = schema_entry_by_id(id);
	if (value.n > EVENT_BYTES_MAX)
		return error_set(err, STATUS_MALFORMED, "%s: %zu bytes, the limit is %d",
		                 (*entry)->name, value.n, EVENT_BYTES_MAX);
	return STATUS_OK;
}

static enum status fault(const struct wire_in *in, const struct schema_entry *entry,
                         struct error *err)
{
	return error_set(err, STATUS_MALFORMED, "%s version %u: %s%s%s at byte %zu", entry->name,
	                 entry->version, in->field ? in->field : "", in->field ? ": " : "",
	                 in->problem, (size_t)(in->at - in->start));
}

enum status event_decode(struct slice value, struct arena *arena, struct event *out,
                         struct error *err)
{
	const struct schema_entry *entry;
	struct wire_in in;
	enum status status = open_frame(value, RECORD_EVENT, &entry, err);
	if (status)
		return status;
	wire_init(&in, value, arena);
	in.at += FRAME_BYTES;
	enum event_type type = (enum event_type)entry->type;
	bool done;
	if (entry->current) {
		done = event_read(&in, type, out);
	} else {
		memset(out, 0, sizeof(*out));
		out->type = type;
		done = record_resolve(&in, schema_parsed(entry->id), &event_records[type], out);
	}
	return done && wire_end(&in) ? STATUS_OK : fault(&in, entry, err);
}

enum status control_decode(struct slice value, struct arena *arena, struct control *out,
                           struct error *err)
{
	const struct schema_entry *entry;
	struct wire_in in;
	enum status status = open_frame(value, RECORD_CONTROL, &entry, err);
	if (status)
		return status;
	wire_init(&in, value, arena);
	in.at += FRAME_BYTES;
	enum control_type type = (enum control_type)entry->type;
	bool done;
	if (entry->current) {
		done = control_read(&in, type, out);
	} else {
		memset(out, 0, sizeof(*out));
		out->type = type;
		done = record_resolve(&in, schema_parsed(entry->id), &control_records[type], out);
	}
	return done && wire_end(&in) ? STATUS_OK : fault(&in, entry, err);
}

void event_body_json(const struct event *event, struct json_out *out)
{
	json_out_object(out);
	record_json_fields(&event_records[event->type], event, 1, true, out);
	json_out_object_end(out);
}

void event_meta_json(const struct event *event, struct json_out *out)
{
	json_out_object(out);
	record_json_fields(event_records[0].fields[0].record, &event->meta, 0, true, out);
	json_out_object_end(out);
}

void control_json(const struct control *control, struct json_out *out)
{
	json_out_object(out);
	record_json_fields(&control_records[control->type], control, 0, true, out);
	json_out_object_end(out);
}
