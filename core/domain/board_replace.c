/* What is removed with a replacement is replaced in the filters of boards: the board's own one, and
 * the quick ones. */
#include "core/domain/board.h"
#include "core/domain/configuration.h"
#include "core/domain/field.h"
#include "core/domain/organization.h"
#include "core/domain/workflow_replace.h"

struct filtering {
	struct board_walk walk;
	const struct filter_name *name;
};

static bool asks_for(const struct filter_name *name, const struct field_condition *condition)
{
	return slice_equal(condition->field, name->field) &&
	       names_have(condition->values, name->text);
}

static bool fields_name(const struct filter_name *name, struct field_condition_array fields)
{
	for (uint32_t i = 0; i < fields.n; i++)
		if (asks_for(name, &fields.items[i]))
			return true;
	return false;
}

static bool names(const struct filter_name *name, const struct board_filter *filter)
{
	switch (name->part) {
	case FILTER_TYPES:
		return names_have(filter->types, name->text);
	case FILTER_COMPONENTS:
		return uuid_is_among(&name->id, filter->components.items, filter->components.n);
	case FILTER_VERSIONS:
		return uuid_is_among(&name->id, filter->versions.items, filter->versions.n);
	case FILTER_OPTIONS:
		return fields_name(name, filter->fields);
	}
	return false;
}

static bool filters_by(const struct filtering *f)
{
	const struct board_configuration *board = &f->walk.board;
	const struct board_filter own = board_own_filter(board);

	for (uint32_t i = 0; i < board->filters.n; i++)
		if (names(f->name, &board->filters.items[i]))
			return true;
	return names(f->name, &own);
}

static bool has_it(const struct filtering *f, const struct uuid *project)
{
	const struct tenant_state *state = f->walk.judge->state;
	const struct filter_name *name = f->name;
	struct row_field_option option;
	struct row_field field;
	struct row_item item;

	if (name->part == FILTER_TYPES)
		return read_item(state, project, ITEM_ISSUE_TYPE, name->text, &item);
	return name->part == FILTER_OPTIONS && read_field(state, project, name->field, &field) &&
	       read_field_option(state, project, name->field, name->text, &option);
}

/* Ids of components and versions are those of one project. */
static bool has_another(const struct filtering *f)
{
	const struct uuid_array projects = f->walk.board.projects;

	for (uint32_t i = 0; i < projects.n; i++)
		if (!uuid_equal(&projects.items[i], f->walk.project) &&
		    has_it(f, &projects.items[i]))
			return true;
	return false;
}

/* The next board of the project that filters by the name, which no other project of it has. */
static bool next_filtering(struct filtering *f)
{
	for (; next_board(&f->walk); pass_board(&f->walk))
		if (filters_by(f) && !has_another(f))
			return true;
	return false;
}

uint32_t count_boards_filtering(struct judge *judge, const struct uuid *project,
                                const struct filter_name *name)
{
	struct filtering f = {.walk = {.judge = judge, .project = project}, .name = name};
	uint32_t n = 0;

	for (; next_filtering(&f); n++)
		pass_board(&f.walk);
	return n;
}

/* --- the replacement --- */

static struct uuid_array replace_id(struct judge *judge, struct uuid_array ids,
                                    const struct uuid *from, const struct uuid *to)
{
	struct uuid *items = emit_room(judge, ids.n * sizeof(*items));
	struct uuid_array replaced = {items, 0};

	for (uint32_t i = 0; i < ids.n && items; i++) {
		const struct uuid *id = uuid_equal(&ids.items[i], from) ? to : &ids.items[i];
		if (!uuid_is_among(id, replaced.items, replaced.n))
			items[replaced.n++] = *id;
	}
	return replaced;
}

static struct field_condition_array
replace_option(const struct filtering *f, struct field_condition_array fields, struct slice by)
{
	struct field_condition *items = emit_room(f->walk.judge, fields.n * sizeof(*items));

	for (uint32_t i = 0; i < fields.n && items; i++) {
		items[i] = fields.items[i];
		if (asks_for(f->name, &items[i]))
			items[i].values =
			        replace_text(f->walk.judge, items[i].values, f->name->text, by);
	}
	return (struct field_condition_array){items, fields.n};
}

static void replace(const struct filtering *f, const struct filter_name *by,
                    struct board_filter *filter)
{
	const struct filter_name *name = f->name;

	if (!names(name, filter))
		return;
	switch (name->part) {
	case FILTER_TYPES:
		filter->types = replace_text(f->walk.judge, filter->types, name->text, by->text);
		break;
	case FILTER_COMPONENTS:
		filter->components =
		        replace_id(f->walk.judge, filter->components, &name->id, &by->id);
		break;
	case FILTER_VERSIONS:
		filter->versions = replace_id(f->walk.judge, filter->versions, &name->id, &by->id);
		break;
	case FILTER_OPTIONS:
		filter->fields = replace_option(f, filter->fields, by->text);
		break;
	}
}

static bool replace_in_filters(const struct filtering *f, const struct filter_name *by,
                               struct board_configuration *board)
{
	struct board_filter *items = emit_room(f->walk.judge, board->filters.n * sizeof(*items));
	struct board_filter own = board_own_filter(board);

	for (uint32_t i = 0; i < board->filters.n && items; i++) {
		items[i] = board->filters.items[i];
		replace(f, by, &items[i]);
	}
	board->filters.items = items;
	replace(f, by, &own);
	return set_board_filter(f->walk.judge, &own, board) &&
	       f->walk.judge->decision->reject == REJECT_NONE &&
	       check_board_room(&f->walk, board, "/replace_with");
}

void replace_in_board_filters(struct judge *judge, const struct uuid *project,
                              const struct filter_name *name, const struct filter_name *by)
{
	struct filtering f = {.walk = {.judge = judge, .project = project}, .name = name};

	while (next_filtering(&f)) {
		struct board_configuration after = f.walk.board;
		if (replace_in_filters(&f, by, &after))
			emit_board_edited(&f.walk, &after);
	}
}
