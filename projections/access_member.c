/* Members as they are listed. Every name that may be on the page is opened to find its place. */
#include "projections/access_inside.h"

struct listing {
	struct view *view;
	struct kv_txn *txn;
	struct slice tenant;
	const struct access_reader *reader;
	struct buf text;
	struct json_out json;
};

static bool shows_address(const struct listing *l, const struct uuid *id)
{
	return l->reader->admin || uuid_equal(id, &l->reader->id);
}

static void member_json(struct listing *l, const struct uuid *id, const struct member *member)
{
	struct profile profile = access_profile(l->view, l->tenant, id, member, &l->text);
	json_out_object(&l->json);
	json_out_member_uuid(&l->json, "id", id);
	json_out_member_str(&l->json, "role", org_role_symbol(member->role));
	json_out_member_str(&l->json, "status", access_member_status(member->status));
	access_text_json(&l->json, "name", profile.name);
	access_text_json(&l->json, "email",
	                 shows_address(l, id) ? profile.email : slice_of(NULL, 0));
	json_out_key(&l->json, "teams");
	access_teams_json(l->txn, l->tenant, id, &l->json);
	json_out_object_end(&l->json);
}

static bool is_wanted(const struct members_query *query, const struct member *member)
{
	return (query->statuses & 1u << member->status) && (query->roles & 1u << member->role);
}

static void collect(struct listing *l, const struct members_query *query, struct name_order *order)
{
	struct access_walk walk;
	struct slice row;
	struct uuid id;
	struct member member;
	access_walk_open(&walk, l->txn, MEMBERS, l->tenant, slice_of(NULL, 0), NULL);
	while (access_walk_next(&walk, &id, &row)) {
		if (!access_unpack_member(row, &member) || !is_wanted(query, &member))
			continue;
		struct profile profile = access_profile(l->view, l->tenant, &id, &member, &l->text);
		name_order_add(order, &id, profile.name,
		               shows_address(l, &id) ? profile.email : slice_of(NULL, 0));
	}
	access_walk_close(&walk);
}

static void members_json(struct listing *l, const struct members_query *query,
                         struct name_order *order)
{
	struct buf key = {0};
	struct member member;
	size_t n;
	const struct name_place *places = name_order_sort(order, &n);
	size_t shown = n < query->page.limit ? n : query->page.limit;
	json_out_object(&l->json);
	json_out_key(&l->json, "items");
	json_out_array(&l->json);
	for (size_t i = 0; i < shown; i++) {
		struct uuid id = name_place_id(&places[i]);
		if (access_get_member(l->txn, &key, l->tenant, &id, &member))
			member_json(l, &id, &member);
	}
	json_out_array_end(&l->json);
	name_place_next_json(&l->json, n > shown ? &places[shown - 1] : NULL);
	json_out_object_end(&l->json);
	buf_release(&key);
}

enum status members_read(struct view *view, struct slice tenant, const struct members_query *query,
                         struct buf *out, uint64_t *position, struct error *err)
{
	struct listing l = {.view = view, .tenant = tenant, .reader = &query->reader};
	struct name_order order;
	enum status status = access_begin(view, tenant, &l.txn, position, err);
	if (status)
		return status;
	size_t start = out->n;
	status = name_order_begin(&order, &query->page, err);
	if (!status) {
		json_out_init(&l.json, out);
		collect(&l, query, &order);
		members_json(&l, query, &order);
	}
	status = access_end(l.txn, status, err);
	name_order_release(&order);
	buf_release(&l.text);
	if (status)
		out->n = start;
	return status;
}

enum status member_read(struct view *view, struct slice tenant, const struct access_reader *reader,
                        const struct uuid *id, struct buf *out, uint64_t *position,
                        struct error *err)
{
	struct listing l = {.view = view, .tenant = tenant, .reader = reader};
	enum status status = access_begin(view, tenant, &l.txn, position, err);
	if (status)
		return status;
	struct buf key = {0};
	struct member member;
	size_t start = out->n;
	json_out_init(&l.json, out);
	if (access_get_member(l.txn, &key, tenant, id, &member))
		member_json(&l, id, &member);
	else
		status = error_set(err, STATUS_NOT_FOUND, "no such member");
	status = access_end(l.txn, status, err);
	buf_release(&key);
	buf_release(&l.text);
	if (status)
		out->n = start;
	return status;
}
