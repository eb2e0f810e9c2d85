#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "core/codec/command_codec.h"
#include "core/codec/normal_text.h"
#include "generated/record_codec.h"
#include "tests/unit/record_oracle.h"

#define ROUNDS 200 /* of each type */

static char made_block[1 << 18] __attribute__((aligned(16)));
static char read_block[1 << 18] __attribute__((aligned(16)));

static struct command random_command(struct seed *seed, struct arena *arena, unsigned type)
{
	struct command command;
	memset(&command, 0, sizeof(command));
	command.type = (enum command_type)type;
	random_record(seed, &command_records[type], arena, &command);
	return command;
}

static void what_we_encode_avro_c_reads_and_the_reverse(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	struct buf ours = {0}, theirs = {0}, again = {0};
	for (unsigned type = 0; type < COMMAND_TYPES; type++) {
		avro_schema_t schema = oracle_schema(command_types[type].avro);
		for (unsigned round = 0; round < ROUNDS; round++) {
			struct arena made, read;
			struct command decoded;
			struct error err;
			arena_init(&made, made_block, sizeof(made_block));
			arena_init(&read, read_block, sizeof(read_block));
			struct command command = random_command(&seed, &made, type);
			ours.n = theirs.n = again.n = 0;
			command_encode(&command, &ours);
			oracle_assert_reads(schema, buf_slice(&ours), &command_records[type],
			                    &command);
			oracle_encode(schema, &command_records[type], &command, &theirs);
			if (command_decode(command.type, buf_slice(&theirs), &read, &decoded, &err))
				fail_msg("%s", err.text);
			command_encode(&decoded, &again);
			assert_true(slice_equal(buf_slice(&again), buf_slice(&ours)));
		}
		avro_schema_decref(schema);
	}
	buf_release(&ours);
	buf_release(&theirs);
	buf_release(&again);
}

static void a_command_printed_as_json_is_read_back_equal(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	struct buf json = {0}, before = {0}, after = {0};
	for (unsigned round = 0; round < ROUNDS * COMMAND_TYPES; round++) {
		struct arena made, read;
		struct command decoded;
		struct command_faults faults;
		struct json_out out;
		arena_init(&made, made_block, sizeof(made_block));
		arena_init(&read, read_block, sizeof(read_block));
		struct command command = random_command(&seed, &made, round % COMMAND_TYPES);
		json.n = before.n = after.n = 0;
		json_out_init(&out, &json);
		command_json(&command, &out);
		json_t *object = json_loadb(json.data, json.n, 0, NULL);
		assert_non_null(object);
		if (command_read_json(command.type, object, &read, &decoded, &faults))
			fail_msg("%s: %s in %s", faults.items[0].pointer, faults.items[0].reason,
			         buf_cstr(&json));
		command_encode(&command, &before);
		command_encode(&decoded, &after);
		assert_true(slice_equal(buf_slice(&before), buf_slice(&after)));
		json_decref(object);
	}
	buf_release(&json);
	buf_release(&before);
	buf_release(&after);
}

