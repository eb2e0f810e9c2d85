#include "tests/lib/decider.h"

static void settle_issue(struct decider *decider)
{
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
}

static void an_issue_is_created_with_its_first_values(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, create_issue, ISSUE("bug", "Alert is lost"), .description = SLICE("*how*"),
	     .has_assignee = true, .assignee = dan, .has_due_on = true, .due_on = 20000,
	     .labels = LABELS(SLICE("b"), SLICE("a"), SLICE("b")), .has_external_ref = true,
	     .external_ref = SLICE("gh:7"));
	THEN(EVENT_ISSUE_CREATED);
	const struct issue_created *event = EVENT_BODY(0, issue_created);
	struct uuid reporter = cleo, assignee = dan;
	assert_int_equal(event->number, 1);
	assert_slice(event->type, "bug");
	assert_slice(event->status, "todo");
	assert_slice(event->rank, "i");
	assert_true(uuid_equal(&event->reporter, &reporter));
	assert_true(uuid_equal(&event->assignee, &assignee));
	assert_int_equal(event->labels.n, 2);
	assert_slice(event->labels.items[0], "a");
	assert_slice(event->labels.items[1], "b");
	assert_slice(event->external_ref, "gh:7");
	assert_int_equal(decider->decision.version, 1);
}

static void an_issue_is_refused_for_each_wrong_value(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, create_issue, .project = SLICE("QUIC"), .type = SLICE("task"),
	     .summary = SLICE("x"), .priority = SLICE("low"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(cleo, create_issue, ISSUE("wish", "x"));
	THEN_REFUSED(UNKNOWN_TYPE, "/type");
	WHEN(cleo, create_issue, ISSUE("task", ""));
	THEN_REFUSED(BAD_TEXT, "/summary");
	WHEN(cleo, create_issue, ISSUE("task", "x"), .description = SLICE("\x07"));
	THEN_REFUSED(BAD_TEXT, "/description");
	WHEN(cleo, create_issue, ISSUE("task", "x"), .has_external_ref = true);
	THEN_REFUSED(BAD_TEXT, "/external_ref");
	WHEN(cleo, create_issue, .project = SLICE("TLS"), .type = SLICE("task"),
	     .summary = SLICE("x"), .priority = SLICE("now"));
	THEN_REFUSED(UNKNOWN_PRIORITY, "/priority");
	WHEN(cleo, create_issue, ISSUE("task", "x"), .has_due_on = true, .due_on = 2932897);
	THEN_REFUSED(BAD_DATE, "/due_on");
	WHEN(cleo, create_issue, ISSUE("task", "x"), .has_assignee = true, .assignee = nobody);
	THEN_REFUSED(NO_SUCH_MEMBER, "/assignee");
	WHEN(cleo, create_issue, ISSUE("task", "x"), .labels = LABELS(SLICE("a,b")));
	THEN_REFUSED(BAD_LABEL, "/labels");
	WHEN(cleo, create_issue, ISSUE("task", "x"), .has_parent = true, .parent = SLICE("TLS-9"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/parent");
}

static void an_issue_id_is_taken_once(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "x"), .has_issue_id = true, .issue_id = id_of(9));
	WHEN(cleo, create_issue, ISSUE("task", "x"), .has_issue_id = true, .issue_id = id_of(9));
	THEN_REFUSED(ID_TAKEN, "/issue_id");
	WHEN(cleo, create_issue, ISSUE("task", "x"), .has_issue_id = true, .issue_id = dan);
	THEN_REFUSED(ID_TAKEN, "/issue_id");
}

static void an_issue_is_found_by_key_or_id(void **state)
{
	static const char *const bad[] = {"TLS-0",
	                                  "TLS-01",
	                                  "TLS-2",
	                                  "TLS",
	                                  "TLS-",
	                                  "-1",
	                                  "QUIC-1",
	                                  "TLS-99999999999999999999",
	                                  "00000000-0000-0000-0000-000000000009"};
	struct decider *decider = *state;
	char text[UUID_TEXT];
	settle_issue(decider);
	uuid_format(&decider->decision.created, text);
	WHEN(cleo, assign_issue, .issue = slice_of(text, UUID_TEXT), .has_assignee = true,
	     .assignee = dan);
	THEN(EVENT_ISSUE_ASSIGNED);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		WHEN(cleo, assign_issue, .issue = slice_str(bad[i]));
		THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	}
}

