/* Membership: a consumer group "<topic>.owners" spreads the partitions over the processes that may
 * write. Only its assignment is used; nothing is fetched and no offset is committed through it.
 *
 * Eager rebalances (range): cooperative ones hang and lose assignments in librdkafka 2.0.2. So
 * whenever a member comes or goes all partitions are revoked for the time of one rebalance, some
 * ten milliseconds when nobody has a commit in flight.
 *
 * The group only proposes. What keeps two owners apart is the claim (kafka_writer.c): a member that
 * the group has given up on may still believe that it owns a partition, and is fenced. */
#include "core/journal/kafka.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"

enum { POLL_MS = 100, LEAVE_MS = 5000, REOPEN_US = 1000000 };

struct kafka_membership {
	struct kafka_link link; /* first: the opaque of the instance */
	const struct kafka *kafka;
	struct journal_membership_options options;
	rd_kafka_t *rk;
	pthread_t thread;
	atomic_bool stop;

	/* the thread's own */
	bool assigned[JOURNAL_PARTITIONS_MAX];
	int64_t session_timeout_ms;

	pthread_mutex_t lock;
	int64_t disputed_ms[JOURNAL_PARTITIONS_MAX]; /* since when; 0: not */
};

static void forget_dispute(struct kafka_membership *membership, uint32_t partition)
{
	pthread_mutex_lock(&membership->lock);
	membership->disputed_ms[partition] = 0;
	pthread_mutex_unlock(&membership->lock);
}

static void assign(struct kafka_membership *membership, rd_kafka_topic_partition_list_t *list)
{
	for (int i = 0; i < list->cnt; i++)
		list->elems[i].offset = RD_KAFKA_OFFSET_END;
	rd_kafka_assign(membership->rk, list);
	rd_kafka_pause_partitions(membership->rk, list);
	for (int i = 0; i < list->cnt; i++) {
		uint32_t partition = (uint32_t)list->elems[i].partition;
		if (partition >= membership->kafka->identity.partitions)
			continue; /* somebody added partitions to the topic: no journal is there */
		membership->assigned[partition] = true;
		forget_dispute(membership, partition);
		membership->options.assigned(membership->options.context, partition);
	}
}

static void take_back(struct kafka_membership *membership, bool lost)
{
	uint32_t partitions[JOURNAL_PARTITIONS_MAX], n = 0;

	for (uint32_t i = 0; i < JOURNAL_PARTITIONS_MAX; i++)
		if (membership->assigned[i]) {
			partitions[n++] = i;
			membership->assigned[i] = false;
			forget_dispute(membership, i);
		}
	if (n > 0)
		membership->options.revoked(membership->options.context, partitions, n, lost);
	rd_kafka_assign(membership->rk, NULL);
}

