#include "tests/lib/decider.h"

static void settle_comment(struct decider *decider)
{
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
	GIVEN(dan, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("seen"),
	      .has_comment_id = true, .comment_id = id_of(50));
}

static void guests_comment(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
	WHEN(dan, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("line\n\tline"));
	THEN(EVENT_COMMENT_ADDED);
	struct uuid author = dan;
	assert_true(uuid_equal(&EVENT_BODY(0, comment_added)->author, &author));
	assert_int_equal(decider->decision.version, 2);
}

static void a_comment_is_edited_by_its_author_or_an_admin(void **state)
{
	struct decider *decider = *state;
	settle_comment(decider);
	int64_t seq = decider->seq;
	WHEN(cleo, edit_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50),
	     .body = SLICE("mine"));
	THEN_REFUSED(FORBIDDEN, "/comment_id");
	WHEN(cleo, delete_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50));
	THEN_REFUSED(FORBIDDEN, "/comment_id");
	WHEN(dan, edit_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50),
	     .body = SLICE("seen"));
	THEN_UNCHANGED();
	WHEN(dan, edit_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50),
	     .body = SLICE("seen twice"));
	THEN(EVENT_COMMENT_EDITED);
	assert_int_equal(EVENT_BODY(0, comment_edited)->previous_seq, seq);
	WHEN(ben, edit_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50),
	     .body = SLICE("moderated"));
	THEN(EVENT_COMMENT_EDITED);
	assert_int_equal(EVENT_BODY(0, comment_edited)->previous_seq, seq + 1);
	WHEN(ben, delete_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50));
	THEN(EVENT_COMMENT_DELETED);
}

static void a_deleted_comment_is_gone(void **state)
{
	struct decider *decider = *state;
	settle_comment(decider);
	GIVEN(dan, delete_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50));
	WHEN(dan, delete_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50));
	THEN_REFUSED(NO_SUCH_COMMENT, "/comment_id");
	WHEN(dan, edit_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50),
	     .body = SLICE("again"));
	THEN_REFUSED(NO_SUCH_COMMENT, "/comment_id");
}

static void a_comment_belongs_to_its_issue(void **state)
{
	struct decider *decider = *state;
	settle_comment(decider);
	GIVEN(cleo, create_issue, ISSUE("task", "second"));
	WHEN(dan, edit_comment, .issue = SLICE("TLS-2"), .comment_id = id_of(50),
	     .body = SLICE("again"));
	THEN_REFUSED(NO_SUCH_COMMENT, "/comment_id");
	WHEN(dan, add_comment, .issue = SLICE("TLS-2"), .has_comment_id = true,
	     .comment_id = id_of(50), .body = SLICE("again"));
	THEN_REFUSED(ID_TAKEN, "/comment_id");
}

static void a_comment_has_a_text(void **state)
{
	struct decider *decider = *state;
	settle_comment(decider);
	WHEN(dan, add_comment, .issue = SLICE("TLS-1"), .body = SLICE(" \n "));
	THEN_REFUSED(BAD_TEXT, "/body");
	WHEN(dan, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("\x1b[2J"));
	THEN_REFUSED(BAD_TEXT, "/body");
	WHEN(dan, edit_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50));
	THEN_REFUSED(BAD_TEXT, "/body");
}

static void a_comment_is_on_an_issue_of_the_expected_version(void **state)
{
	struct decider *decider = *state;
	settle_comment(decider);
	WHEN(dan, add_comment, .issue = SLICE("TLS-3"), .body = SLICE("x"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(dan, edit_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50),
	     .body = SLICE("x"), .has_expected_version = true, .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(dan, delete_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50),
	     .has_expected_version = true, .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(guests_comment),
	        ON_SETTLED(a_comment_is_edited_by_its_author_or_an_admin),
	        ON_SETTLED(a_deleted_comment_is_gone),
	        ON_SETTLED(a_comment_belongs_to_its_issue),
	        ON_SETTLED(a_comment_has_a_text),
	        ON_SETTLED(a_comment_is_on_an_issue_of_the_expected_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
