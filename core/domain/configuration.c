#include "core/domain/configuration.h"

#include "core/domain/classic.h"
#include "core/domain/workflow.h"

struct item_words {
	const char *name;
	enum reject unknown;
};

static const struct item_words words[ITEM_KINDS] = {
        [ITEM_STATUS] = {"status", REJECT_UNKNOWN_STATUS},
        [ITEM_ISSUE_TYPE] = {"issue type", REJECT_UNKNOWN_TYPE},
        [ITEM_PRIORITY] = {"priority", REJECT_UNKNOWN_PRIORITY},
        [ITEM_RESOLUTION] = {"resolution", REJECT_UNKNOWN_RESOLUTION},
};

const char *item_kind_name(enum item_kind kind)
{
	assert(kind < ITEM_KINDS);
	return words[kind].name;
}

/* Ids of commands may be longer than any that there is. */
static bool get_item(const struct tenant_state *state, const struct uuid *project,
                     enum item_kind kind, struct slice id, struct row_item *item)
{
	if (!id.n || id.n > NAME_MAX_ID)
		return false;
	struct row_key key = row_key_item(project, kind, id);
	return state->get(state, &key, item);
}

bool read_item(const struct tenant_state *state, const struct uuid *project, enum item_kind kind,
               struct slice id, struct row_item *item)
{
	return get_item(state, project, kind, id, item) && !item->removed;
}

static void insert(struct items *items, const struct row_item *item)
{
	uint32_t at = items->n++;

	while (at && items->at[at - 1].position > item->position) {
		items->at[at] = items->at[at - 1];
		at--;
	}
	items->at[at] = *item;
}

void read_items(const struct tenant_state *state, const struct uuid *project, enum item_kind kind,
                struct items *items)
{
	struct row_key key = row_key_item(project, kind, SLICE(""));
	struct row_key prefix = key;
	struct row_item item;

	items->n = items->ever = 0;
	while (state->next(state, &key, false, &item) && key.n > prefix.n &&
	       memcmp(key.bytes, prefix.bytes, prefix.n) == 0) {
		assert(items->ever < ITEMS_MAX);
		items->ever++;
		if (!item.removed)
			insert(items, &item);
	}
}

const struct row_item *items_find(const struct items *items, struct slice id)
{
	for (uint32_t i = 0; i < items->n; i++)
		if (slice_equal(id, PADDED(items->at[i].id)))
			return &items->at[i];
	return NULL;
}

static bool can_be_default(const struct row_item *item, enum item_kind kind)
{
	return !item->disabled && !(kind == ITEM_ISSUE_TYPE && type_needs_parent(item));
}

bool default_item(const struct tenant_state *state, const struct uuid *project, enum item_kind kind,
                  struct row_item *item)
{
	static const char *const first[ITEM_KINDS] = {
	        [ITEM_ISSUE_TYPE] = "task",
	        [ITEM_PRIORITY] = "medium",
	};
	struct items items;

	if (first[kind] && read_item(state, project, kind, slice_str(first[kind]), item) &&
	    can_be_default(item, kind))
		return true;
	read_items(state, project, kind, &items);
	for (uint32_t i = 0; i < items.n; i++)
		if (can_be_default(&items.at[i], kind)) {
			*item = items.at[i];
			return true;
		}
	return false;
}

bool find_item(struct judge *judge, const struct uuid *project, enum item_kind kind,
               struct slice id, const char *pointer, struct row_item *item)
{
	if (read_item(judge->state, project, kind, id, item))
		return true;
	return REFUSE(judge, words[kind].unknown, pointer, SLICE("there is no "),
	              slice_str(words[kind].name), SLICE(" "), id);
}

/* "; choose high, medium, low" */
static bool say_choices(struct judge *judge, const struct uuid *project, enum item_kind kind)
{
	struct decision *decision = judge->decision;
	struct items items;
	bool first = true;

	read_items(judge->state, project, kind, &items);
	for (uint32_t i = 0; i < items.n; i++) {
		if (items.at[i].disabled)
			continue;
		text_add(decision->detail, sizeof(decision->detail),
		         first ? SLICE("; choose ") : SLICE(", "));
		text_add(decision->detail, sizeof(decision->detail), PADDED(items.at[i].id));
		first = false;
	}
	return false;
}

bool choose_item(struct judge *judge, const struct uuid *project, enum item_kind kind,
                 struct slice id, const char *pointer, struct row_item *item)
{
	if (!find_item(judge, project, kind, id, pointer, item))
		return say_choices(judge, project, kind);
	if (!item->disabled)
		return true;
	REFUSE(judge, REJECT_DISABLED, pointer, slice_str(words[kind].name), SLICE(" "), id,
	       SLICE(" cannot be chosen any more"));
	return say_choices(judge, project, kind);
}

