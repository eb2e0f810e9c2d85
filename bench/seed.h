/* Fills an empty tenant through the command API: one organization, eight members, one project of
 * many issues and one of 200 cards. */
#ifndef BENCH_SEED_H
#define BENCH_SEED_H

#include "bench/workload.h"

/* @subject: whom the token names; becomes the owner. @lanes: not that, but what the swimlanes row
 * needs on top of it. Fails at the first line that is refused. */
enum status seed_run(const struct workload_options *options, const char *subject, bool lanes,
                     struct error *err);

#endif
