/* Custom fields in histories: a number and a paragraph. */
#include "tests/unit/history.h"

static bool is_cost(const char *field)
{
	return strcmp(field, "cost") == 0;
}

void history_add_field(struct history *history, struct uuid project, uint64_t version,
                       const char *field)
{
	history_event(history, EVENT_FIELD_ADDED, AGGREGATE_KIND_PROJECT, project, version)
	        ->field_added = (struct field_added){
	        .field = slice_str(field),
	        .kind = is_cost(field) ? FIELD_KIND_NUMBER : FIELD_KIND_PARAGRAPH,
	        .settings = {.name = slice_str(field), .position = !is_cost(field)}};
}

static void change_value(struct history *h, struct history_issue *issue, const char *field,
                         const char *to)
{
	/* for each event of the command that is being made */
	static struct slice values[16];
	static struct field_change changes[16];
	uint32_t at = h->staged_n;
	values[at] = slice_str(to);
	changes[at] = (struct field_change){.field = slice_str(field),
	                                    .kind = is_cost(field) ? FIELD_KIND_NUMBER
	                                                           : FIELD_KIND_PARAGRAPH,
	                                    .to = {&values[at], to != NULL}};
	history_issue_event(h, EVENT_ISSUE_FIELDS_CHANGED, issue)->issue_fields_changed.changes =
	        (struct field_change_array){&changes[at], 1};
	*(is_cost(field) ? &issue->cost : &issue->notes) = to;
}

void history_leave_notes(struct history *history, struct history_issue *issue)
{
	if (issue->notes)
		change_value(history, issue, "notes", NULL);
}

void history_random_value(struct history *history, struct history_issue *issue)
{
	static const char *const costs[] = {NULL, "0.1", "12345678901234567890123456789012345678",
	                                    "-0.0000000001"};
	static const char *const texts[] = {NULL, "As agreed\non Monday.", "Not agreed."};
	bool cost = issue->elsewhere || seed_below(&history->seed, 2) == 0;
	const char *to =
	        cost ? costs[seed_below(&history->seed, 4)] : texts[seed_below(&history->seed, 3)];
	if (!to && !(cost ? issue->cost : issue->notes))
		to = cost ? costs[1] : texts[1];
	change_value(history, issue, cost ? "cost" : "notes", to);
}

void history_swap_fields(struct history *history, struct history_tenant *tenant)
{
	const struct field_settings notes = {.name = SLICE("notes"), .position = 1},
	                            first = {.name = SLICE("Notes"), .position = 0};
	history_event(history, EVENT_FIELD_EDITED, AGGREGATE_KIND_PROJECT, tenant->project,
	              ++tenant->project_version)
	        ->field_edited =
	        (struct field_edited){.field = SLICE("notes"),
	                              .before = tenant->notes_first ? first : notes,
	                              .after = tenant->notes_first ? notes : first};
	tenant->notes_first = !tenant->notes_first;
}
