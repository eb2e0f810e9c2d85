/* What must be right is one table per kind of object; members that it does not name are let
 * through: the mapping lists them. */
#include "import/archive.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/base/clock.h"

enum form { FORM_NUMBER, FORM_STRING, FORM_TIME, FORM_STRINGS, FORM_OBJECT, FORM_OBJECTS };

struct rule {
	const char *name;
	enum form form;
	bool required;
	const struct rule *items; /* of FORM_OBJECT and FORM_OBJECTS */
};

static const struct rule edit_rules[] = {
        {"editedAt", FORM_TIME, false, NULL},
        {"editor", FORM_STRING, false, NULL},
        {"diff", FORM_STRING, false, NULL},
        {0},
};
static const struct rule comment_rules[] = {
        {"author", FORM_STRING, false, NULL},
        {"body", FORM_STRING, false, NULL},
        {"createdAt", FORM_TIME, false, NULL},
        {"userContentEdits", FORM_OBJECTS, false, edit_rules},
        {0},
};
static const struct rule review_rules[] = {
        {"id", FORM_STRING, false, NULL},
        {"author", FORM_STRING, false, NULL},
        {"body", FORM_STRING, false, NULL},
        {"createdAt", FORM_TIME, false, NULL},
        {"comments", FORM_OBJECTS, false, comment_rules},
        {0},
};
static const struct rule other_rules[] = {
        {"number", FORM_NUMBER, true, NULL},
        {"repository", FORM_STRING, false, NULL},
        {0},
};
static const struct rule event_rules[] = {
        {"__typename", FORM_STRING, true, NULL},
        {"createdAt", FORM_TIME, false, NULL},
        {"actor", FORM_STRING, false, NULL},
        {"label", FORM_STRING, false, NULL},
        {"assignee", FORM_STRING, false, NULL},
        {"milestoneTitle", FORM_STRING, false, NULL},
        {"previousTitle", FORM_STRING, false, NULL},
        {"currentTitle", FORM_STRING, false, NULL},
        {"stateReason", FORM_STRING, false, NULL},
        {"source", FORM_OBJECT, false, other_rules},
        {"subject", FORM_OBJECT, false, other_rules},
        {"canonical", FORM_OBJECT, false, other_rules},
        {0},
};
static const struct rule milestone_rules[] = {
        {"title", FORM_STRING, true, NULL},
        {"number", FORM_NUMBER, false, NULL},
        {"description", FORM_STRING, false, NULL},
        {"state", FORM_STRING, false, NULL},
        {"createdAt", FORM_TIME, false, NULL},
        {"dueOn", FORM_TIME, false, NULL},
        {"closedAt", FORM_TIME, false, NULL},
        {"updatedAt", FORM_TIME, false, NULL},
        {0},
};
static const struct rule entry_rules[] = {
        {"number", FORM_NUMBER, true, NULL},
        {"title", FORM_STRING, true, NULL},
        {"createdAt", FORM_TIME, true, NULL},
        {"author", FORM_STRING, false, NULL},
        {"state", FORM_STRING, false, NULL},
        {"stateReason", FORM_STRING, false, NULL},
        {"body", FORM_STRING, false, NULL},
        {"updatedAt", FORM_TIME, false, NULL},
        {"closedAt", FORM_TIME, false, NULL},
        {"mergedAt", FORM_TIME, false, NULL},
        {"mergedBy", FORM_STRING, false, NULL},
        {"labels", FORM_STRINGS, false, NULL},
        {"assignees", FORM_STRINGS, false, NULL},
        {"milestone", FORM_STRING, false, NULL},
        {"comments", FORM_OBJECTS, false, comment_rules},
        {"reviews", FORM_OBJECTS, false, review_rules},
        {"timelineItems", FORM_OBJECTS, false, event_rules},
        {"userContentEdits", FORM_OBJECTS, false, edit_rules},
        {0},
};
static const struct rule root_rules[] = {
        {"magic", FORM_STRING, true, NULL},
        {"repo", FORM_STRING, true, NULL},
        {"timestamp", FORM_TIME, false, NULL},
        {"milestones", FORM_OBJECTS, false, milestone_rules},
        {"issues", FORM_OBJECTS, true, entry_rules},
        {"pulls", FORM_OBJECTS, false, entry_rules},
        {0},
};

