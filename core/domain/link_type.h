/* The types of links: those that are built in, which never change, and those of the organization.
 * Internal to core/domain, but for reads of the state view. */
#ifndef CORE_DOMAIN_LINK_TYPE_H
#define CORE_DOMAIN_LINK_TYPE_H

#include "core/domain/tenant_state.h"

#define LINK_TYPES_MAX     64    /* of an organization, removed ones included */
#define LINKS_REPLACED_MAX 10000 /* of a type that is removed: two events each */
#define LINK_CHAIN_MAX     1000  /* issues that a chain of acyclic links leads to */

struct link_type {
	const char *id;
	const char *name;
	const char *outward; /* "TLS-1 blocks TLS-2" */
	const char *inward;  /* "TLS-2 is blocked by TLS-1" */
	bool symmetric;      /* one link is the link of both, whoever named it */
	bool acyclic;        /* links close no circle */
};

/* Those that are built in. Ends with id NULL. */
extern const struct link_type link_types[];

/* NULL if none of that id is built in. */
const struct link_type *link_type_find(struct slice id);

/* One of either kind; false if there is none, or it was removed. */
bool read_link_type(const struct tenant_state *state, struct slice id, struct row_link_type *row);

/* Those of the organization that are not removed, in order of their ids. *@key (row_key_first to
 * begin with) becomes the key of the next one, whose bytes are the id; false at the end. */
bool next_link_type(const struct tenant_state *state, struct row_key *key,
                    struct row_link_type *row);

#endif
