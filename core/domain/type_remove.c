/* RemoveIssueType. What names the type comes to name its replacement: first the rules of workflows,
 * then the contexts of custom fields, the filters of boards, the issues; then the type is gone.
 * Required fields of the replacement are not asked of the issues, as nobody asks those who have a
 * type when a field of it becomes required. */
#include "core/domain/board.h"
#include "core/domain/conversion.h"
#include "core/domain/field.h"
#include "core/domain/migration.h"
#include "core/domain/project.h"
#include "core/domain/workflow_replace.h"

struct removing {
	struct workflow_replacing workflows;
	struct judge *judge;
	struct row_project project;
	struct slice id, other_id;
	struct row_item type, other; /* the other one takes its place */
	struct migration migration;
	uint32_t issues; /* that have the type, deleted ones included */
};

/* --- what names it --- */

static bool rule_names(const struct workflow_replacing *workflows, const struct workflow_rule *rule)
{
	const struct removing *r = (const struct removing *)workflows;

	return rule->has_field && rule->field == ISSUE_FIELD_TYPE &&
	       names_have(rule->values, r->id);
}

/* The next custom field whose context names it. */
static bool next_field_of(const struct removing *r, struct row_field *field)
{
	while (next_field(r->judge->state, &r->project.id, field))
		if (!field->removed && !field->all_types && field_is_of_type(field, &r->type))
			return true;
	return false;
}

static uint32_t count_contexts(const struct removing *r)
{
	struct row_field field;
	uint32_t n = 0;

	memset(&field, 0, sizeof(field));
	while (next_field_of(r, &field))
		n++;
	return n;
}

static uint32_t count_issues(const struct removing *r)
{
	const struct items *statuses = &r->migration.statuses;
	uint32_t n = 0;

	for (uint32_t i = 0; i < statuses->n; i++)
		n += count_issues_in(r->judge->state, &r->project.id, r->id,
		                     PADDED(statuses->at[i].id));
	return n;
}

static bool check_unused(struct removing *r)
{
	char issues[TEXT_NUMBER_MAX], fields[TEXT_NUMBER_MAX], boards[TEXT_NUMBER_MAX];
	char workflows[TEXT_NUMBER_MAX], drafts[TEXT_NUMBER_MAX];
	struct workflows_naming naming = find_workflows_naming(&r->workflows);
	uint32_t contexts = count_contexts(r);
	const struct filter_name name = {.part = FILTER_TYPES, .text = r->id};
	uint32_t filtering = count_boards_filtering(r->judge, &r->project.id, &name);

	if (r->judge->decision->reject)
		return false;
	if (!r->issues && !contexts && !filtering && !naming.workflows && !naming.drafts)
		return true;
	return REFUSE(r->judge, REJECT_IN_USE, "/issue_type", r->id, SLICE(": "),
	              text_number(r->issues, issues), SLICE(" issues, "),
	              text_number(contexts, fields), SLICE(" custom fields, "),
	              text_number(filtering, boards), SLICE(" boards, "),
	              text_number(naming.workflows, workflows), SLICE(" workflows, "),
	              text_number(naming.drafts, drafts), SLICE(" drafts"),
	              naming.first.n ? SLICE(", the first is ") : SLICE(""), naming.first,
	              SLICE(": name replace_with"));
}

/* --- what takes its place --- */

static bool check_replacement(struct removing *r)
{
	if (slice_equal(r->id, r->other_id))
		return REFUSE(r->judge, REJECT_BAD_CHANGE, "/replace_with",
		              SLICE("an issue type cannot replace itself"));
	if (!choose_item(r->judge, &r->project.id, ITEM_ISSUE_TYPE, r->other_id, "/replace_with",
	                 &r->other))
		return false;
	return r->other.level == r->type.level ||
	       REFUSE(r->judge, REJECT_BAD_CHANGE, "/replace_with", r->other_id,
	              SLICE(" is of another level than "), r->id);
}

static bool replace_in_rule(struct workflow_replacing *workflows,
                            const struct workflow_place *place, struct workflow_rule *rule)
{
	const struct removing *r = (const struct removing *)workflows;

	(void)place;
	rule->values = replace_text(r->judge, rule->values, r->id, r->other_id);
	return rule->values.items != NULL;
}

static void replace_in_contexts(struct removing *r)
{
	struct row_field field;

	memset(&field, 0, sizeof(field));
	while (next_field_of(r, &field) && r->judge->decision->reject == REJECT_NONE) {
		struct field_settings before =
		        read_field_settings(r->judge, &r->project.id, &field);
		struct field_settings after = before;
		struct slice id = emit_copy(r->judge, PADDED(field.id));
		after.issue_types = replace_text(r->judge, before.issue_types, r->id, r->other_id);
		emit_project(r->judge, EVENT_FIELD_EDITED, &r->project)->field_edited =
		        (struct field_edited){id, before, after};
	}
}