/* Where the check is: "/issues/12/comments/3/body". */
struct place {
	char text[200];
	const char *file;
	struct error *err;
};

static enum status check_object(struct place *place, json_t *object, const struct rule *rules);

static enum status wrong(struct place *place, const char *wanted)
{
	return error_set(place->err, STATUS_MALFORMED,
	                 "%s: not an archive of archive-repo: %s must be %s", place->file,
	                 place->text[0] ? place->text : "the whole", wanted);
}

static size_t enter(struct place *place, const char *name)
{
	size_t before = strlen(place->text);
	snprintf(place->text + before, sizeof place->text - before, "/%s", name);
	return before;
}

static enum status check_items(struct place *place, json_t *array, const struct rule *rule)
{
	size_t i;
	json_t *item;
	enum status status = STATUS_OK;
	if (!json_is_array(array))
		return wrong(place, "an array");
	json_array_foreach(array, i, item)
	{
		char number[24];
		snprintf(number, sizeof number, "%zu", i);
		size_t before = enter(place, number);
		if (rule->form == FORM_OBJECTS)
			status = check_object(place, item, rule->items);
		else if (!json_is_string(item))
			status = wrong(place, "a string");
		if (status)
			return status;
		place->text[before] = 0;
	}
	return status;
}

static enum status check_value(struct place *place, json_t *value, const struct rule *rule)
{
	int64_t ms;
	switch (rule->form) {
	case FORM_NUMBER:
		if (!json_is_integer(value) || json_integer_value(value) < 1)
			return wrong(place, "a whole number from 1");
		return STATUS_OK;
	case FORM_STRING:
		return json_is_string(value) ? STATUS_OK : wrong(place, "a string");
	case FORM_TIME:
		if (!json_is_string(value) ||
		    !clock_parse(slice_of(json_string_value(value), json_string_length(value)),
		                 &ms))
			return wrong(place, "a time, like 2026-11-30T10:00:00Z");
		return STATUS_OK;
	case FORM_OBJECT:
		return check_object(place, value, rule->items);
	case FORM_STRINGS:
	case FORM_OBJECTS:
		break;
	}
	return check_items(place, value, rule);
}

static enum status check_object(struct place *place, json_t *object, const struct rule *rules)
{
	if (!json_is_object(object))
		return wrong(place, "an object");
	for (const struct rule *rule = rules; rule->name; rule++) {
		json_t *value = json_object_get(object, rule->name);
		if (!rule->required && (!value || json_is_null(value)))
			continue;
		size_t before = enter(place, rule->name);
		if (!value)
			return wrong(place, "there");
		enum status status = check_value(place, value, rule);
		if (status)
			return status;
		place->text[before] = 0;
	}
	return STATUS_OK;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct archive_entry *x = a, *y = b;
	return (x->number > y->number) - (x->number < y->number);
}

/* Ids are made from numbers: two issues of one number would become one. */
static enum status index_entries(struct archive *archive, struct place *place)
{
	size_t issues = json_array_size(archive->issues), pulls = json_array_size(archive->pulls);
	archive->n = issues + pulls;
	archive->entries = mem_new((archive->n + 1) * sizeof *archive->entries);
	for (size_t i = 0; i < archive->n; i++) {
		json_t *entry = i < issues ? json_array_get(archive->issues, i)
		                           : json_array_get(archive->pulls, i - issues);
		struct archive_entry *row = &archive->entries[i];
		row->number = json_integer_value(json_object_get(entry, "number"));
		archive_time(entry, "createdAt", &row->created_ms);
		if (row->created_ms > archive->timestamp_ms)
			row->created_ms = archive->timestamp_ms;
	}
	qsort(archive->entries, archive->n, sizeof *archive->entries, compare_numbers);
	for (size_t i = 1; i < archive->n; i++)
		if (archive->entries[i].number == archive->entries[i - 1].number)
			return error_set(place->err, STATUS_MALFORMED,
			                 "%s: number %lld is there twice", place->file,
			                 (long long)archive->entries[i].number);
	return STATUS_OK;
}

