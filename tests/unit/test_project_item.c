#include <stdio.h>

#include "core/domain/project.h"
#include "core/domain/workflow.h"
#include "tests/unit/workflows.h"

#define TYPE(id_)       .project = SLICE("TLS"), .issue_type = SLICE(id_)
#define PRIORITY(id_)   .project = SLICE("TLS"), .priority = SLICE(id_)
#define RESOLUTION(id_) .project = SLICE("TLS"), .resolution = SLICE(id_)
#define NAMED(name_)    .name = SLICE(name_)
#define DISABLED(value) .has_disabled = true, .disabled = value

static void an_added_type_has_a_level_and_a_workflow(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, save_workflow_draft, DRAFT("fast", BEGIN("in_progress")));
	WHEN(ben, add_issue_type, TYPE("initiative"), NAMED("Initiative"), .level = 2,
	     .workflow = SLICE("fast"));
	THEN_REFUSED(NO_SUCH_WORKFLOW, "/workflow");
	GIVEN(ben, publish_workflow, PUBLISH("fast"));
	WHEN(ben, add_issue_type, TYPE("initiative"), NAMED("Initiative"), .level = 2,
	     .workflow = SLICE("fast"));
	THEN(EVENT_ISSUE_TYPE_ADDED);
	assert_int_equal(EVENT_BODY(0, issue_type_added)->level, 2);
	WHEN(cleo, create_issue, ISSUE("initiative", "all"));
	THEN(EVENT_ISSUE_CREATED);
	assert_slice(EVENT_BODY(0, issue_created)->status, "in_progress");
	WHEN(cleo, create_issue, ISSUE("epic", "part"), .has_parent = true,
	     .parent = SLICE("TLS-1"));
	THEN(EVENT_ISSUE_CREATED);
	WHEN(cleo, create_issue, ISSUE("task", "part"), .has_parent = true,
	     .parent = SLICE("TLS-1"));
	THEN_REFUSED(PARENT_TYPE, "/parent");
}

static void ids_and_names_are_checked(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, add_issue_type, TYPE("Bad"), NAMED("x"), .workflow = SLICE("classic"));
	THEN_REFUSED(BAD_ID, "/issue_type");
	WHEN(ben, add_issue_type, TYPE("bug"), NAMED("x"), .workflow = SLICE("classic"));
	THEN_REFUSED(ITEM_EXISTS, "/issue_type");
	WHEN(ben, add_priority, PRIORITY("high"), NAMED("x"));
	THEN_REFUSED(ITEM_EXISTS, "/priority");
	WHEN(ben, add_priority, PRIORITY("urgent"), NAMED(" "));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, add_resolution, RESOLUTION("duplicate"), NAMED("x"));
	THEN_REFUSED(ITEM_EXISTS, "/resolution");
	WHEN(ben, edit_issue_type, TYPE("wish"));
	THEN_REFUSED(UNKNOWN_TYPE, "/issue_type");
	WHEN(ben, edit_priority, PRIORITY("now"));
	THEN_REFUSED(UNKNOWN_PRIORITY, "/priority");
	WHEN(ben, edit_resolution, RESOLUTION("boredom"));
	THEN_REFUSED(UNKNOWN_RESOLUTION, "/resolution");
	WHEN(ben, edit_priority, PRIORITY("high"), .has_name = true, NAMED("a\nb"));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, edit_priority, PRIORITY("high"), .has_position = true, .position = 5);
	THEN_REFUSED(BAD_POSITION, "/position");
}

static void an_added_one_can_be_chosen(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, add_priority, PRIORITY("urgent"), NAMED("Urgent"));
	THEN(EVENT_PRIORITY_ADDED);
	WHEN(ben, add_resolution, RESOLUTION("lost"), NAMED("Lost"));
	THEN(EVENT_RESOLUTION_ADDED);
	WHEN(cleo, create_issue, .project = SLICE("TLS"), .type = SLICE("bug"),
	     .summary = SLICE("x"), .priority = SLICE("urgent"));
	THEN(EVENT_ISSUE_CREATED);
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"),
	     .has_resolution = true, .resolution = SLICE("lost"));
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void an_edit_tells_before_and_after(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, edit_priority, PRIORITY("low"), .has_name = true, NAMED("Later"),
	     .has_position = true, .position = 0);
	THEN(EVENT_PRIORITY_CHANGED);
	assert_slice(EVENT_BODY(0, priority_changed)->from_name, "Low");
	assert_slice(EVENT_BODY(0, priority_changed)->to_name, "Later");
	assert_int_equal(EVENT_BODY(0, priority_changed)->from_position, 3);
	assert_int_equal(EVENT_BODY(0, priority_changed)->to_position, 0);
	WHEN(ben, edit_priority, PRIORITY("low"), .has_name = true, NAMED("Later"), DISABLED(false),
	     .has_position = true, .position = 0);
	THEN_UNCHANGED();
	WHEN(ben, edit_issue_type, TYPE("bug"), .has_name = true, NAMED("Defect"));
	THEN(EVENT_ISSUE_TYPE_CHANGED);
	WHEN(ben, edit_resolution, RESOLUTION("done"), .has_name = true, NAMED("Fixed"));
	THEN(EVENT_RESOLUTION_CHANGED);
}

