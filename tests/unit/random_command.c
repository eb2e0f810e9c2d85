#include "tests/unit/random_command.h"

#include <stdio.h>

#include "tests/unit/random_inside.h"

bool maybe(struct seed *seed, uint64_t one_in)
{
	return seed_below(seed, one_in) == 0;
}

struct slice random_issue(struct decider *decider, struct seed *seed)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%s-%d", maybe(seed, 8) ? "QUIC" : "TLS",
	                 (int)seed_below(seed, 40));

	return arena_copy(&decider->arena, slice_of(text, (size_t)n));
}

struct uuid random_person(struct seed *seed)
{
	return id_of(1 + seed_below(seed, PERSONS));
}

static struct uuid some_team(struct seed *seed)
{
	return id_of(4000 + seed_below(seed, 4));
}

static struct uuid_array some_people(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 4);
	struct uuid *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = random_person(seed);
	return (struct uuid_array){items, n};
}

struct slice_array random_labels(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 4);
	struct slice *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = PICK("ui", "crypto", "good first issue", "a,b", "z");
	return (struct slice_array){items, n};
}

static struct issue_field_array some_fields(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 3);
	enum issue_field *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = (enum issue_field)seed_below(seed, ISSUE_FIELDS);
	return (struct issue_field_array){items, n};
}

struct field_value_array random_screen(struct decider *decider, struct seed *seed)
{
	static const char *const names[] = {"priority", "due_on", "labels", "summary"};
	uint32_t n = maybe(seed, 2) ? 1 + (uint32_t)seed_below(seed, 3) : 0;
	struct field_value *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));
	struct slice *one;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t at = (i + seed_below(seed, 5)) % 4;
		items[i].field = slice_str(names[at]);
		items[i].values = random_labels(decider, seed);
		if (at == 2)
			continue;
		one = arena_zero(&decider->arena, sizeof(*one));
		*one = at == 0   ? PICK("highest", "low", "medium", "now")
		       : at == 1 ? PICK("2024-01-02", "1970-01-03", "soon")
		                 : SOME_TEXT;
		items[i].values = (struct slice_array){one, maybe(seed, 6) ? 0 : 1};
	}
	return (struct field_value_array){items, n};
}

#define SOME_LINK PICK("blocks", "relates", "causes", "meets")
static void fill_conversion(struct decider *decider, struct seed *seed, struct edit_issue *edit)
{
	static const enum issue_field parent[] = {ISSUE_FIELD_PARENT};

	*edit = (struct edit_issue){.issue = SOME_ISSUE,
	                            .has_type = true,
	                            .type = SOME_TYPE,
	                            .has_status = maybe(seed, 4),
	                            .status = SOME_STATUS,
	                            .has_resolution = maybe(seed, 4),
	                            .resolution = SOME_RESOLUTION,
	                            .has_parent = maybe(seed, 3),
	                            .parent = SOME_ISSUE};
	if (!edit->has_parent && maybe(seed, 3))
		edit->clear = (struct issue_field_array){parent, 1};
}

