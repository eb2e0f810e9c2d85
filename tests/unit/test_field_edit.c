/* Fields and options that change, and go. */
#include <stdio.h>

#include "core/domain/field.h"
#include "core/domain/project.h"
#include "tests/unit/fields.h"

#define EDIT(id)        .project = SLICE("TLS"), .field = SLICE(id)
#define OF_LEVEL(id)    EDIT("level"), .option = SLICE(id)
#define LEVELS          .options = OPTIONS(OPTION("low"), OPTION("high"), OPTION("top"))
#define SET(id, value)  .issue = SLICE("TLS-1"), .fields = VALUES(VALUE(id, value))
#define NAMED(text)     .has_name = true, .name = SLICE(text)
#define DISABLED(value) .has_disabled = true, .disabled = value

static void an_edit_of_a_field_tells_before_and_after(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("cost", NUMBER), .description = SLICE("euros"),
	      .issue_types = LABELS(SLICE("bug")));
	GIVEN(ben, add_field, FIELD("risk", NUMBER));
	WHEN(ben, edit_field, EDIT("cost"), NAMED("Price"), .has_description = true,
	     .description = SLICE(""), .has_required = true, .required = true, .all_types = true,
	     .default_values = LABELS(SLICE("1.0")), DISABLED(true), .has_position = true,
	     .position = 1);
	THEN(EVENT_FIELD_EDITED);
	const struct field_edited *edited = EVENT_BODY(0, field_edited);
	assert_slice(edited->before.name, "cost");
	assert_slice(edited->before.description, "euros");
	assert_false(edited->before.required || edited->before.disabled);
	assert_slice(edited->before.issue_types.items[0], "bug");
	assert_int_equal(edited->before.default_values.n, 0);
	assert_int_equal(edited->before.position, 0);
	assert_slice(edited->after.name, "Price");
	assert_slice(edited->after.description, "");
	assert_true(edited->after.required && edited->after.disabled);
	assert_int_equal(edited->after.issue_types.n, 0);
	assert_slice(edited->after.default_values.items[0], "1");
	assert_int_equal(edited->after.position, 1);
	WHEN(ben, edit_field, EDIT("risk"), .has_position = true, .position = 0);
	THEN_UNCHANGED();
	WHEN(ben, edit_field, EDIT("cost"), NAMED("Price"), DISABLED(true), .all_types = true,
	     .default_values = LABELS(SLICE("1")));
	THEN_UNCHANGED();
}

static void what_contradicts_itself_is_refused(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("cost", NUMBER));
	WHEN(cleo, edit_field, EDIT("cost"), DISABLED(true));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(ben, edit_field, EDIT("price"), DISABLED(true));
	THEN_REFUSED(UNKNOWN_FIELD, "/field");
	WHEN(ben, edit_field, EDIT("cost"), .all_types = true, .issue_types = LABELS(SLICE("bug")));
	THEN_REFUSED(BAD_CHANGE, "/all_types");
	WHEN(ben, edit_field, EDIT("cost"), .no_default = true,
	     .default_values = LABELS(SLICE("1")));
	THEN_REFUSED(BAD_CHANGE, "/no_default");
	WHEN(ben, edit_field, EDIT("cost"), NAMED(" "));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, edit_field, EDIT("cost"), .has_description = true, .description = SLICE("a\nb"));
	THEN_REFUSED(BAD_TEXT, "/description");
	WHEN(ben, edit_field, EDIT("cost"), .has_position = true, .position = 1);
	THEN_REFUSED(BAD_POSITION, "/position");
	WHEN(ben, edit_field, EDIT("cost"), .issue_types = LABELS(SLICE("wish")));
	THEN_REFUSED(UNKNOWN_TYPE, "/issue_types");
	WHEN(ben, edit_field, EDIT("cost"), .default_values = LABELS(SLICE("much")));
	THEN_REFUSED(BAD_FIELD_VALUE, "/default_values/0");
	WHEN(ben, edit_field, EDIT("cost"), DISABLED(true), .has_expected_version = true,
	     .expected_version = 9);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void a_disabled_field_keeps_its_values_as_they_are(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("cost", NUMBER), .required = true,
	      .default_values = LABELS(SLICE("2")));
	GIVEN(cleo, create_issue, ISSUE("bug", "one"));
	GIVEN(ben, edit_field, EDIT("cost"), DISABLED(true));
	WHEN(cleo, edit_issue, SET("cost", "3"));
	THEN_REFUSED(DISABLED, "/fields/0/field");
	WHEN(cleo, create_issue, ISSUE("bug", "two"));
	THEN(EVENT_ISSUE_CREATED);
	GIVEN(ben, edit_field, EDIT("cost"), DISABLED(false));
	WHEN(cleo, edit_issue, SET("cost", "3"));
	THEN(EVENT_ISSUE_FIELDS_CHANGED);
	assert_slice(CHANGE(0, 0).from.items[0], "2");
}

