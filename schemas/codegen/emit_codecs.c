/* record_codec.h and record_codec.c: one reader and one writer for each type, straight into the
 * structs, in the order of the schema. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

static const char *const readers[] = {
        [KIND_BOOLEAN] = "wire_boolean", [KIND_INT] = "wire_int",       [KIND_LONG] = "wire_long",
        [KIND_DOUBLE] = "wire_double",   [KIND_STRING] = "wire_string", [KIND_BYTES] = "wire_bytes",
        [KIND_UUID] = "wire_uuid",       [KIND_TIME] = "wire_long",     [KIND_DATE] = "wire_int",
};

static const char *const array_names[] = {
        [KIND_BOOLEAN] = "boolean", [KIND_INT] = "int",       [KIND_LONG] = "long",
        [KIND_DOUBLE] = "double",   [KIND_STRING] = "string", [KIND_BYTES] = "bytes",
        [KIND_UUID] = "uuid",       [KIND_TIME] = "long",     [KIND_DATE] = "int",
};

static const char *array_name(const struct field *field)
{
	return field->named ? field->named->snake : array_names[field->kind];
}

static const char *reader_of(const struct field *field)
{
	return field->named ? text_of("read_%s", field->named->snake) : readers[field->kind];
}

/* The statement that writes one value; @value is an lvalue. */
static const char *writer_of(const struct field *field, const char *value)
{
	switch (field->kind) {
	case KIND_BOOLEAN:
		return text_of("wire_put_boolean(out, %s);", value);
	case KIND_INT:
	case KIND_LONG:
	case KIND_TIME:
	case KIND_DATE:
		return text_of("wire_put_long(out, %s);", value);
	case KIND_DOUBLE:
		return text_of("wire_put_double(out, %s);", value);
	case KIND_STRING:
	case KIND_BYTES:
		return text_of("wire_put_slice(out, %s);", value);
	case KIND_UUID:
		return text_of("wire_put_uuid(out, &%s);", value);
	case KIND_FIXED:
		return text_of("wire_put_fixed(out, %s, %s_BYTES);", value, field->named->upper);
	case KIND_ENUM:
		return text_of("wire_put_long(out, (int64_t)%s);", value);
	case KIND_RECORD:
		break;
	}
	return text_of("write_%s(out, &%s);", field->named->snake, value);
}

static void emit_enum(FILE *file, const struct named *named)
{
	fprintf(file,
	        "static bool read_%s(struct wire_in *in, enum %s *out)\n{\n"
	        "\tuint32_t index;\n"
	        "\tif (!wire_index(in, %s, &index))\n\t\treturn false;\n"
	        "\t*out = (enum %s)index;\n\treturn true;\n}\n\n",
	        named->snake, named->snake, name_plural(named->upper), named->snake);
}

static void emit_array(FILE *file, const struct field *field)
{
	const char *name = array_name(field), *type = field_c_type(field);
	const char *array = field_array_type(field);
	fprintf(file,
	        "static bool read_%s_array(struct wire_in *in, struct %s *out)\n{\n"
	        "\tstruct wire_array array = wire_array_of(sizeof(%s));\n"
	        "\t%s *item;\n"
	        "\twhile ((item = wire_array_next(in, &array)))\n"
	        "\t\tif (!%s(in, item))\n\t\t\treturn false;\n"
	        "\tout->items = (const %s *)(const void *)array.items;\n"
	        "\tout->n = array.n;\n\treturn array.ended;\n}\n\n",
	        name, array, type, type, reader_of(field), type);
	fprintf(file,
	        "static void write_%s_array(struct buf *out, const struct %s *v)\n{\n"
	        "\tif (v->n)\n\t\twire_put_long(out, v->n);\n"
	        "\tfor (uint32_t i = 0; i < v->n; i++)\n\t\t%s\n"
	        "\twire_put_long(out, 0);\n}\n\n",
	        name, array, writer_of(field, "v->items[i]"));
}

static void emit_write_field(FILE *file, const struct field *field)
{
	const char *value = text_of("v->%s", field->name);
	if (field->array)
		fprintf(file, "\twrite_%s_array(out, &%s);\n", array_name(field), value);
	else if (field->optional)
		fprintf(file, "\twire_put_long(out, v->has_%s);\n\tif (v->has_%s)\n\t\t%s\n",
		        field->name, field->name, writer_of(field, value));
	else
		fprintf(file, "\t%s\n", writer_of(field, value));
}

static void emit_read_field(FILE *file, const struct named *named, const struct field *field)
{
	const char *name = field->name;
	const char *read = text_of("%s(in, &v->%s)", reader_of(field), name);
	if (field->array)
		read = text_of("read_%s_array(in, &v->%s)", array_name(field), name);
	if (field->kind == KIND_FIXED)
		read = text_of("wire_fixed(in, v->%s, %s_BYTES)", name, field->named->upper);
	if (field->optional) {
		fprintf(file, "\tif (!wire_some(in, &v->has_%s)", name);
		fprintf(file, " ||\n\t    (v->has_%s && !%s))", name, read);
	} else {
		fprintf(file, "\tif (!%s)", read);
	}
	fprintf(file, "\n\t\treturn wire_fail_in(in, \"%s.%s\");\n", named->name, name);
	if (field->optional) {
		fprintf(file, "\tif (!v->has_%s)\n", name);
		fprintf(file, "\t\tmemset(&v->%s, 0, sizeof(v->%s));\n", name, name);
	}
}

