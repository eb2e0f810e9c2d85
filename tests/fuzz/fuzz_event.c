/* Any bytes as a journal record. What is read can be written and read again; the generated code and
 * the resolver, given the same schema, agree on every input. */
#include <stdlib.h>

#include "core/codec/event_codec.h"
#include "core/codec/resolve.h"
#include "core/codec/schema_parsed.h"
#include "core/codec/schema_table.h"
#include "generated/record_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char first_block[1 << 20] __attribute__((aligned(16)));
static char second_block[1 << 20] __attribute__((aligned(16)));

static bool resolve(struct slice value, uint32_t id, enum event_type type, struct event *out)
{
	struct arena arena;
	struct wire_in in;
	arena_init(&arena, second_block, sizeof(second_block));
	wire_init(&in, value, &arena);
	in.at += 5;
	memset(out, 0, sizeof(*out));
	out->type = type;
	return record_resolve(&in, schema_parsed(id), &event_records[type], out) && wire_end(&in);
}

static void same_bytes(const struct event *a, const struct event *b)
{
	static struct buf first, second;
	first.n = second.n = 0;
	event_encode(a, &first);
	event_encode(b, &second);
	if (!slice_equal(buf_slice(&first), buf_slice(&second)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct buf again, json;
	struct slice value = slice_of(data, size);
	struct event event, other;
	struct control control;
	struct arena arena;
	struct error err;
	struct json_out out;
	uint32_t id;
	enum event_type type;
	if (schemas_check(&err))
		abort();
	enum record_kind kind = record_classify(value, &id);
	arena_init(&arena, first_block, sizeof(first_block));
	json.n = again.n = 0;
	json_out_init(&out, &json);
	if (kind == RECORD_CONTROL && control_decode(value, &arena, &control, &err) == STATUS_OK)
		control_json(&control, &out);
	if (kind != RECORD_EVENT || !event_type_of_schema(id, &type))
		return 0;
	bool read = event_decode(value, &arena, &event, &err) == STATUS_OK;
	if (read != resolve(value, id, type, &other))
		abort();
	if (!read)
		return 0;
	same_bytes(&event, &other);
	event_body_json(&event, &out);
	event_encode(&event, &again);
	arena_init(&arena, second_block, sizeof(second_block));
	if (event_decode(buf_slice(&again), &arena, &other, &err))
		abort();
	same_bytes(&event, &other);
	return 0;
}
