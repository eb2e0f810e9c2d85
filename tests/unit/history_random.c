/* Commands at random: any of them, in any order; nobody has judged them. */
#include "tests/unit/history.h"

#include <stdio.h>

static const char *const priorities[] = {"highest", "high", "medium", "low", "lowest"};

static void random_create(struct history *h, struct history_tenant *t, char rank[16])
{
	uint32_t index = t->issues_n++;
	struct history_issue *issue = &t->issues[index];
	issue->id = history_id(t->name, "issue", index);
	issue->version = 1;
	issue->number = ++t->numbers;
	issue->type = "task";
	struct event *event =
	        history_event(h, EVENT_ISSUE_CREATED, AGGREGATE_KIND_ISSUE, issue->id, 1);
	struct issue_created *e = &event->issue_created;
	static const struct slice labels[] = {{"api", 3}, {"bug", 3}};
	snprintf(rank, 16, "%08llx", (unsigned long long)((seed_next(&h->seed) & 0xffffffff) | 1));
	*e = (struct issue_created){
	        .project_id = t->project,
	        .number = issue->number,
	        .type = SLICE("task"),
	        .summary = SLICE("Negotiate \"keys\" with the server\xc3\xa9"),
	        .description = SLICE("A long text about the handshake that nobody reads here."),
	        .status = SLICE("todo"),
	        .priority = SLICE("medium"),
	        .reporter = history_id(t->name, "member", 1),
	        .labels = {labels, (uint32_t)seed_below(&h->seed, 3)},
	        .rank = slice_of(rank, 8),
	};
	if (index && seed_below(&h->seed, 4) == 0) {
		issue->parent = (uint32_t)seed_below(&h->seed, index) + 1;
		e->has_parent = true;
		e->parent = t->issues[issue->parent - 1].id;
	}
}

static void random_comment(struct history *h, struct history_tenant *t, struct history_issue *issue)
{
	if (issue->has_comment && seed_below(&h->seed, 3) == 0) {
		history_issue_event(h, EVENT_COMMENT_DELETED, issue)->comment_deleted.comment_id =
		        issue->comment;
		issue->has_comment = false;
		return;
	}
	if (issue->has_comment) {
		struct comment_edited *e =
		        &history_issue_event(h, EVENT_COMMENT_EDITED, issue)->comment_edited;
		e->comment_id = issue->comment;
		e->body = SLICE("I have thought about it again.");
		return;
	}
	struct comment_added *e =
	        &history_issue_event(h, EVENT_COMMENT_ADDED, issue)->comment_added;
	issue->comment = history_id(t->name, "comment", seed_next(&h->seed));
	issue->has_comment = true;
	e->comment_id = issue->comment;
	e->author = history_id(t->name, "member", 1);
	e->body = SLICE("I think so too.");
}

static void random_link(struct history *h, struct history_tenant *t, struct history_issue *issue)
{
	struct history_issue *other = &t->issues[0];
	if (other == issue)
		return;
	struct event *event = history_issue_event(
	        h, issue->linked ? EVENT_ISSUE_UNLINKED : EVENT_ISSUE_LINKED, issue);
	if (issue->linked)
		event->issue_unlinked = (struct issue_unlinked){SLICE("blocks"), other->id};
	else
		event->issue_linked = (struct issue_linked){SLICE("blocks"), other->id};
	issue->linked = !issue->linked;
}

