/* Projects. A key that a project had goes on naming it and is not given to another one. An archived
 * project stays readable, and refuses every change but UnarchiveProject. */
#include "core/domain/project.h"

#include "core/domain/configuration.h"
#include "core/domain/permission_scheme.h"

static bool find_by_key(const struct tenant_state *state, struct slice ref, struct uuid *id)
{
	char room[TEXT_KEY_MAX];
	struct slice project_key;
	struct row_project_key row;

	if (!text_to_project_key(ref, room, &project_key))
		return false;
	struct row_key key = row_key_project_key(project_key);
	if (!state->get(state, &key, &row))
		return false;
	*id = row.project_id;
	return true;
}

static bool resolve_kept_project(const struct tenant_state *state, struct slice ref,
                                 struct row_project *project)
{
	struct uuid id;

	return (uuid_parse(ref, &id) || find_by_key(state, ref, &id)) &&
	       read_project(state, &id, project);
}

bool resolve_project(const struct tenant_state *state, struct slice ref,
                     struct row_project *project)
{
	return resolve_kept_project(state, ref, project) && !project->deleted;
}

static bool refuse_project(struct judge *judge, struct slice ref, const char *pointer)
{
	return REFUSE(judge, REJECT_NO_SUCH_PROJECT, pointer, SLICE("there is no project "), ref);
}

bool find_other_project(struct judge *judge, struct slice ref, const char *pointer,
                        struct row_project *project)
{
	return (resolve_project(judge->state, ref, project) &&
	        may(judge, PERMISSION_BROWSE_PROJECT, project, NULL)) ||
	       refuse_project(judge, ref, pointer);
}

bool find_project(struct judge *judge, struct slice ref, struct row_project *project)
{
	return find_other_project(judge, ref, "/project", project) &&
	       check_asked(judge, project, NULL);
}

bool find_kept_project(struct judge *judge, struct slice ref, struct row_project *project)
{
	if (!resolve_kept_project(judge->state, ref, project) ||
	    !may(judge, PERMISSION_BROWSE_PROJECT, project, NULL))
		return refuse_project(judge, ref, "/project");
	return check_asked(judge, project, NULL) ||
	       (project->deleted && refuse_project(judge, ref, "/project"));
}

bool check_project_open(struct judge *judge, const struct row_project *project, const char *pointer)
{
	if (!project->archived)
		return true;
	return REFUSE(judge, REJECT_PROJECT_ARCHIVED, pointer, PADDED(project->key),
	              SLICE(" is archived: unarchive it first"));
}

/* The key is well formed, and free or @owner's own already. */
static bool check_key(struct judge *judge, struct slice project_key, const struct uuid *owner)
{
	struct uuid id;

	if (!text_is_project_key(project_key))
		return REFUSE(judge, REJECT_BAD_KEY, "/key", SLICE("not a project key: "),
		              project_key);
	if (find_by_key(judge->state, project_key, &id) && !(owner && uuid_equal(&id, owner)))
		return REFUSE(judge, REJECT_KEY_TAKEN, "/key", project_key,
		              SLICE(" belongs, or belonged, to another project"));
	return true;
}

void decide_create_project(struct judge *judge, const struct create_project *command)
{
	struct uuid id =
	        command->has_project_id ? command->project_id : judge->request->fresh[FRESH_ID];
	struct row_project project = {.id = id, .version = 1};
	struct row_permission_scheme scheme;

	if (!check_key(judge, command->key, NULL) || !check_line(judge, command->name, "/name") ||
	    !check_new_id(judge, &id, "/project_id") ||
	    (command->has_lead && !check_member(judge, &command->lead, "/lead")) ||
	    (command->has_permission_scheme &&
	     !find_permission_scheme(judge, command->permission_scheme, "/permission_scheme",
	                             &scheme)))
		return;
	struct event *event = emit(judge, EVENT_PROJECT_CREATED, AGGREGATE_KIND_PROJECT, &id, 1);
	event->project_created = (struct project_created){.key = command->key,
	                                                  .name = command->name,
	                                                  .has_lead = command->has_lead,
	                                                  .lead = command->lead};
	judge->decision->version = 1;
	judge->decision->created = id;
	if (command->has_permission_scheme)
		assign_scheme(judge, &project, command->permission_scheme);
}

struct event *emit_project(struct judge *judge, enum event_type type, struct row_project *project)
{
	project->version++;
	judge->decision->version = project->version;
	return emit(judge, type, AGGREGATE_KIND_PROJECT, &project->id, project->version);
}

/* The project that a command is about, of the expected version. */
static bool find_subject_project(struct judge *judge, struct slice ref, bool has_expected,
                                 int64_t expected, struct row_project *project)
{
	return find_project(judge, ref, project) &&
	       check_version(judge, has_expected, expected, project->version);
}

bool find_open_project(struct judge *judge, struct slice ref, bool has_expected, int64_t expected,
                       struct row_project *project)
{
	return find_subject_project(judge, ref, has_expected, expected, project) &&
	       check_project_open(judge, project, "/project");
}

