/* The JSON reader of commands: walks the description of the struct beside the JSON tree, stores
 * what is right and notes everything that is not. The pointer to where it is grows and shrinks with
 * the walk. */
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/date.h"
#include "core/codec/command_codec.h"
#include "core/base/characters.h"
#include "core/codec/normal_text.h"
#include "generated/record_codec.h"

#define LONG_TEXT 1000 /* fields of more characters may hold line feeds and tabs */

struct reader {
	struct arena *arena;
	struct command_faults *faults;
	char pointer[sizeof(((struct command_fault *)0)->pointer)];
	size_t n; /* of pointer */
	bool full;
};

static bool read_record(struct reader *reader, json_t *object, const struct record_desc *record,
                        void *out);

static bool fault(struct reader *reader, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* Note a fault at the current pointer. Return false. */
static bool fault(struct reader *reader, const char *format, ...)
{
	struct command_faults *faults = reader->faults;
	if (faults->n == COMMAND_FAULTS_MAX) {
		faults->more++;
		return false;
	}
	struct command_fault *item = &faults->items[faults->n++];
	va_list args;
	memcpy(item->pointer, reader->pointer, reader->n);
	item->pointer[reader->n] = 0;
	va_start(args, format);
	vsnprintf(item->reason, sizeof(item->reason), format, args);
	va_end(args);
	return false;
}

/* Add "/name" to the pointer, "~" and "/" escaped (RFC 6901), cut before a character that does not
 * fit. Returns the length to go back to. */
static size_t enter(struct reader *reader, const char *name)
{
	size_t before = reader->n;
	size_t room = sizeof(reader->pointer) - 5; /* the longest character, and NUL */
	if (before < room)
		reader->pointer[reader->n++] = '/';
	for (const char *c = name; *c; c++) {
		bool start = (*c & 0xc0) != 0x80;
		if (start && reader->n >= room - 1)
			break;
		bool escape = *c == '~' || *c == '/';
		reader->pointer[reader->n++] = escape ? '~' : *c;
		if (escape)
			reader->pointer[reader->n++] = *c == '~' ? '0' : '1';
	}
	return before;
}

static void leave(struct reader *reader, size_t before)
{
	reader->n = before;
}

static bool wrong_type(struct reader *reader, const char *wanted)
{
	return fault(reader, "must be %s", wanted);
}

/* The first character that no text may hold, 0 if there is none: C0, DEL and C1. */
static unsigned control_character(const unsigned char *text, size_t n, bool lines)
{
	for (size_t i = 0; i < n; i++) {
		if (lines && (text[i] == '\n' || text[i] == '\r' || text[i] == '\t'))
			continue;
		if (text[i] < 0x20 || text[i] == 0x7f)
			return text[i] ? text[i] : 0x100;
		if (text[i] == 0xc2 && i + 1 < n && text[i + 1] < 0xa0)
			return text[i + 1];
	}
	return 0;
}

static size_t characters(struct slice text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++)
		n += (text.data[i] & 0xc0) != 0x80;
	return n;
}

/* @text as it is kept: the one spelling of it, unless it is another's (verbatim). */
static bool normalise(struct reader *reader, struct slice text, const struct field_desc *field,
                      struct slice *out)
{
	*out = text;
	if (field->verbatim)
		return true;
	enum status status = normal_text(text, reader->arena, out);
	if (status == STATUS_FULL)
		reader->full = true;
	else if (status)
		fault(reader, "must not have more than %d combining marks in a row",
		      NORMAL_MARKS_MAX);
	return !status;
}

static bool check_characters(struct reader *reader, struct slice text,
                             const struct field_desc *field)
{
	bool lines = field->max_length > LONG_TEXT;
	unsigned control = control_character((const unsigned char *)text.data, text.n, lines);
	if (control)
		return fault(reader, "must not contain the control character U+%04X",
		             control & 0xff);
	if (lines || field->verbatim)
		return true;
	uint32_t hidden = hidden_character(text);
	return !hidden || fault(reader, "must not contain the invisible character U+%04X here",
	                        (unsigned)hidden);
}

static bool read_string(struct reader *reader, json_t *json, const struct field_desc *field,
                        struct slice *out)
{
	if (!json_is_string(json))
		return wrong_type(reader, "a string");
	struct slice text = slice_of(json_string_value(json), json_string_length(json));
	if (!normalise(reader, text, field, out))
		return false;
	size_t n = characters(*out);
	if (n < field->min_length)
		return n ? fault(reader, "must have at least %u characters, has %zu",
		                 field->min_length, n)
		         : fault(reader, "must not be empty");
	if (n > field->max_length)
		return fault(reader, "must have at most %u characters, has %zu", field->max_length,
		             n);
	return check_characters(reader, *out, field);
}

static bool read_integer(struct reader *reader, json_t *json, const struct field_desc *field,
                         int64_t *out)
{
	if (!json_is_integer(json))
		return wrong_type(reader, "an integer");
	*out = json_integer_value(json);
	if (*out < field->minimum)
		return fault(reader, "must be at least %lld", (long long)field->minimum);
	if (*out > field->maximum)
		return fault(reader, "must be at most %lld", (long long)field->maximum);
	return true;
}

static bool read_enum(struct reader *reader, json_t *json, const struct enum_desc *symbols,
                      uint32_t *out)
{
	char list[160];
	size_t n = 0;
	list[0] = 0;
	for (uint32_t i = 1; i < symbols->n; i++) {
		if (json_is_string(json) &&
		    slice_is(slice_of(json_string_value(json), json_string_length(json)),
		             symbols->symbols[i])) {
			*out = i;
			return true;
		}
		int more = snprintf(list + n, sizeof(list) - n, "%s%s", i > 1 ? ", " : "",
		                    symbols->symbols[i]);
		n += more > 0 && (size_t)more < sizeof(list) - n ? (size_t)more : 0;
	}
	list[n] = 0;
	return fault(reader, "must be one of %s", list);
}

