/* What a person is told whose transition, new issue or edit is refused: where, which rule, which
 * field, which value, and what would do. */
#include <stdio.h>

#include "core/domain/transition_say.h"
#include "tests/unit/rules.h"

#define PROJECT         .project = SLICE("TLS")
#define NAMED(id, text) PROJECT, .field = SLICE(id), .name = SLICE(text)
#define TEAM_ID         "00000000-0000-0000-0000-000000000050"
#define CLEO_ID         "00000000-0000-0000-0000-000000000003"
#define DAN_ID          "00000000-0000-0000-0000-000000000004"
#define NOWHERE         "00000000-0000-0000-0000-0000000000ff"
#define OLD_ID          "00000000-0000-0000-0000-000000000047"
#define ONE(id_)        .issue = SLICE(id_)

static const struct slice screen[] = {
        SLICE("summary"),  SLICE("due_on"),    SLICE("start_on"),     SLICE("labels"),
        SLICE("priority"), SLICE("estimate"),  SLICE("assignee"),     SLICE("parent"),
        SLICE("ticket"),   SLICE("area"),      SLICE("fix_versions"), SLICE("components"),
        SLICE("gone"),     SLICE("bugs_only"), SLICE("approvers"),    SLICE("risk")};

static void add_fields(struct decider *decider)
{
	static const struct field_option options[] = {{SLICE("web"), SLICE("Web"), false, {0}},
	                                              {SLICE("app"), SLICE("App"), false, {0}},
	                                              {SLICE("old"), SLICE("Old"), false, {0}}};
	static const struct slice bug[] = {SLICE("bug")}, story[] = {SLICE("story")};
	GIVEN(ben, add_field, NAMED("ticket", "Ticket no."), .kind = FIELD_KIND_TEXT);
	GIVEN(ben, add_field, NAMED("area", "Area"), .kind = FIELD_KIND_SELECT,
	      .options = {options, 3});
	GIVEN(ben, edit_field_option, PROJECT, .field = SLICE("area"), .option = SLICE("old"),
	      .has_disabled = true, .disabled = true);
	GIVEN(ben, add_field, NAMED("approvers", "Approvers"), .kind = FIELD_KIND_MEMBERS);
	GIVEN(ben, add_field, NAMED("gone", "Gone"), .kind = FIELD_KIND_TEXT);
	GIVEN(ben, edit_field, PROJECT, .field = SLICE("gone"), .has_disabled = true,
	      .disabled = true);
	GIVEN(ben, add_field, NAMED("bugs_only", "Bugs only"), .kind = FIELD_KIND_TEXT,
	      .issue_types = {bug, 1});
	GIVEN(ben, add_field, NAMED("risk", "Risk"), .kind = FIELD_KIND_NUMBER, .required = true,
	      .issue_types = {story, 1});
	GIVEN(ben, add_field, NAMED("cost", "Cost"), .kind = FIELD_KIND_NUMBER, .required = true,
	      .issue_types = {story, 1});
}

/* TLS-1 is a task of cleo with the ticket "abc", the label "x", due and begun; TLS-2 an epic. */
static int setup(void **state)
{
	decider_setup(state);
	struct decider *decider = *state;
	struct uuid team = id_of(0x50), old = id_of(0x47);
	add_fields(decider);
	GIVEN(ben, create_team, .has_team_id = true, .team_id = team, .name = SLICE("Core"));
	GIVEN(ben, add_version, PROJECT, .name = SLICE("0.9"), .has_version_id = true,
	      .version_id = old);
	GIVEN(ben, archive_version, PROJECT, .version_id = old);
	GIVEN(ben, edit_priority, PROJECT, .priority = SLICE("lowest"), .has_disabled = true,
	      .disabled = true);
	GIVEN(cleo, create_issue, ISSUE("task", "first"), .labels = LABELS(SLICE("x")),
	      .has_due_on = true, .due_on = 19675, .has_start_on = true, .start_on = 19670,
	      VALUES({SLICE("ticket"), LABELS(SLICE("abc"))}));
	GIVEN(cleo, create_issue, ISSUE("epic", "whole"));
	return 0;
}

static void publish(struct decider *decider, struct workflow_rule_array conditions,
                    struct workflow_rule_array validators)
{
	struct workflow_transition ways[] = {BEGIN("todo"), WAY("go", "todo", "in_progress"),
	                                     WAY("ship", "todo", "done"),
	                                     WAY("drop", "todo", "done"), FROM_ANY("back", "todo")};
	static const struct slice resolution[] = {SLICE("resolution")};
	ways[1].name = SLICE("Go on");
	ways[1].conditions = conditions;
	ways[1].validators = validators;
	ways[1].screen = (struct slice_array){screen, sizeof screen / sizeof screen[0]};
	ways[2].name = SLICE("Ship it");
	ways[2].validators = validators;
	ways[2].screen = (struct slice_array){resolution, 1};
	GIVEN(ben, save_workflow_draft, PROJECT, .workflow = SLICE("classic"),
	      .name = SLICE("Ways"), .transitions = {ways, 5});
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
}

