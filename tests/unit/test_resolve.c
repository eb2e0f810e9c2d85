#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>

#include "core/codec/event_codec.h"
#include "core/codec/resolve.h"
#include "core/codec/schema_table.h"
#include "generated/record_codec.h"
#include "tests/unit/record_oracle.h"

static char made_block[1 << 18] __attribute__((aligned(16)));
static char read_block[1 << 18] __attribute__((aligned(16)));

/* What today's program knows. */
enum colour { COLOUR_UNKNOWN, COLOUR_RED, COLOUR_GREEN, COLOUR_BLUE };

struct thing {
	int64_t count;
	double ratio;
	struct slice text;
	bool has_note;
	struct slice note;
	enum colour colour;
	struct slice_array tags;
	bool flag;
	int32_t day;
};

static const char *const colours[] = {"unknown", "red", "green", "blue"};
static const struct enum_desc colour_enum = {"Colour", colours, 4};

#define AT(member) .offset = offsetof(struct thing, member)
static const struct field_desc thing_fields[] = {
        {.name = "count",
         .type = FIELD_LONG,
         AT(count),
         .size = 8,
         .absent = DEFAULT_VALUE,
         .default_int = -7},
        {.name = "ratio",
         .type = FIELD_DOUBLE,
         AT(ratio),
         .size = 8,
         .absent = DEFAULT_VALUE,
         .default_double = 0.5},
        {.name = "text",
         .type = FIELD_STRING,
         AT(text),
         .size = sizeof(struct slice),
         .absent = DEFAULT_VALUE,
         .default_string = {"medium", 6}},
        {.name = "note",
         .type = FIELD_STRING,
         AT(note),
         .size = sizeof(struct slice),
         .optional = true,
         .has_offset = offsetof(struct thing, has_note),
         .absent = DEFAULT_ZERO},
        {.name = "colour",
         .type = FIELD_ENUM,
         AT(colour),
         .size = 4,
         .symbols = &colour_enum,
         .absent = DEFAULT_VALUE,
         .default_int = COLOUR_BLUE},
        {.name = "tags",
         .type = FIELD_STRING,
         AT(tags),
         .size = sizeof(struct slice),
         .array = true,
         .absent = DEFAULT_ZERO},
        {.name = "flag",
         .type = FIELD_BOOLEAN,
         AT(flag),
         .size = 1,
         .absent = DEFAULT_VALUE,
         .default_int = 1},
        {.name = "day",
         .type = FIELD_DATE,
         AT(day),
         .size = 4,
         .absent = DEFAULT_VALUE,
         .default_int = 20000},
};
static const struct record_desc thing_record = {"Thing", thing_fields, 8, sizeof(struct thing)};

/* Read @body, written with a record of @fields, as a struct thing. */
static bool resolve(const char *fields, struct slice body, struct thing *out, struct wire_in *in)
{
	static struct arena arena;
	struct buf text = {0};
	char *exact = malloc(body.n ? body.n : 1);
	memcpy(exact, body.data, body.n);
	buf_printf(&text, "{\"type\":\"record\",\"name\":\"Thing\",\"fields\":[%s]}", fields);
	avro_schema_t schema = oracle_schema(buf_cstr(&text));
	arena_init(&arena, read_block, sizeof(read_block));
	wire_init(in, slice_of(exact, body.n), &arena);
	memset(out, 0, sizeof(*out));
	bool done = record_resolve(in, schema, &thing_record, out) && wire_end(in);
	if (done && out->text.n) /* outlives the bytes that are freed here */
		out->text = arena_copy(&arena, out->text);
	avro_schema_decref(schema);
	buf_release(&text);
	free(exact);
	return done;
}

static void accept(const char *fields, struct slice body, struct thing *out)
{
	struct wire_in in;
	if (!resolve(fields, body, out, &in))
		fail_msg("%s: %s", in.field, in.problem);
}

static void refuse(const char *fields, struct slice body, const char *problem)
{
	struct wire_in in;
	struct thing thing;
	if (resolve(fields, body, &thing, &in))
		fail_msg("%s with %s was read", problem, fields);
	if (!strstr(in.problem, problem))
		fail_msg("'%s' instead of '%s'", in.problem, problem);
}

