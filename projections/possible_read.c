/* What a caller may do, judged by what commands ask (core/domain/permission.c). */
#include "core/codec/command_codec.h"
#include "core/domain/project.h"
#include "projections/state_inside.h"

struct asking {
	const struct state_caller *caller;
	struct holder holder;
	bool has_project, has_issue;
	struct row_project project;
	struct row_issue issue;
	struct rights rights;
};

static bool find(const struct tenant_state *rows, struct slice project, struct slice issue,
                 struct asking *a)
{
	a->has_issue = issue.n > 0;
	a->has_project = issue.n > 0 || project.n > 0;
	if (a->has_issue && (!resolve_issue(rows, issue, &a->issue) || a->issue.deleted ||
	                     !read_project(rows, &a->issue.project_id, &a->project)))
		return false;
	if (!a->has_issue && a->has_project && !resolve_project(rows, project, &a->project))
		return false;
	return !a->has_project || !a->project.deleted;
}

static void permissions_json(struct json_out *json, const struct asking *a)
{
	json_out_key(json, "permissions");
	json_out_array(json);
	for (int at = PERMISSION_UNKNOWN + 1; a->has_project && at < PERMISSIONS; at++)
		if (rights_give(&a->rights, (enum permission)at, &a->holder.member,
		                a->has_issue ? &a->issue : NULL))
			json_out_str(json, permission_symbol((enum permission)at));
	json_out_array_end(json);
}

static bool is_of_issue(enum command_type type)
{
	return type != COMMAND_CREATE_ISSUE && strcmp(command_types[type].aggregate, "issue") == 0;
}

/* Whether it is about what is asked for: the organization, the project, or the issue. */
static bool is_about(const struct asking *a, enum command_type type)
{
	const struct command_permission *asked = &command_permissions[type];
	bool of_project = asked->asks == ASKS_PERMISSION || asked->asks == ASKS_OWNERSHIP;
	return of_project == a->has_project && (!a->has_issue || is_of_issue(type));
}

/* Whether what is asked for takes no such command, whoever sends it. */
static bool is_closed(const struct asking *a, enum command_type type)
{
	return (a->has_project && a->project.archived && !command_is_for_archived_project(type)) ||
	       (a->has_issue && a->issue.archived && !command_is_for_archived_issue(type));
}

static void commands_json(struct json_out *json, const struct asking *a)
{
	json_out_key(json, "commands");
	json_out_array(json);
	for (int at = 0; !a->caller->only_reads && at < COMMAND_TYPES; at++) {
		enum command_type type = (enum command_type)at;
		enum command_reach reach =
		        command_reach(type, &a->holder, a->has_project ? &a->rights : NULL,
		                      a->has_issue ? &a->issue : NULL);
		if (reach == REACHES_NOTHING || !is_about(a, type) || is_closed(a, type))
			continue;
		json_out_object(json);
		json_out_member_str(json, "name", command_type_name(type));
		json_out_member_str(json, "of", reach == REACHES_OWN ? "own" : "all");
		json_out_object_end(json);
	}
	json_out_array_end(json);
}

static void asking_json(struct json_out *json, const struct asking *a)
{
	json_out_object(json);
	json_out_member_str(json, "role", org_role_symbol(a->holder.role));
	json_out_key(json, "project");
	if (a->has_project) {
		json_out_object(json);
		json_out_member_uuid(json, "id", &a->project.id);
		json_out_member_string(json, "key", PADDED(a->project.key));
		json_out_object_end(json);
	} else {
		json_out_null(json);
	}
	json_out_key(json, "issue");
	if (a->has_issue) {
		struct buf key = {0};
		buf_append_slice(&key, PADDED(a->project.key));
		buf_printf(&key, "-%lld", (long long)a->issue.number);
		json_out_object(json);
		json_out_member_uuid(json, "id", &a->issue.id);
		json_out_member_string(json, "key", buf_slice(&key));
		json_out_object_end(json);
		buf_release(&key);
	} else {
		json_out_null(json);
	}
	permissions_json(json, a);
	commands_json(json, a);
	json_out_object_end(json);
}

enum status permissions_read(struct view *view, struct slice tenant,
                             const struct state_caller *caller, struct slice project,
                             struct slice issue, struct buf *out, uint64_t *position,
                             struct error *err)
{
	struct asking a = {.caller = caller, .holder = {caller->id, caller->role}};
	struct state_reading r;
	enum status status = state_reading_begin(&r, view, tenant, out, position, err);
	if (status)
		return status;
	if (!find(&r.rows.face, project, issue, &a))
		status = error_set(err, STATUS_NOT_FOUND, "no such thing");
	if (!status && a.has_project)
		a.rights = rights_in(&r.rows.face, &a.holder, &a.project);
	if (!status)
		asking_json(&r.json, &a);
	return state_reading_end(&r, status);
}
