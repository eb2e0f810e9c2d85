/* Rendered pages, kept under what they show: an identity that changes with the data never finds an
 * old page, so that nothing has to be invalidated. A page takes the place of the one that shares
 * its slot; of too many bytes the slots are emptied in turn. One thread. */
#ifndef QUERY_API_PAGE_CACHE_H
#define QUERY_API_PAGE_CACHE_H

#include "core/base/bytes.h"

#define PAGE_CACHE_SLOTS     512
#define PAGE_CACHE_BYTES_MAX (32u << 20)
#define PAGE_BYTES_MAX       (4u << 20) /* larger ones are rendered each time */

struct page_cache;
struct page_cache *page_cache_new(void);
void page_cache_free(struct page_cache *cache); /* NULL is fine */

/* @identity is compared byte by byte, not by its hash alone: who can choose a part of it shall not
 * find another organization's page. False if it is not there. *@page borrows until the next put. */
bool page_cache_get(const struct page_cache *cache, struct slice identity, struct slice *page);
/* Copies both. */
void page_cache_put(struct page_cache *cache, struct slice identity, struct slice page);

#endif
