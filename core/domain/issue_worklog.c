/* Worklogs: events of their issue. spent of the issue is the sum of their minutes, always.
 *
 * Each command says what becomes of the remaining estimate. automatic: it falls by what is added,
 * is never negative, and rises again by what that took of it, not more; an issue without one gets
 * none. The change is an event of its own in the same decision, right behind that of the worklog,
 * which is how the log tells what a worklog took.
 *
 * Work that was logged before anything was said to remain took nothing, but what was said later
 * may have counted it: it may rise to the estimate without the work that is left. */
#include "core/domain/issue.h"

static bool read_worklog(const struct tenant_state *state, const struct uuid *id,
                         struct row_worklog *row)
{
	struct row_key key = row_key_worklog(id);

	return state->get(state, &key, row);
}

static bool check_minutes(struct judge *judge, int32_t minutes)
{
	if (minutes >= 1 && minutes <= WORKLOG_MINUTES_MAX)
		return true;
	return REFUSE(judge, REJECT_BAD_MINUTES, "/minutes", SLICE("1 to 525600 minutes"));
}

static bool check_remaining(struct judge *judge, enum remaining_change change, bool has_minutes,
                            int32_t minutes)
{
	if ((change == REMAINING_CHANGE_SET) != has_minutes)
		return REFUSE(judge, REJECT_BAD_REMAINING, "/remaining_minutes",
		              SLICE("remaining is "), slice_str(remaining_change_symbol(change)));
	return !has_minutes || check_estimate(judge, minutes, "/remaining_minutes");
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* What remains when @minutes of @worklog are taken back. */
static int64_t given_back(const struct row_issue *issue, const struct row_worklog *worklog,
                          int32_t minutes)
{
	int64_t taken_too_much = most(0, worklog->taken - (worklog->minutes - minutes));
	int64_t left = issue->remaining + least(taken_too_much, minutes);

	if (worklog->unasked && issue->has_estimate)
		left = most(left, least(issue->remaining + minutes,
		                        issue->estimate - (issue->spent - minutes)));
	return least(left, ESTIMATE_MINUTES_MAX);
}

/* @worked: minutes that came to the issue; negative when they were taken back from @worklog. */
static void change_remaining(struct judge *judge, enum remaining_change change, int32_t minutes,
                             const struct row_worklog *worklog, int32_t worked,
                             struct row_issue *issue)
{
	int64_t left = worked < 0 ? given_back(issue, worklog, -worked)
	                          : most(issue->remaining - worked, 0);

	if (change == REMAINING_CHANGE_SET)
		edit_remaining(judge, true, minutes, issue);
	else if (change == REMAINING_CHANGE_AUTOMATIC && issue->has_remaining)
		edit_remaining(judge, true, (int32_t)left, issue);
}

static bool check_room(struct judge *judge, const struct row_issue *issue)
{
	if (issue->worklogs < ISSUE_WORKLOGS_MAX)
		return true;
	return REFUSE(judge, REJECT_TOO_MANY_WORKLOGS, "/issue",
	              SLICE("the issue has 10000 records of work already"));
}

static int64_t now(const struct request *request)
{
	return request->has_occurred_at ? request->occurred_at_ms : request->now_ms;
}

void decide_log_work(struct judge *judge, const struct log_work *command)
{
	struct uuid id =
	        command->has_worklog_id ? command->worklog_id : judge->request->fresh[FRESH_ID];
	struct row_issue issue;

	if (!find_subject(judge, command->issue, false, 0, &issue) ||
	    !check_minutes(judge, command->minutes) ||
	    !check_body(judge, command->comment, "/comment") ||
	    (command->has_started_at && !check_time(judge, command->started_at, "/started_at")) ||
	    !check_remaining(judge, command->remaining, command->has_remaining_minutes,
	                     command->remaining_minutes) ||
	    !check_room(judge, &issue) || !check_new_id(judge, &id, "/worklog_id"))
		return;
	emit_issue(judge, EVENT_WORK_LOGGED, &issue)->work_logged = (struct work_logged){
	        .worklog_id = id,
	        .author = judge->person,
	        .started_at = command->has_started_at ? command->started_at : now(judge->request),
	        .minutes = command->minutes,
	        .comment = command->comment,
	};
	change_remaining(judge, command->remaining, command->remaining_minutes, NULL,
	                 command->minutes, &issue);
	judge->decision->created = id;
}

/* A worklog of @issue that the actor may change. */
static bool find_worklog(struct judge *judge, const struct row_issue *issue, const struct uuid *id,
                         struct row_worklog *worklog)
{
	char room[UUID_TEXT];

	if (!read_worklog(judge->state, id, worklog) || !uuid_equal(&worklog->issue, &issue->id))
		return REFUSE(judge, REJECT_NO_SUCH_WORKLOG, "/worklog_id",
		              SLICE("the issue has no record of work "), uuid_slice(id, room));
	return check_own(judge, issue, &worklog->author, "/worklog_id");
}

static bool comment_changes(const struct edit_worklog *command, const struct row_worklog *worklog)
{
	struct text_hash hash = text_hash(command->comment);

	return command->has_comment &&
	       memcmp(hash.words, worklog->comment_hash, sizeof(hash.words)) != 0;
}

static void emit_edited(struct judge *judge, const struct edit_worklog *command,
                        const struct row_worklog *worklog, struct row_issue *issue)
{
	int64_t started_at = command->has_started_at ? command->started_at : worklog->started_at;
	int32_t minutes = command->has_minutes ? command->minutes : worklog->minutes;
	bool comment = comment_changes(command, worklog);

	if (started_at == worklog->started_at && minutes == worklog->minutes && !comment)
		return;
	emit_issue(judge, EVENT_WORKLOG_EDITED, issue)->worklog_edited = (struct worklog_edited){
	        .worklog_id = command->worklog_id,
	        .from_started_at = worklog->started_at,
	        .to_started_at = started_at,
	        .from_minutes = worklog->minutes,
	        .to_minutes = minutes,
	        .has_comment = comment,
	        .comment = comment ? command->comment : SLICE(""),
	        .previous_seq = worklog->comment_seq,
	};
}

void decide_edit_worklog(struct judge *judge, const struct edit_worklog *command)
{
	struct row_issue issue;
	struct row_worklog worklog;

	if (!find_subject(judge, command->issue, command->has_expected_version,
	                  command->expected_version, &issue) ||
	    !find_worklog(judge, &issue, &command->worklog_id, &worklog) ||
	    (command->has_minutes && !check_minutes(judge, command->minutes)) ||
	    (command->has_comment && !check_body(judge, command->comment, "/comment")) ||
	    (command->has_started_at && !check_time(judge, command->started_at, "/started_at")) ||
	    !check_remaining(judge, command->remaining, command->has_remaining_minutes,
	                     command->remaining_minutes))
		return;
	emit_edited(judge, command, &worklog, &issue);
	change_remaining(judge, command->remaining, command->remaining_minutes, &worklog,
	                 command->has_minutes ? command->minutes - worklog.minutes : 0, &issue);
}

void decide_delete_worklog(struct judge *judge, const struct delete_worklog *command)
{
	struct row_issue issue;
	struct row_worklog worklog;

	if (!find_subject(judge, command->issue, command->has_expected_version,
	                  command->expected_version, &issue) ||
	    !find_worklog(judge, &issue, &command->worklog_id, &worklog) ||
	    !check_remaining(judge, command->remaining, command->has_remaining_minutes,
	                     command->remaining_minutes))
		return;
	emit_issue(judge, EVENT_WORKLOG_DELETED, &issue)->worklog_deleted =
	        (struct worklog_deleted){command->worklog_id, worklog.minutes};
	change_remaining(judge, command->remaining, command->remaining_minutes, &worklog,
	                 -worklog.minutes, &issue);
}

static void set_comment(struct row_worklog *worklog, struct slice comment, int64_t seq)
{
	struct text_hash hash = text_hash(comment);

	memcpy(worklog->comment_hash, hash.words, sizeof(hash.words));
	worklog->comment_seq = seq;
}

static void save_worklog(struct tenant_state *state, const struct event_meta *meta,
                         const struct uuid *id, const struct row_worklog *worklog)
{
	struct row_key key = row_key_worklog(id), last_key = row_key_last_work();
	struct row_last_work last;

	memset(&last, 0, sizeof(last));
	last.worklog = *id;
	last.seq = meta->seq;
	state->put(state, &key, worklog);
	state->put(state, &last_key, &last);
}

static int32_t between(int32_t value, int32_t max)
{
	return (int32_t)most(0, least(value, max));
}

void note_taken(struct tenant_state *state, const struct event_meta *meta, int32_t minutes)
{
	struct row_key key = row_key_last_work();
	struct row_last_work last;
	struct row_worklog worklog;

	/* the event before is of the same command, unless this one is its first */
	if (meta->index == 0 || !state->get(state, &key, &last) || last.seq + 1 != meta->seq ||
	    !read_worklog(state, &last.worklog, &worklog))
		return;
	worklog.taken = between(worklog.taken + minutes, worklog.minutes);
	key = row_key_worklog(&last.worklog);
	state->put(state, &key, &worklog);
}

void evolve_work_logged(struct tenant_state *state, const struct event_meta *meta,
                        const struct work_logged *event)
{
	struct row_issue issue = load_issue(state, meta);
	struct row_worklog worklog;

	assert(!read_worklog(state, &event->worklog_id, &worklog));
	memset(&worklog, 0, sizeof(worklog));
	worklog.issue = issue.id;
	worklog.author = event->author;
	worklog.started_at = event->started_at;
	worklog.minutes = event->minutes;
	worklog.unasked = !issue.has_remaining;
	set_comment(&worklog, event->comment, meta->seq);
	issue.worklogs++;
	issue.spent += event->minutes;
	save_issue(state, &issue);
	save_worklog(state, meta, &event->worklog_id, &worklog);
}

void evolve_worklog_edited(struct tenant_state *state, const struct event_meta *meta,
                           const struct worklog_edited *event)
{
	struct row_issue issue = load_issue(state, meta);
	struct row_worklog worklog;
	bool found = read_worklog(state, &event->worklog_id, &worklog);

	assert(found && uuid_equal(&worklog.issue, &issue.id));
	assert(worklog.minutes == event->from_minutes);
	(void)found;
	worklog.started_at = event->to_started_at;
	worklog.minutes = event->to_minutes;
	if (event->has_comment)
		set_comment(&worklog, event->comment, meta->seq);
	issue.spent += event->to_minutes - event->from_minutes;
	save_issue(state, &issue);
	save_worklog(state, meta, &event->worklog_id, &worklog);
}

void evolve_worklog_deleted(struct tenant_state *state, const struct event_meta *meta,
                            const struct worklog_deleted *event)
{
	struct row_issue issue = load_issue(state, meta);
	struct row_key key = row_key_worklog(&event->worklog_id);

	assert(issue.worklogs > 0 && issue.spent >= event->minutes);
	issue.worklogs--;
	issue.spent -= event->minutes;
	save_issue(state, &issue);
	state->del(state, &key);
}
