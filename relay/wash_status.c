#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/fdpass.h"
#include "libd4/kit/json.h"
#include "libd4/kit/log.h"
#include "relay/lanes_partner.h"
#include "relay/wash_room.h"

static const char *const shard_texts[] = {
    [SHARD_FREE] = "free",
    [SHARD_LEASED] = "taking over",
    [SHARD_PENDING] = "catching up",
    [SHARD_LIVE] = "live",
    [SHARD_FED] = "fed",
    [SHARD_HELD] = "held: its data on the hub's disk cannot be read",
};

static json_t *
status_queues(const struct wash *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n_shards; i++) {
		const struct shard *s = w->shard[i];

		if (s->source != w->queues)
			continue;
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s, s:I, s:I, s:I}", "key", s->key,
			"state", shard_texts[s->state], "fence",
			(json_int_t)s->fence, "waiting",
			(json_int_t)(s->lag < 0 ? s->lag : s->lag + s->pending),
			"pending", (json_int_t)s->pending));
	}
	return list;
}

/* What d4-misp-export says of a lane that post has nothing to do with. */
static json_t *
status_findings(const struct wash *w, const struct lane *l)
{
	const struct d4_spool_cursor *c = &l->cursor;
	const struct pol_partner *p = NULL;

	if (w->gate != NULL)
		p = pol_partner_find(gate_policy(w->gate), l->head.partner);
	if (p == NULL || p->sink != POL_SINK_MISP)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "sent",
	    (json_int_t)c->sent_records, "acked", (json_int_t)c->acked_records,
	    "confirmed", (json_int_t)c->confirmed_records, "expired",
	    (json_int_t)c->expired, "damaged", (json_int_t)c->damaged,
	    "withheld", (json_int_t)c->withheld, "gone", (json_int_t)c->gone);
}

static json_t *
status_lanes(const struct wash *w)
{
	json_t *list = json_array();
	char uuid[D4_UUID_TEXT];

	for (size_t i = 0; i < lanes_n(w->lanes); i++) {
		const struct lane *l = lanes_at(w->lanes, i);

		d4_uuid_text(&l->head.wire_uuid, uuid);
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, "
			      "s:I, s:I, s:I, s:I, s:b, s:I, s:o}",
			"partner", l->head.partner, "lane", l->head.id, "uuid",
			uuid, "source", l->head.source, "type",
			(int)l->head.type, "ext", l->head.ext, "rule",
			l->head.rule, "label", l->head.label, "class",
			l->head.cls, "variant", (json_int_t)l->head.variant,
			"seq", (json_int_t)d4_spool_seq(l->writer), "records",
			(json_int_t)d4_spool_total(l->writer), "bytes",
			(json_int_t)d4_spool_bytes(l->writer), "released",
			(int)l->released, "feeds", (json_int_t)l->n_feeds,
			"findings", status_findings(w, l)));
	}
	return list;
}

static json_t *
status_date(uint64_t s)
{
	char text[D4_TIME_TEXT];

	d4_time_text(s * 1000000, text);
	return s == 0 ? json_null() : json_stringn(text, 10);
}

/* What the policy says of each partner as a whole, today. */
static json_t *
status_partners(const struct wash *w)
{
	const struct pol *p = w->gate != NULL ? gate_policy(w->gate) : NULL;
	uint64_t now_s = d4_now_us() / 1000000;
	json_t *list = json_array();

	for (size_t i = 0; p != NULL && i < pol_n_partners(p); i++) {
		const struct pol_partner *peer = pol_partner_at(p, i);
		const char *bar = pol_partner_bar(peer, now_s);

		(void)json_array_append_new(
		    list, json_pack("{s:s, s:s, s:o, s:o, s:s}", "partner",
			      peer->id, "state", pol_state_text(peer->state),
			      "from", status_date(peer->agreement.from_s),
			      "until", status_date(peer->agreement.until_s),
			      "bar", bar != NULL ? bar : ""));
	}
	return list;
}

/* The sums of all shards together. */
static json_t *
status_totals(const struct wash *w)
{
	struct totals all;
	json_t *o;

	totals_init(&all);
	for (size_t i = 0; i < w->n_shards; i++) {
		if (w->shard[i]->journal == NULL)
			continue;
		o = totals_json(journal_totals(w->shard[i]->journal), false);
		(void)!totals_add_json(&all, o);
		json_decref(o);
	}
	o = totals_json(&all, false);
	totals_fini(&all);
	return o;
}

/* The queues that go on without a partner, and from where it catches up. */
static json_t *
status_parked(const struct wash *w, const char *partner)
{
	json_t *o = json_object();
	char id[STREAM_ID_TEXT];

	for (size_t i = 0; i < w->n_shards; i++) {
		struct journal *j = w->shard[i]->journal;
		const struct park *k =
		    j == NULL ? NULL : parks_find(journal_parks(j), partner);

		if (k == NULL)
			continue;
		stream_id_text(&k->upto, id);
		(void)json_object_set_new(o, w->shard[i]->key, json_string(id));
	}
	return o;
}

static json_t *
status_airlock(const struct wash *w)
{
	json_t *list = json_array();
	uint64_t before, after;

	for (size_t i = 0; i < lanes_n_partners(w->lanes); i++) {
		const struct lanes_partner *p = lanes_partner_at(w->lanes, i);

		(void)json_array_append_new(list,
		    json_pack("{s:s, s:I, s:I, s:s, s:b, s:I, s:I, s:I, s:I, "
			      "s:o}",
			"partner", p->id, "bytes", (json_int_t)p->bytes,
			"budget", (json_int_t)p->budget, "on_full",
			p->drop_oldest ? "drop-oldest" : "park", "full",
			(int)p->full, "dropped", (json_int_t)p->dropped,
			"dropped_bytes", (json_int_t)p->dropped_bytes,
			"expired", (json_int_t)p->expired, "expired_bytes",
			(json_int_t)p->expired_bytes, "parked",
			status_parked(w, p->id)));
	}
	lanes_packed(w->lanes, &before, &after);
	return json_pack("{s:I, s:I, s:I, s:I, s:o}", "bytes",
	    (json_int_t)lanes_bytes(w->lanes), "budget",
	    (json_int_t)w->setup->limits.total, "packed", (json_int_t)before,
	    "packed_to", (json_int_t)after, "partners", list);
}

static json_t *
status_json(const struct wash *w)
{
	json_t *o = status_totals(w);
	json_t *hash = w->gate == NULL
	                   ? json_null()
	                   : json_string(pol_hash(gate_policy(w->gate)));

	(void)json_object_set_new(o, "policy", hash);
	(void)json_object_set_new(
	    o, "policy_error", json_string(w->setup->error));
	(void)json_object_set_new(
	    o, "reading", json_string(wash_stall_text(w->stall)));
	(void)json_object_set_new(o, "redis",
	    w->setup->queues ? json_boolean(d4_redis_is_up(w->redis))
			     : json_null());
	(void)json_object_set_new(o, "airlock", status_airlock(w));
	(void)json_object_set_new(o, "partners", status_partners(w));
	(void)json_object_set_new(o, "queues", status_queues(w));
	(void)json_object_set_new(o, "lanes", status_lanes(w));
	(void)json_object_set_new(o, "sources", sources_status(w));
	(void)json_object_set_new(o, "breakers", streams_open(w->streams));
	return o;
}

/* A status can be longer than a message: it goes in a file without a name. */
void
status_send(struct wash *w)
{
	(void)!d4_json_send(w->setup->channel, "status", status_json(w));
}
