/* Project roles and permission schemes: who may what in a project that is not like the others. */
#include <stdio.h>

#include "core/domain/permission_scheme.h"
#include "tests/lib/decider.h"

#define ops id_of(50)
#define IDS(...)                                                                                   \
	(struct uuid_array)                                                                        \
	{                                                                                          \
		.items = (const struct uuid[]){__VA_ARGS__},                                       \
		.n = sizeof((const struct uuid[]){__VA_ARGS__}) / sizeof(struct uuid)              \
	}
#define GRANTS(...)                                                                                \
	(struct permission_grant_array)                                                            \
	{                                                                                          \
		.items = (const struct permission_grant[]){__VA_ARGS__},                           \
		.n = sizeof((const struct permission_grant[]){__VA_ARGS__}) /                      \
		     sizeof(struct permission_grant)                                               \
	}
#define TO(WHAT, WHO, ...)                                                                         \
	{                                                                                          \
		.permission = PERMISSION_##WHAT, .to = GRANT_TO_##WHO, __VA_ARGS__                 \
	}
#define ROLE(id)     .has_project_role = true, .project_role = SLICE(id)
#define TEAM(id)     .has_team = true, .team = id
#define MEMBER(id)   .has_member = true, .member = id
#define WEAKEST(who) .has_organization_role = true, .organization_role = ORG_ROLE_##who
#define SCHEME       .scheme = SLICE("private")
#define TLS          .project = SLICE("TLS")
#define TLS_1        .issue = SLICE("TLS-1")
#define DEVS         .role = SLICE("devs")

/* TLS is private: seen by who is a dev there, whoever else has issues there. TLS-1 is cleo's. */
static void settle_private(struct decider *decider)
{
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
	GIVEN(ben, add_project_role, DEVS, .name = SLICE("Developers"));
	GIVEN(ben, create_permission_scheme, SCHEME, .name = SLICE("Private"),
	      .grants = GRANTS(TO(BROWSE_PROJECT, PROJECT_ROLE, ROLE("devs")),
	                       TO(ADD_COMMENTS, PROJECT_ROLE, ROLE("devs")),
	                       TO(EDIT_ISSUES, REPORTER), TO(TRANSITION_ISSUES, ASSIGNEE)));
	GIVEN(ben, assign_permission_scheme, TLS, SCHEME);
}

static void comment(struct decider *decider, struct uuid who)
{
	WHEN(who, add_comment, TLS_1, .body = SLICE("hello"));
}

