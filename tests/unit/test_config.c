#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/config.h"

#define ARGS_MAX 8

extern char **environ;

/* One try: a directory with a file, the variables and the flags that a test gives. */
struct
try {
	char dir[64];
	char conf[80];
	char secret[80];
	struct config config;
	struct error err;
	int argc;
	char *argv[ARGS_MAX + 1];
	struct buf out;
};

static void write_file(const char *path, const char *text, size_t n)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

static void forget_environment(void)
{
	for (char **entry = environ; *entry;) {
		size_t n = strcspn(*entry, "=");
		if (strncmp(*entry, "NEXUSFLOW_", 10) != 0 || n >= 128) {
			entry++;
			continue;
		}
		char name[128];
		memcpy(name, *entry, n);
		name[n] = '\0';
		unsetenv(name);
		entry = environ;
	}
}

/* An empty file is named by a variable, so that no test reads the one of the machine. */
static int setup(void **state)
{
	struct try *try = mem_new(sizeof(*try));
	forget_environment();
	snprintf(try->dir, sizeof(try->dir), "/tmp/nexusflow-config-XXXXXX");
	assert_non_null(mkdtemp(try->dir));
	snprintf(try->conf, sizeof(try->conf), "%s/conf", try->dir);
	snprintf(try->secret, sizeof(try->secret), "%s/secret", try->dir);
	write_file(try->conf, "", 0);
	setenv("NEXUSFLOW_CONFIG", try->conf, 1);
	*state = try;
	return 0;
}

static int teardown(void **state)
{
	struct try *try = *state;
	config_release(&try->config); /* a second time, or after a failure: nothing happens */
	buf_release(&try->out);
	unlink(try->conf);
	unlink(try->secret);
	assert_int_equal(rmdir(try->dir), 0);
	forget_environment();
	free(try);
	return 0;
}

static void in_file(struct try *try, const char *text)
{
	write_file(try->conf, text, strlen(text));
}

static enum status load(struct try *try, const char *const *flags)
{
	try->argc = 0;
	try->argv[try->argc++] = (char *)"nexusflow";
	while (flags && *flags) {
		assert_true(try->argc < ARGS_MAX);
		try->argv[try->argc++] = (char *)*flags++;
	}
	try->argv[try->argc] = NULL;
	config_release(&try->config);
	memset(&try->err, 0, sizeof(try->err));
	return config_load(&try->config, &try->argc, try->argv, &try->err);
}
#define FLAGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void loads(struct try *try, const char *const *flags)
{
	enum status status = load(try, flags);
	if (status != STATUS_OK)
		fail_msg("%s: %s", status_name(status), try->err.text);
}

/* Refused as invalid, with every one of @words in the error. */
static void refused(struct try *try, const char *const *flags, const char *const *words)
{
	assert_int_equal(load(try, flags), STATUS_INVALID);
	assert_int_equal(try->err.status, STATUS_INVALID);
	for (; *words; words++)
		if (!strstr(try->err.text, *words))
			fail_msg("\"%s\" is not in: %s", *words, try->err.text);
	assert_null(try->config.source); /* nothing to release */
	assert_null(try->config.owned);
	assert_null(try->config.kafka);
}
#define SAYS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *printed(struct try *try, bool json)
{
	buf_clear(&try->out);
	config_print(&try->config, json, &try->out);
	return buf_cstr(&try->out);
}

static const char *kafka_property(const struct config *config, const char *key)
{
	const char *value = NULL;
	for (size_t i = 0; i < config->kafka_n; i++) {
		if (strcmp(config->kafka[i].key, key) == 0) {
			assert_null(value); /* each once */
			value = config->kafka[i].value;
		}
	}
	return value;
}