/* Every pair of types against the rule that domain.md states. */
static void parents_are_one_level_above(void **state)
{
	static const char *const types[] = {"epic", "story", "task", "bug", "subtask"};
	struct decider *decider = *state;
	for (int i = 0; i < 5; i++)
		for (int j = 0; j < 5; j++) {
			const char *parent = types[i], *child = types[j];
			char key[UUID_TEXT];
			bool is_epic = strcmp(parent, "epic") == 0;
			bool is_subtask = strcmp(child, "subtask") == 0;
			if (strcmp(parent, "subtask") == 0)
				continue;
			GIVEN(cleo, create_issue, .project = SLICE("TLS"), .summary = SLICE("p"),
			      .type = slice_str(parent), .priority = SLICE("low"));
			uuid_format(&decider->decision.created, key);
			WHEN(cleo, create_issue, .project = SLICE("TLS"), .summary = SLICE("c"),
			     .type = slice_str(child), .priority = SLICE("low"), .has_parent = true,
			     .parent = slice_of(key, UUID_TEXT));
			if (is_epic ? !is_subtask && strcmp(child, "epic") != 0 : is_subtask)
				THEN(EVENT_ISSUE_CREATED);
			else
				THEN_REFUSED(PARENT_TYPE, "/parent");
		}
}

static void a_subtask_has_a_parent(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	WHEN(cleo, create_issue, ISSUE("subtask", "part"));
	THEN_REFUSED(PARENT_NEEDED, "/parent");
	GIVEN(cleo, create_issue, ISSUE("subtask", "part"), .has_parent = true,
	      .parent = SLICE("TLS-1"));
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-2"), .clear = FIELDS(ISSUE_FIELD_PARENT));
	THEN_REFUSED(PARENT_NEEDED, "/clear");
}

static void an_issue_is_not_its_own_ancestor(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	GIVEN(cleo, create_issue, ISSUE("subtask", "part"), .has_parent = true,
	      .parent = SLICE("TLS-1"));
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_parent = true,
	     .parent = SLICE("TLS-1"));
	THEN_REFUSED(PARENT_CYCLE, "/parent");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_parent = true,
	     .parent = SLICE("TLS-2"));
	THEN_REFUSED(PARENT_CYCLE, "/parent");
	GIVEN(cleo, create_issue, ISSUE("story", "other"));
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_parent = true,
	     .parent = SLICE("TLS-3"));
	THEN_REFUSED(PARENT_TYPE, "/parent");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_parent = true,
	     .parent = SLICE("TLS-4"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/parent");
}

static void an_edit_tells_each_field_that_changes(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	int64_t created_seq = decider->seq;
	GIVEN(cleo, create_issue, ISSUE("epic", "all"));
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true,
	     .summary = SLICE("second"), .has_description = true, .description = SLICE("why"),
	     .has_priority = true, .priority = SLICE("high"), .has_due_on = true, .due_on = 5,
	     .has_parent = true, .parent = SLICE("TLS-2"));
	THEN(EVENT_ISSUE_SUMMARY_CHANGED, EVENT_ISSUE_DESCRIPTION_CHANGED,
	     EVENT_ISSUE_PRIORITY_CHANGED, EVENT_ISSUE_DUE_DATE_CHANGED,
	     EVENT_ISSUE_PARENT_CHANGED);
	assert_slice(EVENT_BODY(0, issue_summary_changed)->from, "first");
	assert_slice(EVENT_BODY(0, issue_summary_changed)->to, "second");
	assert_int_equal(EVENT_BODY(1, issue_description_changed)->previous_seq, created_seq);
	assert_slice(EVENT_BODY(2, issue_priority_changed)->from, "medium");
	assert_false(EVENT_BODY(3, issue_due_date_changed)->has_from);
	assert_int_equal(EVENT_BODY(3, issue_due_date_changed)->to, 5);
	assert_true(EVENT_BODY(4, issue_parent_changed)->has_to);
	assert_int_equal(decider->decision.version, 6);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true,
	     .summary = SLICE("second"), .has_description = true, .description = SLICE("why"),
	     .has_priority = true, .priority = SLICE("high"), .has_due_on = true, .due_on = 5,
	     .has_parent = true, .parent = SLICE("TLS-2"));
	THEN_UNCHANGED();
	assert_int_equal(decider->decision.version, 6);
}

