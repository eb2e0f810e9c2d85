/* When an issue is worked on, and how long it takes: start and due dates, the original estimate and
 * what remains of it. Minutes are whole. What was spent is the sum of the worklogs
 * (issue_worklog.c).
 *
 * An estimate that is given where nothing remains yet is what remains, less what was spent: nobody
 * has to give it twice. */
#include "core/base/date.h"
#include "core/domain/issue.h"

bool check_estimate(struct judge *judge, int32_t minutes, const char *pointer)
{
	if (minutes >= 0 && minutes <= ESTIMATE_MINUTES_MAX)
		return true;
	return REFUSE(judge, REJECT_BAD_MINUTES, pointer, SLICE("0 to 5256000 minutes"));
}

bool check_start(struct judge *judge, bool has_start_on, int32_t start_on, bool has_due_on,
                 int32_t due_on, const char *pointer)
{
	char start[DATE_TEXT], due[DATE_TEXT];

	if (!has_start_on || !has_due_on || start_on <= due_on)
		return true;
	date_format(start_on, start);
	date_format(due_on, due);
	return REFUSE(judge, REJECT_START_AFTER_DUE, pointer, SLICE("start_on "),
	              slice_of(start, sizeof(start)), SLICE(" must not be after due_on "),
	              slice_of(due, sizeof(due)));
}

/* A field after the command: as it is, another value, or none. */
struct planned {
	bool given; /* the command names it */
	bool has;
	int32_t value;
};

static struct planned plan(const struct edit_issue *command, enum issue_field field, bool given,
                           int32_t value, bool has, int32_t is)
{
	if (given)
		return (struct planned){true, true, value};
	if (issue_has_field(command->clear, field))
		return (struct planned){true, false, 0};
	return (struct planned){false, has, is};
}

static struct planned plan_due(const struct edit_issue *command, const struct row_issue *issue)
{
	return plan(command, ISSUE_FIELD_DUE_ON, command->has_due_on, command->due_on,
	            issue->has_due_on, issue->due_on);
}

static struct planned plan_start(const struct edit_issue *command, const struct row_issue *issue)
{
	return plan(command, ISSUE_FIELD_START_ON, command->has_start_on, command->start_on,
	            issue->has_start_on, issue->start_on);
}

static struct planned plan_estimate(const struct edit_issue *command, const struct row_issue *issue)
{
	return plan(command, ISSUE_FIELD_ESTIMATE, command->has_estimate, command->estimate,
	            issue->has_estimate, issue->estimate);
}

static struct planned plan_remaining(const struct edit_issue *command,
                                     const struct row_issue *issue)
{
	struct planned remaining = plan(command, ISSUE_FIELD_REMAINING, command->has_remaining,
	                                command->remaining, issue->has_remaining, issue->remaining);

	if (remaining.given || remaining.has || !command->has_estimate)
		return remaining;
	remaining.has = true;
	remaining.value =
	        issue->spent < command->estimate ? command->estimate - (int32_t)issue->spent : 0;
	return remaining;
}

bool check_plan(struct judge *judge, const struct edit_issue *command,
                const struct row_issue *issue)
{
	struct planned due = plan_due(command, issue), start = plan_start(command, issue);
	bool schedules = due.given || start.given;

	return (!schedules || check_may(judge, PERMISSION_SCHEDULE_ISSUES,
	                                project_of_issue(judge, issue), issue)) &&
	       (!command->has_due_on || check_date(judge, command->due_on, "/due_on")) &&
	       (!command->has_start_on || check_date(judge, command->start_on, "/start_on")) &&
	       (!command->has_estimate || check_estimate(judge, command->estimate, "/estimate")) &&
	       (!command->has_remaining ||
	        check_estimate(judge, command->remaining, "/remaining")) &&
	       check_start(judge, start.has, start.value, due.has, due.value,
	                   command->has_start_on ? "/start_on" : "/due_on");
}

