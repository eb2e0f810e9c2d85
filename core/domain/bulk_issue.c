/* The commands on many issues: each is the commands for one issue, issue by issue. */
#include "core/domain/bulk.h"
#include "core/domain/conversion.h"
#include "core/domain/issue.h"

/* --- edit --- */

static bool bulk_fields(struct bulk *bulk, const struct bulk_edit_issues *command,
                        struct slice issue)
{
	enum issue_field fields[ISSUE_FIELDS];
	struct issue_field_array clear = {fields, 0};
	struct judge *judge = bulk_judge(bulk, COMMAND_EDIT_ISSUE);

	for (uint32_t i = 0; i < command->clear.n && clear.n < ISSUE_FIELDS; i++)
		if (command->clear.items[i] != ISSUE_FIELD_ASSIGNEE)
			fields[clear.n++] = command->clear.items[i];
	const struct edit_issue edit = {
	        .issue = issue,
	        .has_type = command->has_type,
	        .type = command->type,
	        .has_status =
	                command->has_status && conversion_takes_status(judge, issue, command->type),
	        .status = command->status,
	        .has_priority = command->has_priority,
	        .priority = command->priority,
	        .has_resolution = command->has_resolution,
	        .resolution = command->resolution,
	        .has_reporter = command->has_reporter,
	        .reporter = command->reporter,
	        .has_due_on = command->has_due_on,
	        .due_on = command->due_on,
	        .has_start_on = command->has_start_on,
	        .start_on = command->start_on,
	        .has_estimate = command->has_estimate,
	        .estimate = command->estimate,
	        .has_remaining = command->has_remaining,
	        .remaining = command->remaining,
	        .has_parent = command->has_parent,
	        .parent = command->parent,
	        .clear = clear,
	        .fields = command->fields,
	};
	if (!clear.n && !edit.fields.n && !edit.has_type && !edit.has_priority &&
	    !edit.has_resolution && !edit.has_reporter && !edit.has_due_on && !edit.has_start_on &&
	    !edit.has_estimate && !edit.has_remaining && !edit.has_parent)
		return true;
	decide_edit_issue(judge, &edit);
	return bulk_step(bulk);
}

static bool clears_assignee(const struct bulk_edit_issues *command)
{
	return issue_has_field(command->clear, ISSUE_FIELD_ASSIGNEE);
}

static bool bulk_assignee(struct bulk *bulk, const struct bulk_edit_issues *command,
                          struct slice issue)
{
	const struct assign_issue assign = {.issue = issue,
	                                    .has_assignee = command->has_assignee,
	                                    .assignee = command->assignee};

	if (!command->has_assignee && !clears_assignee(command))
		return true;
	decide_assign_issue(bulk_judge(bulk, COMMAND_ASSIGN_ISSUE), &assign);
	return bulk_step(bulk);
}

static bool bulk_labels(struct bulk *bulk, const struct bulk_edit_issues *command,
                        struct slice issue)
{
	const struct label_issue label = {
	        .issue = issue, .add = command->add_labels, .remove = command->remove_labels};

	if (!label.add.n && !label.remove.n)
		return true;
	decide_label_issue(bulk_judge(bulk, COMMAND_LABEL_ISSUE), &label);
	return bulk_step(bulk);
}

static bool bulk_components(struct bulk *bulk, const struct bulk_edit_issues *command,
                            struct slice issue)
{
	const struct change_issue_components change = {
	        .issue = issue,
	        .add = command->add_components,
	        .remove = command->remove_components,
	};

	if (!change.add.n && !change.remove.n)
		return true;
	decide_change_issue_components(bulk_judge(bulk, COMMAND_CHANGE_ISSUE_COMPONENTS), &change);
	return bulk_step(bulk);
}

static bool bulk_versions(struct bulk *bulk, const struct bulk_edit_issues *command,
                          struct slice issue)
{
	const struct change_issue_versions change = {
	        .issue = issue,
	        .add_fix = command->add_fix_versions,
	        .remove_fix = command->remove_fix_versions,
	        .add_affects = command->add_affects_versions,
	        .remove_affects = command->remove_affects_versions,
	};

	if (!change.add_fix.n && !change.remove_fix.n && !change.add_affects.n &&
	    !change.remove_affects.n)
		return true;
	decide_change_issue_versions(bulk_judge(bulk, COMMAND_CHANGE_ISSUE_VERSIONS), &change);
	return bulk_step(bulk);
}

static void edit_one(struct bulk *bulk, const void *context, struct slice issue)
{
	const struct bulk_edit_issues *command = context;

	if (bulk_fields(bulk, command, issue) && bulk_assignee(bulk, command, issue) &&
	    bulk_labels(bulk, command, issue) && bulk_components(bulk, command, issue))
		bulk_versions(bulk, command, issue);
}

