/* Events and control records to and from the bytes of a journal record.
 *
 * A value is a Confluent frame: 0x00, schema id (4 bytes, big endian), Avro binary. Records of a
 * current schema go through generated code; those of an older version are read with the schema
 * that wrote them and then projected by field name (resolve.h). All functions are pure in their
 * arguments; any thread. */
#ifndef CORE_CODEC_EVENT_CODEC_H
#define CORE_CODEC_EVENT_CODEC_H

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/json_out.h"
#include "core/base/status.h"
#include "generated/event.h"

#define EVENT_BYTES_MAX (512 * 1024) /* of one value; longer ones are malformed */

enum record_kind {
	RECORD_EVENT,
	RECORD_CONTROL,
	RECORD_FOREIGN,        /* not in our frame: somebody else's record */
	RECORD_UNKNOWN_SCHEMA, /* our frame, an id that we do not know: a newer version wrote it */
};

/* What @value is, by its frame alone. *@schema_id is set unless it is foreign; may be NULL. */
enum record_kind record_classify(struct slice value, uint32_t *schema_id);

/* The type of event that a schema id stands for; false if it is none of an event. */
bool event_type_of_schema(uint32_t schema_id, enum event_type *type);
/* The id that event_encode writes for @type. */
uint32_t event_schema_id(enum event_type type);

/* Append frame and body of @event. Strings must be UTF-8 and enums in range: our own data. */
void event_encode(const struct event *event, struct buf *out);

/* Read a whole value. Strings in *@out borrow from @value, arrays from @arena (and, in a record of
 * an older version, strings from @arena or from static defaults). MALFORMED names record, field
 * and byte offset, and is also the answer to a value that does not fit the arena; FOREIGN and
 * UNKNOWN_SCHEMA as in record_classify, FOREIGN also for a control record. *@out is undefined
 * after a failure. */
enum status event_decode(struct slice value, struct arena *arena, struct event *out,
                         struct error *err);

void control_encode(const struct control *control, struct buf *out);
enum status control_decode(struct slice value, struct arena *arena, struct control *out,
                           struct error *err);

/* The fields of the event as an object, without meta. Absent optional fields are null. */
void event_body_json(const struct event *event, struct json_out *out);
void event_meta_json(const struct event *event, struct json_out *out);
void control_json(const struct control *control, struct json_out *out);

#endif
