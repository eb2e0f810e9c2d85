/* Worklogs: events of their issue. spent of the issue is the sum of their minutes, always.
 *
 * Each command says what becomes of the remaining estimate. automatic: it falls by what is added
 * and rises by what is taken away, and is never negative; an issue without one gets none. The
 * change is an event of its own in the same decision. */
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

/* @worked: minutes that came to the issue; negative when they were taken away. */
static void change_remaining(struct judge *judge, enum remaining_change change, int32_t minutes,
                             int32_t worked, struct row_issue *issue)
{
	int32_t left = issue->remaining - worked;

	if (change == REMAINING_CHANGE_SET)
		edit_remaining(judge, true, minutes, issue);
	else if (change == REMAINING_CHANGE_AUTOMATIC && issue->has_remaining)
		edit_remaining(judge, true,
		               left < 0                      ? 0
		               : left > ESTIMATE_MINUTES_MAX ? ESTIMATE_MINUTES_MAX
		                                             : left,
		               issue);
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
	change_remaining(judge, command->remaining, command->remaining_minutes, command->minutes,
	                 &issue);
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
	change_remaining(judge, command->remaining, command->remaining_minutes,
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
	change_remaining(judge, command->remaining, command->remaining_minutes, -worklog.minutes,
	                 &issue);
}

static void set_comment(struct row_worklog *worklog, struct slice comment, int64_t seq)
{
	struct text_hash hash = text_hash(comment);

	memcpy(worklog->comment_hash, hash.words, sizeof(hash.words));
	worklog->comment_seq = seq;
}

void evolve_work_logged(struct tenant_state *state, const struct event_meta *meta,
                        const struct work_logged *event)
{
	struct row_issue issue = load_issue(state, meta);
	struct row_key key = row_key_worklog(&event->worklog_id);
	struct row_worklog worklog;

	assert(!read_worklog(state, &event->worklog_id, &worklog));
	memset(&worklog, 0, sizeof(worklog));
	worklog.issue = issue.id;
	worklog.author = event->author;
	worklog.started_at = event->started_at;
	worklog.minutes = event->minutes;
	set_comment(&worklog, event->comment, meta->seq);
	issue.worklogs++;
	issue.spent += event->minutes;
	save_issue(state, &issue);
	state->put(state, &key, &worklog);
}

void evolve_worklog_edited(struct tenant_state *state, const struct event_meta *meta,
                           const struct worklog_edited *event)
{
	struct row_issue issue = load_issue(state, meta);
	struct row_key key = row_key_worklog(&event->worklog_id);
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
	state->put(state, &key, &worklog);
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