static void without_anything_every_key_has_its_default(void **state)
{
	struct try *try = *state;
	loads(try, NULL);
#define CHECK_STR(field, def)                       assert_string_equal(try->config.field, def);
#define CHECK_CHOICE(field, def)                    assert_string_equal(try->config.field, def);
#define CHECK_INT(field, def)                       assert_int_equal(try->config.field, strtoll(def, NULL, 10));
#define CHECK(type, field, key, def, min, max, doc) CHECK_##type(field, def)
	CONFIG_TABLE(CHECK)
	assert_int_equal(try->config.kafka_n, 0);
}

static void a_flag_beats_a_variable_beats_the_file_beats_the_default(void **state)
{
	struct try *try = *state;
	loads(try, NULL);
	assert_int_equal(try->config.partitions, 4);
	in_file(try, "partitions = 5\nlisten = file:1\n");
	loads(try, NULL);
	assert_int_equal(try->config.partitions, 5);
	setenv("NEXUSFLOW_PARTITIONS", "6", 1);
	loads(try, NULL);
	assert_int_equal(try->config.partitions, 6);
	loads(try, FLAGS("--partitions=7"));
	assert_int_equal(try->config.partitions, 7);
	assert_string_equal(try->config.listen, "file:1"); /* the layers mix by key */
	loads(try, FLAGS("--partitions=7", "--partitions=8"));
	assert_int_equal(try->config.partitions, 8);
}

static void every_key_can_be_given_by_file_variable_secret_file_and_flag(void **state)
{
	struct try *try = *state;
	static const struct {
		const char *key;
		const char *value;
	} rows[] = {
#define VALUE_STR(min)                            "any text"
#define VALUE_CHOICE(min)                         NULL
#define VALUE_INT(min)                            #min
#define ROW(type, field, key, def, min, max, doc) {key, VALUE_##type(min)},
	        CONFIG_TABLE(ROW)};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *key = rows[i].key, *value = rows[i].value;
		char variable[80], text[200], line[200];
		if (!value)
			value = strcmp(key, "journal") == 0 ? "kafka" : "warn";
		snprintf(variable, sizeof(variable), "NEXUSFLOW_%s", key);
		for (char *c = variable; *c; c++)
			*c = *c == '.' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
		snprintf(line, sizeof(line), "\n%s = %s\n\n", key, value);

		for (int way = 0; way < 4; way++) {
			const char *const sources[] = {"file", "environment", "environment",
			                               "flag"};
			char flag[200] = "--";
			if (way == 0) {
				snprintf(text, sizeof(text), "%s = %s\n", key, value);
				in_file(try, text);
			} else if (way == 1) {
				setenv(variable, value, 1);
			} else if (way == 2) {
				snprintf(text, sizeof(text), "%s\n", value);
				write_file(try->secret, text, strlen(text));
				strcat(variable, "_FILE");
				setenv(variable, try->secret, 1);
			} else {
				snprintf(flag, sizeof(flag), "--%s=%s", key, value);
			}
			loads(try, way == 3 ? FLAGS(flag) : NULL);
			snprintf(text, sizeof(text), "# from: %s, default: ", sources[way]);
			const char *from = strstr(printed(try, false), text);
			assert_non_null(from);
			assert_non_null(strstr(from, line));
			assert_null(strstr(from + 1, "# from: file"));
			in_file(try, "");
			unsetenv(variable);
		}
	}
}

static void dots_dashes_and_underscores_in_a_flag_are_the_same(void **state)
{
	struct try *try = *state;
	static const char *const forms[] = {"--data_dir=/d", "--data-dir=/d", "--data.dir=/d"};
	for (size_t i = 0; i < 3; i++) {
		loads(try, FLAGS(forms[i]));
		assert_string_equal(try->config.data_dir, "/d");
	}
	loads(try, FLAGS("--kafka-bootstrap-servers=k:1"));
	assert_string_equal(try->config.kafka_bootstrap, "k:1");
	assert_int_equal(try->config.kafka_n, 0);
	loads(try, FLAGS("--kafka-topic=t"));
	assert_string_equal(try->config.kafka_topic, "t");
}

