/* The fold of the board view. Every event of an issue moves its card's version, so all of them are
 * handled. What does not fit (an unknown status, an issue that is not there) stops the tenant: a
 * newer version wrote it, or this view is wrong; a board that is silently wrong is worse. */
#include "projections/board.h"

#include <stdlib.h>

#include "projections/answers.h"
#include "projections/board_card.h"
#include "projections/boards_inside.h"
#include "projections/row.h"

struct applying {
	struct view *view;
	const struct tenant_entry *tenant;
	const struct event_meta *meta;
	struct error *err;
};

static enum status set_word(const struct applying *a, char *to, size_t max, struct slice word,
                            const char *what)
{
	if (word.n > max || memchr(word.data ? word.data : "", 0, word.n))
		return error_set(a->err, STATUS_INVALID, "a %s of %zu bytes", what, word.n);
	if (word.n)
		memcpy(to, word.data, word.n);
	to[word.n] = 0;
	return STATUS_OK;
}

static enum status find_card(const struct applying *a, const struct uuid *id, struct card **card)
{
	*card = board_card_find(a->view, a->tenant, id);
	if (*card)
		return STATUS_OK;
	char text[UUID_TEXT];
	uuid_format(id, text);
	return error_set(a->err, STATUS_INVALID, "no card of issue %.*s", UUID_TEXT, text);
}

static enum status bad_count(const struct applying *a)
{
	return error_set(a->err, STATUS_INVALID, "a child that its parent does not count");
}

/* In @project a child came (+1), went (-1) or, with @total 0, changed between done and not done. */
static enum status count_one(const struct applying *a, struct card *parent,
                             const struct project *project, int total, int done)
{
	board_card_touch(a->view, parent, (uint64_t)a->meta->seq);
	return card_count_child(parent, &project->id, total, done) ? STATUS_OK : bad_count(a);
}

static enum status count_child(const struct applying *a, const struct uuid *parent,
                               const struct project *project, int total, int done)
{
	struct card *card;
	if (find_card(a, parent, &card))
		return STATUS_INVALID;
	return count_one(a, card, project, total, done);
}

static struct field_folding field_folding(const struct applying *a)
{
	struct board *board = a->view->own;
	return (struct field_folding){.view = a->view,
	                              .meta = a->meta,
	                              .tables = &board_field_tables,
	                              .tenant = a->tenant->name,
	                              .scratch = &board->json,
	                              .err = a->err};
}

static enum status project_created(const struct applying *a, const struct project_created *e)
{
	if (board_project_find(a->view, a->tenant, &a->meta->aggregate.id))
		return error_set(a->err, STATUS_INVALID, "the project was created before");
	if (e->key.n == 0 || e->key.n > PROJECT_KEY_MAX)
		return error_set(a->err, STATUS_INVALID, "a project key of %zu bytes", e->key.n);
	struct project *project = board_project_add(a->view, a->tenant, &a->meta->aggregate.id);
	memcpy(project->key, e->key.data, e->key.n);
	buf_append_slice(&project->name, e->name);
	project->has_lead = e->has_lead;
	if (e->has_lead)
		project->lead = e->lead;
	board_project_name(a->view, project);
	board_order_begin(project);
	return board_columns_begin(project, a->err);
}

static void set_text(struct buf *text, struct slice to)
{
	buf_clear(text);
	buf_append_slice(text, to);
}

static enum status key_changed(const struct applying *a, struct project *project,
                               const struct project_key_changed *e)
{
	struct buf former = {0};
	row_former_keys(&former, buf_slice(&project->former_keys), slice_str(project->key), e->to);
	buf_release(&project->former_keys);
	project->former_keys = former;
	if (set_word(a, project->key, PROJECT_KEY_MAX, e->to, "project key"))
		return STATUS_INVALID;
	board_project_rekey(a->view, project, (uint64_t)a->meta->seq);
	return STATUS_OK;
}

