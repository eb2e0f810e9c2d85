/* Versions of a project, in an order of their own. One that was removed keeps its row, so that its
 * id is not given again. */
#include "core/domain/issue_tag.h"
#include "core/domain/part_remove.h"
#include "core/domain/project.h"

#define DAY_MS 86400000

bool find_version(struct judge *judge, const struct uuid *project, const struct uuid *id,
                  const char *pointer, struct row_version *row)
{
	struct row_key key = row_key_version(id);
	char room[UUID_TEXT];

	if (judge->state->get(judge->state, &key, row) && !row->removed &&
	    uuid_equal(&row->project_id, project))
		return true;
	return REFUSE(judge, REJECT_NO_SUCH_VERSION, pointer, SLICE("the project has no version "),
	              uuid_slice(id, room));
}

/* @but: the version that may have the name, NULL: none. */
static bool check_name(struct judge *judge, const struct uuid *project, struct slice name,
                       const struct uuid *but)
{
	struct uuid id, *after = NULL;
	struct row_version row;

	if (!check_line(judge, name, "/name"))
		return false;
	for (; next_part(judge->state, ROW_PROJECT_VERSION, project, after, &id); after = &id) {
		struct row_key key = row_key_version(&id);
		bool found = judge->state->get(judge->state, &key, &row);
		assert(found);
		(void)found;
		if (!(but && uuid_equal(but, &id)) &&
		    !check_name_differs(judge, name, PADDED(row.name)))
			return false;
	}
	return true;
}

static bool check_days(struct judge *judge, const struct row_version *row, const char *pointer)
{
	if (row->has_start_on && !check_date(judge, row->start_on, "/start_on"))
		return false;
	if (row->has_release_on && !check_date(judge, row->release_on, "/release_on"))
		return false;
	if (row->has_start_on && row->has_release_on && row->start_on > row->release_on)
		return REFUSE(judge, REJECT_START_AFTER_RELEASE, pointer,
		              SLICE("work would begin after the day of release"));
	return true;
}

void decide_add_version(struct judge *judge, const struct add_version *command)
{
	const struct row_version days = {.has_start_on = command->has_start_on,
	                                 .start_on = command->start_on,
	                                 .has_release_on = command->has_release_on,
	                                 .release_on = command->release_on};
	struct uuid id =
	        command->has_version_id ? command->version_id : judge->request->fresh[FRESH_ID];
	struct row_project project;
	char room[TEXT_NUMBER_MAX];

	if (!find_open_project(judge, command->project, false, 0, &project) ||
	    !check_name(judge, &project.id, command->name, NULL) ||
	    !check_note(judge, command->description, "/description") ||
	    !check_days(judge, &days, "/start_on") || !check_new_id(judge, &id, "/version_id"))
		return;
	if (project.versions >= PROJECT_VERSIONS_MAX) {
		REFUSE(judge, REJECT_TOO_MANY, "", SLICE("the project has "),
		       text_number(project.versions, room), SLICE(" versions"));
		return;
	}
	emit_project(judge, EVENT_VERSION_ADDED, &project)->version_added =
	        (struct version_added){.version_id = id,
	                               .version = {.name = command->name,
	                                           .description = command->description,
	                                           .has_start_on = command->has_start_on,
	                                           .start_on = command->start_on,
	                                           .has_release_on = command->has_release_on,
	                                           .release_on = command->release_on},
	                               .place = (int32_t)project.versions};
	judge->decision->created = id;
}

/* The version that a command is about, in its project. */
static bool find_subject_version(struct judge *judge, struct slice ref, bool has_expected,
                                 int64_t expected, const struct uuid *id,
                                 struct row_project *project, struct row_version *row)
{
	return find_open_project(judge, ref, has_expected, expected, project) &&
	       find_version(judge, &project->id, id, "/version_id", row);
}

static struct project_version as_event(struct judge *judge, const struct row_version *row)
{
	return (struct project_version){.name = emit_copy(judge, PADDED(row->name)),
	                                .description = emit_copy(judge, PADDED(row->description)),
	                                .has_start_on = row->has_start_on,
	                                .start_on = row->start_on,
	                                .has_release_on = row->has_release_on,
	                                .release_on = row->release_on};
}

