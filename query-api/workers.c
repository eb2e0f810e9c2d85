#include "query-api/workers.h"

#include <pthread.h>
#include <stdlib.h>

struct task {
	void (*call)(void *context, struct worker *worker);
	void *context;
};

struct worker {
	struct workers *all;
	pthread_t thread;
	bool has_thread;
	struct pg *pg;
	struct journal_reader *reader;
};

struct workers {
	const struct config *config;
	struct journal *journal;
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	struct task tasks[WORKERS_QUEUE_MAX]; /* a ring */
	uint32_t first, n;
	bool stopping;
	struct worker workers[WORKERS_N];
};

static bool take(struct workers *workers, struct task *task)
{
	pthread_mutex_lock(&workers->lock);
	while (workers->n == 0 && !workers->stopping)
		pthread_cond_wait(&workers->arrived, &workers->lock);
	bool taken = workers->n > 0;
	if (taken) {
		*task = workers->tasks[workers->first];
		workers->first = (workers->first + 1) % WORKERS_QUEUE_MAX;
		workers->n--;
	}
	pthread_mutex_unlock(&workers->lock);
	return taken;
}

static void *run(void *context)
{
	struct worker *worker = context;
	struct task task;
	pthread_setname_np(pthread_self(), "query worker");
	while (take(worker->all, &task))
		task.call(task.context, worker);
	return NULL;
}

struct workers *workers_start(const struct config *config, struct journal *journal)
{
	struct workers *workers = mem_new(sizeof *workers);
	workers->config = config;
	workers->journal = journal;
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->arrived, NULL);
	for (uint32_t i = 0; i < WORKERS_N; i++) {
		struct worker *worker = &workers->workers[i];
		worker->all = workers;
		worker->has_thread = !pthread_create(&worker->thread, NULL, run, worker);
	}
	return workers;
}

void workers_stop(struct workers *workers)
{
	if (!workers)
		return;
	pthread_mutex_lock(&workers->lock);
	workers->stopping = true;
	pthread_cond_broadcast(&workers->arrived);
	pthread_mutex_unlock(&workers->lock);
	for (uint32_t i = 0; i < WORKERS_N; i++) {
		struct worker *worker = &workers->workers[i];
		if (worker->has_thread)
			pthread_join(worker->thread, NULL);
		if (worker->pg)
			pg_close(worker->pg);
		journal_reader_close(worker->reader);
	}
	pthread_cond_destroy(&workers->arrived);
	pthread_mutex_destroy(&workers->lock);
	free(workers);
}

bool workers_run(struct workers *workers, void (*call)(void *context, struct worker *worker),
                 void *context)
{
	pthread_mutex_lock(&workers->lock);
	bool takes = workers->n < WORKERS_QUEUE_MAX && !workers->stopping;
	if (takes) {
		uint32_t at = (workers->first + workers->n++) % WORKERS_QUEUE_MAX;
		workers->tasks[at] = (struct task){call, context};
		pthread_cond_signal(&workers->arrived);
	}
	pthread_mutex_unlock(&workers->lock);
	return takes;
}

bool worker_is_stopping(struct worker *worker)
{
	pthread_mutex_lock(&worker->all->lock);
	bool stopping = worker->all->stopping;
	pthread_mutex_unlock(&worker->all->lock);
	return stopping;
}

struct pg *worker_pg(struct worker *worker)
{
	if (!worker->pg)
		worker->pg = pg_open(worker->all->config->postgres, "nexusflow query-api");
	return worker->pg;
}

enum status worker_reader(struct worker *worker, struct journal_reader **reader, struct error *err)
{
	if (!worker->reader && journal_reader_open(worker->all->journal, &worker->reader, err))
		return err->status;
	journal_reader_omit_headers(worker->reader);
	*reader = worker->reader;
	return STATUS_OK;
}
