/* Rules about one field, system ones and custom ones; teams and permissions; and the rules of the
 * initial transition, which CreateIssue has to satisfy. */
#include "core/domain/workflow.h"
#include "tests/unit/rules.h"

#define PROJECT .project = SLICE("TLS")

static void publish(struct decider *decider, struct workflow_rule_array conditions,
                    struct workflow_rule_array validators)
{
	struct workflow_transition ways[] = {BEGIN("todo"), WAY("start", "todo", "in_progress"),
	                                     FROM_ANY("back", "todo"), FROM_ANY("close", "done")};
	static const struct slice screen[] = {
	        SLICE("summary"),     SLICE("labels"),       SLICE("due_on"),
	        SLICE("components"),  SLICE("fix_versions"), SLICE("affects_versions"),
	        SLICE("description"), SLICE("priority"),     SLICE("start_on"),
	        SLICE("estimate"),    SLICE("remaining"),    SLICE("assignee"),
	        SLICE("parent")};
	ways[1].conditions = conditions;
	ways[1].validators = validators;
	ways[1].screen = (struct slice_array){screen, 13};
	GIVEN(ben, save_workflow_draft, PROJECT, .workflow = SLICE("classic"), .name = SLICE("x"),
	      .transitions = {ways, 4});
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
}
#define ASK(...)                                                                                   \
	publish(decider, (struct workflow_rule_array)RULES(__VA_ARGS__),                           \
	        (struct workflow_rule_array){NULL, 0})
#define VALIDATE(...)                                                                              \
	publish(decider, (struct workflow_rule_array){NULL, 0},                                    \
	        (struct workflow_rule_array)RULES(__VA_ARGS__))

#define START(...)                                                                                 \
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_transition = true,              \
	     .transition = SLICE("start"), __VA_ARGS__)
#define STARTS(...)                                                                                \
	do {                                                                                       \
		START(__VA_ARGS__);                                                                \
		decider_expect_accepted(decider, __FILE__, __LINE__);                              \
		GIVEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_transition = true,     \
		      .transition = SLICE("back"));                                                \
	} while (0)
#define STAYS(pointer, ...)                                                                        \
	do {                                                                                       \
		START(__VA_ARGS__);                                                                \
		THEN_REFUSED(NOT_VALID, pointer);                                                  \
	} while (0)
#define SHUT()                                                                                     \
	do {                                                                                       \
		START();                                                                           \
		THEN_REFUSED(NO_TRANSITION, "/transition");                                        \
	} while (0)

static int setup(void **state)
{
	decider_setup(state);
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("story", "first"), .has_assignee = true, .assignee = ben);
	return 0;
}

static void a_field_is_changed_by_the_transition_itself(void **state)
{
	struct decider *decider = *state;
	VALIDATE({KIND(FIELD_CHANGED), FIELD(DUE_ON)});
	STAYS("/fields");
	assert_string_equal(decider->decision.detail,
	                    "transition 'start' (start): due_on must be changed on the way "
	                    "(validator field_changed)");
	STARTS(VALUES({SLICE("due_on"), LABELS(SLICE("2024-01-01"))}));
	STAYS("/fields/0/values/0", VALUES({SLICE("due_on"), LABELS(SLICE("2024-01-01"))}));
	STARTS(VALUES({SLICE("due_on"), {NULL, 0}}));
#define CHANGES(NAME, name, pointer, ...)                                                          \
	do {                                                                                       \
		VALIDATE({KIND(FIELD_CHANGED), FIELD(NAME)});                                      \
		STAYS("/fields");                                                                  \
		STARTS(VALUES({SLICE(name), LABELS(__VA_ARGS__)}));                                \
		STAYS("/fields/0/values" pointer, VALUES({SLICE(name), LABELS(__VA_ARGS__)}));     \
	} while (0)
	CHANGES(SUMMARY, "summary", "/0", SLICE("second"));
	CHANGES(DESCRIPTION, "description", "/0", SLICE("long text"));
	CHANGES(PRIORITY, "priority", "/0", SLICE("high"));
	CHANGES(START_ON, "start_on", "/0", SLICE("2024-01-01"));
	CHANGES(ESTIMATE, "estimate", "/0", SLICE("60"));
	CHANGES(REMAINING, "remaining", "/0", SLICE("30"));
	CHANGES(LABELS, "labels", "", SLICE("b"), SLICE("a"));
	CHANGES(LABELS, "labels", "/0", SLICE("b"));
	GIVEN(cleo, create_issue, ISSUE("epic", "whole"));
	CHANGES(PARENT, "parent", "/0", SLICE("TLS-2"));
	CHANGES(ASSIGNEE, "assignee", "/0", SLICE("00000000-0000-0000-0000-000000000003"));
#undef CHANGES
}

