/* The values of control records. */
#include "core/journal/driver.h"

void journal_control_created(const struct journal_identity *identity, uint32_t partition,
                             int64_t now_ms, struct buf *out)
{
	(void)identity;
	(void)partition;
	(void)now_ms;
	(void)out;
}

void journal_control_claimed(const struct journal_owner *owner, uint32_t partition, int64_t now_ms,
                             struct buf *out)
{
	(void)owner;
	(void)partition;
	(void)now_ms;
	(void)out;
}
