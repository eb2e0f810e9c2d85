/* The types of links, the same in every project. Pure table. */
#ifndef CORE_DOMAIN_LINK_TYPE_H
#define CORE_DOMAIN_LINK_TYPE_H

#include "core/base/bytes.h"

struct link_type {
	const char *id;
	const char *outward; /* "TLS-1 blocks TLS-2" */
	const char *inward;  /* "TLS-2 is blocked by TLS-1" */
	bool symmetric;      /* one link is the link of both, whoever named it */
};

/* Ends with id NULL. */
extern const struct link_type link_types[];

/* NULL if there is none of that id. */
const struct link_type *link_type_find(struct slice id);

#endif
