/*
 * Sessions of the hub, from bytes to verdicts and entries: door, guard, cutter
 * and draft as they are; everything around them is played. The input is a
 * script of operations, two bytes each, some with more behind them: connect,
 * send frames (sealed with a right or a wrong key) or anything, change what
 * Redis holds, answer questions, let time pass, close.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/log.h"
#include "session_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const struct d4_uuid world_uuid[SENSORS] = {
    {{0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x47, 0x77, 0x88, 0x88, 1}},
    {{0x12, 0x22, 0x33, 0x44, 0x55, 0x66, 0x47, 0x77, 0x88, 0x88, 2}},
};

static const char conf[] = "listen: \"127.0.0.1:4443\"\n"
			   "types: [1, 2, 8, 254]\next: {a: lines}\n"
			   "payload_max: 16KiB\nstats: false\n"
			   "replay: 1h\nreplay_memory: 64KiB\nlog: error\n";

#define KEYS 4u /* a to d; nobody has d */

static struct d4_hmac *keys[KEYS];

struct d4_hmac *
world_key(uint8_t letter)
{
	return keys[letter - 'a'];
}

/* ---- begin and end ---- */

static void
on_answered(void *arg, struct sensor *sensor)
{
	sessions_known(arg, sensor);
}

static void
on_changed(void *arg, struct sensor *sensor)
{
	if (sensor != NULL)
		sessions_recheck_of(sensor);
	else
		sessions_recheck(arg);
}

static void
once(struct hub_options **opt, struct event_base **base)
{
	struct d4_diag diag = {.file = "conf"};

	d4_log_open("fuzz", D4_LOG_ERROR, false);
	*base = event_base_new();
	if (hub_options_read(d4_slice_str(conf), &diag, opt) != D4_OK ||
	    *base == NULL)
		abort();
	for (uint8_t i = 0; i < KEYS; i++) {
		uint8_t letter = (uint8_t)('a' + i);

		if (d4_hmac_new(d4_slice_of(&letter, 1), &keys[i]) != D4_OK)
			abort();
	}
}

static void
world_queues(struct hub *h)
{
	static const struct {
		uint8_t type;
		const char *ext;
	} rows[] = {{1, ""}, {8, ""}, {254, "a"}};
	struct queue *q;

	STAILQ_INIT(&h->queues);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (queue_add(&h->queues, rows[i].type, rows[i].ext, 1, &q) !=
		    D4_OK)
			abort();
	}
}

void
world_begin(void)
{
	static struct hub_options *opt;
	static struct event_base *base;
	struct hub *h = &w.hub;

	if (opt == NULL)
		once(&opt, &base);
	w = (struct world){.now_us = UINT64_C(1790000000000000)};
	h->base = base;
	h->opt = opt;
	h->rules = opt->rules;
	world_queues(h);
	if (discard_new(h, &h->discard) != D4_OK ||
	    census_new(h, &h->census) != D4_OK ||
	    crowd_new(h, &h->crowd) != D4_OK || sessions_init(h) != D4_OK ||
	    registry_new(&(struct registry_setup){.base = base,
			     .opt = opt,
			     .answered = on_answered,
			     .changed = on_changed,
			     .arg = h},
		&h->registry) != D4_OK)
		abort();
	h->budget.max = 20000;
	registry_up(h->registry);
	redis_answer(8);
}

/* Nothing was lost on the way, and nothing is left. */
void
world_end(void)
{
	struct hub *h = &w.hub;
	const struct d4_tally *t = &h->counts.tally;
	uint64_t sum = 0;

	sessions_free(h);
	shelf_answer(UINT32_MAX);
	redis_forget();
	assert(h->n_sessions == 0 && h->budget.held == 0);
	assert(w.waiting == 0);
	assert(t->records[D4_R_NONE] == w.shelved);
	for (unsigned r = 0; r < D4_REASON_MAX; r++)
		sum += t->records[r];
	assert(t->in == sum);
	for (unsigned i = 0; i < SLOTS; i++)
		d4_buf_fini(&w.slot[i].wire);
	registry_free(h->registry);
	crowd_free(h->crowd);
	census_free(h->census);
	discard_free(h->discard);
	queue_list_fini(&h->queues);
}

/* ---- operations ---- */

static uint8_t
take(struct d4_slice *in)
{
	return in->n != 0 ? d4_slice_skip(in, 1).p[0] : 0;
}

static struct d4_slice
take_some(struct d4_slice *in, size_t n)
{
	return d4_slice_skip(in, n < in->n ? n : in->n);
}

static void
put(struct slot *s, struct d4_slice bytes)
{
	if (d4_buf_add(&s->wire, bytes.p, bytes.n) != D4_OK)
		s->whole = false; /* too much waits: it is cut off there */
}

static void
op_connect(uint8_t arg, struct d4_slice *in)
{
	struct slot *s = &w.slot[arg % SLOTS];

	(void)in;
	if (s->tls == NULL) {
		d4_buf_fini(&s->wire);
		world_connect(s, (uint8_t)(1 + arg / SLOTS % 3));
	}
}

