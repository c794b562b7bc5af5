/* Addresses of a text that are not written as dotted, dashed or RFC 4291. */
#ifndef SAN_FIND_HIDDEN_H
#define SAN_FIND_HIDDEN_H

#include "libd4/prefix.h"

/* struct san_wanted -- which addresses are looked for; arg is its caller's. */
struct san_wanted {
	bool (*is)(const void *arg, const struct d4_addr *a);
	const void *arg;
};

/*
 * san_find_hidden -- a wanted address stands in the text as
 *   four reversed octets before in-addr.arpa, 32 nibbles before ip6.arpa,
 *   exactly 8 or 32 hex digits with no hex digit beside them,
 *   a number of 8 to 10 digits with no digit beside them (u32), unless it
 *   has or is a fraction or has an exponent.
 *   four octets with [.] (.) [dot] between them (sanitizers/defang.h),
 *   an IPv6 text with dashes for colons (sanitizers/dashed.h).
 * Where there are several readings, all are asked for until one is wanted.
 * Says nothing of what was meant: the time stamp 1700000000 is 101.83.241.0
 * as well, the first group of a UUID and a date (20240101) are 8 hex digits.
 * With a scope that holds such values they are found, which is fail-closed.
 */
bool san_find_hidden(struct d4_slice text, const struct san_wanted *w);

/* san_hidden_scope -- the same for what is of the set (san_scope_has). */
bool san_hidden_scope(struct d4_slice text, const struct d4_prefix_set *scope);

/* san_hex_digit -- its value, or -1. */
int san_hex_digit(uint8_t c);

/*
 * san_hex_read -- n hex digits at the start of d, `step` bytes apart, as n/2
 * bytes. What stands between is not looked at.
 * false: one is no digit, or d is too short.
 */
bool san_hex_read(struct d4_slice d, size_t n, size_t step, uint8_t *out);

/* san_hex_nibbles -- 32 of them from the end, a byte (a dot) between. */
bool san_hex_nibbles(struct d4_slice d, uint8_t out[16]);

#endif
