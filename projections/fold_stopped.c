/* Tenants that stand still in a view, and how they go on.
 *
 * An event that the view cannot apply: roll back, note (tenant, seq), read again from the committed
 * position; this time the event is answered with view->stop. So nothing half-applied is ever
 * committed, and a Postgres transaction that the failure has broken does not matter. A view that
 * gathers rows may find out later, and does not know which event they are of: then the transaction
 * is made again with each event stored before the next one is applied.
 *
 * Going on: within one transaction the events of this tenant are read again, by a reader of their
 * own, from where it stands up to where the fold is. Afterwards the view is what it would be had
 * the tenant never stood still, so the position keeps its meaning for everybody else. */
#include "projections/fold_inside.h"

#include <stdio.h>
#include <stdlib.h>

#define REREAD_POLL_MS 500

static uint32_t partition_of(const struct fold *fold, const struct tenant_entry *tenant)
{
	return journal_partition_of(tenant->name, fold->identity->partitions);
}

/* --- who stands --- */

const struct failing *fold_find_failing(const struct fold *fold, const struct tenant_entry *tenant,
                                        uint64_t seq)
{
	for (uint32_t i = 0; i < fold->failing_n; i++)
		if (fold->failing[i].tenant == tenant && fold->failing[i].seq == seq)
			return &fold->failing[i];
	return NULL;
}

void fold_note_failing(struct fold *fold, struct tenant_entry *tenant,
                       const struct record_read *read, const struct journal_entry *entry,
                       const struct error *why)
{
	const struct event_meta *meta = &read->event.meta;
	fold->failing = mem_grow(fold->failing, (fold->failing_n + 1) * sizeof *fold->failing);
	struct failing *failing = &fold->failing[fold->failing_n++];
	*failing = (struct failing){.tenant = tenant,
	                            .seq = (uint64_t)meta->seq,
	                            .place = {entry->partition, entry->offset},
	                            .event_id = meta->event_id};
	if (read->kind == RECORD_EVENT)
		snprintf(failing->reason, sizeof failing->reason, "%s: %.200s",
		         event_type_name(read->event.type), why->text);
	else
		snprintf(failing->reason, sizeof failing->reason, "%.250s", why->text);
	fold->again = true;
}

enum status fold_stop_tenant(struct fold *fold, const struct failing *failing, struct error *err)
{
	struct view_stop stop = {.tenant = failing->tenant->name,
	                         .seq = failing->seq,
	                         .has_place = true,
	                         .place = failing->place,
	                         .event_id = failing->event_id,
	                         .reason = slice_str(failing->reason)};
	enum status status = fold_begin(fold, err);
	if (status)
		return status;
	tenant_table_stop(&fold->tenants, failing->tenant, failing->seq, failing->place.offset);
	fold->counts_open.tenants_stopped++;
	return fold->type->stop(fold->view, &stop, err);
}

static void tell(struct fold *fold, const struct view_stop *stop)
{
	struct trouble_stop told = {.tenant = stop->tenant,
	                            .seq = stop->seq,
	                            .partition = stop->place.partition,
	                            .offset = stop->has_place ? stop->place.offset : -1,
	                            .event_id = stop->event_id,
	                            .reason = stop->reason};
	if (fold->options.trouble)
		trouble_stop(fold->options.trouble, &told);
}

void fold_tell_stopped(struct fold *fold)
{
	for (uint32_t i = 0; fold->options.trouble && i < fold->tenants.dirty_n; i++) {
		const struct tenant_entry *tenant = fold->tenants.dirty[i];
		if (tenant->stop.seq == tenant->stop_committed.seq &&
		    tenant->stop.offset == tenant->stop_committed.offset)
			continue;
		const struct failing *failing = fold_find_failing(fold, tenant, tenant->stop.seq);
		if (!failing) {
			trouble_go_on(fold->options.trouble, tenant->name);
			continue;
		}
		tell(fold, &(struct view_stop){.tenant = tenant->name,
		                               .seq = failing->seq,
		                               .has_place = true,
		                               .place = failing->place,
		                               .event_id = failing->event_id,
		                               .reason = slice_str(failing->reason)});
	}
}

