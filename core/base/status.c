/* error_wrap keeps the newest context when the chain outgrows the text: what is cut off is the
 * innermost part, never the words that say which operation failed. */
#include "core/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct status_row {
	const char *name;
	const char *text;
	enum policy policy;
};

#define STATUS_ROW(name, policy, text) {#name, text, POLICY_##policy},
static const struct status_row rows[STATUSES] = {STATUS_TABLE(STATUS_ROW)};
#undef STATUS_ROW

enum status error_set(struct error *err, enum status status, const char *format, ...)
{
	if (!err)
		return status;
	/* formatted aside: an argument may be err->text itself */
	char text[sizeof(err->text)];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	memcpy(err->text, text, sizeof(text));
	err->status = status;
	return status;
}

/* As much of @more as fits behind the text in @to. */
static void append_cut(char *to, size_t size, const char *more)
{
	size_t used = strlen(to), n = strlen(more);
	if (n > size - 1 - used)
		n = size - 1 - used;
	memcpy(to + used, more, n);
	to[used + n] = '\0';
}

enum status error_wrap(struct error *err, const char *format, ...)
{
	char context[sizeof(err->text)];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	if (n < 0)
		return err->status;
	append_cut(context, sizeof(context), ": ");
	append_cut(context, sizeof(context), err->text);
	memcpy(err->text, context, sizeof(context));
	return err->status;
}

static const struct status_row *row_of(enum status status)
{
	static const struct status_row none = {"?", "not a status", POLICY_CRASH};
	return (unsigned)status < STATUSES ? &rows[status] : &none;
}

const char *status_name(enum status status)
{
	return row_of(status)->name;
}

const char *status_text(enum status status)
{
	return row_of(status)->text;
}

enum policy status_policy(enum status status)
{
	return row_of(status)->policy;
}
