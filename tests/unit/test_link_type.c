/* Types of links: added, renamed, removed; links that close no circle. */
#include <stdio.h>

#include "tests/lib/decider.h"

#define LINK(from, link, to) .issue = SLICE(from), .link_type = SLICE(link), .other = SLICE(to)
#define CAUSES               .link_type = SLICE("causes")
#define TYPE(id)                                                                                   \
	.link_type = SLICE(id), .name = SLICE("Name " id), .outward = SLICE("out"),                \
	.inward = SLICE("in")

static int setup(void **state)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	for (int i = 0; i < 5; i++)
		GIVEN(cleo, create_issue, ISSUE("task", "one"));
	GIVEN(ben, add_link_type, TYPE("causes"));
	GIVEN(ben, add_link_type, .link_type = SLICE("meets"), .name = SLICE("Meets"),
	      .outward = SLICE("meets"), .symmetric = true);
	GIVEN(ben, add_link_type, TYPE("feeds"), .acyclic = true);
	return failed;
}

static void a_type_is_added_and_links(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, add_link_type, TYPE("tests"), .acyclic = true);
	THEN(EVENT_LINK_TYPE_ADDED);
	assert_slice(EVENT_BODY(0, link_type_added)->inward, "in");
	assert_true(EVENT_BODY(0, link_type_added)->acyclic);
	WHEN(ben, add_link_type, .link_type = SLICE("near"), .name = SLICE("Near"),
	     .outward = SLICE("is near"), .symmetric = true);
	THEN(EVENT_LINK_TYPE_ADDED);
	assert_slice(EVENT_BODY(0, link_type_added)->inward, "is near");
	WHEN(cleo, link_issues, LINK("TLS-1", "causes", "TLS-2"));
	THEN(EVENT_ISSUE_LINKED);
	WHEN(cleo, link_issues, LINK("TLS-2", "causes", "TLS-1"));
	THEN(EVENT_ISSUE_LINKED);
	assert_int_equal(decider->state.rows[ROW_LINK_OF_TYPE], 2);
	GIVEN(cleo, link_issues, LINK("TLS-2", "meets", "TLS-1"));
	WHEN(cleo, link_issues, LINK("TLS-1", "meets", "TLS-2"));
	THEN_UNCHANGED();
	assert_int_equal(decider->state.rows[ROW_LINK_OF_TYPE], 3);
	WHEN(cleo, unlink_issues, LINK("TLS-1", "meets", "TLS-2"));
	THEN(EVENT_ISSUE_UNLINKED);
	assert_int_equal(decider->state.rows[ROW_LINK_OF_TYPE], 2);
}

