/* Everybody who appears in an archive, as members: who they are and since when. One thread. */
#ifndef IMPORT_PEOPLE_H
#define IMPORT_PEOPLE_H

#include "core/base/uuid.h"
#include "import/archive.h"

#define PEOPLE_GHOST "ghost" /* stands for deleted users, as on GitHub itself */

struct person_row {
	char *login;      /* fit for the API */
	struct uuid id;   /* as a member: from issuer and login, the same for every repository */
	int64_t first_ms; /* when they did something first */
};

struct people {
	struct person_row *rows; /* by first_ms, then login */
	size_t n;
	json_t *index; /* login -> row */
};

/* @issuer: of the logins, as in their tokens. */
void people_collect(struct people *people, const struct archive *archive, const char *issuer);
/* The row of a login as it is in the archive; an empty one is the ghost. Never NULL for a login
 * that people_collect saw. */
struct person_row *people_find(const struct people *people, struct slice login);
void people_release(struct people *people);

#endif
