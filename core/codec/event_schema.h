/* What events tell, for those who read them as JSON: JSON Schemas 2020-12, made from the Avro ones.
 * Their references are into #/components/schemas of an OpenAPI document. */
#ifndef CORE_CODEC_EVENT_SCHEMA_H
#define CORE_CODEC_EVENT_SCHEMA_H

#include <stddef.h>

struct event_schema {
	const char *name;   /* "IssueCreated" */
	const char *schema; /* one line; of an event without its meta, and open to it */
};

/* Events in order of enum event_type, behind them the records that they consist of (EventMeta is
 * one). Ends with a NULL name. */
extern const struct event_schema event_schemas[];

#endif
