/* The reporter of an issue: given by who creates it, changed, and what follows it. */
#include "core/domain/issue.h"
#include "tests/unit/rules.h"

#define TLS_1         .issue = SLICE("TLS-1")
#define TLS_2         .issue = SLICE("TLS-2")
#define REPORTER(who) .has_reporter = true, .reporter = who
#define MINE          .scheme = SLICE("mine")
#define ALLOW(what, whom, ...)                                                                     \
	{                                                                                          \
		.permission = PERMISSION_##what, .to = GRANT_TO_##whom, __VA_ARGS__                \
	}
#define GRANTS(...)                                                                                \
	(struct permission_grant_array)                                                            \
	{                                                                                          \
		(const struct permission_grant[]){__VA_ARGS__},                                    \
		        sizeof((const struct permission_grant[]){__VA_ARGS__}) /                   \
		                sizeof(struct permission_grant)                                    \
	}
#define EVE    id_of(900)
#define ANYDAY .has_due_on = true, .due_on = 19724

/* TLS-1 is cleo's, TLS-2 ben's; eve is a second member. */
static int setup(void **state)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	GIVEN(ben, add_member, .has_member_id = true, .member_id = EVE,
	      .person = {.issuer = SLICE("x"), .subject = SLICE("eve"), .name = SLICE("Eve")},
	      .role = ORG_ROLE_MEMBER);
	GIVEN(cleo, create_issue, ISSUE("task", "one"));
	GIVEN(ben, create_issue, ISSUE("task", "two"));
	return failed;
}

static struct row_issue row_of(struct decider *decider, const char *ref)
{
	struct row_issue issue;
	assert_true(resolve_issue(&decider->state.face, slice_str(ref), &issue));
	return issue;
}

static void assert_person(struct uuid found, struct uuid expected)
{
	assert_memory_equal(&found, &expected, sizeof(found));
}

/* A copy of classic that grants @grants besides. */
static void project_grants(struct decider *decider, struct permission_grant_array grants)
{
	GIVEN(ben, create_permission_scheme, MINE, .name = SLICE("Mine"), .has_copy_of = true,
	      .copy_of = SLICE("classic"), .grants = grants);
	GIVEN(ben, assign_permission_scheme, .project = SLICE("TLS"), MINE);
}

static void an_admin_changes_the_reporter(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, edit_issue, TLS_1, REPORTER(EVE));
	THEN(EVENT_ISSUE_REPORTER_CHANGED);
	assert_person(EVENT_BODY(0, issue_reporter_changed)->from, cleo);
	assert_person(EVENT_BODY(0, issue_reporter_changed)->to, EVE);
	struct row_issue issue = row_of(decider, "TLS-1");
	assert_person(issue.reporter, EVE);
	assert_int_equal(issue.version, 2);
	assert_int_equal(issue.field_version[ISSUE_FIELD_REPORTER], 2);
	assert_int_equal(issue.field_version[ISSUE_FIELD_ASSIGNEE], 1);
	WHEN(ben, edit_issue, TLS_1, REPORTER(EVE));
	THEN_UNCHANGED();
	WHEN(cleo, edit_issue, TLS_1, REPORTER(EVE)); /* asks nothing: it is so */
	THEN_UNCHANGED();
	WHEN(ben, edit_issue, TLS_1, REPORTER(dan), ANYDAY); /* guests report, too */
	THEN(EVENT_ISSUE_REPORTER_CHANGED, EVENT_ISSUE_DUE_DATE_CHANGED);
	WHEN(ben, edit_issue, TLS_1, REPORTER(cleo), .has_expected_version = true,
	     .expected_version = 2, .if_unchanged = FIELDS(ISSUE_FIELD_REPORTER));
	THEN_REFUSED(VERSION_MISMATCH, "/if_unchanged");
	WHEN(ben, edit_issue, TLS_1, REPORTER(cleo), .has_expected_version = true,
	     .expected_version = 3, .if_unchanged = FIELDS(ISSUE_FIELD_REPORTER));
	THEN(EVENT_ISSUE_REPORTER_CHANGED);
}