static void parts_of_the_project_change(void **state)
{
	struct decider *decider = *state;
	struct uuid part = id_of(70), version = id_of(71);
	char text[2][UUID_TEXT];
	uuid_format(&part, text[0]);
	uuid_format(&version, text[1]);
	struct slice ids[] = {slice_of(text[0], UUID_TEXT), slice_of(text[1], UUID_TEXT)};
	GIVEN(ben, add_component, PROJECT, .name = SLICE("ui"), .has_component_id = true,
	      .component_id = part);
	GIVEN(ben, add_version, PROJECT, .name = SLICE("1.0"), .has_version_id = true,
	      .version_id = version);
	VALIDATE({KIND(FIELD_CHANGED), FIELD(COMPONENTS)}, {KIND(SINGLE_VALUE), FIELD(COMPONENTS)},
	         {KIND(FIELD_SET), FIELD(FIX_VERSIONS)},
	         {KIND(FIELD_CHANGED), FIELD(AFFECTS_VERSIONS)});
	STAYS("/fields", VALUES({SLICE("components"), {ids, 1}}));
	STAYS("/fields",
	      VALUES({SLICE("components"), {ids, 1}}, {SLICE("fix_versions"), {ids + 1, 1}}));
	START(VALUES({SLICE("components"), {ids, 1}}, {SLICE("fix_versions"), {ids + 1, 1}},
	             {SLICE("affects_versions"), {ids + 1, 1}}));
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_COMPONENTS_CHANGED, EVENT_ISSUE_VERSIONS_CHANGED,
	     EVENT_ISSUE_VERSIONS_CHANGED);
	START(VALUES({SLICE("components"), {ids + 1, 1}}));
	THEN_REFUSED(NO_TRANSITION, "/transition");
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_transition = true,
	      .transition = SLICE("back"));
	START(VALUES({SLICE("components"), {ids + 1, 1}}));
	THEN_REFUSED(NO_SUCH_COMPONENT, "/fields/0/values/0");
	STAYS("/fields/0/values/0", VALUES({SLICE("components"), {ids, 1}}));
	assert_int_equal(decider->decision.faults_n, 2);
}

static void a_set_has_one_value(void **state)
{
	struct decider *decider = *state;
	VALIDATE({KIND(SINGLE_VALUE), FIELD(LABELS)});
	STAYS("/fields");
	STAYS("/fields/0/values", VALUES({SLICE("labels"), LABELS(SLICE("a"), SLICE("b"))}));
	STARTS(VALUES({SLICE("labels"), LABELS(SLICE("a"))}));
	STARTS();
}

