/* What transitions do to the issue, in order; and functions that cannot be. */
#include "tests/unit/rules.h"

#define PROJECT .project = SLICE("TLS")
#define CLEO_ID "00000000-0000-0000-0000-000000000003"

static void publish(struct decider *decider, struct post_function_array functions)
{
	struct workflow_transition ways[] = {BEGIN("todo"), WAY("start", "todo", "in_progress"),
	                                     FROM_ANY("back", "todo"), FROM_ANY("close", "done")};
	static const struct slice screen[] = {SLICE("due_on"), SLICE("labels"), SLICE("estimate")};
	ways[1].functions = functions;
	ways[1].screen = (struct slice_array){screen, 3};
	GIVEN(ben, save_workflow_draft, PROJECT, .workflow = SLICE("classic"), .name = SLICE("x"),
	      .transitions = {ways, 4});
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
}
#define DOES(...) publish(decider, (struct post_function_array)FUNCTIONS(__VA_ARGS__))
#define START(who, ...)                                                                            \
	WHEN(who, transition_issue, .issue = SLICE("TLS-1"), .has_transition = true,               \
	     .transition = SLICE("start"), __VA_ARGS__)
#define BACK()                                                                                     \
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_transition = true,             \
	      .transition = SLICE("back"))

static int setup(void **state)
{
	decider_setup(state);
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "first"), .labels = LABELS(SLICE("old")));
	return 0;
}

static void assigned(struct decider *decider, struct uuid who)
{
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_ASSIGNED);
	assert_true(EVENT_BODY(1, issue_assigned)->has_to);
	assert_memory_equal(&EVENT_BODY(1, issue_assigned)->to, &who, sizeof who);
	BACK();
}

static void an_issue_is_assigned(void **state)
{
	struct decider *decider = *state;
	struct uuid part = id_of(70);
	DOES({DO(ASSIGN), TO(REPORTER)});
	START(ben);
	assigned(decider, cleo);
	START(ben);
	THEN(EVENT_ISSUE_TRANSITIONED);
	BACK();
	DOES({DO(ASSIGN), TO(ACTOR)});
	START(ben);
	assigned(decider, ben);
	DOES({DO(ASSIGN), TO(MEMBER), .has_member = true, .member = ada});
	START(ben);
	assigned(decider, ada);
	GIVEN(ada, edit_project, PROJECT, .has_lead = true, .lead = cleo);
	DOES({DO(ASSIGN), TO(LEAD)});
	START(ben);
	assigned(decider, cleo);
	DOES({DO(ASSIGN), TO(COMPONENT)});
	START(ben);
	THEN(EVENT_ISSUE_TRANSITIONED);
	BACK();
	GIVEN(ben, add_component, PROJECT, .name = SLICE("ui"), .has_component_id = true,
	      .component_id = part, .has_default_assignee = true, .default_assignee = ben);
	GIVEN(ben, change_issue_components, .issue = SLICE("TLS-1"), .add = {&part, 1});
	START(ada);
	assigned(decider, ben);
	DOES({DO(ASSIGN), TO(NOBODY)});
	START(ben);
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_ASSIGNED);
	assert_false(EVENT_BODY(1, issue_assigned)->has_to);
}

