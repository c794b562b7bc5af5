#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include "sanitizers/pdns_window.h"

#define WAYS    8u /* keys of a bucket: a cache line of tags */
#define VERSION 1u
#define HEAD    48u /* bytes of the saved head */

static const uint8_t window_magic[4] = {'D', '4', 'K', 'W'};

/*
 * Separate arrays, so that a look-up touches the bucket's tags and the one
 * entry that it finds. Times are kept plus one: 0 is an empty place. Age is
 * counted in records and not in their time, which a liar could set to
 * keep his keys for ever.
 */
struct san_window {
	struct san_window_conf conf;
	uint64_t buckets;  /* a power of two */
	uint32_t clock;    /* records seen, never 0 */
	uint64_t *tag;     /* [buckets][WAYS] */
	uint32_t *touched; /* [buckets][WAYS], 0: no key here */
	uint64_t *witness; /* [buckets][WAYS][k] */
	uint32_t *time;    /* [buckets][WAYS][k] */
};

static enum d4_status
window_allocate(struct san_window *w)
{
	uint64_t n = w->buckets * WAYS, k = w->conf.k;

	w->clock = 1;
	/* calloc: pages that no key reached cost nothing. */
	w->tag = calloc(n, sizeof(*w->tag));
	w->touched = calloc(n, sizeof(*w->touched));
	w->witness = calloc(n * k, sizeof(*w->witness));
	w->time = calloc(n * k, sizeof(*w->time));
	if (w->tag != NULL && w->touched != NULL && w->witness != NULL &&
	    w->time != NULL)
		return D4_OK;
	return D4_ENOMEM;
}

enum d4_status
san_window_new(const struct san_window_conf *conf, struct san_window **out)
{
	struct san_window *w = calloc(1, sizeof(*w));
	uint64_t bucket = WAYS * (12 + UINT64_C(12) * conf->k);

	if (w == NULL)
		return D4_ENOMEM;
	w->conf = *conf;
	w->buckets = 1;
	while (w->buckets < UINT32_MAX / 2 &&
	       w->buckets * 2 * bucket <= conf->bytes)
		w->buckets *= 2;
	if (window_allocate(w) != D4_OK) {
		san_window_free(w);
		return D4_ENOMEM;
	}
	*out = w;
	return D4_OK;
}

void
san_window_free(struct san_window *w)
{
	if (w == NULL)
		return;
	free(w->tag);
	free(w->touched);
	free(w->witness);
	free(w->time);
	free(w);
}

/* window_place -- the key's place; a new key takes an empty one, or the oldest.
 */
static uint64_t
window_place(struct san_window *w, const uint64_t key[2])
{
	uint64_t base = (key[1] & (w->buckets - 1)) * WAYS, best = base;

	for (uint64_t i = base; i < base + WAYS; i++) {
		if (w->touched[i] == 0) {
			best = i;
			break; /* keys are never removed: none comes behind */
		}
		if (w->tag[i] == key[0])
			return i;
		if (w->clock - w->touched[i] > w->clock - w->touched[best])
			best = i;
	}
	w->tag[best] = key[0];
	memset(w->time + best * w->conf.k, 0, w->conf.k * sizeof(*w->time));
	return best;
}

static bool
window_apart(const struct san_window *w, uint32_t a, uint32_t b)
{
	return (a > b ? a - b : b - a) >= w->conf.span_s;
}

/*
 * slot -- which of a key's k places takes the witness: its own, else one that
 * is empty or out of reach of t, else the oldest. k: all are newer than t.
 */
static unsigned
window_slot(
    const struct san_window *w, uint64_t at, uint64_t witness, uint32_t t)
{
	const uint64_t *who = w->witness + at * w->conf.k;
	const uint32_t *when = w->time + at * w->conf.k;
	unsigned k = w->conf.k, dead = k, oldest = 0;

	for (unsigned i = 0; i < k; i++) {
		if (when[i] != 0 && who[i] == witness)
			return i;
		if (dead == k && (when[i] == 0 || window_apart(w, when[i], t)))
			dead = i;
		if (when[i] < when[oldest])
			oldest = i;
	}
	if (dead != k)
		return dead;
	return when[oldest] < t ? oldest : k;
}

/* window_reached -- all k places are taken, within one span of time. */
static bool
window_reached(const struct san_window *w, const uint32_t *when)
{
	uint32_t low = UINT32_MAX, high = 0;

	for (unsigned i = 0; i < w->conf.k; i++) {
		low = when[i] < low ? when[i] : low;
		high = when[i] > high ? when[i] : high;
	}
	return low != 0 && !window_apart(w, low, high);
}

bool
san_window_seen(
    struct san_window *w, const uint64_t key[2], uint64_t witness, uint32_t t_s)
{
	uint32_t t = t_s < UINT32_MAX ? t_s + 1 : t_s, *when;
	uint64_t at = window_place(w, key);
	unsigned i = window_slot(w, at, witness, t);

