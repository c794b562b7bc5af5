#include <endian.h>
#include <string.h>
#include "sanitizers/digits.h"
#include "sanitizers/lanes.h"
#include "sanitizers/pdns_line.h"
#include "sanitizers/utf8.h"

#define LINE_SIGNED int8_t __attribute__((vector_size(16)))
#define LINE_GROUP  ((size_t)64) /* places whose bars are looked for at once */

/* What is known of a line while it is cut. */
struct cut {
	struct d4_slice text;
	size_t from; /* where the field under way begins */
	unsigned fields;
	SAN_LANES odd; /* not 0: no printable ASCII */
};

/* line_block -- which of 16 places have a bar and one behind it; p[16] is read.
 */
static inline unsigned
line_block(struct cut *c, const uint8_t *p)
{
	SAN_LANES x = san_lanes(p), y = san_lanes(p + 1);

	/* Above 0x7f is below 0, with a sign. */
	c->odd |= (SAN_LANES)((LINE_SIGNED)x < 0x20) | (SAN_LANES)(x == 0x7f);
	return san_lanes_bits((SAN_LANES)((x == '|') & (y == '|')));
}

/*
 * line_group -- the same of up to 64 places from `at`. The last block is read
 * from its end, where some of its places were seen before.
 */
static inline uint64_t
line_group(struct cut *c, size_t at)
{
	uint64_t bars = 0;

	for (unsigned k = 0; k < LINE_GROUP && at + 1 < c->text.n; k += 16) {
		size_t last = c->text.n - SAN_BLOCK - 1;
		size_t from = at < last ? at : last;
		uint64_t m = line_block(c, c->text.p + from);

		bars |= m >> (at - from) << k;
		at += SAN_BLOCK;
	}
	return bars;
}

/* line_field -- a field ends at i, where `||` stands. */
static inline bool
line_field(struct cut *c, size_t i, struct san_pdns_line *out)
{
	const uint8_t *p = c->text.p;

	if (i < c->from)
		return true; /* the second bar of one, and the next's first */
	if (c->fields + 1 >= SAN_PDNS_FIELDS ||
	    (i > c->from && p[c->from] == '|'))
		return false;
	out->f[c->fields++] = d4_slice_of(p + c->from, i - c->from);
	c->from = i + 2;
	return true;
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

/* line_empty -- too short for a block: nine fields only if all are empty. */
static bool
line_empty(struct cut *c, struct san_pdns_line *out)
{
	static const char bars[] = "||||||||||||||||";

	if (c->text.n != SAN_BLOCK || memcmp(c->text.p, bars, SAN_BLOCK) != 0)
		return false;
	for (size_t i = 0; i < SAN_BLOCK; i += 2)
		(void)line_field(c, i, out);
	return true;
}

static inline bool
line_cut(struct cut *c, struct san_pdns_line *out)
{
	if (c->text.n <= SAN_BLOCK)
		return line_empty(c, out);
	for (size_t at = 0; at + 1 < c->text.n; at += LINE_GROUP) {
		uint64_t bars = line_group(c, at);

		for (; bars != 0; bars &= bars - 1) {
			size_t i = at + (size_t)__builtin_ctzll(bars);

			if (!line_field(c, i, out))
				return false;
		}
	}
	return c->fields + 1 == SAN_PDNS_FIELDS;
}

enum d4_reason
san_pdns_split(struct d4_slice record, struct san_pdns_line *out)
{
	struct cut c = {.text = record};
	struct d4_slice *text = &c.text;
	struct san_marks odd;

	if (text->n != 0 && text->p[text->n - 1] == '\n')
		text->n--;
	if (text->n != 0 && text->p[text->n - 1] == '\r')
		text->n--;
	if (!line_cut(&c, out))
		return D4_R_PDNS_FIELDS;
	out->f[c.fields] = d4_slice_of(text->p + c.from, text->n - c.from);
	out->end = d4_slice_of(text->p + text->n, record.n - text->n);
	/* No bars begin in the last byte, so no block has looked at it. */
	c.odd[0] |= (uint8_t)(text->p[text->n - 1] - 0x20) > 0x5e ? 0xff : 0;
	odd = san_marks_of(c.odd);
	return san_marks_any(&odd) ? line_odd_why(*text) : D4_R_NONE;
}

/*
 * line_few -- a number of one to eight digits, with zeros instead of the bytes
 * in front of them: seven times two bars stand in the line before it.
 */
static inline bool
line_few(struct d4_slice f, uint64_t *out)
{
	uint8_t text[SAN_DIGITS];
	uint64_t x, front;
	uint32_t v;

	front = ~UINT64_C(0) >> 1 >> (8 * f.n - 1);
	memcpy(&x, f.p + f.n - SAN_DIGITS, SAN_DIGITS);
	x = le64toh(x);
	x = htole64((x & ~front) | (front & UINT64_C(0x3030303030303030)));
	memcpy(text, &x, sizeof(text));
	if (!san_digits(text, &v))
		return false;
	*out = v;
	return true;
}

/* line_number -- decimal digits, up to 19 of them. */
static bool
line_number(struct d4_slice f, uint64_t *out)
{
	uint64_t v = 0;

	if (f.n == 0 || f.n > 19)
		return false;
	if (f.n <= SAN_DIGITS)
		return line_few(f, out);
	for (size_t i = 0; i < f.n; i++) {
		uint8_t d = (uint8_t)(f.p[i] - '0');

		if (d > 9)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}

bool
san_pdns_class(struct d4_slice f)
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
	    !line_number(line->f[PDNS_TTL], &ttl) ||
	    !line_number(line->f[PDNS_COUNT], &line->count))
		return D4_R_PDNS_VALUE;
	return D4_R_NONE;
}