static void random_edit(struct history *h, const struct history_tenant *t,
                        struct history_issue *issue, char rank[16])
{
	const bool done = issue->column == 3;
	static const struct slice label[] = {{"later", 5}};
	static const struct slice_array one = {label, 1};
	struct issue_labels_changed *labels;
	struct issue_ranked *ranked;
	switch (seed_below(&h->seed, done ? 8 : 7)) {
	case 0:
		history_issue_event(h, EVENT_ISSUE_SUMMARY_CHANGED, issue)
		        ->issue_summary_changed.to = SLICE("Negotiate keys");
		break;
	case 1:
		history_issue_event(h, EVENT_ISSUE_PRIORITY_CHANGED, issue)
		        ->issue_priority_changed.to =
		        slice_str(priorities[seed_below(&h->seed, 5)]);
		break;
	case 2:
		history_issue_event(h, EVENT_ISSUE_DESCRIPTION_CHANGED, issue)
		        ->issue_description_changed.to = SLICE("Another text.");
		break;
	case 3:
		labels = &history_issue_event(h, EVENT_ISSUE_LABELS_CHANGED, issue)
		                  ->issue_labels_changed;
		*(issue->labelled ? &labels->removed : &labels->added) = one;
		issue->labelled = !issue->labelled;
		break;
	case 4:
		snprintf(rank, 16, "%08llx",
		         (unsigned long long)((seed_next(&h->seed) & 0xffffffff) | 1));
		ranked = &history_issue_event(h, EVENT_ISSUE_RANKED, issue)->issue_ranked;
		ranked->to = slice_of(rank, 8);
		break;
	case 5:
		history_issue_event(h, EVENT_ISSUE_REPORTER_CHANGED, issue)
		        ->issue_reporter_changed.to =
		        history_id(t->name, "member", 1 + seed_below(&h->seed, 2));
		break;
	case 7:
		history_issue_event(h, EVENT_ISSUE_RESOLUTION_CHANGED, issue)
		        ->issue_resolution_changed.to =
		        seed_below(&h->seed, 2) ? SLICE("wont_do") : SLICE("duplicate");
		break;
	default:
		history_issue_event(h, EVENT_ISSUE_ASSIGNED, issue)->issue_assigned.has_to = true;
		break;
	}
}

static struct event *of_organization(struct history *h, struct history_tenant *t,
                                     enum event_type type)
{
	return history_event(h, type, AGGREGATE_KIND_ORGANIZATION, history_id(t->name, "org", 1),
	                     ++t->organization_version);
}

static void random_membership(struct history *h, struct history_tenant *t, uint64_t team,
                              const struct uuid *second)
{
	struct team_members_changed *e =
	        &of_organization(h, t, EVENT_TEAM_MEMBERS_CHANGED)->team_members_changed;
	e->team_id = history_id(t->name, "team", team);
	*(t->in_team[team] ? &e->removed : &e->added) = (struct uuid_array){second, 1};
	t->in_team[team] = !t->in_team[team];
}

static void random_team(struct history *h, struct history_tenant *t, const struct uuid *second)
{
	uint64_t team = seed_below(&h->seed, 2);
	struct uuid id = history_id(t->name, "team", team);
	if (!t->has_team[team])
		of_organization(h, t, EVENT_TEAM_CREATED)->team_created =
		        (struct team_created){id, SLICE("Ops")};
	else if (t->second == SECOND_ACTIVE && seed_below(&h->seed, 2))
		random_membership(h, t, team, second);
	else if (seed_below(&h->seed, 2))
		of_organization(h, t, EVENT_TEAM_RENAMED)->team_renamed =
		        (struct team_renamed){id, SLICE("Ops"), SLICE("Platform")};
	else
		of_organization(h, t, EVENT_TEAM_DELETED)->team_deleted.team_id = id;
	bool deleted = h->staged[h->staged_n - 1].type == EVENT_TEAM_DELETED;
	t->has_team[team] = !deleted;
	t->in_team[team] = t->in_team[team] && !deleted;
}

static void random_second(struct history *h, struct history_tenant *t, const struct uuid *second)
{
	if (t->second == SECOND_ABSENT) {
		of_organization(h, t, EVENT_MEMBER_ADDED)->member_added =
		        (struct member_added){*second, ORG_ROLE_GUEST};
		t->second = SECOND_ACTIVE;
	} else if (seed_below(&h->seed, 3) == 0) {
		for (uint64_t team = 0; team < 2; team++)
			if (t->in_team[team])
				random_membership(h, t, team, second);
		of_organization(h, t, EVENT_MEMBER_REMOVED)->member_removed =
		        (struct member_removed){.member_id = *second,
		                                .role = ORG_ROLE_GUEST,
		                                .has_replaced_by = seed_below(&h->seed, 2),
		                                .replaced_by = history_id(t->name, "member", 1)};
		t->second = SECOND_ABSENT;
	} else if (t->second == SECOND_ACTIVE) {
		of_organization(h, t, EVENT_MEMBER_DEACTIVATED)->member_deactivated =
		        (struct member_deactivated){*second, ORG_ROLE_GUEST};
		t->second = SECOND_DEACTIVATED;
	} else {
		of_organization(h, t, EVENT_MEMBER_REACTIVATED)->member_reactivated =
		        (struct member_reactivated){*second, ORG_ROLE_GUEST};
		t->second = SECOND_ACTIVE;
	}
}

