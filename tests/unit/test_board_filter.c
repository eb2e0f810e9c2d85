/* The filter of a board: which issues of its projects it is about. */
#include <ctype.h>

#include "core/domain/board.h"
#include "tests/unit/fields.h"

#define BOARD     id_of(801)
#define OF_TLS    .name = SLICE("Board"), .projects = LABELS(SLICE("TLS"))
#define ASKS(...) .has_filter = true, .filter = {__VA_ARGS__}
#define IDS(...)                                                                                   \
	{                                                                                          \
		(const struct uuid[]){__VA_ARGS__},                                                \
		        sizeof((const struct uuid[]){__VA_ARGS__}) / sizeof(struct uuid)           \
	}

#define CONDITION(id, ...)                                                                         \
	{                                                                                          \
		SLICE(id), LABELS(__VA_ARGS__)                                                     \
	}
#define CONDITIONS(...)                                                                            \
	.fields = {(const struct field_condition[]){__VA_ARGS__},                                  \
	           sizeof((const struct field_condition[]){__VA_ARGS__}) /                         \
	                   sizeof(struct field_condition)}

static const enum board_part FILTER_PART[] = {BOARD_PART_FILTER};

static void create_board(struct decider *decider)
{
	GIVEN(ben, create_board, .has_board_id = true, .board_id = BOARD, OF_TLS,
	      ASKS(.types = LABELS(SLICE("bug"))));
}

static void create_web(struct decider *decider)
{
	GIVEN(ben, create_project, .key = SLICE("WEB"), .name = SLICE("Web"));
	GIVEN(ben, add_component, .project = SLICE("WEB"), .has_component_id = true,
	      .component_id = id_of(811), .name = SLICE("Keys"));
	GIVEN(ben, add_version, .project = SLICE("WEB"), .has_version_id = true,
	      .version_id = id_of(812), .name = SLICE("1.0"));
}

static void a_board_is_about_what_its_filter_says(void **state)
{
	struct decider *decider = *state;
	const struct uuid assignee = dan;
	create_web(decider);
	WHEN(ben, create_board, .name = SLICE("x"), .projects = LABELS(SLICE("TLS"), SLICE("WEB")),
	     ASKS(.unassigned = true, .assignees = IDS(dan), .types = LABELS(SLICE("bug")),
	          .priorities = LABELS(SLICE("high")), .labels = LABELS(SLICE("ui")),
	          .components = IDS(id_of(811)), .versions = IDS(id_of(812)), .has_text = true,
	          .text = SLICE("key")));
	THEN(EVENT_BOARD_CREATED);
	const struct board_configuration *board = &EVENT_BODY(0, board_created)->board;
	assert_true(board->filter.n && board->filter.items->unassigned);
	assert_true(uuid_equal(&board->filter.items->assignees.items[0], &assignee));
	assert_slice(board->filter.items->types.items[0], "bug");
	assert_slice(board->filter.items->priorities.items[0], "high");
	assert_slice(board->filter.items->labels.items[0], "ui");
	assert_int_equal(board->filter.items->components.n, 1);
	assert_int_equal(board->filter.items->versions.n, 1);
	assert_slice(board->filter.items->text, "key");
	WHEN(ben, create_board, OF_TLS);
	THEN(EVENT_BOARD_CREATED);
	assert_false(EVENT_BODY(0, board_created)->board.filter.n);
}

static void a_filter_is_replaced_as_a_whole_and_cleared(void **state)
{
	struct decider *decider = *state;
	create_board(decider);
	WHEN(ben, edit_board, .board = BOARD, .has_name = true, .name = SLICE("Bugs"));
	THEN(EVENT_BOARD_EDITED);
	assert_true(EVENT_BODY(0, board_edited)->after.filter.n);
	WHEN(ben, edit_board, .board = BOARD, ASKS(.types = LABELS(SLICE("bug"))));
	THEN_UNCHANGED();
	WHEN(ben, edit_board, .board = BOARD, ASKS(.labels = LABELS(SLICE("ui"))));
	THEN(EVENT_BOARD_EDITED);
	const struct board_edited *edited = EVENT_BODY(0, board_edited);
	assert_int_equal(edited->before.filter.items->types.n, 1);
	assert_int_equal(edited->before.filter.items->labels.n, 0);
	assert_int_equal(edited->after.filter.items->types.n, 0);
	assert_int_equal(edited->after.filter.items->labels.n, 1);
	WHEN(ben, edit_board, .board = BOARD, ASKS(.labels = LABELS(SLICE("ui"))),
	     .clear = {FILTER_PART, 1});
	THEN_REFUSED(BAD_CLEAR, "/clear");
	WHEN(ben, edit_board, .board = BOARD, .clear = {FILTER_PART, 1});
	THEN(EVENT_BOARD_EDITED);
	assert_true(EVENT_BODY(0, board_edited)->before.filter.n);
	assert_false(EVENT_BODY(0, board_edited)->after.filter.n);
	WHEN(ben, edit_board, .board = BOARD, .clear = {FILTER_PART, 1});
	THEN_UNCHANGED();
}

