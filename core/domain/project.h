/* What the decisions on projects, and on what lies in them, share. Internal to core/domain. */
#ifndef CORE_DOMAIN_PROJECT_H
#define CORE_DOMAIN_PROJECT_H

#include "core/domain/judge.h"

#define PROJECT_COMPONENTS_MAX 500
#define PROJECT_VERSIONS_MAX   500

/* Find a project by its key, a key that it had, or its id. The judging ones refuse at /project and
 * ask for the permission of the command: a project that the actor may not browse is not there, nor
 * is a deleted one. The last one is for commands about the project itself: of the expected version,
 * not archived. */
bool resolve_project(const struct tenant_state *state, struct slice ref,
                     struct row_project *project);
/* Find one even if it is deleted: only for who may bring it back. */
bool find_kept_project(struct judge *judge, struct slice ref, struct row_project *project);
bool find_project(struct judge *judge, struct slice ref, struct row_project *project);
/* One that a command is not about but looks at, at @pointer: nothing but browsing is asked. */
bool find_other_project(struct judge *judge, struct slice ref, const char *pointer,
                        struct row_project *project);
bool find_open_project(struct judge *judge, struct slice ref, bool has_expected, int64_t expected,
                       struct row_project *project);
/* Refuses if the project is archived. */
bool check_project_open(struct judge *judge, const struct row_project *project,
                        const char *pointer);

/* A note: one line, or empty. */
bool check_note(struct judge *judge, struct slice text, const char *pointer);

/* Find a component or version of @project that was not removed. */
bool find_component(struct judge *judge, const struct uuid *project, const struct uuid *id,
                    const char *pointer, struct row_component *row);
bool find_version(struct judge *judge, const struct uuid *project, const struct uuid *id,
                  const char *pointer, struct row_version *row);
/* The id of the component or version (@kind: ROW_PROJECT_...) of @project behind @after (NULL: the
 * first); false at the end. */
bool next_part(const struct tenant_state *state, enum row_kind kind, const struct uuid *project,
               const struct uuid *after, struct uuid *id);

/* What a command says of what has, or names, what it removes. */
struct removal {
	bool has_replacement;
	bool is_itself; /* what is to replace it */
	bool detach;
};
/* Refuses if the command names a replacement and detach, or itself. */
bool check_removal(struct judge *judge, const struct removal *removal);

/* evolve: one issue more or less has the component or version @id. */
void project_part_count(struct tenant_state *state, const struct uuid *id, enum row_tag tag,
                        int change);
void component_count(struct tenant_state *state, const struct uuid *id, int change);
void version_count(struct tenant_state *state, const struct uuid *id, int change);

/* The next event of @project, whose version it raises (in the caller's copy). */
struct event *emit_project(struct judge *judge, enum event_type type, struct row_project *project);
/* ProjectLeadChanged, if it does; *@lead is nil unless @has_lead. */
void edit_lead(struct judge *judge, bool has_lead, const struct uuid *lead,
               struct row_project *project);
/* ComponentEdited, of a component that is in both rows, if they differ. */
void edit_component(struct judge *judge, const struct uuid *id, const struct row_component *before,
                    const struct row_component *after, struct row_project *project);

#endif
