/* What is known of the lanes elsewhere: the journals' marks, post's cursors. */
#include "libd4/kit/log.h"
#include "relay/lanes_room.h"
#include "relay/marks.h"

json_t *
lanes_marks(const struct lanes *ls)
{
	json_t *marks = json_object();
	struct d4_spool_mark m;

	for (size_t i = 0; i < ls->n; i++) {
		const struct lane *lane = ls->list[i];

		if (lane->marked != d4_spool_seq(lane->writer) &&
		    d4_spool_mark(lane->writer, &m))
			marks_put(marks, lane->head.partner, lane->head.id, &m);
	}
	return marks;
}

void
lanes_marked(struct lanes *ls)
{
	for (size_t i = 0; i < ls->n; i++)
		ls->list[i]->marked = d4_spool_seq(ls->list[i]->writer);
}

/* D4_AGAIN is the answer to what was done before. */
static enum d4_status
lane_turn(struct lane *lane)
{
	enum d4_status st = D4_AGAIN;

	if (lane->cursor.stuck != 0)
		st = d4_spool_turn(lane->writer, lane->cursor.stuck);
	if (st == D4_OK)
		d4_warnx("airlock partner=%s lane=%s segment=%llu damaged at "
			 "its end, closed",
		    lane->head.partner, lane->head.id,
		    (unsigned long long)lane->cursor.stuck);
	return st == D4_AGAIN ? D4_OK : st;
}

void
lanes_trim(struct lanes *ls)
{
	enum d4_status st;

	for (size_t i = 0; i < ls->n; i++) {
		struct lane *lane = ls->list[i];

		lane_read_cursor(ls, lane);
		st = lane_turn(lane);
		if (st == D4_OK)
			st =
			    d4_spool_trim(lane->writer, lane->cursor.confirmed);
		if (st != D4_OK)
			d4_warnx("airlock partner=%s lane=%s trim=\"%s\"",
			    lane->head.partner, lane->head.id,
			    d4_status_text(st));
	}
	lanes_measure(ls);
}
