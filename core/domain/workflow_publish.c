/* Drafts, publishing them, which issue type follows which workflow, and removing one. What has to
 * move because its status has no place any more moves in the same decision. */
#include "core/domain/migration.h"
#include "core/domain/project.h"

static struct workflow workflow_of(struct slice name, struct workflow_transition_array transitions)
{
	return (struct workflow){name, transitions};
}

/* --- drafts --- */

static bool check_new_workflow(struct judge *judge, const struct uuid *project, struct slice id)
{
	char number[TEXT_NUMBER_MAX];

	if (workflow_exists(judge->state, project, true, id) ||
	    workflow_exists(judge->state, project, false, id))
		return true;
	if (!text_is_id(id))
		return REFUSE(judge, REJECT_BAD_ID, "/workflow", SLICE("not an id: "), id);
	if (workflow_was_removed(judge->state, project, id))
		return REFUSE(judge, REJECT_ITEM_EXISTS, "/workflow", SLICE("workflow "), id,
		              SLICE(" was removed; its id is not used again"));
	if (count_workflows(judge->state, project) >= WORKFLOWS_MAX)
		return REFUSE(judge, REJECT_TOO_MANY_ITEMS, "/workflow", SLICE("at most "),
		              text_number(WORKFLOWS_MAX, number),
		              SLICE(" workflows, removed ones included"));
	return true;
}

static bool is_stored(struct judge *judge, const struct uuid *project, bool draft, struct slice id,
                      const struct workflow *workflow)
{
	struct row_key key = row_key_workflow(project, draft, id);
	struct row_workflow stored, packed;

	return judge->state->get(judge->state, &key, &stored) && workflow_pack(workflow, &packed) &&
	       stored.n == packed.n && memcmp(stored.bytes, packed.bytes, packed.n) == 0;
}

void decide_save_workflow_draft(struct judge *judge, const struct save_workflow_draft *command)
{
	struct workflow workflow = workflow_of(command->name, command->transitions);
	struct row_project project;
	struct items statuses;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !check_new_workflow(judge, &project.id, command->workflow) ||
	    !check_short_name(judge, command->name, "/name"))
		return;
	read_items(judge->state, &project.id, ITEM_STATUS, &statuses);
	if (!check_workflow(judge, &project.id, &workflow, &statuses) ||
	    is_stored(judge, &project.id, true, command->workflow, &workflow))
		return;
	emit_project(judge, EVENT_WORKFLOW_DRAFT_SAVED, &project)->workflow_draft_saved =
	        (struct workflow_draft_saved){.workflow = command->workflow,
	                                      .name = command->name,
	                                      .transitions = command->transitions};
}

void decide_discard_workflow_draft(struct judge *judge,
                                   const struct discard_workflow_draft *command)
{
	struct row_project project;
	struct workflow draft;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !find_workflow(judge, &project.id, true, command->workflow, "/workflow", &draft))
		return;
	emit_project(judge, EVENT_WORKFLOW_DRAFT_DISCARDED, &project)
	        ->workflow_draft_discarded.workflow = command->workflow;
}

/* --- publishing --- */

/* Issues of the types that follow the workflow @id move as told. */
static void migrate_followers(const struct migration *m, struct slice id,
                              const struct workflow *workflow, struct status_move_array moves)
{
	struct homeless homeless = {0};

	for (uint32_t i = 0; i < m->types.n; i++)
		if (slice_equal(PADDED(m->types.at[i].workflow), id))
			migrate_type(m, &m->types.at[i], workflow, moves, &homeless);
	check_homeless(m->judge, &homeless);
}

void decide_publish_workflow(struct judge *judge, const struct publish_workflow *command)
{
	struct row_project project;
	struct workflow draft;
	struct migration m;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !find_workflow(judge, &project.id, true, command->workflow, "/workflow", &draft))
		return;
	migration_begin(judge, &project.id, &m);
	if (!check_moves(&m, &draft, command->moves))
		return;
	emit_project(judge, EVENT_WORKFLOW_PUBLISHED, &project)->workflow_published =
	        (struct workflow_published){.workflow = command->workflow,
	                                    .name = draft.name,
	                                    .transitions = draft.transitions};
	migrate_followers(&m, command->workflow, &draft, command->moves);
}

static void emit_assigned(struct judge *judge, struct row_project *project,
                          const struct row_item *type, struct slice to)
{
	struct slice issue_type = emit_copy(judge, PADDED(type->id));
	struct slice from = emit_copy(judge, PADDED(type->workflow));

	emit_project(judge, EVENT_WORKFLOW_ASSIGNED, project)->workflow_assigned =
	        (struct workflow_assigned){.issue_type = issue_type, .from = from, .to = to};
}

