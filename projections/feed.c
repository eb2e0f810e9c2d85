/* Key: tenant, 0, seq u64 -> partition u32, offset u64. Everything is in advance: no event is
 * looked into. */
#include "projections/feed.h"

#include "projections/kv_view.h"
#include "projections/row.h"

enum { PLACES = KV_VIEW_OWN };

#define FEED_ANSWERS(ON, IGNORE)                                                                   \
	IGNORE(API_KEYS_LIMITED)                                                                   \
	IGNORE(API_KEY_CREATED)                                                                    \
	IGNORE(API_KEY_REVOKED)                                                                    \
	IGNORE(BOARD_CREATED)                                                                      \
	IGNORE(BOARD_DELETED)                                                                      \
	IGNORE(BOARD_EDITED)                                                                       \
	IGNORE(BULK_COMPLETED)                                                                     \
	IGNORE(BULK_REFUSED)                                                                       \
	IGNORE(COMMAND_CONCLUDED)                                                                  \
	IGNORE(COMMENT_ADDED)                                                                      \
	IGNORE(COMMENT_DELETED)                                                                    \
	IGNORE(COMMENT_EDITED)                                                                     \
	IGNORE(COMPONENT_ADDED)                                                                    \
	IGNORE(COMPONENT_EDITED)                                                                   \
	IGNORE(COMPONENT_REMOVED)                                                                  \
	IGNORE(EVENT_SKIPPED)                                                                      \
	IGNORE(FIELD_ADDED)                                                                        \
	IGNORE(FIELD_EDITED)                                                                       \
	IGNORE(FIELD_OPTION_ADDED)                                                                 \
	IGNORE(FIELD_OPTION_EDITED)                                                                \
	IGNORE(FIELD_REMOVED)                                                                      \
	IGNORE(ISSUE_ARCHIVED)                                                                     \
	IGNORE(ISSUE_ASSIGNED)                                                                     \
	IGNORE(ISSUE_COMPONENTS_CHANGED)                                                           \
	IGNORE(ISSUE_CREATED)                                                                      \
	IGNORE(ISSUE_DELETED)                                                                      \
	IGNORE(ISSUE_DESCRIPTION_CHANGED)                                                          \
	IGNORE(ISSUE_DUE_DATE_CHANGED)                                                             \
	IGNORE(ISSUE_ESTIMATE_CHANGED)                                                             \
	IGNORE(ISSUE_FIELDS_CHANGED)                                                               \
	IGNORE(ISSUE_LABELS_CHANGED)                                                               \
	IGNORE(ISSUE_LINKED)                                                                       \
	IGNORE(ISSUE_MOVED)                                                                        \
	IGNORE(ISSUE_PARENT_CHANGED)                                                               \
	IGNORE(ISSUE_PRIORITY_CHANGED)                                                             \
	IGNORE(ISSUE_RANKED)                                                                       \
	IGNORE(ISSUE_REMAINING_CHANGED)                                                            \
	IGNORE(ISSUE_RESTORED)                                                                     \
	IGNORE(ISSUE_START_DATE_CHANGED)                                                           \
	IGNORE(ISSUE_SUMMARY_CHANGED)                                                              \
	IGNORE(ISSUE_TRANSITIONED)                                                                 \
	IGNORE(ISSUE_TYPE_ADDED)                                                                   \
	IGNORE(ISSUE_TYPE_CHANGED)                                                                 \
	IGNORE(ISSUE_UNARCHIVED)                                                                   \
	IGNORE(ISSUE_UNLINKED)                                                                     \
	IGNORE(ISSUE_UNWATCHED)                                                                    \
	IGNORE(ISSUE_VERSIONS_CHANGED)                                                             \
	IGNORE(ISSUE_WATCHED)                                                                      \
	IGNORE(LINK_TYPE_ADDED)                                                                    \
	IGNORE(LINK_TYPE_EDITED)                                                                   \
	IGNORE(LINK_TYPE_REMOVED)                                                                  \
	IGNORE(MEMBER_ADDED)                                                                       \
	IGNORE(MEMBER_DEACTIVATED)                                                                 \
	IGNORE(MEMBER_PROFILE_SET)                                                                 \
	IGNORE(MEMBER_REACTIVATED)                                                                 \
	IGNORE(MEMBER_REMOVED)                                                                     \
	IGNORE(MEMBER_ROLE_CHANGED)                                                                \
	IGNORE(ORGANIZATION_CREATED)                                                               \
	IGNORE(ORGANIZATION_RENAMED)                                                               \
	IGNORE(PERMISSION_GRANTS_CHANGED)                                                          \
	IGNORE(PERMISSION_SCHEME_ASSIGNED)                                                         \
	IGNORE(PERMISSION_SCHEME_CREATED)                                                          \
	IGNORE(PERMISSION_SCHEME_REMOVED)                                                          \
	IGNORE(PERMISSION_SCHEME_RENAMED)                                                          \
	IGNORE(PRIORITY_ADDED)                                                                     \
	IGNORE(PRIORITY_CHANGED)                                                                   \
	IGNORE(PROJECT_ARCHIVED)                                                                   \
	IGNORE(PROJECT_CATEGORY_CHANGED)                                                           \
	IGNORE(PROJECT_CREATED)                                                                    \
	IGNORE(PROJECT_DELETED)                                                                    \
	IGNORE(PROJECT_KEY_CHANGED)                                                                \
	IGNORE(PROJECT_LEAD_CHANGED)                                                               \
	IGNORE(PROJECT_RENAMED)                                                                    \
	IGNORE(PROJECT_ROLE_ADDED)                                                                 \
	IGNORE(PROJECT_ROLE_MEMBERS_CHANGED)                                                       \
	IGNORE(PROJECT_ROLE_REMOVED)                                                               \
	IGNORE(PROJECT_ROLE_RENAMED)                                                               \
	IGNORE(PROJECT_RESTORED)                                                                   \
	IGNORE(PROJECT_UNARCHIVED)                                                                 \
	IGNORE(RANKS_REBALANCED)                                                                   \
	IGNORE(RESOLUTION_ADDED)                                                                   \
	IGNORE(RESOLUTION_CHANGED)                                                                 \
	IGNORE(STATUS_ADDED)                                                                       \
	IGNORE(STATUS_CHANGED)                                                                     \
	IGNORE(STATUS_REMOVED)                                                                     \
	IGNORE(TEAM_CREATED)                                                                       \
	IGNORE(TEAM_DELETED)                                                                       \
	IGNORE(TEAM_MEMBERS_CHANGED)                                                               \
	IGNORE(TEAM_RENAMED)                                                                       \
	IGNORE(VERSION_ADDED)                                                                      \
	IGNORE(VERSION_EDITED)                                                                     \
	IGNORE(VERSION_MOVED)                                                                      \
	IGNORE(VERSION_REMOVED)                                                                    \
	IGNORE(VERSION_STATUS_CHANGED)                                                             \
	IGNORE(WORKFLOW_ASSIGNED)                                                                  \
	IGNORE(WORKFLOW_DRAFT_DISCARDED)                                                           \
	IGNORE(WORKFLOW_DRAFT_SAVED)                                                               \
	IGNORE(WORKFLOW_PUBLISHED)                                                                 \
	IGNORE(WORKFLOW_REMOVED)                                                                   \
	IGNORE(WORKLOG_DELETED)                                                                    \
	IGNORE(WORKLOG_EDITED)                                                                     \
	IGNORE(WORK_LOGGED)
