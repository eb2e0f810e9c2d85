/* The settings of a topic: looked at, changed where that harms nothing, and refused by the journal
 * by the same rows. */
#include "tests/contract/journal_contract.h"
#include "tests/contract/kafka_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/journal/topic.h"

static int setup(void **state)
{
	kafka_place_create(*state, CONTRACT_PARTITIONS);
	return 0;
}

static int teardown(void **state)
{
	kafka_place_destroy(*state);
	return 0;
}

static struct topic_report inspect(const struct journal_place *place, bool apply)
{
	struct topic_report report;
	struct error err = {0};

	assert_status(OK, topic_inspect(&place->config, apply, &report, &err), err);
	return report;
}

static const struct topic_row *row_of(const struct topic_report *report, const char *name)
{
	for (uint32_t i = 0; i < report->rows_n; i++)
		if (strcmp(report->rows[i].name, name) == 0)
			return &report->rows[i];
	fail_msg("no row %s", name);
	return NULL;
}

static void assert_verdict(const struct topic_report *report, const char *name,
                           enum topic_verdict verdict)
{
	if (row_of(report, name)->verdict != verdict)
		fail_msg("%s: verdict %d, not %d", name, row_of(report, name)->verdict, verdict);
}

/* The journal cannot be opened; the message names topic, setting, value and, if it would help, the
 * command. */
static void assert_refused(struct journal_place *place, const char *setting, bool mendable)
{
	struct journal_options options = {.config = &place->config, .create = true};
	struct journal *journal;
	struct error err = {0};

	assert_status(INVALID, journal_open(&options, &journal, &err), err);
	assert_non_null(strstr(err.text, place->config.kafka_topic));
	assert_non_null(strstr(err.text, setting));
	assert_int_equal(strstr(err.text, "nexusflow schema topics --apply") != NULL, mendable);
}

static void a_topic_that_is_missing_is_created_when_asked_for_and_fits(void **state)
{
	struct journal_place *place = *state;
	struct topic_report report;
	struct error err = {0};

	assert_status(NOT_FOUND, topic_inspect(&place->config, false, &report, &err), err);
	assert_non_null(strstr(err.text, place->config.kafka_topic));
	report = inspect(place, true);
	assert_true(report.created);
	assert_false(topic_needs_change(&report));
	report = inspect(place, false);
	assert_false(report.created);
	assert_false(topic_needs_change(&report));
	journal_close(contract_open(place));
}

static void what_a_first_start_creates_fits(void **state)
{
	journal_close(contract_open(*state));
	struct topic_report report = inspect(*state, false);

	assert_false(topic_needs_change(&report));
}

static void what_differs_is_told_and_changed_and_the_rest_is_kept(void **state)
{
	kafka_place_make_topic(*state, 2,
	                       (const char *[]){"cleanup.policy", "compact", "retention.bytes",
	                                        "1000000", "max.message.bytes", "900000",
	                                        "compression.type", "gzip", "min.insync.replicas",
	                                        "2", "unclean.leader.election.enable", "true",
	                                        "segment.ms", "777777", NULL});
	struct topic_report report = inspect(*state, false);

	assert_true(topic_needs_change(&report));
	assert_verdict(&report, "partitions", TOPIC_REFUSED);
	assert_verdict(&report, "cleanup.policy", TOPIC_REFUSED);
	assert_verdict(&report, "retention.ms", TOPIC_REFUSED);
	assert_verdict(&report, "retention.bytes", TOPIC_REFUSED);
	assert_verdict(&report, "max.message.bytes", TOPIC_REFUSED);
	assert_verdict(&report, "min.insync.replicas", TOPIC_REFUSED);
	assert_verdict(&report, "message.timestamp.type", TOPIC_DIFFERS);
	assert_verdict(&report, "compression.type", TOPIC_DIFFERS);
	assert_verdict(&report, "unclean.leader.election.enable", TOPIC_DIFFERS);
	assert_string_equal(row_of(&report, "cleanup.policy")->found, "compact");
	assert_refused(*state, "cleanup.policy = compact", true);

	report = inspect(*state, true);
	assert_false(topic_needs_change(&report));
	assert_true(row_of(&report, "cleanup.policy")->changed);
	kafka_place_await_setting(*state, "segment.ms", "777777");
	kafka_place_await_setting(*state, "cleanup.policy", "delete");
	report = inspect(*state, false);
	assert_false(topic_needs_change(&report));
	journal_close(contract_open(*state));
}

