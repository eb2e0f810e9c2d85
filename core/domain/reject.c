#include "core/domain/reject.h"

#include <assert.h>

#include "core/domain/text.h"

#define SLUG_SHOWN_MAX 64 /* bytes */

struct reject_row {
	int http_status;
	const char *code;
	const char *title;
};

#define REJECT_ROW(name, http, code, title) [REJECT_##name] = {http, code, title},
static const struct reject_row reject_rows[REJECTS] = {REJECT_TABLE(REJECT_ROW)};
#undef REJECT_ROW

int reject_http_status(enum reject reject)
{
	assert(reject < REJECTS);
	return reject_rows[reject].http_status;
}

const char *reject_code(enum reject reject)
{
	assert(reject < REJECTS);
	return reject_rows[reject].code;
}

const char *reject_title(enum reject reject)
{
	assert(reject < REJECTS);
	return reject_rows[reject].title;
}

void reject_slug_text(struct slice slug, char text[REJECT_SLUG_TEXT])
{
	char shown[SLUG_SHOWN_MAX] = "";

	text_add(shown, sizeof(shown), slug);
	text[0] = '\0';
	text_add(text, REJECT_SLUG_TEXT, SLICE("\""));
	text_add(text, REJECT_SLUG_TEXT, slice_str(shown));
	text_add(text, REJECT_SLUG_TEXT, SLICE("\" cannot be the slug of an organization: "));
	text_add(text, REJECT_SLUG_TEXT, slice_str(reject_title(REJECT_BAD_SLUG)));
}
