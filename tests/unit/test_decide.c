/* The checks that all commands share. What holds over many commands is in test_decide_law.c. */
#include <stdio.h>

#include "core/domain/permission.h"
#include "tests/lib/decider.h"

static void settle_issue(struct decider *decider)
{
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
}

static void every_command_but_one_needs_the_organization(void **state)
{
	struct decider *decider = *state;
	for (int type = 0; type < COMMAND_TYPES; type++) {
		if (type == COMMAND_CREATE_ORGANIZATION)
			continue;
		decider_send(decider, ada, &(struct command){.type = (enum command_type)type});
		THEN_REFUSED(NO_SUCH_TENANT, "");
	}
}

static void strangers_do_not_learn_that_a_tenant_exists(void **state)
{
	struct decider *decider = *state;
	for (int type = 0; type < COMMAND_TYPES; type++) {
		if (type == COMMAND_CREATE_ORGANIZATION)
			continue;
		decider_send(decider, nobody, &(struct command){.type = (enum command_type)type});
		THEN_REFUSED(NOT_A_MEMBER, "");
	}
	assert_int_equal(reject_http_status(REJECT_NOT_A_MEMBER),
	                 reject_http_status(REJECT_NO_SUCH_TENANT));
	assert_string_equal(reject_title(REJECT_NOT_A_MEMBER), reject_title(REJECT_NO_SUCH_TENANT));
	assert_string_equal(reject_code(REJECT_NOT_A_MEMBER), reject_code(REJECT_NO_SUCH_TENANT));
}

/* Written down a second time, on purpose. */
static enum org_role weakest_of(enum command_type type)
{
	switch ((int)type) {
	case COMMAND_ADD_MEMBER:
	case COMMAND_CHANGE_MEMBER_ROLE:
	case COMMAND_REMOVE_MEMBER:
	case COMMAND_DEACTIVATE_MEMBER:
	case COMMAND_REACTIVATE_MEMBER:
	case COMMAND_RENAME_ORGANIZATION:
	case COMMAND_CREATE_TEAM:
	case COMMAND_RENAME_TEAM:
	case COMMAND_DELETE_TEAM:
	case COMMAND_CHANGE_TEAM_MEMBERS:
	case COMMAND_LIMIT_API_KEYS:
	case COMMAND_ADD_LINK_TYPE:
	case COMMAND_EDIT_LINK_TYPE:
	case COMMAND_REMOVE_LINK_TYPE:
	case COMMAND_CREATE_PROJECT:
	case COMMAND_CHANGE_PROJECT_KEY:
	case COMMAND_ARCHIVE_PROJECT:
	case COMMAND_UNARCHIVE_PROJECT:
	case COMMAND_ADD_FIELD:
	case COMMAND_DELETE_PROJECT:
	case COMMAND_RESTORE_PROJECT:
	case COMMAND_EDIT_FIELD:
	case COMMAND_REMOVE_FIELD:
	case COMMAND_ADD_FIELD_OPTION:
	case COMMAND_EDIT_FIELD_OPTION:
	case COMMAND_REMOVE_FIELD_OPTION:
	case COMMAND_ADD_ISSUE_TYPE:
	case COMMAND_ADD_PROJECT_ROLE:
	case COMMAND_RENAME_PROJECT_ROLE:
	case COMMAND_REMOVE_PROJECT_ROLE:
	case COMMAND_CHANGE_PROJECT_ROLE_MEMBERS:
	case COMMAND_CREATE_PERMISSION_SCHEME:
	case COMMAND_RENAME_PERMISSION_SCHEME:
	case COMMAND_CHANGE_PERMISSION_GRANTS:
	case COMMAND_REMOVE_PERMISSION_SCHEME:
	case COMMAND_ASSIGN_PERMISSION_SCHEME:
	case COMMAND_EDIT_ISSUE_TYPE:
	case COMMAND_ADD_PRIORITY:
	case COMMAND_EDIT_PRIORITY:
	case COMMAND_ADD_RESOLUTION:
	case COMMAND_EDIT_RESOLUTION:
	case COMMAND_ADD_STATUS:
	case COMMAND_EDIT_STATUS:
	case COMMAND_REMOVE_STATUS:
	case COMMAND_SAVE_WORKFLOW_DRAFT:
	case COMMAND_DISCARD_WORKFLOW_DRAFT:
	case COMMAND_PUBLISH_WORKFLOW:
	case COMMAND_ASSIGN_WORKFLOW:
	case COMMAND_REMOVE_WORKFLOW:
	case COMMAND_REMOVE_ISSUE_TYPE:
	case COMMAND_CREATE_BOARD:
	case COMMAND_EDIT_BOARD:
	case COMMAND_DELETE_BOARD:
	case COMMAND_RESTORE_ISSUE:
		return ORG_ROLE_ADMIN;
	case COMMAND_ADD_COMMENT:
	case COMMAND_EDIT_COMMENT:
	case COMMAND_DELETE_COMMENT:
	case COMMAND_CREATE_API_KEY:
	case COMMAND_REVOKE_API_KEY:
	case COMMAND_SET_MEMBER_PROFILE:
	case COMMAND_WATCH_ISSUE:
	case COMMAND_UNWATCH_ISSUE:
	case COMMAND_BULK_EDIT_ISSUES:
	case COMMAND_BULK_TRANSITION_ISSUES:
	case COMMAND_BULK_MOVE_ISSUES:
	case COMMAND_BULK_DELETE_ISSUES:
	case COMMAND_BULK_RANK_ISSUES:
		return ORG_ROLE_GUEST;
	case COMMAND_SKIP_EVENT:
		return ORG_ROLE_UNKNOWN; /* nobody: it needs an installation token */
	default:
		return ORG_ROLE_MEMBER;
	}
}

