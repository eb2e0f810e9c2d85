/* Laws over random commands, right and wrong ones: evolve takes whatever decide gives, the state is
 * the fold of the events, and the invariants of the domain hold. */
#include <stdio.h>

#include "tests/lib/decider.h"
#include "tests/unit/seed.h"

#define STEPS 6000

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

static struct slice pick(struct seed *seed, const char *const *texts, size_t n)
{
	return slice_str(texts[seed_below(seed, n)]);
}
#define PICK(...)                                                                                  \
	pick(seed, (const char *const[]){__VA_ARGS__},                                             \
	     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static bool maybe(struct seed *seed, uint64_t one_in)
{
	return seed_below(seed, one_in) == 0;
}

/* A key that is often one of an issue that exists; lives as long as the arena. */
static struct slice some_issue(struct decider *decider, struct seed *seed)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%s-%d", maybe(seed, 8) ? "QUIC" : "TLS",
	                 (int)seed_below(seed, 40));

	return arena_copy(&decider->arena, slice_of(text, (size_t)n));
}

static struct uuid somebody(struct seed *seed)
{
	return id_of(1 + seed_below(seed, PERSONS));
}

static struct uuid some_team(struct seed *seed)
{
	return id_of(4000 + seed_below(seed, 4));
}

static struct uuid_array some_people(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 4);
	struct uuid *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = somebody(seed);
	return (struct uuid_array){items, n};
}

static struct slice_array some_labels(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 4);
	struct slice *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = PICK("ui", "crypto", "good first issue", "a,b", "z");
	return (struct slice_array){items, n};
}

static struct issue_field_array some_fields(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 3);
	enum issue_field *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = (enum issue_field)seed_below(seed, ISSUE_FIELDS);
	return (struct issue_field_array){items, n};
}

#define SOME_ISSUE   some_issue(decider, seed)
#define SOME_TYPE    PICK("epic", "story", "task", "bug", "subtask", "subtask", "wish")
#define SOME_TEXT    PICK("one", "two", "three", "four", "", "bad\x01", "longer text")
#define SOME_LEVEL   PICK("highest", "high", "medium", "low", "now")
#define SOME_PROJECT PICK("TLS", "QUIC", "NET", "OPS", "NONE")
#define SOME_STATUS  PICK("todo", "in_progress", "in_review", "done", "nirvana")
#define EXPECTED                                                                                   \
	.has_expected_version = maybe(seed, 6), .expected_version = (int64_t)seed_below(seed, 12)

static void fill_issue_command(struct decider *decider, struct seed *seed, struct command *command)
{
	switch ((int)command->type) {
	case COMMAND_CREATE_ISSUE:
		command->create_issue = (struct create_issue){
		        .has_issue_id = maybe(seed, 5),
		        .issue_id = id_of(seed_below(seed, 2000)),
		        .project = PICK("TLS", "TLS", "TLS", "TLS", "QUIC", "NONE"),
		        .type = SOME_TYPE,
		        .summary = SOME_TEXT,
		        .description = SOME_TEXT,
		        .priority = SOME_LEVEL,
		        .has_assignee = maybe(seed, 2),
		        .assignee = somebody(seed),
		        .labels = some_labels(decider, seed),
		        .has_parent = maybe(seed, 2),
		        .parent = SOME_ISSUE,
		        .has_due_on = maybe(seed, 3),
		        .due_on = 20000,
		        .has_start_on = maybe(seed, 4),
		        .start_on = 19999 + (int32_t)seed_below(seed, 3),
		        .has_estimate = maybe(seed, 3),
		        .estimate = (int32_t)seed_below(seed, 500),
		        .has_remaining = maybe(seed, 5),
		        .remaining = (int32_t)seed_below(seed, 500)};
		break;
	case COMMAND_EDIT_ISSUE:
		command->edit_issue = (struct edit_issue){
		        .issue = SOME_ISSUE,
		        .has_summary = maybe(seed, 2),
		        .summary = SOME_TEXT,
		        .has_description = maybe(seed, 3),
		        .description = SOME_TEXT,
		        .has_priority = maybe(seed, 3),
		        .priority = SOME_LEVEL,
		        .has_due_on = maybe(seed, 3),
		        .due_on = (int32_t)seed_below(seed, 3),
		        .has_start_on = maybe(seed, 4),
		        .start_on = (int32_t)seed_below(seed, 4),
		        .has_estimate = maybe(seed, 4),
		        .estimate = (int32_t)seed_below(seed, 300),
		        .has_remaining = maybe(seed, 6),
		        .remaining = (int32_t)seed_below(seed, 300) - 3,
		        .has_parent = maybe(seed, 2),
		        .parent = SOME_ISSUE,
		        .clear = maybe(seed, 3) ? some_fields(decider, seed)
		                                : (struct issue_field_array){NULL, 0},
		        .if_unchanged = maybe(seed, 4) ? some_fields(decider, seed)
		                                       : (struct issue_field_array){NULL, 0},
		        EXPECTED};
		break;
	case COMMAND_ASSIGN_ISSUE:
		command->assign_issue = (struct assign_issue){.issue = SOME_ISSUE,
		                                              .has_assignee = maybe(seed, 2),
		                                              .assignee = somebody(seed),
		                                              EXPECTED};
		break;
	case COMMAND_LABEL_ISSUE:
		command->label_issue = (struct label_issue){.issue = SOME_ISSUE,
		                                            .add = some_labels(decider, seed),
		                                            .remove = some_labels(decider, seed),
		                                            EXPECTED};
		break;
	case COMMAND_TRANSITION_ISSUE:
		command->transition_issue =
		        (struct transition_issue){.issue = SOME_ISSUE,
		                                  .to = SOME_STATUS,
		                                  .has_resolution = maybe(seed, 4),
		                                  .resolution = PICK("done", "wont_do", "boredom"),
		                                  EXPECTED};
		break;
	case COMMAND_RANK_ISSUE:
		command->rank_issue = (struct rank_issue){.issue = SOME_ISSUE,
		                                          .has_before = maybe(seed, 2),
		                                          .before = SOME_ISSUE,
		                                          .has_after = maybe(seed, 2),
		                                          .after = SOME_ISSUE,
		                                          EXPECTED};
		break;
	default:
		break;
	}
}

