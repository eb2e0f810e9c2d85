/* Commands at random, right and wrong ones, that often are about the same few things. */
#ifndef TESTS_UNIT_RANDOM_COMMAND_H
#define TESTS_UNIT_RANDOM_COMMAND_H

#include "tests/lib/decider.h"
#include "tests/unit/seed.h"

/* The fields of a command of @command->type. What they point to lies in the decider's arena. */
void random_command_fill(struct decider *decider, struct seed *seed, struct command *command);

/* One of the people of decider.h. */
struct uuid random_person(struct seed *seed);
/* Custom fields, and the values of issues, add up. */
void check_fields(struct decider *decider);
/* Nobody who was removed has anything to do or to decide. */
void check_removed_members(struct decider *decider);
bool maybe(struct seed *seed, uint64_t one_in);

#endif
