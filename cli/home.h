/* The data directory of a process and the journal that it belongs to. Every store in it is a fold
 * of one journal, so the directory remembers which (<data_dir>/journal.id): a process that is given
 * another one (a wrong address, topic or directory) ends before it touches anything. */
#ifndef CLI_HOME_H
#define CLI_HOME_H

#include "core/journal/journal.h"

/* Open the journal that @config names. One that is missing is made only if @makes_journals and the
 * directory never had one. Beyond the errors of journal_open: CONFLICT (the directory belongs to
 * another journal, which this one is no copy of; keys_dir holds other keys than those that the
 * journal was made with), IO. */
enum status home_open_journal(const struct config *config, bool makes_journals,
                              struct journal **out, struct error *err);
/* Let no other process be @role with this directory until @fd is closed or the process ends: its
 * stores have one writer. BUSY (another is), IO. */
enum status home_lock(const struct config *config, const char *role, int *fd, struct error *err);
/* The stores agree that it is this one: from now on the directory belongs to @journal. IO. */
enum status home_remember(const struct config *config, const struct journal *journal,
                          struct error *err);

#endif
