/* Every query of a tenant: route, parameters, and the type that runs it. */
#include "query-api/query.h"

#define QUERY_TABLE(X)                                                                             \
	/* type, path below /v1/t/{tenant}, what it asks, parameters, summary */                   \
	X(organization, "", ROLE(GUEST), no_params, "The organization.")                           \
	X(me, "/me", ROLE(GUEST), no_params, "Who the caller is here.")                            \
	X(members, "/members", ROLE(GUEST), members_params, "Members, in order of their names.")   \
	X(member, "/members/{member}", ROLE(GUEST), no_params,                                     \
	  "One member, also who was removed.")                                                     \
	X(member_uses, "/members/{member}/uses", ROLE(ADMIN), no_params,                           \
	  "What of a member asks for a replacement when they are removed, counted.")               \
	X(api_keys, "/api-keys", ROLE(GUEST), page_params,                                         \
	  "API keys: the caller's own, for admins everybody's.")                                   \
	X(teams, "/teams", ROLE(GUEST), names_params, "Teams, in order of their names.")           \
	X(team, "/teams/{team}", ROLE(GUEST), names_params,                                        \
	  "One team, with a page of its members in order of their names.")                         \
	X(link_types, "/link-types", ROLE(GUEST), no_params,                                       \
	  "Types of links: those that are built in, and those of the organization.")               \
	X(projects, "/projects", OF_PROJECTS, projects_params,                                     \
	  "Projects, in order of their keys.")                                                     \
	X(project, "/projects/{project}", OF_PROJECT, no_params, "One project.")                   \
	X(assignable, "/projects/{project}/assignable", OF_PROJECT, names_params,                  \
	  "Members who can be assigned issues of a project, in order of their names.")             \
	X(components, "/projects/{project}/components", OF_PROJECT, no_params,                     \
	  "Components of a project.")                                                              \
	X(versions, "/projects/{project}/versions", OF_PROJECT, no_params,                         \
	  "Versions of a project, in their order.")                                                \
	X(labels, "/projects/{project}/labels", OF_PROJECT, labels_params,                         \
	  "Labels of a project, with the number of issues that have them, in order.")              \
	X(board, "/projects/{project}/board", OF_PROJECT, page_params,                             \
	  "The board: columns with ready cards, in order of their ranks.")                         \
	X(statuses, "/projects/{project}/statuses", OF_PROJECT, no_params,                         \
	  "Statuses of a project, in order.")                                                      \
	X(configuration, "/projects/{project}/configuration", OF_PROJECT, no_params,               \
	  "Statuses, issue types, priorities, resolutions and custom fields of a project, in "     \
	  "order.")                                                                                \
	X(workflows, "/projects/{project}/workflows", OF_PROJECT, no_params,                       \
	  "Workflows of a project, as published and as drafted, and the issue types that follow.") \
	X(boards, "/boards", OF_PROJECTS, boards_params,                                           \
	  "Boards that were set up, in order of their ids.")                                       \
	X(one_board, "/boards/{board}", OF_PROJECTS, board_params,                                 \
	  "A board: columns with ready cards of its projects, in order of their ranks.")           \
	X(backlog, "/boards/{board}/backlog", OF_PROJECTS, board_params,                           \
	  "The backlog of a board: ready cards, in order of their ranks.")                         \
	X(project_roles_of, "/projects/{project}/roles", OF_PROJECT, no_params,                    \
	  "The permission scheme of a project, and who has which role in it.")                     \
	X(permissions_of, "/permissions", TO_RESTORE, permissions_params,                          \
	  "What the caller may do here: in the organization, a project, or on an issue.")          \
	X(project_roles, "/project-roles", ROLE(GUEST), no_params,                                 \
	  "Roles that members and teams can have in projects, in order of their ids.")             \
	X(permission_schemes, "/permission-schemes", ROLE(ADMIN), no_params,                       \
	  "Permission schemes, in order of their ids.")                                            \
	X(permission_scheme, "/permission-schemes/{scheme}", ROLE(ADMIN), no_params,               \
	  "One permission scheme: what it grants, and to whom.")                                   \
	X(issue, "/issues/{issue}", OF_ISSUE, no_params, "One issue with everything on it.")       \
	X(transitions, "/issues/{issue}/transitions", OF_ISSUE, no_params,                         \
	  "Transitions of an issue: which are possible, and why the others are not.")              \
	X(children, "/issues/{issue}/children", OF_ISSUE, page_params,                             \
	  "Issues below an issue, in order of their ids.")                                         \
	X(links, "/issues/{issue}/links", OF_ISSUE, page_params,                                   \
	  "Links of an issue, in order of their types.")                                           \
	X(watchers, "/issues/{issue}/watchers", OF_ISSUE, page_params,                             \
	  "Who watches an issue, in order of their ids.")                                          \
	X(comments, "/issues/{issue}/comments", OF_ISSUE, ordered_params,                          \
	  "Comments of an issue, oldest or newest first.")                                         \
	X(history, "/issues/{issue}/history", OF_ISSUE, ordered_params,                            \
	  "Everything that happened to an issue, before and after, oldest or newest first.")       \
	X(comment_history, "/issues/{issue}/comments/{comment}/history", OF_ISSUE, after_params,   \
	  "Texts that a comment had before it was edited, oldest first.")                          \
	X(worklogs, "/issues/{issue}/worklogs", OF_ISSUE, ordered_params,                          \
	  "Work that was logged on an issue, oldest or newest first.")                             \
	X(archived_issues, "/archived-issues", OF_PROJECTS, after_params,                          \
	  "Issues that are archived, in the order in which they were.")                            \
	X(deleted_issues, "/deleted-issues", TO_RESTORE, after_params,                             \
	  "Issues that are deleted and that the caller may restore, in the order in which they "   \
	  "were.")                                                                                 \
	X(deleted_projects, "/deleted-projects", ROLE(ADMIN), after_params,                        \
	  "Projects that are deleted and can be restored, for admins, in the order in which they " \
	  "were.")                                                                                 \
	X(bulk, "/bulks/{bulk}", ROLE(GUEST), refusals_params,                                     \
	  "What came of a command on many issues, with the refusals: one's own, for admins "       \
	  "everybody's.")                                                                          \
	X(search, "/search", OF_PROJECTS, search_params,                                           \
	  "Issues, comments and texts of custom fields that have the words; issues with a value.") \
	X(audit, "/audit", TO_RESTORE, audit_params,                                               \
	  "Events as a person reads them: who, what, when, why; oldest or newest first.")          \
	X(events, "/events", TO_RESTORE, after_params,                                             \
	  "The feed: events as CloudEvents, JSON array or (Accept: application/x-ndjson) lines.")

