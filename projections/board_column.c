/* The columns of a project's board: its statuses. A column keeps its number for ever, whatever its
 * place is and when its status is gone: the number is in the keys of the cards. */
#include <stdlib.h>

#include "core/domain/classic.h"
#include "projections/board_card.h"

struct column *project_add_column(struct project *project)
{
	if (project->columns_n == ITEMS_MAX)
		return NULL;
	project->columns =
	        mem_grow(project->columns, (project->columns_n + 1u) * sizeof *project->columns);
	struct column *column = &project->columns[project->columns_n++];
	*column = (struct column){.removed = false};
	return column;
}

struct column *project_column_at(const struct project *project, uint32_t position)
{
	for (uint8_t i = 0; i < project->columns_n; i++)
		if (!project->columns[i].removed && project->columns[i].position == position)
			return &project->columns[i];
	return NULL;
}

enum status board_column_find(const struct project *project, struct slice status, uint8_t *column,
                              struct error *err)
{
	for (uint8_t i = 0; i < project->columns_n; i++)
		if (slice_is(status, project->columns[i].status) && !project->columns[i].removed) {
			*column = i;
			return STATUS_OK;
		}
	return error_set(err, STATUS_INVALID, "no board column for the status \"%.*s\"",
	                 (int)(status.n < 64 ? status.n : 64), status.data ? status.data : "");
}

static enum status set_text(char *to, size_t max, struct slice text, struct error *err)
{
	if (text.n == 0 || text.n > max || memchr(text.data, 0, text.n))
		return error_set(err, STATUS_INVALID, "a status text of %zu bytes", text.n);
	memcpy(to, text.data, text.n);
	to[text.n] = 0;
	return STATUS_OK;
}

static enum status add_column(struct project *project, struct slice status, struct slice name,
                              enum status_category category, struct error *err)
{
	uint32_t position = 0;
	while (project_column_at(project, position))
		position++;
	struct column *column = project_add_column(project);
	if (!column)
		return error_set(err, STATUS_INVALID, "more than %d statuses", ITEMS_MAX);
	column->category = category;
	column->position = (uint8_t)position;
	if (set_text(column->status, CARD_WORD_MAX, status, err))
		return STATUS_INVALID;
	return set_text(column->name, COLUMN_NAME_MAX, name, err);
}

enum status board_columns_begin(struct project *project, struct error *err)
{
	for (const struct classic_item *item = classic_items; item->id; item++)
		if (item->kind == ITEM_STATUS &&
		    add_column(project, slice_str(item->id), slice_str(item->name), item->category,
		               err))
			return STATUS_INVALID;
	return STATUS_OK;
}

/* Number the columns by their order, @moved (if not NULL) at @place. */
static void renumber(struct project *project, struct column *moved, uint32_t place)
{
	struct column *order[ITEMS_MAX];
	uint32_t n = 0;
	for (uint32_t at = 0; at < ITEMS_MAX; at++) {
		struct column *column = project_column_at(project, at);
		if (column && column != moved)
			order[n++] = column;
	}
	for (uint32_t i = 0; i < n; i++)
		order[i]->position = (uint8_t)(moved && i >= place ? i + 1 : i);
	if (moved)
		moved->position = (uint8_t)place;
}

static enum status status_changed(struct project *project, const struct status_changed *e,
                                  struct error *err)
{
	uint8_t at;
	if (board_column_find(project, e->status, &at, err))
		return STATUS_INVALID;
	struct column *column = &project->columns[at];
	column->category = e->to_category;
	renumber(project, column, (uint32_t)e->to_position);
	return set_text(column->name, COLUMN_NAME_MAX, e->to_name, err);
}

enum status board_columns_change(struct project *project, const struct event *event,
                                 struct error *err)
{
	uint8_t column;
	if (event->type == EVENT_STATUS_ADDED) {
		const struct status_added *e = &event->status_added;
		return add_column(project, e->status, e->name, e->category, err);
	}
	if (event->type == EVENT_STATUS_CHANGED)
		return status_changed(project, &event->status_changed, err);
	if (event->type == EVENT_STATUS_REMOVED) {
		if (board_column_find(project, event->status_removed.status, &column, err))
			return STATUS_INVALID;
		project->columns[column].removed = true;
		renumber(project, NULL, 0);
	}
	return STATUS_OK;
}
