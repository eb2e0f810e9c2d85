/* What a driver provides; journal.c dispatches, checks arguments and limits. Internal to
 * core/journal. The contract of each slot is that of the function of the same name in journal.h. */
#ifndef CORE_JOURNAL_DRIVER_H
#define CORE_JOURNAL_DRIVER_H

#include "core/journal/journal.h"
#include "core/journal/membership.h"

/* journal.c has checked @partition against the identity, records against the limits of journal.h,
 * and that a read-only journal is not claimed, before a slot is called. */
struct journal_driver {
	const char *name;
	enum status (*open)(const struct journal_options *options, void **self,
	                    struct journal_identity *identity, struct error *err);
	void (*close)(void *self);
	enum status (*claim)(void *self, uint32_t partition, const struct journal_owner *owner,
	                     int64_t *end, struct error *err);
	void (*prepare)(void *self, uint32_t partition); /* may be NULL */
	void (*release)(void *self, uint32_t partition);
	enum status (*append)(void *self, uint32_t partition, const struct journal_record *records,
	                      uint32_t n, int64_t *offsets, struct error *err);
	enum status (*confirm)(void *self, uint32_t partition, struct error *err);
	/* The marks of journal_finish_copy are in the log. NULL: they are all it takes. */
	enum status (*finish_copy)(void *self, struct error *err);
	enum status (*end)(void *self, uint32_t partition, int64_t *end, struct error *err);
	enum status (*reader_open)(void *self, void **reader, struct error *err);
	void (*reader_close)(void *reader);
	void (*reader_omit_headers)(void *reader); /* NULL where they cost nothing */
	enum status (*reader_assign)(void *reader, uint32_t partition, int64_t offset,
	                             struct error *err);
	enum status (*reader_poll)(void *reader, int timeout_ms, struct journal_entry *entries,
	                           uint32_t max, uint32_t *n, struct error *err);
	int64_t (*reader_position)(const void *reader, uint32_t partition);
	void (*reader_wake)(void *reader);
	void (*progress)(void *self, const char *reader,
	                 const int64_t *next_offset); /* may be NULL */
	bool (*trouble)(void *self, struct buf *out); /* may be NULL */
	/* All NULL where only one process can write. */
	enum status (*membership_open)(void *self, const struct journal_membership_options *options,
	                               void **membership, struct error *err);
	enum status (*members)(void *self, uint32_t *n, struct error *err);
	void (*membership_dispute)(void *membership, uint32_t partition);
	void (*membership_close)(void *membership);
};

extern const struct journal_driver journal_embedded;
extern const struct journal_driver journal_kafka;

struct journal {
	const struct journal_driver *driver;
	void *self;
	struct journal_identity identity;
	bool read_only;
};

/* Headers travel packed: per header a u16 length of the name, a u32 length of the value (both big
 * endian), the name, the value. journal_entry_header reads this form. */
size_t journal_headers_size(const struct journal_record *record);
void journal_headers_pack(const struct journal_record *record, char *to);

/* The identity of a journal that is made now. */
struct journal_identity journal_identity_new(const struct journal_options *options,
                                             uint32_t partitions);

/* The values of the control records (schemas/avro/control), the same for every driver. Control
 * records have an empty key and no headers. Appended to @out. In a copy the newest ancestor's
 * copied_at is 0 until the copy is finished. */
void journal_control_created(const struct journal_identity *identity, uint32_t partition,
                             int64_t now_ms, struct buf *out);
void journal_control_claimed(const struct journal_owner *owner, uint32_t partition, int64_t now_ms,
                             struct buf *out);

/* The hash behind journal_partition_of, before the sign bit is cut. Pure. */
uint32_t journal_murmur2(struct slice key);

/* Wrap @inner so that operations fail, tear, delay or lose their answer by plan; tests only. Takes
 * @inner: closing the result closes it. The plan is drawn per partition from the seed, so that
 * threads do not change what a partition sees. After UNKNOWN and FENCED appends answer FENCED until
 * the partition is claimed again. */
struct journal_fault_plan {
	uint64_t seed;
	uint32_t reject_one_in;  /* append answers STATUS_REJECTED, nothing was appended */
	uint32_t unknown_one_in; /* append answers STATUS_UNKNOWN; half of them were appended */
	uint32_t fence_one_in;   /* append answers STATUS_FENCED, nothing was appended */
	uint32_t delay_one_in;   /* append waits delay_ms first */
	uint32_t delay_ms;
};
struct journal *journal_with_faults(struct journal *inner, const struct journal_fault_plan *plan);

#endif
