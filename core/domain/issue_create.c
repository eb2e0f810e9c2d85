/* CreateIssue, and what all decisions on issues share. */
#include "core/domain/issue_field.h"
#include "core/domain/issue_tag.h"
#include "core/domain/label.h"
#include "core/domain/migration.h"
#include "core/domain/post_function.h"
#include "core/domain/project.h"
#include "core/domain/rank.h"
#include "core/domain/transition_say.h"

/* Levels of types are -1 to 5: seven generations at most; more would be a loop. */
#define GENERATIONS_MAX 8

struct event *emit_issue(struct judge *judge, enum event_type type, struct row_issue *issue)
{
	issue->version++;
	judge->decision->version = issue->version;
	return emit(judge, type, AGGREGATE_KIND_ISSUE, &issue->id, issue->version);
}

void count_on(struct uuid *id)
{
	for (size_t i = sizeof(id->bytes); i-- > 8 && ++id->bytes[i] == 0;)
		;
}

static bool is_descendant(const struct tenant_state *state, const struct row_issue *issue,
                          const struct uuid *ancestor)
{
	struct row_issue at = *issue;

	for (int i = 0; i < GENERATIONS_MAX; i++) {
		if (uuid_equal(&at.id, ancestor))
			return true;
		if (uuid_is_nil(&at.parent) || !read_issue(state, &at.parent, &at))
			return false;
	}
	return true;
}

bool may_adopt(struct judge *judge, const struct uuid *project, const struct row_issue *parent)
{
	return uuid_equal(&parent->project_id, project) ||
	       may(judge, PERMISSION_EDIT_ISSUES, project_of_issue(judge, parent), parent);
}

bool check_adoption(struct judge *judge, const struct uuid *project, const struct row_issue *parent)
{
	return may_adopt(judge, project, parent) ||
	       check_may(judge, PERMISSION_EDIT_ISSUES, project_of_issue(judge, parent), parent);
}

bool check_parent(struct judge *judge, const struct uuid *id, const struct row_item *type,
                  const struct row_issue *parent, const char *pointer)
{
	char room[2][CALLED_MAX];
	struct row_item parent_type;
	bool found = read_item(judge->state, &parent->project_id, ITEM_ISSUE_TYPE,
	                       PADDED(parent->type), &parent_type);

	assert(found);
	(void)found;
	if (is_descendant(judge->state, parent, id))
		return REFUSE(judge, REJECT_PARENT_CYCLE, pointer,
		              SLICE("the parent is the issue itself, or below it"));
	if (parent_type.level != type->level + 1)
		return REFUSE(judge, REJECT_PARENT_TYPE, pointer,
		              item_called(&parent_type, room[0]),
		              SLICE(" cannot be the parent of "), item_called(type, room[1]));
	return true;
}

struct rank issue_last_rank(const struct tenant_state *state)
{
	struct row_key key = row_key_last(ROW_RANK);
	struct rank rank = {.n = 0};
	struct row_rank row;

	if (!state->next(state, &key, true, &row))
		return rank;
	rank.n = (uint8_t)(key.n - 1 - sizeof(struct uuid));
	memcpy(rank.text, key.bytes, rank.n);
	return rank;
}

static bool check_texts(struct judge *judge, const struct create_issue *command)
{
	return check_line(judge, command->summary, "/summary") &&
	       check_body(judge, command->description, "/description") &&
	       check_labels(judge, command->labels, "/labels") &&
	       (!command->has_due_on || check_date(judge, command->due_on, "/due_on")) &&
	       (!command->has_start_on || check_date(judge, command->start_on, "/start_on")) &&
	       check_start(judge, command->has_start_on, command->start_on, command->has_due_on,
	                   command->due_on, "/start_on") &&
	       (!command->has_estimate || check_estimate(judge, command->estimate, "/estimate")) &&
	       (!command->has_remaining ||
	        check_estimate(judge, command->remaining, "/remaining")) &&
	       (!command->has_external_ref ||
	        check_line(judge, command->external_ref, "/external_ref"));
}

/* The parent that the command names, nil if none. */
static bool find_parent(struct judge *judge, const struct create_issue *command,
                        const struct uuid *id, const struct uuid *project,
                        const struct row_item *type, struct uuid *parent)
{
	struct row_issue row;

	memset(parent, 0, sizeof(*parent));
	if (!command->has_parent && type_needs_parent(type))
		return REFUSE(judge, REJECT_PARENT_NEEDED, "/parent", PADDED(type->id),
		              SLICE(" needs a parent"));
	if (!command->has_parent)
		return true;
	if (!find_open_issue(judge, command->parent, "/parent", &row) ||
	    !check_adoption(judge, project, &row) ||
	    !check_parent(judge, id, type, &row, "/parent"))
		return false;
	*parent = row.id;
	return true;
}

