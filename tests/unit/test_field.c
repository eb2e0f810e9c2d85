#include <stdio.h>

#include "core/domain/issue_field.h"
#include "core/domain/project.h"
#include "tests/unit/fields.h"

static void an_added_field_is_told_with_all_of_it(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, add_field, FIELD("severity", SELECT), .required = true,
	     .description = SLICE("how bad"), .issue_types = LABELS(SLICE("task"), SLICE("bug")),
	     .options = OPTIONS(OPTION("low"), OPTION("high")),
	     .default_values = LABELS(SLICE("low")));
	THEN(EVENT_FIELD_ADDED);
	const struct field_added *added = EVENT_BODY(0, field_added);
	assert_slice(added->settings.name, "severity");
	assert_slice(added->settings.description, "how bad");
	assert_true(added->settings.required);
	assert_int_equal(added->settings.issue_types.n, 2);
	assert_slice(added->settings.default_values.items[0], "low");
	assert_int_equal(added->settings.position, 0);
	assert_int_equal(added->options.n, 2);
	WHEN(ben, add_field, FIELD("cost", NUMBER));
	THEN(EVENT_FIELD_ADDED);
	assert_int_equal(EVENT_BODY(0, field_added)->settings.position, 1);
	assert_int_equal(EVENT_BODY(0, field_added)->settings.issue_types.n, 0);
}

static void ids_names_and_types_of_fields_are_checked(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, add_field, FIELD("cost", NUMBER));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(ben, add_field, FIELD("Cost", NUMBER));
	THEN_REFUSED(BAD_ID, "/field");
	WHEN(ben, add_field, FIELD("labels", LABELS));
	THEN_REFUSED(ITEM_EXISTS, "/field");
	GIVEN(ben, add_field, FIELD("cost", NUMBER));
	WHEN(ben, add_field, FIELD("cost", TEXT));
	THEN_REFUSED(ITEM_EXISTS, "/field");
	WHEN(ben, add_field, .project = SLICE("TLS"), .field = SLICE("x"), .name = SLICE(" "),
	     .kind = FIELD_KIND_TEXT);
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, add_field, FIELD("x", TEXT), .description = SLICE("a\nb"));
	THEN_REFUSED(BAD_TEXT, "/description");
	WHEN(ben, add_field, FIELD("x", TEXT), .issue_types = LABELS(SLICE("wish")));
	THEN_REFUSED(UNKNOWN_TYPE, "/issue_types");
	WHEN(ben, add_field, FIELD("x", TEXT), .has_expected_version = true, .expected_version = 9);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, add_field, .project = SLICE("NONE"), .field = SLICE("x"), .name = SLICE("x"),
	     .kind = FIELD_KIND_TEXT);
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	GIVEN(ben, archive_project, .project = SLICE("TLS"));
	WHEN(ben, add_field, FIELD("x", TEXT));
	THEN_REFUSED(PROJECT_ARCHIVED, "/project");
}

static void options_are_those_of_a_select(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, add_field, FIELD("x", TEXT), .options = OPTIONS(OPTION("low")));
	THEN_REFUSED(BAD_CHANGE, "/options");
	WHEN(ben, add_field, FIELD("x", SELECT), .options = OPTIONS(OPTION("low"), OPTION("low")));
	THEN_REFUSED(ITEM_EXISTS, "/options");
	WHEN(ben, add_field, FIELD("x", SELECT), .options = OPTIONS(OPTION("Low")));
	THEN_REFUSED(BAD_ID, "/options");
	WHEN(ben, add_field, FIELD("x", SELECT),
	     .options = OPTIONS({SLICE("a"), SLICE(" "), false, {NULL, 0}}));
	THEN_REFUSED(BAD_TEXT, "/options");
	WHEN(ben, add_field, FIELD("x", SELECT), .options = OPTIONS(OPTION("a"), BELOW("b", "a")));
	THEN_REFUSED(BAD_CHANGE, "/options");
	WHEN(ben, add_field, FIELD("x", CASCADING_SELECT),
	     .options = OPTIONS(BELOW("b", "a"), OPTION("a")));
	THEN_REFUSED(UNKNOWN_OPTION, "/options");
	WHEN(ben, add_field, FIELD("x", CASCADING_SELECT),
	     .options = OPTIONS(OPTION("a"), BELOW("b", "a"), BELOW("c", "b")));
	THEN_REFUSED(UNKNOWN_OPTION, "/options");
	WHEN(ben, add_field, FIELD("x", CASCADING_SELECT),
	     .options = OPTIONS(OPTION("a"), BELOW("b", "a")));
	THEN(EVENT_FIELD_ADDED);
}

