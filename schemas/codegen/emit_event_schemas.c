/* event_schemas.c: what an event tells, as JSON Schema 2020-12, and the records that it is made of.
 * Reading is not sending: there are no limits, and every symbol may come. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

static json_t *symbols(const struct named *named)
{
	json_t *all = json_array();
	for (size_t i = 0; i < named->n; i++)
		json_array_append_new(all, json_string(named->symbols[i]));
	return json_pack("{s:o}", "enum", all);
}

static json_t *one_value(const struct field *field)
{
	switch (field->kind) {
	case KIND_BOOLEAN:
		return plain_schema("boolean", NULL);
	case KIND_INT:
	case KIND_LONG:
		return plain_schema("integer", NULL);
	case KIND_DOUBLE:
		return plain_schema("number", NULL);
	case KIND_STRING:
		return plain_schema("string", NULL);
	case KIND_BYTES:
	case KIND_FIXED:
		return json_pack("{s:s,s:s}", "type", "string", "contentEncoding", "base64");
	case KIND_UUID:
		return plain_schema("string", "uuid");
	case KIND_TIME:
		return plain_schema("string", "date-time");
	case KIND_DATE:
		return plain_schema("string", "date");
	case KIND_ENUM:
		return symbols(field->named);
	case KIND_RECORD:
		return json_pack(
		        "{s:o}", "$ref",
		        json_string(text_of("#/components/schemas/%s", field->named->name)));
	}
	return NULL;
}

static json_t *member(const struct field *field)
{
	json_t *schema = one_value(field);
	if (field->array)
		schema = json_pack("{s:s,s:o}", "type", "array", "items", schema);
	if (field->optional)
		schema = json_pack("{s:[o,{s:s}]}", "anyOf", schema, "type", "null");
	json_object_set_new(schema, "description", json_string(field->doc));
	return schema;
}

/* From field @first on. What was added later may be missing where it was written down before. */
static json_t *record(const struct named *named, size_t first)
{
	json_t *properties = json_object(), *required = json_array();
	for (size_t i = first; i < named->n; i++) {
		const struct field *field = &named->fields[i];
		json_object_set_new(properties, field->name, member(field));
		if (!json_object_get(field->json, "default"))
			json_array_append_new(required, json_string(field->name));
	}
	return json_pack("{s:s,s:s,s:o,s:o}", "description", named->doc, "type", "object",
	                 "required", required, "properties", properties);
}

static void emit_one(FILE *file, const struct named *named, json_t *schema)
{
	char *text = json_dumps(schema, JSON_COMPACT);
	fprintf(file, "\t{ .name = \"%s\",\n\t  .schema =\n", named->name);
	emit_string(file, text, "\t\t");
	fprintf(file, " },\n");
	free(text);
	json_decref(schema);
}

/* @used: by place in the list of types. */
static void mark_used(const struct model *model, const struct named *named, bool *used)
{
	for (size_t i = 0; i < named->n; i++) {
		const struct named *type = named->fields[i].named;
		if (named->fields[i].kind != KIND_RECORD || used[type - model->types.items])
			continue;
		used[type - model->types.items] = true;
		mark_used(model, type, used);
	}
}

void emit_event_schemas(const struct model *model, const char *out)
{
	FILE *file = emit_open(out, "event_schemas.c", "schemas/avro/events");
	bool *used = room(model->types.n * sizeof(*used));
	fprintf(file, "#include \"core/codec/event_schema.h\"\n\n"
	              "const struct event_schema event_schemas[] = {\n");
	for (size_t i = 0; i < model->events.n; i++) {
		emit_one(file, &model->events.items[i], record(&model->events.items[i], 1));
		mark_used(model, &model->events.items[i], used);
	}
	for (size_t i = 0; i < model->types.n; i++) {
		if (!used[i])
			continue;
		json_t *schema = record(&model->types.items[i], 0);
		json_object_set_new(schema, "additionalProperties", json_false());
		emit_one(file, &model->types.items[i], schema);
	}
	fprintf(file, "\t{ .name = NULL },\n};\n");
	emit_close(file);
}
