/* RemoveMember, of who has something to do or to decide. */
#include <stdio.h>

#include "core/domain/member_use.h"
#include "tests/unit/fields.h"
#undef FIELD
#undef VALUES
#include "tests/unit/rules.h"

#define EVE     id_of(70) /* a member, to take over */
#define WEB     id_of(71)
#define BACKEND id_of(72)
#define BOARD   id_of(73)
#define REPLACE .has_replace_with = true, .replace_with = EVE
#define PEOPLE(...)                                                                                \
	{                                                                                          \
		(const struct uuid[]){__VA_ARGS__},                                                \
		        sizeof((const struct uuid[]){__VA_ARGS__}) / sizeof(struct uuid)           \
	}
#define OF_TLS(id, kind_)                                                                          \
	.project = SLICE("TLS"), .field = SLICE(id), .name = SLICE(id), .kind = FIELD_KIND_##kind_
#define FILTERS(...)                                                                               \
	(struct board_filter_array)                                                                \
	{                                                                                          \
		.items = (const struct board_filter[]){__VA_ARGS__},                               \
		.n = sizeof((const struct board_filter[]){__VA_ARGS__}) /                          \
		     sizeof(struct board_filter)                                                   \
	}

static struct slice eve_text(void)
{
	static char room[UUID_TEXT];
	const struct uuid id = EVE;

	uuid_format(&id, room);
	return slice_of(room, UUID_TEXT);
}

static void add_eve(struct decider *decider)
{
	GIVEN(ada, add_member, .has_member_id = true, .member_id = EVE, .role = ORG_ROLE_MEMBER,
	      .person = {.issuer = SLICE("x"), .subject = SLICE("eve"), .name = SLICE("Eve")});
}

static void add_component(struct decider *decider)
{
	GIVEN(ben, add_component, .project = SLICE("TLS"), .has_component_id = true,
	      .component_id = BACKEND, .name = SLICE("Backend"), .has_lead = true, .lead = cleo,
	      .has_default_assignee = true, .default_assignee = cleo);
}

static void add_fields(struct decider *decider)
{
	GIVEN(ben, add_field, OF_TLS("tester", MEMBER), .default_values = LABELS(PERSON(CLEO)));
	GIVEN(ben, add_field, OF_TLS("crew", MEMBERS), .required = true);
}

/* A workflow that only cleo may leave, and only with cleo's help; a draft of it that says the same.
 */
static void add_workflow(struct decider *decider)
{
	const struct workflow_transition ways[] = {
	        BEGIN("todo"),
	        {.id = SLICE("close"),
	         .name = SLICE("Close"),
	         .kind = TRANSITION_KIND_DIRECTED,
	         .from = {(const struct slice[]){{"todo", 4}}, 1},
	         .to = SLICE("done"),
	         .conditions = RULES({KIND(MEMBER), IDS(ben, cleo)}),
	         .validators = RULES({KIND(FIELD_IS), CUSTOM("tester"),
	                              .values = LABELS(PERSON(CLEO), PERSON(BEN))}),
	         .functions = FUNCTIONS(
	                 {DO(ASSIGN), TO(MEMBER), .has_member = true, .member = cleo},
	                 {DO(SET), ON("assignee"), .values = LABELS(PERSON(CLEO))},
	                 {DO(SET), ON("crew"), .values = LABELS(PERSON(BEN), PERSON(CLEO))})}};
	GIVEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("care"),
	      .name = SLICE("Care"), .transitions = {ways, 2});
	GIVEN(ben, publish_workflow, PUBLISH("care"));
	GIVEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("care"),
	      .name = SLICE("Care 2"), .transitions = {ways, 2});
}

static void add_board(struct decider *decider)
{
	const struct field_condition conditions[] = {
	        {SLICE("tester"), LABELS(PERSON(CLEO))},
	        {SLICE("crew"), LABELS(PERSON(BEN), PERSON(CLEO))}};

	GIVEN(ben, create_board, .has_board_id = true, .board_id = BOARD, .name = SLICE("Board"),
	      .projects = LABELS(SLICE("TLS")), .has_filter = true,
	      .filter = {.assignees = PEOPLE(cleo, ben), .fields = {conditions, 2}},
	      .filters = FILTERS(
	              {.id = SLICE("hers"), .name = SLICE("Hers"), .assignees = PEOPLE(cleo)},
	              {.id = SLICE("two"), .name = SLICE("Two"), .assignees = PEOPLE(cleo, EVE)}));
}