static void a_filter_asks_something(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, create_board, OF_TLS, .has_filter = true);
	THEN_REFUSED(BAD_BOARD, "/filter");
	WHEN(ben, create_board, OF_TLS, ASKS(.has_text = true, .text = SLICE(" ")));
	THEN_REFUSED(BAD_TEXT, "/filter/text");
	create_board(decider);
	WHEN(ben, edit_board, .board = BOARD, .has_filter = true);
	THEN_REFUSED(BAD_BOARD, "/filter");
}

static void a_filter_names_what_the_projects_have(void **state)
{
	struct decider *decider = *state;
	create_web(decider);
	WHEN(ben, create_board, OF_TLS, ASKS(.types = LABELS(SLICE("wish"))));
	THEN_REFUSED(UNKNOWN_TYPE, "/filter/types");
	WHEN(ben, create_board, OF_TLS, ASKS(.priorities = LABELS(SLICE("now"))));
	THEN_REFUSED(UNKNOWN_PRIORITY, "/filter/priorities");
	WHEN(ben, create_board, OF_TLS, ASKS(.labels = LABELS(SLICE("a,b"))));
	THEN_REFUSED(BAD_LABEL, "/filter/labels");
	WHEN(ben, create_board, OF_TLS, ASKS(.assignees = IDS(nobody)));
	THEN_REFUSED(NO_SUCH_MEMBER, "/filter/assignees");
	WHEN(ben, create_board, OF_TLS, ASKS(.components = IDS(id_of(811))));
	THEN_REFUSED(NO_SUCH_COMPONENT, "/filter/components");
	WHEN(ben, create_board, OF_TLS, ASKS(.versions = IDS(id_of(812))));
	THEN_REFUSED(NO_SUCH_VERSION, "/filter/versions");
	create_board(decider);
	WHEN(ben, edit_board, .board = BOARD, ASKS(.versions = IDS(id_of(812))));
	THEN_REFUSED(NO_SUCH_VERSION, "/filter/versions");
	WHEN(ben, edit_board, .board = BOARD, .projects = LABELS(SLICE("TLS"), SLICE("WEB")),
	     ASKS(.versions = IDS(id_of(812))));
	THEN(EVENT_BOARD_EDITED);
}

/* What was there when it was named is not asked for again. */
static void what_it_names_may_go_away(void **state)
{
	struct decider *decider = *state;
	create_web(decider);
	GIVEN(ben, create_board, .has_board_id = true, .board_id = BOARD, .name = SLICE("x"),
	      .projects = LABELS(SLICE("WEB")),
	      ASKS(.components = IDS(id_of(811)), .versions = IDS(id_of(812))));
	WHEN(ben, remove_component, .project = SLICE("WEB"), .component_id = id_of(811));
	THEN(EVENT_COMPONENT_REMOVED);
	WHEN(ben, remove_version, .project = SLICE("WEB"), .version_id = id_of(812));
	THEN(EVENT_VERSION_REMOVED);
	WHEN(ben, edit_board, .board = BOARD, .has_name = true, .name = SLICE("y"));
	THEN(EVENT_BOARD_EDITED);
	assert_int_equal(EVENT_BODY(0, board_edited)->after.filter.items->components.n, 1);
	WHEN(ben, edit_board, .board = BOARD, ASKS(.components = IDS(id_of(811))));
	THEN_REFUSED(NO_SUCH_COMPONENT, "/filter/components");
}

static struct board_filter_array quick_filter(struct decider *decider, struct uuid component,
                                              struct uuid version)
{
	struct uuid *ids = arena_zero(&decider->arena, 2 * sizeof(*ids));
	struct board_filter *filter = arena_zero(&decider->arena, sizeof(*filter));