static void random_api_key(struct history *h, struct history_tenant *t)
{
	struct uuid ada = history_id(t->name, "member", 1);
	t->api_keys += !t->has_api_key;
	struct uuid id = history_id(t->name, "api key", t->api_keys);
	if (t->has_api_key)
		of_organization(h, t, EVENT_API_KEY_REVOKED)->api_key_revoked =
		        (struct api_key_revoked){id, ada};
	else
		of_organization(h, t, EVENT_API_KEY_CREATED)->api_key_created =
		        (struct api_key_created){.key_id = id,
		                                 .member_id = ada,
		                                 .name = SLICE("build"),
		                                 .scope = API_KEY_SCOPE_WRITE,
		                                 .hash = {1, 2, 3},
		                                 .expires_at = HISTORY_START_MS};
	t->has_api_key = !t->has_api_key;
}

static const struct permission_grant first_grants[] = {
        {.permission = PERMISSION_BROWSE_PROJECT,
         .to = GRANT_TO_PROJECT_ROLE,
         .has_project_role = true,
         .project_role = {"devs", 4}},
        {.permission = PERMISSION_EDIT_ISSUES,
         .to = GRANT_TO_ORGANIZATION_ROLE,
         .has_organization_role = true,
         .organization_role = ORG_ROLE_MEMBER},
};
static const struct permission_grant more_grants[] = {
        {.permission = PERMISSION_LOG_WORK, .to = GRANT_TO_ANYONE}};

static void random_spare(struct history *h, struct history_tenant *t, char room[16])
{
	int n = snprintf(room, 16, "spare%llu", (unsigned long long)t->spare_roles++);
	struct slice spare = slice_of(room, (size_t)n);
	of_organization(h, t, EVENT_PROJECT_ROLE_ADDED)->project_role_added =
	        (struct project_role_added){spare, SLICE("Spare")};
	of_organization(h, t, EVENT_PERMISSION_SCHEME_CREATED)->permission_scheme_created =
	        (struct permission_scheme_created){spare, SLICE("Spare"), {NULL, 0}};
	of_organization(h, t, EVENT_PROJECT_ROLE_REMOVED)->project_role_removed =
	        (struct project_role_removed){.role = spare, .name = SLICE("Spare")};
	of_organization(h, t, EVENT_PERMISSION_SCHEME_REMOVED)->permission_scheme_removed =
	        (struct permission_scheme_removed){.scheme = spare, .name = SLICE("Spare")};
}

static void random_link_type(struct history *h, struct history_tenant *t)
{
	static const struct slice id = {"causes", 6}, others[] = {{"causes", 6}, {"brings", 6}};
	struct slice to = others[seed_below(&h->seed, 2)];
	if (!t->has_link_type)
		of_organization(h, t, EVENT_LINK_TYPE_ADDED)->link_type_added =
		        (struct link_type_added){id, id, to, SLICE("is caused by"), false, false};
	else
		of_organization(h, t, EVENT_LINK_TYPE_EDITED)->link_type_edited =
		        (struct link_type_edited){.link_type = id, .to_name = id, .to_outward = to};
	t->has_link_type = true;
}

static void random_permissions(struct history *h, struct history_tenant *t, char room[16])
{
	if (!t->has_permissions) {
		of_organization(h, t, EVENT_PROJECT_ROLE_ADDED)->project_role_added =
		        (struct project_role_added){SLICE("devs"), SLICE("Developers")};
		of_organization(h, t, EVENT_PERMISSION_SCHEME_CREATED)->permission_scheme_created =
		        (struct permission_scheme_created){
		                SLICE("private"), SLICE("Private"), {first_grants, 2}};
		t->has_permissions = true;
	} else if (seed_below(&h->seed, 2)) {
		struct permission_grants_changed *e =
		        &of_organization(h, t, EVENT_PERMISSION_GRANTS_CHANGED)
		                 ->permission_grants_changed;
		e->scheme = SLICE("private");
		*(t->grants_more ? &e->removed : &e->added) =
		        (struct permission_grant_array){more_grants, 1};
		t->grants_more = !t->grants_more;
	} else if (seed_below(&h->seed, 2) && t->spare_roles < 50) {
		random_spare(h, t, room);
	} else {
		of_organization(h, t, EVENT_PROJECT_ROLE_RENAMED)->project_role_renamed =
		        (struct project_role_renamed){SLICE("devs"), SLICE(""), SLICE("Devs")};
		of_organization(h, t, EVENT_PERMISSION_SCHEME_RENAMED)->permission_scheme_renamed =
		        (struct permission_scheme_renamed){SLICE("private"), SLICE(""),
		                                           SLICE("Secret")};
	}
}

