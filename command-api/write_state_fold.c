/* Reading the journal into the write-side state: up to an end that is known (write_state_catch_up,
 * of a writer that has claimed or wants to know who did), or as it comes (write_state_follow, of a
 * standby). Both go on from the stored position; a reader that has just seen everything up to there
 * is not assigned anew, so that a takeover costs no new fetch. */
#include "command-api/write_state_inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/codec/event_codec.h"

#define ENTRIES         1024
#define COMMIT_EVENTS   4096 /* between commits */
#define DECODE_ARENA    (4 * 1024 * 1024)
#define POLL_MS         500
#define EMPTY_POLLS_MAX 8 /* within a command, whose records are all there */

struct fold {
	struct write_state *state;
	struct journal_reader *reader;
	const atomic_bool *interrupt;
	struct arena arena;
	struct trouble *trouble;
	uint32_t uncommitted;
	struct journal_entry entries[ENTRIES];
};

/* Kept by the state, because a standby reads for as long as it lives. */
static struct fold *fold_of(struct write_state *state, struct journal_reader *reader,
                            struct trouble *trouble, const atomic_bool *interrupt)
{
	struct fold *fold = state->fold;
	if (!fold) {
		fold = state->fold = mem_new(sizeof *fold);
		arena_init(&fold->arena, mem_new(DECODE_ARENA), DECODE_ARENA);
	}
	fold->state = state;
	fold->reader = reader;
	fold->trouble = trouble;
	fold->interrupt = interrupt;
	fold->uncommitted = 0;
	return fold;
}

void write_state_fold_free(struct fold *fold)
{
	if (!fold)
		return;
	free(fold->arena.block);
	free(fold);
}

/* In order, so that it is to be applied; else it is told. What comes behind the event that stopped
 * a tenant is neither. */
static bool is_next(struct fold *fold, const struct journal_entry *entry,
                    const struct event_meta *meta)
{
	struct write_tenant tenant = {0};
	enum foreign_reason foreign;
	write_state_tenant(fold->state, meta->tenant, &tenant);
	if (tenant.stopped && meta->seq > 0 && (uint64_t)meta->seq > tenant.seq)
		return false;
	if (record_in_order(tenant.seq, meta->seq, &foreign)) {
		trouble_in_order(fold->trouble, meta->tenant);
		return true;
	}
	trouble_foreign(fold->trouble, foreign, entry, meta->tenant, tenant.seq,
	                (uint64_t)meta->seq);
	return false;
}

/* Returns whether the state is at a command boundary. */
static bool take_event(struct fold *fold, const struct journal_entry *entry,
                       const struct record_read *read)
{
	const struct event *event = &read->event;
	if (!is_next(fold, entry, &event->meta))
		return fold->state->pending.n == 0;
	write_state_apply(fold->state, event);
	fold->uncommitted++;
	return event->meta.index + 1 == event->meta.count;
}

static enum status take_newer(struct fold *fold, const struct journal_entry *entry,
                              const struct record_read *read, struct error *err)
{
	bool is_known = read->event.meta.tenant.n > 0;
	if (!is_known && (entry->key.n == 0 || entry->key.n > RECORD_TENANT_MAX))
		return error_set(err, STATUS_UNKNOWN_SCHEMA,
		                 "partition %u offset %lld: schema %u: written by a newer "
		                 "version, upgrade",
		                 entry->partition, (long long)entry->offset, read->schema_id);
	/* The key alone tells whose commands must wait. */
	if (is_known && !is_next(fold, entry, &read->event.meta))
		return STATUS_OK;
	write_state_stop_tenant(fold->state, read, entry);
	write_state_tell_stopped(fold->state, fold->trouble);
	fold->uncommitted++;
	return STATUS_OK;
}

/* --- claims --- */