void kafka_membership_rebalanced(rd_kafka_t *rk, rd_kafka_resp_err_t rc,
                                 rd_kafka_topic_partition_list_t *list, void *opaque)
{
	struct kafka_membership *membership = opaque;
	bool lost = rd_kafka_assignment_lost(rk);

	log_info("kafka", rc == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? "assigned" : "revoked",
	         LOG_I("partitions", list->cnt), LOG_I("lost", lost));
	if (rc == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
		assign(membership, list);
	else
		take_back(membership, lost);
}

/* An assignment that outlives the session timeout is one that the group stands by: had it given the
 * partition to another member, we would have learnt of it by then. */
static void settle_disputes(struct kafka_membership *membership)
{
	int64_t now = clock_monotonic_ms();

	for (uint32_t i = 0; i < membership->kafka->identity.partitions; i++) {
		pthread_mutex_lock(&membership->lock);
		int64_t since = membership->disputed_ms[i];
		pthread_mutex_unlock(&membership->lock);
		if (!since || now - since <= membership->session_timeout_ms)
			continue;
		forget_dispute(membership, i);
		if (membership->assigned[i])
			membership->options.assigned(membership->options.context, i);
	}
}

static int64_t session_timeout_of(rd_kafka_t *rk)
{
	char text[32] = "6000";
	size_t n = sizeof(text);

	rd_kafka_conf_get(rd_kafka_conf(rk), "session.timeout.ms", text, &n);
	return strtoll(text, NULL, 10);
}

static enum status join(struct kafka_membership *membership, struct error *err)
{
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_resp_err_t rc;

	membership->rk =
	        kafka_instance(membership->kafka, KAFKA_MEMBER, NULL, &membership->link, err);
	if (!membership->rk)
		return STATUS_INVALID;
	membership->session_timeout_ms = session_timeout_of(membership->rk);
	list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, membership->kafka->topic, RD_KAFKA_PARTITION_UA);
	rc = rd_kafka_subscribe(membership->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		return STATUS_OK;
	rd_kafka_destroy_flags(membership->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	membership->rk = NULL;
	return error_set(err, STATUS_UNAVAILABLE, "join the owners of %s: %s",
	                 membership->kafka->topic, rd_kafka_err2str(rc));
}

/* Closing may hang in 2.0.2 (a lost partition, a deleted topic), hence the deadline; a member that
 * did not say goodbye is missed after the session timeout. */
static void leave(struct kafka_membership *membership)
{
	int64_t deadline = clock_monotonic_ms() + LEAVE_MS;
	rd_kafka_queue_t *queue = rd_kafka_queue_new(membership->rk);
	rd_kafka_error_t *error = rd_kafka_consumer_close_queue(membership->rk, queue);

	if (error) /* a fatal one: it is out of the group already */
		rd_kafka_error_destroy(error);
	else
		while (!rd_kafka_consumer_closed(membership->rk) &&
		       clock_monotonic_ms() < deadline) {
			rd_kafka_event_t *event = rd_kafka_queue_poll(queue, POLL_MS);
			if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
				take_back(membership, false);
			if (event)
				rd_kafka_event_destroy(event);
		}
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy_flags(membership->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	membership->rk = NULL;
}

/* After a fatal error an instance is of no more use (another process with our group.instance.id).
 */
static void join_again(struct kafka_membership *membership)
{
	struct error err;

	take_back(membership, true);
	leave(membership);
	while (!atomic_load(&membership->stop) && join(membership, &err) != STATUS_OK) {
		log_warn("kafka", "cannot join", LOG_S("reason", err.text));
		usleep(REOPEN_US);
	}
}

static void *poll_group(void *arg)
{
	struct kafka_membership *membership = arg;

	while (!atomic_load(&membership->stop) && membership->rk) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(membership->rk, POLL_MS);
		bool fatal = message && message->err == RD_KAFKA_RESP_ERR__FATAL;
		if (message && message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
			log_warn("kafka", "membership",
			         LOG_S("reason", rd_kafka_message_errstr(message)));
		if (message)
			rd_kafka_message_destroy(message);
		if (fatal)
			join_again(membership);
		settle_disputes(membership);
	}
	if (membership->rk)
		leave(membership);
	return NULL;
}

enum status kafka_membership_open(void *self, const struct journal_membership_options *options,
                                  void **out, struct error *err)
{
	struct kafka_membership *membership = mem_new(sizeof(*membership));
	enum status status;
	int rc;

	kafka_link_init(&membership->link);
	pthread_mutex_init(&membership->lock, NULL);
	membership->kafka = self;
	membership->options = *options;
	status = join(membership, err);
	if (status == STATUS_OK) {
		rc = pthread_create(&membership->thread, NULL, poll_group, membership);
		if (rc == 0) {
			*out = membership;
			return STATUS_OK;
		}
		rd_kafka_destroy_flags(membership->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
		status = error_set(err, STATUS_UNAVAILABLE, "start a thread: %s", strerror(rc));
	}
	pthread_mutex_destroy(&membership->lock);
	kafka_link_release(&membership->link);
	free(membership);
	return status;
}

void kafka_membership_dispute(void *self, uint32_t partition)
{
	struct kafka_membership *membership = self;

	pthread_mutex_lock(&membership->lock);
	membership->disputed_ms[partition] = clock_monotonic_ms();
	pthread_mutex_unlock(&membership->lock);
}

void kafka_membership_close(void *self)
{
	struct kafka_membership *membership = self;

	atomic_store(&membership->stop, true);
	pthread_join(membership->thread, NULL);
	pthread_mutex_destroy(&membership->lock);
	kafka_link_release(&membership->link);
	free(membership);
}

enum status kafka_members(void *self, uint32_t *n, struct error *err)
{
	struct kafka *kafka = self;
	const struct rd_kafka_group_list *groups;
	struct buf name = {0};
	rd_kafka_resp_err_t rc;

	buf_printf(&name, "%s.owners", kafka->topic);
	rc = rd_kafka_list_groups(kafka->client, buf_cstr(&name), &groups, KAFKA_ANSWER_MS);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
		*n = 0;
		for (int i = 0; i < groups->group_cnt; i++)
			*n += (uint32_t)groups->groups[i].member_cnt;
		rd_kafka_group_list_destroy(groups);
	}
	buf_release(&name);
	return rc == RD_KAFKA_RESP_ERR_NO_ERROR
	               ? STATUS_OK
	               : error_set(err, STATUS_UNAVAILABLE, "ask for the owners of %s at %s: %s",
	                           kafka->topic, kafka->bootstrap, rd_kafka_err2str(rc));
}
