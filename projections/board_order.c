/* What swimlanes need of a project's configuration: which issue types are above those of stories,
 * and the order of the priorities. Packed lists of ids. */
#include "core/domain/classic.h"
#include "projections/board_card.h"
#include "projections/row.h"

void board_order_begin(struct project *project)
{
	for (const struct classic_item *item = classic_items; item->id; item++) {
		if (item->kind == ITEM_ISSUE_TYPE && item->level > 0)
			row_string(&project->epics, slice_str(item->id));
		if (item->kind == ITEM_PRIORITY)
			row_string(&project->priorities, slice_str(item->id));
	}
}

/* Put @id (which is there) to the place @position among the others. */
static void move_to(struct buf *ids, struct slice id, int32_t position)
{
	struct buf moved = {0};
	int32_t n = 0;
	bool placed = false;
	for (struct row_in in = row_in(buf_slice(ids)); in.at < in.end;) {
		struct slice other = row_take_string(&in);
		if (slice_equal(other, id))
			continue;
		if (n++ == position) {
			row_string(&moved, id);
			placed = true;
		}
		row_string(&moved, other);
	}
	if (!placed)
		row_string(&moved, id);
	buf_release(ids);
	*ids = moved;
}

void board_order_change(struct project *project, const struct event *event)
{
	if (event->type == EVENT_ISSUE_TYPE_ADDED && event->issue_type_added.level > 0)
		row_string(&project->epics, event->issue_type_added.issue_type);
	else if (event->type == EVENT_PRIORITY_ADDED)
		row_string(&project->priorities, event->priority_added.priority);
	else if (event->type == EVENT_PRIORITY_CHANGED)
		move_to(&project->priorities, event->priority_changed.priority,
		        event->priority_changed.to_position);
}

bool board_type_is_epic(const struct project *project, struct slice type)
{
	for (struct row_in in = row_in(buf_slice(&project->epics)); in.at < in.end;)
		if (slice_equal(row_take_string(&in), type))
			return true;
	return false;
}
