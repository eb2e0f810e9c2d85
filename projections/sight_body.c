/* What of the bodies of events is not for a reader. Which of their texts refer to something, the
 * schema of the event says; what people wrote is never compared with anything. */
#include <stdlib.h>

#include "core/domain/project.h"
#include "generated/record_codec.h"
#include "projections/sight.h"

void told_bodies_add(struct told_bodies *bodies, const struct told_body *body)
{
	if ((bodies->n & (bodies->n - 1)) == 0)
		bodies->items = mem_grow(bodies->items,
		                         (bodies->n ? 2 * bodies->n : 1) * sizeof *bodies->items);
	bodies->items[bodies->n++] = *body;
}

void told_bodies_read(struct told_bodies *bodies, struct slice type, struct slice aggregate,
                      size_t at, size_t n)
{
	struct told_body body = {.at = at, .n = n};
	if (event_type_parse(type, &body.type) && uuid_parse(aggregate, &body.issue))
		told_bodies_add(bodies, &body);
}

void told_bodies_release(struct told_bodies *bodies)
{
	free(bodies->items);
	*bodies = (struct told_bodies){.items = NULL};
}

struct blanking {
	const struct sight *sight;
	const struct tenant_state *rows;
	struct slice text;
	size_t done; /* of it, in @out */
	struct buf out;
	const char *deleted; /* member whose text was deleted; NULL: none */
};

/* --- places in JSON as it is kept, without white space; all end at the end of the text --- */

/* Behind the string that begins at @at. */
static size_t string_end(struct slice text, size_t at)
{
	for (at++; at < text.n && text.data[at] != '"'; at++)
		if (text.data[at] == '\\')
			at++;
	return at < text.n ? at + 1 : text.n;
}

/* Behind the value that begins at @at. */
static size_t value_end(struct slice text, size_t at)
{
	for (size_t depth = 0; at < text.n;) {
		char c = text.data[at];
		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			break;
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		at = c == '"' ? string_end(text, at) : at + 1;
	}
	return at;
}

/* The member at @at of an object, and where its value begins; false if there is none. */
static bool next_member(struct slice text, size_t at, struct slice *key, size_t *value)
{
	if (at >= text.n || text.data[at] != '"')
		return false;
	size_t end = string_end(text, at);
	*key = slice_of(text.data + at + 1, end - at - 2);
	*value = end + 1; /* behind the colon */
	return *value < text.n;
}

static size_t behind_comma(struct slice text, size_t at)
{
	return at < text.n && text.data[at] == ',' ? at + 1 : at;
}

/* Whether an id and nothing else is in quotes at @at. */
static bool is_id(struct slice text, size_t at, struct uuid *id)
{
	return string_end(text, at) - at == UUID_TEXT + 2 &&
	       uuid_parse(slice_of(text.data + at + 1, UUID_TEXT), id);
}

/* --- ids --- */

/* Leave out what is from @at to @end; where to go on. The value of a member becomes null, what is
 * in an array goes with one of its commas: nobody shall count it. */
static size_t leave_out(struct blanking *b, size_t at, size_t end)
{
	char before = b->text.data[at - 1];
	buf_append(&b->out, b->text.data + b->done, at - b->done);
	if (before != '[' && before != ',')
		buf_append_str(&b->out, "null");
	else if (end < b->text.n && b->text.data[end] == ',')
		end++;
	else if (b->out.n && b->out.data[b->out.n - 1] == ',')
		b->out.n--;
	b->done = end;
	return end;
}

static size_t blank_object(struct blanking *b, const struct record_desc *record, size_t at);

static size_t blank_one(struct blanking *b, const struct field_desc *field, size_t at)
{
	struct uuid id;
	size_t end = value_end(b->text, at);
	if (field->type == FIELD_RECORD)
		return b->text.data[at] == '{' ? blank_object(b, field->record, at) : end;
	if (b->text.data[at] == '"' && is_id(b->text, at, &id) &&
	    !(sight_sees(b->sight, &id) && sight_sees_issue(b->sight, b->rows, &id)))
		return leave_out(b, at, end);
	return end;
}

static size_t blank_array(struct blanking *b, const struct field_desc *field, size_t at)
{
	for (at++; at < b->text.n && b->text.data[at] != ']';)
		at = behind_comma(b->text, blank_one(b, field, at));
	return at + 1;
}

static const struct field_desc *find_field(const struct record_desc *record, struct slice name)
{
	for (uint32_t i = 0; i < record->n; i++)
		if (slice_is(name, record->fields[i].name))
			return &record->fields[i];
	return NULL;
}