/* Read @text; the faults are printed into @out as "pointer: reason" lines. */
static enum status read_text(enum command_type type, const char *text, struct buf *out)
{
	struct arena arena;
	struct command command;
	struct command_faults faults;
	json_error_t error;
	json_t *object = json_loads(text, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
	if (!object)
		fail_msg("%s in %s", error.text, text);
	arena_init(&arena, read_block, sizeof(read_block));
	enum status status = command_read_json(type, object, &arena, &command, &faults);
	out->n = 0;
	for (unsigned i = 0; i < faults.n; i++)
		buf_printf(out, "%s: %s\n", faults.items[i].pointer, faults.items[i].reason);
	json_decref(object);
	return status;
}

static void assert_faults(enum command_type type, const char *text, const char *expected)
{
	struct buf out = {0};
	assert_int_equal(read_text(type, text, &out), expected[0] ? STATUS_INVALID : STATUS_OK);
	assert_string_equal(buf_cstr(&out), expected);
	buf_release(&out);
}

static void absent_members_take_their_default(void **state)
{
	(void)state;
	struct arena arena;
	struct command command;
	struct command_faults faults;
	json_t *object =
	        json_pack("{s:s,s:s,s:n}", "project", "TLS", "summary", "Handshake", "assignee");
	arena_init(&arena, read_block, sizeof(read_block));
	assert_int_equal(command_read_json(COMMAND_CREATE_ISSUE, object, &arena, &command, &faults),
	                 STATUS_OK);
	assert_int_equal(command.type, COMMAND_CREATE_ISSUE);
	assert_true(slice_is(command.create_issue.project, "TLS"));
	assert_int_equal(command.create_issue.type.n, 0);
	assert_int_equal(command.create_issue.description.n, 0);
	assert_int_equal(command.create_issue.labels.n, 0);
	assert_false(command.create_issue.has_assignee);
	assert_false(command.create_issue.has_due_on);
	json_decref(object);
}

static void all_faults_of_a_body_are_reported(void **state)
{
	(void)state;
	assert_faults(COMMAND_CREATE_ISSUE,
	              "{\"project\":\"\",\"type\":7,\"labels\":[\"a\",\"b\",1,\"\\u0007\"],"
	              "\"due_on\":\"2026-02-30\",\"assignee\":\"ada\",\"colour\":\"red\","
	              "\"a/b~c\":null,\"description\":null}",
	              "/project: must not be empty\n"
	              "/type: must be a string\n"
	              "/summary: is missing\n"
	              "/description: must be a string\n"
	              "/assignee: must be a UUID, like 018f4e3a-5c1d-7b2e-9a60-3f2b1c0d4e5f\n"
	              "/labels/2: must be a string\n"
	              "/labels/3: must not contain the control character U+0007\n"
	              "/due_on: must be a day that exists, like 2026-11-30\n"
	              "/colour: is not a member of CreateIssue\n"
	              "/a~1b~0c: is not a member of CreateIssue\n");
}

static void faults_within_a_member_have_its_pointer(void **state)
{
	(void)state;
	assert_faults(COMMAND_ADD_MEMBER,
	              "{\"person\":{\"issuer\":\"nexusflow\",\"subject\":1,\"x\":2},"
	              "\"role\":\"king\"}",
	              "/person/subject: must be a string\n"
	              "/person/name: is missing\n"
	              "/person/x: is not a member of Person\n"
	              "/role: must be one of owner, admin, member, guest\n");
	assert_faults(COMMAND_ADD_MEMBER, "{\"person\":[],\"role\":\"unknown\"}",
	              "/person: must be an object\n"
	              "/role: must be one of owner, admin, member, guest\n");
	assert_faults(COMMAND_ADD_MEMBER, "[]", ": must be an object\n");
	assert_faults(COMMAND_ADD_MEMBER, "null", ": must be an object\n");
}

static void numbers_keep_their_range(void **state)
{
	(void)state;
	const char *least = "/expected_version: must be at least 1\n";
	const char *whole = "/expected_version: must be an integer\n";
	assert_faults(COMMAND_ASSIGN_ISSUE, "{\"issue\":\"A-1\",\"expected_version\":1}", "");
	assert_faults(COMMAND_ASSIGN_ISSUE, "{\"issue\":\"A-1\",\"expected_version\":0}", least);
	assert_faults(COMMAND_ASSIGN_ISSUE,
	              "{\"issue\":\"A-1\",\"expected_version\":-9223372036854775808}", least);
	assert_faults(COMMAND_ASSIGN_ISSUE, "{\"issue\":\"A-1\",\"expected_version\":1.5}", whole);
	assert_faults(COMMAND_ASSIGN_ISSUE, "{\"issue\":\"A-1\",\"expected_version\":\"1\"}",
	              whole);
	assert_faults(COMMAND_ASSIGN_ISSUE, "{\"issue\":\"A-1\",\"expected_version\":true}", whole);
}

static void lengths_are_counted_in_characters(void **state)
{
	(void)state;
	struct buf body = {0};
	for (unsigned n = 255; n <= 256; n++) {
		body.n = 0;
		buf_append_str(&body, "{\"project\":\"TLS\",\"summary\":\"");
		for (unsigned i = 0; i < n; i++)
			buf_append_str(&body, "\u20ac");
		buf_append_str(&body, "\"}");
		assert_faults(COMMAND_CREATE_ISSUE, buf_cstr(&body),
		              n == 255 ? ""
		                       : "/summary: must have at most 255 characters, has 256\n");
	}
	assert_faults(COMMAND_CREATE_PROJECT, "{\"key\":\"A\",\"name\":\"x\"}",
	              "/key: must have at least 2 characters, has 1\n");
	buf_release(&body);
}

static void only_long_texts_may_have_lines(void **state)
{
	(void)state;
	assert_faults(COMMAND_ADD_COMMENT, "{\"issue\":\"A-1\",\"body\":\"a\\n\\tb\\r\\n\"}", "");
	assert_faults(COMMAND_ADD_COMMENT, "{\"issue\":\"A\\n\",\"body\":\"a\\u0000b\"}",
	              "/issue: must not contain the control character U+000A\n"
	              "/body: must not contain the control character U+0000\n");
	assert_faults(COMMAND_ADD_COMMENT, "{\"issue\":\"A\\u007f\",\"body\":\"a\\u0085\"}",
	              "/issue: must not contain the control character U+007F\n"
	              "/body: must not contain the control character U+0085\n");
}

static struct slice summary_of(struct arena *arena, const char *text)
{
	struct command command;
	struct command_faults faults;
	json_t *object = json_pack("{s:s,s:s}", "issue", "A-1", "summary", text);
	if (command_read_json(COMMAND_EDIT_ISSUE, object, arena, &command, &faults))
		fail_msg("%s: %s", text, faults.items[0].reason);
	struct slice summary = arena_copy(arena, command.edit_issue.summary);
	json_decref(object);
	return summary;
}

static void two_spellings_of_a_text_are_one(void **state)
{
	(void)state;
	static const char *const spellings[][2] = {
	        {"cafe\u0301", "caf\u00e9"}, {"\u1100\u1161\u11a8", "\uac01"},
	        {"\u212b", "\u00c5"},        {"q\u0307\u0323", "q\u0323\u0307"},
	        {"\u0958", "\u0915\u093c"}, /* longer composed: it is never composed again */
	        {"\u0344", "\u0308\u0301"},  {"\u4e16\u754c", "\u4e16\u754c"},
	        {"\uf900", "\u8c48"},
	};
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		struct arena arena;
		arena_init(&arena, read_block, sizeof(read_block));
		assert_true(slice_is(summary_of(&arena, spellings[i][0]), spellings[i][1]));
		assert_true(slice_is(summary_of(&arena, spellings[i][1]), spellings[i][1]));
	}
}

