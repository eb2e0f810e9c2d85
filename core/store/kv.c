/* LMDB behind kv.h.
 *
 * A table "kv" of our own holds the format. Writes of a rebuildable store go with MDB_NOSYNC |
 * MDB_WRITEMAP: a killed process leaves the last committed state in the page cache, which the
 * kernel keeps. A kernel that crashes may have written the meta page before the data. So as long
 * as the store is open a file "opened" beside it names the boot; when it names an earlier one, the
 * data file is removed unread. (Not emptied: what a torn tree says about free pages is torn too.)
 * Closing syncs and then removes the note, so that an orderly reboot keeps the store.
 * (MDB_WRITEMAP with MDB_NOSYNC was measured at 20 times the rate of synchronous commits.)
 *
 * Rejected: an error from every put. Callers would wrap each call; the first failure is kept in
 * the transaction instead, like the error flag of a stdio stream. */
#include "core/store/kv.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN_TABLE    KV_TABLES_MAX
#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define READERS_MAX  256

struct kv {
	MDB_env *env;
	MDB_dbi tables[KV_TABLES_MAX + 1];
	uint32_t tables_n;
	enum kv_durability durability;
	bool read_only;
	char dir[512];
};

struct kv_txn {
	struct kv *kv;
	MDB_txn *txn;
	int failure; /* first LMDB code, 0 if none */
};

struct kv_cursor {
	MDB_cursor *cursor;
	struct kv_txn *txn;
};

static MDB_val to_val(struct slice slice)
{
	return (MDB_val){slice.n, (void *)(uintptr_t)slice.data};
}

static struct slice from_val(MDB_val val)
{
	return slice_of(val.mv_data, val.mv_size);
}

static enum status fail(struct error *err, const struct kv *kv, const char *what, int code)
{
	enum status status = STATUS_IO;
	if (code == MDB_MAP_FULL)
		return error_set(err, STATUS_FULL,
		                 "%s: %s: the store has reached map_size_gib; raise it", kv->dir,
		                 what);
	if (code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_INVALID)
		status = STATUS_CORRUPT;
	else if (code == MDB_VERSION_MISMATCH)
		status = STATUS_VERSION;
	else if (code == ENOENT)
		status = STATUS_NOT_FOUND;
	return error_set(err, status, "%s: %s: %s", kv->dir, what, mdb_strerror(code));
}

/* One line of a small file; false: there is no file. */
static bool read_id(const char *path, char id[64])
{
	memset(id, 0, 64);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, id, 63);
	if (n > 0 && id[n - 1] == '\n')
		id[n - 1] = 0;
	close(fd);
	return true;
}

static enum status remove_files(const char *dir, struct error *err)
{
	static const char *const files[] = {"data.mdb", "lock.mdb", "opened"};
	char path[600];
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		if (unlink(path) && errno != ENOENT)
			return error_set(err, STATUS_IO, "remove %s: %s", path, strerror(errno));
	}
	return STATUS_OK;
}

static void sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

static int write_note(const char *path, const char *boot)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	ssize_t n = write(fd, boot, strlen(boot));
	int code = n != (ssize_t)strlen(boot) || fsync(fd) ? EIO : 0;
	close(fd);
	return code;
}

static void note_path(const struct kv *kv, char path[600])
{
	snprintf(path, 600, "%s/opened", kv->dir);
}

/* Before a rebuildable store is opened: remove what a crashed kernel left, note this boot. */
static enum status note_opening(struct kv *kv, bool *removed, struct error *err)
{
	char path[600], boot[64], noted[64];
	note_path(kv, path);
	read_id(BOOT_ID_FILE, boot);
	bool was_open = read_id(path, noted);
	*removed = was_open && (boot[0] == 0 || strcmp(boot, noted) != 0);
	if (*removed && remove_files(kv->dir, err))
		return err->status;
	int code = write_note(path, boot);
	sync_dir(kv->dir);
	return code ? fail(err, kv, "note the opening", code) : STATUS_OK;
}

/* Note the format; empty a rebuildable store of another one. */
static enum status settle(struct kv *kv, const struct kv_options *options, bool *emptied,
                          struct error *err)
{
	struct kv_txn *txn;
	if (kv_begin_write(kv, &txn, err))
		return err->status;
	struct slice value;
	bool other_format = kv_get(txn, OWN_TABLE, SLICE("format"), &value) &&
	                    (value.n != 4 || get_u32(value.data) != options->format);
	if (other_format && options->durability == KV_DURABLE) {
		kv_abort(txn);
		return error_set(err, STATUS_VERSION, "%s: written in another format (wanted %u)",
		                 kv->dir, options->format);
	}
	*emptied = other_format;
	if (other_format)
		for (uint32_t i = 0; i < kv->tables_n; i++)
			kv_clear(txn, i);
	char format[4];
	put_u32(format, options->format);
	kv_put(txn, OWN_TABLE, SLICE("format"), slice_of(format, 4));
	if (kv_commit(txn, err))
		return err->status;
	int code = mdb_env_sync(kv->env, 1);
	return code ? fail(err, kv, "sync", code) : STATUS_OK;
}

