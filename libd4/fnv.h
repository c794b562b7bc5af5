/* FNV-1a (Fowler, Noll, Vo): for tables of ours, never against an attacker. */
#ifndef D4_FNV_H
#define D4_FNV_H

#include "libd4/slice.h"

/* What a hash begins with. */
#define D4_FNV32 2166136261u
#define D4_FNV64 UINT64_C(0xcbf29ce484222325)

/* d4_fnv32, d4_fnv64 -- these bytes added to the hash of those before. */
static inline uint32_t
d4_fnv32(uint32_t h, struct d4_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 16777619u;
	return h;
}

static inline uint64_t
d4_fnv64(uint64_t h, struct d4_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
	return h;
}

#endif
