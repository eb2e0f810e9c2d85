#include "core/domain/api_key.h"

#include "core/domain/organization.h"

#define DAY_MS INT64_C(86400000)

static bool read_key(const struct tenant_state *state, const struct uuid *id,
                     struct row_api_key *row)
{
	struct row_key key = row_key_api_key(id);

	return state->get(state, &key, row);
}

bool api_key_find(const struct tenant_state *state, const struct uuid *id, int64_t now_ms,
                  struct row_api_key *row)
{
	struct row_member member;

	return read_key(state, id, row) && !row->revoked && now_ms < row->expires_at &&
	       read_member(state, &row->member, &member) && member.status == MEMBER_ACTIVE;
}

enum org_role api_key_role(enum api_key_scope scope, enum org_role role)
{
	return scope == API_KEY_SCOPE_ADMIN || role > ORG_ROLE_MEMBER ? role : ORG_ROLE_MEMBER;
}

static int64_t days_max(const struct judge *judge)
{
	return judge->organization.api_key_days ? judge->organization.api_key_days
	                                        : API_KEY_DAYS_MAX;
}

static bool check_maker(struct judge *judge)
{
	const struct actor *actor = &judge->request->actor;

	if (judge->request->has_api_key)
		return REFUSE(judge, REJECT_KEY_SCOPE, "",
		              SLICE("an API key cannot make API keys"));
	if (judge->processor || actor->has_on_behalf_of)
		return REFUSE(judge, REJECT_FORBIDDEN, "",
		              SLICE("members make API keys of their own only"));
	return true;
}

static bool check_name(struct judge *judge, struct slice name)
{
	if (!check_line(judge, name, "/name"))
		return false;
	if (text_characters(name) <= API_KEY_NAME_CHARACTERS_MAX)
		return true;
	return REFUSE(judge, REJECT_BAD_TEXT, "/name", SLICE("at most 64 characters"));
}

static bool check_scope(struct judge *judge, enum api_key_scope scope)
{
	if (scope != API_KEY_SCOPE_UNKNOWN && (unsigned)scope < API_KEY_SCOPES)
		return true;
	return REFUSE(judge, REJECT_BAD_SCOPE, "/scope", SLICE("read, write or admin"));
}

static bool check_expiry(struct judge *judge, int64_t expires_at)
{
	int64_t now = judge->request->now_ms;
	char room[TEXT_NUMBER_MAX];

	if (expires_at > now && expires_at - now <= days_max(judge) * DAY_MS)
		return true;
	return REFUSE(judge, REJECT_BAD_EXPIRY, "/expires_at",
	              SLICE("in the future, and at most so many days ahead: "),
	              text_number((uint64_t)days_max(judge), room));
}

static bool check_count(struct judge *judge)
{
	struct row_member member;

	if (read_member(judge->state, &judge->request->actor.id, &member) &&
	    member.api_keys < API_KEYS_MAX)
		return true;
	return REFUSE(judge, REJECT_TOO_MANY_API_KEYS, "", SLICE("revoke one first"));
}

void decide_create_api_key(struct judge *judge, const struct create_api_key *command)
{
	const struct request *request = judge->request;
	struct uuid id = command->has_key_id ? command->key_id : request->fresh[FRESH_ID];
	int64_t days =
	        days_max(judge) < API_KEY_DAYS_STANDARD ? days_max(judge) : API_KEY_DAYS_STANDARD;
	int64_t expires_at =
	        command->has_expires_at ? command->expires_at : request->now_ms + days * DAY_MS;

	judge->decision->version = judge->organization.version;
	if (!check_maker(judge) || !check_new_id(judge, &id, "/key_id") ||
	    !check_name(judge, command->name) || !check_scope(judge, command->scope) ||
	    !check_expiry(judge, expires_at) || !check_count(judge))
		return;
	struct api_key_created *event =
	        &emit_organization(judge, EVENT_API_KEY_CREATED)->api_key_created;
	*event = (struct api_key_created){.key_id = id,
	                                  .member_id = request->actor.id,
	                                  .name = command->name,
	                                  .scope = command->scope,
	                                  .expires_at = expires_at};
	memcpy(event->hash, request->api_key_hash, sizeof(event->hash));
	judge->decision->created = id;
}

/* Who may neither see nor touch the key is told that there is none. Whoever acts on behalf of its
 * member is not its member. */
