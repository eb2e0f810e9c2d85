/* Records of an older version: read with the schema that wrote them, stored by field name into the
 * struct of today. Fields that today's schema has not are skipped, fields that the writer had not
 * take the default, int widens to long and double, T and ["null", T] convert where the value
 * allows it, an enum goes by symbol and is "unknown" if it has the symbol no more.
 *
 * avro-c parses the schema; the bytes are read by wire.h: avro-c 1.11.1 resolves enums by index,
 * has no defaults, accepts indexes out of range, and allocates what a length claims. */
#ifndef CORE_CODEC_RESOLVE_H
#define CORE_CODEC_RESOLVE_H

#include "core/codec/descriptor.h"
#include "core/codec/wire.h"

struct avro_obj_t; /* avro_schema_t points to it; avro.h stays in the .c files */

#define RESOLVE_DEPTH_MAX 32

/* Read one record. @writer: a parsed record schema; @out: zeroed by the caller, what the offsets of
 * @reader count from. False: @in says where and why. The end of the input is not checked. */
bool record_resolve(struct wire_in *in, struct avro_obj_t *writer, const struct record_desc *reader,
                    void *out);

#endif
