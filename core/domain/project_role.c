/* Project roles: a list of the organization; who has them is said in each project. The roles of a
 * member or a team in a project are one row of bits, found from the project and from the actor. */
#include "core/domain/permission_scheme.h"
#include "core/domain/project.h"

bool read_project_role(const struct tenant_state *state, struct slice id,
                       struct row_project_role *row)
{
	if (!id.n || id.n > NAME_MAX_ID)
		return false;
	struct row_key key = row_key_project_role(id);
	return state->get(state, &key, row) && !row->removed;
}

bool find_project_role(struct judge *judge, struct slice id, const char *pointer,
                       struct row_project_role *row)
{
	if (read_project_role(judge->state, id, row))
		return true;
	return REFUSE(judge, REJECT_NO_SUCH_PROJECT_ROLE, pointer,
	              SLICE("there is no project role "), id);
}

bool next_project_role(const struct tenant_state *state, struct row_key *key,
                       struct row_project_role *row)
{
	while (state->next(state, key, false, row))
		if (!row->removed)
			return true;
	return false;
}

struct slice row_key_text(const struct row_key *key)
{
	return slice_of(key->bytes, key->n);
}

void key_of_project_role(const struct tenant_state *state, uint8_t ordinal, struct row_key *key)
{
	struct row_project_role role;

	bool found;

	*key = row_key_first(ROW_PROJECT_ROLE);
	do {
		found = next_project_role(state, key, &role);
		assert(found); /* somebody has it */
	} while (found && role.ordinal != ordinal);
}

static uint64_t bit_of(const struct row_project_role *role)
{
	return UINT64_C(1) << role->ordinal;
}

/* The role that a command changes. */
static bool find_subject_role(struct judge *judge, struct slice id, bool has_expected,
                              int64_t expected, struct row_project_role *row)
{
	return check_organization_version(judge, has_expected, expected) &&
	       find_project_role(judge, id, "/role", row);
}

/* @id: the role that is to be called so, or a new one. */
static bool check_name(struct judge *judge, struct slice id, struct slice name)
{
	struct row_key key = row_key_first(ROW_PROJECT_ROLE);
	struct row_project_role row;

	if (!check_short_name(judge, name, "/name"))
		return false;
	while (next_project_role(judge->state, &key, &row))
		if (!slice_equal(row_key_text(&key), id) &&
		    !check_name_differs(judge, name, PADDED(row.name)))
			return false;
	return true;
}

void decide_add_project_role(struct judge *judge, const struct add_project_role *command)
{
	struct row_project_role row;
	char room[TEXT_NUMBER_MAX];

	if (!check_organization_version(judge, command->has_expected_version,
	                                command->expected_version))
		return;
	if (!text_is_id(command->role)) {
		REFUSE(judge, REJECT_BAD_ID, "/role", SLICE("not an id: "), command->role);
		return;
	}
	struct row_key key = row_key_project_role(command->role);
	if (judge->state->get(judge->state, &key, &row)) {
		REFUSE(judge, REJECT_ID_TAKEN, "/role", SLICE("project role "), command->role,
		       SLICE(" is or was there already"));
		return;
	}
	if (!check_name(judge, command->role, command->name))
		return;
	if (judge->organization.project_roles >= PROJECT_ROLES_MAX) {
		REFUSE(judge, REJECT_TOO_MANY, "", SLICE("at most "),
		       text_number(PROJECT_ROLES_MAX, room),
		       SLICE(" project roles, removed ones included"));
		return;
	}
	emit_organization(judge, EVENT_PROJECT_ROLE_ADDED)->project_role_added =
	        (struct project_role_added){command->role, command->name};
}

void decide_rename_project_role(struct judge *judge, const struct rename_project_role *command)
{
	struct row_project_role row;

	if (!find_subject_role(judge, command->role, command->has_expected_version,
	                       command->expected_version, &row) ||
	    slice_equal(command->name, PADDED(row.name)) ||
	    !check_name(judge, command->role, command->name))
		return;
	struct slice from = emit_copy(judge, PADDED(row.name));
	emit_organization(judge, EVENT_PROJECT_ROLE_RENAMED)->project_role_renamed =
	        (struct project_role_renamed){command->role, from, command->name};
}

/* --- who has roles --- */

