/* The values of control records: what a driver knows, as the codec writes it. */
#include "core/codec/event_codec.h"
#include "core/journal/driver.h"

/* A copy says when it was finished, and 0 until then; the times of earlier copies are in the
 * journals that they made and are not known here: 0. */
static uint32_t fill_lineage(const struct journal_identity *identity, int64_t now_ms,
                             struct journal_ancestor *lineage)
{
	for (uint32_t i = 0; i < identity->ancestors_n; i++) {
		lineage[i].journal_id = identity->ancestors[i];
		lineage[i].copied_at = i == 0 && !identity->unfinished ? now_ms : 0;
	}
	return identity->ancestors_n;
}

struct journal_identity journal_identity_new(const struct journal_options *options,
                                             uint32_t partitions)
{
	struct journal_identity identity = {
	        .id = uuid_v4(), .partitions = partitions, .keys_id = options->keys_id};
	const uint32_t max = sizeof(identity.ancestors) / sizeof(identity.ancestors[0]);
	const struct journal_identity *from = options->copy_of;

	if (!from)
		return identity;
	identity.unfinished = true;
	identity.keys_id = from->keys_id;
	identity.ancestors[identity.ancestors_n++] = from->id;
	for (uint32_t i = 0; i < from->ancestors_n && identity.ancestors_n < max; i++)
		identity.ancestors[identity.ancestors_n++] = from->ancestors[i];
	return identity;
}

void journal_control_created(const struct journal_identity *identity, uint32_t partition,
                             int64_t now_ms, struct buf *out)
{
	struct journal_ancestor lineage[sizeof(identity->ancestors) / sizeof(struct uuid)];
	const struct control control = {
	        .type = CONTROL_JOURNAL_CREATED,
	        .journal_created =
	                {
	                        .journal_id = identity->id,
	                        .partition = (int32_t)partition,
	                        .partitions = (int32_t)identity->partitions,
	                        .created_at = now_ms,
	                        .lineage = {lineage, fill_lineage(identity, now_ms, lineage)},
	                        .has_keys_id = !uuid_is_nil(&identity->keys_id),
	                        .keys_id = identity->keys_id,
	                },
	};

	control_encode(&control, out);
}

bool journal_is_copy_mark(const struct journal_entry *entry, const struct uuid *id)
{
	char block[4096];
	struct arena arena;
	struct control control;

	if (entry->key.n > 0 || record_classify(entry->value, NULL) != RECORD_CONTROL)
		return false;
	arena_init(&arena, block, sizeof(block));
	if (control_decode(entry->value, &arena, &control, NULL) != STATUS_OK ||
	    control.type != CONTROL_JOURNAL_CREATED)
		return false;
	return uuid_equal(&control.journal_created.journal_id, id) &&
	       control.journal_created.lineage.n > 0 &&
	       control.journal_created.lineage.items[0].copied_at != 0;
}

void journal_control_claimed(const struct journal_owner *owner, uint32_t partition, int64_t now_ms,
                             struct buf *out)
{
	const struct control control = {
	        .type = CONTROL_OWNER_CLAIMED,
	        .owner_claimed =
	                {
	                        .owner_id = owner->id,
	                        .partition = (int32_t)partition,
	                        .address = slice_str(owner->address),
	                        .code_version = SLICE(NEXUSFLOW_VERSION),
	                        .claimed_at = now_ms,
	                },
	};

	control_encode(&control, out);
}
