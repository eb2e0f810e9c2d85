#include "query-api/page_cache.h"

#include <stdlib.h>
#include <xxhash.h>

struct slot {
	struct buf identity;
	struct buf page; /* empty: nothing there */
};

struct page_cache {
	struct slot slots[PAGE_CACHE_SLOTS];
	size_t bytes;
	uint32_t hand; /* slot that is emptied next */
};

struct page_cache *page_cache_new(void)
{
	return mem_new(sizeof(struct page_cache));
}

static void empty(struct page_cache *cache, struct slot *slot)
{
	cache->bytes -= slot->page.n + slot->identity.n;
	buf_release(&slot->page);
	buf_release(&slot->identity);
	*slot = (struct slot){.page = {0}};
}

void page_cache_free(struct page_cache *cache)
{
	if (!cache)
		return;
	for (uint32_t i = 0; i < PAGE_CACHE_SLOTS; i++)
		empty(cache, &cache->slots[i]);
	free(cache);
}

static uint32_t slot_of(struct slice identity)
{
	return (uint32_t)(XXH3_64bits(identity.data, identity.n) % PAGE_CACHE_SLOTS);
}

bool page_cache_get(const struct page_cache *cache, struct slice identity, struct slice *page)
{
	const struct slot *slot = &cache->slots[slot_of(identity)];
	*page = buf_slice(&slot->page);
	return page->n > 0 && slice_equal(buf_slice(&slot->identity), identity);
}

void page_cache_put(struct page_cache *cache, struct slice identity, struct slice page)
{
	struct slot *slot = &cache->slots[slot_of(identity)];
	size_t n = identity.n + page.n;
	if (!page.n || n > PAGE_BYTES_MAX)
		return;
	empty(cache, slot);
	while (cache->bytes + n > PAGE_CACHE_BYTES_MAX)
		empty(cache, &cache->slots[cache->hand++ % PAGE_CACHE_SLOTS]);
	buf_append_slice(&slot->identity, identity);
	buf_append_slice(&slot->page, page);
	cache->bytes += n;
}