static void fill_issue_command(struct decider *decider, struct seed *seed, struct command *command)
{
	switch ((int)command->type) {
	case COMMAND_CREATE_ISSUE:
		command->create_issue = (struct create_issue){
		        .has_issue_id = maybe(seed, 5),
		        .issue_id = id_of(seed_below(seed, 2000)),
		        .project = PICK("TLS", "TLS", "TLS", "TLS", "QUIC", "NONE"),
		        .type = SOME_TYPE,
		        .summary = SOME_TEXT,
		        .description = SOME_TEXT,
		        .priority = SOME_LEVEL,
		        .has_assignee = maybe(seed, 2),
		        .assignee = random_person(seed),
		        .has_reporter = maybe(seed, 4),
		        .reporter = random_person(seed),
		        .labels = random_labels(decider, seed),
		        .has_parent = maybe(seed, 2),
		        .parent = SOME_ISSUE,
		        .has_due_on = maybe(seed, 3),
		        .due_on = 20000,
		        .has_start_on = maybe(seed, 4),
		        .start_on = 19999 + (int32_t)seed_below(seed, 3),
		        .has_estimate = maybe(seed, 3),
		        .estimate = (int32_t)seed_below(seed, 500),
		        .has_remaining = maybe(seed, 5),
		        .remaining = (int32_t)seed_below(seed, 500),
		        .fields = random_fields(decider, seed)};
		break;
	case COMMAND_EDIT_ISSUE:
		command->edit_issue = (struct edit_issue){
		        .issue = SOME_ISSUE,
		        SOME_CONVERSION,
		        .has_summary = maybe(seed, 2),
		        .summary = SOME_TEXT,
		        .has_description = maybe(seed, 3),
		        .description = SOME_TEXT,
		        .has_priority = maybe(seed, 3),
		        .priority = SOME_LEVEL,
		        .has_resolution = maybe(seed, 6),
		        .resolution = SOME_RESOLUTION,
		        .has_reporter = maybe(seed, 4),
		        .reporter = random_person(seed),
		        .has_due_on = maybe(seed, 3),
		        .due_on = (int32_t)seed_below(seed, 3),
		        .has_start_on = maybe(seed, 4),
		        .start_on = (int32_t)seed_below(seed, 4),
		        .has_estimate = maybe(seed, 4),
		        .estimate = (int32_t)seed_below(seed, 300),
		        .has_remaining = maybe(seed, 6),
		        .remaining = (int32_t)seed_below(seed, 300) - 3,
		        .has_parent = maybe(seed, 2),
		        .parent = SOME_ISSUE,
		        .fields = random_fields(decider, seed),
		        .clear = maybe(seed, 3) ? some_fields(decider, seed)
		                                : (struct issue_field_array){NULL, 0},
		        .if_unchanged = maybe(seed, 4) ? some_fields(decider, seed)
		                                       : (struct issue_field_array){NULL, 0},
		        .if_fields_unchanged = random_field_ids(decider, seed),
		        EXPECTED};
		if (maybe(seed, 3))
			fill_conversion(decider, seed, &command->edit_issue);
		else if (maybe(seed, 3))
			command->edit_issue = (struct edit_issue){.issue = SOME_ISSUE,
			                                          .has_resolution = maybe(seed, 2),
			                                          .resolution = SOME_RESOLUTION,
			                                          .has_reporter = maybe(seed, 2),
			                                          .reporter = random_person(seed)};
		break;
	case COMMAND_ASSIGN_ISSUE:
		command->assign_issue = (struct assign_issue){.issue = SOME_ISSUE,
		                                              .has_assignee = maybe(seed, 2),
		                                              .assignee = random_person(seed),
		                                              EXPECTED};
		break;
	case COMMAND_LABEL_ISSUE:
		command->label_issue = (struct label_issue){.issue = SOME_ISSUE,
		                                            .add = random_labels(decider, seed),
		                                            .remove = random_labels(decider, seed),
		                                            EXPECTED};
		break;
	case COMMAND_TRANSITION_ISSUE:
		command->transition_issue =
		        (struct transition_issue){.issue = SOME_ISSUE,
		                                  .has_to = !maybe(seed, 3),
		                                  .to = SOME_STATUS,
		                                  .has_category = maybe(seed, 4),
		                                  .category = STATUS_CATEGORY_DONE,
		                                  .has_transition = maybe(seed, 4),
		                                  .transition = PICK("start", "close", "any"),
		                                  .has_resolution = maybe(seed, 4),
		                                  .resolution = SOME_RESOLUTION,
		                                  .fields = random_screen(decider, seed),
		                                  .has_comment = maybe(seed, 8),
		                                  .comment = SOME_TEXT,
		                                  .has_from = maybe(seed, 8),
		                                  .from = SOME_STATUS,
		                                  EXPECTED};
		break;
	case COMMAND_RANK_ISSUE:
		command->rank_issue = (struct rank_issue){.issue = SOME_ISSUE,
		                                          .has_before = maybe(seed, 2),
		                                          .before = SOME_ISSUE,
		                                          .has_after = maybe(seed, 2),
		                                          .after = SOME_ISSUE,
		                                          .has_to = maybe(seed, 5),
		                                          .to = RANK_END_TOP,
		                                          EXPECTED};
		break;
	default:
		break;
	}
}

struct replacement_array random_replacements(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 3);
	struct replacement *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = (struct replacement){SOME_STATUS, SOME_STATUS};
	return (struct replacement_array){items, n};
}

struct uuid_array random_parts(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 3);
	struct uuid *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = SOME_PART;
	return (struct uuid_array){items, n};
}

