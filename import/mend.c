#include "import/mend.h"

#include "core/base/characters.h"
#include "core/codec/normal_text.h"
#include "core/domain/text.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Bytes of the control character at @i, 0 if there is none. */
static size_t control_at(struct slice text, size_t i)
{
	unsigned char c = (unsigned char)text.data[i];
	if (c < 0x20 || c == 0x7f)
		return 1;
	if (c == 0xc2 && i + 1 < text.n && (unsigned char)text.data[i + 1] < 0xa0)
		return 2;
	return 0;
}

static bool is_layout(char c)
{
	return c == '\t' || c == '\n' || c == '\r';
}

static size_t replace_controls(struct slice text, bool lines, struct buf *out)
{
	size_t replaced = 0, kept = 0;
	for (size_t i = 0; i < text.n;) {
		size_t n = control_at(text, i);
		if (!n || (lines && is_layout(text.data[i]))) {
			i++;
			continue;
		}
		buf_append(out, text.data + kept, i - kept);
		buf_append_str(out, is_layout(text.data[i]) ? " " : REPLACEMENT);
		replaced++;
		i += n;
		kept = i;
	}
	buf_append(out, text.data + kept, text.n - kept);
	return replaced;
}

size_t mend_text(struct slice text, bool lines, struct buf *out)
{
	struct buf plain = {0};
	size_t replaced = replace_controls(text, lines, &plain);
	replaced += normal_text_mend(buf_slice(&plain), !lines, out);
	buf_release(&plain);
	return replaced;
}

struct slice mend_head(struct slice text, size_t characters)
{
	size_t i = 0;
	for (; i < text.n; i++) {
		bool starts = ((unsigned char)text.data[i] & 0xc0) != 0x80;
		if (starts && characters-- == 0)
			break;
	}
	return slice_of(text.data, i);
}

bool mend_label(struct slice text, struct buf *out)
{
	struct buf clean = {0};
	mend_text(text, false, &clean);
	for (size_t i = 0; i < clean.n; i++)
		if (clean.data[i] == ',')
			clean.data[i] = ';';
	struct slice label = trim_spaces(mend_head(trim_spaces(buf_slice(&clean)), TEXT_LABEL_MAX));
	buf_append_slice(out, label);
	bool same = slice_equal(label, text);
	buf_release(&clean);
	return same;
}
