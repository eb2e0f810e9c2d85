/* What is appended is read: identity, order, offsets, positions, limits. */
#include "tests/contract/journal_contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/codec/event_codec.h"

enum { LONG_MS = 30000 };

/* --- identity --- */

/* Record @at of @log must be a control record; strings borrow from it, arrays from @arena. */
static struct control control_of(const struct read_log *log, size_t at, struct arena *arena)
{
	struct control control;
	struct error err = {0};

	assert_true(at < log->n);
	assert_true(log->records[at].control);
	assert_status(OK,
	              control_decode(slice_of(log->records[at].value, log->records[at].value_n),
	                             arena, &control, &err),
	              err);
	return control;
}

void every_partition_of_a_new_journal_begins_with_its_identity(void **state)
{
	struct journal *journal = contract_open(*state);
	const struct journal_identity *identity = journal_identity(journal);
	_Alignas(16) char block[4096];

	assert_int_equal(identity->partitions, CONTRACT_PARTITIONS);
	for (uint32_t i = 0; i < CONTRACT_PARTITIONS; i++) {
		struct read_log log = {0};
		struct arena arena;
		arena_init(&arena, block, sizeof(block));
		contract_read(journal, i, 0, &log);
		assert_int_equal(log.n, 1);
		struct control control = control_of(&log, 0, &arena);
		assert_int_equal(control.type, CONTROL_JOURNAL_CREATED);
		assert_true(uuid_equal(&control.journal_created.journal_id, &identity->id));
		assert_int_equal(control.journal_created.partition, i);
		assert_int_equal(control.journal_created.partitions, CONTRACT_PARTITIONS);
		assert_int_equal(control.journal_created.lineage.n, identity->ancestors_n);
		read_log_release(&log);
	}
	journal_close(journal);
}

void a_claim_is_recorded_with_its_owner(void **state)
{
	struct journal *journal = contract_open(*state);
	const struct journal_owner owner = {uuid_v4(), "http://[::1]:8080"};
	struct read_log log = {0};
	_Alignas(16) char block[4096];
	struct error err = {0};
	struct arena arena;
	int64_t end;

	arena_init(&arena, block, sizeof(block));
	assert_status(OK, journal_claim(journal, 2, &owner, &end, &err), err);
	contract_read(journal, 2, 0, &log);
	assert_int_equal(log.n, 2);
	struct control control = control_of(&log, 1, &arena);
	assert_int_equal(control.type, CONTROL_OWNER_CLAIMED);
	assert_true(uuid_equal(&control.owner_claimed.owner_id, &owner.id));
	assert_true(slice_is(control.owner_claimed.address, owner.address));
	assert_true(slice_is(control.owner_claimed.code_version, NEXUSFLOW_VERSION));
	assert_int_equal(control.owner_claimed.partition, 2);
	assert_true(log.records[1].offset < end);
	read_log_release(&log);
	journal_close(journal);
}

void the_identity_is_the_same_after_reopening(void **state)
{
	struct journal_place *place = *state;
	struct journal *journal = contract_open(place);
	struct journal_identity before = *journal_identity(journal);

	assert_false(uuid_is_nil(&before.id));
	assert_string_equal(journal_driver(journal), place->driver);
	journal_close(journal);
	place->config.partitions = 2; /* of journals created now: without effect on this one */
	journal = contract_open(place);
	assert_true(uuid_equal(&before.id, &journal_identity(journal)->id));
	assert_int_equal(journal_identity(journal)->partitions, CONTRACT_PARTITIONS);
	assert_int_equal(journal_identity(journal)->ancestors_n, before.ancestors_n);
	journal_close(journal);
}

