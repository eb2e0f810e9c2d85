/* Work that is planned and work that is done: dates, estimates, worklogs. */
#include "tests/lib/decider.h"

#define TLS_1     .issue = SLICE("TLS-1")
#define AUTOMATIC .remaining = REMAINING_CHANGE_AUTOMATIC
#define LEAVE     .remaining = REMAINING_CHANGE_LEAVE
#define SET(n)                                                                                     \
	.remaining = REMAINING_CHANGE_SET, .has_remaining_minutes = true, .remaining_minutes = n
#define WORKLOG      .worklog_id = id_of(60)
#define ESTIMATE(n)  .has_estimate = true, .estimate = n
#define REMAINING(n) .has_remaining = true, .remaining = n
#define START(n)     .has_start_on = true, .start_on = n
#define DUE(n)       .has_due_on = true, .due_on = n

static int setup(void **state)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "first"), ESTIMATE(120), START(100), DUE(110));
	return failed;
}

static struct row_issue issue_now(struct decider *decider, int64_t number)
{
	struct row_issue issue;
	struct row_key key = row_key_first(ROW_ISSUE);
	while (decider->state.face.next(&decider->state.face, &key, false, &issue))
		if (issue.number == number)
			return issue;
	fail();
	return issue;
}

static void log_an_hour(struct decider *decider)
{
	GIVEN(cleo, log_work, TLS_1, .has_worklog_id = true, WORKLOG, .minutes = 60,
	      .comment = SLICE("read"), AUTOMATIC);
}

/* --- dates and estimates --- */

static void work_does_not_begin_after_it_is_due(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, create_issue, ISSUE("task", "x"), START(111), DUE(110));
	THEN_REFUSED(START_AFTER_DUE, "/start_on");
	WHEN(cleo, edit_issue, TLS_1, START(111));
	THEN_REFUSED(START_AFTER_DUE, "/start_on");
	WHEN(cleo, edit_issue, TLS_1, DUE(99));
	THEN_REFUSED(START_AFTER_DUE, "/due_on");
	WHEN(cleo, edit_issue, TLS_1, START(110));
	THEN(EVENT_ISSUE_START_DATE_CHANGED);
	assert_int_equal(EVENT_BODY(0, issue_start_date_changed)->from, 100);
	WHEN(cleo, edit_issue, TLS_1, START(120), DUE(130));
	THEN(EVENT_ISSUE_DUE_DATE_CHANGED, EVENT_ISSUE_START_DATE_CHANGED);
	WHEN(cleo, edit_issue, TLS_1, START(200), .clear = FIELDS(ISSUE_FIELD_DUE_ON));
	THEN(EVENT_ISSUE_DUE_DATE_CHANGED, EVENT_ISSUE_START_DATE_CHANGED);
	WHEN(cleo, edit_issue, TLS_1, .clear = FIELDS(ISSUE_FIELD_START_ON));
	THEN(EVENT_ISSUE_START_DATE_CHANGED);
	WHEN(cleo, edit_issue, TLS_1, .clear = FIELDS(ISSUE_FIELD_START_ON));
	THEN_UNCHANGED();
}

static void dates_and_minutes_are_in_range(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, edit_issue, TLS_1, START(-900000));
	THEN_REFUSED(BAD_DATE, "/start_on");
	WHEN(cleo, create_issue, ISSUE("task", "x"), START(2932897));
	THEN_REFUSED(BAD_DATE, "/start_on");
	WHEN(cleo, edit_issue, TLS_1, ESTIMATE(-1));
	THEN_REFUSED(BAD_MINUTES, "/estimate");
	WHEN(cleo, edit_issue, TLS_1, REMAINING(5256001));
	THEN_REFUSED(BAD_MINUTES, "/remaining");
	WHEN(cleo, create_issue, ISSUE("task", "x"), ESTIMATE(5256001));
	THEN_REFUSED(BAD_MINUTES, "/estimate");
	WHEN(cleo, create_issue, ISSUE("task", "x"), REMAINING(-1));
	THEN_REFUSED(BAD_MINUTES, "/remaining");
}

