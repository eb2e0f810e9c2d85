#include "core/domain/reject.h"

#include <assert.h>

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
