/* Comments, former texts of a comment, and worklogs of an issue, and refusals of a bulk, page by
 * page. */
#include "projections/issue_reading.h"

static void time_or_null(struct json_out *json, const char *key, int64_t ms)
{
	json_out_key(json, key);
	if (ms)
		json_out_time(json, ms);
	else
		json_out_null(json);
}

static void mentions_json(struct issue_reading *r, struct slice mentions)
{
	struct uuid member;
	json_out_key(r->json, "mentions");
	json_out_array(r->json);
	for (size_t at = 0; at + sizeof member.bytes <= mentions.n; at += sizeof member.bytes) {
		memcpy(member.bytes, mentions.data + at, sizeof member.bytes);
		issue_member_json(r, NULL, &member);
	}
	json_out_array_end(r->json);
}

static bool comment_json(struct issue_reading *r, uint64_t seq, struct slice row)
{
	struct comment_row comment;
	if (!comment_row_unpack(row, &comment))
		return false;
	json_out_object(r->json);
	json_out_member_uuid(r->json, "id", &comment.id);
	issue_member_json(r, "author", &comment.author);
	json_out_key(r->json, "reply_to");
	if (uuid_is_nil(&comment.thread))
		json_out_null(r->json);
	else
		json_out_uuid(r->json, &comment.thread);
	json_out_member_string(r->json, "body", comment.body);
	mentions_json(r, comment.mentions);
	json_out_member_time(r->json, "created_at", comment.created_at);
	time_or_null(r->json, "edited_at", comment.edited_at);
	issue_member_json(r, "edited_by", &comment.edited_by);
	json_out_member_int(r->json, "seq", (int64_t)seq);
	json_out_object_end(r->json);
	return true;
}

static bool worklog_json(struct issue_reading *r, uint64_t seq, struct slice row)
{
	struct worklog_row worklog;
	if (!worklog_row_unpack(row, &worklog))
		return false;
	json_out_object(r->json);
	json_out_member_uuid(r->json, "id", &worklog.id);
	issue_member_json(r, "author", &worklog.author);
	json_out_member_time(r->json, "started_at", worklog.started_at);
	json_out_member_int(r->json, "minutes", worklog.minutes);
	json_out_member_string(r->json, "comment", worklog.comment);
	json_out_member_time(r->json, "created_at", worklog.created_at);
	time_or_null(r->json, "edited_at", worklog.edited_at);
	json_out_member_int(r->json, "seq", (int64_t)seq);
	json_out_object_end(r->json);
	return true;
}

static bool text_json(struct issue_reading *r, uint64_t seq, struct slice row)
{
	struct text_row text;
	if (!text_row_unpack(row, &text))
		return false;
	json_out_object(r->json);
	json_out_member_int(r->json, "seq", (int64_t)seq);
	issue_member_json(r, "author", &text.by);
	json_out_member_time(r->json, "written_at", text.at);
	json_out_member_string(r->json, "body", text.body);
	json_out_object_end(r->json);
	return true;
}

static void kept_tail_json(struct issue_reading *r, const struct kept_row *kept)
{
	json_out_member_time(r->json, "at", kept->at);
	issue_member_json(r, "by", &kept->by);
}

/* Of a deleted project nothing is shown. */
static bool find_kept(struct issue_reading *r, struct slice row, struct kept_row *kept,
                      struct issue_row *issue)
{
	return kept_row_unpack(row, kept) && issue_kept_get(r, &kept->id, issue) &&
	       issue_project_is_there(r, &issue->project_id) &&
	       sight_sees(r->sight, &issue->project_id);
}

static void kept_json(struct issue_reading *r, uint64_t seq, const struct kept_row *kept,
                      const struct issue_row *issue)
{
	json_out_object(r->json);
	json_out_member_int(r->json, "seq", (int64_t)seq);
	json_out_key(r->json, "issue");
	issue_short_json(r, &kept->id, issue);
	kept_tail_json(r, kept);
	json_out_member_bool(r->json, "with_parent", kept->with_parent);
	json_out_object_end(r->json);
}

static bool archived_json(struct issue_reading *r, uint64_t seq, struct slice row)
{
	struct kept_row kept;
	struct issue_row issue;
	if (!find_kept(r, row, &kept, &issue))
		return false;
	kept_json(r, seq, &kept, &issue);
	return true;
}

static bool deleted_json(struct issue_reading *r, uint64_t seq, struct slice row)
{
	struct kept_row kept;
	struct issue_row issue;
	if (!find_kept(r, row, &kept, &issue) || !sight_restores(r->sight, &issue.project_id))
		return false;
	kept_json(r, seq, &kept, &issue);
	return true;
}

static bool kept_project_json(struct issue_reading *r, uint64_t seq, struct slice row)
{
	struct kept_row kept;
	struct project_row project;
	if (!kept_row_unpack(row, &kept) || !issue_kept_project(r, &kept.id, &project))
		return false;
	json_out_object(r->json);
	json_out_member_int(r->json, "seq", (int64_t)seq);
	json_out_key(r->json, "project");
	json_out_object(r->json);
	json_out_member_uuid(r->json, "id", &kept.id);
	json_out_member_string(r->json, "key", project.key);
	json_out_member_string(r->json, "name", project.name);
	json_out_object_end(r->json);
	kept_tail_json(r, &kept);
	json_out_object_end(r->json);
	return true;
}

static bool has_prefix(struct slice key, struct slice prefix)
{
	return key.n == prefix.n + 8 && memcmp(key.data, prefix.data, prefix.n) == 0;
}