/* Everything that can name cleo does, once. */
static void settle(struct decider *decider)
{
	const struct field_value values[] = {{SLICE("tester"), LABELS(PERSON(CLEO))},
	                                     {SLICE("crew"), LABELS(PERSON(BEN), PERSON(CLEO))}};

	add_eve(decider);
	GIVEN(ben, edit_project, .project = SLICE("TLS"), .has_lead = true, .lead = cleo);
	add_component(decider);
	add_fields(decider);
	GIVEN(cleo, create_issue, ISSUE("task", "one"), .has_assignee = true, .assignee = cleo,
	      .fields = {values, 2});
	add_workflow(decider);
	add_board(decider);
}

static void refuse_with(const struct decider *decider, const char *detail)
{
	assert_string_equal(decider->decision.detail, detail);
}

static struct row_issue issue_of(struct decider *decider, const char *key)
{
	struct row_issue issue;

	assert_true(resolve_issue(&decider->state.face, slice_str(key), &issue));
	return issue;
}

static void expect_assignee(struct decider *decider, const char *key, struct uuid member)
{
	struct row_issue issue = issue_of(decider, key);

	assert_memory_equal(&issue.assignee, &member, sizeof(member));
}

/* --- refusals --- */

static void who_is_named_is_not_removed_without_a_word(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	WHEN(ben, remove_member, .member = cleo);
	THEN_REFUSED(IN_USE, "/member");
	refuse_with(decider,
	            "lead of 1 projects, named by 1 components, assignee of 1 issues, value in 1 "
	            "issues, default of 1 fields, in 1 workflows, in 1 drafts, in filters of 1 "
	            "boards: replace_with or detach");
}

static void every_place_is_refused_alone(void **state)
{
	struct decider *decider = *state;
	add_eve(decider);
	add_component(decider);
	WHEN(ben, remove_member, .member = cleo);
	THEN_REFUSED(IN_USE, "/member");
	refuse_with(decider, "named by 1 components: replace_with or detach");
	GIVEN(ben, remove_component, .project = SLICE("TLS"), .component_id = BACKEND);
	GIVEN(ben, create_issue, ISSUE("task", "one"), .has_assignee = true, .assignee = cleo);
	GIVEN(ben, create_issue, ISSUE("task", "two"), .has_assignee = true, .assignee = cleo);
	WHEN(ben, remove_member, .member = cleo);
	THEN_REFUSED(IN_USE, "/member");
	refuse_with(decider, "assignee of 2 issues: replace_with or detach");
	GIVEN(ben, assign_issue, .issue = SLICE("TLS-1"));
	GIVEN(ben, assign_issue, .issue = SLICE("TLS-2"));
	GIVEN(ben, create_board, .has_board_id = true, .board_id = BOARD, .name = SLICE("Board"),
	      .projects = LABELS(SLICE("TLS")),
	      .filters =
	              FILTERS({.id = SLICE("a"), .name = SLICE("A"), .assignees = PEOPLE(cleo)}));
	WHEN(ben, remove_member, .member = cleo);
	THEN_REFUSED(IN_USE, "/member");
	refuse_with(decider, "in filters of 1 boards: replace_with or detach");
	GIVEN(ben, delete_board, .board = BOARD);
	WHEN(ben, remove_member, .member = cleo);
	THEN(EVENT_MEMBER_REMOVED);
	assert_false(EVENT_BODY(0, member_removed)->has_replaced_by);
}

