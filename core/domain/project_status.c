/* The statuses of a project. */
#include "core/domain/project.h"
#include "core/domain/workflow.h"

static void status_event(struct status_changed *event, const struct row_item *before)
{
	event->status = PADDED(before->id);
	event->from_name = event->to_name = PADDED(before->name);
	event->from_category = event->to_category = before->category;
	event->from_position = event->to_position = before->position;
}

void decide_add_status(struct judge *judge, const struct add_status *command)
{
	struct row_project project;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !check_new_item(judge, &project.id, ITEM_STATUS, command->status, "/status") ||
	    !check_item_name(judge, &project.id, ITEM_STATUS, command->status, command->name))
		return;
	emit_project(judge, EVENT_STATUS_ADDED, &project)->status_added = (struct status_added){
	        .status = command->status, .name = command->name, .category = command->category};
}

/* Refuses when a workflow, or a draft, names @status. */
static bool check_unnamed(struct judge *judge, const struct uuid *project, bool draft,
                          struct slice status, const char *pointer)
{
	char room[NAME_MAX_ID];
	struct slice id = {NULL, 0};
	struct workflow workflow;

	while (next_workflow(judge->state, project, draft, &id, room)) {
		struct arena mark = *judge->decision->arena;
		if (!find_workflow(judge, project, draft, id, pointer, &workflow))
			return false;
		if (workflow_names(&workflow, status))
			return REFUSE(
			        judge, REJECT_IN_USE, pointer, status, SLICE(" is named by the "),
			        draft ? SLICE("draft of the workflow ") : SLICE("workflow "), id);
		*judge->decision->arena = mark;
	}
	return true;
}

static bool check_category(struct judge *judge, const struct row_project *project,
                           const struct row_item *before, enum status_category category)
{
	bool was_done = before->category == STATUS_CATEGORY_DONE;
	bool is_done = category == STATUS_CATEGORY_DONE;

	/* Its issues would lose or need a resolution without an event that says so; and drafts were
	 * checked with it as it is. */
	return was_done == is_done ||
	       (check_unnamed(judge, &project->id, false, PADDED(before->id), "/category") &&
	        check_unnamed(judge, &project->id, true, PADDED(before->id), "/category"));
}

void decide_edit_status(struct judge *judge, const struct edit_status *command)
{
	struct row_project project;
	struct row_item before;
	struct status_changed changed;
	struct items items;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !find_item(judge, &project.id, ITEM_STATUS, command->status, "/status", &before) ||
	    (command->has_name &&
	     !check_item_name(judge, &project.id, ITEM_STATUS, command->status, command->name)) ||
	    (command->has_category && !check_category(judge, &project, &before, command->category)))
		return;
	read_items(judge->state, &project.id, ITEM_STATUS, &items);
	if (command->has_position && !check_position(judge, command->position, items.n))
		return;
	status_event(&changed, &before);
	changed.status = command->status;
	changed.from_name = emit_copy(judge, changed.from_name);
	changed.to_name = command->has_name ? command->name : changed.from_name;
	if (command->has_category)
		changed.to_category = command->category;
	if (command->has_position)
		changed.to_position = command->position;
	if (slice_equal(changed.from_name, changed.to_name) &&
	    changed.from_category == changed.to_category &&
	    changed.from_position == changed.to_position)
		return;
	emit_project(judge, EVENT_STATUS_CHANGED, &project)->status_changed = changed;
}

void evolve_status_added(struct tenant_state *state, const struct event_meta *meta,
                         const struct status_added *event)
{
	struct row_project project = load_project(state, meta);
	struct row_item item;

	memset(&item, 0, sizeof(item));
	PADDED_SET(item.id, event->status);
	PADDED_SET(item.name, event->name);
	item.category = event->category;
	add_item(state, &project.id, ITEM_STATUS, &item);
	save_project(state, &project);
}

void evolve_status_changed(struct tenant_state *state, const struct event_meta *meta,
                           const struct status_changed *event)
{
	struct row_project project = load_project(state, meta);
	struct row_item item;
	bool found = read_item(state, &project.id, ITEM_STATUS, event->status, &item);

	assert(found);
	(void)found;
	PADDED_SET(item.name, event->to_name);
	item.category = event->to_category;
	item.position = (uint8_t)event->to_position;
	change_item(state, &project.id, ITEM_STATUS, &item);
	save_project(state, &project);
}

void evolve_status_removed(struct tenant_state *state, const struct event_meta *meta,
                           const struct status_removed *event)
{
	struct row_project project = load_project(state, meta);

	remove_item(state, &project.id, ITEM_STATUS, event->status);
	save_project(state, &project);
}
