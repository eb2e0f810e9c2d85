#include "projections/sight.h"

#include <stdlib.h>

#include "core/domain/project.h"

static void add(struct uuid **projects, uint32_t *n, const struct uuid *project)
{
	if ((*n & (*n - 1)) == 0)
		*projects = mem_grow(*projects, (*n ? 2 * *n : 1) * sizeof **projects);
	(*projects)[(*n)++] = *project;
}

static void hide(struct sight *sight, const struct uuid *project)
{
	add(&sight->hidden, &sight->hidden_n, project);
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct uuid));
}

/* Every key of these kinds ends with the id of a project. */
static struct uuid project_of(const struct row_key *key)
{
	struct uuid id;
	memcpy(id.bytes, key->bytes + key->n - sizeof id.bytes, sizeof id.bytes);
	return id;
}

static void hide_deleted(const struct tenant_state *rows, struct sight *sight)
{
	struct row_key key = row_key_first(ROW_DELETED_PROJECT);
	struct row_deleted_project unused;
	while (rows->next(rows, &key, false, &unused)) {
		struct uuid id = project_of(&key);
		hide(sight, &id);
	}
}

/* The next project behind @key that has another scheme than the classic one, and the rights in it.
 */
static bool next_rights(const struct tenant_state *rows, const struct sight *sight,
                        struct row_key *key, struct row_project *project, struct rights *rights)
{
	struct row_scheme_project unused;
	while (rows->next(rows, key, false, &unused)) {
		struct uuid id = project_of(key);
		if (!read_project(rows, &id, project) || project->deleted)
			continue;
		*rights = rights_in(rows, &sight->holder, project);
		return true;
	}
	return false;
}

static bool has_schemes(const struct tenant_state *rows)
{
	struct row_organization organization;
	return read_organization(rows, &organization) && organization.permission_schemes;
}

static void hide_private(const struct tenant_state *rows, struct sight *sight)
{
	struct row_key key = row_key_first(ROW_SCHEME_PROJECT);
	struct row_project project;
	struct rights rights;
	if (!has_schemes(rows))
		return;
	while (next_rights(rows, sight, &key, &project, &rights))
		if (!rights_give(&rights, PERMISSION_BROWSE_PROJECT, &sight->holder.member, NULL))
			hide(sight, &project.id);
}

static void sort(struct uuid *projects, uint32_t n)
{
	if (n)
		qsort(projects, n, sizeof *projects, by_id);
}

/* The classic scheme lets nobody restore but admins. */
void sight_look_for_restores(const struct tenant_state *rows, struct sight *sight)
{
	struct row_key key = row_key_first(ROW_SCHEME_PROJECT);
	struct row_project project;
	struct rights rights;
	if (role_reaches(sight->holder.role, ORG_ROLE_ADMIN) || !has_schemes(rows))
		return;
	while (next_rights(rows, sight, &key, &project, &rights))
		if (rights_give(&rights, PERMISSION_RESTORE_ISSUES, &sight->holder.member, NULL) &&
		    rights_give(&rights, PERMISSION_BROWSE_PROJECT, &sight->holder.member, NULL))
			add(&sight->restores, &sight->restores_n, &project.id);
	sort(sight->restores, sight->restores_n);
}

void sight_look(const struct tenant_state *rows, const struct holder *holder, struct sight *out)
{
	*out = (struct sight){.holder = *holder};
	if (role_reaches(holder->role, ORG_ROLE_ADMIN))
		return;
	hide_deleted(rows, out);
	hide_private(rows, out);
	sort(out->hidden, out->hidden_n);
}

void sight_release(struct sight *sight)
{
	free(sight->hidden);
	free(sight->restores);
	*sight = (struct sight){.hidden = NULL};
}

static bool has(const struct uuid *projects, uint32_t n, const struct uuid *project)
{
	return n && bsearch(project, projects, n, sizeof *projects, by_id);
}

bool sight_sees(const struct sight *sight, const struct uuid *project)
{
	return !sight || !has(sight->hidden, sight->hidden_n, project);
}

bool sight_restores(const struct sight *sight, const struct uuid *project)
{
	return !sight || role_reaches(sight->holder.role, ORG_ROLE_ADMIN) ||
	       has(sight->restores, sight->restores_n, project);
}

static bool same(const struct uuid *a, uint32_t a_n, const struct uuid *b, uint32_t b_n)
{
	return a_n == b_n && (!a_n || memcmp(a, b, a_n * sizeof *a) == 0);
}

bool sight_equal(const struct sight *a, const struct sight *b)
{
	return a->holder.role == b->holder.role &&
	       same(a->hidden, a->hidden_n, b->hidden, b->hidden_n) &&
	       same(a->restores, a->restores_n, b->restores, b->restores_n);
}

static void append_array(const struct uuid *projects, uint32_t n, struct buf *out)
{
	char text[UUID_TEXT];
	buf_append_char(out, '{');
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			buf_append_char(out, ',');
		uuid_format(&projects[i], text);
		buf_append(out, text, UUID_TEXT);
	}
	buf_append_char(out, '}');
}

void sight_hidden_array(const struct sight *sight, struct buf *out)
{
	append_array(sight ? sight->hidden : NULL, sight ? sight->hidden_n : 0, out);
}

void sight_restores_array(const struct sight *sight, struct buf *out)
{
	append_array(sight->restores, sight->restores_n, out);
}

