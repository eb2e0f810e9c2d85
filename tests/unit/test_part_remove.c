/* RemoveComponent and RemoveVersion: the post functions of workflows that name the part. */
#include "tests/unit/rules.h"

#define TLS .project = SLICE("TLS")

static const struct slice record = SLICE("00000000-0000-0000-0000-00000000070A"),
                          keys = SLICE("00000000-0000-0000-0000-00000000070b"),
                          first = SLICE("00000000-0000-0000-0000-00000000070c"),
                          second = SLICE("00000000-0000-0000-0000-00000000070d");

static struct uuid id_in(struct slice text)
{
	struct uuid id;
	assert_true(uuid_parse(text, &id));
	return id;
}

static int setup(void **state)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "one"));
	GIVEN(ben, add_component, TLS, .has_component_id = true, .component_id = id_in(record),
	      .name = SLICE("Record"));
	GIVEN(ben, add_component, TLS, .has_component_id = true, .component_id = id_in(keys),
	      .name = SLICE("Keys"));
	GIVEN(ben, add_version, TLS, .has_version_id = true, .version_id = id_in(first),
	      .name = SLICE("1.0"));
	GIVEN(ben, add_version, TLS, .has_version_id = true, .version_id = id_in(second),
	      .name = SLICE("2.0"));
	return failed;
}

/* The id of the first component is given in capitals. */
static void save_draft(struct decider *decider)
{
	const struct workflow_transition ways[] = {
	        BEGIN("todo"),
	        {.id = SLICE("close"),
	         .name = SLICE("Close"),
	         .kind = TRANSITION_KIND_DIRECTED,
	         .from = {(const struct slice[]){{"todo", 4}}, 1},
	         .to = SLICE("done"),
	         .conditions = RULES({KIND(ROLE), ROLE(MEMBER)}),
	         .functions =
	                 FUNCTIONS({DO(SET), ON("components"), .values = LABELS(record)},
	                           {DO(SET), ON("fix_versions"), .values = LABELS(first, second)},
	                           {DO(SET), ON("affects_versions"), .values = LABELS(first)},
	                           {DO(SET), ON("labels"), .values = LABELS(first)})},
	        FROM_ANY("in_progress", "in_progress")};
	GIVEN(ben, save_workflow_draft, TLS, .workflow = SLICE("classic"), .name = SLICE("x"),
	      .transitions = {ways, 3});
}

static void publish(struct decider *decider)
{
	save_draft(decider);
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
}

#define REMOVE_VERSION(...) WHEN(ben, remove_version, TLS, .version_id = id_in(first), __VA_ARGS__)
#define REMOVE_COMPONENT(...)                                                                      \
	WHEN(ben, remove_component, TLS, .component_id = id_in(record), __VA_ARGS__)
#define WITH(text) .has_replace_with = true, .replace_with = id_in(text)

static void expect_in_use(struct decider *decider, const char *detail)
{
	assert_string_equal(decider->decision.detail, detail);
}

static void what_a_workflow_sets_is_in_use(void **state)
{
	struct decider *decider = *state;
	save_draft(decider);
	REMOVE_VERSION();
	THEN_REFUSED(IN_USE, "/version_id");
	expect_in_use(decider, "0 issues, 0 workflows, 1 drafts have it: name replace_with, or "
	                       "detach");
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	REMOVE_VERSION();
	THEN_REFUSED(IN_USE, "/version_id");
	expect_in_use(decider, "0 issues, 1 workflows, 0 drafts have it: name replace_with, or "
	                       "detach");
	REMOVE_COMPONENT();
	THEN_REFUSED(IN_USE, "/component_id");
	GIVEN(cleo, change_issue_components, .issue = SLICE("TLS-1"),
	      .add = {(const struct uuid[]){id_in(record)}, 1});
	REMOVE_COMPONENT();
	expect_in_use(decider, "1 issues, 1 workflows, 0 drafts have it: name replace_with, or "
	                       "detach");
	WHEN(ben, remove_component, TLS, .component_id = id_in(keys));
	THEN(EVENT_COMPONENT_REMOVED);
}

static const struct post_function *functions_at(struct decider *decider, uint32_t at, uint32_t n)
{
	const struct workflow_transition *close =
	        &EVENT_BODY(at, workflow_published)->transitions.items[1];
	assert_int_equal(close->conditions.n, 1);
	assert_int_equal(close->functions.n, n);
	return close->functions.items;
}

static void close_issue(struct decider *decider)
{
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_transition = true,
	     .transition = SLICE("close"));
	decider_expect_accepted(decider, __FILE__, __LINE__);
}

static void workflows_come_to_set_the_replacement(void **state)
{
	struct decider *decider = *state;
	publish(decider);
	REMOVE_VERSION(WITH(second));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_VERSION_REMOVED);
	const struct post_function *functions = functions_at(decider, 1, 4);
	assert_int_equal(functions[1].values.n, 1);
	assert_slice(functions[1].values.items[0], second.data);
	assert_slice(functions[2].values.items[0], second.data);
	assert_slice(functions[3].values.items[0], first.data); /* a label is no version */
	REMOVE_COMPONENT(WITH(keys));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_COMPONENT_REMOVED);
	functions = functions_at(decider, 1, 4);
	assert_slice(functions[0].values.items[0], keys.data);
	close_issue(decider);
}

static void detached_nothing_sets_it(void **state)
{
	struct decider *decider = *state;
	publish(decider);
	REMOVE_VERSION(.detach = true);
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_VERSION_REMOVED);
	const struct post_function *functions = functions_at(decider, 1, 3);
	assert_int_equal(functions[1].values.n, 1);
	assert_slice(functions[1].values.items[0], second.data);
	REMOVE_COMPONENT(.detach = true);
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_COMPONENT_REMOVED);
	functions_at(decider, 1, 2);
	close_issue(decider);
}

static void drafts_follow_too(void **state)
{
	struct decider *decider = *state;
	publish(decider);
	save_draft(decider);
	REMOVE_COMPONENT(WITH(keys));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_WORKFLOW_DRAFT_SAVED,
	     EVENT_COMPONENT_REMOVED);
	assert_slice(EVENT_BODY(2, workflow_draft_saved)
	                     ->transitions.items[1]
	                     .functions.items[0]
	                     .values.items[0],
	             keys.data);
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
}

static void an_archived_version_replaces_none(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, change_issue_versions, .issue = SLICE("TLS-1"),
	      .add_fix = {(const struct uuid[]){id_in(first)}, 1});
	GIVEN(ben, archive_version, TLS, .version_id = id_in(second));
	REMOVE_VERSION(WITH(second));
	THEN_REFUSED(VERSION_ARCHIVED, "/replace_with");
	GIVEN(ben, unarchive_version, TLS, .version_id = id_in(second));
	REMOVE_VERSION(WITH(second));
	THEN(EVENT_ISSUE_VERSIONS_CHANGED, EVENT_VERSION_REMOVED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(what_a_workflow_sets_is_in_use),
	        CASE(workflows_come_to_set_the_replacement),
	        CASE(detached_nothing_sets_it),
	        CASE(drafts_follow_too),
	        CASE(an_archived_version_replaces_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
