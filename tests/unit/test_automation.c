/* Rules that act in the name of a member: what they may is what the member may. And what it takes
 * to put an issue below one of another project. */
#include "tests/unit/rules.h"

#define build id_of(60)
#define READ  .project = SLICE("READ")

/* READ-1 is a story in a project that cleo may only see, with what @grants say; READ-2 is another.
 * TLS-1 is a story. */
static int setup_with(void **state, const struct permission_grant *grants, uint32_t n)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	GIVEN(ada, create_permission_scheme, .scheme = SLICE("read"), .name = SLICE("Read"),
	      .grants = {grants, n});
	GIVEN(ada, create_project, .key = SLICE("READ"), .name = SLICE("Read"));
	GIVEN(ada, create_issue, READ, .type = SLICE("story"), .summary = SLICE("1"));
	GIVEN(ada, create_issue, READ, .type = SLICE("epic"), .summary = SLICE("2"));
	GIVEN(ada, assign_permission_scheme, READ, .scheme = SLICE("read"));
	GIVEN(cleo, create_issue, ISSUE("story", "1"));
	return failed;
}

static int setup(void **state)
{
	static const struct permission_grant grants[] = {
	        {.permission = PERMISSION_BROWSE_PROJECT, .to = GRANT_TO_ANYONE}};

	return setup_with(state, grants, 1);
}

static int setup_editors(void **state)
{
	static const struct permission_grant grants[] = {
	        {.permission = PERMISSION_BROWSE_PROJECT, .to = GRANT_TO_ANYONE},
	        {.permission = PERMISSION_EDIT_ISSUES, .to = GRANT_TO_ANYONE}};

	return setup_with(state, grants, 2);
}

static int setup_hidden(void **state)
{
	return setup_with(state, NULL, 0);
}

/* What comes next is asked for by a rule, in the name of @person. */
static void by_rule_for(struct decider *decider, struct uuid person)
{
	decider->request.actor.kind = ACTOR_KIND_RULE;
	decider->request.actor.has_on_behalf_of = true;
	decider->request.actor.on_behalf_of = person;
}

static void with_key(struct decider *decider, struct uuid member, enum api_key_scope scope)
{
	static char text[UUID_TEXT];
	const struct uuid key = build;
	uuid_format(&key, text);
	GIVEN(member, create_api_key, .has_key_id = true, .key_id = build, .name = SLICE("build"),
	      .scope = scope);
	decider->request.actor.has_credential_id = true;
	decider->request.actor.credential_id = slice_of(text, sizeof(text));
}

static void finish(struct decider *decider, const char *issue)
{
	WHEN(nobody, transition_issue, .issue = slice_str(issue), .has_category = true,
	     .category = STATUS_CATEGORY_DONE);
}

/* TLS: todo -> done by `sign` alone, which asks this. */
static void ask(struct decider *decider, struct workflow_rule_array conditions,
                struct workflow_rule_array validators)
{
	struct workflow_transition ways[] = {BEGIN("todo"), WAY("sign", "todo", "done"),
	                                     WAY("start", "todo", "in_progress"),
	                                     WAY("accept", "in_progress", "done")};
	ways[1].conditions = ways[3].conditions = conditions;
	ways[1].validators = validators;
	GIVEN(ada, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("classic"),
	      .name = SLICE("Signed"), .transitions = {ways, 4});
	GIVEN(ada, publish_workflow, PUBLISH("classic"));
}
#define ASK(...)                                                                                   \
	ask(decider, (struct workflow_rule_array)RULES(__VA_ARGS__),                               \
	    (struct workflow_rule_array){NULL, 0})

