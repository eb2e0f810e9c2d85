/* Whether a workflow can be obeyed: every fault is found where it is written, one at a time. */
#include "core/domain/workflow.h"

struct place place_of(const char *list, uint32_t index, const char *member)
{
	struct place place = {{0}};
	char room[TEXT_NUMBER_MAX];

	text_add(place.text, sizeof(place.text), slice_str(list));
	text_add(place.text, sizeof(place.text), SLICE("/"));
	text_add(place.text, sizeof(place.text), text_number(index, room));
	text_add(place.text, sizeof(place.text), slice_str(member));
	return place;
}

#define REFUSE_AT(judge, reject, index, member, ...)                                               \
	REFUSE(judge, reject, place_of("/transitions", index, member).text, __VA_ARGS__)

static bool check_status(const struct workflow_checking *c, uint32_t index, const char *member,
                         struct slice status)
{
	if (items_find(c->statuses, status))
		return true;
	return REFUSE_AT(c->judge, REJECT_UNKNOWN_STATUS, index, member,
	                 SLICE("there is no status "), status);
}

static bool check_names(const struct workflow_checking *c, uint32_t index)
{
	const struct workflow_transition *transition = &c->workflow->transitions.items[index];

	if (!text_is_id(transition->id))
		return REFUSE_AT(c->judge, REJECT_BAD_ID, index, "/id", SLICE("not an id: "),
		                 transition->id);
	for (uint32_t i = 0; i < index; i++)
		if (slice_equal(c->workflow->transitions.items[i].id, transition->id))
			return REFUSE_AT(c->judge, REJECT_BAD_WORKFLOW, index, "/id",
			                 SLICE("two transitions are called "), transition->id);
	return check_short_name(c->judge, transition->name,
	                        place_of("/transitions", index, "/name").text);
}

static bool check_from(const struct workflow_checking *c, uint32_t index)
{
	const struct workflow_transition *transition = &c->workflow->transitions.items[index];
	bool directed = transition->kind == TRANSITION_KIND_DIRECTED;

	if (directed != (transition->from.n > 0))
		return REFUSE_AT(c->judge, REJECT_BAD_WORKFLOW, index, "/from",
		                 directed ? SLICE("a directed transition starts from a status")
		                          : SLICE("only a directed transition has statuses to "
		                                  "start from"));
	for (uint32_t i = 0; i < transition->from.n; i++) {
		struct slice from = transition->from.items[i];
		if (!check_status(c, index, "/from", from))
			return false;
		if (slice_equal(from, transition->to))
			return REFUSE_AT(c->judge, REJECT_BAD_WORKFLOW, index, "/to",
			                 SLICE("leads to where it starts: "), from);
		for (uint32_t j = 0; j < i; j++)
			if (slice_equal(from, transition->from.items[j]))
				return REFUSE_AT(c->judge, REJECT_BAD_WORKFLOW, index, "/from",
				                 SLICE("names twice "), from);
	}
	return true;
}

/* IssueCreated tells no resolution. */
static bool check_begin(const struct workflow_checking *c, uint32_t index)
{
	const struct workflow_transition *transition = &c->workflow->transitions.items[index];

	return transition->kind != TRANSITION_KIND_INITIAL ||
	       items_find(c->statuses, transition->to)->category != STATUS_CATEGORY_DONE ||
	       REFUSE_AT(c->judge, REJECT_BAD_WORKFLOW, index, "/to",
	                 SLICE("new issues are not done: "), transition->to);
}

static bool check_parts(const struct workflow_checking *c, uint32_t index)
{
	return check_begin(c, index) && check_rules(c, index, false) &&
	       check_rules(c, index, true) && check_screen(c, index) && check_functions(c, index);
}

static bool check_initial(const struct workflow_checking *c)
{
	uint32_t initial = 0;

	for (uint32_t i = 0; i < c->workflow->transitions.n; i++)
		if (c->workflow->transitions.items[i].kind == TRANSITION_KIND_INITIAL && initial++)
			return REFUSE_AT(c->judge, REJECT_BAD_WORKFLOW, i, "/kind",
			                 SLICE("a second initial transition"));
	if (initial)
		return true;
	return REFUSE(c->judge, REJECT_BAD_WORKFLOW, "/transitions",
	              SLICE("no initial transition: new issues would have no status"));
}

static uint64_t bit_of(const struct workflow_checking *c, struct slice status)
{
	return UINT64_C(1) << items_find(c->statuses, status)->ordinal;
}

/* Whether an issue in one of the statuses @reached can take it. */
static bool is_open(const struct workflow_checking *c, const struct workflow_transition *transition,
                    uint64_t reached)
{
	if (transition->kind != TRANSITION_KIND_DIRECTED)
		return true;
	for (uint32_t i = 0; i < transition->from.n; i++)
		if (reached & bit_of(c, transition->from.items[i]))
			return true;
	return false;
}

static uint64_t reach(const struct workflow_checking *c)
{
	uint64_t reached = 0, before;

	do {
		before = reached;
		for (uint32_t i = 0; i < c->workflow->transitions.n; i++) {
			const struct workflow_transition *transition =
			        &c->workflow->transitions.items[i];
			if (is_open(c, transition, reached))
				reached |= bit_of(c, transition->to);
		}
	} while (reached != before);
	return reached;
}

static bool check_reached(const struct workflow_checking *c)
{
	uint64_t reached = reach(c);

	for (uint32_t i = 0; i < c->workflow->transitions.n; i++) {
		const struct workflow_transition *transition = &c->workflow->transitions.items[i];
		if (!(reached & bit_of(c, transition->to)))
			return REFUSE_AT(c->judge, REJECT_UNREACHABLE_STATUS, i, "/to",
			                 SLICE("no way leads from the initial status to "),
			                 transition->to);
		for (uint32_t j = 0; j < transition->from.n; j++)
			if (!(reached & bit_of(c, transition->from.items[j])))
				return REFUSE_AT(c->judge, REJECT_UNREACHABLE_STATUS, i, "/from",
				                 SLICE("no way leads from the initial status to "),
				                 transition->from.items[j]);
	}
	return true;
}

static bool check_size(const struct workflow_checking *c)
{
	struct row_workflow row;
	char room[TEXT_NUMBER_MAX];

	if (c->workflow->transitions.n <= WORKFLOW_TRANSITIONS_MAX &&
	    workflow_pack(c->workflow, &row))
		return true;
	return REFUSE(c->judge, REJECT_BAD_WORKFLOW, "/transitions",
	              SLICE("a workflow takes at most "), text_number(WORKFLOW_BYTES_MAX, room),
	              SLICE(" bytes"));
}

bool check_workflow(struct judge *judge, const struct uuid *project,
                    const struct workflow *workflow, const struct items *statuses)
{
	struct workflow_checking c = {judge, project, workflow, statuses};

	for (uint32_t i = 0; i < workflow->transitions.n; i++)
		if (!check_names(&c, i) ||
		    !check_status(&c, i, "/to", workflow->transitions.items[i].to) ||
		    !check_from(&c, i) || !check_parts(&c, i))
			return false;
	return check_initial(&c) && check_reached(&c) && check_size(&c);
}
