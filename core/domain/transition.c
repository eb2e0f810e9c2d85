#include "core/domain/transition.h"

#define NO_SCREEN ((struct slice_array){NULL, 0})

static bool is_known(struct crossing *crossing)
{
	const struct known_workflow *known = crossing->known ? *crossing->known : NULL;

	while (known && !(uuid_equal(&known->project, &crossing->issue.project_id) &&
	                  memcmp(known->id, crossing->type.workflow, sizeof(known->id)) == 0))
		known = known->next;
	if (known)
		crossing->workflow = known->workflow;
	return known != NULL;
}

/* Without room for it, it is read again the next time. */
static void keep_known(struct crossing *crossing)
{
	struct known_workflow *known =
	        crossing->known ? arena_alloc(crossing->arena, sizeof(*known)) : NULL;

	if (!known)
		return;
	known->next = *crossing->known;
	known->project = crossing->issue.project_id;
	memcpy(known->id, crossing->type.workflow, sizeof(known->id));
	known->workflow = crossing->workflow;
	*crossing->known = known;
}

bool open_crossing(struct crossing *crossing)
{
	const struct row_issue *issue = &crossing->issue;
	bool full, found;

	found = read_item(crossing->state, &issue->project_id, ITEM_ISSUE_TYPE, PADDED(issue->type),
	                  &crossing->type) &&
	        read_item(crossing->state, &issue->project_id, ITEM_STATUS, PADDED(issue->status),
	                  &crossing->status);
	assert(found);
	if (is_known(crossing))
		return true;
	found = read_workflow(crossing->state, &issue->project_id, false,
	                      PADDED(crossing->type.workflow), crossing->arena, &crossing->workflow,
	                      &full);
	assert(found || full);
	if (found)
		keep_known(crossing);
	return found;
}

/* --- rules: conditions and validators are both lists of them --- */

static bool asks_about(const struct workflow_rule *rule, struct slice_array screen)
{
	struct slice field = rule_field(rule);

	return (field.n && names_have(screen, field)) ||
	       (rule->has_other && names_have(screen, rule->other));
}

/* Whether rule @index, or one in the groups below it, asks about a field of @screen. */
static bool is_open_question(struct workflow_rule_array rules, uint32_t index,
                             struct slice_array screen)
{
	if (asks_about(&rules.items[index], screen))
		return true;
	for (uint32_t i = index + 1; i < rules.n; i++)
		if (rules.items[i].has_group && rules.items[i].group == (int32_t)index &&
		    is_open_question(rules, i, screen))
			return true;
	return false;
}

/* All that do not, so that whoever asks is told at once. */
static bool rules_hold(const struct crossing *crossing, struct slice_array screen,
                       struct rule_faults *faults)
{
	struct workflow_rule_array rules = faults->rules;

	faults->n = 0;
	for (uint32_t i = 0; i < rules.n; i++)
		if (!rules.items[i].has_group && !rule_holds(crossing, rules, i) &&
		    !is_open_question(rules, i, screen))
			faults->at[faults->n++] = (uint8_t)i;
	return faults->n == 0;
}

bool may_cross(const struct crossing *crossing, const struct workflow_transition *transition,
               struct rule_faults *faults)
{
	*faults = (struct rule_faults){.rules = transition->conditions};
	return !crossing->issue.archived &&
	       transition_leaves(transition, PADDED(crossing->issue.status)) &&
	       rules_hold(crossing, NO_SCREEN, faults);
}

struct crossing crossing_into(struct judge *judge, const struct row_issue *issue,
                              const struct row_item *type, const struct workflow *workflow,
                              const struct issue_draft *draft)
{
	return (struct crossing){.state = judge->state,
	                         .arena = judge->decision->arena,
	                         .person = judge->person,
	                         .role = judge->role,
	                         .automation = judge->automation,
	                         .processor = judge->processor,
	                         .now_ms = judge->request->now_ms,
	                         .issue = *issue,
	                         .type = *type,
	                         .workflow = *workflow,
	                         .draft = draft};
}

bool may_create(const struct crossing *crossing, struct rule_faults *faults)
{
	*faults = (struct rule_faults){.rules = workflow_initial(&crossing->workflow)->conditions};
	return rules_hold(crossing, NO_SCREEN, faults);
}

bool is_valid_crossing(const struct crossing *crossing,
                       const struct workflow_transition *transition, struct rule_faults *faults)
{
	*faults = (struct rule_faults){.rules = transition->validators, .validators = true};
	return rules_hold(crossing, crossing->foresees ? transition->screen : NO_SCREEN, faults);
}

bool screen_requires(const struct workflow_transition *transition, struct slice field)
{
	for (uint32_t i = 0; i < transition->validators.n; i++) {
		const struct workflow_rule *rule = &transition->validators.items[i];
		if (!rule->has_group &&
		    (rule->kind == WORKFLOW_RULE_KIND_FIELD_SET ||
		     rule->kind == WORKFLOW_RULE_KIND_FIELD_CHANGED) &&
		    slice_equal(rule_field(rule), field))
			return true;
	}
	return slice_equal(field, slice_str(issue_field_symbol(ISSUE_FIELD_RESOLUTION)));
}