static void values_match_a_pattern_as_a_whole(void **state)
{
	struct decider *decider = *state;
	VALIDATE({KIND(MATCHES), FIELD(SUMMARY), .has_pattern = true,
	          .pattern = SLICE("\\[\\w+\\] .+")});
	STAYS("/fields");
	assert_string_equal(decider->decision.detail,
	                    "transition 'start' (start): summary must match \\[\\w+\\] .+, is "
	                    "\"first\" (validator matches)");
	STAYS("/fields/0/values/0", VALUES({SLICE("summary"), LABELS(SLICE("x [ui] wrong"))}));
	STARTS(VALUES({SLICE("summary"), LABELS(SLICE("[ui] right"))}));
	STARTS();
	VALIDATE({KIND(MATCHES), FIELD(LABELS), .has_pattern = true, .pattern = SLICE("[a-z]+")});
	STAYS("/fields");
	STAYS("/fields/0/values/1", VALUES({SLICE("labels"), LABELS(SLICE("ok"), SLICE("9"))}));
	STARTS(VALUES({SLICE("labels"), LABELS(SLICE("ok"), SLICE("too"))}));
	STARTS();
	GIVEN(cleo, label_issue, .issue = SLICE("TLS-1"), .add = LABELS(SLICE("9")));
	STAYS("/fields");
	/* What takes too much effort does not match. */
	VALIDATE({KIND(MATCHES), FIELD(SUMMARY), .has_pattern = true,
	          .pattern = SLICE("(a+)+[bc]")});
	STAYS("/fields/0/values/0",
	      VALUES({SLICE("summary"), LABELS(SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"))}));
}

/* Tests live on day 19675: 2023-11-14. */
static void days_are_compared(void **state)
{
	struct decider *decider = *state;
	static const struct {
		enum date_comparison comparison;
		bool earlier, same, later;
	} cases[] = {
	        {DATE_COMPARISON_BEFORE, true, false, false},
	        {DATE_COMPARISON_NOT_AFTER, true, true, false},
	        {DATE_COMPARISON_SAME, false, true, false},
	        {DATE_COMPARISON_NOT_SAME, true, false, true},
	        {DATE_COMPARISON_NOT_BEFORE, false, true, true},
	        {DATE_COMPARISON_AFTER, false, false, true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const bool expected[] = {cases[i].earlier, cases[i].same, cases[i].later};
		const struct slice days[] = {SLICE("2023-11-13"), SLICE("2023-11-14"),
		                             SLICE("2023-11-15")};
		VALIDATE({KIND(DATE_COMPARE), FIELD(DUE_ON), .has_comparison = true,
		          .comparison = cases[i].comparison});
		for (int day = 0; day < 3; day++) {
			START(VALUES({SLICE("due_on"), {&days[day], 1}}));
			assert_int_equal(decider->decision.reject,
			                 expected[day] ? REJECT_NONE : REJECT_NOT_VALID);
			WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
			     .to = SLICE("todo"));
		}
		STAYS("/fields/0/values", VALUES({SLICE("due_on"), {NULL, 0}}));
	}
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .clear = FIELDS(ISSUE_FIELD_DUE_ON));
	VALIDATE({KIND(DATE_COMPARE), FIELD(START_ON), .has_comparison = true,
	          .comparison = DATE_COMPARISON_BEFORE, .has_other = true,
	          .other = SLICE("due_on")});
	STAYS("/fields/0/values/0", VALUES({SLICE("start_on"), LABELS(SLICE("2023-11-01"))}));
	STAYS("/fields/0/values/0", VALUES({SLICE("start_on"), LABELS(SLICE("2023-11-02"))},
	                                   {SLICE("due_on"), LABELS(SLICE("2023-11-02"))}));
	STARTS(VALUES({SLICE("start_on"), LABELS(SLICE("2023-11-01"))},
	              {SLICE("due_on"), LABELS(SLICE("2023-11-02"))}));
}

static void days_lie_in_a_window(void **state)
{
	struct decider *decider = *state;
	VALIDATE({KIND(DATE_WINDOW), FIELD(DUE_ON), .has_days = true, .days = 7});
	STAYS("/fields");
	STAYS("/fields/0/values/0", VALUES({SLICE("due_on"), LABELS(SLICE("2023-11-13"))}));
	STARTS(VALUES({SLICE("due_on"), LABELS(SLICE("2023-11-14"))}));
	STARTS(VALUES({SLICE("due_on"), LABELS(SLICE("2023-11-21"))}));
	STAYS("/fields/0/values/0", VALUES({SLICE("due_on"), LABELS(SLICE("2023-11-22"))}));
	VALIDATE({KIND(DATE_WINDOW), FIELD(DUE_ON), .has_days = true, .days = 1, .has_other = true,
	          .other = SLICE("start_on")});
	STAYS("/fields/1/values/0", VALUES({SLICE("start_on"), LABELS(SLICE("2023-11-01"))},
	                                   {SLICE("due_on"), LABELS(SLICE("2023-11-03"))}));
	STARTS(VALUES({SLICE("start_on"), LABELS(SLICE("2023-11-01"))},
	              {SLICE("due_on"), LABELS(SLICE("2023-11-02"))}));
}

static void custom_fields_count(void **state)
{
	struct decider *decider = *state;
#define ADD(id_, kind_)                                                                            \
	GIVEN(ben, add_field, PROJECT, .field = SLICE(id_), .name = SLICE(id_),                    \
	      .kind = FIELD_KIND_##kind_)
#define GIVE(id_, ...)                                                                             \
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), VALUES({SLICE(id_), LABELS(__VA_ARGS__)}))
	ADD("code", TEXT);
	ADD("signed_on", DATE);
	ADD("seen_at", DATETIME);
	ADD("owner", MEMBER);
	ADD("areas", LABELS);
	ADD("notes", PARAGRAPH);
	VALIDATE({KIND(FIELD_SET), CUSTOM("notes")});
	STAYS("/transition");
	GIVE("notes", SLICE("long text"));
	STARTS();
	VALIDATE({KIND(MATCHES), CUSTOM("code"), .has_pattern = true, .pattern = SLICE("C-\\d+")});
	STAYS("/transition");
	GIVE("code", SLICE("C-1x"));
	STAYS("/transition");
	GIVE("code", SLICE("C-1"));
	STARTS();
	ASK({KIND(FIELD_IS), CUSTOM("code"), .values = LABELS(SLICE("C-2"), SLICE("C-1"))});
	STARTS();
	ASK({KIND(FIELD_IS), CUSTOM("code"), .values = LABELS(SLICE("C-2"))});
	SHUT();
	ASK({KIND(USER_FIELD), CUSTOM("owner")});
	SHUT();
	GIVE("owner", SLICE("00000000-0000-0000-0000-000000000003"));
	STARTS();
	VALIDATE({KIND(SINGLE_VALUE), CUSTOM("areas")});
	STAYS("/transition");
	GIVE("areas", SLICE("a"), SLICE("b"));
	STAYS("/transition");
	GIVE("areas", SLICE("a"));
	STARTS();
	VALIDATE({KIND(DATE_COMPARE), CUSTOM("signed_on"), .has_comparison = true,
	          .comparison = DATE_COMPARISON_NOT_AFTER, .has_other = true,
	          .other = SLICE("seen_at")});
	GIVE("signed_on", SLICE("2023-11-02"));
	STAYS("/transition");
	GIVE("seen_at", SLICE("2023-11-01T23:00:00Z"));
	STAYS("/transition");
	GIVE("seen_at", SLICE("2023-11-02T01:00:00Z"));
	STARTS();
	VALIDATE({KIND(FIELD_CHANGED), CUSTOM("code")});
	STAYS("/transition");
}

static void teams_and_permissions_may(void **state)
{
	struct decider *decider = *state;
	struct uuid team = id_of(80), gone = id_of(81), nowhere = id_of(82);
	GIVEN(ben, create_team, .has_team_id = true, .team_id = team, .name = SLICE("Core"));
	GIVEN(ben, create_team, .has_team_id = true, .team_id = gone, .name = SLICE("Gone"));
	ASK({KIND(TEAM), .teams = {(const struct uuid[]){gone, team}, 2}});
	SHUT();
	GIVEN(ben, change_team_members, .team = team, .add = {(const struct uuid[]){cleo}, 1});
	STARTS();
	ASK({KIND(PERMISSION), .has_permission = true, .permission = PERMISSION_EDIT_ISSUES});
	STARTS();
	ASK({KIND(PERMISSION), .has_permission = true, .permission = PERMISSION_MANAGE_WORKFLOWS});
	SHUT();
	ASK({KIND(AUTOMATION)});
	SHUT();
	decider->request.actor.kind = ACTOR_KIND_RULE;
	WHEN(nobody, transition_issue, .issue = SLICE("TLS-1"), .has_transition = true,
	     .transition = SLICE("start"));
	THEN(EVENT_ISSUE_TRANSITIONED);
#define WRONG(reject, pointer, ...)                                                                \
	do {                                                                                       \
		struct workflow_transition ways[] = {BEGIN("todo"), WAY("x", "todo", "done")};     \
		ways[1].conditions = (struct workflow_rule_array)RULES(__VA_ARGS__);               \
		WHEN(ben, save_workflow_draft, PROJECT, .workflow = SLICE("x"),                    \
		     .name = SLICE("x"), .transitions = {ways, 2});                                \
		THEN_REFUSED(reject, "/transitions/1/conditions/0/" pointer);                      \
	} while (0)
	WRONG(NO_SUCH_TEAM, "teams", {KIND(TEAM), .teams = {&nowhere, 1}});
	WRONG(BAD_WORKFLOW, "teams", {KIND(TEAM)});
	WRONG(BAD_WORKFLOW, "permission", {KIND(PERMISSION)});
	WRONG(BAD_WORKFLOW, "pattern", {KIND(MATCHES), FIELD(SUMMARY)});
	WRONG(BAD_PATTERN, "pattern",
	      {KIND(MATCHES), FIELD(SUMMARY), .has_pattern = true, .pattern = SLICE("(a")});
	assert_string_equal(decider->decision.detail, "missing closing parenthesis at 2");
	static char longest[WORKFLOW_PATTERN_MAX + 1];
	memset(longest, 'a', sizeof longest);
	WRONG(BAD_PATTERN, "pattern",
	      {KIND(MATCHES), FIELD(SUMMARY), .has_pattern = true,
	       .pattern = slice_of(longest, sizeof longest)});
	assert_string_equal(decider->decision.detail, "at most 500 characters");
	WRONG(BAD_WORKFLOW, "field", {KIND(SINGLE_VALUE), FIELD(SUMMARY)});
	WRONG(UNKNOWN_TYPE, "values/1",
	      {KIND(FIELD_IS), FIELD(TYPE), .values = LABELS(SLICE("bug"), SLICE("wish"))});
	WRONG(UNKNOWN_PRIORITY, "values/0",
	      {KIND(FIELD_IS), FIELD(PRIORITY), .values = LABELS(SLICE("wish"))});
	WRONG(UNKNOWN_RESOLUTION, "values/0",
	      {KIND(FIELD_IS), FIELD(RESOLUTION), .values = LABELS(SLICE("wish"))});
	const struct field_option options[] = {{.option = SLICE("low"), .name = SLICE("Low")}};
	GIVEN(ben, add_field, PROJECT, .field = SLICE("risk"), .name = SLICE("Risk"),
	      .kind = FIELD_KIND_SELECT, .options = {options, 1});
	WRONG(UNKNOWN_OPTION, "values/1",
	      {KIND(FIELD_IS), CUSTOM("risk"), .values = LABELS(SLICE("low"), SLICE("wish"))});
	GIVEN(ben, edit_field_option, PROJECT, .field = SLICE("risk"), .option = SLICE("low"),
	      .has_disabled = true, .disabled = true);
	ASK({KIND(FIELD_IS), CUSTOM("risk"), .values = LABELS(SLICE("low"))},
	    {KIND(FIELD_IS), FIELD(PRIORITY), .values = LABELS(SLICE("high"))});
	WRONG(BAD_WORKFLOW, "kind", {KIND(FIELD_CHANGED), FIELD(SUMMARY)});
	WRONG(UNKNOWN_FIELD, "custom_field", {KIND(FIELD_SET), CUSTOM("nirvana")});
	WRONG(BAD_WORKFLOW, "custom_field", {KIND(FIELD_SET), FIELD(DUE_ON), CUSTOM("nirvana")});
	WRONG(BAD_WORKFLOW, "comparison", {KIND(DATE_COMPARE), FIELD(DUE_ON)});
	WRONG(BAD_WORKFLOW, "days", {KIND(DATE_WINDOW), FIELD(DUE_ON)});
	WRONG(UNKNOWN_FIELD, "other",
	      {KIND(DATE_WINDOW), FIELD(DUE_ON), .has_days = true, .has_other = true,
	       .other = SLICE("nirvana")});
	WRONG(BAD_WORKFLOW, "other",
	      {KIND(DATE_WINDOW), FIELD(DUE_ON), .has_days = true, .has_other = true,
	       .other = SLICE("summary")});
	GIVEN(ben, add_field, PROJECT, .field = SLICE("notes"), .name = SLICE("notes"),
	      .kind = FIELD_KIND_PARAGRAPH);
	WRONG(BAD_WORKFLOW, "custom_field",
	      {KIND(MATCHES), CUSTOM("notes"), .has_pattern = true, .pattern = SLICE("a")});
#undef WRONG
}

/* Without it, nobody would be in the team: "not" would hold for all. */
static void a_team_that_rules_name_is_not_deleted(void **state)
{
	struct decider *decider = *state;
	struct uuid team = id_of(80);
	GIVEN(ben, create_team, .has_team_id = true, .team_id = team, .name = SLICE("Core"),
	      .members = {(const struct uuid[]){cleo}, 1});
	ASK({KIND(NOT)}, {KIND(TEAM), GROUP(0), .teams = {&team, 1}});
	SHUT();
	GIVEN(ben, save_workflow_draft, DRAFT("other", BEGIN("todo"), FROM_ANY("x", "done")));
	WHEN(ben, delete_team, .team = team);
	THEN_REFUSED(IN_USE, "/team");
	assert_string_equal(decider->decision.detail,
	                    "rules of 1 workflows, 0 drafts name it, the first is classic of TLS: "
	                    "change these rules first");
	GIVEN(ben, archive_project, PROJECT);
	WHEN(ben, delete_team, .team = team);
	THEN_REFUSED(IN_USE, "/team");
	GIVEN(ben, unarchive_project, PROJECT);
	SHUT();
	const struct workflow_transition ways[] = {
	        BEGIN("todo"),
	        {.id = SLICE("x"),
	         .name = SLICE("x"),
	         .kind = TRANSITION_KIND_GLOBAL,
	         .to = SLICE("done"),
	         .validators = RULES({KIND(TEAM), .teams = {&team, 1}})}};
	GIVEN(ben, save_workflow_draft, PROJECT, .workflow = SLICE("other"), .name = SLICE("x"),
	      .transitions = {ways, 2});
	ASK({KIND(AUTOMATION)});
	WHEN(ben, delete_team, .team = team);
	THEN_REFUSED(IN_USE, "/team");
	assert_string_equal(decider->decision.detail,
	                    "rules of 0 workflows, 1 drafts name it, the first is other of TLS: "
	                    "change these rules first");
	GIVEN(ben, save_workflow_draft, DRAFT("other", BEGIN("todo"), FROM_ANY("x", "done")));
	WHEN(ben, delete_team, .team = team);
	THEN(EVENT_TEAM_DELETED);
}

/* --- what an issue does not show --- */

static void rules_do_not_see_what_is_hidden(void **state)
{
	struct decider *decider = *state;
	struct field_value given = {SLICE("code"), LABELS(SLICE("C-1"))};
	GIVEN(ben, add_field, PROJECT, .field = SLICE("code"), .name = SLICE("Code"),
	      .kind = FIELD_KIND_TEXT, .issue_types = LABELS(SLICE("story")));
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = {&given, 1});
	ASK({KIND(FIELD_SET), CUSTOM("code")});
	STARTS();
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_type = true, .type = SLICE("bug"));
	SHUT();
	ASK({KIND(FIELD_IS), CUSTOM("code"), .values = LABELS(SLICE("C-1"))});
	SHUT();
	ASK({KIND(NOT)}, {KIND(FIELD_SET), GROUP(0), CUSTOM("code")});
	STARTS();
	VALIDATE({KIND(MATCHES), CUSTOM("code"), .has_pattern = true, .pattern = SLICE("C.*")});
	STAYS("/transition");
	GIVEN(ben, edit_field, PROJECT, .field = SLICE("code"),
	      .issue_types = LABELS(SLICE("story"), SLICE("bug")));
	STARTS();
}

