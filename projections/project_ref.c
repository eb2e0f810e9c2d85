#include "projections/project_ref.h"

#include "core/domain/text.h"
#include "projections/row.h"

bool project_ref_find(struct kv_txn *txn, uint32_t keys, struct slice tenant, struct slice ref,
                      struct uuid *id)
{
	char room[TEXT_KEY_MAX];
	struct buf at = {0};
	struct slice key, row;
	if (uuid_parse(ref, id))
		return true;
	if (!text_to_project_key(ref, room, &key))
		return false;
	key_tenant(&at, tenant);
	buf_append_slice(&at, key);
	bool found = kv_get(txn, keys, buf_slice(&at), &row) && row.n == sizeof *id;
	if (found)
		memcpy(id->bytes, row.data, sizeof *id);
	buf_release(&at);
	return found;
}
