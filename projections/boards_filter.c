#include "core/codec/normal_text.h"
#include "projections/boards_inside.h"
#include "projections/row.h"

void boards_ask(struct boards_reading *r, const struct board_filter *filter,
                struct asked_filter *asked)
{
	const struct field_reading reading = boards_field_reading(r);
	uint32_t n = filter->fields.n;
	asked->filter = filter;
	asked->fields = n ? mem_new(r->projects_n * n * sizeof *asked->fields) : NULL;
	for (uint32_t at = 0; at < r->projects_n * n; at++) {
		struct custom_field *field = &asked->fields[at];
		field->is_there = field_row_get(&reading, &r->projects[at / n].id,
		                                filter->fields.items[at % n].field, &field->row);
	}
}

static const struct board_filter *find_filter(const struct boards_reading *r, struct slice id)
{
	for (uint32_t i = 0; i < r->board.filters.n; i++)
		if (slice_equal(r->board.filters.items[i].id, id))
			return &r->board.filters.items[i];
	return NULL;
}

enum status boards_filter(struct boards_reading *r, struct slice filters, struct error *err)
{
	while (filters.n) {
		const char *comma = memchr(filters.data, ',', filters.n);
		struct slice id =
		        slice_of(filters.data, comma ? (size_t)(comma - filters.data) : filters.n);
		size_t taken = id.n + (comma != NULL);
		filters = slice_of(filters.data + taken, filters.n - taken);
		const struct board_filter *filter = find_filter(r, id);
		if (!filter || r->filters_n == BOARD_FILTERS_MAX)
			return error_set(err, STATUS_INVALID, "the board has no filter \"%.*s\"",
			                 (int)(id.n < 64 ? id.n : 64), id.data);
		boards_ask(r, filter, &r->filters[r->filters_n++]);
	}
	return STATUS_OK;
}

static bool is_one_of(struct slice word, const struct slice_array *words)
{
	for (uint32_t i = 0; i < words->n; i++)
		if (slice_equal(words->items[i], word))
			return true;
	return false;
}

static bool has_one_of(struct slice packed, const struct slice_array *words)
{
	for (struct row_in in = row_in(packed); in.at < in.end;)
		if (is_one_of(row_take_string(&in), words))
			return true;
	return false;
}

static bool is_id_of(const char *id, const struct uuid_array *ids)
{
	for (uint32_t i = 0; i < ids->n; i++)
		if (memcmp(ids->items[i].bytes, id, sizeof(struct uuid)) == 0)
			return true;
	return false;
}

static bool has_id_of(struct slice packed, const struct uuid_array *ids)
{
	for (size_t at = 0; at < packed.n; at += sizeof(struct uuid))
		if (is_id_of(packed.data + at, ids))
			return true;
	return false;
}

static bool passes_assignee(const struct boards_reading *r, const struct board_filter *f,
                            const struct card_facts *facts)
{
	if (!f->caller && !f->unassigned && !f->assignees.n)
		return true;
	if (!facts->has_assignee)
		return f->unassigned;
	const struct uuid_array caller = {&r->caller.id, f->caller};
	return is_id_of(facts->assignee, &caller) || is_id_of(facts->assignee, &f->assignees);
}

static bool passes_field(struct boards_reading *r, const struct field_condition *condition,
                         const struct custom_field *field, const struct card_facts *facts)
{
	const struct field_reading reading = boards_field_reading(r);
	struct slice values;
	struct uuid issue;
	memcpy(issue.bytes, facts->id, sizeof issue);
	return field->is_there && field_row_is_of_type(&field->row, facts->type) &&
	       field_values_get(&reading, &issue, condition->field, &values) &&
	       has_one_of(values, &condition->values);
}

static bool passes_fields(struct boards_reading *r, const struct asked_filter *asked,
                          const struct card_facts *facts)
{
	uint32_t n = asked->filter->fields.n;
	const struct custom_field *fields = asked->fields + (facts->project - r->projects) * n;
	for (uint32_t i = 0; i < n; i++)
		if (!passes_field(r, &asked->filter->fields.items[i], &fields[i], facts))
			return false;
	return true;
}

/* Values of fields are looked up, so they are asked for last. */
static bool passes(struct boards_reading *r, const struct asked_filter *asked,
                   const struct card_facts *facts)
{
	const struct board_filter *f = asked->filter;
	return passes_assignee(r, f, facts) && (!f->types.n || is_one_of(facts->type, &f->types)) &&
	       (!f->priorities.n || is_one_of(facts->priority, &f->priorities)) &&
	       (!f->labels.n || has_one_of(facts->labels, &f->labels)) &&
	       (!f->components.n || has_id_of(facts->components, &f->components)) &&
	       (!f->versions.n || has_id_of(facts->fix_versions, &f->versions)) &&
	       (!f->has_text || text_contains(facts->summary, f->text)) &&
	       (!f->fields.n || passes_fields(r, asked, facts));
}

bool card_is_of_board(struct boards_reading *r, const struct card_facts *facts)
{
	return !r->board.filter.n || passes(r, &r->asked_own, facts);
}

bool card_passes(struct boards_reading *r, const struct card_facts *facts)
{
	for (uint32_t i = 0; i < r->filters_n; i++)
		if (!passes(r, &r->filters[i], facts))
			return false;
	return true;
}
