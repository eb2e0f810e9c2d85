/* Comments: events of their issue. */
#include "core/domain/issue.h"

static bool read_comment(const struct tenant_state *state, const struct uuid *id,
                         struct row_comment *row)
{
	struct row_key key = row_key_comment(id);

	return state->get(state, &key, row);
}

static bool check_comment_body(struct judge *judge, struct slice body)
{
	if (text_is_blank(body))
		return REFUSE(judge, REJECT_BAD_TEXT, "/body", SLICE("a comment has a text"));
	return check_body(judge, body, "/body");
}

void decide_add_comment(struct judge *judge, const struct add_comment *command)
{
	struct uuid id =
	        command->has_comment_id ? command->comment_id : judge->request->fresh[FRESH_ID];
	struct row_issue issue;

	if (!find_subject(judge, command->issue, false, 0, &issue) ||
	    !check_comment_body(judge, command->body) || !check_new_id(judge, &id, "/comment_id"))
		return;
	emit_issue(judge, EVENT_COMMENT_ADDED, &issue)->comment_added =
	        (struct comment_added){id, judge->person, command->body};
	judge->decision->created = id;
}

/* A comment of @issue that the actor may change. */
static bool find_comment(struct judge *judge, const struct row_issue *issue, const struct uuid *id,
                         struct row_comment *comment)
{
	char room[UUID_TEXT];

	if (!read_comment(judge->state, id, comment) || !uuid_equal(&comment->issue, &issue->id))
		return REFUSE(judge, REJECT_NO_SUCH_COMMENT, "/comment_id",
		              SLICE("the issue has no comment "), uuid_slice(id, room));
	return check_own(judge, &comment->author, "/comment_id");
}

void decide_edit_comment(struct judge *judge, const struct edit_comment *command)
{
	struct text_hash hash = text_hash(command->body);
	struct row_issue issue;
	struct row_comment comment;

	if (!find_subject(judge, command->issue, command->has_expected_version,
	                  command->expected_version, &issue) ||
	    !find_comment(judge, &issue, &command->comment_id, &comment) ||
	    !check_comment_body(judge, command->body))
		return;
	if (memcmp(hash.words, comment.body_hash, sizeof(hash.words)) == 0)
		return;
	emit_issue(judge, EVENT_COMMENT_EDITED, &issue)->comment_edited =
	        (struct comment_edited){command->comment_id, command->body, comment.body_seq};
}

void decide_delete_comment(struct judge *judge, const struct delete_comment *command)
{
	struct row_issue issue;
	struct row_comment comment;

	if (!find_subject(judge, command->issue, command->has_expected_version,
	                  command->expected_version, &issue) ||
	    !find_comment(judge, &issue, &command->comment_id, &comment))
		return;
	emit_issue(judge, EVENT_COMMENT_DELETED, &issue)->comment_deleted.comment_id =
	        command->comment_id;
}

static void save_comment(struct tenant_state *state, const struct event_meta *meta,
                         const struct uuid *id, const struct uuid *author, struct slice body)
{
	struct row_key key = row_key_comment(id);
	struct text_hash hash = text_hash(body);
	struct row_comment comment;

	memset(&comment, 0, sizeof(comment));
	comment.issue = meta->aggregate.id;
	comment.author = *author;
	comment.body_seq = meta->seq;
	memcpy(comment.body_hash, hash.words, sizeof(hash.words));
	state->put(state, &key, &comment);
}

void evolve_comment_added(struct tenant_state *state, const struct event_meta *meta,
                          const struct comment_added *event)
{
	struct row_issue issue = load_issue(state, meta);
	struct row_comment comment;

	assert(!read_comment(state, &event->comment_id, &comment));
	(void)comment;
	issue.comments++;
	save_issue(state, &issue);
	save_comment(state, meta, &event->comment_id, &event->author, event->body);
}

void evolve_comment_edited(struct tenant_state *state, const struct event_meta *meta,
                           const struct comment_edited *event)
{
	struct row_issue issue = load_issue(state, meta);
	struct row_comment comment;
	bool found = read_comment(state, &event->comment_id, &comment);

	assert(found && uuid_equal(&comment.issue, &issue.id));
	(void)found;
	save_issue(state, &issue);
	save_comment(state, meta, &event->comment_id, &comment.author, event->body);
}

void evolve_comment_deleted(struct tenant_state *state, const struct event_meta *meta,
                            const struct comment_deleted *event)
{
	struct row_issue issue = load_issue(state, meta);
	struct row_key key = row_key_comment(&event->comment_id);

	assert(issue.comments > 0);
	issue.comments--;
	save_issue(state, &issue);
	state->del(state, &key);
}