static void a_rule_may_what_the_member_may(void **state)
{
	struct decider *decider = *state;
	by_rule_for(decider, cleo);
	finish(decider, "READ-1");
	THEN_REFUSED(FORBIDDEN, "");
	by_rule_for(decider, ada);
	finish(decider, "READ-1");
	THEN(EVENT_ISSUE_TRANSITIONED);
	assert_int_equal(decider_event(decider, 0)->meta.actor.kind, ACTOR_KIND_RULE);
	by_rule_for(decider, dan);
	finish(decider, "TLS-1");
	THEN_REFUSED(FORBIDDEN, "");
	by_rule_for(decider, cleo);
	finish(decider, "TLS-1");
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void a_rule_sees_what_the_member_sees(void **state)
{
	struct decider *decider = *state;
	by_rule_for(decider, cleo);
	finish(decider, "READ-1");
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
}

static void a_rule_in_nobodys_name_is_not_asked(void **state)
{
	struct decider *decider = *state;
	ASK({KIND(ROLE), ROLE(OWNER)});
	decider->request.actor.kind = ACTOR_KIND_RULE;
	finish(decider, "READ-1");
	THEN(EVENT_ISSUE_TRANSITIONED);
	decider->request.actor.kind = ACTOR_KIND_RULE;
	finish(decider, "TLS-1");
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void rules_of_workflows_ask_about_the_member(void **state)
{
	struct decider *decider = *state;
	ASK({KIND(ROLE), ROLE(OWNER)});
	by_rule_for(decider, cleo);
	finish(decider, "TLS-1");
	THEN_REFUSED(NO_TRANSITION, "/category");
	ASK({KIND(REPORTER)});
	by_rule_for(decider, ada);
	finish(decider, "TLS-1");
	THEN_REFUSED(NO_TRANSITION, "/category");
	ask(decider, (struct workflow_rule_array){NULL, 0},
	    (struct workflow_rule_array)RULES({KIND(PERMISSION), .has_permission = true,
	                                       .permission = PERMISSION_ADMINISTER_PROJECT}));
	by_rule_for(decider, cleo);
	finish(decider, "TLS-1");
	THEN_REFUSED(NOT_VALID, "/category");
	by_rule_for(decider, ada);
	finish(decider, "TLS-1");
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void automation_is_a_rule_in_whosever_name(void **state)
{
	struct decider *decider = *state;
	ASK({KIND(AUTOMATION)});
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"));
	THEN_REFUSED(NO_TRANSITION, "/to");
	by_rule_for(decider, dan);
	finish(decider, "TLS-1");
	THEN_REFUSED(FORBIDDEN, "");
	by_rule_for(decider, cleo);
	finish(decider, "TLS-1");
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void what_a_rule_did_for_a_member_the_member_did(void **state)
{
	struct decider *decider = *state;
	ASK({KIND(SEPARATE), .statuses = LABELS(SLICE("todo"), SLICE("in_progress"))});
	by_rule_for(decider, cleo);
	WHEN(nobody, transition_issue, .issue = SLICE("TLS-1"), .has_transition = true,
	     .transition = SLICE("start"));
	THEN(EVENT_ISSUE_TRANSITIONED);
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"));
	THEN_REFUSED(NO_TRANSITION, "/to");
	by_rule_for(decider, cleo);
	finish(decider, "TLS-1");
	THEN_REFUSED(NO_TRANSITION, "/category");
	by_rule_for(decider, ben);
	finish(decider, "TLS-1");
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void nothing_happens_for_who_is_no_active_member(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, deactivate_member, .member = cleo);
	by_rule_for(decider, cleo);
	finish(decider, "TLS-1");
	THEN_REFUSED(MEMBER_DEACTIVATED, "");
	by_rule_for(decider, nobody);
	finish(decider, "TLS-1");
	THEN_REFUSED(NO_SUCH_MEMBER, "");
}

static void a_rule_may_no_more_than_the_key_that_the_member_came_with(void **state)
{
	struct decider *decider = *state;
	ASK({KIND(ROLE), ROLE(ADMIN)});
	with_key(decider, ben, API_KEY_SCOPE_WRITE);
	by_rule_for(decider, ben);
	finish(decider, "TLS-1");
	THEN_REFUSED(NO_TRANSITION, "/category");
	GIVEN(ben, revoke_api_key, .key = build);
	by_rule_for(decider, ben);
	decider->request.actor.has_credential_id = true;
	decider->request.actor.credential_id = SLICE("a token, and no key");
	finish(decider, "TLS-1");
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void a_parent_elsewhere_is_asked_for(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, create_issue, ISSUE("subtask", "x"), .has_parent = true,
	     .parent = SLICE("READ-1"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_parent = true,
	     .parent = SLICE("READ-2"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, bulk_edit_issues, .issues = LABELS(SLICE("TLS-1")), .has_parent = true,
	     .parent = SLICE("READ-2"));
	assert_int_equal(EVENT_BODY(0, bulk_completed)->refused, 1);
	WHEN(cleo, create_issue, ISSUE("subtask", "x"), .has_parent = true,
	     .parent = SLICE("TLS-1"));
	THEN(EVENT_ISSUE_CREATED);
	WHEN(ben, edit_issue, .issue = SLICE("TLS-1"), .has_parent = true,
	     .parent = SLICE("READ-2"));
	THEN(EVENT_ISSUE_PARENT_CHANGED);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_parent = true,
	     .parent = SLICE("READ-2"), .has_priority = true, .priority = SLICE("high"));
	THEN(EVENT_ISSUE_PRIORITY_CHANGED); /* it is there already */
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .clear = FIELDS(ISSUE_FIELD_PARENT));
	THEN(EVENT_ISSUE_PARENT_CHANGED);
}

static void who_may_edit_the_parent_elsewhere_may_name_it(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, create_issue, ISSUE("subtask", "x"), .has_parent = true,
	     .parent = SLICE("READ-1"));
	THEN(EVENT_ISSUE_CREATED);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_parent = true,
	     .parent = SLICE("READ-2"));
	THEN(EVENT_ISSUE_PARENT_CHANGED);
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-1"));
	THEN(EVENT_ISSUE_CREATED);
	assert_true(EVENT_BODY(0, issue_created)->has_parent);
}

static void a_clone_comes_below_the_parent_only_for_who_may_put_it_there(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, edit_issue, .issue = SLICE("TLS-1"), .has_parent = true,
	      .parent = SLICE("READ-2"));
	GIVEN(ada, create_issue, ISSUE("subtask", "x"), .has_parent = true,
	      .parent = SLICE("READ-1"));
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-1"));
	THEN(EVENT_ISSUE_CREATED);
	assert_false(EVENT_BODY(0, issue_created)->has_parent);
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-2"));
	THEN_REFUSED(FORBIDDEN, "");
}

static void a_screen_gives_no_rights_to_a_parent_elsewhere(void **state)
{
	struct decider *decider = *state;
	struct workflow_transition ways[] = {BEGIN("todo"), WAY("start", "todo", "in_progress"),
	                                     FROM_ANY("close", "done")};
	ways[1].screen = LABELS(SLICE("parent"));
	GIVEN(ada, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("classic"),
	      .name = SLICE("Screen"), .transitions = {ways, 3});
	GIVEN(ada, publish_workflow, PUBLISH("classic"));
#define START                                                                                      \
	.issue = SLICE("TLS-1"), .has_transition = true, .transition = SLICE("start"),             \
	VALUES({.field = SLICE("parent"), .values = LABELS(SLICE("READ-2"))})
	WHEN(cleo, transition_issue, START);
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(ben, transition_issue, START);
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_PARENT_CHANGED);
}

#define CASE(test)         cmocka_unit_test_setup_teardown(test, setup, decider_teardown)
#define WITH(setup_, test) cmocka_unit_test_setup_teardown(test, setup_, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_rule_may_what_the_member_may),
	        WITH(setup_hidden, a_rule_sees_what_the_member_sees),
	        CASE(a_rule_in_nobodys_name_is_not_asked),
	        CASE(rules_of_workflows_ask_about_the_member),
	        CASE(automation_is_a_rule_in_whosever_name),
	        CASE(what_a_rule_did_for_a_member_the_member_did),
	        CASE(nothing_happens_for_who_is_no_active_member),
	        CASE(a_rule_may_no_more_than_the_key_that_the_member_came_with),
	        CASE(a_parent_elsewhere_is_asked_for),
	        WITH(setup_editors, who_may_edit_the_parent_elsewhere_may_name_it),
	        CASE(a_clone_comes_below_the_parent_only_for_who_may_put_it_there),
	        CASE(a_screen_gives_no_rights_to_a_parent_elsewhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
