#include "import/people.h"

#include <stdlib.h>

#include "core/domain/text.h"
#include "import/mend.h"
#include "import/names.h"

struct collector {
	struct people *people;
	const struct archive *archive;
	const char *issuer;
};

/* The login as the API takes it, in @out. */
static const char *clean(struct slice login, struct buf *out)
{
	struct buf all = {0};
	buf_clear(out);
	mend_text(login, false, &all);
	struct slice name = mend_head(buf_slice(&all), TEXT_LINE_MAX);
	buf_append_slice(out, text_is_blank(name) ? SLICE(PEOPLE_GHOST) : name);
	buf_release(&all);
	return buf_cstr(out);
}

static void note(struct collector *collector, struct slice login, int64_t ms)
{
	struct people *people = collector->people;
	if (ms > collector->archive->timestamp_ms)
		ms = collector->archive->timestamp_ms;
	struct person_row *row = people_find(people, login);
	if (row) {
		if (ms < row->first_ms)
			row->first_ms = ms;
		return;
	}
	struct buf name = {0};
	const char *key = clean(login, &name);
	json_object_set_new(people->index, key, json_integer((json_int_t)people->n));
	people->rows = mem_grow(people->rows, (people->n + 1) * sizeof *people->rows);
	people->rows[people->n++] = (struct person_row){
	        .login = mem_string(slice_str(key)),
	        .id = name_member(collector->issuer, key),
	        .first_ms = ms,
	};
	buf_release(&name);
}

/* Member @name of @object did it. What has no date of its own is taken to be of @ms. */
static void note_person(struct collector *collector, json_t *object, const char *name, int64_t ms)
{
	int64_t own = ms;
	archive_time(object, "createdAt", &own);
	note(collector, archive_string(object, name), own < ms ? ms : own);
}

static void note_editors(struct collector *collector, json_t *object, int64_t ms)
{
	json_t *edit;
	size_t i;
	json_array_foreach(archive_array(object, "userContentEdits"), i, edit)
	{
		int64_t own = ms;
		archive_time(edit, "editedAt", &own);
		if (json_object_get(edit, "editor"))
			note(collector, archive_string(edit, "editor"), own < ms ? ms : own);
	}
}

static void note_entry(struct collector *collector, json_t *entry)
{
	size_t i;
	json_t *item;
	int64_t ms = 0, merged;
	archive_time(entry, "createdAt", &ms);
	note_person(collector, entry, "author", ms);
	json_array_foreach(archive_array(entry, "assignees"), i, item)
	        note(collector, slice_of(json_string_value(item), json_string_length(item)), ms);
	note_editors(collector, entry, ms);
	json_array_foreach(archive_array(entry, "comments"), i, item)
	{
		note_person(collector, item, "author", ms);
		note_editors(collector, item, ms);
	}
	json_array_foreach(archive_array(entry, "reviews"), i, item)
	        note_person(collector, item, "author", ms);
	json_array_foreach(archive_array(entry, "timelineItems"), i, item)
	{
		if (json_object_get(item, "actor"))
			note_person(collector, item, "actor", ms);
		if (json_object_get(item, "assignee"))
			note_person(collector, item, "assignee", ms);
	}
	if (archive_time(entry, "mergedAt", &merged) && archive_string(entry, "mergedBy").n)
		note(collector, archive_string(entry, "mergedBy"), merged < ms ? ms : merged);
}

static int compare(const void *a, const void *b)
{
	const struct person_row *x = a, *y = b;
	if (x->first_ms != y->first_ms)
		return x->first_ms < y->first_ms ? -1 : 1;
	return strcmp(x->login, y->login);
}

static void sort(struct people *people)
{
	if (people->n)
		qsort(people->rows, people->n, sizeof *people->rows, compare);
	for (size_t i = 0; i < people->n; i++)
		json_object_set_new(people->index, people->rows[i].login,
		                    json_integer((json_int_t)i));
}

void people_collect(struct people *people, const struct archive *archive, const char *issuer)
{
	struct collector collector = {people, archive, issuer};
	size_t i;
	json_t *entry;
	*people = (struct people){.index = json_object()};
	json_array_foreach(archive->issues, i, entry) note_entry(&collector, entry);
	json_array_foreach(archive->pulls, i, entry) note_entry(&collector, entry);
	sort(people);
}

struct person_row *people_find(const struct people *people, struct slice login)
{
	struct buf name = {0};
	json_t *index = json_object_get(people->index, clean(login, &name));
	buf_release(&name);
	return index ? &people->rows[json_integer_value(index)] : NULL;
}

void people_release(struct people *people)
{
	for (size_t i = 0; i < people->n; i++)
		free(people->rows[i].login);
	free(people->rows);
	json_decref(people->index);
	*people = (struct people){0};
}
