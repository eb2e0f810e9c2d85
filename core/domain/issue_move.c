/* MoveIssue. An issue gets the next number of the other project; the row of its former number goes
 * on finding it. Type, status, priority and resolution
 * are kept where the other project has them under the same id, else the command says what takes
 * their place. Values of custom fields likewise; those that no field there takes come off in an
 * event before, and so do an assignee who cannot have it there, and labels that cannot be put on
 * issues there. What belongs to the project that it leaves comes off: components, versions. What
 * it went through there stays for when it comes back.
 *
 * Sub-tasks of the same project go along in the same decision, archived and deleted ones too. A
 * sub-task alone moves only to where its parent is. */
#include "core/domain/issue_field.h"
#include "core/domain/issue_tag.h"
#include "core/domain/label.h"
#include "core/domain/migration.h"
#include "core/domain/project.h"
#include "core/domain/workflow.h"

struct moving {
	struct judge *judge;
	const struct move_issue *command;
	struct row_project project; /* that issues move to; its counter goes on with each */
};

/* What an issue has after the move. */
struct moved {
	struct row_item type, status, priority;
	struct slice resolution; /* empty: none */
	struct field_change_array fields;
};

static const struct replacement *replacement_of(struct replacement_array replacements,
                                                struct slice from)
{
	for (uint32_t i = 0; i < replacements.n; i++)
		if (slice_equal(replacements.items[i].from, from))
			return &replacements.items[i];
	return NULL;
}

static bool check_replacements(struct judge *judge, struct replacement_array replacements,
                               const char *pointer)
{
	for (uint32_t i = 0; i < replacements.n; i++)
		if (replacement_of(replacements, replacements.items[i].from) !=
		    &replacements.items[i])
			return REFUSE(judge, REJECT_BAD_MOVE, pointer, SLICE("told twice: from "),
			              replacements.items[i].from);
	return true;
}

/* What takes the place of @id: what the command says, else the same if it is there; types and
 * priorities must be such that new issues can have them. */
static bool find_there(const struct moving *moving, enum item_kind kind,
                       struct replacement_array replacements, struct slice id, const char *pointer,
                       struct row_item *item)
{
	const struct replacement *replacement = replacement_of(replacements, id);
	bool is_chosen = kind == ITEM_ISSUE_TYPE || kind == ITEM_PRIORITY;

	if (replacement)
		id = replacement->to;
	return replacement || is_chosen
	               ? choose_item(moving->judge, &moving->project.id, kind, id, pointer, item)
	               : find_item(moving->judge, &moving->project.id, kind, id, pointer, item);
}

static bool find_type(const struct moving *moving, const struct row_issue *issue,
                      struct row_item *type)
{
	struct judge *judge = moving->judge;
	struct row_item before;
	bool found = read_item(judge->state, &issue->project_id, ITEM_ISSUE_TYPE,
	                       PADDED(issue->type), &before);

	assert(found);
	(void)found;
	if (!find_there(moving, ITEM_ISSUE_TYPE, moving->command->types, PADDED(issue->type),
	                "/types", type))
		return false;
	return type->level == before.level ||
	       REFUSE(judge, REJECT_BAD_MOVE, "/types", PADDED(type->id),
	              SLICE(" is of another level than "), PADDED(issue->type));
}

static bool find_status(const struct moving *moving, const struct row_issue *issue,
                        const struct row_item *type, struct row_item *status)
{
	struct judge *judge = moving->judge;
	struct arena mark = *judge->decision->arena;
	struct workflow workflow;

	if (!find_there(moving, ITEM_STATUS, moving->command->statuses, PADDED(issue->status),
	                "/statuses", status) ||
	    !find_workflow(judge, &moving->project.id, false, PADDED(type->workflow), "/types",
	                   &workflow))
		return false;
	bool has_place = workflow_has(&workflow, PADDED(status->id));
	*judge->decision->arena = mark;
	return has_place ||
	       REFUSE(judge, REJECT_UNKNOWN_STATUS, "/statuses", PADDED(type->id),
	              SLICE(" has no place for "), PADDED(status->id), SLICE(" there"));
}

