/* The progress of readers as operators' tools see it: committed offsets of consumer groups, asked
 * for as a consumer of the group would. Each test has a group of its own. */
#include "tests/contract/journal_contract.h"
#include "tests/contract/kafka_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* A journal that is closed waits 3 s for the broker, which may be busy: so some tries. */
enum { PARTITIONS = 2, ANSWER_MS = 60000, TRIES = 5 };

struct group {
	rd_kafka_t *rk;
	char reader[UUID_TEXT + 1];
	struct journal_place *place;
};

static int setup(void **state)
{
	kafka_place_create(*state, PARTITIONS);
	return 0;
}

static int teardown(void **state)
{
	kafka_place_destroy(*state);
	return 0;
}

/* A consumer of the group of a reader that nobody else is. */
static struct group group_open(struct journal_place *place)
{
	struct group group = {.place = place};
	struct uuid id = uuid_v4();
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char name[80], text[256];

	uuid_format(&id, group.reader);
	snprintf(name, sizeof(name), "nexusflow.%s", group.reader);
	rd_kafka_conf_set(conf, "bootstrap.servers", place->config.kafka_bootstrap, NULL, 0);
	rd_kafka_conf_set(conf, "group.id", name, NULL, 0);
	rd_kafka_conf_set(conf, "isolation.level", "read_committed", NULL, 0);
	group.rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
	assert_non_null(group.rk);
	return group;
}

static int64_t committed(const struct group *group, int32_t partition)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

	rd_kafka_topic_partition_list_add(list, group->place->config.kafka_topic, partition);
	assert_int_equal(rd_kafka_committed(group->rk, list, ANSWER_MS),
	                 RD_KAFKA_RESP_ERR_NO_ERROR);
	int64_t offset = list->elems[0].offset;
	rd_kafka_topic_partition_list_destroy(list);
	return offset;
}