static void take_control(struct fold *fold, const struct journal_entry *entry)
{
	struct write_state *state = fold->state;
	struct control control;
	arena_clear(&fold->arena);
	if (control_decode(entry->value, &fold->arena, &control, NULL) ||
	    control.type != CONTROL_OWNER_CLAIMED)
		return;
	const struct owner_claimed *claimed = &control.owner_claimed;
	state->has_claim = true;
	state->claim = (struct write_claim){.owner_id = claimed->owner_id,
	                                    .claimed_at_ms = claimed->claimed_at,
	                                    .offset = entry->offset};
	snprintf(state->claim.address, sizeof state->claim.address, "%.*s", (int)claimed->address.n,
	         claimed->address.data);
	kv_put(state->txn, FOLD, SLICE("claim"), slice_of(&state->claim, sizeof state->claim));
}

bool write_state_claim(const struct write_state *state, struct write_claim *out)
{
	*out = state->claim;
	return state->has_claim;
}

/* What an earlier process of this data directory has read. */
static void load_claim(struct write_state *state)
{
	struct slice value;
	if (state->has_claim || !kv_get(state->txn, FOLD, SLICE("claim"), &value) ||
	    value.n != sizeof state->claim)
		return;
	memcpy(&state->claim, value.data, sizeof state->claim);
	state->has_claim = true;
}

/* --- reading --- */

static enum status take_entry(struct fold *fold, const struct journal_entry *entry,
                              struct error *err)
{
	bool at_boundary = fold->state->pending.n == 0;
	struct record_read read;
	arena_clear(&fold->arena);
	record_read(entry->key, entry->value, &fold->arena, &read);
	switch (read.kind) {
	case RECORD_EVENT:
		at_boundary = take_event(fold, entry, &read);
		break;
	case RECORD_CONTROL:
		take_control(fold, entry);
		break;
	case RECORD_FOREIGN:
		trouble_foreign(fold->trouble, read.foreign, entry, slice_of(NULL, 0), 0, 0);
		break;
	case RECORD_UNKNOWN_SCHEMA:
		if (take_newer(fold, entry, &read, err))
			return err->status;
		at_boundary = fold->state->pending.n == 0;
		break;
	}
	if (!at_boundary || fold->uncommitted < COMMIT_EVENTS)
		return STATUS_OK;
	fold->uncommitted = 0;
	if (write_state_commit_read(fold->state, entry->offset + 1, err))
		return err->status;
	return write_state_begin(fold->state, err);
}

static enum status read_until(struct fold *fold, int64_t end, struct error *err)
{
	uint32_t partition = fold->state->partition, n;
	while (journal_reader_position(fold->reader, partition) < end) {
		if (atomic_load(fold->interrupt))
			return error_set(err, STATUS_TIMEOUT, "interrupted");
		if (journal_reader_poll(fold->reader, POLL_MS, fold->entries, ENTRIES, &n, err))
			return err->status;
		for (uint32_t i = 0; i < n; i++)
			if (fold->entries[i].offset < end &&
			    take_entry(fold, &fold->entries[i], err))
				return err->status;
	}
	return STATUS_OK;
}

/* Where to start: the stored position, or the beginning when it is of an ancestor. */
static enum status start_offset(struct write_state *state, int64_t end, int64_t *offset,
                                struct error *err)
{
	struct uuid journal_id;
	bool known = write_state_read_position(state, &journal_id, offset) &&
	             uuid_equal(&journal_id, &state->journal_id);
	if (known && *offset > end)
		return error_set(err, STATUS_CORRUPT,
		                 "the log ends at %lld, but commands up to %lld were acknowledged",
		                 (long long)end, (long long)*offset);
	if (known) {
		load_claim(state);
		return STATUS_OK;
	}
	write_state_clear(state);
	*offset = 0;
	return STATUS_OK;
}

enum status write_state_check(struct write_state *state, struct journal_reader *reader,
                              struct error *err)
{
	struct uuid journal_id;
	int64_t offset;
	if (write_state_begin(state, err))
		return err->status;
	bool known = write_state_read_position(state, &journal_id, &offset) &&
	             uuid_equal(&journal_id, &state->journal_id);
	write_state_abort(state);
	if (!known || !journal_reader_assign(reader, state->partition, offset, err))
		return STATUS_OK;
	return error_wrap(err, "write-side state of partition %u", state->partition);
}

