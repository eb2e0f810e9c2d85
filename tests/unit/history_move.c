/* Issues that move: through statuses, to other types, to the other project. */
#include "tests/unit/history.h"

static const struct {
	const char *id;
	enum status_category category;
} statuses[] = {
        {"todo", STATUS_CATEGORY_TODO},
        {"in_progress", STATUS_CATEGORY_IN_PROGRESS},
        {"in_review", STATUS_CATEGORY_IN_PROGRESS},
        {"done", STATUS_CATEGORY_DONE},
};

void history_random_transition(struct history *h, struct history_tenant *t,
                               struct history_issue *issue)
{
	uint8_t to = (uint8_t)((issue->column + 1 + seed_below(&h->seed, 3)) % 4);
	struct issue_transitioned *e =
	        &history_issue_event(h, EVENT_ISSUE_TRANSITIONED, issue)->issue_transitioned;
	e->project_id = issue->elsewhere ? t->other_project : t->project;
	e->from = slice_str(statuses[issue->column].id);
	e->to = slice_str(statuses[to].id);
	e->from_category = statuses[issue->column].category;
	e->to_category = statuses[to].category;
	e->has_resolution = to == 3;
	e->resolution = to == 3 ? SLICE("done") : SLICE("");
	issue->column = to;
}

void history_random_conversion(struct history *h, struct history_tenant *t,
                               struct history_issue *issue)
{
	static const char *const types[] = {"task", "bug", "epic"};
	const char *from = issue->type;
	bool was_done = issue->column == 3;
	uint8_t to = (uint8_t)(seed_below(&h->seed, 2) ? issue->column : seed_below(&h->seed, 4));
	issue->type = types[seed_below(&h->seed, 3)];
	history_issue_event(h, EVENT_ISSUE_CONVERTED, issue)->issue_converted =
	        (struct issue_converted){
	                .project_id = issue->elsewhere ? t->other_project : t->project,
	                .number = issue->number,
	                .from_type = slice_str(from),
	                .to_type = slice_str(issue->type),
	                .from_status = slice_str(statuses[issue->column].id),
	                .to_status = slice_str(statuses[to].id),
	                .from_category = statuses[issue->column].category,
	                .to_category = statuses[to].category,
	                .has_from_resolution = was_done,
	                .from_resolution = was_done ? SLICE("done") : SLICE(""),
	                .has_to_resolution = to == 3,
	                .to_resolution = to == 3 ? SLICE("done") : SLICE(""),
	        };
	issue->column = to;
}

void history_random_move(struct history *h, struct history_tenant *t, struct history_issue *issue)
{
	static struct uuid component, version;
	bool first = t->other_numbers == 0;
	if (first) {
		t->other_project = history_id(t->name, "project", 2);
		history_event(h, EVENT_PROJECT_CREATED, AGGREGATE_KIND_PROJECT, t->other_project, 1)
		        ->project_created =
		        (struct project_created){.key = SLICE("QUIC"), .name = SLICE("QUIC")};
		history_add_field(h, t->other_project, 2, "cost");
	}
	component = history_id(t->name, "component", 1);
	version = history_id(t->name, "version", 1);
	struct slice status = slice_str(statuses[issue->column].id);
	bool done = issue->column == 3;
	int64_t number = issue->elsewhere ? ++t->numbers : ++t->other_numbers;
	history_leave_notes(h, issue);
	history_issue_event(h, EVENT_ISSUE_MOVED, issue)->issue_moved = (struct issue_moved){
	        .from_project_id = issue->elsewhere ? t->other_project : t->project,
	        .to_project_id = issue->elsewhere ? t->project : t->other_project,
	        .from_number = issue->number,
	        .to_number = number,
	        .from_type = slice_str(issue->type),
	        .to_type = SLICE("bug"),
	        .from_status = status,
	        .to_status = status,
	        .from_category = statuses[issue->column].category,
	        .to_category = statuses[issue->column].category,
	        .from_priority = SLICE("medium"),
	        .to_priority = SLICE("medium"),
	        .has_from_resolution = done,
	        .from_resolution = done ? SLICE("done") : SLICE(""),
	        .has_to_resolution = done,
	        .to_resolution = done ? SLICE("done") : SLICE(""),
	        .components = {&component, issue->tagged},
	        .fix_versions = {&version, issue->tagged},
	};
	issue->number = number;
	issue->type = "bug";
	issue->elsewhere = !issue->elsewhere;
	issue->tagged = false;
}
