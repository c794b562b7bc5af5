/* Addresses of a text that are not written as dotted, dashed or RFC 4291. */
#ifndef SAN_FIND_HIDDEN_H
#define SAN_FIND_HIDDEN_H

#include "sanitizers/hints.h"

/*
 * struct san_wanted -- which addresses are looked for; arg and hints are its
 * caller's.
 * Shape:  hints: of them, or NULL: any address may be wanted.
 */
struct san_wanted {
	bool (*is)(const void *arg, const struct d4_addr *a);
	const void *arg;
	const struct san_hints *hints;
};

/* san_wanted_is -- the address is wanted; most are known by an octet. */
static inline bool
san_wanted_is(const struct san_wanted *w, const struct d4_addr *a)
{
	return (a->family != 4 || san_hints_first(w->hints, a->b[0])) &&
	       w->is(w->arg, a);
}

/*
 * san_find_hidden -- a wanted address stands in the text as
 *   four reversed octets before in-addr.arpa, 32 nibbles before ip6.arpa,
 *   exactly 8 or 32 hex digits with no hex digit beside them, in network
 *   order and as little-endian words (/proc/net/tcp),
 *   a number of 8 to 10 digits with no digit beside them (u32, in both
 *   orders, behind a dash i32 as well), unless it has or is a fraction or has
 *   an exponent, and one of 10 to 12 octal digits that begins with 0,
 *   four octets with [.] (.) [dot] between them (sanitizers/defang.h),
 *   an IPv6 text with dashes or underscores for colons (sanitizers/dashed.h),
 *   four numbers with anything else between them, and what inet_aton reads
 *   (sanitizers/find_loose.h),
 *   any of it, or an address as usual, behind escapes, in Unicode, in base64
 *   or in hex digits (sanitizers/find_coded.h).
 * Where there are several readings, all are asked for until one is wanted.
 * Says nothing of what was meant: the time stamp 1700000000 is 101.83.241.0
 * as well, the first group of a UUID and a date (20240101) are 8 hex digits.
 * With a scope that holds such values they are found, which is fail-closed.
 */
bool san_find_hidden(struct d4_slice text, const struct san_wanted *w);

/*
 * san_find_numbers -- of these only what may have come by chance: hex digits,
 * in a row or in pairs, and numbers.
 */
bool san_find_numbers(struct d4_slice text, const struct san_wanted *w);

/* san_find_zones -- of these only names of in-addr.arpa and ip6.arpa. */
bool san_find_zones(struct d4_slice text, const struct san_wanted *w);

/* san_hidden_scope -- the same for what is of the set (san_scope_has). */
bool san_hidden_scope(struct d4_slice text, const struct d4_prefix_set *scope);

/* san_hex_digit -- its value, or -1. */
static inline int
san_hex_digit(uint8_t c)
{
	unsigned digit = c - (unsigned)'0', letter = (c | 0x20u) - 'a';

	if (digit < 10)
		return (int)digit;
	return letter < 6 ? (int)letter + 10 : -1;
}

/* san_hex_value -- the same of what is known to be one. */
static inline unsigned
san_hex_value(uint8_t c)
{
	return (c & 15u) + (c >> 6) * 9u;
}

/*
 * san_hex_read -- n hex digits at the start of d, `step` bytes apart, as n/2
 * bytes. What stands between is not looked at.
 * false: one is no digit, or d is too short.
 */
bool san_hex_read(struct d4_slice d, size_t n, size_t step, uint8_t *out);

/* san_hex_nibbles -- 32 of them from the end, a byte (a dot) between. */
bool san_hex_nibbles(struct d4_slice d, uint8_t out[16]);

#endif
