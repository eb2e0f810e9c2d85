/* Members at random, also in workflows, and what holds of those who were removed, wherever they
 * could be named: looked for in the rows, not with the walk that the removal does. */
#include "core/domain/board.h"
#include "core/domain/issue_field.h"
#include "core/domain/workflow.h"
#include "tests/unit/random_inside.h"
#include "tests/unit/workflows.h"

void fill_member(struct seed *seed, struct command *command)
{
	const struct person person = {
	        .issuer = SLICE("x"), .subject = SLICE("y"), .name = SLICE("z")};

	switch ((int)command->type) {
	case COMMAND_ADD_MEMBER:
		command->add_member =
		        (struct add_member){.has_member_id = true,
		                            .member_id = random_person(seed),
		                            .person = person,
		                            .role = (enum org_role)seed_below(seed, ORG_ROLES)};
		break;
	case COMMAND_SET_MEMBER_PROFILE:
		command->set_member_profile.person = person;
		break;
	case COMMAND_CHANGE_MEMBER_ROLE:
		command->change_member_role = (struct change_member_role){
		        .member = random_person(seed),
		        .role = (enum org_role)seed_below(seed, ORG_ROLES),
		        .has_expected_version = maybe(seed, 6),
		        .expected_version = (int64_t)seed_below(seed, 12)};
		break;
	case COMMAND_REMOVE_MEMBER:
		command->remove_member = (struct remove_member){.member = random_person(seed),
		                                                .has_replace_with = maybe(seed, 2),
		                                                .replace_with = random_person(seed),
		                                                .detach = maybe(seed, 3)};
		break;
	case COMMAND_DEACTIVATE_MEMBER:
		command->deactivate_member.member = random_person(seed);
		break;
	case COMMAND_REACTIVATE_MEMBER:
		command->reactivate_member.member = random_person(seed);
		break;
	default:
		break;
	}
}

static struct slice some_person_text(struct decider *decider, struct seed *seed)
{
	char text[UUID_TEXT];
	struct uuid id = random_person(seed);

	uuid_format(&id, text);
	return arena_copy(&decider->arena, slice_of(text, sizeof(text)));
}

static struct workflow_rule_array some_rules(struct decider *decider, struct seed *seed)
{
	struct workflow_rule *rules = arena_zero(&decider->arena, 2 * sizeof(*rules));
	struct uuid *people = arena_zero(&decider->arena, 2 * sizeof(*people));
	struct slice *texts = arena_zero(&decider->arena, 2 * sizeof(*texts));

	for (int i = 0; i < 2; i++) {
		people[i] = random_person(seed);
		texts[i] = some_person_text(decider, seed);
	}
	rules[0] = (struct workflow_rule){.kind = WORKFLOW_RULE_KIND_MEMBER,
	                                  .members = {people, 1 + maybe(seed, 2)}};
	rules[1] = (struct workflow_rule){.kind = WORKFLOW_RULE_KIND_FIELD_IS,
	                                  .has_custom_field = true,
	                                  .custom_field = SLICE("testers"),
	                                  .values = {texts, 1 + maybe(seed, 2)}};
	return (struct workflow_rule_array){rules, 1 + maybe(seed, 3)};
}

static struct post_function_array some_functions(struct decider *decider, struct seed *seed)
{
	struct post_function *functions = arena_zero(&decider->arena, 2 * sizeof(*functions));
	struct slice *text = arena_zero(&decider->arena, sizeof(*text));

	*text = some_person_text(decider, seed);
	functions[0] = (struct post_function){.kind = POST_FUNCTION_KIND_ASSIGN,
	                                      .has_assignee = true,
	                                      .assignee = ASSIGNEE_CHOICE_MEMBER,
	                                      .has_member = true,
	                                      .member = random_person(seed)};
	functions[1] = (struct post_function){.kind = POST_FUNCTION_KIND_SET,
	                                      .has_field = true,
	                                      .field = PICK("assignee", "reporter", "testers"),
	                                      .values = {text, 1}};
	return (struct post_function_array){functions, (uint32_t)seed_below(seed, 3)};
}

static const struct workflow_transition ways[] = {BEGIN("todo"), FROM_ANY("any", "todo"),
                                                  WAY("close", "todo", "done")};

struct workflow_transition_array random_workflow_of_people(struct decider *decider,
                                                           struct seed *seed)
{
	struct workflow_transition *items = arena_zero(&decider->arena, sizeof(ways));

	memcpy(items, ways, sizeof(ways));
	for (int i = 1; i < 3; i++) {
		if (maybe(seed, 2))
			items[i].conditions = some_rules(decider, seed);
		items[i].functions = some_functions(decider, seed);
	}
	return (struct workflow_transition_array){items, 3};
}

/* --- laws --- */

struct gone {
	const struct tenant_state *face;
	struct uuid id;
	char text[UUID_TEXT];
};

static void check_not(const struct gone *gone, const struct uuid *id)
{
	assert_false(uuid_equal(&gone->id, id));
}

/* "testers" may be a field of texts, too. */
static void check_function(const struct gone *gone, const struct uuid *project,
                           const struct post_function *function)
{
	struct row_field field;

	check_not(gone, &function->member);
	if (!slice_is(function->field, "assignee") && !slice_is(function->field, "reporter") &&
	    !(read_field(gone->face, project, function->field, &field) &&
	      field_has_members(field.kind)))
		return;
	for (uint32_t i = 0; i < function->values.n; i++)
		assert_false(
		        slice_equal(function->values.items[i], slice_of(gone->text, UUID_TEXT)));
}

