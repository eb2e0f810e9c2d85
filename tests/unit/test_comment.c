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
	/* what answered it must not come to answer another */
	WHEN(dan, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("another"),
	     .has_comment_id = true, .comment_id = id_of(50));
	THEN_REFUSED(ID_TAKEN, "/comment_id");
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

static void an_answer_belongs_to_the_thread_of_the_first_comment(void **state)
{
	struct decider *decider = *state;
	struct uuid first = id_of(50);
	settle_comment(decider);
	WHEN(cleo, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("yes"),
	     .has_comment_id = true, .comment_id = id_of(51), .has_reply_to = true,
	     .reply_to = id_of(50));
	THEN(EVENT_COMMENT_ADDED);
	assert_true(uuid_equal(&EVENT_BODY(0, comment_added)->reply_to, &first));
	WHEN(dan, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("no"), .has_reply_to = true,
	     .reply_to = id_of(51));
	THEN(EVENT_COMMENT_ADDED);
	assert_true(uuid_equal(&EVENT_BODY(0, comment_added)->reply_to, &first));
	GIVEN(dan, delete_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50));
	WHEN(dan, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("yet"), .has_reply_to = true,
	     .reply_to = id_of(51));
	THEN(EVENT_COMMENT_ADDED);
	assert_true(uuid_equal(&EVENT_BODY(0, comment_added)->reply_to, &first));
	WHEN(dan, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("yet"), .has_reply_to = true,
	     .reply_to = id_of(50));
	THEN_REFUSED(NO_SUCH_COMMENT, "/reply_to");
}

static void an_answer_is_on_the_same_issue(void **state)
{
	struct decider *decider = *state;
	settle_comment(decider);
	GIVEN(cleo, create_issue, ISSUE("task", "second"));
	WHEN(dan, add_comment, .issue = SLICE("TLS-2"), .body = SLICE("x"), .has_reply_to = true,
	     .reply_to = id_of(50));
	THEN_REFUSED(NO_SUCH_COMMENT, "/reply_to");
}

/* "%" stands for the id of person @who. */
static struct slice text_with(char room[256], const char *format, uint64_t who)
{
	struct uuid id = id_of(who);
	size_t n = 0;
	for (; *format; format++)
		if (*format == '%') {
			uuid_format(&id, room + n);
			n += UUID_TEXT;
		} else {
			room[n++] = *format;
		}
	return slice_of(room, n);
}

static void a_comment_mentions_members_each_once(void **state)
{
	struct decider *decider = *state;
	struct uuid mentioned = cleo;
	char room[256];
	settle_comment(decider);
	WHEN(dan, add_comment, .issue = SLICE("TLS-1"),
	     .body = text_with(room, "(@%), see @%.", CLEO));
	THEN(EVENT_COMMENT_ADDED);
	assert_int_equal(EVENT_BODY(0, comment_added)->mentions.n, 1);
	assert_true(uuid_equal(&EVENT_BODY(0, comment_added)->mentions.items[0], &mentioned));
	static const char *const none[] = {"% @ %", "a@%", "@%b", "\xc3\xa9@%", "@-%", "@@"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		WHEN(dan, add_comment, .issue = SLICE("TLS-1"),
		     .body = text_with(room, none[i], NOBODY));
		THEN(EVENT_COMMENT_ADDED);
		assert_int_equal(EVENT_BODY(0, comment_added)->mentions.n, 0);
	}
}

static void ids_of_nobody_are_text_and_former_members_are_mentioned(void **state)
{
	struct decider *decider = *state;
	char room[256];
	settle_comment(decider);
	WHEN(dan, add_comment, .issue = SLICE("TLS-1"), .body = text_with(room, "log: @%", NOBODY));
	THEN(EVENT_COMMENT_ADDED);
	assert_int_equal(EVENT_BODY(0, comment_added)->mentions.n, 0);
	GIVEN(ada, remove_member, .member = cleo);
	WHEN(dan, add_comment, .issue = SLICE("TLS-1"), .body = text_with(room, "@%", CLEO));
	THEN(EVENT_COMMENT_ADDED);
	assert_int_equal(EVENT_BODY(0, comment_added)->mentions.n, 1);
	WHEN(dan, edit_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50),
	     .body = text_with(room, "@% left", CLEO));
	THEN(EVENT_COMMENT_EDITED);
	assert_int_equal(EVENT_BODY(0, comment_edited)->mentions.n, 1);
	WHEN(dan, edit_comment, .issue = SLICE("TLS-1"), .comment_id = id_of(50),
	     .body = text_with(room, "@%", NOBODY));
	THEN(EVENT_COMMENT_EDITED);
	assert_int_equal(EVENT_BODY(0, comment_edited)->mentions.n, 0);
}

static void a_comment_mentions_a_bounded_number_of_members(void **state)
{
	static char body[51 * (2 + UUID_TEXT)];
	struct decider *decider = *state;
	size_t n = 0;
	settle_comment(decider);
	for (uint64_t i = 0; i < 51; i++) {
		struct uuid id = id_of(10000 + i);
		GIVEN(ada, add_member, .has_member_id = true, .member_id = id,
		      .person = {.issuer = SLICE("x"), .subject = SLICE("y"), .name = SLICE("z")},
		      .role = ORG_ROLE_GUEST);
		memcpy(body + n, " @", 2);
		uuid_format(&id, body + n + 2);
		n += 2 + UUID_TEXT;
	}
	WHEN(dan, add_comment, .issue = SLICE("TLS-1"), .body = slice_of(body, n));
	THEN_REFUSED(TOO_MANY_MENTIONS, "/body");
	WHEN(dan, add_comment, .issue = SLICE("TLS-1"), .body = slice_of(body, n / 51 * 50));
	THEN(EVENT_COMMENT_ADDED);
	assert_int_equal(EVENT_BODY(0, comment_added)->mentions.n, 50);
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
	        ON_SETTLED(an_answer_belongs_to_the_thread_of_the_first_comment),
	        ON_SETTLED(an_answer_is_on_the_same_issue),
	        ON_SETTLED(a_comment_mentions_members_each_once),
	        ON_SETTLED(ids_of_nobody_are_text_and_former_members_are_mentioned),
	        ON_SETTLED(a_comment_mentions_a_bounded_number_of_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
