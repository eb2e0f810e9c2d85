/* Rows: teams: tenant, 0, team id -> members u64, name. team_members: tenant, 0, team id, member
 * id -> nothing. member_teams: tenant, 0, member id, team id -> nothing. */
#include "projections/access_inside.h"

struct team {
	uint64_t members;
	struct slice name; /* borrows */
};

static bool unpack_team(struct slice row, struct team *out)
{
	struct row_in in = row_in(row);
	out->members = row_take_u64(&in);
	out->name = row_take_string(&in);
	return !in.bad && in.at == in.end;
}

static bool get_team(struct kv_txn *txn, struct buf *key, struct slice tenant,
                     const struct uuid *id, struct team *out)
{
	struct slice row;
	return kv_get(txn, TEAMS, access_key(key, tenant, id->bytes, 16), &row) &&
	       unpack_team(row, out);
}

static enum status no_such_team(struct error *err)
{
	return error_set(err, STATUS_INVALID, "a team that was never created");
}

static void put_team(struct view *view, struct slice tenant, const struct uuid *id,
                     const struct team *team)
{
	struct buf *row = &view->value;
	buf_clear(row);
	row_u64(row, team->members);
	row_string(row, team->name);
	kv_put(view->txn, TEAMS, access_key(&view->key, tenant, id->bytes, 16), buf_slice(row));
}

static struct slice pair_key(struct view *view, struct slice tenant, const struct uuid *owner,
                             const struct uuid *other)
{
	access_key(&view->key, tenant, owner->bytes, 16);
	buf_append(&view->key, other->bytes, 16);
	return buf_slice(&view->key);
}

static void join(struct view *view, struct slice tenant, const struct uuid *team,
                 const struct uuid *member)
{
	const struct slice nothing = slice_of("", 0);
	kv_put(view->txn, TEAM_MEMBERS, pair_key(view, tenant, team, member), nothing);
	kv_put(view->txn, MEMBER_TEAMS, pair_key(view, tenant, member, team), nothing);
}

static void leave(struct view *view, struct slice tenant, const struct uuid *team,
                  const struct uuid *member)
{
	kv_del(view->txn, TEAM_MEMBERS, pair_key(view, tenant, team, member));
	kv_del(view->txn, MEMBER_TEAMS, pair_key(view, tenant, member, team));
}

enum status access_team_created(struct view *view, const struct event *event, struct error *err)
{
	struct team team = {0, event->team_created.name};
	put_team(view, event->meta.tenant, &event->team_created.team_id, &team);
	return access_count(view, &event->meta, 0, 1, err);
}

enum status access_team_renamed(struct view *view, const struct event *event, struct error *err)
{
	const struct team_renamed *e = &event->team_renamed;
	struct team team;
	if (!get_team(view->txn, &view->key, event->meta.tenant, &e->team_id, &team))
		return no_such_team(err);
	team.name = e->to;
	put_team(view, event->meta.tenant, &e->team_id, &team);
	return access_count(view, &event->meta, 0, 0, err);
}

/* One of @team, if anybody is in it. */
static bool some_member(struct view *view, struct slice tenant, const struct uuid *team,
                        struct uuid *member)
{
	struct access_walk walk;
	struct slice row;
	access_walk_open(&walk, view->txn, TEAM_MEMBERS, tenant, slice_of(team->bytes, 16), NULL);
	bool found = access_walk_next(&walk, member, &row);
	access_walk_close(&walk);
	return found;
}

enum status access_team_deleted(struct view *view, const struct event *event, struct error *err)
{
	struct slice tenant = event->meta.tenant;
	const struct uuid *id = &event->team_deleted.team_id;
	struct uuid member;
	struct team team;
	if (!get_team(view->txn, &view->key, tenant, id, &team))
		return no_such_team(err);
	while (some_member(view, tenant, id, &member))
		leave(view, tenant, id, &member);
	kv_del(view->txn, TEAMS, access_key(&view->key, tenant, id->bytes, 16));
	return access_count(view, &event->meta, 0, -1, err);
}

enum status access_team_members_changed(struct view *view, const struct event *event,
                                        struct error *err)
{
	const struct team_members_changed *e = &event->team_members_changed;
	struct slice tenant = event->meta.tenant;
	struct team team;
	struct buf name = {0};
	if (!get_team(view->txn, &view->key, tenant, &e->team_id, &team))
		return no_such_team(err);
	buf_append_slice(&name, team.name); /* what follows moves the row that it borrows from */
	for (uint32_t i = 0; i < e->added.n; i++)
		join(view, tenant, &e->team_id, &e->added.items[i]);
	for (uint32_t i = 0; i < e->removed.n; i++)
		leave(view, tenant, &e->team_id, &e->removed.items[i]);
	team.members += e->added.n;
	team.members -= e->removed.n;
	team.name = buf_slice(&name);
	put_team(view, tenant, &e->team_id, &team);
	buf_release(&name);
	return access_count(view, &event->meta, 0, 0, err);
}

void access_teams_json(struct kv_txn *txn, struct slice tenant, const struct uuid *member,
                       struct json_out *json)
{
	struct access_walk walk;
	struct slice row;
	struct uuid team;
	json_out_array(json);
	access_walk_open(&walk, txn, MEMBER_TEAMS, tenant, slice_of(member->bytes, 16), NULL);
	while (access_walk_next(&walk, &team, &row))
		json_out_uuid(json, &team);
	access_walk_close(&walk);
	json_out_array_end(json);
}

/* --- lists --- */

