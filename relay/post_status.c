#include <string.h>
#include "relay/post_room.h"

#define STATUS_TAILS 64u /* lanes whose backlog is measured in one answer */

static void
status_number(json_t *o, const char *name, uint64_t n)
{
	(void)json_object_set_new(o, name, json_integer((json_int_t)n));
}

static void
status_text(json_t *o, const char *name, const char *text)
{
	if (text[0] != '\0')
		(void)json_object_set_new(o, name, json_string(text));
}

static void
status_alarm(json_t *o, const struct post_alarm *a)
{
	char lasted[32];

	if (a->count == 0)
		return;
	post_alarm_for(a, post_now_us(), lasted, sizeof(lasted));
	status_text(o, "failure", post_failure_name(a->what));
	status_text(o, "error", a->why);
	status_text(o, "likely", post_likely_name(a->likely));
	status_text(o, "hint", post_alarm_hint(a));
	status_text(o, "failing_for", lasted);
	status_number(o, "failures", a->count);
}

/* Records that the session under way passed, sent or not. */
static uint64_t
status_under_way(const struct post_lane *l)
{
	struct post_counts c = l->books.acked;

	post_counts_add(&c, &l->books.rest);
	return c.fresh + c.again + c.lost + c.toobig + c.damaged + c.expired +
	       c.withheld + c.gone;
}

/* All that are settled: confirmed, given up, or not sent for a reason. */
static uint64_t
status_settled(const struct post_lane *l)
{
	const struct d4_spool_cursor *c = &l->books.cursor;

	return c->confirmed_records + c->maybe_lost + c->expired + c->damaged +
	       c->toobig + c->withheld + c->gone;
}

/* What waits in the spool; asked of the disk for some lanes in an answer. */
static void
status_waiting(json_t *o, const struct post_lane *l, unsigned *tails)
{
	uint64_t seq, total, passed = status_settled(l) + status_under_way(l);

	if (post_watch_same(&l->watch, l->dir)) {
		status_number(o, "waiting", 0);
		return;
	}
	if (*tails == 0)
		return;
	(*tails)--;
	if (d4_spool_tail(l->dir, &seq, &total) != D4_OK)
		return;
	status_number(o, "waiting", total > passed ? total - passed : 0);
}

static json_t *
status_lane(const struct post_lane *l, unsigned *tails)
{
	const struct d4_spool_cursor *c = &l->books.cursor;
	json_t *o = json_object();
	char uuid[D4_UUID_TEXT];

	status_text(o, "lane", l->id);
	if (l->named) {
		d4_uuid_text(&l->name.wire_uuid, uuid);
		status_text(o, "wire_uuid", uuid);
		status_number(o, "type", l->name.type);
		status_text(o, "ext", l->name.ext);
		status_text(o, "source", l->name.source);
		status_text(o, "resend", l->books.tcp ? "tcp" : "all");
	}
	status_text(o, "state", post_state_name(l->state));
	(void)json_object_set_new(
	    o, "released", json_boolean(l->release != NULL));
	status_text(o, "rule", l->release != NULL ? l->release->rule : "");
	status_text(o, "broken",
	    l->partner->broken[0] != '\0' ? l->partner->broken : l->broken);
	status_number(o, "sent", c->sent_records);
	status_number(o, "acked", c->acked_records);
	status_number(o, "confirmed", c->confirmed_records);
	status_number(o, "maybe_lost", c->maybe_lost);
	status_number(o, "resent", c->resent);
	status_number(o, "expired", c->expired);
	status_number(o, "damaged", c->damaged);
	status_number(o, "toobig", c->toobig);
	status_number(o, "withheld", c->withheld);
	status_number(o, "gone", c->gone);
	status_number(o, "under_way", status_under_way(l));
	status_waiting(o, l, tails);
	/* What fails for all of the partner fails for the lane. */
	status_alarm(
	    o, l->partner->alarm.count != 0 ? &l->partner->alarm : &l->alarm);
	return o;
}

static json_t *
status_partner(const struct post_partner *pp, unsigned *tails)
{
	json_t *o = json_object(), *lanes = json_array();

	status_text(o, "partner", pp->conf->id);
	status_text(o, "sink", sink_kind_name(pp->conf->sink));
	status_text(o, "confirms", pp->sink->confirms);
	if (pp->sink->host) {
		status_text(o, "host", pp->conf->host);
		status_number(o, "port", pp->conf->port);
	} else {
		status_text(o, "path", pp->conf->out.path);
	}
	status_text(o, "broken", pp->broken);
	if (pp->sink->status != NULL)
		pp->sink->status(pp, o);
	status_text(o, "freeze", d4_freeze_text(pp->frozen));
	status_alarm(o, &pp->alarm);
	for (size_t i = 0; i < pp->n_lanes; i++)
		(void)json_array_append_new(
		    lanes, status_lane(pp->lanes[i], tails));
	(void)json_object_set_new(o, "lanes", lanes);
	return o;
}

json_t *
post_status(const struct post *p)
{
	json_t *list = json_array();
	unsigned tails = STATUS_TAILS;

	for (size_t i = 0; i < p->setup.n_partners; i++)
		(void)json_array_append_new(
		    list, status_partner(&p->partners[i], &tails));
	return json_pack("{s:o}", "partners", list);
}