static void load(void *context, const struct view_stop *stop)
{
	struct fold *fold = context;
	struct tenant_entry *tenant = tenant_table_get(&fold->tenants, stop->tenant, NULL);
	tenant_table_stop(&fold->tenants, tenant, stop->seq,
	                  stop->has_place ? stop->place.offset : -1);
	fold->counts.tenants_stopped++;
	tell(fold, stop);
}

enum status fold_forget_stopped(struct fold *fold, struct error *err)
{
	enum status status = STATUS_OK;
	for (uint32_t i = 0; !status && i < fold->tenants.n; i++) {
		struct tenant_entry *tenant = fold->tenants.entries[i];
		if (!tenant->stop.seq)
			continue;
		status = fold_begin(fold, err);
		if (!status)
			status = fold->type->resume(fold->view, tenant->name, err);
		tenant_table_stop(&fold->tenants, tenant, 0, -1);
	}
	fold->counts_open.tenants_stopped = 0;
	return status;
}

enum status fold_load_stopped(struct fold *fold, struct error *err)
{
	if (fold->options.trouble)
		trouble_forget_stops(fold->options.trouble);
	enum status status = fold->type->stopped(fold->view, load, fold, err);
	for (uint32_t i = 0; !status && i < fold->tenants.n; i++) {
		struct tenant_entry *tenant = fold->tenants.entries[i];
		uint64_t seq = 0;
		status = fold->type->tenant_seq(fold->view, tenant->name, &seq, err);
		tenant_table_move(&fold->tenants, tenant, seq);
	}
	tenant_table_commit(&fold->tenants);
	fold->counts_open = fold->counts;
	return status || !fold->by_seq ? status : fold_forget_stopped(fold, err);
}

/* --- going on --- */

struct reread {
	struct fold *fold;
	struct tenant_entry *tenant;
	struct journal_reader *reader;
	struct journal_entry *entries;
	int64_t until;
	const struct uuid *skip; /* the id of the event that an operator skips; NULL: none */
};

static enum status pass_over(struct fold *fold, struct tenant_entry *tenant,
                             const struct record_read *read, const struct journal_entry *entry,
                             struct error *err)
{
	struct view_place place = {entry->partition, entry->offset};
	tenant_table_move(&fold->tenants, tenant, (uint64_t)read->event.meta.seq);
	return fold->type->advance(fold->view, &read->event.meta, &place, err);
}

static enum status reread_entry(struct reread *reread, const struct journal_entry *entry,
                                struct error *err)
{
	struct fold *fold = reread->fold;
	struct record_read read;
	enum foreign_reason foreign;
	if (!slice_equal(entry->key, reread->tenant->name))
		return STATUS_OK;
	arena_clear(&fold->arena);
	record_read(entry->key, entry->value, &fold->arena, &read);
	if ((read.kind != RECORD_EVENT && read.kind != RECORD_UNKNOWN_SCHEMA) ||
	    !record_in_order(reread->tenant->seq, read.event.meta.seq, &foreign))
		return STATUS_OK; /* it was told when it was read first */
	if (reread->skip && uuid_equal(&read.event.meta.event_id, reread->skip))
		return pass_over(fold, reread->tenant, &read, entry, err);
	return fold_take_next(fold, reread->tenant, &read, entry, err);
}