static void an_estimate_is_what_remains_unless_that_is_said(void **state)
{
	struct decider *decider = *state;
	assert_int_equal(issue_now(decider, 1).remaining, 120);
	GIVEN(cleo, create_issue, ISSUE("task", "x"), ESTIMATE(60), REMAINING(20));
	assert_int_equal(issue_now(decider, 2).remaining, 20);
	GIVEN(cleo, create_issue, ISSUE("task", "x"));
	assert_false(issue_now(decider, 3).has_remaining);
	GIVEN(cleo, log_work, .issue = SLICE("TLS-3"), .minutes = 50, AUTOMATIC);
	assert_false(issue_now(decider, 3).has_remaining);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-3"), ESTIMATE(70));
	THEN(EVENT_ISSUE_ESTIMATE_CHANGED, EVENT_ISSUE_REMAINING_CHANGED);
	assert_int_equal(issue_now(decider, 3).remaining, 20);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-3"), ESTIMATE(30));
	THEN(EVENT_ISSUE_ESTIMATE_CHANGED);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-3"),
	     .clear = FIELDS(ISSUE_FIELD_ESTIMATE, ISSUE_FIELD_REMAINING));
	THEN(EVENT_ISSUE_ESTIMATE_CHANGED, EVENT_ISSUE_REMAINING_CHANGED);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-3"), ESTIMATE(30));
	THEN(EVENT_ISSUE_ESTIMATE_CHANGED, EVENT_ISSUE_REMAINING_CHANGED);
	assert_int_equal(issue_now(decider, 3).remaining, 0);
}

/* --- worklogs --- */

static void work_takes_from_what_remains_but_never_below_nothing(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, log_work, TLS_1, .minutes = 100, .comment = SLICE("read"), AUTOMATIC);
	THEN(EVENT_WORK_LOGGED, EVENT_ISSUE_REMAINING_CHANGED);
	assert_int_equal(EVENT_BODY(1, issue_remaining_changed)->from, 120);
	assert_int_equal(EVENT_BODY(1, issue_remaining_changed)->to, 20);
	WHEN(cleo, log_work, TLS_1, .minutes = 100, AUTOMATIC);
	THEN(EVENT_WORK_LOGGED, EVENT_ISSUE_REMAINING_CHANGED);
	WHEN(cleo, log_work, TLS_1, .minutes = 100, AUTOMATIC);
	THEN(EVENT_WORK_LOGGED);
	WHEN(cleo, log_work, TLS_1, .minutes = 1, LEAVE);
	THEN(EVENT_WORK_LOGGED);
	WHEN(cleo, log_work, TLS_1, .minutes = 1, SET(30));
	THEN(EVENT_WORK_LOGGED, EVENT_ISSUE_REMAINING_CHANGED);
	struct row_issue issue = issue_now(decider, 1);
	assert_int_equal(issue.spent, 302);
	assert_int_equal(issue.worklogs, 5);
	assert_int_equal(issue.remaining, 30);
	assert_int_equal(issue.estimate, 120);
}

static void a_worklog_tells_who_and_since_when(void **state)
{
	struct decider *decider = *state;
	struct uuid author = cleo;
	WHEN(cleo, log_work, TLS_1, .minutes = 1, .has_started_at = true, .started_at = 5, LEAVE);
	THEN(EVENT_WORK_LOGGED);
	assert_int_equal(EVENT_BODY(0, work_logged)->started_at, 5);
	assert_true(uuid_equal(&EVENT_BODY(0, work_logged)->author, &author));
	assert_true(
	        uuid_equal(&EVENT_BODY(0, work_logged)->worklog_id, &decider->decision.created));
	decider->request.now_ms = 1000;
	WHEN(cleo, log_work, TLS_1, .minutes = 1, LEAVE);
	assert_int_equal(EVENT_BODY(0, work_logged)->started_at, 1000);
}

