/* Teams: each membership is a row under the team and one under the member. */
#include "core/base/characters.h"
#include "core/domain/permission_scheme.h"
#include "core/domain/team.h"
#include "core/domain/workflow_replace.h"

static bool read_team(const struct tenant_state *state, const struct uuid *id, struct row_team *row)
{
	struct row_key key = row_key_team(id);

	return state->get(state, &key, row);
}

static struct slice name_of(const struct row_team *row)
{
	return slice_of(row->name, row->name_n);
}

static bool is_in_team(const struct tenant_state *state, const struct uuid *team,
                       const struct uuid *member)
{
	struct row_key key = row_key_team_member(team, member);
	struct row_team_member row;

	return state->get(state, &key, &row);
}

/* @team: the one that is to be called so, or a new one. */
static bool check_name(struct judge *judge, const struct uuid *team, struct slice name)
{
	struct row_key key = row_key_first(ROW_TEAM_NAME);
	struct row_team_name row;

	if (!check_line(judge, name, "/name"))
		return false;
	if (text_characters(name) > TEAM_NAME_CHARACTERS_MAX)
		return REFUSE(judge, REJECT_BAD_TEXT, "/name", SLICE("at most 64 characters"));
	while (judge->state->next(judge->state, &key, false, &row))
		if (!uuid_equal(&row.team_id, team) &&
		    same_but_case(name, slice_of((const char *)key.bytes, key.n)))
			return REFUSE(judge, REJECT_TEAM_NAME_TAKEN, "/name", SLICE("\""), name,
			              SLICE("\" is the name of another team"));
	return true;
}

/* The team that a command is about. */
static bool find_team(struct judge *judge, const struct uuid *id, bool has_expected,
                      int64_t expected, struct row_team *row)
{
	char room[UUID_TEXT];

	if (!check_organization_version(judge, has_expected, expected))
		return false;
	if (read_team(judge->state, id, row))
		return true;
	return REFUSE(judge, REJECT_NO_SUCH_TEAM, "/team", SLICE("there is no team "),
	              uuid_slice(id, room));
}

/* Those of @ids, each once, who are in the team (or not, unless @present) and not in @but. */
static struct uuid_array select_members(struct judge *judge, const struct uuid *team,
                                        struct uuid_array ids, bool present, struct uuid_array but)
{
	struct uuid_array selected = {NULL, 0};

	if (!ids.n)
		return selected;
	struct uuid *room = emit_room(judge, ids.n * sizeof(*room));
	if (!room)
		return selected;
	for (uint32_t i = 0; i < ids.n; i++)
		if (!uuid_is_among(&ids.items[i], ids.items, i) &&
		    !uuid_is_among(&ids.items[i], but.items, but.n) &&
		    is_in_team(judge->state, team, &ids.items[i]) == present)
			room[selected.n++] = ids.items[i];
	selected.items = room;
	return selected;
}

static bool check_members(struct judge *judge, struct uuid_array ids, const char *pointer)
{
	for (uint32_t i = 0; i < ids.n; i++)
		if (!check_member(judge, &ids.items[i], pointer))
			return false;
	return true;
}

/* One event with what of @add and @remove is a change, none if nothing is. */
static void change_members(struct judge *judge, const struct uuid *team, uint32_t members,
                           struct uuid_array add, struct uuid_array remove, const char *add_at)
{
	const struct uuid_array nobody = {NULL, 0};
	struct uuid_array added = select_members(judge, team, add, false, nobody);
	struct uuid_array removed = select_members(judge, team, remove, true, add);
	char room[TEXT_NUMBER_MAX];

	if (members + added.n - removed.n > TEAM_MEMBERS_MAX) {
		REFUSE(judge, REJECT_TOO_MANY_TEAM_MEMBERS, add_at, SLICE("it would have "),
		       text_number(members + added.n - removed.n, room));
		return;
	}
	if (added.n || removed.n)
		emit_organization(judge, EVENT_TEAM_MEMBERS_CHANGED)->team_members_changed =
		        (struct team_members_changed){*team, added, removed};
}

