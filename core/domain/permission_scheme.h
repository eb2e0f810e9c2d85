/* Permission schemes and project roles: what the decisions on them share. Both belong to the
 * organization, by ids that are never used again; a project has one scheme, and members and teams
 * in its roles. Internal to core/domain, and for queries on rows. */
#ifndef CORE_DOMAIN_PERMISSION_SCHEME_H
#define CORE_DOMAIN_PERMISSION_SCHEME_H

#include "core/domain/organization.h"

#define PERMISSION_SCHEMES_MAX 200  /* the classic one aside */
#define PROJECT_ACTORS_MAX     1000 /* members and teams that have roles in a project */

/* Each false when there is none, or it was removed. */
bool read_project_role(const struct tenant_state *state, struct slice id,
                       struct row_project_role *row);
bool read_permission_scheme(const struct tenant_state *state, struct slice id,
                            struct row_permission_scheme *row);
bool find_project_role(struct judge *judge, struct slice id, const char *pointer,
                       struct row_project_role *row);
/* Of the id of the classic one, *@row is all zeros. */
bool find_permission_scheme(struct judge *judge, struct slice id, const char *pointer,
                            struct row_permission_scheme *row);

/* Those that are not removed, in order of their ids. *@key (row_key_first to begin with) becomes
 * the key of the next one; false at the end. The id borrows *@key. */
bool next_project_role(const struct tenant_state *state, struct row_key *key,
                       struct row_project_role *row);
bool next_permission_scheme(const struct tenant_state *state, struct row_key *key,
                            struct row_permission_scheme *row);
struct slice row_key_text(const struct row_key *key);

/* The key of the project role of @ordinal, which there is. */
void key_of_project_role(const struct tenant_state *state, uint8_t ordinal, struct row_key *key);

/* Grants as commands and events tell them, and as rows have them. */
bool same_grant(const struct row_grant *a, const struct row_grant *b);
bool has_grant(const struct row_grant *grants, uint32_t n, const struct row_grant *wanted);
/* What @grant names is there: the rest of it has been checked, or is in the log. */
struct row_grant row_of_grant(const struct tenant_state *state,
                              const struct permission_grant *grant);
struct permission_grant_array grants_for_event(struct judge *judge, const struct row_grant *rows,
                                               uint32_t n);
/* Refuse at "/<array>/<index>", or at @pointer if @n are more than a scheme has. */
bool check_grants(struct judge *judge, struct permission_grant_array grants, const char *array);
bool check_grants_room(struct judge *judge, uint32_t n, const char *pointer);
/* PermissionGrantsChanged, unless nothing changes. */
void emit_grants(struct judge *judge, struct slice scheme, const struct row_grant *added,
                 uint32_t added_n, const struct row_grant *removed, uint32_t removed_n);
/* A grant as events tell it. The id of a project role borrows *@role_key. */
struct permission_grant grant_of_row(const struct tenant_state *state, const struct row_grant *row,
                                     struct row_key *role_key);

/* Let @project, a copy of its row, have the scheme @to ("classic": that one). */
void assign_scheme(struct judge *judge, struct row_project *project, struct slice to);

/* Take from the member or the team @actor every project role, those in @project (a copy of its
 * row), every grant, and all of it. */
void leave_project_roles(struct judge *judge, const struct uuid *actor);
void leave_roles_in(struct judge *judge, const struct uuid *actor, struct row_project *project);
void leave_grants(struct judge *judge, const struct uuid *actor);
void leave_permissions(struct judge *judge, const struct uuid *actor);

/* What of grants to the project role @from becomes one to @to (NULL: nothing but counting). Returns
 * in how many schemes there are such. */
uint32_t move_grants(struct judge *judge, const struct row_project_role *from,
                     const struct row_project_role *to);

#endif
