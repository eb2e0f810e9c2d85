/* Ordered key-value store: a small face over LMDB.
 *
 * One writer at a time, any number of readers; a reader sees one committed state. Values borrow
 * from the transaction. Two kinds of durability:
 *   KV_DURABLE      every commit is synchronous: for what cannot be made again (keys)
 *   KV_REBUILDABLE  no sync at commit: survives kill -9 (the page cache keeps it), and after an
 *                   operating-system crash the store is found stale by the boot id kept inside,
 *                   emptied at open and rebuilt from the journal. Only folds may use it.
 *
 * Keys are 1 to KV_KEY_MAX bytes. Threads: a kv is shared; a kv_txn and its cursors belong to one
 * thread. Read transactions pin pages: keep them short. */
#ifndef CORE_STORE_KV_H
#define CORE_STORE_KV_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/status.h"

#define KV_KEY_MAX    511 /* compiled into LMDB */
#define KV_TABLES_MAX 32

enum kv_durability { KV_DURABLE, KV_REBUILDABLE };

struct kv;
struct kv_txn;
struct kv_cursor;

struct kv_options {
	const char *dir; /* made if missing, mode 0700 */
	enum kv_durability durability;
	uint64_t map_bytes;        /* limit of growth */
	const char *const *tables; /* names, ends with NULL; table i is addressed as i */
	uint32_t format; /* of the caller's layout: another one empties a rebuildable store
	                  * and is STATUS_VERSION for a durable one */
	bool read_only;  /* another process may be writing */
};

/* *@emptied (may be NULL): the store was stale or of another format and is empty now. */
enum status kv_open(const struct kv_options *options, struct kv **out, bool *emptied,
                    struct error *err);
void kv_close(struct kv *kv); /* NULL is fine */

/* Begin. A second writer waits. */
enum status kv_begin_read(struct kv *kv, struct kv_txn **out, struct error *err);
enum status kv_begin_write(struct kv *kv, struct kv_txn **out, struct error *err);
/* The transaction is gone in every case. STATUS_FULL when the map is full. */
enum status kv_commit(struct kv_txn *txn, struct error *err);
void kv_abort(struct kv_txn *txn); /* also ends a read; NULL is fine */

/* false: no such key. *@value borrows until the next change or the end of the transaction. */
bool kv_get(struct kv_txn *txn, uint32_t table, struct slice key, struct slice *value);
/* Failures (map full, disk) stick to the transaction: kv_failed tells, kv_commit reports. */
void kv_put(struct kv_txn *txn, uint32_t table, struct slice key, struct slice value);
void kv_del(struct kv_txn *txn, uint32_t table, struct slice key);
void kv_clear(struct kv_txn *txn, uint32_t table);
bool kv_failed(const struct kv_txn *txn);
/* STATUS_OK if nothing failed in @txn, else what kv_commit would report. */
enum status kv_failure(const struct kv_txn *txn, struct error *err);

/* Cursors, closed before their transaction ends. kv_seek goes to the first key >= @key,
 * kv_seek_before to the last key < @key. All return false at the end. Slices borrow as in kv_get.
 */
struct kv_cursor *kv_cursor_open(struct kv_txn *txn, uint32_t table);
void kv_cursor_close(struct kv_cursor *cursor);
bool kv_seek(struct kv_cursor *cursor, struct slice key, struct slice *found, struct slice *value);
bool kv_seek_before(struct kv_cursor *cursor, struct slice key, struct slice *found,
                    struct slice *value);
bool kv_next(struct kv_cursor *cursor, struct slice *found, struct slice *value);
bool kv_prev(struct kv_cursor *cursor, struct slice *found, struct slice *value);

/* Remove the store in @dir, which nobody has open. No such store is fine. */
enum status kv_drop(const char *dir, struct error *err);

#endif