static void fill_work_command(struct decider *decider, struct seed *seed, struct command *command)
{
	struct uuid worklog = id_of(4000 + seed_below(seed, 60));
	enum remaining_change remaining = (enum remaining_change)(1 + seed_below(seed, 3));
	bool set = (remaining == REMAINING_CHANGE_SET) != maybe(seed, 10);
	int32_t minutes = (int32_t)seed_below(seed, 500) - 5;

	switch ((int)command->type) {
	case COMMAND_CLONE_ISSUE:
		command->clone_issue = (struct clone_issue){.issue = SOME_ISSUE,
		                                            .has_project = maybe(seed, 3),
		                                            .project = SOME_PROJECT,
		                                            .summary_prefix = PICK("", "Copy of "),
		                                            .has_reporter = maybe(seed, 4),
		                                            .reporter = random_person(seed),
		                                            .fields = random_fields(decider, seed),
		                                            .subtasks = maybe(seed, 2),
		                                            .links = maybe(seed, 2)};
		break;
	case COMMAND_MOVE_ISSUE:
		command->move_issue =
		        (struct move_issue){.issue = SOME_ISSUE,
		                            .project = PICK("TLS", "QUIC", "NET"),
		                            .statuses = random_replacements(decider, seed),
		                            .fields = random_fields(decider, seed),
		                            EXPECTED};
		break;
	case COMMAND_ARCHIVE_ISSUE:
		command->archive_issue = (struct archive_issue){.issue = SOME_ISSUE, EXPECTED};
		break;
	case COMMAND_UNARCHIVE_ISSUE:
		command->unarchive_issue = (struct unarchive_issue){.issue = SOME_ISSUE, EXPECTED};
		break;
	case COMMAND_DELETE_ISSUE:
		command->delete_issue = (struct delete_issue){.issue = SOME_ISSUE, EXPECTED};
		break;
	case COMMAND_RESTORE_ISSUE:
		command->restore_issue = (struct restore_issue){.issue = SOME_ISSUE, EXPECTED};
		break;
	case COMMAND_WATCH_ISSUE:
		command->watch_issue =
		        (struct watch_issue){SOME_ISSUE, maybe(seed, 2), random_person(seed)};
		break;
	case COMMAND_UNWATCH_ISSUE:
		command->unwatch_issue =
		        (struct unwatch_issue){SOME_ISSUE, maybe(seed, 2), random_person(seed)};
		break;
	case COMMAND_LOG_WORK:
		command->log_work = (struct log_work){.issue = SOME_ISSUE,
		                                      .has_worklog_id = true,
		                                      .worklog_id = worklog,
		                                      .minutes = minutes,
		                                      .comment = SOME_TEXT,
		                                      .remaining = remaining,
		                                      .has_remaining_minutes = set,
		                                      .remaining_minutes = minutes};
		break;
	case COMMAND_EDIT_WORKLOG:
		command->edit_worklog = (struct edit_worklog){.issue = SOME_ISSUE,
		                                              .worklog_id = worklog,
		                                              .has_minutes = maybe(seed, 2),
		                                              .minutes = minutes,
		                                              .has_comment = maybe(seed, 2),
		                                              .comment = SOME_TEXT,
		                                              .remaining = remaining,
		                                              .has_remaining_minutes = set,
		                                              .remaining_minutes = 7,
		                                              EXPECTED};
		break;
	case COMMAND_DELETE_WORKLOG:
		command->delete_worklog = (struct delete_worklog){.issue = SOME_ISSUE,
		                                                  .worklog_id = worklog,
		                                                  .remaining = remaining,
		                                                  .has_remaining_minutes = set,
		                                                  .remaining_minutes = 7,
		                                                  EXPECTED};
		break;
	default:
		break;
	}
}

static struct slice some_mention(struct decider *decider, struct seed *seed)
{
	struct uuid member = random_person(seed);
	char text[5 + UUID_TEXT] = "see @";

	uuid_format(&member, text + 5);
	return arena_copy(&decider->arena, slice_of(text, sizeof(text)));
}

