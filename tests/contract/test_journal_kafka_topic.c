/* Topics that the Kafka driver meets: wrong settings, foreign records, wrong addresses, several
 * processes that create one journal. */
#include "tests/contract/journal_contract.h"
#include "tests/contract/kafka_place.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"

enum { BOUND_MS = 60000 };

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

static enum status try_open(struct journal_place *place, struct error *err)
{
	struct journal_options options = {.config = &place->config, .create = true};
	struct journal *journal;
	enum status status = journal_open(&options, &journal, err);

	if (status == STATUS_OK)
		journal_close(journal);
	return status;
}

/* The message names the topic and @setting. */
static void assert_refused(struct journal_place *place, const char *setting)
{
	struct error err = {0};

	assert_status(INVALID, try_open(place, &err), err);
	assert_non_null(strstr(err.text, place->config.kafka_topic));
	assert_non_null(strstr(err.text, setting));
}

static void a_compacted_topic_is_refused(void **state)
{
	kafka_place_make_topic(
	        *state, 1,
	        (const char *[]){"cleanup.policy", "compact", "retention.ms", "-1", NULL});
	assert_refused(*state, "cleanup.policy");
}

static void a_topic_that_forgets_after_a_time_is_refused(void **state)
{
	kafka_place_make_topic(*state, 1, (const char *[]){NULL}); /* the default: a week */
	assert_refused(*state, "retention.ms");
}

static void a_topic_that_forgets_when_it_is_full_is_refused(void **state)
{
	kafka_place_make_topic(
	        *state, 1,
	        (const char *[]){"retention.ms", "-1", "retention.bytes", "1000000000", NULL});
	assert_refused(*state, "retention.bytes");
}

static void a_topic_with_room_for_small_records_only_is_refused(void **state)
{
	kafka_place_make_topic(
	        *state, 1,
	        (const char *[]){"retention.ms", "-1", "max.message.bytes", "100000", NULL});
	assert_refused(*state, "max.message.bytes");
}

static void a_fitting_topic_that_exists_becomes_the_journal(void **state)
{
	kafka_place_make_topic(*state, 3, (const char *[]){"retention.ms", "-1", NULL});
	((struct journal_place *)*state)->config.partitions = 3;
	struct journal *journal = contract_open(*state);

	assert_int_equal(journal_identity(journal)->partitions, 3);
	contract_claim(journal, 2);
	contract_append(journal, 2, "x");
	contract_assert_has(journal, 2, "x");
	journal_close(journal);
}

static void a_topic_that_begins_with_another_record_is_refused(void **state)
{
	kafka_place_make_topic(*state, CONTRACT_PARTITIONS,
	                       (const char *[]){"retention.ms", "-1", NULL});
	kafka_place_write(*state, 0, "somebody", "else");
	assert_refused(*state, "does not hold a journal");
}

static void foreign_records_reach_the_reader_as_they_are(void **state)
{
	struct journal *journal = contract_open(*state);
	struct read_log log = {0};

	contract_claim(journal, 0);
	contract_append(journal, 0, "ours");
	kafka_place_write(*state, 0, "tenant", "theirs");
	kafka_place_write(*state, 0, NULL, NULL);
	contract_append(journal, 0, "ours again");
	contract_read(journal, 0, 0, &log);
	assert_true(log.n >= 4);
	struct read_record *last = &log.records[log.n - 4];
	assert_string_equal(last[0].value, "ours");
	assert_string_equal(last[1].value, "theirs");
	assert_int_equal(last[2].value_n, 0);
	assert_true(last[2].control); /* by its empty key */
	assert_string_equal(last[3].value, "ours again");
	read_log_release(&log);
	journal_close(journal);
}

struct opener {
	pthread_t thread;
	struct journal_place *place;
	struct journal *journal;
	struct error err;
	enum status status;
};

static void *open_it(void *arg)
{
	struct opener *o = arg;
	struct journal_options options = {.config = &o->place->config, .create = true};

	o->status = journal_open(&options, &o->journal, &o->err);
	return NULL;
}