static bool changes_something(const struct bulk_edit_issues *command)
{
	return command->has_type || command->has_priority || command->has_resolution ||
	       command->has_reporter || command->has_assignee || command->has_due_on ||
	       command->has_start_on || command->has_estimate || command->has_remaining ||
	       command->has_parent || command->clear.n || command->add_labels.n ||
	       command->remove_labels.n || command->add_components.n ||
	       command->remove_components.n || command->add_fix_versions.n ||
	       command->remove_fix_versions.n || command->add_affects_versions.n ||
	       command->remove_affects_versions.n || command->fields.n;
}

static size_t bytes_of(struct slice_array texts)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < texts.n; i++)
		bytes += texts.items[i].n;
	return bytes;
}

/* @bytes: of other texts that each issue gets. */
static bool check_size(struct judge *judge, struct slice_array issues, size_t bytes,
                       struct field_value_array fields)
{
	for (uint32_t i = 0; i < fields.n; i++)
		bytes += bytes_of(fields.items[i].values);
	return bytes * issues.n <= BULK_TEXT_BYTES ||
	       REFUSE(judge, REJECT_TOO_LARGE, "/issues",
	              SLICE("so much text on so many issues: send fewer at once"));
}

void decide_bulk_edit_issues(struct judge *judge, const struct bulk_edit_issues *command)
{
	const struct bulk_list list = {.has_id = command->has_bulk_id,
	                               .id = command->bulk_id,
	                               .issues = command->issues,
	                               .command = command,
	                               .one = edit_one};

	if (command->has_status && !command->has_type)
		REFUSE(judge, REJECT_BAD_CHANGE, "/status", SLICE("status goes along with type"));
	else if (!changes_something(command))
		REFUSE(judge, REJECT_BAD_CHANGE, "", SLICE("it says nothing that would change"));
	else if (command->has_assignee && clears_assignee(command))
		REFUSE(judge, REJECT_BAD_CLEAR, "/clear",
		       SLICE("assignee is set and emptied at once"));
	else if (issue_has_field(command->clear, ISSUE_FIELD_DESCRIPTION))
		REFUSE(judge, REJECT_BAD_CLEAR, "/clear",
		       SLICE("descriptions are emptied one by one"));
	else if (check_size(judge, command->issues,
	                    bytes_of(command->add_labels) + bytes_of(command->remove_labels),
	                    command->fields))
		decide_bulk(judge, &list);
}

/* --- transition --- */

struct transitioning {
	const struct bulk_transition_issues *command;
	struct uuid *comment; /* id of the last one */
};

static void transition_one(struct bulk *bulk, const void *context, struct slice issue)
{
	const struct transitioning *transitioning = context;
	const struct bulk_transition_issues *command = transitioning->command;
	const struct transition_issue transition = {
	        .issue = issue,
	        .has_to = command->has_to,
	        .to = command->to,
	        .has_transition = command->has_transition,
	        .transition = command->transition,
	        .has_category = command->has_category,
	        .category = command->category,
	        .has_resolution = command->has_resolution,
	        .resolution = command->resolution,
	        .fields = command->fields,
	        .has_comment = command->has_comment,
	        .comment = command->comment,
	        .has_from = command->has_from,
	        .from = command->from,
	};

	count_on(transitioning->comment);
	transition_issue(bulk_judge(bulk, COMMAND_TRANSITION_ISSUE), &transition,
	                 transitioning->comment);
}

/* The first comment has the id behind that of the bulk, which is fresh, too. */
void decide_bulk_transition_issues(struct judge *judge,
                                   const struct bulk_transition_issues *command)
{
	struct uuid comment = judge->request->fresh[FRESH_ID];
	const struct transitioning transitioning = {command, &comment};
	const struct bulk_list list = {.has_id = command->has_bulk_id,
	                               .id = command->bulk_id,
	                               .issues = command->issues,
	                               .command = &transitioning,
	                               .one = transition_one};

	if (command->has_to + command->has_transition + command->has_category != 1)
		REFUSE(judge, REJECT_BAD_TARGET, "/to",
		       SLICE("say where to: one of transition, to and category"));
	else if (check_size(judge, command->issues, command->has_comment ? command->comment.n : 0,
	                    command->fields))
		decide_bulk(judge, &list);
}

/* --- move, delete --- */

static void move_one(struct bulk *bulk, const void *context, struct slice issue)
{
	const struct bulk_move_issues *command = context;
	const struct move_issue move = {
	        .issue = issue,
	        .project = command->project,
	        .types = command->types,
	        .statuses = command->statuses,
	        .priorities = command->priorities,
	        .resolutions = command->resolutions,
	        .fields = command->fields,
	};

	decide_move_issue(bulk_judge(bulk, COMMAND_MOVE_ISSUE), &move);
}

