/* What the decisions on projects, and on what lies in them, share. Internal to core/domain. */
#ifndef CORE_DOMAIN_PROJECT_H
#define CORE_DOMAIN_PROJECT_H

#include "core/domain/judge.h"

/* Find a project by its key, a key that it had, or its id. The judging ones refuse at /project; the
 * last one is for commands about the project itself: of the expected version, not archived. */
bool resolve_project(const struct tenant_state *state, struct slice ref,
                     struct row_project *project);
bool find_project(struct judge *judge, struct slice ref, struct row_project *project);
bool find_open_project(struct judge *judge, struct slice ref, bool has_expected, int64_t expected,
                       struct row_project *project);
/* Refuses if the project is archived. */
bool check_project_open(struct judge *judge, const struct row_project *project,
                        const char *pointer);
/* Refuses if the actor is neither the lead of the project nor an admin. */
bool check_project_lead(struct judge *judge, const struct row_project *project);

/* The next event of @project, whose version it raises (in the caller's copy). */
struct event *emit_project(struct judge *judge, enum event_type type, struct row_project *project);

#endif
