#include "import/plan.h"

#include <stdlib.h>

struct json_out *plan_begin(struct plan *plan, const struct plan_envelope *envelope)
{
	if (plan->n == plan->cap) {
		plan->cap = plan->cap ? plan->cap * 2 : 256;
		plan->commands = mem_grow(plan->commands, plan->cap * sizeof *plan->commands);
	}
	plan->commands[plan->n] = (struct plan_command){
	        .occurred_ms = envelope->occurred_ms,
	        .number = envelope->number,
	        .last = envelope->last,
	        .order = plan->n,
	        .at = plan->lines.n,
	};
	struct json_out *json = &plan->json;
	json_out_init(json, &plan->lines);
	json_out_object(json);
	json_out_member_str(json, "command", envelope->command);
	json_out_member_uuid(json, "command_id", &envelope->command_id);
	json_out_member_time(json, "occurred_at", envelope->occurred_ms);
	if (envelope->on_behalf_of)
		json_out_member_uuid(json, "on_behalf_of", envelope->on_behalf_of);
	if (envelope->reason)
		json_out_member_str(json, "reason", envelope->reason);
	json_out_key(json, "data");
	json_out_object(json);
	return json;
}

void plan_end(struct plan *plan)
{
	struct plan_command *command = &plan->commands[plan->n++];
	json_out_object_end(&plan->json);
	json_out_object_end(&plan->json);
	command->bytes = plan->lines.n - command->at;
}

static int compare(const void *a, const void *b)
{
	const struct plan_command *x = a, *y = b;
	if (x->occurred_ms != y->occurred_ms)
		return x->occurred_ms < y->occurred_ms ? -1 : 1;
	if (x->last != y->last)
		return x->last ? 1 : -1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

void plan_sort(struct plan *plan)
{
	if (plan->n)
		qsort(plan->commands, plan->n, sizeof *plan->commands, compare);
}

struct slice plan_line(const struct plan *plan, size_t i)
{
	return slice_of(plan->lines.data + plan->commands[i].at, plan->commands[i].bytes);
}

void plan_release(struct plan *plan)
{
	buf_release(&plan->lines);
	free(plan->commands);
	*plan = (struct plan){0};
}
