/* The progress of an import on stderr: one line that is rewritten on a terminal, else one line
 * every 10 s. One thread. */
#ifndef IMPORT_PROGRESS_H
#define IMPORT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	uint64_t total;
	uint64_t repeated; /* of those done */
	bool is_terminal;
	bool is_shown; /* a line stands on the terminal */
	int64_t started_ms, printed_ms;
};

void progress_start(struct progress *progress, uint64_t total);
void progress_show(struct progress *progress, uint64_t done);
/* Say why nothing moves. */
void progress_note(struct progress *progress, const char *why);
/* Make room for other output. */
void progress_end(struct progress *progress);

#endif
