#include "projections/board_card.h"

#include <stdlib.h>

#include "projections/row.h"

/* Cards that stay in memory after a commit. */
#define KEPT_LIVE 4096
#define KEPT_BULK 131072

void card_release(struct card *card)
{
	buf_release(&card->summary);
	buf_release(&card->labels);
	buf_release(&card->components);
	buf_release(&card->fix_versions);
	buf_release(&card->children);
}

static void card_free(void *value)
{
	card_release(value);
	free(value);
}

void project_release(struct project *project)
{
	buf_release(&project->former_keys);
	buf_release(&project->name);
	buf_release(&project->category);
	buf_release(&project->epics);
	buf_release(&project->priorities);
	free(project->columns);
	project->columns = NULL;
	project->columns_n = 0;
}

static void project_free(void *value)
{
	project_release(value);
	free(value);
}

enum status board_attach(struct view *view, struct error *err)
{
	(void)err;
	view->own = mem_new(sizeof(struct board));
	return STATUS_OK;
}

void board_discard(struct view *view)
{
	struct board *board = view->own;
	id_map_clear(&board->cards, card_free);
	id_map_clear(&board->projects, project_free);
	board->dirty_n = 0;
}

void board_detach(struct view *view)
{
	struct board *board = view->own;
	board_discard(view);
	id_map_release(&board->cards);
	id_map_release(&board->projects);
	buf_release(&board->json);
	free(board->dirty_cards);
	free(board);
}

static void key_id(struct buf *key, struct slice tenant, const struct uuid *id)
{
	key_tenant(key, tenant);
	row_uuid(key, id);
}

/* --- rows --- */

static void take_word(struct row_in *in, char *to, size_t max)
{
	struct slice word = row_take_string(in);
	if (word.n > max) {
		in->bad = true;
		return;
	}
	if (word.n)
		memcpy(to, word.data, word.n);
	to[word.n] = 0;
}

static void column_pack(const struct column *column, struct buf *to)
{
	row_string(to, slice_str(column->status));
	row_string(to, slice_str(column->name));
	row_u8(to, (uint8_t)column->category);
	row_u8(to, column->position);
	row_u8(to, column->removed);
	row_u64(to, column->count);
}

static void column_unpack(struct row_in *in, struct column *column)
{
	take_word(in, column->status, CARD_WORD_MAX);
	take_word(in, column->name, COLUMN_NAME_MAX);
	column->category = (enum status_category)row_take_u8(in);
	column->position = row_take_u8(in);
	column->removed = row_take_u8(in) != 0;
	column->count = row_take_u64(in);
}

static void project_pack(const struct project *project, struct buf *to)
{
	buf_clear(to);
	row_uuid(to, &project->id);
	row_string(to, slice_str(project->key));
	row_string(to, buf_slice(&project->former_keys));
	row_string(to, buf_slice(&project->name));
	row_string(to, buf_slice(&project->category));
	row_u8(to, project->archived);
	row_u8(to, project->deleted);
	row_u8(to, project->has_lead);
	row_uuid(to, &project->lead);
	row_u64(to, project->version);
	row_u64(to, project->last_seq);
	row_string(to, buf_slice(&project->epics));
	row_string(to, buf_slice(&project->priorities));
	row_u8(to, project->columns_n);
	for (uint8_t i = 0; i < project->columns_n; i++)
		column_pack(&project->columns[i], to);
}

bool project_unpack(struct slice row, struct project *out)
{
	struct row_in in = row_in(row);
	*out = (struct project){.id = row_take_uuid(&in)};
	take_word(&in, out->key, PROJECT_KEY_MAX);
	buf_append_slice(&out->former_keys, row_take_string(&in));
	buf_append_slice(&out->name, row_take_string(&in));
	buf_append_slice(&out->category, row_take_string(&in));
	out->archived = row_take_u8(&in) != 0;
	out->deleted = row_take_u8(&in) != 0;
	out->has_lead = row_take_u8(&in) != 0;
	out->lead = row_take_uuid(&in);
	out->version = row_take_u64(&in);
	out->last_seq = row_take_u64(&in);
	buf_append_slice(&out->epics, row_take_string(&in));
	buf_append_slice(&out->priorities, row_take_string(&in));
	uint8_t columns = row_take_u8(&in);
	for (uint8_t i = 0; i < columns && !in.bad; i++) {
		struct column *column = project_add_column(out);
		if (!column)
			return false;
		column_unpack(&in, column);
	}
	return !in.bad && in.at == in.end;
}

