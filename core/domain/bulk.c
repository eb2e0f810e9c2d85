/* Two overlays lie over the state: one with what the issues before came to, one with what this one
 * has come to so far. A refusal drops the second and the events of this issue. */
#include "core/domain/bulk.h"

#include "core/domain/overlay.h"

struct bulk {
	struct judge *judge;
	const struct bulk_list *list;
	const struct tenant_state *base;
	struct overlay before, now;
	struct decided *seen, *kept; /* the last event that was evolved; of the issues before */
	uint32_t kept_n;
	uint32_t changed, unchanged_n, refused;
	int32_t *unchanged;            /* filled from the end if the list is judged backwards */
	struct bulk_refusal *refusals; /* likewise */
};

struct judge *bulk_judge(struct bulk *bulk, enum command_type type)
{
	bulk->judge->type = type;
	return bulk->judge;
}

static bool has_room(const struct bulk *bulk)
{
	const struct arena *arena = bulk->judge->decision->arena;

	return arena->cap - arena->used >= OVERLAY_ROOM;
}

static bool refuse_as_too_large(struct bulk *bulk)
{
	return REFUSE(bulk->judge, REJECT_TOO_LARGE, "/issues", SLICE("send fewer issues at once"));
}

/* The writer stamps the rest when the command is decided. */
static void evolve_ahead(struct bulk *bulk, struct event *event)
{
	const struct request *request = bulk->judge->request;

	event->meta.actor = request_actor(request);
	event->meta.occurred_at = request->has_occurred_at ? request->occurred_at_ms : 0;
	evolve(&bulk->now.face, event);
}

bool bulk_step(struct bulk *bulk)
{
	struct decision *decision = bulk->judge->decision;

	if (decision->reject != REJECT_NONE)
		return false;
	while (bulk->seen != decision->last) {
		bulk->seen = bulk->seen ? bulk->seen->next : decision->first;
		if (!has_room(bulk))
			return refuse_as_too_large(bulk);
		evolve_ahead(bulk, &bulk->seen->event);
	}
	bulk->judge->has_project = false;
	return true;
}

bool command_is_bulk(enum command_type type)
{
	return type == COMMAND_BULK_EDIT_ISSUES || type == COMMAND_BULK_TRANSITION_ISSUES ||
	       type == COMMAND_BULK_MOVE_ISSUES || type == COMMAND_BULK_DELETE_ISSUES ||
	       type == COMMAND_BULK_RANK_ISSUES;
}

/* --- what came of one issue --- */

static void take_back(struct bulk *bulk)
{
	struct decision *decision = bulk->judge->decision;

	decision->last = bulk->seen = bulk->kept;
	decision->events_n = bulk->kept_n;
	if (decision->last)
		decision->last->next = NULL;
	else
		decision->first = NULL;
	decision->reject = REJECT_NONE;
	decision->faults_n = 0;
	bulk->judge->has_project = false;
	overlay_clear(&bulk->now);
}

/* Where entry @n of a list of outcomes lies: in the order of the places. */
static uint32_t slot_of(const struct bulk *bulk, uint32_t n)
{
	return bulk->list->backwards ? bulk->list->issues.n - 1 - n : n;
}

/* Where the first one lies when there are @n. */
static uint32_t first_slot(const struct bulk *bulk, uint32_t n)
{
	return bulk->list->backwards ? bulk->list->issues.n - n : 0;
}

static bool note_refusal(struct bulk *bulk, uint32_t i)
{
	const struct decision *decision = bulk->judge->decision;
	struct slice code = slice_str(reject_code(decision->reject));
	struct slice detail = arena_copy(decision->arena, slice_str(decision->detail));

	if (decision->reject == REJECT_TOO_LARGE || !detail.data)
		return refuse_as_too_large(bulk);
	take_back(bulk);
	bulk->refusals[slot_of(bulk, bulk->refused++)] =
	        (struct bulk_refusal){(int32_t)i + 1, bulk->list->issues.items[i], code, detail};
	return true;
}

static bool judge_issue(struct bulk *bulk, uint32_t i)
{
	struct decision *decision = bulk->judge->decision;

	bulk->list->one(bulk, bulk->list->command, bulk->list->issues.items[i]);
	if (!bulk_step(bulk))
		return note_refusal(bulk, i);
	if (decision->events_n == bulk->kept_n)
		bulk->unchanged[slot_of(bulk, bulk->unchanged_n++)] = (int32_t)i + 1;
	else
		bulk->changed++;
	overlay_merge(&bulk->before, &bulk->now);
	bulk->kept = decision->last;
	bulk->kept_n = decision->events_n;
	return true;
}