/* --- the initial transition --- */

static void begin_with(struct decider *decider, struct workflow_rule_array conditions,
                       struct workflow_rule_array validators)
{
	struct workflow_transition ways[] = {BEGIN("todo"), WAY("close", "todo", "done")};
	ways[0].conditions = conditions;
	ways[0].validators = validators;
	GIVEN(ben, save_workflow_draft, PROJECT, .workflow = SLICE("classic"), .name = SLICE("x"),
	      .transitions = {ways, 2});
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
}

static void who_may_create_is_a_condition(void **state)
{
	struct decider *decider = *state;
	begin_with(decider, (struct workflow_rule_array)RULES({KIND(ROLE), ROLE(ADMIN)}),
	           (struct workflow_rule_array){NULL, 0});
	WHEN(cleo, create_issue, ISSUE("task", "x"));
	THEN_REFUSED(NO_TRANSITION, "/type");
	assert_string_equal(decider->decision.detail, "transition 'Create' (create): only role "
	                                              "admin or higher (condition role)");
	WHEN(ben, create_issue, ISSUE("task", "x"));
	THEN(EVENT_ISSUE_CREATED);
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-1"));
	THEN_REFUSED(NO_TRANSITION, "/issue");
	WHEN(ben, clone_issue, .issue = SLICE("TLS-1"));
	THEN(EVENT_ISSUE_CREATED);
}

