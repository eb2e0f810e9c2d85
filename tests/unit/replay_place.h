/* A history with views to replay: alone on the stores, or beside a projector. */
#ifndef TESTS_UNIT_REPLAY_PLACE_H
#define TESTS_UNIT_REPLAY_PLACE_H

#include "replay/rebuild.h"
#include "tests/unit/history.h"

#define TENANTS 2 /* acme and umbra */

struct place {
	struct history history;
	struct registry *registry;   /* alone */
	struct projector *projector; /* NULL: alone */
	struct site site;
};

/* Setups and teardown of a test. */
int alone(void **state);
int beside_a_projector(void **state);
int teardown(void **state);

/* (Again) after the journal was opened. */
void open_site(struct place *p);

struct registry_entry entry_of(struct place *p, const struct view_type *type);
/* Call @what; it says why exactly if it fails. */
enum status run(struct place *p, const struct view_type *type,
                enum status (*what)(const struct replay_work *, struct replay_outcome *,
                                    struct error *),
                bool accept_changes, struct replay_outcome *outcome);
void digest_of_live(struct place *p, const struct view_type *type,
                    uint8_t digest[VIEW_DIGEST_BYTES], struct view_position *at);
void assert_at_the_end(struct place *p, const struct view_position *at);

#endif
