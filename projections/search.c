/* What events are to the tables of search_tables.c. */
#include "projections/search.h"

#include "projections/pg_view.h"
#include "projections/search_inside.h"

#define SEARCH_ANSWERS(ON, IGNORE)                                                                 \
	IGNORE(API_KEYS_LIMITED)                                                                   \
	IGNORE(API_KEY_CREATED)                                                                    \
	IGNORE(API_KEY_REVOKED)                                                                    \
	IGNORE(BOARD_CREATED)                                                                      \
	IGNORE(BOARD_DELETED)                                                                      \
	IGNORE(BOARD_EDITED)                                                                       \
	IGNORE(BULK_COMPLETED)                                                                     \
	IGNORE(BULK_REFUSED)                                                                       \
	IGNORE(COMMAND_CONCLUDED)                                                                  \
	ON(COMMENT_ADDED)                                                                          \
	ON(COMMENT_DELETED)                                                                        \
	ON(COMMENT_EDITED)                                                                         \
	IGNORE(COMPONENT_ADDED)                                                                    \
	IGNORE(COMPONENT_EDITED)                                                                   \
	IGNORE(COMPONENT_REMOVED)                                                                  \
	IGNORE(EVENT_SKIPPED)                                                                      \
	ON(FIELD_ADDED)                                                                            \
	ON(FIELD_EDITED)                                                                           \
	IGNORE(FIELD_OPTION_ADDED)                                                                 \
	IGNORE(FIELD_OPTION_EDITED)                                                                \
	ON(FIELD_REMOVED)                                                                          \
	ON(ISSUE_ARCHIVED)                                                                         \
	IGNORE(ISSUE_ASSIGNED)                                                                     \
	IGNORE(ISSUE_COMPONENTS_CHANGED)                                                           \
	ON(ISSUE_CREATED)                                                                          \
	ON(ISSUE_DELETED)                                                                          \
	ON(ISSUE_DESCRIPTION_CHANGED)                                                              \
	IGNORE(ISSUE_DUE_DATE_CHANGED)                                                             \
	IGNORE(ISSUE_ESTIMATE_CHANGED)                                                             \
	ON(ISSUE_FIELDS_CHANGED)                                                                   \
	IGNORE(ISSUE_LABELS_CHANGED)                                                               \
	IGNORE(ISSUE_LINKED)                                                                       \
	ON(ISSUE_MOVED)                                                                            \
	IGNORE(ISSUE_PARENT_CHANGED)                                                               \
	IGNORE(ISSUE_PRIORITY_CHANGED)                                                             \
	IGNORE(ISSUE_RANKED)                                                                       \
	IGNORE(ISSUE_REMAINING_CHANGED)                                                            \
	ON(ISSUE_RESTORED)                                                                         \
	IGNORE(ISSUE_START_DATE_CHANGED)                                                           \
	ON(ISSUE_SUMMARY_CHANGED)                                                                  \
	IGNORE(ISSUE_TRANSITIONED)                                                                 \
	IGNORE(ISSUE_TYPE_ADDED)                                                                   \
	IGNORE(ISSUE_TYPE_CHANGED)                                                                 \
	ON(ISSUE_UNARCHIVED)                                                                       \
	IGNORE(ISSUE_UNLINKED)                                                                     \
	IGNORE(ISSUE_UNWATCHED)                                                                    \
	IGNORE(ISSUE_VERSIONS_CHANGED)                                                             \
	IGNORE(ISSUE_WATCHED)                                                                      \
	IGNORE(LINK_TYPE_ADDED)                                                                    \
	IGNORE(LINK_TYPE_EDITED)                                                                   \
	IGNORE(LINK_TYPE_REMOVED)                                                                  \
	IGNORE(MEMBER_ADDED)                                                                       \
	IGNORE(MEMBER_DEACTIVATED)                                                                 \
	IGNORE(MEMBER_PROFILE_SET)                                                                 \
	IGNORE(MEMBER_REACTIVATED)                                                                 \
	IGNORE(MEMBER_REMOVED)                                                                     \
	IGNORE(MEMBER_ROLE_CHANGED)                                                                \
	IGNORE(ORGANIZATION_CREATED)                                                               \
	IGNORE(ORGANIZATION_RENAMED)                                                               \
	IGNORE(PERMISSION_GRANTS_CHANGED)                                                          \
	IGNORE(PERMISSION_SCHEME_ASSIGNED)                                                         \
	IGNORE(PERMISSION_SCHEME_CREATED)                                                          \
	IGNORE(PERMISSION_SCHEME_REMOVED)                                                          \
	IGNORE(PERMISSION_SCHEME_RENAMED)                                                          \
	IGNORE(PRIORITY_ADDED)                                                                     \
	IGNORE(PRIORITY_CHANGED)                                                                   \
	IGNORE(PROJECT_ARCHIVED)                                                                   \
	IGNORE(PROJECT_CATEGORY_CHANGED)                                                           \
	ON(PROJECT_CREATED)                                                                        \
	ON(PROJECT_DELETED)                                                                        \
	ON(PROJECT_KEY_CHANGED)                                                                    \
	IGNORE(PROJECT_LEAD_CHANGED)                                                               \
	IGNORE(PROJECT_RENAMED)                                                                    \
	IGNORE(PROJECT_ROLE_ADDED)                                                                 \
	IGNORE(PROJECT_ROLE_MEMBERS_CHANGED)                                                       \
	IGNORE(PROJECT_ROLE_REMOVED)                                                               \
	IGNORE(PROJECT_ROLE_RENAMED)                                                               \
	ON(PROJECT_RESTORED)                                                                       \
	IGNORE(PROJECT_UNARCHIVED)                                                                 \
	IGNORE(RANKS_REBALANCED)                                                                   \
	IGNORE(RESOLUTION_ADDED)                                                                   \
	IGNORE(RESOLUTION_CHANGED)                                                                 \
	IGNORE(STATUS_ADDED)                                                                       \
	IGNORE(STATUS_CHANGED)                                                                     \
	IGNORE(STATUS_REMOVED)                                                                     \
	IGNORE(TEAM_CREATED)                                                                       \
	IGNORE(TEAM_DELETED)                                                                       \
	IGNORE(TEAM_MEMBERS_CHANGED)                                                               \
	IGNORE(TEAM_RENAMED)                                                                       \
	IGNORE(VERSION_ADDED)                                                                      \
	IGNORE(VERSION_EDITED)                                                                     \
	IGNORE(VERSION_MOVED)                                                                      \
	IGNORE(VERSION_REMOVED)                                                                    \
	IGNORE(VERSION_STATUS_CHANGED)                                                             \
	IGNORE(WORKFLOW_ASSIGNED)                                                                  \
	IGNORE(WORKFLOW_DRAFT_DISCARDED)                                                           \
	IGNORE(WORKFLOW_DRAFT_SAVED)                                                               \
	IGNORE(WORKFLOW_PUBLISHED)                                                                 \
	IGNORE(WORKFLOW_REMOVED)                                                                   \
	IGNORE(WORKLOG_DELETED)                                                                    \
	IGNORE(WORKLOG_EDITED)                                                                     \
	IGNORE(WORK_LOGGED)
