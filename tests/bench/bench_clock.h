/* Seconds, for benches. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <time.h>

static inline double
bench_clock(clockid_t which)
{
	struct timespec t;

	(void)clock_gettime(which, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* bench_wall_s -- from some moment on. */
static inline double
bench_wall_s(void)
{
	return bench_clock(CLOCK_MONOTONIC);
}

/* bench_cpu_s -- that this process has used. */
static inline double
bench_cpu_s(void)
{
	return bench_clock(CLOCK_PROCESS_CPUTIME_ID);
}

#endif
