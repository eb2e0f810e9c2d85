/* Members: who they are is told by sealed profiles; here they are ids with a role. */
#include "core/domain/member_use.h"
#include "core/domain/permission_scheme.h"
#include "core/domain/project.h"

static void emit_profile(struct judge *judge, const struct uuid *id)
{
	emit_organization(judge, EVENT_MEMBER_PROFILE_SET)->member_profile_set =
	        (struct member_profile_set){.member_id = *id,
	                                    .sealed = judge->request->sealed_profile};
}

void emit_member(struct judge *judge, const struct uuid *id, enum org_role role)
{
	emit_organization(judge, EVENT_MEMBER_ADDED)->member_added =
	        (struct member_added){.member_id = *id, .role = role};
	emit_profile(judge, id);
}

bool check_person(struct judge *judge, const struct person *person, const char *name_at,
                  const char *issuer_at, const char *subject_at, const char *email_at)
{
	return check_line(judge, person->issuer, issuer_at) &&
	       check_line(judge, person->subject, subject_at) &&
	       check_line(judge, person->name, name_at) &&
	       (!person->has_email || check_line(judge, person->email, email_at));
}

static bool check_role(struct judge *judge, enum org_role role)
{
	if (role == ORG_ROLE_UNKNOWN || (unsigned)role >= ORG_ROLES)
		return REFUSE(judge, REJECT_BAD_ROLE, "/role",
		              SLICE("owner, admin, member or guest"));
	return true;
}

static bool check_reach(struct judge *judge, enum org_role role, const char *pointer)
{
	if (judge->processor || role_reaches(judge->role, role))
		return true;
	return REFUSE(judge, REJECT_FORBIDDEN, pointer, slice_str(org_role_symbol(judge->role)),
	              SLICE(" is below "), slice_str(org_role_symbol(role)));
}

/* Which member the person of AddMember is, or becomes. */
static bool find_person(struct judge *judge, const struct add_member *command, struct uuid *id)
{
	const struct request *request = judge->request;
	struct row_member row;
	char room[UUID_TEXT];

	if (!request->has_identity_member) {
		*id = command->has_member_id ? command->member_id : request->fresh[FRESH_ID];
		return check_new_id(judge, id, "/member_id");
	}
	*id = request->identity_member;
	if (read_member(judge->state, id, &row) && row.status != MEMBER_REMOVED)
		return REFUSE(judge, REJECT_MEMBER_EXISTS, "/person",
		              row.status == MEMBER_ACTIVE ? SLICE("as ")
		                                          : SLICE("deactivated, as "),
		              uuid_slice(id, room));
	if (command->has_member_id && !uuid_equal(&command->member_id, id))
		return REFUSE(judge, REJECT_ID_TAKEN, "/member_id",
		              SLICE("the person was a member before, as "), uuid_slice(id, room));
	return true;
}

void decide_add_member(struct judge *judge, const struct add_member *command)
{
	struct uuid id;

	judge->decision->version = judge->organization.version;
	if (!check_role(judge, command->role) || !check_reach(judge, command->role, "/role") ||
	    !check_person(judge, &command->person, "/person/name", "/person/issuer",
	                  "/person/subject", "/person/email") ||
	    !find_person(judge, command, &id))
		return;
	emit_member(judge, &id, command->role);
	judge->decision->created = id;
}

/* The member that a command is about, not removed and within the actor's reach. */
static bool find_member(struct judge *judge, const struct uuid *id, bool has_expected,
                        int64_t expected, struct row_member *row)
{
	char room[UUID_TEXT];

	if (!check_organization_version(judge, has_expected, expected))
		return false;
	if (!read_member(judge->state, id, row) || row->status == MEMBER_REMOVED)
		return REFUSE(judge, REJECT_NO_SUCH_MEMBER, "/member", SLICE("there is no member "),
		              uuid_slice(id, room));
	return check_reach(judge, row->role, "/member");
}