/* Let the reader stand where the state does, and read. */
static enum status read_on(struct fold *fold, int64_t end, struct error *err)
{
	int64_t offset = fold->state->tail;
	bool stands = offset >= 0;
	fold->state->tail = -1; /* what it gives is dropped from @end on */
	if (!stands && start_offset(fold->state, end, &offset, err))
		return err->status;
	if (offset >= end)
		return STATUS_OK;
	if (!stands && journal_reader_assign(fold->reader, fold->state->partition, offset, err))
		return err->status;
	return read_until(fold, end, err);
}

enum status write_state_catch_up(struct write_state *state, struct journal_reader *reader,
                                 int64_t end, struct trouble *trouble, const atomic_bool *interrupt,
                                 struct error *err)
{
	if (write_state_begin(state, err))
		return err->status;
	struct fold *fold = fold_of(state, reader, trouble, interrupt);
	if (!state->told)
		write_state_tell_stopped(state, trouble);
	if (read_on(fold, end, err)) {
		write_state_abort(state);
		return error_wrap(err, "fold the write-side state");
	}
	return write_state_commit_read(state, end, err);
}

/* --- following --- */

/* What one poll gave, and the rest of the command that it ended in. */
static enum status take_polled(struct fold *fold, uint32_t n, struct error *err)
{
	uint32_t empty = 0;
	for (;;) {
		for (uint32_t i = 0; i < n; i++)
			if (take_entry(fold, &fold->entries[i], err))
				return err->status;
		if (fold->state->pending.n == 0)
			return STATUS_OK;
		if (atomic_load(fold->interrupt) || empty == EMPTY_POLLS_MAX)
			return error_set(err, STATUS_TIMEOUT, "interrupted within a command");
		if (journal_reader_poll(fold->reader, POLL_MS, fold->entries, ENTRIES, &n, err))
			return err->status;
		empty = n ? 0 : empty + 1;
	}
}

static enum status assign_tail(struct fold *fold, struct error *err)
{
	struct write_state *state = fold->state;
	int64_t offset;
	if (write_state_begin(state, err))
		return err->status;
	if (start_offset(state, INT64_MAX, &offset, err) ||
	    journal_reader_assign(fold->reader, state->partition, offset, err)) {
		write_state_abort(state);
		return err->status;
	}
	if (!state->told)
		write_state_tell_stopped(state, fold->trouble);
	if (write_state_commit_read(state, offset, err))
		return err->status;
	state->tail = offset;
	return STATUS_OK;
}

static enum status follow(struct fold *fold, int timeout_ms, struct error *err)
{
	struct write_state *state = fold->state;
	uint32_t n;
	if (state->tail < 0 && assign_tail(fold, err))
		return err->status;
	if (journal_reader_poll(fold->reader, timeout_ms, fold->entries, ENTRIES, &n, err))
		return err->status;
	state->tail = -1; /* unless all of it gets applied */
	if (n > 0) {
		if (write_state_begin(state, err))
			return err->status;
		if (take_polled(fold, n, err)) {
			write_state_abort(state);
			return err->status;
		}
	}
	int64_t tail = journal_reader_position(fold->reader, state->partition);
	if (n > 0 && write_state_commit_read(state, tail, err))
		return err->status;
	state->tail = tail;
	return STATUS_OK;
}

enum status write_state_follow(struct write_state *state, struct journal_reader *reader,
                               int timeout_ms, struct trouble *trouble,
                               const atomic_bool *interrupt, int64_t *position, struct error *err)
{
	struct fold *fold = fold_of(state, reader, trouble, interrupt);
	enum status status = follow(fold, timeout_ms, err);
	*position = state->tail;
	return status ? error_wrap(err, "follow the log") : STATUS_OK;
}
