#include "core/base/characters.h"
#include "core/domain/project.h"

static void refuse_as_too_large(struct judge *judge)
{
	if (judge->decision->reject == REJECT_NONE)
		REFUSE(judge, REJECT_TOO_LARGE, "", SLICE("send it as several commands"));
}

void *emit_room(struct judge *judge, size_t n)
{
	void *room = arena_alloc(judge->decision->arena, n);

	if (!room)
		refuse_as_too_large(judge);
	return room;
}

struct slice emit_copy(struct judge *judge, struct slice text)
{
	struct slice copy = arena_copy(judge->decision->arena, text);

	if (!copy.data)
		refuse_as_too_large(judge);
	return copy;
}

static struct event *event_begin(struct event *event, enum event_type type)
{
	memset(event, 0, sizeof(*event));
	event->type = type;
	return event;
}

struct event *emit(struct judge *judge, enum event_type type, enum aggregate_kind kind,
                   const struct uuid *id, int64_t version)
{
	struct decision *decision = judge->decision;
	struct decided *decided = NULL;

	if (decision->events_n < DECISION_EVENTS_MAX)
		decided = arena_alloc(decision->arena, sizeof(*decided));
	if (!decided) {
		refuse_as_too_large(judge);
		return event_begin(&judge->unheard, type);
	}
	decided->next = NULL;
	if (decision->last)
		decision->last->next = decided;
	else
		decision->first = decided;
	decision->last = decided;
	decision->events_n++;
	event_begin(&decided->event, type);
	decided->event.meta.aggregate = (struct aggregate_ref){kind, *id, version};
	return &decided->event;
}

bool check_version(struct judge *judge, bool has_expected, int64_t expected, int64_t version)
{
	char room[TEXT_NUMBER_MAX], other[TEXT_NUMBER_MAX];

	judge->decision->version = version;
	if (!has_expected || expected == version)
		return true;
	return REFUSE(judge, REJECT_VERSION_MISMATCH, "/expected_version", SLICE("version is "),
	              text_number((uint64_t)version, room), SLICE(", not "),
	              text_number((uint64_t)expected, other));
}

bool check_organization_version(struct judge *judge, bool has_expected, int64_t expected)
{
	const struct row_organization *organization = &judge->organization;

	if (has_expected && expected >= organization->changed && expected <= organization->version)
		expected = organization->version;
	return check_version(judge, has_expected, expected, organization->version);
}

bool check_new_id(struct judge *judge, const struct uuid *id, const char *pointer)
{
	struct row_key key = row_key_used_id(id);
	struct row_used_id row;
	char room[UUID_TEXT];

	if (!uuid_is_nil(id) && !uuid_equal(id, &judge->organization.id) &&
	    !judge->state->get(judge->state, &key, &row))
		return true;
	return REFUSE(judge, REJECT_ID_TAKEN, pointer, uuid_slice(id, room),
	              SLICE(" is in use already, or was"));
}

bool check_member(struct judge *judge, const struct uuid *member, const char *pointer)
{
	struct row_member row;
	char room[UUID_TEXT];

	bool found = read_member(judge->state, member, &row);
	if (found && row.status == MEMBER_ACTIVE)
		return true;
	if (found && row.status == MEMBER_DEACTIVATED)
		return REFUSE(judge, REJECT_MEMBER_DEACTIVATED, pointer, uuid_slice(member, room),
		              SLICE(" is deactivated"));
	return REFUSE(judge, REJECT_NO_SUCH_MEMBER, pointer, SLICE("there is no member "),
	              uuid_slice(member, room));
}

bool check_line(struct judge *judge, struct slice text, const char *pointer)
{
	if (text_is_line(text))
		return true;
	return REFUSE(judge, REJECT_BAD_TEXT, pointer,
	              SLICE("1 to 255 characters in one line, not only spaces"));
}

bool check_short_name(struct judge *judge, struct slice text, const char *pointer)
{
	if (text_is_line(text) && text_characters(text) <= TEXT_NAME_MAX)
		return true;
	return REFUSE(judge, REJECT_BAD_TEXT, pointer,
	              SLICE("1 to 64 characters in one line, not only spaces"));
}

bool check_name_differs(struct judge *judge, struct slice name, struct slice other)
{
	return !same_but_case(name, other) || REFUSE(judge, REJECT_NAME_TAKEN, "/name", SLICE("\""),
	                                             other, SLICE("\" is there already"));
}

bool check_position(struct judge *judge, int32_t position, uint32_t n)
{
	char room[TEXT_NUMBER_MAX];

	if (position >= 0 && (uint32_t)position < n)
		return true;
	return REFUSE(judge, REJECT_BAD_POSITION, "/position", SLICE("0 to "),
	              text_number(n - 1, room));
}

