/* What the files of the search view's fold share. Internal to search*.c. */
#ifndef PROJECTIONS_SEARCH_INSIDE_H
#define PROJECTIONS_SEARCH_INSIDE_H

#include "projections/pg_batch.h"
#include "projections/search.h"

/* In the order in which they are sent: issues move when all their rows are there. */
enum {
	PROJECTS,
	FIELDS,
	ISSUES,
	CLONES,
	COMMENTS,
	EDITS,
	DELETED,
	HIDDEN,
	VALUES,
	VALUE_TEXTS,
	VALUE_COPIES,
	MOVED,
	SEARCH_BATCHES
};

/* Custom fields: what projects have, what issues have in them. */
void search_field_changed(struct view *view, const struct event *event);
enum status search_values_changed(struct view *view, const struct event_meta *meta,
                                  const struct issue_fields_changed *e, struct error *err);

#endif