static enum status change_project(const struct applying *a, struct project *project,
                                  const struct event *event)
{
	const struct project_category_changed *category = &event->project_category_changed;
	const struct project_lead_changed *lead = &event->project_lead_changed;
	if (event->type == EVENT_PROJECT_RENAMED) {
		set_text(&project->name, event->project_renamed.to);
	} else if (event->type == EVENT_PROJECT_CATEGORY_CHANGED) {
		set_text(&project->category, category->has_to ? category->to : SLICE(""));
	} else if (event->type == EVENT_PROJECT_LEAD_CHANGED) {
		project->has_lead = lead->has_to;
		project->lead = lead->has_to ? lead->to : (struct uuid){{0}};
	} else if (event->type == EVENT_PROJECT_KEY_CHANGED) {
		return key_changed(a, project, &event->project_key_changed);
	} else if (event->type == EVENT_PROJECT_ARCHIVED ||
	           event->type == EVENT_PROJECT_UNARCHIVED) {
		project->archived = event->type == EVENT_PROJECT_ARCHIVED;
	} else if (event->type == EVENT_PROJECT_DELETED || event->type == EVENT_PROJECT_RESTORED) {
		project->deleted = event->type == EVENT_PROJECT_DELETED;
		if (!board_project_hide(a->view, project, (uint64_t)a->meta->seq))
			return bad_count(a);
	} else {
		const struct field_folding fields = field_folding(a);
		board_order_change(project, event);
		enum status status = board_columns_change(project, event, a->err);
		return status ? status : field_rows_apply(&fields, event);
	}
	return STATUS_OK;
}

static enum status apply_to_project(const struct applying *a, const struct event *event)
{
	const struct uuid *id = &a->meta->aggregate.id;
	enum status status;
	if (event->type == EVENT_PROJECT_CREATED)
		status = project_created(a, &event->project_created);
	else if (!board_project_find(a->view, a->tenant, id))
		status = error_set(a->err, STATUS_INVALID, "a project that is not there");
	else
		status = change_project(a, board_project_find(a->view, a->tenant, id), event);
	if (status)
		return status;
	struct project *project = board_project_find(a->view, a->tenant, id);
	project->version = (uint64_t)a->meta->aggregate.version;
	project->last_seq = (uint64_t)a->meta->seq;
	project->dirty = true;
	return STATUS_OK;
}

static enum status issue_created(const struct applying *a, const struct issue_created *e)
{
	struct project *project = board_project_find(a->view, a->tenant, &e->project_id);
	if (!project)
		return error_set(a->err, STATUS_INVALID, "an issue of a project that is not there");
	if (board_card_find(a->view, a->tenant, &a->meta->aggregate.id))
		return error_set(a->err, STATUS_INVALID, "the issue was created before");
	uint8_t column;
	if (board_column_find(project, e->status, &column, a->err))
		return STATUS_INVALID;
	struct card *card = board_card_add(a->view, project, &a->meta->aggregate.id);
	if (set_word(a, card->type, CARD_WORD_MAX, e->type, "type") ||
	    set_word(a, card->priority, CARD_WORD_MAX, e->priority, "priority") ||
	    set_word(a, card->rank, CARD_RANK_MAX, e->rank, "rank"))
		return STATUS_INVALID;
	card->number = (uint64_t)e->number;
	card->column = column;
	card->done = project->columns[column].category == STATUS_CATEGORY_DONE;
	card->epic = board_type_is_epic(project, e->type);
	board_card_begin(card, e);
	project->columns[column].count++;
	return e->has_parent ? count_child(a, &e->parent, project, 1, card->done) : STATUS_OK;
}

static enum status set_resolution(const struct applying *a, struct card *card, bool has,
                                  struct slice resolution)
{
	return set_word(a, card->resolution, CARD_WORD_MAX, has ? resolution : SLICE(""),
	                "resolution");
}

static bool is_shown(const struct card *card)
{
	return !card->archived && !card->deleted;
}

static enum status issue_transitioned(const struct applying *a, struct card *card,
                                      const struct issue_transitioned *e)
{
	uint8_t column;
	if (board_column_find(card->project, e->to, &column, a->err))
		return STATUS_INVALID;
	if (set_resolution(a, card, e->has_resolution, e->resolution))
		return STATUS_INVALID;
	bool done = e->to_category == STATUS_CATEGORY_DONE;
	int change = (int)done - (int)card->done;
	if (is_shown(card)) {
		card->project->columns[card->column].count--;
		card->project->columns[column].count++;
	}
	card->column = column;
	card->done = done;
	if (!card->has_parent || !change || card->deleted)
		return STATUS_OK;
	return count_child(a, &card->parent, card->project, 0, change);
}

static enum status issue_converted(const struct applying *a, struct card *card,
                                   const struct issue_converted *e)
{
	const struct issue_transitioned step = {.to = e->to_status,
	                                        .to_category = e->to_category,
	                                        .has_resolution = e->has_to_resolution,
	                                        .resolution = e->to_resolution};
	if (set_word(a, card->type, CARD_WORD_MAX, e->to_type, "type"))
		return STATUS_INVALID;
	card->epic = board_type_is_epic(card->project, e->to_type);
	return issue_transitioned(a, card, &step);
}