bool check_body(struct judge *judge, struct slice text, const char *pointer)
{
	if (text_is_body(text))
		return true;
	return REFUSE(judge, REJECT_BAD_TEXT, pointer,
	              SLICE("at most 65536 characters, none of them control characters"));
}

bool day_in_range(int32_t days)
{
	return days >= DAY_MIN && days <= DAY_MAX;
}

bool time_in_range(int64_t ms)
{
	const int64_t day = 86400000;

	return ms >= DAY_MIN * day && ms < (DAY_MAX + (int64_t)1) * day;
}

bool check_date(struct judge *judge, int32_t days, const char *pointer)
{
	if (day_in_range(days))
		return true;
	return REFUSE(judge, REJECT_BAD_DATE, pointer, SLICE("1900-01-01 to 9999-12-31"));
}

bool check_time(struct judge *judge, int64_t ms, const char *pointer)
{
	if (time_in_range(ms))
		return true;
	return REFUSE(judge, REJECT_BAD_DATE, pointer, SLICE("1900-01-01 to 9999-12-31"));
}

/* Of the actor in @project; read once as long as it is the same project. */
static const struct rights *rights_of(struct judge *judge, const struct row_project *project)
{
	const struct holder holder = {judge->person, judge->role};

	if (!judge->has_rights || !uuid_equal(&judge->rights_project, &project->id)) {
		judge->rights = rights_in(judge->state, &holder, project);
		judge->rights_project = project->id;
		judge->has_rights = true;
	}
	return &judge->rights;
}

bool may(struct judge *judge, enum permission permission, const struct row_project *project,
         const struct row_issue *issue)
{
	return judge->processor ||
	       rights_give(rights_of(judge, project), permission, &judge->person, issue);
}

/* How far the command reaches. */
static enum command_reach reach(struct judge *judge, const struct row_project *project,
                                const struct row_issue *issue)
{
	const struct holder holder = {judge->person, judge->role};

	if (judge->processor)
		return REACHES_ALL;
	return command_reach(judge->type, &holder, rights_of(judge, project), issue);
}

/* Whether the actor would hold it if he had not come with an API key. */
static bool is_cut_by_key(const struct judge *judge, enum permission permission,
                          const struct row_project *project, const struct row_issue *issue)
{
	struct row_member member;

	if (!judge->request->has_api_key ||
	    !read_member(judge->state, &judge->request->actor.id, &member))
		return false;
	const struct holder holder = {judge->person, member.role};
	const struct rights rights = rights_in(judge->state, &holder, project);
	return rights_give(&rights, permission, &judge->person, issue);
}

static bool refuse_permission(struct judge *judge, enum permission permission,
                              const struct row_project *project, const struct row_issue *issue,
                              const char *pointer)
{
	struct slice name = slice_str(permission_symbol(permission));

	if (is_cut_by_key(judge, permission, project, issue))
		return REFUSE(judge, REJECT_KEY_SCOPE, pointer, name, SLICE(" in "),
		              PADDED(project->key), SLICE(" needs an API key of the scope admin"));
	return REFUSE(judge, REJECT_FORBIDDEN, pointer, SLICE("this needs the permission "), name,
	              SLICE(" in "), PADDED(project->key));
}

bool check_may(struct judge *judge, enum permission permission, const struct row_project *project,
               const struct row_issue *issue)
{
	return may(judge, permission, project, issue) ||
	       refuse_permission(judge, permission, project, issue, "");
}

bool may_send(struct judge *judge, const struct row_project *project, const struct row_issue *issue)
{
	return reach(judge, project, issue) != REACHES_NOTHING;
}

/* Of what belongs to somebody, who it belongs to is asked later. */
bool check_asked(struct judge *judge, const struct row_project *project,
                 const struct row_issue *issue)
{
	judge->has_asked = true;
	if (may_send(judge, project, issue))
		return true;
	return refuse_permission(judge, command_permissions[judge->type].permission, project, issue,
	                         "");
}

bool member_may(struct judge *judge, const struct uuid *member, enum permission permission,
                const struct row_project *project, const struct row_issue *issue)
{
	struct row_member row;

	if (!read_member(judge->state, member, &row) || row.status != MEMBER_ACTIVE)
		return false;
	const struct holder holder = {*member, row.role};
	const struct rights rights = rights_in(judge->state, &holder, project);
	return rights_give(&rights, PERMISSION_BROWSE_PROJECT, member, issue) &&
	       rights_give(&rights, permission, member, issue);
}

bool can_be_assigned(struct judge *judge, const struct row_project *project,
                     const struct row_issue *issue, const struct uuid *member)
{
	return member_may(judge, member, PERMISSION_BE_ASSIGNED, project, issue);
}

