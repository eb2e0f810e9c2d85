/* Rows: members: tenant, 0, member id -> role u8, status u8, sealed profile. organizations: tenant,
 * 0
 * -> id, version u64, members u64, teams u64, api_key_days u64, name. Those of identities:
 * access_person.c; of teams: access_team.c; of API keys: access_key.c. */
#include "projections/access.h"

#include "core/domain/api_key.h"
#include "projections/access_inside.h"
#include "projections/answers.h"

struct slice access_key(struct buf *key, struct slice tenant, const void *tail, size_t n)
{
	key_tenant(key, tenant);
	buf_append(key, tail, n);
	return buf_slice(key);
}

bool access_unpack_member(struct slice row, struct member *out)
{
	struct row_in in = row_in(row);
	uint8_t role = row_take_u8(&in), status = row_take_u8(&in);
	out->role = role < ORG_ROLES ? (enum org_role)role : ORG_ROLE_UNKNOWN;
	out->status = status <= MEMBER_REMOVED ? (enum member_status)status : MEMBER_REMOVED;
	out->sealed = row_take_string(&in);
	return !in.bad && in.at == in.end;
}

bool access_get_member(struct kv_txn *txn, struct buf *key, struct slice tenant,
                       const struct uuid *id, struct member *out)
{
	struct slice row;
	return kv_get(txn, MEMBERS, access_key(key, tenant, id->bytes, 16), &row) &&
	       access_unpack_member(row, out);
}

static void put_member(struct view *view, struct slice tenant, const struct uuid *id,
                       const struct member *member)
{
	struct buf *row = &view->value;
	buf_clear(row);
	row_u8(row, (uint8_t)member->role);
	row_u8(row, (uint8_t)member->status);
	row_string(row, member->sealed);
	kv_put(view->txn, MEMBERS, access_key(&view->key, tenant, id->bytes, 16), buf_slice(row));
}

bool access_get_organization(struct kv_txn *txn, struct buf *key, struct slice tenant,
                             struct organization *out)
{
	struct slice row;
	if (!kv_get(txn, ORGANIZATIONS, access_key(key, tenant, "", 0), &row))
		return false;
	struct row_in in = row_in(row);
	out->id = row_take_uuid(&in);
	out->version = row_take_u64(&in);
	out->members = row_take_u64(&in);
	out->teams = row_take_u64(&in);
	out->api_key_days = row_take_u64(&in);
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
	row_u64(row, organization->teams);
	row_u64(row, organization->api_key_days);
	row_string(row, organization->name);
	kv_put(view->txn, ORGANIZATIONS, access_key(&view->key, tenant, "", 0), buf_slice(row));
}

enum status access_count(struct view *view, const struct event_meta *meta, int members, int teams,
                         struct error *err)
{
	struct organization organization;
	if (!access_get_organization(view->txn, &view->key, meta->tenant, &organization))
		return error_set(err, STATUS_INVALID, "there is no organization");
	organization.version = (uint64_t)meta->aggregate.version;
	organization.members += (uint64_t)(int64_t)members;
	organization.teams += (uint64_t)(int64_t)teams;
	put_organization(view, meta->tenant, &organization);
	return STATUS_OK;
}

/* A member who was added and not removed since. */
static enum status get_member(struct view *view, const struct event_meta *meta,
                              const struct uuid *id, struct member *out, struct error *err)
{
	if (access_get_member(view->txn, &view->key, meta->tenant, id, out) &&
	    out->status != MEMBER_REMOVED)
		return STATUS_OK;
	return error_set(err, STATUS_INVALID, "a member that was never added");
}

