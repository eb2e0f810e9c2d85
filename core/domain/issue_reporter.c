/* The reporter of an issue: the member in whose name it was reported. Whoever creates an issue is,
 * unless the command names another one. What follows from being it (grants, roles in workflows) is
 * judged by the row of the issue, and so follows the change. */
#include "core/domain/issue.h"

bool check_reporter(struct judge *judge, const struct row_project *project,
                    const struct uuid *member, const char *pointer)
{
	char room[UUID_TEXT];

	if (!check_member(judge, member, pointer))
		return false;
	return member_may(judge, member, PERMISSION_BROWSE_PROJECT, project, NULL) ||
	       REFUSE(judge, REJECT_CANNOT_REPORT, pointer, uuid_slice(member, room),
	              SLICE(" may not browse "), PADDED(project->key));
}

bool check_given_reporter(struct judge *judge, const struct row_project *project,
                          const struct row_issue *issue, bool given, const struct uuid *member)
{
	return !given || uuid_equal(member, &issue->reporter) ||
	       (check_may(judge, PERMISSION_MODIFY_REPORTER, project, issue) &&
	        check_reporter(judge, project, member, "/reporter"));
}

void edit_reporter(struct judge *judge, const struct uuid *reporter, struct row_issue *issue)
{
	if (uuid_equal(reporter, &issue->reporter))
		return;
	emit_issue(judge, EVENT_ISSUE_REPORTER_CHANGED, issue)->issue_reporter_changed =
	        (struct issue_reporter_changed){.from = issue->reporter, .to = *reporter};
}

void evolve_issue_reporter_changed(struct tenant_state *state, const struct event_meta *meta,
                                   const struct issue_reporter_changed *event)
{
	struct row_issue issue = load_field(state, meta, ISSUE_FIELD_REPORTER);

	issue.reporter = event->to;
	save_issue(state, &issue);
}
