#include <stdlib.h>
#include <string.h>
#include "hub/replay.h"

#define ELSEWHERE UINT32_MAX /* a session that somebody else has answered */

/* Eight bytes of a good HMAC: nobody without the key chooses them. */
static uint64_t
key_of(const uint8_t *hmac)
{
	uint64_t key;

	memcpy(&key, hmac, sizeof(key));
	return key != 0 ? key : 1;
}

static size_t
set_bytes(size_t cap)
{
	return cap * (sizeof(uint64_t) + sizeof(uint32_t));
}

static void
set_free(struct replay_pool *pool, struct replay_set *s)
{
	pool->used -= set_bytes(s->cap);
	free(s->key);
	free(s->sess);
	*s = (struct replay_set){.cap = 0};
}

static bool
set_make(struct replay_pool *pool, size_t cap, struct replay_set *out)
{
	struct replay_set s = {.cap = cap};

	if (pool->used > pool->max || set_bytes(cap) > pool->max - pool->used)
		return false;
	s.key = calloc(cap, sizeof(*s.key));
	s.sess = calloc(cap, sizeof(*s.sess));
	if (s.key == NULL || s.sess == NULL) {
		free(s.key);
		free(s.sess);
		return false;
	}
	pool->used += set_bytes(cap);
	*out = s;
	return true;
}

/* Where the key is, or would be; the set has a free place. */
static size_t
set_place(const struct replay_set *s, uint64_t key)
{
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & (s->cap - 1);

	while (s->key[i] != 0 && s->key[i] != key)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void
set_put(struct replay_set *s, uint64_t key, uint32_t sess)
{
	size_t i = set_place(s, key);

	s->n += s->key[i] == 0;
	s->key[i] = key;
	s->sess[i] = sess;
}

static uint32_t
set_find(const struct replay_set *s, uint64_t key)
{
	return s->cap != 0 ? s->sess[set_place(s, key)] : 0;
}

void
replay_init(struct replay *r, struct replay_pool *pool)
{
	*r = (struct replay){.pool = pool, .next = 1};
}

void
replay_fini(struct replay *r)
{
	set_free(r->pool, &r->now);
	set_free(r->pool, &r->before);
}

/* ---- sessions ---- */

static uint64_t *
open_word(struct replay *r, uint32_t sess)
{
	return &r->open[sess % REPLAY_SESSIONS / 64];
}

uint32_t
replay_begin(struct replay *r)
{
	uint32_t sess = r->next;

	r->next = sess + 1 == ELSEWHERE ? 1 : sess + 1;
	*open_word(r, sess) |= UINT64_C(1) << sess % 64;
	return sess;
}

void
replay_answered(struct replay *r, uint32_t sess)
{
	if (r->next - sess <= REPLAY_SESSIONS)
		*open_word(r, sess) &= ~(UINT64_C(1) << sess % 64);
}

/* Of those long ago nothing is known: what they sent may come again. */
static bool
sess_answered(const struct replay *r, uint32_t sess)
{
	if (sess == ELSEWHERE)
		return true;
	return r->next - sess <= REPLAY_SESSIONS &&
	       (r->open[sess % REPLAY_SESSIONS / 64] >> sess % 64 & 1) == 0;
}

bool
replay_known(const struct replay *r, const uint8_t *hmac, uint32_t sess)
{
	uint64_t key = key_of(hmac);
	uint32_t was = set_find(&r->now, key);

	if (was == 0)
		was = set_find(&r->before, key);
	return was != 0 && was != sess && sess_answered(r, was);
}

/* ---- memory ---- */

/* Twice as large, while it has its share. */
static bool
replay_grow(struct replay *r)
{
	size_t cap = r->now.cap != 0 ? 2 * r->now.cap : REPLAY_SLOTS;
	struct replay_set old = r->now;

	if (set_bytes(cap) > r->pool->max / REPLAY_SHARE ||
	    !set_make(r->pool, cap, &r->now))
		return false;
	r->now.began_s = old.began_s;
	for (size_t i = 0; i < old.cap; i++) {
		if (old.key[i] != 0)
			set_put(&r->now, old.key[i], old.sess[i]);
	}
	set_free(r->pool, &old);
	return true;
}

/* What is now becomes what was before, and that is forgotten. */
static void
replay_turn(struct replay *r)
{
	set_free(r->pool, &r->before);
	r->before = r->now;
	r->now = (struct replay_set){.cap = 0};
}

void
replay_note(struct replay *r, const uint8_t *hmac, uint32_t sess,
    const uint64_t now_keep_s[2])
{
	struct replay_set *s = &r->now;

	if (s->n != 0 && now_keep_s[0] - s->began_s >= now_keep_s[1])
		replay_turn(r);
	if (s->n >= s->cap / 4 * 3 && !replay_grow(r)) {
		/* Before its time: of what it forgets there is no trace. */
		r->pool->forgotten += r->before.n;
		replay_turn(r);
		if (!replay_grow(r)) {
			r->pool->forgotten++;
			return;
		}
	}
	if (s->n == 0)
		s->began_s = now_keep_s[0];
	set_put(s, key_of(hmac), sess);
}

/* ---- what others have ---- */

static enum d4_status
set_keys(const struct replay_set *s, uint32_t sess, struct d4_buf *out)
{
	enum d4_status st = D4_OK;

	for (size_t i = 0; i < s->cap && st == D4_OK; i++) {
		if (s->key[i] != 0 && s->sess[i] == sess)
			st = d4_buf_add(out, &s->key[i], REPLAY_KEY);
	}
	return st;
}

enum d4_status
replay_keys(const struct replay *r, uint32_t sess, struct d4_buf *out)
{
	enum d4_status st = set_keys(&r->before, sess, out);

	return st == D4_OK ? set_keys(&r->now, sess, out) : st;
}

void
replay_load(
    struct replay *r, struct d4_slice keys, const uint64_t now_keep_s[2])
{
	while (keys.n >= REPLAY_KEY)
		replay_note(r, d4_slice_skip(&keys, REPLAY_KEY).p, ELSEWHERE,
		    now_keep_s);
}
