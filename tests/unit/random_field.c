/* Custom fields at random, and what holds of them whatever was commanded. */
#include "core/domain/issue_field.h"
#include "tests/unit/fields.h"
#include "tests/unit/random_inside.h"

#define SOME_FIELD PICK("cost", "level", "place", "notes", "testers", "tags", "nothing", "Bad")

static const struct field_option levels[] = {OPTION("low"), OPTION("high")};
static const struct field_option places[] = {OPTION("north"), BELOW("pole", "north"),
                                             BELOW("cape", "north"), OPTION("south")};

/* A field's kind follows from its id, so that values are often right. */
static const struct {
	const char *id;
	enum field_kind kind;
	struct field_option_array options;
	const char *values[3];
} sorts[] = {
        {"cost", FIELD_KIND_NUMBER, {NULL, 0}, {"1.50", "1e-10", "much"}},
        {"level", FIELD_KIND_SELECT, {levels, 2}, {"low", "high", "none"}},
        {"place", FIELD_KIND_CASCADING_SELECT, {places, 4}, {"north", "cape", "south"}},
        {"notes", FIELD_KIND_PARAGRAPH, {NULL, 0}, {"a text", "another\ntext", " "}},
        {"tags", FIELD_KIND_LABELS, {NULL, 0}, {"ui", "good first", "a,b"}},
        {"testers", FIELD_KIND_MEMBERS, {NULL, 0}, {NULL, NULL, NULL}},
};
enum { SORTS = sizeof sorts / sizeof *sorts };

static struct slice some_value(struct seed *seed, uint64_t sort)
{
	if (sorts[sort].kind == FIELD_KIND_MEMBERS)
		return PERSON((enum person_no)(1 + seed_below(seed, PERSONS - 1)));
	return slice_str(sorts[sort].values[seed_below(seed, 3)]);
}

static struct slice_array some_values(struct decider *decider, struct seed *seed, uint64_t sort,
                                      uint64_t max)
{
	uint32_t n = (uint32_t)seed_below(seed, max + 1);
	struct slice *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = some_value(seed, sort);
	return (struct slice_array){items, n};
}

struct field_value_array random_fields(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 3);
	struct field_value *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++) {
		uint64_t sort = seed_below(seed, SORTS);
		items[i] = (struct field_value){
		        maybe(seed, 10) ? SOME_FIELD : slice_str(sorts[sort].id),
		        some_values(decider, seed, sort, 1 + seed_below(seed, 2))};
	}
	return (struct field_value_array){items, n};
}

struct slice_array random_field_ids(struct decider *decider, struct seed *seed)
{
	uint32_t n = maybe(seed, 4) ? (uint32_t)seed_below(seed, 3) : 0;
	struct slice *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = SOME_FIELD;
	return (struct slice_array){items, n};
}

static struct slice_array some_types(struct decider *decider, struct seed *seed)
{
	struct slice *items = arena_zero(&decider->arena, sizeof(*items));

	items[0] = SOME_TYPE;
	return (struct slice_array){items, maybe(seed, 3)};
}

void fill_field(struct decider *decider, struct seed *seed, struct command *command)
{
	uint64_t sort = seed_below(seed, SORTS);

	switch ((int)command->type) {
	case COMMAND_ADD_FIELD:
		command->add_field = (struct add_field){
		        .project = PICK("TLS", "TLS", "TLS", "QUIC", "NONE"),
		        .field = maybe(seed, 10) ? SOME_FIELD : slice_str(sorts[sort].id),
		        .name = SOME_TEXT,
		        .kind = sorts[sort].kind,
		        .description = SOME_TEXT,
		        .required = maybe(seed, 6),
		        .issue_types = some_types(decider, seed),
		        .options = sorts[sort].options,
		        .default_values = some_values(decider, seed, sort, maybe(seed, 3))};
		break;
	case COMMAND_EDIT_FIELD:
		command->edit_field = (struct edit_field){
		        .project = PICK("TLS", "TLS", "QUIC"),
		        .field = slice_str(sorts[sort].id),
		        .has_name = maybe(seed, 2),
		        .name = SOME_TEXT,
		        .has_required = maybe(seed, 3),
		        .required = maybe(seed, 4),
		        .issue_types = some_types(decider, seed),
		        .all_types = maybe(seed, 4),
		        .default_values = some_values(decider, seed, sort, maybe(seed, 3)),
		        .no_default = maybe(seed, 4),
		        .has_disabled = maybe(seed, 3),
		        .disabled = maybe(seed, 3),
		        .has_position = maybe(seed, 3),
		        .position = (int32_t)seed_below(seed, SORTS)};
		break;
	case COMMAND_REMOVE_FIELD:
		command->remove_field = (struct remove_field){.project = PICK("TLS", "QUIC"),
		                                              .field = SOME_FIELD,
		                                              .drop_values = maybe(seed, 10)};
		break;
	case COMMAND_ADD_FIELD_OPTION:
		command->add_field_option =
		        (struct add_field_option){.project = PICK("TLS", "QUIC"),
		                                  .field = PICK("level", "place", "cost"),
		                                  .option = PICK("middle", "low", "east", "Bad"),
		                                  .name = SOME_TEXT,
		                                  .has_parent = maybe(seed, 3),
		                                  .parent = PICK("north", "south", "cape")};
		break;
	case COMMAND_EDIT_FIELD_OPTION:
		command->edit_field_option = (struct edit_field_option){
		        .project = PICK("TLS", "QUIC"),
		        .field = PICK("level", "place", "cost"),
		        .option = PICK("low", "high", "north", "pole", "cape", "middle"),
		        .has_name = maybe(seed, 2),
		        .name = SOME_TEXT,
		        .has_disabled = maybe(seed, 2),
		        .disabled = maybe(seed, 3),
		        .has_position = maybe(seed, 2),
		        .position = (int32_t)seed_below(seed, 4)};
		break;
	case COMMAND_REMOVE_FIELD_OPTION:
		command->remove_field_option = (struct remove_field_option){
		        .project = PICK("TLS", "TLS", "QUIC"),
		        .field = PICK("level", "place", "cost"),
		        .option = PICK("low", "high", "north", "south", "pole", "cape", "middle"),
		        .has_replace_with = maybe(seed, 2),
		        .replace_with = PICK("high", "low", "north", "south", "pole", "cape"),
		        .drop_values = maybe(seed, 3)};
		break;
	default:
		break;
	}
}

