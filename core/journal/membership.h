/* Which partitions this process is to own, where several processes write to one journal: they are
 * spread over the members, and again whenever one comes or goes. An assignment is a proposal;
 * ownership begins with journal_claim, and only that keeps two owners apart.
 *
 * Threads: open, dispute and close from any, one at a time; the callbacks come from a thread of the
 * membership, one after the other, and never after journal_membership_close. */
#ifndef CORE_JOURNAL_MEMBERSHIP_H
#define CORE_JOURNAL_MEMBERSHIP_H

#include "core/journal/journal.h"

struct journal_membership;

struct journal_membership_options {
	/* @partition is ours to claim. Must not block. */
	void (*assigned)(void *context, uint32_t partition);
	/* Not ours any more. Return when nothing more will be appended to any of them: the others
	 * wait for it. @lost: they did not; another may own them already. */
	void (*revoked)(void *context, const uint32_t *partitions, uint32_t n, bool lost);
	void *context;
};

/* Can several processes write to this journal? Embedded: no, its partitions need no assignment. */
bool journal_is_shared(const struct journal *journal);

/* How many processes are members, this one included; one that was killed counts until the others
 * miss it. 0 on a journal that is not shared. */
enum status journal_members(struct journal *journal, uint32_t *n, struct error *err);

/* Become a member. On a journal that is not shared all partitions are assigned before it returns,
 * and never revoked. Returns before the first assignment otherwise. */
enum status journal_membership_open(struct journal *journal,
                                    const struct journal_membership_options *options,
                                    struct journal_membership **out, struct error *err);
/* Another owner claimed @partition although it is assigned to us. When it is still ours after the
 * time in which the others would have given us up, it is assigned once more. */
void journal_membership_dispute(struct journal_membership *membership, uint32_t partition);
/* Leave: what was assigned goes to the others at once. NULL is fine. */
void journal_membership_close(struct journal_membership *membership);

#endif