static enum status open_tables(struct kv *kv, const struct kv_options *options, struct error *err)
{
	MDB_txn *txn;
	int code = mdb_txn_begin(kv->env, NULL, kv->read_only ? MDB_RDONLY : 0, &txn);
	if (code)
		return fail(err, kv, "begin", code);
	unsigned flags = kv->read_only ? 0 : MDB_CREATE;
	for (uint32_t i = 0; i < kv->tables_n && !code; i++)
		code = mdb_dbi_open(txn, options->tables[i], flags, &kv->tables[i]);
	if (!code)
		code = mdb_dbi_open(txn, "kv", flags, &kv->tables[OWN_TABLE]);
	if (code) {
		mdb_txn_abort(txn);
		return fail(err, kv, "open tables", code);
	}
	code = mdb_txn_commit(txn);
	return code ? fail(err, kv, "open tables", code) : STATUS_OK;
}

static int make_dirs(const char *dir)
{
	char path[512];
	snprintf(path, sizeof path, "%s", dir);
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		if (mkdir(path, 0755) && errno != EEXIST)
			return errno;
		*p = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? errno : 0;
}

static enum status open_env(struct kv *kv, const struct kv_options *options, struct error *err)
{
	int code = mdb_env_create(&kv->env);
	if (code)
		return fail(err, kv, "create", code);
	unsigned flags = MDB_NOTLS | MDB_NORDAHEAD;
	if (options->durability == KV_REBUILDABLE)
		flags |= MDB_NOSYNC | MDB_WRITEMAP | MDB_NOMEMINIT;
	if (options->read_only)
		flags = MDB_NOTLS | MDB_RDONLY;
	mdb_env_set_mapsize(kv->env, options->map_bytes);
	mdb_env_set_maxdbs(kv->env, KV_TABLES_MAX + 1);
	mdb_env_set_maxreaders(kv->env, READERS_MAX);
	code = mdb_env_open(kv->env, options->dir, flags, 0600);
	if (code)
		return fail(err, kv, "open", code);
	int dead;
	mdb_reader_check(kv->env, &dead);
	return STATUS_OK;
}

enum status kv_open(const struct kv_options *options, struct kv **out, bool *emptied,
                    struct error *err)
{
	struct kv *kv = mem_new(sizeof *kv);
	snprintf(kv->dir, sizeof kv->dir, "%s", options->dir);
	kv->durability = options->durability;
	kv->read_only = options->read_only;
	while (options->tables[kv->tables_n])
		kv->tables_n++;
	bool was_emptied = false, was_removed = false;
	struct error own;
	if (!err)
		err = &own;
	int code = kv->read_only ? 0 : make_dirs(options->dir);
	enum status status = code ? fail(err, kv, "make directory", code) : STATUS_OK;
	if (!status && !kv->read_only && kv->durability == KV_REBUILDABLE)
		status = note_opening(kv, &was_removed, err);
	if (!status)
		status = open_env(kv, options, err);
	if (!status)
		status = open_tables(kv, options, err);
	if (!status && !kv->read_only)
		status = settle(kv, options, &was_emptied, err);
	if (status) {
		if (kv->env)
			mdb_env_close(kv->env);
		free(kv);
		return status;
	}
	if (emptied)
		*emptied = was_emptied || was_removed;
	*out = kv;
	return STATUS_OK;
}

void kv_close(struct kv *kv)
{
	if (!kv)
		return;
	if (kv->durability == KV_REBUILDABLE && !kv->read_only) {
		char path[600];
		note_path(kv, path);
		if (!mdb_env_sync(kv->env, 1))
			unlink(path);
		sync_dir(kv->dir);
	}
	mdb_env_close(kv->env);
	free(kv);
}

static enum status begin(struct kv *kv, unsigned flags, struct kv_txn **out, struct error *err)
{
	MDB_txn *txn;
	int code = mdb_txn_begin(kv->env, NULL, flags, &txn);
	if (code)
		return fail(err, kv, "begin", code);
	*out = mem_new(sizeof **out);
	**out = (struct kv_txn){.kv = kv, .txn = txn};
	return STATUS_OK;
}

