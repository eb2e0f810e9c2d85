/* The inside of the write-side state, shared by write_state.c (tables, transactions) and
 * write_state_fold.c (reading the journal). */
#ifndef COMMAND_API_WRITE_STATE_INSIDE_H
#define COMMAND_API_WRITE_STATE_INSIDE_H

#include "command-api/write_state.h"
#include "core/store/kv.h"

enum table { ROWS, TENANTS, COMMANDS, IDENTITIES, FOLD, PROFILES };

struct rows {
	struct tenant_state face; /* first: the domain sees this */
	struct write_state *state;
	struct slice tenant;
};

struct write_state {
	struct kv *kv;
	struct kv_txn *txn;
	struct profile_keys *keys; /* borrowed */
	struct uuid journal_id;
	uint32_t partition;
	int64_t tail;      /* where the reader goes on, having seen all below; -1: assign it anew */
	struct fold *fold; /* NULL until it reads */
	bool told;         /* of the tenants that are stopped */
	bool has_claim;
	struct write_claim claim; /* the newest that was read; stored as "claim" of fold */
	struct rows rows;
	char tenant[64];    /* that rows.tenant borrows */
	struct buf pending; /* packed events of the command being applied */
	uint64_t pending_first_seq;
	struct uuid pending_created;
	struct aggregate_ref pending_aggregate;
	struct buf profile;
	struct job_event *events; /* unpacked for write_state_command */
	uint32_t events_cap;
};

void write_state_fold_free(struct fold *fold); /* NULL is fine */

/* All within a transaction. */
bool write_state_read_position(struct write_state *state, struct uuid *journal_id, int64_t *offset);
void write_state_clear(struct write_state *state);
/* Never decide on a state that misses an event: the tenant waits for a program that can read it. */
void write_state_stop_tenant(struct write_state *state, const struct record_read *read,
                             const struct journal_entry *entry);
/* Every stopped tenant, as stored. */
void write_state_tell_stopped(struct write_state *state, struct trouble *trouble);
/* write_state_commit of what was read rather than appended. */
enum status write_state_commit_read(struct write_state *state, int64_t next_offset,
                                    struct error *err);

#endif
