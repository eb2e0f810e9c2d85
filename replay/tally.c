#include "replay/tally.h"

#include <stdlib.h>

#include "core/codec/record_read.h"
#include "core/codec/schema_table.h"

/* An array takes at most 16 bytes of memory for each byte of its record. */
#define ARENA_BYTES (16 * EVENT_BYTES_MAX + 4096)
#define FRAME_BYTES 5 /* 0x00 and the schema id */

void tally_init(struct tally *tally)
{
	*tally = (struct tally){.sha = sha256_new()};
	arena_init(&tally->arena, mem_new(ARENA_BYTES), ARENA_BYTES);
	tally->fingerprints = mem_new(schema_entries_n * sizeof *tally->fingerprints);
	for (uint32_t i = 0; i < schema_entries_n; i++) {
		sha256_add(tally->sha, slice_str(schema_entries[i].text));
		sha256_take(tally->sha, tally->fingerprints[i]);
	}
}

void tally_release(struct tally *tally)
{
	tenant_table_release(&tally->names);
	free(tally->tenants);
	free(tally->fingerprints);
	free(tally->arena.block);
	sha256_free(tally->sha);
}

uint32_t tally_tenants(const struct tally *tally)
{
	return tally->names.n;
}

static struct tally_tenant *find(struct tally *tally, struct slice name)
{
	bool added;
	struct tenant_entry *entry = tenant_table_get(&tally->names, name, &added);
	if (entry->index >= tally->tenants_cap) {
		tally->tenants_cap = tally->tenants_cap ? 2 * tally->tenants_cap : 64;
		tally->tenants =
		        mem_grow(tally->tenants, tally->tenants_cap * sizeof *tally->tenants);
	}
	struct tally_tenant *tenant = &tally->tenants[entry->index];
	if (added)
		*tenant = (struct tally_tenant){.name = entry->name};
	return tenant;
}

static void add_part(struct sha256 *sha, struct slice part)
{
	sha256_add_u64(sha, part.n);
	sha256_add(sha, part);
}

static void add_event(struct tally *tally, struct tally_sum *sum, const struct journal_entry *entry,
                      uint32_t schema_id)
{
	const struct schema_entry *schema = schema_entry_by_id(schema_id);
	sha256_add(tally->sha, slice_of(sum->digest, sizeof sum->digest));
	add_part(tally->sha, slice_str(schema->name));
	add_part(tally->sha, slice_of(tally->fingerprints[schema_id - 1], SHA256_BYTES));
	add_part(tally->sha, entry->headers);
	add_part(tally->sha,
	         slice_of(entry->value.data + FRAME_BYTES, entry->value.n - FRAME_BYTES));
	sha256_take(tally->sha, sum->digest);
}

static void take_event(struct tally *tally, enum tally_side side, const struct journal_entry *entry,
                       const struct record_read *read, struct tally_event *out)
{
	const struct event_meta *meta = &read->event.meta;
	struct tally_tenant *tenant = find(tally, meta->tenant);
	struct tally_sum *sum = &tenant->sums[side];
	enum foreign_reason reason;
	if (!record_in_order(sum->seq, meta->seq, &reason)) {
		tally->foreign[side]++;
		return;
	}
	add_event(tally, sum, entry, read->schema_id);
	sum->seq++;
	tally->events[side]++;
	*out = (struct tally_event){.tenant = tenant,
	                            .seq = sum->seq,
	                            .begins = meta->index == 0,
	                            .ends = meta->index + 1 >= meta->count};
}

enum status tally_take(struct tally *tally, enum tally_side side, const struct journal_entry *entry,
                       struct tally_event *out, struct error *err)
{
	struct record_read read;
	*out = (struct tally_event){.tenant = NULL};
	arena_clear(&tally->arena);
	record_read(entry->key, entry->value, &tally->arena, &read);
	switch (read.kind) {
	case RECORD_EVENT:
		take_event(tally, side, entry, &read, out);
		break;
	case RECORD_CONTROL:
		tally->control[side]++;
		break;
	case RECORD_FOREIGN:
		tally->foreign[side]++;
		break;
	case RECORD_UNKNOWN_SCHEMA: /* nobody can tell where its command ends */
		return error_set(err, STATUS_UNKNOWN_SCHEMA,
		                 "partition %u offset %lld: schema %u: written by a newer version, "
		                 "upgrade",
		                 entry->partition, (long long)entry->offset, read.schema_id);
	}
	return STATUS_OK;
}