void decide_assign_workflow(struct judge *judge, const struct assign_workflow *command)
{
	struct homeless homeless = {0};
	struct row_project project;
	struct workflow workflow;
	struct row_item type;
	struct migration m;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !find_item(judge, &project.id, ITEM_ISSUE_TYPE, command->issue_type, "/issue_type",
	               &type) ||
	    !find_workflow(judge, &project.id, false, command->workflow, "/workflow", &workflow))
		return;
	migration_begin(judge, &project.id, &m);
	if (!check_moves(&m, &workflow, command->moves) ||
	    slice_equal(PADDED(type.workflow), command->workflow))
		return;
	emit_assigned(judge, &project, &type, command->workflow);
	migrate_type(&m, &type, &workflow, command->moves, &homeless);
	check_homeless(judge, &homeless);
}

/* --- removing --- */

static uint32_t count_followers(const struct migration *m, struct slice workflow)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->types.n; i++)
		n += slice_equal(PADDED(m->types.at[i].workflow), workflow);
	return n;
}

static bool find_replacement(const struct migration *m, const struct remove_workflow *command,
                             struct workflow *replacement)
{
	char room[TEXT_NUMBER_MAX];
	uint32_t followers = count_followers(m, command->workflow);

	if (!command->has_replace_with)
		return !followers ||
		       REFUSE(m->judge, REJECT_IN_USE, "/workflow", text_number(followers, room),
		              SLICE(" issue types follow the workflow "), command->workflow,
		              SLICE(": name replace_with"));
	if (slice_equal(command->replace_with, command->workflow))
		return REFUSE(m->judge, REJECT_BAD_CHANGE, "/replace_with",
		              SLICE("a workflow cannot replace itself"));
	return find_workflow(m->judge, &m->project, false, command->replace_with, "/replace_with",
	                     replacement) &&
	       check_moves(m, replacement, command->moves);
}

/* The types first, then their issues: events of the project must not stand between those that say
 * what a type follows and those that follow from it. */
static bool replace_workflow(const struct migration *m, const struct remove_workflow *command,
                             const struct workflow *replacement, struct row_project *project)
{
	for (uint32_t i = 0; i < m->types.n; i++)
		if (slice_equal(PADDED(m->types.at[i].workflow), command->workflow))
			emit_assigned(m->judge, project, &m->types.at[i], command->replace_with);
	migrate_followers(m, command->workflow, replacement, command->moves);
	return m->judge->decision->reject == REJECT_NONE;
}

void decide_remove_workflow(struct judge *judge, const struct remove_workflow *command)
{
	struct workflow workflow, replacement;
	struct row_project project;
	struct migration m;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !find_workflow(judge, &project.id, false, command->workflow, "/workflow", &workflow))
		return;
	migration_begin(judge, &project.id, &m);
	if (!find_replacement(&m, command, &replacement) ||
	    (command->has_replace_with && !replace_workflow(&m, command, &replacement, &project)))
		return;
	emit_project(judge, EVENT_WORKFLOW_REMOVED, &project)->workflow_removed =
	        (struct workflow_removed){command->workflow, workflow.name};
}

/* --- evolve --- */

static void del_draft(struct tenant_state *state, const struct uuid *project, struct slice id)
{
	struct row_key key = row_key_workflow(project, true, id);

	state->del(state, &key);
}

void evolve_workflow_draft_saved(struct tenant_state *state, const struct event_meta *meta,
                                 const struct workflow_draft_saved *event)
{
	struct row_project project = load_project(state, meta);

	put_workflow(state, &project.id, true, event->workflow, event->name, event->transitions);
	save_project(state, &project);
}

void evolve_workflow_draft_discarded(struct tenant_state *state, const struct event_meta *meta,
                                     const struct workflow_draft_discarded *event)
{
	struct row_project project = load_project(state, meta);

	del_draft(state, &project.id, event->workflow);
	save_project(state, &project);
}

void evolve_workflow_published(struct tenant_state *state, const struct event_meta *meta,
                               const struct workflow_published *event)
{
	struct row_project project = load_project(state, meta);

	del_draft(state, &project.id, event->workflow);
	put_workflow(state, &project.id, false, event->workflow, event->name, event->transitions);
	save_project(state, &project);
}

void evolve_workflow_assigned(struct tenant_state *state, const struct event_meta *meta,
                              const struct workflow_assigned *event)
{
	struct row_project project = load_project(state, meta);
	struct row_item type;
	bool found = read_item(state, &project.id, ITEM_ISSUE_TYPE, event->issue_type, &type);

	assert(found);
	(void)found;
	PADDED_SET(type.workflow, event->to);
	change_item(state, &project.id, ITEM_ISSUE_TYPE, &type);
	save_project(state, &project);
}

void evolve_workflow_removed(struct tenant_state *state, const struct event_meta *meta,
                             const struct workflow_removed *event)
{
	struct row_project project = load_project(state, meta);

	remove_workflow(state, &project.id, event->workflow);
	save_project(state, &project);
}
