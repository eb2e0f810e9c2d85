/* Permission schemes: lists of grants, packed in one row each, so that a command reads one row to
 * know what its actor holds. */
#include "core/domain/permission_scheme.h"

#include "core/domain/classic.h"
#include "core/domain/project.h"

bool read_permission_scheme(const struct tenant_state *state, struct slice id,
                            struct row_permission_scheme *row)
{
	if (!id.n || id.n > NAME_MAX_ID)
		return false;
	struct row_key key = row_key_permission_scheme(id);
	return state->get(state, &key, row) && !row->removed;
}

static bool is_classic(struct slice id)
{
	return slice_equal(id, SLICE(CLASSIC_SCHEME));
}

static bool refuse_scheme(struct judge *judge, struct slice id, const char *pointer)
{
	return REFUSE(judge, REJECT_NO_SUCH_PERMISSION_SCHEME, pointer,
	              SLICE("there is no permission scheme "), id);
}

bool find_permission_scheme(struct judge *judge, struct slice id, const char *pointer,
                            struct row_permission_scheme *row)
{
	if (is_classic(id)) {
		memset(row, 0, sizeof(*row));
		return true;
	}
	return read_permission_scheme(judge->state, id, row) || refuse_scheme(judge, id, pointer);
}

/* The scheme that a command changes: not the classic one. */
static bool find_subject_scheme(struct judge *judge, struct slice id, bool has_expected,
                                int64_t expected, struct row_permission_scheme *row)
{
	if (!check_organization_version(judge, has_expected, expected))
		return false;
	if (is_classic(id))
		return REFUSE(judge, REJECT_BUILT_IN, "/scheme",
		              SLICE("create a scheme with copy_of = classic, and change that"));
	return read_permission_scheme(judge->state, id, row) || refuse_scheme(judge, id, "/scheme");
}

bool next_permission_scheme(const struct tenant_state *state, struct row_key *key,
                            struct row_permission_scheme *row)
{
	while (state->next(state, key, false, row))
		if (!row->removed)
			return true;
	return false;
}

/* --- create, rename --- */

static bool check_new_scheme(struct judge *judge, struct slice id)
{
	struct row_permission_scheme row;
	char room[TEXT_NUMBER_MAX];

	if (!text_is_id(id))
		return REFUSE(judge, REJECT_BAD_ID, "/scheme", SLICE("not an id: "), id);
	struct row_key key = row_key_permission_scheme(id);
	if (is_classic(id) || judge->state->get(judge->state, &key, &row))
		return REFUSE(judge, REJECT_ID_TAKEN, "/scheme", SLICE("permission scheme "), id,
		              SLICE(" is or was there already"));
	if (judge->organization.permission_schemes < PERMISSION_SCHEMES_MAX)
		return true;
	return REFUSE(judge, REJECT_TOO_MANY, "", SLICE("at most "),
	              text_number(PERMISSION_SCHEMES_MAX, room), SLICE(" permission schemes"));
}

static void emit_created(struct judge *judge, const struct create_permission_scheme *command,
                         struct row_grants copied)
{
	uint32_t n = 0, room = copied.n + command->grants.n;
	struct row_grant *rows = emit_room(judge, (room + 1) * sizeof(*rows));

	for (uint32_t i = 0; rows && i < room; i++) {
		rows[n] = i < copied.n ? copied.at[i]
		                       : row_of_grant(judge->state,
		                                      &command->grants.items[i - copied.n]);
		if (!has_grant(rows, n, &rows[n]))
			n++;
	}
	if (!rows || !check_grants_room(judge, n, "/grants"))
		return;
	struct permission_grant_array grants = grants_for_event(judge, rows, n);
	emit_organization(judge, EVENT_PERMISSION_SCHEME_CREATED)->permission_scheme_created =
	        (struct permission_scheme_created){command->scheme, command->name, grants};
}

/* @id: the scheme that is to be called so, or a new one. */
static bool check_name(struct judge *judge, struct slice id, struct slice name)
{
	struct row_key key = row_key_first(ROW_PERMISSION_SCHEME);
	struct row_permission_scheme row;

	if (!check_short_name(judge, name, "/name") ||
	    !check_name_differs(judge, name, slice_str(classic_scheme_name)))
		return false;
	while (next_permission_scheme(judge->state, &key, &row))
		if (!slice_equal(row_key_text(&key), id) &&
		    !check_name_differs(judge, name, PADDED(row.name)))
			return false;
	return true;
}

void decide_create_permission_scheme(struct judge *judge,
                                     const struct create_permission_scheme *command)
{
	struct row_permission_scheme source = {.grants_n = 0};
	struct row_grants copied = {source.grants, 0};

	if (!check_organization_version(judge, command->has_expected_version,
	                                command->expected_version) ||
	    !check_new_scheme(judge, command->scheme) ||
	    !check_name(judge, command->scheme, command->name) ||
	    (command->has_copy_of &&
	     !find_permission_scheme(judge, command->copy_of, "/copy_of", &source)) ||
	    !check_grants(judge, command->grants, "/grants"))
		return;
	if (command->has_copy_of && is_classic(command->copy_of))
		copied = (struct row_grants){classic_grants, classic_grants_n};
	else
		copied.n = source.grants_n;
	emit_created(judge, command, copied);
}

