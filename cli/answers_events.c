/* Events among the schemas of answers: each by its type. */
#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/answers.h"
#include "core/codec/event_schema.h"
#include "generated/event.h"

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

void answers_document(struct buf *out)
{
	struct slice answers = answers_schemas();
	json_t *all = json_loadb(answers.data, answers.n, JSON_REJECT_DUPLICATES, NULL);
	assert(all && "the schemas of answers are a JSON object");
	for (const struct event_schema *event = event_schemas; event->name; event++)
		json_object_set_new(all, event->name, json_loads(event->schema, 0, NULL));
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		add_form(all, &forms[i]);
	char *text = json_dumps(all, JSON_COMPACT);
	buf_append_str(out, text);
	free(text);
	json_decref(all);
}