static void what_a_new_issue_has_is_validated(void **state)
{
	struct decider *decider = *state;
	begin_with(decider, (struct workflow_rule_array){NULL, 0},
	           (struct workflow_rule_array)RULES(
	                   {KIND(FIELD_SET), FIELD(DUE_ON)}, {KIND(SINGLE_VALUE), FIELD(LABELS)},
	                   {KIND(MATCHES), FIELD(SUMMARY), .has_pattern = true,
	                    .pattern = SLICE("[A-Z].*")}));
	WHEN(cleo, create_issue, ISSUE("task", "Right"));
	THEN_REFUSED(NOT_VALID, "/due_on");
	assert_string_equal(decider->decision.detail,
	                    "transition 'Create' (create): due_on must have a value (validator "
	                    "field_set); labels must have exactly one value, has 0 (validator "
	                    "single_value)");
	WHEN(cleo, create_issue, ISSUE("task", "Right"), .has_due_on = true, .due_on = 20000);
	THEN_REFUSED(NOT_VALID, "/labels");
	WHEN(cleo, create_issue, ISSUE("task", "wrong"), .has_due_on = true, .due_on = 20000,
	     .labels = LABELS(SLICE("a")));
	THEN_REFUSED(NOT_VALID, "/summary");
	WHEN(cleo, create_issue, ISSUE("task", "Right"), .has_due_on = true, .due_on = 20000,
	     .labels = LABELS(SLICE("a")));
	THEN(EVENT_ISSUE_CREATED);
	GIVEN(ben, add_field, PROJECT, .field = SLICE("code"), .name = SLICE("code"),
	      .kind = FIELD_KIND_TEXT);
	begin_with(decider, (struct workflow_rule_array){NULL, 0},
	           (struct workflow_rule_array)RULES({KIND(FIELD_SET), CUSTOM("code")}));
	WHEN(cleo, create_issue, ISSUE("task", "x"));
	THEN_REFUSED(NOT_VALID, "/fields");
	WHEN(cleo, create_issue, ISSUE("task", "x"), VALUES({SLICE("code"), LABELS(SLICE("C"))}));
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_FIELDS_CHANGED);
}

