/* Every kind of rule, where it holds and where it does not; and what rules cannot say. */
#include <stdio.h>

#include "tests/unit/rules.h"

static const struct workflow_transition all[] = {
        BEGIN("todo"),
        WAY("start", "todo", "in_progress"),
        WAY("back", "in_progress", "todo"),
        WAY("review", "in_progress", "in_review"),
        WAY("reject", "in_review", "todo"),
        FROM_ANY("close", "done"),
        WAY("reopen", "done", "todo"),
};

/* todo -> in_progress asks @conditions and @validators; the rest is free. */
static struct save_workflow_draft draft(struct workflow_transition *ways,
                                        struct workflow_rule_array conditions,
                                        struct workflow_rule_array validators)
{
	memcpy(ways, all, sizeof all);
	ways[1].conditions = conditions;
	ways[1].validators = validators;
	return (struct save_workflow_draft){.project = SLICE("TLS"),
	                                    .workflow = SLICE("classic"),
	                                    .name = SLICE("With rules"),
	                                    .transitions = {ways, 7}};
}

static void save(struct decider *decider, struct workflow_rule_array conditions,
                 struct workflow_rule_array validators)
{
	struct workflow_transition ways[7];
	struct command command = {.type = COMMAND_SAVE_WORKFLOW_DRAFT};
	command.save_workflow_draft = draft(ways, conditions, validators);
	decider_send(decider, ben, &command);
}

static void ask(struct decider *decider, struct workflow_rule_array conditions)
{
	save(decider, conditions, (struct workflow_rule_array){NULL, 0});
	decider_expect_accepted(decider, __FILE__, __LINE__);
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
}
#define ASK(...) ask(decider, (struct workflow_rule_array)RULES(__VA_ARGS__))

static void take(struct decider *decider, struct uuid who, const char *transition)
{
	WHEN(who, transition_issue, .issue = SLICE("TLS-1"), .has_transition = true,
	     .transition = slice_str(transition));
}
#define OPEN(who)                                                                                  \
	do {                                                                                       \
		take(decider, who, "start");                                                       \
		THEN(EVENT_ISSUE_TRANSITIONED);                                                    \
		take(decider, who, "back");                                                        \
		THEN(EVENT_ISSUE_TRANSITIONED);                                                    \
	} while (0)
#define SHUT(who)                                                                                  \
	do {                                                                                       \
		take(decider, who, "start");                                                       \
		THEN_REFUSED(NO_TRANSITION, "/transition");                                        \
	} while (0)

static int setup(void **state)
{
	decider_setup(state);
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("story", "first"), .has_assignee = true, .assignee = ben);
	return 0;
}

static void a_role_may(void **state)
{
	struct decider *decider = *state;
	ASK({KIND(ROLE), ROLE(ADMIN)});
	OPEN(ada);
	OPEN(ben);
	SHUT(cleo);
	assert_string_equal(
	        decider->decision.detail,
	        "transition 'start' (start): only role admin or higher (condition role); "
	        "allowed: close");
	decider->request.actor.kind = ACTOR_KIND_RULE;
	take(decider, nobody, "start");
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void people_may(void **state)
{
	struct decider *decider = *state;
	ASK({KIND(MEMBER), IDS(ada, cleo)});
	OPEN(cleo);
	SHUT(ben);
	ASK({KIND(REPORTER)});
	OPEN(cleo);
	SHUT(ben);
	ASK({KIND(ASSIGNEE)});
	OPEN(ben);
	SHUT(cleo);
	ASK({KIND(LEAD)});
	SHUT(ada);
	GIVEN(ada, edit_project, .project = SLICE("TLS"), .has_lead = true, .lead = cleo);
	OPEN(cleo);
	SHUT(ada);
}

static void duties_are_separate(void **state)
{
	struct decider *decider = *state;
	ASK({KIND(SEPARATE), .statuses = LABELS(SLICE("in_progress"), SLICE("in_review"))});
	OPEN(cleo);
	take(decider, cleo, "start");
	take(decider, cleo, "review");
	take(decider, ben, "reject");
	SHUT(cleo);
	OPEN(ben);
}

static void where_it_came_from_counts(void **state)
{
	struct decider *decider = *state;
	ASK({KIND(PREVIOUS_STATUS), .statuses = LABELS(SLICE("done"))});
	SHUT(cleo);
	take(decider, cleo, "close");
	take(decider, cleo, "reopen");
	take(decider, cleo, "start");
	THEN(EVENT_ISSUE_TRANSITIONED);
	take(decider, cleo, "back");
	SHUT(cleo);
	ASK({KIND(WAS_IN), .statuses = LABELS(SLICE("in_review"), SLICE("done"))});
	OPEN(cleo);
	ASK({KIND(WAS_IN), .statuses = LABELS(SLICE("in_review"))});
	SHUT(cleo);
}

static void fields_count(void **state)
{
	struct decider *decider = *state;
	ASK({KIND(FIELD_IS), FIELD(PRIORITY), .values = LABELS(SLICE("high"), SLICE("highest"))});
	SHUT(cleo);
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_priority = true,
	      .priority = SLICE("high"));
	OPEN(cleo);
	ASK({KIND(FIELD_IS), FIELD(TYPE), .values = LABELS(SLICE("story"))});
	OPEN(cleo);
	ASK({KIND(FIELD_IS), FIELD(LABELS), .values = LABELS(SLICE("ready"))});
	SHUT(cleo);
	GIVEN(cleo, label_issue, .issue = SLICE("TLS-1"), .add = LABELS(SLICE("ready")));
	OPEN(cleo);
	ASK({KIND(FIELD_SET), FIELD(DUE_ON)}, {KIND(FIELD_SET), FIELD(LABELS)});
	SHUT(cleo);
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_due_on = true, .due_on = 19675);
	OPEN(cleo);
}