static void random_organization_command(struct history *h, struct history_tenant *t)
{
	struct uuid second = history_id(t->name, "member", 2);
	uint64_t kind = seed_below(&h->seed, 10);
	char room[16];
	if (kind == 0)
		of_organization(h, t, EVENT_ORGANIZATION_RENAMED)->organization_renamed.to =
		        SLICE("Acme & Sons");
	else if (kind == 5)
		of_organization(h, t, EVENT_API_KEYS_LIMITED)->api_keys_limited =
		        (struct api_keys_limited){366, 30};
	else if (kind == 6)
		random_api_key(h, t);
	else if (kind == 9)
		random_link_type(h, t);
	else if (kind > 6)
		random_permissions(h, t, room);
	else if (kind < 3)
		random_second(h, t, &second);
	else
		random_team(h, t, &second);
	history_command(h, t);
}

static struct event *of_project(struct history *h, enum event_type type, struct history_tenant *t)
{
	return history_event(h, type, AGGREGATE_KIND_PROJECT, t->project, ++t->project_version);
}

/* The project becomes private or open again, or ada gets or loses a role in it. */
static void random_access(struct history *h, struct history_tenant *t)
{
	static struct uuid ada;
	static const struct slice schemes[] = {{"classic", 7}, {"private", 7}};
	if (seed_below(&h->seed, 2)) {
		of_project(h, EVENT_PERMISSION_SCHEME_ASSIGNED, t)->permission_scheme_assigned =
		        (struct permission_scheme_assigned){schemes[t->is_private],
		                                            schemes[!t->is_private]};
		t->is_private = !t->is_private;
		return;
	}
	struct project_role_members_changed *e =
	        &of_project(h, EVENT_PROJECT_ROLE_MEMBERS_CHANGED, t)->project_role_members_changed;
	ada = history_id(t->name, "member", 1);
	e->role = SLICE("devs");
	*(t->has_role ? &e->removed_members : &e->added_members) = (struct uuid_array){&ada, 1};
	t->has_role = !t->has_role;
}

/* One comes, and goes again before the next. */
static void random_type(struct history *h, struct history_tenant *t)
{
	static const char *const ids[] = {"wish", "idea", "dream", "plan"};
	struct slice id = slice_str(ids[t->types / 2 % 4]);
	if (t->types % 2)
		of_project(h, EVENT_ISSUE_TYPE_REMOVED, t)->issue_type_removed =
		        (struct issue_type_removed){.issue_type = id, .name = SLICE("Type")};
	else
		of_project(h, EVENT_ISSUE_TYPE_ADDED, t)->issue_type_added =
		        (struct issue_type_added){.issue_type = id,
		                                  .name = SLICE("Type"),
		                                  .level = 2,
		                                  .workflow = SLICE("classic")};
	t->types++;
}

static void random_project(struct history *h, struct history_tenant *t)
{
	static const struct slice names[] = {{"Transport", 9}, {"Transport layer", 15}};
	static const struct slice keys[] = {{"TLS", 3}, {"NET", 3}};
	uint64_t name = seed_below(&h->seed, 2);
	if (t->has_permissions && seed_below(&h->seed, 3) == 0) {
		random_access(h, t);
		return;
	}
	if (t->types < 8 && seed_below(&h->seed, 6) == 0) {
		random_type(h, t);
		return;
	}
	switch (seed_below(&h->seed, 6)) {
	case 0:
		of_project(h, EVENT_PROJECT_RENAMED, t)->project_renamed.to = names[name];
		break;
	case 1:
		of_project(h, EVENT_PROJECT_CATEGORY_CHANGED, t)->project_category_changed =
		        (struct project_category_changed){.has_to = name, .to = names[name]};
		break;
	case 2:
		of_project(h, EVENT_PROJECT_LEAD_CHANGED, t)->project_lead_changed.has_from = true;
		break;
	case 3:
		of_project(h, EVENT_PROJECT_KEY_CHANGED, t)->project_key_changed =
		        (struct project_key_changed){keys[t->rekeyed], keys[!t->rekeyed]};
		t->rekeyed = !t->rekeyed;
		break;
	case 4:
		of_project(h, t->deleted ? EVENT_PROJECT_RESTORED : EVENT_PROJECT_DELETED, t)
		        ->project_deleted.key = keys[t->rekeyed];
		t->deleted = !t->deleted;
		break;
	default:
		of_project(h, t->archived ? EVENT_PROJECT_UNARCHIVED : EVENT_PROJECT_ARCHIVED, t)
		        ->project_archived.key = keys[t->rekeyed];
		t->archived = !t->archived;
	}
}