/* One list: rows whose key is a prefix and the seq that they are paged by. False: the row is not
 * shown. */
struct list {
	uint32_t table;
	bool (*item)(struct issue_reading *r, uint64_t seq, struct slice row);
};

static bool to_first(struct kv_cursor *cursor, struct slice prefix, const struct issue_page *page,
                     struct slice *key, struct slice *row)
{
	struct buf from = {0};
	buf_append_slice(&from, prefix);
	if (page->newest_first)
		row_u64(&from, page->after ? page->after : UINT64_MAX);
	else
		row_u64(&from, page->after + 1);
	bool more = page->newest_first ? kv_seek_before(cursor, buf_slice(&from), key, row)
	                               : kv_seek(cursor, buf_slice(&from), key, row);
	buf_release(&from);
	return more;
}

/* items and next of the rows under @prefix that are on @page. */
static void items_json(struct issue_reading *r, const struct list *list, struct slice prefix,
                       const struct issue_page *page)
{
	struct slice key, row;
	uint64_t last = 0;
	uint32_t n = 0;
	bool more_to_come = false;
	struct kv_cursor *cursor = kv_cursor_open(r->txn, list->table);
	json_out_key(r->json, "items");
	json_out_array(r->json);
	bool more = to_first(cursor, prefix, page, &key, &row);
	for (; more && has_prefix(key, prefix); more = page->newest_first
	                                                       ? kv_prev(cursor, &key, &row)
	                                                       : kv_next(cursor, &key, &row)) {
		struct json_out before = *r->json;
		size_t written = before.to->n;
		uint64_t seq = get_u64(key.data + prefix.n);
		if (!list->item(r, seq, row))
			continue;
		if (n++ == page->limit) { /* it was one too many: there is another page */
			*r->json = before;
			before.to->n = written;
			more_to_come = true;
			break;
		}
		last = seq;
	}
	json_out_array_end(r->json);
	json_out_key(r->json, "next");
	if (more_to_come)
		json_out_int(r->json, (int64_t)last);
	else
		json_out_null(r->json);
	kv_cursor_close(cursor);
}

void issue_part_json(struct issue_reading *r, enum issue_part part, const struct issue_page *page)
{
	static const struct list lists[] = {
	        [ISSUE_COMMENTS] = {COMMENTS, comment_json},
	        [ISSUE_WORKLOGS] = {WORKLOGS, worklog_json},
	};
	const struct issue_row *issue = &r->issue;
	struct buf prefix = {0};
	issue_key(&prefix, r->tenant, &r->id);
	json_out_object(r->json);
	json_out_member_int(r->json, "total",
	                    part == ISSUE_COMMENTS ? issue->comments : issue->worklogs);
	if (part == ISSUE_WORKLOGS)
		json_out_member_int(r->json, "minutes", issue->spent);
	items_json(r, &lists[part], buf_slice(&prefix), page);
	json_out_object_end(r->json);
	buf_release(&prefix);
}

bool issue_texts_json(struct issue_reading *r, const struct uuid *comment, uint64_t after,
                      uint32_t limit)
{
	static const struct list texts = {COMMENT_TEXTS, text_json};
	const struct issue_page page = {.after = after, .limit = limit};
	struct buf prefix = {0};
	struct slice seq;
	issue_key(&prefix, r->tenant, &r->id);
	row_uuid(&prefix, comment);
	bool found = kv_get(r->txn, COMMENT_SEQS, buf_slice(&prefix), &seq);
	if (found) {
		json_out_object(r->json);
		items_json(r, &texts, buf_slice(&prefix), &page);
		json_out_object_end(r->json);
	}
	buf_release(&prefix);
	return found;
}

void issue_kept_json(struct issue_reading *r, enum issue_kept kind, uint64_t after, uint32_t limit)
{
	static const struct list lists[] = {
	        [ISSUE_ARCHIVED] = {KEPT, archived_json},
	        [ISSUE_DELETED] = {KEPT, deleted_json},
	        [PROJECT_DELETED] = {KEPT, kept_project_json},
	};
	const struct issue_page page = {.after = after, .limit = limit};
	struct buf prefix = {0};
	key_tenant(&prefix, r->tenant);
	row_u8(&prefix, (uint8_t)kind);
	json_out_object(r->json);
	items_json(r, &lists[kind], buf_slice(&prefix), &page);
	json_out_object_end(r->json);
	buf_release(&prefix);
}

static bool refusal_json(struct issue_reading *r, uint64_t place, struct slice row)
{
	struct row_in in = row_in(row);
	json_out_object(r->json);
	json_out_member_int(r->json, "place", (int64_t)place);
	json_out_member_string(r->json, "issue", row_take_string(&in));
	json_out_member_string(r->json, "code", row_take_string(&in));
	json_out_member_string(r->json, "detail", row_take_string(&in));
	json_out_object_end(r->json);
	return true;
}

void issue_refusals_json(struct issue_reading *r, uint64_t after, uint32_t limit)
{
	static const struct list refusals = {BULK_REFUSALS, refusal_json};
	const struct issue_page page = {.after = after, .limit = limit};
	struct buf prefix = {0};
	issue_key(&prefix, r->tenant, &r->id);
	json_out_key(r->json, "refusals");
	json_out_object(r->json);
	items_json(r, &refusals, buf_slice(&prefix), &page);
	json_out_object_end(r->json);
	buf_release(&prefix);
}
