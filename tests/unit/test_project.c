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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
