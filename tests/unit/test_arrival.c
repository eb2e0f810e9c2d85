/* Clones, and issues that come from another project, are asked for what new issues are. */
#include "core/domain/issue.h"
#include "core/domain/issue_field.h"
#include "tests/unit/fields.h"

#define TLS_1         .issue = SLICE("TLS-1")
#define TO(key)       .project = SLICE(key)
#define INTO(key)     .has_project = true, .project = SLICE(key)
#define UNDER(key)    .has_parent = true, .parent = SLICE(key)
#define AWAY          .has_disabled = true, .disabled = true
#define QUIC(id)      .project = SLICE("QUIC"), .field = SLICE(id), .name = SLICE(id)
#define OF_TYPES(...) .issue_types = LABELS(__VA_ARGS__)

/* TLS-1 is a story with a sub-task, TLS-2; QUIC is another project. */
static int setup(void **state)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("story", "one"));
	GIVEN(cleo, create_issue, ISSUE("subtask", "two"), UNDER("TLS-1"));
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"));
	return failed;
}

static struct row_issue row_of(struct decider *decider, const char *ref)
{
	struct row_issue issue;
	assert_true(resolve_issue(&decider->state.face, slice_str(ref), &issue));
	return issue;
}

/* The scheme of @project is classic without @permission, which only @who holds (nil: nobody). */
static void without(struct decider *decider, const char *project, enum permission permission,
                    struct uuid who)
{
	const struct permission_grant gone[] = {{.permission = permission,
	                                         .to = GRANT_TO_ORGANIZATION_ROLE,
	                                         .has_organization_role = true,
	                                         .organization_role = ORG_ROLE_MEMBER},
	                                        {.permission = permission,
	                                         .to = GRANT_TO_ORGANIZATION_ROLE,
	                                         .has_organization_role = true,
	                                         .organization_role = ORG_ROLE_GUEST},
	                                        {.permission = permission, .to = GRANT_TO_ANYONE}};
	const struct permission_grant held = {
	        .permission = permission, .to = GRANT_TO_MEMBER, .has_member = true, .member = who};
	GIVEN(ada, create_permission_scheme, .scheme = SLICE("strict"), .name = SLICE("x"),
	      .has_copy_of = true, .copy_of = SLICE("classic"));
	for (int i = 0; i < 3; i++) /* whichever it is */
		WHEN(ada, change_permission_grants, .scheme = SLICE("strict"),
		     .remove = {&gone[i], 1});
	GIVEN(ada, change_permission_grants, .scheme = SLICE("strict"), .add = {&held, 1});
	GIVEN(ada, assign_permission_scheme, .project = slice_str(project),
	      .scheme = SLICE("strict"));
}

/* --- what cannot be chosen --- */

static void a_disabled_type_is_not_chosen_by_a_clone(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, edit_issue_type, TO("TLS"), .issue_type = SLICE("subtask"), AWAY);
	WHEN(cleo, clone_issue, TLS_1);
	THEN(EVENT_ISSUE_CREATED);
	WHEN(cleo, clone_issue, TLS_1, .subtasks = true);
	THEN_REFUSED(DISABLED, "/project");
	GIVEN(ben, edit_issue_type, TO("TLS"), .issue_type = SLICE("story"), AWAY);
	WHEN(cleo, clone_issue, TLS_1);
	THEN_REFUSED(DISABLED, "/project");
	WHEN(cleo, clone_issue, TLS_1, INTO("QUIC"));
	THEN(EVENT_ISSUE_CREATED);
	GIVEN(ben, edit_priority, TO("QUIC"), .priority = SLICE("medium"), AWAY);
	WHEN(cleo, clone_issue, TLS_1, INTO("QUIC"));
	THEN_REFUSED(DISABLED, "/project");
}

static void a_disabled_type_is_not_chosen_by_a_move(void **state)
{
	static const struct replacement types[] = {{SLICE("story"), SLICE("task")}};
	static const struct replacement priorities[] = {{SLICE("medium"), SLICE("low")}};
	struct decider *decider = *state;
	GIVEN(ben, edit_issue_type, TO("QUIC"), .issue_type = SLICE("story"), AWAY);
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"));
	THEN_REFUSED(DISABLED, "/types");
	GIVEN(ben, edit_priority, TO("QUIC"), .priority = SLICE("medium"), AWAY);
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"), .types = {types, 1});
	THEN_REFUSED(DISABLED, "/priorities");
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"), .types = {types, 1},
	     .priorities = {priorities, 1});
	THEN(EVENT_ISSUE_MOVED, EVENT_ISSUE_MOVED);
}

/* --- required fields --- */

