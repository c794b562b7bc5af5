#include <endian.h>
#include <string.h>
#include "sanitizers/pdns_line.h"
#include "sanitizers/utf8.h"

#define EIGHT(c) (UINT64_C(0x0101010101010101) * (c))
#define HIGH     EIGHT(0x80)
#define LOW      EIGHT(0x7f)

/* line_same -- the high bit of each byte of x that is c; exact. */
static inline uint64_t
line_same(uint64_t x, uint64_t c)
{
	uint64_t t = x ^ c;

	return ~(((t & LOW) + LOW) | t) & HIGH;
}

/* line_odd -- the high bit of each byte that is no printable ASCII. */
static inline uint64_t
line_odd(uint64_t x)
{
	return (~((x & LOW) + EIGHT(0x60)) | x | line_same(x, EIGHT(0x7f))) &
	       HIGH;
}

/* What is known of a line while it is cut. */
struct cut {
	const uint8_t *p;
	size_t n;
	size_t from; /* where the field under way begins */
	size_t skip; /* the second bar of a separator */
	unsigned fields;
};

/* line_bar -- a bar at i: a separator, or part of a value. */
static bool
line_bar(struct cut *c, size_t i, struct san_pdns_line *out)
{
	if (i == c->skip)
		return true;
	if (i + 1 >= c->n || c->p[i + 1] != '|')
		return i != c->from;
	if (c->fields + 1 >= SAN_PDNS_FIELDS)
		return false;
	out->f[c->fields++] = d4_slice_of(c->p + c->from, i - c->from);
	c->from = i + 2;
	c->skip = i + 1;
	return true;
}

static bool
line_bars(struct cut *c, size_t at, uint64_t bars, struct san_pdns_line *out)
{
	for (; bars != 0; bars &= bars - 1) {
		size_t i = at + (size_t)__builtin_ctzll(bars) / 8;

		if (!line_bar(c, i, out))
			return false;
	}
	return true;
}

/* line_word -- eight bytes at i, or what is left of them and blanks. */
static inline uint64_t
line_word(const struct cut *c, size_t i)
{
	uint64_t x = EIGHT(0x20);

	if (c->n - i >= 8)
		memcpy(&x, c->p + i, 8);
	else
		memcpy(&x, c->p + i, c->n - i);
	return le64toh(x);
}

/* line_odd_why -- bytes beyond printable ASCII: UTF-8 without controls. */
static enum d4_reason
line_odd_why(struct d4_slice text)
{
	if (!san_utf8_ok(text))
		return D4_R_LINE_UTF8;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < 0x20 || text.p[i] == 0x7f)
			return D4_R_PDNS_VALUE;
	}
	return D4_R_NONE;
}

enum d4_reason
san_pdns_split(struct d4_slice record, struct san_pdns_line *out)
{
	struct cut c = {.p = record.p, .n = record.n, .skip = SIZE_MAX};
	uint64_t odd = 0;

	if (c.n != 0 && c.p[c.n - 1] == '\n')
		c.n--;
	if (c.n != 0 && c.p[c.n - 1] == '\r')
		c.n--;
	for (size_t i = 0; i < c.n; i += 8) {
		uint64_t x = line_word(&c, i);
		uint64_t bars = line_same(x, EIGHT('|'));

		odd |= line_odd(x);
		if (bars != 0 && !line_bars(&c, i, bars, out))
			return D4_R_PDNS_FIELDS;
	}
	if (c.fields + 1 != SAN_PDNS_FIELDS)
		return D4_R_PDNS_FIELDS;
	out->f[c.fields] = d4_slice_of(c.p + c.from, c.n - c.from);
	out->end = d4_slice_of(c.p + c.n, record.n - c.n);
	return odd == 0 ? D4_R_NONE : line_odd_why(d4_slice_of(c.p, c.n));
}

/* line_number -- decimal digits, up to 19 of them. */
static bool
line_number(struct d4_slice f, uint64_t *out)
{
	uint64_t v = 0;

	if (f.n == 0 || f.n > 19)
		return false;
	for (size_t i = 0; i < f.n; i++) {
		uint8_t d = (uint8_t)(f.p[i] - '0');

		if (d > 9)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}

static bool
line_class(struct d4_slice f)
{
	static const char *const classes[] = {
	    "IN", "CH", "HS", "CS", "NONE", "ANY"};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (d4_slice_eqs(f, classes[i]))
			return true;
	}
	return false;
}

enum d4_reason
san_pdns_read(struct san_pdns_line *line)
{
	uint64_t ttl;

	if (san_epoch_read(line->f[PDNS_TIME], &line->t) != D4_R_NONE ||
	    line->t.us > UINT32_MAX * UINT64_C(1000000) ||
	    !line_class(line->f[PDNS_CLASS]) ||
	    !line_number(line->f[PDNS_TTL], &ttl) ||
	    !line_number(line->f[PDNS_COUNT], &line->count))
		return D4_R_PDNS_VALUE;
	line->type = san_pdns_rrtype_find(line->f[PDNS_RRTYPE]);
	return D4_R_NONE;
}
