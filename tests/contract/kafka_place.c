#include "tests/contract/kafka_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { ANSWER_MS = 20000 };

void kafka_place_create(struct journal_place *place, uint32_t partitions)
{
	const char *bootstrap = getenv("NEXUSFLOW_TEST_KAFKA");
	struct uuid id = uuid_v4();
	char *topic = mem_new(5 + UUID_TEXT + 1);

	if (!bootstrap)
		fail_msg("NEXUSFLOW_TEST_KAFKA is not set");
	strcpy(topic, "test-");
	uuid_format(&id, topic + 5);
	place->config = (struct config){
	        .journal = "kafka",
	        .kafka_bootstrap = bootstrap,
	        .kafka_topic = topic,
	        .partitions = partitions,
	};
	place->own = topic;
}

static rd_kafka_t *client_of(const struct journal_place *place)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char text[256];
	rd_kafka_t *rk;

	assert_int_equal(rd_kafka_conf_set(conf, "bootstrap.servers", place->config.kafka_bootstrap,
	                                   text, sizeof(text)),
	                 RD_KAFKA_CONF_OK);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
	assert_non_null(rk);
	return rk;
}

void kafka_place_destroy(struct journal_place *place)
{
	rd_kafka_t *rk = client_of(place);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(place->config.kafka_topic);
	rd_kafka_event_t *event;

	/* not every test has made it, so its result is not looked at */
	rd_kafka_DeleteTopics(rk, &topic, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, ANSWER_MS);
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_DeleteTopic_destroy(topic);
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy(rk);
	free(place->own);
}

static int count_partitions(rd_kafka_t *rk, const char *topic)
{
	rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
	const struct rd_kafka_metadata *metadata;

	assert_int_equal(rd_kafka_metadata(rk, 0, handle, &metadata, ANSWER_MS),
	                 RD_KAFKA_RESP_ERR_NO_ERROR);
	int n = metadata->topics[0].partition_cnt;
	for (int i = 0; i < metadata->topics[0].partition_cnt; i++)
		if (metadata->topics[0].partitions[i].leader < 0)
			n = 0;
	rd_kafka_metadata_destroy(metadata);
	rd_kafka_topic_destroy(handle);
	return n;
}

void kafka_place_make_topic(const struct journal_place *place, int partitions,
                            const char *const *settings)
{
	rd_kafka_t *rk = client_of(place);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	rd_kafka_NewTopic_t *topic =
	        rd_kafka_NewTopic_new(place->config.kafka_topic, partitions, 1, NULL, 0);
	const rd_kafka_topic_result_t **results;
	rd_kafka_event_t *event;
	size_t n;

	for (; *settings; settings += 2)
		rd_kafka_NewTopic_set_config(topic, settings[0], settings[1]);
	rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, ANSWER_MS);
	assert_non_null(event);
	results =
	        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
	assert_int_equal(rd_kafka_topic_result_error(results[0]), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_event_destroy(event);
	rd_kafka_NewTopic_destroy(topic);
	rd_kafka_queue_destroy(queue);
	while (count_partitions(rk, place->config.kafka_topic) < partitions)
		usleep(20000); /* created, but not known to its broker yet */
	rd_kafka_destroy(rk);
}

void kafka_place_add_partitions(const struct journal_place *place, size_t partitions)
{
	rd_kafka_t *rk = client_of(place);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	rd_kafka_NewPartitions_t *more =
	        rd_kafka_NewPartitions_new(place->config.kafka_topic, partitions, NULL, 0);
	const rd_kafka_topic_result_t **results;
	rd_kafka_event_t *event;
	size_t n;

	rd_kafka_CreatePartitions(rk, &more, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, ANSWER_MS);
	assert_non_null(event);
	results = rd_kafka_CreatePartitions_result_topics(
	        rd_kafka_event_CreatePartitions_result(event), &n);
	assert_int_equal(rd_kafka_topic_result_error(results[0]), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_event_destroy(event);
	rd_kafka_NewPartitions_destroy(more);
	rd_kafka_queue_destroy(queue);
	while (count_partitions(rk, place->config.kafka_topic) < (int)partitions)
		usleep(20000);
	rd_kafka_destroy(rk);
}

static bool has_setting(rd_kafka_t *rk, const char *topic, const char *name, const char *value)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	rd_kafka_ConfigResource_t *resource =
	        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
	const rd_kafka_ConfigResource_t **found;
	bool has = false;
	size_t n;

	rd_kafka_DescribeConfigs(rk, &resource, 1, NULL, queue);
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_MS);
	assert_non_null(event);
	found = rd_kafka_DescribeConfigs_result_resources(
	        rd_kafka_event_DescribeConfigs_result(event), &n);
	assert_int_equal(n, 1);
	const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(found[0], &n);
	for (size_t i = 0; i < n; i++)
		has = has || (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0 &&
		              strcmp(rd_kafka_ConfigEntry_value(entries[i]), value) == 0);
	rd_kafka_event_destroy(event);
	rd_kafka_ConfigResource_destroy(resource);
	rd_kafka_queue_destroy(queue);
	return has;
}

void kafka_place_await_setting(const struct journal_place *place, const char *name,
                               const char *value)
{
	rd_kafka_t *rk = client_of(place);

	while (!has_setting(rk, place->config.kafka_topic, name, value))
		usleep(20000);
	rd_kafka_destroy(rk);
}

void kafka_place_write(const struct journal_place *place, int32_t partition, const char *key,
                       const char *value)
{
	rd_kafka_t *rk = client_of(place);

	assert_int_equal(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(place->config.kafka_topic),
	                                   RD_KAFKA_V_PARTITION(partition),
	                                   RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
	                                   RD_KAFKA_V_KEY(key, key ? strlen(key) : 0),
	                                   RD_KAFKA_V_VALUE((void *)(uintptr_t)value,
	                                                    value ? strlen(value) : 0),
	                                   RD_KAFKA_V_END),
	                 RD_KAFKA_RESP_ERR_NO_ERROR);
	assert_int_equal(rd_kafka_flush(rk, ANSWER_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_destroy(rk);
}
