/* What the files of the issue view's fold share. Internal to issue*.c. */
#ifndef PROJECTIONS_ISSUE_INSIDE_H
#define PROJECTIONS_ISSUE_INSIDE_H

#include "projections/issue_row.h"

struct issue_applying {
	struct view *view;
	const struct event_meta *meta;
	struct slice tenant;
	struct buf *labels; /* packed strings of the row that is written next */
	struct error *err;
};

/* Under the key that is in view->key. */
static inline void issue_put(const struct issue_applying *a, uint32_t table, struct slice value)
{
	kv_put(a->view->txn, table, buf_slice(&a->view->key), value);
}

static inline struct field_folding issue_field_folding(const struct issue_applying *a)
{
	return (struct field_folding){.view = a->view,
	                              .meta = a->meta,
	                              .tables = &issue_field_tables,
	                              .tenant = a->tenant,
	                              .scratch = a->labels,
	                              .err = a->err};
}

/* In whose name something was done. */
static inline struct uuid issue_person_of(const struct event_meta *meta)
{
	return meta->actor.has_on_behalf_of ? meta->actor.on_behalf_of : meta->actor.id;
}

/* Archived, deleted and back: the lists of what is out of sight. The seqs are those of the issue's
 * row before the event. */
enum status issue_keep_apply(const struct issue_applying *a, const struct event *event,
                             uint64_t archived_seq, uint64_t deleted_seq);

/* The list of what is out of sight: the aggregate of the event comes into it, or what came at @seq
 * leaves it. */
void issue_put_kept(const struct issue_applying *a, enum issue_kept kind, bool with_parent);
void issue_del_kept(const struct issue_applying *a, enum issue_kept kind, uint64_t seq);

/* Comments, worklogs, watchers and links: rows of their own. Other events are left alone. */
enum status issue_part_apply(const struct issue_applying *a, const struct event *event);

/* What came of a command on many issues. */
void issue_bulk_apply(const struct issue_applying *a, const struct event *event);

/* Projects, their components and versions: events of the aggregate project. */
enum status issue_project_apply(const struct issue_applying *a, const struct event *event);
/* Labels that a project lists. */
enum status issue_listed_apply(const struct issue_applying *a, const struct event *event);
/* Components and versions of the issue that @event is of, which lay in @project before it and,
 * after it, is @seen or else deleted. Other events are left alone. */
enum status issue_tags_apply(const struct issue_applying *a, const struct event *event,
                             const struct uuid *project, bool seen);
/* Likewise its labels. */
enum status issue_labels_apply(const struct issue_applying *a, const struct event *event,
                               const struct uuid *project, bool seen);

#endif
