/* What sessions find around them, played. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/tee.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/tls_leave.h"
#include "libd4/kit/tls_peer.h"
#include "session_world.h"

struct world w;

/* ---- clock, account, tee ---- */

uint64_t
d4_now_us(void)
{
	return w.now_us;
}

uint64_t
d4_mono_ms(void)
{
	return w.now_us / 1000;
}

void
d4_time_text(uint64_t us, char out[D4_TIME_TEXT])
{
	(void)us;
	(void)snprintf(out, D4_TIME_TEXT, "2026-11-22T00:00:00.000000Z");
}

enum d4_status
d4_account_write(
    struct d4_account *a, bool durable, const char *event, json_t *fields_taken)
{
	(void)a;
	(void)durable;
	(void)event;
	json_decref(fields_taken);
	return D4_OK;
}

enum d4_status
d4_account_sync(struct d4_account *a)
{
	(void)a;
	return D4_OK;
}

void
tee_frame(struct tee *t, struct session *s, const uint8_t *wire,
    struct d4_slice payload)
{
	(void)t;
	(void)s;
	(void)wire;
	(void)payload;
}

void
tee_end(struct tee_line *line)
{
	(void)line;
}

struct queue *
hub_queue(struct hub *h, uint8_t type, const char *ext)
{
	return queue_find(&h->queues, type, ext);
}

/* ---- TLS ---- */

struct d4_tls {
	struct d4_tls_owner to;
	struct slot *slot;
	bool paused, closing;
};

/* The descriptor is the slot's number. */
enum d4_status
d4_tls_accept(struct event_base *base, struct d4_tls_ctx *ctx, int fd,
    const struct d4_tls_owner *owner, struct d4_tls **out)
{
	struct d4_tls *t = calloc(1, sizeof(*t));

	(void)base;
	(void)ctx;
	if (t == NULL)
		return D4_ENOMEM;
	t->to = *owner;
	t->slot = &w.slot[fd];
	t->slot->tls = t;
	*out = t;
	return D4_OK;
}

void
d4_tls_free(struct d4_tls *t)
{
	if (t == NULL)
		return;
	t->slot->tls = NULL;
	free(t);
}

void
d4_tls_read_pause(struct d4_tls *t, bool paused)
{
	t->paused = paused;
}

/* Our close_notify: only to who had finished, with all of it stored. */
void
d4_tls_close(struct d4_tls *t)
{
	const struct session *s = t->to.arg;

	assert(t->slot->shut && t->slot->whole);
	assert(s->origin == NULL || s->origin->waiting == 0);
	assert(s->intake.refused == D4_R_NONE && s->draft.n == 0);
	assert(!s->lost);
	t->closing = true;
	t->slot->answered = true;
}

size_t
d4_tls_unread(const struct d4_tls *t)
{
	return t->slot->wire.n;
}

/* With our close_notify: then all that came is stored. */
void
d4_tls_leave(struct d4_tls *t, bool notify)
{
	const struct session *s = t->to.arg;

	assert(!notify || (t->slot->wire.n == 0 && s->draft.n == 0));
	assert(!notify || s->origin == NULL || s->origin->waiting == 0);
	t->closing = true;
	t->slot->left = true;
}

void
d4_tls_peer_text(const struct d4_tls *t, char *out, size_t n)
{
	(void)snprintf(out, n, "192.0.2.%u:1", t->slot->address);
}

bool
d4_tls_peer_cert(const struct d4_tls *t, struct d4_tls_cert *out)
{
	(void)t;
	(void)out;
	return false;
}

bool
d4_tls_peer_named(const struct d4_tls *t, const char *name)
{
	(void)t;
	(void)name;
	return false;
}

void
world_connect(struct slot *s, uint8_t address)
{
	*s = (struct slot){.address = address, .whole = true};
	d4_buf_init(&s->wire, FUZZ_MAX);
	session_accept(&w.hub, (int)(s - w.slot));
	if (s->tls != NULL)
		s->tls->to.ev->open(s->tls->to.arg);
}

void
world_reset(struct slot *s)
{
	if (s->tls != NULL)
		s->tls->to.ev->end(s->tls->to.arg, D4_TLS_RESET, "reset");
}

bool
slot_waits(const struct slot *s)
{
	return s->tls->paused;
}