bool check_assignee(struct judge *judge, const struct row_project *project,
                    const struct row_issue *issue, const struct uuid *member)
{
	char room[UUID_TEXT];

	if (!check_member(judge, member, "/assignee"))
		return false;
	if (can_be_assigned(judge, project, issue, member))
		return true;
	return REFUSE(judge, REJECT_NOT_ASSIGNABLE, "/assignee", uuid_slice(member, room),
	              SLICE(" may not be assigned issues of "), PADDED(project->key));
}

bool check_watcher(struct judge *judge, const struct row_issue *issue, const struct uuid *member)
{
	const struct row_project *project = project_of_issue(judge, issue);
	char room[UUID_TEXT];

	if (!check_member(judge, member, "/member"))
		return false;
	if (member_may(judge, member, PERMISSION_BROWSE_PROJECT, project, issue))
		return true;
	return REFUSE(judge, REJECT_CANNOT_WATCH, "/member", uuid_slice(member, room),
	              SLICE(" may not browse "), PADDED(project->key));
}

bool check_own(struct judge *judge, const struct row_issue *issue, const struct uuid *owner,
               const char *pointer)
{
	const struct command_permission *asked = &command_permissions[judge->type];
	const struct row_project *project = project_of_issue(judge, issue);
	bool is_own = uuid_equal(owner, &judge->person);

	assert(asked->asks == ASKS_OWNERSHIP);
	if (reach(judge, project, issue) >= (is_own ? REACHES_OWN : REACHES_ALL))
		return true;
	return refuse_permission(judge, is_own ? asked->permission : asked->others, project, issue,
	                         pointer);
}

static bool resolve_key(const struct tenant_state *state, struct slice ref, struct uuid *id)
{
	char room[TEXT_KEY_MAX];
	struct slice key;
	int64_t number;
	struct row_project_key project;
	struct row_issue_number issue;

	if (!text_to_issue_key(ref, room, &key, &number))
		return false;
	struct row_key at = row_key_project_key(key);
	if (!state->get(state, &at, &project))
		return false;
	at = row_key_issue_number(&project.project_id, number);
	if (!state->get(state, &at, &issue))
		return false;
	*id = issue.issue_id;
	return true;
}

bool resolve_issue(const struct tenant_state *state, struct slice ref, struct row_issue *issue)
{
	struct uuid id;

	return (uuid_parse(ref, &id) || resolve_key(state, ref, &id)) &&
	       read_issue(state, &id, issue);
}

static bool refuse_issue(struct judge *judge, struct slice ref, const char *pointer)
{
	return REFUSE(judge, REJECT_NO_SUCH_ISSUE, pointer, SLICE("there is no issue "), ref);
}

bool can_browse_issue(struct judge *judge, const struct row_issue *issue)
{
	const struct row_project *project = project_of_issue(judge, issue);

	return !project->deleted && may(judge, PERMISSION_BROWSE_PROJECT, project, NULL);
}

bool find_other_issue(struct judge *judge, struct slice ref, const char *pointer,
                      struct row_issue *issue)
{
	return (resolve_issue(judge->state, ref, issue) && !issue->deleted &&
	        can_browse_issue(judge, issue)) ||
	       refuse_issue(judge, ref, pointer);
}

bool find_issue(struct judge *judge, struct slice ref, struct row_issue *issue)
{
	return find_other_issue(judge, ref, "/issue", issue) &&
	       check_asked(judge, project_of_issue(judge, issue), issue);
}

bool find_kept_issue(struct judge *judge, struct slice ref, struct row_issue *issue)
{
	if (!resolve_issue(judge->state, ref, issue) || !can_browse_issue(judge, issue))
		return refuse_issue(judge, ref, "/issue");
	return check_asked(judge, project_of_issue(judge, issue), issue) ||
	       (issue->deleted && refuse_issue(judge, ref, "/issue"));
}

bool check_issue_active(struct judge *judge, const struct row_issue *issue, struct slice ref,
                        const char *pointer)
{
	if (!issue->archived)
		return true;
	return REFUSE(judge, REJECT_ISSUE_ARCHIVED, pointer, ref,
	              SLICE(" is archived: unarchive it first"));
}

bool find_active_issue(struct judge *judge, struct slice ref, const char *pointer,
                       struct row_issue *issue)
{
	return find_other_issue(judge, ref, pointer, issue) &&
	       check_issue_active(judge, issue, ref, pointer);
}

bool find_open_issue(struct judge *judge, struct slice ref, const char *pointer,
                     struct row_issue *issue)
{
	return find_active_issue(judge, ref, pointer, issue) &&
	       check_project_open(judge, project_of_issue(judge, issue), pointer);
}