static void a_new_type_is_refused_where_it_is_wrong(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, add_link_type, TYPE("tests"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(ben, add_link_type, TYPE("Tests"));
	THEN_REFUSED(BAD_ID, "/link_type");
	WHEN(ben, add_link_type, TYPE("blocks"));
	THEN_REFUSED(ID_TAKEN, "/link_type");
	WHEN(ben, add_link_type, TYPE("causes"));
	THEN_REFUSED(ID_TAKEN, "/link_type");
	WHEN(ben, add_link_type, .link_type = SLICE("x"), .name = SLICE(" "));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, add_link_type, .link_type = SLICE("x"), .name = SLICE("x"));
	THEN_REFUSED(BAD_TEXT, "/outward");
	WHEN(ben, add_link_type, .link_type = SLICE("x"), .name = SLICE("x"),
	     .outward = SLICE("x"));
	THEN_REFUSED(BAD_TEXT, "/inward");
	WHEN(ben, add_link_type, TYPE("x"), .symmetric = true);
	THEN_REFUSED(BAD_CHANGE, "/inward");
	WHEN(ben, add_link_type, .link_type = SLICE("x"), .name = SLICE("x"), .outward = SLICE("x"),
	     .symmetric = true, .acyclic = true);
	THEN_REFUSED(BAD_CHANGE, "/acyclic");
	WHEN(ben, add_link_type, TYPE("x"), .has_expected_version = true, .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void an_organization_has_64_types_of_its_own(void **state)
{
	struct decider *decider = *state;
	for (int n = 3; n <= 64; n++) {
		char id[8];
		snprintf(id, sizeof id, "t%d", n);
		WHEN(ben, add_link_type, .link_type = slice_str(id), .name = slice_str(id),
		     .outward = SLICE("x"), .inward = SLICE("y"));
		if (n < 64)
			THEN(EVENT_LINK_TYPE_ADDED);
	}
	THEN_REFUSED(TOO_MANY, "");
	assert_int_equal(decider->state.rows[ROW_LINK_TYPE], 64);
}

static void a_type_is_renamed(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, edit_link_type, CAUSES, .has_outward = true, .outward = SLICE("brings about"));
	THEN(EVENT_LINK_TYPE_EDITED);
	assert_slice(EVENT_BODY(0, link_type_edited)->from_outward, "out");
	assert_slice(EVENT_BODY(0, link_type_edited)->to_outward, "brings about");
	assert_slice(EVENT_BODY(0, link_type_edited)->to_inward, "in");
	WHEN(ben, edit_link_type, CAUSES, .has_outward = true, .outward = SLICE("brings about"));
	THEN_UNCHANGED();
	WHEN(ben, edit_link_type, .link_type = SLICE("meets"), .has_outward = true,
	     .outward = SLICE("sees"));
	assert_slice(EVENT_BODY(0, link_type_edited)->to_inward, "sees");
	WHEN(ben, edit_link_type, .link_type = SLICE("meets"), .has_inward = true,
	     .inward = SLICE("x"));
	THEN_REFUSED(BAD_CHANGE, "/inward");
	WHEN(ben, edit_link_type, CAUSES, .has_name = true, .name = SLICE(" "));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, edit_link_type, CAUSES, .has_outward = true, .outward = SLICE(" "));
	THEN_REFUSED(BAD_TEXT, "/outward");
	WHEN(ben, edit_link_type, CAUSES, .has_inward = true, .inward = SLICE(" "));
	THEN_REFUSED(BAD_TEXT, "/inward");
	WHEN(ben, edit_link_type, .link_type = SLICE("blocks"), .has_name = true,
	     .name = SLICE("x"));
	THEN_REFUSED(BUILT_IN, "/link_type");
	WHEN(ben, edit_link_type, .link_type = SLICE("none"), .has_name = true, .name = SLICE("x"));
	THEN_REFUSED(UNKNOWN_LINK_TYPE, "/link_type");
	WHEN(ben, edit_link_type, CAUSES, .has_expected_version = true, .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(cleo, edit_link_type, CAUSES);
	THEN_REFUSED(FORBIDDEN, "");
}

static void a_type_without_links_is_removed_for_ever(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, remove_link_type, CAUSES);
	THEN(EVENT_LINK_TYPE_REMOVED);
	WHEN(ben, remove_link_type, CAUSES);
	THEN_REFUSED(UNKNOWN_LINK_TYPE, "/link_type");
	WHEN(ben, add_link_type, TYPE("causes"));
	THEN_REFUSED(ID_TAKEN, "/link_type");
	WHEN(cleo, link_issues, LINK("TLS-1", "causes", "TLS-2"));
	THEN_REFUSED(UNKNOWN_LINK_TYPE, "/link_type");
	WHEN(ben, remove_link_type, .link_type = SLICE("blocks"));
	THEN_REFUSED(BUILT_IN, "/link_type");
	WHEN(cleo, remove_link_type, .link_type = SLICE("meets"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(ben, remove_link_type, .link_type = SLICE("meets"), .has_expected_version = true,
	     .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void links_of_a_removed_type_get_another_one(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, link_issues, LINK("TLS-1", "causes", "TLS-2"));
	GIVEN(cleo, link_issues, LINK("TLS-1", "causes", "TLS-3"));
	GIVEN(cleo, link_issues, LINK("TLS-1", "duplicates", "TLS-3"));
	WHEN(ben, remove_link_type, CAUSES);
	THEN_REFUSED(IN_USE, "/link_type");
	assert_non_null(strstr(decider->decision.detail, "2 links"));
	WHEN(ben, remove_link_type, CAUSES, .has_replace_with = true,
	     .replace_with = SLICE("causes"));
	THEN_REFUSED(BAD_CHANGE, "/replace_with");
	WHEN(ben, remove_link_type, CAUSES, .has_replace_with = true,
	     .replace_with = SLICE("none"));
	THEN_REFUSED(UNKNOWN_LINK_TYPE, "/replace_with");
	WHEN(ben, remove_link_type, CAUSES, .has_replace_with = true,
	     .replace_with = SLICE("blocks"));
	THEN_REFUSED(BAD_CHANGE, "/replace_with");
	GIVEN(ben, archive_issue, .issue = SLICE("TLS-1"));
	WHEN(ben, remove_link_type, CAUSES, .has_replace_with = true,
	     .replace_with = SLICE("duplicates"));
	assert_int_equal(decider->decision.events_n, 4); /* one of the two is there already */
	assert_int_equal(decider_event(decider, 0)->type, EVENT_LINK_TYPE_REMOVED);
	assert_int_equal(decider->state.rows[ROW_LINK_OF_TYPE], 0);
	assert_int_equal(decider->state.rows[ROW_LINK], 4);
}

static void two_links_become_one_symmetric_link(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, link_issues, LINK("TLS-1", "causes", "TLS-2"));
	GIVEN(cleo, link_issues, LINK("TLS-2", "causes", "TLS-1"));
	WHEN(ben, remove_link_type, CAUSES, .has_replace_with = true,
	     .replace_with = SLICE("meets"));
	assert_int_equal(decider->decision.events_n, 4);
	assert_int_equal(decider->state.rows[ROW_LINK_OF_TYPE], 1);
	WHEN(ben, remove_link_type, .link_type = SLICE("meets"), .has_replace_with = true,
	     .replace_with = SLICE("relates"));
	THEN(EVENT_LINK_TYPE_REMOVED, EVENT_ISSUE_UNLINKED, EVENT_ISSUE_LINKED);
	assert_int_equal(decider->state.rows[ROW_LINK_OF_TYPE], 0);
	assert_int_equal(decider->state.rows[ROW_LINK], 2);
}

static void acyclic_links_close_no_circle(void **state)
{
	static const char *const types[] = {"blocks", "feeds"};
	struct decider *decider = *state;
	for (size_t i = 0; i < 2; i++) {
		struct slice type = slice_str(types[i]);
		for (char n = '1'; n < '5'; n++) {
			const char from[] = {'T', 'L', 'S', '-', n, 0};
			const char to[] = {'T', 'L', 'S', '-', (char)(n + 1), 0};
			GIVEN(cleo, link_issues, .issue = slice_str(from), .link_type = type,
			      .other = slice_str(to));
			WHEN(cleo, link_issues, .issue = slice_str(to), .link_type = type,
			     .other = SLICE("TLS-1"));
			THEN_REFUSED(LINK_CYCLE, "/other");
		}
		WHEN(cleo, link_issues, .issue = SLICE("TLS-1"), .link_type = type,
		     .other = SLICE("TLS-5"));
		THEN(EVENT_ISSUE_LINKED);
	}
}

static void a_chain_is_followed_to_a_thousand_issues(void **state)
{
	struct decider *decider = *state;
	char from[16], to[16];
	for (int n = 6; n <= 1003; n++) {
		GIVEN(cleo, create_issue, ISSUE("task", "one"));
		snprintf(from, sizeof from, "TLS-%d", n - 1);
		snprintf(to, sizeof to, "TLS-%d", n);
		GIVEN(cleo, link_issues, .issue = slice_str(to), .link_type = SLICE("feeds"),
		      .other = slice_str(from));
	}
	WHEN(cleo, link_issues, LINK("TLS-1", "feeds", "TLS-1003"));
	THEN(EVENT_ISSUE_LINKED);
	GIVEN(cleo, link_issues, LINK("TLS-5", "feeds", "TLS-4"));
	GIVEN(cleo, link_issues, LINK("TLS-4", "feeds", "TLS-3"));
	WHEN(cleo, link_issues, LINK("TLS-2", "feeds", "TLS-1003"));
	THEN_REFUSED(TOO_LARGE, "/other");
}

#define ON_TYPES(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_TYPES(a_type_is_added_and_links),
	        ON_TYPES(a_new_type_is_refused_where_it_is_wrong),
	        ON_TYPES(an_organization_has_64_types_of_its_own),
	        ON_TYPES(a_type_is_renamed),
	        ON_TYPES(a_type_without_links_is_removed_for_ever),
	        ON_TYPES(links_of_a_removed_type_get_another_one),
	        ON_TYPES(two_links_become_one_symmetric_link),
	        ON_TYPES(acyclic_links_close_no_circle),
	        ON_TYPES(a_chain_is_followed_to_a_thousand_issues),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
