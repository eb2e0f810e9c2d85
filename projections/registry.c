#include "projections/registry.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/store/kv.h"
#include "projections/row.h"

#define MAP_BYTES (16u << 20)

static const char *const tables[] = {"views", "building", "dropping", NULL};
enum { VIEWS, BUILDING, DROPPING };

struct registry {
	struct kv *kv;
};

enum status registry_open(const struct config *config, struct registry **out, struct error *err)
{
	char dir[480];
	int n = snprintf(dir, sizeof dir, "%s/views/registry", config->data_dir);
	if (n < 0 || (size_t)n >= sizeof dir)
		return error_set(err, STATUS_INVALID, "registry: data_dir is too long");
	struct kv_options options = {
	        .dir = dir,
	        .durability = KV_DURABLE,
	        .map_bytes = MAP_BYTES,
	        .tables = tables,
	        .format = 1,
	};
	struct kv *kv;
	if (kv_open(&options, &kv, NULL, err))
		return error_wrap(err, "registry");
	*out = mem_new(sizeof **out);
	(*out)->kv = kv;
	return STATUS_OK;
}

void registry_close(struct registry *registry)
{
	if (!registry)
		return;
	kv_close(registry->kv);
	free(registry);
}

static bool take_name(struct row_in *in, char to[INSTANCE_MAX])
{
	struct slice name = row_take_string(in);
	if (in->bad || name.n >= INSTANCE_MAX)
		return false;
	if (name.n)
		memcpy(to, name.data, name.n);
	to[name.n] = 0;
	return true;
}

static enum status get_row(struct kv_txn *txn, const struct view_type *type,
                           struct registry_entry *out, bool *noted, struct error *err)
{
	struct slice row;
	*noted = kv_get(txn, VIEWS, slice_str(type->name), &row);
	if (!*noted) {
		snprintf(out->live, sizeof out->live, "v%u", type->version);
		return kv_failure(txn, err);
	}
	struct row_in in = row_in(row);
	if (!take_name(&in, out->live) || !take_name(&in, out->previous) || !out->live[0])
		return error_set(err, STATUS_CORRUPT, "registry: the row of %s is damaged",
		                 type->name);
	return STATUS_OK;
}

static enum status get(struct kv_txn *txn, const struct view_type *type, struct registry_entry *out,
                       bool *noted, struct error *err)
{
	struct slice name;
	*out = (struct registry_entry){.live = ""};
	enum status status = get_row(txn, type, out, noted, err);
	if (!status && kv_get(txn, BUILDING, slice_str(type->name), &name))
		snprintf(out->building, sizeof out->building, "%.*s", (int)name.n, name.data);
	return status ? status : kv_failure(txn, err);
}

enum status registry_get(struct registry *registry, const struct view_type *type,
                         struct registry_entry *out, struct error *err)
{
	struct kv_txn *txn;
	bool noted;
	enum status status = kv_begin_read(registry->kv, &txn, err);
	if (status)
		return status;
	status = get(txn, type, out, &noted, err);
	kv_abort(txn);
	return status;
}

bool registry_name_is_valid(const char *instance)
{
	size_t n = strspn(instance, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "0123456789-_");
	return n > 0 && n < INSTANCE_MAX && !instance[n];
}

static enum status check_name(const char *instance, struct error *err)
{
	if (registry_name_is_valid(instance))
		return STATUS_OK;
	return error_set(err, STATUS_INVALID, "\"%s\" cannot name an instance", instance);
}

/* view NUL instance */
static void dropping_key(const struct view_type *type, const char *instance, struct buf *key)
{
	key_tenant(key, slice_str(type->name));
	buf_append_str(key, instance);
}

static void note_dropping(struct kv_txn *txn, const struct view_type *type, const char *instance)
{
	struct buf key = {0};
	dropping_key(type, instance, &key);
	kv_put(txn, DROPPING, buf_slice(&key), SLICE("1"));
	buf_release(&key);
}

static void forget_dropping(struct kv_txn *txn, const struct view_type *type, const char *instance)
{
	struct buf key = {0};
	dropping_key(type, instance, &key);
	kv_del(txn, DROPPING, buf_slice(&key));
	buf_release(&key);
}

