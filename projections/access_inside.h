/* What the files of the access view share: its tables and their rows. Internal to projections. */
#ifndef PROJECTIONS_ACCESS_INSIDE_H
#define PROJECTIONS_ACCESS_INSIDE_H

#include "core/base/json_out.h"
#include "core/domain/tenant_state.h"
#include "core/store/profile_keys.h"
#include "projections/access.h"
#include "projections/kv_view.h"
#include "projections/row.h"

enum {
	MEMBERS = KV_VIEW_OWN,
	IDENTITIES,
	ORGANIZATIONS,
	TEAMS,
	TEAM_MEMBERS,
	MEMBER_TEAMS,
	API_KEYS,
	MEMBER_API_KEYS,
	PERSONS,
};

struct member {
	enum org_role role;
	enum member_status status;
	struct slice sealed; /* borrows; empty: no profile yet */
};

struct organization {
	struct uuid id;
	uint64_t version;
	uint64_t members; /* not removed */
	uint64_t teams;
	uint64_t api_key_days;
	struct slice name; /* borrows */
};

/* tenant, 0, @tail in @key. Borrows from it. */
struct slice access_key(struct buf *key, struct slice tenant, const void *tail, size_t n);

bool access_unpack_member(struct slice row, struct member *out);
bool access_get_member(struct kv_txn *txn, struct buf *key, struct slice tenant,
                       const struct uuid *id, struct member *out);
bool access_get_organization(struct kv_txn *txn, struct buf *key, struct slice tenant,
                             struct organization *out);
/* Note the organization's version, and how many came or went. */
enum status access_count(struct view *view, const struct event_meta *meta, int members, int teams,
                         struct error *err);

/* access_person.c: who the sealed profile of a member stands for, when it can be opened. */
enum status access_put_identity(struct view *view, struct slice tenant, const struct uuid *id,
                                struct slice sealed, struct error *err);
enum status access_drop_identity(struct view *view, struct slice tenant, const struct uuid *id,
                                 struct slice sealed, struct error *err);

/* access_team.c */
enum status access_team_created(struct view *view, const struct event *event, struct error *err);
enum status access_team_renamed(struct view *view, const struct event *event, struct error *err);
enum status access_team_deleted(struct view *view, const struct event *event, struct error *err);
enum status access_team_members_changed(struct view *view, const struct event *event,
                                        struct error *err);
/* The ids of the teams of @member, as an array. */
void access_teams_json(struct kv_txn *txn, struct slice tenant, const struct uuid *member,
                       struct json_out *json);

/* access_key.c */
enum status access_api_key_created(struct view *view, const struct event *event, struct error *err);
enum status access_api_key_revoked(struct view *view, const struct event *event, struct error *err);

/* access_read.c: one committed state. @position: of the tenant, set also when it fails. */
enum status access_begin(struct view *view, struct slice tenant, struct kv_txn **txn,
                         uint64_t *position, struct error *err);
enum status access_end(struct kv_txn *txn, enum status status, struct error *err);
const char *access_member_status(enum member_status status);
/* A member of an object: null if @value is empty. */
void access_text_json(struct json_out *json, const char *key, struct slice value);
/* What is sealed in the row; empty for who was forgotten. Borrows from @text, which it overwrites.
 */
struct profile access_profile(struct view *view, struct slice tenant, const struct uuid *id,
                              const struct member *member, struct buf *text);

/* A walk over the rows of @table whose keys are tenant, 0, @prefix and an id. */
struct access_walk {
	struct kv_cursor *cursor;
	struct buf from;
	size_t prefix_n;
	bool started;
};
/* Behind the id @after (NULL: from the start). */
void access_walk_open(struct access_walk *walk, struct kv_txn *txn, uint32_t table,
                      struct slice tenant, struct slice prefix, const struct uuid *after);
bool access_walk_next(struct access_walk *walk, struct uuid *id, struct slice *row);
void access_walk_close(struct access_walk *walk);

#endif
