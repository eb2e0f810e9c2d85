/* AssignIssue. */
#include "core/domain/issue.h"

void edit_assignee(struct judge *judge, const struct uuid *assignee, struct row_issue *issue)
{
	if (uuid_equal(assignee, &issue->assignee))
		return;
	emit_issue(judge, EVENT_ISSUE_ASSIGNED, issue)->issue_assigned =
	        (struct issue_assigned){.has_from = !uuid_is_nil(&issue->assignee),
	                                .from = issue->assignee,
	                                .has_to = !uuid_is_nil(assignee),
	                                .to = *assignee};
}

void decide_assign_issue(struct judge *judge, const struct assign_issue *command)
{
	static const struct uuid nobody;
	struct row_issue issue;

	if (!find_subject(judge, command->issue, command->has_expected_version,
	                  command->expected_version, &issue))
		return;
	bool assigned = !uuid_is_nil(&issue.assignee);
	if (assigned == command->has_assignee &&
	    (!assigned || uuid_equal(&issue.assignee, &command->assignee)))
		return;
	if (command->has_assignee &&
	    !check_assignee(judge, project_of_issue(judge, &issue), &issue, &command->assignee))
		return;
	edit_assignee(judge, command->has_assignee ? &command->assignee : &nobody, &issue);
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