/* --- all of them --- */

static void emit_outcome(struct bulk *bulk, const struct uuid *id)
{
	struct judge *judge = bulk->judge;
	struct bulk_refusal_array left = {bulk->refusals + first_slot(bulk, bulk->refused),
	                                  bulk->refused};
	int64_t version = 1;

	for (; left.n > BULK_REFUSALS_MAX; version++) {
		emit(judge, EVENT_BULK_REFUSED, AGGREGATE_KIND_BULK, id, version)
		        ->bulk_refused.refusals =
		        (struct bulk_refusal_array){left.items, BULK_REFUSALS_MAX};
		left.items += BULK_REFUSALS_MAX;
		left.n -= BULK_REFUSALS_MAX;
	}
	emit(judge, EVENT_BULK_COMPLETED, AGGREGATE_KIND_BULK, id, version)->bulk_completed =
	        (struct bulk_completed){
	                .command = slice_str(command_type_name(judge->type)),
	                .issues = (int32_t)bulk->list->issues.n,
	                .changed = (int32_t)bulk->changed,
	                .refused = (int32_t)bulk->refused,
	                .unchanged = {bulk->unchanged + first_slot(bulk, bulk->unchanged_n),
	                              bulk->unchanged_n},
	                .refusals = left,
	        };
	judge->decision->version = version;
	memset(&judge->decision->created, 0, sizeof(judge->decision->created));
}

static bool check_list(struct judge *judge, const struct bulk_list *list, const struct uuid *id)
{
	char room[TEXT_NUMBER_MAX];

	if (!list->issues.n)
		return REFUSE(judge, REJECT_BAD_CHANGE, "/issues", SLICE("no issue is named"));
	if (list->issues.n > BULK_ISSUES_MAX)
		return REFUSE(judge, REJECT_TOO_MANY, "/issues", text_number(list->issues.n, room),
		              SLICE(" are named"));
	return check_new_id(judge, id, "/bulk_id");
}

void decide_bulk(struct judge *judge, const struct bulk_list *list)
{
	struct arena *arena = judge->decision->arena;
	struct bulk bulk = {.judge = judge, .list = list, .base = judge->state};
	struct uuid id = list->has_id ? list->id : judge->request->fresh[FRESH_ID];
	enum command_type type = judge->type;
	uint32_t i = 0;

	if (!check_list(judge, list, &id))
		return;
	bulk.unchanged = arena_alloc(arena, list->issues.n * sizeof(*bulk.unchanged));
	bulk.refusals = arena_alloc(arena, list->issues.n * sizeof(*bulk.refusals));
	if (!bulk.unchanged || !bulk.refusals) {
		refuse_as_too_large(&bulk);
		return;
	}
	overlay_open(&bulk.before, bulk.base, arena);
	overlay_open(&bulk.now, &bulk.before.face, arena);
	judge->state = &bulk.now.face;
	while (i < list->issues.n && judge_issue(&bulk, slot_of(&bulk, i)))
		i++;
	judge->state = bulk.base;
	judge->type = type;
	if (judge->decision->reject == REJECT_NONE)
		emit_outcome(&bulk, &id);
}

/* --- evolve --- */

static struct row_bulk next_row(const struct tenant_state *state, const struct event_meta *meta)
{
	struct row_key key = row_key_bulk(&meta->aggregate.id);
	struct row_bulk row;

	memset(&row, 0, sizeof(row));
	state->get(state, &key, &row);
	assert(row.version + 1 == meta->aggregate.version && !row.issues);
	row.version = meta->aggregate.version;
	return row;
}

static void save_row(struct tenant_state *state, const struct event_meta *meta,
                     const struct row_bulk *row)
{
	struct row_key key = row_key_bulk(&meta->aggregate.id);

	state->put(state, &key, row);
}

void evolve_bulk_refused(struct tenant_state *state, const struct event_meta *meta,
                         const struct bulk_refused *event)
{
	struct row_bulk row = next_row(state, meta);

	(void)event;
	save_row(state, meta, &row);
}

void evolve_bulk_completed(struct tenant_state *state, const struct event_meta *meta,
                           const struct bulk_completed *event)
{
	struct row_bulk row = next_row(state, meta);

	row.issues = (uint32_t)event->issues;
	row.changed = (uint32_t)event->changed;
	row.unchanged = event->unchanged.n;
	row.refused = (uint32_t)event->refused;
	assert(row.issues == row.changed + row.unchanged + row.refused);
	save_row(state, meta, &row);
}