static struct uuid_array children_of(struct history_tenant *t, const struct history_issue *issue,
                                     struct uuid room[4])
{
	uint32_t n = 0, number = (uint32_t)(issue - t->issues) + 1;
	for (uint32_t i = 0; i < t->issues_n && n < 4; i++)
		if (t->issues[i].parent == number)
			room[n++] = t->issues[i].id;
	return (struct uuid_array){room, n};
}

/* Put it away, or take it back. */
static void random_keep(struct history *h, struct history_tenant *t, struct history_issue *issue,
                        struct uuid room[4])
{
	if (issue->deleted) {
		history_issue_event(h, EVENT_ISSUE_RESTORED, issue)->issue_restored.children =
		        children_of(t, issue, room);
		issue->deleted = false;
	} else if (issue->archived && seed_below(&h->seed, 2)) {
		history_issue_event(h, EVENT_ISSUE_UNARCHIVED, issue);
		issue->archived = false;
	} else if (issue->archived || seed_below(&h->seed, 2)) {
		history_issue_event(h, EVENT_ISSUE_DELETED, issue)->issue_deleted.children =
		        children_of(t, issue, room);
		issue->deleted = true;
	} else {
		history_issue_event(h, EVENT_ISSUE_ARCHIVED, issue);
		issue->archived = true;
	}
}

/* A component and a version, which issues get and lose. */
static void random_part(struct history *h, struct history_tenant *t)
{
	struct uuid component = history_id(t->name, "component", 1);
	struct uuid version = history_id(t->name, "version", 1);
	if (!t->has_parts) {
		of_project(h, EVENT_COMPONENT_ADDED, t)->component_added =
		        (struct component_added){component, {.name = SLICE("Keys")}};
		of_project(h, EVENT_VERSION_ADDED, t)->version_added =
		        (struct version_added){version, {.name = SLICE("1.0")}, 0};
		history_add_field(h, t->project, ++t->project_version, "cost");
		history_add_field(h, t->project, ++t->project_version, "notes");
		t->has_parts = true;
	} else if (seed_below(&h->seed, 3) == 0) {
		history_swap_fields(h, t);
	} else if (seed_below(&h->seed, 2)) {
		of_project(h, EVENT_COMPONENT_EDITED, t)->component_edited =
		        (struct component_edited){component, .after = {.name = SLICE("Keys 2")}};
	} else {
		of_project(h, EVENT_VERSION_STATUS_CHANGED, t)->version_status_changed =
		        (struct version_status_changed){.version_id = version,
		                                        .to = PROJECT_VERSION_STATUS_RELEASED};
	}
}

/* A board that comes, changes and goes. */
static void random_board(struct history *h, struct history_tenant *t)
{
	static const struct slice todo[] = {{"todo", 4}}, done[] = {{"done", 4}};
	static const struct board_column columns[] = {
	        {.id = {"open", 4}, .name = {"Open", 4}, .statuses = {todo, 1}}};
	static const struct slice fields[] = {{"labels", 6}, {"cost", 4}};
	static const struct board_filter filters[] = {
	        {.id = {"x", 1}, .name = {"X", 1}, .has_text = true, .text = {"keys", 4}}};
	static const struct slice types[] = {{"task", 4}, {"bug", 3}};
	static const struct issue_filter filter = {.types = {types, 2}};
	struct board_configuration board = {.name = SLICE("Board"),
	                                    .projects = {&t->project, 1},
	                                    .columns = {columns, 1},
	                                    .backlog = {done, (uint32_t)seed_below(&h->seed, 2)},
	                                    .swimlanes = BOARD_SWIMLANES_EPIC,
	                                    .filter = {&filter, (uint32_t)seed_below(&h->seed, 2)},
	                                    .filters = {filters, 1},
	                                    .card_fields = {fields, 2}};
	enum event_type type = !t->board_version              ? EVENT_BOARD_CREATED
	                       : seed_below(&h->seed, 3) == 0 ? EVENT_BOARD_DELETED
	                                                      : EVENT_BOARD_EDITED;
	struct event *event =
	        history_event(h, type, AGGREGATE_KIND_BOARD,
	                      history_id(t->name, "board", t->boards), ++t->board_version);
	if (type == EVENT_BOARD_EDITED)
		event->board_edited = (struct board_edited){board, board};
	else
		event->board_created.board = board; /* as board_deleted has it */
	if (type != EVENT_BOARD_DELETED)
		return;
	t->board_version = 0;
	t->boards++;
}