/* The next actor of @project behind *@key. */
static bool next_actor(const struct tenant_state *state, const struct uuid *project,
                       struct row_key *key, struct uuid *actor, struct row_role_actor *row)
{
	if (!state->next(state, key, false, row) ||
	    memcmp(key->bytes, project->bytes, sizeof(*project)) != 0)
		return false;
	memcpy(actor->bytes, key->bytes + sizeof(*project), sizeof(*actor));
	return true;
}

/* Members (or teams) that have roles of @has and none of @lacks in @project. */
static struct uuid_array actors_with(struct judge *judge, const struct uuid *project, uint64_t has,
                                     uint64_t lacks, bool teams)
{
	static const struct uuid nil;
	struct row_role_actor row;
	struct uuid actor, *items = NULL;
	uint32_t n = 0;

	for (int pass = 0; pass < 2; pass++) {
		struct row_key key = row_key_role_actor(project, &nil);
		n = 0;
		while (next_actor(judge->state, project, &key, &actor, &row)) {
			if (!(row.roles & has) || (row.roles & lacks) || row.is_team != teams)
				continue;
			if (items)
				items[n] = actor;
			n++;
		}
		if (!n || (pass == 0 && !(items = emit_room(judge, n * sizeof(*items)))))
			return (struct uuid_array){NULL, 0};
	}
	return (struct uuid_array){items, n};
}

static void emit_members(struct judge *judge, struct row_project *project,
                         struct project_role_members_changed change)
{
	if (change.added_members.n || change.added_teams.n || change.removed_members.n ||
	    change.removed_teams.n)
		emit_project(judge, EVENT_PROJECT_ROLE_MEMBERS_CHANGED, project)
		        ->project_role_members_changed = change;
}

static bool check_team(struct judge *judge, const struct uuid *id, const char *pointer)
{
	struct row_key key = row_key_team(id);
	struct row_team row;
	char room[UUID_TEXT];

	if (judge->state->get(judge->state, &key, &row))
		return true;
	return REFUSE(judge, REJECT_NO_SUCH_TEAM, pointer, SLICE("there is no team "),
	              uuid_slice(id, room));
}

static bool check_added(struct judge *judge, const struct change_project_role_members *command)
{
	for (uint32_t i = 0; i < command->add_members.n; i++)
		if (!check_member(judge, &command->add_members.items[i], "/add_members"))
			return false;
	for (uint32_t i = 0; i < command->add_teams.n; i++)
		if (!check_team(judge, &command->add_teams.items[i], "/add_teams"))
			return false;
	return true;
}

static bool has_role(const struct tenant_state *state, const struct uuid *project,
                     const struct uuid *actor, const struct row_project_role *role, bool is_team)
{
	struct row_key key = row_key_role_actor(project, actor);
	struct row_role_actor row;

	return state->get(state, &key, &row) && row.is_team == is_team &&
	       (row.roles & bit_of(role));
}

struct selection {
	const struct uuid *project;
	const struct row_project_role *role;
	bool teams;
};

/* Those of @ids, each once, that have the role (or do not, unless @present) and are not in @but. */
static struct uuid_array select_actors(struct judge *judge, const struct selection *of,
                                       struct uuid_array ids, bool present, struct uuid_array but)
{
	struct uuid *items = ids.n ? emit_room(judge, ids.n * sizeof(*items)) : NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; items && i < ids.n; i++)
		if (!uuid_is_among(&ids.items[i], ids.items, i) &&
		    !uuid_is_among(&ids.items[i], but.items, but.n) &&
		    has_role(judge->state, of->project, &ids.items[i], of->role, of->teams) ==
		            present)
			items[n++] = ids.items[i];
	return (struct uuid_array){items, n};
}