static void a_narrower_context_hides_values_until_it_is_wide_again(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("cost", NUMBER));
	GIVEN(cleo, create_issue, ISSUE("bug", "one"), .fields = VALUES(VALUE("cost", "2")));
	GIVEN(ben, edit_field, EDIT("cost"), .issue_types = LABELS(SLICE("task")));
	WHEN(cleo, edit_issue, SET("cost", "3"));
	THEN_REFUSED(FIELD_CONTEXT, "/fields/0/field");
	GIVEN(ben, edit_field, EDIT("cost"), .all_types = true);
	WHEN(cleo, edit_issue, SET("cost", "3"));
	THEN(EVENT_ISSUE_FIELDS_CHANGED);
	assert_slice(CHANGE(0, 0).from.items[0], "2");
}

static void a_field_in_use_is_removed_only_with_its_values(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("cost", NUMBER), .required = true,
	      .default_values = LABELS(SLICE("2")));
	GIVEN(ben, add_field, FIELD("risk", NUMBER));
	GIVEN(cleo, create_issue, ISSUE("bug", "one"));
	GIVEN(cleo, create_issue, ISSUE("bug", "two"));
	GIVEN(cleo, delete_issue, .issue = SLICE("TLS-2"));
	WHEN(cleo, remove_field, EDIT("cost"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(ben, remove_field, EDIT("price"));
	THEN_REFUSED(UNKNOWN_FIELD, "/field");
	WHEN(ben, remove_field, EDIT("cost"));
	THEN_REFUSED(IN_USE, "/field");
	assert_string_equal(decider->decision.detail,
	                    "2 issues have a value in it: say drop_values, or disable it");
	WHEN(ben, remove_field, EDIT("cost"), .drop_values = true);
	THEN(EVENT_FIELD_REMOVED);
	assert_int_equal(EVENT_BODY(0, field_removed)->issues, 2);
	assert_slice(EVENT_BODY(0, field_removed)->name, "cost");
	WHEN(cleo, edit_issue, SET("cost", "3"));
	THEN_REFUSED(UNKNOWN_FIELD, "/fields/0/field");
	WHEN(ben, add_field, FIELD("cost", NUMBER));
	THEN_REFUSED(ITEM_EXISTS, "/field");
	WHEN(cleo, create_issue, ISSUE("bug", "three"));
	THEN(EVENT_ISSUE_CREATED);
	WHEN(ben, edit_field, EDIT("risk"), .has_position = true, .position = 0);
	THEN_UNCHANGED();
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-1"));
	THEN(EVENT_ISSUE_CREATED);
	WHEN(ben, remove_field, EDIT("risk"));
	THEN(EVENT_FIELD_REMOVED);
}

static void options_are_added_renamed_moved_and_disabled(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("level", SELECT), LEVELS);
	WHEN(ben, add_field_option, OF_LEVEL("none"), .name = SLICE("None"));
	THEN(EVENT_FIELD_OPTION_ADDED);
	assert_int_equal(EVENT_BODY(0, field_option_added)->position, 3);
	WHEN(ben, edit_field_option, OF_LEVEL("none"), NAMED("Nothing"), .has_position = true,
	     .position = 0, DISABLED(true));
	THEN(EVENT_FIELD_OPTION_EDITED);
	const struct field_option_edited *edited = EVENT_BODY(0, field_option_edited);
	assert_slice(edited->from_name, "None");
	assert_slice(edited->to_name, "Nothing");
	assert_int_equal(edited->from_position, 3);
	assert_int_equal(edited->to_position, 0);
	assert_true(!edited->from_disabled && edited->to_disabled);
	WHEN(ben, edit_field_option, OF_LEVEL("top"), .has_position = true, .position = 3);
	THEN_UNCHANGED();
	WHEN(ben, edit_field_option, OF_LEVEL("none"), NAMED("Nothing"), DISABLED(true));
	THEN_UNCHANGED();
}

