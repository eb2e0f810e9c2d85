/* What the journals of a copy hold, tenant by tenant: the last seq and a digest of every event up
 * to it. An event counts when every reader would take it (contracts: the shared rule); what is not
 * ours is counted and passed over, control records too.
 *
 * The digest of a tenant is a chain: SHA-256 over the digest before, the name of the event type,
 * the SHA-256 of its schema's text, the headers and the body. Schema ids are not in it.
 *
 * One thread. */
#ifndef REPLAY_TALLY_H
#define REPLAY_TALLY_H

#include "core/base/arena.h"
#include "core/journal/journal.h"
#include "core/store/sha256.h"
#include "projections/tenant_table.h"

enum tally_side { TALLY_SOURCE, TALLY_TARGET, TALLY_SIDES };

struct tally_sum {
	uint64_t seq; /* 0: no event yet */
	uint8_t digest[SHA256_BYTES];
};

struct tally_tenant {
	struct slice name; /* owned by the tally */
	struct tally_sum sums[TALLY_SIDES];
};

struct tally {
	struct tenant_table names;
	struct tally_tenant *tenants; /* in order of appearance */
	uint32_t tenants_cap;
	uint64_t events[TALLY_SIDES], control[TALLY_SIDES], foreign[TALLY_SIDES];
	struct sha256 *sha;
	struct arena arena;
	uint8_t (*fingerprints)[SHA256_BYTES]; /* by schema id - 1 */
};

struct tally_event {
	struct tally_tenant *tenant; /* NULL: no event of ours. Until the next tally_take. */
	uint64_t seq;
	bool begins, ends; /* its command */
};

void tally_init(struct tally *tally);
void tally_release(struct tally *tally);
/* Count @entry, the next record of @side. STATUS_UNKNOWN_SCHEMA: a newer version wrote it. */
enum status tally_take(struct tally *tally, enum tally_side side, const struct journal_entry *entry,
                       struct tally_event *out, struct error *err);
uint32_t tally_tenants(const struct tally *tally);

#endif