void a_journal_remembers_the_keys_that_it_was_made_with(void **state)
{
	struct journal_place *place = *state;
	struct journal_options options = {
	        .config = &place->config, .create = true, .keys_id = uuid_v4()};
	struct uuid made_with = options.keys_id, other = uuid_v4(), unknown = {{0}};
	struct journal *journal = NULL;
	struct error err = {0};

	assert_status(OK, journal_open(&options, &journal, &err), err);
	assert_true(uuid_equal(&journal_identity(journal)->keys_id, &made_with));
	journal_close(journal);
	options.keys_id = other; /* of journals made now: without effect on this one */
	assert_status(OK, journal_open(&options, &journal, &err), err);
	assert_true(uuid_equal(&journal_identity(journal)->keys_id, &made_with));
	assert_status(OK, journal_check_keys(journal, &place->config, &made_with, &err), err);
	assert_status(OK, journal_check_keys(journal, &place->config, &unknown, &err), err);
	assert_status(CONFLICT, journal_check_keys(journal, &place->config, &other, &err), err);
	assert_non_null(strstr(err.text, "give every process of an installation the same"));
	journal_close(journal);
}

void a_journal_that_was_not_created_is_not_found(void **state)
{
	struct journal_place *place = *state;
	struct journal_options options = {.config = &place->config};
	struct journal *journal = NULL;
	struct error err = {0};

	assert_status(NOT_FOUND, journal_open(&options, &journal, &err), err);
}

/* --- append and read --- */

void records_are_read_back_as_they_were_appended(void **state)
{
	const struct journal_header headers[] = {{"ce_type", SLICE("IssueCreated")},
	                                         {"empty", {NULL, 0}}};
	const struct journal_record records[] = {
	        {SLICE("acme"), slice_of("a\0b", 3), headers, 2},
	        {SLICE("globex"), {NULL, 0}, NULL, 0},
	};
	struct journal *journal = contract_open(*state);
	int64_t before_ms = clock_now_ms(), offsets[2];
	struct journal_entry entries[8];
	struct slice name, value;
	struct error err = {0};
	uint32_t got = 0;
	size_t at = 0;

	contract_claim(journal, 1);
	assert_status(OK, journal_append(journal, 1, records, 2, offsets, &err), err);
	assert_true(offsets[1] > offsets[0]);

	struct journal_reader *reader = contract_reader(journal, 1, offsets[0]);
	got = contract_poll_some(reader, entries, 8);
	assert_int_equal(entries[0].offset, offsets[0]);
	assert_true(entries[0].timestamp_ms >= before_ms - 1000);
	assert_true(slice_is(entries[0].key, "acme"));
	assert_true(slice_equal(entries[0].value, records[0].value));
	assert_true(journal_entry_header(&entries[0], &at, &name, &value));
	assert_true(slice_is(name, "ce_type") && slice_is(value, "IssueCreated"));
	assert_true(journal_entry_header(&entries[0], &at, &name, &value));
	assert_true(slice_is(name, "empty") && value.n == 0);
	assert_false(journal_entry_header(&entries[0], &at, &name, &value));
	if (got == 1)
		assert_int_equal(contract_poll_some(reader, &entries[1], 1), 1);
	at = 0;
	assert_int_equal(entries[1].offset, offsets[1]);
	assert_true(slice_is(entries[1].key, "globex"));
	assert_int_equal(entries[1].value.n, 0);
	assert_false(journal_entry_header(&entries[1], &at, &name, &value));

	journal_reader_omit_headers(reader);
	assert_status(OK, journal_reader_assign(reader, 1, offsets[0], &err), err);
	contract_poll_some(reader, entries, 8);
	assert_int_equal(entries[0].offset, offsets[0]);
	assert_true(slice_is(entries[0].key, "acme"));
	assert_true(slice_equal(entries[0].value, records[0].value));
	journal_reader_close(reader);
	journal_close(journal);
}

void records_keep_their_order_and_offsets_grow(void **state)
{
	struct journal *journal = contract_open(*state);
	int64_t last = -1;

	contract_claim(journal, 0);
	for (int i = 0; i < 3; i++) {
		const struct journal_record records[] = {contract_record("x"),
		                                         contract_record("y")};
		struct error err = {0};
		int64_t offsets[2];
		assert_status(OK, journal_append(journal, 0, records, 2, offsets, &err), err);
		assert_true(offsets[0] > last && offsets[1] > offsets[0]);
		last = offsets[1];
	}
	contract_assert_has(journal, 0, "x y x y x y");
	contract_assert_has(journal, 1, "");
	journal_close(journal);
}