static struct workflow_rule_array no_rules(void)
{
	return (struct workflow_rule_array){NULL, 0};
}

/* --- rules --- */

struct asked {
	struct workflow_rule_array rules;
	struct field_value_array fields; /* that the command gives */
	const char *pointer, *says;
};

/* What the command says and what a person sees beforehand are the same words. */
static void expect_why(struct decider *decider, const char *says)
{
	struct crossing crossing = {.state = &decider->state.face,
	                            .arena = &decider->arena,
	                            .person = cleo,
	                            .role = ORG_ROLE_MEMBER,
	                            .now_ms = INT64_C(1700000000000)};
	char why[TRANSITION_WHY_MAX];
	struct rule_faults faults;
	assert_true(resolve_issue(crossing.state, SLICE("TLS-1"), &crossing.issue));
	assert_true(open_crossing(&crossing));
	const struct workflow_transition *go =
	        workflow_transition_find(&crossing.workflow, SLICE("go"));
	assert_false(may_cross(&crossing, go, &faults) &&
	             is_valid_crossing(&crossing, go, &faults));
	say_why(&crossing, &faults, why);
	assert_string_equal(why, says);
}

static void expect_asked(struct decider *decider, const struct asked *asked, bool condition)
{
	char detail[REFUSAL_DETAIL_MAX];
	publish(decider, condition ? asked->rules : no_rules(),
	        condition ? no_rules() : asked->rules);
	WHEN(cleo, transition_issue, ONE("TLS-1"), .has_transition = true,
	     .transition = SLICE("go"), .fields = asked->fields);
	snprintf(detail, sizeof detail, "transition 'Go on' (go): %s%s", asked->says,
	         condition ? "; allowed: ship, drop" : "");
	assert_string_equal(decider->decision.detail, detail);
	assert_int_equal(decider->decision.reject,
	                 condition ? REJECT_NO_TRANSITION : REJECT_NOT_VALID);
	assert_string_equal(decider->decision.pointer, asked->pointer);
	if (!asked->fields.n)
		expect_why(decider, asked->says);
}

#define ASKS(...)  .rules = RULES(__VA_ARGS__)
#define SAYS(text) .pointer = "/transition", .says = text
#define EACH(rows) (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)

static void people_are_told_who_may(void **state)
{
	struct decider *decider = *state;
	struct uuid team = id_of(0x50);
	const struct asked rows[] = {
	        {ASKS({KIND(ROLE), ROLE(ADMIN)}),
	         SAYS("only role admin or higher (condition role)")},
	        {ASKS({KIND(ROLE), ROLE(OWNER)}), SAYS("only role owner (condition role)")},
	        {ASKS({KIND(MEMBER), IDS(dan)}), SAYS("only member " DAN_ID " (condition member)")},
	        {ASKS({KIND(TEAM), .teams = {&team, 1}}),
	         SAYS("only team 'Core' (" TEAM_ID ") (condition team)")},
	        {ASKS({KIND(PERMISSION), .has_permission = true,
	               .permission = PERMISSION_MANAGE_WORKFLOWS}),
	         SAYS("only who has the permission manage_workflows (condition permission)")},
	        {ASKS({KIND(ASSIGNEE)}), SAYS("only the assignee (condition assignee)")},
	        {ASKS({KIND(LEAD)}), SAYS("only the lead of the project (condition lead)")},
	        {ASKS({KIND(AUTOMATION)}),
	         SAYS("only automation, no person (condition automation)")},
	        {ASKS({KIND(USER_FIELD), CUSTOM("approvers")}),
	         SAYS("only who is named in 'Approvers' (approvers) (condition user_field)")},
	        {ASKS({KIND(NOT)}, {KIND(REPORTER), GROUP(0)}),
	         SAYS("not the reporter (condition not)")},
	        {ASKS({KIND(ANY)}, {KIND(ASSIGNEE), GROUP(0)}, {KIND(ROLE), ROLE(ADMIN), GROUP(0)}),
	         SAYS("only the assignee, role admin or higher (condition any)")},
	        {ASKS({KIND(ASSIGNEE)}, {KIND(LEAD)}),
	         SAYS("only the assignee (condition assignee); only the lead of the project "
	              "(condition lead)")},
	};
	for
		EACH(rows)
	expect_asked(decider, &rows[i], true);
}