#define QUERY_EXTERN(type, path, asks, params, summary) extern const struct query_type query_##type;
QUERY_TABLE(QUERY_EXTERN)
#undef QUERY_EXTERN

#define QUERY_ENUM(type, path, asks, params, summary) QUERY_##type,
enum { QUERY_TABLE(QUERY_ENUM) QUERIES };
#undef QUERY_ENUM

#define QUERY_TYPE(type, path, asks, params, summary) &query_##type,
const struct query_type *const query_types[] = {QUERY_TABLE(QUERY_TYPE)};
#undef QUERY_TYPE

#define ASKS(kind, role)                                                                           \
	{                                                                                          \
		QUERY_ASKS_##kind, ORG_ROLE_##role                                                 \
	}
#define ROLE(role)  ASKS(ROLE, role)
#define OF_PROJECT  ASKS(PROJECT, UNKNOWN)
#define OF_ISSUE    ASKS(ISSUE, UNKNOWN)
#define OF_PROJECTS ASKS(PROJECTS, UNKNOWN)
#define TO_RESTORE  ASKS(RESTORE, UNKNOWN)

#define QUERY_PERMISSION(type, path, asks, params, summary) asks,
const struct query_permission query_permissions[] = {QUERY_TABLE(QUERY_PERMISSION)};
#undef QUERY_PERMISSION

#define MIN_POSITION                                                                               \
	{"NexusFlow-Min-Position",                                                                 \
	 "header",                                                                                 \
	 "integer",                                                                                \
	 false,                                                                                    \
	 "answer only from a view that has applied this seq",                                      \
	 NULL},                                                                                    \
	{                                                                                          \
		"min_position", "query", "integer", false, "the same, for what sends no headers",  \
		        NULL                                                                       \
	}
#define LIMIT                                                                                      \
	{                                                                                          \
		"limit", "query", "integer", false, "at most so many", "50"                        \
	}
#define CURSOR                                                                                     \
	{                                                                                          \
		"cursor", "query", "string", false, "from \"next\" of the page before", NULL       \
	}
#define ORDER                                                                                      \
	{                                                                                          \
		"order", "query", "string", false, "asc: oldest first, desc: newest first", "asc"  \
	}
#define AFTER                                                                                      \
	{                                                                                          \
		"after", "query", "integer", false,                                                \
		        "only what comes behind this seq, in the order asked for", "0"             \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, NULL, NULL, false, NULL, NULL                                                \
	}

