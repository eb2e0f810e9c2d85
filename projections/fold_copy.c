/* A view that stands in a journal of which this one is a copy goes on by seq: the log is read from
 * the beginning, what the view has is passed over, the rest is applied.
 *
 * Nothing is committed before the marks of the copy (journal_finish_copy) are passed in every
 * partition. The new position then stands behind all that was copied; an earlier one would be of
 * this journal while events that are applied still lie behind it. Ended before, it begins anew.
 *
 * What the view has and the copy has not was acknowledged in the other journal and is lost here.
 * The marks show it: a tenant whose events end before one, before the view does; an event behind
 * one whose seq the view has already. */
#include "projections/fold_inside.h"

void fold_start_over(struct fold *fold)
{
	fold->committed = (struct view_position){
	        .journal_id = fold->identity->id,
	        .partitions = fold->identity->partitions,
	};
	fold->unmarked = fold->identity->partitions;
	memset(fold->marked, 0, sizeof fold->marked);
	for (uint32_t i = 0; i < fold->tenants.n; i++)
		fold->tenants.entries[i]->met = 0;
}

bool fold_is_resuming(const struct fold *fold)
{
	return fold->by_seq;
}

static enum status refuse_ahead(const struct tenant_entry *tenant, struct error *err)
{
	return error_set(err, STATUS_CORRUPT,
	                 "it has events of tenant %.*s up to seq %llu, of which the copy that this "
	                 "journal is has not all: rebuild the view or bring the other journal back",
	                 (int)tenant->name.n, tenant->name.data, (unsigned long long)tenant->seq);
}

enum status fold_pass_mark(struct fold *fold, uint32_t partition, struct error *err)
{
	if (fold->marked[partition])
		return STATUS_OK;
	for (uint32_t i = 0; i < fold->tenants.n; i++) {
		const struct tenant_entry *tenant = fold->tenants.entries[i];
		if (tenant->met > 0 && tenant->met < tenant->seq &&
		    journal_partition_of(tenant->name, fold->next.partitions) == partition)
			return refuse_ahead(tenant, err);
	}
	fold->marked[partition] = true;
	fold->unmarked--;
	return STATUS_OK;
}

bool fold_has_applied(struct fold *fold, struct tenant_entry *tenant, uint64_t seq,
                      uint32_t partition, enum status *status, struct error *err)
{
	tenant->met = seq;
	if (seq > tenant->seq)
		return false;
	*status = fold->marked[partition] ? refuse_ahead(tenant, err) : STATUS_OK;
	return true;
}