static void a_clone_has_the_required_fields(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("risk", NUMBER), .required = true,
	      OF_TYPES(SLICE("story"), SLICE("subtask")));
	GIVEN(ben, add_field, FIELD("area", TEXT), .required = true, OF_TYPES(SLICE("story")),
	      .default_values = LABELS(SLICE("web")));
	GIVEN(ben, add_field, FIELD("note", TEXT), .default_values = LABELS(SLICE("none")));
	WHEN(cleo, clone_issue, TLS_1);
	THEN_REFUSED(FIELD_REQUIRED, "/fields");
	assert_string_equal(decider->decision.detail, "'risk' (risk) must have a value in issues "
	                                              "of the type 'Story' (story)");
	WHEN(cleo, clone_issue, TLS_1, .fields = VALUES(VALUE("risk", "1")));
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_FIELDS_CHANGED);
	assert_int_equal(EVENT_BODY(1, issue_fields_changed)->changes.n, 2);
	assert_slice(CHANGE(1, 1).field, "area"); /* what the model lacks is not filled in */
	GIVEN(cleo, edit_issue, TLS_1, .fields = VALUES(VALUE("risk", "2"), VALUE("note", "n")));
	WHEN(cleo, clone_issue, TLS_1);
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_FIELDS_CHANGED);
	assert_int_equal(EVENT_BODY(1, issue_fields_changed)->changes.n, 3);
	WHEN(cleo, clone_issue, TLS_1, .fields = VALUES(VALUE("note", "m")));
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_FIELDS_CHANGED);
	assert_slice(CHANGE(1, 0).to.items[0], "m");
	assert_int_equal(EVENT_BODY(1, issue_fields_changed)->changes.n, 3);
	WHEN(cleo, clone_issue, TLS_1, .fields = VALUES(NO_VALUE("risk")));
	THEN_REFUSED(FIELD_REQUIRED, "/fields/0/values");
	WHEN(cleo, clone_issue, TLS_1, .fields = VALUES(VALUE("cost", "1")));
	THEN_REFUSED(UNKNOWN_FIELD, "/fields/0/field");
	WHEN(cleo, clone_issue, TLS_1, .subtasks = true);
	THEN_REFUSED(FIELD_REQUIRED, "/fields");
	assert_string_equal(decider->decision.detail, "'risk' (risk) must have a value in issues "
	                                              "of the type 'Sub-task' (subtask)");
	WHEN(cleo, clone_issue, TLS_1, .subtasks = true,
	     .fields = VALUES(VALUE("risk", "5"), VALUE("area", "app")));
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_FIELDS_CHANGED, EVENT_ISSUE_CREATED,
	     EVENT_ISSUE_FIELDS_CHANGED);
	assert_int_equal(EVENT_BODY(3, issue_fields_changed)->changes.n, 1);
	assert_slice(CHANGE(3, 0).field, "risk");
}

static void a_clone_in_another_project_has_what_is_required_there(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("risk", NUMBER));
	GIVEN(ben, add_field, QUIC("risk"), .kind = FIELD_KIND_NUMBER, .required = true);
	GIVEN(cleo, edit_issue, TLS_1, .fields = VALUES(VALUE("risk", "2")));
	WHEN(cleo, clone_issue, TLS_1, INTO("QUIC"));
	THEN_REFUSED(FIELD_REQUIRED, "/fields"); /* values stay in their project */
	WHEN(cleo, clone_issue, TLS_1, INTO("QUIC"), .fields = VALUES(VALUE("risk", "3")));
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_FIELDS_CHANGED);
	assert_slice(CHANGE(1, 0).to.items[0], "3");
}

static void a_move_brings_along_or_gives_what_is_required_there(void **state)
{
	static const struct slice issues[] = {{"TLS-1", 5}};
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("risk", NUMBER));
	GIVEN(ben, add_field, FIELD("area", NUMBER));
	GIVEN(ben, add_field, QUIC("risk"), .kind = FIELD_KIND_NUMBER, .required = true);
	GIVEN(ben, add_field, QUIC("area"), .kind = FIELD_KIND_TEXT, .required = true,
	      OF_TYPES(SLICE("story")));
	GIVEN(cleo, edit_issue, TLS_1, .fields = VALUES(VALUE("risk", "2"), VALUE("area", "7")));
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"));
	THEN_REFUSED(FIELD_REQUIRED, "/fields"); /* the area there is no number */
	assert_string_equal(decider->decision.detail, "'area' (area) must have a value in issues "
	                                              "of the type 'Story' (story)");
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"), .fields = VALUES(VALUE("area", "web")));
	THEN_REFUSED(FIELD_REQUIRED, "/fields");
	assert_string_equal(decider->decision.detail, "'risk' (risk) must have a value in issues "
	                                              "of the type 'Sub-task' (subtask)");
	WHEN(cleo, bulk_move_issues, .issues = {issues, 1}, TO("QUIC"));
	THEN(EVENT_BULK_COMPLETED);
	assert_slice(EVENT_BODY(0, bulk_completed)->refusals.items[0].code, "field_required");
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"),
	     .fields = VALUES(VALUE("area", "web"), VALUE("risk", "2")));
	THEN(EVENT_ISSUE_FIELDS_CHANGED, EVENT_ISSUE_MOVED, EVENT_ISSUE_FIELDS_CHANGED,
	     EVENT_ISSUE_MOVED, EVENT_ISSUE_FIELDS_CHANGED);
	assert_slice(CHANGE(0, 0).field, "area");
	assert_int_equal(EVENT_BODY(2, issue_fields_changed)->changes.n, 1); /* risk is kept */
	assert_slice(CHANGE(2, 0).to.items[0], "web");
	assert_slice(CHANGE(4, 0).field, "risk");
	assert_int_equal(row_of(decider, "QUIC-1").fields, 2);
	assert_int_equal(row_of(decider, "QUIC-2").fields, 1);
	assert_int_equal(decider->decision.version, row_of(decider, "QUIC-1").version);
}

