/* Workflows in the words of tests: WAYS(BEGIN("todo"), WAY("start", "todo", "in_progress"), ...).
 */
#ifndef TESTS_UNIT_WORKFLOWS_H
#define TESTS_UNIT_WORKFLOWS_H

#include "tests/lib/decider.h"

#define WAY(id_, from_, to_)                                                                       \
	{                                                                                          \
		.id = SLICE(id_), .name = SLICE(id_), .kind = TRANSITION_KIND_DIRECTED,            \
		.from = {(const struct slice[]){{from_, sizeof(from_) - 1}}, 1}, .to = SLICE(to_)  \
	}
#define FROM_ANY(id_, to_)                                                                         \
	{                                                                                          \
		.id = SLICE(id_), .name = SLICE(id_), .kind = TRANSITION_KIND_GLOBAL,              \
		.to = SLICE(to_)                                                                   \
	}
#define BEGIN(to_)                                                                                 \
	{                                                                                          \
		.id = SLICE("create"), .name = SLICE("Create"), .kind = TRANSITION_KIND_INITIAL,   \
		.to = SLICE(to_)                                                                   \
	}
#define WAYS(...)                                                                                  \
	(struct workflow_transition_array)                                                         \
	{                                                                                          \
		.items = (const struct workflow_transition[]){__VA_ARGS__},                        \
		.n = sizeof((const struct workflow_transition[]){__VA_ARGS__}) /                   \
		     sizeof(struct workflow_transition)                                            \
	}
#define MOVES(...)                                                                                 \
	(struct status_move_array)                                                                 \
	{                                                                                          \
		.items = (const struct status_move[]){__VA_ARGS__},                                \
		.n = sizeof((const struct status_move[]){__VA_ARGS__}) /                           \
		     sizeof(struct status_move)                                                    \
	}
#define DRAFT(id_, ...)                                                                            \
	.project = SLICE("TLS"), .workflow = SLICE(id_), .name = SLICE("A workflow"),              \
	.transitions = WAYS(__VA_ARGS__)
#define PUBLISH(id_) .project = SLICE("TLS"), .workflow = SLICE(id_)

#endif
