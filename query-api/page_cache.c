#include "query-api/page_cache.h"

#include <stdlib.h>

struct slot {
	struct page_key key;
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
	cache->bytes -= slot->page.n;
	buf_release(&slot->page);
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

bool page_cache_get(const struct page_cache *cache, struct page_key key, struct slice *page)
{
	const struct slot *slot = &cache->slots[key.low % PAGE_CACHE_SLOTS];
	*page = buf_slice(&slot->page);
	return page->n > 0 && slot->key.high == key.high && slot->key.low == key.low;
}

void page_cache_put(struct page_cache *cache, struct page_key key, struct slice page)
{
	struct slot *slot = &cache->slots[key.low % PAGE_CACHE_SLOTS];
	if (!page.n || page.n > PAGE_BYTES_MAX)
		return;
	empty(cache, slot);
	while (cache->bytes + page.n > PAGE_CACHE_BYTES_MAX)
		empty(cache, &cache->slots[cache->hand++ % PAGE_CACHE_SLOTS]);
	slot->key = key;
	buf_append_slice(&slot->page, page);
	cache->bytes += page.n;
}