static void a_default_is_a_value_of_the_field(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, add_field, FIELD("x", NUMBER), .default_values = LABELS(SLICE("much")));
	THEN_REFUSED(BAD_FIELD_VALUE, "/default_values/0");
	WHEN(ben, add_field, FIELD("x", NUMBER), .default_values = LABELS(SLICE("1"), SLICE("2")));
	THEN_REFUSED(TOO_MANY, "/default_values");
	WHEN(ben, add_field, FIELD("x", SELECT), .options = OPTIONS(OPTION("a")),
	     .default_values = LABELS(SLICE("b")));
	THEN_REFUSED(UNKNOWN_OPTION, "/default_values/0");
	WHEN(ben, add_field, FIELD("x", NUMBER), .default_values = LABELS(SLICE("1.50")));
	THEN(EVENT_FIELD_ADDED);
	assert_slice(EVENT_BODY(0, field_added)->settings.default_values.items[0], "1.5");
}

static void values_are_told_before_and_after(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("cost", NUMBER));
	WHEN(cleo, create_issue, ISSUE("task", "one"), .fields = VALUES(VALUE("cost", "007.10")));
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_FIELDS_CHANGED);
	assert_int_equal(EVENT_BODY(1, issue_fields_changed)->changes.n, 1);
	assert_slice(CHANGE(1, 0).field, "cost");
	assert_int_equal(CHANGE(1, 0).kind, FIELD_KIND_NUMBER);
	assert_int_equal(CHANGE(1, 0).from.n, 0);
	assert_slice(CHANGE(1, 0).to.items[0], "7.1");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE("cost", "8")));
	THEN(EVENT_ISSUE_FIELDS_CHANGED);
	assert_slice(CHANGE(0, 0).from.items[0], "7.1");
	assert_slice(CHANGE(0, 0).to.items[0], "8");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE("cost", "8.00")));
	THEN_UNCHANGED();
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(NO_VALUE("cost")));
	THEN(EVENT_ISSUE_FIELDS_CHANGED);
	assert_slice(CHANGE(0, 0).from.items[0], "8");
	assert_int_equal(CHANGE(0, 0).to.n, 0);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(NO_VALUE("cost")));
	THEN_UNCHANGED();
}

static void a_paragraph_tells_only_the_text_after(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("notes", PARAGRAPH));
	GIVEN(cleo, create_issue, ISSUE("task", "one"));
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE("notes", "a\nb")));
	THEN(EVENT_ISSUE_FIELDS_CHANGED);
	assert_false(CHANGE(0, 0).has_previous_seq);
	int64_t seq = decider->seq;
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE("notes", "a\nb")));
	THEN_UNCHANGED();
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE("notes", "c")));
	THEN(EVENT_ISSUE_FIELDS_CHANGED);
	assert_int_equal(CHANGE(0, 0).from.n, 0);
	assert_int_equal(CHANGE(0, 0).previous_seq, seq);
	assert_slice(CHANGE(0, 0).to.items[0], "c");
}

static void values_go_to_fields_that_the_issue_can_have(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("cost", NUMBER), .issue_types = LABELS(SLICE("bug")));
	GIVEN(cleo, create_issue, ISSUE("task", "one"));
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE("cost", "1")));
	THEN_REFUSED(FIELD_CONTEXT, "/fields/0/field");
	WHEN(cleo, create_issue, ISSUE("task", "two"), .fields = VALUES(VALUE("cost", "1")));
	THEN_REFUSED(FIELD_CONTEXT, "/fields/0/field");
	WHEN(cleo, create_issue, ISSUE("bug", "two"),
	     .fields = VALUES(VALUE("cost", "1"), VALUE("price", "1")));
	THEN_REFUSED(UNKNOWN_FIELD, "/fields/1/field");
	WHEN(cleo, create_issue, ISSUE("bug", "two"),
	     .fields = VALUES(VALUE("cost", "1"), VALUE("cost", "2")));
	THEN_REFUSED(BAD_CHANGE, "/fields/1/field");
	WHEN(cleo, create_issue, ISSUE("bug", "two"), .fields = VALUES(VALUE("cost", "1")));
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_FIELDS_CHANGED);
}

