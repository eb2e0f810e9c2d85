#include "core/domain/any_field.h"

bool read_any_field(const struct tenant_state *state, const struct uuid *project, struct slice name,
                    struct any_field *out)
{
	memset(out, 0, sizeof(*out));
	if (issue_field_parse(name, &out->field) && out->field != ISSUE_FIELD_UNKNOWN)
		return true;
	out->field = ISSUE_FIELD_UNKNOWN;
	return read_field(state, project, name, &out->custom);
}

struct slice any_field_name(const struct any_field *field)
{
	return field->field == ISSUE_FIELD_UNKNOWN ? PADDED(field->custom.id)
	                                           : slice_str(issue_field_symbol(field->field));
}

static enum field_sort custom_sort(enum field_kind kind)
{
	switch ((int)kind) {
	case FIELD_KIND_TEXT:
		return SORT_TEXT;
	case FIELD_KIND_PARAGRAPH:
		return SORT_LONG_TEXT;
	case FIELD_KIND_DATE:
		return SORT_DAY;
	case FIELD_KIND_MEMBER:
		return SORT_MEMBER;
	case FIELD_KIND_LABELS:
		return SORT_LABELS;
	default:
		return SORT_OTHER;
	}
}

enum field_sort any_field_sort(const struct any_field *field)
{
	switch ((int)field->field) {
	case ISSUE_FIELD_UNKNOWN:
		return custom_sort(field->custom.kind);
	case ISSUE_FIELD_SUMMARY:
		return SORT_TEXT;
	case ISSUE_FIELD_DESCRIPTION:
		return SORT_LONG_TEXT;
	case ISSUE_FIELD_DUE_ON:
	case ISSUE_FIELD_START_ON:
		return SORT_DAY;
	case ISSUE_FIELD_ESTIMATE:
	case ISSUE_FIELD_REMAINING:
		return SORT_MINUTES;
	case ISSUE_FIELD_ASSIGNEE:
	case ISSUE_FIELD_REPORTER:
		return SORT_MEMBER;
	case ISSUE_FIELD_LABELS:
		return SORT_LABELS;
	default:
		return SORT_OTHER;
	}
}

bool any_field_can_be_set(const struct any_field *field)
{
	return field->field != ISSUE_FIELD_STATUS && field->field != ISSUE_FIELD_RANK &&
	       field->field != ISSUE_FIELD_TYPE;
}

bool any_field_can_be_empty(const struct any_field *field)
{
	return any_field_can_be_set(field) && field->field != ISSUE_FIELD_SUMMARY &&
	       field->field != ISSUE_FIELD_PRIORITY && field->field != ISSUE_FIELD_RESOLUTION &&
	       field->field != ISSUE_FIELD_REPORTER;
}

bool any_field_has_several(const struct any_field *field)
{
	if (field->field == ISSUE_FIELD_UNKNOWN)
		return field_values_max(field->custom.kind) > 1;
	return field->field == ISSUE_FIELD_LABELS || field->field == ISSUE_FIELD_COMPONENTS ||
	       field->field == ISSUE_FIELD_FIX_VERSIONS ||
	       field->field == ISSUE_FIELD_AFFECTS_VERSIONS;
}

bool any_field_has_days(const struct any_field *field)
{
	if (field->field == ISSUE_FIELD_UNKNOWN)
		return field->custom.kind == FIELD_KIND_DATE ||
		       field->custom.kind == FIELD_KIND_DATETIME;
	return field->field == ISSUE_FIELD_DUE_ON || field->field == ISSUE_FIELD_START_ON;
}