static void a_text_is_counted_in_the_form_that_is_kept(void **state)
{
	(void)state;
	for (unsigned n = 255; n <= 256; n++) {
		struct buf body = {0};
		buf_append_str(&body, "{\"project\":\"TLS\",\"summary\":\"");
		for (unsigned i = 0; i < n; i++)
			buf_append_str(&body, "e\u0301");
		buf_append_str(&body, "\"}");
		assert_faults(COMMAND_CREATE_ISSUE, buf_cstr(&body),
		              n == 255 ? ""
		                       : "/summary: must have at most 255 characters, has 256\n");
		buf_release(&body);
	}
}

static void what_others_have_named_is_kept_as_it_is(void **state)
{
	(void)state;
	struct arena arena;
	struct command command;
	struct command_faults faults;
	json_t *object = json_pack("{s:{s:s,s:s,s:s},s:s}", "person", "issuer", "e\u0301",
	                           "subject", "e\u0301\u200b", "name", "e\u0301", "role", "guest");
	arena_init(&arena, read_block, sizeof(read_block));
	assert_int_equal(command_read_json(COMMAND_ADD_MEMBER, object, &arena, &command, &faults),
	                 STATUS_OK);
	assert_true(slice_is(command.add_member.person.issuer, "e\u0301"));
	assert_true(slice_is(command.add_member.person.subject, "e\u0301\u200b"));
	assert_true(slice_is(command.add_member.person.name, "\u00e9"));
	json_decref(object);
}

