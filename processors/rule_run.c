#include "processors/rule_run.h"

#include "processors/rule.h"

struct slice rule_text(struct rule_run *run, struct slice text)
{
	struct slice copy = arena_copy(&run->texts, text);
	run->full = run->full || !copy.data;
	return copy;
}

/* In whose name a rule answers the event: of who did it, or had it done. False: nobody is known. An
 * importer is the admin who imports, whoever's name is on what happened. */
static bool person_of(const struct actor *actor, struct uuid *person)
{
	bool is_person = actor->kind == ACTOR_KIND_MEMBER || actor->kind == ACTOR_KIND_IMPORTER;

	*person = is_person ? actor->id : actor->on_behalf_of;
	return is_person || actor->has_on_behalf_of;
}

void rule_intend(struct rule_run *run, const struct rule *rule, const struct event *event,
                 const char *path, const struct uuid *target, const struct command *command)
{
	const struct actor *actor = &event->meta.actor;
	struct uuid person;
	if (!person_of(actor, &person))
		return;
	struct slice tenant = rule_text(run, event->meta.tenant);
	struct slice credential =
	        actor->has_credential_id ? rule_text(run, actor->credential_id) : slice_of(NULL, 0);
	if (run->full || run->n == RULE_INTENTS_MAX) {
		run->full = true;
		return;
	}
	run->intents[run->n++] = (struct intent){
	        .tenant = tenant,
	        .command_id =
	                intent_id(&event->meta.event_id, &rule->id, rule->version, path, target),
	        .causation_id = event->meta.event_id,
	        .correlation_id = event->meta.correlation_id,
	        .rule_id = rule->id,
	        .on_behalf_of = person,
	        .credential_id = credential,
	        .command = *command,
	};
}
