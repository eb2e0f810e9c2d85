#include "core/base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/json_out.h"

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static atomic_int level_min = LOG_INFO;

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&level_min, (int)level, memory_order_relaxed);
}

bool log_set_level_name(const char *name)
{
	for (int level = LOG_DEBUG; level <= LOG_ERROR; level++) {
		if (strcmp(name, level_names[level]) == 0) {
			log_set_level((enum log_level)level);
			return true;
		}
	}
	return false;
}

static void append_field(struct json_out *out, const struct log_field *field)
{
	json_out_key(out, field->key);
	switch (field->type) {
	case LOG_STR:
		if (field->value.str)
			json_out_str(out, field->value.str);
		else
			json_out_null(out);
		break;
	case LOG_INT:
		json_out_int(out, field->value.num);
		break;
	case LOG_SLICE:
		json_out_string(out, field->value.slice);
		break;
	case LOG_END:
		break;
	}
}

/* One write for the whole line, so that lines of several threads and processes do not mix. The
 * rest of a line that a full pipe or disk took in part is tried again; a stderr that takes
 * nothing loses the line: there is nowhere left to say so. */
static void write_line(const char *line, size_t n)
{
	while (n) {
		ssize_t written = write(STDERR_FILENO, line, n);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		line += written;
		n -= (size_t)written;
	}
}

void log_write(enum log_level level, const char *logger, const char *msg,
               const struct log_field *fields)
{
	if ((int)level < atomic_load_explicit(&level_min, memory_order_relaxed))
		return;
	int errno_before = errno; /* logging an error must not change it */
	struct buf line = {0};
	struct json_out out;
	json_out_init(&out, &line);
	json_out_object(&out);
	json_out_member_time(&out, "ts", clock_now_ms());
	json_out_member_str(&out, "level", level_names[level]);
	json_out_member_str(&out, "logger", logger);
	json_out_member_str(&out, "msg", msg);
	for (const struct log_field *field = fields; field->type != LOG_END; field++)
		append_field(&out, field);
	json_out_object_end(&out);
	buf_append_char(&line, '\n');
	write_line(line.data, line.n);
	buf_release(&line);
	errno = errno_before;
}