/* Whether the organization keeps an owner who can act when @row is one no more. */
static bool check_owner_stays(struct judge *judge, const struct row_member *row,
                              const char *pointer)
{
	if (row->role != ORG_ROLE_OWNER || row->status != MEMBER_ACTIVE ||
	    judge->organization.owners > 1)
		return true;
	return REFUSE(judge, REJECT_LAST_OWNER, pointer,
	              SLICE("make another active member an owner first"));
}

void decide_change_member_role(struct judge *judge, const struct change_member_role *command)
{
	struct row_member row;

	if (!find_member(judge, &command->member, command->has_expected_version,
	                 command->expected_version, &row) ||
	    !check_role(judge, command->role) || !check_reach(judge, command->role, "/role"))
		return;
	if (row.role == command->role || !check_owner_stays(judge, &row, "/role"))
		return;
	emit_organization(judge, EVENT_MEMBER_ROLE_CHANGED)->member_role_changed =
	        (struct member_role_changed){command->member, row.role, command->role};
}

void decide_deactivate_member(struct judge *judge, const struct deactivate_member *command)
{
	struct row_member row;

	if (!find_member(judge, &command->member, command->has_expected_version,
	                 command->expected_version, &row) ||
	    row.status == MEMBER_DEACTIVATED || !check_owner_stays(judge, &row, "/member"))
		return;
	emit_organization(judge, EVENT_MEMBER_DEACTIVATED)->member_deactivated =
	        (struct member_deactivated){command->member, row.role};
}

void decide_reactivate_member(struct judge *judge, const struct reactivate_member *command)
{
	struct row_member row;

	if (!find_member(judge, &command->member, command->has_expected_version,
	                 command->expected_version, &row) ||
	    row.status == MEMBER_ACTIVE)
		return;
	emit_organization(judge, EVENT_MEMBER_REACTIVATED)->member_reactivated =
	        (struct member_reactivated){command->member, row.role};
}

/* What is theirs to do or to decide passes on, or there is nothing. */
static bool hand_over(struct judge *judge, const struct remove_member *command)
{
	const struct removal removal = {
	        .has_replacement = command->has_replace_with,
	        .is_itself = uuid_equal(&command->member, &command->replace_with),
	        .detach = command->detach};

	if (!check_removal(judge, &removal) ||
	    (command->has_replace_with &&
	     !check_member(judge, &command->replace_with, "/replace_with")))
		return false;
	if (command->has_replace_with || command->detach)
		return replace_member(judge, &command->member,
		                      command->has_replace_with ? &command->replace_with : NULL);
	if (!check_member_unused(judge, &command->member))
		return false;
	leave_project_roles(judge, &command->member);
	return true;
}

static void remove_member(struct judge *judge, const struct remove_member *command)
{
	struct row_member row;

	if (!find_member(judge, &command->member, command->has_expected_version,
	                 command->expected_version, &row) ||
	    !check_owner_stays(judge, &row, "/member") || !hand_over(judge, command))
		return;
	leave_grants(judge, &command->member);
	leave_teams(judge, &command->member);
	revoke_keys(judge, &command->member);
	emit_organization(judge, EVENT_MEMBER_REMOVED)->member_removed =
	        (struct member_removed){.member_id = command->member,
	                                .role = row.role,
	                                .has_replaced_by = command->has_replace_with,
	                                .replaced_by = command->replace_with};
}

void decide_remove_member(struct judge *judge, const struct remove_member *command)
{
	remove_member(judge, command);
	if (judge->decision->reject == REJECT_TOO_LARGE)
		REFUSE(judge, REJECT_TOO_LARGE, "/member",
		       SLICE("more places than one command can change: give some of the issues to "
		             "somebody else with BulkEditIssues first"));
}

static struct row_member load_member(const struct tenant_state *state, const struct uuid *id)
{
	struct row_member row;
	bool found = read_member(state, id, &row);