/* --- laws --- */

static uint32_t count_issues_with(const struct tenant_state *face, const struct uuid *project,
                                  struct slice field, struct slice option)
{
	struct row_field_value value;
	struct row_issue issue;
	uint32_t n = 0;

	for (struct row_key key = row_key_first(ROW_ISSUE); face->next(face, &key, false, &issue);)
		n += uuid_equal(&issue.project_id, project) &&
		     read_field_value(face, &issue.id, field, &value) &&
		     field_packed_has(slice_of(value.packed, value.n), option);
	return n;
}

/* What an option is counted for; nothing has, or lies below, one that was removed. */
static void check_option(const struct tenant_state *face, const struct uuid *project,
                         const struct row_field *field, const struct row_field_option *option)
{
	struct row_field_texts texts;
	struct row_field_option parent;
	uint32_t issues = count_issues_with(face, project, PADDED(field->id), PADDED(option->id));

	assert_int_equal(issues, option->issues);
	if (!option->removed) {
		assert_true(!option->parent[0] ||
		            read_field_option(face, project, PADDED(field->id),
		                              PADDED(option->parent), &parent));
		return;
	}
	assert_int_equal(issues, 0);
	assert_false(field_packed_has(
	        read_field_texts(face, project, PADDED(field->id), &texts).default_values,
	        PADDED(option->id)));
}

/* Options are counted, and numbered below each parent. */
static void check_options(const struct tenant_state *face, const struct uuid *project,
                          const struct row_field *field)
{
	struct row_field_option option, other;
	uint32_t n = 0;

	memset(&option, 0, sizeof(option));
	while (next_field_option_ever(face, project, PADDED(field->id), &option)) {
		uint32_t in_front = 0;
		n++;
		check_option(face, project, field, &option);
		if (option.removed)
			continue;
		memset(&other, 0, sizeof(other));
		while (next_field_option(face, project, PADDED(field->id), &other))
			in_front += slice_equal(PADDED(other.parent), PADDED(option.parent)) &&
			            other.position < option.position;
		assert_int_equal(in_front, option.position);
	}
	assert_int_equal(n, field->removed ? 0 : field->options);
}

struct counted {
	uint32_t fields, bytes;
};

/* What the rows of values add up to; each is of a field of the project, counted in @issues. Those
 * of emptied ones add nothing. */
static struct counted count_values(const struct tenant_state *face, const struct row_issue *issue)
{
	struct row_key key = row_key_field_value(&issue->id, SLICE(""));
	struct counted counted = {0, 0};
	struct row_field_value value;
	struct row_field field;

	while (face->next(face, &key, false, &value) &&
	       memcmp(key.bytes, issue->id.bytes, sizeof(issue->id)) == 0) {
		struct row_key at = row_key_field(
		        &issue->project_id, slice_of((const char *)key.bytes + sizeof(issue->id),
		                                     key.n - sizeof(issue->id)));
		assert_in_range(value.version, 1, issue->version);
		if (!value.n && !value.text_seq) {
			assert_int_equal(value.size, 0);
			continue;
		}
		assert_true(face->get(face, &at, &field));
		assert_true(value.size > 0 && (value.text_seq != 0) != (value.n != 0));
		assert_int_equal(field.kind == FIELD_KIND_PARAGRAPH, value.text_seq != 0);
		counted.fields++;
		counted.bytes += value.size;
	}
	return counted;
}

static uint32_t count_issues(const struct tenant_state *face, const struct uuid *project,
                             struct slice field)
{
	struct row_field_value value;
	struct row_issue issue;
	uint32_t n = 0;

	for (struct row_key key = row_key_first(ROW_ISSUE); face->next(face, &key, false, &issue);)
		n += uuid_equal(&issue.project_id, project) &&
		     read_field_value(face, &issue.id, field, &value);
	return n;
}

void check_fields(struct decider *decider)
{
	const struct tenant_state *face = &decider->state.face;
	struct row_issue issue;
	struct row_project project;
	struct row_field field;
	struct counted counted;

	for (struct row_key key = row_key_first(ROW_ISSUE);
	     face->next(face, &key, false, &issue);) {
		counted = count_values(face, &issue);
		assert_int_equal(counted.fields, issue.fields);
		assert_int_equal(counted.bytes, issue.field_bytes);
	}
	for (struct row_key key = row_key_first(ROW_PROJECT);
	     face->next(face, &key, false, &project);) {
		uint64_t positions = 0, fields = 0, eager = 0, shown = 0;
		memset(&field, 0, sizeof(field));
		while (next_field(face, &project.id, &field)) {
			fields++;
			eager += field_is_eager(&field);
			assert_int_equal(count_issues(face, &project.id, PADDED(field.id)),
			                 field.issues);
			check_options(face, &project.id, &field);
			if (!field.removed) {
				shown++;
				positions |= UINT64_C(1) << field.position;
			}
		}
		assert_int_equal(fields, project.fields);
		assert_int_equal(eager, project.eager_fields);
		assert_int_equal(positions, (UINT64_C(1) << shown) - 1);
	}
}
