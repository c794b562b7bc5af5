/* From frames to entries: what the intake asks of a session. */
#include <string.h>
#include "hub/census.h"
#include "hub/crowd.h"
#include "hub/discard.h"
#include "hub/pending.h"
#include "hub/replay_store.h"
#include "hub/session_conn.h"
#include "hub/tee.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "libd4/kit/tls_peer.h"

/* The timestamp of a frame, against our clock; 0: any is fine. */
static bool
data_in_window(const struct session *s, const struct d4_header *h)
{
	uint64_t now = s->now.t_rx_us / 1000000, window;

	window = s->hub->opt->replay_us / 1000000;
	if (window == 0)
		return true;
	return h->timestamp_s <= now + window && h->timestamp_s + window >= now;
}

static bool
cert_named(const void *tls, const char *name)
{
	return d4_tls_peer_named(tls, name);
}

/* Is the certificate that it showed one of its sensor's? */
static bool
data_badge(const struct session *s)
{
	struct badge_shown shown = {.named = cert_named, .arg = s->tls};
	struct d4_tls_cert cert;

	if (s->sensor->badges.n == 0)
		return true;
	shown.there = d4_tls_peer_cert(s->tls, &cert);
	if (shown.there) {
		shown.trusted = cert.trusted;
		memcpy(shown.digest, cert.digest, sizeof(shown.digest));
	}
	return badges_fit(&s->sensor->badges, &s->sensor->uuid, &shown);
}

/* What the registry says, asked again only when it has changed. */
static enum d4_reason
data_admit(struct session *s, uint8_t type)
{
	struct registry *reg = s->hub->registry;
	uint64_t version = registry_version(reg, s->sensor);
	enum d4_reason why;

	if (s->admitted == version && s->admitted_type == type)
		return D4_R_NONE;
	why = registry_admits(reg, s->sensor, &s->from, type);
	if (why == D4_R_BLOCKED_TRAP)
		registry_trap(reg, s->address);
	/* A reload may have taken it from the configuration. */
	if (why == D4_R_NONE && !s->hub->rules.accepted[type])
		why = D4_R_HDR_TYPE;
	if (why == D4_R_NONE && !data_badge(s))
		why = D4_R_CERTIFICATE;
	if (why != D4_R_NONE)
		return why;
	s->admitted = version;
	s->admitted_type = type;
	return D4_R_NONE;
}

/* What is asked of every frame. */
static enum d4_reason
data_frame(struct session *s, const struct d4_header *h)
{
	uint64_t max = s->sensor->limits.payload;
	enum d4_reason why = data_admit(s, h->type);

	if (why != D4_R_NONE)
		return why;
	if (max != 0 && h->size > max)
		return D4_R_HDR_SIZE;
	return data_in_window(s, h) ? D4_R_NONE : D4_R_REPLAY;
}

static enum d4_status
data_know(void *arg, const struct d4_header *h, struct intake_keys *keys,
    enum d4_reason *why)
{
	struct session *s = arg;
	struct registry *reg = s->hub->registry;

	if (s->sensor == NULL &&
	    registry_sensor(reg, &h->uuid, &s->sensor) != D4_OK) {
		*why = D4_R_BUDGET;
		return D4_EDENIED;
	}
	if (!s->sensor->known)
		return D4_AGAIN;
	if (!s->intake.known && (sessions_rests(s, h->type) ||
				    replay_store_waits(s->hub, s->sensor)))
		return D4_AGAIN;
	*why = data_frame(s, h);
	if (*why != D4_R_NONE) {
		pending_note(s->hub->pending, s, h, *why);
		return D4_EDENIED;
	}
	*keys = registry_keys(reg, s->sensor);
	return D4_OK;
}

/* Who cuts an extended type; NULL: it is not configured, or not accepted. */
static const struct d4_type_row *
data_ext(const struct hub *h, const char *type)
{
	const struct d4_type_row *row = NULL;

	for (size_t i = 0; i < h->opt->n_ext; i++) {
		if (strcmp(h->opt->ext[i].type, type) == 0)
			row = h->opt->ext[i].row;
	}
	return registry_extended(h->registry, type) ? row : NULL;
}