static void a_project_that_one_may_not_browse_is_not_there(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	comment(decider, cleo);
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(cleo, create_issue, ISSUE("task", "second"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(cleo, edit_issue, TLS_1, .has_summary = true, .summary = SLICE("mine"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue"); /* she is its reporter, and yet */
	GIVEN(ben, create_project, .key = SLICE("QUIC"), .name = SLICE("Quic"));
	GIVEN(cleo, create_issue, .project = SLICE("QUIC"), .type = SLICE("task"),
	      .summary = SLICE("q"), .priority = SLICE("low"));
	WHEN(cleo, link_issues, .issue = SLICE("QUIC-1"), .link_type = SLICE("relates"),
	     .other = SLICE("TLS-1"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/other");
	WHEN(cleo, rank_issue, .issue = SLICE("QUIC-1"), .has_after = true,
	     .after = SLICE("TLS-1"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/after");
	WHEN(cleo, clone_issue, TLS_1, .has_project = true, .project = SLICE("QUIC"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
}

static void admins_hold_every_permission_always(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	comment(decider, ben);
	THEN(EVENT_COMMENT_ADDED);
	WHEN(ada, delete_issue, TLS_1);
	THEN(EVENT_ISSUE_DELETED);
	/* within the scope of a key only */
	decider->request.has_api_key = true;
	decider->request.scope = API_KEY_SCOPE_WRITE;
	comment(decider, ben);
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
}

static void a_project_role_gives_what_is_granted_to_it(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	WHEN(ben, change_project_role_members, TLS, DEVS, .add_members = IDS(dan, dan));
	THEN(EVENT_PROJECT_ROLE_MEMBERS_CHANGED);
	assert_int_equal(EVENT_BODY(0, project_role_members_changed)->added_members.n, 1);
	comment(decider, dan);
	THEN(EVENT_COMMENT_ADDED);
	WHEN(dan, edit_issue, TLS_1, .has_summary = true, .summary = SLICE("his"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(ben, change_project_role_members, TLS, DEVS, .add_members = IDS(dan));
	THEN_UNCHANGED();
	GIVEN(ben, change_project_role_members, TLS, DEVS, .remove_members = IDS(dan));
	comment(decider, dan);
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
}

static void a_team_has_roles_for_its_members(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	GIVEN(ben, create_team, .has_team_id = true, .team_id = ops, .name = SLICE("Ops"),
	      .members = IDS(dan));
	GIVEN(ben, change_project_role_members, TLS, DEVS, .add_teams = IDS(ops));
	comment(decider, dan);
	THEN(EVENT_COMMENT_ADDED);
	comment(decider, cleo);
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(ben, delete_team, .team = ops);
	THEN(EVENT_PROJECT_ROLE_MEMBERS_CHANGED, EVENT_TEAM_DELETED);
	comment(decider, dan);
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
}

static void reporter_and_assignee_have_their_rights_on_their_issues(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	GIVEN(ben, change_project_role_members, TLS, DEVS, .add_members = IDS(cleo, dan));
	GIVEN(ben, create_issue, ISSUE("task", "of ben"));
	WHEN(cleo, edit_issue, TLS_1, .has_summary = true, .summary = SLICE("mine"));
	THEN(EVENT_ISSUE_SUMMARY_CHANGED);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-2"), .has_summary = true,
	     .summary = SLICE("not mine"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(ben, assign_issue, TLS_1, .has_assignee = true, .assignee = dan);
	THEN_REFUSED(NOT_ASSIGNABLE, "/assignee");
	WHEN(ben, watch_issue, TLS_1, .has_member = true, .member = dan);
	THEN(EVENT_ISSUE_WATCHED);
	GIVEN(ben, change_permission_grants, SCHEME,
	      .add = GRANTS(TO(BE_ASSIGNED, ANYONE), TO(ASSIGN_ISSUES, REPORTER)));
	WHEN(dan, transition_issue, TLS_1, .has_to = true, .to = SLICE("in_progress"));
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(cleo, assign_issue, TLS_1, .has_assignee = true, .assignee = dan);
	WHEN(dan, transition_issue, TLS_1, .has_to = true, .to = SLICE("in_progress"));
	THEN(EVENT_ISSUE_TRANSITIONED);
	GIVEN(ben, change_project_role_members, TLS, DEVS, .remove_members = IDS(dan));
	WHEN(ben, assign_issue, .issue = SLICE("TLS-2"), .has_assignee = true, .assignee = dan);
	THEN_REFUSED(NOT_ASSIGNABLE, "/assignee"); /* who cannot see it */
	WHEN(ben, watch_issue, .issue = SLICE("TLS-2"), .has_member = true, .member = dan);
	THEN_REFUSED(CANNOT_WATCH, "/member");
}

static void grants_go_to_teams_members_the_lead_and_roles_of_the_organization(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	GIVEN(ben, create_team, .has_team_id = true, .team_id = ops, .name = SLICE("Ops"),
	      .members = IDS(dan));
	GIVEN(ben, change_permission_grants, SCHEME,
	      .add = GRANTS(TO(BROWSE_PROJECT, ANYONE), TO(LOG_WORK, TEAM, TEAM(ops)),
	                    TO(RANK_ISSUES, MEMBER, MEMBER(dan)),
	                    TO(LINK_ISSUES, ORGANIZATION_ROLE, WEAKEST(MEMBER)),
	                    TO(MANAGE_COMPONENTS, LEAD)));
	WHEN(dan, log_work, TLS_1, .minutes = 5);
	THEN(EVENT_WORK_LOGGED);
	WHEN(cleo, log_work, TLS_1, .minutes = 5);
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(ben, create_issue, ISSUE("task", "second"));
	WHEN(dan, rank_issue, .issue = SLICE("TLS-2"), .has_before = true,
	     .before = SLICE("TLS-1"));
	THEN(EVENT_ISSUE_RANKED);
	WHEN(cleo, rank_issue, TLS_1, .has_before = true, .before = SLICE("TLS-2"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, link_issues, TLS_1, .link_type = SLICE("relates"), .other = SLICE("TLS-2"));
	THEN(EVENT_ISSUE_LINKED);
	WHEN(dan, unlink_issues, TLS_1, .link_type = SLICE("relates"), .other = SLICE("TLS-2"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(dan, add_component, TLS, .name = SLICE("core"));
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(ben, edit_project, TLS, .has_lead = true, .lead = dan);
	WHEN(dan, add_component, TLS, .name = SLICE("core"));
	THEN(EVENT_COMPONENT_ADDED);
}

static void a_grant_that_makes_no_sense_is_refused(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
#define ADD(grant)                                                                                 \
	WHEN(ben, change_permission_grants, SCHEME, .add = GRANTS(TO(ADD_COMMENTS, ANYONE), grant))
	ADD(TO(BROWSE_PROJECT, REPORTER));
	THEN_REFUSED(BAD_GRANT, "/add/1");
	ADD(TO(BROWSE_PROJECT, ASSIGNEE));
	THEN_REFUSED(BAD_GRANT, "/add/1");
	ADD(TO(CREATE_ISSUES, REPORTER));
	THEN_REFUSED(BAD_GRANT, "/add/1");
	ADD(TO(LOG_WORK, ORGANIZATION_ROLE));
	THEN_REFUSED(BAD_GRANT, "/add/1");
	ADD(TO(LOG_WORK, ANYONE, WEAKEST(MEMBER)));
	THEN_REFUSED(BAD_GRANT, "/add/1");
	ADD(TO(LOG_WORK, TEAM, MEMBER(dan)));
	THEN_REFUSED(BAD_GRANT, "/add/1");
	ADD(TO(LOG_WORK, PROJECT_ROLE, ROLE("nobody")));
	THEN_REFUSED(NO_SUCH_PROJECT_ROLE, "/add/1");
	ADD(TO(LOG_WORK, TEAM, TEAM(ops)));
	THEN_REFUSED(NO_SUCH_TEAM, "/add/1");
	ADD(TO(LOG_WORK, MEMBER, MEMBER(nobody)));
	THEN_REFUSED(NO_SUCH_MEMBER, "/add/1");
	WHEN(ben, create_permission_scheme, .scheme = SLICE("other"), .name = SLICE("Other"),
	     .grants = GRANTS(TO(BROWSE_PROJECT, REPORTER)));
	THEN_REFUSED(BAD_GRANT, "/grants/0");
}

static void a_grant_is_there_once(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	WHEN(ben, change_permission_grants, SCHEME,
	     .add = GRANTS(TO(EDIT_ISSUES, REPORTER), TO(LOG_WORK, ANYONE), TO(LOG_WORK, ANYONE)),
	     .remove = GRANTS(TO(EDIT_ISSUES, REPORTER), TO(RANK_ISSUES, ANYONE),
	                      TO(TRANSITION_ISSUES, ASSIGNEE)));
	THEN(EVENT_PERMISSION_GRANTS_CHANGED);
	assert_int_equal(EVENT_BODY(0, permission_grants_changed)->added.n, 1);
	assert_int_equal(EVENT_BODY(0, permission_grants_changed)->removed.n, 1);
	WHEN(ben, change_permission_grants, SCHEME, .add = GRANTS(TO(LOG_WORK, ANYONE)),
	     .remove = GRANTS(TO(TRANSITION_ISSUES, ASSIGNEE)));
	THEN_UNCHANGED();
}

/* QUIC is like others; ada has put a sub-task of its QUIC-1 into TLS, which is private. */
static void sub_tasks_elsewhere_ask_for_the_right_there(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"));
	GIVEN(cleo, create_issue, .project = SLICE("QUIC"), .type = SLICE("task"),
	      .summary = SLICE("above"), .priority = SLICE("medium"));
	GIVEN(ada, create_issue, ISSUE("subtask", "below"), .has_parent = true,
	      .parent = SLICE("QUIC-1"));
	WHEN(cleo, archive_issue, .issue = SLICE("QUIC-1"));
	THEN_REFUSED(FORBIDDEN, "/issue");
	WHEN(cleo, delete_issue, .issue = SLICE("QUIC-1"));
	THEN_REFUSED(FORBIDDEN, "/issue");
	GIVEN(ada, archive_project, TLS);
	WHEN(cleo, delete_issue, .issue = SLICE("QUIC-1"));
	THEN_REFUSED(FORBIDDEN, "/issue"); /* and not a word of the project */
	GIVEN(ada, unarchive_project, TLS);
	WHEN(ada, delete_issue, .issue = SLICE("QUIC-1"));
	THEN(EVENT_ISSUE_DELETED, EVENT_ISSUE_DELETED);
}

static void a_scheme_is_created_and_renamed(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	WHEN(ben, create_permission_scheme, SCHEME, .name = SLICE("Again"));
	THEN_REFUSED(ID_TAKEN, "/scheme");
	WHEN(ben, create_permission_scheme, .scheme = SLICE("classic"), .name = SLICE("Again"));
	THEN_REFUSED(ID_TAKEN, "/scheme");
	WHEN(ben, create_permission_scheme, .scheme = SLICE("No"), .name = SLICE("No"));
	THEN_REFUSED(BAD_ID, "/scheme");
	WHEN(ben, create_permission_scheme, .scheme = SLICE("x"), .name = SLICE("\n"));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, create_permission_scheme, .scheme = SLICE("x"), .name = SLICE("X"),
	     .has_copy_of = true, .copy_of = SLICE("nothing"));
	THEN_REFUSED(NO_SUCH_PERMISSION_SCHEME, "/copy_of");
	WHEN(ben, create_permission_scheme, .scheme = SLICE("x"), .name = SLICE("X"),
	     .has_copy_of = true, .copy_of = SLICE("classic"),
	     .grants = GRANTS(TO(BROWSE_PROJECT, ANYONE), TO(RESTORE_ISSUES, LEAD)));
	THEN(EVENT_PERMISSION_SCHEME_CREATED);
	uint32_t copied = EVENT_BODY(0, permission_scheme_created)->grants.n;
	assert_int_equal(EVENT_BODY(0, permission_scheme_created)->grants.items[copied - 1].to,
	                 GRANT_TO_LEAD);
	WHEN(ben, create_permission_scheme, .scheme = SLICE("y"), .name = SLICE("Y"),
	     .has_copy_of = true, .copy_of = SLICE("x"));
	THEN(EVENT_PERMISSION_SCHEME_CREATED);
	assert_int_equal(EVENT_BODY(0, permission_scheme_created)->grants.n, copied);
	WHEN(ben, rename_permission_scheme, SCHEME, .name = SLICE("Secret"));
	THEN(EVENT_PERMISSION_SCHEME_RENAMED);
	assert_slice(EVENT_BODY(0, permission_scheme_renamed)->from, "Private");
	WHEN(ben, rename_permission_scheme, SCHEME, .name = SLICE("Secret"));
	THEN_UNCHANGED();
	WHEN(ben, rename_permission_scheme, SCHEME, .name = SLICE(""));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, rename_permission_scheme, .scheme = SLICE("classic"), .name = SLICE("Mine"));
	THEN_REFUSED(BUILT_IN, "/scheme");
	WHEN(ben, change_permission_grants, .scheme = SLICE("z"));
	THEN_REFUSED(NO_SUCH_PERMISSION_SCHEME, "/scheme");
	WHEN(ben, rename_permission_scheme, SCHEME, .name = SLICE("S"),
	     .has_expected_version = true, .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void a_scheme_in_use_is_removed_with_a_replacement(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	WHEN(ben, remove_permission_scheme, SCHEME);
	THEN_REFUSED(IN_USE, "/scheme");
	WHEN(ben, remove_permission_scheme, SCHEME, .has_replace_with = true,
	     .replace_with = SLICE("private"));
	THEN_REFUSED(BAD_CHANGE, "/replace_with");
	WHEN(ben, remove_permission_scheme, SCHEME, .has_replace_with = true,
	     .replace_with = SLICE("gone"));
	THEN_REFUSED(NO_SUCH_PERMISSION_SCHEME, "/replace_with");
	WHEN(ben, remove_permission_scheme, .scheme = SLICE("classic"));
	THEN_REFUSED(BUILT_IN, "/scheme");
	WHEN(ben, remove_permission_scheme, SCHEME, .has_replace_with = true,
	     .replace_with = SLICE("classic"));
	THEN(EVENT_PERMISSION_SCHEME_ASSIGNED, EVENT_PERMISSION_SCHEME_REMOVED);
	assert_slice(EVENT_BODY(0, permission_scheme_assigned)->to, "classic");
	comment(decider, cleo);
	THEN(EVENT_COMMENT_ADDED);
	WHEN(ben, create_permission_scheme, SCHEME, .name = SLICE("Again"));
	THEN_REFUSED(ID_TAKEN, "/scheme");
	WHEN(ben, assign_permission_scheme, TLS, SCHEME);
	THEN_REFUSED(NO_SUCH_PERMISSION_SCHEME, "/scheme");
	WHEN(ben, assign_permission_scheme, TLS, .scheme = SLICE("classic"));
	THEN_UNCHANGED();
}

static void a_project_begins_with_the_scheme_that_it_asks_for(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	WHEN(ben, create_project, .key = SLICE("HR"), .name = SLICE("People"),
	     .has_permission_scheme = true, .permission_scheme = SLICE("none"));
	THEN_REFUSED(NO_SUCH_PERMISSION_SCHEME, "/permission_scheme");
	WHEN(ben, create_project, .key = SLICE("HR"), .name = SLICE("People"),
	     .has_permission_scheme = true, .permission_scheme = SLICE("private"));
	THEN(EVENT_PROJECT_CREATED, EVENT_PERMISSION_SCHEME_ASSIGNED);
	WHEN(cleo, create_issue, .project = SLICE("HR"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(ben, create_project, .key = SLICE("PUB"), .name = SLICE("Open"),
	     .has_permission_scheme = true, .permission_scheme = SLICE("classic"));
	THEN(EVENT_PROJECT_CREATED);
}

static void who_administers_a_project_chooses_its_scheme_and_roles(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	GIVEN(ben, change_permission_grants, SCHEME,
	      .add = GRANTS(TO(ADMINISTER_PROJECT, PROJECT_ROLE, ROLE("devs"))));
	WHEN(cleo, assign_permission_scheme, TLS, .scheme = SLICE("classic"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	GIVEN(ben, change_project_role_members, TLS, DEVS, .add_members = IDS(cleo));
	WHEN(cleo, change_project_role_members, TLS, DEVS, .add_members = IDS(dan));
	THEN(EVENT_PROJECT_ROLE_MEMBERS_CHANGED);
	WHEN(cleo, assign_permission_scheme, TLS, .scheme = SLICE("classic"));
	THEN(EVENT_PERMISSION_SCHEME_ASSIGNED);
	WHEN(cleo, assign_permission_scheme, TLS, SCHEME);
	THEN_REFUSED(FORBIDDEN, "");
}

static void a_project_role_is_added_and_renamed(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	WHEN(ben, add_project_role, DEVS, .name = SLICE("Again"));
	THEN_REFUSED(ID_TAKEN, "/role");
	WHEN(ben, add_project_role, .role = SLICE("9"), .name = SLICE("Nine"));
	THEN_REFUSED(BAD_ID, "/role");
	WHEN(ben, add_project_role, .role = SLICE("x"), .name = SLICE(" "));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, rename_project_role, DEVS, .name = SLICE("Makers"));
	THEN(EVENT_PROJECT_ROLE_RENAMED);
	assert_slice(EVENT_BODY(0, project_role_renamed)->from, "Developers");
	WHEN(ben, rename_project_role, DEVS, .name = SLICE("Makers"));
	THEN_UNCHANGED();
	WHEN(ben, rename_project_role, DEVS, .name = SLICE("\x01"));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, rename_project_role, .role = SLICE("x"), .name = SLICE("X"));
	THEN_REFUSED(NO_SUCH_PROJECT_ROLE, "/role");
	WHEN(ben, change_project_role_members, TLS, .role = SLICE("x"));
	THEN_REFUSED(NO_SUCH_PROJECT_ROLE, "/role");
	WHEN(ben, change_project_role_members, TLS, DEVS, .add_members = IDS(nobody));
	THEN_REFUSED(NO_SUCH_MEMBER, "/add_members");
	WHEN(ben, change_project_role_members, TLS, DEVS, .add_teams = IDS(ops));
	THEN_REFUSED(NO_SUCH_TEAM, "/add_teams");
	WHEN(ben, add_project_role, .role = SLICE("x"), .name = SLICE("X"),
	     .has_expected_version = true, .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void a_project_role_in_use_is_removed_with_a_replacement(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	GIVEN(ben, add_project_role, .role = SLICE("crew"), .name = SLICE("Crew"));
	GIVEN(ben, change_project_role_members, TLS, DEVS, .add_members = IDS(cleo, dan));
	GIVEN(ben, change_project_role_members, TLS, .role = SLICE("crew"),
	      .add_members = IDS(dan));
	WHEN(ben, remove_project_role, DEVS);
	THEN_REFUSED(IN_USE, "/role");
	WHEN(ben, remove_project_role, DEVS, .has_replace_with = true,
	     .replace_with = SLICE("devs"));
	THEN_REFUSED(BAD_CHANGE, "/replace_with");
	WHEN(ben, remove_project_role, DEVS, .has_replace_with = true, .replace_with = SLICE("x"));
	THEN_REFUSED(NO_SUCH_PROJECT_ROLE, "/replace_with");
	WHEN(ben, remove_project_role, DEVS, .has_replace_with = true,
	     .replace_with = SLICE("crew"));
	THEN(EVENT_PERMISSION_GRANTS_CHANGED, EVENT_PROJECT_ROLE_MEMBERS_CHANGED,
	     EVENT_PROJECT_ROLE_MEMBERS_CHANGED, EVENT_PROJECT_ROLE_REMOVED);
	assert_int_equal(EVENT_BODY(0, permission_grants_changed)->added.n, 2);
	assert_int_equal(EVENT_BODY(1, project_role_members_changed)->added_members.n, 1);
	assert_int_equal(EVENT_BODY(2, project_role_members_changed)->removed_members.n, 2);
	comment(decider, cleo);
	THEN(EVENT_COMMENT_ADDED);
	WHEN(ben, add_project_role, DEVS, .name = SLICE("Again"));
	THEN_REFUSED(ID_TAKEN, "/role");
	GIVEN(ben, add_project_role, .role = SLICE("free"), .name = SLICE("Free"));
	WHEN(ben, remove_project_role, .role = SLICE("free"));
	THEN(EVENT_PROJECT_ROLE_REMOVED);
}

static void who_is_removed_loses_roles_and_grants(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	GIVEN(ben, change_project_role_members, TLS, DEVS, .add_members = IDS(dan));
	GIVEN(ben, change_permission_grants, SCHEME,
	      .add = GRANTS(TO(LOG_WORK, MEMBER, MEMBER(dan))));
	WHEN(ben, remove_member, .member = dan);
	THEN(EVENT_PROJECT_ROLE_MEMBERS_CHANGED, EVENT_PERMISSION_GRANTS_CHANGED,
	     EVENT_MEMBER_REMOVED);
}

static void there_are_limits(void **state)
{
	struct decider *decider = *state;
	char id[] = "r00";
	for (int i = 0; i < PROJECT_ROLES_MAX; i++) {
		id[1] = (char)('0' + i / 10);
		id[2] = (char)('0' + i % 10);
		GIVEN(ben, add_project_role, .role = slice_str(id), .name = slice_str(id));
	}
	WHEN(ben, add_project_role, .role = SLICE("more"), .name = SLICE("R"));
	THEN_REFUSED(TOO_MANY, "");
	static struct permission_grant many[SCHEME_GRANTS_MAX + 1];
	for (uint32_t i = 0; i <= SCHEME_GRANTS_MAX; i++) {
		static char ids[SCHEME_GRANTS_MAX + 1][4];
		memcpy(ids[i], "r00", 4);
		ids[i][1] = (char)('0' + i % PROJECT_ROLES_MAX / 10);
		ids[i][2] = (char)('0' + i % PROJECT_ROLES_MAX % 10);
		many[i] = (struct permission_grant){
		        .permission = (enum permission)(1 + i / PROJECT_ROLES_MAX),
		        .to = GRANT_TO_PROJECT_ROLE,
		        .has_project_role = true,
		        .project_role = slice_of(ids[i], 3)};
	}
	WHEN(ben, create_permission_scheme, SCHEME, .name = SLICE("Much"),
	     .grants = {many, SCHEME_GRANTS_MAX + 1});
	THEN_REFUSED(TOO_MANY, "/grants");
	GIVEN(ben, create_permission_scheme, SCHEME, .name = SLICE("Much"),
	      .grants = {many, SCHEME_GRANTS_MAX});
	WHEN(ben, change_permission_grants, SCHEME, .add = {many + SCHEME_GRANTS_MAX, 1});
	THEN_REFUSED(TOO_MANY, "/add");
	char scheme[] = "s000";
	for (int i = 1; i < PERMISSION_SCHEMES_MAX; i++) {
		scheme[1] = (char)('0' + i / 100);
		scheme[2] = (char)('0' + i / 10 % 10);
		scheme[3] = (char)('0' + i % 10);
		GIVEN(ben, create_permission_scheme, .scheme = slice_str(scheme),
		      .name = slice_str(scheme));
	}
	WHEN(ben, create_permission_scheme, .scheme = SLICE("more"), .name = SLICE("S"));
	THEN_REFUSED(TOO_MANY, "");
}

static void a_project_has_a_bounded_number_of_people_in_roles(void **state)
{
	struct decider *decider = *state;
	static struct uuid teams[PROJECT_ACTORS_MAX];
	settle_private(decider);
	for (uint32_t i = 0; i < PROJECT_ACTORS_MAX; i++) {
		char name[16];
		int n = snprintf(name, sizeof(name), "team %u", i);
		teams[i] = id_of(100000 + i);
		GIVEN(ben, create_team, .has_team_id = true, .team_id = teams[i],
		      .name = slice_of(name, (size_t)n));
	}
	GIVEN(ben, change_project_role_members, TLS, DEVS,
	      .add_teams = {teams, PROJECT_ACTORS_MAX});
	WHEN(ben, change_project_role_members, TLS, DEVS, .add_members = IDS(cleo));
	THEN_REFUSED(TOO_MANY, "");
}

static bool (*read_row)(const struct tenant_state *state, const struct row_key *key, void *row);
static uint32_t rows_read;

static bool count_row(const struct tenant_state *state, const struct row_key *key, void *row)
{
	rows_read++;
	return read_row(state, key, row);
}

static uint32_t rows_of_a_comment(struct decider *decider, struct uuid who)
{
	rows_read = 0;
	comment(decider, who);
	THEN(EVENT_COMMENT_ADDED);
	return rows_read;
}

/* Evolving the one event reads the same each time. */
static void a_scheme_costs_a_command_one_row_and_roles_another(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	GIVEN(ben, create_permission_scheme, .scheme = SLICE("open"), .name = SLICE("Open"),
	      .has_copy_of = true, .copy_of = SLICE("classic"));
	GIVEN(ben, change_project_role_members, TLS, DEVS, .add_members = IDS(cleo));
	read_row = decider->state.face.get;
	decider->state.face.get = count_row;
	uint32_t of_roles = rows_of_a_comment(decider, cleo);
	GIVEN(ben, assign_permission_scheme, TLS, .scheme = SLICE("open"));
	uint32_t of_scheme = rows_of_a_comment(decider, cleo);
	GIVEN(ben, assign_permission_scheme, TLS, .scheme = SLICE("classic"));
	uint32_t classic = rows_of_a_comment(decider, cleo);
	assert_int_equal(rows_of_a_comment(decider, ben), classic); /* admins: none */
	assert_int_equal(of_scheme, classic + 1);
	assert_int_equal(of_roles, classic + 2);
}

static void dates_and_assignees_ask_for_more(void **state)
{
	struct decider *decider = *state;
	settle_private(decider);
	GIVEN(ben, change_project_role_members, TLS, DEVS, .add_members = IDS(cleo));
	GIVEN(ben, change_permission_grants, SCHEME,
	      .add = GRANTS(TO(CREATE_ISSUES, ANYONE), TO(BE_ASSIGNED, ANYONE)));
	WHEN(cleo, edit_issue, TLS_1, .has_due_on = true, .due_on = 20000);
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, create_issue, ISSUE("task", "x"), .has_start_on = true, .start_on = 20000);
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, create_issue, ISSUE("task", "x"), .has_assignee = true, .assignee = cleo);
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(ben, change_permission_grants, SCHEME,
	      .add = GRANTS(TO(SCHEDULE_ISSUES, REPORTER), TO(ASSIGN_ISSUES, ANYONE)));
	WHEN(cleo, edit_issue, TLS_1, .has_due_on = true, .due_on = 20000);
	THEN(EVENT_ISSUE_DUE_DATE_CHANGED);
	WHEN(cleo, create_issue, ISSUE("task", "x"), .has_start_on = true, .start_on = 20000,
	     .has_assignee = true, .assignee = cleo);
	THEN(EVENT_ISSUE_CREATED);
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(a_project_that_one_may_not_browse_is_not_there),
	        ON_SETTLED(admins_hold_every_permission_always),
	        ON_SETTLED(a_project_role_gives_what_is_granted_to_it),
	        ON_SETTLED(a_team_has_roles_for_its_members),
	        ON_SETTLED(reporter_and_assignee_have_their_rights_on_their_issues),
	        ON_SETTLED(grants_go_to_teams_members_the_lead_and_roles_of_the_organization),
	        ON_SETTLED(a_grant_that_makes_no_sense_is_refused),
	        ON_SETTLED(a_grant_is_there_once),
	        ON_SETTLED(sub_tasks_elsewhere_ask_for_the_right_there),
	        ON_SETTLED(a_scheme_is_created_and_renamed),
	        ON_SETTLED(a_scheme_in_use_is_removed_with_a_replacement),
	        ON_SETTLED(a_project_begins_with_the_scheme_that_it_asks_for),
	        ON_SETTLED(who_administers_a_project_chooses_its_scheme_and_roles),
	        ON_SETTLED(a_project_role_is_added_and_renamed),
	        ON_SETTLED(a_project_role_in_use_is_removed_with_a_replacement),
	        ON_SETTLED(who_is_removed_loses_roles_and_grants),
	        ON_SETTLED(there_are_limits),
	        ON_SETTLED(a_project_has_a_bounded_number_of_people_in_roles),
	        ON_SETTLED(a_scheme_costs_a_command_one_row_and_roles_another),
	        ON_SETTLED(dates_and_assignees_ask_for_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