static bool find_resolution(const struct moving *moving, const struct row_issue *issue,
                            const struct row_item *status, struct slice *resolution)
{
	struct row_item item;

	*resolution = SLICE("");
	if (status->category != STATUS_CATEGORY_DONE)
		return true;
	if (!issue->resolution[0]) {
		*resolution = first_resolution(moving->judge, &moving->project.id);
		return true;
	}
	if (!find_there(moving, ITEM_RESOLUTION, moving->command->resolutions,
	                PADDED(issue->resolution), "/resolutions", &item))
		return false;
	*resolution = emit_copy(moving->judge, PADDED(item.id));
	return true;
}

static bool plan_move(const struct moving *moving, const struct row_issue *issue, bool with_parent,
                      struct moved *moved)
{
	const struct arrival to = {&moving->project.id, &moved->type, moving->command->fields,
	                           with_parent};

	return check_occurred_at(moving->judge, issue) && find_type(moving, issue, &moved->type) &&
	       find_status(moving, issue, &moved->type, &moved->status) &&
	       find_there(moving, ITEM_PRIORITY, moving->command->priorities,
	                  PADDED(issue->priority), "/priorities", &moved->priority) &&
	       find_resolution(moving, issue, &moved->status, &moved->resolution) &&
	       plan_arrived_fields(moving->judge, issue, &to, &moved->fields);
}

static enum status_category category_of(const struct moving *moving, const struct row_issue *issue)
{
	struct row_item status;
	bool found = read_item(moving->judge->state, &issue->project_id, ITEM_STATUS,
	                       PADDED(issue->status), &status);

	assert(found);
	(void)found;
	return status.category;
}

static struct issue_moved describe_move(struct moving *moving, const struct row_issue *issue,
                                        const struct moved *moved)
{
	struct judge *judge = moving->judge;
	bool has_parent = type_needs_parent(&moved->type);

	return (struct issue_moved){
	        .from_project_id = issue->project_id,
	        .to_project_id = moving->project.id,
	        .from_number = issue->number,
	        .to_number = ++moving->project.issues,
	        .from_type = emit_copy(judge, PADDED(issue->type)),
	        .to_type = emit_copy(judge, PADDED(moved->type.id)),
	        .from_status = emit_copy(judge, PADDED(issue->status)),
	        .to_status = emit_copy(judge, PADDED(moved->status.id)),
	        .from_category = category_of(moving, issue),
	        .to_category = moved->status.category,
	        .from_priority = emit_copy(judge, PADDED(issue->priority)),
	        .to_priority = emit_copy(judge, PADDED(moved->priority.id)),
	        .has_from_resolution = issue->resolution[0] != '\0',
	        .from_resolution = emit_copy(judge, PADDED(issue->resolution)),
	        .has_to_resolution = moved->resolution.n > 0,
	        .to_resolution = moved->resolution,
	        .components = tags_of(judge, &issue->id, ROW_TAG_COMPONENT),
	        .fix_versions = tags_of(judge, &issue->id, ROW_TAG_FIX),
	        .affects_versions = tags_of(judge, &issue->id, ROW_TAG_AFFECTS),
	        .has_parent = has_parent,
	        .parent = has_parent ? issue->parent : (struct uuid){{0}},
	};
}

/* Nobody comes to be the assignee by a move who could not be given the issue there. */
static void unassign(const struct moving *moving, struct row_issue *issue)
{
	static const struct uuid nobody;
	const struct row_issue like = {.reporter = issue->reporter};

	if (!uuid_is_nil(&issue->assignee) &&
	    !can_be_assigned(moving->judge, &moving->project, &like, &issue->assignee))
		edit_assignee(moving->judge, &nobody, issue);
}

