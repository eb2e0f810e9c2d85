#include "cli/home.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/store/keys_dir.h"

#define FILE_NAME "journal.id"

static void path_of(const struct config *config, const char *name, struct buf *path)
{
	buf_printf(path, "%s/%s", config->data_dir, name);
}

/* False: the directory has had no journal yet. */
static bool recall(const struct config *config, struct uuid *id)
{
	struct buf path = {0};
	char text[UUID_TEXT];
	path_of(config, FILE_NAME, &path);
	FILE *file = fopen(buf_cstr(&path), "re");
	buf_release(&path);
	if (!file)
		return false;
	bool known = fread(text, 1, sizeof text, file) == sizeof text &&
	             uuid_parse(slice_of(text, sizeof text), id);
	fclose(file);
	return known;
}

static bool write_id(const char *path, const struct uuid *id)
{
	char text[UUID_TEXT];
	FILE *file = fopen(path, "we");
	if (!file)
		return false;
	uuid_format(id, text);
	bool written = fprintf(file, "%.*s\n", UUID_TEXT, text) > 0 && fflush(file) == 0 &&
	               fsync(fileno(file)) == 0;
	return fclose(file) == 0 && written;
}

enum status home_remember(const struct config *config, const struct journal *journal,
                          struct error *err)
{
	const struct uuid *id = &journal_identity(journal)->id;
	struct uuid known;
	if (recall(config, &known) && uuid_equal(&known, id))
		return STATUS_OK;
	struct buf path = {0}, draft = {0};
	path_of(config, FILE_NAME, &path);
	path_of(config, FILE_NAME ".new", &draft);
	enum status status = STATUS_OK;
	if (!write_id(buf_cstr(&draft), id) || rename(buf_cstr(&draft), buf_cstr(&path)))
		status =
		        error_set(err, STATUS_IO, "write %s: %s", buf_cstr(&path), strerror(errno));
	buf_release(&path);
	buf_release(&draft);
	return status;
}

static enum status explain_missing(const struct config *config, const struct uuid *known,
                                   struct error *err)
{
	struct error why = *err;
	char id[UUID_TEXT];
	if (!known)
		return error_set(
		        err, STATUS_NOT_FOUND,
		        "%s: only the command API makes a journal: start it first, or give "
		        "the right address and kafka_topic",
		        why.text);
	uuid_format(known, id);
	return error_set(err, STATUS_NOT_FOUND,
	                 "%s: data_dir %s belongs to journal %.*s: give its address and topic, or "
	                 "another data_dir",
	                 why.text, config->data_dir, UUID_TEXT, id);
}

static enum status refuse(const struct config *config, const struct uuid *known,
                          const struct journal *journal, struct error *err)
{
	char there[UUID_TEXT], here[UUID_TEXT];
	bool kafka = strcmp(config->journal, "kafka") == 0;
	uuid_format(known, there);
	uuid_format(&journal_identity(journal)->id, here);
	return error_set(
	        err, STATUS_CONFLICT,
	        "data_dir %s belongs to journal %.*s, but %s%s%s holds journal %.*s, which "
	        "is no copy of it: give the right address and topic, or another data_dir",
	        config->data_dir, UUID_TEXT, there, kafka ? config->kafka_topic : "it",
	        kafka ? " at " : "", kafka ? config->kafka_bootstrap : "", UUID_TEXT, here);
}

enum status home_open_journal(const struct config *config, bool makes_journals,
                              struct journal **out, struct error *err)
{
	struct uuid id;
	bool known = recall(config, &id);
	struct journal_options options = {.config = config, .create = makes_journals && !known};
	struct journal *journal;
	enum status status = keys_dir_id(config, true, &options.keys_id, err);
	if (status)
		return status;
	status = journal_open(&options, &journal, err);
	if (status == STATUS_NOT_FOUND)
		return explain_missing(config, known ? &id : NULL, err);
	if (status)
		return status;
	const struct journal_identity *found = journal_identity(journal);
	if (known && !uuid_equal(&id, &found->id) && !journal_descends(found, &id)) {
		refuse(config, &id, journal, err);
		journal_close(journal);
		return err->status;
	}
	if (journal_check_keys(journal, config, &options.keys_id, err)) {
		journal_close(journal);
		return err->status;
	}
	*out = journal;
	return STATUS_OK;
}

enum status home_lock(const struct config *config, const char *role, int *fd, struct error *err)
{
	struct buf path = {0};
	enum status status = STATUS_OK;
	buf_printf(&path, "%s/%s.lock", config->data_dir, role);
	*fd = open(buf_cstr(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		status = error_set(err, STATUS_IO, "%s: %s", buf_cstr(&path), strerror(errno));
	else if (flock(*fd, LOCK_EX | LOCK_NB) != 0)
		status = error_set(err, STATUS_BUSY,
		                   "another %s runs with data_dir %s: give each its own", role,
		                   config->data_dir);
	buf_release(&path);
	return status;
}
