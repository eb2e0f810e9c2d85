/* The issue view: everything that one issue shows. Its row, its description, every comment and link
 * are rows of their own, so that an edit does not rewrite long texts; what lies in other issues
 * (parent, sub-tasks, linked ones) and the names of members are joined at the read.
 *
 * Reads take an instance from projector_acquire; any thread; they append to @out and leave it as it
 * was when they fail. @access may be NULL: then name members are null. A body depends on rows of
 * other issues and on names: an ETag is a hash of the body, not a seq. */
#ifndef PROJECTIONS_ISSUE_H
#define PROJECTIONS_ISSUE_H

#include "projections/sight.h"
#include "projections/view.h"

extern const struct kv_view_type issue_view; /* kv_view.h */

struct issue_stamp {
	struct uuid id;
	uint64_t version;  /* of the issue */
	uint64_t position; /* of the view; set also with STATUS_NOT_FOUND */
};

/* @issue is a key (TLS-12) or an id. {"id","key","former_keys":[],"project":{"id","key",
 * "name"},"type","summary",
 * "description","status","resolution","priority","reporter":{"id","name"},"assignee":{...}|null,
 * "labels":[],"components":[{"id","name"}],
 * "fix_versions":[{"id","name","status"}],"affects_versions":[...],
 * "fields":[{"id","name","kind","values":[text],"display":[name or null] or
 * null}],"parent":{"id","key","summary","type","status","status_name","status_category"}|null,
 * "subtasks":{...},"start_on","due_on","estimate","remaining","spent","rank",
 * "links":{...},"comments":{...},"worklogs":{...},"watchers":{...},
 * "cloned_from":{...}|null,"external_ref","archived",
 * "created_at","updated_at","version"}. A deleted issue is not there, and shown by no other one;
 * nor is one of a deleted project, or of one that @sight does not see.
 * fields are the custom ones that have a value, in the order of the project; display are the names
 * of options and members, null for other kinds. estimate and remaining are minutes or null, spent
 * is minutes. former_keys are others by which it is found, of projects that @sight sees: those that
 * its projects had, and those of where it was. subtasks, links and watchers are the first
 * @parts_limit of issue_related_read and issue_watchers_read, comments and worklogs the newest
 * @parts_limit of issue_part_read. */
#define ISSUE_FORMER_KEYS_MAX 100 /* that are shown */
#define ISSUE_VALUES_MAX      200 /* custom fields of an issue: as many as a project has */
enum status issue_read(struct view *view, struct view *access, struct slice tenant,
                       const struct sight *sight, struct slice issue, uint32_t parts_limit,
                       struct buf *out, struct issue_stamp *stamp, struct error *err);

/* Other issues that an issue knows of; those that @sight does not see and deleted ones are neither
 * shown nor counted. {"total","items":[...],"next":cursor or null}; behind @cursor (empty: from the
 * start). ISSUE_CHILDREN: {"id","key","summary","type","status","status_name","status_category"},
 * in order of their ids. ISSUE_LINKS: {"type","direction":"outward"|"inward","name",
 * "issue":{...}}. total costs a walk over all of them: it is null when there are more than
 * ISSUE_RELATED_COUNTED. STATUS_INVALID: not a cursor of this list. */
#define ISSUE_RELATED_COUNTED 5000
enum issue_relation { ISSUE_CHILDREN, ISSUE_LINKS };
enum status issue_related_read(struct view *view, struct slice tenant, const struct sight *sight,
                               struct slice issue, enum issue_relation relation,
                               struct slice cursor, uint32_t limit, struct buf *out,
                               struct issue_stamp *stamp, struct error *err);

/* {"total","watching","items":[{"id","name"}],"next":id or null}: who watches an issue, in order of
 * their ids, behind @after (NULL: from the start); watching: whether the holder of @sight (NULL:
 * nobody) is one of them. */
enum status issue_watchers_read(struct view *view, struct view *access, struct slice tenant,
                                const struct sight *sight, struct slice issue,
                                const struct uuid *after, uint32_t limit, struct buf *out,
                                struct issue_stamp *stamp, struct error *err);

/* What an issue has many of. ISSUE_COMMENTS:
 * {"total","items":[{"id","author":{"id","name"},"reply_to":id|null,"body","mentions":[{"id",
 * "name"}],"created_at","edited_at"|null,"edited_by"|null,"seq"}],"next":seq or null}.
 * ISSUE_WORKLOGS: {"total","minutes" (of
 * all),"items":[{"id","author","started_at","minutes","comment","created_at",
 * "edited_at"|null,"seq"}],"next"}. */
