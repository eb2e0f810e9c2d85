/* Group commit: one write transaction and one sync for every append that waits.
 *
 * Leader and followers rather than a committer thread: an append that finds no commit running
 * becomes the leader and commits in its own thread, so that a lone writer (the usual case) pays no
 * thread switch; the others queue and sleep, and the leader, when it is done, wakes the head of the
 * queue to lead the next round. No timer: a group is what arrived during the last sync.
 *
 * Order of effects: put all records - commit (synced) - publish the ends - wake readers - answer.
 * Whatever fails before or in the commit leaves nothing behind and rejects the whole group, which
 * is certain: LMDB names a new tree by one write of a meta page, after the data is synced. The one
 * exception is a failure of that last write itself. LMDB then declares the environment dead
 * (MDB_PANIC on the next begin), the answer is UNKNOWN, and the directory must be opened again. */
#include "core/journal/embedded.h"

#include <assert.h>
#include <string.h>

#include <xxhash.h>

#include "core/base/clock.h"

struct commit {
	struct commit *next;
	const struct embedded *handle;
	uint32_t partition;
	const struct journal_record *records; /* borrowed: the appending thread waits */
	uint32_t n;
	int64_t first;
	int rc; /* of LMDB, for the text */
	enum status status;
	bool lead; /* this one's thread is to run the next commit */
	bool done;
	pthread_cond_t turn; /* lead or done */
};

static size_t record_size(const struct journal_record *record, size_t headers_n)
{
	return RECORD_HEAD + record->key.n + headers_n + record->value.n;
}

static char *put_slice(char *to, struct slice slice)
{
	if (slice.n)
		memcpy(to, slice.data, slice.n);
	return to + slice.n;
}

int store_put(MDB_cursor *cursor, uint32_t partition, int64_t offset, int64_t now_ms,
              const struct journal_record *record)
{
	uint64_t number = (uint64_t)offset;
	size_t headers_n = journal_headers_size(record);
	size_t size = record_size(record, headers_n);
	MDB_val key = {sizeof(number), &number};
	MDB_val value = {size, NULL};
	int rc = mdb_cursor_put(cursor, &key, &value, MDB_APPEND | MDB_RESERVE);
	char *at = value.mv_data;

	if (rc != 0)
		return rc;
	put_u64(at + 8, (uint64_t)now_ms);
	put_u32(at + 16, (uint32_t)record->key.n);
	put_u32(at + 20, (uint32_t)headers_n);
	at = put_slice(at + RECORD_HEAD, record->key);
	journal_headers_pack(record, at);
	put_slice(at + headers_n, record->value);
	at = value.mv_data;
	put_u64(at, XXH3_64bits_withSeed(at + RECORD_CHECK, size - RECORD_CHECK,
	                                 record_seed(partition, number)));
	return 0;
}

static int put_batch(struct store *store, MDB_txn *txn, struct commit *commit, int64_t now_ms)
{
	struct partition *p = &store->partitions[commit->partition];
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, p->dbi, &cursor);

	if (rc != 0)
		return rc;
	commit->first = p->next;
	for (uint32_t i = 0; rc == 0 && i < commit->n; i++) {
		rc = store_put(cursor, commit->partition, p->next, now_ms, &commit->records[i]);
		p->next++;
	}
	mdb_cursor_close(cursor);
	return rc;
}

/* Did the failed commit leave the environment usable, and with it the certainty that nothing of
 * the group is there? */
static bool is_alive(struct store *store)
{
	MDB_txn *txn;

	if (mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn) != 0)
		return false;
	mdb_txn_abort(txn);
	return true;
}

