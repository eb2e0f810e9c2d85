/* API keys: a key acts as the member who made it, within its scope, until it expires or is revoked.
 * What is known here of its secret is a hash; who compares it is the shell. */
#ifndef CORE_DOMAIN_API_KEY_H
#define CORE_DOMAIN_API_KEY_H

#include "core/domain/tenant_state.h"

#define API_KEYS_MAX                50 /* not revoked ones of a member */
#define API_KEY_DAYS_MAX            366
#define API_KEY_DAYS_STANDARD       90
#define API_KEY_NAME_CHARACTERS_MAX 64

/* A key that may be used at @now_ms: neither revoked nor expired, and its member is active. */
bool api_key_find(const struct tenant_state *state, const struct uuid *id, int64_t now_ms,
                  struct row_api_key *row);

/* The role that a member of @role has with a key of @scope: of read and write keys at most member.
 */
enum org_role api_key_role(enum api_key_scope scope, enum org_role role);

#endif