static void a_required_field_is_asked_at_create_and_when_emptied(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("bug", "before"));
	GIVEN(ben, add_field, FIELD("cost", NUMBER), .required = true,
	      .issue_types = LABELS(SLICE("bug")));
	WHEN(cleo, create_issue, ISSUE("bug", "one"));
	THEN_REFUSED(FIELD_REQUIRED, "/fields");
	WHEN(cleo, create_issue, ISSUE("bug", "one"), .fields = VALUES(NO_VALUE("cost")));
	THEN_REFUSED(FIELD_REQUIRED, "/fields/0/values");
	WHEN(cleo, create_issue, ISSUE("task", "one"));
	THEN(EVENT_ISSUE_CREATED);
	GIVEN(cleo, create_issue, ISSUE("bug", "one"), .fields = VALUES(VALUE("cost", "1")));
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-3"), .fields = VALUES(NO_VALUE("cost")));
	THEN_REFUSED(FIELD_REQUIRED, "/fields/0/values");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true,
	     .summary = SLICE("still without"));
	THEN(EVENT_ISSUE_SUMMARY_CHANGED);
}

static void a_default_is_given_to_new_issues(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("cost", NUMBER), .required = true,
	      .default_values = LABELS(SLICE("5")));
	WHEN(cleo, create_issue, ISSUE("bug", "one"));
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_FIELDS_CHANGED);
	assert_slice(CHANGE(1, 0).to.items[0], "5");
	WHEN(cleo, create_issue, ISSUE("bug", "two"), .fields = VALUES(VALUE("cost", "6")));
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_FIELDS_CHANGED);
	assert_slice(CHANGE(1, 0).to.items[0], "6");
	WHEN(cleo, create_issue, ISSUE("bug", "three"), .fields = VALUES(NO_VALUE("cost")));
	THEN_REFUSED(FIELD_REQUIRED, "/fields/0/values");
}

static void a_default_member_who_left_is_not_given(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("tester", MEMBER), .default_values = LABELS(PERSON(CLEO)));
	GIVEN(ada, deactivate_member, .member = cleo);
	WHEN(ben, create_issue, ISSUE("bug", "one"));
	THEN(EVENT_ISSUE_CREATED);
}

static void a_clone_has_the_values(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("cost", NUMBER));
	GIVEN(ben, add_field, FIELD("notes", PARAGRAPH));
	GIVEN(ben, add_field, FIELD("testers", MEMBERS));
	GIVEN(cleo, create_issue, ISSUE("task", "one"),
	      .fields = VALUES(VALUE("cost", "1"), VALUE("notes", "text"),
	                       {SLICE("testers"), LABELS(PERSON(BEN), PERSON(DAN))}));
	int64_t seq = decider->seq;
	GIVEN(ada, deactivate_member, .member = dan);
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-1"));
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_FIELDS_CHANGED);
	assert_int_equal(EVENT_BODY(1, issue_fields_changed)->changes.n, 3);
	assert_slice(CHANGE(1, 0).to.items[0], "1");
	assert_int_equal(CHANGE(1, 1).to.n, 0);
	assert_int_equal(CHANGE(1, 1).text_seq, seq);
	assert_int_equal(CHANGE(1, 2).to.n, 1);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-2"), .fields = VALUES(VALUE("notes", "text")));
	THEN_UNCHANGED();
}

