/* SHA-256 of a stream of bytes (OpenSSL). One thread an object; sha256_of: any thread. */
#ifndef CORE_STORE_SHA256_H
#define CORE_STORE_SHA256_H

#include "core/base/bytes.h"

#define SHA256_BYTES 32

void sha256_of(struct slice bytes, uint8_t hash[SHA256_BYTES]);

struct sha256;

struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *sha, struct slice bytes);
/* Big endian, 8 bytes: puts lengths between parts. */
void sha256_add_u64(struct sha256 *sha, uint64_t value);
/* The hash of everything added; the object then starts anew. */
void sha256_take(struct sha256 *sha, uint8_t hash[SHA256_BYTES]);
void sha256_free(struct sha256 *sha);

#endif
