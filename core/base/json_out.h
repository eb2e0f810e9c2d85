/* Streaming JSON writer into a buf: commas, escapes and nesting are its business. Strings must be
 * UTF-8 (invalid bytes are written as U+FFFD). Depth is limited to JSON_OUT_DEPTH. Tested
 * against jansson. */
#ifndef CORE_BASE_JSON_OUT_H
#define CORE_BASE_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/uuid.h"

#define JSON_OUT_DEPTH 32

struct json_out {
	struct buf *to; /* borrowed; text is appended */
	uint32_t depth;
	uint64_t has_items; /* bit d: the container at depth d already holds an item */
	bool after_key;
};

void json_out_init(struct json_out *out, struct buf *to);
void json_out_object(struct json_out *out);
void json_out_object_end(struct json_out *out);
void json_out_array(struct json_out *out);
void json_out_array_end(struct json_out *out);
/* A member's name; a value must follow. @key is written as it is: program text, never input. */
void json_out_key(struct json_out *out, const char *key);
void json_out_string(struct json_out *out, struct slice value);
void json_out_str(struct json_out *out, const char *value);
void json_out_int(struct json_out *out, int64_t value);
void json_out_bool(struct json_out *out, bool value);
void json_out_null(struct json_out *out);
void json_out_double(struct json_out *out, double value); /* shortest form that reads back equal */
void json_out_uuid(struct json_out *out, const struct uuid *value);
void json_out_time(struct json_out *out, int64_t ms); /* RFC 3339 string */
void json_out_base64(struct json_out *out, struct slice bytes);
/* @json is already valid JSON: copied as the next value. */
void json_out_raw(struct json_out *out, struct slice json);
/* An object key that came from data: escaped. */
void json_out_key_slice(struct json_out *out, struct slice key);

/* key + value in one call. */
void json_out_member_string(struct json_out *out, const char *key, struct slice value);
void json_out_member_str(struct json_out *out, const char *key, const char *value);
void json_out_member_int(struct json_out *out, const char *key, int64_t value);
void json_out_member_bool(struct json_out *out, const char *key, bool value);
void json_out_member_uuid(struct json_out *out, const char *key, const struct uuid *value);
void json_out_member_time(struct json_out *out, const char *key, int64_t ms);

#endif
