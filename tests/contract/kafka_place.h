/* Places for journals on the broker of the fixture "kafka": a topic of its own for each test. */
#ifndef TESTS_CONTRACT_KAFKA_PLACE_H
#define TESTS_CONTRACT_KAFKA_PLACE_H

#include <librdkafka/rdkafka.h>

#include "tests/contract/journal_contract.h"

/* A fresh topic name on the broker that NEXUSFLOW_TEST_KAFKA names, or NEXUSFLOW_TEST_KAFKA_OWN if
 * that is set. */
void kafka_place_create(struct journal_place *place, uint32_t partitions);
/* Deletes the topic. */
void kafka_place_destroy(struct journal_place *place);

/* Make the topic of @place beforehand and wait until the broker knows it; @settings: name, value
 * pairs, ended by NULL. */
void kafka_place_make_topic(const struct journal_place *place, int partitions,
                            const char *const *settings);
/* Give the topic @partitions in all; wait until the broker knows it. */
void kafka_place_add_partitions(const struct journal_place *place, size_t partitions);
/* Wait until the topic has @name = @value. */
void kafka_place_await_setting(const struct journal_place *place, const char *name,
                               const char *value);
/* Write one record as somebody else would, outside transactions; wait until it is there. */
void kafka_place_write(const struct journal_place *place, int32_t partition, const char *key,
                       const char *value);

#endif
