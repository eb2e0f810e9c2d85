/* CloneIssue. The state holds no description, only its hash and the seq of the event that has it:
 * the event of a clone names that event, and views copy the text that they show of the issue. */
#include "core/domain/issue_field.h"
#include "core/domain/issue_tag.h"
#include "core/domain/label.h"
#include "core/domain/project.h"
#include "core/domain/rank.h"
#include "core/domain/transition_say.h"

struct cloning {
	struct judge *judge;
	const struct clone_issue *command;
	struct row_project project; /* that the clones go to; its counter goes on with each */
	struct rank rank;           /* of the clone made last */
	struct uuid id;             /* of the clone made next */
	struct uuid reporter;
};

/* What a clone of one issue will be. */
struct clone {
	struct row_issue source;
	struct uuid parent; /* nil: none */
	struct slice type, status, priority, summary;
	struct slice_array labels;
	struct uuid_array tags[ROW_TAGS]; /* within its project only */
	struct field_change_array fields;
	bool has_assignee;
};

static bool is_below(const struct row_key *key, const struct uuid *issue)
{
	return key->n >= sizeof(issue->bytes) &&
	       memcmp(key->bytes, issue->bytes, sizeof(issue->bytes)) == 0;
}

static bool can_be_tagged(const struct tenant_state *state, enum row_tag tag, const struct uuid *id)
{
	struct row_key key = row_key_version(id);
	struct row_version version;

	return tag == ROW_TAG_COMPONENT || (state->get(state, &key, &version) &&
	                                    version.status != PROJECT_VERSION_STATUS_ARCHIVED);
}

/* The components or versions of the issue, without those that are archived. */
static struct uuid_array copy_tags(struct judge *judge, const struct row_issue *source,
                                   enum row_tag tag)
{
	static const struct uuid none;
	struct row_key key = row_key_issue_tag(&source->id, tag, &none);
	const size_t prefix = key.n - sizeof(none.bytes);
	const struct row_key first = key;
	struct uuid_array tags = {NULL, 0};
	struct uuid ids[ISSUE_TAGS_MAX];
	struct row_issue_tag row;

	while (tags.n < ISSUE_TAGS_MAX && judge->state->next(judge->state, &key, false, &row) &&
	       memcmp(key.bytes, first.bytes, prefix) == 0) {
		memcpy(ids[tags.n].bytes, key.bytes + prefix, sizeof(none.bytes));
		tags.n += can_be_tagged(judge->state, tag, &ids[tags.n]);
	}
	struct uuid *items = tags.n ? emit_room(judge, tags.n * sizeof(*items)) : NULL;
	if (!items)
		return (struct uuid_array){NULL, 0};
	memcpy(items, ids, tags.n * sizeof(*items));
	tags.items = items;
	return tags;
}

static bool copy_summary(struct judge *judge, const struct clone_issue *command,
                         const struct row_issue *source, struct slice *summary)
{
	struct row_key key = row_key_summary(&source->id);
	struct slice prefix = command->summary_prefix;
	struct row_summary row;
	bool found = judge->state->get(judge->state, &key, &row);

	assert(found);
	(void)found;
	char *text = emit_room(judge, prefix.n + row.n);
	if (!text)
		return false;
	if (prefix.n)
		memcpy(text, prefix.data, prefix.n);
	memcpy(text + prefix.n, row.text, row.n);
	*summary = slice_of(text, prefix.n + row.n);
	return check_line(judge, *summary, "/summary_prefix");
}

/* @parent: of a sub-task that is cloned with its parent, else NULL: that of the issue, if it can
 * have children, and the actor may give it some. */
static bool find_clone_parent(struct judge *judge, const struct uuid *project,
                              const struct row_item *type, const struct uuid *parent,
                              struct clone *clone)
{
	struct row_issue row;

	memset(&clone->parent, 0, sizeof(clone->parent));
	if (parent) {
		clone->parent = *parent;
		return true;
	}
	bool active = !uuid_is_nil(&clone->source.parent) &&
	              read_issue(judge->state, &clone->source.parent, &row) && !row.deleted &&
	              !row.archived && can_browse_issue(judge, &row) &&
	              !project_of_issue(judge, &row)->archived;
	if (!active && type_needs_parent(type))
		return REFUSE(judge, REJECT_PARENT_NEEDED, "/issue",
		              SLICE("the parent of the sub-task is archived, or not there"));
	if (!active || (!type_needs_parent(type) && !may_adopt(judge, project, &row)))
		return true;
	clone->parent = row.id;
	return check_adoption(judge, project, &row) &&
	       check_parent(judge, &judge->request->fresh[FRESH_ID], type, &row, "/project");
}

