/* command_types.c: each command as JSON Schema 2020-12, with the limits that the reader enforces.
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>

static json_t *record_schema(const struct named *named, const char *title);

json_t *plain_schema(const char *type, const char *format)
{
	json_t *schema = json_pack("{s:s}", "type", type);
	if (format)
		json_object_set_new(schema, "format", json_string(format));
	return schema;
}

static json_t *enum_schema(const struct named *named)
{
	json_t *symbols = json_array();
	for (size_t i = 1; i < named->n; i++) /* nobody may send "unknown" */
		json_array_append_new(symbols, json_string(named->symbols[i]));
	return json_pack("{s:s,s:o}", "type", "string", "enum", symbols);
}

static json_t *value_schema(const struct field *field)
{
	switch (field->kind) {
	case KIND_BOOLEAN:
		return plain_schema("boolean", NULL);
	case KIND_INT:
		return plain_schema("integer", "int32");
	case KIND_LONG:
		return plain_schema("integer", "int64");
	case KIND_DOUBLE:
		return plain_schema("number", "double");
	case KIND_STRING:
		return plain_schema("string", NULL);
	case KIND_UUID:
		return plain_schema("string", "uuid");
	case KIND_TIME:
		return plain_schema("string", "date-time");
	case KIND_DATE:
		return plain_schema("string", "date");
	case KIND_ENUM:
		return enum_schema(field->named);
	case KIND_RECORD:
		return record_schema(field->named, NULL);
	case KIND_BYTES:
	case KIND_FIXED:
		break;
	}
	return NULL;
}

static const char *const limits[][2] = {
        {"min_length", "minLength"},
        {"max_length", "maxLength"},
        {"minimum", "minimum"},
        {"maximum", "maximum"},
};

static void check_limits(const struct named *named, const struct field *field)
{
	if (field->kind == KIND_BYTES || field->kind == KIND_FIXED)
		refuse(named->file, "field '%s': bytes are not supported in commands", field->name);
	if (field->kind == KIND_STRING && !json_object_get(field->json, "max_length"))
		refuse(named->file, "field '%s': a string of a command needs max_length",
		       field->name);
	if (field->array && !json_object_get(field->json, "max_items"))
		refuse(named->file, "field '%s': an array of a command needs max_items",
		       field->name);
}

static json_t *field_schema(const struct named *named, const struct field *field)
{
	check_limits(named, field);
	json_t *schema = value_schema(field);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		json_t *limit = json_object_get(field->json, limits[i][0]);
		if (limit && !json_is_integer(limit))
			refuse(named->file, "field '%s': %s is not an integer", field->name,
			       limits[i][0]);
		if (limit)
			json_object_set(schema, limits[i][1], limit);
	}
	if (field->array) {
		schema = json_pack("{s:s,s:o}", "type", "array", "items", schema);
		json_object_set(schema, "maxItems", json_object_get(field->json, "max_items"));
	}
	if (field->optional) { /* absent and null mean the same */
		json_t *type = json_object_get(schema, "type");
		json_t *symbols = json_object_get(schema, "enum");
		json_object_set_new(schema, "type", json_pack("[O,s]", type, "null"));
		if (symbols)
			json_array_append_new(symbols, json_null());
	}
	json_object_set_new(schema, "description", json_string(field->doc));
	json_t *def = json_object_get(field->json, "default");
	if (def && !json_is_null(def))
		json_object_set(schema, "default", def);
	json_t *example = json_object_get(field->json, "example");
	if (example)
		json_object_set_new(schema, "examples", json_pack("[O]", example));
	return schema;
}

static json_t *record_schema(const struct named *named, const char *title)
{
	json_t *schema = json_object();
	json_t *properties = json_object();
	json_t *required = json_array();
	for (size_t i = 0; i < named->n; i++) {
		const struct field *field = &named->fields[i];
		json_object_set_new(properties, field->name, field_schema(named, field));
		if (!json_object_get(field->json, "default"))
			json_array_append_new(required, json_string(field->name));
	}
	if (title)
		json_object_set_new(schema, "title", json_string(title));
	json_object_set_new(schema, "description", json_string(named->doc));
	json_object_set_new(schema, "type", json_string("object"));
	json_object_set_new(schema, "additionalProperties", json_false());
	json_object_set_new(schema, "required", required);
	json_object_set_new(schema, "properties", properties);
	return schema;
}

void emit_command_types(const struct model *model, const char *out)
{
	FILE *file = emit_open(out, "command_types.c", "schemas/avro/commands");
	fprintf(file, "#include \"core/codec/command_codec.h\"\n\n"
	              "const struct command_type_info command_types[COMMAND_TYPES] = {\n");
	for (size_t i = 0; i < model->commands.n; i++) {
		const struct named *named = &model->commands.items[i];
		const char *aggregate =
		        json_string_value(json_object_get(named->json, "aggregate"));
		if (!aggregate)
			refuse(named->file, "no aggregate");
		json_t *schema = record_schema(named, named->name);
		char *text = json_dumps(schema, JSON_COMPACT);
		fprintf(file, "\t{ .name = \"%s\", .aggregate = \"%s\",\n\t  .doc =\n", named->name,
		        aggregate);
		emit_string(file, named->doc, "\t\t");
		fprintf(file, ",\n\t  .schema =\n");
		emit_string(file, text, "\t\t");
		free(text);
		json_decref(schema);
		schema = model_inline(model, named);
		text = json_dumps(schema, JSON_COMPACT);
		fprintf(file, ",\n\t  .avro =\n");
		emit_string(file, text, "\t\t");
		fprintf(file, " },\n");
		free(text);
		json_decref(schema);
	}
	fprintf(file, "};\n");
	emit_close(file);
}
