/* Rules, screens and post functions in the words of tests. */
#ifndef TESTS_UNIT_RULES_H
#define TESTS_UNIT_RULES_H

#include "tests/unit/workflows.h"

#define RULES(...)                                                                                 \
	{                                                                                          \
		(const struct workflow_rule[]){__VA_ARGS__},                                       \
		        sizeof((const struct workflow_rule[]){__VA_ARGS__}) /                      \
		                sizeof(struct workflow_rule)                                       \
	}
#define KIND(kind_)  .kind = WORKFLOW_RULE_KIND_##kind_
#define GROUP(index) .has_group = true, .group = index
#define FIELD(name)  .has_field = true, .field = ISSUE_FIELD_##name
#define CUSTOM(id)   .has_custom_field = true, .custom_field = SLICE(id)
#define ROLE(name)   .has_role = true, .role = ORG_ROLE_##name
#define CATEGORIES(...)                                                                            \
	.categories = {(const enum status_category[]){__VA_ARGS__},                                \
	               sizeof((const enum status_category[]){__VA_ARGS__}) /                       \
	                       sizeof(enum status_category)}
#define IDS(...)                                                                                   \
	.members = {(const struct uuid[]){__VA_ARGS__},                                            \
	            sizeof((const struct uuid[]){__VA_ARGS__}) / sizeof(struct uuid)}

#define FUNCTIONS(...)                                                                             \
	{                                                                                          \
		(const struct post_function[]){__VA_ARGS__},                                       \
		        sizeof((const struct post_function[]){__VA_ARGS__}) /                      \
		                sizeof(struct post_function)                                       \
	}
#define DO(kind_)  .kind = POST_FUNCTION_KIND_##kind_
#define ON(name)   .has_field = true, .field = SLICE(name)
#define FROM(name) .has_source = true, .source = SLICE(name)
#define TO(choice) .has_assignee = true, .assignee = ASSIGNEE_CHOICE_##choice

/* Values of TransitionIssue. */
#define VALUES(...)                                                                                \
	.fields = {(const struct field_value[]){__VA_ARGS__},                                      \
	           sizeof((const struct field_value[]){__VA_ARGS__}) / sizeof(struct field_value)}

#endif
