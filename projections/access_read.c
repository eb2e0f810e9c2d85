#include <stdlib.h>

#include "projections/access_inside.h"

enum status access_begin(struct view *view, struct slice tenant, struct kv_txn **txn,
                         uint64_t *position, struct error *err)
{
	*position = 0;
	if (tenant.n == 0 || tenant.n > 255)
		return error_set(err, STATUS_NOT_FOUND, "no such organization");
	enum status status = kv_view_read(view, txn, err);
	if (!status)
		*position = kv_view_seq(*txn, tenant);
	return status;
}

enum status access_end(struct kv_txn *txn, enum status status, struct error *err)
{
	if (kv_failed(txn))
		status = error_set(err, STATUS_IO, "access: read");
	kv_abort(txn);
	return status;
}

void access_text_json(struct json_out *json, const char *key, struct slice value)
{
	json_out_key(json, key);
	if (value.n)
		json_out_string(json, value);
	else
		json_out_null(json);
}

const char *access_member_status(enum member_status status)
{
	static const char *const texts[] = {
	        [MEMBER_ACTIVE] = "active",
	        [MEMBER_DEACTIVATED] = "deactivated",
	        [MEMBER_REMOVED] = "removed",
	};
	return texts[status];
}

/* Forgotten, or not sealed by this key: nameless, as the row of access.c says. */
struct profile access_profile(struct view *view, struct slice tenant, const struct uuid *id,
                              const struct member *member, struct buf *text)
{
	struct profile profile;
	if (member->sealed.n == 0 ||
	    profile_unseal(view->profile_keys, tenant, id, member->sealed, text, &profile, NULL))
		profile = (struct profile){.name = {NULL, 0}};
	return profile;
}

void access_walk_open(struct access_walk *walk, struct kv_txn *txn, uint32_t table,
                      struct slice tenant, struct slice prefix, const struct uuid *after)
{
	*walk = (struct access_walk){.cursor = kv_cursor_open(txn, table)};
	access_key(&walk->from, tenant, prefix.data, prefix.n);
	walk->prefix_n = walk->from.n;
	if (after)
		buf_append(&walk->from, after->bytes, 16);
}

bool access_walk_next(struct access_walk *walk, struct uuid *id, struct slice *row)
{
	struct slice key, from = buf_slice(&walk->from);
	bool more = walk->started ? kv_next(walk->cursor, &key, row)
	                          : kv_seek(walk->cursor, from, &key, row);
	if (more && !walk->started && from.n > walk->prefix_n && slice_equal(key, from))
		more = kv_next(walk->cursor, &key, row);
	walk->started = true;
	if (!more || key.n != walk->prefix_n + 16 ||
	    memcmp(key.data, from.data, walk->prefix_n) != 0)
		return false;
	memcpy(id->bytes, key.data + walk->prefix_n, 16);
	return true;
}

void access_walk_close(struct access_walk *walk)
{
	kv_cursor_close(walk->cursor);
	buf_release(&walk->from);
}

enum status organization_read(struct view *view, struct slice tenant, struct buf *out,
                              uint64_t *position, struct error *err)
{
	struct kv_txn *txn;
	enum status status = access_begin(view, tenant, &txn, position, err);
	if (status)
		return status;
	struct organization organization;
	struct buf key = {0};
	if (access_get_organization(txn, &key, tenant, &organization)) {
		struct json_out json;
		json_out_init(&json, out);
		json_out_object(&json);
		json_out_member_string(&json, "slug", tenant);
		json_out_member_uuid(&json, "id", &organization.id);
		json_out_member_string(&json, "name", organization.name);
		json_out_member_int(&json, "members", (int64_t)organization.members);
		json_out_member_int(&json, "teams", (int64_t)organization.teams);
		json_out_key(&json, "settings");
		json_out_object(&json);
		json_out_member_int(&json, "api_key_days", (int64_t)organization.api_key_days);
		json_out_object_end(&json);
		json_out_member_int(&json, "version", (int64_t)organization.version);
		json_out_object_end(&json);
	} else {
		status = error_set(err, STATUS_NOT_FOUND, "no such organization");
	}
	buf_release(&key);
	return access_end(txn, status, err);
}

#define NAMES_KEPT 64

/* A page names few people often, and a name is a decryption: those unsealed last stay, each in the
 * place that its id gives. */
struct kept_name {
	bool taken;
	bool known;
	struct uuid id;
	struct buf name;
};

struct access_names {
	struct view *view;
	struct kv_txn *txn;
	struct buf tenant, key, text;
	struct kept_name kept[NAMES_KEPT];
};

enum status access_names_open(struct view *view, struct slice tenant, struct access_names **out,
                              struct error *err)
{
	struct kv_txn *txn;
	uint64_t position;
	enum status status = access_begin(view, tenant, &txn, &position, err);
	if (status)
		return status;
	*out = mem_new(sizeof **out);
	(*out)->view = view;
	(*out)->txn = txn;
	buf_append_slice(&(*out)->tenant, tenant);
	return STATUS_OK;
}

static void unseal_name(struct access_names *names, struct kept_name *kept)
{
	struct member member;
	struct profile profile;
	struct slice tenant = buf_slice(&names->tenant);
	buf_clear(&kept->name);
	kept->known = access_get_member(names->txn, &names->key, tenant, &kept->id, &member) &&
	              member.sealed.n > 0 &&
	              !profile_unseal(names->view->profile_keys, tenant, &kept->id, member.sealed,
	                              &names->text, &profile, NULL);
	if (kept->known)
		buf_append_slice(&kept->name, profile.name);
}

struct slice access_name(struct access_names *names, const struct uuid *id)
{
	struct kept_name *kept = &names->kept[id->bytes[sizeof id->bytes - 1] % NAMES_KEPT];
	if (!kept->taken || !uuid_equal(&kept->id, id)) {
		kept->taken = true;
		kept->id = *id;
		unseal_name(names, kept);
	}
	return kept->known ? slice_of(buf_cstr(&kept->name), kept->name.n) : slice_of(NULL, 0);
}

void access_names_close(struct access_names *names)
{
	if (!names)
		return;
	kv_abort(names->txn);
	for (size_t i = 0; i < NAMES_KEPT; i++)
		buf_release(&names->kept[i].name);
	buf_release(&names->tenant);
	buf_release(&names->key);
	buf_release(&names->text);
	free(names);
}