static void people_are_told_where_issues_must_be(void **state)
{
	struct decider *decider = *state;
	const struct asked rows[] = {
	        {ASKS({KIND(PREVIOUS_STATUS),
	               .statuses = LABELS(SLICE("done"), SLICE("in_review"))}),
	         SAYS("the issue must come from 'Done' (done) or 'In review' (in_review) "
	              "(condition previous_status)")},
	        {ASKS({KIND(WAS_IN), .statuses = LABELS(SLICE("in_review"))}),
	         SAYS("the issue must have been in 'In review' (in_review) (condition was_in)")},
	        {ASKS({KIND(PARENT_IN), .statuses = LABELS(SLICE("in_review")),
	               CATEGORIES(STATUS_CATEGORY_DONE)}),
	         SAYS("the parent must be in 'In review' (in_review) or the category done "
	              "(condition parent_in)")},
	        {ASKS({KIND(SUBTASKS_IN), CATEGORIES(STATUS_CATEGORY_DONE)}),
	         SAYS("all sub-tasks must be in the category done (condition subtasks_in)")},
	        {ASKS({KIND(SEPARATE), .statuses = LABELS(SLICE("todo"), SLICE("done"))}),
	         SAYS("only who did not take it from 'To do' (todo) to 'Done' (done) "
	              "(condition separate)")},
	        {ASKS({KIND(FIELD_IS), FIELD(PRIORITY), .values = LABELS(SLICE("high"))}),
	         SAYS("priority must be high, is medium (condition field_is)")},
	        {ASKS({KIND(FIELD_IS), FIELD(LABELS), .values = LABELS(SLICE("a"), SLICE("b"))}),
	         SAYS("labels must have one of a, b (condition field_is)")},
	};
	GIVEN(cleo, edit_issue, ONE("TLS-1"), .has_parent = true, .parent = SLICE("TLS-2"));
	GIVEN(cleo, create_issue, ISSUE("subtask", "part"), .has_parent = true,
	      .parent = SLICE("TLS-1"));
	publish(decider, no_rules(), no_rules());
	GIVEN(cleo, transition_issue, ONE("TLS-1"), .has_transition = true,
	      .transition = SLICE("drop"));
	GIVEN(cleo, transition_issue, ONE("TLS-1"), .has_transition = true,
	      .transition = SLICE("back"));
	for
		EACH(rows)
		{
			if (rows[i].rules.items[0].kind == WORKFLOW_RULE_KIND_PREVIOUS_STATUS)
				continue;
			expect_asked(decider, &rows[i], true);
		}
	GIVEN(cleo, create_issue, ISSUE("task", "new"));
	publish(decider, rows[0].rules, no_rules());
	WHEN(cleo, transition_issue, ONE("TLS-4"), .has_transition = true,
	     .transition = SLICE("go"));
	THEN_REFUSED(NO_TRANSITION, "/transition");
	assert_non_null(strstr(decider->decision.detail, rows[0].says));
}

#define GIVES(...)      VALUES(__VA_ARGS__)
#define AT(where, text) .pointer = where, .says = text
#define PATTERN(text)   .has_pattern = true, .pattern = SLICE(text)
#define DAYS(n)         .has_days = true, .days = n
#define COMPARED(name)  .has_comparison = true, .comparison = DATE_COMPARISON_##name
#define OTHER(name)     .has_other = true, .other = SLICE(name)