static bool asks_of_a_project(enum command_type type)
{
	return command_permissions[type].asks == ASKS_PERMISSION ||
	       command_permissions[type].asks == ASKS_OWNERSHIP;
}

static void every_role_may_what_the_table_says(void **state)
{
	struct decider *decider = *state;
	for (int type = 0; type < COMMAND_TYPES; type++) {
		if (type == COMMAND_CREATE_ORGANIZATION)
			continue;
		assert_int_equal(command_weakest((enum command_type)type),
		                 weakest_of((enum command_type)type));
		if (asks_of_a_project((enum command_type)type))
			continue;
		for (int role = ORG_ROLE_OWNER; role < ORG_ROLES; role++) {
			bool allowed = role <= (int)weakest_of((enum command_type)type);
			/* Person n of the tests has role n. An empty command is refused for
			 * something else when the role is allowed to send it. */
			decider_send(decider, id_of((uint64_t)role),
			             &(struct command){.type = (enum command_type)type});
			assert_int_equal(decider->decision.reject == REJECT_FORBIDDEN, !allowed);
			assert_int_not_equal(decider->decision.reject, REJECT_NONE);
		}
	}
}

/* Everybody in every relation to a project and an issue, under the classic scheme; written down a
 * second time, on purpose. */
static bool holds_by_classic(enum permission permission, enum org_role role, bool lead,
                             bool reporter)
{
	if (role <= ORG_ROLE_ADMIN)
		return true;
	switch ((int)permission) {
	case PERMISSION_BROWSE_PROJECT:
	case PERMISSION_BE_ASSIGNED:
	case PERMISSION_ADD_COMMENTS:
	case PERMISSION_EDIT_OWN_COMMENTS:
	case PERMISSION_DELETE_OWN_COMMENTS:
		return true;
	case PERMISSION_CREATE_ISSUES:
	case PERMISSION_EDIT_ISSUES:
	case PERMISSION_SCHEDULE_ISSUES:
	case PERMISSION_ASSIGN_ISSUES:
	case PERMISSION_TRANSITION_ISSUES:
	case PERMISSION_LINK_ISSUES:
	case PERMISSION_RANK_ISSUES:
	case PERMISSION_ARCHIVE_ISSUES:
	case PERMISSION_MOVE_ISSUES:
	case PERMISSION_LOG_WORK:
	case PERMISSION_EDIT_OWN_WORKLOGS:
	case PERMISSION_DELETE_OWN_WORKLOGS:
		return role == ORG_ROLE_MEMBER;
	case PERMISSION_EDIT_PROJECT:
	case PERMISSION_MANAGE_COMPONENTS:
	case PERMISSION_MANAGE_VERSIONS:
		return role == ORG_ROLE_MEMBER && lead;
	case PERMISSION_DELETE_ISSUES:
		return role == ORG_ROLE_MEMBER && reporter;
	default:
		return false;
	}
}

