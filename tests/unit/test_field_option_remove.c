/* Options that go, and what comes to have their replacement. */
#include "tests/unit/fields.h"
#include "tests/unit/workflows.h"

#define REMOVE(field_, option_)                                                                    \
	.project = SLICE("TLS"), .field = SLICE(field_), .option = SLICE(option_)
#define REPLACE(id)        .has_replace_with = true, .replace_with = SLICE(id)
#define DROP               .drop_values = true
#define LEVELS             .options = OPTIONS(OPTION("low"), OPTION("mid"), OPTION("top"))
#define HAS(id, ...)       .fields = VALUES({SLICE(id), LABELS(__VA_ARGS__)})
#define SAYS(text)         assert_string_equal(decider->decision.detail, text)
#define DEFAULT_AFTER(at)  EVENT_BODY(at, field_edited)->after.default_values
#define DEFAULT_BEFORE(at) EVENT_BODY(at, field_edited)->before.default_values

static void add_levels(struct decider *decider)
{
	GIVEN(ben, add_field, FIELD("level", SELECT), LEVELS);
}

static void an_option_that_nothing_names_is_removed(void **state)
{
	struct decider *decider = *state;
	add_levels(decider);
	WHEN(ben, remove_field_option, REMOVE("level", "mid"));
	THEN(EVENT_FIELD_OPTION_REMOVED);
	const struct field_option_removed *removed = EVENT_BODY(0, field_option_removed);
	assert_slice(removed->option, "mid");
	assert_slice(removed->name, "mid");
	assert_int_equal(removed->position, 1);
	assert_int_equal(removed->issues, 0);
	assert_false(removed->has_parent || removed->has_replaced_by);
	WHEN(cleo, create_issue, ISSUE("bug", "one"), HAS("level", SLICE("mid")));
	THEN_REFUSED(UNKNOWN_OPTION, "/fields/0/values/0");
	WHEN(ben, edit_field_option, REMOVE("level", "mid"), .has_disabled = true,
	     .disabled = true);
	THEN_REFUSED(UNKNOWN_OPTION, "/option");
	WHEN(ben, remove_field_option, REMOVE("level", "mid"));
	THEN_REFUSED(UNKNOWN_OPTION, "/option");
	WHEN(ben, edit_field_option, REMOVE("level", "top"), .has_position = true, .position = 1);
	THEN_UNCHANGED();
	WHEN(ben, edit_field_option, REMOVE("level", "top"), .has_position = true, .position = 2);
	THEN_REFUSED(BAD_POSITION, "/position");
}

static void the_id_of_a_removed_option_is_not_used_again(void **state)
{
	struct decider *decider = *state;
	add_levels(decider);
	GIVEN(ben, remove_field_option, REMOVE("level", "top"));
	WHEN(ben, add_field_option, REMOVE("level", "top"), .name = SLICE("x"));
	THEN_REFUSED(ITEM_EXISTS, "/option");
	SAYS("option top was removed; its id is not used again");
	WHEN(ben, add_field_option, REMOVE("level", "peak"), .name = SLICE("x"));
	THEN(EVENT_FIELD_OPTION_ADDED);
	assert_int_equal(EVENT_BODY(0, field_option_added)->position, 2);
}

