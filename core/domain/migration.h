/* Issues that move because their status has no place any more: in the decision that takes the place
 * away. Internal to core/domain. */
#ifndef CORE_DOMAIN_MIGRATION_H
#define CORE_DOMAIN_MIGRATION_H

#include "core/domain/workflow.h"

struct migration {
	struct judge *judge;
	struct uuid project;
	struct items statuses, types;
	struct slice resolution; /* of issues that come to be done */
};

/* Read what a migration in @project needs. */
void migration_begin(struct judge *judge, const struct uuid *project, struct migration *out);

/* The next issue of @project, deleted ones included, behind the place @at, which moves there (begin
 * with row_key_issue_place of no type); false at the end. */
bool next_issue_of(const struct tenant_state *state, const struct uuid *project, struct row_key *at,
                   struct uuid *issue);

/* Issues of @type in @status, deleted ones included. */
uint32_t count_issues_in(const struct tenant_state *state, const struct uuid *project,
                         struct slice type, struct slice status);

/* Move the issues of @type from one status to another. */
void move_issues(const struct migration *m, const struct row_item *type,
                 const struct status_move *move);

/* Whether @moves lead from statuses that @workflow has no place for to statuses that it has one
 * for; refuses at /moves. */
bool check_moves(const struct migration *m, const struct workflow *workflow,
                 struct status_move_array moves);

/* Where an issue in @status is when its workflow has come to be @workflow: there, or as @moves
 * tell; empty: they do not tell. */
struct slice place_after(const struct workflow *workflow, struct status_move_array moves,
                         struct slice status);

/* Move the issues of @type that @workflow has no place for. Those that @moves do not tell about are
 * added to @homeless. */
struct homeless {
	uint32_t issues;
	struct slice status; /* of the first of them */
};
void migrate_type(const struct migration *m, const struct row_item *type,
                  const struct workflow *workflow, struct status_move_array moves,
                  struct homeless *homeless);
/* Refuses at /moves unless there are none. */
bool check_homeless(struct judge *judge, const struct homeless *homeless);

/* evolve: @issue is, or is no longer, in the place that its project, type, status and number say.
 * Whoever changes one of them takes it out before and puts it back after. */
void issue_take_place(struct tenant_state *state, const struct row_issue *issue);
void issue_leave_place(struct tenant_state *state, const struct row_issue *issue);

#endif
