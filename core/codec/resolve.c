#include "core/codec/resolve.h"

#include <avro.h>

static bool read_record(struct wire_in *in, avro_schema_t writer, const struct record_desc *reader,
                        void *out, unsigned depth);

static avro_schema_t follow(avro_schema_t schema)
{
	return is_avro_link(schema) ? avro_schema_link_target(schema) : schema;
}

static bool skip(struct wire_in *in, avro_schema_t schema, unsigned depth);

static bool skip_record(struct wire_in *in, avro_schema_t schema, unsigned depth)
{
	int n = (int)avro_schema_record_size(schema);
	for (int i = 0; i < n; i++)
		if (!skip(in, avro_schema_record_field_get_by_index(schema, i), depth + 1))
			return wire_fail_in(in, avro_schema_record_field_name(schema, i));
	return true;
}

/* Arrays and maps. A block without its length is walked item by item; every item takes at least a
 * byte, or the count is bounded by the bytes that are left all the same. */
static bool skip_blocks(struct wire_in *in, avro_schema_t schema, bool map, unsigned depth)
{
	for (;;) {
		int64_t count, length;
		struct slice key;
		if (!wire_long(in, &count))
			return false;
		if (count == 0)
			return true;
		if (count < 0) {
			if (count == INT64_MIN || !wire_long(in, &length))
				return wire_fail(in, "an array block without length");
			count = -count;
		}
		if ((uint64_t)count > wire_left(in))
			return wire_fail(in, "more items than bytes");
		for (int64_t i = 0; i < count; i++)
			if ((map && !wire_string(in, &key)) || !skip(in, schema, depth + 1))
				return false;
	}
}

static bool skip_union(struct wire_in *in, avro_schema_t schema, unsigned depth)
{
	uint32_t branch;
	return wire_index(in, (uint32_t)avro_schema_union_size(schema), &branch) &&
	       skip(in, avro_schema_union_branch(schema, (int)branch), depth + 1);
}

static bool skip_bytes(struct wire_in *in, size_t n)
{
	if (wire_left(in) < n)
		return wire_fail(in, "the bytes end within a value");
	in->at += n;
	return true;
}

static bool skip(struct wire_in *in, avro_schema_t schema, unsigned depth)
{
	int64_t number;
	uint32_t symbol;
	bool truth;
	struct slice text;
	if (depth > RESOLVE_DEPTH_MAX)
		return wire_fail(in, "nested too deeply");
	schema = follow(schema);
	switch (avro_typeof(schema)) {
	case AVRO_NULL:
		return true;
	case AVRO_BOOLEAN:
		return wire_boolean(in, &truth);
	case AVRO_INT32:
	case AVRO_INT64:
		return wire_long(in, &number);
	case AVRO_FLOAT:
		return skip_bytes(in, 4);
	case AVRO_DOUBLE:
		return skip_bytes(in, 8);
	case AVRO_STRING:
	case AVRO_BYTES:
		return wire_bytes(in, &text);
	case AVRO_FIXED:
		return skip_bytes(in, (size_t)avro_schema_fixed_size(schema));
	case AVRO_ENUM:
		return wire_index(in, (uint32_t)avro_schema_enum_number_of_symbols(schema),
		                  &symbol);
	case AVRO_UNION:
		return skip_union(in, schema, depth);
	case AVRO_ARRAY:
		return skip_blocks(in, avro_schema_array_items(schema), false, depth);
	case AVRO_MAP:
		return skip_blocks(in, avro_schema_map_values(schema), true, depth);
	case AVRO_RECORD:
		return skip_record(in, schema, depth);
	case AVRO_LINK:
		break;
	}
	return wire_fail(in, "a type that cannot be skipped");
}

static bool read_long(struct wire_in *in, avro_type_t type, int64_t *out)
{
	int32_t narrow;
	if (type == AVRO_INT64)
		return wire_long(in, out);
	if (type != AVRO_INT32)
		return wire_fail(in, "written as another type");
	if (!wire_int(in, &narrow))
		return false;
	*out = narrow;
	return true;
}

static bool read_double(struct wire_in *in, avro_type_t type, double *out)
{
	int64_t whole;
	float narrow;
	if (type == AVRO_DOUBLE)
		return wire_double(in, out);
	if (type == AVRO_FLOAT) {
		if (!wire_fixed(in, (uint8_t *)&narrow, sizeof(narrow)))
			return false;
		*out = (double)narrow;
		return true;
	}
	if (!read_long(in, type, &whole))
		return false;
	*out = (double)whole;
	return true;
}

static bool read_enum(struct wire_in *in, avro_schema_t writer, const struct enum_desc *reader,
                      uint32_t *out)
{
	uint32_t index;
	if (!wire_index(in, (uint32_t)avro_schema_enum_number_of_symbols(writer), &index))
		return false;
	const char *symbol = avro_schema_enum_get(writer, (int)index);
	*out = 0;
	for (uint32_t i = 0; i < reader->n; i++)
		if (strcmp(reader->symbols[i], symbol) == 0)
			*out = i;
	return true;
}

static bool read_fixed(struct wire_in *in, avro_schema_t writer, uint8_t *out, size_t size)
{
	if ((size_t)avro_schema_fixed_size(writer) != size)
		return wire_fail(in, "a fixed of another size");
	return wire_fixed(in, out, size);
}

