/* Who may do what. Installation tokens and roles in the organization give what concerns all of it;
 * what is done in a project asks for a permission there, which the permission scheme of the project
 * grants. Admins and owners of the organization hold every permission in every project. Pure. */
#ifndef CORE_DOMAIN_PERMISSION_H
#define CORE_DOMAIN_PERMISSION_H

#include "core/domain/tenant_state.h"
#include "generated/command.h"

/* X(NAME, SCOPE, "what its holder may do"): of Permission.avsc, each once. What is of the scope
 * ISSUE can be granted to the reporter and the assignee of an issue. To see a project cannot: who
 * sees one sees all of it, so that no query counts rows that it may not show. */
#define PERMISSION_TABLE(X)                                                                        \
	X(BROWSE_PROJECT, PROJECT, "see the project and everything in it")                         \
	X(EDIT_PROJECT, PROJECT, "change name, lead and category")                                 \
	X(ADMINISTER_PROJECT, PROJECT,                                                             \
	  "change key, permission scheme, roles and boards; archive, delete, and back")            \
	X(MANAGE_ISSUE_TYPES, PROJECT, "issue types, fields, priorities and resolutions")          \
	X(MANAGE_WORKFLOWS, PROJECT, "statuses and workflows")                                     \
	X(MANAGE_COMPONENTS, PROJECT, "add, edit and remove components and labels")                \
	X(MANAGE_VERSIONS, PROJECT, "add, edit, release, archive, move and remove versions")       \
	X(CREATE_ISSUES, PROJECT, "create issues, and clone them into the project")                \
	X(EDIT_ISSUES, ISSUE, "change fields, labels, components and versions of issues")          \
	X(SCHEDULE_ISSUES, ISSUE, "set and clear start and due dates")                             \
	X(ASSIGN_ISSUES, ISSUE, "assign issues")                                                   \
	X(BE_ASSIGNED, ISSUE, "be the assignee of issues")                                         \
	X(TRANSITION_ISSUES, ISSUE,                                                                \
	  "take issues through their workflow, or to another status as their type changes")        \
	X(LINK_ISSUES, ISSUE, "link and unlink issues")                                            \
	X(RANK_ISSUES, ISSUE, "change the order of issues")                                        \
	X(MOVE_ISSUES, ISSUE,                                                                      \
	  "move issues away to projects where one may create them, or to types with another "      \
	  "workflow")                                                                              \
	X(ARCHIVE_ISSUES, ISSUE, "archive and unarchive issues")                                   \
	X(DELETE_ISSUES, ISSUE, "delete issues")                                                   \
	X(RESTORE_ISSUES, ISSUE, "restore deleted issues")                                         \
	X(ADD_COMMENTS, ISSUE, "comment on issues")                                                \
	X(EDIT_OWN_COMMENTS, ISSUE, "edit the own comments")                                       \
	X(EDIT_ALL_COMMENTS, ISSUE, "edit everybody's comments")                                   \
	X(DELETE_OWN_COMMENTS, ISSUE, "delete the own comments")                                   \
	X(DELETE_ALL_COMMENTS, ISSUE, "delete everybody's comments")                               \
	X(MANAGE_WATCHERS, ISSUE, "let others watch an issue, or not any more")                    \
	X(LOG_WORK, ISSUE, "log work on issues")                                                   \
	X(EDIT_OWN_WORKLOGS, ISSUE, "edit the own records of work")                                \
	X(EDIT_ALL_WORKLOGS, ISSUE, "edit everybody's records of work")                            \
	X(DELETE_OWN_WORKLOGS, ISSUE, "delete the own records of work")                            \
	X(DELETE_ALL_WORKLOGS, ISSUE, "delete everybody's records of work")                        \
	X(MODIFY_REPORTER, ISSUE, "report issues for others, and change the reporter of issues")

const char *permission_text(enum permission permission); /* the text of the table */
/* Whether it is asked of an issue, so that its reporter and assignee can have it. */
bool permission_is_of_issue(enum permission permission);

/* What a command asks for. */
enum command_ask {
	ASKS_INSTALLATION, /* an installation token, and no membership */
	ASKS_ROLE,         /* a role in the organization, at least as strong as @weakest */
	ASKS_PERMISSION,   /* @permission in the project of what the command is about */
	ASKS_OWNERSHIP,    /* @permission for what is one's own, @others for what is not */
};
struct command_permission {
	enum command_ask asks;
	enum org_role weakest;
	enum permission permission, others;
	const char *also; /* what the decision asks besides, "" if nothing */
};

extern const struct command_permission command_permissions[COMMAND_TYPES];

/* Whether @role is at least as strong as @weakest. */
bool role_reaches(enum org_role role, enum org_role weakest);

/* An active member, whose role is cut to the scope of the API key, if there is one. */
struct holder {
	struct uuid member;
	enum org_role role;
};

/* What a member holds in one project: bits by enum permission, always, and on issues that they have
 * reported or are assigned. */
struct rights {
	uint64_t always, as_reporter, as_assignee;
};
/* Reads the permission scheme, once, and of the roles and teams of @holder what it asks for. */
struct rights rights_in(const struct tenant_state *state, const struct holder *holder,
                        const struct row_project *project);
/* Whether @permission is held on @issue; without an issue (NULL) nobody is its reporter or
 * assignee. */
bool rights_give(const struct rights *rights, enum permission permission, const struct uuid *member,
                 const struct row_issue *issue);

/* Of whose things a command may be sent. */
enum command_reach { REACHES_NOTHING, REACHES_OWN, REACHES_ALL };
/* How far @type reaches for @holder, who holds @rights in the project that it is about (NULL: about
 * none), on @issue (NULL: on none). Of what commands ask by themselves; what else a decision asks
 * (be_assigned, dates) are permissions too. */
enum command_reach command_reach(enum command_type type, const struct holder *holder,
                                 const struct rights *rights, const struct row_issue *issue);

/* Whether @type may be accepted where everything else is refused: in an archived project, and on an
 * issue that is archived itself. A clone may go to another project. */
bool command_is_for_archived_project(enum command_type type);
bool command_is_for_archived_issue(enum command_type type);

/* The weakest role that may send @type in a project of the classic permission scheme, to whatever
 * it stands in the best relation; UNKNOWN: none may. */
enum org_role command_weakest(enum command_type type);

#endif
