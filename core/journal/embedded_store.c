/* The directory of the embedded journal: the lock, the environment, the identity.
 *
 *   <data_dir>/journal/process.lock   held (fcntl) by the one process that has the journal open
 *   <data_dir>/journal/data.mdb       the LMDB environment; lock.mdb beside it is LMDB's own
 *
 * The lock is a POSIX record lock because the kernel then names its holder, whatever a dead process
 * left in a file; the price, that closing any descriptor of the file drops it, is paid by opening
 * it in one place only. LMDB keeps its own locking, so that mdb_copy and mdb_stat can be used on a
 * running journal.
 *
 * Creation is one transaction: identity and the first record of every partition are there together
 * or the next open with create starts over. */
#include "core/journal/embedded.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"

/* A test compiles this file with a small unit, to fill a map. */
#ifndef MAP_SIZE_UNIT
#define MAP_SIZE_UNIT ((size_t)1 << 30)
#endif

enum { READERS_MAX = 4096 };

static pthread_mutex_t stores_lock = PTHREAD_MUTEX_INITIALIZER;
static struct store *stores;

const char *store_strerror(int rc)
{
	if (rc == MDB_MAP_FULL)
		return "the journal has reached map_size_gib: raise that key and restart";
	return mdb_strerror(rc);
}

static enum status from_lmdb(int rc, const char *what, struct error *err)
{
	enum status status = STATUS_IO;

	if (rc == MDB_VERSION_MISMATCH)
		status = STATUS_VERSION;
	else if (rc == MDB_MAP_FULL)
		status = STATUS_FULL;
	else if (rc == MDB_INVALID || rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND)
		status = STATUS_CORRUPT;
	return error_set(err, status, "%s: %s", what, store_strerror(rc));
}

/* --- directory and lock --- */

static enum status sync_directory(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed = fd < 0 || fsync(fd) != 0;
	int saved = errno;

	if (fd >= 0)
		close(fd);
	if (failed)
		return error_set(err, STATUS_IO, "sync %s: %s", path, strerror(saved));
	return STATUS_OK;
}

static enum status make_directory(const char *path, struct error *err)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return STATUS_OK;
	return error_set(err, STATUS_IO, "mkdir %s: %s", path, strerror(errno));
}

static enum status find_directory(const struct journal_options *options, const char *path,
                                  struct stat *found, struct error *err)
{
	enum status status = STATUS_OK;

	if (options->create) {
		status = make_directory(options->config->data_dir, err);
		if (status == STATUS_OK)
			status = make_directory(path, err);
		if (status == STATUS_OK)
			status = sync_directory(options->config->data_dir, err);
	}
	if (status != STATUS_OK)
		return status;
	if (stat(path, found) == 0)
		return STATUS_OK;
	return error_set(err, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO, "%s: %s", path,
	                 strerror(errno));
}