	assert(found && row.status != MEMBER_REMOVED);
	(void)found;
	return row;
}

static void save_member(struct tenant_state *state, const struct uuid *id,
                        const struct row_member *row)
{
	struct row_key key = row_key_member(id);

	state->put(state, &key, row);
}

void decide_set_member_profile(struct judge *judge, const struct set_member_profile *command)
{
	const struct request *request = judge->request;
	const bool own = request->has_identity_member &&
	                 uuid_equal(&request->identity_member, &request->actor.id);
	struct row_member row;

	if (!check_organization_version(judge, command->has_expected_version,
	                                command->expected_version) ||
	    !check_person(judge, &command->person, "/person/name", "/person/issuer",
	                  "/person/subject", "/person/email") ||
	    (!own && !check_reach(judge, ORG_ROLE_ADMIN, "/person")))
		return;
	if (!request->has_identity_member ||
	    !read_member(judge->state, &request->identity_member, &row) ||
	    row.status == MEMBER_REMOVED) {
		REFUSE(judge, REJECT_NO_SUCH_MEMBER, "/person", SLICE("no member is "),
		       command->person.subject, SLICE(" of "), command->person.issuer);
		return;
	}
	if ((own || check_reach(judge, row.role, "/person")) && !request->has_this_profile)
		emit_profile(judge, &request->identity_member);
}

void evolve_member_added(struct tenant_state *state, const struct event_meta *meta,
                         const struct member_added *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_member row;

	assert(!read_member(state, &event->member_id, &row) || row.status == MEMBER_REMOVED);
	memset(&row, 0, sizeof(row));
	row.role = event->role;
	organization.members++;
	organization.owners += event->role == ORG_ROLE_OWNER;
	save_organization(state, &organization);
	save_member(state, &event->member_id, &row);
}

void evolve_member_profile_set(struct tenant_state *state, const struct event_meta *meta,
                               const struct member_profile_set *event)
{
	struct row_organization organization = load_organization(state, meta);

	/* Who members are is not known here. */
	(void)event;
	save_organization(state, &organization);
}

void evolve_member_role_changed(struct tenant_state *state, const struct event_meta *meta,
                                const struct member_role_changed *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_member row = load_member(state, &event->member_id);

	if (row.status == MEMBER_ACTIVE) {
		organization.owners += event->to == ORG_ROLE_OWNER;
		organization.owners -= event->from == ORG_ROLE_OWNER;
	}
	assert(organization.owners > 0);
	save_organization(state, &organization);
	row.role = event->to;
	save_member(state, &event->member_id, &row);
}

void evolve_member_deactivated(struct tenant_state *state, const struct event_meta *meta,
                               const struct member_deactivated *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_member row = load_member(state, &event->member_id);

	assert(row.status == MEMBER_ACTIVE);
	organization.owners -= row.role == ORG_ROLE_OWNER;
	assert(organization.owners > 0);
	save_organization(state, &organization);
	row.status = MEMBER_DEACTIVATED;
	save_member(state, &event->member_id, &row);
}

void evolve_member_reactivated(struct tenant_state *state, const struct event_meta *meta,
                               const struct member_reactivated *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_member row = load_member(state, &event->member_id);

	assert(row.status == MEMBER_DEACTIVATED);
	organization.owners += row.role == ORG_ROLE_OWNER;
	save_organization(state, &organization);
	row.status = MEMBER_ACTIVE;
	save_member(state, &event->member_id, &row);
}

void evolve_member_removed(struct tenant_state *state, const struct event_meta *meta,
                           const struct member_removed *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_member row = load_member(state, &event->member_id);

	organization.members--;
	organization.owners -= row.status == MEMBER_ACTIVE && event->role == ORG_ROLE_OWNER;
	assert(organization.owners > 0 && organization.members > 0 && row.api_keys == 0);
	save_organization(state, &organization);
	row.status = MEMBER_REMOVED;
	save_member(state, &event->member_id, &row);
}