static bool read_value(struct wire_in *in, avro_schema_t writer, const struct field_desc *field,
                       void *out, unsigned depth)
{
	avro_type_t type = avro_typeof(writer);
	bool text = type == AVRO_STRING || type == AVRO_BYTES;
	switch (field->type) {
	case FIELD_BOOLEAN:
		if (type == AVRO_BOOLEAN)
			return wire_boolean(in, out);
		break;
	case FIELD_INT:
	case FIELD_DATE:
		if (type == AVRO_INT32)
			return wire_int(in, out);
		break;
	case FIELD_LONG:
	case FIELD_TIME:
		return read_long(in, type, out);
	case FIELD_DOUBLE:
		return read_double(in, type, out);
	case FIELD_STRING:
		if (text)
			return wire_string(in, out);
		break;
	case FIELD_BYTES:
		if (text)
			return wire_bytes(in, out);
		break;
	case FIELD_UUID:
		if (type == AVRO_STRING)
			return wire_uuid(in, out);
		break;
	case FIELD_FIXED:
		if (type == AVRO_FIXED)
			return read_fixed(in, writer, out, field->size);
		break;
	case FIELD_ENUM:
		if (type == AVRO_ENUM)
			return read_enum(in, writer, field->symbols, out);
		break;
	case FIELD_RECORD:
		if (type == AVRO_RECORD)
			return read_record(in, writer, field->record, out, depth + 1);
		break;
	}
	return wire_fail(in, "written as another type");
}

static bool read_array(struct wire_in *in, avro_schema_t writer, const struct field_desc *field,
                       struct field_array *out, unsigned depth)
{
	if (avro_typeof(writer) != AVRO_ARRAY)
		return wire_fail(in, "written as another type");
	avro_schema_t items = follow(avro_schema_array_items(writer));
	struct wire_array array = wire_array_of(field->size);
	void *item;
	while ((item = wire_array_next(in, &array))) {
		memset(item, 0, field->size);
		if (!read_value(in, items, field, item, depth))
			return false;
	}
	*out = (struct field_array){array.items, array.n};
	return array.ended;
}

static bool read_field(struct wire_in *in, avro_schema_t writer, const struct field_desc *field,
                       char *base, unsigned depth)
{
	writer = follow(writer);
	if (avro_typeof(writer) == AVRO_UNION) {
		uint32_t branch;
		if (!wire_index(in, (uint32_t)avro_schema_union_size(writer), &branch))
			return false;
		writer = follow(avro_schema_union_branch(writer, (int)branch));
		if (avro_typeof(writer) == AVRO_NULL)
			return field->optional || wire_fail(in, "null, and it must not be");
	}
	if (field->array)
		return read_array(in, writer, field, (void *)(base + field->offset), depth);
	if (field->optional)
		*(bool *)(base + field->has_offset) = true;
	return read_value(in, writer, field, base + field->offset, depth);
}

static bool set_default(struct wire_in *in, const struct field_desc *field, char *base)
{
	void *at = base + field->offset;
	if (field->absent == DEFAULT_NONE)
		return wire_fail(in, "the writer has no such field, and there is no default");
	if (field->absent == DEFAULT_ZERO)
		return true;
	switch (field->type) {
	case FIELD_BOOLEAN:
		*(bool *)at = field->default_int != 0;
		return true;
	case FIELD_INT:
	case FIELD_DATE:
		*(int32_t *)at = (int32_t)field->default_int;
		return true;
	case FIELD_LONG:
	case FIELD_TIME:
		*(int64_t *)at = field->default_int;
		return true;
	case FIELD_ENUM:
		*(uint32_t *)at = (uint32_t)field->default_int;
		return true;
	case FIELD_DOUBLE:
		*(double *)at = field->default_double;
		return true;
	case FIELD_STRING:
		*(struct slice *)at = field->default_string;
		return true;
	case FIELD_BYTES:
	case FIELD_UUID:
	case FIELD_FIXED:
	case FIELD_RECORD:
		break;
	}
	return wire_fail(in, "no default of this type");
}

static const struct field_desc *find_field(const struct record_desc *reader, const char *name)
{
	for (uint32_t i = 0; i < reader->n; i++)
		if (strcmp(reader->fields[i].name, name) == 0)
			return &reader->fields[i];
	return NULL;
}

/* Not avro_schema_record_field_get_index: when there is none, that one sets avro-c's error text,
 * which threads may share. */
static bool has_field(avro_schema_t writer, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (strcmp(avro_schema_record_field_name(writer, i), name) == 0)
			return true;
	return false;
}

static bool read_record(struct wire_in *in, avro_schema_t writer, const struct record_desc *reader,
                        void *out, unsigned depth)
{
	if (depth > RESOLVE_DEPTH_MAX)
		return wire_fail(in, "nested too deeply");
	int n = (int)avro_schema_record_size(writer);
	for (int i = 0; i < n; i++) {
		const char *name = avro_schema_record_field_name(writer, i);
		avro_schema_t type = avro_schema_record_field_get_by_index(writer, i);
		const struct field_desc *field = find_field(reader, name);
		if (field ? !read_field(in, type, field, out, depth) : !skip(in, type, depth))
			return wire_fail_in(in, name);
	}
	for (uint32_t i = 0; i < reader->n; i++) {
		const struct field_desc *field = &reader->fields[i];
		if (!has_field(writer, n, field->name) && !set_default(in, field, out))
			return wire_fail_in(in, field->name);
	}
	return true;
}

bool record_resolve(struct wire_in *in, avro_schema_t writer, const struct record_desc *reader,
                    void *out)
{
	if (!writer)
		return wire_fail(in, "no parsed schema: schemas_check has not run");
	writer = follow(writer);
	if (avro_typeof(writer) != AVRO_RECORD)
		return wire_fail(in, "the writer's schema is not a record");
	return read_record(in, writer, reader, out, 0);
}
