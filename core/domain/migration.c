/* Issues are found by a row for each under its project, type and status, so that a decision reads
 * those that move, and not all of the project. */
#include "core/domain/migration.h"

#include "core/domain/issue.h"

void migration_begin(struct judge *judge, const struct uuid *project, struct migration *out)
{
	out->judge = judge;
	out->project = *project;
	read_items(judge->state, project, ITEM_STATUS, &out->statuses);
	read_items(judge->state, project, ITEM_ISSUE_TYPE, &out->types);
	out->resolution = first_resolution(judge, project);
}

/* --- finding them --- */

struct place_cursor {
	struct row_key key;
	size_t head; /* bytes that all keys of the place begin with */
};

static struct place_cursor place_begin(const struct uuid *project, struct slice type,
                                       struct slice status)
{
	struct place_cursor cursor = {.key = row_key_issue_place(project, type, status, 0)};

	cursor.head = cursor.key.n - sizeof(uint64_t);
	return cursor;
}

static bool place_next(const struct tenant_state *state, struct place_cursor *cursor,
                       struct uuid *issue)
{
	struct row_key key = cursor->key;
	struct row_issue_place row;

	if (!state->next(state, &key, false, &row) || key.n < cursor->head ||
	    memcmp(key.bytes, cursor->key.bytes, cursor->head) != 0)
		return false;
	cursor->key = key;
	*issue = row.issue_id;
	return true;
}

bool next_issue_of(const struct tenant_state *state, const struct uuid *project, struct row_key *at,
                   struct uuid *issue)
{
	struct row_issue_place row;

	if (!state->next(state, at, false, &row) ||
	    memcmp(at->bytes, project->bytes, sizeof(*project)) != 0)
		return false;
	*issue = row.issue_id;
	return true;
}

uint32_t count_issues_in(const struct tenant_state *state, const struct uuid *project,
                         struct slice type, struct slice status)
{
	struct place_cursor cursor = place_begin(project, type, status);
	struct uuid issue;
	uint32_t n = 0;

	while (place_next(state, &cursor, &issue))
		n++;
	return n;
}

/* --- moving them --- */

static void move_issue(const struct migration *m, const struct row_item *type,
                       const struct status_move *move, struct row_issue *issue)
{
	struct issue_step step = {
	        .from = move->from,
	        .to = move->to,
	        .from_category = items_find(&m->statuses, move->from)->category,
	        .to_category = items_find(&m->statuses, move->to)->category,
	};

	if (step.to_category == STATUS_CATEGORY_DONE)
		step.resolution = issue->resolution[0]
		                          ? emit_copy(m->judge, PADDED(issue->resolution))
		                          : m->resolution;
	emit_transition(m->judge, &step, type->level, issue);
}

void move_issues(const struct migration *m, const struct row_item *type,
                 const struct status_move *move)
{
	const struct tenant_state *state = m->judge->state;
	struct place_cursor cursor = place_begin(&m->project, PADDED(type->id), move->from);
	int64_t version = m->judge->decision->version;
	struct row_issue issue;
	struct uuid id;

	while (m->judge->decision->reject == REJECT_NONE && place_next(state, &cursor, &id)) {
		bool found = read_issue(state, &id, &issue);
		assert(found);
		(void)found;
		move_issue(m, type, move, &issue);
	}
	m->judge->decision->version = version;
}

bool check_moves(const struct migration *m, const struct workflow *workflow,
                 struct status_move_array moves)
{
	for (uint32_t i = 0; i < moves.n; i++) {
		const struct status_move *move = &moves.items[i];
		if (!items_find(&m->statuses, move->from))
			return REFUSE(m->judge, REJECT_UNKNOWN_STATUS, "/moves",
			              SLICE("there is no status "), move->from);
		if (workflow_has(workflow, move->from))
			return REFUSE(m->judge, REJECT_BAD_MOVE, "/moves",
			              SLICE("the workflow has a place for "), move->from);
		if (!workflow_has(workflow, move->to))
			return REFUSE(m->judge, REJECT_BAD_MOVE, "/moves",
			              SLICE("the workflow has no place for "), move->to);
		for (uint32_t j = 0; j < i; j++)
			if (slice_equal(moves.items[j].from, move->from))
				return REFUSE(m->judge, REJECT_BAD_MOVE, "/moves",
				              SLICE("told twice: from "), move->from);
	}
	return true;
}

static const struct status_move *move_of(struct status_move_array moves, struct slice status)
{
	for (uint32_t i = 0; i < moves.n; i++)
		if (slice_equal(moves.items[i].from, status))
			return &moves.items[i];
	return NULL;
}

struct slice place_after(const struct workflow *workflow, struct status_move_array moves,
                         struct slice status)
{
	const struct status_move *move;

	if (workflow_has(workflow, status))
		return status;
	move = move_of(moves, status);
	return move ? move->to : SLICE("");
}

void migrate_type(const struct migration *m, const struct row_item *type,
                  const struct workflow *workflow, struct status_move_array moves,
                  struct homeless *homeless)
{
	for (uint32_t i = 0; i < m->statuses.n; i++) {
		struct slice status = PADDED(m->statuses.at[i].id);
		const struct status_move *move = move_of(moves, status);
		if (workflow_has(workflow, status))
			continue;
		if (move) {
			move_issues(m, type, move);
			continue;
		}
		uint32_t n =
		        count_issues_in(m->judge->state, &m->project, PADDED(type->id), status);
		if (n && !homeless->issues)
			homeless->status = status;
		homeless->issues += n;
	}
}

bool check_homeless(struct judge *judge, const struct homeless *homeless)
{
	char room[TEXT_NUMBER_MAX];

	if (judge->decision->reject)
		return false;
	return !homeless->issues ||
	       REFUSE(judge, REJECT_NO_PLACE, "/moves", text_number(homeless->issues, room),
	              SLICE(" issues have no place in the workflow; the first is in "),
	              homeless->status);
}

/* --- evolve --- */

static struct row_key place_key(const struct row_issue *issue)
{
	return row_key_issue_place(&issue->project_id, PADDED(issue->type), PADDED(issue->status),
	                           issue->number);
}

void issue_take_place(struct tenant_state *state, const struct row_issue *issue)
{
	struct row_key key = place_key(issue);
	struct row_issue_place row = {issue->id};

	state->put(state, &key, &row);
}

void issue_leave_place(struct tenant_state *state, const struct row_issue *issue)
{
	struct row_key key = place_key(issue);

	state->del(state, &key);
}
