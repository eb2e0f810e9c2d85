/* What avrogen knows of the schemas: read once, checked, then printed by the emitters.
 *
 * avrogen is a host tool that runs before anything else is compiled, so it uses nothing of core/.
 * Every failure ends it with one line that names the file. Nothing is freed: it lives for a
 * fraction of a second, and main keeps the model reachable. */
#ifndef SCHEMAS_CODEGEN_MODEL_H
#define SCHEMAS_CODEGEN_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum kind {
	KIND_BOOLEAN,
	KIND_INT,
	KIND_LONG,
	KIND_DOUBLE,
	KIND_STRING,
	KIND_BYTES,
	KIND_UUID,
	KIND_TIME, /* long, timestamp-millis */
	KIND_DATE, /* int, date */
	KIND_FIXED,
	KIND_ENUM,
	KIND_RECORD,
};

struct named;

struct field {
	const char *name;
	const char *doc;
	enum kind kind;
	const struct named *named; /* of KIND_FIXED, KIND_ENUM and KIND_RECORD */
	bool optional;             /* ["null", T] */
	bool array;
	json_t *json; /* the field's own object: default and limits */
};

/* A record, an enum or a fixed: one file. */
struct named {
	const char *file;
	const char *name;  /* IssueCreated */
	const char *full;  /* nexusflow.events.IssueCreated */
	const char *snake; /* issue_created */
	const char *upper; /* ISSUE_CREATED */
	const char *doc;
	enum kind kind;
	struct field *fields; /* KIND_RECORD */
	size_t n;             /* fields or symbols */
	const char **symbols; /* KIND_ENUM */
	size_t size;          /* KIND_FIXED */
	bool in_array;        /* some field is an array of these */
	bool used;            /* some field has this type */
	enum { UNSEEN, OPEN, DONE } mark;
	json_t *json; /* the file as it is */
};

struct named_list {
	struct named *items;
	size_t n;
};

/* types are in an order in which each stands behind what it uses; the others by file name. */
struct model {
	struct named_list types, events, control, commands;
};

/* Read and check @dir/{types,events,control,commands}. */
void model_read(struct model *model, const char *dir);

/* The schema of @named in one piece: every type is written out where it is used first. A new
 * reference. Attributes that Avro does not know are left out. */
json_t *model_inline(const struct model *model, const struct named *named);

/* Names. */
char *name_snake(const char *camel);
char *name_upper(const char *snake);
char *name_plural(const char *upper); /* ORG_ROLE: ORG_ROLES, STATUS_CATEGORY: STATUS_CATEGORIES */
/* C type of one value of @field ("int32_t", "struct slice"), fixed excluded. */
const char *field_c_type(const struct field *field);
/* Name of the struct that holds an array of them ("slice_array"). */
const char *field_array_type(const struct field *field);

/* Print "avrogen: @file: ..." and end the process. */
_Noreturn void refuse(const char *file, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* malloc and printf in one; ends the process when there is no memory. */
char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *room(size_t n); /* zeroed */

/* One frozen version of an event or control record. */
struct version {
	unsigned id;
	unsigned number; /* 1, 2, 3 of its record */
	const struct named *named;
	json_t *json;
};

struct history {
	struct version *items; /* by id */
	size_t n;
};

/* Read @dir/history/ids.txt and the files that it names. */
void history_read(struct history *history, const struct model *model, const char *dir);
/* The newest version of @named, NULL if none was frozen yet. */
const struct version *history_newest(const struct history *history, const struct named *named);
/* End the process unless every current schema is its newest frozen version (docs may differ). */
void history_check(const struct history *history, const struct model *model);
/* Write a new version of every record that has changed, and its id. */
void history_freeze(const struct history *history, const struct model *model, const char *dir);

/* Emitters: each writes @out/<name>.{h,c}. */
void emit_headers(const struct model *model, const char *out);
void emit_codecs(const struct model *model, const char *out);
void emit_command_types(const struct model *model, const char *out);
void emit_event_schemas(const struct model *model, const char *out);
/* JSON Schema of a value of @type; @format may be NULL. */
json_t *plain_schema(const char *type, const char *format);
void emit_tables(const struct model *model, const struct history *history, const char *out);

/* Shared by the emitters. */
FILE *emit_open(const char *out, const char *name, const char *from);
void emit_close(FILE *file);
/* @text as one or more C string literals, each on a line of its own behind @indent. */
void emit_string(FILE *file, const char *text, const char *indent);

#endif
