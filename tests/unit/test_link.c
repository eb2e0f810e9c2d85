#include "tests/lib/decider.h"

#define LINK(from, link, to) .issue = SLICE(from), .link_type = SLICE(link), .other = SLICE(to)

static void settle_issues(struct decider *decider)
{
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
	GIVEN(cleo, create_issue, ISSUE("task", "second"));
}

static void no_link_comes_to_an_archived_project(void **state)
{
	struct decider *decider = *state;
	settle_issues(decider);
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("x"));
	GIVEN(cleo, create_issue, .project = SLICE("QUIC"), .type = SLICE("task"),
	      .summary = SLICE("elsewhere"), .priority = SLICE("medium"));
	GIVEN(cleo, link_issues, LINK("TLS-1", "blocks", "QUIC-1"));
	GIVEN(ada, archive_project, .project = SLICE("QUIC"));
	WHEN(cleo, link_issues, LINK("TLS-1", "blocks", "QUIC-1"));
	THEN_UNCHANGED();
	WHEN(cleo, link_issues, LINK("TLS-2", "blocks", "QUIC-1"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/other");
	GIVEN(ada, unarchive_project, .project = SLICE("QUIC"));
	WHEN(cleo, link_issues, LINK("TLS-2", "blocks", "QUIC-1"));
	THEN(EVENT_ISSUE_LINKED);
}

static void a_link_goes_one_way(void **state)
{
	struct decider *decider = *state;
	settle_issues(decider);
	WHEN(cleo, link_issues, LINK("TLS-1", "blocks", "TLS-2"));
	THEN(EVENT_ISSUE_LINKED);
	WHEN(cleo, link_issues, LINK("TLS-1", "blocks", "TLS-2"));
	THEN_UNCHANGED();
	WHEN(cleo, unlink_issues, LINK("TLS-2", "blocks", "TLS-1"));
	THEN_REFUSED(NO_SUCH_LINK, "/other");
	WHEN(cleo, unlink_issues, LINK("TLS-1", "blocks", "TLS-2"));
	THEN(EVENT_ISSUE_UNLINKED);
	WHEN(cleo, unlink_issues, LINK("TLS-1", "blocks", "TLS-2"));
	THEN_REFUSED(NO_SUCH_LINK, "/other");
	GIVEN(cleo, link_issues, LINK("TLS-1", "duplicates", "TLS-2"));
	WHEN(cleo, link_issues, LINK("TLS-2", "duplicates", "TLS-1"));
	THEN(EVENT_ISSUE_LINKED);
	GIVEN(cleo, unlink_issues, LINK("TLS-1", "duplicates", "TLS-2"));
	WHEN(cleo, unlink_issues, LINK("TLS-2", "duplicates", "TLS-1"));
	THEN(EVENT_ISSUE_UNLINKED);
	assert_int_equal(decider->state.rows[ROW_LINK], 0);
}

static void relates_is_the_link_of_both(void **state)
{
	struct decider *decider = *state;
	settle_issues(decider);
	GIVEN(cleo, link_issues, LINK("TLS-1", "relates", "TLS-2"));
	WHEN(cleo, link_issues, LINK("TLS-2", "relates", "TLS-1"));
	THEN_UNCHANGED();
	WHEN(cleo, unlink_issues, LINK("TLS-2", "relates", "TLS-1"));
	THEN(EVENT_ISSUE_UNLINKED);
	WHEN(cleo, unlink_issues, LINK("TLS-1", "relates", "TLS-2"));
	THEN_REFUSED(NO_SUCH_LINK, "/other");
}

static void a_link_is_refused_for_each_wrong_value(void **state)
{
	struct decider *decider = *state;
	settle_issues(decider);
	WHEN(cleo, link_issues, LINK("TLS-1", "hates", "TLS-2"));
	THEN_REFUSED(UNKNOWN_LINK_TYPE, "/link_type");
	WHEN(cleo, unlink_issues, LINK("TLS-1", "hates", "TLS-2"));
	THEN_REFUSED(UNKNOWN_LINK_TYPE, "/link_type");
	WHEN(cleo, link_issues, LINK("TLS-1", "blocks", "TLS-1"));
	THEN_REFUSED(SELF_LINK, "/other");
	WHEN(cleo, link_issues, LINK("TLS-1", "blocks", "TLS-3"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/other");
	WHEN(cleo, link_issues, LINK("TLS-3", "blocks", "TLS-1"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(cleo, unlink_issues, LINK("TLS-3", "blocks", "TLS-1"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(cleo, link_issues, LINK("TLS-1", "blocks", "TLS-2"), .has_expected_version = true,
	     .expected_version = 2);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(cleo, unlink_issues, LINK("TLS-1", "blocks", "TLS-2"), .has_expected_version = true,
	     .expected_version = 2);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(a_link_goes_one_way),
	        ON_SETTLED(no_link_comes_to_an_archived_project),
	        ON_SETTLED(relates_is_the_link_of_both),
	        ON_SETTLED(a_link_is_refused_for_each_wrong_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