static void what_happened_is_no_use(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "one"));
	GIVEN(cleo, watch_issue, .issue = SLICE("TLS-1"));
	GIVEN(cleo, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("mine"));
	GIVEN(cleo, log_work, .issue = SLICE("TLS-1"), .minutes = 5,
	      .remaining = REMAINING_CHANGE_AUTOMATIC);
	WHEN(ben, remove_member, .member = cleo);
	THEN(EVENT_MEMBER_REMOVED);
	struct row_issue issue = issue_of(decider, "TLS-1");
	const struct uuid reporter = cleo;
	assert_memory_equal(&issue.reporter, &reporter, sizeof(reporter));
	assert_int_equal(issue.watchers, 1);
}

static void a_replacement_is_another_active_member(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	WHEN(ben, remove_member, .member = cleo, REPLACE, .detach = true);
	THEN_REFUSED(BAD_CHANGE, "/detach");
	WHEN(ben, remove_member, .member = cleo, .has_replace_with = true, .replace_with = cleo);
	THEN_REFUSED(BAD_CHANGE, "/replace_with");
	WHEN(ben, remove_member, .member = cleo, .has_replace_with = true, .replace_with = nobody);
	THEN_REFUSED(NO_SUCH_MEMBER, "/replace_with");
	GIVEN(ben, deactivate_member, .member = EVE);
	WHEN(ben, remove_member, .member = cleo, REPLACE);
	THEN_REFUSED(MEMBER_DEACTIVATED, "/replace_with");
	WHEN(ben, remove_member, .member = cleo, REPLACE, .has_expected_version = true,
	     .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, remove_member, .member = ada, REPLACE);
	THEN_REFUSED(FORBIDDEN, "/member");
	WHEN(ada, remove_member, .member = ada, .has_replace_with = true, .replace_with = ben);
	THEN_REFUSED(LAST_OWNER, "/member");
}

static void who_cannot_be_assigned_replaces_nobody(void **state)
{
	struct decider *decider = *state;
	const struct permission_grant grants[] = {
	        {.permission = PERMISSION_BROWSE_PROJECT, .to = GRANT_TO_ANYONE},
	        {.permission = PERMISSION_BE_ASSIGNED,
	         .to = GRANT_TO_MEMBER,
	         .has_member = true,
	         .member = cleo}};
	settle(decider);
	GIVEN(ben, create_permission_scheme, .scheme = SLICE("own"), .name = SLICE("Own"),
	      .grants = {grants, 2});
	GIVEN(ben, assign_permission_scheme, .project = SLICE("TLS"), .scheme = SLICE("own"));
	WHEN(ben, remove_member, .member = cleo, .has_replace_with = true, .replace_with = dan);
	THEN_REFUSED(NOT_ASSIGNABLE, "/replace_with");
	refuse_with(decider, "00000000-0000-0000-0000-000000000004 may not be assigned issues of "
	                     "TLS: TLS-1");
	GIVEN(ben, assign_issue, .issue = SLICE("TLS-1"));
	GIVEN(ben, remove_member, .member = cleo, .has_replace_with = true, .replace_with = dan);
}

static void a_rule_is_not_left_without_anybody(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	GIVEN(ben, remove_member, .member = ben, .has_replace_with = true, .replace_with = cleo);
	WHEN(ada, remove_member, .member = cleo, .detach = true);
	THEN_REFUSED(IN_USE, "/detach");
	refuse_with(decider, "TLS, workflow care, transition close: a rule would be left without "
	                     "anybody: change it, or name replace_with");
	WHEN(ada, remove_member, .member = cleo, REPLACE);
	decider_expect_accepted(decider, __FILE__, __LINE__);
}

static void more_places_than_a_command_can_change_are_too_many(void **state)
{
	struct decider *decider = decider_new(DECISION_BYTES);
	(void)state;
	decider_settle(decider);
	add_eve(decider);
	for (uint32_t i = 0; i < DECISION_EVENTS_MAX - 1; i++)
		GIVEN(ben, create_issue, ISSUE("task", "one"), .has_assignee = true,
		      .assignee = cleo);
	GIVEN(ben, create_issue, ISSUE("task", "last"), .has_assignee = true, .assignee = cleo);
	WHEN(ben, remove_member, .member = cleo, REPLACE);
	THEN_REFUSED(TOO_LARGE, "/member");
	refuse_with(decider, "more places than one command can change: give some of the issues to "
	                     "somebody else with BulkEditIssues first");
	WHEN(ben, remove_member, .member = cleo);
	THEN_REFUSED(IN_USE, "/member");
	GIVEN(ben, assign_issue, .issue = SLICE("TLS-7"));
	GIVEN(ben, remove_member, .member = cleo, REPLACE);
	assert_int_equal(decider->decision.events_n, DECISION_EVENTS_MAX);
	decider_free(decider);
}