static void the_classic_scheme_gives_every_permission_as_ever(void **state)
{
	struct decider *decider = *state;
	for (int permission = PERMISSION_UNKNOWN + 1; permission < PERMISSIONS; permission++)
		for (int role = ORG_ROLE_OWNER; role < ORG_ROLES; role++)
			for (int relation = 0; relation < 8; relation++) {
				bool lead = relation & 1, reporter = relation & 2,
				     assignee = relation & 4;
				struct row_project project = {.lead = lead ? dan : ada};
				struct row_issue issue = {.reporter = reporter ? dan : ada,
				                          .assignee = assignee ? dan : ada};
				struct holder holder = {dan, (enum org_role)role};
				struct rights rights =
				        rights_in(&decider->state.face, &holder, &project);
				assert_int_equal(rights_give(&rights, (enum permission)permission,
				                             &holder.member, &issue),
				                 holds_by_classic((enum permission)permission,
				                                  (enum org_role)role, lead,
				                                  reporter));
			}
}

/* What nobody asks for would be an empty promise. */
static void every_permission_is_asked_for(void **state)
{
	/* by other parts of a command */
	bool asked[PERMISSIONS] = {[PERMISSION_SCHEDULE_ISSUES] = true,
	                           [PERMISSION_BE_ASSIGNED] = true,
	                           [PERMISSION_MODIFY_REPORTER] = true};

	(void)state;
	for (int type = 0; type < COMMAND_TYPES; type++) {
		asked[command_permissions[type].permission] = true;
		asked[command_permissions[type].others] = true;
	}
	for (int permission = PERMISSION_UNKNOWN + 1; permission < PERMISSIONS; permission++) {
		if (!asked[permission])
			fail_msg("no command asks for %s",
			         permission_symbol((enum permission)permission));
		assert_true(strlen(permission_text((enum permission)permission)) > 0);
	}
}

/* The line of the table in @readme that names @command. */
static const char *find_line(const char *readme, const char *command)
{
	size_t n = strlen(command);

	for (const char *at = readme; (at = strstr(at, command)); at += n) {
		bool whole = at[-1] == ' ' && (at[n] == ',' || strncmp(at + n, " |", 2) == 0);
		if (whole)
			return at;
	}
	return NULL;
}

static void the_readme_tells_the_permissions_as_they_are(void **state)
{
	static char readme[65536];
	FILE *file = fopen("core/domain/README.md", "r");

	(void)state;
	assert_non_null(file);
	size_t n = fread(readme, 1, sizeof(readme) - 1, file);
	assert_true(n > 0 && n < sizeof(readme) - 1);
	fclose(file);
	for (int type = 0; type < COMMAND_TYPES; type++) {
		const char *at = find_line(readme, command_type_name((enum command_type)type));
		assert_non_null(at);
		for (int role = ORG_ROLE_OWNER; role < ORG_ROLES; role++) {
			at = strchr(at + 1, '|');
			assert_non_null(at);
			assert_int_equal(strncmp(at, "| x ", 4) == 0,
			                 role_reaches((enum org_role)role,
			                              command_weakest((enum command_type)type)));
		}
		at = strchr(at + 1, '|');
		const char *also = asks_of_a_project((enum command_type)type)
		                           ? permission_symbol(command_permissions[type].permission)
		                           : command_permissions[type].also;
		assert_int_equal(strncmp(at + 2, also, strlen(also)), 0);
	}
}

