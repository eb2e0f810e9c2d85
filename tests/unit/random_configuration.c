#include "tests/unit/random_inside.h"
#include "tests/unit/workflows.h"

/* Two workflows and a third that cannot be obeyed; each makes issues of the others homeless. */
static const struct workflow_rule rules[] = {
        {.kind = WORKFLOW_RULE_KIND_ANY},
        {.kind = WORKFLOW_RULE_KIND_ROLE,
         .has_role = true,
         .role = ORG_ROLE_ADMIN,
         .has_group = true},
        {.kind = WORKFLOW_RULE_KIND_NOT, .has_group = true},
        {.kind = WORKFLOW_RULE_KIND_SUBTASKS_IN,
         .categories = {(const enum status_category[]){STATUS_CATEGORY_TODO}, 1},
         .has_group = true,
         .group = 2},
};
/* New issues must have a label or be important; they are labelled, and their reporter gets them. */
static const struct workflow_rule first_rules[] = {
        {.kind = WORKFLOW_RULE_KIND_ANY},
        {.kind = WORKFLOW_RULE_KIND_FIELD_SET,
         .has_field = true,
         .field = ISSUE_FIELD_LABELS,
         .has_group = true},
        {.kind = WORKFLOW_RULE_KIND_FIELD_IS,
         .has_field = true,
         .field = ISSUE_FIELD_PRIORITY,
         .values = {(const struct slice[]){{"highest", 7}, {"high", 4}, {"medium", 6}}, 3},
         .has_group = true},
        {.kind = WORKFLOW_RULE_KIND_MATCHES,
         .has_field = true,
         .field = ISSUE_FIELD_SUMMARY,
         .has_pattern = true,
         .pattern = SLICE("\\w+( \\w+)*")},
};
static const struct post_function first_functions[] = {
        {.kind = POST_FUNCTION_KIND_ADD_LABELS, .values = {(const struct slice[]){{"new", 3}}, 1}},
        {.kind = POST_FUNCTION_KIND_ASSIGN,
         .has_assignee = true,
         .assignee = ASSIGNEE_CHOICE_REPORTER},
};
static const struct workflow_rule changed = {
        .kind = WORKFLOW_RULE_KIND_FIELD_CHANGED, .has_field = true, .field = ISSUE_FIELD_PRIORITY};
static const struct slice screen[] = {{"priority", 8}, {"labels", 6}, {"due_on", 6}};
static const struct post_function close_functions[] = {
        {.kind = POST_FUNCTION_KIND_COPY,
         .has_field = true,
         .field = SLICE("start_on"),
         .has_source = true,
         .source = SLICE("due_on")},
        {.kind = POST_FUNCTION_KIND_REMOVE_LABELS,
         .values = {(const struct slice[]){{"new", 3}, {"ui", 2}}, 2}},
        {.kind = POST_FUNCTION_KIND_CLEAR, .has_field = true, .field = SLICE("estimate")},
        {.kind = POST_FUNCTION_KIND_SET,
         .has_field = true,
         .field = SLICE("resolution"),
         .values = {(const struct slice[]){{"wont_do", 7}}, 1}},
};
static const struct workflow_transition short_ones[] = {
        {.id = SLICE("create"),
         .name = SLICE("Create"),
         .kind = TRANSITION_KIND_INITIAL,
         .to = SLICE("todo"),
         .validators = {first_rules, 4},
         .functions = {first_functions, 2}},
        {.id = SLICE("close"),
         .name = SLICE("close"),
         .kind = TRANSITION_KIND_DIRECTED,
         .from = {(const struct slice[]){{"todo", 4}}, 1},
         .to = SLICE("done"),
         .validators = {&changed, 1},
         .screen = {screen, 3},
         .functions = {close_functions, 4}},
        FROM_ANY("any", "todo")};
static const struct workflow_transition long_ones[] = {
        BEGIN("in_progress"),
        FROM_ANY("any", "blocked"),
        {.id = SLICE("start"),
         .name = SLICE("start"),
         .kind = TRANSITION_KIND_DIRECTED,
         .from = {(const struct slice[]){{"blocked", 7}}, 1},
         .to = SLICE("in_review"),
         .conditions = {rules, 4}},

        WAY("close", "in_review", "done")};
static const struct workflow_transition wrong_ones[] = {BEGIN("nirvana")};
static struct workflow_transition_array some_transitions(struct decider *decider, struct seed *seed)
{
	if (maybe(seed, 3))
		return random_workflow_of_people(decider, seed);
	if (maybe(seed, 4))
		return (struct workflow_transition_array){wrong_ones, 1};
	return maybe(seed, 2) ? (struct workflow_transition_array){short_ones, 3}
	                      : (struct workflow_transition_array){long_ones, 4};
}

static struct status_move_array some_moves(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 3);
	struct status_move *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = (struct status_move){PICK("todo", "in_progress", "in_review", "blocked"),
		                                PICK("todo", "done", "in_review")};
	return (struct status_move_array){items, n};
}

#define CONFIGURED    PICK("TLS", "TLS", "TLS", "QUIC", "NONE")
#define SOME_WORKFLOW PICK("classic", "classic", "other", "third", "Bad")

