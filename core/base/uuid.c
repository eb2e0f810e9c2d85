/* Small requests (ids, salts) are served from a pool of kernel bytes per thread, one getrandom(2)
 * for 128 of them; bytes leave the pool when they are handed out. A forked child must not
 * hand out the same bytes as its parent, so a fork empties the pool. */
#include "core/base/uuid.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define POOL_BYTES 2048
#define POOLED_MAX 16

static _Thread_local struct {
	uint8_t bytes[POOL_BYTES];
	size_t left;
	uint32_t fork;
} pool;
static atomic_uint forks; /* so many forks lie between the first process and this one */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *sha1;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "{\"level\":\"error\",\"logger\":\"base\",\"msg\":\"%s\"}\n", what);
	abort();
}

static void count_fork(void)
{
	atomic_fetch_add_explicit(&forks, 1, memory_order_relaxed);
}

static void init_once(void)
{
	if (pthread_atfork(NULL, NULL, count_fork) != 0)
		die("cannot register a fork handler");
	sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	if (!sha1)
		die("libcrypto has no SHA-1");
}

static void kernel_bytes(uint8_t *to, size_t n)
{
	while (n) {
		ssize_t got = getrandom(to, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			die("the kernel gives no random bytes");
		to += got;
		n -= (size_t)got;
	}
}

void random_bytes(void *to, size_t n)
{
	if (n > POOLED_MAX) {
		kernel_bytes(to, n);
		return;
	}
	pthread_once(&once, init_once);
	uint32_t fork = atomic_load_explicit(&forks, memory_order_relaxed);
	if (pool.left < n || pool.fork != fork) {
		kernel_bytes(pool.bytes, POOL_BYTES);
		pool.left = POOL_BYTES;
		pool.fork = fork;
	}
	pool.left -= n;
	memcpy(to, pool.bytes + pool.left, n);
	explicit_bzero(pool.bytes + pool.left, n);
}

static void set_version(struct uuid *uuid, unsigned version)
{
	uuid->bytes[6] = (uint8_t)((uuid->bytes[6] & 0x0f) | version << 4);
	uuid->bytes[8] = (uint8_t)((uuid->bytes[8] & 0x3f) | 0x80);
}

struct uuid uuid_v4(void)
{
	struct uuid uuid;
	random_bytes(uuid.bytes, 16);
	set_version(&uuid, 4);
	return uuid;
}

/* A counter that overflows runs into the next millisecond; the stamp then stays ahead until the
 * clock catches up. A clock that goes back is followed: the caller's time is the truth. */
struct uuid uuid_v7(int64_t now_ms)
{
	static _Thread_local int64_t given_ms = INT64_MIN, stamp_ms = INT64_MIN;
	static _Thread_local uint32_t counter;
	struct uuid uuid;

	random_bytes(uuid.bytes + 6, 10);
	if (now_ms > stamp_ms || now_ms < given_ms) {
		stamp_ms = now_ms;
		/* a random start in the lower half; the upper half is room to count */
		counter = ((uint32_t)uuid.bytes[6] << 8 | uuid.bytes[7]) & 0x7ff;
	} else if (++counter > 0xfff) {
		stamp_ms++;
		counter = 0;
	}
	given_ms = now_ms;

	uint64_t ms = (uint64_t)stamp_ms;
	for (int i = 0; i < 6; i++)
		uuid.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
	uuid.bytes[6] = (uint8_t)(counter >> 8);
	uuid.bytes[7] = (uint8_t)counter;
	set_version(&uuid, 7);
	return uuid;
}

struct uuid uuid_v5(const struct uuid *space, struct slice name)
{
	pthread_once(&once, init_once);
	uint8_t digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (!ctx || !EVP_DigestInit_ex2(ctx, sha1, NULL) ||
	    !EVP_DigestUpdate(ctx, space->bytes, 16) || !EVP_DigestUpdate(ctx, name.data, name.n) ||
	    !EVP_DigestFinal_ex(ctx, digest, NULL))
		die("SHA-1 failed");
	EVP_MD_CTX_free(ctx);

	struct uuid uuid;
	memcpy(uuid.bytes, digest, 16);
	set_version(&uuid, 5);
	return uuid;
}
