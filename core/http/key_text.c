#include "core/http/key_text.h"

#include <jose/b64.h>
#include <openssl/crypto.h>
#include <stdio.h>

#include "core/store/sha256.h"

#define PREFIX      "nfk_"
#define PREFIX_N    4
#define SECRET_TEXT 43 /* characters of base64url */
#define TENANT_MAX  40
#define BEHIND_N    (1 + UUID_TEXT + 1 + SECRET_TEXT) /* _ID_SECRET */

bool key_text_is(struct slice token)
{
	return token.n > PREFIX_N && memcmp(token.data, PREFIX, PREFIX_N) == 0;
}

void key_text_hash(const uint8_t secret[KEY_SECRET_BYTES], uint8_t hash[KEY_HASH_BYTES])
{
	sha256_of(slice_of((const char *)secret, KEY_SECRET_BYTES), hash);
}

bool key_text_parse(struct slice text, struct key_text *out)
{
	uint8_t secret[KEY_SECRET_BYTES];

	if (!key_text_is(text) || text.n <= PREFIX_N + BEHIND_N ||
	    text.n > PREFIX_N + TENANT_MAX + BEHIND_N)
		return false;
	const char *id = text.data + text.n - BEHIND_N + 1;
	const char *encoded = text.data + text.n - SECRET_TEXT;
	out->tenant = slice_of(text.data + PREFIX_N, text.n - PREFIX_N - BEHIND_N);
	if (id[-1] != '_' || encoded[-1] != '_' || memchr(out->tenant.data, '_', out->tenant.n) ||
	    !uuid_parse(slice_of(id, UUID_TEXT), &out->id) ||
	    jose_b64_dec_buf(encoded, SECRET_TEXT, secret, sizeof(secret)) != sizeof(secret))
		return false;
	key_text_hash(secret, out->hash);
	OPENSSL_cleanse(secret, sizeof(secret));
	return true;
}

void key_text_make(struct slice tenant, const struct uuid *id,
                   const uint8_t secret[KEY_SECRET_BYTES], char text[KEY_TEXT_MAX])
{
	char id_text[UUID_TEXT], encoded[SECRET_TEXT];

	uuid_format(id, id_text);
	jose_b64_enc_buf(secret, KEY_SECRET_BYTES, encoded, sizeof(encoded));
	snprintf(text, KEY_TEXT_MAX, PREFIX "%.*s_%.*s_%.*s", (int)tenant.n, tenant.data, UUID_TEXT,
	         id_text, SECRET_TEXT, encoded);
	OPENSSL_cleanse(encoded, sizeof(encoded));
}