bool sight_hides_project(const struct sight *sight, const struct tenant_state *rows,
                         struct slice ref)
{
	struct row_project project;
	return sight->hidden_n && resolve_project(rows, ref, &project) &&
	       !sight_sees(sight, &project.id);
}

/* A deleted issue is seen by who may restore it. */
static bool sees_what_is_left(const struct sight *sight, const struct row_issue *issue)
{
	return sight_sees(sight, &issue->project_id) &&
	       (!issue->deleted || sight_restores(sight, &issue->project_id));
}

bool sight_hides_issue(const struct sight *sight, const struct tenant_state *rows, struct slice ref)
{
	struct row_issue issue;
	return resolve_issue(rows, ref, &issue) && !sees_what_is_left(sight, &issue);
}

/* --- events --- */

bool sight_sees_issue(const struct sight *sight, const struct tenant_state *rows,
                      const struct uuid *id)
{
	struct row_issue issue;
	return !read_issue(rows, id, &issue) || sight_sees(sight, &issue.project_id);
}

static bool tells_of_issue(const struct sight *sight, const struct tenant_state *rows,
                           const struct uuid *id)
{
	struct row_issue issue;
	return !read_issue(rows, id, &issue) || sees_what_is_left(sight, &issue);
}

static bool sees_projects(const struct sight *sight, struct uuid_array projects)
{
	for (uint32_t i = 0; i < projects.n; i++)
		if (!sight_sees(sight, &projects.items[i]))
			return false;
	return true;
}

static bool sees_issues(const struct sight *sight, const struct tenant_state *rows,
                        const struct ranks_rebalanced *event)
{
	for (uint32_t i = 0; i < event->ranks.n; i++)
		if (!sight_sees_issue(sight, rows, &event->ranks.items[i].issue_id))
			return false;
	return true;
}

static bool sees_aggregate(const struct sight *sight, const struct tenant_state *rows,
                           const struct aggregate_ref *aggregate)
{
	switch (aggregate->kind) {
	case AGGREGATE_KIND_PROJECT:
		return sight_sees(sight, &aggregate->id);
	case AGGREGATE_KIND_ISSUE:
		return tells_of_issue(sight, rows, &aggregate->id);
	case AGGREGATE_KIND_BOARD: /* its events name projects */
	case AGGREGATE_KIND_BULK:  /* names what its maker named */
	case AGGREGATE_KIND_ORGANIZATION:
	case AGGREGATE_KIND_COMMAND:
	case AGGREGATE_KIND_UNKNOWN:
		break;
	}
	return true;
}

/* What else it names. */
static bool sees_what_it_names(const struct sight *sight, const struct tenant_state *rows,
                               const struct event *event)
{
	const struct issue_parent_changed *parent = &event->issue_parent_changed;
	switch ((int)event->type) {
	case EVENT_ISSUE_LINKED:
		return sight_sees_issue(sight, rows, &event->issue_linked.other);
	case EVENT_ISSUE_UNLINKED:
		return sight_sees_issue(sight, rows, &event->issue_unlinked.other);
	case EVENT_ISSUE_PARENT_CHANGED:
		return (!parent->has_from || sight_sees_issue(sight, rows, &parent->from)) &&
		       (!parent->has_to || sight_sees_issue(sight, rows, &parent->to));
	case EVENT_ISSUE_MOVED:
		return sight_sees(sight, &event->issue_moved.from_project_id) &&
		       sight_sees(sight, &event->issue_moved.to_project_id);
	case EVENT_BOARD_CREATED:
		return sees_projects(sight, event->board_created.board.projects);
	case EVENT_BOARD_EDITED:
		return sees_projects(sight, event->board_edited.before.projects) &&
		       sees_projects(sight, event->board_edited.after.projects);
	case EVENT_BOARD_DELETED:
		return sees_projects(sight, event->board_deleted.board.projects);
	case EVENT_RANKS_REBALANCED:
		return sees_issues(sight, rows, &event->ranks_rebalanced);
	case EVENT_COMMAND_CONCLUDED:
		return false; /* may name any issue */
	default:
		return true;
	}
}

/* Of what is not for everybody, whether it is for this one, no admin. */
static bool is_for(const struct holder *holder, const struct event *event)
{
	if (event->meta.aggregate.kind == AGGREGATE_KIND_BULK)
		return uuid_equal(&event->meta.actor.id, &holder->member);
	switch ((int)event->type) {
	case EVENT_API_KEY_CREATED:
		return uuid_equal(&event->api_key_created.member_id, &holder->member);
	case EVENT_API_KEY_REVOKED:
		return uuid_equal(&event->api_key_revoked.member_id, &holder->member);
	case EVENT_PERMISSION_SCHEME_CREATED:
	case EVENT_PERMISSION_SCHEME_RENAMED:
	case EVENT_PERMISSION_SCHEME_REMOVED:
	case EVENT_PERMISSION_GRANTS_CHANGED:
		return false;
	default:
		return true;
	}
}

bool sight_tells(const struct sight *sight, const struct tenant_state *rows,
                 const struct event *event)
{
	if (role_reaches(sight->holder.role, ORG_ROLE_ADMIN))
		return true;
	return is_for(&sight->holder, event) &&
	       sees_aggregate(sight, rows, &event->meta.aggregate) &&
	       (!sight->hidden_n || sees_what_it_names(sight, rows, event));
}
