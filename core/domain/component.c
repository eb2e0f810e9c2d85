/* Components of a project. One that was removed keeps its row, so that its id is not given again.
 */
#include "core/domain/part_remove.h"
#include "core/domain/project.h"

bool find_component(struct judge *judge, const struct uuid *project, const struct uuid *id,
                    const char *pointer, struct row_component *row)
{
	struct row_key key = row_key_component(id);
	char room[UUID_TEXT];

	if (judge->state->get(judge->state, &key, row) && !row->removed &&
	    uuid_equal(&row->project_id, project))
		return true;
	return REFUSE(judge, REJECT_NO_SUCH_COMPONENT, pointer,
	              SLICE("the project has no component "), uuid_slice(id, room));
}

/* @but: the component that may have the name, NULL: none. */
static bool check_name(struct judge *judge, const struct uuid *project, struct slice name,
                       const struct uuid *but)
{
	struct uuid id, *after = NULL;
	struct row_component row;

	if (!check_line(judge, name, "/name"))
		return false;
	for (; next_part(judge->state, ROW_PROJECT_COMPONENT, project, after, &id); after = &id) {
		struct row_key key = row_key_component(&id);
		bool found = judge->state->get(judge->state, &key, &row);
		assert(found);
		(void)found;
		if (!(but && uuid_equal(but, &id)) &&
		    !check_name_differs(judge, name, PADDED(row.name)))
			return false;
	}
	return true;
}

void decide_add_component(struct judge *judge, const struct add_component *command)
{
	struct row_project project;
	struct uuid id =
	        command->has_component_id ? command->component_id : judge->request->fresh[FRESH_ID];
	char room[TEXT_NUMBER_MAX];

	if (!find_open_project(judge, command->project, false, 0, &project) ||
	    !check_name(judge, &project.id, command->name, NULL) ||
	    !check_note(judge, command->description, "/description") ||
	    (command->has_lead && !check_member(judge, &command->lead, "/lead")) ||
	    (command->has_default_assignee &&
	     !check_member(judge, &command->default_assignee, "/default_assignee")) ||
	    !check_new_id(judge, &id, "/component_id"))
		return;
	if (project.components >= PROJECT_COMPONENTS_MAX) {
		REFUSE(judge, REJECT_TOO_MANY, "", SLICE("the project has "),
		       text_number(project.components, room), SLICE(" components"));
		return;
	}
	emit_project(judge, EVENT_COMPONENT_ADDED, &project)->component_added =
	        (struct component_added){id,
	                                 {.name = command->name,
	                                  .description = command->description,
	                                  .has_lead = command->has_lead,
	                                  .lead = command->lead,
	                                  .has_default_assignee = command->has_default_assignee,
	                                  .default_assignee = command->default_assignee}};
	judge->decision->created = id;
}

static struct component as_event(struct judge *judge, const struct row_component *row)
{
	return (struct component){.name = emit_copy(judge, PADDED(row->name)),
	                          .description = emit_copy(judge, PADDED(row->description)),
	                          .has_lead = !uuid_is_nil(&row->lead),
	                          .lead = row->lead,
	                          .has_default_assignee = !uuid_is_nil(&row->default_assignee),
	                          .default_assignee = row->default_assignee};
}

static bool is_cleared(const struct edit_component *command, enum component_field field)
{
	for (uint32_t i = 0; i < command->clear.n; i++)
		if (command->clear.items[i] == field)
			return true;
	return false;
}

static bool check_clear(struct judge *judge, const struct edit_component *command)
{
	const bool given[COMPONENT_FIELDS] = {
	        [COMPONENT_FIELD_DESCRIPTION] = command->has_description,
	        [COMPONENT_FIELD_LEAD] = command->has_lead,
	        [COMPONENT_FIELD_DEFAULT_ASSIGNEE] = command->has_default_assignee};

	for (uint32_t i = 0; i < command->clear.n; i++)
		if (given[command->clear.items[i]])
			return REFUSE(judge, REJECT_BAD_CLEAR, "/clear",
			              slice_str(component_field_symbol(command->clear.items[i])),
			              SLICE(" is set and emptied at once"));
	return true;
}

/* A member who is there already may have left since. */
static bool check_new_member(struct judge *judge, bool given, const struct uuid *to,
                             const struct uuid *from, const char *pointer)
{
	return !given || uuid_equal(to, from) || check_member(judge, to, pointer);
}

