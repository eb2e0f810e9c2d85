#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/date.h"
#include "core/base/uuid.h"
#include "tests/unit/record_oracle.h"

static uint32_t random_below(struct seed *seed, uint32_t n)
{
	return (uint32_t)seed_below(seed, n);
}

static struct slice random_string(struct seed *seed, const struct field_desc *field,
                                  struct arena *arena)
{
	static const char *const characters[] = {"a", "Z",      "7",          "\"",     "\\",
	                                         " ", "/",      "\u00e4",     "\u00df", "\u20ac",
	                                         "-", "\u4e16", "\U0001f600", "\u07ff", "\ufffd"};
	uint32_t most = field->max_length && field->max_length < 40 ? field->max_length : 40;
	uint32_t n = field->min_length + random_below(seed, most - field->min_length + 1);
	char *text = arena_alloc(arena, 4 * (size_t)n + 1);
	size_t at = 0;
	assert_non_null(text);
	for (uint32_t i = 0; i < n; i++) {
		const char *c = characters[random_below(seed, 15)];
		memcpy(text + at, c, strlen(c));
		at += strlen(c);
	}
	text[at] = 0;
	return slice_of(text, at);
}

static int64_t random_long(struct seed *seed, const struct field_desc *field)
{
	int64_t value = (int64_t)(seed_next(seed) >> random_below(seed, 64));
	if (random_below(seed, 2))
		value = -value;
	if (value < field->minimum)
		value = field->minimum;
	return value > field->maximum ? field->maximum : value;
}

static void random_bytes_to(struct seed *seed, uint8_t *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)seed_next(seed);
}

static void random_value(struct seed *seed, const struct field_desc *field, struct arena *arena,
                         void *out)
{
	switch (field->type) {
	case FIELD_BOOLEAN:
		*(bool *)out = random_below(seed, 2);
		break;
	case FIELD_INT:
		*(int32_t *)out = (int32_t)random_long(seed, field);
		break;
	case FIELD_LONG:
		*(int64_t *)out = random_long(seed, field);
		break;
	case FIELD_TIME:
		*(int64_t *)out = (int64_t)(seed_next(seed) % 253402300800000u);
		break;
	case FIELD_DOUBLE:
		*(double *)out = (double)(int64_t)seed_next(seed) / 65536;
		break;
	case FIELD_STRING:
		*(struct slice *)out = random_string(seed, field, arena);
		break;
	case FIELD_BYTES:
		*(struct slice *)out = random_string(seed, field, arena);
		break;
	case FIELD_UUID:
		random_bytes_to(seed, ((struct uuid *)out)->bytes, 16);
		break;
	case FIELD_DATE:
		*(int32_t *)out = DATE_MIN + (int32_t)random_below(seed, DATE_MAX - DATE_MIN + 1);
		break;
	case FIELD_FIXED:
		random_bytes_to(seed, out, field->size);
		break;
	case FIELD_ENUM: /* "unknown" is not a valid value of a command */
		*(uint32_t *)out = 1 + random_below(seed, field->symbols->n - 1);
		break;
	case FIELD_RECORD:
		random_record(seed, field->record, arena, out);
		break;
	}
}

void random_record(struct seed *seed, const struct record_desc *record, struct arena *arena,
                   void *out)
{
	for (uint32_t i = 0; i < record->n; i++) {
		const struct field_desc *field = &record->fields[i];
		char *at = (char *)out + field->offset;
		if (field->array) {
			uint32_t n = random_below(seed, 6);
			char *items = arena_alloc(arena, n * field->size);
			assert_non_null(items);
			for (uint32_t k = 0; k < n; k++)
				random_value(seed, field, arena, items + k * field->size);
			*(struct field_array *)(void *)at = (struct field_array){items, n};
			continue;
		}
		if (field->optional) {
			bool has = random_below(seed, 2);
			*(bool *)((char *)out + field->has_offset) = has;
			memset(at, 0, field->size);
			if (!has)
				continue;
		}
		random_value(seed, field, arena, at);
	}
}