/* Both boards have moved; the card goes on in the other one with its rank. */
static enum status issue_moved(const struct applying *a, struct card *card,
                               const struct issue_moved *e)
{
	struct project *project = board_project_find(a->view, a->tenant, &e->to_project_id);
	uint8_t column;
	if (!project)
		return error_set(a->err, STATUS_INVALID, "a move to a project that is not there");
	if (board_column_find(project, e->to_status, &column, a->err) ||
	    set_word(a, card->type, CARD_WORD_MAX, e->to_type, "type") ||
	    set_word(a, card->priority, CARD_WORD_MAX, e->to_priority, "priority") ||
	    set_resolution(a, card, e->has_to_resolution, e->to_resolution))
		return STATUS_INVALID;
	bool done = e->to_category == STATUS_CATEGORY_DONE;
	bool counts = card->has_parent && !card->deleted;
	if (counts && count_child(a, &card->parent, card->project, -1, -(int)card->done))
		return STATUS_INVALID;
	board_card_touch(a->view, card, (uint64_t)a->meta->seq);
	board_card_touch_below(a->view, card, (uint64_t)a->meta->seq);
	card->project->columns[card->column].count -= is_shown(card);
	project->columns[column].count += is_shown(card);
	card->project = project;
	card->epic = board_type_is_epic(project, e->to_type);
	buf_clear(&card->components);
	buf_clear(&card->fix_versions);
	card->number = (uint64_t)e->to_number;
	card->column = column;
	card->done = done;
	return counts ? count_child(a, &card->parent, project, 1, done) : STATUS_OK;
}

static enum status parent_changed(const struct applying *a, struct card *card,
                                  const struct issue_parent_changed *e)
{
	if (card->has_parent &&
	    count_child(a, &card->parent, card->project, -1, card->done ? -1 : 0))
		return STATUS_INVALID;
	card->has_parent = e->has_to;
	card->parent_deleted = false;
	card->parent = e->has_to ? e->to : (struct uuid){{0}};
	return e->has_to ? count_child(a, &e->to, card->project, 1, card->done) : STATUS_OK;
}

/* On the board or not, and counted in its column or not. */
static void show(struct card *card, bool archived, bool deleted)
{
	bool before = is_shown(card);
	card->archived = archived;
	card->deleted = deleted;
	card->project->columns[card->column].count += (uint64_t)((int)is_shown(card) - (int)before);
}

/* @children: issues below it that stay. */
static enum status set_deleted(const struct applying *a, struct card *card, bool deleted,
                               const struct uuid_array *children)
{
	int n = deleted ? -1 : 1;
	struct card *parent = NULL;
	show(card, card->archived, deleted);
	if (card->has_parent && find_card(a, &card->parent, &parent))
		return STATUS_INVALID;
	/* in a deleted project it does not count for a parent of another one */
	if (parent && (!card->project->deleted || parent->project == card->project) &&
	    count_one(a, parent, card->project, n, card->done ? n : 0))
		return STATUS_INVALID;
	for (uint32_t i = 0; i < children->n; i++) {
		struct card *child;
		if (find_card(a, &children->items[i], &child))
			return STATUS_INVALID;
		child->parent_deleted =
		        deleted || (card->project->deleted && child->project != card->project);
		board_card_touch(a->view, child, (uint64_t)a->meta->seq);
	}
	return STATUS_OK;
}

static enum status ranks_rebalanced(const struct applying *a, const struct ranks_rebalanced *e)
{
	for (uint32_t i = 0; i < e->ranks.n; i++) {
		struct card *card;
		if (find_card(a, &e->ranks.items[i].issue_id, &card) ||
		    set_word(a, card->rank, CARD_RANK_MAX, e->ranks.items[i].to, "rank"))
			return STATUS_INVALID;
		board_card_touch(a->view, card, (uint64_t)a->meta->seq);
	}
	return STATUS_OK;
}