static void an_edit_empties_fields(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("epic", "all"));
	GIVEN(cleo, create_issue, ISSUE("task", "first"), .description = SLICE("why"),
	      .has_due_on = true, .due_on = 5, .has_parent = true, .parent = SLICE("TLS-1"));
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-2"),
	     .clear = FIELDS(ISSUE_FIELD_DUE_ON, ISSUE_FIELD_PARENT, ISSUE_FIELD_DESCRIPTION));
	THEN(EVENT_ISSUE_DESCRIPTION_CHANGED, EVENT_ISSUE_DUE_DATE_CHANGED,
	     EVENT_ISSUE_PARENT_CHANGED);
	assert_slice(EVENT_BODY(0, issue_description_changed)->to, "");
	assert_false(EVENT_BODY(1, issue_due_date_changed)->has_to);
	assert_false(EVENT_BODY(2, issue_parent_changed)->has_to);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-2"),
	     .clear = FIELDS(ISSUE_FIELD_DUE_ON, ISSUE_FIELD_PARENT, ISSUE_FIELD_DESCRIPTION));
	THEN_UNCHANGED();
}

static void an_edit_is_refused_for_each_wrong_value(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-7"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true);
	THEN_REFUSED(BAD_TEXT, "/summary");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_description = true,
	     .description = SLICE("\xc2\x85"));
	THEN_REFUSED(BAD_TEXT, "/description");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_priority = true,
	     .priority = SLICE("now"));
	THEN_REFUSED(UNKNOWN_PRIORITY, "/priority");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_due_on = true, .due_on = -25568);
	THEN_REFUSED(BAD_DATE, "/due_on");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .clear = FIELDS(ISSUE_FIELD_SUMMARY));
	THEN_REFUSED(BAD_CLEAR, "/clear");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .clear = FIELDS(ISSUE_FIELD_DUE_ON),
	     .has_due_on = true, .due_on = 1);
	THEN_REFUSED(BAD_CLEAR, "/clear");
}

