/* Whether the rules of a transition hold. */
#include "core/domain/permission.h"
#include "core/domain/transition.h"

/* --- who --- */

static bool is_member(const struct crossing *crossing, const struct workflow_rule *rule)
{
	for (uint32_t i = 0; i < rule->members.n; i++)
		if (uuid_equal(&rule->members.items[i], &crossing->person))
			return true;
	return false;
}

static bool is_lead(const struct crossing *crossing)
{
	struct row_project project;
	bool found = read_project(crossing->state, &crossing->issue.project_id, &project);

	assert(found);
	(void)found;
	return uuid_equal(&project.lead, &crossing->person);
}

static bool is_in_team(const struct crossing *crossing, const struct workflow_rule *rule)
{
	struct row_team_member row;

	for (uint32_t i = 0; i < rule->teams.n; i++) {
		struct row_key key = row_key_team_member(&rule->teams.items[i], &crossing->person);
		if (crossing->state->get(crossing->state, &key, &row))
			return true;
	}
	return false;
}

static bool has_permission(const struct crossing *crossing, const struct workflow_rule *rule)
{
	const struct holder holder = {crossing->person, crossing->role};
	struct row_project project;
	bool found = read_project(crossing->state, &crossing->issue.project_id, &project);

	assert(found);
	(void)found;
	struct rights rights = rights_in(crossing->state, &holder, &project);
	return rights_give(&rights, rule->permission, &crossing->person, &crossing->issue);
}

static uint8_t ordinal_of(const struct crossing *crossing, struct slice status)
{
	struct row_item item;

	/* A workflow's statuses are there for as long as it names them. */
	bool found =
	        read_item(crossing->state, &crossing->issue.project_id, ITEM_STATUS, status, &item);
	assert(found);
	(void)found;
	return item.ordinal;
}

static bool is_separate(const struct crossing *crossing, const struct workflow_rule *rule)
{
	struct row_key key =
	        row_key_mover(&crossing->issue.id, &crossing->issue.project_id,
	                      ordinal_of(crossing, rule->statuses.items[0]),
	                      ordinal_of(crossing, rule->statuses.items[1]), &crossing->person);
	struct row_mover row;

	return !crossing->state->get(crossing->state, &key, &row);
}

/* --- the issue --- */

static bool came_from(const struct crossing *crossing, const struct workflow_rule *rule)
{
	for (uint32_t i = 0; i < rule->statuses.n; i++)
		if (ordinal_of(crossing, rule->statuses.items[i]) == crossing->issue.status_before)
			return true;
	return false;
}

static bool was_in(const struct crossing *crossing, const struct workflow_rule *rule)
{
	for (uint32_t i = 0; i < rule->statuses.n; i++)
		if (crossing->issue.statuses_been >> ordinal_of(crossing, rule->statuses.items[i]) &
		    1)
			return true;
	return false;
}

/* --- its relatives --- */

static bool issue_in(const struct crossing *crossing, const struct row_issue *issue,
                     const struct workflow_rule *rule)
{
	struct row_item status;
	bool found = read_item(crossing->state, &issue->project_id, ITEM_STATUS,
	                       PADDED(issue->status), &status);

	assert(found);
	(void)found;
	for (uint32_t i = 0; i < rule->categories.n; i++)
		if (rule->categories.items[i] == status.category)
			return true;
	return names_have(rule->statuses, PADDED(issue->status));
}

static bool is_in_deleted_project(const struct crossing *crossing, const struct row_issue *child)
{
	struct row_project project;

	return !uuid_equal(&child->project_id, &crossing->issue.project_id) &&
	       read_project(crossing->state, &child->project_id, &project) && project.deleted;
}

/* Of all children that are not deleted; an issue without any passes. */
static bool subtasks_in(const struct crossing *crossing, const struct workflow_rule *rule)
{
	static const struct uuid nil;
	const struct uuid *id = &crossing->issue.id;
	struct row_key key = row_key_child(id, &nil);
	struct row_child row;
	struct row_issue child;
	struct uuid child_id;

	if (!crossing->issue.children)
		return true;
	while (crossing->state->next(crossing->state, &key, false, &row) &&
	       memcmp(key.bytes, id->bytes, sizeof(id->bytes)) == 0) {
		memcpy(child_id.bytes, key.bytes + sizeof(id->bytes), sizeof(child_id.bytes));
		if (read_issue(crossing->state, &child_id, &child) && !child.deleted &&
		    !is_in_deleted_project(crossing, &child) && !issue_in(crossing, &child, rule))
			return false;
	}
	return true;
}

