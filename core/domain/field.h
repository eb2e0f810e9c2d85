/* The custom fields that a project has: what decisions on fields, and on their values, share.
 * Internal to core/domain, and for queries on rows. */
#ifndef CORE_DOMAIN_FIELD_H
#define CORE_DOMAIN_FIELD_H

#include "core/domain/configuration.h"
#include "core/domain/field_value.h"

#define PROJECT_FIELDS_MAX 200 /* removed ones included: ids are never used again */
#define FIELD_OPTIONS_MAX  500 /* of a field, removed ones included */

/* False also if it was removed. */
bool read_field(const struct tenant_state *state, const struct uuid *project, struct slice id,
                struct row_field *field);
bool find_field(struct judge *judge, const struct uuid *project, struct slice id,
                const char *pointer, struct row_field *field);
/* The field of @project behind the id of *@field (zeroed: the first), in order of ids, removed ones
 * included; false at the end. */
bool next_field(const struct tenant_state *state, const struct uuid *project,
                struct row_field *field);
/* Whether issues of @type have it. */
bool field_is_of_type(const struct row_field *field, const struct row_item *type);
/* Whether creating an issue has to look at it. */
bool field_is_eager(const struct row_field *field);

struct field_texts {
	struct slice name, description;
	struct slice default_values; /* packed */
};
/* Borrows from @row. */
struct field_texts read_field_texts(const struct tenant_state *state, const struct uuid *project,
                                    struct slice id, struct row_field_texts *row);

/* False also if it was removed. */
bool read_field_option(const struct tenant_state *state, const struct uuid *project,
                       struct slice field, struct slice id, struct row_field_option *option);
/* The option that a command is about; refuses at /option. */
bool find_field_option(struct judge *judge, const struct uuid *project, struct slice field,
                       struct slice id, struct row_field_option *option);
/* Whether there is, or was (*@removed), an option of that id. */
bool field_option_was_there(const struct tenant_state *state, const struct uuid *project,
                            struct slice field, struct slice id, bool *removed);
/* The option behind the id of *@option (zeroed: the first), in order of ids; false at the end. */
bool next_field_option(const struct tenant_state *state, const struct uuid *project,
                       struct slice field, struct row_field_option *option);
/* The same, with removed ones. */
bool next_field_option_ever(const struct tenant_state *state, const struct uuid *project,
                            struct slice field, struct row_field_option *option);

/* Values that somebody wants a field to have. */
struct field_wish {
	const struct uuid *project;
	const struct row_field *field;
	const struct field_option_array
	        *options;    /* of a field that is not there yet; NULL: its own */
	struct slice before; /* packed values that it has: those may stay, whether or not anybody
	                      * could choose them now */
	struct slice_array values;
	const char *pointer; /* to the values */
};
/* Refuse unless they are values of the field; *@values is their canonical form, in the arena. */
bool check_field_values(struct judge *judge, const struct field_wish *wish,
                        struct slice_array *values);
/* Whether anybody may choose @value now: the option is not disabled, the member is active. */
bool field_value_can_be_chosen(const struct tenant_state *state, const struct uuid *project,
                               const struct row_field *field, struct slice value);

/* The same for a default, which is kept: a paragraph must be short. */
bool check_field_default(struct judge *judge, const struct field_wish *wish,
                         struct slice_array *values);
/* Sets all_types and types of *@field: all that a command names (none: all). */
bool check_field_types(struct judge *judge, const struct uuid *project, struct slice_array types,
                       struct row_field *field);
/* Their ids, in the order of the project; none: all. In the arena. */
struct slice_array field_types(struct judge *judge, const struct uuid *project,
                               const struct row_field *field);
/* All of them, in the arena. */
struct field_settings read_field_settings(struct judge *judge, const struct uuid *project,
                                          const struct row_field *field);
int32_t count_fields(const struct tenant_state *state, const struct uuid *project);

/* evolve */
void put_field(struct tenant_state *state, const struct uuid *project,
               const struct row_field *field);
/* The caller saves *@project, whose eager fields are counted. */
void put_field_settings(struct tenant_state *state, struct row_project *project,
                        struct row_field *field, const struct field_settings *settings);
void put_field_option(struct tenant_state *state, const struct uuid *project, struct slice field,
                      const struct field_option *from, uint32_t position);
void save_field_option(struct tenant_state *state, const struct uuid *project, struct slice field,
                       const struct row_field_option *option);

/* Copies of packed values, in the arena. */
struct slice_array unpack_values(struct judge *judge, struct slice packed);

#endif