bool check_note(struct judge *judge, struct slice text, const char *pointer)
{
	return !text.n || check_line(judge, text, pointer);
}

bool next_part(const struct tenant_state *state, enum row_kind kind, const struct uuid *project,
               const struct uuid *after, struct uuid *id)
{
	static const struct uuid nil;
	struct row_key key = row_key_pair(kind, project, after ? after : &nil);
	uint8_t row[sizeof(struct row_project_version)];

	if (!state->next(state, &key, false, row) ||
	    memcmp(key.bytes, project->bytes, sizeof(*project)) != 0)
		return false;
	memcpy(id->bytes, key.bytes + sizeof(*project), sizeof(*id));
	return true;
}

bool check_removal(struct judge *judge, const struct removal *removal)
{
	if (removal->has_replacement && removal->detach)
		return REFUSE(judge, REJECT_BAD_CHANGE, "/detach",
		              SLICE("either replace_with or detach"));
	if (removal->has_replacement && removal->is_itself)
		return REFUSE(judge, REJECT_BAD_CHANGE, "/replace_with",
		              SLICE("it cannot replace itself"));
	return true;
}

void project_part_count(struct tenant_state *state, const struct uuid *id, enum row_tag tag,
                        int change)
{
	if (tag == ROW_TAG_COMPONENT)
		component_count(state, id, change);
	else
		version_count(state, id, change);
}

static bool check_clear(struct judge *judge, const struct edit_project *command)
{
	for (uint32_t i = 0; i < command->clear.n; i++) {
		enum project_field field = command->clear.items[i];
		bool set = (field == PROJECT_FIELD_LEAD && command->has_lead) ||
		           (field == PROJECT_FIELD_CATEGORY && command->has_category);
		if (set)
			return REFUSE(judge, REJECT_BAD_CLEAR, "/clear",
			              slice_str(project_field_symbol(field)),
			              SLICE(" is set and emptied at once"));
	}
	return true;
}

static bool is_cleared(const struct edit_project *command, enum project_field field)
{
	for (uint32_t i = 0; i < command->clear.n; i++)
		if (command->clear.items[i] == field)
			return true;
	return false;
}

static void edit_name(struct judge *judge, struct slice name, struct row_project *project)
{
	struct row_key key = row_key_project_texts(&project->id);
	struct row_project_texts texts;
	bool found = judge->state->get(judge->state, &key, &texts);

	assert(found);
	(void)found;
	if (slice_equal(name, PADDED(texts.name)))
		return;
	struct slice from = emit_copy(judge, PADDED(texts.name));
	emit_project(judge, EVENT_PROJECT_RENAMED, project)->project_renamed =
	        (struct project_renamed){from, name};
}

void edit_lead(struct judge *judge, bool has_lead, const struct uuid *lead,
               struct row_project *project)
{
	bool had_lead = !uuid_is_nil(&project->lead);

	if (has_lead == had_lead && (!has_lead || uuid_equal(lead, &project->lead)))
		return;
	emit_project(judge, EVENT_PROJECT_LEAD_CHANGED, project)->project_lead_changed =
	        (struct project_lead_changed){.has_from = had_lead,
	                                      .from = project->lead,
	                                      .has_to = has_lead,
	                                      .to = *lead};
}

static void edit_category(struct judge *judge, bool has_category, struct slice category,
                          struct row_project *project)
{
	struct row_key key = row_key_project_texts(&project->id);
	struct row_project_texts texts;
	bool found = judge->state->get(judge->state, &key, &texts);

	assert(found);
	(void)found;
	struct slice from = PADDED(texts.category);
	if (has_category ? slice_equal(category, from) : !from.n)
		return;
	bool had_category = from.n > 0;
	from = emit_copy(judge, from);
	emit_project(judge, EVENT_PROJECT_CATEGORY_CHANGED, project)->project_category_changed =
	        (struct project_category_changed){.has_from = had_category,
	                                          .from = from,
	                                          .has_to = has_category,
	                                          .to = category};
}

static bool check_category(struct judge *judge, struct slice category)
{
	if (text_is_label(category))
		return true;
	return REFUSE(judge, REJECT_BAD_LABEL, "/category", SLICE("\""), category, SLICE("\""));
}

void decide_edit_project(struct judge *judge, const struct edit_project *command)
{
	struct row_project project;
	const struct uuid none = {{0}};

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !check_clear(judge, command) ||
	    (command->has_name && !check_line(judge, command->name, "/name")) ||
	    (command->has_category && !check_category(judge, command->category)))
		return;
	bool same_lead = command->has_lead && uuid_equal(&command->lead, &project.lead);
	if (command->has_lead && !same_lead && !check_member(judge, &command->lead, "/lead"))
		return;
	if (command->has_name)
		edit_name(judge, command->name, &project);
	if (command->has_lead || is_cleared(command, PROJECT_FIELD_LEAD))
		edit_lead(judge, command->has_lead, command->has_lead ? &command->lead : &none,
		          &project);
	if (command->has_category || is_cleared(command, PROJECT_FIELD_CATEGORY))
		edit_category(judge, command->has_category, command->category, &project);
}