static void an_issue_has_so_many_bytes_in_its_fields(void **state)
{
	struct decider *decider = *state;
	char *text = malloc(FIELD_PARAGRAPH_MAX + 1), id[16];
	memset(text, 'x', FIELD_PARAGRAPH_MAX);
	GIVEN(cleo, create_issue, ISSUE("task", "one"));
	for (int i = 0; i < 5; i++) {
		snprintf(id, sizeof id, "notes%d", i);
		const struct slice values[] = {slice_of(text, FIELD_PARAGRAPH_MAX)};
		const struct field_value wish = {slice_str(id), {values, 1}};
		GIVEN(ben, add_field, .project = SLICE("TLS"), .field = slice_str(id),
		      .name = SLICE("x"), .kind = FIELD_KIND_PARAGRAPH);
		WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = {&wish, 1});
		if (i < 4)
			THEN(EVENT_ISSUE_FIELDS_CHANGED);
	}
	THEN_REFUSED(TOO_MANY, "/fields");
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE("notes0", "x")));
	const struct slice values[] = {slice_of(text, FIELD_PARAGRAPH_MAX)};
	const struct field_value wish = {SLICE("notes4"), {values, 1}};
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = {&wish, 1});
	THEN(EVENT_ISSUE_FIELDS_CHANGED);
	free(text);
}

static void bytes_of_removed_fields_do_not_count(void **state)
{
	struct decider *decider = *state;
	char *text = malloc(FIELD_PARAGRAPH_MAX), id[16];
	memset(text, 'x', FIELD_PARAGRAPH_MAX);
	const struct slice values[] = {slice_of(text, FIELD_PARAGRAPH_MAX)};
	GIVEN(cleo, create_issue, ISSUE("task", "one"));
	for (int i = 0; i < 6; i++) {
		snprintf(id, sizeof id, "notes%d", i);
		const struct field_value wish = {slice_str(id), {values, 1}};
		GIVEN(ben, add_field, .project = SLICE("TLS"), .field = slice_str(id),
		      .name = SLICE("x"), .kind = FIELD_KIND_PARAGRAPH);
		if (i >= 4)
			GIVEN(ben, remove_field, .project = SLICE("TLS"),
			      .field = i == 4 ? SLICE("notes0") : SLICE("notes1"),
			      .drop_values = true);
		WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = {&wish, 1});
		THEN(EVENT_ISSUE_FIELDS_CHANGED);
	}
	free(text);
}

static void a_project_has_so_many_fields(void **state)
{
	struct decider *decider = *state;
	char id[16];
	for (int i = 0; i < PROJECT_FIELDS_MAX; i++) {
		snprintf(id, sizeof id, "f%d", i);
		GIVEN(ben, add_field, .project = SLICE("TLS"), .field = slice_str(id),
		      .name = SLICE("x"), .kind = FIELD_KIND_TEXT);
	}
	WHEN(ben, add_field, FIELD("more", TEXT));
	THEN_REFUSED(TOO_MANY_ITEMS, "/field");
}

#define SINCE(version_, ...)                                                                       \
	.has_expected_version = true, .expected_version = version_,                                \
	.if_fields_unchanged = LABELS(__VA_ARGS__)

/* Versions of TLS-1: 1 created, 2 cost, 3 notes, 4 cost emptied, 5 size. */
static void an_edit_may_ask_that_custom_fields_are_unchanged(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("cost", NUMBER));
	GIVEN(ben, add_field, FIELD("notes", PARAGRAPH));
	GIVEN(ben, add_field, FIELD("size", TEXT));
	GIVEN(cleo, create_issue, ISSUE("task", "one"));
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE("cost", "8")));
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE("notes", "a")));
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE("cost", "9")),
	     SINCE(1, SLICE("size"), SLICE("cost")));
	THEN_REFUSED(VERSION_MISMATCH, "/if_fields_unchanged");
	assert_string_equal(decider->decision.detail, "'cost' (cost) has changed");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(NO_VALUE("cost")),
	     SINCE(2, SLICE("cost")));
	THEN(EVENT_ISSUE_FIELDS_CHANGED);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE("cost", "9")),
	     SINCE(3, SLICE("cost")));
	THEN_REFUSED(VERSION_MISMATCH, "/if_fields_unchanged");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE("notes", "b")),
	     SINCE(2, SLICE("notes")));
	THEN_REFUSED(VERSION_MISMATCH, "/if_fields_unchanged");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE("size", "b")),
	     SINCE(3, SLICE("size"), SLICE("notes")));
	THEN(EVENT_ISSUE_FIELDS_CHANGED);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true,
	     .summary = SLICE("two"), .if_unchanged = FIELDS(ISSUE_FIELD_SUMMARY),
	     SINCE(1, SLICE("size")));
	THEN_REFUSED(VERSION_MISMATCH, "/if_fields_unchanged");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true,
	     .summary = SLICE("two"), SINCE(5, SLICE("none")));
	THEN_REFUSED(UNKNOWN_FIELD, "/if_fields_unchanged");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true,
	     .summary = SLICE("two"), .if_fields_unchanged = LABELS(SLICE("cost")));
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true,
	     .summary = SLICE("two"), SINCE(6, SLICE("cost")));
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

