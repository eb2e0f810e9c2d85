/* record_tables.c (what the structs look like, as data) and schema_entries.c (every published
 * schema). */
#include "model.h"

#include <stdlib.h>
#include <string.h>

static const char *const field_types[] = {
        [KIND_BOOLEAN] = "FIELD_BOOLEAN", [KIND_INT] = "FIELD_INT",
        [KIND_LONG] = "FIELD_LONG",       [KIND_DOUBLE] = "FIELD_DOUBLE",
        [KIND_STRING] = "FIELD_STRING",   [KIND_BYTES] = "FIELD_BYTES",
        [KIND_UUID] = "FIELD_UUID",       [KIND_TIME] = "FIELD_TIME",
        [KIND_DATE] = "FIELD_DATE",       [KIND_FIXED] = "FIELD_FIXED",
        [KIND_ENUM] = "FIELD_ENUM",       [KIND_RECORD] = "FIELD_RECORD",
};

void emit_string(FILE *file, const char *text, const char *indent)
{
	size_t column = 0;
	fprintf(file, "%s\"", indent);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (column >= 72 && (*c & 0xc0) != 0x80) {
			fprintf(file, "\"\n%s\"", indent);
			column = 0;
		}
		if (*c == '"' || *c == '\\')
			column += (size_t)fprintf(file, "\\%c", *c);
		else if (*c < 0x20 || *c >= 0x7f)
			column += (size_t)fprintf(file, "\\%03o", *c);
		else
			column += (size_t)fprintf(file, "%c", *c);
	}
	fprintf(file, "\"");
}

static void wrong_default(const struct named *named, const struct field *field)
{
	refuse(named->file, "field '%s': the default does not fit the type", field->name);
}

/* An enum, or a string that may be a UUID. */
static void emit_text_default(FILE *file, const struct named *named, const struct field *field,
                              const char *text)
{
	if (!text)
		wrong_default(named, field);
	if (field->kind == KIND_STRING) {
		if (!text[0]) {
			fprintf(file, " .absent = DEFAULT_ZERO,");
			return;
		}
		fprintf(file, " .absent = DEFAULT_VALUE, .default_string = { ");
		emit_string(file, text, "");
		fprintf(file, ", %zu },", strlen(text));
		return;
	}
	for (size_t i = 0; i < field->named->n; i++) {
		if (strcmp(field->named->symbols[i], text) == 0) {
			fprintf(file, " .absent = DEFAULT_VALUE, .default_int = %zu,", i);
			return;
		}
	}
	wrong_default(named, field);
}

static void emit_default(FILE *file, const struct named *named, const struct field *field)
{
	json_t *value = json_object_get(field->json, "default");
	if (!value)
		return;
	bool whole = field->kind == KIND_INT || field->kind == KIND_LONG ||
	             field->kind == KIND_TIME || field->kind == KIND_DATE;
	if (field->optional ||
	    (field->array && json_is_array(value) && json_array_size(value) == 0))
		fprintf(file, " .absent = DEFAULT_ZERO,");
	else if (field->array)
		refuse(named->file, "field '%s': the default of an array is []", field->name);
	else if (field->kind == KIND_STRING || field->kind == KIND_ENUM)
		emit_text_default(file, named, field, json_string_value(value));
	else if (whole && json_is_integer(value))
		fprintf(file, " .absent = DEFAULT_VALUE, .default_int = %lld,",
		        (long long)json_integer_value(value));
	else if (field->kind == KIND_BOOLEAN && json_is_boolean(value))
		fprintf(file, " .absent = DEFAULT_VALUE, .default_int = %d,", json_is_true(value));
	else if (field->kind == KIND_DOUBLE && json_is_number(value))
		fprintf(file, " .absent = DEFAULT_VALUE, .default_double = %.17g,",
		        json_number_value(value));
	else
		wrong_default(named, field);
}

static void emit_limit(FILE *file, const struct field *field, const char *name)
{
	json_t *value = json_object_get(field->json, name);
	if (value)
		fprintf(file, " .%s = %lld,", name, (long long)json_integer_value(value));
}

static void emit_limits(FILE *file, const struct field *field)
{
	emit_limit(file, field, "min_length");
	emit_limit(file, field, "max_length");
	emit_limit(file, field, "max_items");
	if (json_is_true(json_object_get(field->json, "verbatim")))
		fprintf(file, " .verbatim = true,");
	if (field->kind != KIND_INT && field->kind != KIND_LONG)
		return;
	if (json_object_get(field->json, "minimum"))
		emit_limit(file, field, "minimum");
	else
		fprintf(file, " .minimum = %s,",
		        field->kind == KIND_INT ? "INT32_MIN" : "INT64_MIN");
	if (json_object_get(field->json, "maximum"))
		emit_limit(file, field, "maximum");
	else
		fprintf(file, " .maximum = %s,",
		        field->kind == KIND_INT ? "INT32_MAX" : "INT64_MAX");
}

