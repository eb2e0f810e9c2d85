/* Is a copy finished? The first record of each partition says that it is a copy and cannot be
 * changed; the mark of journal_finish_copy lies somewhere behind it. Partition 0 gets it last, so
 * it is looked for there: once in each data directory, which then remembers the journal's id in
 * <data_dir>/journal.copied. Who opens a copy for the first time reads all of it anyway. */
#include "core/journal/kafka.h"

#include <stdio.h>

enum { ENTRIES = 512, POLL_MS = 200 };

static enum status find_mark(struct kafka *kafka, bool *found, struct error *err)
{
	struct journal_entry entries[ENTRIES];
	void *reader;
	int64_t end;
	uint32_t n;
	enum status status = kafka_end_ask(kafka, 0, &end, err);

	if (status == STATUS_OK)
		status = kafka_reader_open(kafka, &reader, err);
	if (status != STATUS_OK)
		return status;
	status = kafka_reader_assign(reader, 0, 0, err);
	while (status == STATUS_OK && !*found && kafka_reader_position(reader, 0) < end) {
		status = kafka_reader_poll(reader, POLL_MS, entries, ENTRIES, &n, err);
		for (uint32_t i = 0; status == STATUS_OK && i < n; i++)
			*found = *found || journal_is_copy_mark(&entries[i], &kafka->identity.id);
	}
	kafka_reader_close(reader);
	return status;
}

static bool is_remembered(const char *path, const char *id)
{
	char text[UUID_TEXT] = "";
	FILE *file = fopen(path, "re");
	size_t n = file ? fread(text, 1, sizeof(text), file) : 0;

	if (file)
		fclose(file);
	return n == sizeof(text) && memcmp(text, id, sizeof(text)) == 0;
}

/* Failing costs the next start a look into the log. */
static void remember(const char *path, const char *id)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return;
	fwrite(id, 1, UUID_TEXT, file);
	fclose(file);
}

enum status kafka_copy_look(struct kafka *kafka, const char *data_dir, struct error *err)
{
	struct buf path = {0};
	char id[UUID_TEXT];
	bool found = false;
	enum status status = STATUS_OK;

	if (!kafka->identity.unfinished)
		return STATUS_OK;
	uuid_format(&kafka->identity.id, id);
	buf_printf(&path, "%s/journal.copied", data_dir ? data_dir : "");
	if (data_dir)
		found = is_remembered(buf_cstr(&path), id);
	if (!found) {
		status = find_mark(kafka, &found, err);
		if (found && data_dir)
			remember(buf_cstr(&path), id);
	}
	kafka->identity.unfinished = !found;
	buf_release(&path);
	return status;
}
