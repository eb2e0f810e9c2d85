/* A GitHub archive in the form of the archive-repo tool: one JSON object with the issues and pull
 * requests of a repository, loaded whole and checked whole, so that nothing is sent of a file that
 * is damaged or something else. One thread. */
#ifndef IMPORT_ARCHIVE_H
#define IMPORT_ARCHIVE_H

#include <jansson.h>

#include "core/base/bytes.h"
#include "core/base/status.h"

#define ARCHIVE_BYTES_MAX (512l * 1024 * 1024) /* in memory it takes about four times as much */
#define ARCHIVE_MAGIC     "E!vIA5L86J2I"

struct archive_entry {
	int64_t number;
	int64_t created_ms; /* not later than the archive */
};

struct archive {
	json_t *root;
	const char *repo; /* "owner/name"; borrows from root, like the arrays */
	json_t *issues;
	json_t *pulls;        /* may be NULL */
	int64_t timestamp_ms; /* when it was made: nothing in it is later; INT64_MAX: not said */
	struct archive_entry *entries; /* issues and pull requests, by number */
	size_t n;
};

/* The first fault is STATUS_MALFORMED and names the file and the place: line, column and byte when
 * it is no JSON, a JSON pointer when it is no archive. */
enum status archive_open(const char *path, struct archive *archive, struct error *err);
void archive_close(struct archive *archive);

/* The issue or pull request of @number, NULL if there is none. */
const struct archive_entry *archive_find(const struct archive *archive, int64_t number);

/* Member @name of @object: a string ("" when absent or null), a time (false when absent or null),
 * an array (NULL when absent or null). */
struct slice archive_string(const json_t *object, const char *name);
bool archive_time(const json_t *object, const char *name, int64_t *ms);
json_t *archive_array(const json_t *object, const char *name);

#endif