static void what_cannot_be_removed_is_refused(void **state)
{
	struct decider *decider = *state;
	add_levels(decider);
	GIVEN(ben, add_field, FIELD("place", CASCADING_SELECT),
	      .options = OPTIONS(OPTION("north"), BELOW("pole", "north"), OPTION("south")));
	GIVEN(ben, edit_field_option, REMOVE("level", "low"), .has_disabled = true,
	      .disabled = true);
	WHEN(cleo, remove_field_option, REMOVE("level", "mid"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(ben, remove_field_option, REMOVE("levels", "mid"));
	THEN_REFUSED(UNKNOWN_FIELD, "/field");
	WHEN(ben, remove_field_option, REMOVE("level", "none"));
	THEN_REFUSED(UNKNOWN_OPTION, "/option");
	WHEN(ben, remove_field_option, REMOVE("level", "mid"), REPLACE("mid"));
	THEN_REFUSED(BAD_CHANGE, "/replace_with");
	WHEN(ben, remove_field_option, REMOVE("level", "mid"), REPLACE("none"));
	THEN_REFUSED(UNKNOWN_OPTION, "/replace_with");
	WHEN(ben, remove_field_option, REMOVE("level", "mid"), REPLACE("top"), DROP);
	THEN_REFUSED(BAD_CHANGE, "/drop_values");
	WHEN(ben, remove_field_option, REMOVE("level", "mid"), REPLACE("low"));
	THEN_REFUSED(DISABLED, "/replace_with");
	WHEN(ben, remove_field_option, REMOVE("place", "pole"), REPLACE("south"));
	THEN_REFUSED(BAD_CHANGE, "/replace_with");
	SAYS("south does not lie below the same option as pole");
	WHEN(ben, remove_field_option, REMOVE("level", "mid"), .has_expected_version = true,
	     .expected_version = 99);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	GIVEN(ben, archive_project, .project = SLICE("TLS"));
	WHEN(ben, remove_field_option, REMOVE("level", "mid"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/project");
}

static void what_is_in_use_says_where(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("level", SELECT), LEVELS,
	      .default_values = LABELS(SLICE("low")));
	GIVEN(cleo, create_issue, ISSUE("bug", "one"));
	GIVEN(cleo, create_issue, ISSUE("bug", "two"));
	GIVEN(cleo, delete_issue, .issue = SLICE("TLS-2"));
	WHEN(ben, remove_field_option, REMOVE("level", "low"));
	THEN_REFUSED(IN_USE, "/option");
	SAYS("low: 2 issues, 0 options below it, the default, 0 workflows, 0 drafts: name "
	     "replace_with, or say drop_values");
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), HAS("level", SLICE("top")));
	GIVEN(ben, edit_field, .project = SLICE("TLS"), .field = SLICE("level"),
	      .no_default = true);
	WHEN(ben, remove_field_option, REMOVE("level", "low"));
	THEN_REFUSED(IN_USE, "/option");
	SAYS("low: 1 issues, 0 options below it, 0 workflows, 0 drafts: name replace_with, or say "
	     "drop_values");
}

static void issues_and_the_default_get_the_replacement(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("level", SELECT), LEVELS,
	      .default_values = LABELS(SLICE("low")));
	GIVEN(cleo, create_issue, ISSUE("bug", "one"));
	GIVEN(cleo, create_issue, ISSUE("task", "two"), HAS("level", SLICE("top")));
	GIVEN(cleo, create_issue, ISSUE("story", "three"));
	GIVEN(ben, archive_issue, .issue = SLICE("TLS-1"));
	GIVEN(ben, delete_issue, .issue = SLICE("TLS-3"));
	WHEN(ben, remove_field_option, REMOVE("level", "low"), REPLACE("mid"));
	THEN(EVENT_FIELD_EDITED, EVENT_ISSUE_FIELDS_CHANGED, EVENT_ISSUE_FIELDS_CHANGED,
	     EVENT_FIELD_OPTION_REMOVED);
	assert_slice(DEFAULT_BEFORE(0).items[0], "low");
	assert_slice(DEFAULT_AFTER(0).items[0], "mid");
	assert_slice(CHANGE(1, 0).field, "level");
	assert_slice(CHANGE(1, 0).from.items[0], "low");
	assert_slice(CHANGE(1, 0).to.items[0], "mid");
	assert_int_equal(EVENT_BODY(3, field_option_removed)->issues, 2);
	assert_slice(EVENT_BODY(3, field_option_removed)->replaced_by, "mid");
	assert_int_equal(decider->decision.version,
	                 decider_event(decider, 3)->meta.aggregate.version);
	GIVEN(ben, restore_issue, .issue = SLICE("TLS-3"));
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-3"), HAS("level", SLICE("mid")));
	THEN_UNCHANGED();
}

static void several_values_are_each_there_once_and_in_order(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("levels", MULTI_SELECT), LEVELS,
	      .default_values = LABELS(SLICE("low"), SLICE("mid")));
	GIVEN(cleo, create_issue, ISSUE("bug", "one"), HAS("levels", SLICE("low"), SLICE("top")));
	GIVEN(cleo, create_issue, ISSUE("bug", "two"), HAS("levels", SLICE("low"), SLICE("mid")));
	WHEN(ben, remove_field_option, REMOVE("levels", "low"), REPLACE("top"));
	THEN(EVENT_FIELD_EDITED, EVENT_ISSUE_FIELDS_CHANGED, EVENT_ISSUE_FIELDS_CHANGED,
	     EVENT_FIELD_OPTION_REMOVED);
	assert_int_equal(DEFAULT_AFTER(0).n, 2);
	assert_slice(DEFAULT_AFTER(0).items[1], "top");
	assert_int_equal(CHANGE(1, 0).to.n, 1);
	assert_slice(CHANGE(1, 0).to.items[0], "top");
	assert_int_equal(CHANGE(2, 0).to.n, 2);
	assert_slice(CHANGE(2, 0).to.items[0], "mid");
	assert_slice(CHANGE(2, 0).to.items[1], "top");
	WHEN(ben, remove_field_option, REMOVE("levels", "top"), DROP);
	THEN(EVENT_FIELD_EDITED, EVENT_ISSUE_FIELDS_CHANGED, EVENT_ISSUE_FIELDS_CHANGED,
	     EVENT_FIELD_OPTION_REMOVED);
	assert_int_equal(DEFAULT_AFTER(0).n, 1);
	assert_int_equal(CHANGE(1, 0).to.n, 0);
	assert_int_equal(CHANGE(2, 0).to.n, 1);
	assert_false(EVENT_BODY(3, field_option_removed)->has_replaced_by);
}