static enum status apply_to_card(const struct applying *a, struct card *card,
                                 const struct event *event)
{
	const struct field_folding fields = field_folding(a);
	switch (event->type) {
	case EVENT_ISSUE_FIELDS_CHANGED:
		return field_values_apply(&fields, &event->issue_fields_changed);
	case EVENT_COMMENT_ADDED:
		card->comments++;
		return STATUS_OK;
	case EVENT_COMMENT_DELETED:
		if (card->comments == 0)
			return error_set(a->err, STATUS_INVALID, "no comment to delete");
		card->comments--;
		return STATUS_OK;
	case EVENT_ISSUE_ARCHIVED:
	case EVENT_ISSUE_UNARCHIVED:
		show(card, event->type == EVENT_ISSUE_ARCHIVED, card->deleted);
		return STATUS_OK;
	case EVENT_ISSUE_DELETED:
		return set_deleted(a, card, true, &event->issue_deleted.children);
	case EVENT_ISSUE_RESTORED:
		return set_deleted(a, card, false, &event->issue_restored.children);
	case EVENT_ISSUE_ASSIGNED:
	case EVENT_ISSUE_COMPONENTS_CHANGED:
	case EVENT_ISSUE_DUE_DATE_CHANGED:
	case EVENT_ISSUE_ESTIMATE_CHANGED:
	case EVENT_ISSUE_LABELS_CHANGED:
	case EVENT_ISSUE_REMAINING_CHANGED:
	case EVENT_ISSUE_REPORTER_CHANGED:
	case EVENT_ISSUE_START_DATE_CHANGED:
	case EVENT_ISSUE_SUMMARY_CHANGED:
	case EVENT_ISSUE_VERSIONS_CHANGED:
		return board_card_field(card, event, a->err);
	case EVENT_ISSUE_CONVERTED:
		return issue_converted(a, card, &event->issue_converted);
	case EVENT_ISSUE_MOVED:
		return issue_moved(a, card, &event->issue_moved);
	case EVENT_ISSUE_PARENT_CHANGED:
		return parent_changed(a, card, &event->issue_parent_changed);
	case EVENT_ISSUE_PRIORITY_CHANGED:
		return set_word(a, card->priority, CARD_WORD_MAX, event->issue_priority_changed.to,
		                "priority");
	case EVENT_ISSUE_RANKED:
		return set_word(a, card->rank, CARD_RANK_MAX, event->issue_ranked.to, "rank");
	case EVENT_ISSUE_RESOLUTION_CHANGED:
		return set_resolution(a, card, true, event->issue_resolution_changed.to);
	case EVENT_ISSUE_TRANSITIONED:
		return issue_transitioned(a, card, &event->issue_transitioned);
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
	case EVENT_ISSUE_CREATED:
	case EVENT_ISSUE_DESCRIPTION_CHANGED:
	case EVENT_ISSUE_LINKED:
	case EVENT_ISSUE_TYPE_ADDED:
	case EVENT_ISSUE_TYPE_CHANGED:
	case EVENT_ISSUE_TYPE_REMOVED:
	case EVENT_ISSUE_UNLINKED:
	case EVENT_ISSUE_UNWATCHED:
	case EVENT_ISSUE_WATCHED:
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
	case EVENT_WORKLOG_DELETED:
	case EVENT_WORKLOG_EDITED:
	case EVENT_WORK_LOGGED:
		break; /* nothing but the version */
	}
	return STATUS_OK;
}

static enum status board_apply(struct view *view, const struct event *event, struct error *err)
{
	const struct event_meta *meta = &event->meta;
	struct applying a = {view, tenant_table_get(&view->seqs, meta->tenant, NULL), meta, err};
	enum status status = STATUS_OK;
	if (meta->aggregate.kind == AGGREGATE_KIND_PROJECT)
		return apply_to_project(&a, event);
	if (meta->aggregate.kind == AGGREGATE_KIND_BOARD)
		return boards_apply(view, event, err);
	if (event->type == EVENT_ISSUE_CREATED)
		status = issue_created(&a, &event->issue_created);
	else if (event->type == EVENT_RANKS_REBALANCED)
		status = ranks_rebalanced(&a, &event->ranks_rebalanced);
	if (status || meta->aggregate.kind != AGGREGATE_KIND_ISSUE)
		return status;
	struct card *card;
	if (find_card(&a, &meta->aggregate.id, &card))
		return STATUS_INVALID;
	status = apply_to_card(&a, card, event);
	card->version = (uint64_t)meta->aggregate.version;
	board_card_touch(view, card, (uint64_t)meta->seq);
	return status;
}

static const char *const tables[] = {KV_VIEW_TABLES, "cards",  "card_rows", "projects",
                                     "project_keys", "boards", "fields",    "options",
                                     "values",       NULL};

const struct field_tables board_field_tables = {FIELDS, OPTIONS, VALUES, .paragraphs = false};

const struct kv_view_type board_view = {
        .type =
                {
                        .name = "board",
                        .version = 6,
                        .pace_ms = 20,
                        .handled = board_handled,
                        KV_VIEW_SLOTS,
                        .advance = kv_view_advance,
                },
        .apply = board_apply,
        .tables = tables,
        .rows = 1u << CARDS | 1u << CARD_ROWS | 1u << PROJECTS | 1u << PROJECT_KEYS | 1u << BOARDS |
                1u << FIELDS | 1u << OPTIONS | 1u << VALUES,
        .attach = board_attach,
        .detach = board_detach,
        .flush = board_flush,
        .discard = board_discard,
};
