/* Every configuration key in one table: name, type, default, doc. flags (--key=value) > environment
 * (NEXUSFLOW_KEY, dots as underscores; NEXUSFLOW_KEY_FILE names a file that holds the value) >
 * file (INI, `key = value`) > default. `nexusflow config print` shows all, secrets masked;
 * `kafka.<property>` is passed through to librdkafka (as a variable: NEXUSFLOW_KAFKA_PROPERTY).
 * In names of keys `.`, `_` and `-` are the same; [section] in the file means the prefix
 * "section.". A file's line has at most 198 characters: longer values come from a _FILE. */
#ifndef CORE_BASE_CONFIG_H
#define CORE_BASE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/status.h"

/* X(type, field, "key", "default", min, max, "doc"); min and max apply to INT only. Sizes in the
 * unit that the name ends with. The doc of a CHOICE is the list of its values. */
#define CONFIG_TABLE(X)                                                                            \
	X(STR, data_dir, "data_dir", "/var/lib/nexusflow", 0, 0,                                   \
	  "directory of the journal, the stores and the keys")                                     \
	X(STR, keys_dir, "keys_dir", "", 0, 0,                                                     \
	  "directory of the keys of tokens and members, the same for all processes of an "         \
	  "installation; empty: <data_dir>/keys")                                                  \
	X(STR, listen, "listen", "127.0.0.1:8080", 0, 0, "address and port of the HTTP API")       \
	X(STR, advertise, "advertise", "", 0, 0,                                                   \
	  "host:port where other instances reach the command API of this one; empty: listen")      \
	X(CHOICE, journal, "journal", "embedded", 0, 0, "embedded | kafka")                        \
	X(INT, partitions, "partitions", "4", 1, 256,                                              \
	  "partitions of a journal that is created now; fixed afterwards")                         \
	X(STR, kafka_bootstrap, "kafka.bootstrap.servers", "127.0.0.1:9092", 0, 0,                 \
	  "Kafka brokers, host:port,...")                                                          \
	X(STR, kafka_topic, "kafka_topic", "nexusflow.events", 0, 0, "Kafka topic of the events")  \
	X(INT, kafka_topic_check_s, "kafka_topic_check_s", "60", 1, 86400,                         \
	  "how often the owner of partitions looks whether the topic's settings still fit")        \
	X(STR, postgres, "postgres", "host=/run/nexusflow dbname=nexusflow", 0, 0,                 \
	  "libpq connection string of the search and audit views; empty: run without them")        \
	X(STR, token_issuer, "token_issuer", "nexusflow", 0, 0, "expected iss of tokens")          \
	X(STR, token_audience, "token_audience", "nexusflow", 0, 0, "expected aud of tokens")      \
	X(STR, command_url, "command_url", "http://127.0.0.1:8080", 0, 0,                          \
	  "command API for a processor that runs in a process of its own")                         \
	X(CHOICE, log_level, "log_level", "info", 0, 0, "debug | info | warn | error")             \
	X(INT, connections_max, "connections_max", "4096", 16, 65536, "open HTTP connections")     \
	X(INT, body_bytes_max, "body_bytes_max", "1048576", 1024, 16777216,                        \
	  "bytes of one command's body, or of one line of a batch")                                \
	X(INT, batch_commands_max, "batch_commands_max", "5000", 1, 20000,                         \
	  "commands in one group commit")                                                          \
	X(INT, command_timeout_ms, "command_timeout_ms", "10000", 100, 60000,                      \
	  "a command without an outcome by then is answered 503")                                  \
	X(INT, position_wait_ms, "position_wait_ms", "2000", 0, 60000,                             \
	  "how long a query waits for NexusFlow-Min-Position")                                     \
	X(INT, map_size_gib, "map_size_gib", "64", 1, 16384,                                       \
	  "address space of each LMDB file; the limit of its growth")

#define CONFIG_FIELD_STR(field)                            const char *field;
#define CONFIG_FIELD_CHOICE(field)                         const char *field;
#define CONFIG_FIELD_INT(field)                            int64_t field;
#define CONFIG_FIELD(type, field, key, def, min, max, doc) CONFIG_FIELD_##type(field)
struct config {
	CONFIG_TABLE(CONFIG_FIELD)
	struct config_pair {
		char *key;
		char *value;
	} * kafka; /* "kafka." pass-through, without the prefix */
	size_t kafka_n;
	char **owned; /* strings that config_release frees */
	size_t owned_n;
	uint8_t *source; /* per table row: where the value came from, for config print */
};
#undef CONFIG_FIELD
#undef CONFIG_FIELD_STR
#undef CONFIG_FIELD_CHOICE
#undef CONFIG_FIELD_INT

/* Read defaults, then the file (--config=FILE, else NEXUSFLOW_CONFIG, else
 * /etc/nexusflow/nexusflow.conf if it exists), then the environment, then the flags in
 * @argv[1..]. Flags that belong to the table are removed from argv and *@argc; what is left is
 * the caller's; "--" ends the flags. An unknown or repeated key in the file or a bad value is
 * STATUS_INVALID naming source and key, and leaves nothing to release. One thread, at start. */
enum status config_load(struct config *config, int *argc, char **argv, struct error *err);
void config_release(struct config *config);
/* Where the keys are, from keys_dir and data_dir; appended to @out. */
void config_keys_dir(const struct config *config, struct buf *out);
/* Every key with value, source, default and doc. */
void config_print(const struct config *config, bool json, struct buf *out);

#endif
