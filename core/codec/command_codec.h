/* Commands: from JSON with exact complaints, to the bytes that the command hash is taken of, and
 * the table that OpenAPI and the CLI's help are printed from. Any thread. */
#ifndef CORE_CODEC_COMMAND_CODEC_H
#define CORE_CODEC_COMMAND_CODEC_H

#include <jansson.h>

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/json_out.h"
#include "core/base/status.h"
#include "generated/command.h"

struct command_type_info {
	const char *name;      /* "CreateIssue" */
	const char *doc;       /* one sentence */
	const char *aggregate; /* "issue": what it works on */
	const char *schema;    /* JSON Schema 2020-12 of the body, one line */
	const char *avro;      /* self-contained Avro schema of command_encode's bytes, one line */
};

/* By enum command_type. */
extern const struct command_type_info command_types[COMMAND_TYPES];

/* What is wrong with a body: where (JSON pointer, "" is the whole body) and why. */
#define COMMAND_FAULTS_MAX 16
struct command_fault {
	char pointer[128];
	char reason[192];
};
struct command_faults {
	struct command_fault items[COMMAND_FAULTS_MAX];
	unsigned n;
	unsigned more; /* faults that found no room */
};

/* Read the body of a command. All faults of the body are reported, not just the first: unknown and
 * missing members, wrong types, too long or too short (characters), too many items, out of range,
 * not a uuid, date, time or symbol, control characters (LF, CR and TAB are allowed in fields of
 * more than 1,000 characters), in shorter fields hidden characters (characters.h). Absent members
 * take the schema's default.
 * Texts are given in NFC, and counted so, but for those that the schema calls verbatim.
 * Strings of *@out borrow from @object, are static or, like arrays and bytes, from @arena.
 * INVALID if there are faults, FULL if the arena is too small (body size * 16 always suffices). */
enum status command_read_json(enum command_type type, json_t *object, struct arena *arena,
                              struct command *out, struct command_faults *faults);

/* Avro binary without frame: the canonical form of a command, for its hash. */
void command_encode(const struct command *command, struct buf *out);
/* The reverse; as event_decode. */
enum status command_decode(enum command_type type, struct slice body, struct arena *arena,
                           struct command *out, struct error *err);

/* The command as the JSON object that command_read_json reads (absent optionals are left out). */
void command_json(const struct command *command, struct json_out *out);

#endif
