#include <stdio.h>

#include "core/domain/configuration.h"
#include "core/domain/project.h"
#include "tests/unit/workflows.h"

#define STATUS(id_) .project = SLICE("TLS"), .status = SLICE(id_)
#define NEW_STATUS(id_)                                                                            \
	STATUS(id_), .name = SLICE("A status"), .category = STATUS_CATEGORY_IN_PROGRESS

static void expect_order(struct decider *decider, const char *const *ids)
{
	struct row_project project;
	struct items items;
	uint32_t n = 0;
	assert_true(resolve_project(&decider->state.face, SLICE("TLS"), &project));
	read_items(&decider->state.face, &project.id, ITEM_STATUS, &items);
	for (; ids[n]; n++) {
		assert_true(n < items.n);
		assert_true(slice_is(PADDED(items.at[n].id), ids[n]));
		assert_int_equal(items.at[n].position, n);
	}
	assert_int_equal(items.n, n);
}
#define EXPECT_ORDER(...) expect_order(decider, (const char *const[]){__VA_ARGS__, NULL})

static void a_project_begins_with_the_classic_statuses(void **state)
{
	struct decider *decider = *state;
	EXPECT_ORDER("todo", "in_progress", "in_review", "done");
}

static void an_admin_adds_a_status_behind_the_others(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, add_status, NEW_STATUS("blocked"));
	THEN(EVENT_STATUS_ADDED);
	assert_slice(EVENT_BODY(0, status_added)->status, "blocked");
	assert_int_equal(EVENT_BODY(0, status_added)->category, STATUS_CATEGORY_IN_PROGRESS);
	assert_int_equal(decider->decision.version, 2);
	EXPECT_ORDER("todo", "in_progress", "in_review", "done", "blocked");
}

static void members_do_not_configure(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, add_status, NEW_STATUS("blocked"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, edit_status, STATUS("todo"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, remove_status, STATUS("todo"));
	THEN_REFUSED(FORBIDDEN, "");
}

static void a_status_has_an_id_that_was_never_used(void **state)
{
	static const char *const bad[] = {
	        "", "Blocked", "1st", "a-b", "_x", "wo rt", "a23456789012345678901234567890123"};
	struct decider *decider = *state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		WHEN(ben, add_status, .project = SLICE("TLS"), .status = slice_str(bad[i]),
		     .name = SLICE("x"), .category = STATUS_CATEGORY_TODO);
		THEN_REFUSED(BAD_ID, "/status");
	}
	WHEN(ben, add_status, NEW_STATUS("todo"));
	THEN_REFUSED(ITEM_EXISTS, "/status");
	GIVEN(ben, add_status, NEW_STATUS("blocked"));
	GIVEN(ben, remove_status, STATUS("blocked"));
	WHEN(ben, add_status, NEW_STATUS("blocked"));
	THEN_REFUSED(ITEM_EXISTS, "/status");
}

static void a_name_has_64_characters_in_one_line(void **state)
{
	struct decider *decider = *state;
	char text[65 * 2 + 1] = "";
	for (int i = 0; i < 65; i++)
		memcpy(text + 2 * i, "\xc3\xa9", 2);
	WHEN(ben, add_status, STATUS("blocked"), .name = slice_of(text, 130),
	     .category = STATUS_CATEGORY_TODO);
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, edit_status, STATUS("todo"), .has_name = true, .name = SLICE("a\nb"));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, add_status, STATUS("blocked"), .name = slice_of(text, 128),
	     .category = STATUS_CATEGORY_TODO);
	THEN(EVENT_STATUS_ADDED);
}

static void a_project_has_64_statuses(void **state)
{
	struct decider *decider = *state;
	char id[8];
	for (int i = 4; i < ITEMS_MAX; i++) {
		snprintf(id, sizeof id, "s%d", i);
		GIVEN(ben, add_status, .project = SLICE("TLS"), .status = slice_str(id),
		      .name = slice_str(id), .category = STATUS_CATEGORY_TODO);
	}
	WHEN(ben, add_status, NEW_STATUS("blocked"));
	THEN_REFUSED(TOO_MANY_ITEMS, "/status");
	GIVEN(ben, remove_status, STATUS("s9"));
	WHEN(ben, add_status, NEW_STATUS("blocked"));
	THEN_REFUSED(TOO_MANY_ITEMS, "/status");
}