static void many_move_with_what_is_required_there(void **state)
{
	static const struct slice issues[] = {{"TLS-1", 5}};
	struct decider *decider = *state;
	GIVEN(ben, add_field, QUIC("risk"), .kind = FIELD_KIND_NUMBER, .required = true);
	WHEN(cleo, bulk_move_issues, .issues = {issues, 1}, TO("QUIC"),
	     .fields = VALUES(VALUE("risk", "1")));
	THEN(EVENT_ISSUE_MOVED, EVENT_ISSUE_FIELDS_CHANGED, EVENT_ISSUE_MOVED,
	     EVENT_ISSUE_FIELDS_CHANGED, EVENT_BULK_COMPLETED);
}

/* --- rights --- */

static void a_clone_with_dates_asks_for_the_right_to_schedule(void **state)
{
	struct decider *decider = *state;
	without(decider, "TLS", PERMISSION_SCHEDULE_ISSUES, ben);
	GIVEN(ben, edit_issue, .issue = SLICE("TLS-2"), .has_due_on = true, .due_on = 20000);
	WHEN(cleo, clone_issue, TLS_1);
	THEN(EVENT_ISSUE_CREATED);
	WHEN(cleo, clone_issue, TLS_1, .subtasks = true);
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-2"), INTO("QUIC"));
	THEN(EVENT_ISSUE_CREATED); /* there everybody may; below TLS-1 as well */
	WHEN(ben, clone_issue, TLS_1, .subtasks = true);
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_CREATED, EVENT_ISSUE_CREATED);
}

static void a_clone_with_an_assignee_asks_for_the_right_to_assign(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, assign_issue, TLS_1, .has_assignee = true, .assignee = dan);
	without(decider, "TLS", PERMISSION_ASSIGN_ISSUES, ben);
	WHEN(cleo, clone_issue, TLS_1);
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-2"));
	THEN(EVENT_ISSUE_CREATED);
	GIVEN(ada, deactivate_member, .member = dan);
	WHEN(cleo, clone_issue, TLS_1);
	THEN(EVENT_ISSUE_CREATED); /* it has none */
	assert_false(EVENT_BODY(0, issue_created)->has_assignee);
}

static void who_cannot_be_assigned_there_comes_off_with_a_move(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, assign_issue, TLS_1, .has_assignee = true, .assignee = cleo);
	GIVEN(cleo, assign_issue, .issue = SLICE("TLS-2"), .has_assignee = true, .assignee = dan);
	without(decider, "QUIC", PERMISSION_BE_ASSIGNED, cleo);
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"));
	THEN(EVENT_ISSUE_MOVED, EVENT_ISSUE_ASSIGNED, EVENT_ISSUE_MOVED);
	const struct issue_assigned *e = EVENT_BODY(1, issue_assigned);
	assert_true(e->has_from && !e->has_to);
	const struct uuid left = dan, kept = cleo;
	assert_true(uuid_equal(&e->from, &left));
	struct row_issue issue = row_of(decider, "QUIC-1"), below = row_of(decider, "QUIC-2");
	assert_true(uuid_is_nil(&below.assignee));
	assert_true(uuid_equal(&issue.assignee, &kept));
	GIVEN(ada, deactivate_member, .member = cleo);
	WHEN(ben, move_issue, .issue = SLICE("QUIC-1"), TO("TLS"));
	THEN(EVENT_ISSUE_ASSIGNED, EVENT_ISSUE_MOVED, EVENT_ISSUE_MOVED);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_disabled_type_is_not_chosen_by_a_clone),
	        CASE(a_disabled_type_is_not_chosen_by_a_move),
	        CASE(a_clone_has_the_required_fields),
	        CASE(a_clone_in_another_project_has_what_is_required_there),
	        CASE(a_move_brings_along_or_gives_what_is_required_there),
	        CASE(many_move_with_what_is_required_there),
	        CASE(a_clone_with_dates_asks_for_the_right_to_schedule),
	        CASE(a_clone_with_an_assignee_asks_for_the_right_to_assign),
	        CASE(who_cannot_be_assigned_there_comes_off_with_a_move),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
