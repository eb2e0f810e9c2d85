/* Laws over random commands, right and wrong ones: evolve takes whatever decide gives, the state is
 * the fold of the events, and the invariants of the domain hold. */
#include <stdio.h>

#include "core/domain/board.h"
#include "core/domain/permission_scheme.h"
#include "core/domain/workflow.h"
#include "tests/unit/random_command.h"

#define ROUNDS 12 /* each with an organization of its own */
#define STEPS  20000

struct history {
	struct event *events;
	size_t n, room;
};

static void remember(void *ctx, const struct event *event)
{
	struct history *history = ctx;

	assert_true(history->n < history->room);
	history->events[history->n++] = *event;
}

/* After these much else is refused. */
static bool closes_much(enum command_type type)
{
	return type == COMMAND_REMOVE_MEMBER || type == COMMAND_CHANGE_MEMBER_ROLE ||
	       type == COMMAND_DEACTIVATE_MEMBER || type == COMMAND_ARCHIVE_PROJECT ||
	       type == COMMAND_DELETE_PROJECT;
}

static void send_something(struct decider *decider, struct seed *seed)
{
	struct command command = {.type = (enum command_type)seed_below(seed, COMMAND_TYPES)};

	if (closes_much(command.type) &&
	    !maybe(seed, command.type == COMMAND_REMOVE_MEMBER ? 5 : 20))
		command.type = COMMAND_CREATE_ISSUE;
	random_command_fill(decider, seed, &command);
	if (command.type == COMMAND_ADD_MEMBER && maybe(seed, 2)) {
		command.add_member.has_member_id = false;
		decider->request.has_identity_member = true;
		decider->request.identity_member = random_person(seed);
	}
	if (maybe(seed, 10)) {
		decider->request.has_api_key = true;
		decider->request.scope = (enum api_key_scope)(1 + seed_below(seed, 3));
	}
	/* Rules go on when the members have thrown each other out. */
	if (maybe(seed, 2))
		decider->request.actor.kind = ACTOR_KIND_RULE;
	decider_send(decider, maybe(seed, 4) ? random_person(seed) : ada, &command);
}

static uint64_t count_rows(const struct tenant_state *face, struct row_key from)
{
	const struct row_key prefix = from;
	uint64_t n = 0;
	char row[sizeof(struct row_issue) + sizeof(struct row_summary)];

	while (face->next(face, &from, false, row) && from.n >= prefix.n &&
	       memcmp(from.bytes, prefix.bytes, prefix.n) == 0)
		n++;
	return n;
}

static struct row_key prefix_of(enum row_kind kind, const struct uuid *id)
{
	struct row_key key = row_key_issue(id);

	key.kind = kind;
	return key;
}

/* Its workflow is published and has a place for it; done issues and no others have a resolution. */
static void check_status(const struct tenant_state *face, const struct row_issue *issue)
{
	static char block[1 << 16];
	struct arena arena;
	struct row_item type, status;
	struct workflow workflow;
	bool full;

	arena_init(&arena, block, sizeof block);
	assert_true(
	        read_item(face, &issue->project_id, ITEM_ISSUE_TYPE, PADDED(issue->type), &type));
	assert_true(
	        read_item(face, &issue->project_id, ITEM_STATUS, PADDED(issue->status), &status));
	assert_true(read_workflow(face, &issue->project_id, false, PADDED(type.workflow), &arena,
	                          &workflow, &full));
	assert_true(workflow_has(&workflow, PADDED(issue->status)));
	assert_int_equal(status.category == STATUS_CATEGORY_DONE, issue->resolution[0] != '\0');
}

