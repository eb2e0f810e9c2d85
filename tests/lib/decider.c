#include "tests/lib/decider.h"

#include <stdio.h>

#define NOW INT64_C(1700000000000)

struct uuid id_of(uint64_t number)
{
	struct uuid id = {{0}};

	put_u64(id.bytes + 8, number);
	return id;
}

static void reset_request(struct decider *decider)
{
	decider->request = (struct request){
	        .tenant = SLICE("acme"), .sealed_profile = SLICE("sealed"), .now_ms = NOW};
}

struct decider *decider_new(size_t arena_bytes)
{
	struct decider *decider = calloc(1, sizeof(*decider));
	void *block = malloc(arena_bytes);

	assert_true(decider && block);
	memory_state_init(&decider->state);
	arena_init(&decider->arena, block, arena_bytes);
	decider->decision.arena = &decider->arena;
	decider->ids = 1000;
	reset_request(decider);
	return decider;
}

void decider_free(struct decider *decider)
{
	memory_state_release(&decider->state);
	free(decider->arena.block);
	free(decider);
}

static void happen(struct decider *decider, struct event *event, int32_t index, int64_t occurred_at)
{
	event->meta.seq = ++decider->seq;
	event->meta.index = index;
	event->meta.count = (int32_t)decider->decision.events_n;
	event->meta.recorded_at = NOW;
	event->meta.occurred_at = occurred_at;
	event->meta.tenant = SLICE("acme");
	event->meta.actor = request_actor(&decider->request);
	evolve(&decider->state.face, event);
	decider->events++;
	if (decider->on_event)
		decider->on_event(decider->ctx, event);
}

void decider_send(struct decider *decider, struct uuid actor, const struct command *command)
{
	struct request *request = &decider->request;
	int32_t index = 0;

	if (request->actor.kind == ACTOR_KIND_UNKNOWN)
		request->actor.kind = ACTOR_KIND_MEMBER;
	request->actor.id = actor;
	for (int i = 0; i < FRESH_IDS; i++)
		request->fresh[i] = id_of(decider->ids++);
	if (!decider->keep)
		arena_clear(&decider->arena);
	decide(&decider->state.face, request, command, &decider->decision);
	for (struct decided *at = decider->decision.first; at; at = at->next)
		happen(decider, &at->event, index++,
		       request->has_occurred_at ? request->occurred_at_ms : NOW);
	assert_int_equal(index, decider->decision.events_n);
	reset_request(decider);
}

static void print_decision(const struct decider *decider)
{
	const struct decision *decision = &decider->decision;

	fprintf(stderr, "decided: %s \"%s\" %s\n", reject_code(decision->reject), decision->pointer,
	        decision->detail);
	for (const struct decided *at = decision->first; at; at = at->next)
		fprintf(stderr, "\t%s\n", event_type_name(at->event.type));
}

void decider_expect_accepted(const struct decider *decider, const char *file, int line)
{
	if (decider->decision.reject != REJECT_NONE)
		print_decision(decider);
	_assert_int_equal(decider->decision.reject, REJECT_NONE, file, line);
}

void decider_expect_refused(const struct decider *decider, enum reject reject, const char *pointer,
                            const char *file, int line)
{
	const struct decision *decision = &decider->decision;

	if (decision->reject != reject || strcmp(decision->pointer, pointer) != 0)
		print_decision(decider);
	_assert_int_equal(decision->reject, reject, file, line);
	_assert_string_equal(decision->pointer, pointer, file, line);
	_assert_int_equal(decision->events_n, 0, file, line);
	_assert_true(decision->first == NULL, "no events", file, line);
}

void decider_expect_events(const struct decider *decider, const enum event_type *types, size_t n,
                           const char *file, int line)
{
	const struct decided *at = decider->decision.first;

	if (decider->decision.reject != REJECT_NONE || decider->decision.events_n != n)
		print_decision(decider);
	_assert_int_equal(decider->decision.reject, REJECT_NONE, file, line);
	_assert_int_equal(decider->decision.events_n, n, file, line);
	for (size_t i = 0; i < n; i++, at = at->next)
		_assert_string_equal(event_type_name(at->event.type), event_type_name(types[i]),
		                     file, line);
}

const struct event *decider_event(const struct decider *decider, uint32_t at)
{
	const struct decided *decided = decider->decision.first;

	while (at-- && decided)
		decided = decided->next;
	assert_non_null(decided);
	return &decided->event;
}

#define PERSON(who)                                                                                \
	{                                                                                          \
		.issuer = SLICE("nexusflow"), .subject = SLICE(who), .name = SLICE(who)            \
	}

void decider_settle(struct decider *decider)
{
	decider->request.installation = true;
	GIVEN(nobody, create_organization, .name = SLICE("Acme"), .owner = PERSON("ada"),
	      .has_owner_id = true, .owner_id = ada);
	GIVEN(ada, add_member, .has_member_id = true, .member_id = ben, .person = PERSON("ben"),
	      .role = ORG_ROLE_ADMIN);
	GIVEN(ada, add_member, .has_member_id = true, .member_id = cleo, .person = PERSON("cleo"),
	      .role = ORG_ROLE_MEMBER);
	GIVEN(ada, add_member, .has_member_id = true, .member_id = dan, .person = PERSON("dan"),
	      .role = ORG_ROLE_GUEST);
	GIVEN(ada, create_project, .key = SLICE("TLS"), .name = SLICE("TLS 1.3"));
}

int decider_setup_empty(void **state)
{
	*state = decider_new(16 << 20);
	return 0;
}

int decider_setup(void **state)
{
	decider_setup_empty(state);
	decider_settle(*state);
	return 0;
}

int decider_teardown(void **state)
{
	decider_free(*state);
	return 0;
}
