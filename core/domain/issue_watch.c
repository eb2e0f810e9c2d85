/* WatchIssue and UnwatchIssue. Watching what one watches already changes nothing. A member who is
 * removed goes on watching, in case they come back: who tells watchers asks who is a member. */
#include "core/domain/issue.h"

static bool is_watcher(const struct tenant_state *state, const struct row_issue *issue,
                       const struct uuid *member)
{
	struct row_key key = row_key_watcher(&issue->id, member);
	struct row_watcher row;

	return state->get(state, &key, &row);
}

/* Who is meant: the person, or the member that the command names. */
static bool find_watcher(struct judge *judge, const struct row_issue *issue, bool named,
                         const struct uuid *member, struct uuid *watcher)
{
	*watcher = named ? *member : judge->person;
	return check_own(judge, issue, watcher, "/member");
}

static bool check_watchers(struct judge *judge, const struct row_issue *issue)
{
	if (issue->watchers < ISSUE_WATCHERS_MAX)
		return true;
	return REFUSE(judge, REJECT_TOO_MANY_WATCHERS, "/issue",
	              SLICE("the issue has 500 watchers already"));
}

void decide_watch_issue(struct judge *judge, const struct watch_issue *command)
{
	struct row_issue issue;
	struct uuid watcher;

	if (!find_subject(judge, command->issue, false, 0, &issue) ||
	    !find_watcher(judge, &issue, command->has_member, &command->member, &watcher) ||
	    !check_watcher(judge, &issue, &watcher) || is_watcher(judge->state, &issue, &watcher) ||
	    !check_watchers(judge, &issue))
		return;
	emit_issue(judge, EVENT_ISSUE_WATCHED, &issue)->issue_watched.member_id = watcher;
}

/* Removed members can be taken off: they need not be members any more. */
void decide_unwatch_issue(struct judge *judge, const struct unwatch_issue *command)
{
	struct row_issue issue;
	struct uuid watcher;

	if (!find_subject(judge, command->issue, false, 0, &issue) ||
	    !find_watcher(judge, &issue, command->has_member, &command->member, &watcher))
		return;
	if (is_watcher(judge->state, &issue, &watcher))
		emit_issue(judge, EVENT_ISSUE_UNWATCHED, &issue)->issue_unwatched.member_id =
		        watcher;
	else
		check_member(judge, &watcher, "/member");
}

void evolve_issue_watched(struct tenant_state *state, const struct event_meta *meta,
                          const struct issue_watched *event)
{
	static const struct row_watcher row;
	struct row_issue issue = load_issue(state, meta);
	struct row_key key = row_key_watcher(&issue.id, &event->member_id);

	issue.watchers++;
	save_issue(state, &issue);
	state->put(state, &key, &row);
}

void evolve_issue_unwatched(struct tenant_state *state, const struct event_meta *meta,
                            const struct issue_unwatched *event)
{
	struct row_issue issue = load_issue(state, meta);
	struct row_key key = row_key_watcher(&issue.id, &event->member_id);

	assert(issue.watchers > 0);
	issue.watchers--;
	save_issue(state, &issue);
	state->del(state, &key);
}
