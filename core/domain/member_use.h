/* Where a member is named as who has something to do or to decide, and what becomes of these places
 * when the member is removed. One walk over the tenant counts them and fills them anew. Places in
 * archived and deleted projects and issues count like others, for they may come back. What tells
 * what happened (reporters, authors, watchers, who moved an issue) names who was removed for ever;
 * teams, roles, grants and API keys are rights, which go in any case and pass on to nobody.
 * Internal to core/domain, but for the counting, which queries ask as well. */
#ifndef CORE_DOMAIN_MEMBER_USE_H
#define CORE_DOMAIN_MEMBER_USE_H

#include "core/domain/workflow_replace.h"

/* X(what is counted, "in front of", "behind the number"): each once, however often it names them.
 */
#define MEMBER_USE_TABLE(X)                                                                        \
	X(projects, "lead of ", " projects")                                                       \
	X(components, "named by ", " components")                                                  \
	X(issues, "assignee of ", " issues")                                                       \
	X(values, "value in ", " issues")                                                          \
	X(defaults, "default of ", " fields")                                                      \
	X(workflows, "in ", " workflows")                                                          \
	X(drafts, "in ", " drafts")                                                                \
	X(boards, "in filters of ", " boards")

struct member_uses {
#define MEMBER_USE_COUNT(name, before, after) uint32_t name;
	MEMBER_USE_TABLE(MEMBER_USE_COUNT)
#undef MEMBER_USE_COUNT
};

/* Reads every project, issue and board of the tenant. @scratch takes the largest workflow or board,
 * unpacked; false when it is too small. */
bool count_member_uses(const struct tenant_state *state, const struct uuid *member,
                       struct arena *scratch, struct member_uses *uses);

/* Refuses at /member when there are any. */
bool check_member_unused(struct judge *judge, const struct uuid *member);
/* The events that put @replacement (NULL: nobody) in all of these places, and take project roles
 * from @member on the way. Refuses a replacement who cannot be assigned an issue, and to leave a
 * rule of a workflow without anybody. */
bool replace_member(struct judge *judge, const struct uuid *member, const struct uuid *replacement);

/* --- what the places share --- */

struct member_removal {
	struct workflow_replacing
	        workflows; /* first; the judge, and the project that is looked at */
	bool counting;     /* and nothing else */
	struct member_uses uses;
	struct uuid member;
	const struct uuid *replacement;
	struct slice text, replacement_text; /* their ids */
	char room[2][UUID_TEXT];
	enum org_role role; /* of the replacement */
	bool has_rights;    /* of the replacement, in this project: */
	struct uuid rights_project;
	struct rights rights;
};

/* Whether @ids, or @texts (ids as somebody typed them), name the member. */
bool removal_in_ids(const struct member_removal *r, struct uuid_array ids);
bool removal_in_texts(const struct member_removal *r, struct slice_array texts);
/* The same with the replacement in place of the member, or without: in their order, each once, in
 * the arena. */
struct uuid_array removal_replace_ids(const struct member_removal *r, struct uuid_array ids);
struct slice_array removal_replace_texts(const struct member_removal *r, struct slice_array texts);

/* What is sought is the member of the struct member_removal that begins with @workflows. */
void workflows_name_members(struct workflow_replacing *workflows);

#endif
