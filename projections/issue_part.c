/* Rows of the issue view beside that of the issue: comments and worklogs in order of the seqs that
 * made them (the rows of COMMENT_SEQS and WORKLOG_SEQS find them by id), watchers, links. */
#include "projections/issue_inside.h"

static void part_key(const struct issue_applying *a, uint64_t seq)
{
	issue_key(&a->view->key, a->tenant, &a->meta->aggregate.id);
	row_u64(&a->view->key, seq);
}

static void part_seq_key(const struct issue_applying *a, const struct uuid *id)
{
	issue_key(&a->view->key, a->tenant, &a->meta->aggregate.id);
	row_uuid(&a->view->key, id);
}

/* The table that finds the rows of @table by id. */
static uint32_t seqs_of(uint32_t table)
{
	return table == COMMENTS ? COMMENT_SEQS : WORKLOG_SEQS;
}

static void put_part_seq(const struct issue_applying *a, uint32_t seqs, const struct uuid *id)
{
	char seq[8];
	put_u64(seq, (uint64_t)a->meta->seq);
	part_seq_key(a, id);
	issue_put(a, seqs, slice_of(seq, 8));
}

/* The comment or worklog of the issue whose id is @id; its key stays in view->key. */
static enum status find_part(const struct issue_applying *a, uint32_t table, const struct uuid *id,
                             uint64_t *seq, struct slice *row)
{
	struct slice value;
	part_seq_key(a, id);
	if (!kv_get(a->view->txn, seqs_of(table), buf_slice(&a->view->key), &value) || value.n != 8)
		return error_set(a->err, STATUS_INVALID, "a %s that is not there",
		                 table == COMMENTS ? "comment" : "worklog");
	*seq = get_u64(value.data);
	part_key(a, *seq);
	if (kv_get(a->view->txn, table, buf_slice(&a->view->key), row))
		return STATUS_OK;
	return error_set(a->err, STATUS_INVALID, "a %s without a row",
	                 table == COMMENTS ? "comment" : "worklog");
}

static enum status del_part(const struct issue_applying *a, uint32_t table, const struct uuid *id)
{
	uint64_t seq;
	struct slice row;
	if (find_part(a, table, id, &seq, &row))
		return STATUS_INVALID;
	kv_del(a->view->txn, table, buf_slice(&a->view->key));
	part_seq_key(a, id);
	kv_del(a->view->txn, seqs_of(table), buf_slice(&a->view->key));
	return STATUS_OK;
}

/* --- comments --- */

static struct slice packed_ids(const struct uuid_array *ids)
{
	_Static_assert(sizeof(struct uuid) == 16, "ids lie one behind the other");
	return slice_of((const char *)ids->items, ids->n * sizeof *ids->items);
}

static void put_comment(const struct issue_applying *a, uint64_t seq,
                        const struct comment_row *comment)
{
	comment_row_pack(comment, &a->view->value);
	part_key(a, seq);
	issue_put(a, COMMENTS, buf_slice(&a->view->value));
}

static void comment_added(const struct issue_applying *a, const struct comment_added *e)
{
	struct comment_row comment = {
	        .id = e->comment_id,
	        .author = e->author,
	        .thread = e->has_reply_to ? e->reply_to : (struct uuid){{0}},
	        .created_at = a->meta->occurred_at,
	        .text_seq = (uint64_t)a->meta->seq,
	        .mentions = packed_ids(&e->mentions),
	        .body = e->body,
	};
	put_comment(a, (uint64_t)a->meta->seq, &comment);
	put_part_seq(a, COMMENT_SEQS, &e->comment_id);
}

static void text_key(const struct issue_applying *a, const struct uuid *comment)
{
	issue_key(&a->view->key, a->tenant, &a->meta->aggregate.id);
	row_uuid(&a->view->key, comment);
}

static void put_former_text(const struct issue_applying *a, const struct comment_row *comment)
{
	struct text_row text = {
	        .by = comment->edited_at ? comment->edited_by : comment->author,
	        .at = comment->edited_at ? comment->edited_at : comment->created_at,
	        .body = comment->body,
	};
	text_row_pack(&text, &a->view->value);
	text_key(a, &comment->id);
	row_u64(&a->view->key, comment->text_seq);
	issue_put(a, COMMENT_TEXTS, buf_slice(&a->view->value));
}

