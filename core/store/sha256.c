#include "core/store/sha256.h"

#include <openssl/evp.h>
#include <pthread.h>
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

/* Looked up once: EVP_sha256() makes every digest look it up again, which for a short text costs
 * more than the digest. Never freed. */
static EVP_MD *algorithm;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	must(algorithm != NULL);
}

static const EVP_MD *sha256_algorithm(void)
{
	pthread_once(&fetched, fetch);
	return algorithm;
}

void sha256_of(struct slice bytes, uint8_t hash[SHA256_BYTES])
{
	must(EVP_Digest(bytes.data, bytes.n, hash, NULL, sha256_algorithm(), NULL) == 1);
}

struct sha256 *sha256_new(void)
{
	struct sha256 *sha = mem_new(sizeof *sha);
	sha->ctx = EVP_MD_CTX_new();
	must(sha->ctx && EVP_DigestInit_ex(sha->ctx, sha256_algorithm(), NULL) == 1);
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
