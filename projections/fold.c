/* A command's events follow one another in one partition and become visible together, but a poll
 * may end between them: the transaction then stays open until the rest is there. */
#include "projections/fold.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "projections/fold_inside.h"

/* An array takes at most 16 bytes of memory for each byte of its record. */
#define ARENA_BYTES (16 * EVENT_BYTES_MAX + 4096)

/* --- open --- */

static enum status refuse(const struct fold *fold, struct error *err)
{
	char there[UUID_TEXT], here[UUID_TEXT];
	uuid_format(&fold->stored.journal_id, there);
	uuid_format(&fold->identity->id, here);
	return error_set(err, STATUS_CONFLICT,
	                 "its position belongs to journal %.*s, which journal %.*s is no copy of: "
	                 "rebuild the view or bring that journal back",
	                 UUID_TEXT, there, UUID_TEXT, here);
}

static enum status find_start(struct fold *fold, struct error *err)
{
	enum status status = fold->type->position(fold->view, &fold->stored, err);
	if (status)
		return status;
	const struct view_position *stored = &fold->stored;
	if (stored->partitions == 0) {
		fold_start_over(fold);
		return STATUS_OK;
	}
	if (uuid_equal(&stored->journal_id, &fold->identity->id)) {
		fold->committed = *stored;
		return stored->partitions == fold->identity->partitions
		               ? STATUS_OK
		               : error_set(err, STATUS_CORRUPT, "a position of %u partitions",
		                           stored->partitions);
	}
	if (!journal_descends(fold->identity, &stored->journal_id))
		return refuse(fold, err);
	fold_start_over(fold);
	if (!fold->type->journal_bound) {
		fold->by_seq = true;
		return STATUS_OK;
	}
	fold->stored = (struct view_position){.partitions = 0};
	return fold->type->reset(fold->view, err);
}

static enum status rewind_reader(struct fold *fold, struct error *err)
{
	fold->next = fold->committed;
	for (uint32_t i = 0; i < fold->next.partitions; i++) {
		if (journal_reader_assign(fold->reader, i, fold->next.next_offset[i], err))
			return error_wrap(err, "partition %u", i);
		fold->in_command[i] = false;
		fold->stop_at_end[i] = false;
	}
	return STATUS_OK;
}

static enum status load_seq(struct fold *fold, struct tenant_entry *tenant, struct error *err)
{
	uint64_t seq = 0;
	enum status status = fold->type->tenant_seq(fold->view, tenant->name, &seq, err);
	if (!status)
		tenant->seq = tenant->committed = seq;
	return status;
}

enum status fold_open(const struct fold_options *options, struct fold **out, struct error *err)
{
	struct error own;
	struct fold *fold = mem_new(sizeof *fold);
	fold->options = *options;
	if (!options->poll_max || options->poll_max > FOLD_POLL_MAX)
		fold->options.poll_max = FOLD_POLL_MAX;
	fold->view = options->view;
	fold->type = options->type;
	fold->identity = journal_identity(options->journal);
	arena_init(&fold->arena, mem_new(ARENA_BYTES), ARENA_BYTES);
	err = err ? err : &own;
	enum status status = find_start(fold, err);
	fold->next = fold->committed;
	if (!status)
		status = fold_load_stopped(fold, err);
	if (!status && options->retry_stopped)
		status = fold_retry_stopped(fold, err);
	if (!status)
		status = journal_reader_open(options->journal, &fold->reader, err);
	if (!status) {
		journal_reader_omit_headers(fold->reader);
		status = rewind_reader(fold, err);
	}
	if (status) {
		fold_close(fold);
		return error_wrap(err, "view %s", options->type->name);
	}
	*out = fold;
	return STATUS_OK;
}

void fold_close(struct fold *fold)
{
	if (!fold)
		return;
	if (fold->open)
		fold->type->rollback(fold->view);
	if (fold->reader)
		journal_reader_close(fold->reader);
	tenant_table_release(&fold->tenants);
	free(fold->failing);
	free(fold->arena.block);
	free(fold);
}

/* --- one record --- */