static bool next_former_text(const struct issue_applying *a, const struct uuid *comment,
                             struct buf *key)
{
	struct slice found, value;
	struct kv_cursor *cursor = kv_cursor_open(a->view->txn, COMMENT_TEXTS);
	text_key(a, comment);
	bool more = kv_seek(cursor, buf_slice(&a->view->key), &found, &value) &&
	            found.n == a->view->key.n + 8 &&
	            memcmp(found.data, a->view->key.data, a->view->key.n) == 0;
	buf_clear(key);
	if (more)
		buf_append_slice(key, found);
	kv_cursor_close(cursor);
	return more;
}

static enum status comment_deleted(const struct issue_applying *a, const struct comment_deleted *e)
{
	struct buf *key = &a->view->value;
	while (next_former_text(a, &e->comment_id, key))
		kv_del(a->view->txn, COMMENT_TEXTS, buf_slice(key));
	return del_part(a, COMMENTS, &e->comment_id);
}

static enum status comment_edited(const struct issue_applying *a, const struct comment_edited *e)
{
	uint64_t seq;
	struct slice row;
	struct comment_row comment;
	if (find_part(a, COMMENTS, &e->comment_id, &seq, &row))
		return STATUS_INVALID;
	if (!comment_row_unpack(row, &comment))
		return error_set(a->err, STATUS_INVALID, "a comment without a row");
	put_former_text(a, &comment);
	/* the put may have moved what the row borrows from: what is kept is copied */
	comment.edited_at = a->meta->occurred_at;
	comment.edited_by = issue_person_of(a->meta);
	comment.text_seq = (uint64_t)a->meta->seq;
	comment.mentions = packed_ids(&e->mentions);
	comment.body = e->body;
	put_comment(a, seq, &comment);
	return STATUS_OK;
}

/* --- worklogs --- */

static void put_worklog(const struct issue_applying *a, uint64_t seq,
                        const struct worklog_row *worklog)
{
	worklog_row_pack(worklog, &a->view->value);
	part_key(a, seq);
	issue_put(a, WORKLOGS, buf_slice(&a->view->value));
}

static void work_logged(const struct issue_applying *a, const struct work_logged *e)
{
	struct worklog_row worklog = {
	        .id = e->worklog_id,
	        .author = e->author,
	        .started_at = e->started_at,
	        .minutes = e->minutes,
	        .created_at = a->meta->occurred_at,
	        .comment = e->comment,
	};
	put_worklog(a, (uint64_t)a->meta->seq, &worklog);
	put_part_seq(a, WORKLOG_SEQS, &e->worklog_id);
}

static enum status worklog_edited(const struct issue_applying *a, const struct worklog_edited *e)
{
	uint64_t seq;
	struct slice row;
	struct worklog_row worklog;
	if (find_part(a, WORKLOGS, &e->worklog_id, &seq, &row))
		return STATUS_INVALID;
	if (!worklog_row_unpack(row, &worklog))
		return error_set(a->err, STATUS_INVALID, "a worklog without a row");
	worklog.started_at = e->to_started_at;
	worklog.minutes = e->to_minutes;
	worklog.edited_at = a->meta->occurred_at;
	if (e->has_comment)
		worklog.comment = e->comment;
	put_worklog(a, seq, &worklog);
	return STATUS_OK;
}

/* --- watchers --- */

static void watcher_key(const struct issue_applying *a, const struct uuid *member)
{
	issue_key(&a->view->key, a->tenant, &a->meta->aggregate.id);
	row_uuid(&a->view->key, member);
}

static void watched(const struct issue_applying *a, const struct uuid *member, bool watches)
{
	watcher_key(a, member);
	if (watches)
		issue_put(a, WATCHERS, SLICE(""));
	else
		kv_del(a->view->txn, WATCHERS, buf_slice(&a->view->key));
}

/* --- links --- */