static void random_tag(struct history *h, struct history_tenant *t, struct history_issue *issue)
{
	static struct uuid component, version;
	component = history_id(t->name, "component", 1);
	version = history_id(t->name, "version", 1);
	struct issue_versions_changed *versions =
	        &history_issue_event(h, EVENT_ISSUE_VERSIONS_CHANGED, issue)
	                 ->issue_versions_changed;
	struct issue_components_changed *components =
	        &history_issue_event(h, EVENT_ISSUE_COMPONENTS_CHANGED, issue)
	                 ->issue_components_changed;
	versions->relation = VERSION_RELATION_FIX;
	*(issue->tagged ? &versions->removed : &versions->added) = (struct uuid_array){&version, 1};
	*(issue->tagged ? &components->removed : &components->added) =
	        (struct uuid_array){&component, 1};
	issue->tagged = !issue->tagged;
}

/* A command on many issues, most of which it refused. */
static void random_bulk(struct history *h, struct history_tenant *t)
{
	static const struct bulk_refusal refusals[] = {
	        {1, {"TLS-1", 5}, {"forbidden", 9}, {"not yours", 9}},
	        {4, {"TLS-7", 5}, {"no_such_issue", 13}, {"there is no issue TLS-7", 23}},
	};
	static const int32_t unchanged[] = {2, 3};
	struct uuid id = history_id(t->name, "bulk", ++t->bulks);
	history_event(h, EVENT_BULK_REFUSED, AGGREGATE_KIND_BULK, id, 1)->bulk_refused.refusals =
	        (struct bulk_refusal_array){refusals, 1};
	history_event(h, EVENT_BULK_COMPLETED, AGGREGATE_KIND_BULK, id, 2)->bulk_completed =
	        (struct bulk_completed){
	                .command = SLICE("BulkEditIssues"),
	                .issues = 4,
	                .refused = 2,
	                .unchanged = {unchanged, 2},
	                .refusals = {refusals + 1, 1},
	        };
}

static void random_command(struct history *h, struct history_tenant *t)
{
	char ranks[4][16];
	struct uuid children[4][4];
	if (seed_below(&h->seed, 12) == 0) {
		random_organization_command(h, t);
		return;
	}
	if (seed_below(&h->seed, 40) == 0)
		random_project(h, t);
	else if (seed_below(&h->seed, 30) == 0)
		random_part(h, t);
	else if (seed_below(&h->seed, 40) == 0)
		random_board(h, t);
	else if (seed_below(&h->seed, 30) == 0)
		random_bulk(h, t);
	else if (seed_below(&h->seed, 30) == 0)
		history_next_label(h, t);
	uint64_t events = 1 + seed_below(&h->seed, 3);
	for (uint64_t i = 0; i < events; i++) {
		uint64_t kind = seed_below(&h->seed, 15);
		struct history_issue *issue =
		        t->issues_n ? &t->issues[seed_below(&h->seed, t->issues_n)] : NULL;
		/* into a deleted project nothing comes, of it nothing goes but along with a parent
		 */
		bool create = !issue || (kind < 2 && t->issues_n < t->issues_max);
		if (t->deleted && (create || (kind == 13 && issue->elsewhere)))
			continue;
		if (create)
			random_create(h, t, ranks[i]);
		else if (issue->archived || issue->deleted || kind == 12 ||
		         (t->deleted && !issue->elsewhere))
			random_keep(h, t, issue, children[i]);
		else if (kind == 13)
			history_random_move(h, t, issue);
		else if (kind == 14)
			history_random_conversion(h, t, issue);
		else if (kind < 5)
			history_random_transition(h, t, issue);
		else if (kind < 7)
			random_comment(h, t, issue);
		else if (kind < 8)
			random_link(h, t, issue);
		else if (kind < 9)
			history_random_plan(h, t, issue);
		else if (kind < 10 && t->has_parts && !issue->elsewhere)
			random_tag(h, t, issue);
		else if (kind < 11 && t->has_parts)
			history_random_value(h, issue);
		else
			random_edit(h, t, issue, ranks[i]);
	}
	if (h->staged_n)
		history_command(h, t);
}

void history_random(struct history *history, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		random_command(history,
		               &history->tenants[seed_below(&history->seed, history->tenants_n)]);
	history_flush(history);
}
