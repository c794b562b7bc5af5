#include "relay/post_limit.h"

#define SECOND_US 1000000u
#define DAY_US    86400000000u

static void
limit_fill(struct limit *l, uint64_t now_us)
{
	uint64_t full = l->rate_bits / 8, gap, add;

	if (l->filled_us == 0 || now_us < l->filled_us) {
		l->tokens = l->filled_us == 0 ? (int64_t)full : l->tokens;
		l->filled_us = now_us;
		return;
	}
	gap = now_us - l->filled_us;
	if (gap > 3600u * (uint64_t)SECOND_US)
		gap = 3600u * (uint64_t)SECOND_US;
	add = (uint64_t)((double)full * (double)gap / SECOND_US);
	if (add == 0)
		return; /* too early to count: keep the time */
	l->filled_us = now_us;
	l->tokens += (int64_t)add;
	if (l->tokens > (int64_t)full)
		l->tokens = (int64_t)full;
}

static uint64_t
limit_day_wait(struct limit *l, uint64_t now_us)
{
	uint64_t day = now_us / DAY_US;

	if (day != l->day) {
		l->day = day;
		l->used = 0;
	}
	if (l->volume == 0 || l->used < l->volume)
		return 0;
	return (day + 1) * DAY_US - now_us;
}

uint64_t
limit_wait(struct limit *l, uint64_t now_us)
{
	uint64_t wait = limit_day_wait(l, now_us), rate;

	if (l->rate_bits == 0)
		return wait;
	limit_fill(l, now_us);
	if (l->tokens > 0)
		return wait;
	rate = (uint64_t)((double)(1 - l->tokens) * 8 * SECOND_US /
			  (double)l->rate_bits) +
	       1;
	return rate > wait ? rate : wait;
}

void
limit_take(struct limit *l, uint64_t bytes)
{
	l->used += bytes;
	if (l->rate_bits > 0)
		l->tokens -= (int64_t)bytes;
}

uint64_t
limit_backoff(unsigned n, uint64_t min_us, uint64_t max_us, uint32_t random)
{
	uint64_t wait = min_us;

	for (unsigned i = 1; i < n && wait < max_us; i++)
		wait *= 2;
	if (wait > max_us)
		wait = max_us;
	return wait / 2 + (wait / 2 * (random & 0xffff) >> 16);
}
