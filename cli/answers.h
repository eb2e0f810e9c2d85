/* The JSON Schemas of all answers, by the names that routes give them: answers.json, which is built
 * in. The parts that several of them share are there as well. */
#ifndef CLI_ANSWERS_H
#define CLI_ANSWERS_H

#include "core/base/bytes.h"

/* One JSON object. Static. */
struct slice answers_schemas(void);
/* The same with what events tell: a schema for each event, and told_event (history, audit log) and
 * logged_event (feed), which choose by the type. Appended to @out. */
void answers_document(struct buf *out);

#endif