/* --- what takes the place --- */

static void expect_in_workflow(const struct workflow_transition_array *ways, bool replaced)
{
	const struct workflow_transition *close = &ways->items[1];
	const struct uuid eve = EVE, other = ben;

	assert_int_equal(close->conditions.items[0].members.n, replaced ? 2 : 1);
	assert_true(uuid_equal(&close->conditions.items[0].members.items[0], &other));
	assert_int_equal(close->validators.items[0].values.n, replaced ? 2 : 1);
	assert_int_equal(close->functions.n, replaced ? 3 : 1);
	if (!replaced) {
		assert_slice(close->functions.items[0].field, "crew");
		assert_int_equal(close->functions.items[0].values.n, 1);
		return;
	}
	assert_true(uuid_equal(&close->conditions.items[0].members.items[1], &eve));
	assert_true(slice_equal(close->validators.items[0].values.items[0], eve_text()));
	assert_true(uuid_equal(&close->functions.items[0].member, &eve));
	assert_true(slice_equal(close->functions.items[1].values.items[0], eve_text()));
	assert_true(slice_equal(close->functions.items[2].values.items[1], eve_text()));
}

static void a_replacement_takes_every_place(void **state)
{
	struct decider *decider = *state;
	const struct uuid eve = EVE;
	settle(decider);
	WHEN(ben, remove_member, .member = cleo, REPLACE);
	THEN(EVENT_PROJECT_LEAD_CHANGED, EVENT_COMPONENT_EDITED, EVENT_FIELD_EDITED,
	     EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_WORKFLOW_DRAFT_SAVED,
	     EVENT_ISSUE_ASSIGNED, EVENT_ISSUE_FIELDS_CHANGED, EVENT_BOARD_EDITED,
	     EVENT_MEMBER_REMOVED);
	assert_true(uuid_equal(&EVENT_BODY(0, project_lead_changed)->to, &eve));
	const struct component *component = &EVENT_BODY(1, component_edited)->after;
	assert_true(uuid_equal(&component->lead, &eve));
	assert_true(uuid_equal(&component->default_assignee, &eve));
	assert_true(slice_equal(EVENT_BODY(2, field_edited)->after.default_values.items[0],
	                        eve_text()));
	expect_in_workflow(&EVENT_BODY(4, workflow_published)->transitions, true);
	expect_in_workflow(&EVENT_BODY(5, workflow_draft_saved)->transitions, true);
	assert_slice(EVENT_BODY(4, workflow_published)->name, "Care");
	assert_slice(EVENT_BODY(5, workflow_draft_saved)->name, "Care 2");
	assert_true(uuid_equal(&EVENT_BODY(6, issue_assigned)->to, &eve));
	assert_slice(CHANGE(7, 0).field, "crew");
	assert_int_equal(CHANGE(7, 0).to.n, 2);
	assert_true(slice_equal(CHANGE(7, 0).to.items[1], eve_text()));
	assert_true(slice_equal(CHANGE(7, 1).to.items[0], eve_text()));
	const struct board_configuration *board = &EVENT_BODY(8, board_edited)->after;
	assert_int_equal(board->filter.items->assignees.n, 2);
	assert_true(uuid_equal(&board->filter.items->assignees.items[0], &eve));
	assert_true(slice_equal(board->filter.items->fields.items[0].values.items[0], eve_text()));
	assert_true(slice_equal(board->filter.items->fields.items[1].values.items[1], eve_text()));
	const struct board_filter_array *filters = &board->filters;
	assert_int_equal(filters->n, 2);
	assert_true(uuid_equal(&filters->items[0].assignees.items[0], &eve));
	assert_int_equal(filters->items[1].assignees.n, 1);
	assert_true(EVENT_BODY(9, member_removed)->has_replaced_by);
	assert_true(uuid_equal(&EVENT_BODY(9, member_removed)->replaced_by, &eve));
	WHEN(ben, remove_member, .member = EVE);
	THEN_REFUSED(IN_USE, "/member");
}

