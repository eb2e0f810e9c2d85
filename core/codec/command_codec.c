#include "core/codec/command_codec.h"

#include "core/codec/record_json.h"
#include "generated/record_codec.h"

void command_encode(const struct command *command, struct buf *out)
{
	command_write(command, out);
}

enum status command_decode(enum command_type type, struct slice body, struct arena *arena,
                           struct command *out, struct error *err)
{
	struct wire_in in;
	wire_init(&in, body.n ? body : SLICE(""), arena);
	if (command_read(&in, type, out) && wire_end(&in))
		return STATUS_OK;
	return error_set(err, STATUS_MALFORMED, "%s%s%s: %s at byte %zu", command_type_name(type),
	                 in.field ? ": " : "", in.field ? in.field : "", in.problem,
	                 (size_t)(in.at - in.start));
}

void command_json(const struct command *command, struct json_out *out)
{
	json_out_object(out);
	record_json_fields(&command_records[command->type], command, 0, false, out);
	json_out_object_end(out);
}
