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

/* A bulk build copies what events tell into bulk_sql's tables, and fill_sql makes the others of it.
 */
extern const char search_tables_sql[], search_bulk_sql[], search_fill_sql[], search_keys_sql[];
extern const struct pg_batch_type search_batches[SEARCH_BATCHES];
extern const struct pg_view_digest search_digests[];

/* Custom fields: what projects have, what issues have in them. */
void search_field_changed(struct view *view, const struct event *event);
enum status search_values_changed(struct view *view, const struct event_meta *meta,
                                  const struct issue_fields_changed *e, struct error *err);

#endif
