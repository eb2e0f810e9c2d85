#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "core/codec/event_codec.h"
#include "core/codec/schema_table.h"
#include "generated/record_codec.h"
#include "tests/unit/record_oracle.h"
#include "tests/unit/seed.h"

#define ROUNDS 200 /* of each type */
#define FRAME  5

static char made_block[1 << 18] __attribute__((aligned(16)));
static char read_block[1 << 18] __attribute__((aligned(16)));

static struct event random_event(struct seed *seed, struct arena *arena, unsigned type)
{
	struct event event;
	memset(&event, 0, sizeof(event));
	event.type = (enum event_type)type;
	random_record(seed, &event_records[type], arena, &event);
	return event;
}

/* A copy on the heap of exactly its size, so that the sanitizer sees one byte too far. */
static char *exact(const void *data, size_t n)
{
	char *copy = malloc(n ? n : 1);
	assert_non_null(copy);
	memcpy(copy, data, n);
	return copy;
}

static void what_we_encode_avro_c_reads_and_the_reverse(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	struct buf ours = {0}, theirs = {0}, again = {0};
	for (unsigned type = 0; type < EVENT_TYPES; type++) {
		uint32_t id = event_schema_id((enum event_type)type);
		avro_schema_t schema = oracle_schema(schema_entry_by_id(id)->text);
		for (unsigned round = 0; round < ROUNDS; round++) {
			struct arena made, read;
			struct event decoded;
			struct error err;
			arena_init(&made, made_block, sizeof(made_block));
			arena_init(&read, read_block, sizeof(read_block));
			struct event event = random_event(&seed, &made, type);
			ours.n = theirs.n = again.n = 0;
			event_encode(&event, &ours);
			oracle_assert_reads(schema, slice_of(ours.data + FRAME, ours.n - FRAME),
			                    &event_records[type], &event);
			buf_append(&theirs, ours.data, FRAME);
			oracle_encode(schema, &event_records[type], &event, &theirs);
			if (event_decode(buf_slice(&theirs), &read, &decoded, &err))
				fail_msg("%s", err.text);
			event_encode(&decoded, &again);
			assert_true(slice_equal(buf_slice(&again), buf_slice(&ours)));
		}
		avro_schema_decref(schema);
	}
	buf_release(&ours);
	buf_release(&theirs);
	buf_release(&again);
}

static void control_records_agree_with_avro_c_both_ways(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	struct buf ours = {0}, theirs = {0}, again = {0};
	for (unsigned type = 0; type < CONTROL_TYPES; type++) {
		avro_schema_t schema =
		        oracle_schema(schema_entry_by_id(control_schema_ids[type])->text);
		for (unsigned round = 0; round < ROUNDS; round++) {
			struct arena made, read;
			struct control control = {.type = (enum control_type)type}, decoded;
			struct error err;
			arena_init(&made, made_block, sizeof(made_block));
			arena_init(&read, read_block, sizeof(read_block));
			random_record(&seed, &control_records[type], &made, &control);
			ours.n = theirs.n = again.n = 0;
			control_encode(&control, &ours);
			oracle_assert_reads(schema, slice_of(ours.data + FRAME, ours.n - FRAME),
			                    &control_records[type], &control);
			buf_append(&theirs, ours.data, FRAME);
			oracle_encode(schema, &control_records[type], &control, &theirs);
			if (control_decode(buf_slice(&theirs), &read, &decoded, &err))
				fail_msg("%s", err.text);
			control_encode(&decoded, &again);
			assert_true(slice_equal(buf_slice(&again), buf_slice(&ours)));
		}
		avro_schema_decref(schema);
	}
	buf_release(&ours);
	buf_release(&theirs);
	buf_release(&again);
}

static void a_value_that_ends_early_is_malformed(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	struct buf value = {0};
	for (unsigned type = 0; type < EVENT_TYPES; type++) {
		struct arena made, read;
		struct event decoded;
		struct error err;
		arena_init(&made, made_block, sizeof(made_block));
		struct event event = random_event(&seed, &made, type);
		value.n = 0;
		event_encode(&event, &value);
		for (size_t n = 0; n < value.n; n++) {
			char *cut = exact(value.data, n);
			arena_init(&read, read_block, sizeof(read_block));
			assert_int_equal(event_decode(slice_of(cut, n), &read, &decoded, &err),
			                 n < FRAME ? STATUS_FOREIGN : STATUS_MALFORMED);
			free(cut);
		}
	}
	buf_release(&value);
}

