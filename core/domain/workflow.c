/* Packed: numbers as one byte, counts as two, texts with their length in front. */
#include "core/domain/workflow.h"

/* --- packing --- */

struct packing {
	struct row_workflow *row;
	bool full;
};

static void pack(struct packing *p, const void *bytes, size_t n)
{
	if (n > WORKFLOW_BYTES_MAX - p->row->n) {
		p->full = true;
		return;
	}
	if (n)
		memcpy(p->row->bytes + p->row->n, bytes, n);
	p->row->n += (uint32_t)n;
}

static void pack_number(struct packing *p, uint32_t number)
{
	uint8_t bytes[2] = {(uint8_t)(number >> 8), (uint8_t)number};

	pack(p, bytes, sizeof(bytes));
}

static void pack_text(struct packing *p, struct slice text)
{
	pack_number(p, (uint32_t)text.n);
	pack(p, text.data, text.n);
}

static void pack_texts(struct packing *p, struct slice_array texts)
{
	pack_number(p, texts.n);
	for (uint32_t i = 0; i < texts.n; i++)
		pack_text(p, texts.items[i]);
}

static void pack_transition(struct packing *p, const struct workflow_transition *transition)
{
	pack_text(p, transition->id);
	pack_text(p, transition->name);
	pack_number(p, transition->kind);
	pack_texts(p, transition->from);
	pack_text(p, transition->to);
}

bool workflow_pack(const struct workflow *workflow, struct row_workflow *row)
{
	struct packing p = {row, false};

	row->n = 0;
	pack_text(&p, workflow->name);
	pack_number(&p, workflow->transitions.n);
	for (uint32_t i = 0; i < workflow->transitions.n; i++)
		pack_transition(&p, &workflow->transitions.items[i]);
	return !p.full;
}

/* --- unpacking: rows are ours, they are not doubted --- */

struct unpacking {
	const char *at;
	struct arena *arena;
	bool full;
};

static uint32_t take_number(struct unpacking *u)
{
	uint32_t number = (uint32_t)(uint8_t)u->at[0] << 8 | (uint8_t)u->at[1];

	u->at += 2;
	return number;
}

static struct slice take_text(struct unpacking *u)
{
	uint32_t n = take_number(u);
	struct slice text = slice_of(u->at, n);

	u->at += n;
	return text;
}

/* Room for @n items; stops the unpacking when there is none. */
static void *take_room(struct unpacking *u, uint32_t n, size_t size)
{
	void *room = u->full ? NULL : arena_alloc(u->arena, n * size);

	u->full = u->full || !room;
	return room;
}

static struct slice_array take_texts(struct unpacking *u)
{
	struct slice_array texts = {NULL, take_number(u)};
	struct slice *items = take_room(u, texts.n, sizeof(*items));

	for (uint32_t i = 0; i < texts.n; i++) {
		struct slice text = take_text(u);
		if (items)
			items[i] = text;
	}
	texts.items = items;
	return texts;
}

static void take_transition(struct unpacking *u, struct workflow_transition *transition)
{
	memset(transition, 0, sizeof(*transition));
	transition->id = take_text(u);
	transition->name = take_text(u);
	transition->kind = (enum transition_kind)take_number(u);
	transition->from = take_texts(u);
	transition->to = take_text(u);
}

bool workflow_unpack(const struct row_workflow *row, struct arena *arena, struct workflow *out)
{
	struct unpacking u = {row->bytes, arena, false};

	out->name = take_text(&u);
	out->transitions.n = take_number(&u);
	struct workflow_transition *items = take_room(&u, out->transitions.n, sizeof(*items));
	for (uint32_t i = 0; i < out->transitions.n && !u.full; i++)
		take_transition(&u, &items[i]);
	out->transitions.items = items;
	return !u.full;
}

/* --- rows --- */

void put_workflow(struct tenant_state *state, const struct uuid *project, bool draft,
                  struct slice id, struct slice name, struct workflow_transition_array transitions)
{
	struct workflow workflow = {name, transitions};
	struct row_key key = row_key_workflow(project, draft, id);
	struct row_workflow row;
	bool fits = workflow_pack(&workflow, &row);

