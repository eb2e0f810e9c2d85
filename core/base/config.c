/* The layers are applied in order, each over the one before: default, file, environment, flags.
 * Every layer sets values through set_key, which checks them; so a bad value is refused even if a
 * stronger layer would hide it. */
#include "core/base/config.h"

#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/json_out.h"

#define DEFAULT_FILE     "/etc/nexusflow/nexusflow.conf"
#define ENV_PREFIX       "NEXUSFLOW_"
#define SECRET_BYTES_MAX 65536 /* of a file named by NEXUSFLOW_..._FILE */

extern char **environ;

enum source { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT, FROM_FLAG };
static const char *const source_names[] = {"default", "file", "environment", "flag"};

enum type { TYPE_STR, TYPE_CHOICE, TYPE_INT };
struct row {
	enum type type;
	const char *key;
	const char *def;
	int64_t min;
	int64_t max;
	const char *doc;
	size_t offset; /* of the field in struct config */
};

#define CONFIG_ROW(type, field, key, def, min, max, doc)                                           \
	{TYPE_##type, key, def, min, max, doc, offsetof(struct config, field)},
static const struct row rows[] = {CONFIG_TABLE(CONFIG_ROW)};
#undef CONFIG_ROW
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static char fold(char c)
{
	if (c == '.' || c == '-')
		return '_';
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_key(struct slice a, const char *b)
{
	size_t i = 0;
	for (; i < a.n && b[i]; i++)
		if (fold(a.data[i]) != fold(b[i]))
			return false;
	return i == a.n && !b[i];
}

static const struct row *find_row(struct slice key)
{
	for (size_t i = 0; i < ROWS; i++)
		if (same_key(key, rows[i].key))
			return &rows[i];
	return NULL;
}

static bool is_choice(const char *doc, const char *value)
{
	size_t n = strlen(value);
	for (const char *at = doc; at;) {
		const char *end = strstr(at, " | ");
		if (slice_equal(slice_of(at, end ? (size_t)(end - at) : strlen(at)),
		                slice_of(value, n)))
			return true;
		at = end ? end + 3 : NULL;
	}
	return false;
}

static bool parse_int(const char *text, int64_t *out)
{
	char *end;
	if (*text != '-' && (*text < '0' || *text > '9'))
		return false;
	errno = 0;
	long long v = strtoll(text, &end, 10);
	if (errno || end == text || *end)
		return false;
	*out = v;
	return true;
}

static const char *own(struct config *config, const char *value)
{
	config->owned = mem_grow(config->owned, (config->owned_n + 1) * sizeof(char *));
	char *copy = mem_string(slice_str(value));
	config->owned[config->owned_n++] = copy;
	return copy;
}

static enum status set_row(struct config *config, const struct row *row, const char *value,
                           enum source source, const char *origin, struct error *err)
{
	void *field = (char *)config + row->offset;
	int64_t number = 0;
	switch (row->type) {
	case TYPE_INT:
		if (!parse_int(value, &number) || number < row->min || number > row->max)
			return error_set(err, STATUS_INVALID,
			                 "%s: %s: \"%s\" is not a whole number from %lld to %lld",
			                 origin, row->key, value, (long long)row->min,
			                 (long long)row->max);
		memcpy(field, &number, sizeof(number));
		break;
	case TYPE_CHOICE:
		if (!is_choice(row->doc, value))
			return error_set(err, STATUS_INVALID, "%s: %s: \"%s\" is none of: %s",
			                 origin, row->key, value, row->doc);
		/* fall through */
	case TYPE_STR:
		value = own(config, value);
		memcpy(field, &value, sizeof(value));
		break;
	}
	config->source[row - rows] = (uint8_t)source;
	return STATUS_OK;
}

static void set_kafka(struct config *config, const char *property, const char *value)
{
	for (size_t i = 0; i < config->kafka_n; i++) {
		if (strcmp(config->kafka[i].key, property) == 0) {
			free(config->kafka[i].value);
			config->kafka[i].value = mem_string(slice_str(value));
			return;
		}
	}
	config->kafka = mem_grow(config->kafka, (config->kafka_n + 1) * sizeof(*config->kafka));
	config->kafka[config->kafka_n++] = (struct config_pair){
	        .key = mem_string(slice_str(property)), .value = mem_string(slice_str(value))};
}

static bool is_kafka(struct slice key)
{
	return key.n > 6 && memcmp(key.data, "kafka.", 6) == 0;
}

/* @origin names the source in errors; *@known tells whether the key exists. */
static enum status set_key(struct config *config, struct slice key, const char *value,
                           enum source source, const char *origin, bool *known, struct error *err)
{
	const struct row *row = find_row(key);
	*known = true;
	if (row)
		return set_row(config, row, value, source, origin, err);
	if (is_kafka(key)) {
		char *property = mem_string(slice_of(key.data + 6, key.n - 6));
		set_kafka(config, property, value);
		free(property);
		return STATUS_OK;
	}
	*known = false;
	return STATUS_OK;
}

/* ---- file ---- */

struct file_load {
	struct config *config;
	FILE *file;
	const char *path;
	int line;
	bool seen[ROWS];
	enum status status;
	struct error *err;
};

/* inih would take the rest of a long line for a line of its own. */
static char *read_line(char *to, int n, void *stream)
{
	struct file_load *load = stream;
	if (load->status != STATUS_OK || !fgets(to, n, load->file))
		return NULL;
	load->line++;
	if (strlen(to) == (size_t)n - 1 && to[n - 2] != '\n') {
		load->status = error_set(load->err, STATUS_INVALID, "%s:%d: line too long",
		                         load->path, load->line);
		return NULL;
	}
	return to;
}

static int take_line(void *user, const char *section, const char *name, const char *value)
{
	struct file_load *load = user;
	if (load->status != STATUS_OK)
		return 0;
	struct buf key = {0};
	char origin[PATH_MAX + 16];
	bool known;
	if (*section)
		buf_printf(&key, "%s.", section);
	buf_append_str(&key, name);
	snprintf(origin, sizeof(origin), "%s:%d", load->path, load->line);
	const struct row *row = find_row(buf_slice(&key));
	/* an indented line is to inih one more value of the same key: refused here, too */
	if (row && load->seen[row - rows]) {
		load->status = error_set(load->err, STATUS_INVALID, "%s: %s: given twice", origin,
		                         row->key);
	} else {
		load->status = set_key(load->config, buf_slice(&key), value, FROM_FILE, origin,
		                       &known, load->err);
		if (load->status == STATUS_OK && !known)
			load->status = error_set(load->err, STATUS_INVALID, "%s: %s: unknown key",
			                         origin, buf_cstr(&key));
		if (row)
			load->seen[row - rows] = true;
	}
	buf_release(&key);
	return load->status == STATUS_OK;
}

static enum status load_file(struct config *config, const char *path, bool required,
                             struct error *err)
{
	struct file_load load = {.config = config, .path = path, .err = err};
	load.file = fopen(path, "re");
	if (!load.file) {
		if (errno == ENOENT && !required)
			return STATUS_OK;
		return error_set(err, STATUS_INVALID, "configuration file %s: %s", path,
		                 strerror(errno));
	}
	int line = ini_parse_stream(read_line, &load, take_line, &load);
	if (load.status == STATUS_OK && ferror(load.file))
		load.status = error_set(err, STATUS_IO, "configuration file %s: cannot read", path);
	else if (load.status == STATUS_OK && line != 0)
		load.status =
		        error_set(err, STATUS_INVALID, "%s:%d: not a \"key = value\"", path, line);
	fclose(load.file);
	return load.status;
}

/* ---- environment ---- */

/* The contents of @path without the last newline; NULL with @err set if there is none. */
static char *read_secret(const char *variable, const char *path, struct error *err)
{
	FILE *file = fopen(path, "re");
	if (!file) {
		error_set(err, STATUS_INVALID, "%s: %s: %s", variable, path, strerror(errno));
		return NULL;
	}
	char *text = mem_new(SECRET_BYTES_MAX + 2);
	size_t n = fread(text, 1, SECRET_BYTES_MAX + 1, file);
	bool failed = ferror(file);
	fclose(file);
	if (failed || n > SECRET_BYTES_MAX || memchr(text, '\0', n)) {
		error_set(err, STATUS_INVALID, "%s: %s: %s", variable, path,
		          failed ? "cannot read" : "not a text of at most 64 KiB");
		free(text);
		return NULL;
	}
	if (n && text[n - 1] == '\n')
		text[--n] = '\0';
	return text;
}

/* "kafka.sasl.password" of NEXUSFLOW_KAFKA_SASL_PASSWORD; table keys match in either form. */
static void key_of_variable(struct buf *key, struct slice variable)
{
	for (size_t i = 0; i < variable.n; i++)
		buf_append_char(key, fold(variable.data[i]));
	if (find_row(buf_slice(key)) || key->n <= 6 || memcmp(key->data, "kafka_", 6) != 0)
		return;
	for (size_t i = 0; i < key->n; i++)
		if (key->data[i] == '_')
			key->data[i] = '.';
}

static enum status load_variable(struct config *config, const char *entry, struct error *err)
{
	const char *equals = strchr(entry, '=');
	size_t prefix = sizeof(ENV_PREFIX) - 1;
	if (!equals || strncmp(entry, ENV_PREFIX, prefix) != 0)
		return STATUS_OK;
	enum status status = STATUS_OK;
	char *variable = mem_string(slice_of(entry, (size_t)(equals - entry)));
	struct slice name = slice_str(variable + prefix);
	struct buf key = {0};
	char *secret = NULL;
	bool known;

	key_of_variable(&key, name);
	bool names_file = name.n > 5 && memcmp(name.data + name.n - 5, "_FILE", 5) == 0 &&
	                  !find_row(buf_slice(&key));
	if (names_file) {
		buf_clear(&key);
		key_of_variable(&key, slice_of(name.data, name.n - 5));
		struct slice plain = slice_of(variable, prefix + name.n - 5);
		char *other = mem_string(plain);
		bool table_or_kafka = find_row(buf_slice(&key)) || is_kafka(buf_slice(&key));
		if (table_or_kafka && getenv(other))
			status = error_set(err, STATUS_INVALID, "%s: %s is set, too", variable,
			                   other);
		else if (table_or_kafka && !(secret = read_secret(variable, equals + 1, err)))
			status = STATUS_INVALID;
		free(other);
	}
	/* unknown variables belong to somebody else: a test, a wrapper script */
	if (status == STATUS_OK && (!names_file || secret))
		status = set_key(config, buf_slice(&key), secret ? secret : equals + 1,
		                 FROM_ENVIRONMENT, variable, &known, err);
	free(secret);
	buf_release(&key);
	free(variable);
	return status;
}

static enum status load_environment(struct config *config, struct error *err)
{
	enum status status = STATUS_OK;
	for (char **entry = environ; entry && *entry && status == STATUS_OK; entry++)
		status = load_variable(config, *entry, err);
	return status;
}

/* ---- flags ---- */

static enum status load_flag(struct config *config, const char *flag, bool *taken,
                             struct error *err)
{
	const char *equals = strchr(flag, '=');
	struct slice key =
	        equals ? slice_of(flag + 2, (size_t)(equals - flag - 2)) : slice_str(flag + 2);
	char origin[128];
	*taken = false;
	if (!equals) {
		if (find_row(key) || is_kafka(key) || same_key(key, "config"))
			return error_set(err, STATUS_INVALID, "flag %s: write %s=VALUE", flag,
			                 flag);
		return STATUS_OK;
	}
	*taken = same_key(key, "config");
	if (*taken)
		return STATUS_OK;
	snprintf(origin, sizeof(origin), "flag --%.*s", (int)(key.n < 100 ? key.n : 100), key.data);
	return set_key(config, key, equals + 1, FROM_FLAG, origin, taken, err);
}

static enum status load_flags(struct config *config, int *argc, char **argv, struct error *err)
{
	int kept = *argc ? 1 : 0;
	bool ended = false;
	for (int i = kept; i < *argc; i++) {
		bool taken = false;
		ended = ended || strcmp(argv[i], "--") == 0;
		if (!ended && strncmp(argv[i], "--", 2) == 0) {
			enum status status = load_flag(config, argv[i], &taken, err);
			if (status != STATUS_OK)
				return status;
		}
		if (!taken)
			argv[kept++] = argv[i];
	}
	*argc = kept;
	argv[kept] = NULL;
	return STATUS_OK;
}

static const char *file_flag(int argc, char **argv)
{
	const char *path = NULL;
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strncmp(argv[i], "--config=", 9) == 0)
			path = argv[i] + 9;
	return path;
}

/* ---- the whole ---- */

static enum status load_layers(struct config *config, int *argc, char **argv, struct error *err)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < ROWS && status == STATUS_OK; i++)
		status = set_row(config, &rows[i], rows[i].def, FROM_DEFAULT, "default", err);
	const char *path = file_flag(*argc, argv);
	if (!path)
		path = getenv(ENV_PREFIX "CONFIG");
	if (status == STATUS_OK)
		status = load_file(config, path ? path : DEFAULT_FILE, path != NULL, err);
	if (status == STATUS_OK)
		status = load_environment(config, err);
	if (status == STATUS_OK)
		status = load_flags(config, argc, argv, err);
	return status;
}

