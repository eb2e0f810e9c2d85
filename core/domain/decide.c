/* The order of the checks is part of the contract: who asks (404, 403), then what is asked for,
 * then the version, then the rules of the aggregate. A stranger never learns that a tenant exists.
 */
#include "core/domain/decide.h"

#include "core/domain/api_key.h"
#include "core/domain/judge.h"

static bool is_person(enum actor_kind kind)
{
	return kind == ACTOR_KIND_MEMBER || kind == ACTOR_KIND_IMPORTER;
}

static bool is_automation(enum actor_kind kind)
{
	return kind == ACTOR_KIND_RULE || kind == ACTOR_KIND_SYSTEM;
}

struct actor request_actor(const struct request *request)
{
	struct actor actor = request->actor;

	if (actor.kind == ACTOR_KIND_MEMBER && (request->has_occurred_at || actor.has_on_behalf_of))
		actor.kind = ACTOR_KIND_IMPORTER;
	return actor;
}

/* A rule in the name of a member may what the member may, with the API key that they had come with:
 * what they cannot do themselves, nothing does for them. */
static bool check_person_of_rule(struct judge *judge)
{
	const struct actor *actor = &judge->request->actor;
	struct row_member member;
	struct row_api_key row;
	struct uuid key;

	if (!check_member(judge, &actor->on_behalf_of, "") ||
	    !read_member(judge->state, &actor->on_behalf_of, &member))
		return false;
	judge->role = member.role;
	if (!actor->has_credential_id || !uuid_parse(actor->credential_id, &key))
		return true;
	struct row_key at = row_key_api_key(&key);
	if (judge->state->get(judge->state, &at, &row))
		judge->role = api_key_role(row.scope, member.role);
	return true;
}

static bool check_actor(struct judge *judge)
{
	const struct actor *actor = &judge->request->actor;
	struct row_member member;

	judge->automation = is_automation(actor->kind);
	judge->processor = judge->automation && !actor->has_on_behalf_of;
	if (judge->automation)
		return judge->processor || check_person_of_rule(judge);
	if (!is_person(actor->kind) || !read_member(judge->state, &actor->id, &member) ||
	    member.status != MEMBER_ACTIVE)
		return REFUSE(judge, REJECT_NOT_A_MEMBER, "", SLICE(""));
	judge->role = member.role;
	if (!judge->request->has_api_key)
		return true;
	if (judge->request->scope == API_KEY_SCOPE_READ)
		return REFUSE(judge, REJECT_KEY_SCOPE, "", SLICE("the API key may only read"));
	judge->role = api_key_role(judge->request->scope, member.role);
	return true;
}

/* Permissions in a project are asked for when the project is known. */
static bool check_role(struct judge *judge, enum command_type type)
{
	const struct command_permission *asked = &command_permissions[type];
	struct row_member member;

	if (judge->processor || asked->asks == ASKS_PERMISSION || asked->asks == ASKS_OWNERSHIP ||
	    role_reaches(judge->role, asked->weakest))
		return true;
	if (read_member(judge->state, &judge->request->actor.id, &member) &&
	    role_reaches(member.role, asked->weakest))
		return REFUSE(judge, REJECT_KEY_SCOPE, "", slice_str(command_type_name(type)),
		              SLICE(" needs an API key of the scope admin"));
	return REFUSE(judge, REJECT_FORBIDDEN, "", slice_str(command_type_name(type)),
	              SLICE(" is not for the role "), slice_str(org_role_symbol(judge->role)));
}

static bool check_import(struct judge *judge)
{
	const struct request *request = judge->request;
	bool imports = request_actor(request).kind == ACTOR_KIND_IMPORTER;

	if (imports && !role_reaches(judge->role, ORG_ROLE_ADMIN))
		return REFUSE(judge, REJECT_NOT_AN_IMPORTER, "", SLICE("the role is "),
		              slice_str(org_role_symbol(judge->role)));
	if (request->has_occurred_at && request->occurred_at_ms > request->now_ms)
		return REFUSE(judge, REJECT_OCCURRED_AT_DECREASES, "",
		              SLICE("occurred_at is in the future"));
	if (request->actor.has_on_behalf_of &&
	    !check_member(judge, &request->actor.on_behalf_of, ""))
		return false;
	judge->person =
	        request->actor.has_on_behalf_of ? request->actor.on_behalf_of : request->actor.id;
	return true;
}

