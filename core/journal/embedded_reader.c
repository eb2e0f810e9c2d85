/* Readers of the embedded journal: entries point into the map, nothing is copied.
 *
 * A reader holds a read transaction from one poll to the next, because the entries it has handed
 * out borrow from it, and renews it in each poll that finds something. A poll that has to wait
 * gives it up first, so that a quiet reader pins no pages.
 *
 * What may be read is bounded by the published ends, taken before the transaction is renewed: the
 * snapshot has at least those records, and a reader is never ahead of journal_end. An assigned
 * partition with nothing new costs one atomic load. */
#include "core/journal/embedded.h"

#include <stdlib.h>
#include <time.h>
#include <xxhash.h>

#include "core/base/clock.h"

struct place {
	uint32_t partition;
	int64_t position;   /* next offset to read */
	int64_t limit;      /* the published end as this poll has seen it */
	MDB_cursor *cursor; /* NULL until first used */
};

struct reader {
	struct store *store;
	MDB_txn *txn; /* NULL until first used; not live: reset, to be renewed */
	bool live;
	bool woken; /* guarded by published_lock */
	uint32_t places_n;
	uint32_t turn; /* place that is served first */
	struct place places[JOURNAL_PARTITIONS_MAX];
};

enum status embedded_reader_open(void *self, void **out, struct error *err)
{
	struct embedded *handle = self;
	struct reader *reader = mem_new(sizeof(*reader));

	(void)err; /* cannot fail: the transaction begins with the first poll */
	reader->store = handle->store;
	*out = reader;
	return STATUS_OK;
}

void embedded_reader_close(void *self)
{
	struct reader *reader = self;

	for (uint32_t i = 0; i < reader->places_n; i++)
		if (reader->places[i].cursor)
			mdb_cursor_close(reader->places[i].cursor);
	if (reader->txn)
		mdb_txn_abort(reader->txn);
	free(reader);
}

static struct place *find_place(const struct reader *reader, uint32_t partition)
{
	for (uint32_t i = 0; i < reader->places_n; i++)
		if (reader->places[i].partition == partition)
			return (struct place *)&reader->places[i];
	return NULL;
}

enum status embedded_reader_assign(void *self, uint32_t partition, int64_t offset,
                                   struct error *err)
{
	struct reader *reader = self;
	int64_t end = atomic_load(&reader->store->partitions[partition].end);
	struct place *place = find_place(reader, partition);

	if (offset > end)
		return error_set(err, STATUS_CORRUPT,
		                 "partition %u ends at %lld, before %lld: acknowledged records "
		                 "are missing",
		                 partition, (long long)end, (long long)offset);
	if (!place)
		place = &reader->places[reader->places_n++];
	place->partition = partition;
	place->position = offset;
	return STATUS_OK;
}

int64_t embedded_reader_position(const void *self, uint32_t partition)
{
	const struct place *place = find_place(self, partition);

	return place ? place->position : 0;
}

void embedded_reader_wake(void *self)
{
	struct reader *reader = self;
	struct store *store = reader->store;

	pthread_mutex_lock(&store->published_lock);
	reader->woken = true;
	pthread_cond_broadcast(&store->published);
	pthread_mutex_unlock(&store->published_lock);
}

/* --- waiting --- */

static void let_go(struct reader *reader)
{
	if (reader->live)
		mdb_txn_reset(reader->txn);
	reader->live = false;
}

/* The number of places that have something to read; their limits are set. */
static uint32_t look(struct reader *reader)
{
	uint32_t ready = 0;

	for (uint32_t i = 0; i < reader->places_n; i++) {
		struct place *place = &reader->places[i];
		place->limit = atomic_load(&reader->store->partitions[place->partition].end);
		ready += place->position < place->limit;
	}
	return ready;
}

static struct timespec deadline_after(int timeout_ms)
{
	int64_t at = clock_monotonic_ms() + timeout_ms;

	return (struct timespec){at / 1000, at % 1000 * 1000000};
}

/* Until something is published, the reader is woken, or the time is up. A wake that came before the
 * wait counts: it ends this one. */
static uint32_t wait_for_more(struct reader *reader, int timeout_ms)
{
	struct store *store = reader->store;
	struct timespec deadline = deadline_after(timeout_ms);
	uint32_t ready;
	int rc = 0;

	pthread_mutex_lock(&store->published_lock);
	atomic_fetch_add(&store->waiters, 1); /* before look(): see publish() */
	while ((ready = look(reader)) == 0 && !reader->woken && rc == 0)
		rc = pthread_cond_timedwait(&store->published, &store->published_lock, &deadline);
	reader->woken = false;
	atomic_fetch_sub(&store->waiters, 1);
	pthread_mutex_unlock(&store->published_lock);
	return ready;
}

/* --- reading --- */