static void detached_the_places_are_empty(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	WHEN(ben, remove_member, .member = cleo, .detach = true);
	THEN(EVENT_PROJECT_LEAD_CHANGED, EVENT_COMPONENT_EDITED, EVENT_FIELD_EDITED,
	     EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_WORKFLOW_DRAFT_SAVED,
	     EVENT_ISSUE_ASSIGNED, EVENT_ISSUE_FIELDS_CHANGED, EVENT_BOARD_EDITED,
	     EVENT_MEMBER_REMOVED);
	assert_false(EVENT_BODY(0, project_lead_changed)->has_to);
	assert_false(EVENT_BODY(1, component_edited)->after.has_lead);
	assert_false(EVENT_BODY(1, component_edited)->after.has_default_assignee);
	assert_int_equal(EVENT_BODY(2, field_edited)->after.default_values.n, 0);
	expect_in_workflow(&EVENT_BODY(4, workflow_published)->transitions, false);
	assert_false(EVENT_BODY(6, issue_assigned)->has_to);
	assert_int_equal(CHANGE(7, 0).to.n, 1);
	assert_int_equal(CHANGE(7, 1).to.n, 0);
	const struct board_configuration *board = &EVENT_BODY(8, board_edited)->after;
	assert_int_equal(board->filter.n, 1);
	assert_int_equal(board->filter.items->assignees.n, 1);
	assert_int_equal(board->filter.items->fields.n, 1);
	assert_int_equal(board->filter.items->fields.items[0].values.n, 1);
	const struct board_filter_array *filters = &board->filters;
	assert_int_equal(filters->n, 1);
	assert_slice(filters->items[0].id, "two");
	assert_false(EVENT_BODY(9, member_removed)->has_replaced_by);
}

static void a_board_that_showed_their_issues_alone_shows_all(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, create_board, .has_board_id = true, .board_id = BOARD, .name = SLICE("Hers"),
	      .projects = LABELS(SLICE("TLS")), .has_filter = true,
	      .filter = {.assignees = PEOPLE(cleo)});
	WHEN(ben, remove_member, .member = cleo);
	THEN_REFUSED(IN_USE, "/member");
	refuse_with(decider, "in filters of 1 boards: replace_with or detach");
	WHEN(ben, remove_member, .member = cleo, .detach = true);
	THEN(EVENT_BOARD_EDITED, EVENT_MEMBER_REMOVED);
	assert_true(EVENT_BODY(0, board_edited)->before.filter.n);
	assert_false(EVENT_BODY(0, board_edited)->after.filter.n);
}

/* As somebody typed them: ids in workflows are compared as ids. */
static void a_draft_that_was_never_published_is_saved_again(void **state)
{
	struct decider *decider = *state;
	const struct workflow_transition ways[] = {
	        BEGIN("todo"),
	        {.id = SLICE("close"),
	         .name = SLICE("Close"),
	         .kind = TRANSITION_KIND_GLOBAL,
	         .to = SLICE("done"),
	         .functions = FUNCTIONS(
	                 {DO(SET), ON("assignee"),
	                  .values = LABELS(SLICE("00000000-0000-0000-0000-00000000000A"))})}};
	const struct uuid ten = id_of(10);
	add_eve(decider);
	GIVEN(ada, add_member, .has_member_id = true, .member_id = ten, .role = ORG_ROLE_MEMBER,
	      .person = {.issuer = SLICE("x"), .subject = SLICE("ten"), .name = SLICE("Ten")});
	GIVEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("care"),
	      .name = SLICE("Care"), .transitions = {ways, 2});
	WHEN(ben, remove_member, .member = ten);
	THEN_REFUSED(IN_USE, "/member");
	refuse_with(decider, "in 1 drafts: replace_with or detach");
	WHEN(ben, remove_member, .member = ten, REPLACE);
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_MEMBER_REMOVED);
}

