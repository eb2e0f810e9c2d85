/* Frozen versions: schemas in one piece, compared with what the files say now.
 *
 * What was published once is read for ever, so a version is never edited. Only "doc" may differ
 * between a current schema and its newest version: a better comment is not a new format. */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const avro_attributes[] = {"type",    "name",    "namespace", "doc",
                                              "aliases", "fields",  "symbols",   "items",
                                              "size",    "default", "order",     "logicalType"};

/* Full names that were written out already. */
struct seen {
	const char *names[256];
	size_t n;
};

static const struct named *find_type(const struct model *model, const char *full)
{
	for (size_t i = 0; i < model->types.n; i++)
		if (strcmp(model->types.items[i].full, full) == 0)
			return &model->types.items[i];
	return NULL;
}

static bool seen_before(struct seen *seen, const char *full)
{
	for (size_t i = 0; i < seen->n; i++)
		if (strcmp(seen->names[i], full) == 0)
			return true;
	if (seen->n == sizeof(seen->names) / sizeof(seen->names[0]))
		refuse(full, "more than %zu types in one schema", seen->n);
	seen->names[seen->n++] = full;
	return false;
}

static json_t *inline_type(const struct model *model, json_t *type, struct seen *seen);

static json_t *inline_array(const struct model *model, json_t *array, struct seen *seen)
{
	json_t *copy = json_array();
	for (size_t i = 0; i < json_array_size(array); i++)
		json_array_append_new(copy, inline_type(model, json_array_get(array, i), seen));
	return copy;
}

/* A record, enum, fixed, array, field or annotated plain type: what Avro knows of it. */
static json_t *inline_object(const struct model *model, json_t *object, struct seen *seen)
{
	json_t *copy = json_object();
	for (size_t i = 0; i < sizeof(avro_attributes) / sizeof(avro_attributes[0]); i++) {
		const char *key = avro_attributes[i];
		json_t *value = json_object_get(object, key);
		if (!value)
			continue;
		if (strcmp(key, "fields") == 0)
			value = inline_array(model, value, seen);
		else if (strcmp(key, "type") == 0 || strcmp(key, "items") == 0)
			value = inline_type(model, value, seen);
		else
			value = json_deep_copy(value);
		json_object_set_new(copy, key, value);
	}
	return copy;
}

static json_t *inline_type(const struct model *model, json_t *type, struct seen *seen)
{
	if (json_is_array(type))
		return inline_array(model, type, seen);
	if (json_is_object(type))
		return inline_object(model, type, seen);
	const struct named *named = find_type(model, json_string_value(type));
	if (named && !seen_before(seen, named->full))
		return inline_object(model, named->json, seen);
	return json_string(json_string_value(type));
}

json_t *model_inline(const struct model *model, const struct named *named)
{
	struct seen seen = {.n = 0};
	return inline_object(model, named->json, &seen);
}

static const struct named *find_record(const struct model *model, const char *name)
{
	const struct named_list *lists[] = {&model->events, &model->control};
	for (size_t l = 0; l < 2; l++)
		for (size_t i = 0; i < lists[l]->n; i++)
			if (strcmp(lists[l]->items[i].name, name) == 0)
				return &lists[l]->items[i];
	return NULL;
}

const struct version *history_newest(const struct history *history, const struct named *named)
{
	for (size_t i = history->n; i > 0; i--)
		if (history->items[i - 1].named == named)
			return &history->items[i - 1];
	return NULL;
}

static void read_version(struct history *history, const struct model *model, const char *dir,
                         const char *line)
{
	struct version *version = &history->items[history->n];
	char name[128];
	if (sscanf(line, "%u %127s %u", &version->id, name, &version->number) != 3)
		refuse("history/ids.txt", "not 'id name version': %s", line);
	if (version->id != history->n + 1)
		refuse("history/ids.txt", "id %zu expected: %s", history->n + 1, line);
	version->named = find_record(model, name);
	if (!version->named)
		refuse("history/ids.txt", "%s was published and cannot be removed", name);
	const struct version *before = history_newest(history, version->named);
	if (version->number != (before ? before->number + 1 : 1))
		refuse("history/ids.txt", "version %u of %s is out of order", version->number,
		       name);
	json_error_t error;
	const char *path = text_of("%s/history/%s/%u.avsc", dir, name, version->number);
	version->json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!version->json)
		refuse(path, "line %d: %s", error.line, error.text);
	history->n++;
}

