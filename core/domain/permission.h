/* Who may do what. Installation tokens and roles in the organization give what concerns all of it;
 * what is done in a project asks for a permission there, which the permission scheme of the project
 * grants. Admins and owners of the organization hold every permission in every project. Pure. */
#ifndef CORE_DOMAIN_PERMISSION_H
#define CORE_DOMAIN_PERMISSION_H

#include "core/domain/tenant_state.h"
#include "generated/command.h"

/* X(NAME, name, "what its holder may do") */
#define PERMISSION_TABLE(X)                                                                        \
	X(BROWSE_PROJECT, browse_project, "see the project and everything in it")                  \
	X(EDIT_PROJECT, edit_project, "change name, lead and category")                            \
	X(ADMINISTER_PROJECT, administer_project, "change the key, archive, set up boards")        \
	X(MANAGE_ISSUE_TYPES, manage_issue_types, "issue types, priorities and resolutions")       \
	X(MANAGE_WORKFLOWS, manage_workflows, "statuses and workflows")                            \
	X(MANAGE_COMPONENTS, manage_components, "add, edit and remove components")                 \
	X(MANAGE_VERSIONS, manage_versions, "add, edit, release, archive, move, remove versions")  \
	X(CREATE_ISSUES, create_issues, "create issues, and clone them into the project")          \
	X(EDIT_ISSUES, edit_issues, "change fields, labels, components and versions of issues")    \
	X(ASSIGN_ISSUES, assign_issues, "assign issues")                                           \
	X(TRANSITION_ISSUES, transition_issues, "take issues through their workflow")              \
	X(LINK_ISSUES, link_issues, "link and unlink issues")                                      \
	X(RANK_ISSUES, rank_issues, "change the order of issues")                                  \
	X(ARCHIVE_ISSUES, archive_issues, "archive and unarchive issues")                          \
	X(MOVE_ISSUES, move_issues, "move issues away to projects where one may create them")      \
	X(DELETE_ISSUES, delete_issues, "delete issues")                                           \
	X(RESTORE_ISSUES, restore_issues, "see deleted issues, and restore them")                  \
	X(ADD_COMMENTS, add_comments, "comment on issues")                                         \
	X(EDIT_OWN_COMMENTS, edit_own_comments, "edit the own comments")                           \
	X(EDIT_ALL_COMMENTS, edit_all_comments, "edit everybody's comments")                       \
	X(DELETE_OWN_COMMENTS, delete_own_comments, "delete the own comments")                     \
	X(DELETE_ALL_COMMENTS, delete_all_comments, "delete everybody's comments")                 \
	X(MANAGE_WATCHERS, manage_watchers, "let others watch an issue, or not any more")          \
	X(LOG_WORK, log_work, "log work on issues")                                                \
	X(EDIT_OWN_WORKLOGS, edit_own_worklogs, "edit the own records of work")                    \
	X(EDIT_ALL_WORKLOGS, edit_all_worklogs, "edit everybody's records of work")                \
	X(DELETE_OWN_WORKLOGS, delete_own_worklogs, "delete the own records of work")              \
	X(DELETE_ALL_WORKLOGS, delete_all_worklogs, "delete everybody's records of work")

#define PERMISSION_ENUM(NAME, name, text) PERMISSION_##NAME,
enum permission { PERMISSION_TABLE(PERMISSION_ENUM) PERMISSIONS };
#undef PERMISSION_ENUM

const char *permission_name(enum permission permission); /* "browse_project" */
const char *permission_text(enum permission permission); /* the text of the table */

/* Who a permission is granted to: who stands in that relation, and has a role that is at least as
 * strong as @weakest. */
enum grant_to { GRANT_TO_ANYONE, GRANT_TO_REPORTER, GRANT_TO_ASSIGNEE, GRANT_TO_LEAD };
struct grant {
	enum permission permission;
	enum grant_to to;
	enum org_role weakest;
};

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

/* Whether @holder holds @permission in @project, on @issue. Without an issue (NULL) nobody is its
 * reporter or assignee. */
bool permission_held(const struct holder *holder, enum permission permission,
                     const struct row_project *project, const struct row_issue *issue);

/* The weakest role that may send @type in a project of the classic permission scheme, to whatever
 * it stands in the best relation; UNKNOWN: none may. */
enum org_role command_weakest(enum command_type type);

#endif