static void unlabel(const struct moving *moving, struct row_issue *issue)
{
	const struct slice_array none = {NULL, 0};
	struct slice_array removed;

	if (!moving->project.only_listed)
		return;
	removed = labels_let_in(moving->judge, &moving->project, labels_of(moving->judge, issue),
	                        true);
	if (removed.n)
		emit_issue(moving->judge, EVENT_ISSUE_LABELS_CHANGED, issue)->issue_labels_changed =
		        (struct issue_labels_changed){none, removed};
}

static void emit_move(struct moving *moving, const struct moved *moved, bool with_parent,
                      struct row_issue *issue)
{
	struct judge *judge = moving->judge;
	struct field_change_array lost = plan_moved_fields(judge, issue, &moving->project.id);
	struct issue_moved move = describe_move(moving, issue, moved);

	move.with_parent = with_parent;
	emit_field_changes(judge, lost, issue);
	unassign(moving, issue);
	unlabel(moving, issue);
	emit_issue(judge, EVENT_ISSUE_MOVED, issue)->issue_moved = move;
	emit_field_changes(judge, moved->fields, issue);
}

static bool move_subtasks(struct moving *moving, const struct row_issue *issue)
{
	struct judge *judge = moving->judge;
	struct children children;
	struct row_issue child;
	struct moved moved;

	for (children = children_of(judge->state, &issue->id); next_child(&children, &child);) {
		if (!is_subtask(judge->state, &child) ||
		    !uuid_equal(&child.project_id, &issue->project_id))
			continue;
		if (!check_goes_along(judge, &child) || !plan_move(moving, &child, true, &moved))
			return false;
		emit_move(moving, &moved, true, &child);
	}
	return true;
}

static bool find_target(struct moving *moving)
{
	struct judge *judge = moving->judge;

	return find_other_project(judge, moving->command->project, "/project", &moving->project) &&
	       check_may(judge, PERMISSION_CREATE_ISSUES, &moving->project, NULL) &&
	       check_project_open(judge, &moving->project, "/project") &&
	       check_replacements(judge, moving->command->types, "/types") &&
	       check_replacements(judge, moving->command->statuses, "/statuses") &&
	       check_replacements(judge, moving->command->priorities, "/priorities") &&
	       check_replacements(judge, moving->command->resolutions, "/resolutions");
}

static bool check_alone(const struct moving *moving, const struct row_issue *issue)
{
	struct row_issue parent;

	if (!is_subtask(moving->judge->state, issue) ||
	    !read_issue(moving->judge->state, &issue->parent, &parent) ||
	    uuid_equal(&parent.project_id, &moving->project.id))
		return true;
	return REFUSE(moving->judge, REJECT_MOVES_WITH_PARENT, "/project",
	              SLICE("its parent is not in "), PADDED(moving->project.key),
	              SLICE(": move that"));
}

/* Where it is already nothing is replaced; to say that something should be is another command. */
static bool check_elsewhere(const struct moving *moving, const struct row_issue *issue)
{
	const struct move_issue *command = moving->command;
	const struct {
		const char *pointer;
		struct replacement_array replacements;
		struct slice is;
		const char *how;
	} parts[] = {
	        {"/types", command->types, PADDED(issue->type), "EditIssue changes its type"},
	        {"/statuses", command->statuses, PADDED(issue->status),
	         "TransitionIssue changes its status, EditIssue that along with its type"},
	        {"/priorities", command->priorities, PADDED(issue->priority),
	         "EditIssue changes its priority"},
	        {"/resolutions", command->resolutions, PADDED(issue->resolution),
	         "TransitionIssue changes its resolution"},
	};

	if (!uuid_equal(&issue->project_id, &moving->project.id))
		return true;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct replacement *to = replacement_of(parts[i].replacements, parts[i].is);
		if (to && !slice_equal(to->to, to->from))
			return REFUSE(moving->judge, REJECT_BAD_MOVE, parts[i].pointer,
			              SLICE("it is in "), PADDED(moving->project.key),
			              SLICE(" already: "), slice_str(parts[i].how));
	}
	return true;
}