static void who_is_not_active_gets_nothing(void **state)
{
	struct decider *decider = *state;
	DOES({DO(ASSIGN), TO(REPORTER)});
	GIVEN(ben, assign_issue, .issue = SLICE("TLS-1"), .has_assignee = true, .assignee = ben);
	GIVEN(ada, deactivate_member, .member = cleo);
	START(ben);
	THEN(EVENT_ISSUE_TRANSITIONED);
	GIVEN(ben, transition_issue, .issue = SLICE("TLS-1"), .has_transition = true,
	      .transition = SLICE("back"));
	DOES({DO(ASSIGN), TO(ACTOR)});
	decider->request.actor.kind = ACTOR_KIND_RULE;
	START(nobody);
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void fields_are_set_and_cleared(void **state)
{
	struct decider *decider = *state;
	DOES({DO(SET), ON("priority"), .values = LABELS(SLICE("highest"))},
	     {DO(SET), ON("due_on"), .values = LABELS(SLICE("2024-01-02"))},
	     {DO(CLEAR), ON("labels")});
	START(cleo);
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_PRIORITY_CHANGED, EVENT_ISSUE_DUE_DATE_CHANGED,
	     EVENT_ISSUE_LABELS_CHANGED);
	assert_slice(EVENT_BODY(1, issue_priority_changed)->to, "highest");
	BACK();
	START(cleo);
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void they_come_behind_the_screen_and_in_order(void **state)
{
	struct decider *decider = *state;
	struct field_value given = {SLICE("due_on"), LABELS(SLICE("2024-03-01"))};
	DOES({DO(COPY), ON("start_on"), FROM("due_on")},
	     {DO(SET), ON("due_on"), .values = LABELS(SLICE("2024-05-01"))},
	     {DO(ADD_LABELS), .values = LABELS(SLICE("b"), SLICE("a"), SLICE("old"))},
	     {DO(REMOVE_LABELS), .values = LABELS(SLICE("old"), SLICE("b"), SLICE("z"))});
	START(cleo, .fields = {&given, 1});
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_DUE_DATE_CHANGED, EVENT_ISSUE_START_DATE_CHANGED,
	     EVENT_ISSUE_LABELS_CHANGED);
	assert_int_equal(EVENT_BODY(1, issue_due_date_changed)->to, 19844);
	assert_int_equal(EVENT_BODY(2, issue_start_date_changed)->to, 19783);
	assert_int_equal(EVENT_BODY(3, issue_labels_changed)->added.n, 1);
	assert_slice(EVENT_BODY(3, issue_labels_changed)->added.items[0], "a");
	assert_int_equal(EVENT_BODY(3, issue_labels_changed)->removed.n, 1);
	BACK();
	given.values = LABELS(SLICE("2024-08-01"));
	DOES({DO(COPY), ON("start_on"), FROM("due_on")},
	     {DO(SET), ON("due_on"), .values = LABELS(SLICE("2024-05-01"))});
	START(cleo, .fields = {&given, 1});
	THEN_REFUSED(START_AFTER_DUE, "/transition");
	assert_string_equal(decider->decision.detail,
	                    "transition 'start' (start), post functions: start_on 2024-08-01 must "
	                    "not be after due_on 2024-05-01");
}

static void custom_fields_are_set_copied_and_cleared(void **state)
{
	struct decider *decider = *state;
#define ADD(id_, kind_)                                                                            \
	GIVEN(ben, add_field, PROJECT, .field = SLICE(id_), .name = SLICE(id_),                    \
	      .kind = FIELD_KIND_##kind_)
	ADD("title", TEXT);
	ADD("size", NUMBER);
	ADD("keeper", MEMBER);
	ADD("tags", LABELS);
	DOES({DO(COPY), ON("title"), FROM("summary")},
	     {DO(SET), ON("size"), .values = LABELS(SLICE("1.50"))}, {DO(ASSIGN), TO(ACTOR)},
	     {DO(COPY), ON("keeper"), FROM("assignee")}, {DO(COPY), ON("tags"), FROM("labels")});
	START(cleo);
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_ASSIGNED, EVENT_ISSUE_FIELDS_CHANGED);
	const struct field_change_array changes = EVENT_BODY(2, issue_fields_changed)->changes;
	assert_int_equal(changes.n, 4);
	assert_slice(changes.items[0].to.items[0], "first");
	assert_slice(changes.items[1].to.items[0], "1.5");
	assert_slice(changes.items[2].to.items[0], CLEO_ID);
	assert_slice(changes.items[3].to.items[0], "old");
	BACK();
	DOES({DO(CLEAR), ON("size")}, {DO(COPY), ON("summary"), FROM("title")},
	     {DO(SET), ON("title"), .values = LABELS(SLICE("new"))},
	     {DO(COPY), ON("description"), FROM("title")});
	START(cleo);
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_DESCRIPTION_CHANGED, EVENT_ISSUE_FIELDS_CHANGED);
	assert_slice(EVENT_BODY(1, issue_description_changed)->to, "new");
	assert_int_equal(EVENT_BODY(2, issue_fields_changed)->changes.n, 2);
	BACK();
	/* Nothing there: the target is emptied, but for what cannot be. */
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), VALUES({SLICE("title"), {NULL, 0}}));
	DOES({DO(COPY), ON("summary"), FROM("title")},
	     {DO(COPY), ON("description"), FROM("title")});
	START(cleo);
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_DESCRIPTION_CHANGED);
}