	ids[0] = component;
	ids[1] = version;
	*filter = (struct board_filter){.id = SLICE("q"),
	                                .name = SLICE("Q"),
	                                .components = {ids, 1},
	                                .versions = {ids + 1, 1}};
	return (struct board_filter_array){filter, 1};
}

/* Components and versions, of which another takes the place. */
static void filters_follow_what_replaces_a_part(void **state)
{
	const struct uuid locks = id_of(813), next = id_of(814);
	struct decider *decider = *state;
	create_web(decider);
	GIVEN(ben, add_component, .project = SLICE("WEB"), .has_component_id = true,
	      .component_id = locks, .name = SLICE("Locks"));
	GIVEN(ben, add_version, .project = SLICE("WEB"), .has_version_id = true, .version_id = next,
	      .name = SLICE("2.0"));
	GIVEN(ben, create_board, .has_board_id = true, .board_id = BOARD, .name = SLICE("x"),
	      .projects = LABELS(SLICE("WEB"), SLICE("TLS")),
	      ASKS(.components = IDS(id_of(811), locks), .versions = IDS(id_of(812))),
	      .filters = quick_filter(decider, id_of(811), id_of(812)));
	GIVEN(ben, create_board, .name = SLICE("of another"), .projects = LABELS(SLICE("WEB")),
	      ASKS(.components = IDS(locks)));
	WHEN(ben, remove_component, .project = SLICE("WEB"), .component_id = id_of(811),
	     .has_replace_with = true, .replace_with = locks);
	THEN(EVENT_BOARD_EDITED, EVENT_COMPONENT_REMOVED);
	const struct board_configuration *board = &EVENT_BODY(0, board_edited)->after;
	assert_int_equal(EVENT_BODY(0, board_edited)->before.filter.items->components.n, 2);
	assert_int_equal(board->filter.items->components.n, 1);
	assert_true(uuid_equal(&board->filter.items->components.items[0], &locks));
	assert_true(uuid_equal(&board->filters.items[0].components.items[0], &locks));
	WHEN(ben, remove_version, .project = SLICE("WEB"), .version_id = id_of(812),
	     .has_replace_with = true, .replace_with = next);
	THEN(EVENT_BOARD_EDITED, EVENT_VERSION_REMOVED);
	board = &EVENT_BODY(0, board_edited)->after;
	assert_true(uuid_equal(&board->filter.items->versions.items[0], &next));
	assert_true(uuid_equal(&board->filters.items[0].versions.items[0], &next));
	assert_true(uuid_equal(&board->filter.items->components.items[0], &locks));
}

/* --- custom fields --- */

static void add_fields(struct decider *decider)
{
	GIVEN(ben, add_field, FIELD("level", SELECT),
	      .options = OPTIONS(OPTION("low"), OPTION("mid"), OPTION("high")));
	GIVEN(ben, add_field, FIELD("crew", MEMBERS));
	GIVEN(ben, add_field, FIELD("agreed", CHECKBOX));
	GIVEN(ben, add_field, FIELD("tags", LABELS));
	GIVEN(ben, add_field, FIELD("cost", NUMBER));
}

static void a_filter_asks_for_values_of_custom_fields(void **state)
{
	struct decider *decider = *state;
	char loud[UUID_TEXT];
	const struct slice dan_text = PERSON(DAN);
	for (int i = 0; i < UUID_TEXT; i++)
		loud[i] = (char)toupper((unsigned char)dan_text.data[i]);
	add_fields(decider);
	WHEN(ben, create_board, .has_board_id = true, .board_id = BOARD, OF_TLS,
	     ASKS(CONDITIONS(CONDITION("level", SLICE("low"), SLICE("high")),
	                     CONDITION("crew", slice_of(loud, UUID_TEXT)),
	                     CONDITION("agreed", SLICE("true")), CONDITION("tags", SLICE("a b")))));
	THEN(EVENT_BOARD_CREATED);
	const struct issue_filter *filter = EVENT_BODY(0, board_created)->board.filter.items;
	assert_int_equal(filter->fields.n, 4);
	assert_slice(filter->fields.items[0].field, "level");
	assert_slice(filter->fields.items[0].values.items[1], "high");
	assert_true(slice_equal(filter->fields.items[1].values.items[0], dan_text));
	assert_slice(filter->fields.items[3].values.items[0], "a b");
	WHEN(ben, edit_board, .board = BOARD,
	     ASKS(CONDITIONS(CONDITION("level", SLICE("low"), SLICE("high")),
	                     CONDITION("crew", dan_text), CONDITION("agreed", SLICE("true")),
	                     CONDITION("tags", SLICE("a b")))));
	THEN_UNCHANGED();
}

