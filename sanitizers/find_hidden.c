#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/dashed.h"
#include "sanitizers/find.h"
#include "sanitizers/find_coded.h"
#include "sanitizers/find_loose.h"
#include "sanitizers/screen.h"
#include "sanitizers/window.h"

#define HIDDEN_RUN     8u  /* the shortest row of digits that counts */
#define HIDDEN_DECIMAL 10u /* digits of the largest u32 */
#define HIDDEN_OCTAL   12u /* the same in octal, and a 0 in front */
#define HIDDEN_NIBBLES 63u /* bytes of 32 nibbles with dots */

/* Rows of digits are long where there are hashes: a table is faster. */
static const bool hidden_hex[256] = {
    ['0'] = true,
    ['1'] = true,
    ['2'] = true,
    ['3'] = true,
    ['4'] = true,
    ['5'] = true,
    ['6'] = true,
    ['7'] = true,
    ['8'] = true,
    ['9'] = true,
    ['a'] = true,
    ['b'] = true,
    ['c'] = true,
    ['d'] = true,
    ['e'] = true,
    ['f'] = true,
    ['A'] = true,
    ['B'] = true,
    ['C'] = true,
    ['D'] = true,
    ['E'] = true,
    ['F'] = true,
};

bool
san_hex_read(struct d4_slice d, size_t n, size_t step, uint8_t *out)
{
	bool good = d.n >= (n - 1) * step + 1;

	for (size_t i = 0; good && i < n; i++) {
		uint8_t c = d.p[i * step];

		good = hidden_hex[c];
		out[i / 2] = (uint8_t)((unsigned)out[i / 2] << 4 |
				       (san_hex_value(c) & 15));
	}
	return good;
}

bool
san_hex_nibbles(struct d4_slice d, uint8_t out[16])
{
	uint8_t b[16];

	if (!san_hex_read(d, 32, 2, b))
		return false;
	for (size_t i = 0; i < 16; i++)
		out[i] = (uint8_t)(b[15 - i] << 4 | b[15 - i] >> 4);
	return true;
}

static bool
hidden_is_digit(struct d4_slice t, size_t i)
{
	return i < t.n && t.p[i] >= '0' && t.p[i] <= '9';
}

/* hidden_is_part -- the digits t[from..to) are only part of a number. */
static bool
hidden_is_part(struct d4_slice t, size_t from, size_t to)
{
	if (from >= 2 && t.p[from - 1] == '.' && hidden_is_digit(t, from - 2))
		return true;
	if (to == t.n)
		return false;
	if (t.p[to] == '.')
		return hidden_is_digit(t, to + 1);
	if ((t.p[to] | 0x20) != 'e' || to + 1 == t.n)
		return false;
	if (t.p[to + 1] == '+' || t.p[to + 1] == '-')
		to++;
	return hidden_is_digit(t, to + 1);
}

static bool
hidden_word(uint64_t v, const struct san_wanted *w)
{
	struct d4_addr a = {.family = 4};

	d4_put_be32(a.b, (uint32_t)v);
	return san_wanted_is(w, &a);
}

static bool
hidden_decimal(
    struct d4_slice t, size_t from, size_t to, const struct san_wanted *w)
{
	uint64_t v = 0, octal = 0;
	bool eights = t.p[from] == '0'; /* octal, by its digits */

	if (to - from < HIDDEN_RUN || to - from > HIDDEN_OCTAL ||
	    hidden_is_part(t, from, to))
		return false;
	for (size_t i = from; i < to; i++) {
		v = v * 10 + (uint64_t)(t.p[i] - '0');
		octal = octal * 8 + (uint64_t)(t.p[i] - '0');
		eights &= t.p[i] < '8';
	}
	if (eights && octal <= UINT32_MAX && hidden_word(octal, w))
		return true;
	if (v > UINT32_MAX || to - from > HIDDEN_DECIMAL)
		return false;
	if (hidden_word(v, w) || hidden_word(__builtin_bswap32((uint32_t)v), w))
		return true;
	/* What Java and SQL make of 128.0.0.0 and up. */
	return from > 0 && t.p[from - 1] == '-' && v <= INT32_MAX &&
	       hidden_word(UINT32_MAX - v + 1, w);
}

/* hidden_digits -- 8 or 32 hex digits; Linux shows words as they stand. */
static bool
hidden_digits(struct d4_slice d, const struct san_wanted *w)
{
	struct d4_addr a = {.family = d.n == 8 ? 4 : 6};

	if ((d.n != 8 && d.n != 32) || !san_hex_read(d, d.n, 1, a.b))
		return false;
	if (san_wanted_is(w, &a))
		return true;
	for (size_t i = 0; i < d.n / 2; i += 4)
		d4_put_be32(a.b + i, d4_get_le32(a.b + i));
	return san_wanted_is(w, &a);
}

/* hidden_run -- all that a run of hex digits may be, but a text. */
static bool
hidden_run(
    struct d4_slice t, size_t from, size_t to, const struct san_wanted *w)
{
	if (hidden_digits(d4_slice_of(t.p + from, to - from), w))
		return true;
	for (size_t i = from + HIDDEN_RUN - 1; i < to; i += HIDDEN_RUN) {
		size_t first = i, end = i;

		while (end < to && hidden_is_digit(t, end))
			end++;
		if (end == i)
			continue;
		while (first > from && hidden_is_digit(t, first - 1))
			first--;
		if (hidden_decimal(t, first, end, w))
			return true;
		i = end;
	}
	return false;
}

