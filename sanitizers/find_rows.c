/* Rows of hex digits: an address, a number, or the bytes of a text. */
#include "libd4/wire.h"
#include "sanitizers/find_coded.h"
#include "sanitizers/find_loose.h"
#include "sanitizers/find_rows.h"

#define ROW_DECIMAL 10u /* digits of the largest u32 */
#define ROW_OCTAL   12u /* the same in octal, and a 0 in front */

/* Rows are long where there are hashes: a table is faster. */
static const bool row_hex[256] = {
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

size_t
san_number_end(struct d4_slice t, size_t from)
{
	while (from < t.n && t.p[from] >= '0' && t.p[from] <= '9')
		from++;
	return from;
}

size_t
san_row_end(struct d4_slice t, size_t from)
{
	while (from < t.n && row_hex[t.p[from]])
		from++;
	return from;
}

static bool
row_is_digit(struct d4_slice t, size_t i)
{
	return i < t.n && t.p[i] >= '0' && t.p[i] <= '9';
}

/* row_is_part -- the digits t[from..to) are only part of a number. */
static bool
row_is_part(struct d4_slice t, size_t from, size_t to)
{
	if (from >= 2 && t.p[from - 1] == '.' && row_is_digit(t, from - 2))
		return true;
	if (to == t.n)
		return false;
	if (t.p[to] == '.')
		return row_is_digit(t, to + 1);
	if ((t.p[to] | 0x20) != 'e' || to + 1 == t.n)
		return false;
	if (t.p[to + 1] == '+' || t.p[to + 1] == '-')
		to++;
	return row_is_digit(t, to + 1);
}

static bool
row_word(uint64_t v, const struct san_wanted *w)
{
	struct d4_addr a = {.family = 4};

	d4_put_be32(a.b, (uint32_t)v);
	return san_wanted_is(w, &a);
}

/* row_octal -- digits that begin with 0. */
static bool
row_octal(const uint8_t *p, size_t n, const struct san_wanted *w)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] > '7')
			return false;
		v = v * 8 + (uint64_t)(p[i] - '0');
	}
	return v <= UINT32_MAX && row_word(v, w);
}

bool
san_find_number(struct d4_slice t, struct san_row r, const struct san_wanted *w)
{
	const uint8_t *p = t.p + r.from;
	size_t n = r.to - r.from;
	uint64_t v = 0;

	if (n < SAN_ROW || n > ROW_OCTAL || row_is_part(t, r.from, r.to))
		return false;
	if (p[0] == '0' && row_octal(p, n, w))
		return true;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (uint64_t)(p[i] - '0');
	if (v > UINT32_MAX || n > ROW_DECIMAL)
		return false;
	if (row_word(v, w) || row_word(__builtin_bswap32((uint32_t)v), w))
		return true;
	/* What Java and SQL make of 128.0.0.0 and up. */
	return r.from > 0 && p[-1] == '-' && v <= INT32_MAX &&
	       row_word(UINT32_MAX - v + 1, w);
}

/* row_byte -- two hex digits. */
static unsigned
row_byte(const uint8_t *p)
{
	return (san_hex_value(p[0]) & 15) << 4 | (san_hex_value(p[1]) & 15);
}

/* row_may6 -- 32 digits begin like an address that is wanted, or are ISATAP. */
static bool
row_may6(const uint8_t *p, const struct san_hints *h)
{
	if (h == NULL ||
	    san_hints_group(h, row_byte(p) << 8 | row_byte(p + 2)) ||
	    san_hints_group(h, row_byte(p + 6) << 8 | row_byte(p + 4)))
		return true;
	return h->embeds &&
	       (row_byte(p + 20) == 0x5e || row_byte(p + 18) == 0x5e);
}

/* row_may -- the same of 8 digits, too; in both orders. */
static bool
row_may(struct d4_slice d, const struct san_hints *h)
{
	if (d.n == 8)
		return san_hints_first(h, row_byte(d.p)) ||
		       san_hints_first(h, row_byte(d.p + 6));
	return d.n == 32 && row_may6(d.p, h);
}

/* row_digits -- 8 or 32 hex digits; Linux shows words as they stand. */
static bool
row_digits(struct d4_slice d, const struct san_wanted *w)
{
	struct d4_addr a = {.family = d.n == 8 ? 4 : 6};

	if (!row_may(d, w->hints) || !san_hex_read(d, d.n, 1, a.b))
		return false;
	if (san_wanted_is(w, &a))
		return true;
	for (size_t i = 0; i < d.n / 2; i += 4)
		d4_put_be32(a.b + i, d4_get_le32(a.b + i));
	return san_wanted_is(w, &a);
}

bool
san_find_row(struct d4_slice t, struct san_row r, const struct san_wanted *w)
{
	return row_digits(d4_slice_of(t.p + r.from, r.to - r.from), w);
}

/* row_numbers -- of SAN_ROW digits and more one stands at each SAN_ROW-th. */
static bool
row_numbers(struct d4_slice t, struct san_row r, const struct san_wanted *w)
{
	for (size_t i = r.from + SAN_ROW - 1; i < r.to; i += SAN_ROW) {
		size_t first = i, end = i;

		while (end < r.to && row_is_digit(t, end))
			end++;
		if (end == i)
			continue;
		while (first > r.from && row_is_digit(t, first - 1))
			first--;
		if (san_find_number(t, (struct san_row){first, end}, w))
			return true;
		i = end;
	}
	return false;
}

/* A row of SAN_ROW hex digits covers one position in SAN_ROW. */
bool
san_find_rows(struct d4_slice t, const struct san_wanted *w)
{
	size_t i = SAN_ROW - 1;

	while (i < t.n) {
		struct san_row r = {.from = i, .to = i + 1};

		if (!row_hex[t.p[i]]) {
			i += SAN_ROW;
			continue;
		}
		while (r.from > 0 && row_hex[t.p[r.from - 1]])
			r.from--;
		r.to = san_row_end(t, i);
		if (r.to - r.from >= SAN_ROW &&
		    (san_find_row(t, r, w) || row_numbers(t, r, w)))
			return true;
		i = r.to + SAN_ROW;
	}
	return false;
}

bool
san_find_numbers(struct d4_slice text, const struct san_wanted *w)
{
	return san_find_rows(text, w) || san_find_pairs(text, w);
}
