/* Who may do what: one table of commands and the weakest role that may send them. Pure. */
#ifndef CORE_DOMAIN_PERMISSION_H
#define CORE_DOMAIN_PERMISSION_H

#include "generated/command.h"

struct permission {
	bool installation;     /* needs an installation token, and no membership */
	enum org_role weakest; /* weakest role that may, unless installation */
	const char *also;      /* what the decision asks besides, "" if nothing */
};

extern const struct permission permissions[COMMAND_TYPES];

/* Whether @role is at least as strong as @weakest. */
bool role_reaches(enum org_role role, enum org_role weakest);

/* Whether a member of @role may send @type at all. */
bool permission_allows(enum command_type type, enum org_role role);

#endif
