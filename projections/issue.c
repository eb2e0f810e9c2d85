/* The fold of the issue view: read the row, change slices in it, pack it again. */
#include "projections/issue.h"

#include <stdlib.h>

#include "projections/answers.h"
#include "projections/issue_inside.h"

#define LABELS_MAX 256

static const struct uuid nil;

static struct uuid optional(bool has, const struct uuid *id)
{
	return has ? *id : nil;
}

static enum status get_issue(const struct issue_applying *a, const struct uuid *id,
                             struct issue_row *issue)
{
	struct slice row;
	issue_key(&a->view->key, a->tenant, id);
	if (kv_get(a->view->txn, ISSUES, buf_slice(&a->view->key), &row) &&
	    issue_row_unpack(row, issue))
		return STATUS_OK;
	char text[UUID_TEXT];
	uuid_format(id, text);
	return error_set(a->err, STATUS_INVALID, "no row of issue %.*s", UUID_TEXT, text);
}

static void put_issue(const struct issue_applying *a, const struct uuid *id,
                      const struct issue_row *issue)
{
	issue_row_pack(issue, &a->view->value);
	issue_key(&a->view->key, a->tenant, id);
	issue_put(a, ISSUES, buf_slice(&a->view->value));
}

static void put_child(const struct issue_applying *a, const struct uuid *parent,
                      const struct uuid *child)
{
	issue_key(&a->view->key, a->tenant, parent);
	row_uuid(&a->view->key, child);
	issue_put(a, CHILDREN, SLICE(""));
}

static void del_child(const struct issue_applying *a, const struct uuid *parent,
                      const struct uuid *child)
{
	issue_key(&a->view->key, a->tenant, parent);
	row_uuid(&a->view->key, child);
	kv_del(a->view->txn, CHILDREN, buf_slice(&a->view->key));
}

static void put_text(const struct issue_applying *a, struct slice text)
{
	issue_key(&a->view->key, a->tenant, &a->meta->aggregate.id);
	if (text.n)
		issue_put(a, TEXTS, text);
	else
		kv_del(a->view->txn, TEXTS, buf_slice(&a->view->key));
}

/* At this place of the log, the other issue has the text that the event means. */
static void copy_text(const struct issue_applying *a, const struct uuid *from)
{
	struct slice text;
	issue_key(&a->view->key, a->tenant, from);
	if (!kv_get(a->view->txn, TEXTS, buf_slice(&a->view->key), &text))
		return;
	buf_clear(&a->view->value);
	buf_append_slice(&a->view->value, text);
	put_text(a, buf_slice(&a->view->value));
}

static enum status issue_created(const struct issue_applying *a, const struct issue_created *e)
{
	const struct uuid *id = &a->meta->aggregate.id;
	struct slice unused;
	struct buf *key = &a->view->key;
	issue_key(key, a->tenant, &e->project_id);
	if (!kv_get(a->view->txn, PROJECTS, buf_slice(key), &unused))
		return error_set(a->err, STATUS_INVALID, "an issue of a project that is not there");
	row_u64(key, (uint64_t)e->number);
	issue_put(a, NUMBERS, slice_of(id->bytes, 16));
	for (uint32_t i = 0; i < e->labels.n; i++)
		row_string(a->labels, e->labels.items[i]);
	struct issue_row issue = {
	        .project_id = e->project_id,
	        .reporter = e->reporter,
	        .assignee = optional(e->has_assignee, &e->assignee),
	        .parent = optional(e->has_parent, &e->parent),
	        .cloned_from = optional(e->has_cloned_from, &e->cloned_from),
	        .number = (uint64_t)e->number,
	        .version = (uint64_t)a->meta->aggregate.version,
	        .created_at = a->meta->occurred_at,
	        .updated_at = a->meta->occurred_at,
	        .has_due_on = e->has_due_on,
	        .due_on = e->has_due_on ? e->due_on : 0,
	        .type = e->type,
	        .status = e->status,
	        .priority = e->priority,
	        .rank = e->rank,
	        .summary = e->summary,
	        .labels = buf_slice(a->labels),
	        .external_ref = e->has_external_ref ? e->external_ref : slice_of(NULL, 0),
	        .has_start_on = e->has_start_on,
	        .start_on = e->has_start_on ? e->start_on : 0,
	        .has_estimate = e->has_estimate,
	        .estimate = e->has_estimate ? e->estimate : 0,
	        .has_remaining = e->has_remaining,
	        .remaining = e->has_remaining ? e->remaining : 0,
	};
	put_issue(a, id, &issue);
	if (e->has_cloned_from)
		copy_text(a, &e->cloned_from);
	else
		put_text(a, e->description);
	if (e->has_parent)
		put_child(a, &e->parent, id);
	return STATUS_OK;
}

