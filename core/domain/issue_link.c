/* Links: events of the issue that the command names, a row at both ends. A symmetric link (relates)
 * is one link whoever named it: its events may name either end. */
#include "core/domain/issue.h"

struct link_ends {
	const struct link_type *type;
	struct row_issue issue;
	struct row_issue other;
	bool linked; /* the issue has the link to the other */
};

static bool read_link(const struct tenant_state *state, const struct uuid *issue, struct slice type,
                      const struct uuid *other, struct row_link *row)
{
	struct row_key key = row_key_link(issue, type, other);

	memset(row, 0, sizeof(*row));
	return state->get(state, &key, row);
}

static bool find_ends(struct judge *judge, struct slice ref, struct slice type, struct slice other,
                      bool has_expected, int64_t expected, struct link_ends *ends)
{
	struct row_link row;

	if (!find_subject(judge, ref, has_expected, expected, &ends->issue))
		return false;
	ends->type = link_type_find(type);
	if (!ends->type)
		return REFUSE(judge, REJECT_UNKNOWN_LINK_TYPE, "/link_type",
		              SLICE("there is no link type "), type);
	if (!find_active_issue(judge, other, "/other", &ends->other))
		return false;
	read_link(judge->state, &ends->issue.id, type, &ends->other.id, &row);
	ends->linked = row.outward;
	return true;
}

void decide_link_issues(struct judge *judge, const struct link_issues *command)
{
	struct link_ends ends;

	if (!find_ends(judge, command->issue, command->link_type, command->other,
	               command->has_expected_version, command->expected_version, &ends))
		return;
	if (uuid_equal(&ends.issue.id, &ends.other.id)) {
		REFUSE(judge, REJECT_SELF_LINK, "/other", SLICE("both are "), command->issue);
		return;
	}
	if (ends.linked)
		return;
	emit_issue(judge, EVENT_ISSUE_LINKED, &ends.issue)->issue_linked =
	        (struct issue_linked){slice_str(ends.type->id), ends.other.id};
}

void decide_unlink_issues(struct judge *judge, const struct unlink_issues *command)
{
	struct link_ends ends;

	if (!find_ends(judge, command->issue, command->link_type, command->other,
	               command->has_expected_version, command->expected_version, &ends))
		return;
	if (!ends.linked) {
		REFUSE(judge, REJECT_NO_SUCH_LINK, "/other", command->issue, SLICE(" "),
		       slice_str(ends.type->outward), SLICE(" nothing of that name"));
		return;
	}
	emit_issue(judge, EVENT_ISSUE_UNLINKED, &ends.issue)->issue_unlinked =
	        (struct issue_unlinked){slice_str(ends.type->id), ends.other.id};
}

/* One of the two directions of the row at one end; a row without any is not kept. */
static void set_end(struct tenant_state *state, const struct uuid *issue, struct slice type,
                    const struct uuid *other, bool outward, bool linked)
{
	struct row_key key = row_key_link(issue, type, other);
	struct row_link row;

	read_link(state, issue, type, other, &row);
	if (outward)
		row.outward = linked;
	else
		row.inward = linked;
	if (row.outward || row.inward)
		state->put(state, &key, &row);
	else
		state->del(state, &key);
}

static void set_link(struct tenant_state *state, const struct event_meta *meta,
                     struct slice type_id, const struct uuid *other, bool linked)
{
	const struct link_type *type = link_type_find(type_id);
	struct row_issue issue = load_issue(state, meta);

	assert(type);
	save_issue(state, &issue);
	set_end(state, &issue.id, type_id, other, true, linked);
	set_end(state, other, type_id, &issue.id, false, linked);
	if (!type->symmetric)
		return;
	set_end(state, &issue.id, type_id, other, false, linked);
	set_end(state, other, type_id, &issue.id, true, linked);
}

void evolve_issue_linked(struct tenant_state *state, const struct event_meta *meta,
                         const struct issue_linked *event)
{
	set_link(state, meta, event->link_type, &event->other, true);
}

void evolve_issue_unlinked(struct tenant_state *state, const struct event_meta *meta,
                           const struct issue_unlinked *event)
{
	set_link(state, meta, event->link_type, &event->other, false);
}