/* The last crew of TLS-1 goes, though the field is required: who edits it next is asked for one. */
static void a_required_field_may_come_to_be_empty(void **state)
{
	struct decider *decider = *state;
	const struct field_value crew[] = {{SLICE("crew"), LABELS(PERSON(CLEO))}};
	add_fields(decider);
	GIVEN(ben, create_issue, ISSUE("task", "one"), .fields = {crew, 1});
	WHEN(ben, remove_member, .member = cleo, .detach = true);
	THEN(EVENT_FIELD_EDITED, EVENT_ISSUE_FIELDS_CHANGED, EVENT_MEMBER_REMOVED);
	assert_int_equal(issue_of(decider, "TLS-1").fields, 0);
	WHEN(ben, create_issue, ISSUE("task", "two"));
	THEN_REFUSED(FIELD_REQUIRED, "/fields");
}

static void who_is_named_twice_is_named_once(void **state)
{
	struct decider *decider = *state;
	add_eve(decider);
	add_fields(decider);
	const struct field_value crew[] = {{SLICE("crew"), LABELS(PERSON(CLEO), eve_text())}};
	GIVEN(ben, create_issue, ISSUE("task", "one"), .fields = {crew, 1});
	WHEN(ben, remove_member, .member = cleo, REPLACE);
	THEN(EVENT_FIELD_EDITED, EVENT_ISSUE_FIELDS_CHANGED, EVENT_MEMBER_REMOVED);
	assert_int_equal(CHANGE(1, 0).to.n, 1);
	assert_true(slice_equal(CHANGE(1, 0).to.items[0], eve_text()));
}

static void what_may_come_back_is_replaced_too(void **state)
{
	struct decider *decider = *state;
	const struct uuid eve = EVE;
	add_eve(decider);
	GIVEN(ben, create_project, .key = SLICE("WEB"), .name = SLICE("Web"),
	      .has_project_id = true, .project_id = WEB, .has_lead = true, .lead = cleo);
	GIVEN(ben, create_issue, ISSUE("task", "deleted"), .has_assignee = true, .assignee = cleo);
	GIVEN(ben, create_issue, ISSUE("task", "archived"), .has_assignee = true, .assignee = cleo);
	GIVEN(ben, create_issue, .project = SLICE("WEB"), .type = SLICE("task"),
	      .summary = SLICE("there"), .priority = SLICE("low"), .has_assignee = true,
	      .assignee = cleo);
	GIVEN(ben, delete_issue, .issue = SLICE("TLS-1"));
	GIVEN(ben, archive_issue, .issue = SLICE("TLS-2"));
	GIVEN(ben, archive_project, .project = SLICE("WEB"));
	GIVEN(ben, delete_project, .project = SLICE("WEB"));
	WHEN(ben, remove_member, .member = cleo);
	THEN_REFUSED(IN_USE, "/member");
	refuse_with(decider, "lead of 1 projects, assignee of 3 issues: replace_with or detach");
	WHEN(ben, remove_member, .member = cleo, REPLACE);
	THEN(EVENT_PROJECT_LEAD_CHANGED, EVENT_ISSUE_ASSIGNED, EVENT_ISSUE_ASSIGNED,
	     EVENT_ISSUE_ASSIGNED, EVENT_MEMBER_REMOVED);
	GIVEN(ben, restore_issue, .issue = SLICE("TLS-1"));
	GIVEN(ben, restore_project, .project = SLICE("WEB"));
	GIVEN(ben, unarchive_project, .project = SLICE("WEB"));
	expect_assignee(decider, "TLS-1", eve);
	expect_assignee(decider, "WEB-1", eve);
}

