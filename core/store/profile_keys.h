/* Sealed member profiles: AES-256-GCM (OpenSSL) with one random key per member, kept in a durable
 * store outside the log (<keys_dir>/members). Forgetting a person = deleting that key: the
 * events stay, nobody can read them.
 *
 * Threads: any. */
#ifndef CORE_STORE_PROFILE_KEYS_H
#define CORE_STORE_PROFILE_KEYS_H

#include "core/base/bytes.h"
#include "core/base/config.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#define PROFILE_NONCE_BYTES 12
#define PROFILE_TAG_BYTES   16
#define PROFILE_KEY_BYTES   32

/* What is sealed, as JSON: {"issuer","subject","name","email"}. */
struct profile {
	struct slice issuer;
	struct slice subject;
	struct slice name;
	struct slice email; /* empty: none */
};

struct profile_keys;

enum status profile_keys_open(const struct config *config, struct profile_keys **out,
                              struct error *err);
void profile_keys_close(struct profile_keys *keys);

/* Make the key of @member if there is none (durable when it returns) and append nonce, ciphertext
 * and tag to @sealed. The tenant and the member id are authenticated with the text. */
enum status profile_seal(struct profile_keys *keys, struct slice tenant, const struct uuid *member,
                         const struct profile *profile, struct buf *sealed, struct error *err);
/* @text is overwritten, @profile borrows from it. STATUS_NOT_FOUND: the key was deleted ("former
 * member"); STATUS_CORRUPT: not sealed by this key. */
enum status profile_unseal(struct profile_keys *keys, struct slice tenant,
                           const struct uuid *member, struct slice sealed, struct buf *text,
                           struct profile *profile, struct error *err);
enum status profile_forget(struct profile_keys *keys, struct slice tenant,
                           const struct uuid *member, struct error *err);

/* Key of the identity index: SHA-256 of length-prefixed tenant, issuer and subject. */
void identity_hash(struct slice tenant, struct slice issuer, struct slice subject,
                   uint8_t hash[32]);

#endif
