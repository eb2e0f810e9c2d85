/* The organization and its members. Its version counts RanksRebalanced too (rank.h). */
#include "core/domain/judge.h"
#include "core/domain/permission.h"

static struct event *emit_organization(struct judge *judge, enum event_type type)
{
	judge->organization.version++;
	judge->decision->version = judge->organization.version;
	return emit(judge, type, AGGREGATE_KIND_ORGANIZATION, &judge->organization.id,
	            judge->organization.version);
}

static void emit_member(struct judge *judge, const struct uuid *id, enum org_role role)
{
	emit_organization(judge, EVENT_MEMBER_ADDED)->member_added =
	        (struct member_added){.member_id = *id, .role = role};
	emit_organization(judge, EVENT_MEMBER_PROFILE_SET)->member_profile_set =
	        (struct member_profile_set){.member_id = *id,
	                                    .sealed = judge->request->sealed_profile};
}

static bool check_person(struct judge *judge, const struct person *person, const char *name_at,
                         const char *issuer_at, const char *subject_at, const char *email_at)
{
	return check_line(judge, person->issuer, issuer_at) &&
	       check_line(judge, person->subject, subject_at) &&
	       check_line(judge, person->name, name_at) &&
	       (!person->has_email || check_line(judge, person->email, email_at));
}

void decide_create_organization(struct judge *judge, const struct create_organization *command)
{
	const struct request *request = judge->request;
	struct decision *decision = judge->decision;

	if (!request->installation) {
		REFUSE(judge, REJECT_FORBIDDEN, "", SLICE("needs an installation token"));
		return;
	}
	if (read_organization(judge->state, &judge->organization)) {
		decision->version = judge->organization.version;
		REFUSE(judge, REJECT_TENANT_EXISTS, "", request->tenant, SLICE(" exists"));
		return;
	}
	if (!text_is_slug(request->tenant)) {
		REFUSE(judge, REJECT_BAD_SLUG, "", SLICE("not a slug: "), request->tenant);
		return;
	}
	if (!check_line(judge, command->name, "/name") ||
	    !check_person(judge, &command->owner, "/owner/name", "/owner/issuer", "/owner/subject",
	                  "/owner/email"))
		return;
	judge->organization.id = request->fresh[FRESH_ID];
	struct uuid owner = command->has_owner_id ? command->owner_id : request->fresh[FRESH_OWNER];
	if (!check_new_id(judge, &owner, "/owner_id"))
		return;
	emit_organization(judge, EVENT_ORGANIZATION_CREATED)->organization_created.name =
	        command->name;
	emit_member(judge, &owner, ORG_ROLE_OWNER);
	decision->created = judge->organization.id;
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
	if (read_member(judge->state, id, &row) && !row.removed)
		return REFUSE(judge, REJECT_MEMBER_EXISTS, "/person", SLICE("as "),
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

/* The member that a command is about, active and within the actor's reach. */
static bool find_member(struct judge *judge, const struct uuid *id, bool has_expected,
                        int64_t expected, struct row_member *row)
{
	if (!check_version(judge, has_expected, expected, judge->organization.version) ||
	    !check_member(judge, id, "/member"))
		return false;
	read_member(judge->state, id, row);
	return check_reach(judge, row->role, "/member");
}

static bool check_owner_stays(struct judge *judge, enum org_role role, const char *pointer)
{
	if (role != ORG_ROLE_OWNER || judge->organization.owners > 1)
		return true;
	return REFUSE(judge, REJECT_LAST_OWNER, pointer,
	              SLICE("make somebody else an owner first"));
}

void decide_change_member_role(struct judge *judge, const struct change_member_role *command)
{
	struct row_member row;

	if (!find_member(judge, &command->member, command->has_expected_version,
	                 command->expected_version, &row) ||
	    !check_role(judge, command->role) || !check_reach(judge, command->role, "/role"))
		return;
	if (row.role == command->role || !check_owner_stays(judge, row.role, "/role"))
		return;
	emit_organization(judge, EVENT_MEMBER_ROLE_CHANGED)->member_role_changed =
	        (struct member_role_changed){command->member, row.role, command->role};
}

void decide_remove_member(struct judge *judge, const struct remove_member *command)
{
	struct row_member row;

	if (!find_member(judge, &command->member, command->has_expected_version,
	                 command->expected_version, &row) ||
	    !check_owner_stays(judge, row.role, "/member"))
		return;
	emit_organization(judge, EVENT_MEMBER_REMOVED)->member_removed =
	        (struct member_removed){command->member, row.role};
}

static void save_member(struct tenant_state *state, const struct uuid *id, enum org_role role,
                        bool removed)
{
	struct row_key key = row_key_member(id);
	struct row_member row;

	memset(&row, 0, sizeof(row));
	row.role = role;
	row.removed = removed;
	state->put(state, &key, &row);
}

void evolve_organization_created(struct tenant_state *state, const struct event_meta *meta,
                                 const struct organization_created *event)
{
	struct row_organization organization;

	(void)event;
	assert(!read_organization(state, &organization) && meta->aggregate.version == 1);
	memset(&organization, 0, sizeof(organization));
	organization.id = meta->aggregate.id;
	organization.version = 1;
	save_organization(state, &organization);
}

void evolve_member_added(struct tenant_state *state, const struct event_meta *meta,
                         const struct member_added *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_member row;

	assert(!read_member(state, &event->member_id, &row) || row.removed);
	(void)row;
	organization.members++;
	organization.owners += event->role == ORG_ROLE_OWNER;
	save_organization(state, &organization);
	save_member(state, &event->member_id, event->role, false);
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

	organization.owners += event->to == ORG_ROLE_OWNER;
	organization.owners -= event->from == ORG_ROLE_OWNER;
	assert(organization.owners > 0);
	save_organization(state, &organization);
	save_member(state, &event->member_id, event->to, false);
}

void evolve_member_removed(struct tenant_state *state, const struct event_meta *meta,
                           const struct member_removed *event)
{
	struct row_organization organization = load_organization(state, meta);

	organization.members--;
	organization.owners -= event->role == ORG_ROLE_OWNER;
	assert(organization.owners > 0 && organization.members > 0);
	save_organization(state, &organization);
	save_member(state, &event->member_id, event->role, true);
}

/* Its trace is for those who deduplicate commands; no aggregate changed. */
void evolve_command_concluded(struct tenant_state *state, const struct event_meta *meta,
                              const struct command_concluded *event)
{
	(void)state;
	(void)event;
	assert(meta->aggregate.kind == AGGREGATE_KIND_COMMAND);
	(void)meta;
}
