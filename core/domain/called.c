#include "core/domain/called.h"

#include "core/domain/field.h"

struct slice called(struct slice name, struct slice id, char room[CALLED_MAX])
{
	const struct slice parts[] = {SLICE("'"), name, SLICE("' ("), id, SLICE(")")};

	room[0] = '\0';
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		text_add(room, CALLED_MAX, parts[i]);
	return slice_str(room);
}

static struct slice called_by_id(struct slice id, char room[CALLED_MAX])
{
	room[0] = '\0';
	text_add(room, CALLED_MAX, id);
	return slice_str(room);
}

struct slice item_called(const struct row_item *item, char room[CALLED_MAX])
{
	return called(PADDED(item->name), PADDED(item->id), room);
}

struct slice item_called_of(const struct tenant_state *state, const struct uuid *project,
                            enum item_kind kind, struct slice id, char room[CALLED_MAX])
{
	struct row_item item;

	return read_item(state, project, kind, id, &item) ? item_called(&item, room)
	                                                  : called_by_id(id, room);
}

struct slice field_called(const struct tenant_state *state, const struct uuid *project,
                          struct slice field, char room[CALLED_MAX])
{
	struct row_field_texts texts;
	struct row_field row;

	if (!read_field(state, project, field, &row))
		return called_by_id(field, room);
	return called(read_field_texts(state, project, field, &texts).name, field, room);
}

struct slice transition_called(const struct workflow_transition *transition, char room[CALLED_MAX])
{
	return called(transition->name, transition->id, room);
}
