/* What a reader of the journal could not take, as its operators see it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/metrics.h"
#include "core/codec/wire.h"
#include "core/service/trouble.h"

static struct trouble *trouble;

static int setup(void **state)
{
	(void)state;
	trouble = trouble_new("test");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	trouble_free(trouble);
	return 0;
}

static void tell(enum foreign_reason reason, uint32_t partition, int64_t offset, const char *tenant,
                 uint64_t last, uint64_t found)
{
	struct journal_entry entry = {
	        .partition = partition, .offset = offset, .timestamp_ms = 1763719200000LL};
	trouble_foreign(trouble, reason, &entry, slice_str(tenant), last, found);
}

static bool shows(bool names, const char *text)
{
	struct buf line = {0};
	trouble_line(trouble, names, &line);
	bool found = strstr(buf_cstr(&line), text) != NULL;
	if (!found)
		print_message("\"%s\" is not in \"%s\"\n", text, buf_cstr(&line));
	buf_release(&line);
	return found;
}

static bool page_holds(const char *text)
{
	struct buf page = {0};
	metrics_print(&page);
	bool found = strstr(buf_cstr(&page), text) != NULL;
	buf_release(&page);
	return found;
}

static void what_is_well_says_nothing(void **state)
{
	(void)state;
	struct buf line = {0};
	trouble_line(trouble, true, &line);
	assert_int_equal(line.n, 0);
	buf_release(&line);
}

static void foreign_records_are_counted_by_reason_and_partition_once_each(void **state)
{
	(void)state;
	tell(FOREIGN_FRAME, 0, 7, "", 0, 0);
	tell(FOREIGN_FRAME, 0, 9, "", 0, 0);
	tell(FOREIGN_FRAME, 0, 9, "", 0, 0); /* read again after a rollback */
	tell(FOREIGN_BODY, 3, 2, "", 0, 0);
	assert_int_equal(trouble_counts(trouble).foreign, 3);
	assert_true(shows(false,
	                  "3 foreign records (2 frame in partition 0, the last at offset 9 of "
	                  "2025-11-21T10:00:00.000Z; 1 body in partition 3"));
	assert_true(page_holds("nexusflow_foreign_records_total{reader=\"test\",reason=\"frame\","
	                       "partition=\"0\"} 2"));
}

static void a_gap_makes_a_suspect_until_the_missing_seq_comes(void **state)
{
	(void)state;
	tell(FOREIGN_GAP, 0, 5, "acme", 4, 9);
	tell(FOREIGN_GAP, 0, 6, "acme", 4, 10);
	tell(FOREIGN_REPEATED, 0, 7, "globex", 4, 3);
	assert_int_equal(trouble_counts(trouble).suspects, 1);
	assert_true(shows(true, "1 tenant with a gap in seq (acme expects seq 5, found 10 at "
	                        "partition 0 offset 6)"));
	assert_true(page_holds("nexusflow_tenants_suspect{reader=\"test\"} 1"));
	trouble_in_order(trouble, SLICE("globex"));
	assert_int_equal(trouble_counts(trouble).suspects, 1);
	trouble_in_order(trouble, SLICE("acme"));
	assert_int_equal(trouble_counts(trouble).suspects, 0);
}

static void tenants_are_named_only_where_they_may_be(void **state)
{
	(void)state;
	struct trouble_stop stop = {.tenant = SLICE("acme"),
	                            .seq = 7,
	                            .partition = 1,
	                            .offset = 33,
	                            .event_id = {{5}},
	                            .reason = SLICE("IssueRanked: limbo")};
	uint64_t seq;
	struct uuid event;
	trouble_stop(trouble, &stop);
	tell(FOREIGN_GAP, 0, 5, "globex", 4, 9);
	assert_true(shows(true, "1 tenant stopped (acme before seq 7 at partition 1 offset 33: "
	                        "IssueRanked: limbo)"));
	assert_true(shows(false, "1 tenant stopped, 1 tenant with a gap in seq, 1 foreign"));
	struct buf line = {0};
	trouble_line(trouble, false, &line);
	assert_null(strstr(buf_cstr(&line), "acme"));
	assert_null(strstr(buf_cstr(&line), "globex"));
	buf_release(&line);
	assert_false(page_holds("acme"));
	assert_true(page_holds("nexusflow_tenants_stopped{reader=\"test\"} 1"));
	assert_true(trouble_stopped_at(trouble, SLICE("acme"), &seq, &event));
	assert_int_equal(seq, 7);
	assert_int_equal(event.bytes[0], 5);
	trouble_go_on(trouble, SLICE("acme"));
	assert_false(trouble_stopped_at(trouble, SLICE("acme"), &seq, &event));
	assert_true(page_holds("nexusflow_tenants_stopped{reader=\"test\"} 0"));
}

static enum record_kind kind_of(const char *key, struct slice value, struct record_read *read)
{
	static char memory[65536];
	static struct arena arena;
	arena_init(&arena, memory, sizeof memory);
	record_read(slice_str(key), value, &arena, read);
	return read->kind;
}

/* What every event begins with tells whose it is, also when nothing else is known of it. */
static void a_record_of_a_newer_version_tells_its_tenant_and_seq(void **state)
{
	(void)state;
	struct buf value = {0};
	struct record_read read;
	struct uuid id = {{9, 8, 7}};
	buf_append(&value, "\0\0\x10\0\0", 5);
	wire_put_uuid(&value, &id);
	wire_put_slice(&value, SLICE("acme"));
	wire_put_long(&value, 42);
	buf_append_str(&value, "fields of the future");
	assert_int_equal(kind_of("acme", buf_slice(&value), &read), RECORD_UNKNOWN_SCHEMA);
	assert_true(slice_is(read.event.meta.tenant, "acme"));
	assert_int_equal(read.event.meta.seq, 42);
	assert_memory_equal(&read.event.meta.event_id, &id, sizeof id);
	assert_int_equal(kind_of("globex", buf_slice(&value), &read), RECORD_FOREIGN);
	assert_int_equal(read.foreign, FOREIGN_KEY);
	value.n = 30; /* within the event id */
	assert_int_equal(kind_of("acme", buf_slice(&value), &read), RECORD_UNKNOWN_SCHEMA);
	assert_int_equal(read.event.meta.tenant.n, 0);
	buf_release(&value);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(what_is_well_says_nothing),
	        CASE(foreign_records_are_counted_by_reason_and_partition_once_each),
	        CASE(a_gap_makes_a_suspect_until_the_missing_seq_comes),
	        CASE(tenants_are_named_only_where_they_may_be),
	        CASE(a_record_of_a_newer_version_tells_its_tenant_and_seq),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