/* --- the row --- */

static int compare_labels(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static bool has_label(const struct slice *labels, uint32_t n, struct slice label)
{
	for (uint32_t i = 0; i < n; i++)
		if (slice_equal(labels[i], label))
			return true;
	return false;
}

static enum status labels_changed(const struct issue_applying *a, struct issue_row *issue,
                                  const struct issue_labels_changed *e)
{
	struct slice all[LABELS_MAX];
	uint32_t n = 0;
	for (struct row_in in = row_in(issue->labels); in.at < in.end;) {
		struct slice label = row_take_string(&in);
		if (!has_label(e->removed.items, e->removed.n, label) && n < LABELS_MAX)
			all[n++] = label;
	}
	if (e->added.n > LABELS_MAX - n)
		return error_set(a->err, STATUS_INVALID, "more than %d labels", LABELS_MAX);
	for (uint32_t i = 0; i < e->added.n; i++)
		if (!has_label(all, n, e->added.items[i]))
			all[n++] = e->added.items[i];
	qsort(all, n, sizeof *all, compare_labels);
	for (uint32_t i = 0; i < n; i++)
		row_string(a->labels, all[i]);
	issue->labels = buf_slice(a->labels);
	return STATUS_OK;
}

/* The row of the former number goes on finding it. */
static void moved(const struct issue_applying *a, const struct issue_moved *e)
{
	issue_key(&a->view->key, a->tenant, &e->to_project_id);
	row_u64(&a->view->key, (uint64_t)e->to_number);
	issue_put(a, NUMBERS, slice_of(a->meta->aggregate.id.bytes, 16));
	struct buf *row = &a->view->value;
	buf_clear(row);
	row_uuid(row, &e->from_project_id);
	row_u64(row, (uint64_t)e->from_number);
	issue_key(&a->view->key, a->tenant, &a->meta->aggregate.id);
	row_u64(&a->view->key, (uint64_t)a->meta->seq);
	issue_put(a, FORMER, buf_slice(row));
}

static void parent_changed(const struct issue_applying *a, const struct issue_parent_changed *e)
{
	if (e->has_from)
		del_child(a, &e->from, &a->meta->aggregate.id);
	if (e->has_to)
		put_child(a, &e->to, &a->meta->aggregate.id);
}

static enum status ranks_rebalanced(const struct issue_applying *a,
                                    const struct ranks_rebalanced *e)
{
	for (uint32_t i = 0; i < e->ranks.n; i++) {
		struct issue_row issue;
		if (get_issue(a, &e->ranks.items[i].issue_id, &issue))
			return STATUS_INVALID;
		issue.rank = e->ranks.items[i].to;
		put_issue(a, &e->ranks.items[i].issue_id, &issue);
	}
	return STATUS_OK;
}

static enum status keep(const struct issue_applying *a, const struct event *event)
{
	struct issue_row issue;
	if (get_issue(a, &a->meta->aggregate.id, &issue))
		return STATUS_INVALID;
	return issue_keep_apply(a, event, issue.archived_seq, issue.deleted_seq);
}

/* Rows beside that of the issue. They come first: a put moves what the issue's row borrows from. */
static enum status change_others(const struct issue_applying *a, const struct event *event)
{
	const struct field_folding fields = issue_field_folding(a);
	if (event->type == EVENT_ISSUE_DESCRIPTION_CHANGED)
		put_text(a, event->issue_description_changed.to);
	else if (event->type == EVENT_ISSUE_PARENT_CHANGED)
		parent_changed(a, &event->issue_parent_changed);
	else if (event->type == EVENT_ISSUE_MOVED)
		moved(a, &event->issue_moved);
	else if (event->type == EVENT_ISSUE_FIELDS_CHANGED)
		return field_values_apply(&fields, &event->issue_fields_changed);
	else if (event->type == EVENT_RANKS_REBALANCED)
		return ranks_rebalanced(a, &event->ranks_rebalanced);
	else if (event->type == EVENT_ISSUE_ARCHIVED || event->type == EVENT_ISSUE_UNARCHIVED ||
	         event->type == EVENT_ISSUE_DELETED || event->type == EVENT_ISSUE_RESTORED)
		return keep(a, event);
	else
		return issue_part_apply(a, event);
	return STATUS_OK;
}

static void change_place(struct issue_row *issue, const struct issue_moved *e)
{
	issue->project_id = e->to_project_id;
	issue->number = (uint64_t)e->to_number;
	issue->type = e->to_type;
	issue->status = e->to_status;
	issue->priority = e->to_priority;
	issue->resolution = e->has_to_resolution ? e->to_resolution : slice_of(NULL, 0);
}

static void convert(struct issue_row *issue, const struct issue_converted *e)
{
	issue->type = e->to_type;
	issue->status = e->to_status;
	issue->resolution = e->has_to_resolution ? e->to_resolution : slice_of(NULL, 0);
}

static enum status change_row(const struct issue_applying *a, const struct event *event,
                              struct issue_row *issue)
{
	const struct issue_transitioned *moved = &event->issue_transitioned;
	const struct issue_due_date_changed *due = &event->issue_due_date_changed;
	const struct issue_start_date_changed *start = &event->issue_start_date_changed;
	const struct issue_estimate_changed *estimate = &event->issue_estimate_changed;
	const struct issue_remaining_changed *remaining = &event->issue_remaining_changed;
	switch (event->type) {
	case EVENT_COMMENT_ADDED:
		issue->comments++;
		break;
	case EVENT_COMMENT_DELETED:
		issue->comments--;
		break;
	case EVENT_ISSUE_ASSIGNED:
		issue->assignee = optional(event->issue_assigned.has_to, &event->issue_assigned.to);
		break;
	case EVENT_ISSUE_CONVERTED:
		convert(issue, &event->issue_converted);
		break;
	case EVENT_ISSUE_DUE_DATE_CHANGED:
		issue->has_due_on = due->has_to;
		issue->due_on = due->has_to ? due->to : 0;
		break;
	case EVENT_ISSUE_ESTIMATE_CHANGED:
		issue->has_estimate = estimate->has_to;
		issue->estimate = estimate->has_to ? estimate->to : 0;
		break;
	case EVENT_ISSUE_LABELS_CHANGED:
		return labels_changed(a, issue, &event->issue_labels_changed);
	case EVENT_ISSUE_MOVED:
		change_place(issue, &event->issue_moved);
		break;
	case EVENT_ISSUE_PARENT_CHANGED:
		issue->parent = optional(event->issue_parent_changed.has_to,
		                         &event->issue_parent_changed.to);
		break;
	case EVENT_ISSUE_PRIORITY_CHANGED:
		issue->priority = event->issue_priority_changed.to;
		break;
	case EVENT_ISSUE_RANKED:
		issue->rank = event->issue_ranked.to;
		break;
	case EVENT_ISSUE_REMAINING_CHANGED:
		issue->has_remaining = remaining->has_to;
		issue->remaining = remaining->has_to ? remaining->to : 0;
		break;
	case EVENT_ISSUE_REPORTER_CHANGED:
		issue->reporter = event->issue_reporter_changed.to;
		break;
	case EVENT_ISSUE_RESOLUTION_CHANGED:
		issue->resolution = event->issue_resolution_changed.to;
		break;
	case EVENT_ISSUE_START_DATE_CHANGED:
		issue->has_start_on = start->has_to;
		issue->start_on = start->has_to ? start->to : 0;
		break;
	case EVENT_ISSUE_SUMMARY_CHANGED:
		issue->summary = event->issue_summary_changed.to;
		break;
	case EVENT_ISSUE_TRANSITIONED:
		issue->status = moved->to;
		issue->resolution = moved->has_resolution ? moved->resolution : slice_of(NULL, 0);
		break;
	case EVENT_ISSUE_WATCHED:
		issue->watchers++;
		break;
	case EVENT_ISSUE_UNWATCHED:
		issue->watchers--;
		break;
	case EVENT_WORK_LOGGED:
		issue->worklogs++;
		issue->spent += event->work_logged.minutes;
		break;
	case EVENT_WORKLOG_DELETED:
		issue->worklogs--;
		issue->spent -= event->worklog_deleted.minutes;
		break;
	case EVENT_WORKLOG_EDITED:
		issue->spent +=
		        event->worklog_edited.to_minutes - event->worklog_edited.from_minutes;
		break;
	case EVENT_ISSUE_ARCHIVED:
		issue->archived_seq = (uint64_t)a->meta->seq;
		break;
	case EVENT_ISSUE_UNARCHIVED:
		issue->archived_seq = 0;
		break;
	case EVENT_ISSUE_DELETED:
		issue->deleted_seq = (uint64_t)a->meta->seq;
		break;
	case EVENT_ISSUE_RESTORED:
		issue->deleted_seq = 0;
		break;
	case EVENT_API_KEYS_LIMITED:
	case EVENT_API_KEY_CREATED:
	case EVENT_API_KEY_REVOKED:
	case EVENT_BOARD_CREATED:
	case EVENT_BOARD_DELETED:
	case EVENT_BOARD_EDITED:
	case EVENT_BULK_COMPLETED:
	case EVENT_BULK_REFUSED:
	case EVENT_COMMAND_CONCLUDED:
	case EVENT_COMMENT_EDITED:
	case EVENT_COMPONENT_ADDED:
	case EVENT_COMPONENT_EDITED:
	case EVENT_COMPONENT_REMOVED:
	case EVENT_EVENT_SKIPPED:
	case EVENT_FIELD_ADDED:
	case EVENT_FIELD_EDITED:
	case EVENT_FIELD_OPTION_ADDED:
	case EVENT_FIELD_OPTION_EDITED:
	case EVENT_FIELD_OPTION_REMOVED:
	case EVENT_FIELD_REMOVED:
	case EVENT_ISSUE_COMPONENTS_CHANGED:
	case EVENT_ISSUE_CREATED:
	case EVENT_ISSUE_DESCRIPTION_CHANGED:
	case EVENT_ISSUE_FIELDS_CHANGED:
	case EVENT_ISSUE_LINKED:
	case EVENT_ISSUE_TYPE_ADDED:
	case EVENT_ISSUE_TYPE_CHANGED:
	case EVENT_ISSUE_TYPE_REMOVED:
	case EVENT_ISSUE_UNLINKED:
	case EVENT_ISSUE_VERSIONS_CHANGED:
	case EVENT_LABEL_ADDED:
	case EVENT_LABEL_EDITED:
	case EVENT_LABEL_POLICY_CHANGED:
	case EVENT_LABEL_REMOVED:
	case EVENT_LINK_TYPE_ADDED:
	case EVENT_LINK_TYPE_EDITED:
	case EVENT_LINK_TYPE_REMOVED:
	case EVENT_MEMBER_ADDED:
	case EVENT_MEMBER_DEACTIVATED:
	case EVENT_MEMBER_PROFILE_SET:
	case EVENT_MEMBER_REACTIVATED:
	case EVENT_MEMBER_REMOVED:
	case EVENT_MEMBER_ROLE_CHANGED:
	case EVENT_ORGANIZATION_CREATED:
	case EVENT_ORGANIZATION_RENAMED:
	case EVENT_PERMISSION_GRANTS_CHANGED:
	case EVENT_PERMISSION_SCHEME_ASSIGNED:
	case EVENT_PERMISSION_SCHEME_CREATED:
	case EVENT_PERMISSION_SCHEME_REMOVED:
	case EVENT_PERMISSION_SCHEME_RENAMED:
	case EVENT_PROJECT_ROLE_ADDED:
	case EVENT_PROJECT_ROLE_MEMBERS_CHANGED:
	case EVENT_PROJECT_ROLE_REMOVED:
	case EVENT_PROJECT_ROLE_RENAMED:
	case EVENT_PRIORITY_ADDED:
	case EVENT_PRIORITY_CHANGED:
	case EVENT_PROJECT_ARCHIVED:
	case EVENT_PROJECT_CATEGORY_CHANGED:
	case EVENT_PROJECT_CREATED:
	case EVENT_PROJECT_DELETED:
	case EVENT_PROJECT_KEY_CHANGED:
	case EVENT_PROJECT_LEAD_CHANGED:
	case EVENT_PROJECT_RENAMED:
	case EVENT_PROJECT_RESTORED:
	case EVENT_PROJECT_UNARCHIVED:
	case EVENT_RANKS_REBALANCED:
	case EVENT_RESOLUTION_ADDED:
	case EVENT_RESOLUTION_CHANGED:
	case EVENT_STATUS_ADDED:
	case EVENT_STATUS_CHANGED:
	case EVENT_STATUS_REMOVED:
	case EVENT_TEAM_CREATED:
	case EVENT_TEAM_DELETED:
	case EVENT_TEAM_MEMBERS_CHANGED:
	case EVENT_TEAM_RENAMED:
	case EVENT_VERSION_ADDED:
	case EVENT_VERSION_EDITED:
	case EVENT_VERSION_MOVED:
	case EVENT_VERSION_REMOVED:
	case EVENT_VERSION_STATUS_CHANGED:
	case EVENT_WORKFLOW_ASSIGNED:
	case EVENT_WORKFLOW_DRAFT_DISCARDED:
	case EVENT_WORKFLOW_DRAFT_SAVED:
	case EVENT_WORKFLOW_PUBLISHED:
	case EVENT_WORKFLOW_REMOVED:
		break; /* nothing but version and time */
	}
	return STATUS_OK;
}

static enum status issue_apply(struct view *view, const struct event *event, struct error *err)
{
	const struct event_meta *meta = &event->meta;
	struct buf *labels = view->own;
	struct issue_applying a = {view, meta, meta->tenant, labels, err};
	struct issue_row issue;
	buf_clear(labels);
	if (meta->aggregate.kind == AGGREGATE_KIND_PROJECT)
		return issue_project_apply(&a, event);
	if (meta->aggregate.kind == AGGREGATE_KIND_BULK)
		issue_bulk_apply(&a, event);
	enum status status = STATUS_OK;
	if (event->type == EVENT_ISSUE_CREATED) {
		status = issue_created(&a, &event->issue_created);
		if (!status)
			status =
			        issue_tags_apply(&a, event, &event->issue_created.project_id, true);
		return status ? status
		              : issue_labels_apply(&a, event, &event->issue_created.project_id,
		                                   true);
	}
	status = change_others(&a, event);
	if (status || meta->aggregate.kind != AGGREGATE_KIND_ISSUE)
		return status;
	if (get_issue(&a, &meta->aggregate.id, &issue))
		return STATUS_INVALID;
	struct uuid project = issue.project_id;
	status = change_row(&a, event, &issue);
	bool seen = issue.deleted_seq == 0;
	issue.version = (uint64_t)meta->aggregate.version;
	issue.updated_at = meta->occurred_at;
	if (!status)
		put_issue(&a, &meta->aggregate.id, &issue);
	if (!status)
		status = issue_tags_apply(&a, event, &project, seen);
	return status ? status : issue_labels_apply(&a, event, &project, seen);
}

static enum status attach(struct view *view, struct error *err)
{
	(void)err;
	view->own = mem_new(sizeof(struct buf));
	return STATUS_OK;
}

static void detach(struct view *view)
{
	buf_release(view->own);
	free(view->own);
}

static const char *const tables[] = {KV_VIEW_TABLES,
                                     "issues",
                                     "numbers",
                                     "texts",
                                     "comments",
                                     "comment_seqs",
                                     "comment_texts",
                                     "worklogs",
                                     "worklog_seqs",
                                     "watchers",
                                     "kept",
                                     "links",
                                     "children",
                                     "projects",
                                     "project_keys",
                                     "components",
                                     "versions",
                                     "tags",
                                     "fields",
                                     "options",
                                     "values",
                                     "bulks",
                                     "bulk_refusals",
                                     "link_types",
                                     "statuses",
                                     "former",
                                     "names",
                                     "labels",
                                     NULL};

const struct field_tables issue_field_tables = {FIELDS, OPTIONS, VALUES, .paragraphs = true};

const struct kv_view_type issue_view = {
        .type =
                {
                        .name = "issue",
                        .version = 8,
                        .pace_ms = 20,
                        .handled = issue_handled,
                        KV_VIEW_SLOTS,
                        .advance = kv_view_advance,
                },
        .apply = issue_apply,
        .tables = tables,
        .rows = ((1u << ISSUE_TABLES) - 1) & ~((1u << KV_VIEW_OWN) - 1),
        .attach = attach,
        .detach = detach,
};
