/* Threads for what may block: Postgres and the journal. Each has a connection and a reader of its
 * own, opened when first needed. */
#ifndef QUERY_API_WORKERS_H
#define QUERY_API_WORKERS_H

#include "core/base/config.h"
#include "core/journal/journal.h"
#include "core/store/pg.h"

#define WORKERS_N         4
#define WORKERS_QUEUE_MAX 1024

struct workers;
struct worker;

struct workers *workers_start(const struct config *config, struct journal *journal);
/* Finishes what is queued. */
void workers_stop(struct workers *workers);
/* Run @call(context, worker) on a worker; false: too many wait. Any thread. */
bool workers_run(struct workers *workers, void (*call)(void *context, struct worker *worker),
                 void *context);

/* On the worker's thread. */
bool worker_is_stopping(struct worker *worker);
struct pg *worker_pg(struct worker *worker);
enum status worker_reader(struct worker *worker, struct journal_reader **reader, struct error *err);

#endif