const struct archive_entry *archive_find(const struct archive *archive, int64_t number)
{
	const struct archive_entry wanted = {.number = number};
	return bsearch(&wanted, archive->entries, archive->n, sizeof wanted, compare_numbers);
}

static bool is_repo(struct slice repo)
{
	const char *slash = repo.n ? memchr(repo.data, '/', repo.n) : NULL;
	if (!slash || slash == repo.data || slash + 1 == repo.data + repo.n || repo.n > 200)
		return false;
	for (size_t i = 0; i < repo.n; i++)
		if ((unsigned char)repo.data[i] <= ' ' || (unsigned char)repo.data[i] >= 0x7f)
			return false;
	return true;
}

static enum status check(struct archive *archive, const char *path, struct error *err)
{
	struct place place = {.file = path, .err = err};
	if (!json_is_object(archive->root))
		return wrong(&place, "an object");
	if (!slice_is(archive_string(archive->root, "magic"), ARCHIVE_MAGIC)) {
		enter(&place, "magic");
		return wrong(&place, "\"" ARCHIVE_MAGIC "\"");
	}
	enum status status = check_object(&place, archive->root, root_rules);
	if (status)
		return status;
	if (!is_repo(archive_string(archive->root, "repo"))) {
		enter(&place, "repo");
		return wrong(&place, "owner/name");
	}
	archive->repo = archive_string(archive->root, "repo").data;
	archive->issues = archive_array(archive->root, "issues");
	archive->pulls = archive_array(archive->root, "pulls");
	if (!archive_time(archive->root, "timestamp", &archive->timestamp_ms))
		archive->timestamp_ms = INT64_MAX;
	return index_entries(archive, &place);
}

static enum status load(const char *path, json_t **root, struct error *err)
{
	struct stat info;
	json_error_t fault;
	FILE *file = fopen(path, "r");
	if (!file)
		return error_set(err, STATUS_NOT_FOUND, "%s: %s", path, strerror(errno));
	if (fstat(fileno(file), &info) == 0 && info.st_size > ARCHIVE_BYTES_MAX) {
		fclose(file);
		return error_set(err, STATUS_FULL, "%s: has %lld bytes, an archive at most %ld",
		                 path, (long long)info.st_size, ARCHIVE_BYTES_MAX);
	}
	*root = json_loadf(file, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &fault);
	bool torn = ferror(file) != 0;
	fclose(file);
	if (torn)
		return error_set(err, STATUS_IO, "%s: cannot be read", path);
	if (!*root)
		return error_set(err, STATUS_MALFORMED, "%s: line %d, column %d (byte %d): %s",
		                 path, fault.line, fault.column, fault.position, fault.text);
	return STATUS_OK;
}

enum status archive_open(const char *path, struct archive *archive, struct error *err)
{
	*archive = (struct archive){0};
	enum status status = load(path, &archive->root, err);
	if (!status)
		status = check(archive, path, err);
	if (status)
		archive_close(archive);
	return status;
}

void archive_close(struct archive *archive)
{
	json_decref(archive->root);
	free(archive->entries);
	*archive = (struct archive){0};
}

struct slice archive_string(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	if (!json_is_string(value))
		return SLICE("");
	return slice_of(json_string_value(value), json_string_length(value));
}

bool archive_time(const json_t *object, const char *name, int64_t *ms)
{
	struct slice text = archive_string(object, name);
	return text.n && clock_parse(text, ms);
}

json_t *archive_array(const json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);
	return json_is_array(value) ? value : NULL;
}