/* Its key finds it, and what it remembers of statuses is of those of its project. */
static void check_place(const struct tenant_state *face, const struct row_issue *issue)
{
	struct row_key place = row_key_issue_place(&issue->project_id, PADDED(issue->type),
	                                           PADDED(issue->status), issue->number);
	struct row_key number = row_key_issue_number(&issue->project_id, issue->number);
	struct row_issue_place placed;
	struct row_issue_number numbered;
	struct row_item status;
	struct row_key key = prefix_of(ROW_ISSUE_TAG, &issue->id), part;
	struct row_issue_tag tag;
	struct row_component component;
	struct row_version version;
	struct uuid id;

	assert_true(face->get(face, &place, &placed));
	assert_true(uuid_equal(&placed.issue_id, &issue->id));
	assert_true(face->get(face, &number, &numbered));
	assert_true(uuid_equal(&numbered.issue_id, &issue->id));
	assert_true(
	        read_item(face, &issue->project_id, ITEM_STATUS, PADDED(issue->status), &status));
	assert_true(issue->statuses_been & UINT64_C(1) << status.ordinal);
	while (face->next(face, &key, false, &tag) && memcmp(key.bytes, issue->id.bytes, 16) == 0) {
		memcpy(id.bytes, key.bytes + 17, 16);
		part = row_key_component(&id);
		if (key.bytes[16] == ROW_TAG_COMPONENT) {
			assert_true(face->get(face, &part, &component));
			assert_true(uuid_equal(&component.project_id, &issue->project_id));
			continue;
		}
		part = row_key_version(&id);
		assert_true(face->get(face, &part, &version));
		assert_true(uuid_equal(&version.project_id, &issue->project_id));
	}
}

/* Under its project, the issue is found by each of its labels. */
static void check_labels(const struct tenant_state *face, const struct row_issue *issue)
{
	struct row_key key = prefix_of(ROW_LABEL, &issue->id);
	struct row_label label;
	struct row_labelled_issue found;
	uint32_t n = 0;

	for (; face->next(face, &key, false, &label) && memcmp(key.bytes, issue->id.bytes, 16) == 0;
	     n++) {
		struct row_key at = row_key_labelled_issue(
		        &issue->project_id,
		        slice_of((const char *)key.bytes + 16, (size_t)key.n - 16), &issue->id);
		assert_true(face->get(face, &at, &found));
	}
	assert_int_equal(n, issue->labels);
}

static void check_issue(const struct tenant_state *face, const struct row_issue *issue)
{
	struct row_issue at = *issue;
	struct row_key key =
	        row_key_rank(slice_of(issue->rank, strnlen(issue->rank, RANK_MAX)), &issue->id);
	struct row_rank rank;
	int generations = 0;

	assert_true(face->get(face, &key, &rank));
	check_status(face, issue);
	check_place(face, issue);
	assert_int_equal(count_rows(face, prefix_of(ROW_CHILD, &issue->id)), issue->children);
	check_labels(face, issue);
	assert_int_equal(count_rows(face, prefix_of(ROW_WATCHER, &issue->id)), issue->watchers);
	assert_false(issue->has_start_on && issue->has_due_on && issue->start_on > issue->due_on);
	assert_true(issue->remaining >= 0 && issue->estimate >= 0 && issue->spent >= 0);
	assert_true(issue->has_remaining || issue->remaining == 0);
	if (strcmp(issue->type, "subtask") == 0)
		assert_false(uuid_is_nil(&issue->parent));
	for (int field = 0; field < ISSUE_FIELDS; field++)
		assert_in_range(issue->field_version[field], 1, issue->version);
	assert_true(issue->archived || !issue->archived_with_parent);
	assert_true(issue->deleted || !issue->deleted_with_parent);
	if (strcmp(issue->type, "subtask") == 0) {
		key = row_key_issue(&at.parent);
		assert_true(face->get(face, &key, &at));
		assert_true(issue->deleted || !at.deleted);
		assert_true(issue->deleted || issue->archived || !at.archived);
		at = *issue;
	}
	while (!uuid_is_nil(&at.parent)) {
		key = row_key_issue(&at.parent);
		assert_true(face->get(face, &key, &at));
		assert_true(++generations < 3);
	}
}

