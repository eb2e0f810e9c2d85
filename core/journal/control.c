/* The values of control records: what a driver knows, as the codec writes it. */
#include "core/codec/event_codec.h"
#include "core/journal/driver.h"

/* The journal was made by the copy of its newest ancestor, so that is when; the times of earlier
 * copies are in the journals that they made and are not known here: 0. */
static uint32_t fill_lineage(const struct journal_identity *identity, int64_t now_ms,
                             struct journal_ancestor *lineage)
{
	for (uint32_t i = 0; i < identity->ancestors_n; i++) {
		lineage[i].journal_id = identity->ancestors[i];
		lineage[i].copied_at = i == 0 ? now_ms : 0;
	}
	return identity->ancestors_n;
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
	                },
	};

	control_encode(&control, out);
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