static bool check_clear(struct judge *judge, const struct edit_version *command)
{
	const bool given[PROJECT_VERSION_FIELDS] = {
	        [PROJECT_VERSION_FIELD_DESCRIPTION] = command->has_description,
	        [PROJECT_VERSION_FIELD_START_ON] = command->has_start_on,
	        [PROJECT_VERSION_FIELD_RELEASE_ON] = command->has_release_on};

	for (uint32_t i = 0; i < command->clear.n; i++)
		if (given[command->clear.items[i]])
			return REFUSE(
			        judge, REJECT_BAD_CLEAR, "/clear",
			        slice_str(project_version_field_symbol(command->clear.items[i])),
			        SLICE(" is set and emptied at once"));
	return true;
}

static void set_day(bool *has, int32_t *day, bool has_to, int32_t to)
{
	*has = has_to;
	*day = has_to ? to : 0;
}

static void edit(struct row_version *row, const struct edit_version *command)
{
	if (command->has_name)
		PADDED_SET(row->name, command->name);
	if (command->has_description)
		PADDED_SET(row->description, command->description);
	if (command->has_start_on)
		set_day(&row->has_start_on, &row->start_on, true, command->start_on);
	if (command->has_release_on)
		set_day(&row->has_release_on, &row->release_on, true, command->release_on);
	for (uint32_t i = 0; i < command->clear.n; i++) {
		enum project_version_field field = command->clear.items[i];
		if (field == PROJECT_VERSION_FIELD_DESCRIPTION)
			PADDED_SET(row->description, SLICE(""));
		else if (field == PROJECT_VERSION_FIELD_START_ON)
			set_day(&row->has_start_on, &row->start_on, false, 0);
		else
			set_day(&row->has_release_on, &row->release_on, false, 0);
	}
}

void decide_edit_version(struct judge *judge, const struct edit_version *command)
{
	struct row_project project;
	struct row_version before, after;

	if (!find_subject_version(judge, command->project, command->has_expected_version,
	                          command->expected_version, &command->version_id, &project,
	                          &before) ||
	    !check_clear(judge, command) ||
	    (command->has_name && !slice_equal(command->name, PADDED(before.name)) &&
	     !check_name(judge, &project.id, command->name, &command->version_id)) ||
	    (command->has_description && !check_note(judge, command->description, "/description")))
		return;
	after = before;
	edit(&after, command);
	if (memcmp(&before, &after, sizeof(before)) == 0 ||
	    !check_days(judge, &after, command->has_start_on ? "/start_on" : "/release_on"))
		return;
	struct project_version from = as_event(judge, &before), to = as_event(judge, &after);
	emit_project(judge, EVENT_VERSION_EDITED, &project)->version_edited =
	        (struct version_edited){command->version_id, from, to};
}

static bool refuse_status(struct judge *judge, const struct row_version *row)
{
	return REFUSE(judge, REJECT_VERSION_STATUS, "/version_id", PADDED(row->name), SLICE(" is "),
	              slice_str(project_version_status_symbol(row->status)));
}

static void emit_status(struct judge *judge, const struct uuid *id, const struct row_version *row,
                        enum project_version_status to, bool has_release_on, int32_t release_on,
                        struct row_project *project)
{
	emit_project(judge, EVENT_VERSION_STATUS_CHANGED, project)->version_status_changed =
	        (struct version_status_changed){.version_id = *id,
	                                        .from = row->status,
	                                        .to = to,
	                                        .has_from_release_on = row->has_release_on,
	                                        .from_release_on = row->release_on,
	                                        .has_to_release_on = has_release_on,
	                                        .to_release_on = release_on};
}

/* The planned version that gets what a released one left open. */
static bool find_successor(struct judge *judge, const struct release_version *command,
                           const struct row_project *project)
{
	struct row_version row;

	if (!command->has_move_open_to)
		return true;
	if (!find_version(judge, &project->id, &command->move_open_to, "/move_open_to", &row))
		return false;
	if (row.status != PROJECT_VERSION_STATUS_PLANNED ||
	    uuid_equal(&command->move_open_to, &command->version_id))
		return REFUSE(judge, REJECT_VERSION_STATUS, "/move_open_to",
		              SLICE("another version that is planned"));
	return true;
}