static void edit_due_on(struct judge *judge, struct planned to, struct row_issue *issue)
{
	if (to.has == issue->has_due_on && to.value == issue->due_on)
		return;
	emit_issue(judge, EVENT_ISSUE_DUE_DATE_CHANGED, issue)->issue_due_date_changed =
	        (struct issue_due_date_changed){issue->has_due_on, issue->due_on, to.has, to.value};
}

static void edit_start_on(struct judge *judge, struct planned to, struct row_issue *issue)
{
	if (to.has == issue->has_start_on && to.value == issue->start_on)
		return;
	emit_issue(judge, EVENT_ISSUE_START_DATE_CHANGED, issue)->issue_start_date_changed =
	        (struct issue_start_date_changed){issue->has_start_on, issue->start_on, to.has,
	                                          to.value};
}

static void edit_estimate(struct judge *judge, struct planned to, struct row_issue *issue)
{
	if (to.has == issue->has_estimate && to.value == issue->estimate)
		return;
	emit_issue(judge, EVENT_ISSUE_ESTIMATE_CHANGED, issue)->issue_estimate_changed =
	        (struct issue_estimate_changed){issue->has_estimate, issue->estimate, to.has,
	                                        to.value};
}

void edit_remaining(struct judge *judge, bool has_remaining, int32_t remaining,
                    struct row_issue *issue)
{
	if (has_remaining == issue->has_remaining && remaining == issue->remaining)
		return;
	emit_issue(judge, EVENT_ISSUE_REMAINING_CHANGED, issue)->issue_remaining_changed =
	        (struct issue_remaining_changed){issue->has_remaining, issue->remaining,
	                                         has_remaining, remaining};
}

void edit_plan_to(struct judge *judge, const struct row_issue *after, struct row_issue *issue)
{
	edit_due_on(judge, (struct planned){true, after->has_due_on, after->due_on}, issue);
	edit_start_on(judge, (struct planned){true, after->has_start_on, after->start_on}, issue);
	edit_estimate(judge, (struct planned){true, after->has_estimate, after->estimate}, issue);
	edit_remaining(judge, after->has_remaining, after->remaining, issue);
}

void edit_plan(struct judge *judge, const struct edit_issue *command, struct row_issue *issue)
{
	struct planned remaining = plan_remaining(command, issue);

	edit_due_on(judge, plan_due(command, issue), issue);
	edit_start_on(judge, plan_start(command, issue), issue);
	edit_estimate(judge, plan_estimate(command, issue), issue);
	edit_remaining(judge, remaining.has, remaining.value, issue);
}

void evolve_issue_due_date_changed(struct tenant_state *state, const struct event_meta *meta,
                                   const struct issue_due_date_changed *event)
{
	struct row_issue issue = load_field(state, meta, ISSUE_FIELD_DUE_ON);

	issue.has_due_on = event->has_to;
	issue.due_on = event->has_to ? event->to : 0;
	save_issue(state, &issue);
}

void evolve_issue_start_date_changed(struct tenant_state *state, const struct event_meta *meta,
                                     const struct issue_start_date_changed *event)
{
	struct row_issue issue = load_field(state, meta, ISSUE_FIELD_START_ON);

	issue.has_start_on = event->has_to;
	issue.start_on = event->has_to ? event->to : 0;
	save_issue(state, &issue);
}

void evolve_issue_estimate_changed(struct tenant_state *state, const struct event_meta *meta,
                                   const struct issue_estimate_changed *event)
{
	struct row_issue issue = load_field(state, meta, ISSUE_FIELD_ESTIMATE);

	issue.has_estimate = event->has_to;
	issue.estimate = event->has_to ? event->to : 0;
	save_issue(state, &issue);
}

void evolve_issue_remaining_changed(struct tenant_state *state, const struct event_meta *meta,
                                    const struct issue_remaining_changed *event)
{
	struct row_issue issue = load_field(state, meta, ISSUE_FIELD_REMAINING);

	assert(!event->has_to || event->to >= 0);
	if (event->has_from && event->has_to)
		note_taken(state, meta, event->from - event->to);
	issue.has_remaining = event->has_to;
	issue.remaining = event->has_to ? event->to : 0;
	save_issue(state, &issue);
}