/* What the issue has was validated when it was created; who creates issues is asked again. */
static bool check_cloner(const struct cloning *cloning, const struct row_issue *source,
                         const struct row_item *type, const struct workflow *workflow)
{
	struct judge *judge = cloning->judge;
	struct crossing crossing = crossing_into(judge, source, type, workflow, NULL);

	const struct command_fields fields = {.otherwise = "/issue"};
	struct rule_faults faults;

	crossing.issue.project_id = cloning->project.id;
	crossing.issue.reporter = cloning->reporter;
	return may_create(&crossing, &faults) ||
	       refuse_faults(judge, REJECT_NO_TRANSITION, &crossing, workflow_initial(workflow),
	                     &faults, &fields);
}

/* Who creates an issue with an assignee, or with dates, is asked for more. */
static bool check_may_give(const struct cloning *cloning, struct clone *clone)
{
	struct judge *judge = cloning->judge;
	const struct row_issue like = {.reporter = judge->person};
	const struct row_issue made = {.reporter = cloning->reporter};
	const struct row_project *project = &cloning->project;
	bool dates = clone->source.has_due_on || clone->source.has_start_on;

	clone->has_assignee = can_be_assigned(judge, project, &made, &clone->source.assignee);
	return (!clone->has_assignee ||
	        check_may(judge, PERMISSION_ASSIGN_ISSUES, project, &like)) &&
	       (!dates || check_may(judge, PERMISSION_SCHEDULE_ISSUES, project, &like));
}

static bool plan_clone(struct cloning *cloning, const struct uuid *parent, struct clone *clone)
{
	struct judge *judge = cloning->judge;
	const struct uuid *project = &cloning->project.id;
	struct row_item type, priority;
	const struct arrival to = {project, &type, cloning->command->fields, parent != NULL};
	struct workflow workflow;

	if (!choose_item(judge, project, ITEM_ISSUE_TYPE, PADDED(clone->source.type), "/project",
	                 &type) ||
	    !choose_item(judge, project, ITEM_PRIORITY, PADDED(clone->source.priority), "/project",
	                 &priority) ||
	    !find_workflow(judge, project, false, PADDED(type.workflow), "/project", &workflow) ||
	    !check_cloner(cloning, &clone->source, &type, &workflow) ||
	    !copy_summary(judge, cloning->command, &clone->source, &clone->summary) ||
	    !find_clone_parent(judge, project, &type, parent, clone) ||
	    !check_may_give(cloning, clone) ||
	    !plan_cloned_fields(judge, &clone->source, &to, &clone->fields) ||
	    !check_new_id(judge, &cloning->id, "/issue_id"))
		return false;
	clone->type = emit_copy(judge, PADDED(type.id));
	clone->priority = emit_copy(judge, PADDED(priority.id));
	clone->status = workflow_initial(&workflow)->to;
	clone->labels =
	        labels_let_in(judge, &cloning->project, labels_of(judge, &clone->source), false);
	for (int tag = 0; tag < ROW_TAGS; tag++)
		clone->tags[tag] = uuid_equal(project, &clone->source.project_id)
		                           ? copy_tags(judge, &clone->source, (enum row_tag)tag)
		                           : (struct uuid_array){NULL, 0};
	return judge->decision->reject == REJECT_NONE;
}

static void emit_clone(struct cloning *cloning, const struct clone *clone, struct row_issue *issue)
{
	struct judge *judge = cloning->judge;
	const struct row_issue *source = &clone->source;

	memset(issue, 0, sizeof(*issue));
	issue->id = cloning->id;
	cloning->rank = rank_behind(rank_slice(&cloning->rank), 1);
	struct slice place = emit_copy(judge, rank_slice(&cloning->rank));
	emit_issue(judge, EVENT_ISSUE_CREATED, issue)->issue_created = (struct issue_created){
	        .project_id = cloning->project.id,
	        .number = ++cloning->project.issues,
	        .type = clone->type,
	        .summary = clone->summary,
	        .description = SLICE(""),
	        .status = clone->status,
	        .priority = clone->priority,
	        .reporter = cloning->reporter,
	        .has_assignee = clone->has_assignee,
	        .assignee = source->assignee,
	        .labels = clone->labels,
	        .has_parent = !uuid_is_nil(&clone->parent),
	        .parent = clone->parent,
	        .has_due_on = source->has_due_on,
	        .due_on = source->due_on,
	        .rank = place,
	        .has_start_on = source->has_start_on,
	        .start_on = source->start_on,
	        .has_estimate = source->has_estimate,
	        .estimate = source->estimate,
	        .has_remaining = source->has_estimate,
	        .remaining = source->estimate,
	        .components = clone->tags[ROW_TAG_COMPONENT],
	        .fix_versions = clone->tags[ROW_TAG_FIX],
	        .affects_versions = clone->tags[ROW_TAG_AFFECTS],
	        .has_cloned_from = true,
	        .cloned_from = source->id,
	        .has_description_seq = true,
	        .description_seq = source->description_seq,
	};
	emit_field_changes(judge, clone->fields, issue);
	count_on(&cloning->id);
}