static void fill_part_command(struct decider *decider, struct seed *seed, struct command *command)
{
	switch ((int)command->type) {
	case COMMAND_ADD_COMPONENT:
		command->add_component =
		        (struct add_component){.project = SOME_PROJECT,
		                               .has_component_id = true,
		                               .component_id = SOME_PART,
		                               .name = SOME_TEXT,
		                               .has_lead = maybe(seed, 2),
		                               .lead = random_person(seed),
		                               .has_default_assignee = maybe(seed, 2),
		                               .default_assignee = random_person(seed)};
		break;
	case COMMAND_EDIT_COMPONENT:
		command->edit_component = (struct edit_component){.project = SOME_PROJECT,
		                                                  .component_id = SOME_PART,
		                                                  .has_name = maybe(seed, 2),
		                                                  .name = SOME_TEXT,
		                                                  EXPECTED};
		break;
	case COMMAND_REMOVE_COMPONENT:
		command->remove_component =
		        (struct remove_component){.project = SOME_PROJECT,
		                                  .component_id = SOME_PART,
		                                  .has_replace_with = maybe(seed, 2),
		                                  .replace_with = SOME_PART,
		                                  .detach = maybe(seed, 3)};
		break;
	case COMMAND_ADD_VERSION:
		command->add_version = (struct add_version){.project = SOME_PROJECT,
		                                            .has_version_id = true,
		                                            .version_id = SOME_PART,
		                                            .name = SOME_TEXT};
		break;
	case COMMAND_EDIT_VERSION:
		command->edit_version =
		        (struct edit_version){.project = SOME_PROJECT,
		                              .version_id = SOME_PART,
		                              .has_start_on = maybe(seed, 2),
		                              .start_on = (int32_t)seed_below(seed, 9),
		                              .has_release_on = maybe(seed, 2),
		                              .release_on = (int32_t)seed_below(seed, 9)};
		break;
	case COMMAND_RELEASE_VERSION:
		command->release_version =
		        (struct release_version){.project = SOME_PROJECT,
		                                 .version_id = SOME_PART,
		                                 .has_move_open_to = maybe(seed, 2),
		                                 .move_open_to = SOME_PART};
		break;
	case COMMAND_UNRELEASE_VERSION:
		command->unrelease_version = (struct unrelease_version){.project = SOME_PROJECT,
		                                                        .version_id = SOME_PART};
		break;
	case COMMAND_ARCHIVE_VERSION:
		command->archive_version =
		        (struct archive_version){.project = SOME_PROJECT, .version_id = SOME_PART};
		break;
	case COMMAND_UNARCHIVE_VERSION:
		command->unarchive_version = (struct unarchive_version){.project = SOME_PROJECT,
		                                                        .version_id = SOME_PART};
		break;
	case COMMAND_MOVE_VERSION:
		command->move_version = (struct move_version){.project = SOME_PROJECT,
		                                              .version_id = SOME_PART,
		                                              .has_after = maybe(seed, 2),
		                                              .after = SOME_PART};
		break;
	case COMMAND_REMOVE_VERSION:
		command->remove_version =
		        (struct remove_version){.project = SOME_PROJECT,
		                                .version_id = SOME_PART,
		                                .has_replace_with = maybe(seed, 2),
		                                .replace_with = SOME_PART,
		                                .detach = maybe(seed, 3)};
		break;
	case COMMAND_CHANGE_ISSUE_COMPONENTS:
		command->change_issue_components =
		        (struct change_issue_components){.issue = SOME_ISSUE,
		                                         .add = random_parts(decider, seed),
		                                         .remove = random_parts(decider, seed)};
		break;
	case COMMAND_CHANGE_ISSUE_VERSIONS:
		command->change_issue_versions =
		        (struct change_issue_versions){.issue = SOME_ISSUE,
		                                       .add_fix = random_parts(decider, seed),
		                                       .remove_fix = random_parts(decider, seed),
		                                       .add_affects = random_parts(decider, seed)};
		break;
	default:
		break;
	}
}