static void a_disabled_one_stays_and_cannot_be_chosen(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("bug", "one"));
	GIVEN(cleo, create_issue, ISSUE("task", "two"));
	GIVEN(ben, edit_issue_type, TYPE("bug"), DISABLED(true));
	GIVEN(ben, edit_priority, PRIORITY("high"), DISABLED(true));
	GIVEN(ben, edit_resolution, RESOLUTION("done"), DISABLED(true));
	WHEN(cleo, create_issue, ISSUE("bug", "two"));
	THEN_REFUSED(DISABLED, "/type");
	WHEN(cleo, create_issue, .project = SLICE("TLS"), .type = SLICE("task"),
	     .summary = SLICE("x"), .priority = SLICE("high"));
	THEN_REFUSED(DISABLED, "/priority");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_priority = true,
	     .priority = SLICE("high"));
	THEN_REFUSED(DISABLED, "/priority");
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"),
	     .has_resolution = true, .resolution = SLICE("done"));
	THEN_REFUSED(DISABLED, "/resolution");
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"));
	THEN(EVENT_ISSUE_TRANSITIONED);
	assert_slice(EVENT_BODY(0, issue_transitioned)->resolution, "wont_do");
	GIVEN(ben, edit_issue_type, TYPE("bug"), DISABLED(false));
	WHEN(cleo, create_issue, ISSUE("bug", "three"));
	THEN(EVENT_ISSUE_CREATED);
}

#define CREATED(type_, priority_)                                                                  \
	do {                                                                                       \
		WHEN(cleo, create_issue, .project = SLICE("TLS"), .summary = SLICE("x"));          \
		THEN(EVENT_ISSUE_CREATED);                                                         \
		assert_slice(EVENT_BODY(0, issue_created)->type, type_);                           \
		assert_slice(EVENT_BODY(0, issue_created)->priority, priority_);                   \
	} while (0)

static void the_default_is_what_can_be_chosen(void **state)
{
	struct decider *decider = *state;
	CREATED("task", "medium");
	GIVEN(ben, edit_issue_type, TYPE("task"), DISABLED(true));
	GIVEN(ben, edit_priority, PRIORITY("medium"), DISABLED(true));
	CREATED("epic", "highest");
	GIVEN(ben, edit_issue_type, TYPE("subtask"), .has_position = true, .position = 0);
	GIVEN(ben, edit_issue_type, TYPE("epic"), DISABLED(true));
	CREATED("story", "highest");
	GIVEN(ben, edit_issue_type, TYPE("story"), DISABLED(true));
	GIVEN(ben, edit_issue_type, TYPE("bug"), DISABLED(true));
	WHEN(cleo, create_issue, .project = SLICE("TLS"), .summary = SLICE("x"));
	THEN_REFUSED(UNKNOWN_TYPE, "/type");
}

static void one_of_a_kind_can_always_be_chosen(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, edit_resolution, RESOLUTION("done"), DISABLED(true));
	GIVEN(ben, edit_resolution, RESOLUTION("wont_do"), DISABLED(true));
	WHEN(ben, edit_resolution, RESOLUTION("duplicate"), DISABLED(true));
	THEN_REFUSED(LAST_ITEM, "/disabled");
}

static void members_do_not_configure(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, add_issue_type, TYPE("x"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, edit_issue_type, TYPE("bug"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, add_priority, PRIORITY("x"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, edit_priority, PRIORITY("low"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, add_resolution, RESOLUTION("x"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, edit_resolution, RESOLUTION("done"));
	THEN_REFUSED(FORBIDDEN, "");
}

static void the_project_is_of_the_expected_version(void **state)
{
	struct decider *decider = *state;
#define STALE .has_expected_version = true, .expected_version = 9
	WHEN(ben, add_priority, PRIORITY("x"), NAMED("x"), STALE);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, edit_issue_type, TYPE("bug"), STALE);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, add_resolution, .project = SLICE("NONE"), .resolution = SLICE("x"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(an_added_type_has_a_level_and_a_workflow),
	        ON_SETTLED(ids_and_names_are_checked),
	        ON_SETTLED(an_added_one_can_be_chosen),
	        ON_SETTLED(an_edit_tells_before_and_after),
	        ON_SETTLED(a_disabled_one_stays_and_cannot_be_chosen),
	        ON_SETTLED(the_default_is_what_can_be_chosen),
	        ON_SETTLED(one_of_a_kind_can_always_be_chosen),
	        ON_SETTLED(members_do_not_configure),
	        ON_SETTLED(the_project_is_of_the_expected_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
