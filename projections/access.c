/* Rows: members: tenant, 0, member id -> role u8, removed u8, sealed profile. identities: tenant,
 * 0, identity hash -> member id. organizations: tenant, 0 -> id, version u64, members u64, name.
 *
 * The identity of a profile that does not open (its key was deleted, or lost with a data directory)
 * is unknown: that person cannot sign in, and nobody else is held up. The identities depend on keys
 * and not on the log alone: they are no part of the digest. */
#include "projections/access.h"

#include <stdlib.h>

#include "core/base/json_out.h"
#include "projections/kv_view.h"
#include "projections/row.h"

enum { MEMBERS = KV_VIEW_OWN, IDENTITIES, ORGANIZATIONS };
enum { HASH_N = 32 };

#define ACCESS_ANSWERS(ON, IGNORE)                                                                 \
	IGNORE(COMMAND_CONCLUDED)                                                                  \
	IGNORE(COMMENT_ADDED)                                                                      \
	IGNORE(COMMENT_DELETED)                                                                    \
	IGNORE(COMMENT_EDITED)                                                                     \
	IGNORE(ISSUE_ASSIGNED)                                                                     \
	IGNORE(ISSUE_CREATED)                                                                      \
	IGNORE(ISSUE_DESCRIPTION_CHANGED)                                                          \
	IGNORE(ISSUE_DUE_DATE_CHANGED)                                                             \
	IGNORE(ISSUE_ESTIMATE_CHANGED)                                                             \
	IGNORE(ISSUE_LABELS_CHANGED)                                                               \
	IGNORE(ISSUE_LINKED)                                                                       \
	IGNORE(ISSUE_PARENT_CHANGED)                                                               \
	IGNORE(ISSUE_PRIORITY_CHANGED)                                                             \
	IGNORE(ISSUE_RANKED)                                                                       \
	IGNORE(ISSUE_REMAINING_CHANGED)                                                            \
	IGNORE(ISSUE_START_DATE_CHANGED)                                                           \
	IGNORE(ISSUE_SUMMARY_CHANGED)                                                              \
	IGNORE(ISSUE_TRANSITIONED)                                                                 \
	IGNORE(ISSUE_UNLINKED)                                                                     \
	IGNORE(ISSUE_UNWATCHED)                                                                    \
	IGNORE(ISSUE_WATCHED)                                                                      \
	ON(MEMBER_ADDED)                                                                           \
	ON(MEMBER_PROFILE_SET)                                                                     \
	ON(MEMBER_REMOVED)                                                                         \
	ON(MEMBER_ROLE_CHANGED)                                                                    \
	ON(ORGANIZATION_CREATED)                                                                   \
	IGNORE(PROJECT_CREATED)                                                                    \
	IGNORE(RANKS_REBALANCED)                                                                   \
	IGNORE(WORKLOG_DELETED)                                                                    \
	IGNORE(WORKLOG_EDITED)                                                                     \
	IGNORE(WORK_LOGGED)
VIEW_ANSWERS(access, ACCESS_ANSWERS);

struct member {
	enum org_role role;
	bool removed;
	struct slice sealed; /* borrows; empty: no profile yet */
};

static struct slice key_of(struct buf *key, struct slice tenant, const void *tail, size_t n)
{
	key_tenant(key, tenant);
	buf_append(key, tail, n);
	return buf_slice(key);
}

static bool unpack_member(struct slice row, struct member *out)
{
	struct row_in in = row_in(row);
	uint8_t role = row_take_u8(&in);
	out->role = role < ORG_ROLES ? (enum org_role)role : ORG_ROLE_UNKNOWN;
	out->removed = row_take_u8(&in) != 0;
	out->sealed = row_take_string(&in);
	return !in.bad && in.at == in.end;
}

static bool get_member(struct kv_txn *txn, struct buf *key, struct slice tenant,
                       const struct uuid *id, struct member *out)
{
	struct slice row;
	return kv_get(txn, MEMBERS, key_of(key, tenant, id->bytes, 16), &row) &&
	       unpack_member(row, out);
}

static void put_member(struct view *view, struct slice tenant, const struct uuid *id,
                       const struct member *member)
{
	struct buf *row = &view->value;
	buf_clear(row);
	row_u8(row, (uint8_t)member->role);
	row_u8(row, member->removed);
	row_string(row, member->sealed);
	kv_put(view->txn, MEMBERS, key_of(&view->key, tenant, id->bytes, 16), buf_slice(row));
}

