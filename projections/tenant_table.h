/* Tenants by name in memory, each with the seq that a fold has reached. Entries stay where they
 * are until the table is released. One thread. */
#ifndef PROJECTIONS_TENANT_TABLE_H
#define PROJECTIONS_TENANT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"

struct tenant_entry {
	struct slice name;  /* owned by the table */
	uint32_t index;     /* in order of appearance */
	uint64_t seq;       /* reached, committed or not */
	uint64_t committed; /* in the store */
	uint64_t met;       /* in the log so far, by a fold that goes on by seq */
	bool dirty;         /* seq or stop differs from what is in the store */
	struct tenant_stop {
		uint64_t seq;   /* not applied: this one and everything behind it; 0: goes on */
		int64_t offset; /* of that event; -1: not known */
	} stop, stop_committed;
};

struct tenant_table { /* all zero is an empty one */
	struct tenant_entry **slots;
	struct tenant_entry **entries; /* in order of appearance */
	struct tenant_entry **dirty;
	uint32_t cap, n, dirty_n;
};

void tenant_table_release(struct tenant_table *table);
/* NULL if it is not there. */
struct tenant_entry *tenant_table_find(const struct tenant_table *table, struct slice tenant);
/* Find or add; *@added (may be NULL) tells. */
struct tenant_entry *tenant_table_get(struct tenant_table *table, struct slice tenant, bool *added);
void tenant_table_move(struct tenant_table *table, struct tenant_entry *entry, uint64_t seq);
/* @seq 0: it goes on. */
void tenant_table_stop(struct tenant_table *table, struct tenant_entry *entry, uint64_t seq,
                       int64_t offset);
/* What was moved since the last one of these is in the store, or is not. */
void tenant_table_commit(struct tenant_table *table);
void tenant_table_rollback(struct tenant_table *table);

#endif