static void a_resolution_is_set(void **state)
{
	struct decider *decider = *state;
	struct post_function resolve = {DO(SET), ON("resolution"),
	                                .values = LABELS(SLICE("wont_do"))};
	GIVEN(ben, save_workflow_draft,
	      DRAFT("classic", BEGIN("todo"),
	            {.id = SLICE("drop"),
	             .name = SLICE("Drop"),
	             .kind = TRANSITION_KIND_GLOBAL,
	             .to = SLICE("done"),
	             .functions = {&resolve, 1}}));
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"));
	THEN(EVENT_ISSUE_TRANSITIONED);
	assert_slice(EVENT_BODY(0, issue_transitioned)->resolution, "wont_do");
}

static void what_went_away_stops_the_transition(void **state)
{
	struct decider *decider = *state;
	DOES({DO(SET), ON("priority"), .values = LABELS(SLICE("highest"))});
	GIVEN(ben, edit_priority, PROJECT, .priority = SLICE("highest"), .has_disabled = true,
	      .disabled = true);
	START(cleo);
	THEN_REFUSED(DISABLED, "/transition");
	assert_string_equal(decider->decision.detail,
	                    "transition 'start' (start), post function set: priority: priority "
	                    "highest cannot be chosen any more; choose high, medium, low, lowest");
}

static void new_issues_begin_with_functions(void **state)
{
	struct decider *decider = *state;
	struct workflow_transition ways[] = {BEGIN("todo"), WAY("close", "todo", "done")};
	struct post_function functions[] = {
	        {DO(ASSIGN), TO(ACTOR)},
	        {DO(ADD_LABELS), .values = LABELS(SLICE("triage"))},
	        {DO(SET), ON("priority"), .values = LABELS(SLICE("low"))},
	        {DO(COPY), ON("code"), FROM("summary")},
	        {DO(SET), ON("estimate"), .values = LABELS(SLICE("60"))}};
	GIVEN(ben, add_field, PROJECT, .field = SLICE("code"), .name = SLICE("code"),
	      .kind = FIELD_KIND_TEXT);
	ways[0].functions = (struct post_function_array){functions, 5};
	GIVEN(ben, save_workflow_draft, PROJECT, .workflow = SLICE("classic"), .name = SLICE("x"),
	      .transitions = {ways, 2});
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(cleo, create_issue, ISSUE("task", "second"), .labels = LABELS(SLICE("ui")));
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_FIELDS_CHANGED);
	const struct issue_created *created = EVENT_BODY(0, issue_created);
	struct uuid who = cleo;
	assert_memory_equal(&created->assignee, &who, sizeof who);
	assert_int_equal(created->labels.n, 2);
	assert_slice(created->labels.items[0], "triage");
	assert_slice(created->priority, "low");
	assert_int_equal(created->remaining, 60);
	assert_slice(EVENT_BODY(1, issue_fields_changed)->changes.items[0].to.items[0], "second");
}

