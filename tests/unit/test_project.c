#include "tests/lib/decider.h"

static void an_admin_creates_a_project(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, create_project, .key = SLICE("QUIC2"), .name = SLICE("QUIC"), .has_lead = true,
	     .lead = cleo);
	THEN(EVENT_PROJECT_CREATED);
	assert_slice(EVENT_BODY(0, project_created)->key, "QUIC2");
	assert_int_equal(decider->decision.version, 1);
	assert_int_equal(decider_event(decider, 0)->meta.aggregate.kind, AGGREGATE_KIND_PROJECT);
}

static void a_project_key_belongs_to_one_project(void **state)
{
	struct decider *decider = *state;
	WHEN(ada, create_project, .key = SLICE("TLS"), .name = SLICE("again"));
	THEN_REFUSED(KEY_TAKEN, "/key");
}

static void a_project_key_has_capitals_and_digits(void **state)
{
	static const char *const bad[] = {"", "T", "tls", "1TLS", "T-LS", "ABCDEFGHIJK"};
	struct decider *decider = *state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		WHEN(ada, create_project, .key = slice_str(bad[i]), .name = SLICE("bad"));
		THEN_REFUSED(BAD_KEY, "/key");
	}
}

static void a_project_has_a_name_in_one_line(void **state)
{
	struct decider *decider = *state;
	WHEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE(" "));
	THEN_REFUSED(BAD_TEXT, "/name");
}

static void a_project_id_is_taken_once(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"),
	      .has_project_id = true, .project_id = id_of(77));
	WHEN(ada, create_project, .key = SLICE("HTTP"), .name = SLICE("HTTP"),
	     .has_project_id = true, .project_id = id_of(77));
	THEN_REFUSED(ID_TAKEN, "/project_id");
}

static void a_lead_is_a_member(void **state)
{
	struct decider *decider = *state;
	WHEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"), .has_lead = true,
	     .lead = nobody);
	THEN_REFUSED(NO_SUCH_MEMBER, "/lead");
}

static void numbers_are_gapless_within_a_project(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"));
	for (int64_t number = 1; number <= 3; number++) {
		WHEN(cleo, create_issue, ISSUE("task", "one"));
		assert_int_equal(EVENT_BODY(0, issue_created)->number, number);
		WHEN(cleo, create_issue, ISSUE("nonsense", "not one"));
		THEN_REFUSED(UNKNOWN_TYPE, "/type");
		WHEN(cleo, create_issue, .project = SLICE("QUIC"), .type = SLICE("bug"),
		     .summary = SLICE("one"), .priority = SLICE("low"));
		assert_int_equal(EVENT_BODY(0, issue_created)->number, number);
	}
}

#define CLEARED(...)                                                                               \
	(struct project_field_array)                                                               \
	{                                                                                          \
		.items = (const enum project_field[]){__VA_ARGS__},                                \
		.n = sizeof((const enum project_field[]){__VA_ARGS__}) /                           \
		     sizeof(enum project_field)                                                    \
	}

static void a_project_is_edited_one_event_for_each_attribute(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, edit_project, .project = SLICE("TLS"), .has_name = true,
	     .name = SLICE("Transport"), .has_lead = true, .lead = cleo, .has_category = true,
	     .category = SLICE("Platform"));
	THEN(EVENT_PROJECT_RENAMED, EVENT_PROJECT_LEAD_CHANGED, EVENT_PROJECT_CATEGORY_CHANGED);
	assert_slice(EVENT_BODY(0, project_renamed)->to, "Transport");
	assert_false(EVENT_BODY(1, project_lead_changed)->has_from);
	assert_false(EVENT_BODY(2, project_category_changed)->has_from);
	assert_int_equal(decider->decision.version, 4);
	WHEN(ben, edit_project, .project = SLICE("TLS"), .has_name = true,
	     .name = SLICE("Transport"), .has_lead = true, .lead = cleo, .has_category = true,
	     .category = SLICE("Platform"));
	THEN_UNCHANGED();
	WHEN(ben, edit_project, .project = SLICE("TLS"),
	     .clear = CLEARED(PROJECT_FIELD_LEAD, PROJECT_FIELD_CATEGORY));
	THEN(EVENT_PROJECT_LEAD_CHANGED, EVENT_PROJECT_CATEGORY_CHANGED);
	assert_false(EVENT_BODY(0, project_lead_changed)->has_to);
	assert_slice(EVENT_BODY(1, project_category_changed)->from, "Platform");
	WHEN(ben, edit_project, .project = SLICE("TLS"),
	     .clear = CLEARED(PROJECT_FIELD_LEAD, PROJECT_FIELD_CATEGORY));
	THEN_UNCHANGED();
}