void decide_change_project_key(struct judge *judge, const struct change_project_key *command)
{
	struct row_project project;

	if (!find_subject_project(judge, command->project, command->has_expected_version,
	                          command->expected_version, &project) ||
	    !check_project_open(judge, &project, "/project") ||
	    !check_key(judge, command->key, &project.id) ||
	    slice_equal(command->key, PADDED(project.key)))
		return;
	struct slice from = emit_copy(judge, PADDED(project.key));
	emit_project(judge, EVENT_PROJECT_KEY_CHANGED, &project)->project_key_changed =
	        (struct project_key_changed){from, command->key};
}

void decide_archive_project(struct judge *judge, const struct archive_project *command)
{
	struct row_project project;

	if (find_subject_project(judge, command->project, command->has_expected_version,
	                         command->expected_version, &project) &&
	    !project.archived)
		emit_project(judge, EVENT_PROJECT_ARCHIVED, &project)->project_archived.key =
		        emit_copy(judge, PADDED(project.key));
}

void decide_unarchive_project(struct judge *judge, const struct unarchive_project *command)
{
	struct row_project project;

	if (find_subject_project(judge, command->project, command->has_expected_version,
	                         command->expected_version, &project) &&
	    project.archived)
		emit_project(judge, EVENT_PROJECT_UNARCHIVED, &project)->project_unarchived.key =
		        emit_copy(judge, PADDED(project.key));
}

static struct row_project_texts load_texts(const struct tenant_state *state,
                                           const struct uuid *project)
{
	struct row_key key = row_key_project_texts(project);
	struct row_project_texts texts;
	bool found = state->get(state, &key, &texts);

	assert(found);
	(void)found;
	return texts;
}

static void save_texts(struct tenant_state *state, const struct uuid *project,
                       const struct row_project_texts *texts)
{
	struct row_key key = row_key_project_texts(project);

	state->put(state, &key, texts);
}

static void save_key(struct tenant_state *state, struct slice project_key,
                     const struct uuid *project)
{
	struct row_key key = row_key_project_key(project_key);
	struct row_project_key row = {*project};

	state->put(state, &key, &row);
}

void evolve_project_created(struct tenant_state *state, const struct event_meta *meta,
                            const struct project_created *event)
{
	struct row_project project;
	struct row_project_texts texts;

	assert(meta->aggregate.version == 1 && !read_project(state, &meta->aggregate.id, &project));
	memset(&project, 0, sizeof(project));
	memset(&texts, 0, sizeof(texts));
	project.id = meta->aggregate.id;
	project.version = 1;
	if (event->has_lead)
		project.lead = event->lead;
	PADDED_SET(project.key, event->key);
	PADDED_SET(texts.name, event->name);
	save_project(state, &project);
	save_texts(state, &project.id, &texts);
	save_key(state, event->key, &project.id);
	begin_configuration(state, &project.id);
}

void evolve_project_renamed(struct tenant_state *state, const struct event_meta *meta,
                            const struct project_renamed *event)
{
	struct row_project project = load_project(state, meta);
	struct row_project_texts texts = load_texts(state, &project.id);

	PADDED_SET(texts.name, event->to);
	save_texts(state, &project.id, &texts);
	save_project(state, &project);
}

void evolve_project_lead_changed(struct tenant_state *state, const struct event_meta *meta,
                                 const struct project_lead_changed *event)
{
	struct row_project project = load_project(state, meta);

	memset(&project.lead, 0, sizeof(project.lead));
	if (event->has_to)
		project.lead = event->to;
	save_project(state, &project);
}

void evolve_project_category_changed(struct tenant_state *state, const struct event_meta *meta,
                                     const struct project_category_changed *event)
{
	struct row_project project = load_project(state, meta);
	struct row_project_texts texts = load_texts(state, &project.id);

	PADDED_SET(texts.category, event->has_to ? event->to : SLICE(""));
	save_texts(state, &project.id, &texts);
	save_project(state, &project);
}

void evolve_project_key_changed(struct tenant_state *state, const struct event_meta *meta,
                                const struct project_key_changed *event)
{
	struct row_project project = load_project(state, meta);

	PADDED_SET(project.key, event->to);
	save_key(state, event->to, &project.id);
	save_project(state, &project);
}

static void set_archived(struct tenant_state *state, const struct event_meta *meta, bool archived)
{
	struct row_project project = load_project(state, meta);

	assert(project.archived != archived);
	project.archived = archived;
	save_project(state, &project);
}

void evolve_project_archived(struct tenant_state *state, const struct event_meta *meta,
                             const struct project_archived *event)
{
	(void)event;
	set_archived(state, meta, true);
}

void evolve_project_unarchived(struct tenant_state *state, const struct event_meta *meta,
                               const struct project_unarchived *event)
{
	(void)event;
	set_archived(state, meta, false);
}