/* Every membership is there from both ends, and of somebody who is a member. */
static void check_teams(struct decider *decider, const struct row_organization *organization)
{
	const struct tenant_state *face = &decider->state.face;
	struct row_key key, other;
	struct row_team team;
	struct row_team_member pair;
	struct row_team_name name;
	struct row_member member;
	struct uuid of, in;
	uint64_t members = 0;

	assert_int_equal(decider->state.rows[ROW_TEAM], organization->teams);
	assert_int_equal(decider->state.rows[ROW_TEAM_NAME], organization->teams);
	for (key = row_key_first(ROW_TEAM); face->next(face, &key, false, &team);) {
		members += team.members;
		other = row_key_team_name(slice_of(team.name, team.name_n));
		assert_true(face->get(face, &other, &name));
		assert_memory_equal(name.team_id.bytes, key.bytes, 16);
		memcpy(of.bytes, key.bytes, 16);
		assert_int_equal(count_rows(face, prefix_of(ROW_TEAM_MEMBER, &of)), team.members);
	}
	assert_int_equal(decider->state.rows[ROW_TEAM_MEMBER], members);
	assert_int_equal(decider->state.rows[ROW_MEMBER_TEAM], members);
	for (key = row_key_first(ROW_MEMBER_TEAM); face->next(face, &key, false, &pair);) {
		memcpy(of.bytes, key.bytes, 16);
		memcpy(in.bytes, key.bytes + 16, 16);
		other = row_key_team_member(&in, &of);
		assert_true(face->get(face, &other, &pair));
		other = row_key_member(&of);
		assert_true(face->get(face, &other, &member) && member.status != MEMBER_REMOVED);
	}
}

/* The members have as many keys as the rows of their keys say, and who is removed has none. */
static void check_api_keys(struct decider *decider)
{
	const struct tenant_state *face = &decider->state.face;
	struct row_key key;
	struct row_member member;
	struct row_api_key row;
	struct uuid id;
	uint64_t keys = 0;

	for (key = row_key_first(ROW_MEMBER); face->next(face, &key, false, &member);) {
		memcpy(id.bytes, key.bytes, 16);
		keys += member.api_keys;
		assert_int_equal(count_rows(face, prefix_of(ROW_MEMBER_API_KEY, &id)),
		                 member.api_keys);
		assert_true(member.status != MEMBER_REMOVED || member.api_keys == 0);
	}
	assert_int_equal(decider->state.rows[ROW_MEMBER_API_KEY], keys);
	for (key = row_key_first(ROW_API_KEY); face->next(face, &key, false, &row);)
		keys -= !row.revoked;
	assert_int_equal(keys, 0);
}

static void check_parts(const struct tenant_state *face)
{
	struct row_component component;
	struct row_version version, other;
	struct row_key key;

	for (key = row_key_first(ROW_COMPONENT); face->next(face, &key, false, &component);) {
		struct uuid id;
		memcpy(id.bytes, key.bytes, sizeof(id));
		assert_int_equal(count_rows(face, prefix_of(ROW_TAGGED_ISSUE, &id)),
		                 component.issues);
		assert_false(component.removed && component.issues);
	}
	for (key = row_key_first(ROW_VERSION); face->next(face, &key, false, &version);) {
		struct uuid id;
		struct row_key at = row_key_first(ROW_VERSION);
		uint32_t in_front = 0;
		memcpy(id.bytes, key.bytes, sizeof(id));
		assert_int_equal(count_rows(face, prefix_of(ROW_TAGGED_ISSUE, &id)),
		                 version.issues);
		while (face->next(face, &at, false, &other))
			in_front += !other.removed && other.place < version.place &&
			            uuid_equal(&other.project_id, &version.project_id);
		if (!version.removed)
			assert_int_equal(in_front, version.place);
	}
}

/* A status has one place at most on a board, and each of its projects knows it. */
static void check_boards(struct decider *decider)
{
	const struct tenant_state *face = &decider->state.face;
	static char block[1 << 16];
	static struct row_board row;
	struct board_configuration board;
	struct row_project_board pair;
	struct row_key key;
	struct arena arena;
	uint64_t projects = 0;

	for (key = row_key_first(ROW_BOARD); face->next(face, &key, false, &row);) {
		struct uuid id;
		uint32_t places = 0, statuses = 0;
		memcpy(id.bytes, key.bytes, sizeof(id));
		if (row.deleted)
			continue;
		arena_init(&arena, block, sizeof block);
		assert_true(board_unpack(row.bytes, &arena, &board));
		for (uint32_t i = 0; i < board.projects.n; i++) {
			struct row_key at =
			        row_key_pair(ROW_PROJECT_BOARD, &board.projects.items[i], &id);
			assert_true(face->get(face, &at, &pair));
		}
		projects += board.projects.n;
		static const char *const known[] = {"todo", "in_progress", "in_review",
		                                    "done", "blocked",     "waiting"};
		for (size_t s = 0; s < sizeof(known) / sizeof(known[0]); s++, places = 0) {
			for (uint32_t c = 0; c <= board.columns.n; c++) {
				const struct slice_array *in =
				        c < board.columns.n ? &board.columns.items[c].statuses
				                            : &board.backlog;
				for (uint32_t i = 0; i < in->n; i++)
					places += slice_is(in->items[i], known[s]);
			}
			assert_true(places <= 1);
			statuses += places;
		}
		assert_true(board.columns.n > 0 || statuses == 0);
	}
	assert_int_equal(decider->state.rows[ROW_PROJECT_BOARD], projects);
}

