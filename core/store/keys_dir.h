/* The directory of an installation's keys (keys_dir), the same for all of its processes: token.jwk
 * (core/http/auth.h), members (profile_keys.h), and keys.id, which says which keys they are.
 *
 * keys.id is a UUID in text. It is made by the first process and stays, also when the key of tokens
 * is replaced (decision 0019); a journal remembers the one that it was made with.
 *
 * Threads: any; processes: any number at once. */
#ifndef CORE_STORE_KEYS_DIR_H
#define CORE_STORE_KEYS_DIR_H

#include "core/base/bytes.h"
#include "core/base/config.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

/* Make the directory, and data_dir, if they are not there; readable by nobody else. IO. */
enum status keys_dir_make(const struct config *config, struct error *err);
/* Make the file @path with @text, mode 0600, whole and synced or not at all. One that is there
 * already wins: read it back. IO. */
enum status keys_dir_put(const char *path, const char *text, struct error *err);
/* Read keys.id. If there is none, make it, or without @create: nil. IO, INVALID (no UUID in it). */
enum status keys_dir_id(const struct config *config, bool create, struct uuid *id,
                        struct error *err);

#endif