static void fill_work_command(struct decider *decider, struct seed *seed, struct command *command)
{
	struct uuid worklog = id_of(4000 + seed_below(seed, 60));
	enum remaining_change remaining = (enum remaining_change)(1 + seed_below(seed, 3));
	bool set = (remaining == REMAINING_CHANGE_SET) != maybe(seed, 10);
	int32_t minutes = (int32_t)seed_below(seed, 500) - 5;

	switch ((int)command->type) {
	case COMMAND_WATCH_ISSUE:
		command->watch_issue =
		        (struct watch_issue){SOME_ISSUE, maybe(seed, 2), somebody(seed)};
		break;
	case COMMAND_UNWATCH_ISSUE:
		command->unwatch_issue =
		        (struct unwatch_issue){SOME_ISSUE, maybe(seed, 2), somebody(seed)};
		break;
	case COMMAND_LOG_WORK:
		command->log_work = (struct log_work){.issue = SOME_ISSUE,
		                                      .has_worklog_id = true,
		                                      .worklog_id = worklog,
		                                      .minutes = minutes,
		                                      .comment = SOME_TEXT,
		                                      .remaining = remaining,
		                                      .has_remaining_minutes = set,
		                                      .remaining_minutes = minutes};
		break;
	case COMMAND_EDIT_WORKLOG:
		command->edit_worklog = (struct edit_worklog){.issue = SOME_ISSUE,
		                                              .worklog_id = worklog,
		                                              .has_minutes = maybe(seed, 2),
		                                              .minutes = minutes,
		                                              .has_comment = maybe(seed, 2),
		                                              .comment = SOME_TEXT,
		                                              .remaining = remaining,
		                                              .has_remaining_minutes = set,
		                                              .remaining_minutes = 7,
		                                              EXPECTED};
		break;
	case COMMAND_DELETE_WORKLOG:
		command->delete_worklog = (struct delete_worklog){.issue = SOME_ISSUE,
		                                                  .worklog_id = worklog,
		                                                  .remaining = remaining,
		                                                  .has_remaining_minutes = set,
		                                                  .remaining_minutes = 7,
		                                                  EXPECTED};
		break;
	default:
		break;
	}
}

static struct slice some_mention(struct decider *decider, struct seed *seed)
{
	struct uuid member = somebody(seed);
	char text[5 + UUID_TEXT] = "see @";

	uuid_format(&member, text + 5);
	return arena_copy(&decider->arena, slice_of(text, sizeof(text)));
}

