/* Refusing, for one fault or for several. */
#include "core/domain/judge.h"

bool refuse(struct judge *judge, enum reject reject, const char *pointer, const struct slice *parts,
            size_t parts_n)
{
	struct decision *decision = judge->decision;

	decision->reject = reject;
	decision->faults_n = 0;
	decision->pointer[0] = decision->detail[0] = '\0';
	text_add(decision->pointer, sizeof(decision->pointer), slice_str(pointer));
	for (size_t i = 0; i < parts_n; i++)
		text_add(decision->detail, sizeof(decision->detail), parts[i]);
	return false;
}

static void add_fault(struct judge *judge, const char *pointer, struct slice head,
                      struct slice text)
{
	struct decision *decision = judge->decision;
	char detail[REFUSAL_DETAIL_MAX] = "";

	if (decision->faults_n == REFUSAL_FAULTS_MAX)
		return;
	if (!decision->faults_n)
		decision->faults = arena_alloc(decision->arena,
		                               REFUSAL_FAULTS_MAX * sizeof(*decision->faults));
	if (!decision->faults)
		return; /* the first one is told */
	text_add(detail, sizeof(detail), head);
	text_add(detail, sizeof(detail), text);
	struct refusal_fault fault = {arena_copy(decision->arena, slice_str(pointer)),
	                              arena_copy(decision->arena, slice_str(detail))};
	if (fault.pointer.data && fault.detail.data)
		decision->faults[decision->faults_n++] = fault;
}

bool refuse_also(struct judge *judge, enum reject reject, const char *pointer, struct slice head,
                 struct slice text)
{
	struct decision *decision = judge->decision;

	if (decision->reject == REJECT_NONE) {
		REFUSE(judge, reject, pointer, head, text);
	} else {
		text_add(decision->detail, sizeof(decision->detail), SLICE("; "));
		text_add(decision->detail, sizeof(decision->detail), text);
	}
	add_fault(judge, pointer, head, text);
	return false;
}

bool refuse_for(struct judge *judge, struct slice head)
{
	struct decision *decision = judge->decision;
	char said[REFUSAL_DETAIL_MAX];

	if (decision->reject == REJECT_TOO_LARGE)
		return false;
	memcpy(said, decision->detail, sizeof(said));
	decision->detail[0] = '\0';
	decision->faults_n = 0;
	text_add(decision->detail, sizeof(decision->detail), head);
	text_add(decision->detail, sizeof(decision->detail), slice_str(said));
	return false;
}

bool refuse_at(struct judge *judge, const char *pointer)
{
	struct decision *decision = judge->decision;

	if (decision->reject == REJECT_TOO_LARGE)
		return false;
	decision->pointer[0] = '\0';
	decision->faults_n = 0;
	text_add(decision->pointer, sizeof(decision->pointer), slice_str(pointer));
	return false;
}
