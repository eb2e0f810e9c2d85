#include "projections/access.h"
#include "projections/audit.h"
#include "projections/board.h"
#include "projections/feed.h"
#include "projections/issue.h"
#include "projections/kv_view.h"
#include "projections/search.h"
#include "projections/state.h"

const struct view_type *const view_types[] = {
        &access_view.type, /* first: queries are authorized on it */
        &board_view.type,
        &issue_view.type,
        &feed_view.type,
        &state_view.type,
        &search_view.type,
        &audit_view.type,
        NULL,
};

const struct view_type *view_type_find(struct slice name)
{
	for (const struct view_type *const *type = view_types; *type; type++)
		if (slice_is(name, (*type)->name))
			return *type;
	return NULL;
}
