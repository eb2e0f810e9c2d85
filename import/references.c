/* Prose is found in two steps: lines first (fences, indented code, quotes), then code spans and
 * comments within each paragraph, where a span may go over lines. Less than CommonMark knows, and
 * enough to tell what somebody wrote from what they pasted. */
#include "import/references.h"

#include <strings.h>

#define NUMBER_DIGITS  9
#define CODE_INDENT    4
#define FENCE_MIN      3
#define COMMENT_BEGIN  "<!--"
#define COMMENT_END    "-->"
#define GITHUB_ADDRESS "github.com/"

/* --- prose --- */

struct prose {
	struct buf *out;
	size_t paragraph; /* where it begins in out */
	char fence;       /* of the open code block, 0: none */
	size_t fence_n;   /* characters of its opening */
	bool in_list;     /* indented lines belong to an item */
	bool after_blank; /* an indented line would begin code */
	bool in_code;     /* indented */
	bool in_comment;  /* over paragraphs */
};

static size_t count(struct slice text, size_t at, char c)
{
	size_t n = 0;
	while (at + n < text.n && text.data[at + n] == c)
		n++;
	return n;
}

static const char *find(struct slice text, size_t at, const char *what)
{
	return at < text.n ? memmem(text.data + at, text.n - at, what, strlen(what)) : NULL;
}

/* Where the run of @n backticks is closed, or 0. */
static size_t span_end(struct slice text, size_t at, size_t n)
{
	for (size_t i = at + n; i < text.n;) {
		size_t run = count(text, i, '`');
		if (run == n)
			return i + n;
		i += run ? run : 1;
	}
	return 0;
}

/* Take code spans and comments out of the paragraph at the end of out. */
static void end_paragraph(struct prose *prose)
{
	if (prose->out->n == prose->paragraph)
		return;
	char *to = prose->out->data + prose->paragraph;
	struct slice text = slice_of(to, prose->out->n - prose->paragraph);
	for (size_t i = 0; i < text.n;) {
		size_t ticks = count(text, i, '`');
		size_t end = ticks ? span_end(text, i, ticks) : 0;
		if (!ticks &&
		    slice_is(slice_of(text.data + i, text.n - i < 4 ? 0 : 4), COMMENT_BEGIN)) {
			const char *stop = find(text, i, COMMENT_END);
			prose->in_comment = !stop;
			end = stop ? (size_t)(stop - text.data) + strlen(COMMENT_END) : text.n;
		}
		if (end) {
			*to++ = ' ';
			i = end;
			continue;
		}
		size_t n = ticks ? ticks : 1;
		memmove(to, text.data + i, n);
		to += n;
		i += n;
	}
	prose->out->n = (size_t)(to - prose->out->data);
	prose->paragraph = prose->out->n;
}

static bool is_fence(struct slice line, size_t *n)
{
	char c = line.n ? line.data[0] : 0;
	if (c != '`' && c != '~')
		return false;
	*n = count(line, 0, c);
	return *n >= FENCE_MIN && !(c == '`' && memchr(line.data + *n, '`', line.n - *n));
}

static bool is_list_item(struct slice line)
{
	size_t i = 0;
	if (line.n && strchr("-*+", line.data[0]))
		return line.n == 1 || line.data[1] == ' ' || line.data[1] == '\t';
	while (i < line.n && line.data[i] >= '0' && line.data[i] <= '9')
		i++;
	return i && i + 1 < line.n && strchr(".)", line.data[i]) && line.data[i + 1] == ' ';
}

/* Columns before the text of @line, which becomes the text without spaces at its ends. */
static size_t indent_of(struct slice *line)
{
	size_t columns = 0;
	while (line->n && (line->data[0] == ' ' || line->data[0] == '\t')) {
		columns += line->data[0] == '\t' ? CODE_INDENT - columns % CODE_INDENT : 1;
		*line = slice_of(line->data + 1, line->n - 1);
	}
	while (line->n && strchr(" \t\r", line->data[line->n - 1]))
		line->n--;
	return columns;
}

static bool is_in_fence(struct prose *prose, struct slice line)
{
	size_t n = 0;
	if (!prose->fence) {
		if (!is_fence(line, &n))
			return false;
		prose->fence = line.data[0];
		prose->fence_n = n;
	} else if (line.n && count(line, 0, prose->fence) == line.n && line.n >= prose->fence_n) {
		prose->fence = 0;
	}
	return true;
}

/* Whether @line, without what it begins with, is indented code. */
static bool is_indented_code(struct prose *prose, struct slice line, size_t indent)
{
	if (is_list_item(line))
		prose->in_list = true;
	else if (indent == 0 && prose->after_blank)
		prose->in_list = false;
	return indent >= CODE_INDENT && !prose->in_list && (prose->after_blank || prose->in_code);
}

static bool is_in_comment(struct prose *prose, struct slice line)
{
	if (!prose->in_comment)
		return false;
	prose->in_comment = !find(line, 0, COMMENT_END);
	return true;
}

/* Whether the author wrote @line themselves. */
static bool is_prose(struct prose *prose, struct slice line)
{
	size_t indent = indent_of(&line);
	if (is_in_comment(prose, line) || is_in_fence(prose, line))
		return false;
	if (!line.n) {
		prose->after_blank = true;
		return false;
	}
	prose->in_code = is_indented_code(prose, line, indent);
	prose->after_blank = false;
	return !prose->in_code && line.data[0] != '>';
}

