#include "projections/issue_row.h"

enum { HAS_DUE_ON = 1, HAS_START_ON = 2, HAS_ESTIMATE = 4, HAS_REMAINING = 8 };

void issue_row_pack(const struct issue_row *issue, struct buf *to)
{
	buf_clear(to);
	row_uuid(to, &issue->project_id);
	row_uuid(to, &issue->reporter);
	row_uuid(to, &issue->assignee);
	row_uuid(to, &issue->parent);
	row_uuid(to, &issue->cloned_from);
	row_u64(to, issue->number);
	row_u64(to, issue->version);
	row_u64(to, issue->archived_seq);
	row_u64(to, issue->deleted_seq);
	row_u64(to, (uint64_t)issue->created_at);
	row_u64(to, (uint64_t)issue->updated_at);
	row_u8(to, (uint8_t)((issue->has_due_on ? HAS_DUE_ON : 0) |
	                     (issue->has_start_on ? HAS_START_ON : 0) |
	                     (issue->has_estimate ? HAS_ESTIMATE : 0) |
	                     (issue->has_remaining ? HAS_REMAINING : 0)));
	row_u32(to, (uint32_t)issue->due_on);
	row_u32(to, (uint32_t)issue->start_on);
	row_u32(to, (uint32_t)issue->estimate);
	row_u32(to, (uint32_t)issue->remaining);
	row_u64(to, (uint64_t)issue->spent);
	row_u32(to, issue->comments);
	row_u32(to, issue->worklogs);
	row_u32(to, issue->watchers);
	row_string(to, issue->type);
	row_string(to, issue->status);
	row_string(to, issue->priority);
	row_string(to, issue->resolution);
	row_string(to, issue->rank);
	row_string(to, issue->summary);
	row_string(to, issue->labels);
	row_string(to, issue->external_ref);
}

bool issue_row_unpack(struct slice row, struct issue_row *out)
{
	struct row_in in = row_in(row);
	out->project_id = row_take_uuid(&in);
	out->reporter = row_take_uuid(&in);
	out->assignee = row_take_uuid(&in);
	out->parent = row_take_uuid(&in);
	out->cloned_from = row_take_uuid(&in);
	out->number = row_take_u64(&in);
	out->version = row_take_u64(&in);
	out->archived_seq = row_take_u64(&in);
	out->deleted_seq = row_take_u64(&in);
	out->created_at = (int64_t)row_take_u64(&in);
	out->updated_at = (int64_t)row_take_u64(&in);
	uint8_t flags = row_take_u8(&in);
	out->has_due_on = flags & HAS_DUE_ON;
	out->has_start_on = flags & HAS_START_ON;
	out->has_estimate = flags & HAS_ESTIMATE;
	out->has_remaining = flags & HAS_REMAINING;
	out->due_on = (int32_t)row_take_u32(&in);
	out->start_on = (int32_t)row_take_u32(&in);
	out->estimate = (int32_t)row_take_u32(&in);
	out->remaining = (int32_t)row_take_u32(&in);
	out->spent = (int64_t)row_take_u64(&in);
	out->comments = row_take_u32(&in);
	out->worklogs = row_take_u32(&in);
	out->watchers = row_take_u32(&in);
	out->type = row_take_string(&in);
	out->status = row_take_string(&in);
	out->priority = row_take_string(&in);
	out->resolution = row_take_string(&in);
	out->rank = row_take_string(&in);
	out->summary = row_take_string(&in);
	out->labels = row_take_string(&in);
	out->external_ref = row_take_string(&in);
	return !in.bad && in.at == in.end;
}

void comment_row_pack(const struct comment_row *comment, struct buf *to)
{
	buf_clear(to);
	row_uuid(to, &comment->id);
	row_uuid(to, &comment->author);
	row_uuid(to, &comment->thread);
	row_u64(to, (uint64_t)comment->created_at);
	row_u64(to, (uint64_t)comment->edited_at);
	row_uuid(to, &comment->edited_by);
	row_u64(to, comment->text_seq);
	row_string(to, comment->mentions);
	row_string(to, comment->body);
}

bool comment_row_unpack(struct slice row, struct comment_row *out)
{
	struct row_in in = row_in(row);
	out->id = row_take_uuid(&in);
	out->author = row_take_uuid(&in);
	out->thread = row_take_uuid(&in);
	out->created_at = (int64_t)row_take_u64(&in);
	out->edited_at = (int64_t)row_take_u64(&in);
	out->edited_by = row_take_uuid(&in);
	out->text_seq = row_take_u64(&in);
	out->mentions = row_take_string(&in);
	out->body = row_take_string(&in);
	return !in.bad && in.at == in.end;
}

void text_row_pack(const struct text_row *text, struct buf *to)
{
	buf_clear(to);
	row_uuid(to, &text->by);
	row_u64(to, (uint64_t)text->at);
	row_string(to, text->body);
}

