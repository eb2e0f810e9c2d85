/* The audit view: every event as a row that people and SQL can read, for ever as it was. Insert
 * only.
 *
 * The body is JSON as the event codec writes it (the column is `json`: its text is kept as it is,
 * and texts with escaped control characters are accepted). The events of an issue have the issue as
 * their aggregate; projects and issues are kept aside to find an issue by its key. */
#ifndef PROJECTIONS_AUDIT_H
#define PROJECTIONS_AUDIT_H

#include "core/base/json_out.h"
#include "core/store/pg.h"
#include "projections/access.h"
#include "projections/issue.h"
#include "projections/pg_view_type.h"
#include "projections/sight.h"

#define AUDIT_LIMIT_MAX  1000
#define AUDIT_TIMEOUT_MS 1000

extern const struct pg_view_type audit_view;

struct audit_query {          /* what is empty, NULL or 0 does not restrict */
	struct slice issue;   /* key or id */
	struct slice project; /* key or id: events of it, and of issues that lie in it now */
	const struct uuid *actor;
	struct slice credential;    /* API key, or token, that it was done with */
	struct slice type;          /* "IssueCreated" */
	const struct sight *sight;  /* NULL: everything is told */
	struct told_bodies *bodies; /* gets the places of the bodies in @out; NULL: not wanted */
	int64_t from_ms;            /* recorded at or after */
	int64_t to_ms;              /* recorded before */
	uint64_t after;             /* seq: the "next" of the page before, in the same order */
	uint32_t limit;
	bool newest_first;
	int64_t look_ms; /* no longer does a page go on looking; one look is taken in any case */
};
#define AUDIT_LOOK_MS 400

/* {"items":[{"seq","id","type","aggregate":{"kind","id","key"},"actor":{"kind","id","credential_id"
 * |null,"on_behalf_of"|null},"command_id","occurred_at","recorded_at","reason","body":{...}}],
 * "next":seq|null,"position":n} in the order of events, or the other way round; key is that of an
 * issue, else null. But for an issue's, events are looked for along the log: where look_ms is over
 * the page ends, with fewer items than @limit or none, and next goes on from there.
 *
 * Appends to @out, and leaves it as it was when it fails. STATUS_INVALID: the query makes no sense;
 * STATUS_NOT_FOUND: no such issue or project, *@position is set; STATUS_TIMEOUT: a look, that never
 * takes so long, took AUDIT_TIMEOUT_MS. */
enum status audit_read(struct pg *pg, const char *instance, struct slice tenant,
                       const struct audit_query *query, struct buf *out, uint64_t *position,
                       struct error *err);

/* What gives names to ids in bodies; NULL: nothing has a name of the kind. */
struct audit_names {
	struct access_names *members;
	struct part_names *parts; /* components and versions */
};

/* "names": {id: name} of what the bodies of the first @n rows name, in column @body. */
void audit_names_json(struct json_out *json, const struct audit_names *names,
                      const struct pg_result *rows, int n, int body);

/* Everything that happened to one issue:
 * {"items":[{"seq","type","actor":{"kind","id","name"|null},"occurred_at","reason","body":{...}}],
 * "next":seq|null,"names":{id:name}}. The body tells before and after ("from", "to"; of long texts
 * the new one and the seq that set the one before); names are those of members, components and
 * versions that the bodies name. A link that was made from the other issue is told there. Of @query
 * count issue, sight, after, limit and newest_first. Otherwise as audit_read; a deleted issue, or
 * one of a deleted project, is not there. */
enum status audit_history_read(struct pg *pg, const char *instance, const struct audit_names *names,
                               struct slice tenant, const struct audit_query *query,
                               struct buf *out, uint64_t *position, struct error *err);

#endif
