/* Custom fields and their values, for tests of deciders. */
#ifndef TESTS_UNIT_FIELDS_H
#define TESTS_UNIT_FIELDS_H

#include "tests/lib/decider.h"

#define DECIDES(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

#define FIELD(id, kind_)                                                                           \
	.project = SLICE("TLS"), .field = SLICE(id), .name = SLICE(id), .kind = FIELD_KIND_##kind_
#define OPTION(id)                                                                                 \
	{                                                                                          \
		SLICE(id), SLICE(id), false,                                                       \
		{                                                                                  \
			NULL, 0                                                                    \
		}                                                                                  \
	}
#define BELOW(id, parent)                                                                          \
	{                                                                                          \
		SLICE(id), SLICE(id), true, SLICE(parent)                                          \
	}
#define OPTIONS(...)                                                                               \
	(struct field_option_array)                                                                \
	{                                                                                          \
		.items = (const struct field_option[]){__VA_ARGS__},                               \
		.n = sizeof((const struct field_option[]){__VA_ARGS__}) /                          \
		     sizeof(struct field_option)                                                   \
	}
#define VALUE(id, value)                                                                           \
	{                                                                                          \
		SLICE(id), LABELS(SLICE(value))                                                    \
	}
#define NO_VALUE(id)                                                                               \
	{                                                                                          \
		SLICE(id),                                                                         \
		{                                                                                  \
			NULL, 0                                                                    \
		}                                                                                  \
	}
#define VALUES(...)                                                                                \
	(struct field_value_array)                                                                 \
	{                                                                                          \
		.items = (const struct field_value[]){__VA_ARGS__},                                \
		.n = sizeof((const struct field_value[]){__VA_ARGS__}) /                           \
		     sizeof(struct field_value)                                                    \
	}
#define CHANGE(event, at) (EVENT_BODY(event, issue_fields_changed)->changes.items[at])

/* The id of a person, as the value of a field. */
static inline struct slice person_text(enum person_no person)
{
	static char room[PERSONS][UUID_TEXT];
	const struct uuid id = id_of(person);
	uuid_format(&id, room[person]);
	return slice_of(room[person], UUID_TEXT);
}
#define PERSON(person) person_text(person)

#endif