static void flipped_bits_are_refused_or_read_but_never_harm(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	struct buf value = {0}, again = {0};
	unsigned refused = 0;
	for (unsigned round = 0; round < 20000; round++) {
		struct arena made, read;
		struct event decoded;
		struct error err;
		arena_init(&made, made_block, sizeof(made_block));
		arena_init(&read, read_block, sizeof(read_block));
		struct event event = random_event(&seed, &made, round % EVENT_TYPES);
		value.n = again.n = 0;
		event_encode(&event, &value);
		char *bytes = exact(value.data, value.n);
		for (unsigned flips = 1 + (uint32_t)seed_below(&seed, 4); flips > 0; flips--) {
			uint32_t at =
			        FRAME + (uint32_t)seed_below(&seed, (uint32_t)value.n - FRAME);
			bytes[at] = (char)(bytes[at] ^ (1 << (uint32_t)seed_below(&seed, 8)));
		}
		if (event_decode(slice_of(bytes, value.n), &read, &decoded, &err) == STATUS_OK)
			event_encode(&decoded, &again); /* what was read can be written */
		else
			refused++;
		free(bytes);
	}
	assert_in_range(refused, 1000, 19999);
	buf_release(&value);
	buf_release(&again);
}

static void records_are_told_apart_by_their_frame(void **state)
{
	(void)state;
	uint32_t id = 0;
	struct event decoded;
	struct arena arena;
	struct error err;
	arena_init(&arena, read_block, sizeof(read_block));
	assert_int_equal(record_classify(SLICE(""), &id), RECORD_FOREIGN);
	assert_int_equal(record_classify(SLICE("\0\0\0\0"), &id), RECORD_FOREIGN);
	assert_int_equal(record_classify(SLICE("\1\0\0\0\1x"), NULL), RECORD_FOREIGN);
	assert_int_equal(record_classify(SLICE("{\"a\":1}"), &id), RECORD_FOREIGN);
	assert_int_equal(record_classify(SLICE("\0\0\0\0\0"), &id), RECORD_UNKNOWN_SCHEMA);
	assert_int_equal(record_classify(SLICE("\0\0\0\0\6"), &id), RECORD_EVENT);
	assert_int_equal(id, 6);
	assert_int_equal(record_classify(SLICE("\0\0\0\0\30"), NULL), RECORD_CONTROL);
	assert_int_equal(record_classify(SLICE("\0\1\2\3\4"), &id), RECORD_UNKNOWN_SCHEMA);
	assert_int_equal(id, 0x01020304);
	assert_int_equal(event_decode(SLICE("\0\1\2\3\4"), &arena, &decoded, &err),
	                 STATUS_UNKNOWN_SCHEMA);
	assert_non_null(strstr(err.text, "16909060"));
	assert_int_equal(event_decode(SLICE("\0\0\0\0\30"), &arena, &decoded, &err),
	                 STATUS_FOREIGN);
	assert_int_equal(event_decode(SLICE("hello"), &arena, &decoded, &err), STATUS_FOREIGN);
}

static struct event plain_event(enum event_type type)
{
	struct event event;
	memset(&event, 0, sizeof(event));
	event.type = type;
	event.meta.tenant = SLICE("acme");
	return event;
}

static void expect_fault(const struct buf *value, const char *text)
{
	struct event decoded;
	struct arena arena;
	struct error err;
	char *bytes = exact(value->data, value->n);
	arena_init(&arena, read_block, sizeof(read_block));
	assert_int_equal(event_decode(slice_of(bytes, value->n), &arena, &decoded, &err),
	                 STATUS_MALFORMED);
	if (!strstr(err.text, text))
		fail_msg("'%s' is not in '%s'", text, err.text);
	free(bytes);
}

static void a_fault_names_record_field_and_byte(void **state)
{
	(void)state;
	struct buf value = {0};
	struct event event = plain_event(EVENT_ORGANIZATION_CREATED);
	event.organization_created.name = SLICE("Acme");
	event_encode(&event, &value);
	memcpy(value.data + value.n - 4, "\xc3\x28zz", 4);
	expect_fault(&value, "nexusflow.events.OrganizationCreated version 3: "
	                     "OrganizationCreated.name: not UTF-8 at byte ");
	memcpy(value.data + value.n - 4, "Acme", 4);
	value.data[FRAME + 8] = 'x'; /* within event_id */
	expect_fault(&value, "EventMeta.event_id: not a UUID at byte 6");
	value.data[FRAME + 8] = '0';
	buf_append_char(&value, 'x');
	expect_fault(&value, "bytes behind the end at byte ");
	buf_release(&value);
}