/* The identity of a sealed profile; false if it does not open. */
static enum status identity_of(struct view *view, struct slice tenant, const struct uuid *id,
                               struct slice sealed, uint8_t hash[HASH_N], bool *known,
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
		identity_hash(tenant, profile.issuer, profile.subject, hash);
		*known = true;
	}
	buf_release(&text);
	if (status == STATUS_NOT_FOUND || status == STATUS_CORRUPT)
		return STATUS_OK;
	if (status && err)
		*err = own;
	return status;
}

static enum status drop_identity(struct view *view, struct slice tenant, const struct uuid *id,
                                 struct slice sealed, struct error *err)
{
	uint8_t hash[HASH_N];
	bool known;
	struct slice holder;
	enum status status = identity_of(view, tenant, id, sealed, hash, &known, err);
	if (status || !known)
		return status;
	struct slice key = key_of(&view->key, tenant, hash, HASH_N);
	if (kv_get(view->txn, IDENTITIES, key, &holder) &&
	    slice_equal(holder, slice_of(id->bytes, 16)))
		kv_del(view->txn, IDENTITIES, key);
	return STATUS_OK;
}

static enum status put_identity(struct view *view, struct slice tenant, const struct uuid *id,
                                struct slice sealed, struct error *err)
{
	uint8_t hash[HASH_N];
	bool known;
	enum status status = identity_of(view, tenant, id, sealed, hash, &known, err);
	if (!status && known)
		kv_put(view->txn, IDENTITIES, key_of(&view->key, tenant, hash, HASH_N),
		       slice_of(id->bytes, 16));
	return status;
}

struct organization {
	struct uuid id;
	uint64_t version, members;
	struct slice name;
};

static bool get_organization(struct kv_txn *txn, struct buf *key, struct slice tenant,
                             struct organization *out)
{
	struct slice row;
	if (!kv_get(txn, ORGANIZATIONS, key_of(key, tenant, "", 0), &row))
		return false;
	struct row_in in = row_in(row);
	out->id = row_take_uuid(&in);
	out->version = row_take_u64(&in);
	out->members = row_take_u64(&in);
	out->name = row_take_string(&in);
	return !in.bad && in.at == in.end;
}

static void put_organization(struct view *view, struct slice tenant,
                             const struct organization *organization)
{
	struct buf *row = &view->value;
	buf_clear(row);
	row_uuid(row, &organization->id);
	row_u64(row, organization->version);
	row_u64(row, organization->members);
	row_string(row, organization->name);
	kv_put(view->txn, ORGANIZATIONS, key_of(&view->key, tenant, "", 0), buf_slice(row));
}

static enum status count_members(struct view *view, const struct event_meta *meta, int change,
                                 struct error *err)
{
	struct organization organization;
	if (!get_organization(view->txn, &view->key, meta->tenant, &organization))
		return error_set(err, STATUS_INVALID, "a member of no organization");
	if (meta->aggregate.kind == AGGREGATE_KIND_ORGANIZATION)
		organization.version = (uint64_t)meta->aggregate.version;
	organization.members += (uint64_t)(int64_t)change;
	put_organization(view, meta->tenant, &organization);
	return STATUS_OK;
}

static enum status no_such_member(struct error *err)
{
	return error_set(err, STATUS_INVALID, "a member that was never added");
}

static enum status member_added(struct view *view, const struct event_meta *meta,
                                const struct member_added *e, struct error *err)
{
	struct member member = {.role = e->role};
	struct member before;
	if (get_member(view->txn, &view->key, meta->tenant, &e->member_id, &before)) {
		if (!before.removed)
			return error_set(err, STATUS_INVALID, "the member was added before");
		member.sealed = before.sealed; /* back again, known as before */
	}
	enum status status = put_identity(view, meta->tenant, &e->member_id, member.sealed, err);
	if (status)
		return status;
	/* the puts above may have moved the row that sealed borrows from */
	if (member.sealed.n &&
	    get_member(view->txn, &view->key, meta->tenant, &e->member_id, &before))
		member.sealed = before.sealed;
	put_member(view, meta->tenant, &e->member_id, &member);
	return count_members(view, meta, 1, err);
}

static enum status profile_set(struct view *view, const struct event_meta *meta,
                               const struct member_profile_set *e, struct error *err)
{
	struct member member;
	if (!get_member(view->txn, &view->key, meta->tenant, &e->member_id, &member))
		return no_such_member(err);
	enum status status = drop_identity(view, meta->tenant, &e->member_id, member.sealed, err);
	member.sealed = e->sealed;
	if (!status && !member.removed)
		status = put_identity(view, meta->tenant, &e->member_id, e->sealed, err);
	if (status)
		return status;
	put_member(view, meta->tenant, &e->member_id, &member);
	return count_members(view, meta, 0, err);
}

