/* What happened to an issue besides talk, where the archive has its events (timelineItems): labels,
 * assignee, milestone, title and state over time. What the archive says is how an issue is; how it
 * began is found by taking the events back, newest first. Without events it began as it is. One
 * thread. */
#ifndef IMPORT_TIMELINE_H
#define IMPORT_TIMELINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/uuid.h"

struct mapper;

struct timeline {        /* all zero is an empty one; of the issue at hand */
	json_t **events; /* oldest first, borrowed */
	size_t n;
	/* how the issue is at the event at hand: labels as they are here, the rest as there */
	json_t *labels;
	json_t *assignees; /* logins; the first one is ours */
	struct slice milestone;
	struct slice title;
	bool closed;
	/* since when: what ends them is not dated before */
	int64_t state_ms, milestone_ms;
};

/* Make it of the issue at hand, as the issue began. */
void timeline_open(struct mapper *mapper, const char *at);
/* The commands for its events. Afterwards it is as the issue is by them. */
void timeline_map(struct mapper *mapper);
/* The member who is the assignee, NULL: nobody. */
const struct uuid *timeline_assignee(const struct mapper *mapper);
void timeline_close(struct timeline *timeline);

#endif