/* Tests live on day 19675: 2023-11-14. */
static void dates_count(void **state)
{
	struct decider *decider = *state;
	ASK({KIND(DATE_BEFORE), FIELD(DUE_ON), .has_days = true, .days = 1});
	SHUT(cleo);
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_due_on = true, .due_on = 19675);
	OPEN(cleo);
	ASK({KIND(DATE_BEFORE), FIELD(DUE_ON), .has_days = true, .days = 0});
	SHUT(cleo);
	ASK({KIND(DATE_BEFORE), FIELD(DUE_ON), .has_days = true, .days = -1});
	SHUT(cleo);
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_due_on = true, .due_on = 19673);
	OPEN(cleo);
}

static void relatives_count(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("subtask", "part"), .has_parent = true,
	      .parent = SLICE("TLS-1"));
	ASK({KIND(SUBTASKS_IN), CATEGORIES(STATUS_CATEGORY_DONE)});
	SHUT(cleo);
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-2"), .has_to = true, .to = SLICE("done"));
	OPEN(cleo);
	ASK({KIND(SUBTASKS_IN), .statuses = LABELS(SLICE("todo"))});
	SHUT(cleo);
	GIVEN(cleo, create_issue, ISSUE("epic", "whole"));
	ASK({KIND(PARENT_IN), .statuses = LABELS(SLICE("in_progress"))});
	OPEN(cleo);
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_parent = true,
	      .parent = SLICE("TLS-3"));
	SHUT(cleo);
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-3"), .has_to = true,
	      .to = SLICE("in_progress"));
	OPEN(cleo);
}

static void groups_nest(void **state)
{
	struct decider *decider = *state;
	/* the assignee, or an admin who is not the reporter */
	ASK({KIND(ANY)}, {KIND(ASSIGNEE), GROUP(0)}, {KIND(ALL), GROUP(0)},
	    {KIND(ROLE), ROLE(ADMIN), GROUP(2)}, {KIND(NOT), GROUP(2)}, {KIND(REPORTER), GROUP(4)});
	OPEN(ben);
	OPEN(ada);
	SHUT(cleo);
	assert_string_equal(
	        decider->decision.detail,
	        "transition 'start' (start): one of (only the assignee; all of (only role "
	        "admin or higher; not the reporter)) (condition any); allowed: close");
	GIVEN(cleo, assign_issue, .issue = SLICE("TLS-1"), .has_assignee = true, .assignee = cleo);
	OPEN(cleo);
	GIVEN(cleo, assign_issue, .issue = SLICE("TLS-1"));
	GIVEN(ada, change_member_role, .member = cleo, .role = ORG_ROLE_ADMIN);
	SHUT(cleo);
}

static void validators_refuse_what_is_offered(void **state)
{
	struct decider *decider = *state;
	save(decider, (struct workflow_rule_array){NULL, 0},
	     (struct workflow_rule_array)RULES({KIND(FIELD_SET), FIELD(ESTIMATE)}));
	decider_expect_accepted(decider, __FILE__, __LINE__);
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	take(decider, cleo, "start");
	THEN_REFUSED(NOT_VALID, "/transition");
	assert_string_equal(
	        decider->decision.detail,
	        "transition 'start' (start): estimate must have a value (validator field_set)");
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
	     .to = SLICE("in_progress"));
	THEN_REFUSED(NOT_VALID, "/to");
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_estimate = true, .estimate = 30);
	OPEN(cleo);
}

