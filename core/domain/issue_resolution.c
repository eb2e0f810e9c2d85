/* The resolution of an issue that is done and stays so: EditIssue corrects it. A transition, or
 * another type, gives it and takes it. */
#include "core/domain/conversion.h"

static bool check_chosen(struct judge *judge, const struct edit_issue *command,
                         const struct row_issue *issue)
{
	struct row_item item;

	return slice_equal(command->resolution, PADDED(issue->resolution)) ||
	       choose_item(judge, &issue->project_id, ITEM_RESOLUTION, command->resolution,
	                   "/resolution", &item);
}

bool check_resolution(struct judge *judge, const struct edit_issue *command,
                      const struct row_issue *issue, const struct conversion *conversion)
{
	const struct row_item *status = &conversion->status;

	if (!command->has_resolution)
		return true;
	if (status->category != STATUS_CATEGORY_DONE)
		return REFUSE(judge, REJECT_RESOLUTION_NOT_DONE, "/resolution", PADDED(status->id),
		              SLICE(" is not a done status; TransitionIssue to one takes a "
		                    "resolution"));
	return check_chosen(judge, command, issue);
}

void edit_resolution(struct judge *judge, const struct edit_issue *command, struct row_issue *issue)
{
	if (!command->has_resolution || slice_equal(command->resolution, PADDED(issue->resolution)))
		return;
	struct slice from = emit_copy(judge, PADDED(issue->resolution));
	emit_issue(judge, EVENT_ISSUE_RESOLUTION_CHANGED, issue)->issue_resolution_changed =
	        (struct issue_resolution_changed){from, command->resolution};
}

void evolve_issue_resolution_changed(struct tenant_state *state, const struct event_meta *meta,
                                     const struct issue_resolution_changed *event)
{
	struct row_issue issue = load_field(state, meta, ISSUE_FIELD_RESOLUTION);

	assert(event->to.n && issue.resolution[0]);
	PADDED_SET(issue.resolution, event->to);
	save_issue(state, &issue);
}