static enum status member_removed(struct view *view, const struct event_meta *meta,
                                  const struct member_removed *e, struct error *err)
{
	struct member member;
	if (!get_member(view->txn, &view->key, meta->tenant, &e->member_id, &member) ||
	    member.removed)
		return no_such_member(err);
	member.removed = true;
	put_member(view, meta->tenant, &e->member_id, &member);
	if (!get_member(view->txn, &view->key, meta->tenant, &e->member_id, &member))
		return no_such_member(err);
	enum status status = drop_identity(view, meta->tenant, &e->member_id, member.sealed, err);
	return status ? status : count_members(view, meta, -1, err);
}

static enum status role_changed(struct view *view, const struct event_meta *meta,
                                const struct member_role_changed *e, struct error *err)
{
	struct member member;
	if (!get_member(view->txn, &view->key, meta->tenant, &e->member_id, &member))
		return no_such_member(err);
	member.role = e->to;
	put_member(view, meta->tenant, &e->member_id, &member);
	return count_members(view, meta, 0, err);
}

static enum status access_apply(struct view *view, const struct event *event, struct error *err)
{
	const struct event_meta *meta = &event->meta;
	struct organization organization;
	if (event->type == EVENT_MEMBER_ADDED)
		return member_added(view, meta, &event->member_added, err);
	if (event->type == EVENT_MEMBER_PROFILE_SET)
		return profile_set(view, meta, &event->member_profile_set, err);
	if (event->type == EVENT_MEMBER_REMOVED)
		return member_removed(view, meta, &event->member_removed, err);
	if (event->type == EVENT_MEMBER_ROLE_CHANGED)
		return role_changed(view, meta, &event->member_role_changed, err);
	organization = (struct organization){
	        .id = meta->aggregate.id,
	        .version = (uint64_t)meta->aggregate.version,
	        .name = event->organization_created.name,
	};
	put_organization(view, meta->tenant, &organization);
	return STATUS_OK;
}

static const char *const tables[] = {KV_VIEW_TABLES, "members", "identities", "organizations",
                                     NULL};

const struct kv_view_type access_view = {
        .type =
                {
                        .name = "access",
                        .version = 1,
                        .handled = access_handled,
                        KV_VIEW_SLOTS,
                        .advance = kv_view_advance,
                },
        .apply = access_apply,
        .tables = tables,
        .rows = 1u << MEMBERS | 1u << ORGANIZATIONS,
};

/* --- reads --- */

