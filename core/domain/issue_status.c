/* TransitionIssue and AssignIssue. */
#include "core/domain/issue.h"

/* Name what the workflow does allow: the answer that a person can act on. */
static bool refuse_transition(struct judge *judge, struct slice from, struct slice to)
{
	struct slice parts[16] = {SLICE("from "), from, SLICE(" to "), to, SLICE("; allowed:")};
	size_t n = 5;

	for (const struct workflow_transition *t = workflow_transitions; t->from; t++) {
		if (!slice_is(from, t->from) || n + 2 > sizeof(parts) / sizeof(parts[0]))
			continue;
		parts[n] = n > 5 ? SLICE(", ") : SLICE(" ");
		parts[n + 1] = slice_str(t->to);
		n += 2;
	}
	return refuse(judge, REJECT_NO_TRANSITION, "/to", parts, n);
}

/* The resolution after the command: NULL unless @to is a done status. */
static bool find_resolution(struct judge *judge, const struct transition_issue *command,
                            const struct workflow_status *to, const char **resolution)
{
	bool done = to->category == STATUS_CATEGORY_DONE;

	*resolution = done ? workflow_resolutions[0] : NULL;
	if (!command->has_resolution)
		return true;
	if (!done)
		return REFUSE(judge, REJECT_RESOLUTION_NOT_DONE, "/resolution", slice_str(to->id),
		              SLICE(" is not a done status"));
	*resolution = workflow_resolution_find(command->resolution);
	if (!*resolution)
		return REFUSE(judge, REJECT_UNKNOWN_RESOLUTION, "/resolution",
		              SLICE("there is no resolution "), command->resolution);
	return true;
}

static void emit_transition(struct judge *judge, const struct workflow_status *from,
                            const struct workflow_status *to, const char *resolution,
                            struct row_issue *issue)
{
	const struct issue_type *type = issue_type_find(PADDED(issue->type));

	assert(type);
	emit_issue(judge, EVENT_ISSUE_TRANSITIONED, issue)->issue_transitioned =
	        (struct issue_transitioned){
	                .project_id = issue->project_id,
	                .from = slice_str(from->id),
	                .to = slice_str(to->id),
	                .from_category = from->category,
	                .to_category = to->category,
	                .has_resolution = resolution != NULL,
	                .resolution = slice_str(resolution),
	                .has_parent = type->parent_needed,
	                .parent = type->parent_needed ? issue->parent : (struct uuid){{0}},
	        };
}

void decide_transition_issue(struct judge *judge, const struct transition_issue *command)
{
	const struct workflow_status *to = workflow_status_find(command->to);
	const char *resolution;
	struct row_issue issue;

	if (!find_subject(judge, command->issue, command->has_expected_version,
	                  command->expected_version, &issue))
		return;
	if (!to) {
		REFUSE(judge, REJECT_UNKNOWN_STATUS, "/to", SLICE("there is no status "),
		       command->to);
		return;
	}
	if (!find_resolution(judge, command, to, &resolution))
		return;
	struct slice status = PADDED(issue.status);
	/* Where it is already: nothing to do, unless it should be there for another reason. */
	if (slice_is(status, to->id) &&
	    (!command->has_resolution || slice_is(PADDED(issue.resolution), resolution)))
		return;
	const struct workflow_status *from = workflow_status_find(status);
	assert(from);
	if (!workflow_allows(status, command->to)) {
		refuse_transition(judge, slice_str(from->id), slice_str(to->id));
		return;
	}
	emit_transition(judge, from, to, resolution, &issue);
}

void evolve_issue_transitioned(struct tenant_state *state, const struct event_meta *meta,
                               const struct issue_transitioned *event)
{
	struct row_issue issue = load_issue(state, meta);

	assert(event->has_resolution == (event->to_category == STATUS_CATEGORY_DONE));
	issue.field_version[ISSUE_FIELD_STATUS] = issue.version;
	PADDED_SET(issue.status, event->to);
	PADDED_SET(issue.resolution, event->has_resolution ? event->resolution : SLICE(""));
	save_issue(state, &issue);
}

void decide_assign_issue(struct judge *judge, const struct assign_issue *command)
{
	struct row_issue issue;

	if (!find_subject(judge, command->issue, command->has_expected_version,
	                  command->expected_version, &issue))
		return;
	bool assigned = !uuid_is_nil(&issue.assignee);
	if (assigned == command->has_assignee &&
	    (!assigned || uuid_equal(&issue.assignee, &command->assignee)))
		return;
	if (command->has_assignee && !check_member(judge, &command->assignee, "/assignee"))
		return;
	emit_issue(judge, EVENT_ISSUE_ASSIGNED, &issue)->issue_assigned =
	        (struct issue_assigned){.has_from = assigned,
	                                .from = issue.assignee,
	                                .has_to = command->has_assignee,
	                                .to = command->assignee};
}

void evolve_issue_assigned(struct tenant_state *state, const struct event_meta *meta,
                           const struct issue_assigned *event)
{
	struct row_issue issue = load_issue(state, meta);

	issue.field_version[ISSUE_FIELD_ASSIGNEE] = issue.version;
	memset(&issue.assignee, 0, sizeof(issue.assignee));
	if (event->has_to)
		issue.assignee = event->to;
	save_issue(state, &issue);
}
