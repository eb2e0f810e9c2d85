/* The path of a record of an older version through event_decode. The table of schemas is this
 * test's own: two versions of one event, of which the first one lacks fields and knows other
 * symbols. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "core/codec/event_codec.h"
#include "core/codec/schema_table.h"
#include "generated/record_codec.h"

#define UUID "{\"type\":\"string\",\"logicalType\":\"uuid\"}"
#define META                                                                                       \
	"{\"type\":\"record\",\"name\":\"EventMeta\",\"fields\":["                                 \
	"{\"name\":\"event_id\",\"type\":" UUID "},{\"name\":\"tenant\",\"type\":\"string\"},"     \
	"{\"name\":\"seq\",\"type\":\"int\"},{\"name\":\"aggregate\",\"type\":{"                   \
	"\"type\":\"record\",\"name\":\"AggregateRef\",\"fields\":["                               \
	"{\"name\":\"version\",\"type\":\"long\"},{\"name\":\"id\",\"type\":" UUID "},"            \
	"{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"AggregateKind\","               \
	"\"symbols\":[\"issue\",\"sprint\",\"unknown\"],\"default\":\"unknown\"}}]}},"             \
	"{\"name\":\"command_id\",\"type\":" UUID "},"                                             \
	"{\"name\":\"command_hash\",\"type\":{\"type\":\"fixed\",\"name\":\"Hash\",\"size\":32}}," \
	"{\"name\":\"index\",\"type\":\"int\"},{\"name\":\"count\",\"type\":\"int\"},"             \
	"{\"name\":\"correlation_id\",\"type\":" UUID "},"                                         \
	"{\"name\":\"mood\",\"type\":[\"null\",\"string\"]},"                                      \
	"{\"name\":\"actor\",\"type\":{\"type\":\"record\",\"name\":\"Actor\",\"fields\":["        \
	"{\"name\":\"kind\",\"type\":\"AggregateKind\"},{\"name\":\"id\",\"type\":" UUID "}]}},"   \
	"{\"name\":\"recorded_at\",\"type\":\"long\"},{\"name\":\"occurred_at\",\"type\":"         \
	"\"long\"},"                                                                               \
	"{\"name\":\"salt\",\"type\":{\"type\":\"fixed\",\"name\":\"Salt\",\"size\":16}}]}"

const struct schema_entry schema_entries[] = {
        {.id = 1,
         .name = "nexusflow.events.IssueAssigned",
         .version = 1,
         .type = EVENT_ISSUE_ASSIGNED,
         .text = "{\"type\":\"record\",\"name\":\"IssueAssigned\",\"fields\":["
                 "{\"name\":\"meta\",\"type\":" META "},"
                 "{\"name\":\"to\",\"type\":[\"null\"," UUID "]}]}"},
        {.id = 2,
         .name = "nexusflow.events.IssueAssigned",
         .version = 2,
         .current = true,
         .type = EVENT_ISSUE_ASSIGNED,
         .text = "{\"type\":\"string\"}"},
};
const uint32_t schema_entries_n = 2;
const uint32_t event_schema_ids[EVENT_TYPES] = {[EVENT_ISSUE_ASSIGNED] = 2};
const uint32_t control_schema_ids[CONTROL_TYPES] = {0};

static void put_uuid(struct buf *out, uint8_t fill)
{
	struct uuid uuid;
	memset(uuid.bytes, fill, sizeof(uuid.bytes));
	wire_put_uuid(out, &uuid);
}

/* What the first version wrote. */
static void put_older(struct buf *out)
{
	static const uint8_t hash[HASH_BYTES] = {1}, salt[SALT_BYTES] = {2};
	buf_append(out, "\0\0\0\0\1", 5);
	put_uuid(out, 0x11);
	wire_put_slice(out, SLICE("acme"));
	wire_put_long(out, 7);
	wire_put_long(out, 3); /* aggregate: version, id, kind */
	put_uuid(out, 0x22);
	wire_put_long(out, 0); /* issue */
	put_uuid(out, 0x33);
	wire_put_fixed(out, hash, sizeof(hash));
	wire_put_long(out, 0);
	wire_put_long(out, 1);
	put_uuid(out, 0x44);
	wire_put_long(out, 1); /* mood */
	wire_put_slice(out, SLICE("good"));
	wire_put_long(out, 1); /* actor: a symbol that is gone, id */
	put_uuid(out, 0x55);
	wire_put_long(out, 1000);
	wire_put_long(out, 900);
	wire_put_fixed(out, salt, sizeof(salt));
	wire_put_long(out, 1); /* to */
	put_uuid(out, 0x66);
}

static char block[4096] __attribute__((aligned(16)));

