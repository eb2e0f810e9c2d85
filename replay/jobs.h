/* The jobs of replay.h. Internal to replay/. */
#ifndef REPLAY_JOBS_H
#define REPLAY_JOBS_H

#include <pthread.h>

#include "replay/rebuild.h"
#include "replay/replay.h"

#define REPLAY_VIEWS_MAX 32

enum job_state { JOB_NONE, JOB_RUNNING, JOB_DONE, JOB_FAILED };

struct replay_view { /* one view that this process keeps */
	struct replay *replay;
	const struct view_type *type;
	pthread_t thread; /* of the last job; joined before the next */
	bool started;     /* there is a thread to join */
	uint64_t id;      /* of the last job; 0: none yet */
	enum replay_verb verb;
	bool accept_changes;
	enum job_state state;
	int64_t started_ms, ended_ms;    /* monotonic */
	struct replay_progress progress; /* under the lock */
	struct buf result;               /* JSON members, when it has ended */
	struct error error;
};

struct replay {
	struct replay_options options;
	pthread_mutex_t lock;
	atomic_bool stop;
	uint64_t jobs;
	struct replay_view views[REPLAY_VIEWS_MAX];
	uint32_t views_n;
};

struct replay_view *replay_find(struct replay *replay, struct slice view);
/* An object; under the lock. */
void job_print(const struct replay_view *view, struct json_out *out);

#endif