static void what_lies_below_an_option_lies_below_its_replacement(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("place", CASCADING_SELECT),
	      .options = OPTIONS(OPTION("north"), BELOW("pole", "north"), BELOW("cape", "north"),
	                         OPTION("south"), BELOW("bay", "south")));
	GIVEN(cleo, create_issue, ISSUE("bug", "one"), HAS("place", SLICE("north"), SLICE("cape")));
	WHEN(ben, remove_field_option, REMOVE("place", "north"), DROP);
	THEN_REFUSED(IN_USE, "/option");
	SAYS("north: 1 issues, 2 options below it, 0 workflows, 0 drafts: name replace_with");
	WHEN(ben, remove_field_option, REMOVE("place", "north"), REPLACE("south"));
	THEN(EVENT_ISSUE_FIELDS_CHANGED, EVENT_FIELD_OPTION_REMOVED);
	assert_slice(CHANGE(0, 0).to.items[0], "south");
	assert_slice(CHANGE(0, 0).to.items[1], "cape");
	WHEN(ben, edit_field_option, REMOVE("place", "cape"), .has_position = true, .position = 2);
	THEN_UNCHANGED();
	WHEN(ben, remove_field_option, REMOVE("place", "cape"), REPLACE("bay"));
	THEN(EVENT_ISSUE_FIELDS_CHANGED, EVENT_FIELD_OPTION_REMOVED);
	assert_slice(EVENT_BODY(1, field_option_removed)->parent, "south");
	assert_int_equal(EVENT_BODY(1, field_option_removed)->position, 2);
	WHEN(ben, remove_field_option, REMOVE("place", "bay"), DROP);
	THEN(EVENT_ISSUE_FIELDS_CHANGED, EVENT_FIELD_OPTION_REMOVED);
	assert_int_equal(CHANGE(0, 0).to.n, 1);
	assert_slice(CHANGE(0, 0).to.items[0], "south");
	GIVEN(ben, remove_field_option, REMOVE("place", "pole"));
	WHEN(ben, remove_field_option, REMOVE("place", "south"), DROP);
	THEN(EVENT_ISSUE_FIELDS_CHANGED, EVENT_FIELD_OPTION_REMOVED);
	assert_int_equal(CHANGE(0, 0).to.n, 0);
}

#define RULE                                                                                       \
	{                                                                                          \
		.kind = WORKFLOW_RULE_KIND_FIELD_IS, .has_custom_field = true,                     \
		.custom_field = SLICE("level"), .values = LABELS(SLICE("low"), SLICE("mid"))       \
	}
#define FUNCTION                                                                                   \
	{                                                                                          \
		.kind = POST_FUNCTION_KIND_SET, .has_field = true, .field = SLICE("level"),        \
		.values = LABELS(SLICE("low"))                                                     \
	}

static void save_draft(struct decider *decider)
{
	struct workflow_transition ways[] = {BEGIN("todo"), WAY("start", "todo", "in_progress"),
	                                     FROM_ANY("close", "done")};
	ways[1].conditions = (struct workflow_rule_array){(const struct workflow_rule[]){RULE}, 1};
	ways[1].validators = ways[1].conditions;
	ways[1].functions =
	        (struct post_function_array){(const struct post_function[]){FUNCTION}, 1};
	GIVEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("classic"),
	      .name = SLICE("x"), .transitions = {ways, 3});
}

static void workflows_and_drafts_come_to_name_the_replacement(void **state)
{
	struct decider *decider = *state;
	add_levels(decider);
	save_draft(decider);
	WHEN(ben, remove_field_option, REMOVE("level", "low"), DROP);
	THEN_REFUSED(IN_USE, "/option");
	SAYS("low: 0 issues, 0 options below it, 0 workflows, 1 drafts, the first is classic: "
	     "name replace_with");
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	save_draft(decider);
	WHEN(ben, remove_field_option, REMOVE("level", "low"), REPLACE("mid"));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_WORKFLOW_DRAFT_SAVED,
	     EVENT_FIELD_OPTION_REMOVED);
	const struct workflow_transition *way =
	        &EVENT_BODY(1, workflow_published)->transitions.items[1];
	assert_int_equal(way->conditions.items[0].values.n, 1);
	assert_slice(way->conditions.items[0].values.items[0], "mid");
	assert_slice(way->validators.items[0].values.items[0], "mid");
	assert_slice(way->functions.items[0].values.items[0], "mid");
	WHEN(ben, remove_field_option, REMOVE("level", "top"));
	THEN(EVENT_FIELD_OPTION_REMOVED);
}