void decide_create_team(struct judge *judge, const struct create_team *command)
{
	struct uuid id = command->has_team_id ? command->team_id : judge->request->fresh[FRESH_ID];
	const struct uuid_array nobody = {NULL, 0};

	judge->decision->version = judge->organization.version;
	if (!check_new_id(judge, &id, "/team_id") || !check_name(judge, &id, command->name) ||
	    !check_members(judge, command->members, "/members"))
		return;
	if (judge->organization.teams >= TEAMS_MAX) {
		REFUSE(judge, REJECT_TOO_MANY_TEAMS, "", SLICE("delete one first"));
		return;
	}
	emit_organization(judge, EVENT_TEAM_CREATED)->team_created =
	        (struct team_created){id, command->name};
	judge->decision->created = id;
	change_members(judge, &id, 0, command->members, nobody, "/members");
}

void decide_rename_team(struct judge *judge, const struct rename_team *command)
{
	struct row_team row;

	if (!find_team(judge, &command->team, command->has_expected_version,
	               command->expected_version, &row))
		return;
	if (slice_equal(name_of(&row), command->name) ||
	    !check_name(judge, &command->team, command->name))
		return;
	emit_organization(judge, EVENT_TEAM_RENAMED)->team_renamed = (struct team_renamed){
	        command->team, emit_copy(judge, name_of(&row)), command->name};
}

struct team_uses {
	struct workflow_replacing workflows; /* first */
	struct uuid team;
	uint32_t workflows_n, drafts_n;
	char project[TEXT_KEY_MAX]; /* the first that names it */
	struct slice first;
};

static bool rule_names(const struct workflow_replacing *workflows, const struct workflow_rule *rule)
{
	const struct team_uses *uses = (const struct team_uses *)workflows;

	return uuid_is_among(&uses->team, rule->teams.items, rule->teams.n);
}

static void count_uses_in(struct team_uses *uses, struct row_project *project)
{
	uses->workflows.project = project;
	struct workflows_naming naming = find_workflows_naming(&uses->workflows);
	if (!uses->workflows_n && !uses->drafts_n) {
		PADDED_SET(uses->project, PADDED(project->key));
		uses->first = naming.first;
	}
	uses->workflows_n += naming.workflows;
	uses->drafts_n += naming.drafts;
}

/* Without its team a rule would be open to all under a "not", and shut to all elsewhere. Those of
 * archived and deleted projects count, for they may come back. */
static bool check_team_unused(struct judge *judge, const struct uuid *team)
{
	struct team_uses uses = {.workflows = {.judge = judge, .rule_names = rule_names},
	                         .team = *team};
	struct row_key key = row_key_first(ROW_PROJECT);
	char workflows[TEXT_NUMBER_MAX], drafts[TEXT_NUMBER_MAX];
	struct row_project project;

	while (judge->decision->reject == REJECT_NONE &&
	       judge->state->next(judge->state, &key, false, &project))
		count_uses_in(&uses, &project);
	if (judge->decision->reject)
		return false;
	if (!uses.workflows_n && !uses.drafts_n)
		return true;
	return REFUSE(judge, REJECT_IN_USE, "/team", SLICE("rules of "),
	              text_number(uses.workflows_n, workflows), SLICE(" workflows, "),
	              text_number(uses.drafts_n, drafts), SLICE(" drafts name it, the first is "),
	              uses.first, SLICE(" of "), PADDED(uses.project),
	              SLICE(": change these rules first"));
}

void decide_delete_team(struct judge *judge, const struct delete_team *command)
{
	struct row_team row;

	if (!find_team(judge, &command->team, command->has_expected_version,
	               command->expected_version, &row) ||
	    !check_team_unused(judge, &command->team))
		return;
	leave_permissions(judge, &command->team);
	emit_organization(judge, EVENT_TEAM_DELETED)->team_deleted =
	        (struct team_deleted){command->team, emit_copy(judge, name_of(&row))};
}

void decide_change_team_members(struct judge *judge, const struct change_team_members *command)
{
	struct row_team row;

	if (!find_team(judge, &command->team, command->has_expected_version,
	               command->expected_version, &row) ||
	    !check_members(judge, command->add, "/add"))
		return;
	change_members(judge, &command->team, row.members, command->add, command->remove, "/add");
}