enum { HAS_ASSIGNEE = 1, HAS_PARENT = 2, EPIC = 4, DONE = 8, ARCHIVED = 16, DELETED = 32 };
enum { PARENT_DELETED = 64 };

static bool is_shown(const struct card *card)
{
	return !card->archived && !card->deleted;
}

static void number_pack(const struct card_number *number, struct buf *to)
{
	row_u8(to, number->has);
	row_u32(to, (uint32_t)number->value);
}

static struct card_number number_unpack(struct row_in *in)
{
	struct card_number number;
	number.has = row_take_u8(in) != 0;
	number.value = (int32_t)row_take_u32(in);
	return number;
}

static void card_pack(const struct card *card, struct buf *to)
{
	buf_clear(to);
	row_uuid(to, &card->project->id);
	row_u64(to, card->number);
	row_u64(to, card->version);
	row_u8(to, card->column);
	row_u8(to, (uint8_t)((card->has_assignee ? HAS_ASSIGNEE : 0) |
	                     (card->has_parent ? HAS_PARENT : 0) | (card->epic ? EPIC : 0) |
	                     (card->done ? DONE : 0) | (card->archived ? ARCHIVED : 0) |
	                     (card->deleted ? DELETED : 0) |
	                     (card->parent_deleted ? PARENT_DELETED : 0)));
	row_uuid(to, &card->assignee);
	row_uuid(to, &card->parent);
	row_uuid(to, &card->reporter);
	number_pack(&card->due_on, to);
	number_pack(&card->start_on, to);
	number_pack(&card->estimate, to);
	number_pack(&card->remaining, to);
	row_u32(to, card->comments);
	row_string(to, slice_str(card->type));
	row_string(to, slice_str(card->priority));
	row_string(to, slice_str(card->resolution));
	row_string(to, slice_str(card->rank));
	row_string(to, buf_slice(&card->summary));
	row_string(to, buf_slice(&card->labels));
	row_string(to, buf_slice(&card->components));
	row_string(to, buf_slice(&card->fix_versions));
	row_string(to, buf_slice(&card->children));
}

bool card_unpack(struct slice row, struct card *card, struct uuid *project)
{
	struct row_in in = row_in(row);
	*project = row_take_uuid(&in);
	card->number = row_take_u64(&in);
	card->version = row_take_u64(&in);
	card->column = row_take_u8(&in);
	uint8_t flags = row_take_u8(&in);
	card->has_assignee = flags & HAS_ASSIGNEE;
	card->has_parent = flags & HAS_PARENT;
	card->epic = flags & EPIC;
	card->done = flags & DONE;
	card->archived = flags & ARCHIVED;
	card->deleted = flags & DELETED;
	card->parent_deleted = flags & PARENT_DELETED;
	card->assignee = row_take_uuid(&in);
	card->parent = row_take_uuid(&in);
	card->reporter = row_take_uuid(&in);
	card->due_on = number_unpack(&in);
	card->start_on = number_unpack(&in);
	card->estimate = number_unpack(&in);
	card->remaining = number_unpack(&in);
	card->comments = row_take_u32(&in);
	take_word(&in, card->type, CARD_WORD_MAX);
	take_word(&in, card->priority, CARD_WORD_MAX);
	take_word(&in, card->resolution, CARD_WORD_MAX);
	take_word(&in, card->rank, CARD_RANK_MAX);
	buf_append_slice(&card->summary, row_take_string(&in));
	buf_append_slice(&card->labels, row_take_string(&in));
	buf_append_slice(&card->components, row_take_string(&in));
	buf_append_slice(&card->fix_versions, row_take_string(&in));
	buf_append_slice(&card->children, row_take_string(&in));
	return !in.bad && in.at == in.end;
}

bool card_row_ancestry(struct slice row, struct card_ancestry *out)
{
	struct row_in in = row_in(row);
	out->project = row_take_uuid(&in);
	row_take(&in, 8 + 8 + 1);
	uint8_t flags = row_take_u8(&in);
	row_take(&in, sizeof(struct uuid));
	out->parent = row_take_uuid(&in);
	out->epic = flags & EPIC;
	out->has_parent = (flags & HAS_PARENT) && !(flags & PARENT_DELETED);
	return !in.bad;
}

/* --- find and add --- */

