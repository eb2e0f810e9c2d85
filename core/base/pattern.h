/* Regular expressions of people: PCRE2, whole values, in UTF-8. Pure: memory comes from the
 * caller's arena and is given back, effort is counted and not timed, so that the same pattern and
 * text give the same answer on every machine. No just-in-time code. */
#ifndef CORE_BASE_PATTERN_H
#define CORE_BASE_PATTERN_H

#include <stdbool.h>

#include "core/base/arena.h"
#include "core/base/bytes.h"

#define PATTERN_EFFORT_MAX 100000      /* calls of PCRE2's match() for one text */
#define PATTERN_MEMORY_MAX (256 << 10) /* bytes: of a compiled pattern, and of backtracking */
#define PATTERN_PARENS_MAX 50          /* nesting */
#define PATTERN_WHY_MAX    120

enum pattern_answer {
	PATTERN_MATCHES,
	PATTERN_DIFFERS,
	PATTERN_TOO_HARD, /* more effort or memory than the limits allow */
	PATTERN_BAD,      /* not a regular expression, or too large a one */
};

/* Whether @pattern is a regular expression; if not, *@offset (bytes) is where and @why says what.
 */
bool pattern_check(struct slice pattern, struct arena *arena, size_t *offset,
                   char why[PATTERN_WHY_MAX]);

/* Whether all of @text matches. */
enum pattern_answer pattern_match(struct slice pattern, struct slice text, struct arena *arena);

#endif