#define COUNT "{\"name\":\"count\",\"type\":\"long\"}"

static void fields_that_the_writer_had_not_take_the_default(void **state)
{
	(void)state;
	struct thing thing;
	accept(COUNT, SLICE("\x06"), &thing);
	assert_int_equal(thing.count, 3);
	assert_true(thing.ratio == 0.5);
	assert_true(slice_is(thing.text, "medium"));
	assert_false(thing.has_note);
	assert_int_equal(thing.colour, COLOUR_BLUE);
	assert_int_equal(thing.tags.n, 0);
	assert_true(thing.flag);
	assert_int_equal(thing.day, 20000);
}

static void a_field_without_default_must_have_been_written(void **state)
{
	(void)state;
	struct event event = {.type = EVENT_ORGANIZATION_CREATED};
	struct wire_in in;
	struct arena arena;
	avro_schema_t schema = oracle_schema("{\"type\":\"record\",\"name\":\"X\",\"fields\":[{"
	                                     "\"name\":\"name\",\"type\":\"string\"}]}");
	arena_init(&arena, read_block, sizeof(read_block));
	wire_init(&in, SLICE("\x02x"), &arena);
	assert_false(record_resolve(&in, schema, &event_records[event.type], &event));
	assert_string_equal(in.field, "meta");
	assert_non_null(strstr(in.problem, "no default"));
	avro_schema_decref(schema);
}

static void enums_go_by_symbol(void **state)
{
	(void)state;
	struct thing thing;
	const char *fields = "{\"name\":\"colour\",\"type\":{\"type\":\"enum\",\"name\":\"Colour\","
	                     "\"symbols\":[\"green\",\"mauve\",\"unknown\",\"red\"]}}";
	accept(fields, SLICE("\x00"), &thing);
	assert_int_equal(thing.colour, COLOUR_GREEN);
	accept(fields, SLICE("\x06"), &thing);
	assert_int_equal(thing.colour, COLOUR_RED);
	accept(fields, SLICE("\x02"), &thing); /* a symbol that was removed */
	assert_int_equal(thing.colour, COLOUR_UNKNOWN);
	refuse(fields, SLICE("\x08"), "an index out of range");
	refuse(fields, SLICE("\x01"), "an index out of range");
}

static void numbers_widen(void **state)
{
	(void)state;
	struct thing thing;
	accept("{\"name\":\"ratio\",\"type\":\"int\"},{\"name\":\"count\",\"type\":\"int\"}",
	       SLICE("\x05\x06"), &thing);
	assert_true(thing.ratio == -3.0);
	assert_int_equal(thing.count, 3);
	accept("{\"name\":\"ratio\",\"type\":\"float\"}", slice_of("\0\0\x20\x40", 4), &thing);
	assert_true(thing.ratio == 2.5);
	accept("{\"name\":\"ratio\",\"type\":\"long\"}", SLICE("\x80\x01"), &thing);
	assert_true(thing.ratio == 64.0);
	refuse("{\"name\":\"day\",\"type\":\"long\"}", SLICE("\x02"), "another type");
	refuse("{\"name\":\"count\",\"type\":\"string\"}", SLICE("\x02x"), "another type");
}

static void a_value_and_an_optional_value_convert(void **state)
{
	(void)state;
	struct thing thing;
	const char *nullable = "{\"name\":\"text\",\"type\":[\"null\",\"string\"]}";
	accept("{\"name\":\"note\",\"type\":\"string\"}", SLICE("\x02x"), &thing);
	assert_true(thing.has_note);
	assert_int_equal(thing.note.n, 1);
	accept("{\"name\":\"note\",\"type\":[\"string\",\"null\"]}", SLICE("\x02"), &thing);
	assert_false(thing.has_note);
	accept(nullable, SLICE("\x02\x02x"), &thing);
	assert_true(slice_is(thing.text, "x"));
	refuse(nullable, SLICE("\x00"), "null, and it must not be");
	accept("{\"name\":\"text\",\"type\":\"bytes\"}", SLICE("\x02x"), &thing);
	assert_true(slice_is(thing.text, "x"));
	refuse("{\"name\":\"text\",\"type\":\"bytes\"}", SLICE("\x02\xff"), "not UTF-8");
}

