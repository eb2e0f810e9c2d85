/* Issue types, priorities and resolutions of a project. */
#include "core/domain/project.h"
#include "core/domain/workflow.h"

/* What an edit asks for; judging it fills in what is as before. */
struct item_edit {
	enum item_kind kind;
	struct slice id;
	const char *pointer;
	bool has_name, has_disabled, has_position;
	struct slice name;
	bool disabled;
	int32_t position;
	struct row_item before;
	struct slice from_name;
	bool changes;
};

/* EditIssueType, EditPriority and EditResolution, and what they emit, differ in one name. */
#define EDIT_OF(command, item, item_kind)                                                          \
	{                                                                                          \
		.kind = item_kind, .id = (command)->item, .pointer = "/" #item,                    \
		.has_name = (command)->has_name, .name = (command)->name,                          \
		.has_disabled = (command)->has_disabled, .disabled = (command)->disabled,          \
		.has_position = (command)->has_position, .position = (command)->position,          \
	}
#define CHANGES_BY(edit, item)                                                                     \
	{                                                                                          \
		.item = (edit).id, .from_name = (edit).from_name, .to_name = (edit).name,          \
		.from_disabled = (edit).before.disabled, .to_disabled = (edit).disabled,           \
		.from_position = (edit).before.position, .to_position = (edit).position,           \
	}

static bool check_others(struct judge *judge, const struct items *items,
                         const struct item_edit *edit)
{
	for (uint32_t i = 0; i < items->n; i++)
		if (!items->at[i].disabled && !slice_equal(PADDED(items->at[i].id), edit->id))
			return true;
	return REFUSE(judge, REJECT_LAST_ITEM, "/disabled", SLICE("it is the only "),
	              slice_str(item_kind_name(edit->kind)), SLICE(" that can be chosen"));
}

static bool judge_edit(struct judge *judge, const struct uuid *project, struct item_edit *edit)
{
	struct items items;

	if (!find_item(judge, project, edit->kind, edit->id, edit->pointer, &edit->before) ||
	    (edit->has_name && !check_item_name(judge, project, edit->kind, edit->id, edit->name)))
		return false;
	read_items(judge->state, project, edit->kind, &items);
	if ((edit->has_position && !check_position(judge, edit->position, items.n)) ||
	    (edit->has_disabled && edit->disabled && !check_others(judge, &items, edit)))
		return false;
	edit->from_name = emit_copy(judge, PADDED(edit->before.name));
	if (!edit->has_name)
		edit->name = edit->from_name;
	if (!edit->has_disabled)
		edit->disabled = edit->before.disabled;
	if (!edit->has_position)
		edit->position = edit->before.position;
	edit->changes = !slice_equal(edit->name, edit->from_name) ||
	                edit->disabled != edit->before.disabled ||
	                edit->position != edit->before.position;
	return true;
}

/* evolve: a new last item of the project of @meta; @level and @workflow are an issue type's. */
static void item_added(struct tenant_state *state, const struct event_meta *meta,
                       enum item_kind kind, struct slice id, struct slice name, int32_t level,
                       struct slice workflow)
{
	struct row_project project = load_project(state, meta);
	struct row_item item;

	memset(&item, 0, sizeof(item));
	PADDED_SET(item.id, id);
	PADDED_SET(item.name, name);
	item.level = level;
	PADDED_SET(item.workflow, workflow);
	add_item(state, &project.id, kind, &item);
	save_project(state, &project);
}

static void item_changed(struct tenant_state *state, const struct event_meta *meta,
                         enum item_kind kind, struct slice id, struct slice name, bool disabled,
                         int32_t position)
{
	struct row_project project = load_project(state, meta);
	struct row_item item;
	bool found = read_item(state, &project.id, kind, id, &item);

	assert(found);
	(void)found;
	PADDED_SET(item.name, name);
	item.disabled = disabled;
	item.position = (uint8_t)position;
	change_item(state, &project.id, kind, &item);
	save_project(state, &project);
}