static int put_group(struct store *store, struct commit *group)
{
	int64_t now_ms = clock_now_ms();
	MDB_txn *txn;
	int rc = mdb_txn_begin(store->env, NULL, 0, &txn);

	if (rc != 0)
		return rc;
	for (struct commit *c = group; c && rc == 0; c = c->next)
		rc = put_batch(store, txn, c, now_ms);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

/* Let readers see the group. They wait under published_lock, so that none misses it. */
static void publish(struct store *store, struct commit *group)
{
	for (struct commit *c = group; c; c = c->next) {
		struct partition *p = &store->partitions[c->partition];
		atomic_store(&p->end, p->next);
	}
	if (atomic_load(&store->waiters) == 0)
		return;
	pthread_mutex_lock(&store->published_lock);
	pthread_cond_broadcast(&store->published);
	pthread_mutex_unlock(&store->published_lock);
}

static void commit_group(struct store *store, struct commit *group)
{
	enum status status = STATUS_OK;
	int rc;

	for (struct commit *c = group; c; c = c->next) {
		struct partition *p = &store->partitions[c->partition];
		p->next = atomic_load(&p->end);
	}
	rc = put_group(store, group);
	if (rc == 0)
		publish(store, group);
	else
		status = is_alive(store) ? STATUS_REJECTED : STATUS_UNKNOWN;
	for (struct commit *c = group; c; c = c->next) {
		c->status = status;
		c->rc = rc;
	}
}

static void finish(struct commit *commit)
{
	commit->done = true;
	pthread_cond_signal(&commit->turn);
}

static size_t batch_bytes(const struct commit *commit)
{
	size_t n = 0;

	for (uint32_t i = 0; i < commit->n; i++)
		n += record_size(&commit->records[i], journal_headers_size(&commit->records[i]));
	return n;
}

/* Under queue_lock: take what the next transaction stores, in order, and answer those that have
 * lost their partition. The first one is taken whatever its size. */
static struct commit *take_group(struct store *store)
{
	struct commit *group = NULL, **tail = &group;
	size_t bytes = 0;

	while (store->first) {
		struct commit *commit = store->first;
		bool owned = store->partitions[commit->partition].owner == commit->handle;

		bytes += owned ? batch_bytes(commit) : 0;
		if (group && bytes > JOURNAL_BATCH_BYTES_MAX)
			break;
		store->first = commit->next;
		commit->next = NULL;
		if (owned) {
			*tail = commit;
			tail = &commit->next;
		} else {
			commit->status = STATUS_FENCED;
			finish(commit);
		}
	}
	if (!store->first)
		store->last = &store->first;
	return group;
}

/* Under queue_lock, with store->committing set by or for this thread. */
static void lead_group(struct store *store)
{
	struct commit *group = take_group(store);
	struct commit *next;

	if (group) {
		pthread_mutex_unlock(&store->queue_lock);
		commit_group(store, group);
		pthread_mutex_lock(&store->queue_lock);
	}
	for (struct commit *c = group; c; c = next) {
		next = c->next; /* c is gone once its thread sees that it is done */
		finish(c);
	}
	if (store->first) {
		store->first->lead = true;
		pthread_cond_signal(&store->first->turn);
	} else {
		store->committing = false;
	}
}

static void run(struct store *store, struct commit *commit)
{
	pthread_mutex_lock(&store->queue_lock);
	*store->last = commit;
	store->last = &commit->next;
	if (!store->committing) {
		store->committing = true;
		commit->lead = true;
	}
	while (!commit->lead && !commit->done)
		pthread_cond_wait(&commit->turn, &store->queue_lock);
	if (commit->lead)
		lead_group(store); /* takes the head of the queue: this one */
	assert(commit->done);
	pthread_mutex_unlock(&store->queue_lock);
}

unsigned store_waiting(const struct store *store)
{
	unsigned n = 0;

	for (const struct commit *c = store->first; c; c = c->next)
		n++;
	return n;
}

enum status store_append(struct store *store, const struct embedded *handle, uint32_t partition,
                         const struct journal_record *records, uint32_t n,
                         struct store_result *result, struct error *err)
{
	struct commit commit = {
	        .handle = handle, .partition = partition, .records = records, .n = n};

	pthread_cond_init(&commit.turn, NULL);
	run(store, &commit);
	pthread_cond_destroy(&commit.turn);
	*result = (struct store_result){commit.first, commit.rc};
	if (commit.status == STATUS_FENCED)
		error_set(err, STATUS_FENCED,
		          "this handle does not own the partition (claimed by another, released, "
		          "or never claimed)");
	else if (commit.status == STATUS_UNKNOWN)
		error_set(err, STATUS_UNKNOWN, "commit: %s: the journal must be opened again",
		          store_strerror(commit.rc));
	else if (commit.status != STATUS_OK)
		error_set(err, commit.status, "commit: %s", store_strerror(commit.rc));
	return commit.status;
}