static void names_hide_no_characters(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned hidden; /* 0: none */
	} names[] = {
	        {"a\u202eb", 0x202e},
	        {"\u2066a\u2069", 0x2066},
	        {"a\u200b", 0x200b},
	        {"\ufeffa", 0xfeff},
	        {"a\u00adb", 0xad},
	        {"a\u2028b", 0x2028},
	        {"a\u061c", 0x61c},
	        {"\u3164", 0x3164},
	        {"a\u200db", 0x200d},
	        {"\u200c\u0646", 0x200c},
	        {"\u0646\u200c\u200c\u0646", 0x200c},
	        {"\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", 0}, /* Persian */
	        {"\u0995\u09cd\u200d\u09b7", 0},                         /* Bengali */
	        {"\U0001f469\u200d\U0001f4bb", 0},                       /* an emoji of two */
	        {"\u05e9\u05dc\u05d5\u05dd 12", 0},
	        {"\u2764\ufe0f", 0},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct buf body = {0}, expected = {0};
		buf_printf(&body,
		           "{\"team\":\"018f4e3a-5c1d-7b2e-9a60-3f2b1c0d4e5f\","
		           "\"name\":\"%s\"}",
		           names[i].name);
		if (names[i].hidden)
			buf_printf(&expected,
			           "/name: must not contain the invisible character U+%04X "
			           "here\n",
			           names[i].hidden);
		assert_faults(COMMAND_RENAME_TEAM, buf_cstr(&body), buf_cstr(&expected));
		buf_release(&body);
		buf_release(&expected);
	}
	assert_faults(COMMAND_ADD_COMMENT, "{\"issue\":\"A-1\",\"body\":\"a\u202eb\"}", "");
}

static void marks_in_a_row_are_limited(void **state)
{
	(void)state;
	for (unsigned n = NORMAL_MARKS_MAX; n <= NORMAL_MARKS_MAX + 1; n++) {
		struct buf body = {0};
		buf_append_str(&body, "{\"issue\":\"A-1\",\"body\":\"a");
		for (unsigned i = 0; i < n; i++)
			buf_append_str(&body, i % 2 ? "\u0316" : "\u0307");
		buf_append_str(&body, "\"}");
		assert_faults(COMMAND_ADD_COMMENT, buf_cstr(&body),
		              n == NORMAL_MARKS_MAX
		                      ? ""
		                      : "/body: must not have more than 30 combining marks in "
		                        "a row\n");
		buf_release(&body);
	}
}

/* The room that is promised is enough for the worst text, and what is normal stays so. */
static void a_normal_text_is_its_own_normal_form(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	static const char *const parts[] = {"\u01d5", "e",      "\u0301", "\u0323",    "\u1100",
	                                    "\u1161", "\u11a8", "\u0958", "\u1f82",    "\u0344",
	                                    "\u4e16", "\uf900", "\u212b", "\U0001d15e"};
	for (unsigned round = 0; round < 2000; round++) {
		char text[256] = "";
		struct arena arena;
		struct slice once, twice;
		for (uint64_t i = seed_below(&seed, 30); i > 0; i--)
			strcat(text, parts[seed_below(&seed, 14)]);
		arena_init(&arena, read_block, NORMAL_TEXT_ROOM(strlen(text)));
		assert_int_equal(normal_text(slice_str(text), &arena, &once), STATUS_OK);
		arena_init(&arena, made_block, NORMAL_TEXT_ROOM(once.n));
		assert_int_equal(normal_text(once, &arena, &twice), STATUS_OK);
		assert_ptr_equal(once.data, twice.data);
		assert_int_equal(once.n, twice.n);
	}
}