static enum status begin(struct view *view, struct slice tenant, struct kv_txn **txn,
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

static enum status end(struct kv_txn *txn, enum status status, struct error *err)
{
	if (kv_failed(txn))
		status = error_set(err, STATUS_IO, "access: read");
	kv_abort(txn);
	return status;
}

enum status access_find(struct view *view, struct slice tenant, struct slice issuer,
                        struct slice subject, struct access_member *out, uint64_t *position,
                        struct error *err)
{
	struct kv_txn *txn;
	enum status status = begin(view, tenant, &txn, position, err);
	if (status)
		return status;
	uint8_t hash[HASH_N];
	struct buf key = {0};
	struct slice id;
	struct member member;
	identity_hash(tenant, issuer, subject, hash);
	bool found = kv_get(txn, IDENTITIES, key_of(&key, tenant, hash, HASH_N), &id) && id.n == 16;
	if (found) {
		memcpy(out->id.bytes, id.data, 16);
		found = get_member(txn, &key, tenant, &out->id, &member) && !member.removed;
		out->role = found ? member.role : ORG_ROLE_UNKNOWN;
	}
	if (!found)
		status = error_set(err, STATUS_NOT_FOUND, "not a member");
	buf_release(&key);
	return end(txn, status, err);
}

static void json_or_null(struct json_out *json, const char *key, struct slice value)
{
	json_out_key(json, key);
	if (value.n)
		json_out_string(json, value);
	else
		json_out_null(json);
}

static void member_json(struct view *view, struct slice tenant, const struct uuid *id,
                        const struct member *member, struct buf *text, struct json_out *json)
{
	struct profile profile;
	/* Forgotten, or not sealed by this key: nameless, as the row of access.c says. */
	if (member->sealed.n == 0 ||
	    profile_unseal(view->profile_keys, tenant, id, member->sealed, text, &profile, NULL))
		profile = (struct profile){.name = {NULL, 0}};
	json_out_object(json);
	json_out_member_uuid(json, "id", id);
	json_out_member_str(json, "role", org_role_symbol(member->role));
	json_or_null(json, "name", profile.name);
	json_or_null(json, "email", profile.email);
	json_out_object_end(json);
}

struct members_page {
	struct view *view;
	struct kv_txn *txn;
	struct slice tenant;
	const struct uuid *after;
	uint32_t limit;
	struct buf key, text;
};

static void members_json(struct members_page *page, struct json_out *json)
{
	struct slice key, row;
	struct uuid id = {{0}};
	struct member member;
	uint32_t n = 0;
	bool more_to_come = false;
	struct kv_cursor *cursor = kv_cursor_open(page->txn, MEMBERS);
	key_of(&page->key, page->tenant, page->after ? page->after->bytes : NULL,
	       page->after ? 16 : 0);
	size_t prefix = page->tenant.n + 1;
	bool more = kv_seek(cursor, buf_slice(&page->key), &key, &row);
	if (more && page->after && slice_equal(key, buf_slice(&page->key)))
		more = kv_next(cursor, &key, &row);
	for (; more && key.n == prefix + 16 && memcmp(key.data, page->key.data, prefix) == 0;
	     more = kv_next(cursor, &key, &row)) {
		if (!unpack_member(row, &member) || member.removed)
			continue;
		if (n == page->limit) {
			more_to_come = true;
			break;
		}
		memcpy(id.bytes, key.data + prefix, 16);
		member_json(page->view, page->tenant, &id, &member, &page->text, json);
		n++;
	}
	json_out_array_end(json);
	json_out_key(json, "next");
	if (more_to_come && n)
		json_out_uuid(json, &id);
	else
		json_out_null(json);
	kv_cursor_close(cursor);
}

enum status members_read(struct view *view, struct slice tenant, const struct uuid *after,
                         uint32_t limit, struct buf *out, uint64_t *position, struct error *err)
{
	struct kv_txn *txn;
	enum status status = begin(view, tenant, &txn, position, err);
	if (status)
		return status;
	struct members_page page = {view, txn, tenant, after, limit, {0}, {0}};
	struct json_out json;
	size_t start = out->n;
	json_out_init(&json, out);
	json_out_object(&json);
	json_out_key(&json, "items");
	json_out_array(&json);
	members_json(&page, &json);
	json_out_object_end(&json);
	buf_release(&page.key);
	buf_release(&page.text);
	status = end(txn, STATUS_OK, err);
	if (status)
		out->n = start;
	return status;
}

enum status organization_read(struct view *view, struct slice tenant, struct buf *out,
                              uint64_t *position, struct error *err)
{
	struct kv_txn *txn;
	enum status status = begin(view, tenant, &txn, position, err);
	if (status)
		return status;
	struct organization organization;
	struct buf key = {0};
	if (get_organization(txn, &key, tenant, &organization)) {
		struct json_out json;
		json_out_init(&json, out);
		json_out_object(&json);
		json_out_member_string(&json, "slug", tenant);
		json_out_member_uuid(&json, "id", &organization.id);
		json_out_member_string(&json, "name", organization.name);
		json_out_member_int(&json, "members", (int64_t)organization.members);
		json_out_member_int(&json, "version", (int64_t)organization.version);
		json_out_object_end(&json);
	} else {
		status = error_set(err, STATUS_NOT_FOUND, "no such organization");
	}
	buf_release(&key);
	return end(txn, status, err);
}

struct access_names {
	struct view *view;
	struct kv_txn *txn;
	struct buf tenant, key, text;
};

enum status access_names_open(struct view *view, struct slice tenant, struct access_names **out,
                              struct error *err)
{
	struct kv_txn *txn;
	uint64_t position;
	enum status status = begin(view, tenant, &txn, &position, err);
	if (status)
		return status;
	*out = mem_new(sizeof **out);
	(*out)->view = view;
	(*out)->txn = txn;
	buf_append_slice(&(*out)->tenant, tenant);
	return STATUS_OK;
}

struct slice access_name(struct access_names *names, const struct uuid *id)
{
	struct member member;
	struct profile profile;
	struct slice tenant = buf_slice(&names->tenant);
	if (!get_member(names->txn, &names->key, tenant, id, &member) || member.sealed.n == 0 ||
	    profile_unseal(names->view->profile_keys, tenant, id, member.sealed, &names->text,
	                   &profile, NULL))
		return slice_of(NULL, 0);
	return profile.name;
}

void access_names_close(struct access_names *names)
{
	if (!names)
		return;
	kv_abort(names->txn);
	buf_release(&names->tenant);
	buf_release(&names->key);
	buf_release(&names->text);
	free(names);
}