static void link_key(const struct issue_applying *a, const struct uuid *issue, struct slice type,
                     const struct uuid *other, enum link_direction direction)
{
	issue_key(&a->view->key, a->tenant, issue);
	buf_append_slice(&a->view->key, type);
	row_u8(&a->view->key, 0);
	row_uuid(&a->view->key, other);
	row_u8(&a->view->key, (uint8_t)direction);
}

static void linked(const struct issue_applying *a, const struct issue_linked *e)
{
	const struct uuid *id = &a->meta->aggregate.id;
	link_key(a, id, e->link_type, &e->other, LINK_OUTWARD);
	issue_put(a, LINKS, SLICE(""));
	link_key(a, &e->other, e->link_type, id, LINK_INWARD);
	issue_put(a, LINKS, SLICE(""));
}

static void del_link(const struct issue_applying *a, const struct uuid *from, struct slice type,
                     const struct uuid *to)
{
	link_key(a, from, type, to, LINK_OUTWARD);
	kv_del(a->view->txn, LINKS, buf_slice(&a->view->key));
	link_key(a, to, type, from, LINK_INWARD);
	kv_del(a->view->txn, LINKS, buf_slice(&a->view->key));
}

/* A symmetric link may be cut from the other end than it was made from. Of two links with a
 * direction, one each way, only the named one goes. */
static void unlinked(const struct issue_applying *a, const struct issue_unlinked *e)
{
	const struct uuid *id = &a->meta->aggregate.id;
	struct slice none;
	link_key(a, id, e->link_type, &e->other, LINK_OUTWARD);
	if (kv_get(a->view->txn, LINKS, buf_slice(&a->view->key), &none))
		del_link(a, id, e->link_type, &e->other);
	else
		del_link(a, &e->other, e->link_type, id);
}

/* Its links go with events of their own. */
static void set_link_type(const struct issue_applying *a, struct slice id, struct slice outward,
                          struct slice inward)
{
	struct buf *row = &a->view->value;
	key_tenant(&a->view->key, a->tenant);
	buf_append_slice(&a->view->key, id);
	buf_clear(row);
	row_string(row, outward);
	row_string(row, inward);
	issue_put(a, LINK_TYPES, buf_slice(row));
}

static void link_type_removed(const struct issue_applying *a, const struct link_type_removed *e)
{
	key_tenant(&a->view->key, a->tenant);
	buf_append_slice(&a->view->key, e->link_type);
	kv_del(a->view->txn, LINK_TYPES, buf_slice(&a->view->key));
}

enum status issue_part_apply(const struct issue_applying *a, const struct event *event)
{
	if (event->type == EVENT_COMMENT_ADDED)
		comment_added(a, &event->comment_added);
	else if (event->type == EVENT_COMMENT_DELETED)
		return comment_deleted(a, &event->comment_deleted);
	else if (event->type == EVENT_COMMENT_EDITED)
		return comment_edited(a, &event->comment_edited);
	else if (event->type == EVENT_WORK_LOGGED)
		work_logged(a, &event->work_logged);
	else if (event->type == EVENT_WORKLOG_DELETED)
		return del_part(a, WORKLOGS, &event->worklog_deleted.worklog_id);
	else if (event->type == EVENT_WORKLOG_EDITED)
		return worklog_edited(a, &event->worklog_edited);
	else if (event->type == EVENT_ISSUE_WATCHED)
		watched(a, &event->issue_watched.member_id, true);
	else if (event->type == EVENT_ISSUE_UNWATCHED)
		watched(a, &event->issue_unwatched.member_id, false);
	else if (event->type == EVENT_ISSUE_LINKED)
		linked(a, &event->issue_linked);
	else if (event->type == EVENT_ISSUE_UNLINKED)
		unlinked(a, &event->issue_unlinked);
	else if (event->type == EVENT_LINK_TYPE_ADDED)
		set_link_type(a, event->link_type_added.link_type, event->link_type_added.outward,
		              event->link_type_added.inward);
	else if (event->type == EVENT_LINK_TYPE_EDITED)
		set_link_type(a, event->link_type_edited.link_type,
		              event->link_type_edited.to_outward,
		              event->link_type_edited.to_inward);
	else if (event->type == EVENT_LINK_TYPE_REMOVED)
		link_type_removed(a, &event->link_type_removed);
	return STATUS_OK;
}