/* An issue without a parent passes. */
static bool parent_in(const struct crossing *crossing, const struct workflow_rule *rule)
{
	struct row_issue parent;

	return uuid_is_nil(&crossing->issue.parent) ||
	       !read_issue(crossing->state, &crossing->issue.parent, &parent) ||
	       issue_in(crossing, &parent, rule);
}

/* --- all together --- */

/* Whether so many of the group's rules hold as it asks for. */
static bool group_holds(const struct crossing *crossing, struct workflow_rule_array rules,
                        uint32_t group)
{
	enum workflow_rule_kind kind = rules.items[group].kind;

	for (uint32_t i = group + 1; i < rules.n; i++) {
		if (!rules.items[i].has_group || rules.items[i].group != (int32_t)group)
			continue;
		bool one = rule_holds(crossing, rules, i);
		if (kind == WORKFLOW_RULE_KIND_NOT)
			return !one;
		if (one != (kind == WORKFLOW_RULE_KIND_ALL))
			return one;
	}
	return kind == WORKFLOW_RULE_KIND_ALL;
}

bool workflow_rule_is_group(const struct workflow_rule *rule)
{
	return rule->kind == WORKFLOW_RULE_KIND_ALL || rule->kind == WORKFLOW_RULE_KIND_ANY ||
	       rule->kind == WORKFLOW_RULE_KIND_NOT;
}

/* Depth is bounded: a rule's group is further up in a list of WORKFLOW_RULES_MAX. */
bool rule_holds(const struct crossing *crossing, struct workflow_rule_array rules, uint32_t index)
{
	const struct workflow_rule *rule = &rules.items[index];
	const struct row_issue *issue = &crossing->issue;

	switch (rule->kind) {
	case WORKFLOW_RULE_KIND_ALL:
	case WORKFLOW_RULE_KIND_ANY:
	case WORKFLOW_RULE_KIND_NOT:
		return group_holds(crossing, rules, index);
	case WORKFLOW_RULE_KIND_ROLE:
		return crossing->processor || role_reaches(crossing->role, rule->role);
	case WORKFLOW_RULE_KIND_MEMBER:
		return crossing->processor || is_member(crossing, rule);
	case WORKFLOW_RULE_KIND_REPORTER:
		return crossing->processor || uuid_equal(&issue->reporter, &crossing->person);
	case WORKFLOW_RULE_KIND_ASSIGNEE:
		return crossing->processor || uuid_equal(&issue->assignee, &crossing->person);
	case WORKFLOW_RULE_KIND_LEAD:
		return crossing->processor || is_lead(crossing);
	case WORKFLOW_RULE_KIND_SEPARATE:
		return crossing->processor || is_separate(crossing, rule);
	case WORKFLOW_RULE_KIND_PREVIOUS_STATUS:
		return came_from(crossing, rule);
	case WORKFLOW_RULE_KIND_WAS_IN:
		return was_in(crossing, rule);
	case WORKFLOW_RULE_KIND_TEAM:
		return crossing->processor || is_in_team(crossing, rule);
	case WORKFLOW_RULE_KIND_PERMISSION:
		return crossing->processor || has_permission(crossing, rule);
	case WORKFLOW_RULE_KIND_AUTOMATION:
		return crossing->automation;
	case WORKFLOW_RULE_KIND_USER_FIELD:
		return crossing->processor || field_rule_holds(crossing, rule);
	case WORKFLOW_RULE_KIND_FIELD_IS:
	case WORKFLOW_RULE_KIND_FIELD_SET:
	case WORKFLOW_RULE_KIND_FIELD_CHANGED:
	case WORKFLOW_RULE_KIND_SINGLE_VALUE:
	case WORKFLOW_RULE_KIND_MATCHES:
	case WORKFLOW_RULE_KIND_DATE_BEFORE:
	case WORKFLOW_RULE_KIND_DATE_COMPARE:
	case WORKFLOW_RULE_KIND_DATE_WINDOW:
		return field_rule_holds(crossing, rule);
	case WORKFLOW_RULE_KIND_SUBTASKS_IN:
		return subtasks_in(crossing, rule);
	case WORKFLOW_RULE_KIND_PARENT_IN:
		return parent_in(crossing, rule);
	case WORKFLOW_RULE_KIND_UNKNOWN:
		break;
	}
	return false;
}