/* Links are not copied for who could not link the clone. */
static bool check_may_link(const struct cloning *cloning)
{
	const struct row_issue like = {.reporter = cloning->judge->person};

	return !cloning->command->links ||
	       check_may(cloning->judge, PERMISSION_LINK_ISSUES, &cloning->project, &like);
}

/* Whether LinkIssues would take @other as the other end. */
static bool can_be_linked(struct judge *judge, const struct row_issue *other)
{
	return !other->deleted && !other->archived && can_browse_issue(judge, other) &&
	       !project_of_issue(judge, other)->archived;
}

/* The links that the issue has to others that are open; a symmetric one is one of them. */
static void clone_links(struct judge *judge, const struct row_issue *source,
                        struct row_issue *clone)
{
	static const struct uuid none;
	struct row_key key = row_key_link(&source->id, SLICE(""), &none);
	const size_t id_n = sizeof(none.bytes);
	struct row_issue other;
	struct row_link row;
	struct uuid id;

	key.n = (uint16_t)id_n;
	while (judge->state->next(judge->state, &key, false, &row) && is_below(&key, &source->id)) {
		memcpy(id.bytes, key.bytes + key.n - id_n, id_n);
		if (!row.outward || !read_issue(judge->state, &id, &other) ||
		    !can_be_linked(judge, &other))
			continue;
		struct slice type = slice_of((const char *)key.bytes + id_n, key.n - 2 * id_n - 1);
		struct slice copy = emit_copy(judge, type);
		emit_issue(judge, EVENT_ISSUE_LINKED, clone)->issue_linked =
		        (struct issue_linked){copy, id};
	}
}

static bool is_cloned_along(struct judge *judge, const struct row_issue *child)
{
	struct row_item type;

	return !child->deleted && !child->archived && can_browse_issue(judge, child) &&
	       read_item(judge->state, &child->project_id, ITEM_ISSUE_TYPE, PADDED(child->type),
	                 &type) &&
	       type_needs_parent(&type);
}

static bool clone_subtasks(struct cloning *cloning, const struct row_issue *source,
                           const struct uuid *parent)
{
	static const struct uuid none;
	const struct tenant_state *state = cloning->judge->state;
	struct row_key key = row_key_child(&source->id, &none);
	struct row_child unused;
	struct row_issue issue;
	struct clone clone;
	struct uuid id;

	while (state->next(state, &key, false, &unused) && is_below(&key, &source->id)) {
		memcpy(id.bytes, key.bytes + sizeof(id.bytes), sizeof(id.bytes));
		if (!read_issue(state, &id, &clone.source) ||
		    !is_cloned_along(cloning->judge, &clone.source))
			continue;
		if (!plan_clone(cloning, parent, &clone))
			return false;
		emit_clone(cloning, &clone, &issue);
	}
	return true;
}

static bool find_target(struct judge *judge, const struct clone_issue *command,
                        const struct row_issue *source, struct row_project *project)
{
	if (command->has_project)
		return find_project(judge, command->project, project);
	*project = *project_of_issue(judge, source);
	return check_asked(judge, project, NULL);
}

/* Whoever clones is asked as the reporter, as by CreateIssue. */
static bool find_clone_reporter(struct cloning *cloning)
{
	const struct clone_issue *command = cloning->command;
	const struct row_issue like = {.reporter = cloning->judge->person};

	cloning->reporter = command->has_reporter ? command->reporter : like.reporter;
	return check_given_reporter(cloning->judge, &cloning->project, &like, command->has_reporter,
	                            &command->reporter);
}

void decide_clone_issue(struct judge *judge, const struct clone_issue *command)
{
	struct cloning cloning = {.judge = judge, .command = command};
	struct row_issue issue;
	struct clone clone;

	cloning.id = command->has_issue_id ? command->issue_id : judge->request->fresh[FRESH_ID];
	if (!find_other_issue(judge, command->issue, "/issue", &clone.source) ||
	    !find_target(judge, command, &clone.source, &cloning.project) ||
	    !check_project_open(judge, &cloning.project, "/project") ||
	    !find_clone_reporter(&cloning) || !check_may_link(&cloning) ||
	    !plan_clone(&cloning, NULL, &clone))
		return;
	cloning.rank = issue_last_rank(judge->state);
	emit_clone(&cloning, &clone, &issue);
	struct uuid id = issue.id;
	if (command->links)
		clone_links(judge, &clone.source, &issue);
	if (command->subtasks && !clone_subtasks(&cloning, &clone.source, &id))
		return;
	judge->decision->version = issue.version;
	judge->decision->created = id;
}
