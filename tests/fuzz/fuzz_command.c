/* Any JSON as the body of any command: the first byte chooses which. What is read can be printed
 * and is read back equal. */
#include <stdlib.h>

#include "core/codec/command_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char first_block[1 << 20] __attribute__((aligned(16)));
static char second_block[1 << 20] __attribute__((aligned(16)));

static void same_when_read_again(const struct command *command)
{
	static struct buf json, first, second;
	struct command again;
	struct command_faults faults;
	struct json_out out;
	struct arena arena;
	json.n = first.n = second.n = 0;
	json_out_init(&out, &json);
	command_json(command, &out);
	json_t *object = json_loadb(json.data, json.n, 0, NULL);
	arena_init(&arena, second_block, sizeof(second_block));
	if (!object || command_read_json(command->type, object, &arena, &again, &faults))
		abort();
	command_encode(command, &first);
	command_encode(&again, &second);
	if (!slice_equal(buf_slice(&first), buf_slice(&second)))
		abort();
	json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command command;
	struct command_faults faults;
	struct arena arena;
	struct error err;
	if (size == 0)
		return 0;
	enum command_type type = (enum command_type)(data[0] % COMMAND_TYPES);
	arena_init(&arena, first_block, sizeof(first_block));
	(void)command_decode(type, slice_of(data + 1, size - 1), &arena, &command, &err);
	json_t *object = json_loadb((const char *)data + 1, size - 1, JSON_DECODE_ANY, NULL);
	if (!object)
		return 0;
	arena_init(&arena, first_block, sizeof(first_block));
	if (command_read_json(type, object, &arena, &command, &faults) == STATUS_OK)
		same_when_read_again(&command);
	else if (faults.n == 0)
		abort(); /* a refusal says why; the arena is large enough */
	json_decref(object);
	return 0;
}
