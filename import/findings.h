/* What an import could not keep as it was: counted in groups with the first examples, each one a
 * line of the report file. Nothing is dropped without a finding. One thread. */
#ifndef IMPORT_FINDINGS_H
#define IMPORT_FINDINGS_H

#include <stdio.h>

#include "core/base/bytes.h"
#include "core/base/status.h"

struct findings;

/* @report: file for the full list, one JSON object a line, overwritten; NULL: none. */
enum status findings_open(const char *report, struct findings **out, struct error *err);
/* One thing: @what it is ("pulls[].mergeCommit"), the @reason why it is not kept, @at where it was
 * ("#12 comment 3"), its @value. All are copied. */
void findings_add(struct findings *findings, const char *what, const char *reason, const char *at,
                  struct slice value);
void findings_print(const struct findings *findings, FILE *to);
/* STATUS_IO when the report could not be written in whole. */
enum status findings_close(struct findings *findings, struct error *err);

#endif
