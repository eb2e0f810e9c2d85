/* What texts may look like, and their hashes. Pure. */
#ifndef CORE_DOMAIN_TEXT_H
#define CORE_DOMAIN_TEXT_H

#include "core/base/bytes.h"
#include "core/base/uuid.h"

#define TEXT_LINE_MAX  255   /* characters of names and summaries */
#define TEXT_BODY_MAX  65536 /* characters of descriptions and comments */
#define TEXT_LABEL_MAX 64    /* characters of a label */
#define TEXT_NAME_MAX  64    /* characters of the names of statuses, transitions and the like */
#define TEXT_KEY_MAX   10    /* characters of the key of a project */

/* Characters of @text, which is valid UTF-8 (what reads commands has checked it). */
size_t text_characters(struct slice text);

/* One line: 1 to TEXT_LINE_MAX characters, one of which can be seen, no control characters. */
bool text_is_line(struct slice text);

/* Many lines: at most TEXT_BODY_MAX characters, no control characters but tab, newline and
 * carriage return. May be empty; text_is_blank tells. */
bool text_is_body(struct slice text);
/* Whether there is nothing to see: white space of every script, and characters without a shape. */
bool text_is_blank(struct slice text);

/* A label: 1 to TEXT_LABEL_MAX characters, no white space at the ends, no commas, no control or
 * hidden characters (core/base/characters.h). Compared byte by byte: what reads commands has
 * normalised it. */
bool text_is_label(struct slice text);

/* The next mention of a member in a Markdown @text: an @ and the text form of their id, neither of
 * them within a word. False if there is none; *@text becomes what is behind it. Names are not
 * looked at: a mention outlives every renaming. */
bool text_next_mention(struct slice *text, struct uuid *member);

/* Key of a project, slug of an organization (contracts in reject.h). */
bool text_is_project_key(struct slice text);
bool text_is_slug(struct slice text);

/* What finds by a key takes it in any case, a to z for A to Z: "tls" stands for TLS, "tls-12" for
 * number 12 of TLS. The key of the project as it is kept, in @room; false if @text can be no key.
 * The number of an issue has no zeros in front, and at most 18 digits. */
bool text_to_project_key(struct slice text, char room[TEXT_KEY_MAX], struct slice *key);
bool text_to_issue_key(struct slice text, char room[TEXT_KEY_MAX], struct slice *key,
                       int64_t *number);

/* What is named in URLs and events: 1 to 32 of a-z, 0-9 and _, beginning with a letter. */
bool text_is_id(struct slice text);

/* Add @part to the C string in @room, cut between characters. */
void text_add(char *text, size_t room, struct slice part);

/* 128 bits to see "nothing changed" by; not against somebody who looks for collisions: all they
 * win is that an edit of their own has no effect. Part of the stored state. */
struct text_hash {
	uint64_t words[2];
};
struct text_hash text_hash(struct slice text);

/* @number in decimal, at the end of @room. Borrows @room. */
#define TEXT_NUMBER_MAX 20
struct slice text_number(uint64_t number, char room[TEXT_NUMBER_MAX]);

#endif
