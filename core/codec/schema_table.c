#include "core/codec/schema_table.h"

#include <avro.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bytes.h"
#include "core/codec/schema_parsed.h"

/* Parsed schemas, by id - 1: made once and kept until the process ends. */
static avro_schema_t *parsed;

const struct schema_entry *schema_entry_by_id(uint32_t id)
{
	return id >= 1 && id <= schema_entries_n ? &schema_entries[id - 1] : NULL;
}

struct avro_obj_t *schema_parsed(uint32_t id)
{
	return parsed && id >= 1 && id <= schema_entries_n ? parsed[id - 1] : NULL;
}

enum status schemas_check(struct error *err)
{
	if (parsed)
		return STATUS_OK;
	avro_schema_t *all = mem_new(schema_entries_n * sizeof(*all));
	for (uint32_t i = 0; i < schema_entries_n; i++) {
		const struct schema_entry *entry = &schema_entries[i];
		if (avro_schema_from_json_length(entry->text, strlen(entry->text), &all[i]) == 0)
			continue;
		error_set(err, STATUS_CORRUPT, "schema %u, %s version %u: %s", entry->id,
		          entry->name, entry->version, avro_strerror());
		while (i > 0)
			avro_schema_decref(all[--i]);
		free(all);
		return STATUS_CORRUPT;
	}
	parsed = all;
	return STATUS_OK;
}
