/* The Kafka driver's own parts. Internal to core/journal/kafka*.c, the only files that know
 * librdkafka.
 *
 * A struct kafka is one handle on one topic. It owns an instance of librdkafka for questions
 * (settings, ends of partitions), and per claimed partition two transactional producers. Readers
 * have an instance each. Everything here keeps to the bugs of librdkafka 2.0.2 that Debian 12
 * ships: no consume_batch, no seek, commit_transaction(-1) only, and the one group
 * (kafka_membership.c) rebalances eagerly. */
#ifndef CORE_JOURNAL_KAFKA_H
#define CORE_JOURNAL_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "core/journal/driver.h"
#include "core/journal/topic.h"

#define KAFKA_ANSWER_MS  5000  /* how long a question to the brokers may take */
#define KAFKA_CLAIM_MS   30000 /* how long one claim may take */
#define KAFKA_END_AGE_MS 20    /* how old an answer of kafka_end may be */
#define KAFKA_SPARES_MAX 32    /* partitions of a journal whose standbys hold spares: threads */

/* What an instance of librdkafka last complained about; its opaque. Filled by its log callback,
 * because a refused connection is told nowhere else. */
struct kafka_link {
	pthread_mutex_t lock;
	char trouble[200];
};

struct kafka_producer; /* kafka_producer.c */
struct kafka_progress; /* kafka_progress.c */
struct kafka_watch;    /* kafka_watch.c */

struct kafka_partition {
	pthread_mutex_t lock; /* claim, append, release: held while a commit runs */
	bool claimed;
	unsigned turn; /* which producer takes the next batch */
	int64_t ours; /* where the log ends if nobody but us wrote since our claim; kafka_confirm */
	struct kafka_producer *producers[2];
	struct kafka_producer *spares[2]; /* connected, without rights: for the next claim */

	pthread_mutex_t end_lock; /* the rest; never held across a call that waits */
	int64_t behind;    /* everything below was committed by us or read: the end is no less */
	int64_t end;       /* the last answer of the brokers */
	int64_t end_at_us; /* when; 0: none */
};

struct kafka {
	char *bootstrap;
	char *topic;
	struct config_pair *properties; /* librdkafka's, from "kafka.*" */
	size_t properties_n;
	bool read_only;
	atomic_bool replaced; /* the topic, by another of its name: nothing is claimed any more */
	struct kafka_link link;
	rd_kafka_t *client; /* asks; never fetches, so that no answer waits behind a fetch */
	struct kafka_progress *progress;
	struct kafka_watch *watch;
	struct journal_identity identity;
	struct kafka_partition *partitions; /* identity.partitions of them */
};

/* --- kafka_client.c: instances --- */

enum kafka_kind { KAFKA_CLIENT, KAFKA_READER, KAFKA_PRODUCER, KAFKA_MEMBER, KAFKA_PROGRESS };

void kafka_link_init(struct kafka_link *link);
void kafka_link_release(struct kafka_link *link);
/* The last complaint, or "" after which @fallback is taken; copied into @text. */
const char *kafka_link_trouble(struct kafka_link *link, char *text, size_t n, const char *fallback);

/* An instance of @kind; @id: transactional id of a producer, group of KAFKA_PROGRESS, else NULL.
 * NULL with INVALID (a property that librdkafka refuses or that the driver keeps for itself). */
rd_kafka_t *kafka_instance(const struct kafka *kafka, enum kafka_kind kind, const char *id,
                           struct kafka_link *link, struct error *err);

/* --- kafka.c: the handle --- */

/* With its client; NULL: INVALID. */
struct kafka *kafka_new(const struct config *config, struct error *err);
void kafka_free(struct kafka *kafka);

/* --- kafka_topic.c: the topic, made and asked --- */

struct kafka_topic {
	bool exists;
	uint32_t partitions; /* 0: it is so new that it has no leaders yet */
	int replicas;        /* of the partition that has the fewest */
};

/* Find the topic or create it with @partitions; refuse one whose settings are wrong. NOT_FOUND
 * without @create, UNAVAILABLE, INVALID. */
enum status kafka_topic_open(struct kafka *kafka, bool create, uint32_t partitions,
                             struct kafka_topic *topic, struct error *err);

/* Does the topic still fit? As kafka_topic_open refuses it; NOT_FOUND: it is gone; UNAVAILABLE: no
 * answer. */
enum status kafka_topic_look(struct kafka *kafka, struct error *err);

/* --- kafka_watch.c: the topic, looked at again --- */

struct kafka_watch *kafka_watch_new(struct kafka *kafka, int64_t every_s);
/* This process owns partitions: look from now on. */
void kafka_watch_start(struct kafka_watch *watch);
/* Ends a look that is under way; may take as long as an answer. NULL is fine. */
void kafka_watch_free(struct kafka_watch *watch);
bool kafka_trouble(void *self, struct buf *out);

/* --- kafka_settings.c: what they have to be; topic.h has the rows --- */

void kafka_settings_fill(rd_kafka_NewTopic_t *topic);
/* Append a row for each of what the brokers told. */
void kafka_settings_judge(const rd_kafka_ConfigResource_t *found, int replicas,
                          struct topic_report *report);
/* Fill @change so that all mendable rows of @report become ok. False: there are none. */
bool kafka_settings_mend(const rd_kafka_ConfigResource_t *found, struct topic_report *report,
                         rd_kafka_ConfigResource_t *change);