void decide_release_version(struct judge *judge, const struct release_version *command)
{
	static const enum row_tag fixed[] = {ROW_TAG_FIX};
	int32_t day = command->has_release_on ? command->release_on
	                                      : (int32_t)(judge->request->now_ms / DAY_MS);
	struct row_project project;
	struct row_version row, released;

	if (!find_subject_version(judge, command->project, command->has_expected_version,
	                          command->expected_version, &command->version_id, &project,
	                          &row) ||
	    row.status == PROJECT_VERSION_STATUS_RELEASED)
		return;
	released = row;
	set_day(&released.has_release_on, &released.release_on, true, day);
	if (row.status != PROJECT_VERSION_STATUS_PLANNED) {
		refuse_status(judge, &row);
		return;
	}
	if (!check_days(judge, &released, "/release_on") ||
	    !find_successor(judge, command, &project))
		return;
	if (command->has_move_open_to)
		replace_tags(judge, fixed, 1, &command->version_id, &command->move_open_to, true);
	emit_status(judge, &command->version_id, &row, PROJECT_VERSION_STATUS_RELEASED, true, day,
	            &project);
}

void decide_unrelease_version(struct judge *judge, const struct unrelease_version *command)
{
	struct row_project project;
	struct row_version row;

	if (!find_subject_version(judge, command->project, command->has_expected_version,
	                          command->expected_version, &command->version_id, &project,
	                          &row) ||
	    row.status == PROJECT_VERSION_STATUS_PLANNED)
		return;
	if (row.status != PROJECT_VERSION_STATUS_RELEASED)
		refuse_status(judge, &row);
	else
		emit_status(judge, &command->version_id, &row, PROJECT_VERSION_STATUS_PLANNED,
		            row.has_release_on, row.release_on, &project);
}

void decide_archive_version(struct judge *judge, const struct archive_version *command)
{
	struct row_project project;
	struct row_version row;

	if (find_subject_version(judge, command->project, command->has_expected_version,
	                         command->expected_version, &command->version_id, &project, &row) &&
	    row.status != PROJECT_VERSION_STATUS_ARCHIVED)
		emit_status(judge, &command->version_id, &row, PROJECT_VERSION_STATUS_ARCHIVED,
		            row.has_release_on, row.release_on, &project);
}

void decide_unarchive_version(struct judge *judge, const struct unarchive_version *command)
{
	struct row_project project;
	struct row_version row;

	if (find_subject_version(judge, command->project, command->has_expected_version,
	                         command->expected_version, &command->version_id, &project, &row) &&
	    row.status == PROJECT_VERSION_STATUS_ARCHIVED)
		emit_status(judge, &command->version_id, &row, row.before_archived,
		            row.has_release_on, row.release_on, &project);
}

void decide_move_version(struct judge *judge, const struct move_version *command)
{
	struct row_project project;
	struct row_version row, other;
	int32_t to = 0;

	if (!find_subject_version(judge, command->project, command->has_expected_version,
	                          command->expected_version, &command->version_id, &project, &row))
		return;
	if (command->has_after) {
		if (!find_version(judge, &project.id, &command->after, "/after", &other))
			return;
		if (uuid_equal(&command->after, &command->version_id)) {
			REFUSE(judge, REJECT_BAD_CHANGE, "/after",
			       SLICE("a version has no place behind itself"));
			return;
		}
		to = other.place < row.place ? other.place + 1 : other.place;
	}
	if (to != row.place)
		emit_project(judge, EVENT_VERSION_MOVED, &project)->version_moved =
		        (struct version_moved){command->version_id, row.place, to};
}

void decide_remove_version(struct judge *judge, const struct remove_version *command)
{
	struct part_removal removal = {
	        .is_version = true,
	        .id = command->version_id,
	        .replacement = command->has_replace_with ? &command->replace_with : NULL,
	        .detach = command->detach};
	struct row_project project;
	struct row_version row;

	if (!find_subject_version(judge, command->project, command->has_expected_version,
	                          command->expected_version, &command->version_id, &project, &row))
		return;
	part_removal_begin(judge, &project, &removal);
	if (!check_part_removal(&removal, row.issues) || !replace_part(&removal))
		return;
	struct project_version was = as_event(judge, &row);
	emit_project(judge, EVENT_VERSION_REMOVED, &project)->version_removed =
	        (struct version_removed){command->version_id, was, row.place};
}