static bool check_project_parts(struct judge *judge, const struct create_issue *command,
                                const struct uuid *project)
{
	return check_tags(judge, project, ROW_TAG_COMPONENT, command->components, "/components") &&
	       check_tags(judge, project, ROW_TAG_FIX, command->fix_versions, "/fix_versions") &&
	       check_tags(judge, project, ROW_TAG_AFFECTS, command->affects_versions,
	                  "/affects_versions");
}

/* The actor is asked as the reporter, whoever that will be: they could hand it over afterwards. */
static bool check_people(struct judge *judge, const struct create_issue *command,
                         const struct row_project *project, struct row_issue *issue)
{
	bool schedules = command->has_due_on || command->has_start_on;

	issue->reporter = judge->person;
	if ((command->has_assignee &&
	     !check_may(judge, PERMISSION_ASSIGN_ISSUES, project, issue)) ||
	    (schedules && !check_may(judge, PERMISSION_SCHEDULE_ISSUES, project, issue)) ||
	    !check_given_reporter(judge, project, issue, command->has_reporter, &command->reporter))
		return false;
	if (command->has_reporter)
		issue->reporter = command->reporter;
	return !command->has_assignee || check_assignee(judge, project, issue, &command->assignee);
}

/* --- the draft of a new issue --- */

/* What CreateIssue says, which was checked. */
static void draft_command(const struct create_issue *command, struct issue_draft *draft)
{
	struct judge *judge = draft->judge;
	struct row_issue *issue = &draft->issue;

	issue->has_due_on = command->has_due_on;
	issue->due_on = command->due_on;
	issue->has_start_on = command->has_start_on;
	issue->start_on = command->start_on;
	issue->has_estimate = command->has_estimate;
	issue->estimate = command->estimate;
	issue->has_remaining = command->has_remaining || command->has_estimate;
	issue->remaining = command->has_remaining ? command->remaining : command->estimate;
	draft->has_summary = draft->has_description = draft->has_labels = true;
	draft->summary = command->summary;
	draft->description = command->description;
	issue_set_description(issue, command->description, 0);
	draft->labels = labels_select(judge, NULL, command->labels, false);
	issue->labels = draft->labels.n;
	draft->wishes = command->fields;
}

/* Nobody is named: the default assignee of the first component that has one who can be assigned. */
static void draft_tags(const struct create_issue *command, struct issue_draft *draft)
{
	const struct uuid_array ids[ROW_TAGS] = {[ROW_TAG_COMPONENT] = command->components,
	                                         [ROW_TAG_FIX] = command->fix_versions,
	                                         [ROW_TAG_AFFECTS] = command->affects_versions};
	struct uuid room;

	for (int tag = 0; tag < ROW_TAGS; tag++) {
		draft->tags[tag] =
		        tags_select(draft->judge, NULL, (enum row_tag)tag, ids[tag], false);
		draft->has_tags[tag] = true;
	}
	if (command->has_assignee)
		draft_assign(draft, &command->assignee);
	else
		draft_assign(draft, draft_component_assignee(draft, &room));
}

/* Rules and post functions of the initial transition, which the issue comes in by. */
static bool begin_workflow(struct issue_draft *draft, const struct workflow *workflow)
{
	const struct workflow_transition *initial = workflow_initial(workflow);
	struct judge *judge = draft->judge;
	struct crossing crossing =
	        crossing_into(judge, &draft->issue, &draft->type, workflow, draft);
	const struct command_fields fields = {
	        .creates = true, .fields = draft->wishes, .otherwise = "/type"};
	struct rule_faults faults;

	if (!may_create(&crossing, &faults))
		return refuse_faults(judge, REJECT_NO_TRANSITION, &crossing, initial, &faults,
		                     &fields);
	if (!is_valid_crossing(&crossing, initial, &faults))
		return refuse_faults(judge, REJECT_NOT_VALID, &crossing, initial, &faults, &fields);
	return run_functions(draft, initial, "/type");
}