static void what_is_not_ours_is_left_to_the_caller_in_order(void **state)
{
	struct try *try = *state;
	loads(try, FLAGS("replay", "--partitions=9", "--dry-run", "board", "--as=x", "--",
	                 "--listen=y"));
	assert_int_equal(try->argc, 7);
	assert_string_equal(try->argv[0], "nexusflow");
	assert_string_equal(try->argv[1], "replay");
	assert_string_equal(try->argv[2], "--dry-run");
	assert_string_equal(try->argv[3], "board");
	assert_string_equal(try->argv[4], "--as=x");
	assert_string_equal(try->argv[5], "--");
	assert_string_equal(try->argv[6], "--listen=y");
	assert_null(try->argv[7]);
	assert_int_equal(try->config.partitions, 9);
	assert_string_equal(try->config.listen, "127.0.0.1:8080");
}

static void a_flag_of_ours_without_a_value_is_refused(void **state)
{
	struct try *try = *state;
	refused(try, FLAGS("--partitions", "9"), SAYS("--partitions=VALUE"));
	refused(try, FLAGS("--config"), SAYS("--config=VALUE"));
}

static void the_config_flag_names_the_file_and_beats_the_variable(void **state)
{
	struct try *try = *state;
	char flag[100];
	write_file(try->secret, "partitions = 11\n", 16);
	in_file(try, "partitions = 12\n");
	snprintf(flag, sizeof(flag), "--config=%s", try->secret);
	loads(try, FLAGS(flag, "rest"));
	assert_int_equal(try->config.partitions, 11);
	assert_int_equal(try->argc, 2);
}

static void a_named_file_that_is_missing_is_refused(void **state)
{
	struct try *try = *state;
	refused(try, FLAGS("--config=/nonexistent/conf"), SAYS("/nonexistent/conf"));
	setenv("NEXUSFLOW_CONFIG", "/nonexistent/other", 1);
	refused(try, NULL, SAYS("/nonexistent/other"));
	setenv("NEXUSFLOW_CONFIG", try->dir, 1);
	assert_int_equal(load(try, NULL), STATUS_IO); /* a directory cannot be read */
}

static void bad_values_are_refused_by_source_and_key(void **state)
{
	struct try *try = *state;
	static const char *const bad[] = {
	        "", "0", "257", "4x", "x", "1.5", " 4", "0x10", "99999999999999999999"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char flag[64];
		snprintf(flag, sizeof(flag), "--partitions=%s", bad[i]);
		refused(try, FLAGS(flag), SAYS("flag --partitions", "1 to 256", bad[i]));
	}
	setenv("NEXUSFLOW_BODY_BYTES_MAX", "1MB", 1);
	refused(try, NULL, SAYS("NEXUSFLOW_BODY_BYTES_MAX", "body_bytes_max", "1MB"));
	/* even when a stronger layer would hide it */
	refused(try, FLAGS("--body_bytes_max=4096"), SAYS("NEXUSFLOW_BODY_BYTES_MAX"));
	unsetenv("NEXUSFLOW_BODY_BYTES_MAX");
	in_file(try, "# one\n\nmap_size_gib = many\n");
	refused(try, NULL, SAYS(try->conf, ":3", "map_size_gib", "many"));
}

static void a_choice_takes_only_its_words(void **state)
{
	struct try *try = *state;
	loads(try, FLAGS("--journal=kafka", "--log-level=debug"));
	assert_string_equal(try->config.journal, "kafka");
	assert_string_equal(try->config.log_level, "debug");
	refused(try, FLAGS("--journal=kafk"), SAYS("flag --journal", "kafk", "embedded | kafka"));
	refused(try, FLAGS("--journal=embedded | kafka"), SAYS("journal"));
	refused(try, FLAGS("--journal="), SAYS("journal"));
	refused(try, FLAGS("--log_level=INFO"), SAYS("log_level", "debug | info | warn | error"));
}

