/* What people said about an issue: comments, reviews and the remarks of reviews become comments.
 * One thread. */
#ifndef IMPORT_TALK_H
#define IMPORT_TALK_H

#include "import/mapper.h"

/* A text of any length as comments on the issue at hand: part @part is named "@key" (0) or
 * "@key/1", "@key/2"... */
void talk_add(struct mapper *mapper, const char *key, unsigned part, int64_t ms,
              const struct uuid *author, struct slice text, const char *at);
void talk_map_comments(struct mapper *mapper);
void talk_map_reviews(struct mapper *mapper);

#endif