/* The payload's length is one byte; every 16th frame is 64 times as long. */
static void
op_frame(uint8_t arg, struct d4_slice *in)
{
	static const uint8_t types[] = {8, 1, 2, 254, 3, 8, 2, 254};
	struct slot *s = &w.slot[arg % SLOTS];
	uint8_t how = take(in), key = (uint8_t)('a' + (arg >> 3 & 3));
	uint8_t head[D4_HEADER_LEN], large[16384] = {0};
	struct d4_slice payload = take_some(in, take(in));
	struct d4_header h = {.version = 1,
	    .type = types[how % 8],
	    .uuid = world_uuid[arg >> 2 & 1],
	    .timestamp_s = w.now_us / 1000000};

	if (s->tls == NULL || s->shut)
		return;
	if (how >> 4 == 15 && payload.n != 0) {
		for (size_t i = 0; i < 64 * payload.n; i++)
			large[i] = payload.p[i % payload.n];
		payload = d4_slice_of(large, 64 * payload.n);
	}
	h.size = (uint32_t)payload.n;
	d4_header_encode(&h, head);
	if (d4_hmac_seal(world_key(key), head, payload) != D4_OK)
		abort();
	put(s, d4_slice_of(head, sizeof(head)));
	put(s, payload);
	s->forged = s->forged || key == 'd';
}

static void
op_raw(uint8_t arg, struct d4_slice *in)
{
	struct slot *s = &w.slot[arg % SLOTS];
	struct d4_slice bytes = take_some(in, arg / SLOTS + 1u);

	if (s->tls == NULL || s->shut || bytes.n == 0)
		return;
	s->whole = false;
	put(s, bytes);
}

static void
op_fact(uint8_t arg, struct d4_slice *in)
{
	struct fact *f = &w.fact[arg & 1];
	uint8_t bits = take(in), more = take(in);

	*f = (struct fact){.registered = (bits & 1) != 0,
	    .pending = (bits & 2) != 0,
	    .revoked = (bits & 4) != 0,
	    .blocked = (bits & 8) != 0,
	    .trap = (bits & 16) != 0,
	    .kicked = (bits & 32) != 0,
	    .several = (bits & 64) != 0,
	    .held = (bits & 128) != 0,
	    .payload = arg >> 1};
	if (more % 4 < 3)
		f->key = (uint8_t)('a' + more % 4);
	if (more / 4 % 4 < 3)
		f->before = (uint8_t)('a' + more / 4 % 4);
}

static void
op_answer(uint8_t arg, struct d4_slice *in)
{
	(void)in;
	redis_answer(arg & 15);
	shelf_answer(arg >> 4);
}

/* From a millisecond to a minute; then everybody looks at the clock. */
static void
op_time(uint8_t arg, struct d4_slice *in)
{
	(void)in;
	w.now_us += UINT64_C(1000) * arg * arg;
	sessions_clock(&w.hub);
	registry_again(w.hub.registry, NULL);
}

static void
op_shut(uint8_t arg, struct d4_slice *in)
{
	(void)in;
	w.slot[arg % SLOTS].shut = true;
}

static void
flush_drafts(void)
{
	struct session *s;

	for (unsigned l = 0; l < DRAFTS; l++) {
		while ((s = TAILQ_FIRST(&w.hub.drafts[l])) != NULL)
			session_shelve(s);
	}
}

static void
toggle_redis(void)
{
	w.redis_away = !w.redis_away;
	redis_forget();
	if (!w.redis_away)
		registry_up(w.hub.registry);
}

static void
op_more(uint8_t arg, struct d4_slice *in)
{
	struct queue *q = STAILQ_FIRST(&w.hub.queues);

	(void)in;
	switch (arg % 8) {
	case 0:
		w.types_closed = !w.types_closed;
		return;
	case 1:
		toggle_redis();
		return;
	case 2:
		sessions_pause(
		    &w.hub, PAUSE_SHELF, (w.hub.pause & PAUSE_SHELF) == 0);
		return;
	case 3:
		flush_drafts();
		return;
	case 4:
		world_reset(&w.slot[arg / 8 % SLOTS]);
		return;
	case 5:
		q->full = !q->full;
		sessions_queue(&w.hub, q);
		return;
	case 6:
		sessions_leave(&w.hub, arg / 8 % SLOTS + 1);
		return;
	default:
		registry_again(w.hub.registry, &world_uuid[arg / 8 % SENSORS]);
	}
}

/* ---- what holds after each of them ---- */

static void
check(void)
{
	const struct session *s;
	uint64_t held = 0;

	TAILQ_FOREACH(s, &w.hub.sessions, all)
	{
		held += s->held;
		assert(s->state == SESSION_LEAVE ||
		       s->counted == (s->state >= SESSION_OPEN));
		assert(!s->counted || (s->sensor->known && s->origin != NULL));
	}
	assert(held == w.hub.budget.held);
	for (unsigned i = 0; i < SLOTS; i++) {
		const struct slot *k = &w.slot[i];

		/* A wrong key that was read ends the session. */
		assert(k->tls == NULL || !k->forged || !k->whole ||
		       k->wire.n != 0 || slot_waits(k));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const ops[])(uint8_t arg, struct d4_slice * in) = {
	    op_frame, op_connect, op_answer, op_raw, op_fact, op_time, op_shut,
	    op_more};
	struct d4_slice in = {data, size};
	size_t step = take(&in) % 64u + 1u;

	step = step == 64 ? FUZZ_MAX : step * step;
	world_begin();
	while (in.n >= 2) {
		uint8_t op = take(&in);

		ops[op % 8](take(&in), &in);
		world_pump(step);
		check();
	}
	world_end();
	return 0;
}