bool text_row_unpack(struct slice row, struct text_row *out)
{
	struct row_in in = row_in(row);
	out->by = row_take_uuid(&in);
	out->at = (int64_t)row_take_u64(&in);
	out->body = row_take_string(&in);
	return !in.bad && in.at == in.end;
}

void kept_row_pack(const struct kept_row *kept, struct buf *to)
{
	buf_clear(to);
	row_uuid(to, &kept->id);
	row_uuid(to, &kept->by);
	row_u64(to, (uint64_t)kept->at);
	row_u8(to, kept->with_parent);
}

bool kept_row_unpack(struct slice row, struct kept_row *out)
{
	struct row_in in = row_in(row);
	out->id = row_take_uuid(&in);
	out->by = row_take_uuid(&in);
	out->at = (int64_t)row_take_u64(&in);
	out->with_parent = row_take_u8(&in) != 0;
	return !in.bad && in.at == in.end;
}

void worklog_row_pack(const struct worklog_row *worklog, struct buf *to)
{
	buf_clear(to);
	row_uuid(to, &worklog->id);
	row_uuid(to, &worklog->author);
	row_u64(to, (uint64_t)worklog->started_at);
	row_u64(to, (uint64_t)worklog->created_at);
	row_u64(to, (uint64_t)worklog->edited_at);
	row_u32(to, (uint32_t)worklog->minutes);
	row_string(to, worklog->comment);
}

bool worklog_row_unpack(struct slice row, struct worklog_row *out)
{
	struct row_in in = row_in(row);
	out->id = row_take_uuid(&in);
	out->author = row_take_uuid(&in);
	out->started_at = (int64_t)row_take_u64(&in);
	out->created_at = (int64_t)row_take_u64(&in);
	out->edited_at = (int64_t)row_take_u64(&in);
	out->minutes = (int32_t)row_take_u32(&in);
	out->comment = row_take_string(&in);
	return !in.bad && in.at == in.end;
}

void project_row_pack(const struct project_row *project, struct buf *to)
{
	buf_clear(to);
	row_u64(to, project->deleted_seq);
	row_string(to, project->key);
	row_string(to, project->name);
	row_string(to, project->former_keys);
	row_u8(to, project->only_listed);
}

bool project_row_unpack(struct slice row, struct project_row *out)
{
	struct row_in in = row_in(row);
	out->deleted_seq = row_take_u64(&in);
	out->key = row_take_string(&in);
	out->name = row_take_string(&in);
	out->former_keys = row_take_string(&in);
	out->only_listed = row_take_u8(&in) != 0;
	return !in.bad && in.at == in.end;
}

void label_row_pack(const struct label_row *label, struct buf *to)
{
	buf_clear(to);
	row_u32(to, label->issues);
	row_u8(to, label->listed);
	row_string(to, label->color);
	row_string(to, label->description);
}

bool label_row_unpack(struct slice row, struct label_row *out)
{
	struct row_in in = row_in(row);
	out->issues = row_take_u32(&in);
	out->listed = row_take_u8(&in) != 0;
	out->color = row_take_string(&in);
	out->description = row_take_string(&in);
	return !in.bad && in.at == in.end;
}

void component_row_pack(const struct component_row *component, struct buf *to)
{
	buf_clear(to);
	row_uuid(to, &component->lead);
	row_uuid(to, &component->default_assignee);
	row_u32(to, component->issues);
	row_string(to, component->name);
	row_string(to, component->description);
}

bool component_row_unpack(struct slice row, struct component_row *out)
{
	struct row_in in = row_in(row);
	out->lead = row_take_uuid(&in);
	out->default_assignee = row_take_uuid(&in);
	out->issues = row_take_u32(&in);
	out->name = row_take_string(&in);
	out->description = row_take_string(&in);
	return !in.bad && in.at == in.end;
}

void version_row_pack(const struct version_row *version, struct buf *to)
{
	buf_clear(to);
	row_u8(to, (uint8_t)version->status);
	row_u32(to, version->place);
	row_u32(to, version->fixed);
	row_u32(to, version->affecting);
	row_u8(to, version->has_start_on);
	row_u32(to, (uint32_t)version->start_on);
	row_u8(to, version->has_release_on);
	row_u32(to, (uint32_t)version->release_on);
	row_string(to, version->name);
	row_string(to, version->description);
}

bool version_row_unpack(struct slice row, struct version_row *out)
{
	struct row_in in = row_in(row);
	uint8_t status = row_take_u8(&in);
	out->status = status <= PROJECT_VERSION_STATUS_ARCHIVED
	                      ? (enum project_version_status)status
	                      : PROJECT_VERSION_STATUS_UNKNOWN;
	out->place = row_take_u32(&in);
	out->fixed = row_take_u32(&in);
	out->affecting = row_take_u32(&in);
	out->has_start_on = row_take_u8(&in) != 0;
	out->start_on = (int32_t)row_take_u32(&in);
	out->has_release_on = row_take_u8(&in) != 0;
	out->release_on = (int32_t)row_take_u32(&in);
	out->name = row_take_string(&in);
	out->description = row_take_string(&in);
	return !in.bad && in.at == in.end;
}
