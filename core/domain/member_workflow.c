/* Members in rules and post functions of workflows. A rule that would be left without anybody is
 * not dropped: what it kept for one member would be open to all. A function that would set nobody
 * is, and the issue keeps what it has. */
#include "core/domain/any_field.h"
#include "core/domain/member_use.h"
#include "core/domain/project.h"

/* Whether the values of the rule are members. */
static bool asks_for_members(const struct member_removal *r, const struct workflow_rule *rule)
{
	struct row_field field;

	return rule->kind == WORKFLOW_RULE_KIND_FIELD_IS && rule->has_custom_field &&
	       read_field(r->workflows.judge->state, &r->workflows.project->id, rule->custom_field,
	                  &field) &&
	       field_has_members(field.kind);
}

static bool rule_names(const struct workflow_replacing *workflows, const struct workflow_rule *rule)
{
	const struct member_removal *r = (const struct member_removal *)workflows;

	return removal_in_ids(r, rule->members) ||
	       (removal_in_texts(r, rule->values) && asks_for_members(r, rule));
}

static bool sets_members(const struct member_removal *r, const struct post_function *function)
{
	struct any_field field;

	return function->kind == POST_FUNCTION_KIND_SET &&
	       read_any_field(r->workflows.judge->state, &r->workflows.project->id, function->field,
	                      &field) &&
	       (field.field == ISSUE_FIELD_UNKNOWN ? field_has_members(field.custom.kind)
	                                           : any_field_sort(&field) == SORT_MEMBER);
}

static bool function_names(const struct workflow_replacing *workflows,
                           const struct post_function *function)
{
	const struct member_removal *r = (const struct member_removal *)workflows;

	return (function->has_member && uuid_equal(&function->member, &r->member)) ||
	       (removal_in_texts(r, function->values) && sets_members(r, function));
}

static bool refuse_empty(const struct member_removal *r, const struct workflow_place *place)
{
	return REFUSE(r->workflows.judge, REJECT_IN_USE, "/detach",
	              PADDED(r->workflows.project->key), SLICE(", workflow "), place->workflow,
	              SLICE(", transition "), place->transition,
	              SLICE(": a rule would be left without anybody: change it, or name "
	                    "replace_with"));
}

static bool replace_in_rule(struct workflow_replacing *workflows,
                            const struct workflow_place *place, struct workflow_rule *rule)
{
	const struct member_removal *r = (const struct member_removal *)workflows;
	bool by_id = rule->members.n > 0;

	rule->members = removal_replace_ids(r, rule->members);
	if (!by_id)
		rule->values = removal_replace_texts(r, rule->values);
	if (workflows->judge->decision->reject)
		return false;
	return rule->members.n || rule->values.n || refuse_empty(r, place);
}

static bool replace_in_function(struct workflow_replacing *workflows,
                                struct post_function *function)
{
	const struct member_removal *r = (const struct member_removal *)workflows;

	if (function->has_member) {
		if (r->replacement)
			function->member = *r->replacement;
		return r->replacement != NULL;
	}
	function->values = removal_replace_texts(r, function->values);
	return function->values.n > 0;
}

void workflows_name_members(struct workflow_replacing *workflows)
{
	workflows->rule_names = rule_names;
	workflows->replace_in_rule = replace_in_rule;
	workflows->function_names = function_names;
	workflows->replace_in_function = replace_in_function;
}