struct project *board_project_find(struct view *view, const struct tenant_entry *tenant,
                                   const struct uuid *id)
{
	struct board *board = view->own;
	struct project *project = id_map_get(&board->projects, tenant, id);
	if (project)
		return project;
	struct slice row;
	key_id(&view->key, tenant->name, id);
	if (!kv_get(view->txn, PROJECTS, buf_slice(&view->key), &row))
		return NULL;
	project = mem_new(sizeof *project);
	if (!project_unpack(row, project)) {
		project_free(project);
		return NULL;
	}
	project->tenant = tenant;
	id_map_put(&board->projects, tenant, id, project);
	return project;
}

struct project *board_project_add(struct view *view, const struct tenant_entry *tenant,
                                  const struct uuid *id)
{
	struct board *board = view->own;
	struct project *project = mem_new(sizeof *project);
	project->tenant = tenant;
	project->id = *id;
	project->dirty = true;
	id_map_put(&board->projects, tenant, id, project);
	return project;
}

struct card *board_card_find(struct view *view, const struct tenant_entry *tenant,
                             const struct uuid *id)
{
	struct board *board = view->own;
	struct card *card = id_map_get(&board->cards, tenant, id);
	if (card)
		return card;
	struct slice row;
	key_id(&view->key, tenant->name, id);
	if (!kv_get(view->txn, CARD_ROWS, buf_slice(&view->key), &row))
		return NULL;
	card = mem_new(sizeof *card);
	card->id = *id;
	struct uuid project;
	if (card_unpack(row, card, &project))
		card->project = board_project_find(view, tenant, &project);
	if (!card->project || card->column >= card->project->columns_n) {
		card_free(card);
		return NULL;
	}
	card->stored = is_shown(card);
	card->stored_project = card->project;
	card->stored_column = card->column;
	memcpy(card->stored_rank, card->rank, sizeof card->rank);
	id_map_put(&board->cards, tenant, id, card);
	return card;
}

struct card *board_card_add(struct view *view, struct project *project, const struct uuid *id)
{
	struct board *board = view->own;
	struct card *card = mem_new(sizeof *card);
	card->project = project;
	card->id = *id;
	id_map_put(&board->cards, project->tenant, id, card);
	return card;
}

void board_card_touch(struct view *view, struct card *card, uint64_t seq)
{
	struct board *board = view->own;
	card->project->last_seq = seq;
	card->project->dirty = true;
	if (card->dirty)
		return;
	card->dirty = true;
	if (board->dirty_n == board->dirty_cap) {
		board->dirty_cap = board->dirty_cap ? board->dirty_cap * 2 : 1024;
		board->dirty_cards =
		        mem_grow(board->dirty_cards, board->dirty_cap * sizeof *board->dirty_cards);
	}
	board->dirty_cards[board->dirty_n++] = card;
}

/* --- writing --- */

static void card_key(struct buf *key, const struct card *card, const struct project *project,
                     uint8_t column, const char *rank)
{
	key_tenant(key, project->tenant->name);
	row_uuid(key, &project->id);
	row_u8(key, column);
	buf_append(key, rank, strlen(rank) + 1);
	row_uuid(key, &card->id);
}

static bool card_moved(const struct card *card)
{
	return card->stored_project != card->project || card->stored_column != card->column ||
	       strcmp(card->stored_rank, card->rank) != 0;
}

static void card_write(struct view *view, struct card *card)
{
	struct board *board = view->own;
	if (card->stored && (card_moved(card) || !is_shown(card))) {
		card_key(&view->key, card, card->stored_project, card->stored_column,
		         card->stored_rank);
		kv_del(view->txn, CARDS, buf_slice(&view->key));
	}
	if (is_shown(card)) {
		card_key(&view->key, card, card->project, card->column, card->rank);
		card_value(card, &board->json);
		kv_put(view->txn, CARDS, buf_slice(&view->key), buf_slice(&board->json));
	}
	key_id(&view->key, card->project->tenant->name, &card->id);
	card_pack(card, &view->value);
	kv_put(view->txn, CARD_ROWS, buf_slice(&view->key), buf_slice(&view->value));
	card->stored = is_shown(card);
	card->stored_project = card->project;
	card->stored_column = card->column;
	memcpy(card->stored_rank, card->rank, sizeof card->rank);
	card->dirty = false;
}

static void project_write(struct view *view, struct project *project)
{
	key_id(&view->key, project->tenant->name, &project->id);
	project_pack(project, &view->value);
	kv_put(view->txn, PROJECTS, buf_slice(&view->key), buf_slice(&view->value));
	project->dirty = false;
}

void board_project_name(struct view *view, const struct project *project)
{
	key_tenant(&view->key, project->tenant->name);
	buf_append_str(&view->key, project->key);
	kv_put(view->txn, PROJECT_KEYS, buf_slice(&view->key),
	       slice_of(project->id.bytes, sizeof project->id.bytes));
}

