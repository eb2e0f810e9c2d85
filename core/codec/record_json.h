/* Any generated struct as JSON, by its description. */
#ifndef CORE_CODEC_RECORD_JSON_H
#define CORE_CODEC_RECORD_JSON_H

#include "core/base/json_out.h"
#include "core/codec/descriptor.h"

/* The members for the fields from number @from on, without braces. @value is what the offsets of
 * @record count from. Absent optional fields are null if @nulls, else left out. */
void record_json_fields(const struct record_desc *record, const void *value, uint32_t from,
                        bool nulls, struct json_out *out);

#endif