static size_t blank_member(struct blanking *b, const struct record_desc *record, struct slice key,
                           size_t at)
{
	const struct field_desc *field = find_field(record, key);
	if (b->deleted && slice_is(key, b->deleted))
		return leave_out(b, at, value_end(b->text, at));
	/* the command that an event is of, and the like, are no issues whatever ids they have */
	if (!field || slice_is(key, "meta") ||
	    (field->type != FIELD_UUID && field->type != FIELD_RECORD))
		return value_end(b->text, at);
	return b->text.data[at] == '[' ? blank_array(b, field, at) : blank_one(b, field, at);
}

/* The object at @at; where it ends. */
static size_t blank_object(struct blanking *b, const struct record_desc *record, size_t at)
{
	struct slice key;
	size_t value;
	for (at++; next_member(b->text, at, &key, &value);)
		at = behind_comma(b->text, blank_member(b, record, key, value));
	return at + 1;
}

/* --- what was deleted --- */

static const struct text_kind {
	enum event_type type;
	const char *id, *text; /* members */
	bool of_work;
} text_kinds[] = {{EVENT_COMMENT_ADDED, "comment_id", "body", false},
                  {EVENT_COMMENT_EDITED, "comment_id", "body", false},
                  {EVENT_WORK_LOGGED, "worklog_id", "comment", true},
                  {EVENT_WORKLOG_EDITED, "worklog_id", "comment", true}};

const char *sight_blanked_text(enum event_type type)
{
	for (size_t i = 0; i < sizeof text_kinds / sizeof *text_kinds; i++)
		if (text_kinds[i].type == type)
			return text_kinds[i].text;
	return NULL;
}

static bool find_id(struct slice text, size_t at, const char *name, struct uuid *id)
{
	struct slice key;
	size_t value;
	for (at++; next_member(text, at, &key, &value); at = behind_comma(text, value)) {
		if (slice_is(key, name))
			return is_id(text, value, id);
		value = value_end(text, value);
	}
	return false;
}

/* What was deleted has no row any more. */
static bool is_deleted(const struct tenant_state *rows, const struct text_kind *kind,
                       const struct uuid *id)
{
	struct row_comment comment;
	struct row_worklog worklog;
	struct row_key key = kind->of_work ? row_key_worklog(id) : row_key_comment(id);
	return kind->of_work ? !rows->get(rows, &key, &worklog) : !rows->get(rows, &key, &comment);
}

static bool may_delete_all(const struct blanking *b, const struct text_kind *kind,
                           const struct uuid *issue_id)
{
	struct row_issue issue;
	struct row_project project;
	if (!read_issue(b->rows, issue_id, &issue) ||
	    !read_project(b->rows, &issue.project_id, &project))
		return false;
	struct rights rights = rights_in(b->rows, &b->sight->holder, &project);
	return rights_give(&rights,
	                   kind->of_work ? PERMISSION_DELETE_ALL_WORKLOGS
	                                 : PERMISSION_DELETE_ALL_COMMENTS,
	                   &b->sight->holder.member, &issue);
}

/* The member of the body with a text that is not for the reader any more. */
static const char *deleted_text(const struct blanking *b, const struct told_body *body)
{
	struct uuid id;
	for (size_t i = 0; i < sizeof text_kinds / sizeof *text_kinds; i++) {
		const struct text_kind *kind = &text_kinds[i];
		if (kind->type == body->type && find_id(b->text, body->at, kind->id, &id) &&
		    is_deleted(b->rows, kind, &id) && !may_delete_all(b, kind, &body->issue))
			return kind->text;
	}
	return NULL;
}

bool sight_blank(const struct sight *sight, const struct tenant_state *rows,
                 const struct told_bodies *bodies, struct buf *json)
{
	struct blanking b = {.sight = sight, .rows = rows};
	for (uint32_t i = 0; i < bodies->n; i++) {
		const struct told_body *body = &bodies->items[i];
		b.text = slice_of(json->data, body->at + body->n);
		b.deleted = deleted_text(&b, body);
		if (b.deleted || sight->hidden_n)
			blank_object(&b, &event_records[body->type], body->at);
	}
	bool changed = b.done > 0;
	if (changed) {
		buf_append(&b.out, json->data + b.done, json->n - b.done);
		buf_clear(json);
		buf_append_slice(json, buf_slice(&b.out));
	}
	buf_release(&b.out);
	return changed;
}
