/* Files are created under a temporary name and linked into place, so that processes that start at
 * once end up with one. The name is random: processes on several hosts have the same pid. */
#include "core/store/keys_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_FILE "keys.id"

static enum status failed(const char *what, const char *path, struct error *err)
{
	return error_set(err, STATUS_IO, "%s %s: %s", what, path, strerror(errno));
}

static enum status make_folder(const char *path, struct error *err)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return failed("create", path, err);
	return STATUS_OK;
}

enum status keys_dir_make(const struct config *config, struct error *err)
{
	struct buf folder = {0};
	enum status status = make_folder(config->data_dir, err);

	config_keys_dir(config, &folder);
	if (status == STATUS_OK)
		status = make_folder(buf_cstr(&folder), err);
	buf_release(&folder);
	return status;
}

enum status keys_dir_put(const char *path, const char *text, struct error *err)
{
	struct buf temporary = {0};
	size_t n = strlen(text);
	enum status status = STATUS_OK;

	struct uuid random = uuid_v4();
	char suffix[UUID_TEXT];
	uuid_format(&random, suffix);
	buf_printf(&temporary, "%s.%.*s", path, UUID_TEXT, suffix);
	const char *name = buf_cstr(&temporary);
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		status = failed("create", name, err);
	else if (fchmod(fd, 0600) != 0 || write(fd, text, n) != (ssize_t)n || fsync(fd) != 0)
		status = failed("write", name, err);
	if (fd >= 0)
		close(fd);
	if (status == STATUS_OK && link(name, path) != 0 && errno != EEXIST)
		status = failed("create", path, err);
	if (fd >= 0)
		unlink(name);
	buf_release(&temporary);
	return status;
}

/* NOT_FOUND: there is no such file. */
static enum status read_id(const char *path, struct uuid *id, struct error *err)
{
	char text[UUID_TEXT];
	FILE *file = fopen(path, "re");

	if (!file)
		return errno == ENOENT ? STATUS_NOT_FOUND : failed("open", path, err);
	size_t n = fread(text, 1, sizeof(text), file);
	fclose(file);
	if (n != sizeof(text) || !uuid_parse(slice_of(text, n), id))
		return error_set(err, STATUS_INVALID, "%s does not begin with a UUID", path);
	return STATUS_OK;
}

static enum status make_id(const struct config *config, const char *path, struct error *err)
{
	char text[UUID_TEXT + 2] = {[UUID_TEXT] = '\n'};
	struct uuid id = uuid_v4();
	enum status status = keys_dir_make(config, err);

	uuid_format(&id, text);
	return status ? status : keys_dir_put(path, text, err);
}

enum status keys_dir_id(const struct config *config, bool create, struct uuid *id,
                        struct error *err)
{
	struct buf path = {0};
	enum status status;

	memset(id, 0, sizeof(*id));
	config_keys_dir(config, &path);
	buf_append_str(&path, "/" ID_FILE);
	status = read_id(buf_cstr(&path), id, err);
	if (status == STATUS_NOT_FOUND && !create)
		status = STATUS_OK;
	if (status == STATUS_NOT_FOUND) {
		status = make_id(config, buf_cstr(&path), err);
		if (status == STATUS_OK)
			status = read_id(buf_cstr(&path), id, err);
	}
	buf_release(&path);
	return status;
}
