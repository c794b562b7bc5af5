#include <stdio.h>
#include "libd4/kit/log.h"
#include "libd4/reason.h"
#include "relay/post_room.h"

/* One line of the accounting for each reason that has records. */
static enum d4_status
settle_line(const struct post_lane *l, const struct post_settled *s,
    enum d4_reason why, uint64_t records)
{
	char uuid[D4_UUID_TEXT];
	json_t *o;

	if (records == 0)
		return D4_OK;
	d4_uuid_text(&l->name.wire_uuid, uuid);
	o = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "partner",
	    l->partner->conf->id, "lane", l->id, "wire_uuid", uuid, "reason",
	    d4_reason_name(why), "records", (json_int_t)records, "from",
	    (json_int_t)s->from, "to", (json_int_t)s->to);
	if (o == NULL)
		return D4_ENOMEM;
	return d4_account_write(
	    l->partner->post->setup.account, true, "post.loss", o);
}

static enum d4_status
settle_account(const struct post_lane *l, const struct post_settled *s)
{
	const struct {
		enum d4_reason why;
		uint64_t records;
	} lines[] = {
	    {D4_R_MAYBE_LOST, s->maybe_lost},
	    {D4_R_WIRE_TOOBIG, s->dropped.toobig},
	    {D4_R_SPOOL_DAMAGED, s->dropped.damaged},
	    {D4_R_SPOOL_EXPIRED, s->dropped.expired},
	    {D4_R_SEND_RECHECK, s->dropped.withheld},
	};
	enum d4_status st = D4_OK;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (st == D4_OK)
			st = settle_line(l, s, lines[i].why, lines[i].records);
	}
	return st;
}

enum d4_status
post_settle_ready(
    struct post_lane *l, enum post_outcome how, struct post_settled *out)
{
	enum d4_status st = D4_OK;

	post_resend_settle(&l->books, how, out);
	if (post_settled_losses(out) && !l->accounted)
		st = settle_account(l, out);
	l->accounted = l->accounted || st == D4_OK;
	return st;
}

enum d4_status
post_settle(struct post_lane *l, enum post_outcome how)
{
	struct post_settled s;
	enum d4_status st = post_settle_ready(l, how, &s);

	if (st == D4_OK)
		st = d4_spool_cursor_save(l->cursor_path, &s.cursor);
	if (st != D4_OK) {
		d4_warn("post cannot save partner=%s lane=%s status=\"%s\"",
		    l->partner->conf->id, l->id, d4_status_text(st));
		/* A checkpoint's losses come again with the next one. */
		l->unsettled = l->unsettled || how != POST_CHECKPOINT;
		l->outcome = how != POST_CHECKPOINT ? how : l->outcome;
		l->accounted = l->accounted && how != POST_CHECKPOINT;
		return st;
	}
	post_resend_apply(&l->books, how, &s);
	l->accounted = l->dirty = false;
	if (how != POST_CHECKPOINT)
		l->unsettled = false;
	return D4_OK;
}