static void too_many_items_are_one_fault(void **state)
{
	(void)state;
	struct buf body = {0};
	buf_append_str(&body, "{\"issue\":\"A-1\",\"add\":[1");
	for (unsigned i = 0; i < 100; i++)
		buf_append_str(&body, ",1");
	buf_append_str(&body, "]}");
	assert_faults(COMMAND_LABEL_ISSUE, buf_cstr(&body),
	              "/add: must have at most 100 items, has 101\n");
	buf_release(&body);
}

static void faults_beyond_the_limit_are_counted(void **state)
{
	(void)state;
	struct arena arena;
	struct command command;
	struct command_faults faults;
	struct buf body = {0};
	buf_append_str(&body, "{\"issue\":\"A-1\",\"add\":[1");
	for (unsigned i = 0; i < 49; i++)
		buf_append_str(&body, ",1");
	buf_append_str(&body, "]}");
	json_t *object = json_loadb(body.data, body.n, 0, NULL);
	arena_init(&arena, read_block, sizeof(read_block));
	assert_int_equal(command_read_json(COMMAND_LABEL_ISSUE, object, &arena, &command, &faults),
	                 STATUS_INVALID);
	assert_int_equal(faults.n, COMMAND_FAULTS_MAX);
	assert_int_equal(faults.more, 50 - COMMAND_FAULTS_MAX);
	assert_string_equal(faults.items[15].pointer, "/add/15");
	json_decref(object);
	buf_release(&body);
}

static void a_member_name_of_any_length_has_a_pointer(void **state)
{
	(void)state;
	struct arena arena;
	struct command command;
	struct command_faults faults;
	for (unsigned n = 1; n < 400; n += 1) {
		char name[1700] = "";
		for (unsigned i = 0; i < n; i++)
			strcat(name, n % 3 == 0 ? "/" : n % 3 == 1 ? "\U0001f600" : "x");
		json_t *object = json_pack("{s:s,s:s}", "issue", "A-1", name, "");
		arena_init(&arena, read_block, sizeof(read_block));
		assert_int_equal(
		        command_read_json(COMMAND_ASSIGN_ISSUE, object, &arena, &command, &faults),
		        STATUS_INVALID);
		assert_int_equal(faults.n, 1);
		json_t *text = json_string(faults.items[0].pointer); /* NULL unless UTF-8 */
		assert_non_null(text);
		json_decref(text);
		json_decref(object);
	}
}

static void a_small_arena_is_told_apart_from_a_fault(void **state)
{
	(void)state;
	struct arena arena;
	struct command command;
	struct command_faults faults;
	json_t *object = json_pack("{s:s,s:[s,s,s]}", "issue", "A-1", "add", "a", "b", "c");
	arena_init(&arena, read_block, 32);
	assert_int_equal(command_read_json(COMMAND_LABEL_ISSUE, object, &arena, &command, &faults),
	                 STATUS_FULL);
	json_decref(object);
}

static void every_command_is_described_as_json_schema(void **state)
{
	(void)state;
	for (unsigned type = 0; type < COMMAND_TYPES; type++) {
		const struct command_type_info *info = &command_types[type];
		json_t *schema = json_loads(info->schema, 0, NULL);
		json_t *properties = json_object_get(schema, "properties");
		const struct record_desc *record = &command_records[type];
		assert_non_null(schema);
		assert_string_equal(info->name, command_type_name((enum command_type)type));
		assert_string_equal(json_string_value(json_object_get(schema, "title")),
		                    info->name);
		assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
		assert_int_equal(json_object_size(properties), record->n);
		for (uint32_t i = 0; i < record->n; i++) {
			json_t *property = json_object_get(properties, record->fields[i].name);
			assert_non_null(
			        json_string_value(json_object_get(property, "description")));
		}
		json_decref(schema);
	}
	json_t *schema = json_loads(command_types[COMMAND_CREATE_ISSUE].schema, 0, NULL);
	json_t *properties = json_object_get(schema, "properties");
	json_t *summary = json_object_get(properties, "summary");
	json_t *labels = json_object_get(properties, "labels");
	assert_int_equal(json_integer_value(json_object_get(summary, "maxLength")), 255);
	assert_int_equal(json_integer_value(json_object_get(labels, "maxItems")), 100);
	assert_int_equal(json_array_size(json_object_get(schema, "required")), 2);
	json_decref(schema);
}

