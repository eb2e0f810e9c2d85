/* The state view: the rows that commands are decided on (core/domain/tenant_state.h), folded by the
 * same evolve on the read side. Queries that tell what is possible ask the same pure code as the
 * decision does, on the same rows; what a project has configured is read from them as well.
 * docs/decisions says why.
 *
 * Reads take an instance from projector_acquire; any thread. They append to @out and leave it as it
 * was when they fail; *@position is set even with STATUS_NOT_FOUND. */
#ifndef PROJECTIONS_STATE_H
#define PROJECTIONS_STATE_H

#include "core/domain/tenant_state.h"
#include "projections/name_order.h"
#include "projections/view.h"

extern const struct kv_view_type state_view; /* kv_view.h */

/* The rows of one tenant in one committed state. */
struct state_rows {
	struct tenant_state face; /* first: the domain sees this */
	struct kv_txn *txn;
	struct slice tenant;
};
enum status state_open(struct view *view, struct slice tenant, struct state_rows *out,
                       uint64_t *position, struct error *err);
/* @status, or what went wrong while the rows were read. */
enum status state_close(struct state_rows *rows, enum status status, struct error *err);

/* Who asks what is possible. */
struct state_caller {
	struct uuid id;
	enum org_role role;
	bool only_reads; /* with an API key that may do nothing else */
	int64_t now_ms;
};

/* {"items":[{"id","name","category"}]}, in their order. */
enum status statuses_read(struct view *view, struct slice tenant, struct slice project_key,
                          struct buf *out, uint64_t *position, struct error *err);

/* {"statuses":[as above],"issue_types":[{"id","name","disabled","level","workflow"}],
 * "priorities":[{"id","name","disabled"}],"resolutions":[likewise],"fields":[{"id","name",
 * "description","kind","required","disabled","issue_types":[id] or null
 * (all),"default_values":[text], "issues" (that have a value),"options":[{"id","name","parent":id
 * or null,"disabled"}]}]}, each in their order; options of a cascading select each before those
 * below it. */
enum status configuration_read(struct view *view, struct slice tenant, struct slice project_key,
                               struct buf *out, uint64_t *position, struct error *err);

/* {"items":[{"id","issue_types":[id],"published":W or null,"draft":W or null}]}, in order of the
 * ids; W: {"name","transitions":[{"id","name","kind","from":[status],"to",
 * "conditions":[],"validators":[],"screen":[field],"functions":[]}]}. */
enum status workflows_read(struct view *view, struct slice tenant, struct slice project_key,
                           struct buf *out, uint64_t *position, struct error *err);

/* {"items":[{"id","name","outward","inward","symmetric","acyclic","built_in"}]}: those that are
 * built in first, the others in order of their ids. */
enum status link_types_read(struct view *view, struct slice tenant, struct buf *out,
                            uint64_t *position, struct error *err);

/* {"member":id,"uses":{"projects","components","issues","values","defaults","workflows","drafts",
 * "boards"}}: how many of each name the member so that removing them asks for a replacement
 * (core/domain/member_use.h). Reads all issues of the tenant. STATUS_NOT_FOUND: no such member. */
enum status member_uses_read(struct view *view, struct slice tenant, const struct uuid *member,
                             struct buf *out, uint64_t *position, struct error *err);

/* {"items":[{"id","name"}]}, in order of the ids. */
enum status project_roles_read(struct view *view, struct slice tenant, struct buf *out,
                               uint64_t *position, struct error *err);
/* {"permission_scheme","items":[{"id","name","members":[id],"teams":[id]}]} of a project: every
 * role of the organization, in order of the ids. */
enum status roles_of_project_read(struct view *view, struct slice tenant, struct slice project_key,
                                  struct buf *out, uint64_t *position, struct error *err);

/* {"items":[{"id","name","built_in"}]}: the classic one first, the others in order of their ids. */
enum status permission_schemes_read(struct view *view, struct slice tenant, struct buf *out,
                                    uint64_t *position, struct error *err);
/* {"id","name","built_in","grants":[{"permission","to", and what @to names}]}, as they came. */
enum status permission_scheme_read(struct view *view, struct slice tenant, struct slice id,
                                   struct buf *out, uint64_t *position, struct error *err);

/* {"items":[{"id","name"}],"next":cursor or null}: active members who may browse the project and be
 * assigned issues there, whoever reported them; in order of their names (name_order.h). @access
 * names them: who is new there is nameless. Opens all names, as members_read does.
 * STATUS_INVALID: not a cursor of this list. */
enum status assignable_read(struct view *view, struct view *access, struct slice tenant,
                            struct slice project, const struct name_page *page, struct buf *out,
                            uint64_t *position, struct error *err);

/* What @caller may do: {"role","project":{"id","key"}|null,"issue":{"id","key"}|null,
 * "permissions":[permission],"commands":[{"name","of":"all"|"own"}]}. With @project (a key or an
 * id; may be empty) the permissions held there and the commands on it, with @issue those on it;
 * without either the commands of the organization. STATUS_NOT_FOUND: there is no such thing. */
enum status permissions_read(struct view *view, struct slice tenant,
                             const struct state_caller *caller, struct slice project,
                             struct slice issue, struct buf *out, uint64_t *position,
                             struct error *err);

/* {"issue":{"id","status","version"},"workflow",
 * "transitions":[{"id","name","to":{"id","name","category"},"possible","why":text or null,
 * "screen":[{"field","required"}]}]}:
 * all but the initial one, @issue is a key or an id. Possible is what @caller's TransitionIssue
 * would be accepted for, when the fields of the screen are filled in as the validators want it. */
enum status transitions_read(struct view *view, struct slice tenant, struct slice issue,
                             const struct state_caller *caller, struct buf *out, uint64_t *position,
                             struct error *err);

#endif
