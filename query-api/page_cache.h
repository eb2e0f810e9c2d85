/* Rendered pages, kept under what they show: an identity that changes with the data never finds an
 * old page, so that nothing has to be invalidated. A page takes the place of the one that shares
 * its slot; of too many bytes the slots are emptied in turn. One thread. */
#ifndef QUERY_API_PAGE_CACHE_H
#define QUERY_API_PAGE_CACHE_H

#include "core/base/bytes.h"

#define PAGE_CACHE_SLOTS     512
#define PAGE_CACHE_BYTES_MAX (32u << 20)
#define PAGE_BYTES_MAX       (4u << 20) /* larger ones are rendered each time */

struct page_key {
	uint64_t high, low; /* a hash of 128 bits */
};

struct page_cache;
struct page_cache *page_cache_new(void);
void page_cache_free(struct page_cache *cache); /* NULL is fine */

/* False if it is not there. *@page borrows until the next put. */
bool page_cache_get(const struct page_cache *cache, struct page_key key, struct slice *page);
/* Copies @page. */
void page_cache_put(struct page_cache *cache, struct page_key key, struct slice page);

#endif
