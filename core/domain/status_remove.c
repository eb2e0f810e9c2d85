/* RemoveStatus. What names the status comes to name its replacement: first the workflows, each
 * saved and published as a person would, then the issues, then the status is gone. */
#include "core/domain/board.h"
#include "core/domain/migration.h"
#include "core/domain/project.h"
#include "core/domain/workflow_replace.h"

struct removing {
	struct workflow_replacing workflows;
	struct judge *judge;
	struct row_project project;
	struct slice status, replacement;
	bool done; /* whether the replacement is */
	struct migration migration;
};

/* --- what is in the way --- */

struct users {
	uint32_t issues;
	struct workflows_naming naming;
};

static struct users find_users(struct removing *r)
{
	const struct items *types = &r->migration.types;
	struct users users = {.naming = find_workflows_naming(&r->workflows)};

	for (uint32_t i = 0; i < types->n; i++)
		users.issues += count_issues_in(r->judge->state, &r->project.id,
		                                PADDED(types->at[i].id), r->status);
	return users;
}

static bool check_unused(struct removing *r)
{
	char issues[TEXT_NUMBER_MAX], workflows[TEXT_NUMBER_MAX], drafts[TEXT_NUMBER_MAX];
	struct users users = find_users(r);

	if (r->judge->decision->reject)
		return false;
	if (!users.issues && !users.naming.workflows && !users.naming.drafts)
		return true;
	return REFUSE(r->judge, REJECT_IN_USE, "/status", r->status, SLICE(": "),
	              text_number(users.issues, issues), SLICE(" issues, "),
	              text_number(users.naming.workflows, workflows), SLICE(" workflows, "),
	              text_number(users.naming.drafts, drafts), SLICE(" drafts, the first is "),
	              users.naming.first, SLICE(": name replace_with"));
}

static bool check_replacement(struct removing *r)
{
	struct row_item item;

	if (slice_equal(r->status, r->replacement))
		return REFUSE(r->judge, REJECT_BAD_CHANGE, "/replace_with",
		              SLICE("a status cannot replace itself"));
	if (!find_item(r->judge, &r->project.id, ITEM_STATUS, r->replacement, "/replace_with",
	               &item))
		return false;
	r->done = item.category == STATUS_CATEGORY_DONE;
	return true;
}

/* --- workflows --- */

static bool names_status(const struct workflow_replacing *workflows,
                         const struct workflow *workflow)
{
	const struct removing *r = (const struct removing *)workflows;

	return workflow_names(workflow, r->status);
}

/* "separate" tells two statuses apart: nothing is left of it when they become one. */
static bool check_separate(struct removing *r, const struct workflow_transition *transition,
                           const struct workflow_rule *rule, struct slice workflow)
{
	return rule->kind != WORKFLOW_RULE_KIND_SEPARATE || rule->statuses.n == 2 ||
	       REFUSE(r->judge, REJECT_IN_USE, "/replace_with", SLICE("workflow "), workflow,
	              SLICE(", transition "), transition->id, SLICE(": separate would name "),
	              r->replacement, SLICE(" twice"));
}

static bool replace_in_rules(struct removing *r, const struct workflow_transition *transition,
                             struct workflow_rule_array *rules, struct slice workflow)
{
	struct workflow_rule *items = emit_room(r->judge, rules->n * sizeof(*items));

	for (uint32_t i = 0; i < rules->n && items; i++) {
		items[i] = rules->items[i];
		items[i].statuses =
		        replace_text(r->judge, items[i].statuses, r->status, r->replacement);
		if (!check_separate(r, transition, &items[i], workflow))
			return false;
	}
	rules->items = items;
	return items != NULL;
}

/* New issues are not done; only done ones have a resolution. */
static bool check_target(struct removing *r, const struct workflow_transition *t,
                         struct slice workflow)
{
	const struct slice resolution = slice_str(issue_field_symbol(ISSUE_FIELD_RESOLUTION));
	bool resolves = names_have(t->screen, resolution);

	for (uint32_t i = 0; i < t->functions.n; i++)
		resolves = resolves || slice_equal(t->functions.items[i].field, resolution);
	if (r->done ? t->kind != TRANSITION_KIND_INITIAL : !resolves)
		return true;
	return REFUSE(r->judge, REJECT_IN_USE, "/replace_with", SLICE("workflow "), workflow,
	              SLICE(", transition "), t->id,
	              r->done ? SLICE(": new issues are not done")
	                      : SLICE(": sets a resolution, which only done issues have"));
}

/* A way that led from the one to the other leads nowhere any more: *@gone. */
static bool replace_in_transition(struct removing *r, struct workflow_transition *t,
                                  struct slice workflow, bool *gone)
{
	struct slice_array from = replace_text(r->judge, t->from, r->status, r->replacement);
	uint32_t n = 0;

	if (slice_equal(t->to, r->status)) {
		t->to = r->replacement;
		if (!check_target(r, t, workflow))
			return false;
	}
	struct slice *items = (struct slice *)from.items;
	for (uint32_t i = 0; i < from.n; i++)
		if (!slice_equal(items[i], t->to))
			items[n++] = items[i];
	from.n = n;
	*gone = t->from.n && !n;
	t->from = from;
	return *gone || (replace_in_rules(r, t, &t->conditions, workflow) &&
	                 replace_in_rules(r, t, &t->validators, workflow));
}

/* That all other statuses can still be reached needs no check: two of them become one. */
static bool replace_in_workflow(struct workflow_replacing *workflows, struct slice id,
                                struct workflow *workflow)
{
	struct removing *r = (struct removing *)workflows;
	struct workflow_transition *items =
	        emit_room(r->judge, workflow->transitions.n * sizeof(*items));
	uint32_t n = 0;

	for (uint32_t i = 0; i < workflow->transitions.n && items; i++) {
		bool gone;
		items[n] = workflow->transitions.items[i];
		if (!replace_in_transition(r, &items[n], id, &gone))
			return false;
		n += !gone;
	}
	workflow->transitions = (struct workflow_transition_array){items, n};
	return items != NULL;
}

/* --- the command --- */

static bool replace_status(struct removing *r)
{
	const struct status_move move = {r->status, r->replacement};

	if (!check_replacement(r) || !replace_in_workflows(&r->workflows))
		return false;
	for (uint32_t i = 0; i < r->migration.types.n; i++)
		move_issues(&r->migration, &r->migration.types.at[i], &move);
	return r->judge->decision->reject == REJECT_NONE;
}

void decide_remove_status(struct judge *judge, const struct remove_status *command)
{
	struct removing r = {.workflows = {.judge = judge,
	                                   .project = &r.project,
	                                   .names = names_status,
	                                   .replace = replace_in_workflow},
	                     .judge = judge,
	                     .status = command->status,
	                     .replacement = command->replace_with};
	struct row_item item;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &r.project) ||
	    !find_item(judge, &r.project.id, ITEM_STATUS, command->status, "/status", &item))
		return;
	migration_begin(judge, &r.project.id, &r.migration);
	if (!(command->has_replace_with ? replace_status(&r) : check_unused(&r)))
		return;
	if (command->has_replace_with)
		replace_on_boards(judge, &r.project.id, command->status, command->replace_with);
	emit_project(judge, EVENT_STATUS_REMOVED, &r.project)->status_removed =
	        (struct status_removed){.status = command->status,
	                                .has_replaced_by = command->has_replace_with,
	                                .replaced_by = command->replace_with};
}
