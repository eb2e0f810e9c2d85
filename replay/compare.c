/* Spool: for each row u32 length of the key, key, 8 bytes of digest; in the order of the digest:
 * table by table, keys ascending. The second pass walks file and rows like the merge of two sorted
 * lists. Both are read by the same code, so their tables come in the same order.
 *
 * A tenant's digest chains its rows: next = sha256(digest, key, digest of the row). */
#include "replay/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/store/sha256.h"

#define ROW_BYTES 8
#define KEY_BYTES 4096

enum side { LIVE, BUILT };

void comparison_release(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->tenants_n; i++)
		free(comparison->tenants[i].name);
	for (size_t i = 0; i < comparison->keys_n; i++)
		free(comparison->keys[i].text);
	for (size_t i = 0; i < comparison->tables_n; i++)
		free(comparison->tables[i]);
	if (comparison->spool)
		fclose(comparison->spool);
	if (comparison->sha)
		sha256_free(comparison->sha);
	free(comparison->tenants);
	free(comparison->keys);
	*comparison = (struct comparison){.rows = {0}};
}

/* --- tenants --- */

static struct slice table_of(struct slice key)
{
	const char *slash = memchr(key.data, '/', key.n);
	return slice_of(key.data, slash ? (size_t)(slash - key.data) : key.n);
}

static struct slice tenant_of(struct slice key)
{
	size_t from = table_of(key).n + 1;
	struct slice rest = slice_of(key.data + from, from < key.n ? key.n - from : 0);
	const char *nul = rest.n ? memchr(rest.data, 0, rest.n) : NULL;
	return slice_of(rest.data, nul ? (size_t)(nul - rest.data) : rest.n);
}

