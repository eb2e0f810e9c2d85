/* The settings of the topic while it is used. At open, wrong ones are refused; somebody may change
 * them later, and what a topic has forgotten is gone. So whoever owns partitions looks again every
 * kafka_topic_check_s: an error in the log, journal_trouble for the probes. The process goes on:
 * what it appends is no less safe than what is there already. The next start is refused.
 *
 * One thread, from the first claim on. The questions go to the controller and any broker, not to a
 * coordinator: kafka_progress.c says what librdkafka 2.0.2 makes of those. */
#include "core/journal/kafka.h"

#include <stdlib.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/log.h"

struct kafka_watch {
	struct kafka *kafka;
	int64_t every_s;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool runs, stop;
	char trouble[sizeof(((struct error *)NULL)->text)]; /* "" when all is well */
};

struct kafka_watch *kafka_watch_new(struct kafka *kafka, int64_t every_s)
{
	struct kafka_watch *watch = mem_new(sizeof(*watch));
	pthread_condattr_t monotonic;

	watch->kafka = kafka;
	watch->every_s = every_s;
	pthread_mutex_init(&watch->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&watch->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return watch;
}

static void note(struct kafka_watch *watch, const char *trouble)
{
	bool is_new;

	pthread_mutex_lock(&watch->lock);
	is_new = strcmp(watch->trouble, trouble) != 0;
	snprintf(watch->trouble, sizeof(watch->trouble), "%s", trouble);
	pthread_mutex_unlock(&watch->lock);
	if (is_new && trouble[0])
		log_error("kafka", "the topic does not fit any more", LOG_S("reason", trouble));
	else if (is_new)
		log_info("kafka", "the topic fits again", LOG_S("topic", watch->kafka->topic));
}

/* Without an answer nothing new is known. */
static void look(struct kafka_watch *watch)
{
	struct error err = {.text = ""};
	enum status status = kafka_topic_look(watch->kafka, &err);

	if (status == STATUS_OK)
		note(watch, "");
	else if (status != STATUS_UNAVAILABLE)
		note(watch, err.text);
}

/* False: it is to stop. */
static bool rest(struct kafka_watch *watch)
{
	struct timespec until;
	bool stop;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += watch->every_s;
	pthread_mutex_lock(&watch->lock);
	while (!watch->stop && pthread_cond_timedwait(&watch->changed, &watch->lock, &until) == 0)
		;
	stop = watch->stop;
	pthread_mutex_unlock(&watch->lock);
	return !stop;
}

static void *run(void *arg)
{
	struct kafka_watch *watch = arg;

	while (rest(watch))
		look(watch);
	return NULL;
}

void kafka_watch_start(struct kafka_watch *watch)
{
	pthread_mutex_lock(&watch->lock);
	if (!watch->runs)
		watch->runs = pthread_create(&watch->thread, NULL, run, watch) == 0;
	pthread_mutex_unlock(&watch->lock);
}

bool kafka_trouble(void *self, struct buf *out)
{
	struct kafka *kafka = self;
	struct kafka_watch *watch = kafka->watch;
	bool there;

	pthread_mutex_lock(&watch->lock);
	there = watch->trouble[0] != 0;
	buf_append_str(out, watch->trouble);
	pthread_mutex_unlock(&watch->lock);
	return there;
}

void kafka_watch_free(struct kafka_watch *watch)
{
	if (!watch)
		return;
	pthread_mutex_lock(&watch->lock);
	watch->stop = true;
	pthread_cond_signal(&watch->changed);
	pthread_mutex_unlock(&watch->lock);
	if (watch->runs)
		pthread_join(watch->thread, NULL);
	pthread_cond_destroy(&watch->changed);
	pthread_mutex_destroy(&watch->lock);
	free(watch);
}
