/* The rights of a caller: membership by the access view, what they may see by the state view. */
#include "query-api/rights.h"

#include "core/base/clock.h"
#include "core/domain/permission.h"
#include "core/domain/reject.h"

void query_no_tenant(struct query *query)
{
	query->position = 0; /* is not theirs to know */
	query_problem(query, 404, "no_such_tenant", "there is no such organization");
}

void query_bad_slug(struct query *query)
{
	char text[REJECT_SLUG_TEXT];
	reject_slug_text(query->tenant, text);
	query_problem(query, 404, "no_such_tenant", "%s", text);
}

static enum status find_member(struct query *query, struct view *access, struct error *err)
{
	const struct principal *principal = http_principal(query->request);
	if (!principal->has_key)
		return access_find(access, query->tenant, principal->issuer, principal->subject,
		                   &query->member, &query->authorized, err);
	if (!slice_equal(principal->key_tenant, query->tenant))
		return STATUS_NOT_FOUND;
	return access_find_key(access, query->tenant, &principal->key_id, principal->key_hash,
	                       clock_now_ms(), &query->member, &query->authorized, err);
}

/* The key of another organization is a stranger; of its own, one that is worth nothing says so. */
static void refuse_caller(struct query *query)
{
	const struct principal *principal = http_principal(query->request);
	if (principal->has_key && slice_equal(principal->key_tenant, query->tenant))
		query_problem(query, 401, "bad_token",
		              "the API key is unknown, revoked or expired");
	else
		query_no_tenant(query);
}

static struct slice parameter(struct query *query, const char *name)
{
	struct slice value;
	return http_query_param(query->request, name, &value) ? value : slice_of(NULL, 0);
}

static void look_at(struct query *query, const struct tenant_state *rows)
{
	const struct holder holder = {query->member.id, query->member.role};
	const struct sight *sight = &query->sight;
	sight_look(rows, &holder, &query->sight);
	if (query->permission->asks == QUERY_ASKS_RESTORE)
		sight_look_for_restores(rows, &query->sight);
	if (query->permission->asks == QUERY_ASKS_PROJECT)
		query->hides_path = sight_hides_project(sight, rows,
		                                        http_path_param(query->request, "project"));
	if (query->permission->asks == QUERY_ASKS_ISSUE)
		query->hides_path =
		        sight_hides_issue(sight, rows, http_path_param(query->request, "issue"));
	query->hides_parameter = sight_hides_project(sight, rows, parameter(query, "project")) ||
	                         sight_hides_issue(sight, rows, parameter(query, "issue"));
}

/* What the caller may see. Nothing is hidden from admins, and from nobody where it is only the role
 * that counts. */
static void look(struct query *query)
{
	struct state_rows rows;
	struct error err;
	uint64_t position;
	sight_release(&query->sight);
	query->sight.holder = (struct holder){query->member.id, query->member.role};
	query->hides_path = query->hides_parameter = false;
	if (query->permission->asks == QUERY_ASKS_ROLE ||
	    role_reaches(query->member.role, ORG_ROLE_ADMIN))
		return;
	struct view *view = query_view(query, STATE_VIEW);
	if (!view)
		return;
	enum status status = state_open(view, query->tenant, &rows, &position, &err);
	if (!status) {
		look_at(query, &rows.face);
		status = state_close(&rows, STATUS_OK, &err);
	}
	query_view_done(query, STATE_VIEW, view);
	if (status)
		query_failed(query, status, "organization", &err);
	else if (position < query->authorized) {
		query->authorized = position;
		query->behind = STATE_VIEW;
	}
}

void query_authorize(struct query *query)
{
	struct error err;
	query->authorized = 0;
	query->behind = ACCESS_VIEW;
	struct view *access = query_view(query, ACCESS_VIEW);
	if (!access)
		return;
	enum status status = find_member(query, access, &err);
	query_view_done(query, ACCESS_VIEW, access);
	if (status == STATUS_NOT_FOUND)
		refuse_caller(query);
	else if (status)
		query_failed(query, status, "organization", &err);
	else if (query->permission->asks == QUERY_ASKS_ROLE &&
	         !role_reaches(query->member.role, query->permission->weakest))
		query_problem(query, 403, "forbidden", "this is not for the role %s",
		              org_role_symbol(query->member.role));
	else
		look(query);
}

bool query_has_same_rights(struct query *query)
{
	bool hid_path = query->hides_path, hid_parameter = query->hides_parameter;
	struct sight before = query->sight;
	query->sight = (struct sight){.hidden = NULL};
	query_authorize(query);
	bool same = query->problem ||
	            (sight_equal(&before, &query->sight) && hid_path == query->hides_path &&
	             hid_parameter == query->hides_parameter);
	sight_release(&before);
	return same;
}

void query_blank(struct query *query)
{
	struct state_rows rows;
	struct error err;
	uint64_t position;
	if (!query->bodies.n || role_reaches(query->member.role, ORG_ROLE_ADMIN))
		return;
	struct view *view = query_view(query, STATE_VIEW);
	if (!view)
		return;
	enum status status = state_open(view, query->tenant, &rows, &position, &err);
	if (!status) {
		bool blanked = sight_blank(&query->sight, &rows.face, &query->bodies, &query->body);
		status = state_close(&rows, STATUS_OK, &err);
		if (blanked && query->etag[0])
			query_etag_of_body(query);
	}
	query_view_done(query, STATE_VIEW, view);
	if (status)
		query_failed(query, status, "organization", &err);
}
