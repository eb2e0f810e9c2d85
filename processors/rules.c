#include "processors/rule.h"

const struct rule *const rules[] = {&rule_subtasks_done, NULL};