enum status kv_begin_read(struct kv *kv, struct kv_txn **out, struct error *err)
{
	return begin(kv, MDB_RDONLY, out, err);
}

enum status kv_begin_write(struct kv *kv, struct kv_txn **out, struct error *err)
{
	return begin(kv, 0, out, err);
}

enum status kv_commit(struct kv_txn *txn, struct error *err)
{
	struct kv *kv = txn->kv;
	int code = txn->failure;
	if (code)
		mdb_txn_abort(txn->txn);
	else
		code = mdb_txn_commit(txn->txn);
	free(txn);
	return code ? fail(err, kv, "commit", code) : STATUS_OK;
}

void kv_abort(struct kv_txn *txn)
{
	if (!txn)
		return;
	mdb_txn_abort(txn->txn);
	free(txn);
}

bool kv_failed(const struct kv_txn *txn)
{
	return txn->failure != 0;
}

enum status kv_failure(const struct kv_txn *txn, struct error *err)
{
	return txn->failure ? fail(err, txn->kv, "transaction", txn->failure) : STATUS_OK;
}

static bool note(struct kv_txn *txn, int code)
{
	if (code && code != MDB_NOTFOUND && !txn->failure)
		txn->failure = code;
	return code == 0;
}

bool kv_get(struct kv_txn *txn, uint32_t table, struct slice key, struct slice *value)
{
	MDB_val k = to_val(key), v;
	if (!note(txn, mdb_get(txn->txn, txn->kv->tables[table], &k, &v)))
		return false;
	*value = from_val(v);
	return true;
}

void kv_put(struct kv_txn *txn, uint32_t table, struct slice key, struct slice value)
{
	MDB_val k = to_val(key), v = to_val(value);
	note(txn, mdb_put(txn->txn, txn->kv->tables[table], &k, &v, 0));
}

void kv_del(struct kv_txn *txn, uint32_t table, struct slice key)
{
	MDB_val k = to_val(key);
	note(txn, mdb_del(txn->txn, txn->kv->tables[table], &k, NULL));
}

void kv_clear(struct kv_txn *txn, uint32_t table)
{
	note(txn, mdb_drop(txn->txn, txn->kv->tables[table], 0));
}

struct kv_cursor *kv_cursor_open(struct kv_txn *txn, uint32_t table)
{
	struct kv_cursor *cursor = mem_new(sizeof *cursor);
	cursor->txn = txn;
	note(txn, mdb_cursor_open(txn->txn, txn->kv->tables[table], &cursor->cursor));
	return cursor;
}

void kv_cursor_close(struct kv_cursor *cursor)
{
	if (!cursor)
		return;
	if (cursor->cursor)
		mdb_cursor_close(cursor->cursor);
	free(cursor);
}

static bool cursor_get(struct kv_cursor *cursor, MDB_val *k, struct slice *found,
                       struct slice *value, MDB_cursor_op op)
{
	MDB_val v;
	if (!cursor->cursor || !note(cursor->txn, mdb_cursor_get(cursor->cursor, k, &v, op)))
		return false;
	*found = from_val(*k);
	*value = from_val(v);
	return true;
}

bool kv_seek(struct kv_cursor *cursor, struct slice key, struct slice *found, struct slice *value)
{
	MDB_val k = to_val(key);
	return cursor_get(cursor, &k, found, value, MDB_SET_RANGE);
}

bool kv_seek_before(struct kv_cursor *cursor, struct slice key, struct slice *found,
                    struct slice *value)
{
	MDB_val k = to_val(key);
	if (cursor_get(cursor, &k, found, value, MDB_SET_RANGE))
		return cursor_get(cursor, &k, found, value, MDB_PREV);
	return cursor_get(cursor, &k, found, value, MDB_LAST);
}

bool kv_next(struct kv_cursor *cursor, struct slice *found, struct slice *value)
{
	MDB_val k;
	return cursor_get(cursor, &k, found, value, MDB_NEXT);
}

bool kv_prev(struct kv_cursor *cursor, struct slice *found, struct slice *value)
{
	MDB_val k;
	return cursor_get(cursor, &k, found, value, MDB_PREV);
}

enum status kv_drop(const char *dir, struct error *err)
{
	struct error own;
	if (!err)
		err = &own;
	if (remove_files(dir, err))
		return err->status;
	if (rmdir(dir) && errno != ENOENT)
		return error_set(err, STATUS_IO, "remove %s: %s", dir, strerror(errno));
	return STATUS_OK;
}
