/* One cursor for each status of each project that has it: every list is in order already, so the
 * next card is the least of their heads. */
#include <stdlib.h>

#include "projections/boards_inside.h"
#include "projections/row.h"

static struct slice place_in(const struct card_source *source)
{
	return slice_of(source->key.data + source->prefix.n, source->key.n - source->prefix.n);
}

static bool is_of(const struct card_source *source)
{
	return source->key.n > source->prefix.n &&
	       source->key.n - source->prefix.n <= CARD_PLACE_MAX &&
	       memcmp(source->key.data, source->prefix.data, source->prefix.n) == 0;
}

/* To the first card behind @place. */
static bool source_begin(struct card_source *source, struct buf *key, struct slice place)
{
	buf_clear(key);
	buf_append_slice(key, source->prefix);
	buf_append_slice(key, place);
	if (!kv_seek(source->cursor, buf_slice(key), &source->key, &source->value))
		return false;
	if (place.n && slice_equal(source->key, buf_slice(key)) &&
	    !kv_next(source->cursor, &source->key, &source->value))
		return false;
	return is_of(source);
}

static void add_source(struct card_merge *merge, struct boards_reading *r, struct project *project,
                       const struct column *column)
{
	merge->sources = mem_grow(merge->sources, (merge->n + 1) * sizeof *merge->sources);
	merge->sources[merge->n++] = (struct card_source){.project = project, .column = column};
	buf_append_slice(&merge->prefixes, r->tenant);
	buf_append_char(&merge->prefixes, 0);
	row_uuid(&merge->prefixes, &project->id);
	row_u8(&merge->prefixes, (uint8_t)(column - project->columns));
}

void card_merge_open(struct card_merge *merge, struct boards_reading *r,
                     struct slice_array statuses, struct slice place)
{
	const size_t prefix_n = r->tenant.n + 1 + sizeof(struct uuid) + 1;
	*merge = (struct card_merge){.sources = NULL};
	for (uint32_t p = 0; p < r->projects_n; p++)
		for (uint32_t i = 0; i < statuses.n && !r->projects[p].archived; i++) {
			const struct column *column =
			        boards_status(&r->projects[p], statuses.items[i]);
			if (column && column->count)
				add_source(merge, r, &r->projects[p], column);
		}
	uint32_t n = 0;
	for (uint32_t i = 0; i < merge->n; i++) {
		struct card_source source = merge->sources[i];
		source.prefix = slice_of(merge->prefixes.data + i * prefix_n, prefix_n);
		source.cursor = kv_cursor_open(r->txn, CARDS);
		if (source_begin(&source, &r->key, place))
			merge->sources[n++] = source;
		else
			kv_cursor_close(source.cursor);
	}
	merge->n = n;
}

bool card_merge_next(struct card_merge *merge, struct slice *place, struct slice *card)
{
	struct card_source *first = merge->sources;
	if (!merge->n)
		return false;
	for (uint32_t i = 1; i < merge->n; i++)
		if (slice_compare(place_in(&merge->sources[i]), place_in(first)) < 0)
			first = &merge->sources[i];
	*place = place_in(first);
	*card = first->value;
	merge->project = first->project;
	if (!kv_next(first->cursor, &first->key, &first->value) || !is_of(first)) {
		kv_cursor_close(first->cursor);
		*first = merge->sources[--merge->n];
	}
	return true;
}

void card_merge_close(struct card_merge *merge)
{
	for (uint32_t i = 0; i < merge->n; i++)
		kv_cursor_close(merge->sources[i].cursor);
	free(merge->sources);
	buf_release(&merge->prefixes);
}
