/* Archive and delete, and back. Both leave everything of an issue where it is: its number, rank,
 * comments, links, watchers, worklogs.
 *
 * Sub-tasks (types that need a parent) go along with their parent in the same decision, and come
 * back with it, unless they had gone before on their own. So a sub-task that is there has a parent
 * that is there. Other issues below it (stories of an epic) stay: while their parent is deleted
 * they show none; IssueDeleted and IssueRestored list them, for views that show parents.
 *
 * The event of the issue that the command names is the last one: the answer tells its aggregate.
 *
 * An archived issue refuses every command but UnarchiveIssue. A deleted one is there for nobody;
 * RestoreIssue is the only command that finds it. */
#include "core/domain/issue.h"

struct children children_of(const struct tenant_state *state, const struct uuid *parent)
{
	static const struct uuid none;
	struct children children = {.state = state, .begin = row_key_child(parent, &none)};

	children.at = children.begin;
	return children;
}

bool next_child(struct children *children, struct row_issue *child)
{
	const size_t prefix = sizeof(struct uuid);
	struct row_child unused;
	struct uuid id;

	if (!children->state->next(children->state, &children->at, false, &unused) ||
	    memcmp(children->at.bytes, children->begin.bytes, prefix) != 0)
		return false;
	memcpy(id.bytes, children->at.bytes + prefix, sizeof(id.bytes));
	bool found = read_issue(children->state, &id, child);
	assert(found);
	return found;
}

bool is_subtask(const struct tenant_state *state, const struct row_issue *issue)
{
	struct row_item type;
	bool found =
	        read_item(state, &issue->project_id, ITEM_ISSUE_TYPE, PADDED(issue->type), &type);

	assert(found);
	(void)found;
	return type_needs_parent(&type);
}

/* Emit @type for a sub-task that goes along; in its own version, not that of the decision. */
static struct event *emit_along(struct judge *judge, enum event_type type, struct row_issue *child)
{
	child->version++;
	return emit(judge, type, AGGREGATE_KIND_ISSUE, &child->id, child->version);
}

/* Which sub-tasks go along. */
typedef bool goes_along_fn(const struct row_issue *child);

static bool is_open(const struct row_issue *child)
{
	return !child->archived && !child->deleted;
}

static bool was_archived_along(const struct row_issue *child)
{
	return child->archived_with_parent && !child->deleted;
}

static bool is_not_deleted(const struct row_issue *child)
{
	return !child->deleted;
}

static bool was_deleted_along(const struct row_issue *child)
{
	return child->deleted_with_parent;
}

/* The actor may do this with the sub-task too, which the refusal names unless it is hidden. */
bool check_goes_along(struct judge *judge, const struct row_issue *child)
{
	const struct row_project *project = project_of_issue(judge, child);
	char room[TEXT_NUMBER_MAX];

	if (!can_browse_issue(judge, child))
		return REFUSE(judge, REJECT_FORBIDDEN, "/issue",
		              SLICE("sub-tasks in another project go along, and there the "
		                    "actor may not do this"));
	return may_send(judge, project, child) ||
	       REFUSE(judge, REJECT_FORBIDDEN, "/issue", SLICE("its sub-task "),
	              PADDED(project->key), SLICE("-"), text_number((uint64_t)child->number, room),
	              SLICE(" goes along, and needs the permission "),
	              slice_str(permission_symbol(command_permissions[judge->type].permission)),
	              SLICE(" as well"));
}

/* Whoever takes sub-tasks along is asked about each, wherever it lies. In a deleted project they go
 * along unseen: when it is restored, they are what their parent is. */
static bool check_subtasks(struct judge *judge, const struct row_issue *issue,
                           goes_along_fn *goes_along)
{
	struct children children;
	struct row_issue child;

	for (children = children_of(judge->state, &issue->id); next_child(&children, &child);) {
		if (!is_subtask(judge->state, &child) || !goes_along(&child) ||
		    project_of_issue(judge, &child)->deleted)
			continue;
		if (!check_goes_along(judge, &child) || !check_project_of_issue(judge, &child))
			return false;
	}
	return true;
}

/* --- archive --- */

void decide_archive_issue(struct judge *judge, const struct archive_issue *command)
{
	struct children children;
	struct row_issue issue, child;

	if (!find_issue(judge, command->issue, &issue) ||
	    !check_version(judge, command->has_expected_version, command->expected_version,
	                   issue.version) ||
	    issue.archived || !check_project_of_issue(judge, &issue) ||
	    !check_occurred_at(judge, &issue) || !check_subtasks(judge, &issue, is_open))
		return;
	for (children = children_of(judge->state, &issue.id); next_child(&children, &child);)
		if (is_subtask(judge->state, &child) && is_open(&child))
			emit_along(judge, EVENT_ISSUE_ARCHIVED, &child)
			        ->issue_archived.with_parent = true;
	emit_issue(judge, EVENT_ISSUE_ARCHIVED, &issue)->issue_archived.with_parent = false;
}

