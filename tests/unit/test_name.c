/* What can be a name: something to see, and no other thing of the list has it. */
#include "tests/unit/fields.h"

#define TLS  .project = SLICE("TLS")
#define NBSP "\xc2\xa0"
#define ZERO "\xe2\x80\x8b" /* a space of no width */

static void what_cannot_be_seen_is_no_name(void **state)
{
	struct decider *decider = *state;
	static const char *const nothing[] = {"",   "  ",          NBSP, "\xe3\x80\x80 ",
	                                      ZERO, "\xe2\x80\xa8"};
	GIVEN(cleo, create_issue, ISSUE("bug", "one"));
	for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
		struct slice name = slice_str(nothing[i]);
		WHEN(cleo, create_issue, TLS, .type = SLICE("bug"), .summary = name);
		THEN_REFUSED(BAD_TEXT, "/summary");
		WHEN(ben, create_project, .key = SLICE("NEW"), .name = name);
		THEN_REFUSED(BAD_TEXT, "/name");
		WHEN(ben, add_status, TLS, .status = SLICE("x"), .name = name,
		     .category = STATUS_CATEGORY_TODO);
		THEN_REFUSED(BAD_TEXT, "/name");
		WHEN(ben, add_field, TLS, .field = SLICE("x"), .name = name,
		     .kind = FIELD_KIND_TEXT);
		THEN_REFUSED(BAD_TEXT, "/name");
		WHEN(ben, create_team, .name = name);
		THEN_REFUSED(BAD_TEXT, "/name");
		WHEN(cleo, add_comment, .issue = SLICE("TLS-1"), .body = name);
		THEN_REFUSED(BAD_TEXT, "/body");
		if (!name.n)
			continue;
		WHEN(cleo, label_issue, .issue = SLICE("TLS-1"), .add = {&name, 1});
		THEN_REFUSED(BAD_LABEL, "/add");
		WHEN(ben, edit_project, TLS, .has_category = true, .category = name);
		THEN_REFUSED(BAD_LABEL, "/category");
	}
}

static void a_label_has_no_white_space_at_its_ends(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("bug", "one"));
	WHEN(cleo, label_issue, .issue = SLICE("TLS-1"), .add = LABELS(SLICE("a" NBSP)));
	THEN_REFUSED(BAD_LABEL, "/add");
	WHEN(cleo, label_issue, .issue = SLICE("TLS-1"), .add = LABELS(SLICE(NBSP "a")));
	THEN_REFUSED(BAD_LABEL, "/add");
	WHEN(cleo, label_issue, .issue = SLICE("TLS-1"), .add = LABELS(SLICE("a" NBSP "b")));
	THEN(EVENT_ISSUE_LABELS_CHANGED);
}

static void texts_and_labels_of_custom_fields_can_be_seen(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("line", TEXT));
	GIVEN(ben, add_field, FIELD("notes", PARAGRAPH));
	GIVEN(ben, add_field, FIELD("tags", LABELS));
	GIVEN(cleo, create_issue, ISSUE("bug", "one"));
#define SET(id, value)                                                                             \
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .fields = VALUES(VALUE(id, value)))
#define NONE(id, value)                                                                            \
	do {                                                                                       \
		SET(id, value);                                                                    \
		THEN_REFUSED(BAD_FIELD_VALUE, "/fields/0/values/0");                               \
	} while (0)
	NONE("line", ZERO);
	NONE("line", NBSP);
	NONE("line", "a" ZERO);
	NONE("notes", ZERO "\n" NBSP);
	NONE("tags", ZERO);
	NONE("tags", "a" ZERO);
	NONE("tags", NBSP "a");
	SET("notes", ZERO "a");
	THEN(EVENT_ISSUE_FIELDS_CHANGED);
}

#define ID_OF(no) id_of(900 + (no))

