/* The value in CARDS: u32 length of the facts, the facts, the JSON. */
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/json_out.h"
#include "core/domain/board.h"
#include "projections/board_card.h"
#include "projections/boards_facts.h"
#include "projections/row.h"

#define DAY_MS 86400000LL

static void id_json(struct json_out *json, const char *key, bool has, const struct uuid *id)
{
	json_out_key(json, key);
	if (has)
		json_out_uuid(json, id);
	else
		json_out_null(json);
}

static void word_json(struct json_out *json, const char *key, const char *word)
{
	json_out_key(json, key);
	if (word[0])
		json_out_str(json, word);
	else
		json_out_null(json);
}

static void labels_json(const struct card *card, struct json_out *json)
{
	json_out_key(json, "labels");
	json_out_array(json);
	for (struct row_in in = row_in(buf_slice(&card->labels)); in.at < in.end;)
		json_out_string(json, row_take_string(&in));
	json_out_array_end(json);
}

static void ids_json(struct json_out *json, const char *key, const struct buf *ids)
{
	json_out_key(json, key);
	json_out_array(json);
	for (struct row_in in = row_in(buf_slice(ids)); in.at < in.end;) {
		struct uuid id = row_take_uuid(&in);
		json_out_uuid(json, &id);
	}
	json_out_array_end(json);
}

static void date_json(struct json_out *json, const char *key, struct card_number day)
{
	char text[CLOCK_TEXT];
	json_out_key(json, key);
	if (!day.has) {
		json_out_null(json);
		return;
	}
	clock_format(day.value * DAY_MS, text);
	json_out_string(json, slice_of(text, 10));
}

static void number_json(struct json_out *json, const char *key, struct card_number number)
{
	json_out_key(json, key);
	if (number.has)
		json_out_int(json, number.value);
	else
		json_out_null(json);
}

static void subtasks_json(const struct card *card, struct json_out *json)
{
	uint32_t total, done;
	card_children(card, &total, &done);
	json_out_key(json, "subtasks");
	json_out_object(json);
	json_out_member_int(json, "total", total);
	json_out_member_int(json, "done", done);
	json_out_object_end(json);
}

static bool shows_parent(const struct card *card)
{
	return card->has_parent && !card->parent_deleted;
}

static void head_json(const struct card *card, struct json_out *json)
{
	char key[PROJECT_KEY_MAX + 24];
	int key_n = snprintf(key, sizeof key, "%s-%llu", card->project->key,
	                     (unsigned long long)card->number);
	json_out_member_uuid(json, "id", &card->id);
	json_out_member_string(json, "key", slice_of(key, (size_t)key_n));
	json_out_member_string(json, "summary", buf_slice(&card->summary));
}

static const char *status_of(const struct card *card)
{
	return card->project->columns[card->column].status;
}

void card_json(const struct card *card, struct buf *out)
{
	struct json_out json;
	json_out_init(&json, out);
	json_out_object(&json);
	head_json(card, &json);
	json_out_member_str(&json, "type", card->type);
	json_out_member_str(&json, "status", status_of(card));
	json_out_member_str(&json, "priority", card->priority);
	id_json(&json, "assignee", card->has_assignee, &card->assignee);
	labels_json(card, &json);
	json_out_member_str(&json, "rank", card->rank);
	id_json(&json, "parent", shows_parent(card), &card->parent);
	date_json(&json, "due_on", card->due_on);
	subtasks_json(card, &json);
	json_out_member_int(&json, "comments", card->comments);
	json_out_member_int(&json, "version", (int64_t)card->version);
	json_out_object_end(&json);
}

