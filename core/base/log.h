/* JSON lines on stderr: {"ts","level","logger","msg",...fields}. Any thread; one write(2) a line.
 * Only roles and mains log; libraries return errors. */
#ifndef CORE_BASE_LOG_H
#define CORE_BASE_LOG_H

#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/status.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level level);
/* "debug", "info", "warn", "error"; returns false for anything else. */
bool log_set_level_name(const char *name);

/* @logger: the module ("command-api"); fields: NULL-terminated pairs made by the LOG_* macros. */
enum log_type { LOG_END, LOG_STR, LOG_INT, LOG_SLICE };
struct log_field {
	enum log_type type;
	const char *key;
	union {
		const char *str;
		int64_t num;
		struct slice slice;
	} value;
};
#define LOG_S(key_, v) ((struct log_field){LOG_STR, (key_), {.str = (v)}})
#define LOG_I(key_, v) ((struct log_field){LOG_INT, (key_), {.num = (int64_t)(v)}})
#define LOG_B(key_, v) ((struct log_field){LOG_SLICE, (key_), {.slice = (v)}})
void log_write(enum log_level level, const char *logger, const char *msg,
               const struct log_field *fields);
/* log_info("journal", "recovered", LOG_I("offset", n), LOG_S("dir", dir)); */
#define LOG_FIELDS(...)                                                                            \
	((const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){LOG_END, NULL, {.num = 0}}})
#define log_debug(logger, msg, ...) log_write(LOG_DEBUG, logger, msg, LOG_FIELDS(__VA_ARGS__))
#define log_info(logger, msg, ...)  log_write(LOG_INFO, logger, msg, LOG_FIELDS(__VA_ARGS__))
#define log_warn(logger, msg, ...)  log_write(LOG_WARN, logger, msg, LOG_FIELDS(__VA_ARGS__))
#define log_error(logger, msg, ...) log_write(LOG_ERROR, logger, msg, LOG_FIELDS(__VA_ARGS__))

#endif