static void fill_command(struct decider *decider, struct seed *seed, struct command *command)
{
	const struct person person = {
	        .issuer = SLICE("x"), .subject = SLICE("y"), .name = SLICE("z")};
	struct uuid comment = id_of(3000 + seed_below(seed, 60));

	fill_issue_command(decider, seed, command);
	fill_work_command(decider, seed, command);
	switch ((int)command->type) {
	case COMMAND_ADD_MEMBER:
		command->add_member =
		        (struct add_member){.has_member_id = true,
		                            .member_id = somebody(seed),
		                            .person = person,
		                            .role = (enum org_role)seed_below(seed, ORG_ROLES)};
		break;
	case COMMAND_CHANGE_MEMBER_ROLE:
		command->change_member_role = (struct change_member_role){
		        .member = somebody(seed),
		        .role = (enum org_role)seed_below(seed, ORG_ROLES),
		        EXPECTED};
		break;
	case COMMAND_REMOVE_MEMBER:
		command->remove_member.member = somebody(seed);
		break;
	case COMMAND_DEACTIVATE_MEMBER:
		command->deactivate_member.member = somebody(seed);
		break;
	case COMMAND_REACTIVATE_MEMBER:
		command->reactivate_member.member = somebody(seed);
		break;
	case COMMAND_SKIP_EVENT:
		command->skip_event =
		        (struct skip_event){.seq = 1, .why = SOME_TEXT, .operator= SOME_TEXT };
		break;
	case COMMAND_RENAME_ORGANIZATION:
		command->rename_organization = (struct rename_organization){SOME_TEXT, EXPECTED};
		break;
	case COMMAND_CREATE_TEAM:
		command->create_team = (struct create_team){.has_team_id = maybe(seed, 2),
		                                            .team_id = some_team(seed),
		                                            .name = SOME_TEXT,
		                                            .members = some_people(decider, seed)};
		break;
	case COMMAND_RENAME_TEAM:
		command->rename_team =
		        (struct rename_team){.team = some_team(seed), .name = SOME_TEXT};
		break;
	case COMMAND_DELETE_TEAM:
		command->delete_team.team = some_team(seed);
		break;
	case COMMAND_CHANGE_TEAM_MEMBERS:
		command->change_team_members =
		        (struct change_team_members){.team = some_team(seed),
		                                     .add = some_people(decider, seed),
		                                     .remove = some_people(decider, seed)};
		break;
	case COMMAND_CREATE_PROJECT:
		command->create_project = (struct create_project){.key = PICK("QUIC", "TLS", "bad"),
		                                                  .name = SOME_TEXT};
		break;
	case COMMAND_EDIT_PROJECT:
		command->edit_project = (struct edit_project){.project = SOME_PROJECT,
		                                              .has_name = maybe(seed, 2),
		                                              .name = SOME_TEXT,
		                                              .has_lead = maybe(seed, 2),
		                                              .lead = somebody(seed),
		                                              .has_category = maybe(seed, 2),
		                                              .category = SOME_TEXT,
		                                              EXPECTED};
		break;
	case COMMAND_CHANGE_PROJECT_KEY:
		command->change_project_key =
		        (struct change_project_key){.project = SOME_PROJECT,
		                                    .key = PICK("QUIC", "NET", "OPS", "bad"),
		                                    EXPECTED};
		break;
	case COMMAND_ARCHIVE_PROJECT:
		command->archive_project.project = PICK("QUIC", "NET", "NONE");
		break;
	case COMMAND_UNARCHIVE_PROJECT:
		command->unarchive_project.project = PICK("QUIC", "NET", "NONE");
		break;
	case COMMAND_ADD_COMMENT:
		command->add_comment = (struct add_comment){
		        .issue = SOME_ISSUE,
		        .has_comment_id = true,
		        .comment_id = comment,
		        .body = maybe(seed, 4) ? some_mention(decider, seed) : SOME_TEXT,
		        .has_reply_to = maybe(seed, 3),
		        .reply_to = id_of(3000 + seed_below(seed, 60))};
		break;
	case COMMAND_EDIT_COMMENT:
		command->edit_comment = (struct edit_comment){
		        .issue = SOME_ISSUE,
		        .comment_id = comment,
		        .body = maybe(seed, 4) ? some_mention(decider, seed) : SOME_TEXT};
		break;
	case COMMAND_DELETE_COMMENT:
		command->delete_comment.issue = SOME_ISSUE;
		command->delete_comment.comment_id = comment;
		break;
	case COMMAND_LINK_ISSUES:
		command->link_issues = (struct link_issues){.issue = SOME_ISSUE,
		                                            .link_type = PICK("blocks", "relates"),
		                                            .other = SOME_ISSUE};
		break;
	case COMMAND_UNLINK_ISSUES:
		command->unlink_issues =
		        (struct unlink_issues){.issue = SOME_ISSUE,
		                               .link_type = PICK("blocks", "relates"),
		                               .other = SOME_ISSUE};
		break;
	default:
		break;
	}
}