static enum status lock_process(struct store *store, const char *path, struct error *err)
{
	struct buf name = {0};
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	buf_printf(&name, "%s/process.lock", path);
	store->lock_fd = open(buf_cstr(&name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	buf_release(&name);
	if (store->lock_fd < 0)
		return error_set(err, STATUS_IO, "%s/process.lock: %s", path, strerror(errno));
	if (fcntl(store->lock_fd, F_SETLK, &lock) == 0)
		return STATUS_OK;
	if (errno != EACCES && errno != EAGAIN)
		return error_set(err, STATUS_IO, "lock %s: %s", path, strerror(errno));
	if (fcntl(store->lock_fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		return error_set(err, STATUS_BUSY, "%s is in use by process %ld", path,
		                 (long)lock.l_pid);
	return error_set(err, STATUS_BUSY, "%s was in use by a process that has just ended", path);
}

/* --- identity: the rows of the meta database --- */

/* id, u32 partitions, u32 ancestors, their ids */
enum { IDENTITY_HEAD = 16 + 4 + 4, ANCESTORS_MAX = 16 };
#define KEYS_ROW "keys_id"
#define UNFINISHED_KEY                                                                             \
	{                                                                                          \
		10, (void *)(uintptr_t) "unfinished"                                               \
	}

static int meta_put(MDB_txn *txn, MDB_dbi meta, const char *name, const void *data, size_t n)
{
	MDB_val key = {strlen(name), (void *)(uintptr_t)name};
	MDB_val value = {n, (void *)(uintptr_t)data};

	return mdb_put(txn, meta, &key, &value, 0);
}

static enum status meta_get(MDB_txn *txn, MDB_dbi meta, const char *name, struct slice *out,
                            struct error *err)
{
	MDB_val key = {strlen(name), (void *)(uintptr_t)name};
	MDB_val value;
	int rc = mdb_get(txn, meta, &key, &value);

	if (rc == MDB_NOTFOUND)
		return error_set(err, STATUS_CORRUPT, "the meta database has no %s", name);
	if (rc != 0)
		return from_lmdb(rc, name, err);
	*out = slice_of(value.mv_data, value.mv_size);
	return STATUS_OK;
}

static enum status check_format(MDB_txn *txn, MDB_dbi meta, struct error *err)
{
	struct slice row;
	enum status status = meta_get(txn, meta, "format", &row, err);

	if (status != STATUS_OK)
		return status;
	if (row.n != 4 || get_u32(row.data) == 0)
		return error_set(err, STATUS_CORRUPT, "format of %zu bytes", row.n);
	if (get_u32(row.data) > EMBEDDED_FORMAT)
		return error_set(err, STATUS_VERSION,
		                 "the directory has format %u, this program (%s) knows up to %d: "
		                 "use a newer version",
		                 get_u32(row.data), NEXUSFLOW_VERSION, EMBEDDED_FORMAT);
	return STATUS_OK;
}

/* Journals of older versions have no such row. */
static enum status get_keys_id(MDB_txn *txn, MDB_dbi meta, struct uuid *id, struct error *err)
{
	MDB_val key = {strlen(KEYS_ROW), (void *)(uintptr_t)KEYS_ROW}, value;
	int rc = mdb_get(txn, meta, &key, &value);

	memset(id, 0, sizeof(*id));
	if (rc == MDB_NOTFOUND)
		return STATUS_OK;
	if (rc != 0)
		return from_lmdb(rc, KEYS_ROW, err);
	if (value.mv_size != sizeof(id->bytes))
		return error_set(err, STATUS_CORRUPT, KEYS_ROW " of %zu bytes", value.mv_size);
	memcpy(id->bytes, value.mv_data, sizeof(id->bytes));
	return STATUS_OK;
}

/* The row is there as long as the copy is not finished. */
static enum status get_unfinished(MDB_txn *txn, MDB_dbi meta, bool *unfinished, struct error *err)
{
	MDB_val key = UNFINISHED_KEY, value;
	int rc = mdb_get(txn, meta, &key, &value);

	*unfinished = rc == 0;
	return rc == 0 || rc == MDB_NOTFOUND ? STATUS_OK : from_lmdb(rc, "unfinished", err);
}

static enum status get_identity(MDB_txn *txn, MDB_dbi meta, struct journal_identity *identity,
                                struct error *err)
{
	struct slice row;
	enum status status = meta_get(txn, meta, "identity", &row, err);

	if (status != STATUS_OK)
		return status;
	if (row.n < IDENTITY_HEAD)
		return error_set(err, STATUS_CORRUPT, "identity of %zu bytes", row.n);
	memcpy(identity->id.bytes, row.data, 16);
	identity->partitions = get_u32(row.data + 16);
	identity->ancestors_n = get_u32(row.data + 20);
	if (identity->partitions == 0 || identity->partitions > JOURNAL_PARTITIONS_MAX ||
	    identity->ancestors_n > ANCESTORS_MAX ||
	    row.n != IDENTITY_HEAD + identity->ancestors_n * sizeof(struct uuid))
		return error_set(err, STATUS_CORRUPT, "identity: partitions %u, ancestors %u",
		                 identity->partitions, identity->ancestors_n);
	memcpy(identity->ancestors, row.data + IDENTITY_HEAD,
	       identity->ancestors_n * sizeof(struct uuid));
	status = get_keys_id(txn, meta, &identity->keys_id, err);
	return status ? status : get_unfinished(txn, meta, &identity->unfinished, err);
}

static int put_identity(MDB_txn *txn, MDB_dbi meta, const struct journal_identity *identity)
{
	size_t ancestors = identity->ancestors_n * sizeof(struct uuid);
	char row[IDENTITY_HEAD + sizeof(identity->ancestors)];
	char format[4];
	int rc;

	put_u32(format, EMBEDDED_FORMAT);
	rc = meta_put(txn, meta, "format", format, sizeof(format));
	if (rc != 0)
		return rc;
	memcpy(row, identity->id.bytes, 16);
	put_u32(row + 16, identity->partitions);
	put_u32(row + 20, identity->ancestors_n);
	memcpy(row + IDENTITY_HEAD, identity->ancestors, ancestors);
	rc = meta_put(txn, meta, "identity", row, IDENTITY_HEAD + ancestors);
	if (rc == 0 && !uuid_is_nil(&identity->keys_id))
		rc = meta_put(txn, meta, KEYS_ROW, identity->keys_id.bytes,
		              sizeof(identity->keys_id.bytes));
	return rc == 0 && identity->unfinished ? meta_put(txn, meta, "unfinished", "", 0) : rc;
}

enum status store_finish_copy(struct store *store, struct error *err)
{
	MDB_val key = UNFINISHED_KEY;
	MDB_txn *txn;
	int rc = mdb_txn_begin(store->env, NULL, 0, &txn);

	if (rc != 0)
		return from_lmdb(rc, "finish the copy", err);
	rc = mdb_del(txn, store->meta, &key, NULL);
	if (rc == 0 || rc == MDB_NOTFOUND)
		rc = mdb_txn_commit(txn);
	else
		mdb_txn_abort(txn);
	if (rc != 0)
		return from_lmdb(rc, "finish the copy", err);
	store->identity.unfinished = false;
	return STATUS_OK;
}

/* --- environment --- */

static int open_partition(struct store *store, MDB_txn *txn, uint32_t partition, unsigned flags)
{
	char name[16];

	snprintf(name, sizeof(name), "p%03u", partition);
	return mdb_dbi_open(txn, name, MDB_INTEGERKEY | flags, &store->partitions[partition].dbi);
}

static int put_created(struct store *store, MDB_txn *txn, uint32_t partition, int64_t now_ms)
{
	struct buf value = {0};
	struct journal_record record = {0};
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, store->partitions[partition].dbi, &cursor);

	if (rc != 0)
		return rc;
	journal_control_created(&store->identity, partition, now_ms, &value);
	record.value = buf_slice(&value);
	rc = store_put(cursor, partition, 0, now_ms, &record);
	mdb_cursor_close(cursor);
	buf_release(&value);
	return rc;
}

static int create_all(struct store *store, MDB_txn *txn, const struct journal_options *options)
{
	int rc = mdb_dbi_open(txn, "meta", MDB_CREATE, &store->meta);

	store->identity = journal_identity_new(options, (uint32_t)options->config->partitions);
	if (rc == 0)
		rc = put_identity(txn, store->meta, &store->identity);
	for (uint32_t i = 0; rc == 0 && i < store->identity.partitions; i++) {
		rc = open_partition(store, txn, i, MDB_CREATE);
		if (rc == 0)
			rc = put_created(store, txn, i, clock_now_ms());
	}
	return rc;
}

static enum status create(struct store *store, const struct journal_options *options,
                          struct error *err)
{
	int64_t partitions = options->config->partitions;
	MDB_txn *txn;
	int rc;

	if (partitions < 1 || partitions > JOURNAL_PARTITIONS_MAX)
		return error_set(err, STATUS_INVALID, "partitions = %lld", (long long)partitions);
	rc = mdb_txn_begin(store->env, NULL, 0, &txn);
	if (rc != 0)
		return from_lmdb(rc, "create", err);
	rc = create_all(store, txn, options);
	if (rc == 0)
		rc = mdb_txn_commit(txn);
	else
		mdb_txn_abort(txn);
	return rc == 0 ? STATUS_OK : from_lmdb(rc, "create", err);
}

/* The last key of a partition. */
static enum status load_end(struct store *store, MDB_txn *txn, uint32_t partition,
                            struct error *err)
{
	struct partition *p = &store->partitions[partition];
	MDB_cursor *cursor;
	MDB_val key, value;
	uint64_t last;
	int rc = mdb_cursor_open(txn, p->dbi, &cursor);

	if (rc == 0) {
		rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
		mdb_cursor_close(cursor);
	}
	if (rc != 0 || key.mv_size != sizeof(last))
		return error_set(err, STATUS_CORRUPT, "partition %u: last record: %s", partition,
		                 mdb_strerror(rc));
	memcpy(&last, key.mv_data, sizeof(last));
	atomic_store(&p->end, (int64_t)last + 1);
	return STATUS_OK;
}

static enum status load_all(struct store *store, MDB_txn *txn, struct error *err)
{
	enum status status;
	int rc = mdb_dbi_open(txn, "meta", 0, &store->meta);

	if (rc == MDB_NOTFOUND)
		return error_set(err, STATUS_NOT_FOUND, "no journal was created here");
	if (rc != 0)
		return from_lmdb(rc, "meta", err);
	status = check_format(txn, store->meta, err);
	if (status == STATUS_OK)
		status = get_identity(txn, store->meta, &store->identity, err);
	for (uint32_t i = 0; status == STATUS_OK && i < store->identity.partitions; i++) {
		rc = open_partition(store, txn, i, 0);
		status = rc == 0 ? load_end(store, txn, i, err)
		                 : error_set(err, STATUS_CORRUPT, "partition %u: %s", i,
		                             mdb_strerror(rc));
	}
	return status;
}

static enum status load(struct store *store, struct error *err)
{
	MDB_txn *txn;
	enum status status;
	int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);

	if (rc != 0)
		return from_lmdb(rc, "read the identity", err);
	status = load_all(store, txn, err);
	if (status != STATUS_OK) {
		mdb_txn_abort(txn);
		return status;
	}
	rc = mdb_txn_commit(txn); /* keeps the database handles */
	return rc == 0 ? STATUS_OK : from_lmdb(rc, "read the identity", err);
}

static int open_environment(struct store *store, const char *path, const struct config *config)
{
	int dead;
	int rc = mdb_env_create(&store->env);

	if (rc != 0)
		return rc;
	mdb_env_set_maxdbs(store->env, JOURNAL_PARTITIONS_MAX + 1);
	mdb_env_set_maxreaders(store->env, READERS_MAX);
	rc = mdb_env_set_mapsize(store->env, (size_t)config->map_size_gib * MAP_SIZE_UNIT);
	if (rc == 0) /* NOTLS: a read transaction belongs to its reader, not to a thread */
		rc = mdb_env_open(store->env, path, MDB_NOTLS, 0600);
	return rc == 0 ? mdb_reader_check(store->env, &dead) : rc;
}

static bool has_data(const char *path)
{
	struct buf name = {0};
	bool found;

	buf_printf(&name, "%s/data.mdb", path);
	found = access(buf_cstr(&name), F_OK) == 0;
	buf_release(&name);
	return found;
}

/* With the process lock held. */
static enum status open_data(struct store *store, const struct journal_options *options,
                             const char *path, struct error *err)
{
	enum status status;
	int rc;

	if (!options->create && !has_data(path))
		return error_set(err, STATUS_NOT_FOUND, "%s: no journal was created here", path);
	rc = open_environment(store, path, options->config);
	if (rc != 0)
		return from_lmdb(rc, path, err);
	status = load(store, err);
	if (status != STATUS_NOT_FOUND || !options->create)
		return status;
	status = create(store, options, err);
	if (status == STATUS_OK)
		status = sync_directory(path, err);
	return status == STATUS_OK ? load(store, err) : status;
}

/* --- life --- */

static struct store *store_new(const struct stat *directory)
{
	struct store *store = mem_new(sizeof(*store));
	pthread_condattr_t clock;

	store->device = directory->st_dev;
	store->inode = directory->st_ino;
	store->handles = 1;
	store->lock_fd = -1;
	store->last = &store->first;
	pthread_mutex_init(&store->queue_lock, NULL);
	pthread_mutex_init(&store->published_lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&store->published, &clock);
	pthread_condattr_destroy(&clock);
	return store;
}

static void store_free(struct store *store)
{
	if (store->env)
		mdb_env_close(store->env);
	if (store->lock_fd >= 0)
		close(store->lock_fd); /* after the environment: the next process may start now */
	pthread_cond_destroy(&store->published);
	pthread_mutex_destroy(&store->published_lock);
	pthread_mutex_destroy(&store->queue_lock);
	free(store);
}

static struct store *find_store(const struct stat *directory)
{
	for (struct store *s = stores; s; s = s->sibling)
		if (s->device == directory->st_dev && s->inode == directory->st_ino)
			return s;
	return NULL;
}

/* Under stores_lock. */
static enum status open_store(const struct journal_options *options, const char *path,
                              struct store **out, struct error *err)
{
	struct stat directory;
	struct store *store;
	enum status status = find_directory(options, path, &directory, err);

	if (status != STATUS_OK)
		return status;
	*out = find_store(&directory);
	if (*out) {
		(*out)->handles++;
		return STATUS_OK;
	}
	store = store_new(&directory);
	status = lock_process(store, path, err);
	if (status == STATUS_OK)
		status = open_data(store, options, path, err);
	if (status != STATUS_OK) {
		store_free(store);
		return status;
	}
	store->sibling = stores;
	stores = store;
	*out = store;
	return STATUS_OK;
}

enum status store_open(const struct journal_options *options, struct store **out, struct error *err)
{
	struct buf path = {0};
	enum status status;

	buf_printf(&path, "%s/journal", options->config->data_dir);
	pthread_mutex_lock(&stores_lock);
	status = open_store(options, buf_cstr(&path), out, err);
	pthread_mutex_unlock(&stores_lock);
	buf_release(&path);
	return status;
}

void store_close(struct store *store)
{
	pthread_mutex_lock(&stores_lock);
	if (--store->handles == 0) {
		struct store **at = &stores;
		while (*at != store)
			at = &(*at)->sibling;
		*at = store->sibling;
		store_free(store);
	}
	pthread_mutex_unlock(&stores_lock);
}
