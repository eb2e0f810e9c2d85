#include "core/codec/record_read.h"

#include "core/codec/wire.h"

#define FRAME_BYTES 5

static const char *const labels[] = {
#define LABEL(id, label, text) [FOREIGN_##id] = (label),
        FOREIGN_TABLE(LABEL)
#undef LABEL
};

static const char *const texts[] = {
#define TEXT(id, label, text) [FOREIGN_##id] = (text),
        FOREIGN_TABLE(TEXT)
#undef TEXT
};

const char *foreign_label(enum foreign_reason reason)
{
	return labels[reason];
}

const char *foreign_text(enum foreign_reason reason)
{
	return texts[reason];
}

static void be_foreign(struct record_read *out, enum foreign_reason reason)
{
	out->kind = RECORD_FOREIGN;
	out->foreign = reason;
}

static void read_event(struct slice key, struct slice value, struct arena *arena,
                       struct record_read *out)
{
	const struct event_meta *meta = &out->event.meta;
	if (event_decode(value, arena, &out->event, NULL))
		be_foreign(out, FOREIGN_BODY);
	else if (!slice_equal(key, meta->tenant) || key.n == 0 || key.n > RECORD_TENANT_MAX)
		be_foreign(out, FOREIGN_KEY);
}

/* Control records have no key, events have one. */
static void read_newer(struct slice key, struct slice value, struct arena *arena,
                       struct record_read *out)
{
	struct event_meta *meta = &out->event.meta;
	struct wire_in in;
	*meta = (struct event_meta){.count = 1};
	if (key.n == 0)
		return;
	wire_init(&in, value, arena);
	in.at += FRAME_BYTES;
	if (!wire_uuid(&in, &meta->event_id) || !wire_string(&in, &meta->tenant) ||
	    !wire_long(&in, &meta->seq))
		meta->tenant = slice_of(NULL, 0);
	else if (!slice_equal(key, meta->tenant) || key.n > RECORD_TENANT_MAX)
		be_foreign(out, FOREIGN_KEY);
}

void record_read(struct slice key, struct slice value, struct arena *arena, struct record_read *out)
{
	out->schema_id = 0;
	out->kind = record_classify(value, &out->schema_id);
	switch (out->kind) {
	case RECORD_EVENT:
		read_event(key, value, arena, out);
		break;
	case RECORD_UNKNOWN_SCHEMA:
		read_newer(key, value, arena, out);
		break;
	case RECORD_FOREIGN:
		be_foreign(out, FOREIGN_FRAME);
		break;
	case RECORD_CONTROL:
		break;
	}
}

bool record_in_order(uint64_t last, int64_t seq, enum foreign_reason *reason)
{
	if (seq > 0 && (uint64_t)seq == last + 1)
		return true;
	*reason = seq > 0 && (uint64_t)seq > last ? FOREIGN_GAP : FOREIGN_REPEATED;
	return false;
}