static void a_status_is_renamed_and_moved(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, edit_status, STATUS("done"), .has_name = true, .name = SLICE("Shipped"),
	     .has_position = true, .position = 1);
	THEN(EVENT_STATUS_CHANGED);
	const struct status_changed *event = EVENT_BODY(0, status_changed);
	assert_slice(event->from_name, "Done");
	assert_slice(event->to_name, "Shipped");
	assert_int_equal(event->from_position, 3);
	assert_int_equal(event->to_position, 1);
	EXPECT_ORDER("todo", "done", "in_progress", "in_review");
	GIVEN(ben, edit_status, STATUS("todo"), .has_position = true, .position = 3);
	EXPECT_ORDER("done", "in_progress", "in_review", "todo");
	WHEN(ben, edit_status, STATUS("todo"), .has_position = true, .position = 3,
	     .has_name = true, .name = SLICE("To do"));
	THEN_UNCHANGED();
	WHEN(ben, edit_status, STATUS("todo"), .has_position = true, .position = 4);
	THEN_REFUSED(BAD_POSITION, "/position");
}

static void what_done_means_does_not_change_under_issues(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, edit_status, STATUS("in_review"), .has_category = true,
	     .category = STATUS_CATEGORY_DONE);
	THEN_REFUSED(IN_USE, "/category");
	WHEN(ben, edit_status, STATUS("done"), .has_category = true,
	     .category = STATUS_CATEGORY_TODO);
	THEN_REFUSED(IN_USE, "/category");
	WHEN(ben, edit_status, STATUS("in_review"), .has_category = true,
	     .category = STATUS_CATEGORY_TODO);
	THEN(EVENT_STATUS_CHANGED);
	GIVEN(ben, add_status, NEW_STATUS("blocked"));
	GIVEN(ben, save_workflow_draft, DRAFT("slow", BEGIN("blocked")));
	WHEN(ben, edit_status, STATUS("blocked"), .has_category = true,
	     .category = STATUS_CATEGORY_DONE);
	THEN_REFUSED(IN_USE, "/category");
	GIVEN(ben, discard_workflow_draft, PUBLISH("slow"));
	WHEN(ben, edit_status, STATUS("blocked"), .has_category = true,
	     .category = STATUS_CATEGORY_DONE);
	THEN(EVENT_STATUS_CHANGED);
}

static void a_status_that_is_named_is_not_removed(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, remove_status, STATUS("in_review"));
	THEN_REFUSED(IN_USE, "/status");
	assert_non_null(strstr(decider->decision.detail, "classic"));
	GIVEN(ben, add_status, NEW_STATUS("blocked"));
	GIVEN(ben, save_workflow_draft,
	      DRAFT("slow", BEGIN("todo"), WAY("wait", "todo", "blocked")));
	WHEN(ben, remove_status, STATUS("blocked"));
	THEN_REFUSED(IN_USE, "/status");
	GIVEN(ben, discard_workflow_draft, PUBLISH("slow"));
	WHEN(ben, remove_status, STATUS("blocked"));
	THEN(EVENT_STATUS_REMOVED);
	EXPECT_ORDER("todo", "in_progress", "in_review", "done");
	WHEN(ben, edit_status, STATUS("blocked"));
	THEN_REFUSED(UNKNOWN_STATUS, "/status");
}

static void the_project_is_there_and_of_the_expected_version(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, add_status, .project = SLICE("NONE"), .status = SLICE("blocked"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(ben, add_status, NEW_STATUS("blocked"), .has_expected_version = true,
	     .expected_version = 2);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, edit_status, STATUS("nirvana"));
	THEN_REFUSED(UNKNOWN_STATUS, "/status");
	WHEN(ben, remove_status, STATUS("nirvana"));
	THEN_REFUSED(UNKNOWN_STATUS, "/status");
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(a_project_begins_with_the_classic_statuses),
	        ON_SETTLED(an_admin_adds_a_status_behind_the_others),
	        ON_SETTLED(members_do_not_configure),
	        ON_SETTLED(a_status_has_an_id_that_was_never_used),
	        ON_SETTLED(a_name_has_64_characters_in_one_line),
	        ON_SETTLED(a_project_has_64_statuses),
	        ON_SETTLED(a_status_is_renamed_and_moved),
	        ON_SETTLED(what_done_means_does_not_change_under_issues),
	        ON_SETTLED(a_status_that_is_named_is_not_removed),
	        ON_SETTLED(the_project_is_there_and_of_the_expected_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