static bool is_card_of(struct slice key, struct slice project)
{
	return key.n > project.n + sizeof(struct uuid) &&
	       memcmp(key.data, project.data, project.n) == 0;
}

/* Cards of the store come to memory first, so that those there are all. */
static void load_cards(struct view *view, struct project *project)
{
	struct slice key, value;
	struct buf prefix = {0};
	key_id(&prefix, project->tenant->name, &project->id);
	struct kv_cursor *cursor = kv_cursor_open(view->txn, CARDS);
	bool more = kv_seek(cursor, buf_slice(&prefix), &key, &value);
	for (; more && is_card_of(key, buf_slice(&prefix)); more = kv_next(cursor, &key, &value)) {
		struct uuid id;
		memcpy(id.bytes, key.data + key.n - sizeof id.bytes, sizeof id.bytes);
		board_card_find(view, project->tenant, &id);
	}
	kv_cursor_close(cursor);
	buf_release(&prefix);
}

void board_project_rekey(struct view *view, struct project *project, uint64_t seq)
{
	struct board *board = view->own;
	board_project_name(view, project);
	load_cards(view, project);
	for (uint32_t i = 0; i < board->cards.cap; i++) {
		struct card *card = board->cards.slots[i].value;
		if (card && card->project == project)
			board_card_touch(view, card, seq);
	}
}

/* One card of another project as the parent, or a child, of one of @project. False if they do not
 * fit together. */
static bool show_relation(struct view *view, struct project *project, struct card *child,
                          struct card *parent, uint64_t seq)
{
	if (child->project == parent->project)
		return true;
	if (parent->project == project) {
		child->parent_deleted = project->deleted || parent->deleted;
		board_card_touch(view, child, seq);
	} else if (child->project == project && !child->deleted) {
		int change = project->deleted ? -1 : 1;
		board_card_touch(view, parent, seq);
		return card_count_child(parent, &project->id, change, child->done ? change : 0);
	}
	return true;
}

/* Whether the packed card has a parent. */
static bool card_row_parent(struct slice row, struct uuid *parent)
{
	struct row_in in = row_in(row);
	row_take_uuid(&in);
	row_take_u64(&in);
	row_take_u64(&in);
	row_take_u8(&in);
	uint8_t flags = row_take_u8(&in);
	row_take_uuid(&in);
	*parent = row_take_uuid(&in);
	return !in.bad && (flags & HAS_PARENT);
}

static bool is_id_of(struct slice key, struct slice prefix)
{
	return key.n == prefix.n + sizeof(struct uuid) &&
	       memcmp(key.data, prefix.data, prefix.n) == 0;
}

/* The store must have what is in memory: it is written first. */
bool board_project_hide(struct view *view, struct project *project, uint64_t seq)
{
	struct board *board = view->own;
	bool fits = true;
	struct slice key, row;
	struct buf prefix = {0};
	struct uuid id, parent;
	for (uint32_t i = 0; i < board->dirty_n; i++)
		card_write(view, board->dirty_cards[i]);
	board->dirty_n = 0;
	key_tenant(&prefix, project->tenant->name);
	struct kv_cursor *cursor = kv_cursor_open(view->txn, CARD_ROWS);
	bool more = kv_seek(cursor, buf_slice(&prefix), &key, &row);
	for (; more && is_id_of(key, buf_slice(&prefix)); more = kv_next(cursor, &key, &row)) {
		if (!card_row_parent(row, &parent))
			continue;
		memcpy(id.bytes, key.data + prefix.n, sizeof id.bytes);
		struct card *child = board_card_find(view, project->tenant, &id);
		struct card *above = board_card_find(view, project->tenant, &parent);
		if (child && above)
			fits &= show_relation(view, project, child, above, seq);
	}
	kv_cursor_close(cursor);
	buf_release(&prefix);
	return fits;
}

enum status board_flush(struct view *view, struct error *err)
{
	struct board *board = view->own;
	for (uint32_t i = 0; i < board->dirty_n; i++)
		card_write(view, board->dirty_cards[i]);
	board->dirty_n = 0;
	for (uint32_t i = 0; i < board->projects.cap; i++) {
		struct project *project = board->projects.slots[i].value;
		if (project && project->dirty)
			project_write(view, project);
	}
	if (board->cards.n > (view->bulk ? KEPT_BULK : KEPT_LIVE))
		board_discard(view);
	(void)err; /* failed puts stick to the transaction: commit reports them */
	return STATUS_OK;
}