/* It is neither counted nor cloned nor taken along. */
static void an_emptied_field_is_empty(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("cost", NUMBER));
	GIVEN(cleo, create_issue, ISSUE("task", "one"), .fields = VALUES(VALUE("cost", "8")));
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(NO_VALUE("cost")));
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-1"));
	THEN(EVENT_ISSUE_CREATED);
	GIVEN(ben, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"));
	WHEN(ben, move_issue, .issue = SLICE("TLS-1"), .project = SLICE("QUIC"));
	THEN(EVENT_ISSUE_MOVED);
	WHEN(ben, remove_field, .project = SLICE("TLS"), .field = SLICE("cost"));
	THEN(EVENT_FIELD_REMOVED);
}

/* Reads of rows of custom fields, through the state of the decider. */
static struct {
	struct tenant_state face;
	uint64_t reads;
} counted;

static bool is_of_fields(enum row_kind kind)
{
	return kind == ROW_FIELD || kind == ROW_FIELD_TEXTS || kind == ROW_FIELD_OPTION ||
	       kind == ROW_FIELD_VALUE;
}

static bool counting_get(const struct tenant_state *state, const struct row_key *key, void *row)
{
	counted.reads += is_of_fields(key->kind);
	return counted.face.get(state, key, row);
}

static bool counting_next(const struct tenant_state *state, struct row_key *key, bool backwards,
                          void *row)
{
	counted.reads += is_of_fields(key->kind);
	return counted.face.next(state, key, backwards, row);
}

static void commands_that_name_no_field_read_no_row_of_them(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("cost", NUMBER));
	GIVEN(ben, add_field, FIELD("level", SELECT), .options = OPTIONS(OPTION("low")));
	GIVEN(cleo, create_issue, ISSUE("bug", "one"),
	      .fields = VALUES(VALUE("cost", "1"), VALUE("level", "low")));
	counted.face = decider->state.face;
	counted.reads = 0;
	decider->state.face.get = counting_get;
	decider->state.face.next = counting_next;
	GIVEN(cleo, create_issue, ISSUE("bug", "two"));
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true,
	      .summary = SLICE("first"));
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"));
	GIVEN(cleo, assign_issue, .issue = SLICE("TLS-1"), .has_assignee = true, .assignee = cleo);
	GIVEN(cleo, rank_issue, .issue = SLICE("TLS-1"), .has_after = true,
	      .after = SLICE("TLS-2"));
	GIVEN(cleo, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("so"));
	GIVEN(cleo, delete_issue, .issue = SLICE("TLS-2"));
	assert_int_equal(counted.reads, 0);
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE("cost", "2")));
	assert_true(counted.reads > 0);
	decider->state.face = counted.face;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        DECIDES(an_added_field_is_told_with_all_of_it),
	        DECIDES(an_edit_may_ask_that_custom_fields_are_unchanged),
	        DECIDES(an_emptied_field_is_empty),
	        DECIDES(ids_names_and_types_of_fields_are_checked),
	        DECIDES(options_are_those_of_a_select),
	        DECIDES(a_default_is_a_value_of_the_field),
	        DECIDES(values_are_told_before_and_after),
	        DECIDES(a_paragraph_tells_only_the_text_after),
	        DECIDES(values_go_to_fields_that_the_issue_can_have),
	        DECIDES(a_required_field_is_asked_at_create_and_when_emptied),
	        DECIDES(a_default_is_given_to_new_issues),
	        DECIDES(a_default_member_who_left_is_not_given),
	        DECIDES(a_clone_has_the_values),
	        DECIDES(an_issue_has_so_many_bytes_in_its_fields),
	        DECIDES(bytes_of_removed_fields_do_not_count),
	        DECIDES(commands_that_name_no_field_read_no_row_of_them),
	        DECIDES(a_project_has_so_many_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
