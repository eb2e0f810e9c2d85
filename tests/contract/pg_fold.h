/* A small story for Postgres views: a log of events made from numbers, and a fold of it without a
 * journal. */
#ifndef TESTS_CONTRACT_PG_FOLD_H
#define TESTS_CONTRACT_PG_FOLD_H

#include "projections/view.h"

/* Event @i (from 0) of the log: tenants "acme", "beta", "acme-x" in turn; each has one project,
 * then issues, comments and edits of all kinds. Texts borrow from static storage until the next
 * call. */
void story_event(uint64_t i, struct event *out);
struct uuid story_issue(struct slice tenant, uint64_t n); /* number n, from 1 */

/* Fold events [from, to) of the story in transactions of @batch. Begins at the position of the view
 * if
 * @from is UINT64_MAX. */
enum status story_fold(const struct view_type *type, struct view *view, uint64_t from, uint64_t to,
                       uint32_t batch, struct error *err);
/* Events that the view has committed, by its position. */
uint64_t story_applied(const struct view_type *type, struct view *view);

#endif
