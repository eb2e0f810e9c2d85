/* What a member may see: every project but those whose permission scheme does not let them browse
 * it, and those that are deleted; admins, who may restore them, see all. Computed by the domain's
 * own code on the rows of the state view; docs/decisions says why.
 *
 * A sight is of one committed state, owned by who asked for it. What it hides is not there: for no
 * list, count, page, link or refusal. */
#ifndef PROJECTIONS_SIGHT_H
#define PROJECTIONS_SIGHT_H

#include "core/domain/permission.h"
#include "generated/event.h"
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
/* Likewise those where it restores issues. */
void sight_restores_array(const struct sight *sight, struct buf *out);

/* Whether it hides the project, or the issue, that a key or an id names: also an issue that is
 * deleted, where it does not restore any. What names nothing is not hidden. */
bool sight_hides_project(const struct sight *sight, const struct tenant_state *rows,
                         struct slice ref);
bool sight_hides_issue(const struct sight *sight, const struct tenant_state *rows,
                       struct slice ref);
/* Whether the id is of no issue in a hidden project. */
bool sight_sees_issue(const struct sight *sight, const struct tenant_state *rows,
                      const struct uuid *id);

/* Whether the event may be told: it is of nothing hidden and of no deleted issue that the sight
 * does not restore, names no hidden issue, and is not for admins only (permission schemes; API keys
 * and bulks of others). @rows: of a state that has the event; for who is no admin. */
bool sight_tells(const struct sight *sight, const struct tenant_state *rows,
                 const struct event *event);

/* The body of an event in a text of JSON: @n bytes at @at, an object. */
struct told_body {
	enum event_type type;
	struct uuid issue; /* its aggregate, if that is one */
	size_t at, n;
};
struct told_bodies { /* in order of their places; zeroed: none */
	struct told_body *items;
	uint32_t n;
};
void told_bodies_add(struct told_bodies *bodies, const struct told_body *body);
/* Likewise, of texts: the name of the type, and the id of the aggregate. */
void told_bodies_read(struct told_bodies *bodies, struct slice type, struct slice aggregate,
                      size_t at, size_t n);
void told_bodies_release(struct told_bodies *bodies);

/* Leaves out of @bodies in @json what is not for the sight. What refers to a project or an issue
 * that is hidden becomes null, and goes from an array: what the event's schema has as an id, never
 * a text of somebody. The text of a comment, or of worked time, that was deleted becomes null for
 * who may not delete those of everybody. Whether there was anything. For who is no admin; @bodies
 * name the old places then. */
bool sight_blank(const struct sight *sight, const struct tenant_state *rows,
                 const struct told_bodies *bodies, struct buf *json);
/* The member of such events that is that text; NULL: they have none. */
const char *sight_blanked_text(enum event_type type);

#endif
