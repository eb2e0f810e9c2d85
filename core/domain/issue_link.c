/* Links: events of the issue that the command names, a row at both ends. A symmetric link (relates)
 * is one link whoever named it: its events may name either end. */
#include "core/domain/issue.h"
#include "core/domain/project.h"

struct link_ends {
	struct row_link_type type;
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
	if (!read_link_type(judge->state, type, &ends->type))
		return REFUSE(judge, REJECT_UNKNOWN_LINK_TYPE, "/link_type",
		              SLICE("there is no link type "), type);
	if (!find_active_issue(judge, other, "/other", &ends->other))
		return false;
	read_link(judge->state, &ends->issue.id, type, &ends->other.id, &row);
	ends->linked = row.outward;
	return true;
}

/* Add those that @issue has such a link to. False: there is no room. */
static bool add_linked(const struct tenant_state *state, const struct uuid *issue,
                       struct slice type, struct uuid *ids, uint32_t *n)
{
	static const struct uuid nil;
	struct row_key key = row_key_link(issue, type, &nil);
	const size_t head = key.n - sizeof(nil);
	struct row_key begin = key;
	struct row_link row;
	struct uuid id;

	while (state->next(state, &key, false, &row) && key.n == begin.n &&
	       memcmp(key.bytes, begin.bytes, head) == 0) {
		memcpy(id.bytes, key.bytes + head, sizeof(id));
		if (!row.outward || uuid_is_among(&id, ids, *n))
			continue;
		if (*n == LINK_CHAIN_MAX)
			return false;
		ids[(*n)++] = id;
	}
	return true;
}

/* Whether the other issue does not lead back to the issue. */
static bool check_circle(struct judge *judge, const struct link_issues *command,
                         const struct link_ends *ends)
{
	struct arena mark = *judge->decision->arena;
	struct uuid *ids = emit_room(judge, LINK_CHAIN_MAX * sizeof(*ids));
	uint32_t n = 0;
	bool room = true;

	if (!ids)
		return false;
	ids[n++] = ends->other.id;
	for (uint32_t i = 0; i < n && room; i++)
		room = add_linked(judge->state, &ids[i], command->link_type, ids, &n);
	bool circle = uuid_is_among(&ends->issue.id, ids, n);
	*judge->decision->arena = mark;
	if (circle)
		return REFUSE(judge, REJECT_LINK_CYCLE, "/other", command->other,
		              SLICE(" leads back to "), command->issue, SLICE(" over links of "),
		              command->link_type);
	return room || REFUSE(judge, REJECT_TOO_LARGE, "/other",
	                      SLICE("more than 1000 issues are behind "), command->other);
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
	/* a link shows at both ends: none comes to an issue whose project takes no changes */
	if (ends.linked ||
	    !check_project_open(judge, project_of_issue(judge, &ends.other), "/other") ||
	    (ends.type.acyclic && !check_circle(judge, command, &ends)))
		return;
	emit_issue(judge, EVENT_ISSUE_LINKED, &ends.issue)->issue_linked =
	        (struct issue_linked){command->link_type, ends.other.id};
}

void decide_unlink_issues(struct judge *judge, const struct unlink_issues *command)
{
	struct link_ends ends;

	if (!find_ends(judge, command->issue, command->link_type, command->other,
	               command->has_expected_version, command->expected_version, &ends))
		return;
	if (!ends.linked) {
		REFUSE(judge, REJECT_NO_SUCH_LINK, "/other", command->issue, SLICE(" "),
		       PADDED(ends.type.outward), SLICE(" nothing of that name"));
		return;
	}
	emit_issue(judge, EVENT_ISSUE_UNLINKED, &ends.issue)->issue_unlinked =
	        (struct issue_unlinked){command->link_type, ends.other.id};
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

/* The row by which a type that was added knows its links. Returns whether the type is symmetric. */
static bool set_use(struct tenant_state *state, struct slice type_id, const struct uuid *issue,
                    const struct uuid *other, bool linked)
{
	const struct link_type *built_in = link_type_find(type_id);
	struct row_key key = row_key_link_type(type_id);
	const struct row_link_of_type use = {0};
	struct row_link_type type;

	if (built_in)
		return built_in->symmetric;
	bool found = state->get(state, &key, &type);
	assert(found && (!linked || !type.removed));
	(void)found;
	bool turned = type.symmetric && memcmp(other, issue, sizeof(*issue)) < 0;
	key = row_key_link_of_type(type_id, turned ? other : issue, turned ? issue : other);
	if (linked)
		state->put(state, &key, &use);
	else
		state->del(state, &key);
	return type.symmetric;
}

static void set_link(struct tenant_state *state, const struct event_meta *meta,
                     struct slice type_id, const struct uuid *other, bool linked)
{
	struct row_issue issue = load_issue(state, meta);
	bool symmetric = set_use(state, type_id, &issue.id, other, linked);

	save_issue(state, &issue);
	set_end(state, &issue.id, type_id, other, true, linked);
	set_end(state, other, type_id, &issue.id, false, linked);
	if (!symmetric)
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
