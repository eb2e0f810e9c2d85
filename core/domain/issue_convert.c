/* Another type for an issue, in its project: a part of EditIssue. The status stays where the
 * workflow of the type has a place for it, else the command says which one takes its place. No rule
 * of a workflow is asked, that of the initial transition neither: it is not a new issue. So who
 * takes an issue to a type of another workflow, and back, may come past a transition: it asks for
 * move_issues, as moving to another project does. */
#include "core/domain/conversion.h"

#include "core/domain/migration.h"

#define NAMED_STATUSES_MAX 8 /* in a refusal */

static void read_its(struct judge *judge, const struct row_issue *issue, enum item_kind kind,
                     struct slice id, struct row_item *item)
{
	bool found = read_item(judge->state, &issue->project_id, kind, id, item);

	assert(found);
	(void)found;
}

static bool is_told_before(const struct workflow *workflow, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (slice_equal(workflow->transitions.items[i].to,
		                workflow->transitions.items[at].to))
			return true;
	return false;
}

/* Name those that would do. */
static bool refuse_status(struct judge *judge, const struct row_item *type,
                          const struct workflow *workflow, struct slice status)
{
	struct slice parts[4 + 2 * NAMED_STATUSES_MAX] = {
	        PADDED(type->id), SLICE(" has no place for "), status, SLICE("; status can be ")};
	uint32_t n = 4;

	for (uint32_t i = 0; i < workflow->transitions.n; i++) {
		if (is_told_before(workflow, i) || n + 2 > sizeof(parts) / sizeof(parts[0]))
			continue;
		if (n > 4)
			parts[n++] = SLICE(", ");
		parts[n++] = workflow->transitions.items[i].to;
	}
	return refuse(judge, REJECT_UNKNOWN_STATUS, "/status", parts, n);
}

static bool find_status_there(struct judge *judge, const struct edit_issue *command,
                              const struct row_issue *issue, const struct workflow *workflow,
                              struct conversion *conversion)
{
	bool has_place = workflow_has(workflow, PADDED(issue->status));
	struct slice status = command->has_status ? command->status : PADDED(issue->status);

	if (has_place && command->has_status && !slice_equal(status, PADDED(issue->status)))
		return REFUSE(judge, REJECT_BAD_CHANGE, "/status", PADDED(conversion->after.id),
		              SLICE(" has a place for "), PADDED(issue->status),
		              SLICE(", which stays; TransitionIssue changes it"));
	if (!workflow_has(workflow, status))
		return refuse_status(judge, &conversion->after, workflow, status);
	read_its(judge, issue, ITEM_STATUS, status, &conversion->status);
	return has_place || check_may(judge, PERMISSION_TRANSITION_ISSUES,
	                              project_of_issue(judge, issue), issue);
}

static bool check_other_workflow(struct judge *judge, const struct row_issue *issue,
                                 const struct conversion *conversion)
{
	return slice_equal(PADDED(conversion->before.workflow),
	                   PADDED(conversion->after.workflow)) ||
	       check_may(judge, PERMISSION_MOVE_ISSUES, project_of_issue(judge, issue), issue);
}

static bool find_status(struct judge *judge, const struct edit_issue *command,
                        const struct row_issue *issue, struct conversion *conversion)
{
	struct arena mark = *judge->decision->arena;
	struct workflow workflow;
	bool good = find_workflow(judge, &issue->project_id, false,
	                          PADDED(conversion->after.workflow), "/type", &workflow) &&
	            find_status_there(judge, command, issue, &workflow, conversion);

	*judge->decision->arena = mark;
	return good;
}

/* Those below an issue are one level below it, also where nobody sees them. */
static bool check_below(struct judge *judge, const struct row_issue *issue,
                        const struct conversion *conversion)
{
	return !issue->children || conversion->after.level == conversion->before.level ||
	       REFUSE(judge, REJECT_PARENT_TYPE, "/type", PADDED(conversion->after.id),
	              SLICE(" cannot be the parent of the issues below it, as "),
	              PADDED(conversion->before.id), SLICE(" is"));
}