static void emit_created(const struct issue_draft *draft, const struct create_issue *command,
                         const struct row_project *project, struct slice status,
                         struct row_issue *issue)
{
	struct judge *judge = draft->judge;
	const struct row_issue *is = &draft->issue;
	struct rank last = issue_last_rank(judge->state);
	struct rank rank = rank_behind(rank_slice(&last), 1);
	struct slice place = emit_copy(judge, rank_slice(&rank));
	struct slice priority = emit_copy(judge, PADDED(is->priority));
	struct slice type = emit_copy(judge, PADDED(is->type));

	emit_issue(judge, EVENT_ISSUE_CREATED, issue)->issue_created = (struct issue_created){
	        .project_id = project->id,
	        .number = project->issues + 1,
	        .type = type,
	        .summary = draft->summary,
	        .description = draft->description,
	        .status = status,
	        .priority = priority,
	        .reporter = is->reporter,
	        .has_assignee = !uuid_is_nil(&is->assignee),
	        .assignee = is->assignee,
	        .labels = draft->labels,
	        .has_parent = !uuid_is_nil(&is->parent),
	        .parent = is->parent,
	        .has_due_on = is->has_due_on,
	        .due_on = is->due_on,
	        .rank = place,
	        .has_external_ref = command->has_external_ref,
	        .external_ref = command->external_ref,
	        .has_start_on = is->has_start_on,
	        .start_on = is->start_on,
	        .has_estimate = is->has_estimate,
	        .estimate = is->estimate,
	        .has_remaining = is->has_remaining,
	        .remaining = is->remaining,
	        .components = draft->tags[ROW_TAG_COMPONENT],
	        .fix_versions = draft->tags[ROW_TAG_FIX],
	        .affects_versions = draft->tags[ROW_TAG_AFFECTS],
	};
}

void decide_create_issue(struct judge *judge, const struct create_issue *command)
{
	struct row_item type, priority;
	struct workflow workflow;
	struct row_project project;
	struct issue_draft draft;
	struct row_issue issue;

	memset(&issue, 0, sizeof(issue));
	issue.id = command->has_issue_id ? command->issue_id : judge->request->fresh[FRESH_ID];
	if (!find_project(judge, command->project, &project) ||
	    !check_project_open(judge, &project, "/project") ||
	    !choose_or_default(judge, &project.id, ITEM_ISSUE_TYPE, command->type, "/type",
	                       &type) ||
	    !check_texts(judge, command) ||
	    !check_labels_listed(judge, &project, NULL, command->labels, "/labels") ||
	    !choose_or_default(judge, &project.id, ITEM_PRIORITY, command->priority, "/priority",
	                       &priority) ||
	    !check_new_id(judge, &issue.id, "/issue_id") ||
	    !check_people(judge, command, &project, &issue) ||
	    !find_parent(judge, command, &issue.id, &project.id, &type, &issue.parent) ||
	    !find_workflow(judge, &project.id, false, PADDED(type.workflow), "/type", &workflow) ||
	    !check_project_parts(judge, command, &project.id))
		return;
	draft_begin(judge, NULL, &type, &project, &draft);
	draft.issue.id = issue.id;
	draft.issue.project_id = project.id;
	draft.issue.parent = issue.parent;
	draft.issue.reporter = issue.reporter;
	PADDED_SET(draft.issue.type, PADDED(type.id));
	PADDED_SET(draft.issue.priority, PADDED(priority.id));
	draft_command(command, &draft);
	draft_tags(command, &draft);
	if (!plan_new_fields(judge, &project.id, &type, draft.wishes, &draft.changes) ||
	    !begin_workflow(&draft, &workflow))
		return;
	emit_created(&draft, command, &project, workflow_initial(&workflow)->to, &issue);
	emit_field_changes(judge, draft.changes, &issue);
	judge->decision->created = issue.id;
}

void issue_set_summary(struct tenant_state *state, const struct uuid *issue, struct slice summary)
{
	struct row_key key = row_key_summary(issue);
	struct row_summary row;

	assert(summary.n <= SUMMARY_MAX);
	row.n = (uint16_t)summary.n;
	memcpy(row.text, summary.data, summary.n);
	state->put(state, &key, &row);
}

void issue_set_description(struct row_issue *issue, struct slice description, int64_t seq)
{
	struct text_hash hash = text_hash(description);

	memcpy(issue->description_hash, hash.words, sizeof(hash.words));
	issue->description_seq = seq;
}

