/* Rows: api_keys: tenant, 0, key id -> member id, scope u8, created_at u64, expires_at u64, hash
 * (32), name; member_api_keys: tenant, 0, member id, key id -> nothing. Both without those that
 * were revoked. */
#include <openssl/crypto.h>

#include "core/domain/api_key.h"
#include "projections/access_inside.h"

enum { HASH_N = 32 };

struct api_key {
	struct uuid member;
	enum api_key_scope scope;
	int64_t created_at, expires_at;
	const char *hash;  /* borrows */
	struct slice name; /* borrows */
};

static bool unpack_key(struct slice row, struct api_key *out)
{
	struct row_in in = row_in(row);
	out->member = row_take_uuid(&in);
	uint8_t scope = row_take_u8(&in);
	out->scope = scope < API_KEY_SCOPES ? (enum api_key_scope)scope : API_KEY_SCOPE_UNKNOWN;
	out->created_at = (int64_t)row_take_u64(&in);
	out->expires_at = (int64_t)row_take_u64(&in);
	out->hash = row_take(&in, HASH_N);
	out->name = row_take_string(&in);
	return !in.bad && in.at == in.end;
}

static bool get_key(struct kv_txn *txn, struct buf *key, struct slice tenant, const struct uuid *id,
                    struct api_key *out)
{
	struct slice row;
	return kv_get(txn, API_KEYS, access_key(key, tenant, id->bytes, 16), &row) &&
	       unpack_key(row, out);
}

static struct slice pair_key(struct view *view, struct slice tenant, const struct uuid *member,
                             const struct uuid *id)
{
	access_key(&view->key, tenant, member->bytes, 16);
	buf_append(&view->key, id->bytes, 16);
	return buf_slice(&view->key);
}

enum status access_api_key_created(struct view *view, const struct event *event, struct error *err)
{
	const struct api_key_created *e = &event->api_key_created;
	struct slice tenant = event->meta.tenant;
	struct buf *row = &view->value;
	buf_clear(row);
	row_uuid(row, &e->member_id);
	row_u8(row, (uint8_t)e->scope);
	row_u64(row, (uint64_t)event->meta.occurred_at);
	row_u64(row, (uint64_t)e->expires_at);
	buf_append(row, e->hash, HASH_N);
	row_string(row, e->name);
	kv_put(view->txn, API_KEYS, access_key(&view->key, tenant, e->key_id.bytes, 16),
	       buf_slice(row));
	kv_put(view->txn, MEMBER_API_KEYS, pair_key(view, tenant, &e->member_id, &e->key_id),
	       slice_of("", 0));
	return access_count(view, &event->meta, 0, 0, err);
}

enum status access_api_key_revoked(struct view *view, const struct event *event, struct error *err)
{
	const struct api_key_revoked *e = &event->api_key_revoked;
	struct slice tenant = event->meta.tenant;
	kv_del(view->txn, API_KEYS, access_key(&view->key, tenant, e->key_id.bytes, 16));
	kv_del(view->txn, MEMBER_API_KEYS, pair_key(view, tenant, &e->member_id, &e->key_id));
	return access_count(view, &event->meta, 0, 0, err);
}

enum status access_find_key(struct view *view, struct slice tenant, const struct uuid *id,
                            const uint8_t hash[32], int64_t now_ms, struct access_member *out,
                            uint64_t *position, struct error *err)
{
	struct kv_txn *txn;
	enum status status = access_begin(view, tenant, &txn, position, err);
	if (status)
		return status;
	struct buf room = {0};
	struct api_key key;
	struct member member;
	bool found = get_key(txn, &room, tenant, id, &key) && now_ms < key.expires_at &&
	             CRYPTO_memcmp(key.hash, hash, HASH_N) == 0 &&
	             access_get_member(txn, &room, tenant, &key.member, &member) &&
	             member.status == MEMBER_ACTIVE;
	if (found)
		*out = (struct access_member){.id = key.member,
		                              .role = api_key_role(key.scope, member.role),
		                              .scope = key.scope};
	else
		status = error_set(err, STATUS_NOT_FOUND, "no such API key");
	buf_release(&room);
	return access_end(txn, status, err);
}

static void key_json(const struct uuid *id, const struct api_key *key, struct json_out *json)
{
	json_out_object(json);
	json_out_member_uuid(json, "id", id);
	json_out_member_uuid(json, "member", &key->member);
	json_out_member_string(json, "name", key->name);
	json_out_member_str(json, "scope", api_key_scope_symbol(key->scope));
	json_out_member_time(json, "created_at", key->created_at);
	json_out_member_time(json, "expires_at", key->expires_at);
	json_out_object_end(json);
}

static void keys_json(struct kv_txn *txn, struct slice tenant, const struct uuid *of,
                      const struct uuid *after, uint32_t limit, struct json_out *json)
{
	struct access_walk walk;
	struct buf room = {0};
	struct slice row, prefix = of ? slice_of((const char *)of->bytes, 16) : slice_of(NULL, 0);
	struct uuid id, last = {{0}};
	struct api_key key;
	uint32_t n = 0;
	bool more = false;
	json_out_array(json);
	access_walk_open(&walk, txn, of ? MEMBER_API_KEYS : API_KEYS, tenant, prefix, after);
	while (!more && access_walk_next(&walk, &id, &row) &&
	       get_key(txn, &room, tenant, &id, &key)) {
		more = n++ == limit;
		if (more)
			break;
		key_json(&id, &key, json);
		last = id;
	}
	json_out_array_end(json);
	json_out_key(json, "next");
	if (more)
		json_out_uuid(json, &last);
	else
		json_out_null(json);
	access_walk_close(&walk);
	buf_release(&room);
}

enum status api_keys_read(struct view *view, struct slice tenant, const struct uuid *of,
                          const struct uuid *after, uint32_t limit, struct buf *out,
                          uint64_t *position, struct error *err)
{
	struct kv_txn *txn;
	enum status status = access_begin(view, tenant, &txn, position, err);
	if (status)
		return status;
	struct json_out json;
	size_t start = out->n;
	json_out_init(&json, out);
	json_out_object(&json);
	json_out_key(&json, "items");
	keys_json(txn, tenant, of, after, limit, &json);
	json_out_object_end(&json);
	status = access_end(txn, STATUS_OK, err);
	if (status)
		out->n = start;
	return status;
}
