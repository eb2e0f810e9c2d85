/* Grants: as commands and events tell them, and packed in the rows of schemes. A grant that is
 * there twice is there once. */
#include "core/domain/permission_scheme.h"

bool same_grant(const struct row_grant *a, const struct row_grant *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool has_grant(const struct row_grant *grants, uint32_t n, const struct row_grant *wanted)
{
	for (uint32_t i = 0; i < n; i++)
		if (same_grant(&grants[i], wanted))
			return true;
	return false;
}

struct permission_grant grant_of_row(const struct tenant_state *state, const struct row_grant *row,
                                     struct row_key *role_key)
{
	enum grant_to to = (enum grant_to)row->to;
	struct permission_grant grant = {.permission = (enum permission)row->permission,
	                                 .to = to,
	                                 .has_organization_role =
	                                         to == GRANT_TO_ORGANIZATION_ROLE ||
	                                         row->weakest != ORG_ROLE_GUEST,
	                                 .organization_role = (enum org_role)row->weakest,
	                                 .has_project_role = to == GRANT_TO_PROJECT_ROLE,
	                                 .has_team = to == GRANT_TO_TEAM,
	                                 .has_member = to == GRANT_TO_MEMBER};

	if (!grant.has_organization_role)
		grant.organization_role = ORG_ROLE_UNKNOWN;
	if (grant.has_team)
		grant.team = row->id;
	if (grant.has_member)
		grant.member = row->id;
	if (grant.has_project_role) {
		key_of_project_role(state, row->role, role_key);
		grant.project_role = row_key_text(role_key);
	}
	return grant;
}

/* What @grant names is there: the rest of it has been checked, or is in the log. */
struct row_grant row_of_grant(const struct tenant_state *state,
                              const struct permission_grant *grant)
{
	struct row_project_role role;
	struct row_grant row;

	memset(&row, 0, sizeof(row));
	row.permission = (uint8_t)grant->permission;
	row.to = (uint8_t)grant->to;
	row.weakest =
	        (uint8_t)(grant->has_organization_role ? grant->organization_role : ORG_ROLE_GUEST);
	if (grant->has_project_role && read_project_role(state, grant->project_role, &role))
		row.role = role.ordinal;
	if (grant->has_team)
		row.id = grant->team;
	if (grant->has_member)
		row.id = grant->member;
	return row;
}

struct permission_grant_array grants_for_event(struct judge *judge, const struct row_grant *rows,
                                               uint32_t n)
{
	struct permission_grant_array grants = {NULL, 0};
	struct permission_grant *items = n ? emit_room(judge, n * sizeof(*items)) : NULL;
	struct row_key key;

	if (!items)
		return grants;
	for (uint32_t i = 0; i < n; i++) {
		items[i] = grant_of_row(judge->state, &rows[i], &key);
		if (items[i].has_project_role)
			items[i].project_role = emit_copy(judge, items[i].project_role);
	}
	return (struct permission_grant_array){items, n};
}

/* Which of the optional fields go with each kind of holder. */
static bool fits(const struct permission_grant *grant)
{
	bool is_relation = grant->to == GRANT_TO_REPORTER || grant->to == GRANT_TO_ASSIGNEE ||
	                   grant->to == GRANT_TO_LEAD;

	return grant->has_project_role == (grant->to == GRANT_TO_PROJECT_ROLE) &&
	       grant->has_team == (grant->to == GRANT_TO_TEAM) &&
	       grant->has_member == (grant->to == GRANT_TO_MEMBER) &&
	       (grant->has_organization_role == (grant->to == GRANT_TO_ORGANIZATION_ROLE) ||
	        is_relation);
}

static bool check_grantee(struct judge *judge, const struct permission_grant *grant,
                          const char *pointer)
{
	struct row_project_role role;
	struct row_team team;
	char room[UUID_TEXT];

	if (grant->has_project_role)
		return find_project_role(judge, grant->project_role, pointer, &role);
	if (grant->has_member)
		return check_member(judge, &grant->member, pointer);
	if (!grant->has_team)
		return true;
	struct row_key key = row_key_team(&grant->team);
	if (judge->state->get(judge->state, &key, &team))
		return true;
	return REFUSE(judge, REJECT_NO_SUCH_TEAM, pointer, SLICE("there is no team "),
	              uuid_slice(&grant->team, room));
}

static bool check_grant(struct judge *judge, const struct permission_grant *grant,
                        const char *pointer)
{
	struct slice to = slice_str(grant_to_symbol(grant->to));
	struct slice permission = slice_str(permission_symbol(grant->permission));
	bool of_issue = grant->to == GRANT_TO_REPORTER || grant->to == GRANT_TO_ASSIGNEE;

	if (!fits(grant))
		return REFUSE(judge, REJECT_BAD_GRANT, pointer, SLICE("a grant to "), to,
		              SLICE(" names what that needs and nothing else"));
	if (of_issue && grant->permission == PERMISSION_BROWSE_PROJECT)
		return REFUSE(
		        judge, REJECT_BAD_GRANT, pointer,
		        SLICE("who sees a project sees all of it: browse_project is not for "), to);
	if (of_issue && !permission_is_of_issue(grant->permission))
		return REFUSE(judge, REJECT_BAD_GRANT, pointer, permission,
		              SLICE(" is not about an issue, so that there is no "), to);
	return check_grantee(judge, grant, pointer);
}

/* "/grants/12" */
bool check_grants(struct judge *judge, struct permission_grant_array grants, const char *array)
{
	for (uint32_t i = 0; i < grants.n; i++) {
		char pointer[32] = "", room[TEXT_NUMBER_MAX];
		text_add(pointer, sizeof(pointer), slice_str(array));
		text_add(pointer, sizeof(pointer), SLICE("/"));
		text_add(pointer, sizeof(pointer), text_number(i, room));
		if (!check_grant(judge, &grants.items[i], pointer))
			return false;
	}
	return true;
}

bool check_grants_room(struct judge *judge, uint32_t n, const char *pointer)
{
	char room[TEXT_NUMBER_MAX];

	if (n <= SCHEME_GRANTS_MAX)
		return true;
	return REFUSE(judge, REJECT_TOO_MANY, pointer, SLICE("a scheme has at most "),
	              text_number(SCHEME_GRANTS_MAX, room), SLICE(" grants"));
}

void emit_grants(struct judge *judge, struct slice scheme, const struct row_grant *added,
                 uint32_t added_n, const struct row_grant *removed, uint32_t removed_n)
{
	if (!added_n && !removed_n)
		return;
	struct permission_grant_array more = grants_for_event(judge, added, added_n);
	struct permission_grant_array less = grants_for_event(judge, removed, removed_n);
	emit_organization(judge, EVENT_PERMISSION_GRANTS_CHANGED)->permission_grants_changed =
	        (struct permission_grants_changed){scheme, more, less};
}

uint32_t move_grants(struct judge *judge, const struct row_project_role *from,
                     const struct row_project_role *to)
{
	struct row_key key = row_key_first(ROW_PERMISSION_SCHEME);
	struct row_permission_scheme row;
	uint32_t schemes = 0;

	while (next_permission_scheme(judge->state, &key, &row)) {
		uint32_t added_n = 0, removed_n = 0;
		struct row_grant added[SCHEME_GRANTS_MAX], removed[SCHEME_GRANTS_MAX];
		for (uint32_t i = 0; i < row.grants_n; i++) {
			struct row_grant grant = row.grants[i];
			if (grant.to != GRANT_TO_PROJECT_ROLE || grant.role != from->ordinal)
				continue;
			removed[removed_n++] = grant;
			grant.role = to ? to->ordinal : 0;
			if (to && !has_grant(row.grants, row.grants_n, &grant))
				added[added_n++] = grant;
		}
		schemes += removed_n > 0;
		if (to)
			emit_grants(judge, emit_copy(judge, row_key_text(&key)), added, added_n,
			            removed, removed_n);
	}
	return schemes;
}

void leave_grants(struct judge *judge, const struct uuid *actor)
{
	struct row_key key = row_key_first(ROW_PERMISSION_SCHEME);
	struct row_permission_scheme row;

	while (judge->organization.permission_schemes &&
	       next_permission_scheme(judge->state, &key, &row)) {
		struct row_grant removed[SCHEME_GRANTS_MAX];
		uint32_t n = 0;
		for (uint32_t i = 0; i < row.grants_n; i++)
			if (uuid_equal(&row.grants[i].id, actor))
				removed[n++] = row.grants[i];
		if (n)
			emit_grants(judge, emit_copy(judge, row_key_text(&key)), NULL, 0, removed,
			            n);
	}
}

void leave_permissions(struct judge *judge, const struct uuid *actor)
{
	leave_project_roles(judge, actor);
	leave_grants(judge, actor);
}