static void nothing_older_is_read_before_the_schemas_are_checked(void **state)
{
	(void)state;
	struct buf value = {0};
	struct event event;
	struct arena arena;
	struct error err;
	arena_init(&arena, block, sizeof(block));
	put_older(&value);
	assert_int_equal(event_decode(buf_slice(&value), &arena, &event, &err), STATUS_MALFORMED);
	assert_non_null(strstr(err.text, "schemas_check has not run"));
	buf_release(&value);
}

static void assert_older(const struct event *event)
{
	assert_int_equal(event->type, EVENT_ISSUE_ASSIGNED);
	assert_int_equal(event->meta.event_id.bytes[15], 0x11);
	assert_true(slice_is(event->meta.tenant, "acme"));
	assert_int_equal(event->meta.seq, 7);
	assert_int_equal(event->meta.aggregate.kind, AGGREGATE_KIND_ISSUE);
	assert_int_equal(event->meta.aggregate.id.bytes[0], 0x22);
	assert_int_equal(event->meta.aggregate.version, 3);
	assert_int_equal(event->meta.command_hash[0], 1);
	assert_int_equal(event->meta.correlation_id.bytes[0], 0x44);
	assert_false(event->meta.has_causation_id);
	assert_int_equal(event->meta.actor.kind, ACTOR_KIND_UNKNOWN);
	assert_int_equal(event->meta.actor.id.bytes[0], 0x55);
	assert_false(event->meta.actor.has_credential_id);
	assert_false(event->meta.has_reason);
	assert_int_equal(event->meta.occurred_at, 900);
	assert_int_equal(event->meta.salt[0], 2);
	assert_false(event->issue_assigned.has_from);
	assert_true(event->issue_assigned.has_to);
	assert_int_equal(event->issue_assigned.to.bytes[0], 0x66);
}

static void a_record_of_an_older_version_becomes_the_struct_of_today(void **state)
{
	(void)state;
	struct buf value = {0}, again = {0};
	struct event event;
	struct arena arena;
	struct error err;
	arena_init(&arena, block, sizeof(block));
	assert_int_equal(schemas_check(&err), STATUS_OK);
	put_older(&value);
	if (event_decode(buf_slice(&value), &arena, &event, &err))
		fail_msg("%s", err.text);
	assert_older(&event);
	event_encode(&event, &again); /* as the current version */
	assert_int_equal(event_decode(buf_slice(&again), &arena, &event, &err), STATUS_OK);
	assert_int_equal(get_u32(again.data + 1), 2);
	assert_older(&event);
	buf_release(&value);
	buf_release(&again);
}

static void faults_of_older_records_name_version_field_and_byte(void **state)
{
	(void)state;
	struct buf value = {0};
	struct event event;
	struct arena arena;
	struct error err;
	arena_init(&arena, block, sizeof(block));
	assert_int_equal(schemas_check(&err), STATUS_OK);
	put_older(&value);
	for (size_t n = 5; n < value.n; n++)
		assert_int_equal(event_decode(slice_of(value.data, n), &arena, &event, &err),
		                 STATUS_MALFORMED);
	assert_non_null(strstr(err.text, "IssueAssigned version 1: to: "));
	buf_append_char(&value, 'x');
	assert_int_equal(event_decode(buf_slice(&value), &arena, &event, &err), STATUS_MALFORMED);
	assert_non_null(strstr(err.text, "bytes behind the end"));
	value.data[4] = 3;
	assert_int_equal(event_decode(buf_slice(&value), &arena, &event, &err),
	                 STATUS_UNKNOWN_SCHEMA);
	buf_release(&value);
}

static void *decode_often(void *arg)
{
	const struct buf *value = arg;
	char mine[4096] __attribute__((aligned(16)));
	uintptr_t right = 0;
	for (unsigned i = 0; i < 2000; i++) {
		struct event event;
		struct arena arena;
		struct error err;
		arena_init(&arena, mine, sizeof(mine));
		right += event_decode(buf_slice(value), &arena, &event, &err) == STATUS_OK &&
		         event.meta.seq == 7;
	}
	return (void *)right;
}

static void threads_read_older_records_side_by_side(void **state)
{
	(void)state;
	struct buf value = {0};
	struct error err;
	pthread_t threads[4];
	assert_int_equal(schemas_check(&err), STATUS_OK);
	put_older(&value);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, decode_often, &value), 0);
	for (unsigned i = 0; i < 4; i++) {
		void *right;
		assert_int_equal(pthread_join(threads[i], &right), 0);
		assert_int_equal((uintptr_t)right, 2000);
	}
	buf_release(&value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_older_is_read_before_the_schemas_are_checked),
	        cmocka_unit_test(a_record_of_an_older_version_becomes_the_struct_of_today),
	        cmocka_unit_test(faults_of_older_records_name_version_field_and_byte),
	        cmocka_unit_test(threads_read_older_records_side_by_side),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