static void options_are_checked(void **state)
{
	struct decider *decider = *state;
	char id[16];
	GIVEN(ben, add_field, FIELD("level", SELECT), LEVELS);
	GIVEN(ben, add_field, FIELD("cost", NUMBER));
	GIVEN(ben, add_field, FIELD("place", CASCADING_SELECT),
	      .options = OPTIONS(OPTION("north"), BELOW("pole", "north")));
	WHEN(cleo, add_field_option, OF_LEVEL("x"), .name = SLICE("x"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, edit_field_option, OF_LEVEL("low"), DISABLED(true));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(ben, add_field_option, EDIT("cost"), .option = SLICE("x"), .name = SLICE("x"));
	THEN_REFUSED(BAD_CHANGE, "/field");
	WHEN(ben, add_field_option, EDIT("price"), .option = SLICE("x"), .name = SLICE("x"));
	THEN_REFUSED(UNKNOWN_FIELD, "/field");
	WHEN(ben, add_field_option, OF_LEVEL("low"), .name = SLICE("x"));
	THEN_REFUSED(ITEM_EXISTS, "/option");
	WHEN(ben, add_field_option, OF_LEVEL("X"), .name = SLICE("x"));
	THEN_REFUSED(BAD_ID, "/option");
	WHEN(ben, add_field_option, OF_LEVEL("x"), .name = SLICE(""));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, add_field_option, OF_LEVEL("x"), .name = SLICE("x"), .has_parent = true,
	     .parent = SLICE("low"));
	THEN_REFUSED(BAD_CHANGE, "/parent");
	WHEN(ben, add_field_option, EDIT("place"), .option = SLICE("x"), .name = SLICE("x"),
	     .has_parent = true, .parent = SLICE("pole"));
	THEN_REFUSED(UNKNOWN_OPTION, "/parent");
	WHEN(ben, edit_field_option, OF_LEVEL("x"), DISABLED(true));
	THEN_REFUSED(UNKNOWN_OPTION, "/option");
	WHEN(ben, edit_field_option, OF_LEVEL("low"), NAMED(" "));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, edit_field_option, EDIT("place"), .option = SLICE("pole"), .has_position = true,
	     .position = 1);
	THEN_REFUSED(BAD_POSITION, "/position");
	for (int i = 3; i < FIELD_OPTIONS_MAX; i++) {
		snprintf(id, sizeof id, "o%d", i);
		GIVEN(ben, add_field_option, EDIT("level"), .option = slice_str(id),
		      .name = SLICE("x"));
	}
	GIVEN(ben, remove_field_option, OF_LEVEL("o3"));
	WHEN(ben, add_field_option, OF_LEVEL("more"), .name = SLICE("x"));
	THEN_REFUSED(TOO_MANY, "/option");
}

static void a_disabled_option_stays_and_cannot_be_chosen(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("level", SELECT), LEVELS,
	      .default_values = LABELS(SLICE("low")));
	GIVEN(ben, add_field, FIELD("levels", MULTI_SELECT), LEVELS);
	GIVEN(cleo, create_issue, ISSUE("bug", "one"), .fields = VALUES(VALUE("levels", "low")));
	GIVEN(ben, edit_field_option, OF_LEVEL("low"), DISABLED(true));
	GIVEN(ben, edit_field_option, EDIT("levels"), .option = SLICE("low"), DISABLED(true));
	WHEN(cleo, create_issue, ISSUE("bug", "two"), .fields = VALUES(VALUE("level", "low")));
	THEN_REFUSED(DISABLED, "/fields/0/values/0");
	WHEN(cleo, create_issue, ISSUE("bug", "two"));
	THEN(EVENT_ISSUE_CREATED);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"),
	     .fields = VALUES({SLICE("levels"), LABELS(SLICE("top"), SLICE("low"), SLICE("top"))}));
	THEN(EVENT_ISSUE_FIELDS_CHANGED);
	assert_int_equal(CHANGE(0, 0).to.n, 2);
	assert_slice(CHANGE(0, 0).to.items[0], "low");
	WHEN(cleo, edit_issue, SET("level", "high"));
	THEN(EVENT_ISSUE_FIELDS_CHANGED);
	WHEN(cleo, edit_issue, SET("level", "low"));
	THEN_REFUSED(DISABLED, "/fields/0/values/0");
}

static void a_member_who_left_stays_in_a_field_and_cannot_be_chosen(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("testers", MEMBERS));
	GIVEN(cleo, create_issue, ISSUE("bug", "one"),
	      .fields = VALUES({SLICE("testers"), LABELS(PERSON(DAN))}));
	GIVEN(cleo, create_issue, ISSUE("bug", "two"));
	GIVEN(ada, deactivate_member, .member = dan);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"),
	     .fields = VALUES({SLICE("testers"), LABELS(PERSON(DAN), PERSON(BEN))}));
	THEN(EVENT_ISSUE_FIELDS_CHANGED);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-2"),
	     .fields = VALUES({SLICE("testers"), LABELS(PERSON(DAN))}));
	THEN_REFUSED(MEMBER_DEACTIVATED, "/fields/0/values/0");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-2"),
	     .fields = VALUES({SLICE("testers"), LABELS(PERSON(NOBODY))}));
	THEN_REFUSED(NO_SUCH_MEMBER, "/fields/0/values/0");
}