static void commit(const struct group *group, int32_t partition, int64_t offset)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

	rd_kafka_topic_partition_list_add(list, group->place->config.kafka_topic, partition)
	        ->offset = offset;
	assert_int_equal(rd_kafka_commit(group->rk, list, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_topic_partition_list_destroy(list);
}

/* As a tool computes it: the end of the log less what is committed. */
static int64_t lag(const struct group *group, int32_t partition)
{
	int64_t low, high;

	assert_int_equal(rd_kafka_query_watermark_offsets(group->rk,
	                                                  group->place->config.kafka_topic,
	                                                  partition, &low, &high, ANSWER_MS),
	                 RD_KAFKA_RESP_ERR_NO_ERROR);
	return high - committed(group, partition);
}

static void read_to_the_end(struct journal *journal, int64_t at[PARTITIONS])
{
	struct journal_reader *reader;
	struct journal_entry entries[16];
	struct error err = {0};

	assert_status(OK, journal_reader_open(journal, &reader, &err), err);
	for (uint32_t p = 0; p < PARTITIONS; p++) {
		int64_t end;
		uint32_t n;
		assert_status(OK, journal_end(journal, p, &end, &err), err);
		assert_status(OK, journal_reader_assign(reader, p, 0, &err), err);
		while (journal_reader_position(reader, p) < end)
			assert_status(OK, journal_reader_poll(reader, 1000, entries, 16, &n, &err),
			              err);
		at[p] = journal_reader_position(reader, p);
	}
	journal_reader_close(reader);
}

static void a_reader_that_has_seen_everything_has_no_lag(void **state)
{
	struct group group = group_open(*state);
	struct journal *journal = contract_open(*state);
	int64_t at[PARTITIONS];

	contract_claim(journal, 1);
	contract_append(journal, 1, "one");
	contract_append(journal, 1, "two");
	read_to_the_end(journal, at);
	assert_true(at[1] > at[0]);
	journal_progress(journal, group.reader, at);
	while (committed(&group, 0) < 0) /* asynchronous: the test's own time limit */
		usleep(20000);
	assert_int_equal(lag(&group, 0), 0);
	assert_int_equal(lag(&group, 1), 0);
	journal_close(journal);
	rd_kafka_destroy(group.rk);
}

static void what_was_reported_last_is_told_when_the_journal_is_closed(void **state)
{
	struct group group = group_open(*state);

	for (int try = 0; try < TRIES && committed(&group, 0) != 20; try++) {
		struct journal *journal = contract_open(*state);
		journal_progress(journal, group.reader, (int64_t[]){1, 1});
		while (committed(&group, 0) != 1) /* the first waits for the group's coordinator */
			usleep(20000);
		for (int64_t i = 1; i <= 20; i++) /* far faster than they are told */
			journal_progress(journal, group.reader, (int64_t[]){i, 2 * i});
		journal_close(journal);
	}
	assert_int_equal(committed(&group, 0), 20);
	assert_int_equal(committed(&group, 1), 40);
	rd_kafka_destroy(group.rk);
}

static void an_offset_that_somebody_else_set_changes_no_reader_and_is_overwritten(void **state)
{
	struct group group = group_open(*state);
	int64_t at[PARTITIONS] = {-1};
	static const char ones[] = "one one one one one"; /* as many as tries */

	for (int try = 0; try < TRIES && committed(&group, 0) != at[0]; try++) {
		struct journal *journal = contract_open(*state);
		contract_claim(journal, 0);
		contract_append(journal, 0, "one");
		commit(&group, 0, 1000000);
		commit(&group, 1, 0);
		contract_assert_has(journal, 0, ones + strlen("one ") * (size_t)(TRIES - 1 - try));
		read_to_the_end(journal, at);
		journal_progress(journal, group.reader, at);
		journal_close(journal);
	}
	assert_int_equal(committed(&group, 0), at[0]);
	assert_int_equal(committed(&group, 1), at[1]);
	rd_kafka_destroy(group.rk);
}

/* A member of the group forbids others to set its offsets. */
static void a_group_that_somebody_subscribes_with_harms_no_reader(void **state)
{
	struct group group = group_open(*state);
	struct journal *journal = contract_open(*state);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_t *assigned = NULL;

	rd_kafka_topic_partition_list_add(list, group.place->config.kafka_topic,
	                                  RD_KAFKA_PARTITION_UA);
	rd_kafka_poll_set_consumer(group.rk);
	assert_int_equal(rd_kafka_subscribe(group.rk, list), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_topic_partition_list_destroy(list);
	for (;;) { /* until it is a member */
		rd_kafka_message_t *message = rd_kafka_consumer_poll(group.rk, 100);
		if (message)
			rd_kafka_message_destroy(message);
		assert_int_equal(rd_kafka_assignment(group.rk, &assigned),
		                 RD_KAFKA_RESP_ERR_NO_ERROR);
		int n = assigned->cnt;
		rd_kafka_topic_partition_list_destroy(assigned);
		if (n > 0)
			break;
	}
	journal_progress(journal, group.reader, (int64_t[]){77, 77});
	contract_claim(journal, 0);
	contract_append(journal, 0, "one");
	contract_assert_has(journal, 0, "one");
	journal_close(journal);
	assert_true(committed(&group, 0) != 77);
	rd_kafka_destroy(group.rk);
}

int main(void)
{
	static struct journal_place place = {.driver = "kafka"};
#define LAW(function)                                                                              \
	{                                                                                          \
#function, function, setup, teardown, &place                                       \
	}
	const struct CMUnitTest tests[] = {
	        LAW(a_reader_that_has_seen_everything_has_no_lag),
	        LAW(what_was_reported_last_is_told_when_the_journal_is_closed),
	        LAW(an_offset_that_somebody_else_set_changes_no_reader_and_is_overwritten),
	        LAW(a_group_that_somebody_subscribes_with_harms_no_reader),
	};
#undef LAW
	return cmocka_run_group_tests(tests, NULL, NULL);
}