static void card_field_json(const struct card *card, enum board_card_field field,
                            struct json_out *json)
{
	switch (field) {
	case BOARD_CARD_FIELD_TYPE:
		json_out_member_str(json, "type", card->type);
		break;
	case BOARD_CARD_FIELD_PRIORITY:
		json_out_member_str(json, "priority", card->priority);
		break;
	case BOARD_CARD_FIELD_RESOLUTION:
		word_json(json, "resolution", card->resolution);
		break;
	case BOARD_CARD_FIELD_ASSIGNEE:
		id_json(json, "assignee", card->has_assignee, &card->assignee);
		break;
	case BOARD_CARD_FIELD_REPORTER:
		json_out_member_uuid(json, "reporter", &card->reporter);
		break;
	case BOARD_CARD_FIELD_LABELS:
		labels_json(card, json);
		break;
	case BOARD_CARD_FIELD_COMPONENTS:
		ids_json(json, "components", &card->components);
		break;
	case BOARD_CARD_FIELD_FIX_VERSIONS:
		ids_json(json, "fix_versions", &card->fix_versions);
		break;
	case BOARD_CARD_FIELD_PARENT:
		id_json(json, "parent", shows_parent(card), &card->parent);
		break;
	case BOARD_CARD_FIELD_START_ON:
		date_json(json, "start_on", card->start_on);
		break;
	case BOARD_CARD_FIELD_DUE_ON:
		date_json(json, "due_on", card->due_on);
		break;
	case BOARD_CARD_FIELD_ESTIMATE:
		number_json(json, "estimate", card->estimate);
		break;
	case BOARD_CARD_FIELD_REMAINING:
		number_json(json, "remaining", card->remaining);
		break;
	case BOARD_CARD_FIELD_SUBTASKS:
		subtasks_json(card, json);
		break;
	case BOARD_CARD_FIELD_COMMENTS:
		json_out_member_int(json, "comments", card->comments);
		break;
	case BOARD_CARD_FIELDS:
		break;
	}
}

void card_members_json(const struct card *card, uint32_t fields, struct json_out *json)
{
	head_json(card, json);
	json_out_member_str(json, "status", status_of(card));
	json_out_member_str(json, "rank", card->rank);
	json_out_member_int(json, "version", (int64_t)card->version);
	for (int field = 0; field < BOARD_CARD_FIELDS; field++)
		if (fields & 1u << field)
			card_field_json(card, (enum board_card_field)field, json);
}

/* --- facts --- */

enum { HAS_ASSIGNEE = 1, HAS_PARENT = 2, EPIC = 4 };

static void facts_pack(const struct card *card, const struct buf *abroad, struct buf *to)
{
	row_u8(to, (uint8_t)((card->has_assignee ? HAS_ASSIGNEE : 0) |
	                     (shows_parent(card) ? HAS_PARENT : 0) | (card->epic ? EPIC : 0)));
	row_uuid(to, &card->assignee);
	row_uuid(to, &card->parent);
	row_string(to, slice_str(card->type));
	row_string(to, slice_str(card->priority));
	row_string(to, buf_slice(&card->summary));
	row_string(to, buf_slice(&card->labels));
	row_string(to, buf_slice(&card->components));
	row_string(to, buf_slice(&card->fix_versions));
	row_string(to, buf_slice(abroad));
}

void card_value(const struct card *card, struct buf *out)
{
	struct buf abroad = {0};
	card_children_abroad(card, &abroad);
	buf_clear(out);
	row_u32(out, 0);
	facts_pack(card, &abroad, out);
	buf_release(&abroad);
	put_u32(out->data, (uint32_t)(out->n - 4));
	card_json(card, out);
}

struct slice card_stored_json(struct slice value)
{
	size_t head = 4 + (size_t)get_u32(value.data);
	return slice_of(value.data + head, value.n - head);
}

bool card_facts_read(struct slice value, struct card_facts *out)
{
	struct row_in in = row_in(value);
	uint32_t n = row_take_u32(&in);
	uint8_t flags = row_take_u8(&in);
	out->has_assignee = flags & HAS_ASSIGNEE;
	out->has_parent = flags & HAS_PARENT;
	out->epic = flags & EPIC;
	out->assignee = row_take(&in, sizeof(struct uuid));
	out->parent = row_take(&in, sizeof(struct uuid));
	out->type = row_take_string(&in);
	out->priority = row_take_string(&in);
	out->summary = row_take_string(&in);
	out->labels = row_take_string(&in);
	out->components = row_take_string(&in);
	out->fix_versions = row_take_string(&in);
	out->children_abroad = row_take_string(&in);
	return !in.bad && in.at == value.data + 4 + n;
}