static void removed_fields_of_every_type_are_skipped(void **state)
{
	(void)state;
	struct thing thing;
	accept("{\"name\":\"a\",\"type\":\"null\"},{\"name\":\"b\",\"type\":\"boolean\"},"
	       "{\"name\":\"c\",\"type\":\"long\"},{\"name\":\"d\",\"type\":\"float\"},"
	       "{\"name\":\"e\",\"type\":\"double\"},{\"name\":\"f\",\"type\":\"bytes\"},"
	       "{\"name\":\"g\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}},"
	       "{\"name\":\"h\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"x\","
	       "\"y\"]}},"
	       "{\"name\":\"i\",\"type\":[\"null\",\"string\",\"F\"]},"
	       "{\"name\":\"j\",\"type\":{\"type\":\"array\",\"items\":\"string\"}},"
	       "{\"name\":\"k\",\"type\":{\"type\":\"map\",\"values\":\"int\"}},"
	       "{\"name\":\"l\",\"type\":{\"type\":\"record\",\"name\":\"R\",\"fields\":["
	       "{\"name\":\"m\",\"type\":\"F\"}]}}," COUNT,
	       SLICE("\x01\x80\x01"
	             "dddd"
	             "eeeeeeee"
	             "\x04"
	             "ff"
	             "ggg"
	             "\x02"
	             "\x04iii"
	             "\x02\x02j\x01\x04\x02j\x00"
	             "\x02\x02k\x08\x00"
	             "mmm"
	             "\x54"),
	       &thing);
	assert_int_equal(thing.count, 42);
}

