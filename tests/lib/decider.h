/* Deciders as given, when, then: GIVEN and WHEN send a command to a tenant in memory and let it
 * happen if it is accepted; GIVEN must be accepted. A test has a `struct decider *decider`.
 *
 *	GIVEN(cleo, create_issue, .project = SLICE("TLS"), ...);
 *	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .to = SLICE("in_review"));
 *	THEN_REFUSED(NO_TRANSITION, "/to");
 *
 * decider->request is what the next command is sent with; it is reset after each. */
#ifndef TESTS_LIB_DECIDER_H
#define TESTS_LIB_DECIDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/domain/decide.h"
#include "tests/lib/memory_state.h"

struct decider {
	struct memory_state state;
	struct request request;
	struct decision decision;
	struct arena arena; /* cleared before each command, unless keep */
	bool keep;
	int64_t seq;
	uint64_t ids;
	uint64_t events;                                        /* of all accepted commands */
	void (*on_event)(void *ctx, const struct event *event); /* NULL: nobody */
	void *ctx;
};

/* The people of the tests; NOBODY is a stranger. */
enum person_no { ADA = 1, BEN, CLEO, DAN, NOBODY, PERSONS };
struct uuid id_of(uint64_t number);
#define ada    id_of(ADA)  /* owner */
#define ben    id_of(BEN)  /* admin */
#define cleo   id_of(CLEO) /* member */
#define dan    id_of(DAN)  /* guest */
#define nobody id_of(NOBODY)

struct decider *decider_new(size_t arena_bytes);
void decider_free(struct decider *decider);
/* An organization with ada, ben, cleo and dan, and a project TLS. */
void decider_settle(struct decider *decider);
/* cmocka fixtures: a settled decider, and an empty one. */
int decider_setup(void **state);
int decider_setup_empty(void **state);
int decider_teardown(void **state);

void decider_send(struct decider *decider, struct uuid actor, const struct command *command);
void decider_expect_accepted(const struct decider *decider, const char *file, int line);
void decider_expect_refused(const struct decider *decider, enum reject reject, const char *pointer,
                            const char *file, int line);
void decider_expect_events(const struct decider *decider, const enum event_type *types, size_t n,
                           const char *file, int line);
/* Event @at of the decision. */
const struct event *decider_event(const struct decider *decider, uint32_t at);

#define COMMAND_OF(NAME, name, text) command_##name = COMMAND_##NAME,
enum command_of { COMMAND_TABLE(COMMAND_OF) };
#undef COMMAND_OF

#define WHEN(actor, name, ...)                                                                     \
	decider_send(decider, actor,                                                               \
	             &(struct command){.type = (enum command_type)command_##name,                  \
	                               .name = {__VA_ARGS__}})
#define GIVEN(actor, name, ...)                                                                    \
	do {                                                                                       \
		WHEN(actor, name, __VA_ARGS__);                                                    \
		decider_expect_accepted(decider, __FILE__, __LINE__);                              \
	} while (0)
#define THEN(...)                                                                                  \
	decider_expect_events(decider, (const enum event_type[]){__VA_ARGS__},                     \
	                      sizeof((const enum event_type[]){__VA_ARGS__}) /                     \
	                              sizeof(enum event_type),                                     \
	                      __FILE__, __LINE__)
#define THEN_UNCHANGED() decider_expect_events(decider, NULL, 0, __FILE__, __LINE__)
#define THEN_REFUSED(reject, pointer)                                                              \
	decider_expect_refused(decider, REJECT_##reject, pointer, __FILE__, __LINE__)

/* An event's body: EVENT_BODY(0, issue_transitioned)->to */
#define EVENT_BODY(at, name) (&decider_event(decider, at)->name)

#define LABELS(...)                                                                                \
	(struct slice_array)                                                                       \
	{                                                                                          \
		.items = (const struct slice[]){__VA_ARGS__},                                      \
		.n = sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice)            \
	}
#define FIELDS(...)                                                                                \
	(struct issue_field_array)                                                                 \
	{                                                                                          \
		.items = (const enum issue_field[]){__VA_ARGS__},                                  \
		.n = sizeof((const enum issue_field[]){__VA_ARGS__}) / sizeof(enum issue_field)    \
	}
#define ISSUE(kind, text)                                                                          \
	.project = SLICE("TLS"), .type = SLICE(kind), .summary = SLICE(text),                      \
	.priority = SLICE("medium")

#define assert_slice(slice, text) assert_true(slice_is(slice, text))

#endif