static void an_edited_worklog_corrects_the_sums(void **state)
{
	struct decider *decider = *state;
	log_an_hour(decider);
	int64_t seq = decider->seq - 1;
	WHEN(cleo, edit_worklog, TLS_1, WORKLOG, .has_minutes = true, .minutes = 90, AUTOMATIC);
	THEN(EVENT_WORKLOG_EDITED, EVENT_ISSUE_REMAINING_CHANGED);
	assert_int_equal(EVENT_BODY(0, worklog_edited)->from_minutes, 60);
	assert_false(EVENT_BODY(0, worklog_edited)->has_comment);
	assert_int_equal(issue_now(decider, 1).spent, 90);
	assert_int_equal(issue_now(decider, 1).remaining, 30);
	WHEN(cleo, edit_worklog, TLS_1, WORKLOG, .has_comment = true, .comment = SLICE("read"),
	     .has_minutes = true, .minutes = 90, AUTOMATIC);
	THEN_UNCHANGED();
	WHEN(cleo, edit_worklog, TLS_1, WORKLOG, .has_comment = true, .comment = SLICE(""),
	     .has_started_at = true, .started_at = 7, AUTOMATIC);
	THEN(EVENT_WORKLOG_EDITED);
	assert_int_equal(EVENT_BODY(0, worklog_edited)->previous_seq, seq);
	assert_true(EVENT_BODY(0, worklog_edited)->has_comment);
	WHEN(cleo, delete_worklog, TLS_1, WORKLOG, AUTOMATIC);
	THEN(EVENT_WORKLOG_DELETED, EVENT_ISSUE_REMAINING_CHANGED);
	assert_int_equal(issue_now(decider, 1).spent, 0);
	assert_int_equal(issue_now(decider, 1).worklogs, 0);
	assert_int_equal(issue_now(decider, 1).remaining, 120);
	WHEN(cleo, delete_worklog, TLS_1, WORKLOG, AUTOMATIC);
	THEN_REFUSED(NO_SUCH_WORKLOG, "/worklog_id");
}

static int32_t remaining(struct decider *decider, int number)
{
	return issue_now(decider, number).remaining;
}

static void what_is_taken_back_is_what_was_taken(void **state)
{
	struct decider *decider = *state;
	static const enum remaining_change how[] = {REMAINING_CHANGE_AUTOMATIC,
	                                            REMAINING_CHANGE_LEAVE};
	GIVEN(cleo, create_issue, ISSUE("task", "x"), ESTIMATE(10));
	for (size_t i = 0; i < 2; i++) {
		GIVEN(cleo, log_work, .issue = SLICE("TLS-2"), .has_worklog_id = true,
		      .worklog_id = id_of(70 + i), .minutes = 90, .remaining = how[i]);
		assert_int_equal(remaining(decider, 2), i == 0 ? 0 : 10);
		GIVEN(cleo, delete_worklog, .issue = SLICE("TLS-2"), .worklog_id = id_of(70 + i),
		      AUTOMATIC);
		assert_int_equal(remaining(decider, 2), 10);
	}
}

static void a_shorter_worklog_gives_back_what_it_took(void **state)
{
	struct decider *decider = *state;
	log_an_hour(decider); /* of 120 */
	GIVEN(cleo, edit_worklog, TLS_1, WORKLOG, .has_minutes = true, .minutes = 200, AUTOMATIC);
	assert_int_equal(remaining(decider, 1), 0);
	GIVEN(cleo, edit_worklog, TLS_1, WORKLOG, .has_minutes = true, .minutes = 190, AUTOMATIC);
	assert_int_equal(remaining(decider, 1), 0);
	GIVEN(cleo, edit_worklog, TLS_1, WORKLOG, .has_minutes = true, .minutes = 20, AUTOMATIC);
	assert_int_equal(remaining(decider, 1), 100);
	GIVEN(cleo, delete_worklog, TLS_1, WORKLOG, AUTOMATIC);
	assert_int_equal(remaining(decider, 1), 120);
}