static void fields_and_values_are_those_of_some_project(void **state)
{
	struct decider *decider = *state;
	add_fields(decider);
	create_web(decider);
	static struct field_condition many[FILTER_FIELDS_MAX + 1];
	WHEN(ben, create_board, OF_TLS, .has_filter = true,
	     .filter = {.fields = {many, FILTER_FIELDS_MAX + 1}});
	THEN_REFUSED(TOO_MANY, "/filter/fields");
	WHEN(ben, create_board, OF_TLS, ASKS(CONDITIONS(CONDITION("risk", SLICE("low")))));
	THEN_REFUSED(UNKNOWN_FIELD, "/filter/fields/0/field");
	WHEN(ben, create_board, OF_TLS, ASKS(CONDITIONS(CONDITION("cost", SLICE("1")))));
	THEN_REFUSED(BAD_BOARD, "/filter/fields/0/field");
	assert_string_equal(
	        decider->decision.detail,
	        "cost is a number: filters ask for options, members, labels and a checkbox");
	WHEN(ben, create_board, OF_TLS, ASKS(CONDITIONS({.field = SLICE("level")})));
	THEN_REFUSED(BAD_BOARD, "/filter/fields/0/values");
	WHEN(ben, create_board, OF_TLS,
	     ASKS(CONDITIONS(CONDITION("tags", SLICE("x")), CONDITION("tags", SLICE("y")))));
	THEN_REFUSED(BAD_BOARD, "/filter/fields/1/field");
	WHEN(ben, create_board, OF_TLS, ASKS(CONDITIONS(CONDITION("level", SLICE("none")))));
	THEN_REFUSED(UNKNOWN_OPTION, "/filter/fields/0/values/0");
	WHEN(ben, create_board, OF_TLS, ASKS(CONDITIONS(CONDITION("agreed", SLICE("yes")))));
	THEN_REFUSED(BAD_FIELD_VALUE, "/filter/fields/0/values/0");
	WHEN(ben, create_board, OF_TLS,
	     ASKS(CONDITIONS(CONDITION("crew", PERSON(DAN), PERSON(NOBODY)))));
	THEN_REFUSED(NO_SUCH_MEMBER, "/filter/fields/0/values/1");
	const struct field_condition level = CONDITION("level", SLICE("none"));
	const struct board_filter quick = {
	        .id = SLICE("q"), .name = SLICE("Q"), .fields = {&level, 1}};
	WHEN(ben, create_board, OF_TLS, .filters = {&quick, 1});
	THEN_REFUSED(UNKNOWN_OPTION, "/filters/0/fields/0/values/0");
	WHEN(ben, create_board, .name = SLICE("x"), .projects = LABELS(SLICE("WEB"), SLICE("TLS")),
	     ASKS(CONDITIONS(CONDITION("level", SLICE("low")))));
	THEN(EVENT_BOARD_CREATED);
	WHEN(ben, create_board, .name = SLICE("x"), .projects = LABELS(SLICE("WEB")),
	     ASKS(CONDITIONS(CONDITION("level", SLICE("low")))));
	THEN_REFUSED(UNKNOWN_FIELD, "/filter/fields/0/field");
}

static void filters_follow_what_replaces_an_option(void **state)
{
	struct decider *decider = *state;
	add_fields(decider);
	const struct field_condition level = CONDITION("level", SLICE("low"), SLICE("mid"));
	const struct board_filter quick = {
	        .id = SLICE("q"), .name = SLICE("Q"), .fields = {&level, 1}};
	GIVEN(ben, create_board, .has_board_id = true, .board_id = BOARD, OF_TLS,
	      ASKS(CONDITIONS(CONDITION("tags", SLICE("low")), CONDITION("level", SLICE("low")))),
	      .filters = {&quick, 1});
	WHEN(ben, remove_field_option, .project = SLICE("TLS"), .field = SLICE("level"),
	     .option = SLICE("low"), .has_replace_with = true, .replace_with = SLICE("mid"));
	THEN(EVENT_BOARD_EDITED, EVENT_FIELD_OPTION_REMOVED);
	const struct board_configuration *board = &EVENT_BODY(0, board_edited)->after;
	assert_slice(board->filter.items->fields.items[0].values.items[0], "low"); /* a label */
	assert_slice(board->filter.items->fields.items[1].values.items[0], "mid");
	assert_int_equal(board->filters.items[0].fields.items[0].values.n, 1);
	assert_slice(board->filters.items[0].fields.items[0].values.items[0], "mid");
	WHEN(ben, remove_field_option, .project = SLICE("TLS"), .field = SLICE("level"),
	     .option = SLICE("mid"));
	THEN(EVENT_FIELD_OPTION_REMOVED);
	WHEN(ben, remove_field, .project = SLICE("TLS"), .field = SLICE("tags"));
	THEN(EVENT_FIELD_REMOVED);
	WHEN(ben, edit_board, .board = BOARD, .has_name = true, .name = SLICE("y"));
	THEN(EVENT_BOARD_EDITED);
	assert_int_equal(EVENT_BODY(0, board_edited)->after.filter.items->fields.n, 2);
}