static void others_need_the_permission(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, edit_issue, TLS_1, REPORTER(EVE));
	THEN_REFUSED(FORBIDDEN, "");
	assert_string_equal(decider->decision.detail,
	                    "this needs the permission modify_reporter in TLS");
	WHEN(cleo, create_issue, ISSUE("task", "x"), REPORTER(EVE));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, clone_issue, TLS_1, REPORTER(EVE));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, create_issue, ISSUE("task", "x"), REPORTER(cleo));
	THEN(EVENT_ISSUE_CREATED);
	WHEN(cleo, clone_issue, TLS_2, REPORTER(cleo));
	THEN(EVENT_ISSUE_CREATED);
	project_grants(decider,
	               GRANTS(ALLOW(MODIFY_REPORTER, MEMBER, .has_member = true, .member = cleo)));
	GIVEN(cleo, edit_issue, TLS_2, REPORTER(dan));
	GIVEN(cleo, create_issue, ISSUE("task", "x"), REPORTER(EVE));
	GIVEN(cleo, clone_issue, TLS_2, REPORTER(EVE));
	WHEN(EVE, edit_issue, TLS_2, REPORTER(EVE));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(dan, edit_issue, TLS_2, REPORTER(dan));
	THEN_REFUSED(FORBIDDEN, ""); /* it needs edit_issues as well */
	GIVEN(cleo, archive_issue, TLS_2);
	WHEN(cleo, edit_issue, TLS_2, REPORTER(cleo));
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
}

static void a_reporter_hands_over_what_the_scheme_lets_them(void **state)
{
	struct decider *decider = *state;
	project_grants(decider, GRANTS(ALLOW(MODIFY_REPORTER, REPORTER)));
	WHEN(EVE, edit_issue, TLS_1, REPORTER(EVE));
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(cleo, edit_issue, TLS_1, REPORTER(EVE));
	WHEN(cleo, edit_issue, TLS_1, REPORTER(cleo)); /* not hers any more */
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(EVE, edit_issue, TLS_1, REPORTER(cleo));
	GIVEN(cleo, create_issue, ISSUE("task", "x"), REPORTER(EVE)); /* and then hand over */
	GIVEN(cleo, clone_issue, TLS_1, REPORTER(EVE));
}

static void a_reporter_is_an_active_member_who_sees_the_project(void **state)
{
	struct decider *decider = *state;
	const struct uuid other = id_of(77);
#define REFUSED(who, reject)                                                                       \
	do {                                                                                       \
		WHEN(ben, edit_issue, TLS_1, REPORTER(who));                                       \
		THEN_REFUSED(reject, "/reporter");                                                 \
		WHEN(ben, create_issue, ISSUE("task", "x"), REPORTER(who));                        \
		THEN_REFUSED(reject, "/reporter");                                                 \
		WHEN(ben, clone_issue, TLS_1, REPORTER(who));                                      \
		THEN_REFUSED(reject, "/reporter");                                                 \
	} while (0)
	REFUSED(nobody, NO_SUCH_MEMBER);
	REFUSED(other, NO_SUCH_MEMBER);
	GIVEN(ben, deactivate_member, .member = EVE);
	REFUSED(EVE, MEMBER_DEACTIVATED);
	GIVEN(ben, create_permission_scheme, MINE, .name = SLICE("Mine"),
	      .grants = GRANTS(ALLOW(BROWSE_PROJECT, MEMBER, .has_member = true, .member = cleo)));
	GIVEN(ben, assign_permission_scheme, .project = SLICE("TLS"), MINE);
	REFUSED(dan, CANNOT_REPORT);
	assert_string_equal(decider->decision.detail,
	                    "00000000-0000-0000-0000-000000000004 may not browse TLS");
	GIVEN(ben, edit_issue, TLS_2, REPORTER(cleo));
#undef REFUSED
	WHEN(ben, edit_issue, TLS_1, .clear = FIELDS(ISSUE_FIELD_REPORTER));
	THEN_REFUSED(BAD_CLEAR, "/clear");
}

static void whoever_creates_an_issue_names_its_reporter(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, create_issue, ISSUE("task", "x"), REPORTER(EVE));
	THEN(EVENT_ISSUE_CREATED);
	assert_person(EVENT_BODY(0, issue_created)->reporter, EVE);
	assert_person(row_of(decider, "TLS-3").reporter, EVE);
	GIVEN(ben, create_issue, ISSUE("subtask", "y"), .has_parent = true,
	      .parent = SLICE("TLS-3"));
	WHEN(ben, clone_issue, .issue = SLICE("TLS-3"), .subtasks = true, REPORTER(cleo));
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_CREATED);
	assert_person(EVENT_BODY(0, issue_created)->reporter, cleo);
	assert_person(EVENT_BODY(1, issue_created)->reporter, cleo);
	WHEN(ben, clone_issue, .issue = SLICE("TLS-3"));
	THEN(EVENT_ISSUE_CREATED);
	assert_person(EVENT_BODY(0, issue_created)->reporter, ben);
}