struct issue_page {
	uint64_t after; /* behind this seq, in the order asked for; 0: from the beginning of it */
	uint32_t limit;
	bool newest_first; /* in order of falling seqs */
};
enum issue_part { ISSUE_COMMENTS, ISSUE_WORKLOGS };
enum status issue_part_read(struct view *view, struct view *access, struct slice tenant,
                            struct slice issue, enum issue_part part, const struct issue_page *page,
                            struct buf *out, struct issue_stamp *stamp, struct error *err);

/* {"items":[{"seq","author","written_at","body"}],"next"}: the texts that a comment had before it
 * was edited, oldest first, behind seq @after. STATUS_NOT_FOUND: no such issue, or comment of it.
 */
enum status issue_texts_read(struct view *view, struct view *access, struct slice tenant,
                             struct slice issue, const struct uuid *comment, uint64_t after,
                             uint32_t limit, struct buf *out, struct issue_stamp *stamp,
                             struct error *err);

/* Issues out of sight, in order of the events that put them away, behind seq @after:
 * {"items":[{"seq","issue":{"id","key",...},"at","by":{"id","name"},
 * "with_parent"}],"next"}, without those of deleted projects. ISSUE_ARCHIVED_DELETED is not for
 * readers. PROJECT_DELETED: {"items":[{"seq","project":{"id","key","name"},"at","by"}],"next"}. */
enum issue_kept { ISSUE_ARCHIVED, ISSUE_DELETED, ISSUE_ARCHIVED_DELETED, PROJECT_DELETED };
enum status issue_kept_read(struct view *view, struct view *access, struct slice tenant,
                            const struct sight *sight, enum issue_kept kind, uint64_t after,
                            uint32_t limit, struct buf *out, uint64_t *position, struct error *err);

/* What came of a command on many issues, with a page of its refusals behind the place @after:
 * {"id","by":{"id","name"},"at","command","issues","changed","refused","unchanged":[place],
 * "refusals":{"items":[{"place","issue","code","detail"}],"next"}}. Places in the list of the
 * command are 1, 2, 3; what is in neither list has changed. STATUS_NOT_FOUND also if @of is not
 * NULL and the bulk is another member's. */
enum status bulk_read(struct view *view, struct view *access, struct slice tenant,
                      const struct uuid *id, const struct uuid *of, uint64_t after, uint32_t limit,
                      struct buf *out, uint64_t *position, struct error *err);

/* Names of components and versions for a page of other rows, all from one state. One thread. */
struct part_names;
enum status part_names_open(struct view *view, struct slice tenant, const struct sight *sight,
                            struct part_names **out, struct error *err);
/* The last name of one, of a project that the sight sees, removed ones included; data is NULL when
 * there is none. Borrows until the next call. */
struct slice part_name(struct part_names *names, const struct uuid *id);
void part_names_close(struct part_names *names); /* NULL is fine */

/* What a project has; at most PROJECT_PARTS_MAX of each.
 * components: {"items":[{"id","name","description","lead":{"id","name"}|null,
 *   "default_assignee":{...}|null,"issues"}]}, in order of their ids;
 * versions: {"items":[{"id","name","description","status":"planned"|"released"|"archived",
 *   "start_on","release_on","issues":{"fix","affects"}}]}, in the order of the project. */
#define PROJECT_PARTS_MAX 500
enum project_part { PROJECT_COMPONENTS, PROJECT_VERSIONS };
enum status project_parts_read(struct view *view, struct view *access, struct slice tenant,
                               struct slice project, enum project_part part, struct buf *out,
                               uint64_t *position, struct error *err);

/* Labels that a project lists or issues of it have, in the order of their bytes:
 * {"policy":"open"|"listed","items":[{"label","issues","listed","color"|null,"description"}],
 * "next":label or null}. Issues that are deleted are not counted. A page may be short when a text
 * is asked for: it ends after LABELS_LOOKED labels. */
#define LABELS_LOOKED 5000
struct labels_query {
	struct slice after; /* a label; empty: from the start */
	struct slice text;  /* begins a word of theirs, whatever case and accents; empty: all */
	uint32_t limit;
};
enum status labels_read(struct view *view, struct slice tenant, struct slice project,
                        const struct labels_query *query, struct buf *out, uint64_t *position,
                        struct error *err);

#endif
