/* Events among the schemas of answers: each by its type. */
#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answers.h"
#include "core/codec/event_schema.h"
#include "generated/event.h"
#include "projections/sight.h"

#define SCHEMAS "#/components/schemas/"

/* The members of the event @name, and no others. */
static json_t *event_of(const char *name)
{
	return json_pack("{s:o,s:b}", "$ref", json_sprintf(SCHEMAS "%s", name),
	                 "unevaluatedProperties", 0);
}

/* History and audit log: type and body. */
static json_t *told(const char *name)
{
	return json_pack("{s:s,s:[s,s],s:{s:{s:s},s:o}}", "type", "object", "required", "type",
	                 "body", "properties", "type", "const", name, "body", event_of(name));
}

/* Feed: the full name of the type, and data with meta in it. */
static json_t *logged(const char *name)
{
	json_t *data = event_of(name);
	json_object_set_new(data, "required", json_pack("[s]", "meta"));
	json_object_set_new(data, "properties",
	                    json_pack("{s:{s:s}}", "meta", "$ref", SCHEMAS "EventMeta"));
	return json_pack("{s:s,s:[s,s],s:{s:{s:o},s:o}}", "type", "object", "required", "type",
	                 "data", "properties", "type", "const",
	                 json_sprintf("nexusflow.events.%s", name), "data", data);
}

static const struct form {
	const char *name, *suffix, *prefix; /* of a type */
	json_t *(*of)(const char *name);
} forms[] = {
        {"told_event", "told", "", told},
        {"logged_event", "logged", "nexusflow.events.", logged},
};

/* A schema for each event, and one that chooses among them by the type. */
static void add_form(json_t *schemas, const struct form *form)
{
	json_t *all = json_array(), *mapping = json_object();
	for (int type = 0; type < EVENT_TYPES; type++) {
		const char *name = event_type_name((enum event_type)type);
		char key[80], title[96], ref[128];
		snprintf(key, sizeof key, "%s.%s", name, form->suffix);
		snprintf(title, sizeof title, "%s%s", form->prefix, name);
		snprintf(ref, sizeof ref, SCHEMAS "%s", key);
		json_object_set_new(schemas, key, form->of(name));
		json_array_append_new(all, json_pack("{s:s}", "$ref", ref));
		json_object_set_new(mapping, title, json_string(ref));
	}
	json_object_set_new(schemas, form->name,
	                    json_pack("{s:o,s:{s:s,s:o}}", "oneOf", all, "discriminator",
	                              "propertyName", "type", "mapping", mapping));
}

static void allow_null(json_t *properties, const char *name, json_t *property)
{
	json_t *description = json_incref(json_object_get(property, "description"));
	json_t *value = json_copy(property);
	json_object_del(value, "description");
	json_object_set_new(properties, name,
	                    json_pack("{s:[o,{s:s}],s:o}", "anyOf", value, "type", "null",
	                              "description", description));
}

/* What sight_blank may leave out of a body: an id of what is hidden, @text of what was deleted. */
static void allow_blanks(json_t *schema, const char *text)
{
	json_t *properties = json_copy(json_object_get(schema, "properties")), *property;
	const char *name;
	json_object_foreach(json_object_get(schema, "properties"), name, property)
	{
		const char *format = json_string_value(json_object_get(property, "format"));
		if ((format && strcmp(format, "uuid") == 0) || (text && strcmp(name, text) == 0))
			allow_null(properties, name, property);
	}
	json_object_set_new(schema, "properties", properties);
}

/* Events, and the records that they are made of: meta tells nothing that is hidden. */
static bool is_of_meta(const char *name)
{
	static const char *const of_meta[] = {"EventMeta", "Actor", "AggregateRef"};
	for (size_t i = 0; i < sizeof of_meta / sizeof *of_meta; i++)
		if (strcmp(name, of_meta[i]) == 0)
			return true;
	return false;
}

static void add_event(json_t *schemas, const struct event_schema *event)
{
	json_t *schema = json_loads(event->schema, 0, NULL);
	enum event_type type;
	bool is_event = event_type_parse(slice_str(event->name), &type);
	if (!is_of_meta(event->name))
		allow_blanks(schema, is_event ? sight_blanked_text(type) : NULL);
	json_object_set_new(schemas, event->name, schema);
}

void answers_document(struct buf *out)
{
	struct slice answers = answers_schemas();
	json_t *all = json_loadb(answers.data, answers.n, JSON_REJECT_DUPLICATES, NULL);
	assert(all && "the schemas of answers are a JSON object");
	for (const struct event_schema *event = event_schemas; event->name; event++)
		add_event(all, event);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		add_form(all, &forms[i]);
	char *text = json_dumps(all, JSON_COMPACT);
	buf_append_str(out, text);
	free(text);
	json_decref(all);
}
