/* The inside of a fold, shared by fold.c (reading, transactions), fold_stopped.c (tenants that
 * stand still, and how they go on) and fold_copy.c (going on in a copy of the journal). */
#ifndef PROJECTIONS_FOLD_INSIDE_H
#define PROJECTIONS_FOLD_INSIDE_H

#include "core/base/arena.h"
#include "core/codec/record_read.h"
#include "projections/fold.h"

struct failing { /* an event that this fold has found the view cannot apply */
	struct tenant_entry *tenant;
	uint64_t seq;
	struct view_place place;
	struct uuid event_id;
	char reason[256];
};

struct fold {
	struct fold_options options;
	struct view *view;
	const struct view_type *type;
	struct journal_reader *reader;
	const struct journal_identity *identity;
	struct view_position stored;    /* as the view has it: expected at the next commit */
	struct view_position committed; /* stored, or further over holes and control records */
	struct view_position next;      /* what the open transaction will commit */
	bool in_command[JOURNAL_PARTITIONS_MAX];
	bool stop_at_end[JOURNAL_PARTITIONS_MAX]; /* records at or above the end were dropped */
	int64_t applied_at[JOURNAL_PARTITIONS_MAX], applied_at_open[JOURNAL_PARTITIONS_MAX];
	const int64_t *ends; /* of fold_run, else NULL */
	bool by_seq;         /* the position is of an ancestor: applied events come again */
	bool marked[JOURNAL_PARTITIONS_MAX]; /* by seq: behind what was copied */
	uint32_t unmarked;                   /* by seq: how many are not */
	bool open;                           /* a transaction is */
	bool again;   /* an event was found failing: roll back and read again */
	bool careful; /* up to the next commit, store what each event comes to before the next one
	               */
	struct tenant_table tenants;
	struct failing *failing;
	uint32_t failing_n;
	struct fold_counts counts, counts_open;
	struct arena arena;
	struct journal_entry entries[FOLD_POLL_MAX];
};

/* --- fold.c --- */

enum status fold_begin(struct fold *fold, struct error *err);
enum status fold_commit(struct fold *fold, struct error *err);
void fold_roll_back(struct fold *fold);
/* The next record of @tenant, in order: an event, or one of a newer version. */
enum status fold_take_next(struct fold *fold, struct tenant_entry *tenant,
                           const struct record_read *read, const struct journal_entry *entry,
                           struct error *err);

/* An event, or one of a newer version that tells whose it is. */
enum status fold_take_event(struct fold *fold, const struct journal_entry *entry,
                            const struct record_read *read, struct error *err);

/* --- fold_stopped.c --- */

/* What the store says; called when the fold opens. */
enum status fold_load_stopped(struct fold *fold, struct error *err);
/* Try every stopped tenant once more: this program may be able to apply what another was not. */
enum status fold_retry_stopped(struct fold *fold, struct error *err);
/* NULL: it was not tried, or it went well. */
const struct failing *fold_find_failing(const struct fold *fold, const struct tenant_entry *tenant,
                                        uint64_t seq);
/* Note that it fails with @why, and ask for a roll back. */
void fold_note_failing(struct fold *fold, struct tenant_entry *tenant,
                       const struct record_read *read, const struct journal_entry *entry,
                       const struct error *why);
/* Let @tenant stand before it, in the open transaction. */
enum status fold_stop_tenant(struct fold *fold, const struct failing *failing, struct error *err);
/* By seq: the places of an ancestor's journal mean nothing here. But all of its events come again,
 * and with them the one that made the tenant stand. Leaves a transaction open. */
enum status fold_forget_stopped(struct fold *fold, struct error *err);
/* Does this operator's decision let @tenant go on in this view? */
bool fold_is_skip(const struct fold *fold, const struct tenant_entry *tenant,
                  const struct record_read *read);
/* It does, up to and with the decision itself, which is @entry. */
enum status fold_honour_skip(struct fold *fold, struct tenant_entry *tenant,
                             const struct record_read *read, const struct journal_entry *entry,
                             struct error *err);
/* After a commit, before the table of tenants forgets what moved. */
void fold_tell_stopped(struct fold *fold);

/* --- fold_copy.c --- */

/* At the beginning of the log. */
void fold_start_over(struct fold *fold);
/* By seq: the mark of journal_finish_copy in @partition. */
enum status fold_pass_mark(struct fold *fold, uint32_t partition, struct error *err);
/* By seq: the next event of @tenant in the log. False: it is to be applied; else *@status. */
bool fold_has_applied(struct fold *fold, struct tenant_entry *tenant, uint64_t seq,
                      uint32_t partition, enum status *status, struct error *err);

#endif
