/* Rows: identities: tenant, 0, identity hash (32) -> member id. persons: hash of the person (32),
 * tenant
 * -> member id: the one table of all views that is not below a tenant, and read by its person only.
 *
 * The identity of a profile that does not open (its key was deleted, or lost with a data directory)
 * is unknown: that person cannot sign in, and nobody else is held up. Both tables depend on keys
 * and not on the log alone: they are no part of the digest. */
#include "projections/access_inside.h"

enum { HASH_N = 32 };
#define EVERYWHERE slice_of("", 0) /* no tenant has this slug */

struct identity {
	uint8_t here[HASH_N];       /* in the tenant */
	uint8_t everywhere[HASH_N]; /* the same in all tenants */
};

/* The identity of a sealed profile; false if it does not open. */
static enum status identity_of(struct view *view, struct slice tenant, const struct uuid *id,
                               struct slice sealed, struct identity *out, bool *known,
                               struct error *err)
{
	struct buf text = {0};
	struct profile profile;
	*known = false;
	if (sealed.n == 0)
		return STATUS_OK;
	struct error own;
	enum status status =
	        profile_unseal(view->profile_keys, tenant, id, sealed, &text, &profile, &own);
	if (!status) {
		identity_hash(tenant, profile.issuer, profile.subject, out->here);
		identity_hash(EVERYWHERE, profile.issuer, profile.subject, out->everywhere);
		*known = true;
	}
	buf_release(&text);
	if (status == STATUS_NOT_FOUND || status == STATUS_CORRUPT)
		return STATUS_OK;
	if (status && err)
		*err = own;
	return status;
}

static struct slice person_key(struct buf *key, const uint8_t person[HASH_N], struct slice tenant)
{
	buf_clear(key);
	buf_append(key, person, HASH_N);
	buf_append_slice(key, tenant);
	return buf_slice(key);
}

static void drop_row(struct view *view, uint32_t table, struct slice key, const struct uuid *id)
{
	struct slice holder;
	if (kv_get(view->txn, table, key, &holder) &&
	    slice_equal(holder, slice_of((const char *)id->bytes, 16)))
		kv_del(view->txn, table, key);
}

enum status access_drop_identity(struct view *view, struct slice tenant, const struct uuid *id,
                                 struct slice sealed, struct error *err)
{
	struct identity identity;
	bool known;
	enum status status = identity_of(view, tenant, id, sealed, &identity, &known, err);
	if (status || !known)
		return status;
	drop_row(view, IDENTITIES, access_key(&view->key, tenant, identity.here, HASH_N), id);
	drop_row(view, PERSONS, person_key(&view->key, identity.everywhere, tenant), id);
	return STATUS_OK;
}

enum status access_put_identity(struct view *view, struct slice tenant, const struct uuid *id,
                                struct slice sealed, struct error *err)
{
	struct slice member = slice_of((const char *)id->bytes, 16);
	struct identity identity;
	bool known;
	enum status status = identity_of(view, tenant, id, sealed, &identity, &known, err);
	if (status || !known)
		return status;
	kv_put(view->txn, IDENTITIES, access_key(&view->key, tenant, identity.here, HASH_N),
	       member);
	kv_put(view->txn, PERSONS, person_key(&view->key, identity.everywhere, tenant), member);
	return STATUS_OK;
}

enum status access_find(struct view *view, struct slice tenant, struct slice issuer,
                        struct slice subject, struct access_member *out, uint64_t *position,
                        struct error *err)
{
	struct kv_txn *txn;
	enum status status = access_begin(view, tenant, &txn, position, err);
	if (status)
		return status;
	uint8_t hash[HASH_N];
	struct buf key = {0};
	struct slice id;
	struct member member;
	identity_hash(tenant, issuer, subject, hash);
	bool found =
	        kv_get(txn, IDENTITIES, access_key(&key, tenant, hash, HASH_N), &id) && id.n == 16;
	if (found) {
		memcpy(out->id.bytes, id.data, 16);
		found = access_get_member(txn, &key, tenant, &out->id, &member) &&
		        member.status == MEMBER_ACTIVE;
		out->role = found ? member.role : ORG_ROLE_UNKNOWN;
		out->scope = API_KEY_SCOPE_UNKNOWN;
	}
	if (!found)
		status = error_set(err, STATUS_NOT_FOUND, "not a member");
	buf_release(&key);
	return access_end(txn, status, err);
}

/* The membership of a row of persons; false when it is not one that counts (any more). */
static bool membership_json(struct kv_txn *txn, struct buf *room, struct slice tenant,
                            struct slice value, struct json_out *json)
{
	struct uuid id;
	struct member member;
	struct organization organization;
	if (value.n != 16)
		return false;
	memcpy(id.bytes, value.data, 16);
	if (!access_get_member(txn, room, tenant, &id, &member) || member.status != MEMBER_ACTIVE ||
	    !access_get_organization(txn, room, tenant, &organization))
		return false;
	if (!json)
		return true;
	json_out_object(json);
	json_out_member_string(json, "slug", tenant);
	json_out_member_string(json, "name", organization.name);
	json_out_member_uuid(json, "member", &id);
	json_out_member_str(json, "role", org_role_symbol(member.role));
	json_out_object_end(json);
	return true;
}

static void memberships_json(struct kv_txn *txn, const uint8_t person[HASH_N], struct slice after,
                             uint32_t limit, struct json_out *json)
{
	struct buf from = {0}, room = {0}, last = {0};
	struct slice key, value;
	uint32_t n = 0;
	bool is_full = false;
	struct kv_cursor *cursor = kv_cursor_open(txn, PERSONS);
	person_key(&from, person, after);
	bool more = kv_seek(cursor, buf_slice(&from), &key, &value);
	json_out_array(json);
	for (; more && !is_full && key.n > HASH_N && memcmp(key.data, person, HASH_N) == 0;
	     more = kv_next(cursor, &key, &value)) {
		struct slice tenant = slice_of(key.data + HASH_N, key.n - HASH_N);
		if (slice_equal(tenant, after))
			continue;
		is_full = n == limit && membership_json(txn, &room, tenant, value, NULL);
		if (n == limit || !membership_json(txn, &room, tenant, value, json))
			continue;
		buf_clear(&last);
		buf_append_slice(&last, tenant);
		n++;
	}
	json_out_array_end(json);
	json_out_key(json, "next");
	if (is_full)
		json_out_string(json, buf_slice(&last));
	else
		json_out_null(json);
	kv_cursor_close(cursor);
	buf_release(&from);
	buf_release(&room);
	buf_release(&last);
}

enum status memberships_read(struct view *view, struct slice issuer, struct slice subject,
                             struct slice after, uint32_t limit, struct buf *out, struct error *err)
{
	struct kv_txn *txn;
	enum status status = kv_view_read(view, &txn, err);
	if (status)
		return status;
	uint8_t person[HASH_N];
	struct json_out json;
	size_t start = out->n;
	identity_hash(EVERYWHERE, issuer, subject, person);
	json_out_init(&json, out);
	json_out_object(&json);
	json_out_key(&json, "items");
	memberships_json(txn, person, after, limit, &json);
	json_out_object_end(&json);
	status = access_end(txn, STATUS_OK, err);
	if (status)
		out->n = start;
	return status;
}
