/* Values as array literals and COPY lines. Runs of plain bytes are copied at once: long texts with
 * few quotes are the rule. A NUL cannot be stored in a PostgreSQL text and becomes U+FFFD. */
#include "core/store/pg.h"

#define REPLACEMENT "\xEF\xBF\xBD"

void pg_array_open(struct buf *out)
{
	buf_append_char(out, '{');
}

static void comma(struct buf *out)
{
	if (out->data[out->n - 1] != '{')
		buf_append_char(out, ',');
}

/* Append @value; the bytes that @escape knows are written as it says. */
static void append_escaped(struct buf *out, struct slice value, const char *const escape[256])
{
	size_t from = 0;
	for (size_t i = 0; i < value.n; i++) {
		const char *instead = escape[(unsigned char)value.data[i]];
		if (!instead)
			continue;
		buf_append(out, value.data + from, i - from);
		buf_append_str(out, instead);
		from = i + 1;
	}
	buf_append(out, value.n ? value.data + from : "", value.n - from);
}

void pg_array_add(struct buf *out, struct slice value)
{
	static const char *const escape[256] = {[0] = REPLACEMENT, ['"'] = "\\\"", ['\\'] = "\\\\"};
	comma(out);
	buf_append_char(out, '"');
	append_escaped(out, value, escape);
	buf_append_char(out, '"');
}

void pg_array_add_null(struct buf *out)
{
	comma(out);
	buf_append_str(out, "NULL");
}

void pg_array_close(struct buf *out)
{
	buf_append_char(out, '}');
}

void pg_copy_value(struct buf *out, struct slice value)
{
	static const char *const escape[256] = {
	        [0] = REPLACEMENT, ['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t"};
	append_escaped(out, value, escape);
}
