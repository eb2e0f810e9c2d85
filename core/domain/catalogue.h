/* Issue types, priorities and link types that every project has for now. Pure tables. */
#ifndef CORE_DOMAIN_CATALOGUE_H
#define CORE_DOMAIN_CATALOGUE_H

#include "core/base/bytes.h"

/* An issue's parent is exactly one level above it. */
struct issue_type {
	const char *id;
	const char *name;
	int level;
	bool parent_needed;
};

struct issue_priority {
	const char *id;
	const char *name;
};

struct link_type {
	const char *id;
	const char *outward; /* "TLS-1 blocks TLS-2" */
	const char *inward;  /* "TLS-2 is blocked by TLS-1" */
	bool symmetric;      /* one link is the link of both, whoever named it */
};

/* Each ends with id NULL. */
extern const struct issue_type issue_types[];
extern const struct issue_priority issue_priorities[]; /* most urgent first */
extern const struct link_type link_types[];

/* NULL if there is none of that id. */
const struct issue_type *issue_type_find(struct slice id);
const struct issue_priority *issue_priority_find(struct slice id);
const struct link_type *link_type_find(struct slice id);

/* Whether an issue of @parent may have a child of @child. */
bool issue_type_is_parent(const struct issue_type *parent, const struct issue_type *child);

#endif
