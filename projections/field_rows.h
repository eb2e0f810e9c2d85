/* Custom fields as views keep them: what projects have of them, the names of options, the values of
 * issues. Internal to the issue view and the board view, each of which has the three tables. Keys:
 * tenant, 0, then
 *   fields   project id, field id -> struct field_row, packed
 *   options  project id, field id, 0, option id -> struct option_row, packed
 *   values   issue id, field id -> row_string of each value
 * A value stays when its field is removed or taken from the type of the issue; reading passes it
 * over. */
#ifndef PROJECTIONS_FIELD_ROWS_H
#define PROJECTIONS_FIELD_ROWS_H

#include "core/base/json_out.h"
#include "projections/access.h"
#include "projections/kv_view.h"

/* A view's numbers of its tables. */
struct field_tables {
	uint32_t fields, options, values;
	bool paragraphs; /* values of paragraphs are kept, too */
};

/* Slices borrow from the stored row or from the event that changes it. */
struct field_row {
	enum field_kind kind;
	bool disabled, removed;
	uint32_t position;
	struct slice name;
	struct slice types; /* ids of issue types that have it, row_string each; none: all */
};

struct option_row {
	bool disabled;
	struct slice name;
};

/* --- the fold --- */

struct field_folding {
	struct view *view; /* view->key and view->value are written */
	const struct event_meta *meta;
	const struct field_tables *tables;
	struct slice tenant;
	struct buf *scratch;
	struct error *err;
};

/* What an event of a project does to its fields; others are left alone. */
enum status field_rows_apply(const struct field_folding *f, const struct event *event);
/* What the issue of the event has after it. */
enum status field_values_apply(const struct field_folding *f, const struct issue_fields_changed *e);

/* --- reading --- */

struct field_reading {
	struct kv_txn *txn;
	const struct field_tables *tables;
	struct slice tenant;
	struct access_names *names; /* NULL: values that are members have no display */
	struct buf *key;            /* scratch */
};

/* False also if it was removed. @field borrows from the transaction. */
bool field_row_get(const struct field_reading *r, const struct uuid *project, struct slice id,
                   struct field_row *field);
bool field_row_is_of_type(const struct field_row *field, struct slice type);
/* The packed values of @issue; false: it has none there. */
bool field_values_get(const struct field_reading *r, const struct uuid *issue, struct slice id,
                      struct slice *values);
/* {"id","name","kind","values":[text],"display":[name or null] or null}: display is what people
 * read instead of ids of options and members, null for other kinds. */
void field_json(const struct field_reading *r, const struct uuid *project, struct slice id,
                const struct field_row *field, struct slice values, struct json_out *json);

#endif
