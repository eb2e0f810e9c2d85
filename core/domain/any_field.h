/* A field as workflows name it: by the name of one that every issue has (summary, due_on), or by
 * the id of a custom one of the project. Internal to core/domain, and for queries on rows. */
#ifndef CORE_DOMAIN_ANY_FIELD_H
#define CORE_DOMAIN_ANY_FIELD_H

#include "core/domain/field.h"

struct any_field {
	enum issue_field field; /* UNKNOWN: it is a custom one */
	struct row_field custom;
};

/* The sort of value: what has the same can be copied. Text is one line. */
enum field_sort {
	SORT_TEXT,
	SORT_LONG_TEXT,
	SORT_DAY,
	SORT_MINUTES,
	SORT_MEMBER,
	SORT_LABELS,
	SORT_OTHER /* belongs to one field: what is there cannot be elsewhere */
};

/* False: there is none of that name, or it was removed. */
bool read_any_field(const struct tenant_state *state, const struct uuid *project, struct slice name,
                    struct any_field *out);
/* Borrows from @field. */
struct slice any_field_name(const struct any_field *field);
enum field_sort any_field_sort(const struct any_field *field);

/* What a screen shows and a post function sets. */
bool any_field_can_be_set(const struct any_field *field);
bool any_field_can_be_empty(const struct any_field *field);
bool any_field_has_several(const struct any_field *field);
/* A day, or a time. */
bool any_field_has_days(const struct any_field *field);

#endif