static const struct http_param no_params[] = {MIN_POSITION, END};
static const struct http_param page_params[] = {MIN_POSITION, LIMIT, CURSOR, END};
#define TEXT                                                                                       \
	{                                                                                          \
		"text", "query", "string", false,                                                  \
		        "beginning of a word of the name (of members, also of an address that "    \
		        "the caller is shown), in whatever case and with whatever accents",        \
		        NULL                                                                       \
	}
static const struct http_param members_params[] = {
        MIN_POSITION,
        LIMIT,
        CURSOR,
        TEXT,
        {"status", "query", "string", false,
         "active, deactivated or removed; those who are not removed otherwise", "active"},
        {"role", "query", "string", false, "owner, admin, member or guest", "member"},
        END,
};
static const struct http_param labels_params[] = {
        MIN_POSITION,
        LIMIT,
        CURSOR,
        {"text", "query", "string", false,
         "beginning of a word of the label, in whatever case and with whatever accents; a page may "
         "then be short: read on while there is a \"next\"",
         NULL},
        END,
};
static const struct http_param names_params[] = {MIN_POSITION, LIMIT, CURSOR, TEXT, END};
static const struct http_param board_params[] = {
        MIN_POSITION,
        LIMIT,
        CURSOR,
        {"filter", "query", "string", false, "ids of quick filters, with commas between them",
         NULL},
        END,
};
static const struct http_param boards_params[] = {
        MIN_POSITION,
        LIMIT,
        CURSOR,
        {"project", "query", "string", false, "key or id of the project that they show", "TLS"},
        END,
};
static const struct http_param projects_params[] = {
        MIN_POSITION,
        LIMIT,
        CURSOR,
        {"archived", "query", "boolean", false, "those that are archived as well", "false"},
        END,
};
static const struct http_param after_params[] = {
        MIN_POSITION,
        LIMIT,
        {"after", "query", "integer", false, "only what came after this seq", "0"},
        END,
};
static const struct http_param ordered_params[] = {MIN_POSITION, LIMIT, AFTER, ORDER, END};
static const struct http_param refusals_params[] = {
        MIN_POSITION,
        LIMIT,
        {"after", "query", "integer", false, "only refusals behind this place in the list", "0"},
        END,
};
static const struct http_param search_params[] = {
        MIN_POSITION,
        LIMIT,
        CURSOR,
        {"text", "query", "string", false, "words; quotes for phrases, - to exclude", "handshake"},
        {"project", "query", "string", false, "key or id of the only project to search", "TLS"},
        {"field", "query", "string", false,
         "only issues that have the value in the custom field, as severity:high", NULL},
        {"archived", "query", "boolean", false, "of archived issues and projects, too", "false"},
        END,
};
static const struct http_param permissions_params[] = {
        MIN_POSITION,
        {"project", "query", "string", false, "key or id of the project", "TLS"},
        {"issue", "query", "string", false, "key or id of the issue, instead of a project", NULL},
        END,
};
static const struct http_param audit_params[] = {
        MIN_POSITION,
        LIMIT,
        AFTER,
        ORDER,
        {"issue", "query", "string", false, "key or id of the issue", "TLS-12"},
        {"project", "query", "string", false,
         "key or id of the project: what happened to it, and to issues that are in it now", NULL},
        {"type", "query", "string", false, "type of event", "IssueTransitioned"},
        {"actor", "query", "string", false, "member who did it, or in whose name", NULL},
        {"credential", "query", "string", false, "id of the API key that it was done with", NULL},
        {"from", "query", "string", false, "recorded at this time or later", NULL},
        {"to", "query", "string", false, "recorded before this time", NULL},
        END,
};

#define QUERY_ROUTE(type, path_, asks, params_, summary_)                                          \
	{.method = HTTP_GET,                                                                       \
	 .path = "/v1/t/{tenant}" path_,                                                           \
	 .handler = query_start,                                                                   \
	 .auth = HTTP_AUTH_TOKEN,                                                                  \
	 .summary = summary_,                                                                      \
	 .tag = "queries",                                                                         \
	 .params = params_,                                                                        \
	 .answer_schema = #type,                                                                   \
	 .label = QUERY_##type},
static const struct http_param memberships_params[] = {LIMIT, CURSOR, END};

const struct http_route query_api_routes[] = {
        QUERY_TABLE(QUERY_ROUTE){
                .method = HTTP_GET,
                .path = "/v1/me/organizations",
                .handler = query_memberships,
                .auth = HTTP_AUTH_TOKEN,
                .summary = "Organizations in which the person of the token is an active member.",
                .tag = "queries",
                .params = memberships_params,
                .answer_schema = "memberships",
        },
        {.path = NULL}};
#undef QUERY_ROUTE