void decide_rename_permission_scheme(struct judge *judge,
                                     const struct rename_permission_scheme *command)
{
	struct row_permission_scheme row;

	if (!find_subject_scheme(judge, command->scheme, command->has_expected_version,
	                         command->expected_version, &row) ||
	    slice_equal(command->name, PADDED(row.name)) ||
	    !check_name(judge, command->scheme, command->name))
		return;
	struct slice from = emit_copy(judge, PADDED(row.name));
	emit_organization(judge, EVENT_PERMISSION_SCHEME_RENAMED)->permission_scheme_renamed =
	        (struct permission_scheme_renamed){command->scheme, from, command->name};
}

/* --- grants of a scheme --- */

/* Those of @grants, each once, that are in @row (or are not, unless @present) and not in @but. */
static uint32_t select_grants(struct judge *judge, const struct row_permission_scheme *row,
                              struct permission_grant_array grants, bool present,
                              const struct row_grant *but, uint32_t but_n, struct row_grant *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < grants.n; i++) {
		struct row_grant grant = row_of_grant(judge->state, &grants.items[i]);
		if (has_grant(row->grants, row->grants_n, &grant) == present &&
		    !has_grant(but, but_n, &grant) && !has_grant(out, n, &grant))
			out[n++] = grant;
	}
	return n;
}

void decide_change_permission_grants(struct judge *judge,
                                     const struct change_permission_grants *command)
{
	struct row_permission_scheme row;

	if (!find_subject_scheme(judge, command->scheme, command->has_expected_version,
	                         command->expected_version, &row) ||
	    !check_grants(judge, command->add, "/add"))
		return;
	struct row_grant *wanted = emit_room(judge, (command->add.n + 1) * sizeof(*wanted));
	struct row_grant *added = emit_room(judge, (command->add.n + 1) * sizeof(*added));
	struct row_grant *removed = emit_room(judge, (command->remove.n + 1) * sizeof(*removed));
	if (!wanted || !added || !removed)
		return;
	for (uint32_t i = 0; i < command->add.n; i++)
		wanted[i] = row_of_grant(judge->state, &command->add.items[i]);
	uint32_t added_n = select_grants(judge, &row, command->add, false, NULL, 0, added);
	uint32_t removed_n =
	        select_grants(judge, &row, command->remove, true, wanted, command->add.n, removed);
	if (check_grants_room(judge, row.grants_n + added_n - removed_n, "/add"))
		emit_grants(judge, command->scheme, added, added_n, removed, removed_n);
}

/* --- schemes of projects --- */

void assign_scheme(struct judge *judge, struct row_project *project, struct slice to)
{
	struct slice from = project->scheme[0] ? emit_copy(judge, PADDED(project->scheme))
	                                       : SLICE(CLASSIC_SCHEME);

	if (!slice_equal(from, to))
		emit_project(judge, EVENT_PERMISSION_SCHEME_ASSIGNED, project)
		        ->permission_scheme_assigned =
		        (struct permission_scheme_assigned){from, to};
}

void decide_assign_permission_scheme(struct judge *judge,
                                     const struct assign_permission_scheme *command)
{
	struct row_permission_scheme row;
	struct row_project project;

	if (find_open_project(judge, command->project, command->has_expected_version,
	                      command->expected_version, &project) &&
	    find_permission_scheme(judge, command->scheme, "/scheme", &row))
		assign_scheme(judge, &project, command->scheme);
}

static bool next_project_of(const struct tenant_state *state, struct slice scheme,
                            struct row_key *key, struct uuid *project)
{
	struct row_scheme_project row;

	if (!state->next(state, key, false, &row) || key->n != scheme.n + 1 + sizeof(*project) ||
	    memcmp(key->bytes, scheme.data, scheme.n) != 0 || key->bytes[scheme.n] != 0)
		return false;
	memcpy(project->bytes, key->bytes + scheme.n + 1, sizeof(*project));
	return true;
}

static bool check_scheme_removal(struct judge *judge,
                                 const struct remove_permission_scheme *command,
                                 const struct row_permission_scheme *row)
{
	struct row_permission_scheme other;
	char room[TEXT_NUMBER_MAX];

	if (!command->has_replace_with)
		return !row->projects ||
		       REFUSE(judge, REJECT_IN_USE, "/scheme", text_number(row->projects, room),
		              SLICE(" projects have it: name replace_with"));
	if (slice_equal(command->replace_with, command->scheme))
		return REFUSE(judge, REJECT_BAD_CHANGE, "/replace_with",
		              SLICE("it cannot replace itself"));
	return find_permission_scheme(judge, command->replace_with, "/replace_with", &other);
}

