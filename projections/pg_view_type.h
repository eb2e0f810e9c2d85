/* What one Postgres view adds to what all of them share (pg_view.h): tables, batches, digests. */
#ifndef PROJECTIONS_PG_VIEW_TYPE_H
#define PROJECTIONS_PG_VIEW_TYPE_H

#include "projections/view.h"

struct pg_batch_type;

struct pg_view_digest {
	const char *table; /* begins the keys */
	const char *sql;   /* tenant, key within the tenant, row as text; ordered by both, bytewise;
	                      $1 is the tenant or '' for all. The key sorts as text */
};

struct pg_view_type {
	struct view_type type;               /* first: a view_type is cast to this */
	const char *tables_sql;              /* tables, without keys and indexes */
	const char *bulk_sql;                /* more tables for a bulk build; may be NULL */
	const char *fill_sql;                /* from those into these, at finish; may be NULL */
	const char *keys_sql;                /* keys and indexes */
	const struct pg_batch_type *batches; /* in the order in which they are sent */
	uint32_t batches_n;
	const struct pg_view_digest *digests; /* ends with a NULL table */
	bool plans_anew; /* each query by its values; or once for all, where that costs less */
};

#endif
