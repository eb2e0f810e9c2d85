#include "core/codec/record_json.h"

#include "core/base/date.h"

static void put_date(int32_t days, struct json_out *out)
{
	char text[DATE_TEXT];
	date_format(days, text);
	json_out_string(out, slice_of(text, sizeof(text)));
}

static void put_symbol(const struct enum_desc *symbols, uint32_t value, struct json_out *out)
{
	json_out_str(out, symbols->symbols[value < symbols->n ? value : 0]);
}

static void put_value(const struct field_desc *field, const void *at, bool nulls,
                      struct json_out *out)
{
	switch (field->type) {
	case FIELD_BOOLEAN:
		json_out_bool(out, *(const bool *)at);
		break;
	case FIELD_INT:
		json_out_int(out, *(const int32_t *)at);
		break;
	case FIELD_LONG:
		json_out_int(out, *(const int64_t *)at);
		break;
	case FIELD_DOUBLE:
		json_out_double(out, *(const double *)at);
		break;
	case FIELD_STRING:
		json_out_string(out, *(const struct slice *)at);
		break;
	case FIELD_BYTES:
		json_out_base64(out, *(const struct slice *)at);
		break;
	case FIELD_UUID:
		json_out_uuid(out, at);
		break;
	case FIELD_TIME:
		json_out_time(out, *(const int64_t *)at);
		break;
	case FIELD_DATE:
		put_date(*(const int32_t *)at, out);
		break;
	case FIELD_FIXED:
		json_out_base64(out, slice_of(at, field->size));
		break;
	case FIELD_ENUM:
		put_symbol(field->symbols, *(const uint32_t *)at, out);
		break;
	case FIELD_RECORD:
		json_out_object(out);
		record_json_fields(field->record, at, 0, nulls, out);
		json_out_object_end(out);
		break;
	}
}

void record_json_fields(const struct record_desc *record, const void *value, uint32_t from,
                        bool nulls, struct json_out *out)
{
	for (uint32_t i = from; i < record->n; i++) {
		const struct field_desc *field = &record->fields[i];
		const char *at = (const char *)value + field->offset;
		bool absent = field->optional && !*((const bool *)value + field->has_offset);
		if (absent && !nulls)
			continue;
		json_out_key(out, field->name);
		if (absent) {
			json_out_null(out);
		} else if (field->array) {
			const struct field_array *array = (const void *)at;
			json_out_array(out);
			for (uint32_t k = 0; k < array->n; k++)
				put_value(field, (const char *)array->items + k * field->size,
				          nulls, out);
			json_out_array_end(out);
		} else {
			put_value(field, at, nulls, out);
		}
	}
}