static void a_vote_of_others_does_not_spoil_an_edit(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	GIVEN(dan, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("me too"));
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true,
	     .summary = SLICE("second"), .has_expected_version = true, .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	assert_int_equal(decider->decision.version, 2);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true,
	     .summary = SLICE("second"), .has_expected_version = true, .expected_version = 1,
	     .if_unchanged = FIELDS(ISSUE_FIELD_SUMMARY));
	THEN(EVENT_ISSUE_SUMMARY_CHANGED);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true,
	     .summary = SLICE("third"), .has_expected_version = true, .expected_version = 2,
	     .if_unchanged = FIELDS(ISSUE_FIELD_PRIORITY, ISSUE_FIELD_SUMMARY));
	THEN_REFUSED(VERSION_MISMATCH, "/if_unchanged");
	assert_string_equal(decider->decision.detail, "summary has changed");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true,
	     .summary = SLICE("third"), .if_unchanged = FIELDS(ISSUE_FIELD_SUMMARY));
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void an_issue_is_assigned_to_members(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	WHEN(cleo, assign_issue, .issue = SLICE("TLS-1"));
	THEN_UNCHANGED();
	WHEN(cleo, assign_issue, .issue = SLICE("TLS-1"), .has_assignee = true, .assignee = ben);
	THEN(EVENT_ISSUE_ASSIGNED);
	assert_false(EVENT_BODY(0, issue_assigned)->has_from);
	WHEN(cleo, assign_issue, .issue = SLICE("TLS-1"), .has_assignee = true, .assignee = ben);
	THEN_UNCHANGED();
	WHEN(cleo, assign_issue, .issue = SLICE("TLS-1"), .has_assignee = true, .assignee = nobody);
	THEN_REFUSED(NO_SUCH_MEMBER, "/assignee");
	WHEN(cleo, assign_issue, .issue = SLICE("TLS-1"), .has_expected_version = true,
	     .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(cleo, assign_issue, .issue = SLICE("TLS-1"));
	THEN(EVENT_ISSUE_ASSIGNED);
	assert_true(EVENT_BODY(0, issue_assigned)->has_from);
	assert_false(EVENT_BODY(0, issue_assigned)->has_to);
}

static void labels_are_told_as_they_change(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	WHEN(cleo, label_issue, .issue = SLICE("TLS-1"),
	     .add = LABELS(SLICE("z"), SLICE("a"), SLICE("z")), .remove = LABELS(SLICE("q")));
	THEN(EVENT_ISSUE_LABELS_CHANGED);
	assert_int_equal(EVENT_BODY(0, issue_labels_changed)->added.n, 2);
	assert_slice(EVENT_BODY(0, issue_labels_changed)->added.items[0], "a");
	assert_int_equal(EVENT_BODY(0, issue_labels_changed)->removed.n, 0);
	WHEN(cleo, label_issue, .issue = SLICE("TLS-1"), .add = LABELS(SLICE("a"), SLICE("m")),
	     .remove = LABELS(SLICE("z")));
	assert_int_equal(EVENT_BODY(0, issue_labels_changed)->added.n, 1);
	assert_slice(EVENT_BODY(0, issue_labels_changed)->added.items[0], "m");
	assert_slice(EVENT_BODY(0, issue_labels_changed)->removed.items[0], "z");
	WHEN(cleo, label_issue, .issue = SLICE("TLS-1"), .add = LABELS(SLICE("a")),
	     .remove = LABELS(SLICE("z")));
	THEN_UNCHANGED();
}

static void a_label_is_a_short_word_or_some(void **state)
{
	static const char long_label[] = "12345678901234567890123456789012345678901234567890"
	                                 "123456789012345";
	static const char *const bad[] = {"", " a", "a ", "a,b", "a\tb", long_label};
	struct decider *decider = *state;
	settle_issue(decider);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		WHEN(cleo, label_issue, .issue = SLICE("TLS-1"), .add = LABELS(slice_str(bad[i])));
		THEN_REFUSED(BAD_LABEL, "/add");
		WHEN(cleo, label_issue, .issue = SLICE("TLS-1"),
		     .remove = LABELS(slice_str(bad[i])));
		THEN_REFUSED(BAD_LABEL, "/remove");
	}
	WHEN(cleo, label_issue, .issue = SLICE("TLS-1"), .add = LABELS(SLICE("a")),
	     .remove = LABELS(SLICE("a")));
	THEN_REFUSED(BAD_LABEL, "/remove");
	WHEN(cleo, label_issue, .issue = SLICE("TLS-2"), .add = LABELS(SLICE("a")));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(cleo, label_issue, .issue = SLICE("TLS-1"), .add = LABELS(SLICE("a b")),
	     .has_expected_version = true, .expected_version = 4);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void an_issue_has_at_most_100_labels(void **state)
{
	struct decider *decider = *state;
	char texts[101][4];
	struct slice labels[101];
	for (int i = 0; i < 101; i++) {
		texts[i][0] = 'l';
		texts[i][1] = (char)('a' + i / 26);
		texts[i][2] = (char)('a' + i % 26);
		labels[i] = slice_of(texts[i], 3);
	}
	WHEN(cleo, create_issue, ISSUE("task", "x"), .labels = {labels, 101});
	THEN_REFUSED(TOO_MANY_LABELS, "/labels");
	GIVEN(cleo, create_issue, ISSUE("task", "x"), .labels = {labels, 100});
	WHEN(cleo, label_issue, .issue = SLICE("TLS-1"), .add = {labels + 100, 1});
	THEN_REFUSED(TOO_MANY_LABELS, "/add");
	WHEN(cleo, label_issue, .issue = SLICE("TLS-1"), .add = {labels + 100, 1},
	     .remove = {labels, 1});
	THEN(EVENT_ISSUE_LABELS_CHANGED);
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(an_issue_is_created_with_its_first_values),
	        ON_SETTLED(an_issue_is_refused_for_each_wrong_value),
	        ON_SETTLED(an_issue_id_is_taken_once),
	        ON_SETTLED(an_issue_is_found_by_key_or_id),
	        ON_SETTLED(parents_are_one_level_above),
	        ON_SETTLED(a_subtask_has_a_parent),
	        ON_SETTLED(an_issue_is_not_its_own_ancestor),
	        ON_SETTLED(an_edit_tells_each_field_that_changes),
	        ON_SETTLED(an_edit_empties_fields),
	        ON_SETTLED(an_edit_is_refused_for_each_wrong_value),
	        ON_SETTLED(a_vote_of_others_does_not_spoil_an_edit),
	        ON_SETTLED(an_issue_is_assigned_to_members),
	        ON_SETTLED(labels_are_told_as_they_change),
	        ON_SETTLED(a_label_is_a_short_word_or_some),
	        ON_SETTLED(an_issue_has_at_most_100_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