static void team_json(struct json_out *json, const struct uuid *id, const struct team *team)
{
	json_out_object(json);
	json_out_member_uuid(json, "id", id);
	json_out_member_string(json, "name", team->name);
	json_out_member_int(json, "members", (int64_t)team->members);
	json_out_object_end(json);
}

static void collect_teams(struct kv_txn *txn, struct slice tenant, struct name_order *order)
{
	struct access_walk walk;
	struct slice row;
	struct uuid id;
	struct team team;
	access_walk_open(&walk, txn, TEAMS, tenant, slice_of(NULL, 0), NULL);
	while (access_walk_next(&walk, &id, &row))
		if (unpack_team(row, &team))
			name_order_add(order, &id, team.name, slice_of(NULL, 0));
	access_walk_close(&walk);
}

static void teams_json(struct kv_txn *txn, struct slice tenant, struct name_order *order,
                       uint32_t limit, struct json_out *json)
{
	struct buf key = {0};
	struct team team;
	size_t n;
	const struct name_place *places = name_order_sort(order, &n);
	size_t shown = n < limit ? n : limit;
	json_out_object(json);
	json_out_key(json, "items");
	json_out_array(json);
	for (size_t i = 0; i < shown; i++) {
		struct uuid id = name_place_id(&places[i]);
		if (get_team(txn, &key, tenant, &id, &team))
			team_json(json, &id, &team);
	}
	json_out_array_end(json);
	name_place_next_json(json, n > shown ? &places[shown - 1] : NULL);
	json_out_object_end(json);
	buf_release(&key);
}

enum status teams_read(struct view *view, struct slice tenant, const struct name_page *page,
                       struct buf *out, uint64_t *position, struct error *err)
{
	struct kv_txn *txn;
	struct name_order order;
	struct json_out json;
	size_t start = out->n;
	enum status status = access_begin(view, tenant, &txn, position, err);
	if (status)
		return status;
	status = name_order_begin(&order, page, err);
	if (!status) {
		json_out_init(&json, out);
		collect_teams(txn, tenant, &order);
		teams_json(txn, tenant, &order, page->limit, &json);
	}
	status = access_end(txn, status, err);
	name_order_release(&order);
	if (status)
		out->n = start;
	return status;
}

/* --- the members of one --- */

struct listing {
	struct view *view;
	struct kv_txn *txn;
	struct slice tenant;
	const struct uuid *team;
	struct buf key, text;
	struct json_out json;
};

static void collect_members(struct listing *l, struct name_order *order)
{
	struct access_walk walk;
	struct slice row;
	struct uuid id;
	struct member member;
	access_walk_open(&walk, l->txn, TEAM_MEMBERS, l->tenant, slice_of(l->team->bytes, 16),
	                 NULL);
	while (access_walk_next(&walk, &id, &row))
		if (access_get_member(l->txn, &l->key, l->tenant, &id, &member))
			name_order_add(
			        order, &id,
			        access_profile(l->view, l->tenant, &id, &member, &l->text).name,
			        slice_of(NULL, 0));
	access_walk_close(&walk);
}

static void member_json(struct listing *l, const struct uuid *id)
{
	struct member member;
	if (!access_get_member(l->txn, &l->key, l->tenant, id, &member))
		return;
	json_out_object(&l->json);
	json_out_member_uuid(&l->json, "id", id);
	json_out_member_str(&l->json, "role", org_role_symbol(member.role));
	json_out_member_str(&l->json, "status", access_member_status(member.status));
	access_text_json(&l->json, "name",
	                 access_profile(l->view, l->tenant, id, &member, &l->text).name);
	json_out_object_end(&l->json);
}

static void members_json(struct listing *l, struct name_order *order, uint32_t limit)
{
	size_t n;
	const struct name_place *places = name_order_sort(order, &n);
	size_t shown = n < limit ? n : limit;
	json_out_key(&l->json, "items");
	json_out_array(&l->json);
	for (size_t i = 0; i < shown; i++) {
		struct uuid id = name_place_id(&places[i]);
		member_json(l, &id);
	}
	json_out_array_end(&l->json);
	name_place_next_json(&l->json, n > shown ? &places[shown - 1] : NULL);
}

static void team_of_members_json(struct listing *l, const struct team *team,
                                 struct name_order *order, uint32_t limit)
{
	json_out_object(&l->json);
	json_out_member_uuid(&l->json, "id", l->team);
	json_out_member_string(&l->json, "name", team->name);
	json_out_key(&l->json, "members");
	json_out_object(&l->json);
	json_out_member_int(&l->json, "total", (int64_t)team->members);
	collect_members(l, order);
	members_json(l, order, limit);
	json_out_object_end(&l->json);
	json_out_object_end(&l->json);
}

enum status team_read(struct view *view, struct slice tenant, const struct uuid *id,
                      const struct name_page *page, struct buf *out, uint64_t *position,
                      struct error *err)
{
	struct listing l = {.view = view, .tenant = tenant, .team = id};
	struct name_order order;
	struct team team;
	size_t start = out->n;
	enum status status = access_begin(view, tenant, &l.txn, position, err);
	if (status)
		return status;
	status = name_order_begin(&order, page, err);
	json_out_init(&l.json, out);
	if (!status && get_team(l.txn, &l.key, tenant, id, &team))
		team_of_members_json(&l, &team, &order, page->limit);
	else if (!status)
		status = error_set(err, STATUS_NOT_FOUND, "no such team");
	status = access_end(l.txn, status, err);
	name_order_release(&order);
	buf_release(&l.key);
	buf_release(&l.text);
	if (status)
		out->n = start;
	return status;
}