static void hidden_values_and_those_of_a_disabled_field_change_too(void **state)
{
	struct decider *decider = *state;
	add_levels(decider);
	GIVEN(cleo, create_issue, ISSUE("bug", "one"), HAS("level", SLICE("low")));
	GIVEN(ben, edit_field, .project = SLICE("TLS"), .field = SLICE("level"),
	      .issue_types = LABELS(SLICE("task")), .has_disabled = true, .disabled = true);
	WHEN(ben, remove_field_option, REMOVE("level", "low"), REPLACE("top"));
	THEN(EVENT_ISSUE_FIELDS_CHANGED, EVENT_FIELD_OPTION_REMOVED);
}

static void an_issue_that_moves_takes_its_options_along(void **state)
{
	struct decider *decider = *state;
	add_levels(decider);
	GIVEN(ben, create_project, .key = SLICE("QUIC"), .name = SLICE("Quic"));
	GIVEN(ben, add_field, .project = SLICE("QUIC"), .field = SLICE("level"),
	      .name = SLICE("Level"), .kind = FIELD_KIND_SELECT, LEVELS);
	GIVEN(cleo, create_issue, ISSUE("bug", "one"), HAS("level", SLICE("low")));
	GIVEN(cleo, create_issue, ISSUE("bug", "two"), HAS("level", SLICE("top")));
	GIVEN(ben, remove_field_option, .project = SLICE("QUIC"), .field = SLICE("level"),
	      .option = SLICE("top"));
	GIVEN(ben, move_issue, .issue = SLICE("TLS-1"), .project = SLICE("QUIC"));
	WHEN(ben, remove_field_option, REMOVE("level", "low"));
	THEN(EVENT_FIELD_OPTION_REMOVED);
	WHEN(ben, remove_field_option, .project = SLICE("QUIC"), .field = SLICE("level"),
	     .option = SLICE("low"));
	THEN_REFUSED(IN_USE, "/option");
	WHEN(ben, move_issue, .issue = SLICE("TLS-2"), .project = SLICE("QUIC"));
	THEN(EVENT_ISSUE_FIELDS_CHANGED, EVENT_ISSUE_MOVED);
	assert_int_equal(CHANGE(0, 0).to.n, 0);
}

static void more_issues_than_a_decision_has_room_for_are_refused(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("level", SELECT), LEVELS,
	      .default_values = LABELS(SLICE("top")));
	for (int i = 1; i < DECISION_EVENTS_MAX; i++)
		GIVEN(cleo, create_issue, ISSUE("bug", "one"));
	WHEN(ben, remove_field_option, REMOVE("level", "top"), DROP);
	THEN_REFUSED(TOO_LARGE, "");
	GIVEN(ben, edit_field, .project = SLICE("TLS"), .field = SLICE("level"),
	      .no_default = true);
	WHEN(ben, remove_field_option, REMOVE("level", "top"), DROP);
	decider_expect_accepted(decider, __FILE__, __LINE__);
	assert_int_equal(decider->decision.events_n, DECISION_EVENTS_MAX);
}

static void an_option_of_too_many_issues_is_refused(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("level", SELECT), LEVELS,
	      .default_values = LABELS(SLICE("low")));
	for (int i = 0; i < DECISION_EVENTS_MAX; i++)
		GIVEN(cleo, create_issue, ISSUE("bug", "one"));
	WHEN(ben, remove_field_option, REMOVE("level", "low"), REPLACE("top"));
	THEN_REFUSED(TOO_LARGE, "/option");
	SAYS("20000 issues have it: give some another first");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        DECIDES(an_option_that_nothing_names_is_removed),
	        DECIDES(the_id_of_a_removed_option_is_not_used_again),
	        DECIDES(what_cannot_be_removed_is_refused),
	        DECIDES(what_is_in_use_says_where),
	        DECIDES(issues_and_the_default_get_the_replacement),
	        DECIDES(several_values_are_each_there_once_and_in_order),
	        DECIDES(what_lies_below_an_option_lies_below_its_replacement),
	        DECIDES(workflows_and_drafts_come_to_name_the_replacement),
	        DECIDES(hidden_values_and_those_of_a_disabled_field_change_too),
	        DECIDES(an_issue_that_moves_takes_its_options_along),
	        DECIDES(more_issues_than_a_decision_has_room_for_are_refused),
	        DECIDES(an_option_of_too_many_issues_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