static void names_and_symbols_are_found_and_others_are_not(void **state)
{
	(void)state;
	enum command_type type = COMMAND_ADD_COMMENT;
	enum org_role role = ORG_ROLE_UNKNOWN;
	assert_true(command_type_parse(SLICE("UnlinkIssues"), &type));
	assert_int_equal(type, COMMAND_UNLINK_ISSUES);
	assert_false(command_type_parse(SLICE("unlinkissues"), &type));
	assert_false(command_type_parse(SLICE("UnlinkIssues "), &type));
	assert_false(command_type_parse(SLICE(""), &type));
	assert_int_equal(type, COMMAND_UNLINK_ISSUES);
	assert_true(org_role_parse(SLICE("guest"), &role));
	assert_int_equal(role, ORG_ROLE_GUEST);
	assert_string_equal(org_role_symbol(ORG_ROLE_OWNER), "owner");
	assert_string_equal(org_role_symbol((enum org_role)99), "unknown");
}

static void a_body_cut_or_followed_by_more_is_malformed(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	struct buf body = {0};
	for (unsigned type = 0; type < COMMAND_TYPES; type++) {
		struct arena made, read;
		struct command decoded;
		struct error err;
		arena_init(&made, made_block, sizeof(made_block));
		struct command command = random_command(&seed, &made, type);
		body.n = 0;
		command_encode(&command, &body);
		for (size_t n = 0; n < body.n; n++) {
			char *cut = malloc(n + 1);
			memcpy(cut + 1, body.data, n);
			arena_init(&read, read_block, sizeof(read_block));
			assert_int_equal(command_decode(command.type, slice_of(cut + 1, n), &read,
			                                &decoded, &err),
			                 STATUS_MALFORMED);
			free(cut);
		}
		buf_append_char(&body, 0);
		arena_init(&read, read_block, sizeof(read_block));
		assert_int_equal(
		        command_decode(command.type, buf_slice(&body), &read, &decoded, &err),
		        STATUS_MALFORMED);
	}
	buf_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_we_encode_avro_c_reads_and_the_reverse),
	        cmocka_unit_test(a_command_printed_as_json_is_read_back_equal),
	        cmocka_unit_test(absent_members_take_their_default),
	        cmocka_unit_test(all_faults_of_a_body_are_reported),
	        cmocka_unit_test(faults_within_a_member_have_its_pointer),
	        cmocka_unit_test(numbers_keep_their_range),
	        cmocka_unit_test(lengths_are_counted_in_characters),
	        cmocka_unit_test(only_long_texts_may_have_lines),
	        cmocka_unit_test(two_spellings_of_a_text_are_one),
	        cmocka_unit_test(a_text_is_counted_in_the_form_that_is_kept),
	        cmocka_unit_test(what_others_have_named_is_kept_as_it_is),
	        cmocka_unit_test(names_hide_no_characters),
	        cmocka_unit_test(marks_in_a_row_are_limited),
	        cmocka_unit_test(a_normal_text_is_its_own_normal_form),
	        cmocka_unit_test(too_many_items_are_one_fault),
	        cmocka_unit_test(faults_beyond_the_limit_are_counted),
	        cmocka_unit_test(a_member_name_of_any_length_has_a_pointer),
	        cmocka_unit_test(a_small_arena_is_told_apart_from_a_fault),
	        cmocka_unit_test(every_command_is_described_as_json_schema),
	        cmocka_unit_test(names_and_symbols_are_found_and_others_are_not),
	        cmocka_unit_test(a_body_cut_or_followed_by_more_is_malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
