/* Is this process alive, ready, and what is it doing: /livez, /readyz?verbose, /metrics, /version.
 *
 * livez: the loop answers. readyz: every check passes; with ?verbose each check's line. Checks run
 * on the loop thread and must not block.
 *
 * Probes have no token, and tenants are customers: their names are shown to who has an installation
 * token (or reads the admin socket: nexusflow replay status), numbers to everybody. */
#ifndef CORE_SERVICE_HEALTH_H
#define CORE_SERVICE_HEALTH_H

#include "core/base/bytes.h"
#include "core/http/http.h"

#define HEALTH_CHECKS_MAX 32

struct health;

/* Append what a person should know to @detail; return whether it is well. Tenants may be named only
 * with @names. */
typedef bool health_check(void *context, bool names, struct buf *detail);

/* @auth (borrowed) checks the tokens that are given; NULL: nobody is told names. */
struct auth;
struct health *health_new(struct auth *auth);
void health_free(struct health *health);
/* @optional: shown, but does not make the process unready (Postgres away: commands and boards go
 * on). */
void health_add(struct health *health, const char *name, bool optional, health_check *check,
                void *context);
/* The table's context is the health itself. */
extern const struct http_route health_routes[];

#endif
