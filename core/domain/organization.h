/* What the decisions on an organization, its members and its teams share. Internal to core/domain.
 */
#ifndef CORE_DOMAIN_ORGANIZATION_H
#define CORE_DOMAIN_ORGANIZATION_H

#include "core/domain/judge.h"
#include "core/domain/permission.h"

/* The next event of the organization, whose version it raises. */
struct event *emit_organization(struct judge *judge, enum event_type type);
/* MemberAdded and MemberProfileSet. */
void emit_member(struct judge *judge, const struct uuid *id, enum org_role role);
bool check_person(struct judge *judge, const struct person *person, const char *name_at,
                  const char *issuer_at, const char *subject_at, const char *email_at);

/* Take @member, who is being removed, out of every team. */
void leave_teams(struct judge *judge, const struct uuid *member);

#endif
