/* Tokens: JWT (RFC 7519) checked by libjose. One key, made at first start (ES256 or EdDSA, file
 * mode 0600 in <keys_dir>/token.jwk). The algorithm is pinned to that of the key; exp, nbf,
 * iss and aud are checked with AUTH_LEEWAY_S. Verified tokens are cached whole until they expire.
 * There is no anonymous access.
 *
 * API keys (key_text.h) are taken apart only: no key file can tell what they are worth. */
#ifndef CORE_HTTP_AUTH_H
#define CORE_HTTP_AUTH_H

#include "core/base/bytes.h"
#include "core/base/config.h"
#include "core/base/status.h"
#include "core/http/http.h"

#define AUTH_LEEWAY_S        30
#define AUTH_TOKEN_BYTES_MAX 8192
#define AUTH_CACHE_ENTRIES   4096

struct auth;

/* Load the key, or make it when @create is set and there is none. STATUS_DENIED when the file can
 * be read by others. */
enum status auth_open(const struct config *config, bool create, struct auth **out,
                      struct error *err);
void auth_close(struct auth *auth);

/* Check "Bearer ..." (the header's value). @principal borrows from the cache and from
 * @authorization until the next call on the same thread. STATUS_DENIED with a reason fit for the
 * client. One thread only. */
enum status auth_check(struct auth *auth, struct slice authorization, int64_t now_ms,
                       struct principal *principal, struct error *err);

/* Sign a token. @ttl_s: seconds from now. */
struct auth_claims {
	const char *subject;
	bool installation;
	bool service;
	int64_t ttl_s;
};
enum status auth_issue(struct auth *auth, const struct auth_claims *claims, int64_t now_ms,
                       struct buf *token, struct error *err);

#endif