/* Until the tenant is where the fold is, stands again, or an event was found failing. */
static enum status read_again(struct reread *reread, int64_t from, struct error *err)
{
	struct fold *fold = reread->fold;
	uint32_t partition = partition_of(fold, reread->tenant), n;
	enum status status = journal_reader_assign(reread->reader, partition, from, err);
	while (!status && journal_reader_position(reread->reader, partition) < reread->until) {
		status = journal_reader_poll(reread->reader, REREAD_POLL_MS, reread->entries,
		                             FOLD_POLL_MAX, &n, err);
		for (uint32_t i = 0; !status && i < n; i++) {
			if (reread->entries[i].offset >= reread->until)
				return STATUS_OK;
			status = reread_entry(reread, &reread->entries[i], err);
			if (status || fold->again || reread->tenant->stop.seq)
				return status;
		}
	}
	return status;
}

/* @tenant goes on, without the event @skip if it is not NULL, up to the offset @until. */
static enum status go_on(struct fold *fold, struct tenant_entry *tenant, const struct uuid *skip,
                         int64_t until, struct error *err)
{
	struct reread reread = {.fold = fold, .tenant = tenant, .skip = skip, .until = until};
	int64_t from = tenant->stop.offset < 0 ? 0 : tenant->stop.offset;
	enum status status = fold_begin(fold, err);
	if (!status)
		status = fold->type->resume(fold->view, tenant->name, err);
	if (!status)
		status = journal_reader_open(fold->options.journal, &reread.reader, err);
	if (status)
		return status;
	journal_reader_omit_headers(reread.reader);
	reread.entries = mem_new(FOLD_POLL_MAX * sizeof *reread.entries);
	tenant_table_stop(&fold->tenants, tenant, 0, -1);
	fold->counts_open.tenants_stopped--;
	status = read_again(&reread, from, err);
	free(reread.entries);
	journal_reader_close(reread.reader);
	if (fold->again)
		return STATUS_OK;
	return status ? error_wrap(err, "read %.*s again", (int)tenant->name.n, tenant->name.data)
	              : STATUS_OK;
}

/* Ends where it began, or further: each turn without a commit finds another failing event. */
static enum status retry(struct fold *fold, struct tenant_entry *tenant, struct error *err)
{
	uint64_t stood = tenant->stop.seq;
	int64_t until = fold->committed.next_offset[partition_of(fold, tenant)];
	for (;;) {
		enum status status = go_on(fold, tenant, NULL, until, err);
		if (status) {
			fold_roll_back(fold);
			return status;
		}
		if (!fold->again)
			status = fold_commit(fold, err);
		if (!fold->again)
			return status;
		fold->again = false;
		fold_roll_back(fold);
		if (fold_find_failing(fold, tenant, stood) && tenant->stop.offset >= 0)
			return STATUS_OK;
	}
}

enum status fold_retry_stopped(struct fold *fold, struct error *err)
{
	enum status status = STATUS_OK;
	for (uint32_t i = 0; !status && i < fold->tenants.n; i++)
		if (fold->tenants.entries[i]->stop.seq)
			status = retry(fold, fold->tenants.entries[i], err);
	return status;
}

/* --- an operator's decision --- */

bool fold_is_skip(const struct fold *fold, const struct tenant_entry *tenant,
                  const struct record_read *read)
{
	const struct event_skipped *skip = &read->event.event_skipped;
	if (read->kind != RECORD_EVENT || read->event.type != EVENT_EVENT_SKIPPED ||
	    (uint64_t)skip->skipped_seq != tenant->stop.seq)
		return false;
	for (uint32_t i = 0; i < skip->readers.n; i++)
		if (slice_is(skip->readers.items[i], fold->type->name))
			return true;
	return false;
}

enum status fold_honour_skip(struct fold *fold, struct tenant_entry *tenant,
                             const struct record_read *read, const struct journal_entry *entry,
                             struct error *err)
{
	struct uuid skipped = read->event.event_skipped.skipped_event;
	struct record_read decision;
	enum status status = go_on(fold, tenant, &skipped, entry->offset, err);
	if (status || fold->again || tenant->stop.seq)
		return status;
	arena_clear(&fold->arena); /* other events were in it */
	record_read(entry->key, entry->value, &fold->arena, &decision);
	return fold_take_event(fold, entry, &decision, err);
}