static bool find_key(struct judge *judge, const struct uuid *id, struct row_api_key *row)
{
	struct row_member member;
	char room[UUID_TEXT];
	bool found =
	        read_key(judge->state, id, row) && read_member(judge->state, &row->member, &member);
	bool own = found && uuid_equal(&row->member, &judge->request->actor.id);

	if (found &&
	    (own || judge->processor ||
	     (role_reaches(judge->role, ORG_ROLE_ADMIN) && role_reaches(judge->role, member.role))))
		return true;
	return REFUSE(judge, REJECT_NO_SUCH_API_KEY, "/key", SLICE("you have no API key "),
	              uuid_slice(id, room));
}

static void emit_revoked(struct judge *judge, const struct uuid *key, const struct uuid *member)
{
	emit_organization(judge, EVENT_API_KEY_REVOKED)->api_key_revoked =
	        (struct api_key_revoked){*key, *member};
}

void decide_revoke_api_key(struct judge *judge, const struct revoke_api_key *command)
{
	struct row_api_key row;

	if (!check_organization_version(judge, command->has_expected_version,
	                                command->expected_version) ||
	    !find_key(judge, &command->key, &row) || row.revoked)
		return;
	emit_revoked(judge, &command->key, &row.member);
}

void decide_limit_api_keys(struct judge *judge, const struct limit_api_keys *command)
{
	if (!check_organization_version(judge, command->has_expected_version,
	                                command->expected_version))
		return;
	if (command->days < 1 || command->days > API_KEY_DAYS_MAX) {
		REFUSE(judge, REJECT_BAD_EXPIRY, "/days", SLICE("1 to 366 days"));
		return;
	}
	if (command->days == days_max(judge))
		return;
	emit_organization(judge, EVENT_API_KEYS_LIMITED)->api_keys_limited =
	        (struct api_keys_limited){(int32_t)days_max(judge), command->days};
}

void revoke_keys(struct judge *judge, const struct uuid *member)
{
	const struct uuid *after = NULL;
	struct uuid key;

	while (next_pair(judge->state, ROW_MEMBER_API_KEY, member, after, &key)) {
		emit_revoked(judge, &key, member);
		after = &key;
	}
}

static void count_key(struct tenant_state *state, const struct uuid *id, bool added)
{
	struct row_key key = row_key_member(id);
	struct row_member member;
	bool found = read_member(state, id, &member);

	assert(found && (added || member.api_keys > 0));
	(void)found;
	member.api_keys += added;
	member.api_keys -= !added;
	state->put(state, &key, &member);
}

void evolve_api_key_created(struct tenant_state *state, const struct event_meta *meta,
                            const struct api_key_created *event)
{
	struct row_organization organization = load_organization_beside(state, meta);
	struct row_key key = row_key_api_key(&event->key_id);
	struct row_api_key row;
	struct row_member_api_key pair = {0};

	assert(!read_key(state, &event->key_id, &row));
	save_organization(state, &organization);
	memset(&row, 0, sizeof(row));
	row.member = event->member_id;
	row.expires_at = event->expires_at;
	row.scope = event->scope;
	memcpy(row.hash, event->hash, sizeof(row.hash));
	state->put(state, &key, &row);
	key = row_key_member_api_key(&event->member_id, &event->key_id);
	state->put(state, &key, &pair);
	count_key(state, &event->member_id, true);
}

/* The row stays, so that nothing else ever has the id. */
void evolve_api_key_revoked(struct tenant_state *state, const struct event_meta *meta,
                            const struct api_key_revoked *event)
{
	struct row_organization organization = load_organization_beside(state, meta);
	struct row_key key = row_key_api_key(&event->key_id);
	struct row_api_key row;
	bool found = read_key(state, &event->key_id, &row);

	assert(found && !row.revoked && uuid_equal(&row.member, &event->member_id));
	(void)found;
	save_organization(state, &organization);
	row.revoked = true;
	memset(row.hash, 0, sizeof(row.hash));
	state->put(state, &key, &row);
	key = row_key_member_api_key(&event->member_id, &event->key_id);
	state->del(state, &key);
	count_key(state, &event->member_id, false);
}

void evolve_api_keys_limited(struct tenant_state *state, const struct event_meta *meta,
                             const struct api_keys_limited *event)
{
	struct row_organization organization = load_organization(state, meta);

	organization.api_key_days = (uint32_t)event->to;
	save_organization(state, &organization);
}