/* Rows of a tenant follow one another, so the last one found is looked at first. */
static struct compare_tenant *tenant_at(struct comparison *c, struct slice name)
{
	if (c->last < c->tenants_n && slice_is(name, c->tenants[c->last].name))
		return &c->tenants[c->last];
	size_t from = 0, to = c->tenants_n;
	while (from < to) {
		size_t middle = (from + to) / 2;
		if (slice_compare(slice_str(c->tenants[middle].name), name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	c->last = from;
	if (from < c->tenants_n && slice_is(name, c->tenants[from].name))
		return &c->tenants[from];
	c->tenants = mem_grow(c->tenants, (c->tenants_n + 1) * sizeof *c->tenants);
	memmove(&c->tenants[from + 1], &c->tenants[from],
	        (c->tenants_n - from) * sizeof *c->tenants);
	c->tenants_n++;
	c->tenants[from] = (struct compare_tenant){.name = mem_string(name)};
	return &c->tenants[from];
}

static void count_row(struct comparison *c, enum side side, struct slice key, const uint8_t row[8])
{
	struct compare_tenant *tenant = tenant_at(c, tenant_of(key));
	c->rows[side]++;
	tenant->rows[side]++;
	sha256_add(c->sha, slice_of(tenant->digest[side], VIEW_DIGEST_BYTES));
	sha256_add(c->sha, key);
	sha256_add(c->sha, slice_of(row, ROW_BYTES));
	sha256_take(c->sha, tenant->digest[side]);
}

/* --- the live rows --- */

static bool table_index(const struct comparison *c, struct slice table, size_t *index)
{
	for (*index = 0; *index < c->tables_n; ++*index)
		if (slice_is(table, c->tables[*index]))
			return true;
	return false;
}

static void note_table(struct comparison *c, struct slice table)
{
	size_t index;
	if (c->tables_n && slice_is(table, c->tables[c->tables_n - 1]))
		return;
	if (!table_index(c, table, &index) && c->tables_n < COMPARE_TABLES_MAX)
		c->tables[c->tables_n++] = mem_string(table);
}

static void spool_row(void *context, struct slice key, const uint8_t row[8])
{
	struct comparison *c = context;
	char n[4];
	note_table(c, table_of(key));
	count_row(c, LIVE, key, row);
	put_u32(n, (uint32_t)key.n);
	if (c->failed)
		return;
	errno = EIO;
	if (key.n > KEY_BYTES || fwrite(n, 4, 1, c->spool) != 1 ||
	    fwrite(key.data, key.n, 1, c->spool) != 1 || fwrite(row, ROW_BYTES, 1, c->spool) != 1)
		c->failed = errno;
}

static enum status open_spool(struct comparison *c, const char *dir, struct error *err)
{
	char path[512];
	int n = snprintf(path, sizeof path, "%s/compare-XXXXXX", dir);
	int fd = n > 0 && (size_t)n < sizeof path ? mkstemp(path) : -1;
	if (fd >= 0)
		unlink(path);
	c->spool = fd >= 0 ? fdopen(fd, "w+") : NULL;
	if (c->spool)
		return STATUS_OK;
	enum status status = error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return status;
}

enum status comparison_spool(struct comparison *comparison, const struct view_type *type,
                             struct view *view, const char *dir, struct view_position *at,
                             struct error *err)
{
	enum status status = open_spool(comparison, dir, err);
	if (status)
		return status;
	comparison->sha = sha256_new();
	status = type->digest(view, SLICE(""), comparison->digest[LIVE], at, spool_row, comparison,
	                      err);
	if (!status && (comparison->failed || fflush(comparison->spool)))
		status = error_set(err, STATUS_IO, "write the rows to compare in %s: %s", dir,
		                   strerror(comparison->failed ? comparison->failed : errno));
	return status;
}

/* --- both --- */

struct merge {
	struct comparison *c;
	char key[KEY_BYTES];
	size_t key_n;
	uint8_t row[ROW_BYTES];
	bool there; /* a live row is at hand */
};

static void next_live(struct merge *m)
{
	char n[4];
	m->there = !m->c->failed && fread(n, 4, 1, m->c->spool) == 1;
	if (!m->there) {
		if (ferror(m->c->spool))
			m->c->failed = EIO;
		return;
	}
	m->key_n = get_u32(n);
	m->there = m->key_n <= sizeof m->key && fread(m->key, m->key_n, 1, m->c->spool) == 1 &&
	           fread(m->row, ROW_BYTES, 1, m->c->spool) == 1;
	if (!m->there)
		m->c->failed = EIO; /* we wrote whole rows */
}

static char *printable(struct slice key)
{
	struct buf text = {0};
	size_t separator = table_of(key).n + 1 + tenant_of(key).n;
	for (size_t i = 0; i < key.n; i++) {
		unsigned char c = (unsigned char)key.data[i];
		if (i == separator)
			buf_append_char(&text, '/');
		else if (c < 0x20 || c >= 0x7f || c == '\\')
			buf_printf(&text, "\\x%02x", c);
		else
			buf_append_char(&text, (char)c);
	}
	char *copy = mem_string(buf_slice(&text));
	buf_release(&text);
	return copy;
}

static void note_difference(struct comparison *c, struct slice key, enum compare_what what)
{
	c->different++;
	tenant_at(c, tenant_of(key))->different++;
	if (c->keys_n == COMPARE_KEYS_MAX)
		return;
	c->keys = mem_grow(c->keys, (c->keys_n + 1) * sizeof *c->keys);
	c->keys[c->keys_n++] = (struct compare_key){printable(key), what};
}

/* Order of the live key at hand against a built one: < 0 when the live one comes first. */
static int order(const struct merge *m, struct slice built)
{
	struct slice live = slice_of(m->key, m->key_n);
	struct slice a = table_of(live), b = table_of(built);
	size_t at_a, at_b;
	if (slice_equal(a, b))
		return slice_compare(live, built);
	if (!table_index(m->c, b, &at_b))
		return 1; /* a table without live rows */
	return table_index(m->c, a, &at_a) && at_a < at_b ? -1 : 1;
}

static void match_row(void *context, struct slice key, const uint8_t row[8])
{
	struct merge *m = context;
	int found = 1;
	count_row(m->c, BUILT, key, row);
	while (m->there && (found = order(m, key)) < 0) {
		note_difference(m->c, slice_of(m->key, m->key_n), COMPARE_ONLY_LIVE);
		next_live(m);
	}
	if (!m->there || found != 0) {
		note_difference(m->c, key, COMPARE_ONLY_BUILT);
		return;
	}
	if (memcmp(m->row, row, ROW_BYTES) != 0)
		note_difference(m->c, key, COMPARE_DIFFERS);
	next_live(m);
}

enum status comparison_match(struct comparison *comparison, const struct view_type *type,
                             struct view *view, struct error *err)
{
	struct merge *m = mem_new(sizeof *m);
	m->c = comparison;
	rewind(comparison->spool);
	next_live(m);
	enum status status =
	        type->digest(view, SLICE(""), comparison->digest[BUILT], NULL, match_row, m, err);
	while (!status && m->there) {
		note_difference(comparison, slice_of(m->key, m->key_n), COMPARE_ONLY_LIVE);
		next_live(m);
	}
	free(m);
	if (!status && comparison->failed)
		status = error_set(err, STATUS_IO, "read the rows to compare");
	if (!status && !comparison->different &&
	    memcmp(comparison->digest[LIVE], comparison->digest[BUILT], VIEW_DIGEST_BYTES) != 0)
		status = error_set(err, STATUS_CORRUPT, "equal rows of %s with unequal digests",
		                   type->name);
	return status;
}

/* --- printing --- */

static void member_hex(struct json_out *out, const char *name, const uint8_t digest[])
{
	char text[2 * VIEW_DIGEST_BYTES + 1];
	for (int i = 0; i < VIEW_DIGEST_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	json_out_member_str(out, name, text);
}

static void print_tenant(const struct compare_tenant *tenant, struct json_out *out)
{
	json_out_object(out);
	json_out_member_str(out, "tenant", tenant->name);
	json_out_member_int(out, "different", (int64_t)tenant->different);
	json_out_member_int(out, "live_rows", (int64_t)tenant->rows[LIVE]);
	json_out_member_int(out, "built_rows", (int64_t)tenant->rows[BUILT]);
	member_hex(out, "live_digest", tenant->digest[LIVE]);
	member_hex(out, "built_digest", tenant->digest[BUILT]);
	json_out_object_end(out);
}

void comparison_print(const struct comparison *c, struct json_out *out)
{
	static const char *const what[] = {
	        [COMPARE_DIFFERS] = "differs",
	        [COMPARE_ONLY_LIVE] = "only in the live view",
	        [COMPARE_ONLY_BUILT] = "only in the rebuilt view",
	};
	json_out_object(out);
	json_out_member_int(out, "different", (int64_t)c->different);
	json_out_member_int(out, "live_rows", (int64_t)c->rows[LIVE]);
	json_out_member_int(out, "built_rows", (int64_t)c->rows[BUILT]);
	member_hex(out, "live_digest", c->digest[LIVE]);
	member_hex(out, "built_digest", c->digest[BUILT]);
	json_out_key(out, "tenants");
	json_out_array(out);
	size_t printed = 0;
	for (size_t i = 0; i < c->tenants_n && printed < COMPARE_KEYS_MAX; i++)
		if (c->tenants[i].different && ++printed)
			print_tenant(&c->tenants[i], out);
	json_out_array_end(out);
	json_out_key(out, "keys");
	json_out_array(out);
	for (size_t i = 0; i < c->keys_n; i++) {
		json_out_object(out);
		json_out_member_str(out, "key", c->keys[i].text);
		json_out_member_str(out, "what", what[c->keys[i].what]);
		json_out_object_end(out);
	}
	json_out_array_end(out);
	json_out_object_end(out);
}
