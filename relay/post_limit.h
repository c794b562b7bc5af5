/*
 * Limits of a share rule toward a partner: a rate (token bucket) and a volume
 * per UTC day; and the wait after a failure. Pure: time is an input.
 */
#ifndef RELAY_POST_LIMIT_H
#define RELAY_POST_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * struct limit -- one rule's use of a partner.
 * Shape:  rate_bits per second and volume bytes per day, 0 none. tokens:
 *         bytes that may be sent now; below zero after an entry larger than
 *         what was there. day counts from 1970; used: bytes sent in it.
 */
struct limit {
	uint64_t rate_bits, volume;
	int64_t tokens;
	uint64_t filled_us;
	uint64_t day, used;
};

/*
 * limit_wait -- us until the next entry may be sent, 0: now. The bucket holds
 * one second; an entry may be sent while it is not empty. now_us is UTC.
 */
uint64_t limit_wait(struct limit *l, uint64_t now_us);

/* limit_take -- bytes were sent. */
void limit_take(struct limit *l, uint64_t bytes);

/*
 * limit_backoff -- the wait after the n-th failure in a row: min_us doubled
 * n - 1 times up to max_us, of which random picks 50 to 100 per cent.
 */
uint64_t limit_backoff(
    unsigned n, uint64_t min_us, uint64_t max_us, uint32_t random);

#endif
