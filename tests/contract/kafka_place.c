#include "tests/contract/kafka_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

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
