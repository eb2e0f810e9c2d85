/* The issues that an issue knows of: those below it in order of their ids, and those it is linked
 * with in order of type, other id and direction. What the caller may not see, and what is deleted,
 * is passed over: it is in no page and in no total. */
#include "core/domain/link_type.h"
#include "projections/issue_reading.h"

enum { ID_BYTES = 16, LINK_TYPE_ID_MAX = 64 };

struct walk {
	struct issue_reading *r;
	enum issue_relation relation;
	struct kv_cursor *cursor;
	struct buf from; /* the issue, and the place behind which it begins */
	size_t prefix_n;
	bool started;
	struct uuid project; /* of the row before, and whether it is seen: mostly the same again */
	bool sees_project;
	/* the row */
	struct slice tail; /* of its key: the other id; type, 0, other id, direction */
	struct uuid id;
	struct issue_row issue;
};

static void walk_open(struct walk *walk, struct issue_reading *r, enum issue_relation relation,
                      struct slice place)
{
	*walk = (struct walk){.r = r, .relation = relation};
	walk->cursor = kv_cursor_open(r->txn, relation == ISSUE_CHILDREN ? CHILDREN : LINKS);
	issue_key(&walk->from, r->tenant, &r->id);
	walk->prefix_n = walk->from.n;
	buf_append_slice(&walk->from, place);
}

static void walk_close(struct walk *walk)
{
	kv_cursor_close(walk->cursor);
	buf_release(&walk->from);
}

static bool next_row(struct walk *walk)
{
	struct slice key, value, from = buf_slice(&walk->from);
	bool more = walk->started ? kv_next(walk->cursor, &key, &value)
	                          : kv_seek(walk->cursor, from, &key, &value);
	if (more && !walk->started && slice_equal(key, from))
		more = kv_next(walk->cursor, &key, &value);
	walk->started = true;
	size_t least = walk->prefix_n + ID_BYTES + (walk->relation == ISSUE_LINKS ? 2 : 0);
	if (!more || key.n < least || memcmp(key.data, from.data, walk->prefix_n) != 0)
		return false;
	walk->tail = slice_of(key.data + walk->prefix_n, key.n - walk->prefix_n);
	size_t behind = walk->relation == ISSUE_LINKS ? 1 : 0;
	memcpy(walk->id.bytes, walk->tail.data + walk->tail.n - behind - ID_BYTES, ID_BYTES);
	return true;
}

static bool sees(struct walk *walk)
{
	const struct uuid *project = &walk->issue.project_id;
	if (!issue_kept_get(walk->r, &walk->id, &walk->issue) || walk->issue.deleted_seq)
		return false;
	if (!uuid_equal(project, &walk->project)) {
		walk->project = *project;
		walk->sees_project = issue_project_is_there(walk->r, project) &&
		                     sight_sees(walk->r->sight, project);
	}
	return walk->sees_project;
}

static bool walk_next(struct walk *walk)
{
	while (next_row(walk))
		if (sees(walk))
			return true;
	return false;
}

/* null: more than are counted. */
static void total_json(struct issue_reading *r, enum issue_relation relation)
{
	struct walk walk;
	int64_t n = 0;
	walk_open(&walk, r, relation, slice_of(NULL, 0));
	while (n <= ISSUE_RELATED_COUNTED && walk_next(&walk))
		n++;
	walk_close(&walk);
	json_out_key(r->json, "total");
	if (n <= ISSUE_RELATED_COUNTED)
		json_out_int(r->json, n);
	else
		json_out_null(r->json);
}

/* How the link reads from this end: "is blocked by". */
static void link_name_json(struct issue_reading *r, struct slice type, bool inward)
{
	const struct link_type *built_in = link_type_find(type);
	struct slice row, names[2] = {{NULL, 0}, {NULL, 0}};
	if (built_in) {
		names[0] = slice_str(built_in->outward);
		names[1] = slice_str(built_in->inward);
	} else {
		key_tenant(&r->key, r->tenant);
		buf_append_slice(&r->key, type);
		if (kv_get(r->txn, LINK_TYPES, buf_slice(&r->key), &row)) {
			struct row_in in = row_in(row);
			names[0] = row_take_string(&in);
			names[1] = row_take_string(&in);
		}
	}
	json_out_member_string(r->json, "name", names[inward]);
}

