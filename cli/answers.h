/* The JSON Schemas of all answers, by the names that routes give them: answers.json, which is built
 * in. The parts that several of them share are there as well. */
#ifndef CLI_ANSWERS_H
#define CLI_ANSWERS_H

#include "core/base/bytes.h"

/* One JSON object. Static. */
struct slice answers_schemas(void);

#endif