static void an_unknown_or_repeated_key_in_the_file_is_refused_with_its_line(void **state)
{
	struct try *try = *state;
	in_file(try, "listen = a:1\npartition = 4\n");
	refused(try, NULL, SAYS(try->conf, ":2", "partition", "unknown key"));
	in_file(try, "listen = a:1\nlisten = b:1\n");
	refused(try, NULL, SAYS(":2", "listen", "twice"));
	in_file(try, "listen = a:1\n  b:1\n"); /* a continued line */
	refused(try, NULL, SAYS(":2", "listen"));
	in_file(try, "listen = a:1\nnonsense\n");
	refused(try, NULL, SAYS(":2"));
	in_file(try, "[other]\nlisten = a:1\n");
	refused(try, NULL, SAYS(":2", "other.listen"));
}

static void a_line_that_is_too_long_is_refused_and_not_cut(void **state)
{
	struct try *try = *state;
	char line[300], expected[256];
	memset(expected, 'x', sizeof(expected));
	expected[190] = '\0';
	snprintf(line, sizeof(line), "listen=%s\n", expected); /* 197 characters and a newline */
	in_file(try, line);
	loads(try, NULL);
	assert_string_equal(try->config.listen, expected);
	snprintf(line, sizeof(line), "listen=%sxxxx\n", expected);
	in_file(try, line);
	refused(try, NULL, SAYS(":1", "too long"));
}

static void a_secret_file_loses_one_newline_and_nothing_else(void **state)
{
	struct try *try = *state;
	setenv("NEXUSFLOW_POSTGRES_FILE", try->secret, 1);
	write_file(try->secret, " a \n\n", 5);
	loads(try, NULL);
	assert_string_equal(try->config.postgres, " a \n");
	write_file(try->secret, "", 0);
	loads(try, NULL);
	assert_string_equal(try->config.postgres, "");
}

static void a_secret_file_that_cannot_be_used_is_refused(void **state)
{
	struct try *try = *state;
	setenv("NEXUSFLOW_POSTGRES_FILE", try->secret, 1);
	refused(try, NULL, SAYS("NEXUSFLOW_POSTGRES_FILE", try->secret));
	write_file(try->secret, "a\0b", 3);
	refused(try, NULL, SAYS("NEXUSFLOW_POSTGRES_FILE"));
	char *big = mem_new(65537);
	memset(big, 'x', 65537);
	write_file(try->secret, big, 65537);
	refused(try, NULL, SAYS("NEXUSFLOW_POSTGRES_FILE"));
	write_file(try->secret, big, 65536);
	loads(try, NULL);
	assert_int_equal(strlen(try->config.postgres), 65536);
	free(big);
	setenv("NEXUSFLOW_POSTGRES", "dbname=x", 1);
	refused(try, NULL, SAYS("NEXUSFLOW_POSTGRES_FILE", "NEXUSFLOW_POSTGRES is set, too"));
}

static void an_empty_variable_is_a_value(void **state)
{
	struct try *try = *state;
	setenv("NEXUSFLOW_POSTGRES", "", 1);
	loads(try, NULL);
	assert_string_equal(try->config.postgres, "");
}

static void variables_that_are_not_keys_are_somebody_elses(void **state)
{
	struct try *try = *state;
	setenv("NEXUSFLOW_TEST_SEED", "1", 1);
	setenv("NEXUSFLOW_UNHEARD_FILE", "/nonexistent", 1);
	setenv("NEXUSFLOW_", "x", 1);
	loads(try, NULL);
}

