/* What every journal driver promises (core/journal/journal.h), as one list of tests.
 *
 * A driver's test file fills a struct journal_place and calls journal_contract_run. Every test gets
 * a place of its own; a journal is always opened through place->config, as a role would do it. */
#ifndef TESTS_CONTRACT_JOURNAL_CONTRACT_H
#define TESTS_CONTRACT_JOURNAL_CONTRACT_H

#include "core/journal/journal.h"

struct journal_place {
	const char *driver;
	/* A fresh place without a journal (a directory, a topic name): fill config. Called before
	 * each test; destroy after it. @partitions is to be the value of that key. */
	void (*create)(struct journal_place *place, uint32_t partitions);
	void (*destroy)(struct journal_place *place);
	struct config config;
	unsigned kill_rounds; /* of the kill -9 test */
	void *own;            /* the driver's test's */
};

/* The number of failed tests. */
int journal_contract_run(struct journal_place *place);

/* --- for the tests themselves --- */

#define CONTRACT_PARTITIONS 4

/* What a test remembers of a record it has read. */
struct read_record {
	int64_t offset;
	bool control; /* empty key */
	char *value;  /* NUL-terminated copy */
	size_t value_n;
};
struct read_log {
	struct read_record *records;
	size_t n;
	size_t cap;
};
void read_log_release(struct read_log *log);

/* All of these fail the running test when something fails. */
struct journal *contract_open(struct journal_place *place);
int64_t contract_claim(struct journal *journal, uint32_t partition);
/* One record with key "tenant" and @value; its offset. */
int64_t contract_append(struct journal *journal, uint32_t partition, const char *value);
/* Everything from @from to the end that the journal has now. */
void contract_read(struct journal *journal, uint32_t partition, int64_t from, struct read_log *log);

/* journal_contract_crash.c */
void a_killed_writer_leaves_every_acknowledged_batch_and_no_torn_one(void **state);

#endif
