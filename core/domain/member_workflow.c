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

static bool rule_names(const struct member_removal *r, const struct workflow_rule *rule)
{
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
	                                           : field.field == ISSUE_FIELD_ASSIGNEE);
}

static bool function_names(const struct member_removal *r, const struct post_function *function)
{
	return (function->has_member && uuid_equal(&function->member, &r->member)) ||
	       (removal_in_texts(r, function->values) && sets_members(r, function));
}

static bool transition_names(const struct member_removal *r, const struct workflow_transition *t)
{
	for (uint32_t i = 0; i < t->conditions.n; i++)
		if (rule_names(r, &t->conditions.items[i]))
			return true;
	for (uint32_t i = 0; i < t->validators.n; i++)
		if (rule_names(r, &t->validators.items[i]))
			return true;
	for (uint32_t i = 0; i < t->functions.n; i++)
		if (function_names(r, &t->functions.items[i]))
			return true;
	return false;
}

bool workflow_names_member(const struct workflow_replacing *workflows,
                           const struct workflow *workflow)
{
	const struct member_removal *r = (const struct member_removal *)workflows;

	for (uint32_t i = 0; i < workflow->transitions.n; i++)
		if (transition_names(r, &workflow->transitions.items[i]))
			return true;
	return false;
}

static bool refuse_empty(const struct member_removal *r, struct slice workflow,
                         const struct workflow_transition *t)
{
	return REFUSE(r->workflows.judge, REJECT_IN_USE, "/detach",
	              PADDED(r->workflows.project->key), SLICE(", workflow "), workflow,
	              SLICE(", transition "), t->id,
	              SLICE(": a rule would be left without anybody: change it, or name "
	                    "replace_with"));
}

static bool replace_in_rules(const struct member_removal *r, const struct workflow_transition *t,
                             struct slice workflow, struct workflow_rule_array *rules)
{
	struct workflow_rule *items = emit_room(r->workflows.judge, rules->n * sizeof(*items));

	for (uint32_t i = 0; i < rules->n && items; i++) {
		items[i] = rules->items[i];
		if (!rule_names(r, &items[i]))
			continue;
		bool by_id = items[i].members.n > 0;
		items[i].members = removal_replace_ids(r, items[i].members);
		if (!by_id)
			items[i].values = removal_replace_texts(r, items[i].values);
		if (r->workflows.judge->decision->reject)
			return false;
		if (!items[i].members.n && !items[i].values.n)
			return refuse_empty(r, workflow, t);
	}
	rules->items = items;
	return items != NULL;
}

/* False when nothing is left of it. */
static bool replace_in_function(const struct member_removal *r, struct post_function *function)
{
	if (!function_names(r, function))
		return true;
	if (function->has_member) {
		if (r->replacement)
			function->member = *r->replacement;
		return r->replacement != NULL;
	}
	function->values = removal_replace_texts(r, function->values);
	return function->values.n > 0;
}

static bool replace_in_functions(const struct member_removal *r,
                                 struct post_function_array *functions)
{
	struct post_function *items = emit_room(r->workflows.judge, functions->n * sizeof(*items));
	uint32_t n = 0;

	for (uint32_t i = 0; i < functions->n && items; i++) {
		items[n] = functions->items[i];
		n += replace_in_function(r, &items[n]);
	}
	*functions = (struct post_function_array){items, n};
	return items != NULL;
}

bool workflow_replace_member(struct workflow_replacing *workflows, struct slice id,
                             struct workflow *workflow)
{
	const struct member_removal *r = (const struct member_removal *)workflows;
	struct workflow_transition *items =
	        emit_room(workflows->judge, workflow->transitions.n * sizeof(*items));

	for (uint32_t i = 0; i < workflow->transitions.n && items; i++) {
		items[i] = workflow->transitions.items[i];
		if (!replace_in_rules(r, &items[i], id, &items[i].conditions) ||
		    !replace_in_rules(r, &items[i], id, &items[i].validators) ||
		    !replace_in_functions(r, &items[i].functions))
			return false;
	}
	workflow->transitions.items = items;
	return items != NULL;
}