void decide_change_project_role_members(struct judge *judge,
                                        const struct change_project_role_members *command)
{
	const struct uuid_array nobody = {NULL, 0};
	struct row_project_role role;
	struct row_project project;
	char room[TEXT_NUMBER_MAX];

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !find_project_role(judge, command->role, "/role", &role) ||
	    !check_added(judge, command))
		return;
	const struct selection members = {&project.id, &role, false};
	const struct selection teams = {&project.id, &role, true};
	struct project_role_members_changed change = {
	        .role = command->role,
	        .added_members =
	                select_actors(judge, &members, command->add_members, false, nobody),
	        .added_teams = select_actors(judge, &teams, command->add_teams, false, nobody),
	        .removed_members = select_actors(judge, &members, command->remove_members, true,
	                                         command->add_members),
	        .removed_teams = select_actors(judge, &teams, command->remove_teams, true,
	                                       command->add_teams),
	};
	/* At most: who is added may have another role already. */
	if (project.role_actors + change.added_members.n + change.added_teams.n >
	    PROJECT_ACTORS_MAX) {
		REFUSE(judge, REJECT_TOO_MANY, "", SLICE("at most "),
		       text_number(PROJECT_ACTORS_MAX, room),
		       SLICE(" members and teams have roles in a project"));
		return;
	}
	emit_members(judge, &project, change);
}

void leave_roles_in(struct judge *judge, const struct uuid *actor, struct row_project *project)
{
	struct row_key role, key = row_key_role_actor(&project->id, actor);
	struct row_role_actor row;

	if (!judge->state->get(judge->state, &key, &row))
		return;
	for (uint8_t ordinal = 0; ordinal < PROJECT_ROLES_MAX; ordinal++) {
		struct uuid *removed;
		if (!(row.roles >> ordinal & 1) || !(removed = emit_room(judge, sizeof(*removed))))
			continue;
		*removed = *actor;
		key_of_project_role(judge->state, ordinal, &role);
		struct project_role_members_changed change = {
		        .role = emit_copy(judge, row_key_text(&role))};
		if (row.is_team)
			change.removed_teams = (struct uuid_array){removed, 1};
		else
			change.removed_members = (struct uuid_array){removed, 1};
		emit_members(judge, project, change);
	}
}

void leave_project_roles(struct judge *judge, const struct uuid *actor)
{
	const struct uuid *after = NULL;
	struct row_project project;
	struct uuid id;

	while (next_pair(judge->state, ROW_ACTOR_PROJECT, actor, after, &id)) {
		bool found = read_project(judge->state, &id, &project);
		assert(found);
		(void)found;
		leave_roles_in(judge, actor, &project);
		after = &id;
	}
}

/* --- remove --- */

/* Behind every actor of @project. */
static struct row_key after_project(const struct uuid *project)
{
	struct uuid last;

	memset(&last, 0xff, sizeof(last));
	return row_key_role_actor(project, &last);
}

/* Everybody in every project who has @from gets @to (NULL: nothing but counting). Returns in how
 * many projects there are such. */
static uint32_t move_actors(struct judge *judge, struct slice id,
                            const struct row_project_role *from, struct slice to_id,
                            const struct row_project_role *to)
{
	struct row_key key = row_key_first(ROW_ROLE_ACTOR);
	struct row_role_actor row;
	struct row_project project;
	struct uuid at;
	uint32_t projects = 0;

	while (judge->state->next(judge->state, &key, false, &row)) {
		if (!(row.roles & bit_of(from)))
			continue;
		memcpy(at.bytes, key.bytes, sizeof(at));
		key = after_project(&at);
		projects++;
		if (!to)
			continue;
		bool found = read_project(judge->state, &at, &project);
		assert(found);
		(void)found;
		emit_members(judge, &project,
		             (struct project_role_members_changed){
		                     .role = to_id,
		                     .added_members = actors_with(judge, &at, bit_of(from),
		                                                  bit_of(to), false),
		                     .added_teams = actors_with(judge, &at, bit_of(from),
		                                                bit_of(to), true)});
		emit_members(
		        judge, &project,
		        (struct project_role_members_changed){
		                .role = id,
		                .removed_members = actors_with(judge, &at, bit_of(from), 0, false),
		                .removed_teams = actors_with(judge, &at, bit_of(from), 0, true)});
	}
	return projects;
}

static bool check_role_unused(struct judge *judge, const struct remove_project_role *command,
                              const struct row_project_role *role)
{
	uint32_t schemes = move_grants(judge, role, NULL);
	uint32_t projects = move_actors(judge, command->role, role, SLICE(""), NULL);
	char room[TEXT_NUMBER_MAX], other[TEXT_NUMBER_MAX];

	if (!schemes && !projects)
		return true;
	return REFUSE(judge, REJECT_IN_USE, "/role", text_number(projects, room),
	              SLICE(" projects and "), text_number(schemes, other),
	              SLICE(" permission schemes have it: name replace_with"));
}