/* Tests live on day 19675: 2023-11-14. */
static void people_are_told_what_a_field_must_be(void **state)
{
	struct decider *decider = *state;
	const struct asked rows[] = {
	        {ASKS({KIND(FIELD_SET), CUSTOM("area")}),
	         AT("/fields", "'Area' (area) must have a value (validator field_set)")},
	        {ASKS({KIND(FIELD_SET), FIELD(ASSIGNEE)}),
	         AT("/fields", "assignee must have a value (validator field_set)")},
	        {ASKS({KIND(FIELD_SET), FIELD(REMAINING)}),
	         AT("/transition", "remaining must have a value (validator field_set)")},
	        {ASKS({KIND(FIELD_SET), CUSTOM("ticket")}),
	         GIVES({SLICE("labels"), LABELS(SLICE("a"))}, {SLICE("ticket"), {NULL, 0}}),
	         AT("/fields/1/values",
	            "'Ticket no.' (ticket) must have a value (validator field_set)")},
	        {ASKS({KIND(FIELD_CHANGED), FIELD(DUE_ON)}),
	         GIVES({SLICE("due_on"), LABELS(SLICE("2023-11-14"))}),
	         AT("/fields/0/values/0",
	            "due_on must be changed on the way (validator field_changed)")},
	        {ASKS({KIND(MATCHES), CUSTOM("ticket"), PATTERN("^[A-Z]+$")}),
	         AT("/fields",
	            "'Ticket no.' (ticket) must match ^[A-Z]+$, is \"abc\" (validator matches)")},
	        {ASKS({KIND(MATCHES), FIELD(LABELS), PATTERN("[a-z]+")}),
	         GIVES({SLICE("ticket"), LABELS(SLICE("T"))},
	               {SLICE("labels"), LABELS(SLICE("ok"), SLICE("9"))}),
	         AT("/fields/1/values/1",
	            "labels must match [a-z]+, is \"9\" (validator matches)")},
	        {ASKS({KIND(SINGLE_VALUE), FIELD(LABELS)}),
	         GIVES({SLICE("labels"), LABELS(SLICE("a"), SLICE("b"))}),
	         AT("/fields/0/values",
	            "labels must have exactly one value, has 2 (validator single_value)")},
	        {ASKS({KIND(FIELD_IS), CUSTOM("area"),
	               .values = LABELS(SLICE("web"), SLICE("app"))}),
	         AT("/fields",
	            "'Area' (area) must be one of web, app, has no value (validator field_is)")},
	        {ASKS({KIND(DATE_BEFORE), FIELD(DUE_ON), DAYS(-1)}),
	         AT("/fields",
	            "due_on must be before 2023-11-13, is 2023-11-14 (validator date_before)")},
	        {ASKS({KIND(DATE_COMPARE), FIELD(DUE_ON), COMPARED(AFTER), OTHER("start_on")}),
	         GIVES({SLICE("due_on"), LABELS(SLICE("2023-11-09"))}),
	         AT("/fields/0/values/0", "due_on must be after start_on 2023-11-09, is 2023-11-09 "
	                                  "(validator date_compare)")},
	        {ASKS({KIND(DATE_COMPARE), FIELD(DUE_ON), COMPARED(NOT_BEFORE), OTHER("start_on")}),
	         GIVES({SLICE("start_on"), {NULL, 0}}),
	         AT("/fields",
	            "due_on must be not before start_on, which has no value, is 2023-11-14 "
	            "(validator date_compare)")},
	        {ASKS({KIND(DATE_COMPARE), FIELD(DUE_ON), COMPARED(NOT_SAME)}),
	         AT("/fields", "due_on must be another day than today (2023-11-14), is 2023-11-14 "
	                       "(validator date_compare)")},
	        {ASKS({KIND(DATE_WINDOW), FIELD(DUE_ON), DAYS(2), OTHER("start_on")}),
	         AT("/fields",
	            "due_on must be from start_on 2023-11-09 to 2023-11-11, is 2023-11-14 "
	            "(validator date_window)")},
	        {ASKS({KIND(ANY)}, {KIND(FIELD_SET), CUSTOM("area"), GROUP(0)},
	              {KIND(LEAD), GROUP(0)}),
	         AT("/fields",
	            "one of ('Area' (area) must have a value; only the lead of the project) "
	            "(validator any)")},
	};
	for
		EACH(rows)
	expect_asked(decider, &rows[i], false);
}

/* Each rule that does not hold, and what the screen asks, has its own place; none hides another. */
static void all_that_is_wrong_is_told_at_once(void **state)
{
	struct decider *decider = *state;
	static const char *const pointers[] = {"/resolution", "/transition", "/transition"};
	static const char *const details[] = {
	        "transition 'Ship it' (ship): resolution must be given (screen)",
	        ("transition 'Ship it' (ship): 'Area' (area) must have a value (validator "
	         "field_set)"),
	        "transition 'Ship it' (ship): only the lead of the project (validator lead)"};
	const struct workflow_rule rules[] = {
	        {KIND(FIELD_SET), CUSTOM("area")}, {KIND(REPORTER)}, {KIND(LEAD)}};
	publish(decider, no_rules(), (struct workflow_rule_array){rules, 3});
	WHEN(cleo, transition_issue, ONE("TLS-1"), .has_transition = true,
	     .transition = SLICE("ship"));
	THEN_REFUSED(NOT_VALID, "/resolution");
	assert_string_equal(decider->decision.detail,
	                    "transition 'Ship it' (ship): resolution must be given (screen); "
	                    "'Area' (area) must have a value (validator field_set); only the lead "
	                    "of the project (validator lead)");
	assert_int_equal(decider->decision.faults_n, 3);
	for (int i = 0; i < 3; i++) {
		assert_slice(decider->decision.faults[i].pointer, pointers[i]);
		assert_slice(decider->decision.faults[i].detail, details[i]);
	}
	WHEN(cleo, create_issue, ISSUE("story", "x"));
	THEN_REFUSED(FIELD_REQUIRED, "/fields");
	assert_string_equal(decider->decision.detail,
	                    "'Cost' (cost) must have a value in issues of the type 'Story' "
	                    "(story); 'Risk' (risk) must have a value in issues of the type "
	                    "'Story' (story)");
	assert_int_equal(decider->decision.faults_n, 2);
	/* A later refusal has nothing of it. */
	WHEN(cleo, create_issue, ISSUE("nothing", "x"));
	THEN_REFUSED(UNKNOWN_TYPE, "/type");
	assert_int_equal(decider->decision.faults_n, 0);
}

