#include <endian.h>
#include <string.h>
#include "sanitizers/pdns_name.h"

#define EIGHT(c) (UINT64_C(0x0101010101010101) * (c))
#define HIGH     EIGHT(0x80)
#define LOW      EIGHT(0x7f)

/* name_same -- the high bit of each byte of x that is c; exact. */
static inline uint64_t
name_same(uint64_t x, uint8_t c)
{
	uint64_t t = x ^ EIGHT(c);

	return ~(((t & LOW) + LOW) | t) & HIGH;
}

/* name_within -- the high bit of each byte of x (ASCII) in first..last. */
static inline uint64_t
name_within(uint64_t x, uint8_t first, uint8_t last)
{
	uint64_t from = (x & LOW) + EIGHT(0x80u - first);
	uint64_t behind = (x & LOW) + EIGHT(0x7fu - last);

	return (from ^ behind) & HIGH;
}

/* name_bad -- no printable ASCII, a blank or a backslash. */
static inline uint64_t
name_bad(uint64_t x)
{
	return (x & HIGH) | (name_within(x, 0x21, 0x7e) ^ HIGH) |
	       name_same(x, '\\');
}

/* name_label -- the label that ends before position end. */
static bool
name_label(struct san_name *out, size_t end)
{
	size_t from = out->at[out->n_labels], n = end - from;

	if (n == 0 || n > 63 || out->n_labels == SAN_NAME_LABELS)
		return false;
	out->digits |= n == 1; /* it may be a nibble */
	out->at[++out->n_labels] = (uint8_t)(end + 1);
	return true;
}

/* name_word -- eight bytes at i, or what is left of them and letters. */
static inline uint64_t
name_word(struct d4_slice in, size_t i)
{
	uint64_t x = EIGHT('a');

	if (in.n - i >= 8)
		memcpy(&x, in.p + i, 8);
	else
		memcpy(&x, in.p + i, in.n - i);
	return le64toh(x);
}

/* name_eight -- up to eight bytes of a name, put down in lower case. */
static bool
name_eight(struct d4_slice in, size_t i, struct san_name *out)
{
	uint64_t x = name_word(in, i), dots = name_same(x, '.'), low;

	if (name_bad(x) != 0)
		return false;
	low = htole64(x | name_within(x, 'A', 'Z') >> 2);
	memcpy(out->text + i, &low, 8);
	out->digits |= name_within(x, '0', '9') != 0;
	for (; dots != 0; dots &= dots - 1) {
		if (!name_label(out, i + (size_t)__builtin_ctzll(dots) / 8))
			return false;
	}
	return true;
}

bool
san_name_parse(struct d4_slice in, struct san_name *out)
{
	out->n_labels = 0;
	out->at[0] = 0;
	out->digits = false;
	out->n = 0;
	if (in.n == 0)
		return false;
	if (in.p[in.n - 1] == '.')
		in.n--; /* the root's dot */
	if (in.n > SAN_NAME_MAX)
		return false;
	for (size_t i = 0; i < in.n; i += 8) {
		if (!name_eight(in, i, out))
			return false;
	}
	out->n = in.n;
	return in.n == 0 || name_label(out, in.n);
}

uint64_t
san_name_hash(const struct san_name *n)
{
	uint64_t h = 0;

	for (unsigned i = n->n_labels; i-- > 0;)
		h = san_name_hash_label(h, san_name_label(n, i));
	return h;
}

bool
san_name_denied_label(const struct san_name *n)
{
	for (unsigned i = 0; i < n->n_labels; i++) {
		const uint8_t *p = n->text + n->at[i];
		unsigned len = n->at[i + 1] - n->at[i] - 1u;

		if (len == 4 && memcmp(p, "wpad", 4) == 0)
			return true;
		if (len == 6 && (memcmp(p, "isatap", 6) == 0 ||
				    memcmp(p, "_msdcs", 6) == 0))
			return true;
	}
	return false;
}
