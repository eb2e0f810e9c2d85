/* Milestones of an archive as versions of the project: those that are listed (root "milestones")
 * and those that only issues name. One thread. */
#ifndef IMPORT_MILESTONES_H
#define IMPORT_MILESTONES_H

#include <jansson.h>

#include "core/base/bytes.h"
#include "core/base/uuid.h"

struct mapper;

struct milestone_row {
	struct slice title; /* borrows from the archive */
	struct uuid id;     /* of the version */
	int64_t created_ms; /* no issue has it earlier */
	json_t *listed;     /* its object, borrowed; NULL: only issues name it */
	char *key;          /* names it in command ids */
};

struct milestones { /* all zero is an empty one */
	struct milestone_row *rows;
	size_t n;
	json_t *index; /* title -> row */
};

/* All milestones of the mapper's archive. */
void milestones_collect(struct mapper *mapper);
/* The row of a title that is in the archive. */
const struct milestone_row *milestones_find(const struct mapper *mapper, struct slice title);
/* AddVersion for each of them, ReleaseVersion for the closed ones. */
void milestones_map(struct mapper *mapper);
void milestones_release(struct milestones *milestones);

#endif
