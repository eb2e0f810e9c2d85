/* Makes texts of others fit for the command API (core/domain/text.h says what is): what is changed
 * is told, so that it can be listed. Pure. */
#ifndef IMPORT_MEND_H
#define IMPORT_MEND_H

#include "core/base/bytes.h"

/* Append @text to @out in NFC with U+FFFD for every control character and for more combining marks
 * in a row than commands take. In texts of @lines tab, newline and carriage return stay; in one
 * line they become spaces, and characters that cannot be seen U+FFFD. Returns how many were
 * replaced. */
size_t mend_text(struct slice text, bool lines, struct buf *out);

/* The longest beginning of @text of at most @characters characters. */
struct slice mend_head(struct slice text, size_t characters);

/* Append @text as a label to @out: as one line, "," becomes ";", spaces at the ends go, the rest
 * behind 64 characters is cut. May append nothing. True when nothing was changed. */
bool mend_label(struct slice text, struct buf *out);

#endif
