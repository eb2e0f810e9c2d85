/* Shared by random_*.c. */
#ifndef TESTS_UNIT_RANDOM_INSIDE_H
#define TESTS_UNIT_RANDOM_INSIDE_H

#include "tests/unit/random_command.h"

static inline struct slice pick(struct seed *seed, const char *const *texts, size_t n)
{
	return slice_str(texts[seed_below(seed, n)]);
}
#define PICK(...)                                                                                  \
	pick(seed, (const char *const[]){__VA_ARGS__},                                             \
	     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

#define SOME_TYPE    PICK("epic", "story", "task", "bug", "subtask", "subtask", "wish")
#define SOME_TEXT    PICK("one", "two", "three", "four", "", "bad\x01", "longer text")
#define SOME_LEVEL   PICK("highest", "high", "medium", "low", "now")
#define SOME_STATUS  PICK("todo", "in_progress", "in_review", "done", "nirvana")
#define SOME_PROJECT PICK("TLS", "QUIC", "NET", "OPS", "NONE")
#define EXPECTED                                                                                   \
	.has_expected_version = maybe(seed, 6), .expected_version = (int64_t)seed_below(seed, 12)
#define SOME_CONVERSION                                                                            \
	.has_type = maybe(seed, 3), .type = SOME_TYPE, .has_status = maybe(seed, 8),               \
	.status = SOME_STATUS

/* Components and versions: few, so that commands meet. */
#define SOME_PART  id_of(5000 + seed_below(seed, 8))
#define SOME_ISSUE random_issue(decider, seed)
/* One that projects begin with, or none. */
#define SOME_RESOLUTION PICK("done", "wont_do", "duplicate", "boredom")

/* A key that is often one of an issue that exists. What these give lives as long as the arena. */
struct slice random_issue(struct decider *decider, struct seed *seed);
struct slice_array random_labels(struct decider *decider, struct seed *seed);
struct replacement_array random_replacements(struct decider *decider, struct seed *seed);
struct uuid_array random_parts(struct decider *decider, struct seed *seed);

/* Commands about project roles and permission schemes; leaves others alone. */
void fill_permission(struct decider *decider, struct seed *seed, struct command *command);

/* Commands about members; leaves others alone. */
void fill_member(struct seed *seed, struct command *command);
/* Commands about what projects configure; leaves others alone. */
void fill_field(struct decider *decider, struct seed *seed, struct command *command);
struct field_value_array random_fields(struct decider *decider, struct seed *seed);
struct slice_array random_field_ids(struct decider *decider, struct seed *seed);
/* What somebody types into the screen of a transition. */
struct field_value_array random_screen(struct decider *decider, struct seed *seed);
/* A workflow with rules and post functions about people. */
struct workflow_transition_array random_workflow_of_people(struct decider *decider,
                                                           struct seed *seed);
void fill_configuration(struct decider *decider, struct seed *seed, struct command *command);
/* Commands on many issues. */
void fill_bulk(struct decider *decider, struct seed *seed, struct command *command);
/* Commands about the labels of projects; leaves others alone. */
void fill_label(struct seed *seed, struct command *command);
/* Likewise about boards. */
void fill_board(struct decider *decider, struct seed *seed, struct command *command);

#endif
