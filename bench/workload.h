/* What is sent: the next request of a kind, and what its answer means. Knows the state of every
 * issue it works on, so that each command is valid and changes something; an issue has at most one
 * command in flight. One thread. */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include "bench/text.h"
#include "bench/wire.h"

#define WORKLOAD_PROJECT "BENCH" /* the many issues */
#define WORKLOAD_CARDS   "CARDS" /* a board of 200 cards */
#define WORKLOAD_WIDE    "WIDE"  /* 5,000 issues, shown by a board with swimlanes: */
#define WORKLOAD_LANES   "be9c0000-0000-4000-9000-00000000b0a2" /* in bench/run, too */
#define WORKLOAD_MEMBERS 8

enum workload_mode {
	WORKLOAD_COMMANDS, /* the mix of README.md */
	WORKLOAD_NDJSON,   /* the same, @lines commands a request */
	WORKLOAD_BOARD,    /* the board of 200 cards */
	WORKLOAD_BOARD304, /* the same, unchanged since */
	WORKLOAD_ISSUE,    /* one issue */
	WORKLOAD_SEARCH,   /* one or two words */
	WORKLOAD_GET,      /* always the same: @path */
	WORKLOAD_MODES
};

extern const char *const workload_modes[WORKLOAD_MODES];

struct workload_options {
	enum workload_mode mode;
	const char *address, *tenant, *token;
	const char *path;       /* of the tenant, for WORKLOAD_GET */
	const char *state_file; /* of the issues, from run to run; NULL: they are as created */
	uint32_t issues;        /* BENCH-1 to BENCH-issues */
	uint32_t lines;         /* of an NDJSON request */
	uint64_t seed;
};

/* Counted by the answers. */
struct workload_counts {
	uint64_t requests;      /* with an answer as expected */
	uint64_t commands;      /* accepted: their events are in the journal */
	uint64_t unchanged;     /* commands that changed nothing */
	uint64_t statuses[600]; /* of requests and lines that failed; 0: no answer */
	uint64_t bytes;         /* bodies */
	char sample[200];       /* of a failure */
};

struct workload;
struct shot; /* one request in flight */

struct workload *workload_new(const struct workload_options *options);
/* Writes the state file. false: it could not be written. */
bool workload_free(struct workload *workload);

/* Replaces the contents of @request. Give the shot back with workload_done. */
struct shot *workload_next(struct workload *workload, struct buf *request);
/* @counts may be NULL: warm-up. */
void workload_done(struct workload *workload, struct shot *shot, const struct reply *reply,
                   struct workload_counts *counts);

/* A request with the headers that every one has; @body NULL: GET. */
void workload_request(const struct workload_options *options, const char *path, const char *headers,
                      const struct buf *body, struct buf *request);

/* For when a shot was due, microseconds; the workload only keeps it. */
void shot_set_due(struct shot *shot, int64_t due_us);
int64_t shot_due(const struct shot *shot);

#endif
