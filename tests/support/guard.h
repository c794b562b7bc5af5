/*
 * Guard pages: a copy of the input that ends right before a page that cannot
 * be touched, so that reading one byte too far stops the test, in any build.
 */
#ifndef GUARD_H
#define GUARD_H

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "libd4/slice.h"

struct guard {
	uint8_t *map;
	size_t len;
};

/* guard_new -- copies s; the slice is good until guard_free. */
static inline struct d4_slice
guard_new(struct guard *g, struct d4_slice s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (s.n + page - 1) / page * page;
	uint8_t *p;

	g->len = room + page;
	p = mmap(NULL, g->len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert(p != MAP_FAILED);
	g->map = p;
	if (s.n != 0)
		memcpy(p + room - s.n, s.p, s.n);
	if (mprotect(p + room, page, PROT_NONE) != 0)
		assert(0);
	return d4_slice_of(p + room - s.n, s.n);
}

static inline void
guard_free(struct guard *g)
{
	(void)munmap(g->map, g->len);
}

#endif
