/* Who watches an issue. At most 500 do (core/domain): they are counted at each read. */
#include "projections/issue_reading.h"

enum { ID_BYTES = sizeof(struct uuid) };

static bool is_of(struct slice key, struct slice issue)
{
	return key.n == issue.n + ID_BYTES && memcmp(key.data, issue.data, issue.n) == 0;
}

static int64_t count(struct kv_cursor *cursor, struct slice issue)
{
	struct slice key, value;
	int64_t n = 0;
	for (bool more = kv_seek(cursor, issue, &key, &value); more && is_of(key, issue);
	     more = kv_next(cursor, &key, &value))
		n++;
	return n;
}

/* The key of a watcher behind that of the issue in @key, which it leaves. */
static bool watches(struct issue_reading *r, struct buf *key, const struct uuid *member)
{
	struct slice unused;
	size_t n = key->n;
	row_uuid(key, member);
	bool found = kv_get(r->txn, WATCHERS, buf_slice(key), &unused);
	key->n = n;
	return found;
}

static void items_json(struct issue_reading *r, struct kv_cursor *cursor, struct slice issue,
                       struct slice from, uint32_t limit)
{
	struct slice key, value;
	struct uuid member;
	uint32_t n = 0;
	bool more = kv_seek(cursor, from, &key, &value);
	if (more && from.n > issue.n && slice_equal(key, from))
		more = kv_next(cursor, &key, &value);
	json_out_key(r->json, "items");
	json_out_array(r->json);
	for (; more && is_of(key, issue) && n < limit; n++) {
		memcpy(member.bytes, key.data + issue.n, ID_BYTES);
		issue_member_json(r, NULL, &member);
		more = kv_next(cursor, &key, &value);
	}
	json_out_array_end(r->json);
	json_out_key(r->json, "next");
	if (n && more && is_of(key, issue))
		json_out_uuid(r->json, &member);
	else
		json_out_null(r->json);
}

void issue_watchers_json(struct issue_reading *r, const struct uuid *after, uint32_t limit)
{
	struct buf key = {0};
	struct kv_cursor *cursor = kv_cursor_open(r->txn, WATCHERS);
	issue_key(&key, r->tenant, &r->id);
	size_t issue_n = key.n;
	json_out_object(r->json);
	json_out_member_int(r->json, "total", count(cursor, buf_slice(&key)));
	json_out_member_bool(r->json, "watching",
	                     r->sight && watches(r, &key, &r->sight->holder.member));
	if (after)
		row_uuid(&key, after);
	items_json(r, cursor, slice_of(key.data, issue_n), buf_slice(&key), limit);
	json_out_object_end(r->json);
	kv_cursor_close(cursor);
	buf_release(&key);
}
