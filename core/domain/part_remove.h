/* What RemoveComponent and RemoveVersion share. What names the part comes to name the other one, or
 * nothing: first the post functions of workflows, then the filters of boards (only if another one
 * takes its place: without one they let nothing pass), then the issues. Rules of workflows name no
 * parts. Internal to core/domain. */
#ifndef CORE_DOMAIN_PART_REMOVE_H
#define CORE_DOMAIN_PART_REMOVE_H

#include "core/domain/workflow_replace.h"

struct part_removal {
	struct workflow_replacing workflows; /* first; part_removal_begin fills it in */
	bool is_version;                     /* else a component */
	struct uuid id;
	const struct uuid *replacement; /* NULL: nothing takes its place */
	bool detach;
	struct slice replacement_text; /* its id; part_removal_begin */
};

/* @project: the caller's, whose version is raised. */
void part_removal_begin(struct judge *judge, struct row_project *project, struct part_removal *r);
/* Refuses a part that @issues, a workflow or a draft name, unless something takes its place or it
 * is detached; and a replacement that cannot be chosen. */
bool check_part_removal(struct part_removal *r, uint32_t issues);
/* False: refused. */
bool replace_part(struct part_removal *r);

#endif