static void hostile_bytes_in_removed_fields_are_refused(void **state)
{
	(void)state;
	const char *nulls = "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":\"null\"}}";
	const char *nested = "{\"name\":\"a\",\"type\":{\"type\":\"record\",\"name\":\"N\","
	                     "\"fields\":[{\"name\":\"n\",\"type\":[\"null\",\"N\"]}]}}";
	char deep[1000];
	refuse(nulls, SLICE("\x80\x80\x80\x80\x10\x00"), "more items than bytes");
	refuse(nulls, SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"), "without length");
	refuse("{\"name\":\"a\",\"type\":\"string\"}", SLICE("\x01"), "a negative length");
	refuse("{\"name\":\"a\",\"type\":\"bytes\"}", SLICE("\xfe\xff\xff\xff\x0f"),
	       "beyond the end");
	refuse("{\"name\":\"a\",\"type\":[\"null\",\"int\"]}", SLICE("\x04"), "out of range");
	refuse("{\"name\":\"a\",\"type\":\"double\"}", SLICE("1234567"), "end within");
	memset(deep, 2, sizeof(deep));
	refuse(nested, slice_of(deep, sizeof(deep)), "nested too deeply");
}

static void arrays_of_older_records_are_bounded(void **state)
{
	(void)state;
	struct thing thing;
	const char *tags = "{\"name\":\"tags\",\"type\":{\"type\":\"array\",\"items\":\"string\"}}";
	accept(tags,
	       SLICE("\x04\x02"
	             "a\x02"
	             "b\x00"),
	       &thing);
	assert_int_equal(thing.tags.n, 2);
	refuse(tags, SLICE("\x80\x80\x80\x80\x10"), "more items than bytes");
	refuse(tags,
	       SLICE("\x02\x02"
	             "a"),
	       "end within a number");
	refuse("{\"name\":\"tags\",\"type\":\"string\"}", SLICE("\x02x"), "another type");
}

/* The schema text of @type without its fields that have a default; *@left gets
 * the description of those that remain. */
static char *older_schema(unsigned type, struct field_desc *fields, struct record_desc *left)
{
	const struct record_desc *now = &event_records[type];
	json_t *schema = json_loads(
	        schema_entry_by_id(event_schema_id((enum event_type)type))->text, 0, NULL);
	json_t *all = json_object_get(schema, "fields");
	*left = (struct record_desc){now->name, fields, 0, now->size};
	for (uint32_t i = 0; i < now->n; i++)
		if (now->fields[i].absent == DEFAULT_NONE)
			fields[left->n++] = now->fields[i];
	for (size_t i = json_array_size(all); i > 0; i--)
		if (json_object_get(json_array_get(all, i - 1), "default"))
			json_array_remove(all, i - 1);
	char *text = json_dumps(schema, JSON_COMPACT);
	json_decref(schema);
	return text;
}

static void every_event_is_read_alike_by_the_resolver_and_the_generated_code(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	struct buf body = {0}, before = {0}, after = {0};
	for (unsigned round = 0; round < 50 * EVENT_TYPES; round++) {
		unsigned type = round % EVENT_TYPES;
		struct event event, decoded;
		struct field_desc fields[64];
		struct record_desc left;
		struct arena made, read;
		struct wire_in in;
		bool older = round % 2;
		char *text = older_schema(type, fields, &left);
		const struct record_desc *record = older ? &left : &event_records[type];
		avro_schema_t schema = oracle_schema(
		        older ? text
		              : schema_entry_by_id(event_schema_id((enum event_type)type))->text);
		arena_init(&made, made_block, sizeof(made_block));
		arena_init(&read, read_block, sizeof(read_block));
		memset(&event, 0, sizeof(event));
		memset(&decoded, 0, sizeof(decoded));
		event.type = decoded.type = (enum event_type)type;
		random_record(&seed, record, &made, &event);
		body.n = before.n = after.n = 0;
		oracle_encode(schema, record, &event, &body);
		wire_init(&in, buf_slice(&body), &read);
		if (!record_resolve(&in, schema, &event_records[type], &decoded) || !wire_end(&in))
			fail_msg("%s: %s", in.field, in.problem);
		event_encode(&event, &before);
		event_encode(&decoded, &after);
		assert_true(slice_equal(buf_slice(&before), buf_slice(&after)));
		avro_schema_decref(schema);
		free(text);
	}
	buf_release(&body);
	buf_release(&before);
	buf_release(&after);
}

static void damaged_older_records_never_harm(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	struct buf body = {0};
	avro_schema_t schemas[EVENT_TYPES];
	unsigned refused = 0;
	for (unsigned type = 0; type < EVENT_TYPES; type++)
		schemas[type] = oracle_schema(
		        schema_entry_by_id(event_schema_id((enum event_type)type))->text);
	for (unsigned round = 0; round < 5000; round++) {
		unsigned type = round % EVENT_TYPES;
		struct event event;
		struct arena made, read;
		struct wire_in in;
		arena_init(&made, made_block, sizeof(made_block));
		arena_init(&read, read_block, sizeof(read_block));
		memset(&event, 0, sizeof(event));
		event.type = (enum event_type)type;
		random_record(&seed, &event_records[type], &made, &event);
		body.n = 0;
		event_encode(&event, &body);
		size_t n = body.n - 5;
		if (round % 3 == 0)
			n = seed_below(&seed, n);
		char *exact = malloc(n ? n : 1);
		memcpy(exact, body.data + 5, n);
		if (n && round % 3) {
			size_t at = seed_below(&seed, n);
			exact[at] = (char)(exact[at] ^ (1 << seed_below(&seed, 8)));
		}
		/* skipped as a whole first, then read: both ways through the bytes */
		static const struct record_desc nothing = {"Nothing", NULL, 0, 0};
		wire_init(&in, slice_of(exact, n), &read);
		(void)record_resolve(&in, schemas[type], &nothing, NULL);
		wire_init(&in, slice_of(exact, n), &read);
		refused += !record_resolve(&in, schemas[type], &event_records[type], &event);
		free(exact);
	}
	assert_in_range(refused, 1000, 4999);
	for (unsigned type = 0; type < EVENT_TYPES; type++)
		avro_schema_decref(schemas[type]);
	buf_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(fields_that_the_writer_had_not_take_the_default),
	        cmocka_unit_test(a_field_without_default_must_have_been_written),
	        cmocka_unit_test(enums_go_by_symbol),
	        cmocka_unit_test(numbers_widen),
	        cmocka_unit_test(a_value_and_an_optional_value_convert),
	        cmocka_unit_test(removed_fields_of_every_type_are_skipped),
	        cmocka_unit_test(hostile_bytes_in_removed_fields_are_refused),
	        cmocka_unit_test(arrays_of_older_records_are_bounded),
	        cmocka_unit_test(every_event_is_read_alike_by_the_resolver_and_the_generated_code),
	        cmocka_unit_test(damaged_older_records_never_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