#define AVRO(call)                                                                                 \
	do {                                                                                       \
		if (call)                                                                          \
			fail_msg("%s: %s", #call, avro_strerror());                                \
	} while (0)

avro_schema_t oracle_schema(const char *text)
{
	avro_schema_t schema;
	AVRO(avro_schema_from_json_length(text, strlen(text), &schema));
	return schema;
}

static void set_record(avro_value_t *to, const struct record_desc *record, const void *value);

static void set_value(avro_value_t *to, const struct field_desc *field, const void *at)
{
	const struct slice *slice = at;
	char text[UUID_TEXT + 1] = "";
	switch (field->type) {
	case FIELD_BOOLEAN:
		AVRO(avro_value_set_boolean(to, *(const bool *)at));
		break;
	case FIELD_INT:
	case FIELD_DATE:
		AVRO(avro_value_set_int(to, *(const int32_t *)at));
		break;
	case FIELD_LONG:
	case FIELD_TIME:
		AVRO(avro_value_set_long(to, *(const int64_t *)at));
		break;
	case FIELD_DOUBLE:
		AVRO(avro_value_set_double(to, *(const double *)at));
		break;
	case FIELD_STRING: /* avro-c counts the NUL */
		AVRO(avro_value_set_string_len(to, (char *)(uintptr_t)slice->data, slice->n + 1));
		break;
	case FIELD_BYTES:
		AVRO(avro_value_set_bytes(to, (char *)(uintptr_t)slice->data, slice->n));
		break;
	case FIELD_UUID:
		uuid_format(at, text);
		AVRO(avro_value_set_string_len(to, text, sizeof(text)));
		break;
	case FIELD_FIXED:
		AVRO(avro_value_set_fixed(to, (void *)(uintptr_t)at, field->size));
		break;
	case FIELD_ENUM:
		AVRO(avro_value_set_enum(to, (int)*(const uint32_t *)at));
		break;
	case FIELD_RECORD:
		set_record(to, field->record, at);
		break;
	}
}

static void set_record(avro_value_t *to, const struct record_desc *record, const void *value)
{
	for (uint32_t i = 0; i < record->n; i++) {
		const struct field_desc *field = &record->fields[i];
		const char *at = (const char *)value + field->offset;
		avro_value_t member, inner;
		AVRO(avro_value_get_by_name(to, field->name, &member, NULL));
		if (field->array) {
			const struct field_array *array = (const void *)at;
			for (uint32_t k = 0; k < array->n; k++) {
				AVRO(avro_value_append(&member, &inner, NULL));
				set_value(&inner, field,
				          (const char *)array->items + k * field->size);
			}
		} else if (field->optional) {
			bool has = *((const bool *)value + field->has_offset);
			AVRO(avro_value_set_branch(&member, has, &inner));
			if (has)
				set_value(&inner, field, at);
		} else {
			set_value(&member, field, at);
		}
	}
}

void oracle_encode(avro_schema_t schema, const struct record_desc *record, const void *value,
                   struct buf *out)
{
	static char room[1 << 20];
	avro_value_iface_t *class = avro_generic_class_from_schema(schema);
	avro_writer_t writer = avro_writer_memory(room, sizeof(room));
	avro_value_t generic;
	AVRO(avro_generic_value_new(class, &generic));
	set_record(&generic, record, value);
	AVRO(avro_value_write(writer, &generic));
	buf_append(out, room, (size_t)avro_writer_tell(writer));
	avro_value_decref(&generic);
	avro_writer_free(writer);
	avro_value_iface_decref(class);
}

static void same_record(avro_value_t *from, const struct record_desc *record, const void *value);

static void same_slice(const void *bytes, size_t n, const struct slice *expected)
{
	assert_int_equal(n, expected->n);
	if (n)
		assert_memory_equal(bytes, expected->data, n);
}

static void same_text(avro_value_t *from, const struct slice *expected)
{
	const char *text = NULL;
	size_t n = 0;
	AVRO(avro_value_get_string(from, &text, &n));
	same_slice(text, n - 1, expected);
}

static void same_uuid(avro_value_t *from, const struct uuid *expected)
{
	char text[UUID_TEXT];
	uuid_format(expected, text);
	same_text(from, &(struct slice){text, sizeof(text)});
}

static void same_number(avro_value_t *from, const struct field_desc *field, const void *at)
{
	int narrow = 0, truth = 0;
	int64_t wide = 0;
	double real = 0;
	if (field->type == FIELD_BOOLEAN) {
		AVRO(avro_value_get_boolean(from, &truth));
		assert_int_equal(truth, *(const bool *)at);
	} else if (field->type == FIELD_DOUBLE) {
		AVRO(avro_value_get_double(from, &real));
		assert_memory_equal(&real, at, sizeof(real));
	} else if (field->type == FIELD_ENUM) {
		AVRO(avro_value_get_enum(from, &narrow));
		assert_int_equal(narrow, *(const uint32_t *)at);
	} else if (field->type == FIELD_INT || field->type == FIELD_DATE) {
		AVRO(avro_value_get_int(from, &narrow));
		assert_int_equal(narrow, *(const int32_t *)at);
	} else {
		AVRO(avro_value_get_long(from, &wide));
		assert_true(wide == *(const int64_t *)at);
	}
}

static void same_value(avro_value_t *from, const struct field_desc *field, const void *at)
{
	const void *bytes = NULL;
	size_t n = 0;
	switch (field->type) {
	case FIELD_STRING:
		same_text(from, at);
		break;
	case FIELD_BYTES:
		AVRO(avro_value_get_bytes(from, &bytes, &n));
		same_slice(bytes, n, at);
		break;
	case FIELD_UUID:
		same_uuid(from, at);
		break;
	case FIELD_FIXED:
		AVRO(avro_value_get_fixed(from, &bytes, &n));
		same_slice(bytes, n, &(struct slice){at, field->size});
		break;
	case FIELD_RECORD:
		same_record(from, field->record, at);
		break;
	case FIELD_BOOLEAN:
	case FIELD_INT:
	case FIELD_LONG:
	case FIELD_DOUBLE:
	case FIELD_TIME:
	case FIELD_DATE:
	case FIELD_ENUM:
		same_number(from, field, at);
		break;
	}
}

static void same_array(avro_value_t *from, const struct field_desc *field,
                       const struct field_array *array)
{
	avro_value_t inner;
	size_t n = 0;
	AVRO(avro_value_get_size(from, &n));
	assert_int_equal(n, array->n);
	for (size_t k = 0; k < n; k++) {
		AVRO(avro_value_get_by_index(from, k, &inner, NULL));
		same_value(&inner, field, (const char *)array->items + k * field->size);
	}
}

static void same_record(avro_value_t *from, const struct record_desc *record, const void *value)
{
	for (uint32_t i = 0; i < record->n; i++) {
		const struct field_desc *field = &record->fields[i];
		const char *at = (const char *)value + field->offset;
		avro_value_t member, inner;
		int branch = 0;
		AVRO(avro_value_get_by_name(from, field->name, &member, NULL));
		if (field->array) {
			same_array(&member, field, (const void *)at);
		} else if (field->optional) {
			AVRO(avro_value_get_discriminant(&member, &branch));
			assert_int_equal(branch, *((const bool *)value + field->has_offset));
			AVRO(avro_value_get_current_branch(&member, &inner));
			if (branch)
				same_value(&inner, field, at);
		} else {
			same_value(&member, field, at);
		}
	}
}

void oracle_assert_reads(avro_schema_t schema, struct slice body, const struct record_desc *record,
                         const void *value)
{
	avro_value_iface_t *class = avro_generic_class_from_schema(schema);
	avro_reader_t reader = avro_reader_memory(body.data, (int64_t)body.n);
	avro_value_t generic;
	char more;
	AVRO(avro_generic_value_new(class, &generic));
	AVRO(avro_value_read(reader, &generic));
	same_record(&generic, record, value);
	assert_int_not_equal(avro_read(reader, &more, 1), 0); /* nothing is left */
	avro_value_decref(&generic);
	avro_reader_free(reader);
	avro_value_iface_decref(class);
}