static void a_new_issue_has_no_past(void **state)
{
	struct decider *decider = *state;
#define WRONG(...)                                                                                 \
	do {                                                                                       \
		struct workflow_transition first = BEGIN("todo");                                  \
		first.validators = (struct workflow_rule_array)RULES(__VA_ARGS__);                 \
		WHEN(ben, save_workflow_draft, PROJECT, .workflow = SLICE("x"),                    \
		     .name = SLICE("x"), .transitions = {&first, 1});                              \
		THEN_REFUSED(BAD_WORKFLOW, "/transitions/0/validators/0/kind");                    \
	} while (0)
	WRONG({KIND(WAS_IN), .statuses = LABELS(SLICE("todo"))});
	WRONG({KIND(PREVIOUS_STATUS), .statuses = LABELS(SLICE("todo"))});
	WRONG({KIND(SEPARATE), .statuses = LABELS(SLICE("todo"), SLICE("done"))});
	WRONG({KIND(SUBTASKS_IN), .statuses = LABELS(SLICE("todo"))});
	WRONG({KIND(FIELD_CHANGED), FIELD(DUE_ON)});
#undef WRONG
}

#define ON_ISSUE(test)   cmocka_unit_test_setup_teardown(test, setup, decider_teardown)
#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_ISSUE(a_field_is_changed_by_the_transition_itself),
	        ON_ISSUE(parts_of_the_project_change),
	        ON_ISSUE(a_set_has_one_value),
	        ON_ISSUE(values_match_a_pattern_as_a_whole),
	        ON_ISSUE(days_are_compared),
	        ON_ISSUE(days_lie_in_a_window),
	        ON_ISSUE(custom_fields_count),
	        ON_ISSUE(teams_and_permissions_may),
	        ON_ISSUE(a_team_that_rules_name_is_not_deleted),
	        ON_ISSUE(rules_do_not_see_what_is_hidden),
	        ON_SETTLED(who_may_create_is_a_condition),
	        ON_SETTLED(what_a_new_issue_has_is_validated),
	        ON_SETTLED(a_new_issue_has_no_past),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
