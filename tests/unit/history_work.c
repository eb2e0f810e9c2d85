/* Who watches an issue, when it is worked on, how long it takes. */
#include "tests/unit/history.h"

static void random_work(struct history *h, struct history_tenant *t, struct history_issue *issue)
{
	int32_t minutes = 1 + (int32_t)seed_below(&h->seed, 60);
	if (!issue->minutes) {
		issue->worklog = history_id(t->name, "worklog", seed_next(&h->seed));
		issue->minutes = minutes;
		history_issue_event(h, EVENT_WORK_LOGGED, issue)->work_logged =
		        (struct work_logged){.worklog_id = issue->worklog,
		                             .author = history_id(t->name, "member", 1),
		                             .started_at = HISTORY_START_MS,
		                             .minutes = minutes,
		                             .comment = SLICE("Read the draft.")};
	} else if (minutes % 2) {
		history_issue_event(h, EVENT_WORKLOG_EDITED, issue)->worklog_edited =
		        (struct worklog_edited){.worklog_id = issue->worklog,
		                                .from_started_at = HISTORY_START_MS,
		                                .to_started_at = HISTORY_START_MS,
		                                .from_minutes = issue->minutes,
		                                .to_minutes = minutes,
		                                .has_comment = minutes % 3 == 0,
		                                .comment = SLICE("Twice.")};
		issue->minutes = minutes;
	} else {
		history_issue_event(h, EVENT_WORKLOG_DELETED, issue)->worklog_deleted =
		        (struct worklog_deleted){issue->worklog, issue->minutes};
		issue->minutes = 0;
	}
}

void history_random_plan(struct history *h, struct history_tenant *t, struct history_issue *issue)
{
	struct uuid ada = history_id(t->name, "member", 1);
	int32_t value = 20000 + (int32_t)seed_below(&h->seed, 100);
	switch (seed_below(&h->seed, 5)) {
	case 0:
		if (issue->watched)
			history_issue_event(h, EVENT_ISSUE_UNWATCHED, issue)
			        ->issue_unwatched.member_id = ada;
		else
			history_issue_event(h, EVENT_ISSUE_WATCHED, issue)
			        ->issue_watched.member_id = ada;
		issue->watched = !issue->watched;
		break;
	case 1:
		history_issue_event(h, EVENT_ISSUE_START_DATE_CHANGED, issue)
		        ->issue_start_date_changed =
		        (struct issue_start_date_changed){.has_to = value % 4 > 0, .to = value};
		break;
	case 2:
		history_issue_event(h, EVENT_ISSUE_ESTIMATE_CHANGED, issue)
		        ->issue_estimate_changed =
		        (struct issue_estimate_changed){.has_to = value % 4 > 0, .to = value};
		break;
	case 3:
		history_issue_event(h, EVENT_ISSUE_REMAINING_CHANGED, issue)
		        ->issue_remaining_changed =
		        (struct issue_remaining_changed){.has_to = value % 4 > 0, .to = value};
		break;
	default:
		random_work(h, t, issue);
		break;
	}
}
