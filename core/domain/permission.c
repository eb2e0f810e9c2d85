#include "core/domain/permission.h"

#include <assert.h>

#define INSTALLATION(also)                                                                         \
	{                                                                                          \
		true, ORG_ROLE_UNKNOWN, also                                                       \
	}
#define FROM(role, also)                                                                           \
	{                                                                                          \
		false, ORG_ROLE_##role, also                                                       \
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
#define PERMIT_EDIT_PROJECT            FROM(MEMBER, "as its lead, or as an admin")
#define PERMIT_CHANGE_PROJECT_KEY      FROM(ADMIN, "")
#define PERMIT_ARCHIVE_PROJECT         FROM(ADMIN, "")
#define PERMIT_UNARCHIVE_PROJECT       FROM(ADMIN, "")
#define PERMIT_CREATE_ISSUE            FROM(MEMBER, "")
#define PERMIT_EDIT_ISSUE              FROM(MEMBER, "")
#define PERMIT_ASSIGN_ISSUE            FROM(MEMBER, "")
#define PERMIT_TRANSITION_ISSUE        FROM(MEMBER, "")
#define PERMIT_LABEL_ISSUE             FROM(MEMBER, "")
#define PERMIT_LINK_ISSUES             FROM(MEMBER, "")
#define PERMIT_UNLINK_ISSUES           FROM(MEMBER, "")
#define PERMIT_RANK_ISSUE              FROM(MEMBER, "")
#define PERMIT_ADD_COMMENT             FROM(GUEST, "")
#define PERMIT_EDIT_COMMENT            FROM(GUEST, "one's own, or as an admin")
#define PERMIT_DELETE_COMMENT          FROM(GUEST, "one's own, or as an admin")
#define PERMIT_WATCH_ISSUE             FROM(GUEST, "for oneself, or as an admin")
#define PERMIT_UNWATCH_ISSUE           FROM(GUEST, "for oneself, or as an admin")
#define PERMIT_CLONE_ISSUE             FROM(MEMBER, "")
#define PERMIT_ARCHIVE_ISSUE           FROM(MEMBER, "")
#define PERMIT_UNARCHIVE_ISSUE         FROM(MEMBER, "")
#define PERMIT_DELETE_ISSUE            FROM(MEMBER, "as its reporter, or as an admin")
#define PERMIT_RESTORE_ISSUE           FROM(ADMIN, "")
#define PERMIT_LOG_WORK                FROM(MEMBER, "")
#define PERMIT_EDIT_WORKLOG            FROM(MEMBER, "one's own, or as an admin")
#define PERMIT_DELETE_WORKLOG          FROM(MEMBER, "one's own, or as an admin")
#define PERMIT_ADD_STATUS              FROM(ADMIN, "")
#define PERMIT_EDIT_STATUS             FROM(ADMIN, "")
#define PERMIT_REMOVE_STATUS           FROM(ADMIN, "")
#define PERMIT_SAVE_WORKFLOW_DRAFT     FROM(ADMIN, "")
#define PERMIT_DISCARD_WORKFLOW_DRAFT  FROM(ADMIN, "")
#define PERMIT_PUBLISH_WORKFLOW        FROM(ADMIN, "")
#define PERMIT_ASSIGN_WORKFLOW         FROM(ADMIN, "")
#define PERMIT_ADD_COMPONENT           FROM(MEMBER, "as the project's lead, or as an admin")
#define PERMIT_EDIT_COMPONENT          PERMIT_ADD_COMPONENT
#define PERMIT_REMOVE_COMPONENT        PERMIT_ADD_COMPONENT
#define PERMIT_ADD_VERSION             PERMIT_ADD_COMPONENT
#define PERMIT_EDIT_VERSION            PERMIT_ADD_COMPONENT
#define PERMIT_RELEASE_VERSION         PERMIT_ADD_COMPONENT
#define PERMIT_UNRELEASE_VERSION       PERMIT_ADD_COMPONENT
#define PERMIT_ARCHIVE_VERSION         PERMIT_ADD_COMPONENT
#define PERMIT_UNARCHIVE_VERSION       PERMIT_ADD_COMPONENT
#define PERMIT_MOVE_VERSION            PERMIT_ADD_COMPONENT
#define PERMIT_REMOVE_VERSION          PERMIT_ADD_COMPONENT
#define PERMIT_CHANGE_ISSUE_COMPONENTS FROM(MEMBER, "")
#define PERMIT_CHANGE_ISSUE_VERSIONS   FROM(MEMBER, "")
#define PERMIT_ADD_ISSUE_TYPE          FROM(ADMIN, "")
#define PERMIT_EDIT_ISSUE_TYPE         FROM(ADMIN, "")
#define PERMIT_ADD_PRIORITY            FROM(ADMIN, "")
#define PERMIT_EDIT_PRIORITY           FROM(ADMIN, "")
#define PERMIT_ADD_RESOLUTION          FROM(ADMIN, "")
#define PERMIT_EDIT_RESOLUTION         FROM(ADMIN, "")

/* By the table of commands: a command without a permission does not compile. */
#define PERMISSION(NAME, name, text) [COMMAND_##NAME] = PERMIT_##NAME,
const struct permission permissions[COMMAND_TYPES] = {COMMAND_TABLE(PERMISSION)};
#undef PERMISSION

bool role_reaches(enum org_role role, enum org_role weakest)
{
	return role != ORG_ROLE_UNKNOWN && role <= weakest;
}

bool permission_allows(enum command_type type, enum org_role role)
{
	assert(type < COMMAND_TYPES);
	return !permissions[type].installation && role_reaches(role, permissions[type].weakest);
}