void decide_remove_project_role(struct judge *judge, const struct remove_project_role *command)
{
	struct row_project_role role, other;

	if (!find_subject_role(judge, command->role, command->has_expected_version,
	                       command->expected_version, &role))
		return;
	if (command->has_replace_with && slice_equal(command->replace_with, command->role)) {
		REFUSE(judge, REJECT_BAD_CHANGE, "/replace_with",
		       SLICE("it cannot replace itself"));
		return;
	}
	if (command->has_replace_with
	            ? !find_project_role(judge, command->replace_with, "/replace_with", &other)
	            : !check_role_unused(judge, command, &role))
		return;
	if (command->has_replace_with) {
		move_grants(judge, &role, &other);
		move_actors(judge, command->role, &role, command->replace_with, &other);
	}
	struct slice name = emit_copy(judge, PADDED(role.name));
	emit_organization(judge, EVENT_PROJECT_ROLE_REMOVED)->project_role_removed =
	        (struct project_role_removed){.role = command->role,
	                                      .name = name,
	                                      .has_replaced_with = command->has_replace_with,
	                                      .replaced_with = command->replace_with};
}

/* --- evolve --- */

static void save_role(struct tenant_state *state, struct slice id,
                      const struct row_project_role *row)
{
	struct row_key key = row_key_project_role(id);

	state->put(state, &key, row);
}

static struct row_project_role load_role(const struct tenant_state *state, struct slice id)
{
	struct row_project_role row;
	bool found = read_project_role(state, id, &row);

	assert(found);
	(void)found;
	return row;
}

void evolve_project_role_added(struct tenant_state *state, const struct event_meta *meta,
                               const struct project_role_added *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_project_role row;

	assert(organization.project_roles < PROJECT_ROLES_MAX);
	memset(&row, 0, sizeof(row));
	PADDED_SET(row.name, event->name);
	row.ordinal = (uint8_t)organization.project_roles++;
	save_organization(state, &organization);
	save_role(state, event->role, &row);
}

void evolve_project_role_renamed(struct tenant_state *state, const struct event_meta *meta,
                                 const struct project_role_renamed *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_project_role row = load_role(state, event->role);

	PADDED_SET(row.name, event->to);
	save_organization(state, &organization);
	save_role(state, event->role, &row);
}

void evolve_project_role_removed(struct tenant_state *state, const struct event_meta *meta,
                                 const struct project_role_removed *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_project_role row = load_role(state, event->role);

	row.removed = true;
	save_organization(state, &organization);
	save_role(state, event->role, &row);
}

static void set_role(struct tenant_state *state, struct row_project *project,
                     const struct uuid *actor, bool is_team, uint64_t bit, bool has)
{
	static const struct row_actor_project pair;
	struct row_key key = row_key_role_actor(&project->id, actor);
	struct row_key back = row_key_actor_project(actor, &project->id);
	struct row_role_actor row;
	bool found = state->get(state, &key, &row);

	if (!found)
		memset(&row, 0, sizeof(row));
	assert(!(row.roles & bit) == has);
	(void)has;
	row.is_team = is_team;
	row.roles ^= bit;
	if (row.roles) {
		project->role_actors += !found;
		state->put(state, &key, &row);
		state->put(state, &back, &pair);
	} else {
		assert(project->role_actors > 0);
		project->role_actors--;
		state->del(state, &key);
		state->del(state, &back);
	}
}

void evolve_project_role_members_changed(struct tenant_state *state, const struct event_meta *meta,
                                         const struct project_role_members_changed *event)
{
	struct row_project project = load_project(state, meta);
	struct row_project_role role = load_role(state, event->role);
	const struct {
		struct uuid_array ids;
		bool is_team, has;
	} changes[] = {{event->added_members, false, true},
	               {event->added_teams, true, true},
	               {event->removed_members, false, false},
	               {event->removed_teams, true, false}};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		for (uint32_t k = 0; k < changes[i].ids.n; k++)
			set_role(state, &project, &changes[i].ids.items[k], changes[i].is_team,
			         bit_of(&role), changes[i].has);
	save_project(state, &project);
}
