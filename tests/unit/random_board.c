/* Boards at random: few of them, of one or two projects. */
#include "tests/unit/random_inside.h"

#define SOME_BOARD id_of(7000 + seed_below(seed, 6))

static struct slice_array some_statuses(struct decider *decider, struct seed *seed, uint64_t most)
{
	uint32_t n = (uint32_t)seed_below(seed, most);
	struct slice *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = PICK("todo", "in_progress", "in_review", "done", "blocked", "nirvana");
	return (struct slice_array){items, n};
}

static struct slice_array some_projects(struct decider *decider, struct seed *seed)
{
	uint32_t n = 1 + (uint32_t)seed_below(seed, 2);
	struct slice *items = arena_zero(&decider->arena, n * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = i ? PICK("QUIC", "NET") : PICK("TLS", "TLS", "TLS", "NONE");
	return (struct slice_array){items, n};
}

static struct board_column_array some_columns(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 3);
	struct board_column *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = (struct board_column){.id = i ? SLICE("second") : SLICE("first"),
		                                 .name = SOME_TEXT,
		                                 .statuses = some_statuses(decider, seed, 3),
		                                 .has_min = maybe(seed, 3),
		                                 .min = (int32_t)seed_below(seed, 5),
		                                 .has_max = maybe(seed, 3),
		                                 .max = (int32_t)seed_below(seed, 9)};
	return (struct board_column_array){items, n};
}

static struct field_condition_array some_conditions(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 3);
	struct field_condition *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));
	struct slice *values = arena_zero(&decider->arena, 2 * sizeof(*values));
	char *person = arena_zero(&decider->arena, UUID_TEXT);
	struct uuid id = random_person(seed);

	uuid_format(&id, person);
	values[0] = PICK("low", "high", "none");
	values[1] = slice_of(person, UUID_TEXT);
	for (uint32_t i = 0; i < n; i++)
		items[i] = i ? (struct field_condition){SLICE("testers"), {values + 1, 1}}
		             : (struct field_condition){PICK("level", "tags"), {values, 1}};
	return (struct field_condition_array){items, n};
}

static struct board_filter_array some_filters(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 3);
	struct board_filter *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));
	struct slice *type = arena_zero(&decider->arena, sizeof(*type));
	struct slice *label = arena_zero(&decider->arena, sizeof(*label));
	struct uuid *member = arena_zero(&decider->arena, sizeof(*member));

	*type = SOME_TYPE;
	*label = PICK("ui", "crypto", "new");
	*member = random_person(seed);
	for (uint32_t i = 0; i < n; i++)
		items[i] = (struct board_filter){.id = i ? SLICE("second") : SLICE("first"),
		                                 .name = SOME_TEXT,
		                                 .caller = maybe(seed, 2),
		                                 .assignees = {member, maybe(seed, 3)},
		                                 .types = {type, maybe(seed, 2)},
		                                 .labels = {label, maybe(seed, 2)},
		                                 .has_text = maybe(seed, 2),
		                                 .text = PICK("one", "two", "x y"),
		                                 .fields = some_conditions(decider, seed)};
	return (struct board_filter_array){items, n};
}

static struct issue_filter some_filter(struct decider *decider, struct seed *seed)
{
	struct slice *texts = arena_zero(&decider->arena, 3 * sizeof(*texts));
	struct uuid *member = arena_zero(&decider->arena, sizeof(*member));

	texts[0] = SOME_TYPE;
	texts[1] = PICK("low", "high", "never");
	texts[2] = PICK("ui", "x y");
	*member = random_person(seed);
	return (struct issue_filter){.unassigned = maybe(seed, 3),
	                             .assignees = {member, maybe(seed, 3)},
	                             .types = {texts, maybe(seed, 2)},
	                             .priorities = {texts + 1, maybe(seed, 4)},
	                             .labels = {texts + 2, maybe(seed, 4)},
	                             .has_text = maybe(seed, 4),
	                             .text = PICK("one", "two", "x y"),
	                             .fields = some_conditions(decider, seed)};
}

static struct slice_array some_card_fields(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 3);
	struct slice *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = PICK("type", "labels", "estimate", "cost", "level", "notes", "nonsense");
	return (struct slice_array){items, n};
}

void fill_board(struct decider *decider, struct seed *seed, struct command *command)
{
	static const enum board_part parts[] = {BOARD_PART_FILTERS, BOARD_PART_BACKLOG,
	                                        BOARD_PART_CARD_FIELDS, BOARD_PART_FILTER};

	if (command->type == COMMAND_CREATE_BOARD)
		command->create_board = (struct create_board){
		        .has_board_id = true,
		        .board_id = SOME_BOARD,
		        .name = SOME_TEXT,
		        .projects = some_projects(decider, seed),
		        .columns = some_columns(decider, seed),
		        .backlog = some_statuses(decider, seed, 2),
		        .swimlanes = (enum board_swimlanes)seed_below(seed, BOARD_SWIMLANESS),
		        .has_filter = maybe(seed, 3),
		        .filter = some_filter(decider, seed),
		        .filters = some_filters(decider, seed),
		        .card_fields = some_card_fields(decider, seed)};
	else if (command->type == COMMAND_EDIT_BOARD)
		command->edit_board = (struct edit_board){
		        .board = SOME_BOARD,
		        .has_name = maybe(seed, 2),
		        .name = SOME_TEXT,
		        .projects = maybe(seed, 3) ? some_projects(decider, seed)
		                                   : (struct slice_array){NULL, 0},
		        .columns = some_columns(decider, seed),
		        .backlog = some_statuses(decider, seed, 2),
		        .has_swimlanes = maybe(seed, 2),
		        .swimlanes = (enum board_swimlanes)(1 + seed_below(seed, 4)),
		        .has_filter = maybe(seed, 3),
		        .filter = some_filter(decider, seed),
		        .filters = some_filters(decider, seed),
		        .card_fields = some_card_fields(decider, seed),
		        .clear = {parts, (uint32_t)seed_below(seed, 5)},
		        .has_expected_version = maybe(seed, 6),
		        .expected_version = 1 + (int64_t)seed_below(seed, 3)};
	else if (command->type == COMMAND_DELETE_BOARD && maybe(seed, 3))
		command->delete_board.board = SOME_BOARD;
}
