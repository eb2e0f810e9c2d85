/* Every schema that was ever published, compiled in: what the registry endpoints serve. */
#ifndef CORE_CODEC_SCHEMA_TABLE_H
#define CORE_CODEC_SCHEMA_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"

struct schema_entry {
	uint32_t id;
	const char *name; /* nexusflow.events.IssueCreated */
	uint32_t version; /* 1, 2, 3 within the name */
	const char *text; /* self-contained Avro JSON, one line */
	bool current;     /* what this program writes */
	bool control;     /* of a control record, not of an event */
	uint32_t type;    /* enum event_type or enum control_type */
};

/* By id, from 1 without gaps: schema_entries[id - 1]. */
extern const struct schema_entry schema_entries[];
extern const uint32_t schema_entries_n;

/* NULL if there is none of that id. */
const struct schema_entry *schema_entry_by_id(uint32_t id);

/* Parse every schema with avro-c, once, at the start of the process; CORRUPT names the schema that
 * it refuses. Records of older versions are decoded with what this parsed. Not thread-safe, later
 * calls do nothing. */
enum status schemas_check(struct error *err);

#endif
