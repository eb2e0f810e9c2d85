/* What a generated struct looks like, as data: for the parts that are not worth generating code
 * (JSON, records of older versions, tests). Made by avrogen, static, read only. */
#ifndef CORE_CODEC_DESCRIPTOR_H
#define CORE_CODEC_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/bytes.h"

enum field_type {
	FIELD_BOOLEAN, /* bool */
	FIELD_INT,     /* int32_t */
	FIELD_LONG,    /* int64_t */
	FIELD_DOUBLE,  /* double */
	FIELD_STRING,  /* struct slice, UTF-8 */
	FIELD_BYTES,   /* struct slice */
	FIELD_UUID,    /* struct uuid */
	FIELD_TIME,    /* int64_t, ms since 1970 */
	FIELD_DATE,    /* int32_t, days since 1970 */
	FIELD_FIXED,   /* uint8_t[size] */
	FIELD_ENUM,    /* an enum, which is as wide as uint32_t */
	FIELD_RECORD,  /* a struct */
};

/* What a field is when it is absent. */
enum field_default {
	DEFAULT_NONE,  /* it must be there */
	DEFAULT_ZERO,  /* null, empty, 0, false or the enum's unknown: all bytes zero */
	DEFAULT_VALUE, /* default_string, default_int or default_double */
};

struct enum_desc {
	const char *name;
	const char *const *symbols; /* 0 is "unknown", also the default */
	uint32_t n;
};

struct record_desc;

struct field_desc {
	const char *name;
	enum field_type type;
	bool optional; /* ["null", T]: a bool at has_offset tells */
	bool array;    /* struct field_array at offset */
	size_t offset; /* within the outer struct */
	size_t has_offset;
	size_t size;                      /* of one value */
	const struct record_desc *record; /* FIELD_RECORD */
	const struct enum_desc *symbols;  /* FIELD_ENUM */
	enum field_default absent;
	struct slice default_string;
	int64_t default_int; /* also boolean, enum, date and time */
	double default_double;
	uint32_t min_length, max_length; /* characters; of commands only, as all that follows */
	uint32_t max_items;              /* 0: no limit */
	bool verbatim; /* text of others, kept as it is written: no normal form, any character */
	int64_t minimum, maximum;
};

struct record_desc {
	const char *name; /* IssueCreated */
	const struct field_desc *fields;
	uint32_t n;
	size_t size;
};

/* Every generated array struct has this form. */
struct field_array {
	const void *items;
	uint32_t n;
};

#endif
