/* Boards change seldom: their rows are written at once. */
#include "projections/boards_inside.h"
#include "projections/row.h"

static void board_key(struct view *view, const struct event_meta *meta)
{
	key_tenant(&view->key, meta->tenant);
	row_uuid(&view->key, &meta->aggregate.id);
}

static enum status put_board(struct view *view, const struct event_meta *meta,
                             const struct board_configuration *board, struct error *err)
{
	char bytes[BOARD_BYTES_MAX];
	uint32_t n = board_pack(board, bytes);
	if (!n)
		return error_set(err, STATUS_INVALID, "a board of more than %d bytes",
		                 BOARD_BYTES_MAX);
	buf_clear(&view->value);
	row_u64(&view->value, (uint64_t)meta->aggregate.version);
	row_u64(&view->value, (uint64_t)meta->seq);
	buf_append(&view->value, bytes, n);
	kv_put(view->txn, BOARDS, buf_slice(&view->key), buf_slice(&view->value));
	return STATUS_OK;
}

enum status boards_apply(struct view *view, const struct event *event, struct error *err)
{
	struct slice row;
	board_key(view, &event->meta);
	bool exists = kv_get(view->txn, BOARDS, buf_slice(&view->key), &row);
	if (exists == (event->type == EVENT_BOARD_CREATED))
		return error_set(err, STATUS_INVALID, "the board is%s there", exists ? "" : " not");
	if (event->type == EVENT_BOARD_CREATED)
		return put_board(view, &event->meta, &event->board_created.board, err);
	if (event->type == EVENT_BOARD_EDITED)
		return put_board(view, &event->meta, &event->board_edited.after, err);
	kv_del(view->txn, BOARDS, buf_slice(&view->key));
	return STATUS_OK;
}