static void a_long_rule_is_cut_not_lost(void **state)
{
	struct decider *decider = *state;
	static char pattern[WORKFLOW_PATTERN_MAX], summary[255];
	memset(pattern, 'a', sizeof pattern);
	memset(summary, 'b', sizeof summary);
	const struct workflow_rule rule = {KIND(MATCHES), FIELD(SUMMARY), .has_pattern = true,
	                                   .pattern = slice_of(pattern, sizeof pattern)};
	publish(decider, no_rules(), (struct workflow_rule_array){&rule, 1});
	GIVEN(cleo, edit_issue, ONE("TLS-1"), .has_summary = true,
	      .summary = slice_of(summary, sizeof summary));
	WHEN(cleo, transition_issue, ONE("TLS-1"), .has_transition = true,
	     .transition = SLICE("go"));
	THEN_REFUSED(NOT_VALID, "/fields");
	assert_non_null(strstr(decider->decision.detail, "aaa..., is \"bbb"));
	assert_non_null(strstr(decider->decision.detail, "\" (validator matches)"));
}

/* --- commands --- */

struct told {
	enum person_no actor;
	enum reject reject;
	const char *pointer, *says;
	struct command command;
};

#define SENDS(NAME, name, ...) .command = {.type = COMMAND_##NAME, .name = {__VA_ARGS__}}
#define TAKES(id_, ...)                                                                            \
	SENDS(TRANSITION_ISSUE, transition_issue, ONE("TLS-1"), .has_transition = true,            \
	      .transition = SLICE(id_), __VA_ARGS__)
#define GOES(name, ...) TAKES("go", VALUES({SLICE(name), __VA_ARGS__}))
#define EDITS(...)      SENDS(EDIT_ISSUE, edit_issue, ONE("TLS-1"), __VA_ARGS__)
#define CREATES(...)    SENDS(CREATE_ISSUE, create_issue, ISSUE("task", "x"), __VA_ARGS__)

static void expect_told(struct decider *decider, const struct told *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		decider_send(decider, id_of(rows[i].actor), &rows[i].command);
		assert_string_equal(decider->decision.detail, rows[i].says);
		decider_expect_refused(decider, rows[i].reject, rows[i].pointer, __FILE__,
		                       __LINE__);
	}
}

