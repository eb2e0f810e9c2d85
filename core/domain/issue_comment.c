/* Comments: events of their issue.
 *
 * Threads have one level: an answer to an answer belongs to the thread of the first comment. When
 * that is deleted, its answers stay and go on naming it.
 *
 * A mention is an @ and the id of somebody who is, or was, a member; other ids are text. */
#include "core/domain/issue.h"

static bool read_comment(const struct tenant_state *state, const struct uuid *id,
                         struct row_comment *row)
{
	struct row_key key = row_key_comment(id);

	return state->get(state, &key, row);
}

static bool check_comment_body(struct judge *judge, struct slice body, const char *pointer)
{
	if (text_is_blank(body))
		return REFUSE(judge, REJECT_BAD_TEXT, pointer, SLICE("a comment has a text"));
	return check_body(judge, body, pointer);
}

/* The members that @body mentions, each once, in the order of the text. */
static bool find_mentions(struct judge *judge, struct slice body, const char *pointer,
                          struct uuid_array *mentions)
{
	struct row_member row;
	struct uuid members[COMMENT_MENTIONS_MAX], member;
	uint32_t n = 0;

	*mentions = (struct uuid_array){NULL, 0};
	while (text_next_mention(&body, &member)) {
		if (uuid_is_among(&member, members, n) || !read_member(judge->state, &member, &row))
			continue;
		if (n == COMMENT_MENTIONS_MAX)
			return REFUSE(judge, REJECT_TOO_MANY_MENTIONS, pointer,
			              SLICE("mention at most 50 members"));
		members[n++] = member;
	}
	if (!n)
		return true;
	struct uuid *items = emit_room(judge, n * sizeof(*items));
	if (!items)
		return false;
	memcpy(items, members, n * sizeof(*items));
	*mentions = (struct uuid_array){items, n};
	return true;
}

/* The thread that an answer belongs to; nil when the comment begins one. */
static bool find_thread(struct judge *judge, const struct add_comment *command,
                        const struct row_issue *issue, struct uuid *thread)
{
	struct row_comment answered;
	char room[UUID_TEXT];

	memset(thread, 0, sizeof(*thread));
	if (!command->has_reply_to)
		return true;
	if (!read_comment(judge->state, &command->reply_to, &answered) ||
	    !uuid_equal(&answered.issue, &issue->id))
		return REFUSE(judge, REJECT_NO_SUCH_COMMENT, "/reply_to",
		              SLICE("the issue has no comment "),
		              uuid_slice(&command->reply_to, room));
	*thread = uuid_is_nil(&answered.thread) ? command->reply_to : answered.thread;
	return true;
}

bool check_new_comment(struct judge *judge, struct new_comment *comment, const char *pointer)
{
	return check_comment_body(judge, comment->body, pointer) &&
	       find_mentions(judge, comment->body, pointer, &comment->mentions);
}

void emit_comment(struct judge *judge, const struct new_comment *comment, struct row_issue *issue)
{
	emit_issue(judge, EVENT_COMMENT_ADDED, issue)->comment_added =
	        (struct comment_added){.comment_id = comment->id,
	                               .author = judge->person,
	                               .body = comment->body,
	                               .has_reply_to = !uuid_is_nil(&comment->thread),
	                               .reply_to = comment->thread,
	                               .mentions = comment->mentions};
}

void decide_add_comment(struct judge *judge, const struct add_comment *command)
{
	struct new_comment comment = {.id = command->has_comment_id
	                                            ? command->comment_id
	                                            : judge->request->fresh[FRESH_ID],
	                              .body = command->body};
	struct row_issue issue;

	if (!find_subject(judge, command->issue, false, 0, &issue) ||
	    !check_new_comment(judge, &comment, "/body") ||
	    !find_thread(judge, command, &issue, &comment.thread) ||
	    !check_new_id(judge, &comment.id, "/comment_id"))
		return;
	emit_comment(judge, &comment, &issue);
	judge->decision->created = comment.id;
}

/* A comment of @issue that the actor may change. */
static bool find_comment(struct judge *judge, const struct row_issue *issue, const struct uuid *id,
                         struct row_comment *comment)
{
	char room[UUID_TEXT];

	if (!read_comment(judge->state, id, comment) || !uuid_equal(&comment->issue, &issue->id))
		return REFUSE(judge, REJECT_NO_SUCH_COMMENT, "/comment_id",
		              SLICE("the issue has no comment "), uuid_slice(id, room));
	return check_own(judge, issue, &comment->author, "/comment_id");
}

void decide_edit_comment(struct judge *judge, const struct edit_comment *command)
{
	struct text_hash hash = text_hash(command->body);
	struct row_issue issue;
	struct row_comment comment;
	struct uuid_array mentions;

	if (!find_subject(judge, command->issue, command->has_expected_version,
	                  command->expected_version, &issue) ||
	    !find_comment(judge, &issue, &command->comment_id, &comment) ||
	    !check_comment_body(judge, command->body, "/body") ||
	    memcmp(hash.words, comment.body_hash, sizeof(hash.words)) == 0 ||
	    !find_mentions(judge, command->body, "/body", &mentions))
		return;
	emit_issue(judge, EVENT_COMMENT_EDITED, &issue)->comment_edited = (struct comment_edited){
	        command->comment_id, command->body, comment.body_seq, mentions};
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
                         const struct uuid *id, struct slice body, struct row_comment *comment)
{
	struct row_key key = row_key_comment(id);
	struct text_hash hash = text_hash(body);

	comment->body_seq = meta->seq;
	memcpy(comment->body_hash, hash.words, sizeof(hash.words));
	state->put(state, &key, comment);
}

void evolve_comment_added(struct tenant_state *state, const struct event_meta *meta,
                          const struct comment_added *event)
{
	struct row_issue issue = load_issue(state, meta);
	struct row_comment comment;

	assert(!read_comment(state, &event->comment_id, &comment));
	memset(&comment, 0, sizeof(comment));
	comment.issue = issue.id;
	comment.author = event->author;
	if (event->has_reply_to)
		comment.thread = event->reply_to;
	issue.comments++;
	save_issue(state, &issue);
	save_comment(state, meta, &event->comment_id, event->body, &comment);
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
	save_comment(state, meta, &event->comment_id, event->body, &comment);
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
