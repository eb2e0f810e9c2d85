#include "core/domain/permission.h"

#include "core/domain/classic.h"
#include "core/domain/judge.h"

#include <assert.h>

#define INSTALLATION(also)                                                                         \
	{                                                                                          \
		ASKS_INSTALLATION, ORG_ROLE_UNKNOWN, PERMISSION_UNKNOWN, PERMISSION_UNKNOWN, also  \
	}
#define FROM(role, also)                                                                           \
	{                                                                                          \
		ASKS_ROLE, ORG_ROLE_##role, PERMISSION_UNKNOWN, PERMISSION_UNKNOWN, also           \
	}
#define IN_PROJECT(permission, also)                                                               \
	{                                                                                          \
		ASKS_PERMISSION, ORG_ROLE_UNKNOWN, PERMISSION_##permission, PERMISSION_UNKNOWN,    \
		        also                                                                       \
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
#define PERMIT_SET_MEMBER_PROFILE      FROM(GUEST, "one's own, or as an admin, not of a stronger role")
#define PERMIT_REVOKE_API_KEY          FROM(GUEST, "one's own, or as an admin of a role not above the own")
#define PERMIT_ADD_LINK_TYPE           FROM(ADMIN, "")
#define PERMIT_EDIT_LINK_TYPE          FROM(ADMIN, "")
#define PERMIT_REMOVE_LINK_TYPE        FROM(ADMIN, "")
#define PERMIT_LIMIT_API_KEYS          FROM(ADMIN, "")
#define PERMIT_CREATE_PROJECT          FROM(ADMIN, "")
#define PERMIT_EDIT_PROJECT            IN_PROJECT(EDIT_PROJECT, "")
#define PERMIT_CHANGE_PROJECT_KEY      IN_PROJECT(ADMINISTER_PROJECT, "")
#define PERMIT_ARCHIVE_PROJECT         IN_PROJECT(ADMINISTER_PROJECT, "")
#define PERMIT_UNARCHIVE_PROJECT       IN_PROJECT(ADMINISTER_PROJECT, "")
#define PERMIT_DELETE_PROJECT          IN_PROJECT(ADMINISTER_PROJECT, "")
#define PERMIT_RESTORE_PROJECT         IN_PROJECT(ADMINISTER_PROJECT, "")
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
#define PERMIT_BULK_EDIT_ISSUES        FROM(GUEST, "of each issue, what the commands for one ask")
#define PERMIT_BULK_TRANSITION_ISSUES  PERMIT_BULK_EDIT_ISSUES
#define PERMIT_BULK_MOVE_ISSUES        PERMIT_BULK_EDIT_ISSUES
#define PERMIT_BULK_DELETE_ISSUES      PERMIT_BULK_EDIT_ISSUES
#define PERMIT_BULK_RANK_ISSUES        PERMIT_BULK_EDIT_ISSUES
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
#define PERMIT_ADD_LABEL               IN_PROJECT(MANAGE_COMPONENTS, "")
#define PERMIT_EDIT_LABEL              IN_PROJECT(MANAGE_COMPONENTS, "")
#define PERMIT_REMOVE_LABEL            IN_PROJECT(MANAGE_COMPONENTS, "")
#define PERMIT_CHANGE_LABEL_POLICY     IN_PROJECT(MANAGE_COMPONENTS, "")
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
#define PERMIT_ADD_FIELD               IN_PROJECT(MANAGE_ISSUE_TYPES, "")
#define PERMIT_EDIT_FIELD              PERMIT_ADD_FIELD
#define PERMIT_REMOVE_FIELD            PERMIT_ADD_FIELD
#define PERMIT_ADD_FIELD_OPTION        PERMIT_ADD_FIELD
#define PERMIT_EDIT_FIELD_OPTION       PERMIT_ADD_FIELD
#define PERMIT_REMOVE_FIELD_OPTION     PERMIT_ADD_FIELD
#define PERMIT_ADD_ISSUE_TYPE          IN_PROJECT(MANAGE_ISSUE_TYPES, "")
#define PERMIT_EDIT_ISSUE_TYPE         IN_PROJECT(MANAGE_ISSUE_TYPES, "")
#define PERMIT_REMOVE_ISSUE_TYPE       IN_PROJECT(MANAGE_ISSUE_TYPES, "")
#define PERMIT_ADD_PRIORITY            IN_PROJECT(MANAGE_ISSUE_TYPES, "")
#define PERMIT_EDIT_PRIORITY           IN_PROJECT(MANAGE_ISSUE_TYPES, "")
#define PERMIT_ADD_RESOLUTION          IN_PROJECT(MANAGE_ISSUE_TYPES, "")
#define PERMIT_EDIT_RESOLUTION         IN_PROJECT(MANAGE_ISSUE_TYPES, "")
#define PERMIT_CREATE_BOARD            IN_PROJECT(ADMINISTER_PROJECT, "in each of its projects")
#define PERMIT_EDIT_BOARD              IN_PROJECT(ADMINISTER_PROJECT, "in each of its projects")
#define PERMIT_DELETE_BOARD            IN_PROJECT(ADMINISTER_PROJECT, "in each of its projects")

#define PERMIT_ADD_PROJECT_ROLE            FROM(ADMIN, "")
#define PERMIT_RENAME_PROJECT_ROLE         FROM(ADMIN, "")
#define PERMIT_REMOVE_PROJECT_ROLE         FROM(ADMIN, "")
#define PERMIT_CREATE_PERMISSION_SCHEME    FROM(ADMIN, "")
#define PERMIT_RENAME_PERMISSION_SCHEME    FROM(ADMIN, "")
#define PERMIT_CHANGE_PERMISSION_GRANTS    FROM(ADMIN, "")
#define PERMIT_REMOVE_PERMISSION_SCHEME    FROM(ADMIN, "")
#define PERMIT_ASSIGN_PERMISSION_SCHEME    IN_PROJECT(ADMINISTER_PROJECT, "")
#define PERMIT_CHANGE_PROJECT_ROLE_MEMBERS IN_PROJECT(ADMINISTER_PROJECT, "")

/* By the table of commands: a command without a permission does not compile. */
#define COMMAND_PERMISSION(NAME, name, text) [COMMAND_##NAME] = PERMIT_##NAME,
const struct command_permission command_permissions[COMMAND_TYPES] = {
        COMMAND_TABLE(COMMAND_PERMISSION)};
#undef COMMAND_PERMISSION

struct permission_row {
	bool of_issue;
	const char *text;
};
enum { SCOPE_PROJECT, SCOPE_ISSUE };
#define PERMISSION_ROW(NAME, SCOPE, text) [PERMISSION_##NAME] = {SCOPE_##SCOPE, text},
static const struct permission_row rows[PERMISSIONS] = {PERMISSION_TABLE(PERMISSION_ROW)};
#undef PERMISSION_ROW

#define PERMISSION_ONE(NAME, SCOPE, text) +1
static_assert(1 PERMISSION_TABLE(PERMISSION_ONE) == PERMISSIONS, "a permission without a row");
#undef PERMISSION_ONE
static_assert(PERMISSIONS <= 64, "struct rights has a bit for each permission");

const char *permission_text(enum permission permission)
{
	assert(permission < PERMISSIONS);
	return rows[permission].text;
}

bool permission_is_of_issue(enum permission permission)
{
	assert(permission < PERMISSIONS);
	return rows[permission].of_issue;
}

bool role_reaches(enum org_role role, enum org_role weakest)
{
	return role != ORG_ROLE_UNKNOWN && role <= weakest;
}

/* Roles of the holder in the project, bits by ordinal: their own, and those of their teams. */
static uint64_t roles_in(const struct tenant_state *state, const struct uuid *member,
                         const struct uuid *project)
{
	struct row_key key = row_key_role_actor(project, member);
	struct row_key at = row_key_pair(ROW_MEMBER_TEAM, member, &(struct uuid){{0}});
	struct row_role_actor actor;
	struct row_member_team unused;
	uint64_t roles = state->get(state, &key, &actor) ? actor.roles : 0;
	struct uuid team;

	while (state->next(state, &at, false, &unused) &&
	       memcmp(at.bytes, member->bytes, sizeof(*member)) == 0) {
		memcpy(team.bytes, at.bytes + sizeof(*member), sizeof(team));
		key = row_key_role_actor(project, &team);
		if (state->get(state, &key, &actor))
			roles |= actor.roles;
	}
	return roles;
}

/* What grants are looked at for; roles are read when the first grant asks for them. */
struct looking {
	const struct tenant_state *state;
	const struct holder *holder;
	const struct row_project *project;
	bool has_roles;
	uint64_t roles;
};

static bool has_role(struct looking *looking, uint8_t ordinal)
{
	if (!looking->has_roles)
		looking->roles =
		        roles_in(looking->state, &looking->holder->member, &looking->project->id);
	looking->has_roles = true;
	return looking->roles >> ordinal & 1;
}

static bool is_in_team(const struct looking *looking, const struct uuid *team)
{
	struct row_key key = row_key_team_member(team, &looking->holder->member);
	struct row_team_member row;

	return looking->state->get(looking->state, &key, &row);
}

static void look_at(struct looking *looking, const struct row_grant *grant, struct rights *rights)
{
	uint64_t bit = UINT64_C(1) << grant->permission;

	if ((rights->always & bit) ||
	    !role_reaches(looking->holder->role, (enum org_role)grant->weakest))
		return;
	switch ((enum grant_to)grant->to) {
	case GRANT_TO_ANYONE:
	case GRANT_TO_ORGANIZATION_ROLE:
		rights->always |= bit;
		break;
	case GRANT_TO_PROJECT_ROLE:
		rights->always |= has_role(looking, grant->role) ? bit : 0;
		break;
	case GRANT_TO_TEAM:
		rights->always |= is_in_team(looking, &grant->id) ? bit : 0;
		break;
	case GRANT_TO_MEMBER:
		rights->always |= uuid_equal(&grant->id, &looking->holder->member) ? bit : 0;
		break;
	case GRANT_TO_LEAD:
		rights->always |=
		        uuid_equal(&looking->project->lead, &looking->holder->member) ? bit : 0;
		break;
	case GRANT_TO_REPORTER:
		rights->as_reporter |= bit;
		break;
	case GRANT_TO_ASSIGNEE:
		rights->as_assignee |= bit;
		break;
	case GRANT_TO_UNKNOWN:
		break;
	}
}

struct rights rights_in(const struct tenant_state *state, const struct holder *holder,
                        const struct row_project *project)
{
	struct looking looking = {.state = state, .holder = holder, .project = project};
	struct rights rights = {0, 0, 0};
	struct row_permission_scheme scheme;
	struct row_grants grants = {classic_grants, classic_grants_n};

	if (role_reaches(holder->role, ORG_ROLE_ADMIN))
		return (struct rights){UINT64_MAX, 0, 0};
	if (project->scheme[0]) {
		struct row_key key = row_key_permission_scheme(PADDED(project->scheme));
		bool found = state->get(state, &key, &scheme);
		assert(found && !scheme.removed);
		(void)found;
		grants = (struct row_grants){scheme.grants, scheme.grants_n};
	}
	for (uint32_t i = 0; i < grants.n; i++)
		look_at(&looking, &grants.at[i], &rights);
	return rights;
}

bool rights_give(const struct rights *rights, enum permission permission, const struct uuid *member,
                 const struct row_issue *issue)
{
	uint64_t held = rights->always;

	assert(permission < PERMISSIONS);
	if (issue && uuid_equal(&issue->reporter, member))
		held |= rights->as_reporter;
	if (issue && uuid_equal(&issue->assignee, member))
		held |= rights->as_assignee;
	return held >> permission & 1;
}

enum command_reach command_reach(enum command_type type, const struct holder *holder,
                                 const struct rights *rights, const struct row_issue *issue)
{
	assert(type < COMMAND_TYPES);
	const struct command_permission *asked = &command_permissions[type];
	bool reaches = false;

	switch (asked->asks) {
	case ASKS_INSTALLATION:
		break;
	case ASKS_ROLE:
		reaches = role_reaches(holder->role, asked->weakest);
		break;
	case ASKS_OWNERSHIP:
		if (rights && !rights_give(rights, asked->others, &holder->member, issue) &&
		    rights_give(rights, asked->permission, &holder->member, issue))
			return REACHES_OWN;
		reaches = rights && rights_give(rights, asked->others, &holder->member, issue);
		break;
	case ASKS_PERMISSION:
		reaches = rights && rights_give(rights, asked->permission, &holder->member, issue);
		break;
	}
	return reaches ? REACHES_ALL : REACHES_NOTHING;
}

bool command_is_for_archived_project(enum command_type type)
{
	return type == COMMAND_ARCHIVE_PROJECT || type == COMMAND_UNARCHIVE_PROJECT ||
	       type == COMMAND_DELETE_PROJECT || type == COMMAND_RESTORE_PROJECT ||
	       type == COMMAND_EDIT_BOARD || type == COMMAND_DELETE_BOARD ||
	       type == COMMAND_CLONE_ISSUE;
}

bool command_is_for_archived_issue(enum command_type type)
{
	return type == COMMAND_ARCHIVE_ISSUE || type == COMMAND_UNARCHIVE_ISSUE ||
	       type == COMMAND_RESTORE_ISSUE || type == COMMAND_CLONE_ISSUE;
}

static enum org_role permission_weakest(enum permission permission)
{
	enum org_role weakest = ORG_ROLE_ADMIN;

	for (uint32_t i = 0; i < classic_grants_n; i++)
		if (classic_grants[i].permission == permission &&
		    classic_grants[i].weakest > weakest)
			weakest = (enum org_role)classic_grants[i].weakest;
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
