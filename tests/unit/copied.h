/* What a copy of a journal has to be equal in, and views that go on in it. Everything here ends the
 * test when it is not so. */
#ifndef TESTS_UNIT_COPIED_H
#define TESTS_UNIT_COPIED_H

#include "tests/unit/history.h"

/* Every tenant of @history has the same records in both, headers included, in the same order, and
 * they are all of @history. */
void copied_expect_equal(const struct history *history, struct journal *source,
                         struct journal *target);
/* No command is there in part. */
void copied_expect_boundaries(const struct history *history, struct journal *target);

/* Fold @view to the end of @journal; no record is foreign to it. */
void copied_fold(struct journal *journal, const struct view_type *type, struct view *view);
/* @view, of a journal that @target is a copy of, goes on there, ended once in the middle, to the
 * rows and position of @fresh. */
void copied_expect_goes_on(struct journal *target, const struct view_type *type, struct view *view,
                           struct view *fresh);
/* @view has more than @target: it is refused and stays as it is. */
void copied_expect_ahead(struct journal *target, const struct view_type *type, struct view *view);

#endif