static enum status foreign(struct fold *fold, const struct journal_entry *entry,
                           enum foreign_reason reason)
{
	fold->counts_open.foreign++;
	if (fold->options.trouble)
		trouble_foreign(fold->options.trouble, reason, entry, slice_of(NULL, 0), 0, 0);
	return STATUS_OK;
}

static enum status out_of_order(struct fold *fold, const struct journal_entry *entry,
                                enum foreign_reason reason, const struct tenant_entry *tenant,
                                int64_t seq)
{
	fold->counts_open.foreign++;
	if (fold->options.trouble)
		trouble_foreign(fold->options.trouble, reason, entry, tenant->name, tenant->seq,
		                (uint64_t)seq);
	return STATUS_OK;
}

enum status fold_begin(struct fold *fold, struct error *err)
{
	if (fold->open)
		return STATUS_OK;
	enum status status = fold->type->begin(fold->view, err);
	fold->open = !status;
	return status;
}

/* One of several events cannot be stored: find out which. */
static enum status read_carefully(struct fold *fold, enum status status)
{
	fold->careful = fold->again = true;
	return status;
}

static enum status apply(struct fold *fold, struct tenant_entry *tenant,
                         const struct record_read *read, const struct journal_entry *entry,
                         struct error *err)
{
	const struct event *event = &read->event;
	struct view_place place = {entry->partition, entry->offset};
	enum status status = fold_begin(fold, err);
	if (!status)
		status = fold->type->advance(fold->view, &event->meta, &place, err);
	if (status)
		return status_policy(status) == POLICY_PARK
		               ? error_set(err, STATUS_IO, "cannot advance")
		               : status;
	tenant_table_move(&fold->tenants, tenant, (uint64_t)event->meta.seq);
	fold->in_command[entry->partition] = event->meta.index + 1 < event->meta.count;
	fold->counts_open.events++;
	if (!fold->type->handled[event->type])
		return STATUS_OK;
	status = fold->type->apply(fold->view, event, err);
	if (!status && fold->careful && fold->type->flush)
		status = fold->type->flush(fold->view, err);
	if (status == STATUS_BATCH_INVALID && !fold->careful)
		return read_carefully(fold, status);
	if (status != STATUS_BATCH_INVALID && status_policy(status) != POLICY_PARK)
		return status;
	fold_note_failing(fold, tenant, read, entry, err);
	return status;
}

enum status fold_take_next(struct fold *fold, struct tenant_entry *tenant,
                           const struct record_read *read, const struct journal_entry *entry,
                           struct error *err)
{
	const struct failing *failing =
	        fold_find_failing(fold, tenant, (uint64_t)read->event.meta.seq);
	if (failing) {
		fold->in_command[entry->partition] = false;
		return fold_stop_tenant(fold, failing, err);
	}
	if (fold->options.trouble)
		trouble_in_order(fold->options.trouble, tenant->name);
	if (read->kind == RECORD_EVENT)
		return apply(fold, tenant, read, entry, err);
	struct error why;
	error_set(&why, STATUS_UNKNOWN_SCHEMA, "schema %u: written by a newer version, upgrade",
	          read->schema_id);
	fold_note_failing(fold, tenant, read, entry, &why);
	return STATUS_OK;
}

enum status fold_take_event(struct fold *fold, const struct journal_entry *entry,
                            const struct record_read *read, struct error *err)
{
	const struct event_meta *meta = &read->event.meta;
	enum foreign_reason reason;
	bool added;
	struct tenant_entry *tenant = tenant_table_get(&fold->tenants, meta->tenant, &added);
	enum status status = added ? load_seq(fold, tenant, err) : STATUS_OK;
	if (status)
		return status_policy(status) == POLICY_PARK
		               ? error_set(err, STATUS_IO, "cannot read a seq")
		               : status;
	if (tenant->stop.seq && meta->seq > 0 && (uint64_t)meta->seq >= tenant->stop.seq) {
		fold->in_command[entry->partition] = false;
		return fold_is_skip(fold, tenant, read)
		               ? fold_honour_skip(fold, tenant, read, entry, err)
		               : STATUS_OK;
	}
	if (!record_in_order(fold->by_seq ? tenant->met : tenant->seq, meta->seq, &reason))
		return out_of_order(fold, entry, reason, tenant, meta->seq);
	if (fold->by_seq &&
	    fold_has_applied(fold, tenant, (uint64_t)meta->seq, entry->partition, &status, err))
		return status;
	return fold_take_next(fold, tenant, read, entry, err);
}

