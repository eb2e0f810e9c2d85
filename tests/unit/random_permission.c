#include "tests/unit/random_inside.h"

#define SOME_ROLE   PICK("devs", "devs", "crew", "ops", "Bad")
#define SOME_SCHEME PICK("private", "private", "open", "other", "classic", "Bad")
#define SOMEBODY    id_of(1 + seed_below(seed, 6))
#define SOME_CREW   id_of(4000 + seed_below(seed, 5))

static struct permission_grant some_grant(struct seed *seed)
{
	struct permission_grant grant = {
	        .permission = (enum permission)(1 + seed_below(seed, PERMISSIONS - 1)),
	        .to = (enum grant_to)(1 + seed_below(seed, GRANT_TOS - 1))};

	grant.has_organization_role = grant.to == GRANT_TO_ORGANIZATION_ROLE ||
	                              (grant.to >= GRANT_TO_REPORTER && maybe(seed, 4));
	grant.organization_role = (enum org_role)(1 + seed_below(seed, ORG_ROLES - 1));
	grant.has_project_role = grant.to == GRANT_TO_PROJECT_ROLE;
	grant.project_role = SOME_ROLE;
	grant.has_team = grant.to == GRANT_TO_TEAM;
	grant.team = SOME_CREW;
	grant.has_member = grant.to == GRANT_TO_MEMBER || maybe(seed, 50);
	grant.member = SOMEBODY;
	return grant;
}

static struct permission_grant_array some_grants(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 6);
	struct permission_grant *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = some_grant(seed);
	return (struct permission_grant_array){items, n};
}

static struct uuid_array some_ids(struct decider *decider, struct seed *seed, bool teams)
{
	uint32_t n = (uint32_t)seed_below(seed, 3);
	struct uuid *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = teams ? SOME_CREW : SOMEBODY;
	return (struct uuid_array){items, n};
}

void fill_permission(struct decider *decider, struct seed *seed, struct command *command)
{
	switch ((int)command->type) {
	case COMMAND_ADD_PROJECT_ROLE:
		command->add_project_role =
		        (struct add_project_role){.role = SOME_ROLE, .name = SOME_TEXT};
		break;
	case COMMAND_RENAME_PROJECT_ROLE:
		command->rename_project_role =
		        (struct rename_project_role){.role = SOME_ROLE, .name = SOME_TEXT};
		break;
	case COMMAND_REMOVE_PROJECT_ROLE:
		command->remove_project_role =
		        (struct remove_project_role){.role = SOME_ROLE,
		                                     .has_replace_with = maybe(seed, 2),
		                                     .replace_with = SOME_ROLE};
		break;
	case COMMAND_CHANGE_PROJECT_ROLE_MEMBERS:
		command->change_project_role_members = (struct change_project_role_members){
		        .project = PICK("TLS", "QUIC", "NONE"),
		        .role = SOME_ROLE,
		        .add_members = some_ids(decider, seed, false),
		        .add_teams = some_ids(decider, seed, true),
		        .remove_members = some_ids(decider, seed, false),
		        .remove_teams = some_ids(decider, seed, true)};
		break;
	case COMMAND_CREATE_PERMISSION_SCHEME:
		command->create_permission_scheme =
		        (struct create_permission_scheme){.scheme = SOME_SCHEME,
		                                          .name = SOME_TEXT,
		                                          .has_copy_of = maybe(seed, 2),
		                                          .copy_of = SOME_SCHEME,
		                                          .grants = some_grants(decider, seed)};
		break;
	case COMMAND_RENAME_PERMISSION_SCHEME:
		command->rename_permission_scheme =
		        (struct rename_permission_scheme){.scheme = SOME_SCHEME, .name = SOME_TEXT};
		break;
	case COMMAND_CHANGE_PERMISSION_GRANTS:
		command->change_permission_grants =
		        (struct change_permission_grants){.scheme = SOME_SCHEME,
		                                          .add = some_grants(decider, seed),
		                                          .remove = some_grants(decider, seed)};
		break;
	case COMMAND_REMOVE_PERMISSION_SCHEME:
		command->remove_permission_scheme =
		        (struct remove_permission_scheme){.scheme = SOME_SCHEME,
		                                          .has_replace_with = maybe(seed, 2),
		                                          .replace_with = SOME_SCHEME};
		break;
	case COMMAND_ASSIGN_PERMISSION_SCHEME:
		command->assign_permission_scheme = (struct assign_permission_scheme){
		        .project = PICK("TLS", "QUIC", "NONE"), .scheme = SOME_SCHEME};
		break;
	default:
		break;
	}
}