static struct slice type_of(struct slice tail)
{
	return slice_of(tail.data, tail.n - 1 - ID_BYTES - 1);
}

static bool is_inward(struct slice tail)
{
	return tail.data[tail.n - 1] == LINK_INWARD;
}

static const char *direction(bool inward)
{
	return inward ? "inward" : "outward";
}

static void item_json(struct walk *walk)
{
	struct issue_reading *r = walk->r;
	if (walk->relation == ISSUE_CHILDREN) {
		issue_short_json(r, &walk->id, &walk->issue);
		return;
	}
	json_out_object(r->json);
	json_out_member_string(r->json, "type", type_of(walk->tail));
	json_out_member_str(r->json, "direction", direction(is_inward(walk->tail)));
	link_name_json(r, type_of(walk->tail), is_inward(walk->tail));
	json_out_key(r->json, "issue");
	issue_short_json(r, &walk->id, &walk->issue);
	json_out_object_end(r->json);
}

/* --- cursors: "id", "type:direction:id" --- */

static void cursor_json(struct json_out *json, enum issue_relation relation, struct slice tail)
{
	char id[UUID_TEXT];
	struct uuid other;
	struct buf text = {0};
	size_t behind = relation == ISSUE_LINKS ? 1 : 0;
	memcpy(other.bytes, tail.data + tail.n - behind - ID_BYTES, ID_BYTES);
	uuid_format(&other, id);
	if (relation == ISSUE_LINKS) {
		buf_append_slice(&text, type_of(tail));
		buf_printf(&text, ":%s:", direction(is_inward(tail)));
	}
	buf_append(&text, id, UUID_TEXT);
	json_out_string(json, buf_slice(&text));
	buf_release(&text);
}

/* What is before the last colon; empty if there is none. @text becomes what is behind it. */
static struct slice before_colon(struct slice *text)
{
	const char *colon = text->n ? memrchr(text->data, ':', text->n) : NULL;
	struct slice before = slice_of(text->data, colon ? (size_t)(colon - text->data) : 0);
	if (colon)
		*text = slice_of(colon + 1, text->n - before.n - 1);
	return before;
}

enum status issue_related_place(enum issue_relation relation, struct slice cursor,
                                struct buf *place, struct error *err)
{
	struct slice id = cursor, way, type = {NULL, 0};
	struct uuid other;
	bool right = true;
	if (cursor.n == 0)
		return STATUS_OK;
	if (relation == ISSUE_LINKS) {
		way = before_colon(&id);
		type = before_colon(&way);
		right = type.n > 0 && type.n <= LINK_TYPE_ID_MAX && !memchr(type.data, 0, type.n) &&
		        (slice_is(way, direction(false)) || slice_is(way, direction(true)));
	}
	if (!right || !uuid_parse(id, &other))
		return error_set(err, STATUS_INVALID, "cursor is not one of this list");
	if (relation == ISSUE_LINKS) {
		buf_append_slice(place, type);
		row_u8(place, 0);
	}
	row_uuid(place, &other);
	if (relation == ISSUE_LINKS)
		row_u8(place, slice_is(way, direction(true)) ? LINK_INWARD : LINK_OUTWARD);
	return STATUS_OK;
}

/* --- a page --- */

void issue_related_json(struct issue_reading *r, enum issue_relation relation, struct slice place,
                        uint32_t limit)
{
	struct walk walk;
	struct buf last = {0};
	bool more;
	uint32_t n = 0;
	json_out_object(r->json);
	total_json(r, relation);
	json_out_key(r->json, "items");
	json_out_array(r->json);
	walk_open(&walk, r, relation, place);
	while ((more = walk_next(&walk)) && n < limit) {
		item_json(&walk);
		buf_clear(&last);
		buf_append_slice(&last, walk.tail);
		n++;
	}
	json_out_array_end(r->json);
	json_out_key(r->json, "next");
	if (more && n)
		cursor_json(r->json, relation, buf_slice(&last));
	else
		json_out_null(r->json);
	json_out_object_end(r->json);
	walk_close(&walk);
	buf_release(&last);
}