void decide_move_issue(struct judge *judge, const struct move_issue *command)
{
	struct moving moving = {.judge = judge, .command = command};
	struct row_issue issue;
	struct moved moved;

	if (!find_subject(judge, command->issue, command->has_expected_version,
	                  command->expected_version, &issue) ||
	    !find_target(&moving) || !check_elsewhere(&moving, &issue) ||
	    uuid_equal(&issue.project_id, &moving.project.id) || !check_alone(&moving, &issue) ||
	    !plan_move(&moving, &issue, false, &moved))
		return;
	emit_move(&moving, &moved, false, &issue);
	move_subtasks(&moving, &issue);
	judge->decision->version = issue.version;
}

static uint8_t ordinal_of(const struct tenant_state *state, const struct uuid *project,
                          struct slice status)
{
	struct row_item item;
	bool found = read_item(state, project, ITEM_STATUS, status, &item);

	assert(found);
	(void)found;
	return item.ordinal;
}

/* What rules ask of its way through the statuses is known by ordinals, which are those of the
 * project: it stays there, and counts when the issue comes back. */
static void leave_statuses(struct tenant_state *state, const struct row_issue *issue)
{
	struct row_key key = row_key_stay(&issue->id, &issue->project_id);
	struct row_stay stay;

	memset(&stay, 0, sizeof(stay));
	stay.statuses_been = issue->statuses_been;
	stay.status = ordinal_of(state, &issue->project_id, PADDED(issue->status));
	stay.status_before = issue->status_before;
	state->put(state, &key, &stay);
}

/* It is in its project already, in status @to. One that was there before and comes back in another
 * status has been taken from the one to the other. */
static void enter_statuses(struct tenant_state *state, const struct event_meta *meta,
                           struct row_issue *issue, uint8_t to)
{
	struct row_key key = row_key_stay(&issue->id, &issue->project_id);
	struct row_stay stay;

	issue->status_before = STATUS_NONE;
	issue->statuses_been = UINT64_C(1) << to;
	if (!state->get(state, &key, &stay))
		return;
	state->del(state, &key);
	issue->status_before = stay.status_before;
	issue->statuses_been = stay.statuses_been;
	if (stay.status != to)
		issue_remember_step(state, meta, issue, stay.status, to);
}

static void set_word(struct row_issue *issue, enum issue_field field, char word[NAME_MAX_ID],
                     struct slice to)
{
	if (slice_equal(padded_slice(word, NAME_MAX_ID), to))
		return;
	padded_set(word, NAME_MAX_ID, to);
	issue->field_version[field] = issue->version;
}

void evolve_issue_moved(struct tenant_state *state, const struct event_meta *meta,
                        const struct issue_moved *event)
{
	struct row_issue issue = load_issue(state, meta);

	assert(uuid_equal(&issue.project_id, &event->from_project_id));
	assert(event->has_to_resolution == (event->to_category == STATUS_CATEGORY_DONE));
	issue_remove_tags(state, &issue.id, ROW_TAG_COMPONENT, event->components);
	issue_remove_tags(state, &issue.id, ROW_TAG_FIX, event->fix_versions);
	issue_remove_tags(state, &issue.id, ROW_TAG_AFFECTS, event->affects_versions);
	issue_move_labels(state, &issue, &event->to_project_id);
	leave_statuses(state, &issue);
	issue_leave_place(state, &issue);
	move_fields(state, &issue, &event->to_project_id);
	issue.project_id = event->to_project_id;
	enter_statuses(state, meta, &issue, ordinal_of(state, &issue.project_id, event->to_status));
	issue.number = event->to_number;
	set_word(&issue, ISSUE_FIELD_TYPE, issue.type, event->to_type);
	set_word(&issue, ISSUE_FIELD_STATUS, issue.status, event->to_status);
	set_word(&issue, ISSUE_FIELD_PRIORITY, issue.priority, event->to_priority);
	set_word(&issue, ISSUE_FIELD_RESOLUTION, issue.resolution,
	         event->has_to_resolution ? event->to_resolution : SLICE(""));
	issue_take_number(state, &issue);
	issue_take_place(state, &issue);
	save_issue(state, &issue);
}