static void check_rules_of(const struct gone *gone, struct workflow_rule_array rules)
{
	for (uint32_t i = 0; i < rules.n; i++)
		for (uint32_t k = 0; k < rules.items[i].members.n; k++)
			check_not(gone, &rules.items[i].members.items[k]);
}

static void check_workflows(const struct gone *gone)
{
	static char block[1 << 18];
	static struct row_workflow row;
	struct workflow workflow;
	struct uuid project;
	struct arena arena;

	for (struct row_key key = row_key_first(ROW_WORKFLOW);
	     gone->face->next(gone->face, &key, false, &row);) {
		if (!row.n)
			continue;
		memcpy(project.bytes, key.bytes, sizeof(project));
		arena_init(&arena, block, sizeof(block));
		assert_true(workflow_unpack(&row, &arena, &workflow));
		for (uint32_t i = 0; i < workflow.transitions.n; i++) {
			const struct workflow_transition *t = &workflow.transitions.items[i];
			check_rules_of(gone, t->conditions);
			check_rules_of(gone, t->validators);
			for (uint32_t k = 0; k < t->functions.n; k++)
				check_function(gone, &project, &t->functions.items[k]);
		}
	}
}

static void check_assignees(const struct gone *gone, struct uuid_array people)
{
	for (uint32_t i = 0; i < people.n; i++)
		check_not(gone, &people.items[i]);
}

/* "testers" of a project may be a field of texts, too. */
static void check_conditions(const struct gone *gone, struct uuid_array projects,
                             struct field_condition_array fields)
{
	const struct slice text = slice_of(gone->text, UUID_TEXT);
	struct row_field field;

	for (uint32_t i = 0; i < fields.n; i++)
		for (uint32_t p = 0; p < projects.n; p++)
			if (read_field(gone->face, &projects.items[p], fields.items[i].field,
			               &field) &&
			    field_has_members(field.kind))
				assert_false(names_have(fields.items[i].values, text));
}

static void check_filters(const struct gone *gone)
{
	static char block[1 << 16];
	static struct row_board row;
	struct board_configuration board;
	struct arena arena;

	for (struct row_key key = row_key_first(ROW_BOARD);
	     gone->face->next(gone->face, &key, false, &row);) {
		if (row.deleted)
			continue;
		arena_init(&arena, block, sizeof(block));
		assert_true(board_unpack(row.bytes, &arena, &board));
		const struct board_filter own = board_own_filter(&board);
		check_assignees(gone, own.assignees);
		check_conditions(gone, board.projects, own.fields);
		for (uint32_t i = 0; i < board.filters.n; i++) {
			check_assignees(gone, board.filters.items[i].assignees);
			check_conditions(gone, board.projects, board.filters.items[i].fields);
		}
	}
}

/* Defaults and values of fields that were not removed. */
static void check_members_of_fields(const struct gone *gone)
{
	const struct slice text = slice_of(gone->text, UUID_TEXT);
	struct row_project project;
	struct row_field field;
	struct row_field_texts texts;
	struct row_field_value value;
	struct row_issue issue;

	for (struct row_key key = row_key_first(ROW_PROJECT);
	     gone->face->next(gone->face, &key, false, &project);) {
		memset(&field, 0, sizeof(field));
		while (next_field(gone->face, &project.id, &field))
			assert_true(field.removed || !field_has_members(field.kind) ||
			            !field_packed_has(read_field_texts(gone->face, &project.id,
			                                               PADDED(field.id), &texts)
			                                      .default_values,
			                              text));
	}
	for (struct row_key key = row_key_first(ROW_ISSUE);
	     gone->face->next(gone->face, &key, false, &issue);)
		if (read_field(gone->face, &issue.project_id, SLICE("testers"), &field) &&
		    field_has_members(field.kind) &&
		    read_field_value(gone->face, &issue.id, SLICE("testers"), &value))
			assert_false(field_packed_has(slice_of(value.packed, value.n), text));
}

static void check_gone(const struct gone *gone)
{
	struct row_project project;
	struct row_component component;
	struct row_issue issue;
	struct row_key key;

	for (key = row_key_first(ROW_PROJECT); gone->face->next(gone->face, &key, false, &project);)
		check_not(gone, &project.lead);
	for (key = row_key_first(ROW_COMPONENT);
	     gone->face->next(gone->face, &key, false, &component);) {
		if (component.removed)
			continue;
		check_not(gone, &component.lead);
		check_not(gone, &component.default_assignee);
	}
	for (key = row_key_first(ROW_ISSUE); gone->face->next(gone->face, &key, false, &issue);)
		check_not(gone, &issue.assignee);
	check_members_of_fields(gone);
	check_workflows(gone);
	check_filters(gone);
}

void check_removed_members(struct decider *decider)
{
	struct gone gone = {.face = &decider->state.face};
	struct row_member member;

	for (struct row_key key = row_key_first(ROW_MEMBER);
	     gone.face->next(gone.face, &key, false, &member);) {
		if (member.status != MEMBER_REMOVED)
			continue;
		memcpy(gone.id.bytes, key.bytes, sizeof(gone.id));
		uuid_format(&gone.id, gone.text);
		check_gone(&gone);
	}
}