enum status config_load(struct config *config, int *argc, char **argv, struct error *err)
{
	*config = (struct config){.source = mem_new(ROWS)};
	enum status status = load_layers(config, argc, argv, err);
	if (status != STATUS_OK)
		config_release(config);
	return status;
}

void config_keys_dir(const struct config *config, struct buf *out)
{
	if (config->keys_dir && config->keys_dir[0])
		buf_append_str(out, config->keys_dir);
	else
		buf_printf(out, "%s/keys", config->data_dir);
}

void config_release(struct config *config)
{
	for (size_t i = 0; i < config->kafka_n; i++) {
		free(config->kafka[i].key);
		free(config->kafka[i].value);
	}
	for (size_t i = 0; i < config->owned_n; i++)
		free(config->owned[i]);
	free(config->kafka);
	free(config->owned);
	free(config->source);
	*config = (struct config){0};
}

/* ---- print ---- */

/* Only these properties of librdkafka hold secrets; a connection string may hold a password in
 * either of its forms. */
static bool is_secret(const char *key, const char *value)
{
	return strstr(key, "password") || strstr(key, "secret") || strstr(key, "ssl.key.pem") ||
	       strstr(key, "oauthbearer.config") || strstr(key, "sasl.jaas") ||
	       (strcmp(key, "postgres") == 0 && (strstr(value, "password") || strchr(value, '@')));
}

