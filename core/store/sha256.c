#include "core/store/sha256.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct sha256 {
	EVP_MD_CTX *ctx;
};

/* OpenSSL fails here only without memory or without SHA-256 at all. */
static void must(bool good)
{
	if (!good)
		abort();
}

struct sha256 *sha256_new(void)
{
	struct sha256 *sha = mem_new(sizeof *sha);
	sha->ctx = EVP_MD_CTX_new();
	must(sha->ctx && EVP_DigestInit_ex(sha->ctx, EVP_sha256(), NULL) == 1);
	return sha;
}

void sha256_add(struct sha256 *sha, struct slice bytes)
{
	must(EVP_DigestUpdate(sha->ctx, bytes.data, bytes.n) == 1);
}

void sha256_add_u64(struct sha256 *sha, uint64_t value)
{
	char bytes[8];
	put_u64(bytes, value);
	sha256_add(sha, slice_of(bytes, sizeof bytes));
}

void sha256_take(struct sha256 *sha, uint8_t hash[SHA256_BYTES])
{
	must(EVP_DigestFinal_ex(sha->ctx, hash, NULL) == 1);
	must(EVP_DigestInit_ex(sha->ctx, NULL, NULL) == 1);
}

void sha256_free(struct sha256 *sha)
{
	if (!sha)
		return;
	EVP_MD_CTX_free(sha->ctx);
	free(sha);
}