void random_command_fill(struct decider *decider, struct seed *seed, struct command *command)
{
	struct uuid comment = id_of(3000 + seed_below(seed, 60));

	fill_issue_command(decider, seed, command);
	fill_work_command(decider, seed, command);
	fill_bulk(decider, seed, command);
	fill_configuration(decider, seed, command);
	fill_permission(decider, seed, command);
	fill_part_command(decider, seed, command);
	fill_label(seed, command);
	fill_board(decider, seed, command);
	fill_member(seed, command);
	switch ((int)command->type) {
	case COMMAND_SKIP_EVENT:
		command->skip_event =
		        (struct skip_event){.seq = 1, .why = SOME_TEXT, .operator= SOME_TEXT };
		break;
	case COMMAND_RENAME_ORGANIZATION:
		command->rename_organization = (struct rename_organization){SOME_TEXT, EXPECTED};
		break;
	case COMMAND_CREATE_API_KEY:
		command->create_api_key = (struct create_api_key){
		        .has_key_id = true,
		        .key_id = id_of(5000 + seed_below(seed, 400)),
		        .name = SOME_TEXT,
		        .scope = (enum api_key_scope)seed_below(seed, API_KEY_SCOPES)};
		break;
	case COMMAND_REVOKE_API_KEY:
		command->revoke_api_key.key = id_of(5000 + seed_below(seed, 400));
		break;
	case COMMAND_LIMIT_API_KEYS:
		command->limit_api_keys.days = (int32_t)seed_below(seed, 400);
		break;
	case COMMAND_CREATE_TEAM:
		command->create_team = (struct create_team){.has_team_id = maybe(seed, 2),
		                                            .team_id = some_team(seed),
		                                            .name = SOME_TEXT,
		                                            .members = some_people(decider, seed)};
		break;
	case COMMAND_RENAME_TEAM:
		command->rename_team =
		        (struct rename_team){.team = some_team(seed), .name = SOME_TEXT};
		break;
	case COMMAND_DELETE_TEAM:
		command->delete_team.team = some_team(seed);
		break;
	case COMMAND_CHANGE_TEAM_MEMBERS:
		command->change_team_members =
		        (struct change_team_members){.team = some_team(seed),
		                                     .add = some_people(decider, seed),
		                                     .remove = some_people(decider, seed)};
		break;
	case COMMAND_CREATE_PROJECT:
		command->create_project = (struct create_project){.key = PICK("QUIC", "TLS", "bad"),
		                                                  .name = SOME_TEXT};
		break;
	case COMMAND_EDIT_PROJECT:
		command->edit_project = (struct edit_project){.project = SOME_PROJECT,
		                                              .has_name = maybe(seed, 2),
		                                              .name = SOME_TEXT,
		                                              .has_lead = maybe(seed, 2),
		                                              .lead = random_person(seed),
		                                              .has_category = maybe(seed, 2),
		                                              .category = SOME_TEXT,
		                                              EXPECTED};
		break;
	case COMMAND_CHANGE_PROJECT_KEY:
		command->change_project_key =
		        (struct change_project_key){.project = SOME_PROJECT,
		                                    .key = PICK("QUIC", "NET", "OPS", "bad"),
		                                    EXPECTED};
		break;
	case COMMAND_ARCHIVE_PROJECT:
		command->archive_project.project = PICK("QUIC", "NET", "NONE");
		break;
	case COMMAND_UNARCHIVE_PROJECT:
		command->unarchive_project.project = PICK("QUIC", "NET", "NONE");
		break;
	case COMMAND_ADD_LINK_TYPE:
		command->add_link_type =
		        (struct add_link_type){.link_type = PICK("causes", "meets", "more"),
		                               .name = SLICE("x"),
		                               .outward = SLICE("x"),
		                               .inward = PICK("", "x", "y"),
		                               .symmetric = maybe(seed, 2),
		                               .acyclic = maybe(seed, 4)};
		break;
	case COMMAND_EDIT_LINK_TYPE:
		command->edit_link_type = (struct edit_link_type){
		        .link_type = SOME_LINK, .has_outward = true, .outward = PICK("x", "z")};
		break;
	case COMMAND_REMOVE_LINK_TYPE:
		command->remove_link_type = (struct remove_link_type){
		        .link_type = maybe(seed, 8) ? SOME_LINK : SLICE("more"),
		        .has_replace_with = true,
		        .replace_with = PICK("relates", "meets", "blocks")};
		break;
	case COMMAND_DELETE_PROJECT:
		command->delete_project.project = PICK("QUIC", "NET", "NONE");
		break;
	case COMMAND_RESTORE_PROJECT:
		command->restore_project.project = PICK("QUIC", "NET", "TLS");
		break;
	case COMMAND_ADD_COMMENT:
		command->add_comment = (struct add_comment){
		        .issue = SOME_ISSUE,
		        .has_comment_id = true,
		        .comment_id = comment,
		        .body = maybe(seed, 4) ? some_mention(decider, seed) : SOME_TEXT,
		        .has_reply_to = maybe(seed, 3),
		        .reply_to = id_of(3000 + seed_below(seed, 60))};
		break;
	case COMMAND_EDIT_COMMENT:
		command->edit_comment = (struct edit_comment){
		        .issue = SOME_ISSUE,
		        .comment_id = comment,
		        .body = maybe(seed, 4) ? some_mention(decider, seed) : SOME_TEXT};
		break;
	case COMMAND_DELETE_COMMENT:
		command->delete_comment.issue = SOME_ISSUE;
		command->delete_comment.comment_id = comment;
		break;
	case COMMAND_LINK_ISSUES:
		command->link_issues = (struct link_issues){
		        .issue = SOME_ISSUE, .link_type = SOME_LINK, .other = SOME_ISSUE};
		break;
	case COMMAND_UNLINK_ISSUES:
		command->unlink_issues = (struct unlink_issues){
		        .issue = SOME_ISSUE, .link_type = SOME_LINK, .other = SOME_ISSUE};
		break;
	default:
		break;
	}
}