void history_read(struct history *history, const struct model *model, const char *dir)
{
	char line[256];
	FILE *file = fopen(text_of("%s/history/ids.txt", dir), "r");
	history->items = room(65536 * sizeof(*history->items));
	if (!file && errno == ENOENT)
		return;
	if (!file)
		refuse("history/ids.txt", "%s", strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (history->n == 65536)
			refuse("history/ids.txt", "more than 65536 versions");
		read_version(history, model, dir, line);
	}
	fclose(file);
}

/* @schema without docs; a "doc" within a default is data and stays. */
static json_t *without_docs(json_t *schema)
{
	if (json_is_array(schema)) {
		json_t *copy = json_array();
		for (size_t i = 0; i < json_array_size(schema); i++)
			json_array_append_new(copy, without_docs(json_array_get(schema, i)));
		return copy;
	}
	if (!json_is_object(schema))
		return json_deep_copy(schema);
	json_t *copy = json_object();
	const char *key;
	json_t *value;
	json_object_foreach(schema, key, value)
	{
		if (strcmp(key, "default") == 0)
			json_object_set(copy, key, value);
		else if (strcmp(key, "doc") != 0)
			json_object_set_new(copy, key, without_docs(value));
	}
	return copy;
}

static bool is_newest(const struct history *history, const struct model *model,
                      const struct named *named)
{
	const struct version *newest = history_newest(history, named);
	if (!newest)
		return false;
	json_t *whole = model_inline(model, named);
	json_t *now = without_docs(whole);
	json_t *then = without_docs(newest->json);
	bool equal = json_equal(now, then);
	json_decref(whole);
	json_decref(now);
	json_decref(then);
	return equal;
}

void history_check(const struct history *history, const struct model *model)
{
	const struct named_list *lists[] = {&model->events, &model->control};
	for (size_t l = 0; l < 2; l++) {
		for (size_t i = 0; i < lists[l]->n; i++) {
			const struct named *named = &lists[l]->items[i];
			const struct version *newest = history_newest(history, named);
			if (!newest)
				refuse(named->file,
				       "no version of %s is frozen; run schemas/freeze",
				       named->name);
			if (!is_newest(history, model, named))
				refuse(named->file,
				       "%s differs from its frozen version %u; if that is meant, "
				       "run schemas/freeze to publish version %u",
				       named->name, newest->number, newest->number + 1);
		}
	}
}

static void freeze_one(const struct model *model, const char *dir, const struct named *named,
                       unsigned id, unsigned number)
{
	const char *folder = text_of("%s/history/%s", dir, named->name);
	const char *path = text_of("%s/%u.avsc", folder, number);
	const char *ids = text_of("%s/history/ids.txt", dir);
	json_t *whole = model_inline(model, named);
	char *text = json_dumps(whole, JSON_INDENT(2));
	FILE *file = NULL;
	if (mkdir(folder, 0777) && errno != EEXIST)
		refuse(folder, "%s", strerror(errno));
	if (!text || !(file = fopen(path, "wx")) || fprintf(file, "%s\n", text) < 0 || fclose(file))
		refuse(path, "%s", strerror(errno));
	file = fopen(ids, "a");
	if (!file || fprintf(file, "%u %s %u\n", id, named->name, number) < 0 || fclose(file))
		refuse(ids, "%s", strerror(errno));
	printf("%s: version %u, id %u\n", named->name, number, id);
	free(text);
	json_decref(whole);
}

void history_freeze(const struct history *history, const struct model *model, const char *dir)
{
	const struct named_list *lists[] = {&model->events, &model->control};
	const char *folder = text_of("%s/history", dir);
	unsigned id = (unsigned)history->n;
	if (mkdir(folder, 0777) && errno != EEXIST)
		refuse(folder, "%s", strerror(errno));
	for (size_t l = 0; l < 2; l++) {
		for (size_t i = 0; i < lists[l]->n; i++) {
			const struct named *named = &lists[l]->items[i];
			const struct version *newest = history_newest(history, named);
			if (!is_newest(history, model, named))
				freeze_one(model, dir, named, ++id,
				           newest ? newest->number + 1 : 1);
		}
	}
}
