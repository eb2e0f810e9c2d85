#include "tests/lib/decider.h"

#define TLS_1    .issue = SLICE("TLS-1")
#define FOR(who) .has_member = true, .member = who

static int setup(void **state)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
	return failed;
}

static void everybody_watches_for_themselves(void **state)
{
	struct decider *decider = *state;
	struct uuid guest = dan;
	WHEN(dan, watch_issue, TLS_1);
	THEN(EVENT_ISSUE_WATCHED);
	assert_true(uuid_equal(&EVENT_BODY(0, issue_watched)->member_id, &guest));
	WHEN(dan, watch_issue, TLS_1);
	THEN_UNCHANGED();
	WHEN(dan, unwatch_issue, TLS_1, FOR(dan));
	THEN(EVENT_ISSUE_UNWATCHED);
	WHEN(dan, unwatch_issue, TLS_1);
	THEN_UNCHANGED();
}

static void admins_put_others_on_and_off(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, watch_issue, TLS_1, FOR(dan));
	THEN_REFUSED(FORBIDDEN, "/member");
	WHEN(ben, watch_issue, TLS_1, FOR(dan));
	THEN(EVENT_ISSUE_WATCHED);
	WHEN(cleo, unwatch_issue, TLS_1, FOR(dan));
	THEN_REFUSED(FORBIDDEN, "/member");
	WHEN(ben, unwatch_issue, TLS_1, FOR(dan));
	THEN(EVENT_ISSUE_UNWATCHED);
}

static void strangers_do_not_watch_but_removed_members_can_be_taken_off(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, watch_issue, TLS_1, FOR(nobody));
	THEN_REFUSED(NO_SUCH_MEMBER, "/member");
	WHEN(ben, unwatch_issue, TLS_1, FOR(nobody));
	THEN_REFUSED(NO_SUCH_MEMBER, "/member");
	GIVEN(dan, watch_issue, TLS_1);
	GIVEN(ada, remove_member, .member = dan);
	WHEN(ben, unwatch_issue, TLS_1, FOR(dan));
	THEN(EVENT_ISSUE_UNWATCHED);
}

static void an_issue_has_a_bounded_number_of_watchers(void **state)
{
	struct decider *decider = *state;
	for (uint64_t i = 0; i < 500; i++) {
		GIVEN(ada, add_member, .has_member_id = true, .member_id = id_of(10000 + i),
		      .person = {.issuer = SLICE("x"), .subject = SLICE("y"), .name = SLICE("z")},
		      .role = ORG_ROLE_GUEST);
		GIVEN(ben, watch_issue, TLS_1, FOR(id_of(10000 + i)));
	}
	WHEN(cleo, watch_issue, TLS_1);
	THEN_REFUSED(TOO_MANY_WATCHERS, "/issue");
	WHEN(ben, watch_issue, TLS_1, FOR(id_of(10007)));
	THEN_UNCHANGED();
}

static void what_is_watched_is_there(void **state)
{
	struct decider *decider = *state;
	WHEN(dan, watch_issue, .issue = SLICE("TLS-2"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(dan, unwatch_issue, .issue = SLICE("TLS-2"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(everybody_watches_for_themselves),
	        CASE(admins_put_others_on_and_off),
	        CASE(strangers_do_not_watch_but_removed_members_can_be_taken_off),
	        CASE(an_issue_has_a_bounded_number_of_watchers),
	        CASE(what_is_watched_is_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