VIEW_ANSWERS(search, SEARCH_ANSWERS);

static void add_key(struct view *view, const struct event_meta *meta, struct slice key)
{
	struct pg_batch *batch = &view->batches[PROJECTS];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_text(batch, key);
	pg_batch_int(batch, meta->seq);
}

static void issue_created(struct view *view, const struct event_meta *meta,
                          const struct issue_created *e)
{
	struct pg_batch *batch = &view->batches[ISSUES];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_uuid(batch, &e->project_id);
	pg_batch_int(batch, e->number);
	pg_batch_text(batch, e->summary);
	pg_batch_text(batch, e->description);
	pg_batch_int(batch, meta->seq);
	pg_batch_text(batch, e->type);
}

/* Its body is that of another row as it is now: what changed that comes first, and the row itself
 * before whatever comes behind. */
static enum status issue_cloned(struct view *view, const struct event_meta *meta,
                                const struct issue_created *e, struct error *err)
{
	struct pg_batch *batch = &view->batches[CLONES];
	enum status status = view->bulk ? STATUS_OK : pg_view_flush(view, err);
	if (status)
		return status;
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_uuid(batch, &e->project_id);
	pg_batch_int(batch, e->number);
	pg_batch_text(batch, e->summary);
	pg_batch_int(batch, meta->seq);
	pg_batch_int(batch, e->description_seq);
	pg_batch_uuid(batch, &e->cloned_from);
	pg_batch_text(batch, e->type);
	return view->bulk ? pg_view_added(view, err) : pg_view_flush(view, err);
}

static void comment_added(struct view *view, const struct event_meta *meta,
                          const struct comment_added *e)
{
	struct pg_batch *batch = &view->batches[COMMENTS];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &e->comment_id);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_null(batch);
	pg_batch_null(batch);
	pg_batch_text(batch, SLICE(""));
	pg_batch_text(batch, e->body);
	pg_batch_int(batch, meta->seq);
}