static void edit(struct row_component *row, const struct edit_component *command)
{
	const struct uuid none = {{0}};

	if (command->has_name)
		PADDED_SET(row->name, command->name);
	if (command->has_description)
		PADDED_SET(row->description, command->description);
	if (command->has_lead)
		row->lead = command->lead;
	if (command->has_default_assignee)
		row->default_assignee = command->default_assignee;
	if (is_cleared(command, COMPONENT_FIELD_DESCRIPTION))
		PADDED_SET(row->description, SLICE(""));
	if (is_cleared(command, COMPONENT_FIELD_LEAD))
		row->lead = none;
	if (is_cleared(command, COMPONENT_FIELD_DEFAULT_ASSIGNEE))
		row->default_assignee = none;
}

void edit_component(struct judge *judge, const struct uuid *id, const struct row_component *before,
                    const struct row_component *after, struct row_project *project)
{
	if (memcmp(before, after, sizeof(*before)) == 0)
		return;
	struct component from = as_event(judge, before), to = as_event(judge, after);
	emit_project(judge, EVENT_COMPONENT_EDITED, project)->component_edited =
	        (struct component_edited){*id, from, to};
}

void decide_edit_component(struct judge *judge, const struct edit_component *command)
{
	struct row_project project;
	struct row_component before, after;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !find_component(judge, &project.id, &command->component_id, "/component_id", &before) ||
	    !check_clear(judge, command) ||
	    (command->has_name && !slice_equal(command->name, PADDED(before.name)) &&
	     !check_name(judge, &project.id, command->name, &command->component_id)) ||
	    (command->has_description &&
	     !check_note(judge, command->description, "/description")) ||
	    !check_new_member(judge, command->has_lead, &command->lead, &before.lead, "/lead") ||
	    !check_new_member(judge, command->has_default_assignee, &command->default_assignee,
	                      &before.default_assignee, "/default_assignee"))
		return;
	after = before;
	edit(&after, command);
	edit_component(judge, &command->component_id, &before, &after, &project);
}

void decide_remove_component(struct judge *judge, const struct remove_component *command)
{
	struct part_removal removal = {
	        .id = command->component_id,
	        .replacement = command->has_replace_with ? &command->replace_with : NULL,
	        .detach = command->detach};
	struct row_project project;
	struct row_component row;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !find_component(judge, &project.id, &command->component_id, "/component_id", &row))
		return;
	part_removal_begin(judge, &project, &removal);
	if (!check_part_removal(&removal, row.issues) || !replace_part(&removal))
		return;
	struct component was = as_event(judge, &row);
	emit_project(judge, EVENT_COMPONENT_REMOVED, &project)->component_removed =
	        (struct component_removed){command->component_id, was};
}

static void set(struct row_component *row, const struct component *component)
{
	const struct uuid none = {{0}};

	PADDED_SET(row->name, component->name);
	PADDED_SET(row->description, component->description);
	row->lead = component->has_lead ? component->lead : none;
	row->default_assignee =
	        component->has_default_assignee ? component->default_assignee : none;
}

static struct row_component load(const struct tenant_state *state, const struct uuid *id)
{
	struct row_key key = row_key_component(id);
	struct row_component row;
	bool found = state->get(state, &key, &row);

	assert(found && !row.removed);
	(void)found;
	return row;
}

static void save(struct tenant_state *state, const struct uuid *id, const struct row_component *row)
{
	struct row_key key = row_key_component(id);

	state->put(state, &key, row);
}

void component_count(struct tenant_state *state, const struct uuid *id, int change)
{
	struct row_component row = load(state, id);

	row.issues += (uint32_t)change;
	save(state, id, &row);
}

void evolve_component_added(struct tenant_state *state, const struct event_meta *meta,
                            const struct component_added *event)
{
	static const struct row_project_component part;
	struct row_project project = load_project(state, meta);
	struct row_key key = row_key_pair(ROW_PROJECT_COMPONENT, &project.id, &event->component_id);
	struct row_component row;

	memset(&row, 0, sizeof(row));
	row.project_id = project.id;
	set(&row, &event->component);
	save(state, &event->component_id, &row);
	state->put(state, &key, &part);
	project.components++;
	save_project(state, &project);
}

void evolve_component_edited(struct tenant_state *state, const struct event_meta *meta,
                             const struct component_edited *event)
{
	struct row_project project = load_project(state, meta);
	struct row_component row = load(state, &event->component_id);

	set(&row, &event->after);
	save(state, &event->component_id, &row);
	save_project(state, &project);
}

void evolve_component_removed(struct tenant_state *state, const struct event_meta *meta,
                              const struct component_removed *event)
{
	struct row_project project = load_project(state, meta);
	struct row_key key = row_key_pair(ROW_PROJECT_COMPONENT, &project.id, &event->component_id);
	struct row_component row = load(state, &event->component_id);

	assert(row.issues == 0 && project.components > 0);
	row.removed = true;
	save(state, &event->component_id, &row);
	state->del(state, &key);
	project.components--;
	save_project(state, &project);
}
