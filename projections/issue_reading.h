/* What the files that read the issue view share. Internal to issue*.c. */
#ifndef PROJECTIONS_ISSUE_READING_H
#define PROJECTIONS_ISSUE_READING_H

#include "core/base/json_out.h"
#include "projections/access.h"
#include "projections/issue_row.h"

struct issue_reading {
	struct kv_txn *txn;
	struct access_names *names; /* NULL: nobody has a name */
	struct slice tenant;
	const struct sight *sight; /* of the caller; NULL: everything is seen */
	struct uuid id;
	struct issue_row issue;
	struct buf key;
	struct json_out *json;
	struct error *err;
};

/* The beginning of those of a project that is there: its id is in @r. */
enum status issue_project_open(struct issue_reading *r, struct view *view, struct slice project,
                               uint64_t *position);
/* The end of every read: frees what @r holds. Returns @status, or IO if the store failed. */
enum status issue_reading_close(struct issue_reading *r, enum status status);

/* YYYY-MM-DD, or null, as the member @key. */
void issue_day_json(struct issue_reading *r, const char *key, bool has, int32_t day);
/* {"id","name"} or null (a nil id) as the member @key; as an item of an array if it is NULL. */
void issue_member_json(struct issue_reading *r, const char *key, const struct uuid *id);

/* {"id","key","summary","type","status","status_name","status_category"} */
void issue_short_json(struct issue_reading *r, const struct uuid *id,
                      const struct issue_row *issue);
/* Any issue, or project, deleted ones included. */
bool issue_kept_get(struct issue_reading *r, const struct uuid *id, struct issue_row *issue);
bool issue_kept_project(struct issue_reading *r, const struct uuid *id,
                        struct project_row *project);
/* Whether the project is there and not deleted. */
bool issue_project_is_there(struct issue_reading *r, const struct uuid *id);

/* A page of issues out of sight: the object of issue_kept_read. */
void issue_kept_json(struct issue_reading *r, enum issue_kept kind, uint64_t after, uint32_t limit);

/* A page of comments or worklogs: the object of issue_part_read. */
void issue_part_json(struct issue_reading *r, enum issue_part part, const struct issue_page *page);

/* What a cursor of issue_related_read stands for, as a part of a key. */
enum status issue_related_place(enum issue_relation relation, struct slice cursor,
                                struct buf *place, struct error *err);
/* A page of them behind a place (empty: from the start): the object of issue_related_read. */
void issue_related_json(struct issue_reading *r, enum issue_relation relation, struct slice place,
                        uint32_t limit);

/* A page of watchers behind @after (NULL: from the start): the object of issue_watchers_read. */
void issue_watchers_json(struct issue_reading *r, const struct uuid *after, uint32_t limit);

/* A page of former texts, the object of issue_texts_read; false: the issue has no such comment. */
bool issue_texts_json(struct issue_reading *r, const struct uuid *comment, uint64_t after,
                      uint32_t limit);
/* "refusals" of the bulk whose id is in @r, behind the place @after: {"items","next"}. */
void issue_refusals_json(struct issue_reading *r, uint64_t after, uint32_t limit);
/* "components", "fix_versions" and "affects_versions" of the issue. */
void issue_tags_json(struct issue_reading *r);
/* "former_keys" of the issue. */
void issue_former_keys_json(struct issue_reading *r);
/* "fields" of the issue. */
void issue_fields_json(struct issue_reading *r);

#endif