void references_prose(struct slice markdown, struct buf *out)
{
	struct prose prose = {.out = out, .paragraph = out->n, .after_blank = true};
	for (size_t at = 0; at < markdown.n;) {
		const char *stop = memchr(markdown.data + at, '\n', markdown.n - at);
		size_t n = stop ? (size_t)(stop - markdown.data) - at : markdown.n - at;
		struct slice line = slice_of(markdown.data + at, n);
		at += n + 1;
		if (is_prose(&prose, line))
			buf_append_slice(out, line);
		else
			end_paragraph(&prose);
		buf_append_char(out, '\n');
	}
	end_paragraph(&prose);
}

/* --- references --- */

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_';
}

static bool is_name(char c)
{
	return is_word(c) || c == '-' || c == '.' || c == '/';
}

/* "owner/name": one slash, with something on both sides. */
static bool is_repo(struct slice text)
{
	const char *slash = text.n ? memchr(text.data, '/', text.n) : NULL;
	size_t owner = slash ? (size_t)(slash - text.data) : 0;
	return owner && owner + 1 < text.n && !memchr(slash + 1, '/', text.n - owner - 1);
}

/* The number at @at; where it ends, 0 if there is none. */
static size_t number_at(struct slice text, size_t at, int64_t *number)
{
	size_t i = at;
	*number = 0;
	while (i < text.n && i - at <= NUMBER_DIGITS && text.data[i] >= '0' && text.data[i] <= '9')
		*number = *number * 10 + (text.data[i++] - '0');
	bool good = i > at && i - at <= NUMBER_DIGITS && text.data[at] != '0' &&
	            (i == text.n || !is_word(text.data[i]));
	return good ? i : 0;
}

/* Whether what is before @at are the @words, whatever their case. */
static bool is_behind(struct slice text, size_t at, const char *words)
{
	size_t n = strlen(words);
	while (at && strchr(" :[(\n", text.data[at - 1]))
		at--;
	return at >= n && strncasecmp(text.data + at - n, words, n) == 0 &&
	       (at == n || !is_word(text.data[at - n - 1]));
}

/* The words that GitHub knows. */
static const char *const fix_words[] = {"close", "closes",  "closed",   "fix",     "fixes",
                                        "fixed", "resolve", "resolves", "resolved"};

static enum reference_kind kind_of(struct slice text, size_t begin)
{
	if (is_behind(text, begin, "duplicate of"))
		return REFERENCE_DUPLICATE;
	for (size_t i = 0; i < sizeof fix_words / sizeof *fix_words; i++)
		if (is_behind(text, begin, fix_words[i]))
			return REFERENCE_FIX;
	return REFERENCE_MENTION;
}

static void tell(struct slice text, size_t begin, struct slice repo, int64_t number,
                 struct reference *out)
{
	*out = (struct reference){
	        .kind = kind_of(text, begin),
	        .repo = repo,
	        .number = number,
	};
}

/* "#12" or "owner/name#12" whose # is at @hash; where it ends, or 0. */
static size_t short_form(struct slice text, size_t hash, struct reference *out)
{
	int64_t number;
	size_t end = number_at(text, hash + 1, &number), begin = hash;
	if (!end)
		return 0;
	while (begin && is_name(text.data[begin - 1]))
		begin--;
	struct slice before = slice_of(text.data + begin, hash - begin);
	bool of_repo = is_repo(before) && is_word(before.data[before.n - 1]);
	if (!of_repo && hash && (is_word(text.data[hash - 1]) || strchr("&#", text.data[hash - 1])))
		return 0;
	tell(text, of_repo ? begin : hash, of_repo ? before : SLICE(""), number, out);
	return end;
}

/* Where the address that begins at @at ends. */
static size_t address_end(struct slice text, size_t at)
{
	while (at < text.n && (unsigned char)text.data[at] > ' ' &&
	       !strchr("()<>[]\"'", text.data[at]))
		at++;
	return at;
}

/* https://github.com/owner/name/issues/12, perhaps with more behind it. */
static bool is_issue_address(struct slice address, struct slice *repo, int64_t *number)
{
	static const char *const kinds[] = {"/issues/", "/pull/"};
	const char *host = find(address, 0, GITHUB_ADDRESS);
	if (!host || (host[-1] != '/' && host[-1] != '.'))
		return false;
	size_t at = (size_t)(host - address.data) + strlen(GITHUB_ADDRESS);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *kind = find(address, at, kinds[i]);
		if (!kind)
			continue;
		*repo = slice_of(address.data + at, (size_t)(kind - address.data) - at);
		return is_repo(*repo) &&
		       number_at(address, (size_t)(kind - address.data) + strlen(kinds[i]), number);
	}
	return false;
}

/* The address whose :// is at @at: a reference or not, where it ends. */
static bool long_form(struct slice text, size_t at, size_t *end, struct reference *out)
{
	struct slice repo;
	int64_t number;
	size_t begin = at;
	*end = address_end(text, at);
	if (!is_issue_address(slice_of(text.data + at, *end - at), &repo, &number))
		return false;
	while (begin && is_word(text.data[begin - 1]))
		begin--;
	tell(text, begin, repo, number, out);
	return true;
}

bool references_next(struct slice prose, size_t *at, struct reference *out)
{
	for (size_t i = *at; i < prose.n; i++) {
		bool found = false;
		size_t end = 0;
		if (prose.data[i] == '#') {
			end = short_form(prose, i, out);
			found = end != 0;
		} else if (slice_is(slice_of(prose.data + i, prose.n - i < 3 ? 0 : 3), "://")) {
			found = long_form(prose, i, &end, out);
		}
		if (found) {
			*at = end;
			return true;
		}
		if (end)
			i = end - 1;
	}
	*at = prose.n;
	return false;
}
