/* A second opinion on the codec: random structs from their descriptions, and avro-c, which encodes
 * and decodes the same structs through its generic values. */
#ifndef TESTS_UNIT_RECORD_ORACLE_H
#define TESTS_UNIT_RECORD_ORACLE_H

#include <avro.h>

#include "core/base/arena.h"
#include "core/codec/descriptor.h"
#include "tests/unit/seed.h"

/* Fill the struct that @record describes. Fields with limits (of commands) keep them. */
void random_record(struct seed *seed, const struct record_desc *record, struct arena *arena,
                   void *out);

/* Every function below fails the test if avro-c reports an error. */
avro_schema_t oracle_schema(const char *text);
/* Append what avro-c writes for the struct. */
void oracle_encode(avro_schema_t schema, const struct record_desc *record, const void *value,
                   struct buf *out);
/* avro-c reads @body to its end and finds what the struct holds. */
void oracle_assert_reads(avro_schema_t schema, struct slice body, const struct record_desc *record,
                         const void *value);

#endif
