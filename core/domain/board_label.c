/* A label that is renamed, replaced or removed is so in the filters of boards. */
#include "core/domain/board.h"
#include "core/domain/label.h"
#include "core/domain/organization.h"
#include "core/domain/workflow_replace.h"

struct filtering {
	struct board_walk walk;
	struct slice label, to; /* to is empty: nothing takes its place */
	bool shared;            /* another project of the board has the label */
};

static bool filters_by(const struct filtering *f)
{
	const struct board_configuration *board = &f->walk.board;
	const struct board_filter own = board_own_filter(board);

	for (uint32_t i = 0; i < board->filters.n; i++)
		if (names_have(board->filters.items[i].labels, f->label))
			return true;
	return names_have(own.labels, f->label);
}

static bool has_another(const struct filtering *f)
{
	const struct uuid_array projects = f->walk.board.projects;

	for (uint32_t i = 0; i < projects.n; i++)
		if (!uuid_equal(&projects.items[i], f->walk.project) &&
		    label_is_there(f->walk.judge->state, &projects.items[i], f->label))
			return true;
	return false;
}

/* The next board of the project that a filter finds the label on. */
static bool next_filtering(struct filtering *f)
{
	for (; next_board(&f->walk); pass_board(&f->walk))
		if (filters_by(f)) {
			f->shared = has_another(f);
			return true;
		}
	return false;
}

uint32_t count_boards_with_label(struct judge *judge, const struct uuid *project,
                                 struct slice label)
{
	struct filtering f = {.walk = {.judge = judge, .project = project}, .label = label};
	uint32_t n = 0;

	for (; next_filtering(&f); pass_board(&f.walk))
		n += !f.shared;
	return n;
}

/* Where another project has the label, a filter goes on naming it, beside what takes its place. */
static struct slice_array relabel(const struct filtering *f, struct slice_array labels)
{
	if (!f->shared)
		return f->to.n ? replace_text(f->walk.judge, labels, f->label, f->to)
		               : leave_out_text(f->walk.judge, labels, f->label);
	if (!f->to.n || names_have(labels, f->to))
		return labels;
	struct slice *items = emit_room(f->walk.judge, (labels.n + 1) * sizeof(*items));
	if (!items)
		return labels;
	memcpy(items, labels.items, labels.n * sizeof(*items));
	items[labels.n] = f->to;
	return (struct slice_array){items, labels.n + 1};
}

/* A filter that asks for nothing else goes. False: nothing changes, or refused. */
static bool relabel_filters(const struct filtering *f, struct board_configuration *board,
                            const char *pointer)
{
	struct board_filter *items = emit_room(f->walk.judge, board->filters.n * sizeof(*items));
	struct board_filter own = board_own_filter(board);
	bool changes = false;
	uint32_t n = 0;

	for (uint32_t i = 0; i < board->filters.n && items; i++) {
		items[n] = board->filters.items[i];
		if (names_have(items[n].labels, f->label)) {
			items[n].labels = relabel(f, items[n].labels);
			changes |= items[n].labels.items != board->filters.items[i].labels.items;
		}
		n += board_filter_asks(&items[n]);
	}
	board->filters = (struct board_filter_array){items, n};
	if (names_have(own.labels, f->label)) {
		const struct slice *before = own.labels.items;
		own.labels = relabel(f, own.labels);
		changes |= own.labels.items != before;
		if (!set_board_filter(f->walk.judge, &own, board))
			return false;
	}
	return changes && f->walk.judge->decision->reject == REJECT_NONE &&
	       check_board_room(&f->walk, board, pointer);
}

void replace_label_on_boards(struct judge *judge, const struct uuid *project, struct slice label,
                             struct slice to, const char *pointer)
{
	struct filtering f = {
	        .walk = {.judge = judge, .project = project}, .label = label, .to = to};

	while (next_filtering(&f)) {
		struct board_configuration after = f.walk.board;
		if (relabel_filters(&f, &after, pointer))
			emit_board_edited(&f.walk, &after);
	}
}
