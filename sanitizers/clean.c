#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/clean.h"
#include "sanitizers/find_hidden.h"

#define CLEAN_TEXT 80u /* the longest text of an address, and more */

static bool
clean_scoped4(const struct san_addr *c, uint32_t v)
{
	struct d4_addr a = {.family = 4};

	if (c->table[v >> 16] != SAN_V_MIXED)
		return c->table[v >> 16] >= SAN_V_SCOPE;
	d4_put_be32(a.b, v);
	return san_addr_verdict(c, &a) >= SAN_V_SCOPE;
}

static bool
clean_scoped6(const struct san_addr *c, const uint8_t *b)
{
	struct d4_addr a = {.family = 6};

	memcpy(a.b, b, 16);
	return d4_prefix_set_find(&c->scope, &a) != NULL;
}

static bool
clean_bytes(const struct san_addr *c, struct d4_slice d)
{
	uint8_t rev[16];

	for (size_t i = 0; i + 4 <= d.n; i++) {
		if (clean_scoped4(c, d4_get_be32(d.p + i)) ||
		    clean_scoped4(c, d4_get_le32(d.p + i)))
			return true;
	}
	for (size_t i = 0; i + 16 <= d.n; i++) {
		for (size_t k = 0; k < 16; k++)
			rev[k] = d.p[i + 15 - k];
		if (clean_scoped6(c, d.p + i) || clean_scoped6(c, rev))
			return true;
	}
	return false;
}

static bool
clean_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* 8 digits, 32 digits, or 32 nibbles from the end with dots between. */
static bool
clean_number(const struct san_addr *c, struct d4_slice d)
{
	uint8_t b[16];

	if (san_hex_read(d, 8, 1, b) && clean_scoped4(c, d4_get_be32(b)))
		return true;
	if (san_hex_read(d, 32, 1, b) && clean_scoped6(c, b))
		return true;
	return san_hex_nibbles(d, b) && clean_scoped6(c, b);
}

/* A whole number in digits, as u32. */
static bool
clean_decimal(const struct san_addr *c, struct d4_slice d)
{
	uint64_t v = 0;
	size_t i = 0;

	for (; i < d.n && i < 11 && clean_digit(d.p[i]); i++)
		v = v * 10 + (uint64_t)(d.p[i] - '0');
	return i >= 4 && v <= 0xffffffffu && clean_scoped4(c, (uint32_t)v);
}

/* Four numbers with dots or dashes, in either order. */
static bool
clean_quad(const struct san_addr *c, struct d4_slice d)
{
	uint32_t v = 0, rev = 0;
	size_t at = 0;

	for (unsigned k = 0; k < 4; k++) {
		unsigned octet = 0, n = 0;

		if (k > 0 && (at >= d.n || (d.p[at] != '.' && d.p[at] != '-')))
			return false;
		at += k > 0;
		for (; at < d.n && n < 3 && clean_digit(d.p[at]); at++, n++)
			octet = octet * 10 + (unsigned)(d.p[at] - '0');
		if (n == 0 || octet > 255)
			return false;
		v = v << 8 | octet;
		rev |= octet << (8 * k);
	}
	return clean_scoped4(c, v) || clean_scoped4(c, rev);
}

static bool
clean_char6(uint8_t ch)
{
	return san_hex_digit(ch) >= 0 || ch == ':' || ch == '.' || ch == '-';
}

/* The word at the start of d as IPv6 text; dashes may stand for colons. */
static bool
clean_text6(const struct san_addr *c, struct d4_slice d)
{
	struct d4_addr a;
	char text[CLEAN_TEXT];
	size_t n = 0;

	while (n < d.n && n < sizeof(text) && clean_char6(d.p[n])) {
		text[n] = (char)(d.p[n] == '-' ? ':' : d.p[n]);
		n++;
	}
	/* ":443" or "." may follow: try from the longest on. */
	for (; n >= 2; n--) {
		if (d4_addr_parse(d4_slice_of(text, n), &a) == D4_OK)
			return a.family == 6 && clean_scoped6(c, a.b);
	}
	return false;
}

/* Everything that could begin at position i of d. */
static bool
clean_text_at(const struct san_addr *c, struct d4_slice d, size_t i)
{
	struct d4_slice rest = {d.p + i, d.n - i};
	uint8_t before = i > 0 ? d.p[i - 1] : ' ';

	if (san_hex_digit(*rest.p) < 0 && *rest.p != ':')
		return false;
	if (clean_number(c, rest))
		return true;
	if (clean_digit(*rest.p) && !clean_digit(before) &&
	    (clean_quad(c, rest) || clean_decimal(c, rest)))
		return true;
	return san_hex_digit(before) < 0 && clean_text6(c, rest);
}

bool
san_clean(const struct san_addr *c, struct d4_slice data)
{
	if (c == NULL || c->scope.n == 0 || clean_bytes(c, data))
		return false;
	for (size_t i = 0; i < data.n; i++) {
		if (clean_text_at(c, data, i))
			return false;
	}
	return !san_hidden_scope(data, &c->scope);
}