bool check_occurred_at(struct judge *judge, const struct row_issue *issue)
{
	const struct request *request = judge->request;

	if (!request->has_occurred_at || request->occurred_at_ms >= issue->occurred_at)
		return true;
	return REFUSE(judge, REJECT_OCCURRED_AT_DECREASES, "",
	              SLICE("the issue has an event that occurred later"));
}

const struct row_project *project_of_issue(struct judge *judge, const struct row_issue *issue)
{
	if (judge->has_project && uuid_equal(&judge->project.id, &issue->project_id))
		return &judge->project;
	judge->has_project = read_project(judge->state, &issue->project_id, &judge->project);
	assert(judge->has_project);
	return &judge->project;
}

bool check_project_of_issue(struct judge *judge, const struct row_issue *issue)
{
	return check_project_open(judge, project_of_issue(judge, issue), "/issue");
}

bool check_issue_open(struct judge *judge, const struct row_issue *issue)
{
	return check_issue_active(judge, issue, SLICE("the issue"), "/issue") &&
	       check_project_of_issue(judge, issue);
}

bool find_subject(struct judge *judge, struct slice ref, bool has_expected, int64_t expected,
                  struct row_issue *issue)
{
	return find_issue(judge, ref, issue) &&
	       check_version(judge, has_expected, expected, issue->version) &&
	       check_issue_open(judge, issue) && check_occurred_at(judge, issue);
}

bool read_organization(const struct tenant_state *state, struct row_organization *row)
{
	struct row_key key = row_key_organization();

	return state->get(state, &key, row);
}

bool read_member(const struct tenant_state *state, const struct uuid *id, struct row_member *row)
{
	struct row_key key = row_key_member(id);

	return state->get(state, &key, row);
}

bool read_project(const struct tenant_state *state, const struct uuid *id, struct row_project *row)
{
	struct row_key key = row_key_project(id);

	return state->get(state, &key, row);
}

bool read_issue(const struct tenant_state *state, const struct uuid *id, struct row_issue *row)
{
	struct row_key key = row_key_issue(id);

	return state->get(state, &key, row);
}

struct row_issue load_issue(const struct tenant_state *state, const struct event_meta *meta)
{
	struct row_issue issue;
	bool found = read_issue(state, &meta->aggregate.id, &issue);

	assert(found && meta->aggregate.kind == AGGREGATE_KIND_ISSUE);
	assert(meta->aggregate.version == issue.version + 1);
	(void)found;
	issue.version = meta->aggregate.version;
	if (meta->occurred_at > issue.occurred_at)
		issue.occurred_at = meta->occurred_at;
	return issue;
}

void save_issue(struct tenant_state *state, const struct row_issue *issue)
{
	struct row_key key = row_key_issue(&issue->id);

	state->put(state, &key, issue);
}

struct row_project load_project(const struct tenant_state *state, const struct event_meta *meta)
{
	struct row_project project;
	bool found = read_project(state, &meta->aggregate.id, &project);

	assert(found && meta->aggregate.kind == AGGREGATE_KIND_PROJECT);
	assert(meta->aggregate.version == project.version + 1);
	(void)found;
	project.version = meta->aggregate.version;
	return project;
}

void save_project(struct tenant_state *state, const struct row_project *project)
{
	struct row_key key = row_key_project(&project->id);

	state->put(state, &key, project);
}

struct row_organization load_organization_beside(const struct tenant_state *state,
                                                 const struct event_meta *meta)
{
	struct row_organization organization;
	bool found = read_organization(state, &organization);

	assert(found && meta->aggregate.kind == AGGREGATE_KIND_ORGANIZATION);
	assert(uuid_equal(&meta->aggregate.id, &organization.id));
	assert(meta->aggregate.version == organization.version + 1);
	(void)found;
	organization.version = meta->aggregate.version;
	return organization;
}

struct row_organization load_organization(const struct tenant_state *state,
                                          const struct event_meta *meta)
{
	struct row_organization organization = load_organization_beside(state, meta);

	organization.changed = organization.version;
	return organization;
}

void save_organization(struct tenant_state *state, const struct row_organization *organization)
{
	struct row_key key = row_key_organization();

	state->put(state, &key, organization);
}

struct slice padded_slice(const char *padded, size_t room)
{
	const char *end = memchr(padded, '\0', room);

	return slice_of(padded, end ? (size_t)(end - padded) : room);
}

void padded_set(char *padded, size_t room, struct slice text)
{
	assert(text.n <= room);
	memset(padded, 0, room);
	if (text.n)
		memcpy(padded, text.data, text.n);
}
