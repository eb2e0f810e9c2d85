/* From an archive to commands. What has no place here is listed, what had to be changed as well.
 * README.md has the table of what becomes what. One thread. */
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

/* Issues, pull requests, what was said about them and their links, sorted by date. Uses the ids
 * that are in people. */
void mapping_issues(const struct mapping *mapping, struct plan *plan);

#endif