VIEW_ANSWERS(feed, FEED_ANSWERS);

static enum status feed_apply(struct view *view, const struct event *event, struct error *err)
{
	(void)view;
	return error_set(err, STATUS_CORRUPT, "feed: %s is not handled",
	                 event_type_name(event->type));
}

static enum status feed_advance(struct view *view, const struct event_meta *meta,
                                const struct view_place *place, struct error *err)
{
	if ((meta->seq - 1) % FEED_STRIDE == 0) {
		key_tenant(&view->key, meta->tenant);
		row_u64(&view->key, (uint64_t)meta->seq);
		buf_clear(&view->value);
		row_u32(&view->value, place->partition);
		row_u64(&view->value, (uint64_t)place->offset);
		kv_put(view->txn, PLACES, buf_slice(&view->key), buf_slice(&view->value));
	}
	return kv_view_advance(view, meta, place, err);
}

static bool find_place(struct kv_txn *txn, struct slice tenant, uint64_t after,
                       struct feed_place *out)
{
	struct buf key = {0};
	struct slice found, value;
	key_tenant(&key, tenant);
	size_t prefix_n = key.n;
	row_u64(&key, after >= UINT64_MAX - 1 ? UINT64_MAX : after + 2);
	struct kv_cursor *cursor = kv_cursor_open(txn, PLACES);
	bool good = kv_seek_before(cursor, buf_slice(&key), &found, &value) &&
	            found.n == prefix_n + 8 && memcmp(found.data, key.data, prefix_n) == 0 &&
	            value.n == 12;
	if (good) {
		out->seq = get_u64(found.data + prefix_n);
		out->place.partition = get_u32(value.data);
		out->place.offset = (int64_t)get_u64(value.data + 4);
	}
	kv_cursor_close(cursor);
	buf_release(&key);
	return good;
}

enum status feed_find(struct view *view, struct slice tenant, uint64_t after,
                      struct feed_place *out, uint64_t *position, struct error *err)
{
	*position = 0;
	if (tenant.n == 0 || tenant.n > 255)
		return error_set(err, STATUS_NOT_FOUND, "no such tenant");
	struct kv_txn *txn;
	enum status status = kv_view_read(view, &txn, err);
	if (status)
		return status;
	*position = kv_view_seq(txn, tenant);
	if (!find_place(txn, tenant, after, out))
		status = kv_failed(txn) ? error_set(err, STATUS_IO, "feed: read")
		                        : error_set(err, STATUS_NOT_FOUND, "no such tenant");
	kv_abort(txn);
	return status;
}

static const char *const tables[] = {KV_VIEW_TABLES, "places", NULL};

const struct kv_view_type feed_view = {
        .type =
                {
                        .name = "feed",
                        .version = 1,
                        .journal_bound = true,
                        .pace_ms = 5,
                        .handled = feed_handled,
                        KV_VIEW_SLOTS,
                        .advance = feed_advance,
                },
        .apply = feed_apply,
        .tables = tables,
        .rows = 1u << PLACES,
};