static void the_page_tells_every_permission(void **state)
{
	static char page[65536];
	char row[400];
	FILE *file = fopen("docs/permissions.md", "r");

	(void)state;
	assert_non_null(file);
	size_t n = fread(page, 1, sizeof(page) - 1, file);
	assert_true(n > 0 && n < sizeof(page) - 1);
	fclose(file);
	for (int at = PERMISSION_UNKNOWN + 1; at < PERMISSIONS; at++) {
		enum permission permission = (enum permission)at;
		snprintf(row, sizeof(row), "| `%s` | %s | %s |\n", permission_symbol(permission),
		         permission_is_of_issue(permission) ? "issue" : "project",
		         permission_text(permission));
		if (!strstr(page, row))
			fail_msg("docs/permissions.md has no row %s", row);
	}
}

static void only_admins_import(void **state)
{
	struct decider *decider = *state;
	decider->request.has_occurred_at = true;
	WHEN(cleo, create_issue, ISSUE("task", "old"));
	THEN_REFUSED(NOT_AN_IMPORTER, "");
	decider->request.actor.has_on_behalf_of = true;
	decider->request.actor.on_behalf_of = dan;
	WHEN(cleo, create_issue, ISSUE("task", "old"));
	THEN_REFUSED(NOT_AN_IMPORTER, "");
	decider->request.actor.has_on_behalf_of = true;
	decider->request.actor.on_behalf_of = nobody;
	WHEN(ben, create_issue, ISSUE("task", "old"));
	THEN_REFUSED(NO_SUCH_MEMBER, "");
	GIVEN(ben, deactivate_member, .member = dan);
	decider->request.actor.has_on_behalf_of = true;
	decider->request.actor.on_behalf_of = dan;
	WHEN(ben, create_issue, ISSUE("task", "old"));
	THEN_REFUSED(MEMBER_DEACTIVATED, "");
}

static void an_importer_acts_in_the_name_of_a_member(void **state)
{
	struct decider *decider = *state;
	struct uuid person = dan;
	decider->request.has_occurred_at = true;
	decider->request.occurred_at_ms = 1000;
	decider->request.actor.has_on_behalf_of = true;
	decider->request.actor.on_behalf_of = dan;
	assert_int_equal(request_actor(&decider->request).kind, ACTOR_KIND_UNKNOWN);
	decider->request.actor.kind = ACTOR_KIND_MEMBER;
	assert_int_equal(request_actor(&decider->request).kind, ACTOR_KIND_IMPORTER);
	WHEN(ben, create_issue, ISSUE("task", "old"));
	THEN(EVENT_ISSUE_CREATED);
	assert_true(uuid_equal(&EVENT_BODY(0, issue_created)->reporter, &person));
}

static void occurred_at_never_decreases_within_an_issue(void **state)
{
	struct decider *decider = *state;
	decider->request.has_occurred_at = true;
	decider->request.occurred_at_ms = 1000;
	GIVEN(ben, create_issue, ISSUE("task", "old"));
	decider->request.has_occurred_at = true;
	decider->request.occurred_at_ms = 999;
	WHEN(ben, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("older"));
	THEN_REFUSED(OCCURRED_AT_DECREASES, "");
	decider->request.has_occurred_at = true;
	decider->request.occurred_at_ms = 1000;
	GIVEN(ben, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("as old"));
	decider->request.has_occurred_at = true;
	decider->request.occurred_at_ms = 999;
	WHEN(ben, edit_issue, .issue = SLICE("TLS-1"));
	THEN_REFUSED(OCCURRED_AT_DECREASES, "");
	decider->request.has_occurred_at = true;
	decider->request.occurred_at_ms = decider->request.now_ms + 1;
	WHEN(ben, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("tomorrow"));
	THEN_REFUSED(OCCURRED_AT_DECREASES, "");
}

