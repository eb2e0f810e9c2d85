#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>

#include "core/base/date.h"
#include "core/codec/cloudevent.h"
#include "tests/unit/golden_event.h"

static void read_file(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "r");
	size_t n;
	if (!file)
		fail_msg("%s is missing: run make_golden_events", path);
	while ((n = fread(buf_reserve(out, 65536), 1, 65536, file)) > 0)
		out->n += n;
	fclose(file);
}

/* All that @golden says is in @now; members that came with later versions are not its business. */
static bool contains(json_t *now, json_t *golden)
{
	const char *key;
	json_t *value;
	size_t index;
	if (json_is_array(golden) && json_array_size(now) == json_array_size(golden)) {
		json_array_foreach(golden, index, value)
		{
			if (!contains(json_array_get(now, index), value))
				return false;
		}
		return true;
	}
	if (!json_is_object(golden) || !json_is_object(now))
		return json_equal(now, golden);
	json_object_foreach(golden, key,
	                    value) if (!json_object_get(now, key) ||
	                               !contains(json_object_get(now, key), value)) return false;
	return true;
}

static void every_published_version_is_read_for_ever(void **state)
{
	(void)state;
	struct error err = {0};
	assert_int_equal(schemas_check(&err), STATUS_OK);
	for (uint32_t i = 0; i < schema_entries_n; i++) {
		struct buf path = {0}, value = {0}, expected = {0}, rendered = {0};
		uint32_t id = 0;
		golden_path(&schema_entries[i], "bin", &path);
		read_file(buf_cstr(&path), &value);
		(void)record_classify(buf_slice(&value), &id);
		assert_int_equal(id, schema_entries[i].id);
		if (golden_render(buf_slice(&value), &rendered, &err))
			fail_msg("%s: %s", buf_cstr(&path), err.text);
		path.n = 0;
		golden_path(&schema_entries[i], "json", &path);
		read_file(buf_cstr(&path), &expected);
		json_t *now = json_loadb(rendered.data, rendered.n, 0, NULL);
		json_t *golden = json_loadb(expected.data, expected.n, 0, NULL);
		assert_non_null(golden);
		if (!contains(now, golden))
			fail_msg("%s: now %s", buf_cstr(&path), buf_cstr(&rendered));
		json_decref(now);
		json_decref(golden);
		buf_release(&path);
		buf_release(&value);
		buf_release(&expected);
		buf_release(&rendered);
	}
}

static struct uuid uuid_of(const char *text)
{
	struct uuid uuid;
	assert_true(uuid_parse(slice_str(text), &uuid));
	return uuid;
}

static struct event example(void)
{
	struct event event;
	memset(&event, 0, sizeof(event));
	event.type = EVENT_ISSUE_DUE_DATE_CHANGED;
	event.meta.event_id = uuid_of("018f4e3a-5c1d-7b2e-9a60-3f2b1c0d4e5f");
	event.meta.tenant = SLICE("acme");
	event.meta.seq = 42;
	event.meta.aggregate.kind = AGGREGATE_KIND_ISSUE;
	event.meta.aggregate.id = uuid_of("018f4e3a-0000-7000-8000-000000000001");
	event.meta.aggregate.version = 3;
	event.meta.count = 1;
	event.meta.actor.kind = ACTOR_KIND_MEMBER;
	event.meta.recorded_at = 1700000000123;
	event.meta.occurred_at = 1700000000000;
	event.issue_due_date_changed.has_to = true;
	event.issue_due_date_changed.to = 20000;
	return event;
}

static void a_cloudevent_says_who_what_when_and_all_of_the_event(void **state)
{
	(void)state;
	struct event event = example();
	struct buf line = {0};
	event_cloudevent_json(&event, &line);
	assert_string_equal(
	        buf_cstr(&line),
	        "{\"specversion\":\"1.0\",\"id\":\"018f4e3a-5c1d-7b2e-9a60-3f2b1c0d4e5f\","
	        "\"source\":\"/nexusflow/t/"
	        "acme\",\"type\":\"nexusflow.events.IssueDueDateChanged\","
	        "\"subject\":\"issue/018f4e3a-0000-7000-8000-000000000001\","
	        "\"time\":\"2023-11-14T22:13:20.123Z\",\"sequence\":\"42\","
	        "\"datacontenttype\":\"application/json\",\"data\":{\"meta\":{"
	        "\"event_id\":\"018f4e3a-5c1d-7b2e-9a60-3f2b1c0d4e5f\",\"tenant\":\"acme\",\"seq\":"
	        "42,"
	        "\"aggregate\":{\"kind\":\"issue\",\"id\":\"018f4e3a-0000-7000-8000-000000000001\","
	        "\"version\":3},\"command_id\":\"00000000-0000-0000-0000-000000000000\","
	        "\"command_hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"index\":0,"
	        "\"count\":1,\"correlation_id\":\"00000000-0000-0000-0000-000000000000\","
	        "\"causation_id\":null,\"actor\":{\"kind\":\"member\","
	        "\"id\":\"00000000-0000-0000-0000-000000000000\",\"credential_id\":null,"
	        "\"on_behalf_of\":null},\"reason\":null,"
	        "\"recorded_at\":\"2023-11-14T22:13:20.123Z\","
	        "\"occurred_at\":\"2023-11-14T22:13:20.000Z\","
	        "\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA==\"},\"from\":null,\"to\":\"2024-10-04\"}}");
	buf_release(&line);
}