/* What grants and projects name is there; the rows of roles agree from both sides. */
static void check_permissions(struct decider *decider)
{
	const struct tenant_state *face = &decider->state.face;
	struct row_permission_scheme scheme;
	struct row_project_role role;
	struct row_project project;
	struct row_role_actor actor;
	struct row_actor_project pair;
	struct row_key key;
	uint64_t roles = 0, projects = 0, actors = 0;
	struct uuid of, who;

	for (key = row_key_first(ROW_PROJECT_ROLE); next_project_role(face, &key, &role);)
		roles |= UINT64_C(1) << role.ordinal;
	for (key = row_key_first(ROW_PERMISSION_SCHEME);
	     next_permission_scheme(face, &key, &scheme);) {
		projects += scheme.projects;
		for (uint32_t i = 0; i < scheme.grants_n; i++)
			assert_true(scheme.grants[i].to != GRANT_TO_PROJECT_ROLE ||
			            (roles >> scheme.grants[i].role & 1));
	}
	assert_int_equal(decider->state.rows[ROW_SCHEME_PROJECT], projects);
	for (key = row_key_first(ROW_PROJECT); face->next(face, &key, false, &project);) {
		actors += project.role_actors;
		assert_int_equal(count_rows(face, prefix_of(ROW_ROLE_ACTOR, &project.id)),
		                 project.role_actors);
		if (!project.scheme[0])
			continue;
		assert_true(read_permission_scheme(face, PADDED(project.scheme), &scheme));
		struct row_key back = row_key_scheme_project(PADDED(project.scheme), &project.id);
		assert_true(face->get(face, &back, &pair));
	}
	assert_int_equal(decider->state.rows[ROW_ROLE_ACTOR], actors);
	assert_int_equal(decider->state.rows[ROW_ACTOR_PROJECT], actors);
	for (key = row_key_first(ROW_ROLE_ACTOR); face->next(face, &key, false, &actor);) {
		assert_true(actor.roles && !(actor.roles & ~roles));
		memcpy(of.bytes, key.bytes, 16);
		memcpy(who.bytes, key.bytes + 16, 16);
		struct row_key back = row_key_actor_project(&who, &of);
		assert_true(face->get(face, &back, &pair));
	}
}

/* The list of deleted projects is what the projects say of themselves. */
static void check_deleted_projects(const struct decider *decider)
{
	const struct tenant_state *face = &decider->state.face;
	struct row_deleted_project unused;
	struct row_project project;
	uint64_t deleted = 0;

	for (struct row_key key = row_key_first(ROW_PROJECT);
	     face->next(face, &key, false, &project);) {
		struct row_key listed = row_key_deleted_project(&project.id);
		assert_int_equal(face->get(face, &listed, &unused), project.deleted);
		deleted += project.deleted;
	}
	assert_int_equal(decider->state.rows[ROW_DELETED_PROJECT], deleted);
}

