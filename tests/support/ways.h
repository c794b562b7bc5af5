/* The ways of sanitizers/wide.h that the processor has: each is tested. */
#ifndef TEST_WAYS_H
#define TEST_WAYS_H

#include <stdbool.h>

#ifdef __x86_64__
#define WAYS(name)                                       \
	{                                                \
		name##_plain, name##_avx2, name##_avx512 \
	}
#else
#define WAYS(name)           \
	{                    \
		name##_plain \
	}
#endif

/* ways_has -- the k-th of WAYS can be called. */
static inline bool
ways_has(unsigned k)
{
#ifdef __x86_64__
	if (k == 1)
		return __builtin_cpu_supports("avx2");
	if (k == 2)
		return __builtin_cpu_supports("avx512vbmi2");
#endif
	return k == 0;
}

#endif
