/* A treap: a tree in the order of the keys that is a heap of priorities, which are hashes of the
 * keys, so that it is balanced whatever the order of the changes, and the same each time. */
#include "core/domain/overlay.h"

struct overlay_row {
	struct overlay_row *left, *right;
	uint32_t priority;
	uint16_t kind, key_n;
	bool gone; /* the base has it, the state has not */
	uint32_t room, row_n;
	uint8_t *row;
	uint8_t key[];
};

static uint32_t priority_of(const struct row_key *key)
{
	uint32_t hash = 2166136261u ^ (uint32_t)key->kind; /* FNV-1a */

	for (uint16_t i = 0; i < key->n; i++)
		hash = (hash ^ key->bytes[i]) * 16777619u;
	return hash * 2654435761u;
}

static int compare(const struct row_key *key, const struct overlay_row *row)
{
	if (key->kind != row->kind)
		return key->kind < row->kind ? -1 : 1;
	return slice_compare(slice_of(key->bytes, key->n), slice_of(row->key, row->key_n));
}

static struct overlay_row *find(const struct overlay *overlay, const struct row_key *key)
{
	struct overlay_row *at = overlay->root;
	int order;

	while (at && (order = compare(key, at)) != 0)
		at = order < 0 ? at->left : at->right;
	return at;
}

/* The nearest row of the kind behind @key, or in front of it. */
static struct overlay_row *neighbour(const struct overlay *overlay, const struct row_key *key,
                                     bool backwards)
{
	struct overlay_row *at = overlay->root, *found = NULL;

	while (at) {
		int order = compare(key, at);
		bool beyond = backwards ? order > 0 : order < 0;
		if (beyond)
			found = at;
		at = beyond == backwards ? at->right : at->left;
	}
	return found && found->kind == key->kind ? found : NULL;
}

static struct row_key key_of(const struct overlay_row *row)
{
	struct row_key key = row_key_first((enum row_kind)row->kind);

	key.n = row->key_n;
	memcpy(key.bytes, row->key, row->key_n);
	return key;
}

/* Those in front of @key to *@left, those behind it to *@right; @key is not in @tree. */
static void split(struct overlay_row *tree, const struct row_key *key, struct overlay_row **left,
                  struct overlay_row **right)
{
	while (tree)
		if (compare(key, tree) < 0) {
			*right = tree;
			right = &tree->left;
			tree = tree->left;
		} else {
			*left = tree;
			left = &tree->right;
			tree = tree->right;
		}
	*left = *right = NULL;
}

static void insert(struct overlay *overlay, const struct row_key *key, struct overlay_row *row)
{
	struct overlay_row **at = &overlay->root;

	while (*at && (*at)->priority >= row->priority)
		at = compare(key, *at) < 0 ? &(*at)->left : &(*at)->right;
	split(*at, key, &row->left, &row->right);
	*at = row;
}

/* The row of @key, a new one if there is none; NULL if there is no room. */
static struct overlay_row *row_of(struct overlay *overlay, const struct row_key *key)
{
	struct overlay_row *row = find(overlay, key);

	if (row)
		return row;
	row = arena_zero(overlay->arena, sizeof(*row) + key->n);
	if (!row)
		return NULL;
	row->priority = priority_of(key);
	row->kind = (uint16_t)key->kind;
	row->key_n = key->n;
	memcpy(row->key, key->bytes, key->n);
	insert(overlay, key, row);
	return row;
}

static bool overlay_get(const struct tenant_state *face, const struct row_key *key, void *out)
{
	const struct overlay *overlay = (const struct overlay *)face;
	const struct overlay_row *row = find(overlay, key);

	if (!row)
		return overlay->base->get(overlay->base, key, out);
	if (!row->gone)
		memcpy(out, row->row, row->row_n);
	return !row->gone;
}

static bool overlay_next(const struct tenant_state *face, struct row_key *key, bool backwards,
                         void *out)
{
	const struct overlay *overlay = (const struct overlay *)face;
	struct row_key from = *key;

	for (;;) {
		const struct overlay_row *row = neighbour(overlay, &from, backwards);
		struct row_key base = from;
		bool found = overlay->base->next(overlay->base, &base, backwards, out);
		int order = found && row ? compare(&base, row) : 0;
		if (found && (!row || (backwards ? order > 0 : order < 0))) {
			*key = base;
			return true;
		}
		if (!row)
			return false;
		from = key_of(row);
		if (row->gone)
			continue;
		*key = from;
		memcpy(out, row->row, row->row_n);
		return true;
	}
}

static void overlay_put(struct tenant_state *face, const struct row_key *key, const void *row)
{
	struct overlay *overlay = (struct overlay *)face;
	struct overlay_row *to = row_of(overlay, key);
	size_t n = row_stored_size(key->kind, row);

	if (!to)
		return;
	if (n > to->room) {
		uint8_t *room = arena_alloc(overlay->arena, n);
		if (!room)
			return;
		to->row = room;
		to->room = (uint32_t)n;
	}
	memcpy(to->row, row, n);
	to->row_n = (uint32_t)n;
	to->gone = false;
}

static void overlay_del(struct tenant_state *face, const struct row_key *key)
{
	struct overlay_row *row = row_of((struct overlay *)face, key);

	if (row)
		row->gone = true;
}

void overlay_open(struct overlay *overlay, const struct tenant_state *base, struct arena *arena)
{
	*overlay = (struct overlay){
	        .face = {overlay_get, overlay_next, overlay_put, overlay_del},
	        .base = base,
	        .arena = arena,
	};
}

void overlay_clear(struct overlay *overlay)
{
	overlay->root = NULL;
}

/* Its rows go over as they are; one that is there already takes over what it says. */
static void merge_row(struct overlay *into, struct overlay_row *row)
{
	struct row_key key = key_of(row);
	struct overlay_row *there = find(into, &key);

	if (there) {
		there->gone = row->gone;
		there->row = row->row;
		there->room = row->room;
		there->row_n = row->row_n;
		return;
	}
	insert(into, &key, row);
}

void overlay_merge(struct overlay *into, struct overlay *from)
{
	struct overlay_row *todo = from->root;

	overlay_clear(from);
	while (todo) { /* turned to the right until it is a list: no stack */
		struct overlay_row *left = todo->left, *next;
		if (left) {
			todo->left = left->right;
			left->right = todo;
			todo = left;
			continue;
		}
		next = todo->right;
		todo->left = todo->right = NULL;
		merge_row(into, todo);
		todo = next;
	}
}
