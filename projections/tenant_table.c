#include "projections/tenant_table.h"

#include <stdlib.h>

#define CAP_MIN 64

static uint64_t hash(struct slice name)
{
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a */
	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (uint8_t)name.data[i]) * 0x100000001b3;
	return h;
}

static uint32_t place(const struct tenant_table *table, struct slice name)
{
	uint32_t i = (uint32_t)hash(name) & (table->cap - 1);
	while (table->slots[i] && !slice_equal(table->slots[i]->name, name))
		i = (i + 1) & (table->cap - 1);
	return i;
}

static void grow(struct tenant_table *table)
{
	uint32_t cap = table->cap ? table->cap * 2 : CAP_MIN;
	free(table->slots);
	table->slots = mem_new(cap * sizeof *table->slots);
	table->entries = mem_grow(table->entries, cap * sizeof *table->entries);
	table->dirty = mem_grow(table->dirty, cap * sizeof *table->dirty);
	table->cap = cap;
	for (uint32_t i = 0; i < table->n; i++)
		table->slots[place(table, table->entries[i]->name)] = table->entries[i];
}

void tenant_table_release(struct tenant_table *table)
{
	for (uint32_t i = 0; i < table->n; i++)
		free(table->entries[i]);
	free(table->slots);
	free(table->entries);
	free(table->dirty);
	*table = (struct tenant_table){0};
}

struct tenant_entry *tenant_table_find(const struct tenant_table *table, struct slice tenant)
{
	return table->cap ? table->slots[place(table, tenant)] : NULL;
}

struct tenant_entry *tenant_table_get(struct tenant_table *table, struct slice tenant, bool *added)
{
	struct tenant_entry *entry = tenant_table_find(table, tenant);
	if (added)
		*added = !entry;
	if (entry)
		return entry;
	if (table->n >= table->cap / 2)
		grow(table);
	entry = mem_new(sizeof *entry + tenant.n);
	char *name = (char *)(entry + 1);
	memcpy(name, tenant.data, tenant.n);
	entry->name = slice_of(name, tenant.n);
	entry->index = table->n;
	table->slots[place(table, tenant)] = entry;
	table->entries[table->n++] = entry;
	return entry;
}

static void touch(struct tenant_table *table, struct tenant_entry *entry)
{
	if (entry->dirty)
		return;
	entry->dirty = true;
	table->dirty[table->dirty_n++] = entry;
}

void tenant_table_move(struct tenant_table *table, struct tenant_entry *entry, uint64_t seq)
{
	entry->seq = seq;
	touch(table, entry);
}

void tenant_table_stop(struct tenant_table *table, struct tenant_entry *entry, uint64_t seq,
                       int64_t offset)
{
	entry->stop = (struct tenant_stop){seq, offset};
	touch(table, entry);
}

void tenant_table_commit(struct tenant_table *table)
{
	for (uint32_t i = 0; i < table->dirty_n; i++) {
		table->dirty[i]->committed = table->dirty[i]->seq;
		table->dirty[i]->stop_committed = table->dirty[i]->stop;
		table->dirty[i]->dirty = false;
	}
	table->dirty_n = 0;
}

void tenant_table_rollback(struct tenant_table *table)
{
	for (uint32_t i = 0; i < table->dirty_n; i++) {
		table->dirty[i]->seq = table->dirty[i]->committed;
		table->dirty[i]->stop = table->dirty[i]->stop_committed;
		table->dirty[i]->dirty = false;
	}
	table->dirty_n = 0;
}
