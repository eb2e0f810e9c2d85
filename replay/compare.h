/* Compare the rows of two instances of a view: digests per tenant, and the keys that differ. The
 * rows of the first are written to a file (key and 8 bytes of digest each) while one committed
 * state of it is read, so that it is not held back by the second; memory does not grow with rows.
 *
 * One thread. */
#ifndef REPLAY_COMPARE_H
#define REPLAY_COMPARE_H

#include <stdio.h>

#include "core/base/json_out.h"
#include "projections/view.h"

#define COMPARE_KEYS_MAX   100
#define COMPARE_TABLES_MAX 32

enum compare_what { COMPARE_DIFFERS, COMPARE_ONLY_LIVE, COMPARE_ONLY_BUILT };

struct compare_key {
	char *text; /* "table/tenant/rest"; what is not printable as \xHH */
	enum compare_what what;
};

struct compare_tenant {
	char *name;
	uint64_t rows[2]; /* live, built */
	uint8_t digest[2][VIEW_DIGEST_BYTES];
	uint64_t different; /* keys */
};

struct comparison { /* all zero is an empty one */
	struct compare_tenant *tenants;
	size_t tenants_n;
	size_t last;              /* tenant of the row before */
	struct compare_key *keys; /* the first COMPARE_KEYS_MAX */
	size_t keys_n;
	uint64_t rows[2];
	uint64_t different; /* keys, all of them */
	uint8_t digest[2][VIEW_DIGEST_BYTES];
	char *tables[COMPARE_TABLES_MAX]; /* in the order of the live instance */
	size_t tables_n;
	FILE *spool;
	struct sha256 *sha;
	int failed; /* errno of the spool */
};

void comparison_release(struct comparison *comparison);

/* Spool the rows of @view into an unlinked file in @dir; *@at is the position of what was read. */
enum status comparison_spool(struct comparison *comparison, const struct view_type *type,
                             struct view *view, const char *dir, struct view_position *at,
                             struct error *err);
/* Compare the spooled rows with those of @view, which must stand at the same position. */
enum status comparison_match(struct comparison *comparison, const struct view_type *type,
                             struct view *view, struct error *err);

/* An object: rows, different, digests, tenants that differ, keys. */
void comparison_print(const struct comparison *comparison, struct json_out *out);

#endif