static void check_invariants(struct decider *decider)
{
	const struct tenant_state *face = &decider->state.face;
	struct row_organization organization;
	struct row_key key = row_key_organization();
	struct row_member member;
	struct row_issue issue;
	struct row_project project;
	struct row_project_texts texts;
	struct row_project_key named;
	uint32_t owners = 0, members = 0;
	struct row_worklog worklog;
	uint64_t issues = 0, numbers = 0, comments = 0, worklogs = 0;
	int64_t spent = 0;

	assert_true(face->get(face, &key, &organization));
	for (key = row_key_first(ROW_MEMBER); face->next(face, &key, false, &member);) {
		members += member.status != MEMBER_REMOVED;
		owners += member.status == MEMBER_ACTIVE && member.role == ORG_ROLE_OWNER;
	}
	assert_true(owners > 0);
	assert_int_equal(owners, organization.owners);
	assert_int_equal(members, organization.members);
	check_teams(decider, &organization);
	check_api_keys(decider);
	check_permissions(decider);
	check_deleted_projects(decider);
	for (key = row_key_first(ROW_ISSUE); face->next(face, &key, false, &issue);) {
		check_issue(face, &issue);
		issues++;
		comments += issue.comments;
		worklogs += issue.worklogs;
		spent += issue.spent;
	}
	check_parts(face);
	check_boards(decider);
	check_fields(decider);
	check_removed_members(decider);
	for (key = row_key_first(ROW_PROJECT); face->next(face, &key, false, &project);) {
		assert_int_equal(count_rows(face, prefix_of(ROW_ISSUE_NUMBER, &project.id)),
		                 project.issues);
		numbers += (uint64_t)project.issues;
		assert_int_equal(count_rows(face, prefix_of(ROW_PROJECT_LABEL, &project.id)),
		                 project.labels);
		key = row_key_project_texts(&project.id);
		assert_true(face->get(face, &key, &texts) && texts.name[0]);
		key = row_key_project_key(slice_str(project.key));
		assert_true(face->get(face, &key, &named));
		assert_memory_equal(&named.project_id, &project.id, sizeof(project.id));
		key = row_key_project(&project.id);
	}
	assert_int_equal(numbers, decider->state.rows[ROW_ISSUE_NUMBER]);
	assert_true(issues <= numbers);
	assert_int_equal(issues, decider->state.rows[ROW_RANK]);
	assert_int_equal(issues, decider->state.rows[ROW_ISSUE_PLACE]);
	assert_int_equal(issues, decider->state.rows[ROW_SUMMARY]);
	assert_int_equal(decider->state.rows[ROW_LABEL], decider->state.rows[ROW_LABELLED_ISSUE]);
	assert_int_equal(comments, decider->state.rows[ROW_COMMENT]);
	assert_int_equal(worklogs, decider->state.rows[ROW_WORKLOG]);
	for (key = row_key_first(ROW_WORKLOG); face->next(face, &key, false, &worklog);)
		spent -= worklog.minutes;
	assert_int_equal(spent, 0);
}

/* That versions are gapless is asserted by evolve. */
static void check_fold(const struct history *history, const struct memory_state *state)
{
	struct memory_state fold;

	memory_state_init(&fold);
	for (size_t i = 0; i < history->n; i++) {
		assert_int_equal(history->events[i].meta.seq, i + 1);
		evolve(&fold.face, &history->events[i]);
	}
	assert_true(memory_state_equal(state, &fold));
	memory_state_release(&fold);
}

static void random_commands_keep_every_law(void **state)
{
	uint64_t outcomes[REJECTS] = {0};
	struct seed seed = seed_start("random_commands");

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct decider *decider = decider_new(64u << 20);
		struct history history = {.room = STEPS * 8};

		history.events = calloc(history.room, sizeof(*history.events));
		assert_non_null(history.events);
		decider->keep = true;
		decider->on_event = remember;
		decider->ctx = &history;
		decider_settle(decider);
		for (int step = 0; step < STEPS; step++) {
			send_something(decider, &seed);
			outcomes[decider->decision.reject]++;
			if (step % 50 == 0)
				check_invariants(decider);
		}
		check_invariants(decider);
		check_fold(&history, &decider->state);
		free(history.events);
		decider_free(decider);
	}
	for (int reject = 0; reject < REJECTS; reject++)
		if (outcomes[reject])
			printf("%llu %s\n", (unsigned long long)outcomes[reject],
			       reject_code((enum reject)reject));
	assert_true(outcomes[REJECT_NONE] > ROUNDS * STEPS / 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(random_commands_keep_every_law),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