static void of_two_who_take_an_issue_from_one_status_one_wins(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_from = true,
	     .from = SLICE("todo"), .has_to = true, .to = SLICE("done"));
	THEN(EVENT_ISSUE_TRANSITIONED);
	WHEN(ben, transition_issue, .issue = SLICE("TLS-1"), .has_from = true,
	     .from = SLICE("todo"), .has_to = true, .to = SLICE("in_progress"));
	THEN_REFUSED(NO_TRANSITION, "/from");
	WHEN(ben, transition_issue, .issue = SLICE("TLS-1"), .has_from = true,
	     .from = SLICE("todo"), .has_to = true, .to = SLICE("done"));
	THEN_REFUSED(NO_TRANSITION, "/from");
}

static void rules_are_not_members_but_keep_every_other_rule(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	decider->request.actor.kind = ACTOR_KIND_RULE;
	WHEN(id_of(4711), transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
	     .to = SLICE("in_review"));
	THEN_REFUSED(NO_TRANSITION, "/to");
	decider->request.actor.kind = ACTOR_KIND_RULE;
	WHEN(id_of(4711), transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
	     .to = SLICE("done"));
	THEN(EVENT_ISSUE_TRANSITIONED);
	decider->request.actor.kind = ACTOR_KIND_SYSTEM;
	WHEN(id_of(0), change_member_role, .member = ada, .role = ORG_ROLE_ADMIN);
	THEN_REFUSED(LAST_OWNER, "/role");
}

static void a_decision_without_room_is_too_large(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	size_t cap = decider->arena.cap;
	for (size_t room = 0;; room += 8) {
		assert_true(room < 100000);
		decider->arena.cap = room;
		WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_summary = true,
		     .summary = SLICE("second"), .has_priority = true, .priority = SLICE("high"),
		     .has_due_on = true, .due_on = 1);
		if (decider->decision.reject == REJECT_NONE)
			break;
		THEN_REFUSED(TOO_LARGE, "");
	}
	decider->arena.cap = cap;
	assert_int_equal(decider->decision.events_n, 3);
}

static void a_detail_is_cut_between_characters(void **state)
{
	struct decider *decider = *state;
	char text[REFUSAL_DETAIL_MAX + 1];
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	WHEN(cleo, add_comment, .issue = slice_of(text, sizeof(text) - 1), .body = SLICE("x"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	size_t n = strlen(decider->decision.detail);
	assert_in_range(n, sizeof(decider->decision.detail) - 3,
	                sizeof(decider->decision.detail) - 1);
	assert_int_equal((uint8_t)decider->decision.detail[n - 1], 0xa9);
}

static void a_concluded_intent_changes_nothing(void **state)
{
	struct decider *decider = *state;
	struct event event = {.type = EVENT_COMMAND_CONCLUDED};
	struct memory_state before;
	event.meta.aggregate = (struct aggregate_ref){AGGREGATE_KIND_COMMAND, id_of(1), 1};
	memory_state_init(&before);
	evolve(&before.face, &event);
	for (int kind = 0; kind < ROW_KINDS; kind++)
		assert_int_equal(before.rows[kind], 0);
	(void)decider;
}

#define ON_EMPTY(test)   cmocka_unit_test_setup_teardown(test, decider_setup_empty, decider_teardown)
#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_EMPTY(every_command_but_one_needs_the_organization),
	        ON_SETTLED(strangers_do_not_learn_that_a_tenant_exists),
	        ON_SETTLED(every_role_may_what_the_table_says),
	        ON_SETTLED(the_classic_scheme_gives_every_permission_as_ever),
	        cmocka_unit_test(every_permission_is_asked_for),
	        cmocka_unit_test(the_readme_tells_the_permissions_as_they_are),
	        cmocka_unit_test(the_page_tells_every_permission),
	        ON_SETTLED(only_admins_import),
	        ON_SETTLED(an_importer_acts_in_the_name_of_a_member),
	        ON_SETTLED(occurred_at_never_decreases_within_an_issue),
	        ON_SETTLED(of_two_who_take_an_issue_from_one_status_one_wins),
	        ON_SETTLED(rules_are_not_members_but_keep_every_other_rule),
	        ON_SETTLED(a_decision_without_room_is_too_large),
	        ON_SETTLED(a_detail_is_cut_between_characters),
	        ON_SETTLED(a_concluded_intent_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