enum d4_reason
session_welcome(struct session *s)
{
	enum d4_reason why = data_admit(s, s->intake.state.type);

	if (why == D4_R_NONE && s->intake.state.meta_done &&
	    data_ext(s->hub, s->intake.ext) == NULL)
		why = D4_R_EXT_TYPE;
	return why;
}

/* ---- newest wins ---- */

/* Another session of this sensor with the same plain type, or NULL. */
static struct session *
same_stream(const struct session *s, uint8_t type)
{
	struct session *o;

	if (type == D4_TYPE_META)
		return NULL; /* 2 and 254 may be parallel */
	TAILQ_FOREACH(o, &s->sensor->sessions, by_sensor)
	{
		if (o != s && o->intake.state.type == type)
			return o;
	}
	return NULL;
}

static enum d4_reason
data_supersede(struct session *s, const struct d4_header *h)
{
	struct session *old = same_stream(s, h->type);
	enum d4_reason why;

	/* Who only has what was sent before puts nobody out. */
	s->replay_first = session_replayed(s, h);
	if (s->replay_first)
		return old != NULL ? D4_R_REPLAY : D4_R_NONE;
	why = session_clone(s, true);

	if (why == D4_R_NONE && old != NULL)
		session_refuse(old, D4_R_SUPERSEDED);
	return why;
}

/* ---- the session's origin ---- */

static enum d4_reason
origin_make(struct session *s, const struct d4_header *h)
{
	struct shelf_origin *o = shelf_origin_new();

	if (o == NULL)
		return D4_R_BUDGET;
	s->origin = o;
	o->acked = session_stored;
	o->arg = s;
	o->sensor = h->uuid;
	memcpy(o->peer, s->peer, sizeof(o->peer));
	if (d4_uuid_parse(s->id, &o->sess) != D4_OK)
		return D4_R_INTERNAL;
	o->type = h->type == D4_TYPE_META ? D4_TYPE_EXTENDED : h->type;
	return D4_R_NONE;
}

/* Which stream its entries go to; the queue may be full already. */
static enum d4_reason
origin_shard(struct session *s, struct queue *q)
{
	struct shelf_origin *o = s->origin;

	o->shard = &q->shard[d4_queue_shard(&o->sensor, q->n_shards)];
	if (q->full) {
		s->pause |= PAUSE_QUEUE;
		session_apply_pause(s);
	}
	return D4_R_NONE;
}

static void
data_opened(struct session *s, const struct d4_header *h)
{
	char uuid[D4_UUID_TEXT];

	d4_uuid_text(&h->uuid, uuid);
	sessions_waiting(s, false); /* one link serves both lists */
	s->counted = true;
	TAILQ_INSERT_TAIL(&s->sensor->sessions, s, by_sensor);
	session_replay_begin(s);
	s->hub->counts.opened++;
	d4_info("session=%s open peer=%s uuid=%s type=%u", s->id, s->peer, uuid,
	    h->type);
	if (s->state == SESSION_FIRST)
		session_enter(s, SESSION_OPEN);
}

static enum d4_reason
data_begin(void *arg, const struct d4_header *h)
{
	struct session *s = arg;
	enum d4_reason why = data_supersede(s, h);
	struct queue *q;

	if (why == D4_R_NONE)
		why = origin_make(s, h);
	if (why == D4_R_NONE && h->type != D4_TYPE_META) {
		q = hub_queue(s->hub, h->type, "");
		why = q != NULL ? origin_shard(s, q) : D4_R_HDR_TYPE;
	}
	if (why != D4_R_NONE)
		return why;
	s->intake.state.type = h->type;
	data_opened(s, h);
	crowd_begin(s->hub->crowd, s);
	census_begin(s->hub->census, s);
	return D4_R_NONE;
}

static enum d4_reason
data_extended(void *arg, const char *type, const struct d4_type_row **row)
{
	struct session *s = arg;
	const struct d4_buf *json = &s->intake.gather.json;
	struct shelf_origin *o = s->origin;
	struct queue *q = hub_queue(s->hub, D4_TYPE_EXTENDED, type);

	*row = data_ext(s->hub, type);
	if (*row == NULL || q == NULL) {
		d4_info("session=%s ext=%s remedy=\"name it under ext\"", s->id,
		    type);
		return D4_R_EXT_TYPE;
	}
	memcpy(o->ext, s->intake.ext, sizeof(o->ext));
	if (d4_buf_add(&o->meta, json->p, json->n) != D4_OK)
		return D4_R_BUDGET;
	d4_info("session=%s ext=%s", s->id, type);
	return origin_shard(s, q);
}

