/* Custom fields of an issue. Internal to core/domain, and for queries on rows. */
#ifndef CORE_DOMAIN_ISSUE_FIELD_H
#define CORE_DOMAIN_ISSUE_FIELD_H

#include "core/domain/field.h"
#include "core/domain/issue.h"

#define ISSUE_FIELD_BYTES_MAX                                                                      \
	(128 << 10) /* of the values of an issue, hidden ones too, not those of removed fields */

/* False: the issue has no value there. Packed values: field_next. */
bool read_field_value(const struct tenant_state *state, const struct uuid *issue,
                      struct slice field, struct row_field_value *value);

/* Of what the issue, which has @type, shows: false also for a field that its type does not have, or
 * that was removed. */
bool read_shown_value(const struct tenant_state *state, const struct row_issue *issue,
                      const struct row_item *type, struct slice field,
                      struct row_field_value *value);

/* A walk over the values of an issue, from walk_field_values on: next_field_value is false at the
 * end. The id of the field borrows from the walk. */
struct values_walk {
	const struct tenant_state *state;
	struct uuid issue;
	struct row_key key;
	struct slice field;
	struct row_field_value value;
};

void walk_field_values(struct values_walk *walk, const struct tenant_state *state,
                       const struct uuid *issue);
bool next_field_value(struct values_walk *walk);
/* Bytes of all of them. */
uint32_t field_values_size(struct slice_array values);

/* Refuses at /if_fields_unchanged: fields that the project does not have, or whose values the issue
 * got, or lost, later than its version @since. */
bool check_fields_unchanged(struct judge *judge, const struct row_issue *issue,
                            struct slice_array fields, int64_t since);

/* What becomes of the custom fields of an issue when @wishes are done (each field once; without
 * values: emptied). Refuses at @pointer and below: fields that the project, or issues of the type,
 * do not have, disabled ones, values that are none, required ones emptied, too many bytes. Fields
 * that stay as they are are not among *@changes, which lie in the arena. */
bool plan_fields(struct judge *judge, const struct row_issue *issue,
                 struct field_value_array wishes, const char *pointer,
                 struct field_change_array *changes);
/* The same for an issue that is about to be created, with defaults; required ones must be there. */
bool plan_new_fields(struct judge *judge, const struct uuid *project, const struct row_item *type,
                     struct field_value_array wishes, struct field_change_array *changes);
/* The same for an issue that becomes one of @type. What it has there, hidden until then or not,
 * stays; a required field that it lacks takes its default. */
bool plan_converted_fields(struct judge *judge, const struct row_issue *issue,
                           const struct row_item *type, struct field_value_array wishes,
                           struct field_change_array *changes);
/* Where an issue comes to that is cloned or moves, and as what. */
struct arrival {
	const struct uuid *project;
	const struct row_item *type;
	struct field_value_array wishes;
	bool along; /* with its parent: it gets those wishes that its type has, where it lacks them
	             */
};
/* What the clone of an issue gets: in its own project everything that it shows, without members who
 * are gone; what is wished; required fields must be among that, or have a default. */
bool plan_cloned_fields(struct judge *judge, const struct row_issue *source,
                        const struct arrival *to, struct field_change_array *changes);
/* What an issue gets when it has moved, likewise, behind what it loses. */
bool plan_arrived_fields(struct judge *judge, const struct row_issue *issue,
                         const struct arrival *to, struct field_change_array *changes);
/* What an issue loses that moves to @project: values that no field there takes, of the same id and
 * kind, with the same options; and those of fields that were removed. */
struct field_change_array plan_moved_fields(struct judge *judge, const struct row_issue *issue,
                                            const struct uuid *project);

/* What an event tells of @field when it has @values, which lie in the arena. */
struct field_change field_change_of(struct judge *judge, const struct row_field *field,
                                    const struct row_field_value *before,
                                    struct slice_array values);
/* The event of @changes, if there are any. */
void emit_field_changes(struct judge *judge, struct field_change_array changes,
                        struct row_issue *issue);

/* evolve: the values that the issue still has are of fields of @to now. The caller moves it. */
void move_fields(struct tenant_state *state, const struct row_issue *issue, const struct uuid *to);

#endif