static void more_in_sync_replicas_than_replicas_are_refused(void **state)
{
	kafka_place_make_topic(
	        *state, CONTRACT_PARTITIONS,
	        (const char *[]){"retention.ms", "-1", "min.insync.replicas", "3", NULL});
	assert_refused(*state, "min.insync.replicas = 3", true);
}

static void an_empty_topic_with_too_few_partitions_is_refused(void **state)
{
	kafka_place_make_topic(*state, 1, (const char *[]){"retention.ms", "-1", NULL});
	assert_refused(*state, "partitions = 1, must be 4", true);
}

static void an_empty_topic_with_too_many_partitions_is_refused_and_left_alone(void **state)
{
	kafka_place_make_topic(*state, 6, (const char *[]){"retention.ms", "-1", NULL});
	assert_refused(*state, "partitions = 6, must be 4", false);
	struct topic_report report = inspect(*state, true);

	assert_true(topic_needs_change(&report));
	assert_string_equal(row_of(&report, "partitions")->found, "6");
	report = inspect(*state, false);
	assert_string_equal(row_of(&report, "partitions")->found, "6");
}

static void a_journal_keeps_its_partitions_whatever_is_configured(void **state)
{
	struct journal_place *place = *state;

	journal_close(contract_open(place));
	place->config.partitions = 7;
	struct journal *journal = contract_open(place);

	assert_int_equal(journal_identity(journal)->partitions, CONTRACT_PARTITIONS);
	journal_close(journal);
	struct topic_report report = inspect(place, true);
	assert_false(topic_needs_change(&report));
	assert_string_equal(row_of(&report, "partitions")->found, "4");
}

static void partitions_added_to_a_journal_are_refused_with_the_reason(void **state)
{
	journal_close(contract_open(*state));
	kafka_place_add_partitions(*state, CONTRACT_PARTITIONS + 1);
	assert_refused(*state, "partitions = 5, must be 4", false);
	assert_refused(*state, "organizations would change partitions", false);
	struct topic_report report = inspect(*state, true);

	assert_true(topic_needs_change(&report));
	assert_verdict(&report, "partitions", TOPIC_REFUSED);
}

/* Records that cannot be compressed, as many as a group commit may hold. */
static void the_least_allowed_room_takes_the_largest_batch(void **state)
{
	enum { RECORDS = 20000, BYTES = 1000 };

	kafka_place_make_topic(
	        *state, CONTRACT_PARTITIONS,
	        (const char *[]){"retention.ms", "-1", "max.message.bytes", "1048576", NULL});
	struct journal *journal = contract_open(*state);
	struct journal_record *records = mem_new(RECORDS * sizeof(*records));
	char *noise = mem_new(RECORDS * BYTES);
	struct error err = {0};
	uint64_t x = 88172645463325252u; /* xorshift64 */

	for (size_t i = 0; i + 8 <= (size_t)RECORDS * BYTES; i += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(noise + i, &x, 8);
	}
	for (size_t i = 0; i < RECORDS; i++)
		records[i] = (struct journal_record){.key = SLICE("key"),
		                                     .value = slice_of(noise + i * BYTES, BYTES)};
	contract_claim(journal, 0);
	assert_status(OK, journal_append(journal, 0, records, RECORDS, NULL, &err), err);
	records[0].value = slice_of(noise, 512 * 1024);
	assert_status(OK, journal_append(journal, 0, records, 1, NULL, &err), err);
	free(noise);
	free(records);
	journal_close(journal);
}

int main(void)
{
	static struct journal_place place = {.driver = "kafka"};
#define LAW(function)                                                                              \
	{                                                                                          \
#function, function, setup, teardown, &place                                       \
	}
	const struct CMUnitTest tests[] = {
	        LAW(a_topic_that_is_missing_is_created_when_asked_for_and_fits),
	        LAW(what_a_first_start_creates_fits),
	        LAW(what_differs_is_told_and_changed_and_the_rest_is_kept),
	        LAW(more_in_sync_replicas_than_replicas_are_refused),
	        LAW(an_empty_topic_with_too_few_partitions_is_refused),
	        LAW(an_empty_topic_with_too_many_partitions_is_refused_and_left_alone),
	        LAW(a_journal_keeps_its_partitions_whatever_is_configured),
	        LAW(partitions_added_to_a_journal_are_refused_with_the_reason),
	        LAW(the_least_allowed_room_takes_the_largest_batch),
	};
#undef LAW
	return cmocka_run_group_tests(tests, NULL, NULL);
}