void decide_add_issue_type(struct judge *judge, const struct add_issue_type *command)
{
	struct row_project project;
	struct workflow workflow;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !check_new_item(judge, &project.id, ITEM_ISSUE_TYPE, command->issue_type,
	                    "/issue_type") ||
	    !check_item_name(judge, &project.id, ITEM_ISSUE_TYPE, command->issue_type,
	                     command->name) ||
	    !find_workflow(judge, &project.id, false, command->workflow, "/workflow", &workflow))
		return;
	emit_project(judge, EVENT_ISSUE_TYPE_ADDED, &project)->issue_type_added =
	        (struct issue_type_added){.issue_type = command->issue_type,
	                                  .name = command->name,
	                                  .level = command->level,
	                                  .workflow = command->workflow};
}

void decide_edit_issue_type(struct judge *judge, const struct edit_issue_type *command)
{
	struct row_project project;
	struct item_edit edit = EDIT_OF(command, issue_type, ITEM_ISSUE_TYPE);

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !judge_edit(judge, &project.id, &edit) || !edit.changes)
		return;
	emit_project(judge, EVENT_ISSUE_TYPE_CHANGED, &project)->issue_type_changed =
	        (struct issue_type_changed)CHANGES_BY(edit, issue_type);
}

void evolve_issue_type_added(struct tenant_state *state, const struct event_meta *meta,
                             const struct issue_type_added *event)
{
	item_added(state, meta, ITEM_ISSUE_TYPE, event->issue_type, event->name, event->level,
	           event->workflow);
}

void evolve_issue_type_changed(struct tenant_state *state, const struct event_meta *meta,
                               const struct issue_type_changed *event)
{
	item_changed(state, meta, ITEM_ISSUE_TYPE, event->issue_type, event->to_name,
	             event->to_disabled, event->to_position);
}

void decide_add_priority(struct judge *judge, const struct add_priority *command)
{
	struct row_project project;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !check_new_item(judge, &project.id, ITEM_PRIORITY, command->priority, "/priority") ||
	    !check_item_name(judge, &project.id, ITEM_PRIORITY, command->priority, command->name))
		return;
	emit_project(judge, EVENT_PRIORITY_ADDED, &project)->priority_added =
	        (struct priority_added){.priority = command->priority, .name = command->name};
}

void decide_edit_priority(struct judge *judge, const struct edit_priority *command)
{
	struct row_project project;
	struct item_edit edit = EDIT_OF(command, priority, ITEM_PRIORITY);

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !judge_edit(judge, &project.id, &edit) || !edit.changes)
		return;
	emit_project(judge, EVENT_PRIORITY_CHANGED, &project)->priority_changed =
	        (struct priority_changed)CHANGES_BY(edit, priority);
}

void evolve_priority_added(struct tenant_state *state, const struct event_meta *meta,
                           const struct priority_added *event)
{
	item_added(state, meta, ITEM_PRIORITY, event->priority, event->name, 0, SLICE(""));
}

void evolve_priority_changed(struct tenant_state *state, const struct event_meta *meta,
                             const struct priority_changed *event)
{
	item_changed(state, meta, ITEM_PRIORITY, event->priority, event->to_name,
	             event->to_disabled, event->to_position);
}

void decide_add_resolution(struct judge *judge, const struct add_resolution *command)
{
	struct row_project project;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !check_new_item(judge, &project.id, ITEM_RESOLUTION, command->resolution,
	                    "/resolution") ||
	    !check_item_name(judge, &project.id, ITEM_RESOLUTION, command->resolution,
	                     command->name))
		return;
	emit_project(judge, EVENT_RESOLUTION_ADDED, &project)->resolution_added =
	        (struct resolution_added){.resolution = command->resolution, .name = command->name};
}

void decide_edit_resolution(struct judge *judge, const struct edit_resolution *command)
{
	struct row_project project;
	struct item_edit edit = EDIT_OF(command, resolution, ITEM_RESOLUTION);

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !judge_edit(judge, &project.id, &edit) || !edit.changes)
		return;
	emit_project(judge, EVENT_RESOLUTION_CHANGED, &project)->resolution_changed =
	        (struct resolution_changed)CHANGES_BY(edit, resolution);
}

void evolve_resolution_added(struct tenant_state *state, const struct event_meta *meta,
                             const struct resolution_added *event)
{
	item_added(state, meta, ITEM_RESOLUTION, event->resolution, event->name, 0, SLICE(""));
}

void evolve_resolution_changed(struct tenant_state *state, const struct event_meta *meta,
                               const struct resolution_changed *event)
{
	item_changed(state, meta, ITEM_RESOLUTION, event->resolution, event->to_name,
	             event->to_disabled, event->to_position);
}