/* A run of HIDDEN_RUN hex digits covers one position in HIDDEN_RUN. */
static bool
hidden_numbers(struct d4_slice t, const struct san_wanted *w, unsigned depth)
{
	size_t i = HIDDEN_RUN - 1;

	while (i < t.n) {
		size_t from = i, to = i + 1;

		if (!hidden_hex[t.p[i]]) {
			i += HIDDEN_RUN;
			continue;
		}
		while (from > 0 && hidden_hex[t.p[from - 1]])
			from--;
		while (to < t.n && hidden_hex[t.p[to]])
			to++;
		if (to - from >= HIDDEN_RUN &&
		    (hidden_run(t, from, to, w) ||
			san_find_hex(
			    d4_slice_of(t.p + from, to - from), w, depth)))
			return true;
		i = to + HIDDEN_RUN;
	}
	return false;
}

/* hidden_ends -- t[0..end) ends with a lower-case text, in any case. */
static bool
hidden_ends(struct d4_slice t, size_t end, const char *text)
{
	size_t n = strlen(text);

	if (end < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = t.p[end - n + i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (c != (uint8_t)text[i])
			return false;
	}
	return true;
}

/* hidden_octets -- the four numbers in t[0..end) at its end, turned round. */
static bool
hidden_octets(struct d4_slice t, size_t end, const struct san_wanted *w)
{
	struct d4_addr a, back = {.family = 4};
	unsigned dots = 0;
	size_t from = end;

	for (; from > 0; from--) {
		dots += t.p[from - 1] == '.';
		if (dots == 4 ||
		    (t.p[from - 1] != '.' && !hidden_is_digit(t, from - 1)))
			break;
	}
	if (d4_addr_parse(d4_slice_of(t.p + from, end - from), &a) != D4_OK ||
	    a.family != 4)
		return false;
	for (unsigned i = 0; i < 4; i++)
		back.b[i] = a.b[3 - i];
	return san_wanted_is(w, &back);
}

static bool
hidden_nibbles(struct d4_slice t, size_t end, const struct san_wanted *w)
{
	struct d4_addr a = {.family = 6};
	struct d4_slice d;

	if (end < HIDDEN_NIBBLES)
		return false;
	d = d4_slice_of(t.p + end - HIDDEN_NIBBLES, HIDDEN_NIBBLES);
	for (size_t i = 1; i < d.n; i += 2) {
		if (d.p[i] != '.')
			return false;
	}
	return san_hex_nibbles(d, a.b) && san_wanted_is(w, &a);
}

static bool
hidden_zones(struct d4_slice t, const struct san_wanted *w)
{
	static const char zone4[] = ".in-addr.arpa", zone6[] = ".ip6.arpa";

	if (!san_check_text(t, "arpa", 4))
		return false;
	for (size_t end = sizeof(zone6) - 1; end <= t.n; end++) {
		if ((t.p[end - 1] | 0x20) != 'a')
			continue;
		if (hidden_ends(t, end, zone4) &&
		    hidden_octets(t, end - (sizeof(zone4) - 1), w))
			return true;
		if (hidden_ends(t, end, zone6) &&
		    hidden_nibbles(t, end - (sizeof(zone6) - 1), w))
			return true;
	}
	return false;
}

bool
san_find_numbers(struct d4_slice text, const struct san_wanted *w)
{
	return hidden_numbers(text, w, SAN_WINDOW_DEPTH) ||
	       san_find_pairs(text, w);
}

bool
san_find_layer(struct d4_slice text, const struct san_wanted *w, unsigned depth)
{
	unsigned may = san_screen(text);

	return ((may & SAN_SCREEN_NUMBERS) != 0 &&
		   hidden_numbers(text, w, depth)) ||
	       ((may & SAN_SCREEN_ZONES) != 0 && hidden_zones(text, w)) ||
	       ((may & SAN_SCREEN_DASHED) != 0 && san_find_dashed(text, w)) ||
	       ((may & SAN_SCREEN_LOOSE) != 0 && san_find_loose(text, w)) ||
	       ((may & SAN_SCREEN_PAIRS) != 0 && san_find_pairs(text, w)) ||
	       ((may & SAN_SCREEN_BYTES) != 0 &&
		   san_find_base64_bytes(text, w)) ||
	       ((may & SAN_SCREEN_BASE64) != 0 &&
		   san_find_base64(text, w, depth)) ||
	       ((may & SAN_SCREEN_CODED) != 0 &&
		   san_find_coded(text, w, depth));
}

bool
san_find_hidden(struct d4_slice text, const struct san_wanted *w)
{
	return san_find_layer(text, w, 0);
}

static bool
hidden_of_set(const void *arg, const struct d4_addr *a)
{
	return san_scope_has(arg, a);
}

bool
san_hidden_scope(struct d4_slice text, const struct d4_prefix_set *scope)
{
	struct san_wanted w = {.is = hidden_of_set, .arg = scope};

	return san_find_hidden(text, &w);
}
