/* What a Markdown text says about other issues: #12, owner/repo#12, the address of an issue or pull
 * request on github.com. Pure. */
#ifndef IMPORT_REFERENCES_H
#define IMPORT_REFERENCES_H

#include "core/base/bytes.h"

enum reference_kind {
	REFERENCE_MENTION,
	REFERENCE_FIX, /* "fixes #12": one of the words by which a pull request closes an issue */
	REFERENCE_DUPLICATE, /* "duplicate of #12": the text's issue is one of that */
};

struct reference {
	enum reference_kind kind;
	struct slice repo; /* "owner/name" as written; empty: the text's own */
	int64_t number;    /* from 1 */
};

/* Append the prose of @markdown to @out: without code (fenced, indented, spans), quotes and HTML
 * comments, whose lines become empty. A line right below a quote is the author's own again. */
void references_prose(struct slice markdown, struct buf *out);

/* The next reference in @prose from byte *@at, which becomes the one behind it. False if there is
 * none. */
bool references_next(struct slice prose, size_t *at, struct reference *out);

#endif
