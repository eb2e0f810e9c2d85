#include "core/domain/permission.h"

#include "core/domain/classic.h"

#include <assert.h>

#define INSTALLATION(also)                                                                         \
	{                                                                                          \
		ASKS_INSTALLATION, ORG_ROLE_UNKNOWN, PERMISSIONS, PERMISSIONS, also                \
	}
#define FROM(role, also)                                                                           \
	{                                                                                          \
		ASKS_ROLE, ORG_ROLE_##role, PERMISSIONS, PERMISSIONS, also                         \
	}
#define IN_PROJECT(permission, also)                                                               \
	{                                                                                          \
		ASKS_PERMISSION, ORG_ROLE_UNKNOWN, PERMISSION_##permission, PERMISSIONS, also      \
	}
#define OF_OWNER(own, others)                                                                      \
	{                                                                                          \
		ASKS_OWNERSHIP, ORG_ROLE_UNKNOWN, PERMISSION_##own, PERMISSION_##others, ""        \
	}

#define PERMIT_CREATE_ORGANIZATION     INSTALLATION("")
#define PERMIT_ADD_MEMBER              FROM(ADMIN, "not a role above the actor's own")
#define PERMIT_CHANGE_MEMBER_ROLE      FROM(ADMIN, "not of, or to, a role above the actor's own")
#define PERMIT_REMOVE_MEMBER           FROM(ADMIN, "not of a role above the actor's own")
#define PERMIT_SKIP_EVENT              INSTALLATION("")
#define PERMIT_RENAME_ORGANIZATION     FROM(ADMIN, "")
#define PERMIT_DEACTIVATE_MEMBER       FROM(ADMIN, "not of a role above the actor's own")
#define PERMIT_REACTIVATE_MEMBER       FROM(ADMIN, "not of a role above the actor's own")
#define PERMIT_CREATE_TEAM             FROM(ADMIN, "")
#define PERMIT_RENAME_TEAM             FROM(ADMIN, "")
#define PERMIT_DELETE_TEAM             FROM(ADMIN, "")
#define PERMIT_CHANGE_TEAM_MEMBERS     FROM(ADMIN, "")
#define PERMIT_CREATE_API_KEY          FROM(GUEST, "for oneself, and not with an API key")
#define PERMIT_REVOKE_API_KEY          FROM(GUEST, "one's own, or as an admin of a role not above the own")
#define PERMIT_LIMIT_API_KEYS          FROM(ADMIN, "")
#define PERMIT_CREATE_PROJECT          FROM(ADMIN, "")
#define PERMIT_EDIT_PROJECT            IN_PROJECT(EDIT_PROJECT, "")
#define PERMIT_CHANGE_PROJECT_KEY      IN_PROJECT(ADMINISTER_PROJECT, "")
#define PERMIT_ARCHIVE_PROJECT         IN_PROJECT(ADMINISTER_PROJECT, "")
#define PERMIT_UNARCHIVE_PROJECT       IN_PROJECT(ADMINISTER_PROJECT, "")
#define PERMIT_CREATE_ISSUE            IN_PROJECT(CREATE_ISSUES, "")
#define PERMIT_EDIT_ISSUE              IN_PROJECT(EDIT_ISSUES, "")
#define PERMIT_ASSIGN_ISSUE            IN_PROJECT(ASSIGN_ISSUES, "")
#define PERMIT_TRANSITION_ISSUE        IN_PROJECT(TRANSITION_ISSUES, "")
#define PERMIT_LABEL_ISSUE             IN_PROJECT(EDIT_ISSUES, "")
#define PERMIT_LINK_ISSUES             IN_PROJECT(LINK_ISSUES, "")
#define PERMIT_UNLINK_ISSUES           IN_PROJECT(LINK_ISSUES, "")
#define PERMIT_RANK_ISSUE              IN_PROJECT(RANK_ISSUES, "")
#define PERMIT_ADD_COMMENT             IN_PROJECT(ADD_COMMENTS, "")
#define PERMIT_EDIT_COMMENT            OF_OWNER(EDIT_OWN_COMMENTS, EDIT_ALL_COMMENTS)
#define PERMIT_DELETE_COMMENT          OF_OWNER(DELETE_OWN_COMMENTS, DELETE_ALL_COMMENTS)
#define PERMIT_WATCH_ISSUE             OF_OWNER(BROWSE_PROJECT, MANAGE_WATCHERS)
#define PERMIT_UNWATCH_ISSUE           OF_OWNER(BROWSE_PROJECT, MANAGE_WATCHERS)
#define PERMIT_CLONE_ISSUE             IN_PROJECT(CREATE_ISSUES, "")
#define PERMIT_MOVE_ISSUE              IN_PROJECT(MOVE_ISSUES, "create_issues in the other project")
#define PERMIT_ARCHIVE_ISSUE           IN_PROJECT(ARCHIVE_ISSUES, "")
#define PERMIT_UNARCHIVE_ISSUE         IN_PROJECT(ARCHIVE_ISSUES, "")
#define PERMIT_DELETE_ISSUE            IN_PROJECT(DELETE_ISSUES, "")
#define PERMIT_RESTORE_ISSUE           IN_PROJECT(RESTORE_ISSUES, "")
#define PERMIT_LOG_WORK                IN_PROJECT(LOG_WORK, "")
#define PERMIT_EDIT_WORKLOG            OF_OWNER(EDIT_OWN_WORKLOGS, EDIT_ALL_WORKLOGS)
#define PERMIT_DELETE_WORKLOG          OF_OWNER(DELETE_OWN_WORKLOGS, DELETE_ALL_WORKLOGS)
#define PERMIT_ADD_STATUS              IN_PROJECT(MANAGE_WORKFLOWS, "")
#define PERMIT_EDIT_STATUS             IN_PROJECT(MANAGE_WORKFLOWS, "")
#define PERMIT_REMOVE_STATUS           IN_PROJECT(MANAGE_WORKFLOWS, "")
#define PERMIT_SAVE_WORKFLOW_DRAFT     IN_PROJECT(MANAGE_WORKFLOWS, "")
#define PERMIT_DISCARD_WORKFLOW_DRAFT  IN_PROJECT(MANAGE_WORKFLOWS, "")
#define PERMIT_PUBLISH_WORKFLOW        IN_PROJECT(MANAGE_WORKFLOWS, "")
#define PERMIT_ASSIGN_WORKFLOW         IN_PROJECT(MANAGE_WORKFLOWS, "")
#define PERMIT_REMOVE_WORKFLOW         IN_PROJECT(MANAGE_WORKFLOWS, "")
#define PERMIT_ADD_COMPONENT           IN_PROJECT(MANAGE_COMPONENTS, "")
#define PERMIT_EDIT_COMPONENT          IN_PROJECT(MANAGE_COMPONENTS, "")
#define PERMIT_REMOVE_COMPONENT        IN_PROJECT(MANAGE_COMPONENTS, "")
#define PERMIT_ADD_VERSION             IN_PROJECT(MANAGE_VERSIONS, "")
#define PERMIT_EDIT_VERSION            IN_PROJECT(MANAGE_VERSIONS, "")
#define PERMIT_RELEASE_VERSION         IN_PROJECT(MANAGE_VERSIONS, "")
#define PERMIT_UNRELEASE_VERSION       IN_PROJECT(MANAGE_VERSIONS, "")
#define PERMIT_ARCHIVE_VERSION         IN_PROJECT(MANAGE_VERSIONS, "")
#define PERMIT_UNARCHIVE_VERSION       IN_PROJECT(MANAGE_VERSIONS, "")
#define PERMIT_MOVE_VERSION            IN_PROJECT(MANAGE_VERSIONS, "")
#define PERMIT_REMOVE_VERSION          IN_PROJECT(MANAGE_VERSIONS, "")
#define PERMIT_CHANGE_ISSUE_COMPONENTS IN_PROJECT(EDIT_ISSUES, "")
#define PERMIT_CHANGE_ISSUE_VERSIONS   IN_PROJECT(EDIT_ISSUES, "")
#define PERMIT_ADD_ISSUE_TYPE          IN_PROJECT(MANAGE_ISSUE_TYPES, "")
#define PERMIT_EDIT_ISSUE_TYPE         IN_PROJECT(MANAGE_ISSUE_TYPES, "")
#define PERMIT_ADD_PRIORITY            IN_PROJECT(MANAGE_ISSUE_TYPES, "")
#define PERMIT_EDIT_PRIORITY           IN_PROJECT(MANAGE_ISSUE_TYPES, "")
#define PERMIT_ADD_RESOLUTION          IN_PROJECT(MANAGE_ISSUE_TYPES, "")
#define PERMIT_EDIT_RESOLUTION         IN_PROJECT(MANAGE_ISSUE_TYPES, "")
#define PERMIT_CREATE_BOARD            IN_PROJECT(ADMINISTER_PROJECT, "in each of its projects")
#define PERMIT_EDIT_BOARD              IN_PROJECT(ADMINISTER_PROJECT, "in each of its projects")
#define PERMIT_DELETE_BOARD            IN_PROJECT(ADMINISTER_PROJECT, "in each of its projects")