static void an_importer_names_another_one_than_they_act_for(void **state)
{
	struct decider *decider = *state;
	decider->request.actor.has_on_behalf_of = true;
	decider->request.actor.on_behalf_of = cleo;
	WHEN(ben, create_issue, ISSUE("task", "x"), REPORTER(EVE));
	THEN(EVENT_ISSUE_CREATED);
	assert_person(EVENT_BODY(0, issue_created)->reporter, EVE);
}

/* Grants to the reporter are those of the one who is named; what the actor asks for is theirs. */
static void who_is_named_holds_what_reporters_hold(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, create_permission_scheme, MINE, .name = SLICE("Mine"),
	      .grants = GRANTS(ALLOW(BROWSE_PROJECT, ANYONE), ALLOW(CREATE_ISSUES, ANYONE),
	                       ALLOW(BE_ASSIGNED, REPORTER), ALLOW(ASSIGN_ISSUES, REPORTER),
	                       ALLOW(EDIT_ISSUES, REPORTER), ALLOW(MODIFY_REPORTER, REPORTER)));
	GIVEN(ben, assign_permission_scheme, .project = SLICE("TLS"), MINE);
	WHEN(cleo, create_issue, ISSUE("task", "x"), .has_assignee = true, .assignee = EVE);
	THEN_REFUSED(NOT_ASSIGNABLE, "/assignee");
	WHEN(cleo, create_issue, ISSUE("task", "x"), REPORTER(EVE), .has_assignee = true,
	     .assignee = EVE);
	THEN(EVENT_ISSUE_CREATED);
	WHEN(cleo, create_issue, ISSUE("task", "x"), REPORTER(EVE), .has_assignee = true,
	     .assignee = cleo);
	THEN_REFUSED(NOT_ASSIGNABLE, "/assignee");
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-3"), REPORTER(EVE));
	THEN(EVENT_ISSUE_CREATED);
	assert_true(EVENT_BODY(0, issue_created)->has_assignee);
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-3"));
	THEN(EVENT_ISSUE_CREATED);
	assert_false(EVENT_BODY(0, issue_created)->has_assignee);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-3"), .has_summary = true, .summary = SLICE("a"));
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(EVE, edit_issue, .issue = SLICE("TLS-3"), .has_summary = true, .summary = SLICE("a"));
}

static void rights_follow_the_reporter(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, edit_issue, TLS_1, REPORTER(EVE));
	WHEN(cleo, delete_issue, TLS_1);
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(EVE, delete_issue, TLS_1);
	THEN(EVENT_ISSUE_DELETED);
	GIVEN(ben, restore_issue, TLS_1);
	project_grants(decider, GRANTS(ALLOW(RESTORE_ISSUES, REPORTER)));
	GIVEN(ben, edit_issue, TLS_1, REPORTER(cleo));
	GIVEN(cleo, delete_issue, TLS_1);
	WHEN(EVE, restore_issue, TLS_1);
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	GIVEN(cleo, restore_issue, TLS_1);
}

static void workflows_ask_who_is_reporter_now(void **state)
{
	struct decider *decider = *state;
	struct workflow_rule reporter = {KIND(REPORTER)};
	struct post_function back = {DO(ASSIGN), TO(REPORTER)};
	GIVEN(ben, save_workflow_draft,
	      DRAFT("classic", BEGIN("todo"),
	            {.id = SLICE("accept"),
	             .name = SLICE("Accept"),
	             .kind = TRANSITION_KIND_GLOBAL,
	             .to = SLICE("done"),
	             .conditions = {&reporter, 1},
	             .functions = {&back, 1}},
	            FROM_ANY("back", "todo")));
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	GIVEN(ben, edit_issue, TLS_1, REPORTER(EVE));
	WHEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("done"));
	THEN_REFUSED(NO_TRANSITION, "/to");
	WHEN(EVE, transition_issue, TLS_1, .has_to = true, .to = SLICE("done"));
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_ASSIGNED);
	assert_person(EVENT_BODY(1, issue_assigned)->to, EVE);
}

/* New issues are begun by their reporter: a clone is asked for its own, not for that of its model.
 */