static void no_two_of_a_list_have_one_name(void **state)
{
	struct decider *decider = *state;
#define ITEMS(add, edit, member, NAME, EDITED, ...)                                                \
	do {                                                                                       \
		GIVEN(ben, add, TLS, .member = SLICE("x"),                                         \
		      .name = SLICE("\xc3\x9c"                                                     \
		                    "ber"),                                                        \
		      __VA_ARGS__);                                                                \
		WHEN(ben, add, TLS, .member = SLICE("y"),                                          \
		     .name = SLICE("\xc3\xbc"                                                      \
		                   "BER"),                                                         \
		     __VA_ARGS__);                                                                 \
		THEN_REFUSED(NAME_TAKEN, "/name");                                                 \
		assert_string_equal(decider->decision.detail, "\"\xc3\x9c"                         \
		                                              "ber\" is there already");           \
		GIVEN(ben, add, TLS, .member = SLICE("y"), .name = SLICE("Y"), __VA_ARGS__);       \
		WHEN(ben, edit, TLS, .member = SLICE("y"), .has_name = true,                       \
		     .name = SLICE("\xc3\x9c"                                                      \
		                   "BER"));                                                        \
		THEN_REFUSED(NAME_TAKEN, "/name");                                                 \
		WHEN(ben, edit, TLS, .member = SLICE("x"), .has_name = true,                       \
		     .name = SLICE("\xc3\x9c"                                                      \
		                   "BER"));                                                        \
		THEN(EVENT_##EDITED);                                                              \
	} while (0)
	ITEMS(add_status, edit_status, status, STATUS, STATUS_CHANGED,
	      .category = STATUS_CATEGORY_TODO);
	ITEMS(add_issue_type, edit_issue_type, issue_type, ISSUE_TYPE, ISSUE_TYPE_CHANGED,
	      .workflow = SLICE("classic"));
	ITEMS(add_priority, edit_priority, priority, PRIORITY, PRIORITY_CHANGED,
	      .has_expected_version = false);
	ITEMS(add_resolution, edit_resolution, resolution, RESOLUTION, RESOLUTION_CHANGED,
	      .has_expected_version = false);
	WHEN(ben, add_priority, TLS, .priority = SLICE("z"), .name = SLICE("high"));
	THEN_REFUSED(NAME_TAKEN, "/name");
	GIVEN(ben, remove_status, TLS, .status = SLICE("x"));
	WHEN(ben, add_status, TLS, .status = SLICE("z"),
	     .name = SLICE("\xc3\x9c"
	                   "ber"),
	     .category = STATUS_CATEGORY_TODO);
	THEN(EVENT_STATUS_ADDED);
}

static void neither_have_components_nor_versions(void **state)
{
	struct decider *decider = *state;
#define PARTS(add, edit, member, EDITED)                                                           \
	do {                                                                                       \
		GIVEN(ben, add, TLS, .has_##member = true, .member = ID_OF(1),                     \
		      .name = SLICE("Api"));                                                       \
		WHEN(ben, add, TLS, .name = SLICE("API"));                                         \
		THEN_REFUSED(NAME_TAKEN, "/name");                                                 \
		WHEN(ben, edit, TLS, .member = ID_OF(1), .has_name = true, .name = SLICE("api"));  \
		THEN(EVENT_##EDITED);                                                              \
	} while (0)
	PARTS(add_component, edit_component, component_id, COMPONENT_EDITED);
#undef ID_OF
#define ID_OF(no) id_of(950 + (no))
	PARTS(add_version, edit_version, version_id, VERSION_EDITED);
}

static void neither_have_teams_roles_schemes_and_link_types(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, create_team, .has_team_id = true, .team_id = ID_OF(2), .name = SLICE("Ops"));
	WHEN(ben, create_team, .name = SLICE("ops"));
	THEN_REFUSED(TEAM_NAME_TAKEN, "/name");
	WHEN(ben, rename_team, .team = ID_OF(2), .name = SLICE("OPS"));
	THEN(EVENT_TEAM_RENAMED);
	GIVEN(ben, add_project_role, .role = SLICE("devs"), .name = SLICE("Devs"));
	WHEN(ben, add_project_role, .role = SLICE("others"), .name = SLICE("devs"));
	THEN_REFUSED(NAME_TAKEN, "/name");
	WHEN(ben, rename_project_role, .role = SLICE("devs"), .name = SLICE("DEVS"));
	THEN(EVENT_PROJECT_ROLE_RENAMED);
	WHEN(ben, create_permission_scheme, .scheme = SLICE("own"), .name = SLICE("classic"));
	THEN_REFUSED(NAME_TAKEN, "/name");
	GIVEN(ben, create_permission_scheme, .scheme = SLICE("own"), .name = SLICE("Own"));
	WHEN(ben, create_permission_scheme, .scheme = SLICE("more"), .name = SLICE("OWN"));
	THEN_REFUSED(NAME_TAKEN, "/name");
	WHEN(ben, rename_permission_scheme, .scheme = SLICE("own"), .name = SLICE("own"));
	THEN(EVENT_PERMISSION_SCHEME_RENAMED);
#define LINKS(id, name_)                                                                           \
	.link_type = SLICE(id), .name = SLICE(name_), .outward = SLICE("o"), .inward = SLICE("i")
	WHEN(ben, add_link_type, LINKS("own", "BLOCKS"));
	THEN_REFUSED(NAME_TAKEN, "/name");
	GIVEN(ben, add_link_type, LINKS("own", "Own"));
	WHEN(ben, add_link_type, LINKS("more", "own"));
	THEN_REFUSED(NAME_TAKEN, "/name");
	WHEN(ben, edit_link_type, .link_type = SLICE("own"), .has_name = true,
	     .name = SLICE("OWN"));
	THEN(EVENT_LINK_TYPE_EDITED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        DECIDES(what_cannot_be_seen_is_no_name),
	        DECIDES(a_label_has_no_white_space_at_its_ends),
	        DECIDES(texts_and_labels_of_custom_fields_can_be_seen),
	        DECIDES(no_two_of_a_list_have_one_name),
	        DECIDES(neither_have_components_nor_versions),
	        DECIDES(neither_have_teams_roles_schemes_and_link_types),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