static int renew(struct reader *reader)
{
	int rc = reader->txn ? mdb_txn_renew(reader->txn)
	                     : mdb_txn_begin(reader->store->env, NULL, MDB_RDONLY, &reader->txn);

	reader->live = rc == 0;
	return rc;
}

static int seek(struct reader *reader, struct place *place, MDB_val *key, MDB_val *value)
{
	uint64_t offset = (uint64_t)place->position;
	int rc;

	if (place->cursor)
		rc = mdb_cursor_renew(reader->txn, place->cursor);
	else
		rc = mdb_cursor_open(reader->txn, reader->store->partitions[place->partition].dbi,
		                     &place->cursor);
	*key = (MDB_val){sizeof(offset), &offset};
	return rc == 0 ? mdb_cursor_get(place->cursor, key, value, MDB_SET_RANGE) : rc;
}

static bool unpack(uint32_t partition, uint64_t offset, const MDB_val *value,
                   struct journal_entry *entry)
{
	const char *at = value->mv_data;
	size_t key_n, headers_n, left;

	if (value->mv_size < RECORD_HEAD ||
	    get_u64(at) != XXH3_64bits_withSeed(at + RECORD_CHECK, value->mv_size - RECORD_CHECK,
	                                        record_seed(partition, offset)))
		return false;
	left = value->mv_size - RECORD_HEAD;
	key_n = get_u32(at + 16);
	headers_n = get_u32(at + 20);
	if (key_n > left || headers_n > left - key_n)
		return false;
	entry->partition = partition;
	entry->offset = (int64_t)offset;
	entry->timestamp_ms = (int64_t)get_u64(at + 8);
	at += RECORD_HEAD;
	entry->key = slice_of(at, key_n);
	entry->headers = slice_of(at + key_n, headers_n);
	entry->value = slice_of(at + key_n + headers_n, left - key_n - headers_n);
	return true;
}

/* Up to @max entries of @place. */
static enum status read_place(struct reader *reader, struct place *place,
                              struct journal_entry *entries, uint32_t max, uint32_t *n,
                              struct error *err)
{
	MDB_val key, value;
	int rc = seek(reader, place, &key, &value);
	uint32_t done = 0;

	while (rc == 0 && done < max) {
		uint64_t offset;
		memcpy(&offset, key.mv_data, sizeof(offset));
		if ((int64_t)offset >= place->limit)
			break;
		if (!unpack(place->partition, offset, &value, &entries[done]))
			return error_set(err, STATUS_CORRUPT, "partition %u offset %llu: damaged",
			                 place->partition, (unsigned long long)offset);
		place->position = (int64_t)offset + 1;
		*n = ++done;
		if (place->position < place->limit && done < max)
			rc = mdb_cursor_get(place->cursor, &key, &value, MDB_NEXT);
		else
			break;
	}
	if (rc == 0)
		return STATUS_OK;
	return error_set(err, rc == MDB_NOTFOUND ? STATUS_CORRUPT : STATUS_IO,
	                 "partition %u behind offset %lld: %s", place->partition,
	                 (long long)place->position, mdb_strerror(rc));
}

/* Each ready place gets an equal share of @max; the place after the last one served is first in
 * the next poll, so that a small @max starves none. A failure is reported when it is the first
 * thing met: what was read before it is handed out, and the next poll meets it again. */
static enum status read_places(struct reader *reader, uint32_t ready, struct journal_entry *entries,
                               uint32_t max, uint32_t *n, struct error *err)
{
	uint32_t share = max / ready ? max / ready : 1;
	enum status status = STATUS_OK;

	for (uint32_t i = 0; status == STATUS_OK && *n < max && i < reader->places_n; i++) {
		struct place *place = &reader->places[reader->turn];
		uint32_t room = max - *n < share ? max - *n : share;
		uint32_t got = 0;

		if (place->position < place->limit) {
			status = read_place(reader, place, entries + *n, room, &got, err);
			*n += got;
		}
		if (status == STATUS_OK)
			reader->turn = (reader->turn + 1) % reader->places_n;
	}
	return *n > 0 ? STATUS_OK : status;
}

enum status embedded_reader_poll(void *self, int timeout_ms, struct journal_entry *entries,
                                 uint32_t max, uint32_t *n, struct error *err)
{
	struct reader *reader = self;
	uint32_t ready;
	int rc;

	let_go(reader);
	*n = 0;
	ready = look(reader);
	if (ready == 0)
		ready = wait_for_more(reader, timeout_ms > 0 ? timeout_ms : 0);
	if (ready == 0 || max == 0)
		return STATUS_OK;
	rc = renew(reader);
	if (rc != 0)
		return error_set(err, STATUS_IO, "begin to read: %s", mdb_strerror(rc));
	return read_places(reader, ready, entries, max, n, err);
}