static enum status take(struct fold *fold, const struct journal_entry *entry, struct error *err)
{
	struct record_read read;
	enum status status = STATUS_OK;
	arena_clear(&fold->arena);
	record_read(entry->key, entry->value, &fold->arena, &read);
	switch (read.kind) {
	case RECORD_CONTROL:
		if (fold->by_seq && journal_is_copy_mark(entry, &fold->identity->id))
			status = fold_pass_mark(fold, entry->partition, err);
		break;
	case RECORD_FOREIGN:
		status = foreign(fold, entry, read.foreign);
		break;
	case RECORD_UNKNOWN_SCHEMA:
		if (read.event.meta.tenant.n == 0)
			return error_set(err, STATUS_UNKNOWN_SCHEMA,
			                 "partition %u offset %lld: schema %u: written by a newer "
			                 "version, upgrade",
			                 entry->partition, (long long)entry->offset,
			                 read.schema_id);
		status = fold_take_event(fold, entry, &read, err);
		break;
	case RECORD_EVENT:
		status = fold_take_event(fold, entry, &read, err);
		break;
	}
	if (!status) {
		fold->next.next_offset[entry->partition] = entry->offset + 1;
		fold->applied_at_open[entry->partition] = entry->timestamp_ms;
	}
	return status;
}

/* --- transactions --- */

void fold_roll_back(struct fold *fold)
{
	if (fold->open)
		fold->type->rollback(fold->view);
	fold->open = false;
	tenant_table_rollback(&fold->tenants);
	fold->counts_open = fold->counts;
	memcpy(fold->applied_at_open, fold->applied_at, sizeof fold->applied_at);
}

static bool at_boundary(const struct fold *fold)
{
	for (uint32_t i = 0; i < fold->next.partitions; i++)
		if (fold->in_command[i])
			return false;
	return true;
}

static void settle(struct fold *fold)
{
	fold->committed = fold->next;
	fold->counts = fold->counts_open;
	memcpy(fold->applied_at, fold->applied_at_open, sizeof fold->applied_at);
}

enum status fold_commit(struct fold *fold, struct error *err)
{
	enum status status = fold->type->commit(fold->view, &fold->stored, &fold->next, err);
	fold->open = false;
	if (status == STATUS_BATCH_INVALID && !fold->careful)
		return read_carefully(fold, status);
	if (status)
		return status;
	fold->careful = false;
	fold->stored = fold->next;
	fold->by_seq = false;
	settle(fold);
	if (fold->options.committed)
		fold->options.committed(fold->options.context, fold->tenants.dirty,
		                        fold->tenants.dirty_n);
	fold_tell_stopped(fold);
	tenant_table_commit(&fold->tenants);
	return STATUS_OK;
}

/* Over holes behind the last record, which no entry tells of. */
static void skip_holes(struct fold *fold)
{
	for (uint32_t i = 0; i < fold->next.partitions; i++) {
		int64_t position = journal_reader_position(fold->reader, i);
		if (!fold->stop_at_end[i] && position > fold->next.next_offset[i])
			fold->next.next_offset[i] = position;
	}
}

static enum status take_all(struct fold *fold, uint32_t n, struct error *err)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct journal_entry *entry = &fold->entries[i];
		if (fold->ends && entry->offset >= fold->ends[entry->partition]) {
			fold->stop_at_end[entry->partition] = true;
			continue;
		}
		enum status status = take(fold, entry, err);
		if (status || fold->again)
			return status;
	}
	skip_holes(fold);
	return STATUS_OK;
}

static bool below_ends(const struct fold *fold, const struct view_position *position)
{
	for (uint32_t i = 0; i < position->partitions; i++)
		if (position->next_offset[i] < fold->ends[i] && !fold->stop_at_end[i])
			return true;
	return false;
}

