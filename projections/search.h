/* The search view: one row per text that people wrote, that is per issue (summary and description),
 * per comment and per custom field of text; and the values of custom fields, to be looked for as
 * they are. Only events that change those touch it.
 *
 * Words are indexed as they are (configuration `simple`: folded to lower case, no stemming, no stop
 * words): texts come in any language and hold identifiers, a word that is there is always found,
 * and the last word of a query may be a prefix, which stemming would spoil. The first 100,000
 * characters of a body are indexed. */
#ifndef PROJECTIONS_SEARCH_H
#define PROJECTIONS_SEARCH_H

#include "core/store/pg.h"
#include "projections/pg_view_type.h"
#include "projections/sight.h"

#define SEARCH_TEXT_MAX   512  /* bytes of a query */
#define SEARCH_FIELD_MAX  2048 /* bytes of a field and its value */
#define SEARCH_CANDIDATES 2000 /* the newest texts that match are ranked, older ones are not */
#define SEARCH_LIMIT_MAX  100
#define SEARCH_TIMEOUT_MS 250

extern const struct pg_view_type search_view;

/* {"items":[{"key","id","kind":"issue"|"comment"|"field","comment_id"|null,
 * "field"|null,"value"|null,"title","snippet","rank"}],"next":cursor|null,"position":n}, best
 * first; in the snippet, found words stand between « and ».
 * @text in the language of web search: words, "a phrase", or, -without. @project is the key or id
 * of one project, or empty. @field, "severity:high", asks for issues that have the value in the
 * custom field; without @text they come newest change first, and value tells it as it is stored.
 * Fields that were removed, or taken from the type of the issue, are not found. Texts of archived
 * issues and projects are found with @archived only, those of deleted ones, or of projects that
 * @sight (NULL: all are seen) does not see, never. @cursor is empty or a "next": pages go over the
 * texts as they were at the first one, edits in between aside.
 *
 * Appends to @out, and leaves it as it was when it fails. STATUS_INVALID: nothing to search for,
 * too long, not UTF-8 or no cursor. STATUS_TIMEOUT: too many texts match within SEARCH_TIMEOUT_MS.
 * @pg is of the caller's thread; its role must be `nexusflow` or a member of it. */
enum status search_read(struct pg *pg, const char *instance, struct slice tenant,
                        const struct sight *sight, struct slice text, struct slice project,
                        struct slice field, struct slice cursor, bool archived, uint32_t limit,
                        struct buf *out, uint64_t *position, struct error *err);

#endif
