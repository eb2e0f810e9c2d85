/* What a record in our topic is: the rule that every reader shares, the writer included. An event
 * of ours is in our frame, is whole, has the tenant as its key and continues the tenant's seq.
 * Anything else is foreign: ignored, counted, reported.
 *
 * An event of a newer version is told apart by what every event begins with: the first three fields
 * of EventMeta (event_id, tenant, seq), which no version may move. Pure. */
#ifndef CORE_CODEC_RECORD_READ_H
#define CORE_CODEC_RECORD_READ_H

#include "core/codec/event_codec.h"

#define RECORD_TENANT_MAX 63 /* bytes; longer ones are foreign */

#define FOREIGN_TABLE(X)                                                                           \
	/* id, label, text */                                                                      \
	X(FRAME, "frame", "not in our frame")                                                      \
	X(BODY, "body", "truncated or damaged")                                                    \
	X(KEY, "key", "the key is not the tenant of the event")                                    \
	X(REPEATED, "repeated", "a seq that the tenant had before")                                \
	X(GAP, "gap", "a seq beyond the tenant's next one")

#define FOREIGN_ENUM(id, label, text) FOREIGN_##id,
enum foreign_reason { FOREIGN_TABLE(FOREIGN_ENUM) FOREIGN_REASONS };
#undef FOREIGN_ENUM
const char *foreign_label(enum foreign_reason reason);
const char *foreign_text(enum foreign_reason reason);

struct record_read {
	enum record_kind kind;
	enum foreign_reason foreign; /* of RECORD_FOREIGN */
	uint32_t schema_id;
	/* Of RECORD_EVENT, and of RECORD_UNKNOWN_SCHEMA if it is an event: then tenant is not
	 * empty, meta has event_id, tenant and seq and looks like a command of one event. */
	struct event event;
};

/* Look at a record. Its seq is left to the caller, who knows the last one. RECORD_UNKNOWN_SCHEMA
 * without a tenant is a control record of a newer version, or nobody can tell whose event it is:
 * then nobody may read past it. The event borrows as event_decode says. */
void record_read(struct slice key, struct slice value, struct arena *arena,
                 struct record_read *out);

/* True: @seq follows @last. Else *@reason says what is wrong with it. */
bool record_in_order(uint64_t last, int64_t seq, enum foreign_reason *reason);

#endif