static void put_row(struct kv_txn *txn, const struct view_type *type,
                    const struct registry_entry *entry)
{
	struct buf row = {0};
	row_string(&row, slice_str(entry->live));
	row_string(&row, slice_str(entry->previous));
	kv_put(txn, VIEWS, slice_str(type->name), buf_slice(&row));
	buf_release(&row);
}

static void set_live(struct kv_txn *txn, const struct view_type *type, struct registry_entry *entry,
                     const char *instance)
{
	if (strcmp(entry->live, instance) != 0) {
		if (entry->previous[0] && strcmp(entry->previous, instance) != 0)
			note_dropping(txn, type, entry->previous);
		memcpy(entry->previous, entry->live, sizeof entry->previous);
		snprintf(entry->live, sizeof entry->live, "%s", instance);
	}
	forget_dropping(txn, type, instance);
	if (strcmp(entry->building, instance) == 0)
		kv_del(txn, BUILDING, slice_str(type->name));
	put_row(txn, type, entry);
}

enum status registry_set(struct registry *registry, const struct view_type *type,
                         const char *instance, struct error *err)
{
	struct kv_txn *txn;
	struct registry_entry entry;
	bool noted;
	enum status status = check_name(instance, err);
	if (status || (status = kv_begin_write(registry->kv, &txn, err)))
		return status;
	status = get(txn, type, &entry, &noted, err);
	if (status || (noted && strcmp(entry.live, instance) == 0)) {
		kv_abort(txn);
		return status;
	}
	set_live(txn, type, &entry, instance);
	return kv_commit(txn, err);
}

enum status registry_build(struct registry *registry, const struct view_type *type,
                           const char *instance, struct error *err)
{
	struct kv_txn *txn;
	struct registry_entry entry;
	bool noted;
	enum status status = instance[0] ? check_name(instance, err) : STATUS_OK;
	if (status || (status = kv_begin_write(registry->kv, &txn, err)))
		return status;
	status = get(txn, type, &entry, &noted, err);
	if (status) {
		kv_abort(txn);
		return status;
	}
	if (entry.building[0] && strcmp(entry.building, instance) != 0)
		note_dropping(txn, type, entry.building);
	if (instance[0])
		kv_put(txn, BUILDING, slice_str(type->name), slice_str(instance));
	else
		kv_del(txn, BUILDING, slice_str(type->name));
	return kv_commit(txn, err);
}

enum status registry_dropping(struct registry *registry, const struct view_type *type,
                              char instance[INSTANCE_MAX], struct error *err)
{
	struct kv_txn *txn;
	struct buf prefix = {0};
	struct slice key, value;
	enum status status = kv_begin_read(registry->kv, &txn, err);
	if (status)
		return status;
	instance[0] = 0;
	key_tenant(&prefix, slice_str(type->name));
	struct kv_cursor *cursor = kv_cursor_open(txn, DROPPING);
	if (kv_seek(cursor, buf_slice(&prefix), &key, &value) && key.n > prefix.n &&
	    memcmp(key.data, prefix.data, prefix.n) == 0)
		snprintf(instance, INSTANCE_MAX, "%.*s", (int)(key.n - prefix.n),
		         key.data + prefix.n);
	kv_cursor_close(cursor);
	status = kv_failure(txn, err);
	kv_abort(txn);
	buf_release(&prefix);
	return status;
}

enum status registry_dropped(struct registry *registry, const struct view_type *type,
                             const char *instance, struct error *err)
{
	struct kv_txn *txn;
	enum status status = kv_begin_write(registry->kv, &txn, err);
	if (status)
		return status;
	forget_dropping(txn, type, instance);
	return kv_commit(txn, err);
}

uint32_t instance_version(const char *instance)
{
	char *end;
	if (instance[0] != 'v' || instance[1] < '1' || instance[1] > '9')
		return 0;
	unsigned long version = strtoul(instance + 1, &end, 10);
	return version <= UINT32_MAX && (*end == 0 || *end == '-') ? (uint32_t)version : 0;
}