/* Not by the worklog: what remains is edited by the next command. */
static void an_edit_of_what_remains_is_no_work(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, log_work, TLS_1, .has_worklog_id = true, WORKLOG, .minutes = 50, LEAVE);
	GIVEN(cleo, edit_issue, TLS_1, REMAINING(80));
	GIVEN(cleo, delete_worklog, TLS_1, WORKLOG, AUTOMATIC);
	assert_int_equal(remaining(decider, 1), 80);
}

static void work_before_an_estimate_is_counted_by_it(void **state)
{
	struct decider *decider = *state;
	static const int32_t estimates[] = {70, 30};
	GIVEN(cleo, create_issue, ISSUE("task", "x"));
	for (size_t i = 0; i < 2; i++) {
		GIVEN(cleo, log_work, .issue = SLICE("TLS-2"), .has_worklog_id = true,
		      .worklog_id = id_of(70 + i), .minutes = 50, AUTOMATIC);
		GIVEN(cleo, edit_issue, .issue = SLICE("TLS-2"), ESTIMATE(estimates[i]));
		assert_int_equal(remaining(decider, 2), i == 0 ? 20 : 0);
		GIVEN(cleo, delete_worklog, .issue = SLICE("TLS-2"), .worklog_id = id_of(70 + i),
		      AUTOMATIC);
		assert_int_equal(remaining(decider, 2), estimates[i]);
		GIVEN(cleo, edit_issue, .issue = SLICE("TLS-2"),
		      .clear = FIELDS(ISSUE_FIELD_ESTIMATE, ISSUE_FIELD_REMAINING));
	}
}

static void a_worklog_is_changed_by_its_author_or_an_admin(void **state)
{
	struct decider *decider = *state;
	log_an_hour(decider);
	GIVEN(ada, change_member_role, .member = dan, .role = ORG_ROLE_MEMBER);
	WHEN(dan, edit_worklog, TLS_1, WORKLOG, .has_minutes = true, .minutes = 1, LEAVE);
	THEN_REFUSED(FORBIDDEN, "/worklog_id");
	WHEN(dan, delete_worklog, TLS_1, WORKLOG, LEAVE);
	THEN_REFUSED(FORBIDDEN, "/worklog_id");
	WHEN(ben, edit_worklog, TLS_1, WORKLOG, .has_minutes = true, .minutes = 1, LEAVE);
	THEN(EVENT_WORKLOG_EDITED);
	WHEN(ben, delete_worklog, TLS_1, WORKLOG, LEAVE);
	THEN(EVENT_WORKLOG_DELETED);
}

static void what_cannot_be_logged_is_refused(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, log_work, TLS_1, .minutes = 0, AUTOMATIC);
	THEN_REFUSED(BAD_MINUTES, "/minutes");
	WHEN(cleo, log_work, TLS_1, .minutes = 525601, AUTOMATIC);
	THEN_REFUSED(BAD_MINUTES, "/minutes");
	WHEN(cleo, log_work, TLS_1, .minutes = 1, .remaining = REMAINING_CHANGE_SET);
	THEN_REFUSED(BAD_REMAINING, "/remaining_minutes");
	WHEN(cleo, log_work, TLS_1, .minutes = 1, AUTOMATIC, .has_remaining_minutes = true);
	THEN_REFUSED(BAD_REMAINING, "/remaining_minutes");
	WHEN(cleo, log_work, TLS_1, .minutes = 1, SET(5256001));
	THEN_REFUSED(BAD_MINUTES, "/remaining_minutes");
	WHEN(cleo, log_work, TLS_1, .minutes = 1, AUTOMATIC, .has_started_at = true,
	     .started_at = INT64_MAX);
	THEN_REFUSED(BAD_DATE, "/started_at");
	WHEN(cleo, log_work, TLS_1, .minutes = 1, AUTOMATIC, .comment = SLICE("\x1b"));
	THEN_REFUSED(BAD_TEXT, "/comment");
	WHEN(cleo, log_work, .issue = SLICE("TLS-9"), .minutes = 1, AUTOMATIC);
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	log_an_hour(decider);
	WHEN(cleo, log_work, TLS_1, .minutes = 1, AUTOMATIC, .has_worklog_id = true, WORKLOG);
	THEN_REFUSED(ID_TAKEN, "/worklog_id");
	WHEN(cleo, add_comment, TLS_1, .has_comment_id = true, .comment_id = id_of(60),
	     .body = SLICE("x"));
	THEN_REFUSED(ID_TAKEN, "/comment_id");
	GIVEN(cleo, delete_worklog, TLS_1, WORKLOG, AUTOMATIC);
	WHEN(cleo, log_work, TLS_1, .minutes = 1, AUTOMATIC, .has_worklog_id = true, WORKLOG);
	THEN_REFUSED(ID_TAKEN, "/worklog_id");
}

