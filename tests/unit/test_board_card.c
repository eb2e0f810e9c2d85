/* Which fields the cards of a board show. */
#include <stdio.h>

#include "core/domain/board.h"
#include "tests/lib/decider.h"

#define TEXTS(...) LABELS(__VA_ARGS__)
#define OF_TLS     .name = SLICE("Board"), .projects = TEXTS(SLICE("TLS"))

static void cards_show_fields_that_there_are_once_each(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, create_board, OF_TLS, .card_fields = TEXTS(SLICE("type"), SLICE("colour")));
	THEN_REFUSED(UNKNOWN_FIELD, "/card_fields");
	WHEN(ben, create_board, OF_TLS, .card_fields = TEXTS(SLICE("type"), SLICE("type")));
	THEN_REFUSED(BAD_BOARD, "/card_fields");
}

#define ADD_FIELD(project_, id, kind_)                                                             \
	GIVEN(ada, add_field, .project = SLICE(project_), .field = SLICE(id), .name = SLICE(id),   \
	      .kind = FIELD_KIND_##kind_)

static void cards_show_custom_fields_of_the_projects(void **state)
{
	struct decider *decider = *state;
	ADD_FIELD("TLS", "cost", NUMBER);
	ADD_FIELD("TLS", "notes", PARAGRAPH);
	WHEN(ben, create_board, OF_TLS, .card_fields = TEXTS(SLICE("cost"), SLICE("type")));
	THEN(EVENT_BOARD_CREATED);
	assert_slice(EVENT_BODY(0, board_created)->board.card_fields.items[0], "cost");
	WHEN(ben, create_board, OF_TLS, .card_fields = TEXTS(SLICE("cost"), SLICE("cost")));
	THEN_REFUSED(BAD_BOARD, "/card_fields");
	WHEN(ben, create_board, OF_TLS, .card_fields = TEXTS(SLICE("notes")));
	THEN_REFUSED(BAD_BOARD, "/card_fields");
	GIVEN(ada, create_project, .key = SLICE("WEB"), .name = SLICE("Web"));
	ADD_FIELD("WEB", "notes", TEXT);
	WHEN(ada, create_board, .name = SLICE("Both"),
	     .projects = TEXTS(SLICE("TLS"), SLICE("WEB")),
	     .card_fields = TEXTS(SLICE("notes"), SLICE("cost")));
	THEN(EVENT_BOARD_CREATED);
	GIVEN(ben, remove_field, .project = SLICE("TLS"), .field = SLICE("cost"));
	WHEN(ben, create_board, OF_TLS, .card_fields = TEXTS(SLICE("cost")));
	THEN_REFUSED(UNKNOWN_FIELD, "/card_fields");
	WHEN(ada, add_field, .project = SLICE("TLS"), .field = SLICE("reporter"),
	     .name = SLICE("x"), .kind = FIELD_KIND_TEXT);
	THEN_REFUSED(ITEM_EXISTS, "/field");
}

static void cards_show_so_many_custom_fields(void **state)
{
	struct decider *decider = *state;
	static char ids[BOARD_CUSTOM_FIELDS_MAX + 1][4];
	struct slice fields[BOARD_CUSTOM_FIELDS_MAX + 1];
	for (int i = 0; i <= BOARD_CUSTOM_FIELDS_MAX; i++) {
		snprintf(ids[i], sizeof ids[i], "f%d", i);
		fields[i] = slice_str(ids[i]);
		GIVEN(ada, add_field, .project = SLICE("TLS"), .field = fields[i],
		      .name = SLICE("x"), .kind = FIELD_KIND_TEXT);
	}
	WHEN(ben, create_board, OF_TLS, .card_fields = {fields, BOARD_CUSTOM_FIELDS_MAX + 1});
	THEN_REFUSED(TOO_MANY, "/card_fields");
	WHEN(ben, create_board, OF_TLS, .card_fields = {fields, BOARD_CUSTOM_FIELDS_MAX});
	THEN(EVENT_BOARD_CREATED);
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(cards_show_fields_that_there_are_once_each),
	        ON_SETTLED(cards_show_custom_fields_of_the_projects),
	        ON_SETTLED(cards_show_so_many_custom_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