static bool check_tenant(struct judge *judge)
{
	if (read_organization(judge->state, &judge->organization))
		return true;
	return REFUSE(judge, REJECT_NO_SUCH_TENANT, "", SLICE("there is no organization "),
	              judge->request->tenant);
}

static bool check_common(struct judge *judge, enum command_type type)
{
	/* There is nobody to be a member yet: it looks after itself. */
	if (type == COMMAND_CREATE_ORGANIZATION)
		return true;
	if (command_permissions[type].asks == ASKS_INSTALLATION && judge->request->installation)
		return check_tenant(judge);
	return check_tenant(judge) && check_actor(judge) && check_role(judge, type) &&
	       check_import(judge);
}

static void dispatch(struct judge *judge, const struct command *command)
{
	switch (command->type) {
#define DISPATCH(NAME, name, text)                                                                 \
	case COMMAND_##NAME:                                                                       \
		decide_##name(judge, &command->name);                                              \
		break;
		COMMAND_TABLE(DISPATCH)
#undef DISPATCH
	}
}

void decide(const struct tenant_state *state, const struct request *request,
            const struct command *command, struct decision *decision)
{
	struct judge judge;

	assert(decision->arena && command->type < COMMAND_TYPES);
	memset(&judge, 0, sizeof(judge));
	judge.state = state;
	judge.request = request;
	judge.type = command->type;
	judge.decision = decision;
	decision->reject = REJECT_NONE;
	decision->detail[0] = decision->pointer[0] = '\0';
	decision->faults = NULL;
	decision->faults_n = 0;
	decision->version = 0;
	decision->events_n = 0;
	decision->first = decision->last = NULL;
	memset(&decision->created, 0, sizeof(decision->created));
	if (check_common(&judge, command->type))
		dispatch(&judge, command);
	if (decision->reject == REJECT_NONE) {
		assert(judge.has_asked ||
		       command_permissions[command->type].asks < ASKS_PERMISSION);
		return;
	}
	decision->first = decision->last = NULL;
	decision->events_n = 0;
	memset(&decision->created, 0, sizeof(decision->created));
}

bool evolve_follows(const struct tenant_state *state, const struct event_meta *meta)
{
	int64_t version = meta->aggregate.version - 1;
	struct row_organization organization;
	struct row_project project;
	struct row_issue issue;
	struct row_board board;
	struct row_bulk bulk;
	struct row_key key;

	switch (meta->aggregate.kind) {
	case AGGREGATE_KIND_COMMAND:
		return true;
	case AGGREGATE_KIND_ORGANIZATION:
		return read_organization(state, &organization)
		               ? uuid_equal(&organization.id, &meta->aggregate.id) &&
		                         organization.version == version
		               : version == 0;
	case AGGREGATE_KIND_PROJECT:
		return read_project(state, &meta->aggregate.id, &project)
		               ? project.version == version
		               : version == 0;
	case AGGREGATE_KIND_ISSUE:
		return read_issue(state, &meta->aggregate.id, &issue) ? issue.version == version
		                                                      : version == 0;
	case AGGREGATE_KIND_BULK:
		key = row_key_bulk(&meta->aggregate.id);
		return state->get(state, &key, &bulk) ? bulk.version == version : version == 0;
	case AGGREGATE_KIND_BOARD:
		key = row_key_board(&meta->aggregate.id);
		return state->get(state, &key, &board) ? board.version == version : version == 0;
	case AGGREGATE_KIND_UNKNOWN:
		break;
	}
	return false;
}

/* A bulk is nothing that its command answers with, but has an id like everything else. */
static void use_id(struct tenant_state *state, const struct event *event)
{
	const struct aggregate_ref *aggregate = &event->meta.aggregate;
	struct row_used_id row = {0};
	struct uuid id =
	        aggregate->kind == AGGREGATE_KIND_BULK ? aggregate->id : event_created(event);
	struct row_key key = row_key_used_id(&id);

	if (!uuid_is_nil(&id))
		state->put(state, &key, &row);
}

void evolve(struct tenant_state *state, const struct event *event)
{
	use_id(state, event);
	switch (event->type) {
#define DISPATCH(NAME, name, text)                                                                 \
	case EVENT_##NAME:                                                                         \
		evolve_##name(state, &event->meta, &event->name);                                  \
		break;
		EVENT_TABLE(DISPATCH)
#undef DISPATCH
	}
}
