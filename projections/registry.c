#include "projections/registry.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/store/kv.h"
#include "projections/row.h"

#define MAP_BYTES (16u << 20)

static const char *const tables[] = {"views", NULL};
enum { VIEWS };

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

static enum status get(struct kv_txn *txn, const struct view_type *type, struct registry_entry *out,
                       struct error *err)
{
	struct slice row;
	*out = (struct registry_entry){.live = ""};
	if (!kv_get(txn, VIEWS, slice_str(type->name), &row)) {
		snprintf(out->live, sizeof out->live, "v%u", type->version);
		return kv_failure(txn, err);
	}
	struct row_in in = row_in(row);
	if (!take_name(&in, out->live) || !take_name(&in, out->previous) || !out->live[0])
		return error_set(err, STATUS_CORRUPT, "registry: the row of %s is damaged",
		                 type->name);
	return STATUS_OK;
}

enum status registry_get(struct registry *registry, const struct view_type *type,
                         struct registry_entry *out, struct error *err)
{
	struct kv_txn *txn;
	enum status status = kv_begin_read(registry->kv, &txn, err);
	if (status)
		return status;
	status = get(txn, type, out, err);
	kv_abort(txn);
	return status;
}

bool registry_name_is_valid(const char *instance)
{
	size_t n = strspn(instance, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "0123456789-_");
	return n > 0 && n < INSTANCE_MAX && !instance[n];
}

enum status registry_set(struct registry *registry, const struct view_type *type,
                         const char *instance, struct error *err)
{
	struct kv_txn *txn;
	struct registry_entry entry;
	if (!registry_name_is_valid(instance))
		return error_set(err, STATUS_INVALID, "\"%s\" cannot name an instance", instance);
	enum status status = kv_begin_write(registry->kv, &txn, err);
	if (status)
		return status;
	status = get(txn, type, &entry, err);
	if (status || strcmp(entry.live, instance) == 0) {
		kv_abort(txn);
		return status;
	}
	struct buf row = {0};
	row_string(&row, slice_str(instance));
	row_string(&row, slice_str(entry.live));
	kv_put(txn, VIEWS, slice_str(type->name), buf_slice(&row));
	buf_release(&row);
	return kv_commit(txn, err);
}
