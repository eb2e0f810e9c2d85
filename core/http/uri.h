/* Percent-encoding of paths and queries (RFC 3986). Pure. */
#ifndef CORE_HTTP_URI_H
#define CORE_HTTP_URI_H

#include "core/base/bytes.h"

/* Decode @text into @to (at least text.n bytes); @plus: '+' is a space, as in queries. Returns the
 * length, or -1 for a broken escape, a NUL or bytes that are not UTF-8. */
ptrdiff_t uri_decode(struct slice text, bool plus, char *to);

/* Whether @text holds anything that uri_decode changes or may refuse. */
bool uri_is_plain(struct slice text, bool plus);

#endif