static enum status member_added(struct view *view, const struct event *event, struct error *err)
{
	const struct event_meta *meta = &event->meta;
	const struct member_added *e = &event->member_added;
	struct member member = {.role = e->role, .status = MEMBER_ACTIVE};
	struct member before;
	if (access_get_member(view->txn, &view->key, meta->tenant, &e->member_id, &before)) {
		if (before.status != MEMBER_REMOVED)
			return error_set(err, STATUS_INVALID, "the member was added before");
		member.sealed = before.sealed; /* back again, known as before */
	}
	enum status status =
	        access_put_identity(view, meta->tenant, &e->member_id, member.sealed, err);
	if (status)
		return status;
	/* the puts above may have moved the row that sealed borrows from */
	if (member.sealed.n &&
	    access_get_member(view->txn, &view->key, meta->tenant, &e->member_id, &before))
		member.sealed = before.sealed;
	put_member(view, meta->tenant, &e->member_id, &member);
	return access_count(view, meta, 1, 0, err);
}

static enum status profile_set(struct view *view, const struct event *event, struct error *err)
{
	const struct event_meta *meta = &event->meta;
	const struct member_profile_set *e = &event->member_profile_set;
	struct member member;
	enum status status = get_member(view, meta, &e->member_id, &member, err);
	if (!status)
		status =
		        access_drop_identity(view, meta->tenant, &e->member_id, member.sealed, err);
	if (!status)
		status = access_put_identity(view, meta->tenant, &e->member_id, e->sealed, err);
	if (status)
		return status;
	member.sealed = e->sealed;
	put_member(view, meta->tenant, &e->member_id, &member);
	return access_count(view, meta, 0, 0, err);
}

static enum status member_removed(struct view *view, const struct event *event, struct error *err)
{
	const struct event_meta *meta = &event->meta;
	const struct uuid *id = &event->member_removed.member_id;
	struct member member;
	enum status status = get_member(view, meta, id, &member, err);
	if (status)
		return status;
	member.status = MEMBER_REMOVED;
	put_member(view, meta->tenant, id, &member);
	if (!access_get_member(view->txn, &view->key, meta->tenant, id, &member))
		return error_set(err, STATUS_INVALID, "a member that was never added");
	status = access_drop_identity(view, meta->tenant, id, member.sealed, err);
	return status ? status : access_count(view, meta, -1, 0, err);
}

static enum status change_member(struct view *view, const struct event_meta *meta,
                                 const struct uuid *id, enum org_role role,
                                 const enum member_status *to, struct error *err)
{
	struct member member;
	enum status status = get_member(view, meta, id, &member, err);
	if (status)
		return status;
	member.role = role;
	if (to)
		member.status = *to;
	put_member(view, meta->tenant, id, &member);
	return access_count(view, meta, 0, 0, err);
}

static enum status role_changed(struct view *view, const struct event *event, struct error *err)
{
	const struct member_role_changed *e = &event->member_role_changed;
	return change_member(view, &event->meta, &e->member_id, e->to, NULL, err);
}

static enum status member_deactivated(struct view *view, const struct event *event,
                                      struct error *err)
{
	const struct member_deactivated *e = &event->member_deactivated;
	enum member_status to = MEMBER_DEACTIVATED;
	return change_member(view, &event->meta, &e->member_id, e->role, &to, err);
}

static enum status member_reactivated(struct view *view, const struct event *event,
                                      struct error *err)
{
	const struct member_reactivated *e = &event->member_reactivated;
	enum member_status to = MEMBER_ACTIVE;
	return change_member(view, &event->meta, &e->member_id, e->role, &to, err);
}

static enum status organization_created(struct view *view, const struct event *event,
                                        struct error *err)
{
	struct organization organization = {
	        .id = event->meta.aggregate.id,
	        .version = (uint64_t)event->meta.aggregate.version,
	        .api_key_days = API_KEY_DAYS_MAX,
	        .name = event->organization_created.name,
	};
	(void)err;
	put_organization(view, event->meta.tenant, &organization);
	return STATUS_OK;
}

static enum status organization_renamed(struct view *view, const struct event *event,
                                        struct error *err)
{
	struct organization organization;
	if (!access_get_organization(view->txn, &view->key, event->meta.tenant, &organization))
		return error_set(err, STATUS_INVALID, "there is no organization");
	organization.version = (uint64_t)event->meta.aggregate.version;
	organization.name = event->organization_renamed.to;
	put_organization(view, event->meta.tenant, &organization);
	return STATUS_OK;
}