/* IssueLabelsChanged whose last field, an array, is replaced by @bytes. */
static void with_array(struct slice bytes, struct buf *value)
{
	struct event event = plain_event(EVENT_ISSUE_LABELS_CHANGED);
	value->n = 0;
	event_encode(&event, value);
	value->n--; /* the 0 that ends "removed" */
	buf_append_slice(value, bytes);
}

static void hostile_lengths_and_counts_are_refused(void **state)
{
	(void)state;
	struct buf value = {0};
	with_array(SLICE("\x80\x80\x80\x80\x10"), &value); /* 2^31 items */
	expect_fault(&value, "IssueLabelsChanged.removed: more items than bytes");
	with_array(SLICE("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), &value); /* 2^63 - 1 */
	expect_fault(&value, "more items than bytes");
	with_array(SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), &value); /* -2^63 */
	expect_fault(&value, "an array block without length");
	with_array(SLICE("\x01\x03"), &value); /* -1 item, -2 bytes */
	expect_fault(&value, "an array block beyond the end");
	with_array(SLICE("\x01\x02\x04\x61\x62\x00"),
	           &value); /* one item that is longer than its block */
	expect_fault(&value, "another length than it says");
	with_array(SLICE("\x02\x01"), &value); /* a string of -1 bytes */
	expect_fault(&value, "a negative length");
	with_array(SLICE("\x02\xfe\xff\xff\xff\x0f"), &value);
	expect_fault(&value, "a length beyond the end");
	with_array(SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), &value);
	expect_fault(&value, "more than 64 bits");
	buf_release(&value);
}

static void arrays_may_come_in_blocks(void **state)
{
	(void)state;
	struct buf value = {0};
	struct event decoded;
	struct arena arena;
	struct error err;
	arena_init(&arena, read_block, sizeof(read_block));
	with_array(SLICE("\x04\x02"
	                 "a\x02"
	                 "b\x01\x04\x02"
	                 "c\x02\x02"
	                 "d\x00"),
	           &value);
	assert_int_equal(event_decode(buf_slice(&value), &arena, &decoded, &err), STATUS_OK);
	assert_int_equal(decoded.issue_labels_changed.removed.n, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(decoded.issue_labels_changed.removed.items[i].data[0], 'a' + i);
	buf_release(&value);
}

static void an_array_that_the_arena_cannot_hold_is_malformed(void **state)
{
	(void)state;
	struct buf value = {0};
	struct event decoded;
	struct arena arena;
	struct error err;
	arena_init(&arena, read_block, 100);
	with_array(SLICE("\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00"), &value); /* 8 empty strings */
	assert_int_equal(event_decode(buf_slice(&value), &arena, &decoded, &err), STATUS_MALFORMED);
	assert_non_null(strstr(err.text, "arena"));
	buf_release(&value);
}

static void every_schema_is_one_that_avro_c_accepts(void **state)
{
	(void)state;
	struct error err = {0};
	if (schemas_check(&err))
		fail_msg("%s", err.text);
	for (uint32_t i = 0; i < schema_entries_n; i++)
		assert_int_equal(schema_entries[i].id, i + 1);
	assert_null(schema_entry_by_id(0));
	assert_null(schema_entry_by_id(schema_entries_n + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_we_encode_avro_c_reads_and_the_reverse),
	        cmocka_unit_test(control_records_agree_with_avro_c_both_ways),
	        cmocka_unit_test(a_value_that_ends_early_is_malformed),
	        cmocka_unit_test(flipped_bits_are_refused_or_read_but_never_harm),
	        cmocka_unit_test(records_are_told_apart_by_their_frame),
	        cmocka_unit_test(a_fault_names_record_field_and_byte),
	        cmocka_unit_test(hostile_lengths_and_counts_are_refused),
	        cmocka_unit_test(arrays_may_come_in_blocks),
	        cmocka_unit_test(an_array_that_the_arena_cannot_hold_is_malformed),
	        cmocka_unit_test(every_schema_is_one_that_avro_c_accepts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