static void what_cannot_be_corrected_is_refused(void **state)
{
	struct decider *decider = *state;
	log_an_hour(decider);
	GIVEN(cleo, create_issue, ISSUE("task", "second"));
	WHEN(cleo, edit_worklog, .issue = SLICE("TLS-2"), WORKLOG, AUTOMATIC);
	THEN_REFUSED(NO_SUCH_WORKLOG, "/worklog_id");
	WHEN(cleo, edit_worklog, TLS_1, WORKLOG, .has_minutes = true, AUTOMATIC);
	THEN_REFUSED(BAD_MINUTES, "/minutes");
	WHEN(cleo, edit_worklog, TLS_1, WORKLOG, .has_comment = true, .comment = SLICE("\x7f"),
	     AUTOMATIC);
	THEN_REFUSED(BAD_TEXT, "/comment");
	WHEN(cleo, edit_worklog, TLS_1, WORKLOG, .has_started_at = true, .started_at = INT64_MIN,
	     AUTOMATIC);
	THEN_REFUSED(BAD_DATE, "/started_at");
	WHEN(cleo, edit_worklog, TLS_1, WORKLOG, .remaining = REMAINING_CHANGE_SET);
	THEN_REFUSED(BAD_REMAINING, "/remaining_minutes");
	WHEN(cleo, delete_worklog, TLS_1, WORKLOG, .remaining = REMAINING_CHANGE_SET);
	THEN_REFUSED(BAD_REMAINING, "/remaining_minutes");
	WHEN(cleo, delete_worklog, TLS_1, WORKLOG, AUTOMATIC, .has_expected_version = true,
	     .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(cleo, edit_worklog, TLS_1, WORKLOG, AUTOMATIC, .has_expected_version = true,
	     .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void an_issue_has_a_bounded_number_of_worklogs(void **state)
{
	struct decider *decider = *state;
	for (int i = 0; i < 10000; i++)
		GIVEN(cleo, log_work, TLS_1, .minutes = 525600, LEAVE);
	WHEN(cleo, log_work, TLS_1, .minutes = 1, LEAVE);
	THEN_REFUSED(TOO_MANY_WORKLOGS, "/issue");
	assert_true(issue_now(decider, 1).spent == 5256000000);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(work_does_not_begin_after_it_is_due),
	        CASE(dates_and_minutes_are_in_range),
	        CASE(an_estimate_is_what_remains_unless_that_is_said),
	        CASE(work_takes_from_what_remains_but_never_below_nothing),
	        CASE(a_worklog_tells_who_and_since_when),
	        CASE(an_edited_worklog_corrects_the_sums),
	        CASE(what_is_taken_back_is_what_was_taken),
	        CASE(a_shorter_worklog_gives_back_what_it_took),
	        CASE(an_edit_of_what_remains_is_no_work),
	        CASE(work_before_an_estimate_is_counted_by_it),
	        CASE(a_worklog_is_changed_by_its_author_or_an_admin),
	        CASE(what_cannot_be_logged_is_refused),
	        CASE(what_cannot_be_corrected_is_refused),
	        CASE(an_issue_has_a_bounded_number_of_worklogs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