static void an_option_of_another_project_goes_on_being_asked_for(void **state)
{
	struct decider *decider = *state;
	add_fields(decider);
	create_web(decider);
	GIVEN(ben, add_field, .project = SLICE("WEB"), .field = SLICE("level"),
	      .name = SLICE("Level"), .kind = FIELD_KIND_SELECT, .options = OPTIONS(OPTION("low")));
	GIVEN(ben, create_board, .name = SLICE("x"), .projects = LABELS(SLICE("WEB"), SLICE("TLS")),
	      ASKS(CONDITIONS(CONDITION("level", SLICE("low")))));
	WHEN(ben, remove_field_option, .project = SLICE("TLS"), .field = SLICE("level"),
	     .option = SLICE("low"), .has_replace_with = true, .replace_with = SLICE("mid"));
	THEN(EVENT_FIELD_OPTION_REMOVED);
}

static void what_is_packed_comes_out_as_it_went_in(void **state)
{
	char bytes[BOARD_BYTES_MAX], again[BOARD_BYTES_MAX], block[4096];
	struct arena arena;
	const struct issue_filter filter = {.unassigned = true,
	                                    .assignees = IDS({{1}}),
	                                    .types = LABELS(SLICE("t")),
	                                    .priorities = LABELS(SLICE("p")),
	                                    .labels = LABELS(SLICE("l")),
	                                    .components = IDS({{2}}),
	                                    .versions = IDS({{3}}),
	                                    .has_text = true,
	                                    .text = SLICE("x"),
	                                    CONDITIONS(CONDITION("f", SLICE("v")))};
	struct board_configuration out, board = {.name = SLICE("B"), .filter = {&filter, 1}};
	(void)state;
	for (int i = 0; i < 2; i++, board.filter.n = 0) {
		uint32_t n = board_pack(&board, bytes);
		arena_init(&arena, block, sizeof block);
		assert_true(board_unpack(bytes, &arena, &out));
		assert_int_equal(out.filter.n, board.filter.n);
		assert_int_equal(board_pack(&out, again), n);
		assert_memory_equal(bytes, again, n);
		if (i)
			continue;
		assert_int_equal(out.filter.items->assignees.items[0].bytes[0], 1);
		assert_slice(out.filter.items->types.items[0], "t");
		assert_slice(out.filter.items->priorities.items[0], "p");
		assert_slice(out.filter.items->labels.items[0], "l");
		assert_int_equal(out.filter.items->components.items[0].bytes[0], 2);
		assert_int_equal(out.filter.items->versions.items[0].bytes[0], 3);
		assert_slice(out.filter.items->text, "x");
		assert_slice(out.filter.items->fields.items[0].field, "f");
		assert_slice(out.filter.items->fields.items[0].values.items[0], "v");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        DECIDES(a_board_is_about_what_its_filter_says),
	        DECIDES(a_filter_is_replaced_as_a_whole_and_cleared),
	        DECIDES(a_filter_asks_something),
	        DECIDES(a_filter_names_what_the_projects_have),
	        DECIDES(what_it_names_may_go_away),
	        DECIDES(filters_follow_what_replaces_a_part),
	        DECIDES(a_filter_asks_for_values_of_custom_fields),
	        DECIDES(fields_and_values_are_those_of_some_project),
	        DECIDES(filters_follow_what_replaces_an_option),
	        DECIDES(an_option_of_another_project_goes_on_being_asked_for),
	        cmocka_unit_test(what_is_packed_comes_out_as_it_went_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
