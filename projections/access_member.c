/* Members as they are listed. Names are opened one by one, so that a search for one looks at a
 * bounded number of rows: its page may be short, or empty, with more behind it. */
#include "core/codec/normal_text.h"
#include "projections/access_inside.h"

struct listing {
	struct view *view;
	struct kv_txn *txn;
	struct slice tenant;
	const struct access_reader *reader;
	struct buf text;
	struct json_out json;
};

static void member_json(struct listing *l, const struct uuid *id, const struct member *member)
{
	struct profile profile = access_profile(l->view, l->tenant, id, member, &l->text);
	bool shown = l->reader->admin || uuid_equal(id, &l->reader->id);
	json_out_object(&l->json);
	json_out_member_uuid(&l->json, "id", id);
	json_out_member_str(&l->json, "role", org_role_symbol(member->role));
	json_out_member_str(&l->json, "status", access_member_status(member->status));
	access_text_json(&l->json, "name", profile.name);
	access_text_json(&l->json, "email", shown ? profile.email : slice_of(NULL, 0));
	json_out_key(&l->json, "teams");
	access_teams_json(l->txn, l->tenant, id, &l->json);
	json_out_object_end(&l->json);
}

static bool is_wanted(struct listing *l, const struct members_query *query, const struct uuid *id,
                      const struct member *member)
{
	if (!(query->statuses & 1u << member->status))
		return false;
	if (!query->name.n)
		return true;
	struct slice name = access_profile(l->view, l->tenant, id, member, &l->text).name;
	return name.n && text_has_word(name, query->name);
}

static void members_json(struct listing *l, const struct members_query *query)
{
	struct access_walk walk;
	struct slice row;
	struct uuid id = {{0}}, last = {{0}};
	struct member member;
	uint32_t n = 0, looked = 0;
	bool more_to_come = false;
	access_walk_open(&walk, l->txn, MEMBERS, l->tenant, slice_of(NULL, 0), query->after);
	while (!more_to_come && access_walk_next(&walk, &id, &row)) {
		more_to_come = query->name.n && looked++ == ACCESS_NAMES_LOOKED;
		if (more_to_come)
			break;
		bool wanted =
		        access_unpack_member(row, &member) && is_wanted(l, query, &id, &member);
		more_to_come = wanted && n == query->limit;
		if (wanted && !more_to_come) {
			member_json(l, &id, &member);
			n++;
		}
		if (!more_to_come)
			last = id;
	}
	json_out_array_end(&l->json);
	json_out_key(&l->json, "next");
	if (more_to_come)
		json_out_uuid(&l->json, &last);
	else
		json_out_null(&l->json);
	access_walk_close(&walk);
}

enum status members_read(struct view *view, struct slice tenant, const struct members_query *query,
                         struct buf *out, uint64_t *position, struct error *err)
{
	struct listing l = {.view = view, .tenant = tenant, .reader = &query->reader};
	enum status status = access_begin(view, tenant, &l.txn, position, err);
	if (status)
		return status;
	size_t start = out->n;
	json_out_init(&l.json, out);
	json_out_object(&l.json);
	json_out_key(&l.json, "items");
	json_out_array(&l.json);
	members_json(&l, query);
	json_out_object_end(&l.json);
	status = access_end(l.txn, STATUS_OK, err);
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