/* What is written as text, but is none: @json is a string, of course. */
static bool read_text_form(struct reader *reader, json_t *json, enum field_type type, void *out)
{
	struct slice text = {NULL, 0};
	if (json_is_string(json))
		text = slice_of(json_string_value(json), json_string_length(json));
	if (type == FIELD_UUID)
		return (text.n && uuid_parse(text, out)) ||
		       wrong_type(reader, "a UUID, like 018f4e3a-5c1d-7b2e-9a60-3f2b1c0d4e5f");
	if (type == FIELD_DATE)
		return (text.n && date_parse(text, out)) ||
		       wrong_type(reader, "a day that exists, like 2026-11-30");
	return (text.n && clock_parse(text, out)) ||
	       wrong_type(reader, "a time, like 2026-11-30T10:00:00Z");
}

static bool read_value(struct reader *reader, json_t *json, const struct field_desc *field,
                       void *out)
{
	int64_t integer;
	switch (field->type) {
	case FIELD_BOOLEAN:
		if (!json_is_boolean(json))
			return wrong_type(reader, "true or false");
		*(bool *)out = json_is_true(json);
		return true;
	case FIELD_INT:
		if (!read_integer(reader, json, field, &integer))
			return false;
		*(int32_t *)out = (int32_t)integer;
		return true;
	case FIELD_LONG:
		return read_integer(reader, json, field, out);
	case FIELD_DOUBLE:
		if (!json_is_number(json))
			return wrong_type(reader, "a number");
		*(double *)out = json_number_value(json);
		return true;
	case FIELD_STRING:
		return read_string(reader, json, field, out);
	case FIELD_UUID:
	case FIELD_DATE:
	case FIELD_TIME:
		return read_text_form(reader, json, field->type, out);
	case FIELD_ENUM:
		return read_enum(reader, json, field->symbols, out);
	case FIELD_RECORD:
		return read_record(reader, json, field->record, out);
	case FIELD_BYTES:
	case FIELD_FIXED:
		break; /* avrogen refuses them in commands */
	}
	return fault(reader, "is not supported");
}

static bool read_array(struct reader *reader, json_t *json, const struct field_desc *field,
                       struct field_array *out)
{
	bool right = true;
	if (!json_is_array(json))
		return wrong_type(reader, "an array");
	size_t n = json_array_size(json);
	if (n > field->max_items)
		return fault(reader, "must have at most %u items, has %zu", field->max_items, n);
	char *items = arena_zero(reader->arena, n * field->size);
	if (!items) {
		reader->full = true;
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		char number[24];
		snprintf(number, sizeof(number), "%zu", i);
		size_t before = enter(reader, number);
		right &=
		        read_value(reader, json_array_get(json, i), field, items + i * field->size);
		leave(reader, before);
	}
	*out = (struct field_array){items, (uint32_t)n};
	return right;
}

static void set_default(const struct field_desc *field, void *out)
{
	if (field->absent != DEFAULT_VALUE)
		return; /* the struct is zero */
	if (field->type == FIELD_STRING)
		*(struct slice *)out = field->default_string;
	else if (field->type == FIELD_BOOLEAN)
		*(bool *)out = field->default_int != 0;
	else if (field->type == FIELD_INT || field->type == FIELD_DATE)
		*(int32_t *)out = (int32_t)field->default_int;
	else if (field->type == FIELD_ENUM)
		*(uint32_t *)out = (uint32_t)field->default_int;
	else if (field->type == FIELD_DOUBLE)
		*(double *)out = field->default_double;
	else
		*(int64_t *)out = field->default_int;
}

static bool read_field(struct reader *reader, json_t *json, const struct field_desc *field,
                       char *base)
{
	void *at = base + field->offset;
	if (field->optional && (!json || json_is_null(json)))
		return true;
	if (!json && field->absent == DEFAULT_NONE)
		return fault(reader, "is missing");
	if (!json) {
		set_default(field, at);
		return true;
	}
	if (field->array)
		return read_array(reader, json, field, at);
	if (field->optional)
		*(bool *)(base + field->has_offset) = true;
	return read_value(reader, json, field, at);
}

static bool known_member(const struct record_desc *record, const char *name)
{
	for (uint32_t i = 0; i < record->n; i++)
		if (strcmp(record->fields[i].name, name) == 0)
			return true;
	return false;
}

static bool read_record(struct reader *reader, json_t *object, const struct record_desc *record,
                        void *out)
{
	const char *name;
	json_t *value;
	bool right = true;
	if (!json_is_object(object))
		return wrong_type(reader, "an object");
	for (uint32_t i = 0; i < record->n; i++) {
		const struct field_desc *field = &record->fields[i];
		size_t before = enter(reader, field->name);
		right &= read_field(reader, json_object_get(object, field->name), field, out);
		leave(reader, before);
	}
	json_object_foreach(object, name, value)
	{
		if (known_member(record, name))
			continue;
		size_t before = enter(reader, name);
		right = fault(reader, "is not a member of %s", record->name);
		leave(reader, before);
	}
	return right;
}

enum status command_read_json(enum command_type type, json_t *object, struct arena *arena,
                              struct command *out, struct command_faults *faults)
{
	struct reader reader = {.arena = arena, .faults = faults};
	faults->n = faults->more = 0;
	memset(out, 0, sizeof(*out));
	out->type = type;
	bool right = read_record(&reader, object, &command_records[type], out);
	if (reader.full)
		return STATUS_FULL;
	return right ? STATUS_OK : STATUS_INVALID;
}