/* By the table of commands: a command without a permission does not compile. */
#define COMMAND_PERMISSION(NAME, name, text) [COMMAND_##NAME] = PERMIT_##NAME,
const struct command_permission command_permissions[COMMAND_TYPES] = {
        COMMAND_TABLE(COMMAND_PERMISSION)};
#undef COMMAND_PERMISSION

#define PERMISSION_NAME(NAME, name, text) #name,
static const char *const names[PERMISSIONS] = {PERMISSION_TABLE(PERMISSION_NAME)};
#undef PERMISSION_NAME
#define PERMISSION_TEXT(NAME, name, text) text,
static const char *const texts[PERMISSIONS] = {PERMISSION_TABLE(PERMISSION_TEXT)};
#undef PERMISSION_TEXT

const char *permission_name(enum permission permission)
{
	assert(permission < PERMISSIONS);
	return names[permission];
}

const char *permission_text(enum permission permission)
{
	assert(permission < PERMISSIONS);
	return texts[permission];
}

bool role_reaches(enum org_role role, enum org_role weakest)
{
	return role != ORG_ROLE_UNKNOWN && role <= weakest;
}

static bool is_granted(const struct grant *grant, const struct holder *holder,
                       const struct row_project *project, const struct row_issue *issue)
{
	if (!role_reaches(holder->role, grant->weakest))
		return false;
	switch (grant->to) {
	case GRANT_TO_ANYONE:
		return true;
	case GRANT_TO_REPORTER:
		return issue && uuid_equal(&issue->reporter, &holder->member);
	case GRANT_TO_ASSIGNEE:
		return issue && uuid_equal(&issue->assignee, &holder->member);
	case GRANT_TO_LEAD:
		return uuid_equal(&project->lead, &holder->member);
	}
	return false;
}

bool permission_held(const struct holder *holder, enum permission permission,
                     const struct row_project *project, const struct row_issue *issue)
{
	if (role_reaches(holder->role, ORG_ROLE_ADMIN))
		return true;
	for (uint32_t i = 0; i < classic_grants_n; i++)
		if (classic_grants[i].permission == permission &&
		    is_granted(&classic_grants[i], holder, project, issue))
			return true;
	return false;
}

static enum org_role permission_weakest(enum permission permission)
{
	enum org_role weakest = ORG_ROLE_ADMIN;

	for (uint32_t i = 0; i < classic_grants_n; i++)
		if (classic_grants[i].permission == permission &&
		    classic_grants[i].weakest > weakest)
			weakest = classic_grants[i].weakest;
	return weakest;
}

enum org_role command_weakest(enum command_type type)
{
	assert(type < COMMAND_TYPES);
	const struct command_permission *asked = &command_permissions[type];
	switch (asked->asks) {
	case ASKS_INSTALLATION:
		return ORG_ROLE_UNKNOWN;
	case ASKS_ROLE:
		return asked->weakest;
	case ASKS_PERMISSION:
	case ASKS_OWNERSHIP:
		break;
	}
	return permission_weakest(asked->permission);
}
