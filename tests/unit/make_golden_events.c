/* Writes tests/golden/events/<Name>.<version>.bin, one value as it is in the journal, and .json,
 * what it says, for every current schema that has none yet. Run it at the root of the tree after
 * schemas/freeze and commit what it writes; existing files are never touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "tests/unit/golden_event.h"
#include "tests/unit/record_oracle.h"

static char block[1 << 18] __attribute__((aligned(16)));

static void make_value(const struct schema_entry *entry, struct buf *value)
{
	struct seed seed = {entry->id};
	struct arena arena;
	arena_init(&arena, block, sizeof(block));
	if (entry->control) {
		struct control control;
		memset(&control, 0, sizeof(control));
		control.type = (enum control_type)entry->type;
		random_record(&seed, &control_records[entry->type], &arena, &control);
		control_encode(&control, value);
	} else {
		struct event event;
		memset(&event, 0, sizeof(event));
		event.type = (enum event_type)entry->type;
		random_record(&seed, &event_records[entry->type], &arena, &event);
		event_encode(&event, value);
	}
}

static int write_file(const char *path, struct slice bytes)
{
	FILE *file = fopen(path, "wx");
	if (!file || fwrite(bytes.data, 1, bytes.n, file) != bytes.n || fclose(file)) {
		perror(path);
		return 1;
	}
	printf("%s\n", path);
	return 0;
}

int main(void)
{
	int failures = 0;
	for (uint32_t i = 0; i < schema_entries_n; i++) {
		const struct schema_entry *entry = &schema_entries[i];
		struct buf path = {0}, value = {0}, json = {0};
		struct error err;
		golden_path(entry, "bin", &path);
		FILE *there = fopen(buf_cstr(&path), "r");
		if (there) {
			fclose(there);
		} else if (entry->current) {
			make_value(entry, &value);
			if (golden_render(buf_slice(&value), &json, &err)) {
				fprintf(stderr, "%s\n", err.text);
				return 1;
			}
			buf_append_char(&json, '\n');
			failures += write_file(buf_cstr(&path), buf_slice(&value));
			path.n = 0;
			golden_path(entry, "json", &path);
			failures += write_file(buf_cstr(&path), buf_slice(&json));
		}
		buf_release(&path);
		buf_release(&value);
		buf_release(&json);
	}
	return failures != 0;
}