void a_reader_starts_at_any_offset_and_jumps(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_entry entry;
	struct error err = {0};
	struct read_log log = {0};

	contract_claim(journal, 0);
	contract_append(journal, 0, "a");
	contract_append(journal, 0, "b");
	contract_append(journal, 0, "c");
	contract_read(journal, 0, 0, &log);

	struct journal_reader *reader = contract_reader(journal, 0, 0);
	int64_t wanted = contract_end(journal, 0) - 1;
	for (size_t i = log.n; wanted >= 0; wanted--) { /* backwards, through the holes too */
		while (i > 0 && log.records[i - 1].offset >= wanted)
			i--;
		if (i == log.n)
			continue; /* a hole at the end: nothing to read behind it */
		assert_status(OK, journal_reader_assign(reader, 0, wanted, &err), err);
		assert_int_equal(contract_poll_some(reader, &entry, 1), 1);
		assert_int_equal(entry.offset, log.records[i].offset);
	}
	read_log_release(&log);
	journal_reader_close(reader);
	journal_close(journal);
}

/* A reader that is slower than it is fetched for has passed several ends when it polls. It gets all
 * that is there by then; only the fetching, which goes its own way, may need another try. */
void a_poll_gives_what_is_there_whatever_ends_were_passed(void **state)
{
	enum { RECORDS = 3, TRIES = 8, PASSED_MS = 300 };
	struct journal *journal = contract_open(*state);
	int64_t end = contract_claim(journal, 0);
	struct journal_reader *reader = contract_reader(journal, 0, end);
	struct journal_entry entries[RECORDS];
	uint32_t n = 0;

	for (int i = 0; i < TRIES && n < RECORDS; i++) {
		while (journal_reader_position(reader, 0) < contract_end(journal, 0))
			contract_poll(reader, 100, entries, RECORDS);
		for (int k = 0; k < RECORDS; k++) {
			contract_append(journal, 0, "x");
			contract_sleep(PASSED_MS * (i + 1)); /* the machine may be busy */
		}
		n = contract_poll(reader, 100, entries, RECORDS);
	}
	assert_int_equal(n, RECORDS);
	journal_reader_close(reader);
	journal_close(journal);
}

void a_position_behind_the_end_is_lost_data(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader = contract_reader(journal, 0, contract_end(journal, 0));
	struct error err = {0};

	assert_status(CORRUPT,
	              journal_reader_assign(reader, 0, contract_end(journal, 0) + 100, &err), err);
	assert_status(INVALID, journal_reader_assign(reader, 0, -1, &err), err);
	assert_status(INVALID, journal_reader_assign(reader, CONTRACT_PARTITIONS, 0, &err), err);
	journal_reader_close(reader);
	journal_close(journal);
}

void a_reader_that_has_seen_everything_stands_at_the_end(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader = contract_reader(journal, 2, 0);
	struct journal_entry entries[8];
	int64_t end;

	contract_claim(journal, 2);
	end = contract_append(journal, 2, "a") + 1;
	assert_true(contract_end(journal, 2) >= end);
	for (int64_t deadline = clock_monotonic_ms() + LONG_MS;
	     journal_reader_position(reader, 2) != contract_end(journal, 2);) {
		contract_poll(reader, 100, entries, 8);
		assert_true(clock_monotonic_ms() < deadline);
	}
	assert_int_equal(contract_poll(reader, 0, entries, 8), 0);
	assert_int_equal(journal_reader_position(reader, 2), contract_end(journal, 2));
	journal_reader_close(reader);
	journal_close(journal);
}

