/* The intent port of a processor in a process of its own: intents are posted to the command API
 * with a service token. */
#ifndef PROCESSORS_HTTP_INTENTS_H
#define PROCESSORS_HTTP_INTENTS_H

#include "core/base/config.h"
#include "core/http/auth.h"
#include "core/service/intent.h"

/* Signs its own service token with @auth (borrowed); posts to config->command_url. */
enum status http_intents_new(const struct config *config, struct auth *auth,
                             struct intent_port **out, struct error *err);

#endif
