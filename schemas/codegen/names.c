/* Names, text and the way to end with a clear line. */
#include "model.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void refuse(const char *file, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fprintf(stderr, "avrogen: %s: ", file);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

void *room(size_t n)
{
	void *p = calloc(1, n ? n : 1);
	if (!p)
		refuse("memory", "none left");
	return p;
}

char *text_of(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		refuse("memory", "none left");
	va_end(args);
	return text;
}

char *name_snake(const char *camel)
{
	char *snake = room(2 * strlen(camel) + 1);
	size_t n = 0;
	for (const char *c = camel; *c; c++) {
		if (isupper((unsigned char)*c) && c > camel)
			snake[n++] = '_';
		snake[n++] = (char)tolower((unsigned char)*c);
	}
	return snake;
}

char *name_upper(const char *snake)
{
	char *upper = text_of("%s", snake);
	for (char *c = upper; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return upper;
}

char *name_plural(const char *upper)
{
	size_t n = strlen(upper);
	if (n > 1 && upper[n - 1] == 'Y')
		return text_of("%.*sIES", (int)n - 1, upper);
	return text_of("%sS", upper);
}

const char *field_c_type(const struct field *field)
{
	switch (field->kind) {
	case KIND_BOOLEAN:
		return "bool";
	case KIND_INT:
	case KIND_DATE:
		return "int32_t";
	case KIND_LONG:
	case KIND_TIME:
		return "int64_t";
	case KIND_DOUBLE:
		return "double";
	case KIND_STRING:
	case KIND_BYTES:
		return "struct slice";
	case KIND_UUID:
		return "struct uuid";
	case KIND_ENUM:
		return text_of("enum %s", field->named->snake);
	case KIND_RECORD:
		return text_of("struct %s", field->named->snake);
	case KIND_FIXED:
		break;
	}
	return "uint8_t";
}

const char *field_array_type(const struct field *field)
{
	switch (field->kind) {
	case KIND_BOOLEAN:
		return "bool_array";
	case KIND_INT:
	case KIND_DATE:
		return "int32_array";
	case KIND_LONG:
	case KIND_TIME:
		return "int64_array";
	case KIND_DOUBLE:
		return "double_array";
	case KIND_STRING:
	case KIND_BYTES:
		return "slice_array";
	case KIND_UUID:
		return "uuid_array";
	case KIND_ENUM:
	case KIND_RECORD:
		return text_of("%s_array", field->named->snake);
	case KIND_FIXED:
		break;
	}
	return "";
}
