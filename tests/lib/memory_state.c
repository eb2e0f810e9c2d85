#include "tests/lib/memory_state.h"

#include <stdio.h>
#include <stdlib.h>

struct memory_row {
	struct memory_row *left, *right;
	uint32_t priority; /* greatest at the root */
	uint32_t stored;
	struct row_key key;
	char bytes[];
};

static const struct memory_state *state_of(const struct tenant_state *face)
{
	return (const struct memory_state *)(const void *)face;
}

static const struct memory_row *find(const struct memory_row *row, const struct row_key *key)
{
	while (row) {
		int order = row_key_compare(key, &row->key);
		if (order == 0)
			return row;
		row = order < 0 ? row->left : row->right;
	}
	return NULL;
}

static bool get(const struct tenant_state *face, const struct row_key *key, void *out)
{
	const struct memory_row *row = find(state_of(face)->roots[key->kind], key);

	if (row)
		memcpy(out, row->bytes, row->stored);
	return row != NULL;
}

static bool next(const struct tenant_state *face, struct row_key *key, bool backwards, void *out)
{
	const struct memory_row *row = state_of(face)->roots[key->kind], *best = NULL;

	while (row) {
		int order = row_key_compare(&row->key, key);
		bool behind = backwards ? order < 0 : order > 0;
		if (behind)
			best = row;
		row = behind == backwards ? row->right : row->left;
	}
	if (!best)
		return false;
	*key = best->key;
	memcpy(out, best->bytes, best->stored);
	return true;
}

/* Rows smaller than @key to the left, greater ones to the right; there is none of @key. */
static void split(struct memory_row *row, const struct row_key *key, struct memory_row **left,
                  struct memory_row **right)
{
	if (!row) {
		*left = *right = NULL;
	} else if (row_key_compare(&row->key, key) < 0) {
		*left = row;
		split(row->right, key, &row->right, right);
	} else {
		*right = row;
		split(row->left, key, left, &row->left);
	}
}

static struct memory_row *merge(struct memory_row *left, struct memory_row *right)
{
	if (!left || !right)
		return left ? left : right;
	if (left->priority > right->priority) {
		left->right = merge(left->right, right);
		return left;
	}
	right->left = merge(left, right->left);
	return right;
}

static void del(struct tenant_state *face, const struct row_key *key)
{
	struct memory_state *state = (struct memory_state *)(void *)face;
	struct memory_row **at = &state->roots[key->kind];

	while (*at) {
		struct memory_row *row = *at;
		int order = row_key_compare(key, &row->key);
		if (order == 0) {
			*at = merge(row->left, row->right);
			state->rows[key->kind]--;
			free(row);
			return;
		}
		at = order < 0 ? &row->left : &row->right;
	}
	/* A row that is not there: evolve never takes away what it did not put. */
	abort();
}

static void put(struct tenant_state *face, const struct row_key *key, const void *bytes)
{
	struct memory_state *state = (struct memory_state *)(void *)face;
	size_t stored = row_stored_size(key->kind, bytes);

	if (find(state->roots[key->kind], key))
		del(face, key);
	struct memory_row *row = calloc(1, sizeof(*row) + stored);
	if (!row)
		abort();
	state->random = state->random * 1664525 + 1013904223;
	row->priority = state->random >> 4;
	row->stored = (uint32_t)stored;
	row->key.kind = key->kind;
	row->key.n = key->n;
	memcpy(row->key.bytes, key->bytes, key->n);
	memcpy(row->bytes, bytes, stored);
	struct memory_row **at = &state->roots[key->kind];
	while (*at && (*at)->priority >= row->priority)
		at = row_key_compare(key, &(*at)->key) < 0 ? &(*at)->left : &(*at)->right;
	split(*at, key, &row->left, &row->right);
	*at = row;
	state->rows[key->kind]++;
}

void memory_state_init(struct memory_state *state)
{
	memset(state, 0, sizeof(*state));
	state->face = (struct tenant_state){get, next, put, del};
	state->random = 1;
}

static void free_rows(struct memory_row *row)
{
	if (!row)
		return;
	free_rows(row->left);
	free_rows(row->right);
	free(row);
}

void memory_state_release(struct memory_state *state)
{
	for (int kind = 0; kind < ROW_KINDS; kind++)
		free_rows(state->roots[kind]);
	memory_state_init(state);
}

static bool rows_in(const struct memory_row *row, const struct memory_state *other)
{
	if (!row)
		return true;
	const struct memory_row *twin = find(other->roots[row->key.kind], &row->key);
	if (!twin || twin->stored != row->stored ||
	    memcmp(twin->bytes, row->bytes, row->stored) != 0) {
		fprintf(stderr, "a row of kind %s %s\n", row_kind_name(row->key.kind),
		        twin ? "differs" : "is missing");
		return false;
	}
	return rows_in(row->left, other) && rows_in(row->right, other);
}

bool memory_state_equal(const struct memory_state *a, const struct memory_state *b)
{
	for (int kind = 0; kind < ROW_KINDS; kind++)
		if (a->rows[kind] != b->rows[kind] || !rows_in(a->roots[kind], b))
			return false;
	return true;
}
