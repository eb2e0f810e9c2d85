/* The schemas that schemas_check has parsed, for the resolver. Inside of the codec only. */
#ifndef CORE_CODEC_SCHEMA_PARSED_H
#define CORE_CODEC_SCHEMA_PARSED_H

#include <stdint.h>

struct avro_obj_t; /* avro_schema_t points to it */

/* NULL before schemas_check, or if there is no such id. Borrowed for ever. */
struct avro_obj_t *schema_parsed(uint32_t id);

#endif