/* @member: path of @field within struct @outer. */
static void emit_field(FILE *file, const struct named *named, const struct field *field,
                       const char *outer, const char *prefix)
{
	fprintf(file, "\t{ .name = \"%s\", .type = %s,", field->name, field_types[field->kind]);
	fprintf(file, " .offset = offsetof(struct %s, %s%s),", outer, prefix, field->name);
	if (field->optional)
		fprintf(file, " .optional = true, .has_offset = offsetof(struct %s, %shas_%s),",
		        outer, prefix, field->name);
	if (field->array)
		fprintf(file, " .array = true,");
	if (field->kind == KIND_FIXED)
		fprintf(file, " .size = %s_BYTES,", field->named->upper);
	else
		fprintf(file, " .size = sizeof(%s),", field_c_type(field));
	if (field->kind == KIND_ENUM)
		fprintf(file, " .symbols = &%s_enum,", field->named->snake);
	if (field->kind == KIND_RECORD)
		fprintf(file, " .record = &%s_record,", field->named->snake);
	emit_default(file, named, field);
	emit_limits(file, field);
	fprintf(file, " },\n");
}

static void emit_fields(FILE *file, const struct named *named, const char *outer, bool event)
{
	const char *prefix = strcmp(outer, named->snake) ? text_of("%s.", named->snake) : "";
	fprintf(file, "static const struct field_desc %s_fields[] = {\n", named->snake);
	for (size_t i = 0; i < named->n; i++)
		emit_field(file, named, &named->fields[i], outer, event && i == 0 ? "" : prefix);
	fprintf(file, "};\n\n");
}

static void emit_enum(FILE *file, const struct named *named)
{
	fprintf(file, "static const char *const %s_symbols[] = {\n", named->snake);
	for (size_t i = 0; i < named->n; i++)
		fprintf(file, "\t\"%s\",\n", named->symbols[i]);
	fprintf(file,
	        "};\n\nstatic const struct enum_desc %s_enum = { \"%s\", %s_symbols, %zu };\n"
	        "_Static_assert(sizeof(enum %s) == sizeof(uint32_t), \"width of an enum\");\n\n",
	        named->snake, named->name, named->snake, named->n, named->snake);
}

static void emit_family(FILE *file, const struct named_list *list, const char *family,
                        const char *upper)
{
	bool event = strcmp(family, "event") == 0;
	for (size_t i = 0; i < list->n; i++)
		emit_fields(file, &list->items[i], family, event);
	fprintf(file, "const struct record_desc %s_records[%s_TYPES] = {\n", family, upper);
	for (size_t i = 0; i < list->n; i++)
		fprintf(file, "\t{ \"%s\", %s_fields, %zu, sizeof(struct %s) },\n",
		        list->items[i].name, list->items[i].snake, list->items[i].n, family);
	fprintf(file, "};\n\n");
}

static void emit_records(const struct model *model, const char *out)
{
	FILE *file = emit_open(out, "record_tables.c", "schemas/avro");
	fprintf(file, "#include \"generated/record_codec.h\"\n\n");
	for (size_t i = 0; i < model->types.n; i++) {
		const struct named *named = &model->types.items[i];
		if (named->kind == KIND_ENUM)
			emit_enum(file, named);
		if (named->kind != KIND_RECORD)
			continue;
		emit_fields(file, named, named->snake, false);
		fprintf(file,
		        "static const struct record_desc %s_record = { \"%s\", %s_fields, %zu,\n"
		        "\tsizeof(struct %s) };\n\n",
		        named->snake, named->name, named->snake, named->n, named->snake);
	}
	emit_family(file, &model->events, "event", "EVENT");
	emit_family(file, &model->control, "control", "CONTROL");
	emit_family(file, &model->commands, "command", "COMMAND");
	emit_close(file);
}

static void emit_ids(FILE *file, const struct history *history, const struct named_list *list,
                     const char *family, const char *upper)
{
	fprintf(file, "const uint32_t %s_schema_ids[%s_TYPES] = {\n", family, upper);
	for (size_t i = 0; i < list->n; i++)
		fprintf(file, "\t[%s_%s] = %u,\n", upper, list->items[i].upper,
		        history_newest(history, &list->items[i])->id);
	fprintf(file, "};\n\n");
}

static void emit_entry(FILE *file, const struct model *model, const struct history *history,
                       const struct version *version)
{
	const struct named *named = version->named;
	bool control =
	        named >= model->control.items && named < model->control.items + model->control.n;
	char *text = json_dumps(version->json, JSON_COMPACT);
	fprintf(file, "\t{ .id = %u, .name = \"%s\", .version = %u, .current = %s,\n", version->id,
	        named->full, version->number,
	        history_newest(history, named) == version ? "true" : "false");
	fprintf(file, "\t  .control = %s, .type = %s_%s,\n\t  .text =\n",
	        control ? "true" : "false", control ? "CONTROL" : "EVENT", named->upper);
	emit_string(file, text, "\t\t");
	fprintf(file, " },\n");
	free(text);
}

void emit_tables(const struct model *model, const struct history *history, const char *out)
{
	emit_records(model, out);
	FILE *file = emit_open(out, "schema_entries.c", "schemas/avro/history");
	fprintf(file, "#include \"core/codec/schema_table.h\"\n"
	              "#include \"generated/record_codec.h\"\n\n");
	emit_ids(file, history, &model->events, "event", "EVENT");
	emit_ids(file, history, &model->control, "control", "CONTROL");
	fprintf(file, "const struct schema_entry schema_entries[] = {\n");
	for (size_t i = 0; i < history->n; i++)
		emit_entry(file, model, history, &history->items[i]);
	fprintf(file, "};\n\nconst uint32_t schema_entries_n = %zu;\n", history->n);
	emit_close(file);
	emit_command_types(model, out);
}
