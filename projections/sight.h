/* What a member may see: every project but those whose permission scheme does not let them browse
 * it, and those that are deleted; admins, who may restore them, see all. Computed by the domain's
 * own code on the rows of the state view; docs/decisions says why.
 *
 * A sight is of one committed state, owned by who asked for it. What it hides is not there: for no
 * list, count, page, link or refusal. */
#ifndef PROJECTIONS_SIGHT_H
#define PROJECTIONS_SIGHT_H

#include "core/domain/permission.h"
#include "projections/state.h"

struct sight {
	struct holder holder;
	struct uuid *hidden; /* projects, in order of their ids; NULL: none */
	uint32_t hidden_n;
	struct uuid *restores; /* likewise: projects whose deleted issues they may restore */
	uint32_t restores_n;
};

/* The sight of an active member. Reads the deleted projects, and what of projects with schemes of
 * their own is needed. To be released. */
void sight_look(const struct tenant_state *rows, const struct holder *holder, struct sight *out);
/* Adds, for who is no admin, where they may restore whatever issue was deleted. */
void sight_look_for_restores(const struct tenant_state *rows, struct sight *sight);
void sight_release(struct sight *sight);

/* NULL sees everything. */
bool sight_sees(const struct sight *sight, const struct uuid *project);
/* Whether it restores deleted issues of the project, if that was looked for. NULL, and admins, do.
 */
bool sight_restores(const struct sight *sight, const struct uuid *project);
bool sight_equal(const struct sight *a, const struct sight *b);
/* "{id,id}": the hidden projects as a parameter of type uuid[]. Appends. */
void sight_hidden_array(const struct sight *sight, struct buf *out);

/* Whether it hides the project, or the issue, that a key or an id names. What names nothing is not
 * hidden. */
bool sight_hides_project(const struct sight *sight, const struct tenant_state *rows,
                         struct slice ref);
bool sight_hides_issue(const struct sight *sight, const struct tenant_state *rows,
                       struct slice ref);

/* Whether the event may be told: it is of nothing hidden, names no hidden issue, and is not for
 * admins only (permission schemes; API keys and bulks of others). @rows: of a state that has the
 * event. */
bool sight_tells(const struct sight *sight, const struct tenant_state *rows,
                 const struct event *event);

/* Puts null in the place of every id, in a text of JSON, of a project or an issue that is hidden,
 * and takes it out of an array: ready cards and bodies of events name other issues. Whether there
 * was one. */
bool sight_blank(const struct sight *sight, const struct tenant_state *rows, struct buf *json);

#endif