static void the_conditions_of_a_clone_ask_for_its_reporter(void **state)
{
	struct decider *decider = *state;
	struct workflow_rule reporter = {KIND(REPORTER)};
	GIVEN(ben, save_workflow_draft,
	      DRAFT("classic",
	            {.id = SLICE("create"),
	             .name = SLICE("Create"),
	             .kind = TRANSITION_KIND_INITIAL,
	             .to = SLICE("todo"),
	             .conditions = {&reporter, 1}},
	            FROM_ANY("close", "done")));
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	GIVEN(cleo, clone_issue, TLS_2); /* which is ben's */
	WHEN(ben, clone_issue, TLS_2, REPORTER(cleo));
	THEN_REFUSED(NO_TRANSITION, "/issue");
	WHEN(ben, create_issue, ISSUE("task", "x"), REPORTER(cleo));
	THEN_REFUSED(NO_TRANSITION, "/type");
}

/* The screen of a transition shows it, a function sets it, a validator asks for another one. */
static void a_transition_sets_the_reporter(void **state)
{
	struct decider *decider = *state;
	struct workflow_rule changed = {KIND(FIELD_CHANGED), FIELD(REPORTER)};
	struct post_function to_dan = {
	        DO(SET), ON("reporter"),
	        .values = LABELS(SLICE("00000000-0000-0000-0000-000000000004"))};
	struct post_function taken = {DO(COPY), ON("reporter"), FROM("assignee")};
	GIVEN(ben, save_workflow_draft,
	      DRAFT("classic", BEGIN("todo"),
	            {.id = SLICE("pass"),
	             .name = SLICE("Pass on"),
	             .kind = TRANSITION_KIND_GLOBAL,
	             .to = SLICE("in_progress"),
	             .screen = LABELS(SLICE("reporter")),
	             .validators = {&changed, 1}},
	            {.id = SLICE("close"),
	             .name = SLICE("Close"),
	             .kind = TRANSITION_KIND_GLOBAL,
	             .to = SLICE("done"),
	             .functions = {&to_dan, 1}},
	            {.id = SLICE("back"),
	             .name = SLICE("Back"),
	             .kind = TRANSITION_KIND_GLOBAL,
	             .to = SLICE("todo"),
	             .functions = {&taken, 1}}));
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("in_progress"));
	assert_int_equal(decider->decision.reject, REJECT_NOT_VALID);
	WHEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("in_progress"),
	     VALUES({SLICE("reporter"), LABELS(SLICE("dan"))}));
	THEN_REFUSED(BAD_FIELD_VALUE, "/fields/0/values/0");
	WHEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("in_progress"),
	     VALUES({SLICE("reporter"), {NULL, 0}}));
	THEN_REFUSED(BAD_CLEAR, "/fields/0/values");
	WHEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("in_progress"),
	     VALUES({SLICE("reporter"), LABELS(SLICE("00000000-0000-0000-0000-000000000005"))}));
	THEN_REFUSED(NO_SUCH_MEMBER, "/fields/0/values/0");
	WHEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("in_progress"),
	     VALUES({SLICE("reporter"), LABELS(SLICE("00000000-0000-0000-0000-000000000002"))}));
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_REPORTER_CHANGED);
	WHEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("todo"));
	THEN(EVENT_ISSUE_TRANSITIONED); /* nobody is assigned: it stays ben's */
	WHEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("done"));
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_REPORTER_CHANGED);
	assert_person(EVENT_BODY(1, issue_reporter_changed)->to, dan);
	GIVEN(cleo, assign_issue, TLS_1, .has_assignee = true, .assignee = EVE);
	WHEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("todo"));
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_REPORTER_CHANGED);
	assert_person(EVENT_BODY(1, issue_reporter_changed)->to, EVE);
	WHEN(ben, remove_member, .member = dan); /* whom a function makes reporter */
	THEN_REFUSED(IN_USE, "/member");
	GIVEN(ben, remove_member, .member = dan, .has_replace_with = true, .replace_with = cleo);
	GIVEN(ben, edit_issue, TLS_2, REPORTER(EVE));
	WHEN(ben, transition_issue, TLS_2, .has_to = true, .to = SLICE("done"));
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_REPORTER_CHANGED);
	assert_person(EVENT_BODY(1, issue_reporter_changed)->to, cleo);
}