void one_reader_reads_every_partition(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader = contract_reader(journal, 0, 0);
	struct journal_entry entries[3];
	unsigned seen[CONTRACT_PARTITIONS] = {0};
	struct error err = {0};
	unsigned left = CONTRACT_PARTITIONS * 10;

	for (uint32_t p = 0; p < CONTRACT_PARTITIONS; p++) {
		assert_status(OK, journal_reader_assign(reader, p, contract_end(journal, p), &err),
		              err);
		contract_claim(journal, p);
		for (int i = 0; i < 10; i++)
			contract_append(journal, p, "v");
	}
	while (left > 0) {
		uint32_t n = contract_poll_some(reader, entries, 3);
		for (uint32_t i = 0; i < n; i++)
			if (entries[i].key.n > 0) {
				seen[entries[i].partition]++;
				left--;
			}
	}
	for (uint32_t p = 0; p < CONTRACT_PARTITIONS; p++)
		assert_int_equal(seen[p], 10);
	journal_reader_close(reader);
	journal_close(journal);
}

/* --- limits --- */

void a_batch_of_20000_records_is_one_append(void **state)
{
	enum { N = 20000 };
	struct journal *journal = contract_open(*state);
	struct journal_record *records = mem_new(N * sizeof(*records));
	int64_t *offsets = mem_new(N * sizeof(*offsets));
	char(*values)[8] = mem_new(N * sizeof(*values));
	struct error err = {0};
	struct read_log log = {0};

	for (unsigned i = 0; i < N; i++) {
		snprintf(values[i], sizeof(values[i]), "%u", i);
		records[i] = contract_record(values[i]);
	}
	contract_claim(journal, 0);
	assert_status(OK, journal_append(journal, 0, records, N, offsets, &err), err);
	contract_read(journal, 0, offsets[0], &log);
	assert_int_equal(log.n, N);
	for (unsigned i = 0; i < N; i++) {
		assert_int_equal(log.records[i].offset, offsets[i]);
		assert_string_equal(log.records[i].value, values[i]);
	}
	read_log_release(&log);
	free(values);
	free(offsets);
	free(records);
	journal_close(journal);
}

void a_record_of_512_kib_fits_and_a_larger_one_is_refused(void **state)
{
	struct journal *journal = contract_open(*state);
	char *bytes = mem_new(JOURNAL_RECORD_BYTES_MAX);
	struct journal_record record = {.key = SLICE("k"), .value = {bytes, 512 * 1024}};
	struct error err = {0};
	struct read_log log = {0};
	int64_t offset = -1, end;

	memset(bytes, 'x', JOURNAL_RECORD_BYTES_MAX);
	contract_claim(journal, 0);
	assert_status(OK, journal_append(journal, 0, &record, 1, &offset, &err), err);
	end = contract_end(journal, 0);
	record.value.n = JOURNAL_RECORD_BYTES_MAX; /* and one for the key */
	assert_status(INVALID, journal_append(journal, 0, &record, 1, NULL, &err), err);
	assert_int_equal(contract_end(journal, 0), end);
	contract_read(journal, 0, offset, &log);
	assert_int_equal(log.n, 1);
	assert_int_equal(log.records[0].value_n, 512 * 1024);
	assert_memory_equal(log.records[0].value, bytes, 512 * 1024);
	read_log_release(&log);
	free(bytes);
	journal_close(journal);
}

void a_batch_outside_the_limits_is_refused_whole(void **state)
{
	enum { N = JOURNAL_BATCH_BYTES_MAX / (512 * 1024) + 1 };
	struct journal *journal = contract_open(*state);
	struct journal_record *records = mem_new(N * sizeof(*records));
	char *bytes = mem_new(512 * 1024);
	struct error err = {0};

	contract_claim(journal, 0);
	for (unsigned i = 0; i < N; i++)
		records[i] =
		        (struct journal_record){.key = SLICE("k"), .value = {bytes, 512 * 1024}};
	assert_status(INVALID, journal_append(journal, 0, records, N, NULL, &err), err);
	records[1].key.n = 0;
	assert_status(INVALID, journal_append(journal, 0, records, 2, NULL, &err), err);
	assert_status(INVALID, journal_append(journal, 0, records, 0, NULL, &err), err);
	records[0].headers_n = JOURNAL_HEADERS_MAX + 1;
	assert_status(INVALID, journal_append(journal, 0, records, 1, NULL, &err), err);
	contract_assert_has(journal, 0, "");
	contract_append(journal, 0, "still here");
	free(bytes);
	free(records);
	journal_close(journal);
}
