/* What of a query concerns the rights of its caller. Internal to the frame (query.c). */
#ifndef QUERY_API_RIGHTS_H
#define QUERY_API_RIGHTS_H

#include "query-api/query.h"

#define ACCESS_VIEW "access"
#define STATE_VIEW  "state"

/* Is the caller a member, may they ask, and what may they see? Sets a problem if not. */
void query_authorize(struct query *query);
/* Judges the rights again; whether they are as they were, or there is a problem. */
bool query_has_same_rights(struct query *query);
/* Takes out of the bodies of events in the answer what is not for the caller. The rights were
 * judged on a state that is at least as new as what was read. */
void query_blank(struct query *query);
/* The problem that strangers get, whether the organization exists or not. */
void query_no_tenant(struct query *query);
/* The one of a path that names what can be no organization. */
void query_bad_slug(struct query *query);

#endif
