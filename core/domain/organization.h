/* What the decisions on an organization, its members, teams and API keys share. Internal to
 * core/domain.
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

/* Take @member, who is being removed, out of every team, and revoke his API keys. */
void leave_teams(struct judge *judge, const struct uuid *member);
void revoke_keys(struct judge *judge, const struct uuid *member);

/* Rows of @kind have keys of two ids (row_key_pair): the other id of the first row of @owner behind
 * @after (NULL: the first of all). False when there is none. */
bool next_pair(const struct tenant_state *state, enum row_kind kind, const struct uuid *owner,
               const struct uuid *after, struct uuid *other);

#endif
