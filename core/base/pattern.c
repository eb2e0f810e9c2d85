#define PCRE2_CODE_UNIT_WIDTH 8
#include "core/base/pattern.h"

#include <pcre2.h>

/* PCRE2's memory: taken from the arena, given back all at once. */
struct memory {
	struct arena *arena;
	size_t left;
};

static void *take(size_t n, void *data)
{
	struct memory *memory = data;
	void *taken = n <= memory->left ? arena_alloc(memory->arena, n) : NULL;

	if (taken)
		memory->left -= n;
	return taken;
}

static void leave(void *taken, void *data)
{
	(void)taken;
	(void)data;
}

#define PATTERN_OPTIONS                                                                            \
	(PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C |    \
	 PCRE2_DOLLAR_ENDONLY)

/* NULL: *@error is PCRE2's, at *@offset. */
static pcre2_code *compile(struct slice pattern, pcre2_general_context *general, int *error,
                           size_t *offset)
{
	pcre2_compile_context *context = pcre2_compile_context_create(general);

	*error = PCRE2_ERROR_NOMEMORY;
	*offset = 0;
	if (!context)
		return NULL;
	pcre2_set_parens_nest_limit(context, PATTERN_PARENS_MAX);
	return pcre2_compile((PCRE2_SPTR)pattern.data, pattern.n, PATTERN_OPTIONS, error, offset,
	                     context);
}

bool pattern_check(struct slice pattern, struct arena *arena, size_t *offset,
                   char why[PATTERN_WHY_MAX])
{
	struct arena before = *arena;
	struct memory memory = {arena, PATTERN_MEMORY_MAX};
	pcre2_general_context *general = pcre2_general_context_create(take, leave, &memory);
	int error = PCRE2_ERROR_NOMEMORY;
	bool good = general && compile(pattern, general, &error, offset);

	why[0] = '\0';
	if (!good && pcre2_get_error_message(error, (PCRE2_UCHAR *)why, PATTERN_WHY_MAX) < 0)
		memcpy(why, "too large", sizeof("too large"));
	*arena = before;
	return good;
}

static enum pattern_answer match(const pcre2_code *code, struct slice text,
                                 pcre2_general_context *general)
{
	pcre2_match_context *context = pcre2_match_context_create(general);
	pcre2_match_data *data = pcre2_match_data_create(1, general);

	if (!context || !data)
		return PATTERN_TOO_HARD;
	pcre2_set_match_limit(context, PATTERN_EFFORT_MAX);
	pcre2_set_depth_limit(context, PATTERN_EFFORT_MAX);
	pcre2_set_heap_limit(context, PATTERN_MEMORY_MAX >> 10);
	int found = pcre2_match(code, (PCRE2_SPTR)(text.n ? text.data : ""), text.n, 0, 0, data,
	                        context);
	if (found >= 0)
		return PATTERN_MATCHES;
	return found == PCRE2_ERROR_NOMATCH ? PATTERN_DIFFERS : PATTERN_TOO_HARD;
}

enum pattern_answer pattern_match(struct slice pattern, struct slice text, struct arena *arena)
{
	struct arena before = *arena;
	/* Backtracking grows by doubling: what it had before is not given back. */
	struct memory memory = {arena, 4 * PATTERN_MEMORY_MAX};
	pcre2_general_context *general = pcre2_general_context_create(take, leave, &memory);
	enum pattern_answer answer = PATTERN_BAD;
	size_t offset;
	int error;

	pcre2_code *code = general ? compile(pattern, general, &error, &offset) : NULL;
	if (code)
		answer = match(code, text, general);
	*arena = before;
	return answer;
}
