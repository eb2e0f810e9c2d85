/* The text form of an API key: nfk_TENANT_ID_SECRET, the tenant's slug, the key's UUID and 32
 * random bytes in base64url. What is kept of the secret, anywhere, is its SHA-256. */
#ifndef CORE_HTTP_KEY_TEXT_H
#define CORE_HTTP_KEY_TEXT_H

#include "core/base/bytes.h"
#include "core/base/uuid.h"

#define KEY_SECRET_BYTES 32
#define KEY_HASH_BYTES   32
#define KEY_TEXT_MAX     128 /* with NUL */

struct key_text {
	struct slice tenant; /* borrows from the text */
	struct uuid id;
	uint8_t hash[KEY_HASH_BYTES];
};

/* Whether @token says that it is a key of ours, and no JWT. */
bool key_text_is(struct slice token);
/* false: malformed. Any thread. */
bool key_text_parse(struct slice text, struct key_text *out);
/* The text of a key, with NUL. @tenant is a slug. */
void key_text_make(struct slice tenant, const struct uuid *id,
                   const uint8_t secret[KEY_SECRET_BYTES], char text[KEY_TEXT_MAX]);
void key_text_hash(const uint8_t secret[KEY_SECRET_BYTES], uint8_t hash[KEY_HASH_BYTES]);

#endif