void leave_teams(struct judge *judge, const struct uuid *member)
{
	const struct uuid *after = NULL;
	struct uuid team;

	while (next_pair(judge->state, ROW_MEMBER_TEAM, member, after, &team)) {
		struct uuid *removed = emit_room(judge, sizeof(*removed));
		if (!removed)
			return;
		*removed = *member;
		emit_organization(judge, EVENT_TEAM_MEMBERS_CHANGED)->team_members_changed =
		        (struct team_members_changed){team, {NULL, 0}, {removed, 1}};
		after = &team;
	}
}

static struct row_team load_team(const struct tenant_state *state, const struct uuid *id)
{
	struct row_team row;
	bool found = read_team(state, id, &row);

	assert(found);
	(void)found;
	return row;
}

static void save_team(struct tenant_state *state, const struct uuid *id, uint32_t members,
                      struct slice name)
{
	struct row_key key = row_key_team(id);
	struct row_team row;

	memset(&row, 0, sizeof(row));
	assert(name.n <= TEAM_NAME_MAX);
	row.members = members;
	row.name_n = (uint16_t)name.n;
	memcpy(row.name, name.data, name.n);
	state->put(state, &key, &row);
}

static void save_name(struct tenant_state *state, struct slice name, const struct uuid *id)
{
	struct row_key key = row_key_team_name(name);
	struct row_team_name row = {*id};

	state->put(state, &key, &row);
}

static void drop_name(struct tenant_state *state, struct slice name)
{
	struct row_key key = row_key_team_name(name);

	state->del(state, &key);
}

static void join(struct tenant_state *state, const struct uuid *team, const struct uuid *member)
{
	struct row_key key = row_key_team_member(team, member);
	struct row_team_member row = {0};

	state->put(state, &key, &row);
	key = row_key_member_team(member, team);
	state->put(state, &key, &row);
}

static void leave(struct tenant_state *state, const struct uuid *team, const struct uuid *member)
{
	struct row_key key = row_key_team_member(team, member);

	state->del(state, &key);
	key = row_key_member_team(member, team);
	state->del(state, &key);
}

void evolve_team_created(struct tenant_state *state, const struct event_meta *meta,
                         const struct team_created *event)
{
	struct row_organization organization = load_organization(state, meta);

	organization.teams++;
	save_organization(state, &organization);
	save_team(state, &event->team_id, 0, event->name);
	save_name(state, event->name, &event->team_id);
}

void evolve_team_renamed(struct tenant_state *state, const struct event_meta *meta,
                         const struct team_renamed *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_team row = load_team(state, &event->team_id);

	save_organization(state, &organization);
	drop_name(state, name_of(&row));
	save_name(state, event->to, &event->team_id);
	save_team(state, &event->team_id, row.members, event->to);
}

void evolve_team_deleted(struct tenant_state *state, const struct event_meta *meta,
                         const struct team_deleted *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_team row = load_team(state, &event->team_id);
	struct row_key key = row_key_team(&event->team_id);
	struct uuid member;

	assert(organization.teams > 0);
	organization.teams--;
	save_organization(state, &organization);
	while (next_pair(state, ROW_TEAM_MEMBER, &event->team_id, NULL, &member))
		leave(state, &event->team_id, &member);
	drop_name(state, name_of(&row));
	state->del(state, &key);
}

void evolve_team_members_changed(struct tenant_state *state, const struct event_meta *meta,
                                 const struct team_members_changed *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_team row = load_team(state, &event->team_id);

	save_organization(state, &organization);
	for (uint32_t i = 0; i < event->added.n; i++)
		join(state, &event->team_id, &event->added.items[i]);
	for (uint32_t i = 0; i < event->removed.n; i++)
		leave(state, &event->team_id, &event->removed.items[i]);
	assert(row.members + event->added.n >= event->removed.n);
	row.members += event->added.n;
	row.members -= event->removed.n;
	save_team(state, &event->team_id, row.members, name_of(&row));
}