	assert(fits);
	(void)fits;
	state->put(state, &key, &row);
}

bool workflow_exists(const struct tenant_state *state, const struct uuid *project, bool draft,
                     struct slice id)
{
	struct row_workflow row;

	if (!id.n || id.n > NAME_MAX_ID)
		return false;
	struct row_key key = row_key_workflow(project, draft, id);
	return state->get(state, &key, &row);
}

bool read_workflow(const struct tenant_state *state, const struct uuid *project, bool draft,
                   struct slice id, struct arena *arena, struct workflow *out, bool *full)
{
	struct row_workflow row, *kept;

	*full = false;
	if (!id.n || id.n > NAME_MAX_ID)
		return false;
	struct row_key key = row_key_workflow(project, draft, id);
	if (!state->get(state, &key, &row))
		return false;
	kept = arena_alloc(arena, offsetof(struct row_workflow, bytes) + row.n);
	if (kept)
		memcpy(kept, &row, offsetof(struct row_workflow, bytes) + row.n);
	*full = !kept || !workflow_unpack(kept, arena, out);
	return !*full;
}

bool next_workflow(const struct tenant_state *state, const struct uuid *project, bool draft,
                   struct slice *id, char room[NAME_MAX_ID])
{
	struct row_key key = row_key_workflow(project, draft, *id);
	size_t head = sizeof(project->bytes) + 1;
	struct row_workflow row;
	uint8_t before[sizeof(project->bytes) + 1];

	memcpy(before, key.bytes, head);
	if (!state->next(state, &key, false, &row) || key.n <= head ||
	    memcmp(key.bytes, before, head) != 0)
		return false;
	memcpy(room, key.bytes + head, key.n - head);
	*id = slice_of(room, key.n - head);
	return true;
}

bool find_workflow(struct judge *judge, const struct uuid *project, bool draft, struct slice id,
                   const char *pointer, struct workflow *out)
{
	bool full;

	if (read_workflow(judge->state, project, draft, id, judge->decision->arena, out, &full))
		return true;
	if (full)
		return REFUSE(judge, REJECT_TOO_LARGE, "", SLICE("no room for the workflow"));
	return REFUSE(judge, REJECT_NO_SUCH_WORKFLOW, pointer,
	              draft ? SLICE("there is no draft of a workflow ")
	                    : SLICE("there is no published workflow "),
	              id);
}

/* --- looking into one --- */

const struct workflow_transition *workflow_transition_find(const struct workflow *workflow,
                                                           struct slice id)
{
	for (uint32_t i = 0; i < workflow->transitions.n; i++)
		if (slice_equal(workflow->transitions.items[i].id, id))
			return &workflow->transitions.items[i];
	return NULL;
}

const struct workflow_transition *workflow_initial(const struct workflow *workflow)
{
	for (uint32_t i = 0; i < workflow->transitions.n; i++)
		if (workflow->transitions.items[i].kind == TRANSITION_KIND_INITIAL)
			return &workflow->transitions.items[i];
	return NULL;
}

static bool has_text(struct slice_array texts, struct slice text)
{
	for (uint32_t i = 0; i < texts.n; i++)
		if (slice_equal(texts.items[i], text))
			return true;
	return false;
}

bool transition_leaves(const struct workflow_transition *transition, struct slice status)
{
	if (transition->kind == TRANSITION_KIND_GLOBAL)
		return !slice_equal(transition->to, status);
	return transition->kind == TRANSITION_KIND_DIRECTED && has_text(transition->from, status);
}

bool workflow_has(const struct workflow *workflow, struct slice status)
{
	for (uint32_t i = 0; i < workflow->transitions.n; i++)
		if (slice_equal(workflow->transitions.items[i].to, status))
			return true;
	return false;
}

bool workflow_names(const struct workflow *workflow, struct slice status)
{
	for (uint32_t i = 0; i < workflow->transitions.n; i++)
		if (has_text(workflow->transitions.items[i].from, status))
			return true;
	return workflow_has(workflow, status);
}