static void a_screen_says_what_it_takes(void **state)
{
	struct decider *decider = *state;
	const struct told rows[] = {
	        {CLEO, REJECT_BAD_FIELD_VALUE, "/fields/0/values/0",
	         "due_on: \"soon\" is not a day: YYYY-MM-DD",
	         GOES("due_on", LABELS(SLICE("soon")))},
	        {CLEO, REJECT_START_AFTER_DUE, "/fields/0/values/0",
	         "start_on 2023-11-09 must not be after due_on 2023-11-01",
	         GOES("due_on", LABELS(SLICE("2023-11-01")))},
	        {CLEO, REJECT_BAD_CLEAR, "/fields/0/values", "summary: cannot be emptied",
	         GOES("summary", {NULL, 0})},
	        {CLEO, REJECT_BAD_LABEL, "/fields/0/values/1", "labels: label 0: \"a,b\"",
	         GOES("labels", LABELS(SLICE("ok"), SLICE("a,b")))},
	        {CLEO, REJECT_UNKNOWN_PRIORITY, "/fields/0/values/0",
	         "priority: there is no priority urgent; choose highest, high, medium, low",
	         GOES("priority", LABELS(SLICE("urgent")))},
	        {CLEO, REJECT_DISABLED, "/fields/0/values/0",
	         "priority: priority lowest cannot be chosen any more; choose highest, high, "
	         "medium, "
	         "low",
	         GOES("priority", LABELS(SLICE("lowest")))},
	        {CLEO, REJECT_BAD_MINUTES, "/fields/0/values/0", "estimate: 0 to 5256000 minutes",
	         GOES("estimate", LABELS(SLICE("99999999")))},
	        {CLEO, REJECT_NO_SUCH_MEMBER, "/fields/0/values/0",
	         "assignee: there is no member " NOWHERE, GOES("assignee", LABELS(SLICE(NOWHERE)))},
	        {CLEO, REJECT_MEMBER_DEACTIVATED, "/fields/0/values/0",
	         "assignee: " DAN_ID " is deactivated", GOES("assignee", LABELS(SLICE(DAN_ID)))},
	        {CLEO, REJECT_NO_SUCH_ISSUE, "/fields/0/values/0",
	         "parent: there is no issue TLS-9", GOES("parent", LABELS(SLICE("TLS-9")))},
	        {CLEO, REJECT_PARENT_CYCLE, "/fields/0/values/0",
	         "parent: the parent is the issue itself, or below it",
	         GOES("parent", LABELS(SLICE("TLS-1")))},
	        {CLEO, REJECT_VERSION_ARCHIVED, "/fields/0/values/0",
	         "fix_versions: " OLD_ID " is archived",
	         GOES("fix_versions", LABELS(SLICE(OLD_ID)))},
	        {CLEO, REJECT_UNKNOWN_OPTION, "/fields/0/values/0",
	         "'Area' (area) has no option mars; choose app, web",
	         GOES("area", LABELS(SLICE("mars")))},
	        {CLEO, REJECT_DISABLED, "/fields/0/values/0",
	         "option old of 'Area' (area) cannot be chosen any more; choose app, web",
	         GOES("area", LABELS(SLICE("old")))},
	        {CLEO, REJECT_TOO_MANY, "/fields/0/values",
	         "'Ticket no.' (ticket) has at most 1 value",
	         GOES("ticket", LABELS(SLICE("a"), SLICE("b")))},
	        {CLEO, REJECT_NO_SUCH_MEMBER, "/fields/0/values/1",
	         "'Approvers' (approvers): there is no member " NOWHERE,
	         GOES("approvers", LABELS(SLICE(CLEO_ID), SLICE(NOWHERE)))},
	        {CLEO, REJECT_DISABLED, "/fields/0/field", "'Gone' (gone) is disabled",
	         GOES("gone", LABELS(SLICE("x")))},
	        {CLEO, REJECT_FIELD_CONTEXT, "/fields/0/field",
	         "issues of the type 'Task' (task) do not have 'Bugs only' (bugs_only)",
	         GOES("bugs_only", LABELS(SLICE("x")))},
	        {CLEO, REJECT_NOT_ON_SCREEN, "/fields/0/field",
	         "the screen of the transition 'Ship it' (ship) has no 'Area' (area), but "
	         "resolution",
	         TAKES("ship", VALUES({SLICE("area"), LABELS(SLICE("web"))}))},
	        {CLEO, REJECT_BAD_CHANGE, "/fields/0/field",
	         "resolution is a member of the command, not of its fields",
	         TAKES("ship", VALUES({SLICE("resolution"), LABELS(SLICE("done"))}))},
	        {CLEO, REJECT_BAD_CHANGE, "/fields/1/field", "field ticket is named twice",
	         TAKES("go", VALUES({SLICE("ticket"), LABELS(SLICE("a"))},
	                            {SLICE("ticket"), {NULL, 0}}))},
	};
	publish(decider, no_rules(), no_rules());
	GIVEN(ada, deactivate_member, .member = dan);
	expect_told(decider, rows, sizeof rows / sizeof rows[0]);
}