	w->touched[at] = w->clock;
	w->clock = w->clock == UINT32_MAX ? 1 : w->clock + 1;
	if (i == w->conf.k)
		return true; /* k others lie between t and t + span */
	when = w->time + at * w->conf.k;
	if (when[i] < t || window_apart(w, when[i], t)) {
		when[i] = t;
		w->witness[at * w->conf.k + i] = witness;
	}
	return window_reached(w, when);
}

/* ---- saving and loading ---- */

static void
window_put32(uint8_t **p, uint32_t v)
{
	v = htole32(v);
	memcpy(*p, &v, sizeof(v));
	*p += sizeof(v);
}

static void
window_put64(uint8_t **p, uint64_t v)
{
	v = htole64(v);
	memcpy(*p, &v, sizeof(v));
	*p += sizeof(v);
}

static uint32_t
window_get32(const uint8_t **p)
{
	uint32_t v;

	memcpy(&v, *p, sizeof(v));
	*p += sizeof(v);
	return le32toh(v);
}

static uint64_t
window_get64(const uint8_t **p)
{
	uint64_t v;

	memcpy(&v, *p, sizeof(v));
	*p += sizeof(v);
	return le64toh(v);
}

static size_t
window_key_bytes(const struct san_window *w)
{
	return 16 + (size_t)12 * w->conf.k;
}

static uint64_t
window_keys(const struct san_window *w)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < w->buckets * WAYS; i++)
		n += w->touched[i] != 0;
	return n;
}

/* The head but for the clock and the number of keys: what must be equal. */
static void
window_put_head(const struct san_window *w, uint8_t **p)
{
	memcpy(*p, window_magic, sizeof(window_magic));
	*p += sizeof(window_magic);
	window_put32(p, VERSION);
	window_put32(p, w->conf.k);
	window_put32(p, w->conf.span_s);
	window_put64(p, w->buckets);
	window_put64(p, w->conf.check);
}

enum d4_status
san_window_save(const struct san_window *w, struct d4_buf *out)
{
	uint64_t n = window_keys(w);
	size_t size = HEAD + n * window_key_bytes(w);
	enum d4_status st = d4_buf_reserve(out, size);
	uint8_t *p;

	if (st != D4_OK)
		return st;
	p = out->p + out->n;
	window_put_head(w, &p);
	window_put32(&p, w->clock);
	window_put32(&p, 0);
	window_put64(&p, n);
	for (uint64_t i = 0; i < w->buckets * WAYS; i++) {
		if (w->touched[i] == 0)
			continue;
		window_put32(&p, (uint32_t)(i / WAYS));
		window_put32(&p, w->touched[i]);
		window_put64(&p, w->tag[i]);
		for (uint64_t k = i * w->conf.k; k < (i + 1) * w->conf.k; k++) {
			window_put64(&p, w->witness[k]);
			window_put32(&p, w->time[k]);
		}
	}
	out->n += size;
	return D4_OK;
}

/* window_load_key -- one key into the next free place of its bucket. */
static enum d4_status
window_load_key(struct san_window *w, const uint8_t **p)
{
	uint64_t at = (uint64_t)window_get32(p) * WAYS, end = at + WAYS;
	uint32_t touched = window_get32(p);

	if (at / WAYS >= w->buckets || touched == 0)
		return D4_EMALFORMED;
	while (at < end && w->touched[at] != 0)
		at++;
	if (at == end)
		return D4_EMALFORMED;
	w->touched[at] = touched;
	w->tag[at] = window_get64(p);
	for (uint64_t k = at * w->conf.k; k < (at + 1) * w->conf.k; k++) {
		w->witness[k] = window_get64(p);
		w->time[k] = window_get32(p);
	}
	return D4_OK;
}

static enum d4_status
window_load_head(struct san_window *w, struct d4_slice state, const uint8_t **p)
{
	uint8_t head[HEAD], *want = head;
	uint64_t n;

	window_put_head(w, &want);
	if (state.n < HEAD)
		return D4_EMALFORMED;
	if (memcmp(state.p, head, 8) != 0)
		return D4_EVERSION;
	if (memcmp(state.p, head, (size_t)(want - head)) != 0)
		return D4_EINVAL;
	*p = state.p + (want - head);
	w->clock = window_get32(p);
	if (w->clock == 0 || window_get32(p) != 0)
		return D4_EMALFORMED;
	n = window_get64(p);
	if (n != (state.n - HEAD) / window_key_bytes(w) ||
	    (state.n - HEAD) % window_key_bytes(w) != 0)
		return D4_EMALFORMED;
	return D4_OK;
}

static void
window_forget(struct san_window *w)
{
	/* A new key clears its entry, so the tags and times may stay. */
	memset(w->touched, 0, w->buckets * WAYS * sizeof(*w->touched));
	w->clock = 1;
}

enum d4_status
san_window_load(struct san_window *w, struct d4_slice state)
{
	const uint8_t *p = NULL;
	enum d4_status st;

	window_forget(w);
	st = window_load_head(w, state, &p);
	while (st == D4_OK && p != state.p + state.n)
		st = window_load_key(w, &p);
	if (st != D4_OK)
		window_forget(w);
	return st;
}