static void the_lead_edits_and_other_members_do_not(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, edit_project, .project = SLICE("TLS"), .has_name = true, .name = SLICE("mine"));
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(ada, edit_project, .project = SLICE("TLS"), .has_lead = true, .lead = cleo);
	WHEN(cleo, edit_project, .project = SLICE("TLS"), .has_name = true, .name = SLICE("mine"));
	THEN(EVENT_PROJECT_RENAMED);
	WHEN(dan, edit_project, .project = SLICE("TLS"), .has_name = true, .name = SLICE("x"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, change_project_key, .project = SLICE("TLS"), .key = SLICE("NET"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, archive_project, .project = SLICE("TLS"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, unarchive_project, .project = SLICE("TLS"));
	THEN_REFUSED(FORBIDDEN, "");
}

static void an_edit_of_a_project_is_refused_where_it_is_wrong(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, edit_project, .project = SLICE("NO"), .has_name = true, .name = SLICE("x"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(ben, edit_project, .project = SLICE("TLS"), .has_name = true, .name = SLICE(" "));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, edit_project, .project = SLICE("TLS"), .has_lead = true, .lead = nobody);
	THEN_REFUSED(NO_SUCH_MEMBER, "/lead");
	WHEN(ben, edit_project, .project = SLICE("TLS"), .has_category = true,
	     .category = SLICE("a,b"));
	THEN_REFUSED(BAD_LABEL, "/category");
	WHEN(ben, edit_project, .project = SLICE("TLS"), .has_lead = true, .lead = cleo,
	     .clear = CLEARED(PROJECT_FIELD_LEAD));
	THEN_REFUSED(BAD_CLEAR, "/clear");
	WHEN(ben, edit_project, .project = SLICE("TLS"), .has_category = true,
	     .category = SLICE("x"), .clear = CLEARED(PROJECT_FIELD_CATEGORY));
	THEN_REFUSED(BAD_CLEAR, "/clear");
	WHEN(ben, edit_project, .project = SLICE("TLS"), .has_name = true, .name = SLICE("x"),
	     .has_expected_version = true, .expected_version = 7);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void a_key_that_a_project_had_goes_on_naming_it(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, create_issue, ISSUE("task", "one"));
	WHEN(ada, change_project_key, .project = SLICE("TLS"), .key = SLICE("NET"));
	THEN(EVENT_PROJECT_KEY_CHANGED);
	assert_slice(EVENT_BODY(0, project_key_changed)->from, "TLS");
	WHEN(ada, change_project_key, .project = SLICE("TLS"), .key = SLICE("NET"));
	THEN_UNCHANGED();
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
	      .to = SLICE("in_progress"));
	GIVEN(cleo, transition_issue, .issue = SLICE("NET-1"), .has_to = true,
	      .to = SLICE("in_review"));
	WHEN(cleo, create_issue, ISSUE("task", "two"));
	THEN(EVENT_ISSUE_CREATED);
	assert_int_equal(EVENT_BODY(0, issue_created)->number, 2);
	WHEN(ada, create_project, .key = SLICE("TLS"), .name = SLICE("another"));
	THEN_REFUSED(KEY_TAKEN, "/key");
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"));
	WHEN(ada, change_project_key, .project = SLICE("QUIC"), .key = SLICE("TLS"));
	THEN_REFUSED(KEY_TAKEN, "/key");
	WHEN(ada, change_project_key, .project = SLICE("QUIC"), .key = SLICE("q"));
	THEN_REFUSED(BAD_KEY, "/key");
	/* Its own old key it may have again. */
	WHEN(ada, change_project_key, .project = SLICE("NET"), .key = SLICE("TLS"));
	THEN(EVENT_PROJECT_KEY_CHANGED);
}

static void an_archived_project_is_closed_for_changes(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, create_issue, ISSUE("task", "one"));
	GIVEN(ada, create_issue, ISSUE("task", "two"));
	WHEN(ben, archive_project, .project = SLICE("TLS"));
	THEN(EVENT_PROJECT_ARCHIVED);
	assert_slice(EVENT_BODY(0, project_archived)->key, "TLS");
	WHEN(ben, archive_project, .project = SLICE("TLS"));
	THEN_UNCHANGED();
	WHEN(cleo, create_issue, ISSUE("task", "three"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/project");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true, .summary = SLICE("x"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/issue");
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/issue");
	WHEN(cleo, rank_issue, .issue = SLICE("TLS-2"), .has_before = true,
	     .before = SLICE("TLS-1"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/issue");
	WHEN(cleo, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("late"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/issue");
	WHEN(ben, edit_project, .project = SLICE("TLS"), .has_name = true, .name = SLICE("x"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/project");
	WHEN(ben, change_project_key, .project = SLICE("TLS"), .key = SLICE("NET"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/project");
	WHEN(ben, unarchive_project, .project = SLICE("TLS"));
	THEN(EVENT_PROJECT_UNARCHIVED);
	WHEN(ben, unarchive_project, .project = SLICE("TLS"));
	THEN_UNCHANGED();
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"));
	THEN(EVENT_ISSUE_TRANSITIONED);
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(an_admin_creates_a_project),
	        ON_SETTLED(a_project_key_belongs_to_one_project),
	        ON_SETTLED(a_project_key_has_capitals_and_digits),
	        ON_SETTLED(a_project_has_a_name_in_one_line),
	        ON_SETTLED(a_project_id_is_taken_once),
	        ON_SETTLED(a_lead_is_a_member),
	        ON_SETTLED(numbers_are_gapless_within_a_project),
	        ON_SETTLED(a_project_is_edited_one_event_for_each_attribute),
	        ON_SETTLED(the_lead_edits_and_other_members_do_not),
	        ON_SETTLED(an_edit_of_a_project_is_refused_where_it_is_wrong),
	        ON_SETTLED(a_key_that_a_project_had_goes_on_naming_it),
	        ON_SETTLED(an_archived_project_is_closed_for_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
