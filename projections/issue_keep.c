/* Archived and deleted issues, deleted projects. Their rows stay; KEPT lists them, in order of the
 * events that put them away. */
#include "projections/issue_inside.h"

static void kept_key(const struct issue_applying *a, enum issue_kept kind, uint64_t seq)
{
	key_tenant(&a->view->key, a->tenant);
	row_u8(&a->view->key, (uint8_t)kind);
	row_u64(&a->view->key, seq);
}

void issue_put_kept(const struct issue_applying *a, enum issue_kept kind, bool with_parent)
{
	struct kept_row kept = {
	        .id = a->meta->aggregate.id,
	        .by = issue_person_of(a->meta),
	        .at = a->meta->occurred_at,
	        .with_parent = with_parent,
	};
	kept_row_pack(&kept, &a->view->value);
	kept_key(a, kind, (uint64_t)a->meta->seq);
	issue_put(a, KEPT, buf_slice(&a->view->value));
}

void issue_del_kept(const struct issue_applying *a, enum issue_kept kind, uint64_t seq)
{
	kept_key(a, kind, seq);
	kv_del(a->view->txn, KEPT, buf_slice(&a->view->key));
}

/* An archived issue leaves its list while it is deleted. */
static enum status move_kept(const struct issue_applying *a, uint64_t seq, enum issue_kept from,
                             enum issue_kept to)
{
	struct slice row;
	kept_key(a, from, seq);
	if (!kv_get(a->view->txn, KEPT, buf_slice(&a->view->key), &row))
		return error_set(a->err, STATUS_INVALID, "an archived issue is in no list");
	buf_clear(&a->view->value);
	buf_append_slice(&a->view->value, row);
	kv_del(a->view->txn, KEPT, buf_slice(&a->view->key));
	kept_key(a, to, seq);
	issue_put(a, KEPT, buf_slice(&a->view->value));
	return STATUS_OK;
}

enum status issue_keep_apply(const struct issue_applying *a, const struct event *event,
                             uint64_t archived_seq, uint64_t deleted_seq)
{
	if (event->type == EVENT_ISSUE_ARCHIVED) {
		issue_put_kept(a, ISSUE_ARCHIVED, event->issue_archived.with_parent);
	} else if (event->type == EVENT_ISSUE_UNARCHIVED) {
		issue_del_kept(a, ISSUE_ARCHIVED, archived_seq);
	} else if (event->type == EVENT_ISSUE_DELETED) {
		issue_put_kept(a, ISSUE_DELETED, event->issue_deleted.with_parent);
		if (archived_seq)
			return move_kept(a, archived_seq, ISSUE_ARCHIVED, ISSUE_ARCHIVED_DELETED);
	} else if (event->type == EVENT_ISSUE_RESTORED) {
		issue_del_kept(a, ISSUE_DELETED, deleted_seq);
		if (archived_seq)
			return move_kept(a, archived_seq, ISSUE_ARCHIVED_DELETED, ISSUE_ARCHIVED);
	}
	return STATUS_OK;
}