static enum status api_keys_limited(struct view *view, const struct event *event, struct error *err)
{
	struct organization organization;
	if (!access_get_organization(view->txn, &view->key, event->meta.tenant, &organization))
		return error_set(err, STATUS_INVALID, "there is no organization");
	organization.version = (uint64_t)event->meta.aggregate.version;
	organization.api_key_days = (uint64_t)event->api_keys_limited.to;
	put_organization(view, event->meta.tenant, &organization);
	return STATUS_OK;
}

/* Nothing of the organization but its version. */
static enum status version_raised(struct view *view, const struct event *event, struct error *err)
{
	return access_count(view, &event->meta, 0, 0, err);
}

/* For each event that is ON above. */
static enum status (*const appliers[EVENT_TYPES])(struct view *view, const struct event *event,
                                                  struct error *err) = {
        [EVENT_API_KEYS_LIMITED] = api_keys_limited,
        [EVENT_API_KEY_CREATED] = access_api_key_created,
        [EVENT_API_KEY_REVOKED] = access_api_key_revoked,
        [EVENT_EVENT_SKIPPED] = version_raised,
        [EVENT_MEMBER_ADDED] = member_added,
        [EVENT_MEMBER_DEACTIVATED] = member_deactivated,
        [EVENT_MEMBER_PROFILE_SET] = profile_set,
        [EVENT_MEMBER_REACTIVATED] = member_reactivated,
        [EVENT_MEMBER_REMOVED] = member_removed,
        [EVENT_MEMBER_ROLE_CHANGED] = role_changed,
        [EVENT_ORGANIZATION_CREATED] = organization_created,
        [EVENT_ORGANIZATION_RENAMED] = organization_renamed,
        [EVENT_RANKS_REBALANCED] = version_raised,
        [EVENT_PERMISSION_GRANTS_CHANGED] = version_raised,
        [EVENT_LINK_TYPE_ADDED] = version_raised,
        [EVENT_LINK_TYPE_EDITED] = version_raised,
        [EVENT_LINK_TYPE_REMOVED] = version_raised,
        [EVENT_PERMISSION_SCHEME_CREATED] = version_raised,
        [EVENT_PERMISSION_SCHEME_REMOVED] = version_raised,
        [EVENT_PERMISSION_SCHEME_RENAMED] = version_raised,
        [EVENT_PROJECT_ROLE_ADDED] = version_raised,
        [EVENT_PROJECT_ROLE_REMOVED] = version_raised,
        [EVENT_PROJECT_ROLE_RENAMED] = version_raised,
        [EVENT_TEAM_CREATED] = access_team_created,
        [EVENT_TEAM_DELETED] = access_team_deleted,
        [EVENT_TEAM_MEMBERS_CHANGED] = access_team_members_changed,
        [EVENT_TEAM_RENAMED] = access_team_renamed,
};

static enum status access_apply(struct view *view, const struct event *event, struct error *err)
{
	if (!appliers[event->type])
		return error_set(err, STATUS_CORRUPT, "access: %s is not handled",
		                 event_type_name(event->type));
	return appliers[event->type](view, event, err);
}

static const char *const tables[] = {
        KV_VIEW_TABLES, "members",  "identities",      "organizations", "teams", "team_members",
        "member_teams", "api_keys", "member_api_keys", "persons",       NULL};

const struct kv_view_type access_view = {
        .type =
                {
                        .name = "access",
                        .version = 5,
                        .handled = access_handled,
                        KV_VIEW_SLOTS,
                        .advance = kv_view_advance,
                },
        .apply = access_apply,
        .tables = tables,
        .rows = 1u << MEMBERS | 1u << ORGANIZATIONS | 1u << TEAMS | 1u << TEAM_MEMBERS |
                1u << MEMBER_TEAMS | 1u << API_KEYS | 1u << MEMBER_API_KEYS,
};