void fill_configuration(struct decider *decider, struct seed *seed, struct command *command)
{
	switch ((int)command->type) {
	case COMMAND_ADD_STATUS:
		command->add_status =
		        (struct add_status){.project = CONFIGURED,
		                            .status = PICK("blocked", "waiting", "todo", "Bad"),
		                            .name = SOME_TEXT,
		                            .category = STATUS_CATEGORY_IN_PROGRESS};
		break;
	case COMMAND_EDIT_STATUS:
		command->edit_status = (struct edit_status){
		        .project = CONFIGURED,
		        .status = SOME_STATUS,
		        .has_name = maybe(seed, 2),
		        .name = SOME_TEXT,
		        .has_category = maybe(seed, 2),
		        .category = (enum status_category)seed_below(seed, STATUS_CATEGORIES),
		        .has_position = maybe(seed, 2),
		        .position = (int32_t)seed_below(seed, 6)};
		break;
	case COMMAND_REMOVE_STATUS:
		command->remove_status = (struct remove_status){
		        .project = CONFIGURED,
		        .status = PICK("waiting", "todo", "in_review", "blocked"),
		        .has_replace_with = maybe(seed, 3),
		        .replace_with = PICK("in_progress", "in_review", "blocked", "nirvana")};
		break;
	case COMMAND_ADD_ISSUE_TYPE:
		command->add_issue_type =
		        (struct add_issue_type){.project = CONFIGURED,
		                                .issue_type = PICK("wish", "bug", "Bad"),
		                                .name = SOME_TEXT,
		                                .workflow = SOME_WORKFLOW};
		break;
	case COMMAND_EDIT_ISSUE_TYPE:
		command->edit_issue_type =
		        (struct edit_issue_type){.project = CONFIGURED,
		                                 .issue_type = SOME_TYPE,
		                                 .has_disabled = true,
		                                 .disabled = maybe(seed, 3),
		                                 .has_position = maybe(seed, 2),
		                                 .position = (int32_t)seed_below(seed, 6)};
		break;
	case COMMAND_REMOVE_ISSUE_TYPE:
		command->remove_issue_type = (struct remove_issue_type){
		        .project = CONFIGURED,
		        .issue_type = PICK("wish", "bug", "subtask", "epic"),
		        .has_replace_with = maybe(seed, 2),
		        .replace_with = SOME_TYPE,
		        .moves = some_moves(decider, seed)};
		break;
	case COMMAND_ADD_PRIORITY:
		command->add_priority = (struct add_priority){
		        .project = CONFIGURED, .priority = PICK("now", "low"), .name = SOME_TEXT};
		break;
	case COMMAND_EDIT_PRIORITY:
		command->edit_priority = (struct edit_priority){.project = CONFIGURED,
		                                                .priority = SOME_LEVEL,
		                                                .has_name = true,
		                                                .name = SOME_TEXT,
		                                                .has_disabled = maybe(seed, 2),
		                                                .disabled = maybe(seed, 3)};
		break;
	case COMMAND_ADD_RESOLUTION:
		command->add_resolution =
		        (struct add_resolution){.project = CONFIGURED,
		                                .resolution = PICK("boredom", "done"),
		                                .name = SOME_TEXT};
		break;
	case COMMAND_EDIT_RESOLUTION:
		command->edit_resolution =
		        (struct edit_resolution){.project = CONFIGURED,
		                                 .resolution = PICK("done", "wont_do", "lost"),
		                                 .has_disabled = true,
		                                 .disabled = maybe(seed, 2)};
		break;
	case COMMAND_SAVE_WORKFLOW_DRAFT:
		command->save_workflow_draft = (struct save_workflow_draft){
		        .project = CONFIGURED,
		        .workflow = SOME_WORKFLOW,
		        .name = SOME_TEXT,
		        .transitions = some_transitions(decider, seed)};
		break;
	case COMMAND_DISCARD_WORKFLOW_DRAFT:
		command->discard_workflow_draft = (struct discard_workflow_draft){
		        .project = CONFIGURED, .workflow = SOME_WORKFLOW};
		break;
	case COMMAND_PUBLISH_WORKFLOW:
		command->publish_workflow =
		        (struct publish_workflow){.project = CONFIGURED,
		                                  .workflow = SOME_WORKFLOW,
		                                  .moves = some_moves(decider, seed)};
		break;
	case COMMAND_ASSIGN_WORKFLOW:
		command->assign_workflow =
		        (struct assign_workflow){.project = CONFIGURED,
		                                 .issue_type = SOME_TYPE,
		                                 .workflow = SOME_WORKFLOW,
		                                 .moves = some_moves(decider, seed)};
		break;
	case COMMAND_REMOVE_WORKFLOW:
		command->remove_workflow =
		        (struct remove_workflow){.project = CONFIGURED,
		                                 .workflow = PICK("other", "third", "classic"),
		                                 .has_replace_with = maybe(seed, 2),
		                                 .replace_with = SOME_WORKFLOW,
		                                 .moves = some_moves(decider, seed)};
		break;
	default:
		fill_field(decider, seed, command);
		break;
	}
}