/* @title or @body without data: unchanged. */
static void edited(struct view *view, const struct event_meta *meta, const struct uuid *doc,
                   const struct slice *title, const struct slice *body)
{
	struct pg_batch *batch = &view->batches[EDITS];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, doc);
	if (title)
		pg_batch_text(batch, *title);
	else
		pg_batch_null(batch);
	if (body)
		pg_batch_text(batch, *body);
	else
		pg_batch_null(batch);
	pg_batch_int(batch, meta->seq);
}

/* An issue, or a project and all of its issues. */
static void hidden(struct view *view, const struct event *event)
{
	struct pg_batch *batch = &view->batches[HIDDEN];
	bool archived = event->type == EVENT_ISSUE_ARCHIVED;
	bool deleted = event->type == EVENT_ISSUE_DELETED || event->type == EVENT_PROJECT_DELETED;
	bool about_deleted = deleted || event->type == EVENT_ISSUE_RESTORED ||
	                     event->type == EVENT_PROJECT_RESTORED;
	pg_batch_text(batch, event->meta.tenant);
	pg_batch_uuid(batch, &event->meta.aggregate.id);
	if (about_deleted)
		pg_batch_null(batch);
	else
		pg_batch_text(batch, archived ? SLICE("t") : SLICE("f"));
	if (about_deleted)
		pg_batch_text(batch, deleted ? SLICE("t") : SLICE("f"));
	else
		pg_batch_null(batch);
	pg_batch_int(batch, event->meta.seq);
}

static void moved(struct view *view, const struct event_meta *meta, const struct issue_moved *e)
{
	struct pg_batch *batch = &view->batches[MOVED];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_uuid(batch, &e->to_project_id);
	pg_batch_int(batch, e->to_number);
	pg_batch_text(batch, e->to_type);
	pg_batch_int(batch, meta->seq);
}

static enum status search_apply(struct view *view, const struct event *event, struct error *err)
{
	const struct event_meta *meta = &event->meta;
	if (view->skip)
		return STATUS_OK;
	if (event->type == EVENT_PROJECT_CREATED) {
		add_key(view, meta, event->project_created.key);
	} else if (event->type == EVENT_PROJECT_KEY_CHANGED) {
		add_key(view, meta, event->project_key_changed.to);
	} else if (event->type == EVENT_FIELD_ADDED || event->type == EVENT_FIELD_EDITED ||
	           event->type == EVENT_FIELD_REMOVED) {
		search_field_changed(view, event);
	} else if (event->type == EVENT_ISSUE_FIELDS_CHANGED) {
		return search_values_changed(view, meta, &event->issue_fields_changed, err);
	} else if (event->type == EVENT_ISSUE_CREATED && event->issue_created.has_cloned_from) {
		return issue_cloned(view, meta, &event->issue_created, err);
	} else if (event->type == EVENT_ISSUE_CREATED) {
		issue_created(view, meta, &event->issue_created);
	} else if (event->type == EVENT_COMMENT_ADDED) {
		comment_added(view, meta, &event->comment_added);
	} else if (event->type == EVENT_ISSUE_SUMMARY_CHANGED) {
		edited(view, meta, &meta->aggregate.id, &event->issue_summary_changed.to, NULL);
	} else if (event->type == EVENT_ISSUE_DESCRIPTION_CHANGED) {
		edited(view, meta, &meta->aggregate.id, NULL, &event->issue_description_changed.to);
	} else if (event->type == EVENT_COMMENT_EDITED) {
		edited(view, meta, &event->comment_edited.comment_id, NULL,
		       &event->comment_edited.body);
	} else if (event->type == EVENT_ISSUE_ARCHIVED || event->type == EVENT_ISSUE_UNARCHIVED ||
	           event->type == EVENT_ISSUE_DELETED || event->type == EVENT_ISSUE_RESTORED ||
	           event->type == EVENT_PROJECT_DELETED || event->type == EVENT_PROJECT_RESTORED) {
		hidden(view, event);
	} else if (event->type == EVENT_ISSUE_MOVED) {
		moved(view, meta, &event->issue_moved);
	} else if (event->type == EVENT_COMMENT_DELETED) {
		pg_batch_text(&view->batches[DELETED], meta->tenant);
		pg_batch_uuid(&view->batches[DELETED], &event->comment_deleted.comment_id);
	}
	return pg_view_added(view, err);
}

const struct pg_view_type search_view = {
        .type =
                {
                        .name = "search",
                        .version = 5,
                        .handled = search_handled,
                        PG_VIEW_SLOTS,
                        .apply = search_apply,
                },
        .tables_sql = search_tables_sql,
        .bulk_sql = search_bulk_sql,
        .fill_sql = search_fill_sql,
        .keys_sql = search_keys_sql,
        .batches = search_batches,
        .batches_n = SEARCH_BATCHES,
        .digests = search_digests,
};