/* True: it read something, or was told that this was all. */
static bool
slot_pump(struct slot *s, size_t step)
{
	struct d4_tls *t = s->tls;
	uint8_t piece[FUZZ_MAX];
	size_t n = s->wire.n < step ? s->wire.n : step;

	if (t == NULL)
		d4_buf_fini(&s->wire);
	if (t == NULL || t->paused)
		return false;
	if (n != 0) {
		memcpy(piece, s->wire.p, n);
		d4_buf_drop(&s->wire, n);
		t->to.ev->read(t->to.arg, d4_slice_of(piece, n));
		return true;
	}
	if (!s->shut || s->told_shut || s->left)
		return false;
	s->told_shut = true;
	t->to.ev->peer_closed(t->to.arg);
	return true;
}

void
world_pump(size_t step)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		while (slot_pump(&w.slot[i], step))
			;
		if (w.slot[i].tls != NULL &&
		    (w.slot[i].answered || w.slot[i].left)) {
			struct d4_tls *t = w.slot[i].tls;

			t->to.ev->end(t->to.arg, D4_TLS_CLEAN, "close_notify");
		}
	}
}

/* ---- the shelf ---- */

#define SHELF_MAX 4096u

static struct shelf_origin *shelf_held[SHELF_MAX];
static unsigned shelf_first, shelf_last;

struct shelf_origin *
shelf_origin_new(void)
{
	struct shelf_origin *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->refs = 1;
	d4_buf_init(&o->meta, D4_META_MAX);
	return o;
}

void
shelf_origin_unref(struct shelf_origin *o)
{
	if (--o->refs != 0)
		return;
	assert(o->waiting == 0);
	d4_buf_fini(&o->meta);
	free(o);
}

/* An entry is a file by itself: another cutter finds its records again. */
static uint64_t
entry_records(const struct shelf_origin *o, struct d4_slice data)
{
	const struct d4_type_row *row = d4_type_of(o->type, o->ext);
	struct d4_cutter *c = NULL;
	struct d4_run run;
	enum d4_status st;
	uint64_t n = 0;

	assert(row != NULL && d4_cutter_new(row->cutter, &c) == D4_OK);
	while ((st = d4_cutter_feed(c, &data, &run)) == D4_OK) {
		assert(run.reason == D4_R_NONE);
		n += run.n;
	}
	assert(st == D4_AGAIN && d4_cutter_finish(c, &run) == D4_OK);
	d4_cutter_free(c);
	return n;
}

enum d4_status
shelf_put(struct shelf *s, struct shelf_origin *o, struct draft *d)
{
	(void)s;
	assert(d4_uuid_eq(&o->sensor, &world_uuid[0]) ||
	       d4_uuid_eq(&o->sensor, &world_uuid[1]));
	assert(o->shard != NULL && o->shard->queue->type == o->type);
	assert(d->n != 0 && d->seq + d->n == d->next);
	/* What is numbered without a hole: late holds the last one. */
	assert(memcmp(&o->late, &(uint64_t){d->seq - 1}, 8) == 0);
	memcpy(&o->late, &(uint64_t){d->seq + d->n - 1}, 8);
	assert(entry_records(o, d4_buf_slice(&d->data)) == d->n);
	if (shelf_last == SHELF_MAX)
		return D4_ENOMEM;
	shelf_held[shelf_last++] = o;
	o->refs++;
	o->waiting++;
	w.shelved += d->n;
	w.waiting++;
	return D4_OK;
}

void
shelf_lend(struct shelf *s, struct draft *d)
{
	(void)s;
	if (d->data.p == NULL && d4_buf_reserve(&d->data, 70000) != D4_OK)
		abort();
}

void
shelf_return(struct shelf *s, struct draft *d)
{
	(void)s;
	if (d->n == 0)
		d4_buf_fini(&d->data);
}

void
shelf_answer(unsigned n)
{
	for (; n != 0 && shelf_first != shelf_last; n--) {
		struct shelf_origin *o = shelf_held[shelf_first++];

		w.waiting--;
		if (--o->waiting == 0 && o->acked != NULL)
			o->acked(o->arg);
		shelf_origin_unref(o);
	}
	if (shelf_first == shelf_last)
		shelf_first = shelf_last = 0;
}

bool
shelf_prompt(const struct shelf *s)
{
	(void)s;
	return w.waiting < 8;
}

size_t
shelf_entries(const struct shelf *s)
{
	(void)s;
	return w.waiting;
}
