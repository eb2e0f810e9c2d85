/* From an archive to commands. What has no place here is listed, what had to be changed as well.
 *
 *   issue, pull request   CreateIssue of type task (a pull request: with the label "pull-request")
 *   labels, assignee      at creation: the archive does not say since when
 *   comments, reviews     AddComment where there is a text
 *   closed, merged        TransitionIssue to done: done, or wont_do for a pull request not merged
 *   authors               AddMember, before everything else
 *
 * One thread. */
#ifndef IMPORT_MAPPING_H
#define IMPORT_MAPPING_H

#include "import/archive.h"
#include "import/findings.h"
#include "import/people.h"
#include "import/plan.h"

struct mapping {
	const struct archive *archive;
	const struct people *people;
	const char *project;       /* key */
	const char *issuer;        /* of the logins */
	struct findings *findings; /* NULL: list nothing */
};

/* CreateProject. */
void mapping_project(const struct mapping *mapping, struct plan *plan);
/* AddMember, one for each of the people, in their order. */
void mapping_members(const struct mapping *mapping, struct plan *plan);
/* Everything else, sorted. Uses the ids that are in people. */
void mapping_issues(const struct mapping *mapping, struct plan *plan);

#endif
