/* The journal of one machine: an LMDB environment in <data_dir>/journal.
 *
 * One database per partition (p000, p001, ...), key = offset, records appended with MDB_APPEND; a
 * database "meta" with format version, journal id, number of partitions and lineage. Every commit
 * is LMDB's default synchronous one (data synced, then the meta page): a batch is on the disk, in
 * whole, when journal_append reports success, and a process that is killed at any instruction
 * leaves the last commit behind. NOSYNC and NOMETASYNC are not to be used here.
 *
 * One process at a time (embedded_store.c), within it any number of handles and threads. Appends
 * that arrive while a commit runs share the next one (embedded_commit.c).
 *
 * Ownership: a claim takes the partition from the handle that had it at once; what that handle has
 * already handed to a running commit is stored before the OwnerClaimed record, everything later is
 * answered FENCED. */
#include "core/journal/embedded.h"

#include <stdlib.h>

#include "core/base/clock.h"

static enum status embedded_open(const struct journal_options *options, void **self,
                                 struct journal_identity *identity, struct error *err)
{
	struct embedded *handle;
	struct store *store;
	enum status status = store_open(options, &store, err);

	if (status != STATUS_OK)
		return status;
	handle = mem_new(sizeof(*handle));
	handle->store = store;
	*identity = store->identity;
	*self = handle;
	return STATUS_OK;
}

/* Make @to the owner if @from is; @from NULL: whoever it is. */
static void change_owner(struct store *store, uint32_t partition, const struct embedded *from,
                         struct embedded *to)
{
	struct partition *p = &store->partitions[partition];

	pthread_mutex_lock(&store->queue_lock);
	if (!from || p->owner == from)
		p->owner = to;
	pthread_mutex_unlock(&store->queue_lock);
}

static void embedded_release(void *self, uint32_t partition)
{
	struct embedded *handle = self;

	change_owner(handle->store, partition, handle, NULL);
}

static void embedded_close(void *self)
{
	struct embedded *handle = self;

	for (uint32_t i = 0; i < handle->store->identity.partitions; i++)
		embedded_release(handle, i);
	store_close(handle->store);
	free(handle);
}

static enum status embedded_append(void *self, uint32_t partition,
                                   const struct journal_record *records, uint32_t n,
                                   int64_t *offsets, struct error *err)
{
	struct embedded *handle = self;
	struct store_result result;
	enum status status =
	        store_append(handle->store, handle, partition, records, n, &result, err);

	if (status == STATUS_UNKNOWN)
		embedded_release(handle, partition);
	if (status == STATUS_OK && offsets)
		for (uint32_t i = 0; i < n; i++)
			offsets[i] = result.first + i;
	return status;
}

static enum status embedded_claim(void *self, uint32_t partition, const struct journal_owner *owner,
                                  int64_t *end, struct error *err)
{
	struct embedded *handle = self;
	struct journal_record record = {0};
	struct store_result result;
	struct buf value = {0};
	enum status status;

	change_owner(handle->store, partition, NULL, handle);
	journal_control_claimed(owner, partition, clock_now_ms(), &value);
	record.value = buf_slice(&value);
	status = store_append(handle->store, handle, partition, &record, 1, &result, err);
	buf_release(&value);
	*end = result.first + 1;
	if (status == STATUS_OK)
		return STATUS_OK;
	/* The earlier owner stays fenced: it must not go on as if nothing had been tried. */
	embedded_release(handle, partition);
	if (status == STATUS_FENCED)
		return status;
	return error_set(err, result.rc == MDB_MAP_FULL ? STATUS_FULL : STATUS_IO,
	                 "write OwnerClaimed: %s", store_strerror(result.rc));
}

/* The only process there is: its own memory knows. */
static enum status embedded_confirm(void *self, uint32_t partition, struct error *err)
{
	struct embedded *handle = self;
	bool owns;

	pthread_mutex_lock(&handle->store->queue_lock);
	owns = handle->store->partitions[partition].owner == handle;
	pthread_mutex_unlock(&handle->store->queue_lock);
	return owns ? STATUS_OK : error_set(err, STATUS_FENCED, "the partition is not ours");
}

static enum status embedded_finish_copy(void *self, struct error *err)
{
	struct embedded *handle = self;

	return store_finish_copy(handle->store, err);
}

static enum status embedded_end(void *self, uint32_t partition, int64_t *end, struct error *err)
{
	struct embedded *handle = self;

	(void)err; /* cannot fail */
	*end = atomic_load_explicit(&handle->store->partitions[partition].end,
	                            memory_order_acquire);
	return STATUS_OK;
}

const struct journal_driver journal_embedded = {
        .name = "embedded",
        .open = embedded_open,
        .close = embedded_close,
        .claim = embedded_claim,
        .release = embedded_release,
        .append = embedded_append,
        .confirm = embedded_confirm,
        .finish_copy = embedded_finish_copy,
        .end = embedded_end,
        .reader_open = embedded_reader_open,
        .reader_close = embedded_reader_close,
        .reader_assign = embedded_reader_assign,
        .reader_poll = embedded_reader_poll,
        .reader_position = embedded_reader_position,
        .reader_wake = embedded_reader_wake,
};