static void a_workflow_cannot_empty_the_reporter(void **state)
{
	struct decider *decider = *state;
	struct post_function clear = {DO(CLEAR), ON("reporter")};
	struct post_function nobody_there = {
	        DO(SET), ON("reporter"),
	        .values = LABELS(SLICE("00000000-0000-0000-0000-000000000005"))};
	WHEN(ben, save_workflow_draft,
	     DRAFT("classic", BEGIN("todo"),
	           {.id = SLICE("x"),
	            .name = SLICE("X"),
	            .kind = TRANSITION_KIND_GLOBAL,
	            .to = SLICE("done"),
	            .functions = {&clear, 1}}));
	THEN_REFUSED(BAD_CLEAR, "/transitions/1/functions/0/field");
	WHEN(ben, save_workflow_draft,
	     DRAFT("classic", BEGIN("todo"),
	           {.id = SLICE("x"),
	            .name = SLICE("X"),
	            .kind = TRANSITION_KIND_GLOBAL,
	            .to = SLICE("done"),
	            .functions = {&nobody_there, 1}}));
	THEN_REFUSED(NO_SUCH_MEMBER, "/transitions/1/functions/0/values/0");
}

/* Reporting is what happened: nobody need take over the issues of who leaves, but somebody may. */
static void who_leaves_is_reporter_until_somebody_else_is(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, edit_issue, TLS_1, REPORTER(EVE));
	WHEN(ben, remove_member, .member = EVE);
	THEN(EVENT_MEMBER_REMOVED);
	assert_person(row_of(decider, "TLS-1").reporter, EVE);
	WHEN(ben, edit_issue, TLS_1, REPORTER(EVE)); /* as it is */
	THEN_UNCHANGED();
	WHEN(ben, edit_issue, TLS_2, REPORTER(EVE));
	THEN_REFUSED(NO_SUCH_MEMBER, "/reporter");
	GIVEN(ben, edit_issue, TLS_1, REPORTER(cleo));
	assert_person(row_of(decider, "TLS-1").reporter, cleo);
	WHEN(cleo, delete_issue, TLS_1);
	THEN(EVENT_ISSUE_DELETED);
}

static void a_bulk_changes_the_reporter_where_it_may(void **state)
{
	struct decider *decider = *state;
	project_grants(decider, GRANTS(ALLOW(MODIFY_REPORTER, REPORTER)));
	WHEN(cleo, bulk_edit_issues, .issues = LABELS(SLICE("TLS-1"), SLICE("TLS-2")),
	     REPORTER(EVE));
	THEN(EVENT_ISSUE_REPORTER_CHANGED, EVENT_BULK_COMPLETED);
	const struct bulk_completed *e = EVENT_BODY(1, bulk_completed);
	assert_int_equal(e->refused, 1);
	assert_slice(e->refusals.items[0].issue, "TLS-2");
	assert_slice(e->refusals.items[0].code, "forbidden");
	WHEN(ben, bulk_edit_issues, .issues = LABELS(SLICE("TLS-1"), SLICE("TLS-2")),
	     REPORTER(EVE));
	THEN(EVENT_ISSUE_REPORTER_CHANGED, EVENT_BULK_COMPLETED);
	assert_int_equal(EVENT_BODY(1, bulk_completed)->unchanged.n, 1);
	assert_person(row_of(decider, "TLS-2").reporter, EVE);
	WHEN(ben, bulk_edit_issues, .issues = LABELS(SLICE("TLS-1")),
	     .clear = FIELDS(ISSUE_FIELD_REPORTER));
	THEN(EVENT_BULK_COMPLETED);
	assert_slice(EVENT_BODY(0, bulk_completed)->refusals.items[0].code, "bad_clear");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(an_admin_changes_the_reporter),
	        CASE(others_need_the_permission),
	        CASE(a_reporter_hands_over_what_the_scheme_lets_them),
	        CASE(a_reporter_is_an_active_member_who_sees_the_project),
	        CASE(whoever_creates_an_issue_names_its_reporter),
	        CASE(an_importer_names_another_one_than_they_act_for),
	        CASE(who_is_named_holds_what_reporters_hold),
	        CASE(rights_follow_the_reporter),
	        CASE(workflows_ask_who_is_reporter_now),
	        CASE(the_conditions_of_a_clone_ask_for_its_reporter),
	        CASE(a_transition_sets_the_reporter),
	        CASE(a_workflow_cannot_empty_the_reporter),
	        CASE(who_leaves_is_reporter_until_somebody_else_is),
	        CASE(a_bulk_changes_the_reporter_where_it_may),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
