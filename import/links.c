#include "import/links.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "import/mapper.h"
#include "import/setup.h"

void links_add(struct mapper *mapper, const struct reference *reference, int64_t ms,
               const struct uuid *person, const char *at)
{
	struct links *links = &mapper->links;
	const char *own = mapper->mapping->archive->repo;
	char value[128];
	snprintf(value, sizeof value, "%.*s#%lld", (int)reference->repo.n,
	         reference->repo.n ? reference->repo.data : "", (long long)reference->number);
	if (reference->repo.n && (reference->repo.n != strlen(own) ||
	                          strncasecmp(reference->repo.data, own, strlen(own)) != 0)) {
		mapper_list(mapper, "references", "of another repository", at, slice_str(value));
		return;
	}
	if (!archive_find(mapper->mapping->archive, reference->number)) {
		mapper_list(mapper, "references", "there is no such issue in the archive", at,
		            slice_str(value));
		return;
	}
	if (reference->number == mapper->number)
		return;
	if (links->n == links->cap) {
		links->cap = links->cap ? links->cap * 2 : 256;
		links->rows = mem_grow(links->rows, links->cap * sizeof *links->rows);
	}
	links->rows[links->n] = (struct link_row){
	        .from = mapper->number,
	        .to = reference->number,
	        .kind = reference->kind,
	        .ms = ms,
	        .order = links->n,
	        .has_person = person != NULL,
	        .person = person ? *person : (struct uuid){{0}},
	};
	links->n++;
}

void links_add_text(struct mapper *mapper, struct slice markdown, bool closes, int64_t ms,
                    const struct uuid *person, const char *at)
{
	struct reference reference;
	struct buf prose = {0};
	size_t place = 0;
	references_prose(markdown, &prose);
	while (references_next(buf_slice(&prose), &place, &reference)) {
		if (reference.kind == REFERENCE_FIX && !closes)
			reference.kind = REFERENCE_MENTION;
		links_add(mapper, &reference, ms, person, at);
	}
	buf_release(&prose);
}

static int64_t lower(const struct link_row *row)
{
	return row->from < row->to ? row->from : row->to;
}

static int64_t upper(const struct link_row *row)
{
	return row->from < row->to ? row->to : row->from;
}

static int compare(const void *a, const void *b)
{
	const struct link_row *x = a, *y = b;
	if (lower(x) != lower(y))
		return lower(x) < lower(y) ? -1 : 1;
	if (upper(x) != upper(y))
		return upper(x) < upper(y) ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind > y->kind ? -1 : 1; /* the stronger one first */
	if (x->ms != y->ms)
		return x->ms < y->ms ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static bool is_same_pair(const struct link_row *a, const struct link_row *b)
{
	return lower(a) == lower(b) && upper(a) == upper(b);
}

static const char *const types[] = {
        [REFERENCE_MENTION] = "relates",
        [REFERENCE_FIX] = SETUP_LINK_FIXES,
        [REFERENCE_DUPLICATE] = "duplicates",
};

static void map_link(struct mapper *mapper, const struct link_row *row)
{
	const struct archive *archive = mapper->mapping->archive;
	const char *type = types[row->kind];
	bool directed = row->kind != REFERENCE_MENTION;
	struct uuid issue = mapper_issue(mapper, row->from), other = mapper_issue(mapper, row->to);
	int64_t ms = row->ms, born = archive_find(archive, row->to)->created_ms;
	char key[80];
	/* by its two ends: a newer archive may know an earlier mention from the other side */
	snprintf(key, sizeof key, "%s/%lld/%lld", type,
	         (long long)(directed ? row->from : lower(row)),
	         (long long)(directed ? row->to : upper(row)));
	mapper->number = row->from;
	mapper->last = true;
	struct json_out *json = mapper_begin(mapper, "LinkIssues", key, ms < born ? born : ms,
	                                     row->has_person ? &row->person : NULL, NULL);
	json_out_member_uuid(json, "issue", &issue);
	json_out_member_str(json, "link_type", type);
	json_out_member_uuid(json, "other", &other);
	plan_end(mapper->plan);
}

void links_map(struct mapper *mapper)
{
	struct links *links = &mapper->links;
	if (links->n)
		qsort(links->rows, links->n, sizeof *links->rows, compare);
	for (size_t i = 0; i < links->n; i++)
		if (i == 0 || !is_same_pair(&links->rows[i - 1], &links->rows[i]))
			map_link(mapper, &links->rows[i]);
}

void links_release(struct links *links)
{
	free(links->rows);
	*links = (struct links){0};
}