static void processes_that_create_one_journal_at_once_agree_on_it(void **state)
{
	enum { OPENERS = 8 };
	struct opener openers[OPENERS] = {0};

	for (int i = 0; i < OPENERS; i++) {
		openers[i].place = *state;
		pthread_create(&openers[i].thread, NULL, open_it, &openers[i]);
	}
	for (int i = 0; i < OPENERS; i++)
		pthread_join(openers[i].thread, NULL);
	for (int i = 0; i < OPENERS; i++) {
		assert_status(OK, openers[i].status, openers[i].err);
		assert_true(uuid_equal(&journal_identity(openers[i].journal)->id,
		                       &journal_identity(openers[0].journal)->id));
	}
	for (uint32_t p = 0; p < CONTRACT_PARTITIONS; p++) {
		struct read_log log = {0};
		contract_read(openers[0].journal, p, 0, &log);
		assert_int_equal(log.n, 1); /* one identity a partition */
		read_log_release(&log);
	}
	for (int i = 0; i < OPENERS; i++)
		journal_close(openers[i].journal);
}

/* --- addresses and properties --- */

static void assert_unavailable_soon(struct journal_place *place, const char *address)
{
	int64_t start = clock_monotonic_ms();
	const char *bootstrap = place->config.kafka_bootstrap;
	struct error err = {0};

	place->config.kafka_bootstrap = address;
	enum status status = try_open(place, &err);
	place->config.kafka_bootstrap = bootstrap; /* for the teardown */
	assert_status(UNAVAILABLE, status, err);
	assert_non_null(strstr(err.text, address));
	assert_true(clock_monotonic_ms() - start < BOUND_MS);
}

static void an_address_where_nobody_listens_is_named_in_bounded_time(void **state)
{
	assert_unavailable_soon(*state, "127.0.0.1:1");
}

static void an_address_that_never_answers_is_named_in_bounded_time(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char address[32];

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	snprintf(address, sizeof(address), "127.0.0.1:%d", ntohs(at.sin_port));
	assert_unavailable_soon(*state, address);
	close(fd);
}

static void assert_property_refused(struct journal_place *place, char *key, char *value)
{
	struct config_pair pair = {key, value};
	struct error err = {0};

	place->config.kafka = &pair;
	place->config.kafka_n = 1;
	enum status status = try_open(place, &err);
	place->config.kafka_n = 0;
	assert_status(INVALID, status, err);
	assert_non_null(strstr(err.text, key));
}

static void properties_that_are_unknown_or_the_drivers_own_are_refused(void **state)
{
	assert_property_refused(*state, "no.such.property", "1");
	assert_property_refused(*state, "linger.ms", "soon");
	assert_property_refused(*state, "isolation.level", "read_uncommitted");
	assert_property_refused(*state, "enable.idempotence", "false");
}

int main(void)
{
	static struct journal_place place = {.driver = "kafka"};
#define LAW(function)                                                                              \
	{                                                                                          \
#function, function, setup, teardown, &place                                       \
	}
	const struct CMUnitTest tests[] = {
	        LAW(a_compacted_topic_is_refused),
	        LAW(a_topic_that_forgets_after_a_time_is_refused),
	        LAW(a_topic_that_forgets_when_it_is_full_is_refused),
	        LAW(a_topic_with_room_for_small_records_only_is_refused),
	        LAW(a_fitting_topic_that_exists_becomes_the_journal),
	        LAW(a_topic_that_begins_with_another_record_is_refused),
	        LAW(foreign_records_reach_the_reader_as_they_are),
	        LAW(processes_that_create_one_journal_at_once_agree_on_it),
	        LAW(an_address_where_nobody_listens_is_named_in_bounded_time),
	        LAW(an_address_that_never_answers_is_named_in_bounded_time),
	        LAW(properties_that_are_unknown_or_the_drivers_own_are_refused),
	};
#undef LAW
	return cmocka_run_group_tests(tests, NULL, NULL);
}
