/* Rows of the issue view. Internal to issue*.c.
 *
 * Tables, behind those of kv_view. Keys: tenant, 0, then
 *   ISSUES        issue id -> struct issue_row, packed
 *   NUMBERS       project id, number u64 -> issue id
 *   TEXTS         issue id -> description
 *   COMMENTS      issue id, seq u64 -> struct comment_row, packed
 *   COMMENT_SEQS  issue id, comment id -> seq u64
 *   COMMENT_TEXTS issue id, comment id, seq u64 of a former text -> struct text_row, packed
 *   WORKLOGS      issue id, seq u64 -> struct worklog_row, packed
 *   WORKLOG_SEQS  issue id, worklog id -> seq u64
 *   WATCHERS      issue id, member id -> nothing
 *   KEPT          kind u8 (enum issue_kept), seq u64 -> struct kept_row, packed
 *   LINKS         issue id, type, 0, other id, direction u8 -> nothing
 *   LINK_TYPES    id of one that was added -> outward name, inward name
 *   CHILDREN      parent id, child id -> nothing
 *   PROJECTS      project id -> struct project_row, packed
 *   PROJECT_KEYS  every key that a project has had -> project id
 *   COMPONENTS    project id, component id -> struct component_row, packed
 *   VERSIONS      project id, version id -> struct version_row, packed
 *   LABELS        project id, label that it lists or issues have -> struct label_row, packed
 *   TAGS          issue id, enum issue_tag u8, component or version id -> nothing
 *   FIELDS, OPTIONS, VALUES as field_rows.h says
 *   PROJECT_STATUSES project id, status id -> category u8, name; also of one that was removed
 *   FORMER        issue id, seq u64 of its move -> project id, number u64
 *   NAMES         component or version id -> project id, name; also of one that was removed
 *   BULKS         bulk id -> who, when, what and counts (issue_bulk.c)
 *   BULK_REFUSALS bulk id, place in its list u64 -> issue as named, code, detail */
#ifndef PROJECTIONS_ISSUE_ROW_H
#define PROJECTIONS_ISSUE_ROW_H

#include "projections/field_rows.h"
#include "projections/issue.h"
#include "projections/kv_view.h"
#include "projections/row.h"

enum {
	ISSUES = KV_VIEW_OWN,
	NUMBERS,
	TEXTS,
	COMMENTS,
	COMMENT_SEQS,
	COMMENT_TEXTS,
	WORKLOGS,
	WORKLOG_SEQS,
	WATCHERS,
	KEPT,
	LINKS,
	CHILDREN,
	PROJECTS,
	PROJECT_KEYS,
	COMPONENTS,
	VERSIONS,
	TAGS,
	FIELDS,
	OPTIONS,
	VALUES,
	BULKS,
	BULK_REFUSALS,
	LINK_TYPES,
	PROJECT_STATUSES,
	FORMER,
	NAMES,
	LABELS,
	ISSUE_TABLES
};

enum issue_tag { TAG_COMPONENT, TAG_FIX, TAG_AFFECTS };

enum link_direction { LINK_OUTWARD, LINK_INWARD };

/* Slices borrow from the stored row or from the event that changes it. */
struct issue_row {
	struct uuid project_id, reporter, assignee, parent, cloned_from; /* nil: none */
	uint64_t number, version;
	uint64_t archived_seq, deleted_seq; /* of the event that did it; 0: it is not */
	int64_t created_at, updated_at;
	bool has_due_on, has_start_on, has_estimate, has_remaining;
	int32_t due_on, start_on;
	int32_t estimate, remaining; /* minutes */
	int64_t spent;               /* minutes */
	uint32_t comments, worklogs, watchers;
	struct slice type, status, priority, resolution, rank, summary;
	struct slice labels; /* row_string each, sorted */
	struct slice external_ref;
};

struct comment_row {
	struct uuid id, author;
	struct uuid thread; /* first comment of its thread; nil: it is one itself */
	int64_t created_at;
	int64_t edited_at;     /* 0: never */
	struct uuid edited_by; /* nil: nobody */
	uint64_t text_seq;     /* of the event that set the body */
	struct slice mentions; /* ids of members, 16 bytes each */
	struct slice body;
};

/* Why an issue, or a whole project, is out of sight. An archived issue that is deleted is listed as
 * deleted only. */
struct kept_row {
	struct uuid id, by;
	int64_t at;
	bool with_parent;
};

/* A text that a comment had. */
struct text_row {
	struct uuid by;
	int64_t at;
	struct slice body;
};

struct worklog_row {
	struct uuid id, author;
	int64_t started_at;
	int64_t created_at;
	int64_t edited_at; /* 0: never */
	int32_t minutes;
	struct slice comment;
};

struct project_row {
	uint64_t deleted_seq; /* of the event that did it; 0: it is not */
	struct slice key, name;
	struct slice former_keys; /* row_string each, in the order in which they were left */
	bool only_listed;         /* no other labels may be put on issues */
};

struct label_row {
	uint32_t issues; /* that have it and are not deleted */
	bool listed;
	struct slice color, description; /* empty: none */
};

struct component_row {
	struct uuid lead, default_assignee; /* nil: nobody */
	uint32_t issues;
	struct slice name, description;
};

struct version_row {
	enum project_version_status status;
	uint32_t place;
	uint32_t fixed, affecting; /* issues */
	bool has_start_on, has_release_on;
	int32_t start_on, release_on;
	struct slice name, description;
};

void component_row_pack(const struct component_row *component, struct buf *to);
bool component_row_unpack(struct slice row, struct component_row *out);
void version_row_pack(const struct version_row *version, struct buf *to);
bool version_row_unpack(struct slice row, struct version_row *out);
void label_row_pack(const struct label_row *label, struct buf *to);
bool label_row_unpack(struct slice row, struct label_row *out);
void issue_row_pack(const struct issue_row *issue, struct buf *to);
bool issue_row_unpack(struct slice row, struct issue_row *out);
void comment_row_pack(const struct comment_row *comment, struct buf *to);
bool comment_row_unpack(struct slice row, struct comment_row *out);
void text_row_pack(const struct text_row *text, struct buf *to);
bool text_row_unpack(struct slice row, struct text_row *out);
void kept_row_pack(const struct kept_row *kept, struct buf *to);
bool kept_row_unpack(struct slice row, struct kept_row *out);
void worklog_row_pack(const struct worklog_row *worklog, struct buf *to);
bool worklog_row_unpack(struct slice row, struct worklog_row *out);
void project_row_pack(const struct project_row *project, struct buf *to);
bool project_row_unpack(struct slice row, struct project_row *out);

extern const struct field_tables issue_field_tables;

/* tenant, 0, id: the beginning of nearly every key. */
static inline void issue_key(struct buf *key, struct slice tenant, const struct uuid *id)
{
	key_tenant(key, tenant);
	row_uuid(key, id);
}

#endif