static void send_something(struct decider *decider, struct seed *seed)
{
	struct command command = {.type = (enum command_type)seed_below(seed, COMMAND_TYPES)};

	/* Members come and go, but not so often that nothing else happens. */
	if ((command.type == COMMAND_REMOVE_MEMBER || command.type == COMMAND_CHANGE_MEMBER_ROLE ||
	     command.type == COMMAND_DEACTIVATE_MEMBER) &&
	    !maybe(seed, 10))
		command.type = COMMAND_CREATE_ISSUE;
	fill_command(decider, seed, &command);
	if (command.type == COMMAND_ADD_MEMBER && maybe(seed, 2)) {
		command.add_member.has_member_id = false;
		decider->request.has_identity_member = true;
		decider->request.identity_member = somebody(seed);
	}
	/* Rules go on when the members have thrown each other out. */
	if (maybe(seed, 2))
		decider->request.actor.kind = ACTOR_KIND_RULE;
	decider_send(decider, maybe(seed, 4) ? somebody(seed) : ada, &command);
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

static void check_issue(const struct tenant_state *face, const struct row_issue *issue)
{
	struct row_issue at = *issue;
	struct row_key key =
	        row_key_rank(slice_of(issue->rank, strnlen(issue->rank, RANK_MAX)), &issue->id);
	struct row_rank rank;
	int generations = 0;

	assert_true(face->get(face, &key, &rank));
	assert_int_equal(strcmp(issue->status, "done") == 0, issue->resolution[0] != '\0');
	assert_int_equal(count_rows(face, prefix_of(ROW_CHILD, &issue->id)), issue->children);
	assert_int_equal(count_rows(face, prefix_of(ROW_LABEL, &issue->id)), issue->labels);
	assert_int_equal(count_rows(face, prefix_of(ROW_WATCHER, &issue->id)), issue->watchers);
	assert_false(issue->has_start_on && issue->has_due_on && issue->start_on > issue->due_on);
	assert_true(issue->remaining >= 0 && issue->estimate >= 0 && issue->spent >= 0);
	assert_true(issue->has_remaining || issue->remaining == 0);
	if (strcmp(issue->type, "subtask") == 0)
		assert_false(uuid_is_nil(&issue->parent));
	for (int field = 0; field < ISSUE_FIELDS; field++)
		assert_in_range(issue->field_version[field], 1, issue->version);
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
	uint64_t issues = 0, comments = 0, worklogs = 0;
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
	for (key = row_key_first(ROW_ISSUE); face->next(face, &key, false, &issue);) {
		check_issue(face, &issue);
		comments += issue.comments;
		worklogs += issue.worklogs;
		spent += issue.spent;
	}
	for (key = row_key_first(ROW_PROJECT); face->next(face, &key, false, &project);) {
		assert_int_equal(count_rows(face, prefix_of(ROW_ISSUE_NUMBER, &project.id)),
		                 project.issues);
		issues += (uint64_t)project.issues;
		key = row_key_project_texts(&project.id);
		assert_true(face->get(face, &key, &texts) && texts.name[0]);
		key = row_key_project_key(slice_str(project.key));
		assert_true(face->get(face, &key, &named));
		assert_memory_equal(&named.project_id, &project.id, sizeof(project.id));
		key = row_key_project(&project.id);
	}
	assert_int_equal(issues, decider->state.rows[ROW_ISSUE]);
	assert_int_equal(issues, decider->state.rows[ROW_RANK]);
	assert_int_equal(issues, decider->state.rows[ROW_SUMMARY]);
	assert_int_equal(comments, decider->state.rows[ROW_COMMENT]);
	assert_int_equal(worklogs, decider->state.rows[ROW_WORKLOG]);
	for (key = row_key_first(ROW_WORKLOG); face->next(face, &key, false, &worklog);)
		spent -= worklog.minutes;
	assert_int_equal(spent, 0);
}

/* That versions are gapless is asserted by evolve. */
static void random_commands_keep_every_law(void **state)
{
	struct decider *decider = decider_new(64u << 20);
	struct history history = {.room = STEPS * 8};
	uint64_t outcomes[REJECTS] = {0};
	struct memory_state fold;
	struct seed seed = seed_start("random_commands");

	(void)state;
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
	assert_true(outcomes[REJECT_NONE] > STEPS / 40);
	memory_state_init(&fold);
	for (size_t i = 0; i < history.n; i++) {
		assert_int_equal(history.events[i].meta.seq, i + 1);
		evolve(&fold.face, &history.events[i]);
	}
	assert_true(memory_state_equal(&decider->state, &fold));
	for (int reject = 0; reject < REJECTS; reject++)
		if (outcomes[reject])
			printf("%llu %s\n", (unsigned long long)outcomes[reject],
			       reject_code((enum reject)reject));
	memory_state_release(&fold);
	free(history.events);
	decider_free(decider);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(random_commands_keep_every_law),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