void decide_bulk_move_issues(struct judge *judge, const struct bulk_move_issues *command)
{
	const struct bulk_list list = {.has_id = command->has_bulk_id,
	                               .id = command->bulk_id,
	                               .issues = command->issues,
	                               .command = command,
	                               .one = move_one};

	if (check_size(judge, command->issues, 0, command->fields))
		decide_bulk(judge, &list);
}

static void delete_one(struct bulk *bulk, const void *context, struct slice issue)
{
	const struct delete_issue command = {.issue = issue};

	(void)context;
	decide_delete_issue(bulk_judge(bulk, COMMAND_DELETE_ISSUE), &command);
}

void decide_bulk_delete_issues(struct judge *judge, const struct bulk_delete_issues *command)
{
	const struct bulk_list list = {.has_id = command->has_bulk_id,
	                               .id = command->bulk_id,
	                               .issues = command->issues,
	                               .command = command,
	                               .one = delete_one};

	decide_bulk(judge, &list);
}

/* --- rank --- */

/* Those that go before an issue, or to the bottom, are judged backwards, so that each has its
 * neighbour there already: what lies where it belongs is seen to be unchanged. */
struct ranking {
	struct rank_goal goal; /* of the first one that is judged */
	struct uuid other;     /* that the goal names; nil: none */
	bool backwards;
	struct ranked *ranked;
};

/* The issues that have been put behind each other so far: nothing else lies among them. */
struct ranked {
	struct uuid front, back;
	bool any;
	uint32_t left; /* of the list */
};

static struct slice rank_of(const struct tenant_state *state, const struct uuid *id,
                            struct row_issue *row)
{
	bool found = read_issue(state, id, row);

	assert(found);
	(void)found;
	return PADDED(row->rank);
}

/* Whether it was judged before. */
static bool is_ranked(const struct tenant_state *state, const struct ranked *ranked,
                      const struct row_issue *issue)
{
	struct row_issue front, back;
	struct slice rank = PADDED(issue->rank);

	return ranked->any && slice_compare(rank_of(state, &ranked->front, &front), rank) <= 0 &&
	       slice_compare(rank, rank_of(state, &ranked->back, &back)) <= 0;
}

static bool check_not_other(struct judge *judge, const struct ranking *ranking,
                            const struct row_issue *issue)
{
	return !uuid_equal(&issue->id, &ranking->other) ||
	       REFUSE(judge, REJECT_BAD_RANK_TARGET,
	              ranking->goal.has_before ? "/before" : "/after",
	              SLICE("an issue has no place relative to itself"));
}

static struct rank_goal next_goal(const struct ranking *ranking, char room[UUID_TEXT])
{
	const struct ranked *ranked = ranking->ranked;
	struct rank_goal goal = ranking->goal;

	if (ranked->any && ranking->backwards)
		goal = (struct rank_goal){.has_before = true,
		                          .before = uuid_slice(&ranked->front, room)};
	else if (ranked->any)
		goal = (struct rank_goal){.has_after = true,
		                          .after = uuid_slice(&ranked->back, room)};
	*(ranking->backwards ? &goal.in_front : &goal.behind) = ranked->left;
	return goal;
}

static void rank_one(struct bulk *bulk, const void *context, struct slice ref)
{
	const struct ranking *ranking = context;
	struct ranked *ranked = ranking->ranked;
	struct judge *judge = bulk_judge(bulk, COMMAND_RANK_ISSUE);
	struct row_issue issue;
	char room[UUID_TEXT];

	ranked->left--;
	if (!find_subject(judge, ref, false, 0, &issue) ||
	    !check_not_other(judge, ranking, &issue) || is_ranked(judge->state, ranked, &issue))
		return;
	const struct rank_goal goal = next_goal(ranking, room);
	rank_issue(judge, &goal, &issue);
	if (judge->decision->reject != REJECT_NONE)
		return;
	if (!ranked->any || ranking->backwards)
		ranked->front = issue.id;
	if (!ranked->any || !ranking->backwards)
		ranked->back = issue.id;
	ranked->any = true;
}

void decide_bulk_rank_issues(struct judge *judge, const struct bulk_rank_issues *command)
{
	struct row_issue other = {.id = {{0}}};
	struct ranked ranked = {.left = command->issues.n};
	struct ranking ranking = {.goal = {.has_before = command->has_before,
	                                   .has_after = command->has_after,
	                                   .has_to = command->has_to,
	                                   .before = command->before,
	                                   .after = command->after,
	                                   .to = command->to},
	                          .backwards = command->has_to ? command->to == RANK_END_BOTTOM
	                                                       : command->has_before,
	                          .ranked = &ranked};
	const struct bulk_list list = {.has_id = command->has_bulk_id,
	                               .id = command->bulk_id,
	                               .issues = command->issues,
	                               .backwards = ranking.backwards,
	                               .command = &ranking,
	                               .one = rank_one};

	if (!find_rank_goal(judge, &ranking.goal, &other))
		return;
	ranking.other = other.id;
	decide_bulk(judge, &list);
}
