/* Ids that an import gives: the same input has the same ids for ever, so that a second run repeats
 * the first. Name-based UUIDs (v5); the names are part of the contract. Pure. */
#ifndef IMPORT_NAMES_H
#define IMPORT_NAMES_H

#include "core/base/uuid.h"

/* A member: by issuer and login only, so that all repositories of a tenant share them. */
struct uuid name_member(const char *issuer, const char *login);
/* The space of what one repository becomes in one project. */
struct uuid name_space(const char *repo, const char *project);
/* Something in it: "issue 12", "comment 12/...", "command AddComment 12/...". */
struct uuid name_in(const struct uuid *space, const char *kind, const char *key);

#endif