bool choose_or_default(struct judge *judge, const struct uuid *project, enum item_kind kind,
                       struct slice id, const char *pointer, struct row_item *item)
{
	if (id.n)
		return choose_item(judge, project, kind, id, pointer, item);
	return default_item(judge->state, project, kind, item) ||
	       REFUSE(judge, words[kind].unknown, pointer, SLICE("the project has no default "),
	              slice_str(words[kind].name), SLICE(": name one"));
}

bool check_new_item(struct judge *judge, const struct uuid *project, enum item_kind kind,
                    struct slice id, const char *pointer)
{
	struct row_item item;
	struct items items;
	char room[TEXT_NUMBER_MAX];

	if (!text_is_id(id))
		return REFUSE(judge, REJECT_BAD_ID, pointer, SLICE("not an id: "), id);
	if (get_item(judge->state, project, kind, id, &item))
		return REFUSE(judge, REJECT_ITEM_EXISTS, pointer, slice_str(words[kind].name),
		              SLICE(" "), id,
		              item.removed ? SLICE(" was removed; its id is not used again")
		                           : SLICE(" is there already"));
	read_items(judge->state, project, kind, &items);
	if (items.ever >= ITEMS_MAX)
		return REFUSE(judge, REJECT_TOO_MANY_ITEMS, pointer, SLICE("at most "),
		              text_number(ITEMS_MAX, room),
		              SLICE(" of a kind, removed ones included"));
	return true;
}

bool check_item_name(struct judge *judge, const struct uuid *project, enum item_kind kind,
                     struct slice id, struct slice name)
{
	struct items items;

	if (!check_short_name(judge, name, "/name"))
		return false;
	read_items(judge->state, project, kind, &items);
	const struct row_item *own = items_find(&items, id);
	if (own && slice_equal(PADDED(own->name), name))
		return true; /* in an old log, another one may be called the same */
	for (uint32_t i = 0; i < items.n; i++)
		if (&items.at[i] != own &&
		    !check_name_differs(judge, name, PADDED(items.at[i].name)))
			return false;
	return true;
}

static void put_item(struct tenant_state *state, const struct uuid *project, enum item_kind kind,
                     const struct row_item *item)
{
	struct row_key key = row_key_item(project, kind, PADDED(item->id));

	state->put(state, &key, item);
}

void add_item(struct tenant_state *state, const struct uuid *project, enum item_kind kind,
              struct row_item *item)
{
	struct items items;

	read_items(state, project, kind, &items);
	assert(items.ever < ITEMS_MAX);
	item->ordinal = (uint8_t)items.ever;
	item->position = (uint8_t)items.n;
	put_item(state, project, kind, item);
}

void begin_configuration(struct tenant_state *state, const struct uuid *project)
{
	uint8_t n[ITEM_KINDS] = {0};

	for (const struct classic_item *classic = classic_items; classic->id; classic++) {
		struct row_item item;
		memset(&item, 0, sizeof(item));
		PADDED_SET(item.id, slice_str(classic->id));
		PADDED_SET(item.name, slice_str(classic->name));
		item.ordinal = item.position = n[classic->kind]++;
		item.category = classic->category;
		item.level = classic->level;
		if (classic->kind == ITEM_ISSUE_TYPE)
			PADDED_SET(item.workflow, SLICE(CLASSIC_WORKFLOW));
		put_item(state, project, classic->kind, &item);
	}
	put_workflow(state, project, false, SLICE(CLASSIC_WORKFLOW),
	             slice_str(classic_workflow_name), classic_transitions);
}

/* Number those that are not removed by their order, leaving @gap free for the one that moves. */
static void renumber(struct tenant_state *state, const struct uuid *project, enum item_kind kind,
                     struct slice except, uint32_t gap)
{
	struct items items;
	uint32_t position = 0;

	read_items(state, project, kind, &items);
	for (uint32_t i = 0; i < items.n; i++) {
		if (slice_equal(PADDED(items.at[i].id), except))
			continue;
		if (position == gap)
			position++;
		if (items.at[i].position != position) {
			items.at[i].position = (uint8_t)position;
			put_item(state, project, kind, &items.at[i]);
		}
		position++;
	}
}

void change_item(struct tenant_state *state, const struct uuid *project, enum item_kind kind,
                 const struct row_item *item)
{
	renumber(state, project, kind, PADDED(item->id), item->position);
	put_item(state, project, kind, item);
}

void remove_item(struct tenant_state *state, const struct uuid *project, enum item_kind kind,
                 struct slice id)
{
	struct row_item item;
	bool found = read_item(state, project, kind, id, &item);

	assert(found);
	(void)found;
	item.removed = true;
	put_item(state, project, kind, &item);
	renumber(state, project, kind, SLICE(""), ITEMS_MAX);
}
