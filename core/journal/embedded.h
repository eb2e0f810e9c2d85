/* The embedded driver's own parts. Internal to core/journal/embedded*.c.
 *
 * A struct store is one directory, opened once in this process; a struct embedded is one handle on
 * it (one journal_open). LMDB forbids a second environment on the same file within a process, so
 * handles of one directory share a store. Ownership of partitions is held by handles. */
#ifndef CORE_JOURNAL_EMBEDDED_H
#define CORE_JOURNAL_EMBEDDED_H

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "core/journal/driver.h"

#define EMBEDDED_FORMAT 1 /* version of the directory; a larger one is refused */

/* A stored record: key u64 offset (native order, MDB_INTEGERKEY); value, big endian:
 *   u64 check     XXH3 of everything behind it, seeded with partition and offset
 *   i64 timestamp milliseconds
 *   u32 bytes of the key
 *   u32 bytes of the packed headers
 *   key, headers, value (the rest) */
enum { RECORD_CHECK = 8, RECORD_HEAD = 24 };

/* The seed makes a record that turns up in another place a damaged one. */
static inline uint64_t record_seed(uint32_t partition, uint64_t offset)
{
	return offset * JOURNAL_PARTITIONS_MAX + partition;
}

struct embedded;
struct commit;

struct partition {
	MDB_dbi dbi;
	_Atomic int64_t end;    /* published: committed, and readers may see it */
	int64_t next;           /* of the committing thread: end plus what it has put */
	struct embedded *owner; /* guarded by queue_lock; NULL: appends are refused */
};

struct store {
	struct store *sibling; /* list of open stores, under the lock of embedded_store.c */
	dev_t device;
	ino_t inode;
	unsigned handles;
	int lock_fd;
	MDB_env *env;
	MDB_dbi meta;
	struct journal_identity identity;
	struct partition partitions[JOURNAL_PARTITIONS_MAX];

	pthread_mutex_t queue_lock;
	struct commit *first; /* appends that wait for the next commit, in order */
	struct commit **last;
	bool committing;

	pthread_mutex_t published_lock;
	pthread_cond_t published; /* an end moved, or a reader was woken */
	atomic_uint waiters;
};

struct embedded {
	struct store *store;
};

/* --- embedded_store.c: directory, lock, environment, identity --- */

enum status store_open(const struct journal_options *options, struct store **out,
                       struct error *err);
enum status store_finish_copy(struct store *store, struct error *err);
void store_close(struct store *store); /* by one handle; the last one closes the environment */

/* Name what LMDB answered. MDB_MAP_FULL names the configuration key. */
const char *store_strerror(int rc);

/* --- embedded_commit.c: group commit --- */

struct store_result {
	int64_t first; /* offset of the first record */
	int rc;        /* what LMDB answered */
};
/* Store @records behind the last one of @partition in one atomic, synced commit and publish them.
 * @handle must own the partition when its turn comes. Answers OK, REJECTED, UNKNOWN or FENCED. */
enum status store_append(struct store *store, const struct embedded *handle, uint32_t partition,
                         const struct journal_record *records, uint32_t n,
                         struct store_result *result, struct error *err);
/* Appends in the queue behind the running commit. Under queue_lock. */
unsigned store_waiting(const struct store *store);
/* Put one record into @cursor; shared with the creation of a store. */
int store_put(MDB_cursor *cursor, uint32_t partition, int64_t offset, int64_t now_ms,
              const struct journal_record *record);

/* --- embedded_reader.c: the reader slots of the driver --- */

enum status embedded_reader_open(void *self, void **reader, struct error *err);
void embedded_reader_close(void *reader);
enum status embedded_reader_assign(void *reader, uint32_t partition, int64_t offset,
                                   struct error *err);
enum status embedded_reader_poll(void *reader, int timeout_ms, struct journal_entry *entries,
                                 uint32_t max, uint32_t *n, struct error *err);
int64_t embedded_reader_position(const void *reader, uint32_t partition);
void embedded_reader_wake(void *reader);

#endif