/* --- its issues --- */

static void convert_issue(struct removing *r, const struct uuid *id,
                          const struct workflow *workflow, struct status_move_array moves,
                          struct homeless *homeless)
{
	struct conversion conversion = {.changes = true, .before = r->type, .after = r->other};
	struct row_issue issue;
	bool found = read_issue(r->judge->state, id, &issue);

	assert(found);
	(void)found;
	struct slice status = place_after(workflow, moves, PADDED(issue.status));
	if (status.n) {
		conversion.status = *items_find(&r->migration.statuses, status);
		emit_conversion(r->judge, &conversion, &issue);
		return;
	}
	if (!homeless->issues++)
		homeless->status = emit_copy(r->judge, PADDED(issue.status));
}

static bool convert_issues(struct removing *r, const struct workflow *workflow,
                           struct status_move_array moves)
{
	const struct tenant_state *state = r->judge->state;
	struct row_key at = row_key_issue_place(&r->project.id, r->id, SLICE(""), 0);
	const struct row_key first = at;
	const size_t head = sizeof(struct uuid) + r->id.n + 1; /* of all keys of the type */
	struct homeless homeless = {0};
	struct uuid issue;

	while (r->judge->decision->reject == REJECT_NONE &&
	       next_issue_of(state, &r->project.id, &at, &issue) &&
	       memcmp(at.bytes, first.bytes, head) == 0)
		convert_issue(r, &issue, workflow, moves, &homeless);
	return check_homeless(r->judge, &homeless);
}

/* --- the command --- */

static bool check_may_go(struct removing *r)
{
	const struct items *types = &r->migration.types;

	if (type_needs_parent(&r->type))
		return REFUSE(r->judge, REJECT_BUILT_IN, "/issue_type", r->id,
		              SLICE(" stays: it is the type of all sub-tasks"));
	for (uint32_t i = 0; i < types->n; i++)
		if (!types->at[i].disabled && !type_needs_parent(&types->at[i]) &&
		    !slice_equal(PADDED(types->at[i].id), r->id))
			return true;
	return REFUSE(r->judge, REJECT_LAST_ITEM, "/issue_type",
	              SLICE("no other issue type but that of sub-tasks can be chosen"));
}

static bool check_not_too_many(struct removing *r)
{
	char room[TEXT_NUMBER_MAX];

	return r->issues < DECISION_EVENTS_MAX ||
	       REFUSE(r->judge, REJECT_TOO_LARGE, "/issue_type", text_number(r->issues, room),
	              SLICE(" issues have it: give some another first"));
}

static bool replace_type(struct removing *r, const struct remove_issue_type *command)
{
	struct workflow workflow;

	if (!check_replacement(r) || !check_not_too_many(r) ||
	    !find_workflow(r->judge, &r->project.id, false, PADDED(r->other.workflow),
	                   "/replace_with", &workflow) ||
	    !check_moves(&r->migration, &workflow, command->moves) ||
	    !replace_in_workflows(&r->workflows))
		return false;
	replace_in_contexts(r);
	replace_in_board_filters(r->judge, &r->project.id,
	                         &(struct filter_name){.part = FILTER_TYPES, .text = r->id},
	                         &(struct filter_name){.part = FILTER_TYPES, .text = r->other_id});
	return r->judge->decision->reject == REJECT_NONE &&
	       convert_issues(r, &workflow, command->moves);
}

void decide_remove_issue_type(struct judge *judge, const struct remove_issue_type *command)
{
	struct removing r = {.workflows = {.judge = judge,
	                                   .project = &r.project,
	                                   .rule_names = rule_names,
	                                   .replace_in_rule = replace_in_rule},
	                     .judge = judge,
	                     .id = command->issue_type,
	                     .other_id = command->replace_with};

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &r.project) ||
	    !find_item(judge, &r.project.id, ITEM_ISSUE_TYPE, command->issue_type, "/issue_type",
	               &r.type))
		return;
	migration_begin(judge, &r.project.id, &r.migration);
	r.issues = count_issues(&r);
	if (!check_may_go(&r) ||
	    !(command->has_replace_with ? replace_type(&r, command) : check_unused(&r)))
		return;
	emit_project(judge, EVENT_ISSUE_TYPE_REMOVED, &r.project)->issue_type_removed =
	        (struct issue_type_removed){.issue_type = command->issue_type,
	                                    .name = emit_copy(judge, PADDED(r.type.name)),
	                                    .has_replaced_by = command->has_replace_with,
	                                    .replaced_by = command->replace_with};
}

void evolve_issue_type_removed(struct tenant_state *state, const struct event_meta *meta,
                               const struct issue_type_removed *event)
{
	struct row_project project = load_project(state, meta);

	remove_item(state, &project.id, ITEM_ISSUE_TYPE, event->issue_type);
	save_project(state, &project);
}