static void functions_are_what_can_be_done(void **state)
{
	struct decider *decider = *state;
	struct uuid stranger = nobody;
	GIVEN(ben, add_field, PROJECT, .field = SLICE("notes"), .name = SLICE("notes"),
	      .kind = FIELD_KIND_PARAGRAPH);
#define WRONG(reject, member, ...)                                                                 \
	do {                                                                                       \
		struct workflow_transition ways[] = {BEGIN("todo"),                                \
		                                     WAY("x", "todo", "in_review")};               \
		ways[1].functions = (struct post_function_array)FUNCTIONS(__VA_ARGS__);            \
		WHEN(ben, save_workflow_draft, PROJECT, .workflow = SLICE("x"),                    \
		     .name = SLICE("x"), .transitions = {ways, 2});                                \
		THEN_REFUSED(reject, "/transitions/1/functions/0/" member);                        \
	} while (0)
	WRONG(BAD_WORKFLOW, "assignee", {DO(ASSIGN)});
	WRONG(BAD_WORKFLOW, "member", {DO(ASSIGN), TO(MEMBER)});
	assert_string_equal(decider->decision.detail, "assign needs member");
	WRONG(BAD_WORKFLOW, "member",
	      {DO(ASSIGN), TO(LEAD), .has_member = true, .member = stranger});
	assert_string_equal(decider->decision.detail, "assign has no member");
	WRONG(NO_SUCH_MEMBER, "member",
	      {DO(ASSIGN), TO(MEMBER), .has_member = true, .member = stranger});
	WRONG(BAD_WORKFLOW, "field", {DO(SET), .values = LABELS(SLICE("x"))});
	WRONG(BAD_WORKFLOW, "values", {DO(SET), ON("due_on")});
	WRONG(BAD_WORKFLOW, "source", {DO(COPY), ON("due_on")});
	WRONG(BAD_WORKFLOW, "field", {DO(CLEAR)});
	WRONG(BAD_WORKFLOW, "values", {DO(ADD_LABELS)});
	WRONG(BAD_LABEL, "values", {DO(REMOVE_LABELS), .values = LABELS(SLICE("a,b"))});
	WRONG(UNKNOWN_FIELD, "field", {DO(CLEAR), ON("nirvana")});
	WRONG(BAD_WORKFLOW, "field", {DO(SET), ON("status"), .values = LABELS(SLICE("done"))});
	WRONG(BAD_CLEAR, "field", {DO(CLEAR), ON("summary")});
	WRONG(UNKNOWN_PRIORITY, "values/0",
	      {DO(SET), ON("priority"), .values = LABELS(SLICE("x"))});
	WRONG(BAD_FIELD_VALUE, "values/0", {DO(SET), ON("due_on"), .values = LABELS(SLICE("x"))});
	WRONG(BAD_WORKFLOW, "values", {DO(SET), ON("parent"), .values = LABELS(SLICE("TLS-1"))});
	WRONG(RESOLUTION_NOT_DONE, "field",
	      {DO(SET), ON("resolution"), .values = LABELS(SLICE("done"))});
	WRONG(UNKNOWN_FIELD, "source", {DO(COPY), ON("due_on"), FROM("nirvana")});
	WRONG(BAD_WORKFLOW, "source", {DO(COPY), ON("due_on"), FROM("summary")});
	WRONG(BAD_WORKFLOW, "source", {DO(COPY), ON("notes"), FROM("description")});
	WRONG(BAD_WORKFLOW, "source", {DO(COPY), ON("description"), FROM("notes")});
#undef WRONG
	struct workflow_transition first = BEGIN("todo");
	struct post_function many[33];
	for (int i = 0; i < 33; i++)
		many[i] = (struct post_function){DO(CLEAR), ON("due_on")};
	first.functions = (struct post_function_array){many, 33};
	WHEN(ben, save_workflow_draft, PROJECT, .workflow = SLICE("x"), .name = SLICE("x"),
	     .transitions = {&first, 1});
	THEN_REFUSED(BAD_WORKFLOW, "/transitions/0/functions");
}

#define ON_ISSUE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_ISSUE(an_issue_is_assigned),
	        ON_ISSUE(who_is_not_active_gets_nothing),
	        ON_ISSUE(fields_are_set_and_cleared),
	        ON_ISSUE(they_come_behind_the_screen_and_in_order),
	        ON_ISSUE(custom_fields_are_set_copied_and_cleared),
	        ON_ISSUE(a_resolution_is_set),
	        ON_ISSUE(what_went_away_stops_the_transition),
	        ON_ISSUE(new_issues_begin_with_functions),
	        ON_ISSUE(functions_are_what_can_be_done),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
