#include <string.h>
#include "sanitizers/find.h"
#include "sanitizers/find_hidden.h"
#include "sanitizers/find_sweep.h"
#include "sanitizers/selfcheck.h"

#define HIDDEN_NIBBLES 63u /* bytes of 32 nibbles with dots */

bool
san_hex_read(struct d4_slice d, size_t n, size_t step, uint8_t *out)
{
	bool good = d.n >= (n - 1) * step + 1;

	for (size_t i = 0; good && i < n; i++) {
		uint8_t c = d.p[i * step];

		unsigned high = i % 2 == 0 ? 0 : out[i / 2] & 15u;

		good = san_hex_digit(c) >= 0;
		out[i / 2] = (uint8_t)(high << 4 | (san_hex_value(c) & 15));
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

bool
san_find_zones(struct d4_slice t, const struct san_wanted *w)
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
san_find_hidden(struct d4_slice text, const struct san_wanted *w)
{
	return (san_sweep(text, w, 0, false) & SAN_FOUND_HIDDEN) != 0;
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