static void set(struct row_version *row, const struct project_version *version)
{
	PADDED_SET(row->name, version->name);
	PADDED_SET(row->description, version->description);
	set_day(&row->has_start_on, &row->start_on, version->has_start_on, version->start_on);
	set_day(&row->has_release_on, &row->release_on, version->has_release_on,
	        version->release_on);
}

static struct row_version load(const struct tenant_state *state, const struct uuid *id)
{
	struct row_key key = row_key_version(id);
	struct row_version row;
	bool found = state->get(state, &key, &row);

	assert(found && !row.removed);
	(void)found;
	return row;
}

static void save(struct tenant_state *state, const struct uuid *id, const struct row_version *row)
{
	struct row_key key = row_key_version(id);

	state->put(state, &key, row);
}

void version_count(struct tenant_state *state, const struct uuid *id, int change)
{
	struct row_version row = load(state, id);

	row.issues += (uint32_t)change;
	save(state, id, &row);
}

/* Move those with a place from @first to @last by @change. */
static void shift(struct tenant_state *state, const struct uuid *project, int32_t first,
                  int32_t last, int32_t change)
{
	struct uuid id, *after = NULL;

	for (; next_part(state, ROW_PROJECT_VERSION, project, after, &id); after = &id) {
		struct row_version row = load(state, &id);
		if (row.place < first || row.place > last)
			continue;
		row.place += change;
		save(state, &id, &row);
	}
}

void evolve_version_added(struct tenant_state *state, const struct event_meta *meta,
                          const struct version_added *event)
{
	static const struct row_project_version part;
	struct row_project project = load_project(state, meta);
	struct row_key key = row_key_pair(ROW_PROJECT_VERSION, &project.id, &event->version_id);
	struct row_version row;

	memset(&row, 0, sizeof(row));
	row.project_id = project.id;
	row.status = PROJECT_VERSION_STATUS_PLANNED;
	row.place = event->place;
	set(&row, &event->version);
	save(state, &event->version_id, &row);
	state->put(state, &key, &part);
	project.versions++;
	save_project(state, &project);
}

void evolve_version_edited(struct tenant_state *state, const struct event_meta *meta,
                           const struct version_edited *event)
{
	struct row_project project = load_project(state, meta);
	struct row_version row = load(state, &event->version_id);

	set(&row, &event->after);
	save(state, &event->version_id, &row);
	save_project(state, &project);
}

void evolve_version_status_changed(struct tenant_state *state, const struct event_meta *meta,
                                   const struct version_status_changed *event)
{
	struct row_project project = load_project(state, meta);
	struct row_version row = load(state, &event->version_id);

	if (event->to == PROJECT_VERSION_STATUS_ARCHIVED)
		row.before_archived = row.status;
	row.status = event->to;
	set_day(&row.has_release_on, &row.release_on, event->has_to_release_on,
	        event->to_release_on);
	save(state, &event->version_id, &row);
	save_project(state, &project);
}

void evolve_version_moved(struct tenant_state *state, const struct event_meta *meta,
                          const struct version_moved *event)
{
	struct row_project project = load_project(state, meta);

	if (event->to > event->from)
		shift(state, &project.id, event->from + 1, event->to, -1);
	else
		shift(state, &project.id, event->to, event->from - 1, 1);
	struct row_version row = load(state, &event->version_id);
	row.place = event->to;
	save(state, &event->version_id, &row);
	save_project(state, &project);
}

void evolve_version_removed(struct tenant_state *state, const struct event_meta *meta,
                            const struct version_removed *event)
{
	struct row_project project = load_project(state, meta);
	struct row_key key = row_key_pair(ROW_PROJECT_VERSION, &project.id, &event->version_id);
	struct row_version row = load(state, &event->version_id);

	assert(row.issues == 0 && project.versions > 0);
	row.removed = true;
	save(state, &event->version_id, &row);
	state->del(state, &key);
	shift(state, &project.id, event->place + 1, INT32_MAX, -1);
	project.versions--;
	save_project(state, &project);
}