static void emit_record(FILE *file, const struct named *named, size_t from)
{
	fprintf(file, "static void write_%s(struct buf *out, const struct %s *v)\n{\n",
	        named->snake, named->snake);
	for (size_t i = from; i < named->n; i++)
		emit_write_field(file, &named->fields[i]);
	fprintf(file, "}\n\nstatic bool read_%s(struct wire_in *in, struct %s *v)\n{\n",
	        named->snake, named->snake);
	for (size_t i = from; i < named->n; i++)
		emit_read_field(file, named, &named->fields[i]);
	fprintf(file, "\treturn true;\n}\n\n");
}

/* Array functions of @list that were not printed yet. */
static void emit_arrays(FILE *file, const struct named_list *list, const char *done[], size_t *n)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct named *named = &list->items[i];
		for (size_t k = 0; named->kind == KIND_RECORD && k < named->n; k++) {
			const struct field *field = &named->fields[k];
			bool known = !field->array;
			for (size_t d = 0; d < *n && !known; d++)
				known = strcmp(done[d], array_name(field)) == 0;
			if (known)
				continue;
			if (*n == 64)
				refuse(named->file, "more than 64 types of array");
			done[(*n)++] = array_name(field);
			emit_array(file, field);
		}
	}
}

static void emit_family(FILE *file, const struct named_list *list, const char *family,
                        const char *upper, size_t from)
{
	for (size_t i = 0; i < list->n; i++)
		emit_record(file, &list->items[i], from);
	fprintf(file, "void %s_write(const struct %s *v, struct buf *out)\n{\n", family, family);
	if (from)
		fprintf(file, "\twrite_event_meta(out, &v->meta);\n");
	fprintf(file, "\tswitch (v->type) {\n");
	for (size_t i = 0; i < list->n; i++)
		fprintf(file, "\tcase %s_%s:\n\t\twrite_%s(out, &v->%s);\n\t\tbreak;\n", upper,
		        list->items[i].upper, list->items[i].snake, list->items[i].snake);
	fprintf(file,
	        "\t}\n}\n\nbool %s_read(struct wire_in *in, enum %s_type type, struct %s *v)\n{\n",
	        family, family, family);
	if (from)
		fprintf(file, "\tif (!read_event_meta(in, &v->meta))\n\t\treturn false;\n");
	fprintf(file, "\tv->type = type;\n\tswitch (type) {\n");
	for (size_t i = 0; i < list->n; i++)
		fprintf(file, "\tcase %s_%s:\n\t\treturn read_%s(in, &v->%s);\n", upper,
		        list->items[i].upper, list->items[i].snake, list->items[i].snake);
	fprintf(file, "\t}\n\treturn wire_fail(in, \"not a type\");\n}\n\n");
}

static void emit_header(const char *out)
{
	static const char *const families[][2] = {
	        {"event", "EVENT"}, {"control", "CONTROL"}, {"command", "COMMAND"}};
	FILE *file = emit_open(out, "record_codec.h", "schemas/avro");
	fprintf(file, "/* Avro bodies of all records, and their descriptions. For core/codec only: "
	              "others use\n"
	              " * core/codec/event_codec.h and core/codec/command_codec.h. */\n"
	              "#ifndef GENERATED_RECORD_CODEC_H\n#define GENERATED_RECORD_CODEC_H\n\n"
	              "#include \"core/codec/descriptor.h\"\n#include \"core/codec/wire.h\"\n"
	              "#include \"generated/command.h\"\n\n");
	for (size_t i = 0; i < 3; i++) {
		const char *family = families[i][0], *upper = families[i][1];
		fprintf(file,
		        "void %s_write(const struct %s *v, struct buf *out);\n"
		        "bool %s_read(struct wire_in *in, enum %s_type type, struct %s *v);\n"
		        "/* Offsets are those within struct %s. */\n"
		        "extern const struct record_desc %s_records[%s_TYPES];\n\n",
		        family, family, family, family, family, family, family, upper);
	}
	fprintf(file, "/* What is written now. */\n"
	              "extern const uint32_t event_schema_ids[EVENT_TYPES];\n"
	              "extern const uint32_t control_schema_ids[CONTROL_TYPES];\n\n#endif\n");
	emit_close(file);
}

void emit_codecs(const struct model *model, const char *out)
{
	const char *done[64];
	size_t n = 0;
	emit_header(out);
	FILE *file = emit_open(out, "record_codec.c", "schemas/avro");
	fprintf(file, "#include \"generated/record_codec.h\"\n\n");
	for (size_t i = 0; i < model->types.n; i++) {
		const struct named *named = &model->types.items[i];
		const struct named_list one = {&model->types.items[i], 1};
		emit_arrays(file, &one, done, &n);
		if (named->kind == KIND_ENUM)
			emit_enum(file, named);
		else if (named->kind == KIND_RECORD)
			emit_record(file, named, 0);
	}
	emit_arrays(file, &model->events, done, &n);
	emit_arrays(file, &model->control, done, &n);
	emit_arrays(file, &model->commands, done, &n);
	emit_family(file, &model->events, "event", "EVENT", 1);
	emit_family(file, &model->control, "control", "CONTROL", 0);
	emit_family(file, &model->commands, "command", "COMMAND", 0);
	emit_close(file);
}