/* Their events have the versions of one project, in order: evolve asserts it. */
static void rights_go_and_pass_on_to_nobody(void **state)
{
	struct decider *decider = *state;
	const struct uuid eve = EVE;
	settle(decider);
	GIVEN(ben, add_project_role, .role = SLICE("devs"), .name = SLICE("Devs"));
	GIVEN(ben, change_project_role_members, .project = SLICE("TLS"), .role = SLICE("devs"),
	      .add_members = PEOPLE(cleo));
	GIVEN(ben, create_team, .name = SLICE("Team"), .members = PEOPLE(cleo));
	GIVEN(cleo, create_api_key, .name = SLICE("key"), .scope = API_KEY_SCOPE_READ);
	WHEN(ben, remove_member, .member = cleo, REPLACE);
	THEN(EVENT_PROJECT_LEAD_CHANGED, EVENT_COMPONENT_EDITED, EVENT_FIELD_EDITED,
	     EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_WORKFLOW_DRAFT_SAVED,
	     EVENT_PROJECT_ROLE_MEMBERS_CHANGED, EVENT_ISSUE_ASSIGNED, EVENT_ISSUE_FIELDS_CHANGED,
	     EVENT_BOARD_EDITED, EVENT_TEAM_MEMBERS_CHANGED, EVENT_API_KEY_REVOKED,
	     EVENT_MEMBER_REMOVED);
	struct row_key key = row_key_first(ROW_MEMBER_TEAM);
	struct row_member_team pair;
	assert_false(decider->state.face.next(&decider->state.face, &key, false, &pair));
	WHEN(cleo, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("still here"));
	THEN_REFUSED(NOT_A_MEMBER, "");
	decider->request.has_identity_member = true;
	decider->request.identity_member = cleo;
	GIVEN(ben, add_member, .role = ORG_ROLE_MEMBER,
	      .person = {.issuer = SLICE("x"), .subject = SLICE("c"), .name = SLICE("Cleo")});
	expect_assignee(decider, "TLS-1", eve);
	WHEN(ben, remove_member, .member = cleo);
	THEN(EVENT_MEMBER_REMOVED);
}

static void a_filter_cannot_begin_to_name_who_was_removed(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	GIVEN(ben, deactivate_member, .member = cleo);
	GIVEN(ben, edit_board, .board = BOARD,
	      .filters =
	              FILTERS({.id = SLICE("a"), .name = SLICE("A"), .assignees = PEOPLE(cleo)}));
	GIVEN(ben, remove_member, .member = cleo, REPLACE);
	WHEN(ben, edit_board, .board = BOARD,
	     .filters = FILTERS({.id = SLICE("a"), .name = SLICE("A"), .assignees = PEOPLE(cleo)}));
	THEN_REFUSED(NO_SUCH_MEMBER, "/filters/0/assignees");
}

static void counting_needs_room_for_the_largest_workflow(void **state)
{
	struct decider *decider = *state;
	struct member_uses uses;
	struct arena none;
	char block[64];
	const struct uuid who = cleo;
	settle(decider);
	arena_init(&none, block, sizeof(block));
	assert_false(count_member_uses(&decider->state.face, &who, &none, &uses));
	arena_clear(&decider->arena);
	assert_true(count_member_uses(&decider->state.face, &who, &decider->arena, &uses));
	assert_int_equal(uses.projects + uses.components + uses.issues + uses.values +
	                         uses.defaults + uses.workflows + uses.drafts + uses.boards,
	                 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        DECIDES(who_is_named_is_not_removed_without_a_word),
	        DECIDES(every_place_is_refused_alone),
	        DECIDES(what_happened_is_no_use),
	        DECIDES(a_replacement_is_another_active_member),
	        DECIDES(who_cannot_be_assigned_replaces_nobody),
	        DECIDES(a_rule_is_not_left_without_anybody),
	        cmocka_unit_test(more_places_than_a_command_can_change_are_too_many),
	        DECIDES(a_replacement_takes_every_place),
	        DECIDES(detached_the_places_are_empty),
	        DECIDES(a_board_that_showed_their_issues_alone_shows_all),
	        DECIDES(a_draft_that_was_never_published_is_saved_again),
	        DECIDES(a_required_field_may_come_to_be_empty),
	        DECIDES(who_is_named_twice_is_named_once),
	        DECIDES(what_may_come_back_is_replaced_too),
	        DECIDES(rights_go_and_pass_on_to_nobody),
	        DECIDES(a_filter_cannot_begin_to_name_who_was_removed),
	        DECIDES(counting_needs_room_for_the_largest_workflow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