static void a_cascading_select_has_a_parent_and_what_lies_below_it(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("place", CASCADING_SELECT),
	      .options = OPTIONS(OPTION("north"), BELOW("pole", "north"), OPTION("south")));
	GIVEN(cleo, create_issue, ISSUE("bug", "one"), .fields = VALUES(VALUE("place", "north")));
	WHEN(cleo, edit_issue, SET("place", "pole"));
	THEN_REFUSED(BAD_FIELD_VALUE, "/fields/0/values/0");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"),
	     .fields = VALUES({SLICE("place"), LABELS(SLICE("south"), SLICE("pole"))}));
	THEN_REFUSED(BAD_FIELD_VALUE, "/fields/0/values/1");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"),
	     .fields = VALUES({SLICE("place"), LABELS(SLICE("north"), SLICE("south"))}));
	THEN_REFUSED(BAD_FIELD_VALUE, "/fields/0/values/1");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"),
	     .fields = VALUES(
	             {SLICE("place"), LABELS(SLICE("north"), SLICE("pole"), SLICE("pole"))}));
	THEN_REFUSED(TOO_MANY, "/fields/0/values");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"),
	     .fields = VALUES({SLICE("place"), LABELS(SLICE("north"), SLICE("pole"))}));
	THEN(EVENT_ISSUE_FIELDS_CHANGED);
}

static void a_move_takes_along_what_the_other_project_has_a_field_for(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, create_project, .key = SLICE("QUIC"), .name = SLICE("Quic"));
	GIVEN(ben, add_field, FIELD("cost", NUMBER));
	GIVEN(ben, add_field, FIELD("risk", NUMBER));
	GIVEN(ben, add_field, FIELD("level", SELECT), LEVELS);
	GIVEN(ben, add_field, FIELD("gone", NUMBER));
	GIVEN(ben, add_field, .project = SLICE("QUIC"), .field = SLICE("cost"), .name = SLICE("c"),
	      .kind = FIELD_KIND_NUMBER);
	GIVEN(ben, add_field, .project = SLICE("QUIC"), .field = SLICE("risk"), .name = SLICE("r"),
	      .kind = FIELD_KIND_TEXT);
	GIVEN(ben, add_field, .project = SLICE("QUIC"), .field = SLICE("level"), .name = SLICE("l"),
	      .kind = FIELD_KIND_SELECT, .options = OPTIONS(OPTION("low")));
	GIVEN(ben, add_field, .project = SLICE("QUIC"), .field = SLICE("gone"), .name = SLICE("g"),
	      .kind = FIELD_KIND_NUMBER);
	GIVEN(cleo, create_issue, ISSUE("bug", "one"),
	      .fields = VALUES(VALUE("cost", "1"), VALUE("risk", "2"), VALUE("level", "high"),
	                       VALUE("gone", "3")));
	GIVEN(ben, remove_field, EDIT("gone"), .drop_values = true);
	WHEN(ben, move_issue, .issue = SLICE("TLS-1"), .project = SLICE("QUIC"));
	THEN(EVENT_ISSUE_FIELDS_CHANGED, EVENT_ISSUE_MOVED);
	assert_int_equal(EVENT_BODY(0, issue_fields_changed)->changes.n, 3);
	assert_slice(CHANGE(0, 0).field, "gone");
	assert_slice(CHANGE(0, 1).field, "level");
	assert_slice(CHANGE(0, 2).field, "risk");
	assert_slice(CHANGE(0, 2).from.items[0], "2");
	WHEN(ben, remove_field, .project = SLICE("QUIC"), .field = SLICE("cost"));
	THEN_REFUSED(IN_USE, "/field");
	WHEN(ben, remove_field, EDIT("cost"));
	THEN(EVENT_FIELD_REMOVED);
	WHEN(cleo, edit_issue, .issue = SLICE("QUIC-1"), .fields = VALUES(VALUE("cost", "1.0")));
	THEN_UNCHANGED();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        DECIDES(an_edit_of_a_field_tells_before_and_after),
	        DECIDES(what_contradicts_itself_is_refused),
	        DECIDES(a_disabled_field_keeps_its_values_as_they_are),
	        DECIDES(a_narrower_context_hides_values_until_it_is_wide_again),
	        DECIDES(a_field_in_use_is_removed_only_with_its_values),
	        DECIDES(options_are_added_renamed_moved_and_disabled),
	        DECIDES(options_are_checked),
	        DECIDES(a_disabled_option_stays_and_cannot_be_chosen),
	        DECIDES(a_member_who_left_stays_in_a_field_and_cannot_be_chosen),
	        DECIDES(a_cascading_select_has_a_parent_and_what_lies_below_it),
	        DECIDES(a_move_takes_along_what_the_other_project_has_a_field_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