static bool commit_is_due(const struct fold *fold, uint32_t polled)
{
	if (fold->by_seq)
		return fold->unmarked == 0;
	return polled == 0 ||
	       fold->counts_open.events - fold->counts.events >= fold->options.batch_events ||
	       (fold->ends && !below_ends(fold, &fold->next));
}

/* By seq nothing is committed yet. */
static enum status restart(struct fold *fold, struct error *err)
{
	fold_start_over(fold);
	return fold_forget_stopped(fold, err);
}

static enum status read_again(struct fold *fold, struct error *err)
{
	fold->again = false;
	fold_roll_back(fold);
	return fold->by_seq && restart(fold, err) ? err->status : rewind_reader(fold, err);
}

static enum status step(struct fold *fold, int timeout_ms, struct error *err)
{
	uint32_t n = 0;
	enum status status = journal_reader_poll(fold->reader, timeout_ms, fold->entries,
	                                         fold->options.poll_max, &n, err);
	if (!status)
		status = take_all(fold, n, err);
	if (fold->again)
		return read_again(fold, err);
	if (!status && fold->by_seq && fold->unmarked == 0)
		status = fold_begin(fold, err); /* the position is of this journal now */
	if (status || !at_boundary(fold))
		return status;
	if (!fold->open) {
		settle(fold);
		return STATUS_OK;
	}
	if (commit_is_due(fold, n))
		status = fold_commit(fold, err);
	return fold->again ? read_again(fold, err) : status;
}

enum status fold_step(struct fold *fold, int timeout_ms, struct error *err)
{
	struct error own;
	err = err ? err : &own;
	/* what the transaction holds must not wait for new records */
	bool holds = fold->open && !fold->by_seq && at_boundary(fold);
	enum status status = step(fold, holds ? 0 : timeout_ms, err);
	if (!status)
		return STATUS_OK;
	fold_roll_back(fold);
	return error_wrap(err, "view %s", fold->type->name);
}

/* --- to a given end --- */

static enum status run(struct fold *fold, const atomic_bool *stop,
                       void (*progress)(void *context, const struct fold *fold), void *context,
                       struct error *err)
{
	uint64_t events = fold->counts.events;
	while (fold->open || below_ends(fold, &fold->committed)) {
		if (stop && atomic_load(stop))
			return error_set(err, STATUS_INTERRUPTED, "view %s: stopped",
			                 fold->type->name);
		enum status status = fold_step(fold, 100, err);
		if (status)
			return status;
		if (progress && fold->counts.events != events)
			progress(context, fold);
		events = fold->counts.events;
	}
	return STATUS_OK;
}

enum status fold_run(struct fold *fold, const int64_t *ends, const atomic_bool *stop,
                     void (*progress)(void *context, const struct fold *fold), void *context,
                     struct error *err)
{
	int64_t now[JOURNAL_PARTITIONS_MAX];
	enum status status = STATUS_OK;
	for (uint32_t i = 0; !ends && i < fold->next.partitions && !status; i++)
		status = journal_end(fold->options.journal, i, &now[i], err);
	if (status)
		return status;
	fold->ends = ends ? ends : now;
	status = run(fold, stop, progress, context, err);
	fold->ends = NULL;
	if (status)
		return status;
	return rewind_reader(fold, err); /* records behind the end were read and dropped */
}

/* --- looking --- */

const struct view_position *fold_position(const struct fold *fold)
{
	return &fold->committed;
}

struct fold_counts fold_counts(const struct fold *fold)
{
	return fold->counts;
}

int64_t fold_applied_at_ms(const struct fold *fold, uint32_t partition)
{
	return fold->applied_at[partition];
}

enum status fold_tenant_seq(struct fold *fold, struct slice tenant, uint64_t *seq,
                            struct error *err)
{
	const struct tenant_entry *entry = tenant_table_find(&fold->tenants, tenant);
	if (entry) {
		*seq = entry->committed;
		return STATUS_OK;
	}
	return fold->type->tenant_seq(fold->view, tenant, seq, err);
}

void fold_wake(struct fold *fold)
{
	journal_reader_wake(fold->reader);
}