static bool
data_authentic(void *arg, const struct d4_frame *f)
{
	struct session *s = arg;

	if (!session_replay_take(s, f))
		return false;
	tee_frame(s->hub->tee, s, f->wire, f->payload);
	return true;
}

/* ---- records ---- */

/* Entries of this many bytes are worth a buffer that is there already. */
#define DATA_LEND 16384u

static enum d4_status
data_emit(void *arg, struct draft *d)
{
	struct session *s = arg;
	bool lent = d->data.cap >= DATA_LEND;
	enum d4_status st = shelf_put(s->hub->shelf, s->origin, d);

	if (st == D4_OK) {
		if (lent)
			shelf_lend(s->hub->shelf, d);
		sessions_drafting(s, false);
		s->shelved_ms = s->active_ms;
		sessions_share(s);
	}
	return st;
}

/* Records that are not taken: counted and accounted. */
static void
data_lost(struct session *s, enum d4_reason why, uint64_t n, uint64_t bytes)
{
	struct d4_tally *t = &s->hub->counts.tally;

	t->records[why] += n;
	t->bytes[why] += bytes;
	discard_note(s->hub->discard, s, why,
	    &(struct discarded){.records = n, .bytes = bytes});
}

static enum d4_status
data_run(void *arg, const struct d4_run *run)
{
	struct session *s = arg;
	struct d4_tally *t = &s->hub->counts.tally;
	const struct draft_sink sink = {data_emit, s};
	uint64_t before, n;
	enum d4_status st;

	t->in += run->n;
	if (run->reason != D4_R_NONE) {
		data_lost(s, run->reason, run->n, run->bytes);
		return D4_OK;
	}
	before = s->draft.next;
	s->now.t_hdr_s = s->intake.t_hdr_s;
	if (run->data.n >= DATA_LEND)
		shelf_lend(s->hub->shelf, &s->draft);
	st = draft_add(&s->draft, s->intake.cutter, run, &s->now, &sink);
	n = s->draft.next - before; /* all of them, while there is memory */
	if (st != D4_OK) {
		data_lost(s, D4_R_BUDGET, run->n - n, 0);
		s->lost = true;
	}
	t->records[D4_R_NONE] += n;
	t->bytes[D4_R_NONE] += st == D4_OK ? run->data.n : 0;
	s->records += n;
	shelf_return(s->hub->shelf, &s->draft);
	sessions_drafting(s, s->draft.n != 0);
	return st;
}

void
session_shelve(struct session *s)
{
	const struct draft_sink sink = {data_emit, s};
	struct d4_tally *t = &s->hub->counts.tally;
	uint64_t n = s->draft.n, bytes;

	if (draft_close(&s->draft, &sink) == D4_OK) {
		shelf_return(s->hub->shelf, &s->draft);
		return;
	}
	bytes = s->draft.data.n - s->draft.opening;
	/* Out of memory: said and counted, never silent. */
	d4_warnx("session=%s lost records=%llu why=\"out of memory\"", s->id,
	    (unsigned long long)n);
	t->records[D4_R_NONE] -= n;
	t->bytes[D4_R_NONE] -= bytes;
	data_lost(s, D4_R_BUDGET, n, bytes);
	s->draft.n = 0;
	s->lost = true; /* no close_notify will say otherwise */
	sessions_drafting(s, false);
}

size_t
session_finish(struct session *s)
{
	struct d4_tally *t = &s->hub->counts.tally;
	size_t held;

	if (s->finished)
		return 0;
	s->finished = true;
	held = intake_finish(&s->intake);
	if (held != 0 && s->counted) {
		t->in++;
		data_lost(s, D4_R_EOF_PARTIAL, 1, held);
	}
	session_shelve(s);
	return held;
}

const struct intake_ops session_ops = {
    .know = data_know,
    .begin = data_begin,
    .extended = data_extended,
    .frame = data_authentic,
    .run = data_run,
};