static void assert_header(const struct journal_header *header, const char *name, const char *value)
{
	assert_string_equal(header->name, name);
	if (!slice_is(header->value, value))
		fail_msg("%s is %.*s", name, (int)header->value.n, header->value.data);
}

static void the_headers_of_a_record_follow_the_kafka_binding(void **state)
{
	(void)state;
	const char *parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
	struct event event = example();
	struct header_text scratch;
	struct journal_header out[EVENT_HEADERS_MAX];
	assert_int_equal(event_headers(&event, slice_of(NULL, 0), &scratch, out), 8);
	assert_int_equal(event_headers(&event, slice_str(parent), &scratch, out), 9);
	assert_header(&out[0], "ce_specversion", "1.0");
	assert_header(&out[1], "ce_id", "018f4e3a-5c1d-7b2e-9a60-3f2b1c0d4e5f");
	assert_header(&out[2], "ce_source", "/nexusflow/t/acme");
	assert_header(&out[3], "ce_type", "nexusflow.events.IssueDueDateChanged");
	assert_header(&out[4], "ce_subject", "issue/018f4e3a-0000-7000-8000-000000000001");
	assert_header(&out[5], "ce_time", "2023-11-14T22:13:20.123Z");
	assert_header(&out[6], "ce_sequence", "42");
	assert_header(&out[7], "content-type", "application/avro");
	assert_header(&out[8], "traceparent", parent);
}

static void the_texts_of_every_event_type_have_room(void **state)
{
	(void)state;
	struct header_text scratch;
	struct journal_header out[EVENT_HEADERS_MAX];
	char tenant[2 * EVENT_TENANT_MAX];
	struct event event = example();
	memset(tenant, 'x', sizeof(tenant));
	event.meta.tenant = slice_of(tenant, sizeof(tenant));
	event.meta.seq = INT64_MIN;
	for (unsigned type = 0; type < EVENT_TYPES; type++) {
		char expected[128];
		event.type = (enum event_type)type;
		event.meta.aggregate.kind = (enum aggregate_kind)(type % AGGREGATE_KINDS);
		(void)event_headers(&event, slice_of(NULL, 0), &scratch, out);
		snprintf(expected, sizeof(expected), "nexusflow.events.%s",
		         event_type_name(event.type));
		assert_header(&out[3], "ce_type", expected);
		assert_header(&out[6], "ce_sequence", "-9223372036854775808");
		assert_true(out[2].value.n >= EVENT_TENANT_MAX);
	}
}

static void every_day_prints_and_parses(void **state)
{
	(void)state;
	char text[DATE_TEXT], before[DATE_TEXT] = "0000-12-31";
	int32_t back;
	for (int32_t day = DATE_MIN; day <= DATE_MAX; day++) {
		date_format(day, text);
		assert_true(memcmp(before, text, DATE_TEXT) < 0);
		assert_true(date_parse(slice_of(text, DATE_TEXT), &back));
		assert_int_equal(back, day);
		memcpy(before, text, DATE_TEXT);
	}
	assert_memory_equal(text, "9999-12-31", DATE_TEXT);
	date_format(INT32_MIN, text);
	assert_memory_equal(text, "0001-01-01", DATE_TEXT);
	date_format(INT32_MAX, text);
	assert_memory_equal(text, "9999-12-31", DATE_TEXT);
	date_format(0, text);
	assert_memory_equal(text, "1970-01-01", DATE_TEXT);
}

static void days_that_do_not_exist_are_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {
	        "",           "2026-02-29", "1900-02-29",   "2026-13-01", "2026-00-10",
	        "2026-01-00", "2026-04-31", "2026-1-1",     "2026/01/01", "0000-01-01",
	        "2026-01-1x", "-026-01-01", "2026-01-01T0", "20260101"};
	int32_t days = 7;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(date_parse(slice_str(wrong[i]), &days));
	assert_int_equal(days, 7);
	assert_true(date_parse(SLICE("2000-02-29"), &days));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_published_version_is_read_for_ever),
	        cmocka_unit_test(a_cloudevent_says_who_what_when_and_all_of_the_event),
	        cmocka_unit_test(the_headers_of_a_record_follow_the_kafka_binding),
	        cmocka_unit_test(the_texts_of_every_event_type_have_room),
	        cmocka_unit_test(every_day_prints_and_parses),
	        cmocka_unit_test(days_that_do_not_exist_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
