/* Golden records: where they are and what they are compared by. */
#ifndef TESTS_UNIT_GOLDEN_EVENT_H
#define TESTS_UNIT_GOLDEN_EVENT_H

#include "core/codec/event_codec.h"
#include "core/codec/schema_table.h"
#include "generated/record_codec.h"

/* tests/golden/events/IssueCreated.1.bin */
static inline void golden_path(const struct schema_entry *entry, const char *ending,
                               struct buf *out)
{
	const char *name = entry->name + strlen("nexusflow.");
	const char *dot = strchr(name, '.');
	buf_printf(out, "tests/golden/events/%s.%u.%s", dot ? dot + 1 : name, entry->version,
	           ending);
}

/* {"meta":{...},"body":{...}} of an event, the plain object of a control record. */
static inline enum status golden_render(struct slice value, struct buf *out, struct error *err)
{
	static char block[1 << 18] __attribute__((aligned(16)));
	struct arena arena;
	struct json_out json;
	arena_init(&arena, block, sizeof(block));
	json_out_init(&json, out);
	if (record_classify(value, NULL) == RECORD_CONTROL) {
		struct control control;
		enum status status = control_decode(value, &arena, &control, err);
		if (!status)
			control_json(&control, &json);
		return status;
	}
	struct event event;
	enum status status = event_decode(value, &arena, &event, err);
	if (status)
		return status;
	json_out_object(&json);
	json_out_key(&json, "meta");
	event_meta_json(&event, &json);
	json_out_key(&json, "body");
	event_body_json(&event, &json);
	json_out_object_end(&json);
	return STATUS_OK;
}

#endif
