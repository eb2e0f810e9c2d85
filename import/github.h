/* `nexusflow import github`: an archive, from the file to the answers. */
#ifndef IMPORT_GITHUB_H
#define IMPORT_GITHUB_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct github_options {
	const char *file;
	const char *tenant;
	const char *project;
	const char *url;
	const char *token; /* text of the token; NULL with dry_run only */
	const char *issuer;
	const char *report; /* file, or NULL */
	int64_t patience_ms;
	bool dry_run; /* write the commands to stdout, send nothing */
};

/* Exit code: 0 done, 1 failed (said on stderr), 3 done, and commands were refused (listed). */
int github_import(const struct github_options *options);

#endif