/* @journal: what the journal there was made with, 0: there is none. */
void kafka_partitions_judge(uint32_t found, uint32_t journal, uint32_t configured,
                            struct topic_report *report);
/* INVALID, named by its first refused row, or OK. */
enum status kafka_report_refuse(const char *topic, const struct topic_report *report,
                                struct error *err);

/* --- kafka_identity.c: the JournalCreated record; the driver's only tie to the codec --- */

/* Is @value a JournalCreated record, and of which journal and partition? FOREIGN if it is none. */
enum status kafka_identity_decode(struct slice value, struct journal_identity *identity,
                                  uint32_t *partition, struct error *err);
/* Read the identity of all partitions and check that they agree; with @create, write it where a
 * partition is still empty; a new journal has to have the @configured number. kafka->identity: what
 * to write, then what is there. */
enum status kafka_identity_open(struct kafka *kafka, uint32_t partitions, uint32_t configured,
                                bool create, struct error *err);
/* How many partitions was the journal of the topic made with? 0: the topic is empty. */
enum status kafka_identity_ask(struct kafka *kafka, uint32_t *partitions, struct error *err);

/* --- kafka_copy.c --- */

/* Settle whether a copy is unfinished, which its first records cannot tell. @data_dir may be NULL.
 */
enum status kafka_copy_look(struct kafka *kafka, const char *data_dir, struct error *err);

/* --- kafka_producer.c: one transactional producer --- */

/* A producer of @partition with the id "<topic>-<partition>-<letter>", connected and knowing the
 * topic, so that its first commit is fast. It has no rights yet and fences nobody: cheap to hold
 * in reserve. NULL with UNAVAILABLE or INVALID. */
struct kafka_producer *kafka_producer_new(const struct kafka *kafka, uint32_t partition,
                                          char letter, struct error *err);
void kafka_producer_free(struct kafka_producer *producer); /* NULL is fine */
/* Take the id over: from now on no other producer of the id can commit, and what it left open is
 * decided. TIMEOUT after @timeout_ms: free this one and try with another. */
enum status kafka_producer_init(struct kafka_producer *producer, int timeout_ms, struct error *err);
/* One transaction. OK, REJECTED, UNKNOWN or FENCED; after the last two free it. @offsets: n of
 * them, may be NULL; *@last is the last of them. */
enum status kafka_producer_commit(struct kafka_producer *producer,
                                  const struct journal_record *records, uint32_t n,
                                  int64_t *offsets, int64_t *last, struct error *err);
/* The delivery report callback of producers. */
void kafka_producer_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque);

/* --- kafka_writer.c: claim, release, append --- */

/* A producer of @partition and @letter that has taken its id over, within KAFKA_CLAIM_MS. The first
 * try is made with @spare, which is taken; NULL: none. */
enum status kafka_take_over(const struct kafka *kafka, uint32_t partition, char letter,
                            struct kafka_producer *spare, struct kafka_producer **out,
                            struct error *err);
enum status kafka_claim(void *self, uint32_t partition, const struct journal_owner *owner,
                        int64_t *end, struct error *err);
void kafka_prepare(void *self, uint32_t partition);
void kafka_release(void *self, uint32_t partition);
enum status kafka_append(void *self, uint32_t partition, const struct journal_record *records,
                         uint32_t n, int64_t *offsets, struct error *err);
enum status kafka_confirm(void *self, uint32_t partition, struct error *err);

/* --- kafka_end.c: where a partition ends --- */

enum status kafka_end(void *self, uint32_t partition, int64_t *end, struct error *err);
/* Tell it that everything below @offset is committed. */
void kafka_end_behind(struct kafka *kafka, uint32_t partition, int64_t offset);
/* Ask the brokers; for kafka_identity_open, before there are partitions to remember it for. */
enum status kafka_end_ask(const struct kafka *kafka, uint32_t partition, int64_t *end,
                          struct error *err);

/* --- kafka_reader.c: the reader slots of the driver --- */

enum status kafka_reader_open(void *self, void **reader, struct error *err);
void kafka_reader_omit_headers(void *self);
void kafka_reader_close(void *reader);
enum status kafka_reader_assign(void *reader, uint32_t partition, int64_t offset,
                                struct error *err);
enum status kafka_reader_poll(void *reader, int timeout_ms, struct journal_entry *entries,
                              uint32_t max, uint32_t *n, struct error *err);
int64_t kafka_reader_position(const void *reader, uint32_t partition);
void kafka_reader_wake(void *reader);

/* --- kafka_progress.c: the slot of progress --- */

struct kafka_progress *kafka_progress_new(void);
/* Sends what is not told yet, for a second at most. */
void kafka_progress_free(struct kafka *kafka);
void kafka_progress(void *self, const char *reader, const int64_t *next_offset);

/* --- kafka_membership.c: the membership slots of the driver --- */

enum status kafka_membership_open(void *self, const struct journal_membership_options *options,
                                  void **membership, struct error *err);
enum status kafka_members(void *self, uint32_t *n, struct error *err);
void kafka_membership_dispute(void *membership, uint32_t partition);
void kafka_membership_close(void *membership);
/* The rebalance callback of KAFKA_MEMBER. */
void kafka_membership_rebalanced(rd_kafka_t *rk, rd_kafka_resp_err_t rc,
                                 rd_kafka_topic_partition_list_t *partitions, void *opaque);

#endif