bool plan_conversion(struct judge *judge, const struct edit_issue *command,
                     const struct row_issue *issue, struct conversion *conversion)
{
	conversion->changes = command->has_type && !slice_equal(command->type, PADDED(issue->type));
	read_its(judge, issue, ITEM_ISSUE_TYPE, PADDED(issue->type), &conversion->before);
	read_its(judge, issue, ITEM_STATUS, PADDED(issue->status), &conversion->status);
	conversion->after = conversion->before;
	conversion->resolution = command->has_resolution ? command->resolution : SLICE("");
	if (command->has_status && !command->has_type)
		return REFUSE(judge, REJECT_BAD_CHANGE, "/status",
		              SLICE("status goes along with type; TransitionIssue changes it"));
	if (conversion->changes && !(choose_item(judge, &issue->project_id, ITEM_ISSUE_TYPE,
	                                         command->type, "/type", &conversion->after) &&
	                             check_other_workflow(judge, issue, conversion) &&
	                             check_below(judge, issue, conversion)))
		return false;
	return !command->has_type || find_status(judge, command, issue, conversion);
}

bool conversion_takes_status(struct judge *judge, struct slice ref, struct slice type)
{
	struct arena mark = *judge->decision->arena;
	struct workflow workflow;
	struct row_issue issue;
	struct row_item item;
	bool full;
	bool takes = resolve_issue(judge->state, ref, &issue) &&
	             read_item(judge->state, &issue.project_id, ITEM_ISSUE_TYPE, type, &item) &&
	             read_workflow(judge->state, &issue.project_id, false, PADDED(item.workflow),
	                           judge->decision->arena, &workflow, &full) &&
	             !workflow_has(&workflow, PADDED(issue.status));

	*judge->decision->arena = mark;
	return takes;
}

static struct slice resolution_after(struct judge *judge, const struct conversion *conversion,
                                     const struct row_issue *issue)
{
	if (conversion->status.category != STATUS_CATEGORY_DONE)
		return SLICE("");
	if (conversion->resolution.n &&
	    !slice_equal(PADDED(conversion->status.id), PADDED(issue->status)))
		return conversion->resolution;
	return issue->resolution[0] ? emit_copy(judge, PADDED(issue->resolution))
	                            : first_resolution(judge, &issue->project_id);
}

void emit_conversion(struct judge *judge, const struct conversion *conversion,
                     struct row_issue *issue)
{
	struct slice resolution = resolution_after(judge, conversion, issue);
	struct row_item status;

	if (!conversion->changes)
		return;
	read_its(judge, issue, ITEM_STATUS, PADDED(issue->status), &status);
	struct issue_converted event = {
	        .project_id = issue->project_id,
	        .number = issue->number,
	        .from_type = emit_copy(judge, PADDED(issue->type)),
	        .to_type = emit_copy(judge, PADDED(conversion->after.id)),
	        .from_status = emit_copy(judge, PADDED(issue->status)),
	        .to_status = emit_copy(judge, PADDED(conversion->status.id)),
	        .from_category = status.category,
	        .to_category = conversion->status.category,
	        .has_from_resolution = issue->resolution[0] != '\0',
	        .from_resolution = emit_copy(judge, PADDED(issue->resolution)),
	        .has_to_resolution = resolution.n > 0,
	        .to_resolution = resolution,
	};
	emit_issue(judge, EVENT_ISSUE_CONVERTED, issue)->issue_converted = event;
	PADDED_SET(issue->resolution, resolution);
}

void evolve_issue_converted(struct tenant_state *state, const struct event_meta *meta,
                            const struct issue_converted *event)
{
	struct row_issue issue = load_field(state, meta, ISSUE_FIELD_TYPE);

	assert(slice_equal(event->from_type, PADDED(issue.type)));
	issue_leave_place(state, &issue);
	PADDED_SET(issue.type, event->to_type);
	if (!slice_equal(event->from_status, event->to_status))
		issue_change_status(state, meta, &issue, event->to_status,
		                    event->has_to_resolution ? event->to_resolution : SLICE(""));
	issue_take_place(state, &issue);
	save_issue(state, &issue);
}
