/* The access view: who is a member of which organization, with which role. Queries are authorized
 * on it, and it names the members that other views know by id only.
 *
 * Names and addresses are kept sealed and opened at each read: a person who was forgotten is
 * nameless at once, in every view. Reads take an instance from projector_acquire; any thread; they
 * append to @out and leave it as it was when they fail. *@position: last seq applied of the tenant,
 * set also with STATUS_NOT_FOUND. */
#ifndef PROJECTIONS_ACCESS_H
#define PROJECTIONS_ACCESS_H

#include "core/domain/tenant_state.h"
#include "projections/name_order.h"
#include "projections/view.h"

extern const struct kv_view_type access_view; /* kv_view.h */

struct access_member {
	struct uuid id;
	enum org_role role;       /* within the scope, if there is one */
	enum api_key_scope scope; /* of the API key that was used; UNKNOWN: a token */
};

/* The active member that a token's issuer and subject stand for. STATUS_NOT_FOUND: not a member
 * (any more), deactivated, or no such organization: the answer to the caller is the same. */
enum status access_find(struct view *view, struct slice tenant, struct slice issuer,
                        struct slice subject, struct access_member *out, uint64_t *position,
                        struct error *err);

/* {"items":[{"slug","name","member","role"}],"next":slug or null}: the organizations in which the
 * person of a token is an active member, in order of their slugs, behind @after (empty: from the
 * start). It is of one state of the view, in which every organization has a position of its own. */
enum status memberships_read(struct view *view, struct slice issuer, struct slice subject,
                             struct slice after, uint32_t limit, struct buf *out,
                             struct error *err);

/* The active member who acts with the API key @id, whose secret has the SHA-256 @hash. Compared in
 * constant time. STATUS_NOT_FOUND: there is none, it is revoked or has expired, or its member is
 * not active. */
enum status access_find_key(struct view *view, struct slice tenant, const struct uuid *id,
                            const uint8_t hash[32], int64_t now_ms, struct access_member *out,
                            uint64_t *position, struct error *err);

/* {"items":[{"id","member","name","scope","created_at","expires_at"}],"next":id or null}: API keys
 * that were not revoked, in order of their ids; @of: of one member, NULL: of all. */
enum status api_keys_read(struct view *view, struct slice tenant, const struct uuid *of,
                          const struct uuid *after, uint32_t limit, struct buf *out,
                          uint64_t *position, struct error *err);

/* Who reads about members: addresses are for admins, and one's own. */
struct access_reader {
	struct uuid id;
	bool admin;
};

struct members_query {
	struct access_reader reader;
	struct name_page page; /* its text is also looked for in the addresses that are shown */
	uint32_t statuses;     /* bits by enum member_status */
	uint32_t roles;        /* bits by enum org_role */
};

/* Bits of those who are listed when no status, or role, is asked for. */
#define MEMBERS_NOT_REMOVED (1u << MEMBER_ACTIVE | 1u << MEMBER_DEACTIVATED)
#define MEMBERS_OF_ANY_ROLE UINT32_MAX

/* {"items":[{"id","role","status","name","email","teams":[id]}],"next":cursor or null}: members in
 * order of their names (name_order.h). status: active, deactivated or removed. name and email are
 * null for who was forgotten, email also for whom it is not. Opens the profiles of all members for
 * each page: about 6 us each, not for a loop thread. STATUS_INVALID: not a cursor of this list. */
enum status members_read(struct view *view, struct slice tenant, const struct members_query *query,
                         struct buf *out, uint64_t *position, struct error *err);
/* One of the items. STATUS_NOT_FOUND: there never was such a member. */
enum status member_read(struct view *view, struct slice tenant, const struct access_reader *reader,
                        const struct uuid *id, struct buf *out, uint64_t *position,
                        struct error *err);

/* {"slug","id","name","members","teams","settings":{"api_key_days"},"version"} */
enum status organization_read(struct view *view, struct slice tenant, struct buf *out,
                              uint64_t *position, struct error *err);

/* {"items":[{"id","name","members"}],"next":cursor or null}: teams in order of their names.
 * STATUS_INVALID: not a cursor of this list. */
enum status teams_read(struct view *view, struct slice tenant, const struct name_page *page,
                       struct buf *out, uint64_t *position, struct error *err);

/* {"id","name","members":{"total","items":[{"id","role","status","name"}],"next":cursor or null}}:
 * a page of the members, in order of their names; opens them all, as members_read.
 * STATUS_NOT_FOUND: there is no such team. STATUS_INVALID: not a cursor of this list. */
enum status team_read(struct view *view, struct slice tenant, const struct uuid *id,
                      const struct name_page *page, struct buf *out, uint64_t *position,
                      struct error *err);

/* Names for a page of other rows, all from one state. One thread. */
struct access_names;
enum status access_names_open(struct view *view, struct slice tenant, struct access_names **out,
                              struct error *err);
/* The name of a member, removed ones included; data is NULL for who was forgotten or never was.
 * Borrows until the next call. */
struct slice access_name(struct access_names *names, const struct uuid *member);
void access_names_close(struct access_names *names); /* NULL is fine */

#endif
