/* A journal that fails by plan. The n-th append to a partition draws its fate from (seed,
 * partition, n), so that a run can be repeated whatever the threads do. */
#include "core/journal/driver.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct fault {
	struct journal *inner;
	struct journal_fault_plan plan;
	atomic_uint appends[JOURNAL_PARTITIONS_MAX];
	atomic_bool lost[JOURNAL_PARTITIONS_MAX]; /* to be claimed again */
};

/* splitmix64 (Steele, Lea, Flood 2014): every bit of the input reaches every bit of the output. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static bool strikes(uint64_t *fate, uint32_t one_in)
{
	*fate = mix(*fate);
	return one_in > 0 && *fate % one_in == 0;
}

static void fault_close(void *self)
{
	struct fault *fault = self;

	journal_close(fault->inner);
	free(fault);
}

static enum status fault_claim(void *self, uint32_t partition, const struct journal_owner *owner,
                               int64_t *end, struct error *err)
{
	struct fault *fault = self;
	const struct journal *inner = fault->inner;
	enum status status = inner->driver->claim(inner->self, partition, owner, end, err);

	if (status == STATUS_OK)
		atomic_store(&fault->lost[partition], false);
	return status;
}

static void fault_prepare(void *self, uint32_t partition)
{
	struct fault *fault = self;

	journal_prepare(fault->inner, partition);
}

static void fault_release(void *self, uint32_t partition)
{
	struct fault *fault = self;

	journal_release(fault->inner, partition);
}

/* The partition is given back: what @inner would accept is no longer ours to append. */
static enum status lose(struct fault *fault, uint32_t partition, enum status status,
                        struct error *err)
{
	atomic_store(&fault->lost[partition], true);
	journal_release(fault->inner, partition);
	return error_set(err, status, "by plan of the fault driver");
}

static enum status append_unknown(struct fault *fault, uint32_t partition,
                                  const struct journal_record *records, uint32_t n, bool really,
                                  struct error *err)
{
	const struct journal *inner = fault->inner;

	if (really) { /* its outcome is what nobody is to learn */
		int64_t *offsets = mem_new(n * sizeof(*offsets));
		inner->driver->append(inner->self, partition, records, n, offsets, NULL);
		free(offsets);
	}
	return lose(fault, partition, STATUS_UNKNOWN, err);
}

static enum status fault_append(void *self, uint32_t partition,
                                const struct journal_record *records, uint32_t n, int64_t *offsets,
                                struct error *err)
{
	struct fault *fault = self;
	const struct journal *inner = fault->inner;
	const struct journal_fault_plan *plan = &fault->plan;
	uint64_t count = atomic_fetch_add(&fault->appends[partition], 1);
	uint64_t fate = mix(plan->seed ^ mix((uint64_t)partition << 32 | count));

	if (atomic_load(&fault->lost[partition]))
		return error_set(err, STATUS_FENCED, "lost by plan and not claimed again");
	if (strikes(&fate, plan->delay_one_in)) {
		uint32_t ms = plan->delay_ms;
		nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
	}
	if (strikes(&fate, plan->reject_one_in))
		return error_set(err, STATUS_REJECTED, "by plan of the fault driver");
	if (strikes(&fate, plan->fence_one_in))
		return lose(fault, partition, STATUS_FENCED, err);
	if (strikes(&fate, plan->unknown_one_in))
		return append_unknown(fault, partition, records, n, strikes(&fate, 2), err);
	return inner->driver->append(inner->self, partition, records, n, offsets, err);
}

static enum status fault_confirm(void *self, uint32_t partition, struct error *err)
{
	struct fault *fault = self;

	if (atomic_load(&fault->lost[partition]))
		return error_set(err, STATUS_FENCED, "lost by plan and not claimed again");
	return journal_confirm(fault->inner, partition, err);
}

static enum status fault_finish_copy(void *self, struct error *err)
{
	struct fault *fault = self;
	const struct journal *inner = fault->inner;

	return inner->driver->finish_copy ? inner->driver->finish_copy(inner->self, err)
	                                  : STATUS_OK;
}

static enum status fault_end(void *self, uint32_t partition, int64_t *end, struct error *err)
{
	struct fault *fault = self;

	return journal_end(fault->inner, partition, end, err);
}

static enum status fault_reader_open(void *self, void **reader, struct error *err)
{
	struct fault *fault = self;

	return journal_reader_open(fault->inner, (struct journal_reader **)reader, err);
}

static void fault_reader_close(void *reader)
{
	journal_reader_close(reader);
}

static void fault_reader_omit_headers(void *reader)
{
	journal_reader_omit_headers(reader);
}

static enum status fault_reader_assign(void *reader, uint32_t partition, int64_t offset,
                                       struct error *err)
{
	return journal_reader_assign(reader, partition, offset, err);
}

static enum status fault_reader_poll(void *reader, int timeout_ms, struct journal_entry *entries,
                                     uint32_t max, uint32_t *n, struct error *err)
{
	return journal_reader_poll(reader, timeout_ms, entries, max, n, err);
}

static int64_t fault_reader_position(const void *reader, uint32_t partition)
{
	return journal_reader_position(reader, partition);
}

static void fault_reader_wake(void *reader)
{
	journal_reader_wake(reader);
}

static void fault_progress(void *self, const char *reader, const int64_t *next_offset)
{
	struct fault *fault = self;

	journal_progress(fault->inner, reader, next_offset);
}

/* Not in the table of journal_open: it has no place of its own to open. */
static const struct journal_driver journal_fault = {
        .name = "fault",
        .close = fault_close,
        .claim = fault_claim,
        .prepare = fault_prepare,
        .release = fault_release,
        .append = fault_append,
        .confirm = fault_confirm,
        .finish_copy = fault_finish_copy,
        .end = fault_end,
        .reader_open = fault_reader_open,
        .reader_close = fault_reader_close,
        .reader_omit_headers = fault_reader_omit_headers,
        .reader_assign = fault_reader_assign,
        .reader_poll = fault_reader_poll,
        .reader_position = fault_reader_position,
        .reader_wake = fault_reader_wake,
        .progress = fault_progress,
};

struct journal *journal_with_faults(struct journal *inner, const struct journal_fault_plan *plan)
{
	struct journal *journal = mem_new(sizeof(*journal));
	struct fault *fault = mem_new(sizeof(*fault));

	fault->inner = inner;
	fault->plan = *plan;
	journal->driver = &journal_fault;
	journal->self = fault;
	journal->identity = inner->identity;
	journal->read_only = inner->read_only;
	return journal;
}