static void a_transition_says_why_it_is_not_taken(void **state)
{
	struct decider *decider = *state;
#define MOVES_TO(id_, ...)                                                                         \
	SENDS(TRANSITION_ISSUE, transition_issue, ONE("TLS-1"), .has_to = true, .to = SLICE(id_),  \
	      __VA_ARGS__)
	const struct told rows[] = {
	        {CLEO, REJECT_NO_TRANSITION, "/transition",
	         "transition 'back' (back): does not start from 'To do' (todo); allowed: go, ship, "
	         "drop",
	         TAKES("back", .has_comment = false)},
	        {CLEO, REJECT_NO_TRANSITION, "/to",
	         "no transition leads from 'To do' (todo) to 'In review' (in_review); allowed: "
	         "in_progress, done, done",
	         MOVES_TO("in_review", .has_comment = false)},
	        {CLEO, REJECT_NO_TRANSITION, "/from",
	         "TLS-1 is in 'To do' (todo) by now, not in 'Done' (done)",
	         MOVES_TO("in_progress", .has_from = true, .from = SLICE("done"))},
	        {CLEO, REJECT_NO_TRANSITION, "/category",
	         "TLS-1 is in 'To do' (todo), of the category todo, already",
	         SENDS(TRANSITION_ISSUE, transition_issue, ONE("TLS-1"), .has_category = true,
	               .category = STATUS_CATEGORY_TODO, .has_comment = true,
	               .comment = SLICE("x"))},
	        {CLEO, REJECT_AMBIGUOUS_TRANSITION, "/to",
	         "'Ship it' (ship) and 'drop' (drop) both lead there: name the transition",
	         MOVES_TO("done", .has_comment = false)},
	        {CLEO, REJECT_UNKNOWN_STATUS, "/to", "there is no status nirvana",
	         MOVES_TO("nirvana", .has_comment = false)},
	        {CLEO, REJECT_UNKNOWN_TRANSITION, "/transition",
	         "the workflow 'Ways' (classic) has no transition fly",
	         TAKES("fly", .has_comment = false)},
	        {CLEO, REJECT_BAD_TARGET, "/to", "say where to: transition, to or category",
	         SENDS(TRANSITION_ISSUE, transition_issue, ONE("TLS-1"))},
	        {CLEO, REJECT_RESOLUTION_NOT_DONE, "/resolution",
	         "status 'In progress' (in_progress) is not a done one: it has no resolution",
	         TAKES("go", .has_resolution = true, .resolution = SLICE("done"))},
	        {CLEO, REJECT_UNKNOWN_RESOLUTION, "/resolution",
	         "there is no resolution lost; choose done, wont_do, duplicate",
	         TAKES("ship", .has_resolution = true, .resolution = SLICE("lost"))},
	        {CLEO, REJECT_VERSION_MISMATCH, "/expected_version", "version is 2, not 9",
	         TAKES("go", .has_expected_version = true, .expected_version = 9)},
	        {CLEO, REJECT_BAD_TEXT, "/comment", "a comment has a text",
	         TAKES("go", .has_comment = true, .comment = SLICE(" "))},
	        {DAN, REJECT_FORBIDDEN, "", "this needs the permission transition_issues in TLS",
	         TAKES("go", .has_comment = false)},
	        {CLEO, REJECT_NO_SUCH_ISSUE, "/issue", "there is no issue TLS-9",
	         SENDS(TRANSITION_ISSUE, transition_issue, ONE("TLS-9"), .has_to = true,
	               .to = SLICE("done"))},
	};
#undef MOVES_TO
	publish(decider, no_rules(), no_rules());
	expect_told(decider, rows, sizeof rows / sizeof rows[0]);
	GIVEN(cleo, archive_issue, ONE("TLS-1"));
	WHEN(cleo, transition_issue, ONE("TLS-1"), .has_to = true, .to = SLICE("done"));
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	assert_string_equal(decider->decision.detail, "the issue is archived: unarchive it first");
}

static void a_new_issue_is_asked_by_its_members(void **state)
{
	struct decider *decider = *state;
	struct workflow_transition ways[] = {BEGIN("todo"), WAY("close", "todo", "done")};
	const struct workflow_rule rules[] = {
	        {KIND(MATCHES), FIELD(SUMMARY), PATTERN("[A-Z].*")},
	        {KIND(FIELD_SET), FIELD(DUE_ON)},
	        {KIND(MATCHES), CUSTOM("ticket"), PATTERN("T-[0-9]+")},
	        {KIND(FIELD_SET), CUSTOM("area")},
	        {KIND(FIELD_IS), FIELD(TYPE), .values = LABELS(SLICE("bug"))},
	        {KIND(LEAD)}};
	static const char *const pointers[] = {"/summary", "/due_on", "/fields/0/values/0",
	                                       "/fields",  "/type",   "/type"};
	ways[0].validators = (struct workflow_rule_array){rules, 6};
	GIVEN(ben, save_workflow_draft, PROJECT, .workflow = SLICE("classic"),
	      .name = SLICE("Ways"), .transitions = {ways, 2});
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(cleo, create_issue, ISSUE("task", "x"), VALUES({SLICE("ticket"), LABELS(SLICE("7"))}));
	THEN_REFUSED(NOT_VALID, "/summary");
	assert_int_equal(decider->decision.faults_n, 6);
	for (int i = 0; i < 6; i++)
		assert_slice(decider->decision.faults[i].pointer, pointers[i]);
	assert_slice(decider->decision.faults[0].detail,
	             "transition 'Create' (create): summary must match [A-Z].*, is \"x\" "
	             "(validator matches)");
}