/* A sub-task is active only below an active parent. */
static bool check_parent_active(struct judge *judge, const struct row_issue *issue)
{
	struct row_issue parent;

	if (!is_subtask(judge->state, issue) || !read_issue(judge->state, &issue->parent, &parent))
		return true;
	if (parent.deleted)
		return REFUSE(judge, REJECT_PARENT_DELETED, "/issue",
		              SLICE("its parent is deleted: restore that"));
	return check_issue_active(judge, &parent, SLICE("its parent"), "/issue");
}

void decide_unarchive_issue(struct judge *judge, const struct unarchive_issue *command)
{
	struct children children;
	struct row_issue issue, child;

	if (!find_issue(judge, command->issue, &issue) ||
	    !check_version(judge, command->has_expected_version, command->expected_version,
	                   issue.version) ||
	    !issue.archived || !check_project_of_issue(judge, &issue) ||
	    !check_parent_active(judge, &issue) || !check_occurred_at(judge, &issue) ||
	    !check_subtasks(judge, &issue, was_archived_along))
		return;
	for (children = children_of(judge->state, &issue.id); next_child(&children, &child);)
		if (is_subtask(judge->state, &child) && was_archived_along(&child))
			emit_along(judge, EVENT_ISSUE_UNARCHIVED, &child)
			        ->issue_unarchived.with_parent = true;
	emit_issue(judge, EVENT_ISSUE_UNARCHIVED, &issue)->issue_unarchived.with_parent = false;
}

/* --- delete --- */

/* The issues below @issue that do not go along with it. */
static struct uuid_array staying_children(struct judge *judge, const struct row_issue *issue)
{
	struct uuid_array staying = {NULL, 0};
	struct children children;
	struct row_issue child;

	if (!issue->children)
		return staying;
	struct uuid *items = emit_room(judge, issue->children * sizeof(*items));
	if (!items)
		return staying;
	for (children = children_of(judge->state, &issue->id); next_child(&children, &child);)
		if (!is_subtask(judge->state, &child))
			items[staying.n++] = child.id;
	staying.items = items;
	return staying;
}

void decide_delete_issue(struct judge *judge, const struct delete_issue *command)
{
	struct children children;
	struct row_issue issue, child;

	if (!find_subject(judge, command->issue, command->has_expected_version,
	                  command->expected_version, &issue) ||
	    !check_subtasks(judge, &issue, is_not_deleted))
		return;
	struct uuid_array staying = staying_children(judge, &issue);
	for (children = children_of(judge->state, &issue.id); next_child(&children, &child);)
		if (is_subtask(judge->state, &child) && is_not_deleted(&child))
			emit_along(judge, EVENT_ISSUE_DELETED, &child)->issue_deleted.with_parent =
			        true;
	emit_issue(judge, EVENT_ISSUE_DELETED, &issue)->issue_deleted =
	        (struct issue_deleted){.with_parent = false, .children = staying};
}

void decide_restore_issue(struct judge *judge, const struct restore_issue *command)
{
	struct children children;
	struct row_issue issue, child;

	if (!find_kept_issue(judge, command->issue, &issue) ||
	    !check_version(judge, command->has_expected_version, command->expected_version,
	                   issue.version) ||
	    !issue.deleted || !check_project_of_issue(judge, &issue) ||
	    !check_parent_active(judge, &issue) || !check_occurred_at(judge, &issue) ||
	    !check_subtasks(judge, &issue, was_deleted_along))
		return;
	struct uuid_array staying = staying_children(judge, &issue);
	for (children = children_of(judge->state, &issue.id); next_child(&children, &child);)
		if (is_subtask(judge->state, &child) && was_deleted_along(&child))
			emit_along(judge, EVENT_ISSUE_RESTORED, &child)
			        ->issue_restored.with_parent = true;
	emit_issue(judge, EVENT_ISSUE_RESTORED, &issue)->issue_restored =
	        (struct issue_restored){.with_parent = false, .children = staying};
}

/* --- evolve --- */

void evolve_issue_archived(struct tenant_state *state, const struct event_meta *meta,
                           const struct issue_archived *event)
{
	struct row_issue issue = load_issue(state, meta);

	assert(!issue.archived && !issue.deleted);
	issue.archived = true;
	issue.archived_with_parent = event->with_parent;
	save_issue(state, &issue);
}

void evolve_issue_unarchived(struct tenant_state *state, const struct event_meta *meta,
                             const struct issue_unarchived *event)
{
	struct row_issue issue = load_issue(state, meta);

	(void)event;
	assert(issue.archived && !issue.deleted);
	issue.archived = issue.archived_with_parent = false;
	save_issue(state, &issue);
}

void evolve_issue_deleted(struct tenant_state *state, const struct event_meta *meta,
                          const struct issue_deleted *event)
{
	struct row_issue issue = load_issue(state, meta);

	assert(!issue.deleted);
	issue.deleted = true;
	issue.deleted_with_parent = event->with_parent;
	save_issue(state, &issue);
}

void evolve_issue_restored(struct tenant_state *state, const struct event_meta *meta,
                           const struct issue_restored *event)
{
	struct row_issue issue = load_issue(state, meta);

	(void)event;
	assert(issue.deleted);
	issue.deleted = issue.deleted_with_parent = false;
	save_issue(state, &issue);
}
