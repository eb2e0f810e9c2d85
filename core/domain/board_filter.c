#include "core/domain/board.h"
#include "core/domain/configuration.h"
#include "core/domain/workflow.h"

/* What a filter names, and where in the command. */
struct naming {
	struct judge *judge;
	struct uuid_array projects;
	uint32_t index; /* of the filter */
};

static struct place member_of(const struct naming *n, const char *member)
{
	return place_of("/filters", n->index, member);
}

static bool is_item(const struct naming *n, enum item_kind kind, struct slice id)
{
	struct row_item item;

	for (uint32_t i = 0; i < n->projects.n; i++)
		if (id.n <= NAME_MAX_ID &&
		    read_item(n->judge->state, &n->projects.items[i], kind, id, &item))
			return true;
	return false;
}

static bool check_items(const struct naming *n, enum item_kind kind, enum reject reject,
                        struct slice_array ids, const char *member)
{
	for (uint32_t i = 0; i < ids.n; i++)
		if (!is_item(n, kind, ids.items[i]))
			return REFUSE(n->judge, reject, member_of(n, member).text,
			              SLICE("no project of the board has the "),
			              slice_str(item_kind_name(kind)), SLICE(" "), ids.items[i]);
	return true;
}

/* Who is deactivated still has issues. */
static bool check_assignees(const struct naming *n, struct uuid_array ids)
{
	struct row_member member;
	char room[UUID_TEXT];

	for (uint32_t i = 0; i < ids.n; i++)
		if (!read_member(n->judge->state, &ids.items[i], &member) ||
		    member.status == MEMBER_REMOVED)
			return REFUSE(n->judge, REJECT_NO_SUCH_MEMBER,
			              member_of(n, "/assignees").text, SLICE("there is no member "),
			              uuid_slice(&ids.items[i], room));
	return true;
}

static bool is_of_board(const struct naming *n, const struct uuid *project)
{
	for (uint32_t i = 0; i < n->projects.n; i++)
		if (uuid_equal(&n->projects.items[i], project))
			return true;
	return false;
}

static bool check_components(const struct naming *n, struct uuid_array ids)
{
	struct row_component row;
	char room[UUID_TEXT];

	for (uint32_t i = 0; i < ids.n; i++) {
		struct row_key key = row_key_component(&ids.items[i]);
		if (!n->judge->state->get(n->judge->state, &key, &row) || row.removed ||
		    !is_of_board(n, &row.project_id))
			return REFUSE(n->judge, REJECT_NO_SUCH_COMPONENT,
			              member_of(n, "/components").text,
			              SLICE("no project of the board has the component "),
			              uuid_slice(&ids.items[i], room));
	}
	return true;
}

static bool check_versions(const struct naming *n, struct uuid_array ids)
{
	struct row_version row;
	char room[UUID_TEXT];

	for (uint32_t i = 0; i < ids.n; i++) {
		struct row_key key = row_key_version(&ids.items[i]);
		if (!n->judge->state->get(n->judge->state, &key, &row) || row.removed ||
		    !is_of_board(n, &row.project_id))
			return REFUSE(n->judge, REJECT_NO_SUCH_VERSION,
			              member_of(n, "/versions").text,
			              SLICE("no project of the board has the version "),
			              uuid_slice(&ids.items[i], room));
	}
	return true;
}

static bool check_labels_of(const struct naming *n, struct slice_array labels)
{
	for (uint32_t i = 0; i < labels.n; i++)
		if (!text_is_label(labels.items[i]))
			return REFUSE(n->judge, REJECT_BAD_LABEL, member_of(n, "/labels").text,
			              SLICE("\""), labels.items[i], SLICE("\""));
	return true;
}

bool board_filter_asks(const struct board_filter *f)
{
	return f->caller || f->unassigned || f->has_text || f->assignees.n || f->types.n ||
	       f->priorities.n || f->labels.n || f->components.n || f->versions.n;
}

static bool check_id(const struct naming *n, const struct board_filter_array *filters)
{
	struct slice id = filters->items[n->index].id;

	if (!text_is_id(id))
		return REFUSE(n->judge, REJECT_BAD_ID, member_of(n, "/id").text,
		              SLICE("not an id: "), id);
	for (uint32_t i = 0; i < n->index; i++)
		if (slice_equal(filters->items[i].id, id))
			return REFUSE(n->judge, REJECT_BAD_BOARD, member_of(n, "/id").text,
			              SLICE("two filters have the id "), id);
	return true;
}

static bool check_filter(const struct naming *n, const struct board_filter *f)
{
	if (!board_filter_asks(f))
		return REFUSE(n->judge, REJECT_BAD_BOARD, member_of(n, "").text,
		              SLICE("the filter asks nothing"));
	return check_short_name(n->judge, f->name, member_of(n, "/name").text) &&
	       check_assignees(n, f->assignees) &&
	       check_items(n, ITEM_ISSUE_TYPE, REJECT_UNKNOWN_TYPE, f->types, "/types") &&
	       check_items(n, ITEM_PRIORITY, REJECT_UNKNOWN_PRIORITY, f->priorities,
	                   "/priorities") &&
	       check_labels_of(n, f->labels) && check_components(n, f->components) &&
	       check_versions(n, f->versions) &&
	       (!f->has_text || check_short_name(n->judge, f->text, member_of(n, "/text").text));
}

bool check_board_filters(struct judge *judge, const struct board_configuration *board)
{
	struct naming n = {judge, board->projects, 0};

	if (board->filters.n > BOARD_FILTERS_MAX)
		return REFUSE(judge, REJECT_BAD_BOARD, "/filters",
		              SLICE("a board has at most 32 filters"));
	for (; n.index < board->filters.n; n.index++)
		if (!check_id(&n, &board->filters) ||
		    !check_filter(&n, &board->filters.items[n.index]))
			return false;
	return true;
}