static void an_edit_says_what_it_takes(void **state)
{
	struct decider *decider = *state;
	const struct told rows[] = {
	        {CLEO, REJECT_BAD_TEXT, "/summary",
	         "1 to 255 characters in one line, not only spaces",
	         EDITS(.has_summary = true, .summary = SLICE(" "))},
	        {CLEO, REJECT_UNKNOWN_PRIORITY, "/priority",
	         "there is no priority urgent; choose highest, high, medium, low",
	         EDITS(.has_priority = true, .priority = SLICE("urgent"))},
	        {CLEO, REJECT_START_AFTER_DUE, "/start_on",
	         "start_on 2023-11-15 must not be after due_on 2023-11-14",
	         EDITS(.has_start_on = true, .start_on = 19676)},
	        {CLEO, REJECT_BAD_CLEAR, "/clear", "priority cannot be emptied",
	         EDITS(.clear = FIELDS(ISSUE_FIELD_PRIORITY))},
	        {CLEO, REJECT_PARENT_TYPE, "/parent",
	         "'Story' (story) cannot be the parent of 'Task' (task)",
	         EDITS(.has_parent = true, .parent = SLICE("TLS-3"))},
	        {CLEO, REJECT_UNKNOWN_FIELD, "/fields/1/field", "there is no field nirvana",
	         EDITS(VALUES({SLICE("ticket"), LABELS(SLICE("a"))},
	                      {SLICE("nirvana"), {NULL, 0}}))},
	        {CLEO, REJECT_BAD_FIELD_VALUE, "/fields/0/values/0",
	         "'Risk' (risk) takes a decimal number of at most 38 digits, like 12.5, not "
	         "\"much\"",
	         SENDS(EDIT_ISSUE, edit_issue, ONE("TLS-3"),
	               VALUES({SLICE("risk"), LABELS(SLICE("much"))}))},
	        {CLEO, REJECT_FIELD_REQUIRED, "/fields/0/values",
	         "'Risk' (risk) must have a value in issues of the type 'Story' (story)",
	         SENDS(EDIT_ISSUE, edit_issue, ONE("TLS-3"), VALUES({SLICE("risk"), {NULL, 0}}))},
	        {CLEO, REJECT_FIELD_REQUIRED, "/fields",
	         "'Cost' (cost) must have a value in issues of the type 'Story' (story); 'Risk' "
	         "(risk) must have a value in issues of the type 'Story' (story)",
	         EDITS(.has_type = true, .type = SLICE("story"))},
	        {CLEO, REJECT_UNKNOWN_TYPE, "/type",
	         "there is no issue type wish; choose epic, story, task, bug, subtask",
	         EDITS(.has_type = true, .type = SLICE("wish"))},
	        {CLEO, REJECT_VERSION_MISMATCH, "/if_unchanged", "summary has changed",
	         EDITS(.has_expected_version = true, .expected_version = 1,
	               .if_unchanged = FIELDS(ISSUE_FIELD_SUMMARY), .has_summary = true,
	               .summary = SLICE("x"))},
	        {DAN, REJECT_FORBIDDEN, "", "this needs the permission edit_issues in TLS",
	         EDITS(.has_summary = true, .summary = SLICE("x"))},
	        {CLEO, REJECT_PARENT_NEEDED, "/parent", "subtask needs a parent",
	         SENDS(CREATE_ISSUE, create_issue, ISSUE("subtask", "x"))},
	        {CLEO, REJECT_UNKNOWN_OPTION, "/fields/0/values/0",
	         "'Area' (area) has no option mars; choose app, web",
	         CREATES(VALUES({SLICE("area"), LABELS(SLICE("mars"))}))},
	};
	GIVEN(cleo, create_issue, ISSUE("story", "third"),
	      VALUES({SLICE("risk"), LABELS(SLICE("1"))}, {SLICE("cost"), LABELS(SLICE("2"))}));
	GIVEN(cleo, create_issue, ISSUE("subtask", "part"), .has_parent = true,
	      .parent = SLICE("TLS-1"));
	GIVEN(cleo, edit_issue, ONE("TLS-1"), .has_summary = true, .summary = SLICE("second"));
	expect_told(decider, rows, sizeof rows / sizeof rows[0]);
}

#define ON_ISSUE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_ISSUE(people_are_told_who_may),
	        ON_ISSUE(people_are_told_where_issues_must_be),
	        ON_ISSUE(people_are_told_what_a_field_must_be),
	        ON_ISSUE(all_that_is_wrong_is_told_at_once),
	        ON_ISSUE(a_long_rule_is_cut_not_lost),
	        ON_ISSUE(a_screen_says_what_it_takes),
	        ON_ISSUE(a_transition_says_why_it_is_not_taken),
	        ON_ISSUE(a_new_issue_is_asked_by_its_members),
	        ON_ISSUE(an_edit_says_what_it_takes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