void decide_remove_permission_scheme(struct judge *judge,
                                     const struct remove_permission_scheme *command)
{
	static const struct uuid nil;
	struct row_key key = row_key_scheme_project(command->scheme, &nil);
	struct row_permission_scheme row;
	struct row_project project;
	struct uuid id;

	if (!find_subject_scheme(judge, command->scheme, command->has_expected_version,
	                         command->expected_version, &row) ||
	    !check_scheme_removal(judge, command, &row))
		return;
	while (row.projects && next_project_of(judge->state, command->scheme, &key, &id)) {
		bool found = read_project(judge->state, &id, &project);
		assert(found);
		(void)found;
		assign_scheme(judge, &project, command->replace_with);
	}
	struct slice name = emit_copy(judge, PADDED(row.name));
	emit_organization(judge, EVENT_PERMISSION_SCHEME_REMOVED)->permission_scheme_removed =
	        (struct permission_scheme_removed){.scheme = command->scheme,
	                                           .name = name,
	                                           .has_replaced_with = command->has_replace_with,
	                                           .replaced_with = command->replace_with};
}

/* --- evolve --- */

static struct row_permission_scheme load_scheme(const struct tenant_state *state, struct slice id)
{
	struct row_permission_scheme row;
	bool found = read_permission_scheme(state, id, &row);

	assert(found);
	(void)found;
	return row;
}

static void save_scheme(struct tenant_state *state, struct slice id,
                        const struct row_permission_scheme *row)
{
	struct row_key key = row_key_permission_scheme(id);

	state->put(state, &key, row);
}

static void add_grants(const struct tenant_state *state, struct permission_grant_array grants,
                       struct row_permission_scheme *row)
{
	for (uint32_t i = 0; i < grants.n; i++) {
		assert(row->grants_n < SCHEME_GRANTS_MAX);
		row->grants[row->grants_n++] = row_of_grant(state, &grants.items[i]);
	}
}

/* The others keep their order. */
static void remove_grants(const struct tenant_state *state, struct permission_grant_array grants,
                          struct row_permission_scheme *row)
{
	for (uint32_t i = 0; i < grants.n; i++) {
		struct row_grant grant = row_of_grant(state, &grants.items[i]);
		uint32_t kept = 0;
		for (uint32_t k = 0; k < row->grants_n; k++)
			if (!same_grant(&row->grants[k], &grant))
				row->grants[kept++] = row->grants[k];
		assert(kept + 1 == row->grants_n);
		row->grants_n = kept;
	}
}

void evolve_permission_scheme_created(struct tenant_state *state, const struct event_meta *meta,
                                      const struct permission_scheme_created *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_permission_scheme row;

	memset(&row, 0, sizeof(row));
	PADDED_SET(row.name, event->name);
	add_grants(state, event->grants, &row);
	organization.permission_schemes++;
	save_organization(state, &organization);
	save_scheme(state, event->scheme, &row);
}

void evolve_permission_scheme_renamed(struct tenant_state *state, const struct event_meta *meta,
                                      const struct permission_scheme_renamed *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_permission_scheme row = load_scheme(state, event->scheme);

	PADDED_SET(row.name, event->to);
	save_organization(state, &organization);
	save_scheme(state, event->scheme, &row);
}

void evolve_permission_grants_changed(struct tenant_state *state, const struct event_meta *meta,
                                      const struct permission_grants_changed *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_permission_scheme row = load_scheme(state, event->scheme);

	remove_grants(state, event->removed, &row);
	add_grants(state, event->added, &row);
	save_organization(state, &organization);
	save_scheme(state, event->scheme, &row);
}

void evolve_permission_scheme_removed(struct tenant_state *state, const struct event_meta *meta,
                                      const struct permission_scheme_removed *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_permission_scheme row = load_scheme(state, event->scheme);

	assert(!row.projects && organization.permission_schemes > 0);
	row.removed = true;
	row.grants_n = 0;
	organization.permission_schemes--;
	save_organization(state, &organization);
	save_scheme(state, event->scheme, &row);
}

static void count_project(struct tenant_state *state, struct slice id, const struct uuid *project,
                          bool has_it)
{
	static const struct row_scheme_project row;
	struct row_key key = row_key_scheme_project(id, project);

	if (is_classic(id))
		return;
	struct row_permission_scheme scheme = load_scheme(state, id);
	if (has_it)
		state->put(state, &key, &row);
	else
		state->del(state, &key);
	assert(has_it || scheme.projects > 0);
	scheme.projects = has_it ? scheme.projects + 1 : scheme.projects - 1;
	save_scheme(state, id, &scheme);
}

void evolve_permission_scheme_assigned(struct tenant_state *state, const struct event_meta *meta,
                                       const struct permission_scheme_assigned *event)
{
	struct row_project project = load_project(state, meta);

	count_project(state, event->from, &project.id, false);
	count_project(state, event->to, &project.id, true);
	PADDED_SET(project.scheme, is_classic(event->to) ? SLICE("") : event->to);
	save_project(state, &project);
}
