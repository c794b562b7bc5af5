#include <endian.h>
#include <string.h>
#include "sanitizers/siphash.h"

static inline uint64_t
sip_load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline uint64_t
sip_rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline void
sip_rounds(uint64_t v[4], unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = sip_rotl(v[1], 13) ^ v[0];
		v[3] = sip_rotl(v[3], 16) ^ v[2];
		v[0] = sip_rotl(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = sip_rotl(v[1], 17) ^ v[2];
		v[3] = sip_rotl(v[3], 21) ^ v[0];
		v[2] = sip_rotl(v[2], 32);
	}
}

void
san_siphash(const uint8_t key[SAN_SIP_KEY], struct d4_slice in, uint64_t out[2])
{
	uint64_t k0 = sip_load64(key), k1 = sip_load64(key + 8);
	uint64_t m, v[4] = {k0 ^ UINT64_C(0x736f6d6570736575),
			k1 ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
			k0 ^ UINT64_C(0x6c7967656e657261),
			k1 ^ UINT64_C(0x7465646279746573)};
	uint64_t last = (uint64_t)in.n << 56;

	for (; in.n >= 8; (void)d4_slice_skip(&in, 8)) {
		m = sip_load64(in.p);
		v[3] ^= m;
		sip_rounds(v, 2);
		v[0] ^= m;
	}
	for (size_t i = 0; i < in.n; i++)
		last |= (uint64_t)in.p[i] << (8 * i);
	v[3] ^= last;
	sip_rounds(v, 2);
	v[0] ^= last;
	v[2] ^= 0xee;
	sip_rounds(v, 4);
	out[0] = v[0] ^ v[1] ^ v[2] ^ v[3];
	v[1] ^= 0xdd;
	sip_rounds(v, 4);
	out[1] = v[0] ^ v[1] ^ v[2] ^ v[3];
}
