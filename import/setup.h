/* What is sent before the issues of an archive: the project, how it is set up for pull requests,
 * and the people. One thread. */
#ifndef IMPORT_SETUP_H
#define IMPORT_SETUP_H

#include "import/mapping.h"

#define SETUP_TYPE_PULL         "pull_request"
#define SETUP_WORKFLOW_PULL     "github_pull_request"
#define SETUP_RESOLUTION_MERGED "merged"
#define SETUP_LINK_FIXES        "fixes"

/* CreateProject. */
void setup_project(const struct mapping *mapping, struct plan *plan);
/* The issue type of pull requests with its workflow, the resolution "merged" and the link type
 * "fixes"; nothing when there are none. The ids of these commands depend on the project alone: a
 * second repository finds it set up, and what an admin has changed since stays. */
void setup_pull_requests(const struct mapping *mapping, struct plan *plan);
/* AddMember, one for each of the people, in their order. */
void setup_members(const struct mapping *mapping, struct plan *plan);

#endif