static void print_one(struct json_out *json, struct buf *text, const char *key, const char *value,
                      const struct row *row, const char *source)
{
	if (is_secret(key, value))
		value = "***";
	if (!json) {
		buf_printf(text, "# %s\n# from: %s, default: %s\n%s = %s\n\n",
		           row ? row->doc : "passed through to librdkafka", source,
		           row ? row->def : "none", key, value);
		return;
	}
	json_out_object(json);
	json_out_member_str(json, "key", key);
	json_out_key(json, "value");
	if (row && row->type == TYPE_INT)
		json_out_raw(json, slice_str(value));
	else
		json_out_str(json, value);
	json_out_member_str(json, "source", source);
	if (row)
		json_out_member_str(json, "default", row->def);
	json_out_member_str(json, "doc", row ? row->doc : "passed through to librdkafka");
	json_out_object_end(json);
}

void config_print(const struct config *config, bool json, struct buf *out)
{
	struct json_out writer;
	struct json_out *to = json ? &writer : NULL;
	struct buf key = {0};
	json_out_init(&writer, out);
	if (to)
		json_out_array(to);
	for (size_t i = 0; i < ROWS; i++) {
		const char *field = (const char *)config + rows[i].offset;
		char number[24];
		const char *value = number;
		int64_t v;
		if (rows[i].type == TYPE_INT) {
			memcpy(&v, field, sizeof(v));
			snprintf(number, sizeof(number), "%lld", (long long)v);
		} else {
			memcpy(&value, field, sizeof(value));
		}
		print_one(to, out, rows[i].key, value, &rows[i], source_names[config->source[i]]);
	}
	for (size_t i = 0; i < config->kafka_n; i++) {
		buf_clear(&key);
		buf_printf(&key, "kafka.%s", config->kafka[i].key);
		print_one(to, out, buf_cstr(&key), config->kafka[i].value, NULL, "given");
	}
	if (to) {
		json_out_array_end(to);
		buf_append_char(out, '\n');
	}
	buf_release(&key);
}