static void count_child(struct tenant_state *state, const struct uuid *parent, bool added)
{
	struct row_key key = row_key_issue(parent);
	struct row_issue row;
	bool found = state->get(state, &key, &row);

	assert(found && (added || row.children > 0));
	(void)found;
	row.children = added ? row.children + 1 : row.children - 1;
	state->put(state, &key, &row);
}

void issue_set_parent(struct tenant_state *state, struct row_issue *issue,
                      const struct uuid *parent)
{
	static const struct row_child child;

	if (!uuid_is_nil(&issue->parent)) {
		struct row_key key = row_key_child(&issue->parent, &issue->id);
		state->del(state, &key);
		count_child(state, &issue->parent, false);
	}
	issue->parent = *parent;
	if (!uuid_is_nil(&issue->parent)) {
		struct row_key key = row_key_child(&issue->parent, &issue->id);
		state->put(state, &key, &child);
		count_child(state, &issue->parent, true);
	}
}

static void save_rank(struct tenant_state *state, const struct row_issue *issue)
{
	static const struct row_rank rank;
	struct row_key key = row_key_rank(PADDED(issue->rank), &issue->id);

	state->put(state, &key, &rank);
}

void issue_take_number(struct tenant_state *state, const struct row_issue *issue)
{
	struct row_key key = row_key_project(&issue->project_id);
	struct row_issue_number number = {issue->id};
	struct row_project project;
	bool found = state->get(state, &key, &project);

	assert(found && issue->number == project.issues + 1);
	(void)found;
	project.issues = issue->number;
	state->put(state, &key, &project);
	key = row_key_issue_number(&issue->project_id, issue->number);
	state->put(state, &key, &number);
}

/* That of the issue that it is a clone of, as it was at the event that has the text. */
static void copy_description(struct tenant_state *state, struct row_issue *issue,
                             const struct issue_created *event)
{
	struct row_issue source;
	bool found = read_issue(state, &event->cloned_from, &source);

	assert(found && source.description_seq == event->description_seq);
	(void)found;
	memcpy(issue->description_hash, source.description_hash, sizeof(source.description_hash));
	issue->description_seq = source.description_seq;
}

void evolve_issue_created(struct tenant_state *state, const struct event_meta *meta,
                          const struct issue_created *event)
{
	struct row_issue issue;
	struct row_item status;
	bool found;

	assert(meta->aggregate.version == 1 && !read_issue(state, &meta->aggregate.id, &issue));
	memset(&issue, 0, sizeof(issue));
	issue.id = meta->aggregate.id;
	issue.project_id = event->project_id;
	issue.number = event->number;
	issue.version = 1;
	for (int field = 0; field < ISSUE_FIELDS; field++)
		issue.field_version[field] = 1;
	PADDED_SET(issue.type, event->type);
	PADDED_SET(issue.status, event->status);
	found = read_item(state, &event->project_id, ITEM_STATUS, event->status, &status);
	assert(found);
	(void)found;
	issue.status_before = STATUS_NONE;
	issue.statuses_been = UINT64_C(1) << status.ordinal;
	PADDED_SET(issue.priority, event->priority);
	PADDED_SET(issue.rank, event->rank);
	issue.reporter = event->reporter;
	if (event->has_assignee)
		issue.assignee = event->assignee;
	issue.has_due_on = event->has_due_on;
	issue.due_on = event->has_due_on ? event->due_on : 0;
	issue.has_start_on = event->has_start_on;
	issue.start_on = event->has_start_on ? event->start_on : 0;
	issue.has_estimate = event->has_estimate;
	issue.estimate = event->has_estimate ? event->estimate : 0;
	issue.has_remaining = event->has_remaining;
	issue.remaining = event->has_remaining ? event->remaining : 0;
	issue.occurred_at = meta->occurred_at;
	if (event->has_cloned_from)
		copy_description(state, &issue, event);
	else
		issue_set_description(&issue, event->description, meta->seq);
	issue_set_summary(state, &issue.id, event->summary);
	issue_add_labels(state, &issue, event->labels);
	issue_add_tags(state, &issue.id, ROW_TAG_COMPONENT, event->components);
	issue_add_tags(state, &issue.id, ROW_TAG_FIX, event->fix_versions);
	issue_add_tags(state, &issue.id, ROW_TAG_AFFECTS, event->affects_versions);
	if (event->has_parent)
		issue_set_parent(state, &issue, &event->parent);
	issue_take_number(state, &issue);
	issue_take_place(state, &issue);
	save_rank(state, &issue);
	save_issue(state, &issue);
}
