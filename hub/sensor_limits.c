/* What a sensor may send: bytes a second, entries that wait. */
#include <stdlib.h>
#include "hub/queue.h"
#include "hub/sensor_limits.h"
#include "libd4/type.h"

#define RATE_MAX   UINT64_C(1000000000000)  /* bytes a second: no overflow */
#define OWES_MAX   INT64_C(100000000000000) /* and so much is never owed */
#define WANT_LEAST 4u /* places that are asked for at a time */
#define PART       4u /* of a second's worth is asked for at a time */

static uint64_t
rate_of(const struct sensor *s)
{
	return s->limits.rate < RATE_MAX ? s->limits.rate : RATE_MAX;
}

void
sensor_spend(struct sensor *s, size_t n)
{
	int64_t *tokens = &s->ration.tokens;

	if (s->limits.rate == 0)
		*tokens = 0;
	else if (n<(size_t)OWES_MAX && * tokens>(int64_t) n - OWES_MAX)
		*tokens -= (int64_t)n;
}

bool
sensor_owes(const struct sensor *s)
{
	return s->limits.rate != 0 && s->ration.tokens < 0;
}

bool
sensor_hungry(const struct sensor *s)
{
	return s->limits.rate != 0 &&
	       s->ration.tokens < (int64_t)(rate_of(s) / PART / 2 + 1);
}

uint64_t
sensor_wants(struct sensor *s)
{
	int64_t want = (int64_t)(rate_of(s) / PART + 1) - s->ration.tokens;

	s->ration.wanted = 0;
	if (s->limits.rate != 0 && want > 0)
		s->ration.wanted = (uint64_t)want;
	return s->ration.wanted;
}

/* ---- entries ---- */

/* The place of a stream, or one that is free; NULL: there is none. */
static struct ration_share *
share_of(const struct sensor *s, const struct queue_shard *of)
{
	struct ration_share *free = NULL;

	for (unsigned i = 0; i < SENSOR_SHARES; i++) {
		struct ration_share *share = &s->ration.share[i];

		if (share->of == of)
			return share;
		/* What is in a question stays in its place. */
		if (free == NULL &&
		    share->fresh + share->sum + share->held == 0 &&
		    (share->of == NULL || s->ration.state != RATION_ASKED))
			free = share;
	}
	return free;
}

void
sensor_shelved(struct sensor *s, const struct queue_shard *of)
{
	struct ration_share *share;

	if (s->limits.queue == 0)
		return;
	if (s->ration.share == NULL)
		s->ration.share =
		    calloc(SENSOR_SHARES, sizeof(*s->ration.share));
	if (s->ration.share == NULL)
		return;
	share = share_of(s, of);
	if (share == NULL)
		return;
	share->of = of;
	share->fresh++;
}

bool
sensor_untold(const struct sensor *s)
{
	uint64_t n = 0;

	if (s->ration.share == NULL || s->limits.queue == 0)
		return false;
	for (unsigned i = 0; i < SENSOR_SHARES; i++)
		n += s->ration.share[i].fresh + s->ration.share[i].held;
	return n != 0;
}

bool
sensor_pressed(const struct sensor *s)
{
	if (s->ration.share == NULL || s->limits.queue == 0)
		return false;
	for (unsigned i = 0; i < SENSOR_SHARES; i++) {
		const struct ration_share *share = &s->ration.share[i];

		if (share->fresh != 0 && !share->full && !share->dry &&
		    share->fresh * 2 >= share->held)
			return true;
	}
	return false;
}

/*
 * Twice as many as came since Redis was told last, a quarter of the limit at
 * most; none for a stream that nothing comes to.
 */
static uint64_t
share_wants(const struct sensor *s, const struct ration_share *share)
{
	uint64_t most = s->limits.queue / 4 + 1, want = 2 * share->told;

	if (share->told == 0)
		return share->dry ? 1 : 0;
	want = want < WANT_LEAST ? WANT_LEAST : want;
	return want < most ? want : most;
}

/* What was added came out of what we held; what nobody needs goes back. */
static void
share_tell(const struct sensor *s, struct ration_share *share)
{
	uint64_t fresh = share->fresh;

	share->told += fresh;
	share->fresh = 0;
	share->held =
	    fresh != 0 && share->held > fresh ? share->held - fresh : 0;
	share->wanted = share_wants(s, share);
}

unsigned
sensor_tells(struct sensor *s)
{
	unsigned n = 0;

	if (s->ration.share == NULL || s->limits.queue == 0)
		return 0;
	while (n < SENSOR_SHARES && s->ration.share[n].of != NULL)
		share_tell(s, &s->ration.share[n++]);
	return n;
}

/* One of the answer's numbers; what is none, or negative, is 0. */
static uint64_t
number_at(const redisReply *reply, size_t i)
{
	const redisReply *one;

	if (reply->type != REDIS_REPLY_ARRAY || i >= reply->elements)
		return 0;
	one = reply->element[i];
	return one->type == REDIS_REPLY_INTEGER && one->integer > 0
	           ? (uint64_t)one->integer
	           : 0;
}

static void
share_take(const struct sensor *s, struct ration_share *share, uint64_t sum,
    uint64_t held)
{
	uint64_t limit = s->limits.queue, most = share->held + share->wanted;

	share->sum = sum;
	share->full = sum >= limit || (share->full && sum > limit / 2);
	share->held = held < most ? held : most;
	share->dry = share->wanted != 0 && share->held == 0;
}

/* It never came: as if it had not been asked. */
static void
share_again(struct ration_share *share)
{
	share->fresh += share->told;
	share->held += share->told;
}

void
sensor_rationed(struct sensor *s, const redisReply *reply)
{
	struct ration_share *share = s->ration.share;
	uint64_t got;

	for (size_t i = 0; share != NULL && i < SENSOR_SHARES; i++) {
		if (reply == NULL)
			share_again(&share[i]);
		else if (share[i].of != NULL)
			share_take(s, &share[i], number_at(reply, 2 * i + 1),
			    number_at(reply, 2 * i + 2));
		share[i].told = share[i].wanted = 0;
	}
	if (reply == NULL)
		return;
	got = number_at(reply, 0);
	got = got < s->ration.wanted ? got : s->ration.wanted;
	s->ration.dry = got < s->ration.wanted;
	s->ration.tokens += (int64_t)got;
	s->ration.wanted = 0;
}

bool
sensor_stuffed(const struct sensor *s, const struct queue_shard *of)
{
	const struct ration_share *share;

	if (s->ration.share == NULL || s->limits.queue == 0)
		return false;
	share = share_of(s, of);
	return share == NULL ||
	       (share->of == of && (share->full || share->dry));
}

bool
sensor_crowded(const struct sensor *s, const struct queue_shard *of)
{
	const struct ration_share *share;

	if (s->ration.share == NULL || s->limits.queue == 0)
		return false;
	share = share_of(s, of);
	if (share == NULL || share->of != of)
		return share == NULL;
	return share->full || share->dry ||
	       (share->fresh != 0 && share->fresh >= share->held);
}

bool
sensor_full(const struct sensor *s, uint8_t type)
{
	uint8_t kind = type == D4_TYPE_META ? D4_TYPE_EXTENDED : type;

	if (s->ration.share == NULL || s->limits.queue == 0)
		return false;
	for (unsigned i = 0; i < SENSOR_SHARES; i++) {
		const struct queue_shard *of = s->ration.share[i].of;

		if (of != NULL && of->queue->type == kind &&
		    sensor_crowded(s, of))
			return true;
	}
	return false;
}