static void of_two_ways_to_a_status_the_open_one_is_taken(void **state)
{
	struct decider *decider = *state;
	struct workflow_transition ways[] = {BEGIN("todo"), WAY("mine", "todo", "done"),
	                                     WAY("force", "todo", "done")};
	ways[1].conditions = (struct workflow_rule_array)RULES({KIND(ASSIGNEE)});
	ways[2].conditions = (struct workflow_rule_array)RULES({KIND(ROLE), ROLE(OWNER)});
	GIVEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("classic"),
	      .name = SLICE("x"), .transitions = {ways, 3});
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"));
	THEN_REFUSED(NO_TRANSITION, "/to");
	WHEN(ada, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"));
	THEN(EVENT_ISSUE_TRANSITIONED);
	assert_slice(EVENT_BODY(0, issue_transitioned)->transition, "force");
}

static void a_rule_asks_what_its_kind_can(void **state)
{
	struct decider *decider = *state;
#define WRONG(reject, pointer, ...)                                                                \
	do {                                                                                       \
		save(decider, (struct workflow_rule_array)RULES(__VA_ARGS__),                      \
		     (struct workflow_rule_array){NULL, 0});                                       \
		THEN_REFUSED(reject, "/transitions/1/conditions/" pointer);                        \
	} while (0)
	WRONG(BAD_WORKFLOW, "0/role", {KIND(ROLE)});
	WRONG(BAD_WORKFLOW, "0/members", {KIND(MEMBER)});
	WRONG(NO_SUCH_MEMBER, "0/members", {KIND(MEMBER), IDS(nobody)});
	WRONG(BAD_WORKFLOW, "1/role", {KIND(REPORTER)}, {KIND(ASSIGNEE), ROLE(ADMIN)});
	WRONG(BAD_WORKFLOW, "0/statuses", {KIND(WAS_IN)});
	WRONG(UNKNOWN_STATUS, "0/statuses", {KIND(WAS_IN), .statuses = LABELS(SLICE("nirvana"))});
	WRONG(BAD_WORKFLOW, "0/statuses", {KIND(SEPARATE), .statuses = LABELS(SLICE("todo"))});
	WRONG(BAD_WORKFLOW, "0/statuses", {KIND(SUBTASKS_IN)});
	WRONG(BAD_WORKFLOW, "0/field", {KIND(FIELD_SET)});
	WRONG(BAD_WORKFLOW, "0/field", {KIND(FIELD_SET), FIELD(SUMMARY)});
	WRONG(BAD_WORKFLOW, "0/values", {KIND(FIELD_IS), FIELD(TYPE)});
	WRONG(BAD_WORKFLOW, "0/days", {KIND(DATE_BEFORE), FIELD(DUE_ON)});
	WRONG(BAD_WORKFLOW, "0/statuses",
	      {KIND(SEPARATE), .statuses = LABELS(SLICE("todo"), SLICE("todo"))});
	WRONG(BAD_WORKFLOW, "0/kind", {KIND(ANY)});
	WRONG(BAD_WORKFLOW, "0/group", {KIND(REPORTER), GROUP(0)});
	WRONG(BAD_WORKFLOW, "1/group", {KIND(REPORTER)}, {KIND(ASSIGNEE), GROUP(0)});
	WRONG(BAD_WORKFLOW, "0/kind", {KIND(NOT)}, {KIND(REPORTER), GROUP(0)},
	      {KIND(ASSIGNEE), GROUP(0)});
#undef WRONG
	save(decider, (struct workflow_rule_array){NULL, 0},
	     (struct workflow_rule_array)RULES({KIND(ROLE)}));
	THEN_REFUSED(BAD_WORKFLOW, "/transitions/1/validators/0/role");
	struct workflow_rule many[33];
	for (int i = 0; i < 33; i++)
		many[i] = (struct workflow_rule){KIND(REPORTER)};
	save(decider, (struct workflow_rule_array){many, 33},
	     (struct workflow_rule_array){NULL, 0});
	THEN_REFUSED(BAD_WORKFLOW, "/transitions/1/conditions");
}

static void a_status_that_a_rule_names_is_not_removed(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_status, .project = SLICE("TLS"), .status = SLICE("blocked"),
	      .name = SLICE("Blocked"), .category = STATUS_CATEGORY_TODO);
	ASK({KIND(WAS_IN), .statuses = LABELS(SLICE("blocked"))});
	WHEN(ben, remove_status, .project = SLICE("TLS"), .status = SLICE("blocked"));
	THEN_REFUSED(IN_USE, "/status");
}

#define ON_ISSUE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_ISSUE(a_role_may),
	        ON_ISSUE(people_may),
	        ON_ISSUE(duties_are_separate),
	        ON_ISSUE(where_it_came_from_counts),
	        ON_ISSUE(fields_count),
	        ON_ISSUE(dates_count),
	        ON_ISSUE(relatives_count),
	        ON_ISSUE(groups_nest),
	        ON_ISSUE(validators_refuse_what_is_offered),
	        ON_ISSUE(of_two_ways_to_a_status_the_open_one_is_taken),
	        ON_ISSUE(a_rule_asks_what_its_kind_can),
	        ON_ISSUE(a_status_that_a_rule_names_is_not_removed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
