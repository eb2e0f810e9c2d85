/* Drafts, publishing them, and which issue type follows which workflow. What has to move because
 * its status has no place any more moves in the same decision. */
#include "core/domain/issue.h"
#include "core/domain/project.h"
#include "core/domain/workflow.h"

static struct workflow workflow_of(struct slice name, struct workflow_transition_array transitions)
{
	return (struct workflow){name, transitions};
}

/* --- drafts --- */

static bool check_new_workflow(struct judge *judge, const struct uuid *project, struct slice id)
{
	char room[NAME_MAX_ID], number[TEXT_NUMBER_MAX];
	uint32_t n = 0;

	if (workflow_exists(judge->state, project, true, id) ||
	    workflow_exists(judge->state, project, false, id))
		return true;
	if (!text_is_id(id))
		return REFUSE(judge, REJECT_BAD_ID, "/workflow", SLICE("not an id: "), id);
	for (int draft = 0; draft < 2; draft++) {
		struct slice at = {NULL, 0};
		while (next_workflow(judge->state, project, draft, &at, room))
			if (!draft || !workflow_exists(judge->state, project, false, at))
				n++;
	}
	if (n >= WORKFLOWS_MAX)
		return REFUSE(judge, REJECT_TOO_MANY_ITEMS, "/workflow", SLICE("at most "),
		              text_number(WORKFLOWS_MAX, number), SLICE(" workflows"));
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
	if (!check_workflow(judge, &workflow, &statuses) ||
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

/* --- moving what has no place --- */

struct migration {
	struct judge *judge;
	const struct row_project *project;
	const struct workflow *workflow; /* that is followed from now on */
	struct slice id;                 /* its id */
	struct slice type; /* the only type that comes to it; empty: all that follow it */
	struct status_move_array moves;
	struct items statuses, types;
	struct slice resolution;  /* of issues that come to be done */
	uint32_t homeless;        /* issues without a move */
	char status[NAME_MAX_ID]; /* of the first of them */
};

static bool concerns(const struct migration *m, const struct row_issue *issue)
{
	const struct row_item *type;

	if (m->type.n)
		return slice_equal(PADDED(issue->type), m->type);
	type = items_find(&m->types, PADDED(issue->type));
	assert(type);
	return slice_equal(PADDED(type->workflow), m->id);
}

static bool check_moves(const struct migration *m)
{
	for (uint32_t i = 0; i < m->moves.n; i++) {
		const struct status_move *move = &m->moves.items[i];
		if (!items_find(&m->statuses, move->from))
			return REFUSE(m->judge, REJECT_UNKNOWN_STATUS, "/moves",
			              SLICE("there is no status "), move->from);
		if (workflow_has(m->workflow, move->from))
			return REFUSE(m->judge, REJECT_BAD_MOVE, "/moves",
			              SLICE("the workflow has a place for "), move->from);
		if (!workflow_has(m->workflow, move->to))
			return REFUSE(m->judge, REJECT_BAD_MOVE, "/moves",
			              SLICE("the workflow has no place for "), move->to);
		for (uint32_t j = 0; j < i; j++)
			if (slice_equal(m->moves.items[j].from, move->from))
				return REFUSE(m->judge, REJECT_BAD_MOVE, "/moves",
				              SLICE("told twice: from "), move->from);
	}
	return true;
}

static const struct status_move *move_of(const struct migration *m, struct slice status)
{
	for (uint32_t i = 0; i < m->moves.n; i++)
		if (slice_equal(m->moves.items[i].from, status))
			return &m->moves.items[i];
	return NULL;
}

static void migrate_issue(struct migration *m, struct row_issue *issue)
{
	struct slice status = PADDED(issue->status);
	const struct status_move *move = move_of(m, status);

	if (!move) {
		if (!m->homeless++)
			memcpy(m->status, issue->status, sizeof(m->status));
		return;
	}
	struct issue_step step = {
	        .from = move->from,
	        .to = move->to,
	        .from_category = items_find(&m->statuses, move->from)->category,
	        .to_category = items_find(&m->statuses, move->to)->category,
	};
	if (step.to_category == STATUS_CATEGORY_DONE)
		step.resolution = issue->resolution[0]
		                          ? emit_copy(m->judge, PADDED(issue->resolution))
		                          : m->resolution;
	emit_transition(m->judge, &step, items_find(&m->types, PADDED(issue->type))->level, issue);
}

/* Moves every issue that must. Reads all issues of the project: publishing is rare. */
static bool migrate(struct migration *m)
{
	const struct tenant_state *state = m->judge->state;
	int64_t version = m->judge->decision->version;
	char room[TEXT_NUMBER_MAX];
	struct row_issue issue;

	for (int64_t number = 1; number <= m->project->issues; number++) {
		struct row_key key = row_key_issue_number(&m->project->id, number);
		struct row_issue_number at;
		if (m->judge->decision->reject)
			return false;
		if (state->get(state, &key, &at) && read_issue(state, &at.issue_id, &issue) &&
		    concerns(m, &issue) && !workflow_has(m->workflow, PADDED(issue.status)))
			migrate_issue(m, &issue);
	}
	m->judge->decision->version = version;
	if (!m->homeless)
		return m->judge->decision->reject == REJECT_NONE;
	return REFUSE(m->judge, REJECT_NO_PLACE, "/moves", text_number(m->homeless, room),
	              SLICE(" issues have no place in the workflow; the first is in "),
	              PADDED(m->status));
}

static bool begin_migration(struct migration *m)
{
	read_items(m->judge->state, &m->project->id, ITEM_STATUS, &m->statuses);
	read_items(m->judge->state, &m->project->id, ITEM_ISSUE_TYPE, &m->types);
	m->resolution = first_resolution(m->judge, &m->project->id);
	return check_moves(m);
}

/* --- publishing --- */

void decide_publish_workflow(struct judge *judge, const struct publish_workflow *command)
{
	struct row_project project;
	struct workflow draft;
	struct migration m = {.judge = judge,
	                      .project = &project,
	                      .workflow = &draft,
	                      .id = command->workflow,
	                      .moves = command->moves};

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !find_workflow(judge, &project.id, true, command->workflow, "/workflow", &draft) ||
	    !begin_migration(&m))
		return;
	emit_project(judge, EVENT_WORKFLOW_PUBLISHED, &project)->workflow_published =
	        (struct workflow_published){.workflow = command->workflow,
	                                    .name = draft.name,
	                                    .transitions = draft.transitions};
	migrate(&m);
}

void decide_assign_workflow(struct judge *judge, const struct assign_workflow *command)
{
	struct row_project project;
	struct workflow workflow;
	struct row_item type;
	struct migration m = {.judge = judge,
	                      .project = &project,
	                      .workflow = &workflow,
	                      .id = command->workflow,
	                      .type = command->issue_type,
	                      .moves = command->moves};

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !find_item(judge, &project.id, ITEM_ISSUE_TYPE, command->issue_type, "/issue_type",
	               &type) ||
	    !find_workflow(judge, &project.id, false, command->workflow, "/workflow", &workflow) ||
	    !begin_migration(&m) || slice_equal(PADDED(type.workflow), command->workflow))
		return;
	emit_project(judge, EVENT_WORKFLOW_ASSIGNED, &project)->workflow_assigned =
	        (struct workflow_assigned){.issue_type = command->issue_type,
	                                   .from = emit_copy(judge, PADDED(type.workflow)),
	                                   .to = command->workflow};
	migrate(&m);
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
