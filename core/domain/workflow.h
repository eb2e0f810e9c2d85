/* A workflow: a name and transitions between the statuses of a project. Issue types follow one
 * each. Published ones are obeyed, drafts are only kept. */
#ifndef CORE_DOMAIN_WORKFLOW_H
#define CORE_DOMAIN_WORKFLOW_H

#include "core/base/arena.h"
#include "core/domain/configuration.h"

#define WORKFLOWS_MAX            64  /* of a project, drafts and removed ones included */
#define WORKFLOW_TRANSITIONS_MAX 128 /* max_items of the command */
#define WORKFLOW_RULES_MAX       32  /* of a list; max_items of the command */
#define WORKFLOW_SCREEN_MAX      50  /* fields on a screen; max_items of the command */
#define WORKFLOW_FUNCTIONS_MAX   32  /* of a transition; max_items of the command */
#define WORKFLOW_PATTERN_MAX     500 /* characters; max_length of the command */

struct workflow {
	struct slice name;
	struct workflow_transition_array transitions;
};

/* What rows hold. False when it is larger than WORKFLOW_BYTES_MAX. */
bool workflow_pack(const struct workflow *workflow, struct row_workflow *row);
/* Texts borrow from @row, arrays lie in @arena. False when the arena is full. */
bool workflow_unpack(const struct row_workflow *row, struct arena *arena, struct workflow *out);

/* evolve: @transitions have room (check_workflow has seen to it). */
void put_workflow(struct tenant_state *state, const struct uuid *project, bool draft,
                  struct slice id, struct slice name, struct workflow_transition_array transitions);

/* evolve: the published one, which is there, and its draft are gone. */
void remove_workflow(struct tenant_state *state, const struct uuid *project, struct slice id);

bool workflow_exists(const struct tenant_state *state, const struct uuid *project, bool draft,
                     struct slice id);
bool workflow_was_removed(const struct tenant_state *state, const struct uuid *project,
                          struct slice id);
/* All that count for WORKFLOWS_MAX. */
uint32_t count_workflows(const struct tenant_state *state, const struct uuid *project);
/* All of it lies in @arena. False when there is none, or (*@full) no room. */
bool read_workflow(const struct tenant_state *state, const struct uuid *project, bool draft,
                   struct slice id, struct arena *arena, struct workflow *out, bool *full);
/* The next one behind *@id (begin with id->n 0), drafts or published ones; its id lies in @room. */
bool next_workflow(const struct tenant_state *state, const struct uuid *project, bool draft,
                   struct slice *id, char room[NAME_MAX_ID]);

/* Refuse unless there is one / the decision has room. */
bool find_workflow(struct judge *judge, const struct uuid *project, bool draft, struct slice id,
                   const char *pointer, struct workflow *out);

/* The transition of that id; NULL if there is none. */
const struct workflow_transition *workflow_transition_find(const struct workflow *workflow,
                                                           struct slice id);
/* The one that new issues take; a published workflow has it. */
const struct workflow_transition *workflow_initial(const struct workflow *workflow);
/* Whether it begins at @status (and does not end there). */
bool transition_leaves(const struct workflow_transition *transition, struct slice status);
/* Whether some transition begins or ends at @status. */
bool workflow_names(const struct workflow *workflow, struct slice status);
/* Whether issues can be in @status: some transition leads there. */
bool workflow_has(const struct workflow *workflow, struct slice status);

/* What the parts of a draft are checked against. */
struct workflow_checking {
	struct judge *judge;
	const struct uuid *project;
	const struct workflow *workflow;
	const struct items *statuses;
};

/* The rules of transition @index: each asks what its kind can, of what there is. */
bool check_rules(const struct workflow_checking *c, uint32_t index, bool validators);
/* Its screen and its post functions. */
bool check_screen(const struct workflow_checking *c, uint32_t index);
bool check_functions(const struct workflow_checking *c, uint32_t index);

/* "/transitions/3/conditions/1/field" grows from left to right. */
struct place {
	char text[64];
};
struct place place_of(const char *list, uint32_t index, const char *member);

/* Whether @workflow can be obeyed in @project with the statuses @statuses; refuses with the place
 * of the first fault. Pointers are into a command that carries it as its own fields. */
bool check_workflow(struct judge *judge, const struct uuid *project,
                    const struct workflow *workflow, const struct items *statuses);

/* Refuses when a screen, a rule or a post function of a workflow, or of a draft, names the custom
 * field. */
bool check_field_unnamed(struct judge *judge, const struct uuid *project, struct slice field,
                         const char *pointer);
/* Whether @names has @name. */
bool names_have(struct slice_array names, struct slice name);

#endif