static void kafka_properties_pass_through_from_every_source(void **state)
{
	struct try *try = *state;
	in_file(try, "kafka.linger.ms = 1\nkafka.client.id = f\n[kafka]\nsasl.username = me\n");
	setenv("NEXUSFLOW_KAFKA_SECURITY_PROTOCOL", "ssl", 1);
	setenv("NEXUSFLOW_KAFKA_LINGER_MS", "2", 1);
	setenv("NEXUSFLOW_KAFKA_SASL_PASSWORD_FILE", try->secret, 1);
	write_file(try->secret, "geheim\n", 7);
	loads(try, FLAGS("--kafka.client.id=flag", "--kafka.acks=all"));
	assert_string_equal(kafka_property(&try->config, "linger.ms"), "2");
	assert_string_equal(kafka_property(&try->config, "client.id"), "flag");
	assert_string_equal(kafka_property(&try->config, "security.protocol"), "ssl");
	assert_string_equal(kafka_property(&try->config, "sasl.username"), "me");
	assert_string_equal(kafka_property(&try->config, "sasl.password"), "geheim");
	assert_string_equal(kafka_property(&try->config, "acks"), "all");
	assert_int_equal(try->config.kafka_n, 6);
	assert_int_equal(try->argc, 1);
	assert_null(kafka_property(&try->config, "bootstrap.servers"));
}

static void print_shows_every_key_and_no_secret(void **state)
{
	struct try *try = *state;
	static const char *const secrets[] = {"host=x password=geheim",
	                                      "postgresql://u:geheim@h/db"};
	for (size_t i = 0; i < 2; i++) {
		setenv("NEXUSFLOW_POSTGRES", secrets[i], 1);
		loads(try, FLAGS("--kafka.sasl.password=geheim", "--kafka.ssl.key.pem=geheim",
		                 "--kafka.client.id=visible"));
		for (int json = 0; json < 2; json++) {
			const char *text = printed(try, json);
			assert_null(strstr(text, "geheim"));
			assert_non_null(strstr(text, "***"));
			assert_non_null(strstr(text, "visible"));
#define PRINTED(type, field, key, def, min, max, doc) assert_non_null(strstr(text, key));
			CONFIG_TABLE(PRINTED)
		}
	}
}

static void printed_json_says_value_source_default_and_doc(void **state)
{
	struct try *try = *state;
	loads(try, FLAGS("--partitions=7", "--kafka.client.id=c"));
	json_t *all = json_loads(printed(try, true), JSON_REJECT_DUPLICATES, NULL);
	bool found = false;
	size_t i;
	json_t *row;
	assert_non_null(all);
	json_array_foreach(all, i, row)
	{
		if (strcmp(json_string_value(json_object_get(row, "key")), "partitions") != 0)
			continue;
		found = true;
		assert_int_equal(json_integer_value(json_object_get(row, "value")), 7);
		assert_string_equal(json_string_value(json_object_get(row, "source")), "flag");
		assert_string_equal(json_string_value(json_object_get(row, "default")), "4");
		assert_true(json_string_length(json_object_get(row, "doc")) > 0);
	}
	assert_true(found);
	json_decref(all);
}

#define TRY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TRY(without_anything_every_key_has_its_default),
	        TRY(a_flag_beats_a_variable_beats_the_file_beats_the_default),
	        TRY(every_key_can_be_given_by_file_variable_secret_file_and_flag),
	        TRY(dots_dashes_and_underscores_in_a_flag_are_the_same),
	        TRY(what_is_not_ours_is_left_to_the_caller_in_order),
	        TRY(a_flag_of_ours_without_a_value_is_refused),
	        TRY(the_config_flag_names_the_file_and_beats_the_variable),
	        TRY(a_named_file_that_is_missing_is_refused),
	        TRY(bad_values_are_refused_by_source_and_key),
	        TRY(a_choice_takes_only_its_words),
	        TRY(an_unknown_or_repeated_key_in_the_file_is_refused_with_its_line),
	        TRY(a_line_that_is_too_long_is_refused_and_not_cut),
	        TRY(a_secret_file_loses_one_newline_and_nothing_else),
	        TRY(a_secret_file_that_cannot_be_used_is_refused),
	        TRY(an_empty_variable_is_a_value),
	        TRY(variables_that_are_not_keys_are_somebody_elses),
	        TRY(kafka_properties_pass_through_from_every_source),
	        TRY(print_shows_every_key_and_no_secret),
	        TRY(printed_json_says_value_source_default_and_doc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
