/*
 * Properties: random cases from a seed that is printed when one fails.
 * D4_CASES and D4_SEED override how many there are and where they begin.
 */
#ifndef PROP_H
#define PROP_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct prop {
	uint64_t state;
};

/* xorshift64*: good enough to choose cuts, and the same everywhere. */
static inline uint64_t
prop_next(struct prop *p)
{
	p->state ^= p->state >> 12;
	p->state ^= p->state << 25;
	p->state ^= p->state >> 27;
	return p->state * 0x2545f4914f6cdd1dULL;
}

/* prop_below -- 0 .. n-1; n must not be 0. */
static inline size_t
prop_below(struct prop *p, size_t n)
{
	return (size_t)(prop_next(p) >> 11) % n;
}

static inline struct prop
prop_case(uint64_t seed, uint64_t i)
{
	struct prop p = {seed + i * 0x9e3779b97f4a7c15ULL + 1};

	if (p.state == 0)
		p.state = 1;
	(void)prop_next(&p);
	return p;
}

static inline uint64_t
prop_env(const char *name, uint64_t other)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 0) : other;
}

/* prop_cases -- how many cases to run. */
static inline uint64_t
prop_cases(uint64_t other)
{
	return prop_env("D4_CASES", other);
}

/* prop_seed -- printed, so that a failure can be run again. */
static inline uint64_t
prop_seed(void)
{
	struct timespec t;
	uint64_t seed;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	seed = prop_env(
	    "D4_SEED", (uint64_t)t.tv_sec * 1000000007u ^ (uint64_t)t.tv_nsec);
	printf("D4_SEED=%llu\n", (unsigned long long)seed);
	(void)fflush(stdout);
	return seed;
}

/* prop_cut -- the length of the next piece of what is left (left > 0). */
static inline size_t
prop_cut(struct prop *p, size_t left)
{
	static const size_t most[] = {1, 2, 8, 64, 512, 4096, 65536};
	size_t max = most[prop_below(p, sizeof(most) / sizeof(most[0]))];
	size_t n = 1 + prop_below(p, max);

	return n < left ? n : left;
}

#endif
