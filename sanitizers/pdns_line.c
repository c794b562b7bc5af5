#include <endian.h>
#include <string.h>
#include "sanitizers/pdns_line.h"
#include "sanitizers/utf8.h"

#define BLOCK      ((size_t)16)
#define HIGH       UINT64_C(0x8080808080808080)
#define LINE_LANES uint8_t __attribute__((vector_size(16)))

/* What is known of a line while it is cut. */
struct cut {
	const uint8_t *p;
	size_t n;
	size_t from; /* where the field under way begins */
	unsigned fields;
	LINE_LANES odd;   /* not 0: no printable ASCII */
	uint64_t bars[2]; /* of a block: the first bar of two */
};

/* line_block -- looks at 16 bytes; the 17th is only looked at for its bar. */
static inline void
line_block(struct cut *c, const uint8_t *p)
{
	LINE_LANES x, y, bars;

	memcpy(&x, p, BLOCK);
	memcpy(&y, p + 1, BLOCK);
	c->odd |= (LINE_LANES)((LINE_LANES)(x - 0x20) > 0x5e);
	bars = (LINE_LANES)((x == '|') & (y == '|'));
	memcpy(c->bars, &bars, sizeof(c->bars));
}

/* line_field -- a field ends at i, where `||` stands. */
static inline bool
line_field(struct cut *c, size_t i, struct san_pdns_line *out)
{
	if (i < c->from)
		return true; /* the second bar of one, and the next one's first
		              */
	if (c->fields + 1 >= SAN_PDNS_FIELDS ||
	    (i > c->from && c->p[c->from] == '|'))
		return false;
	out->f[c->fields++] = d4_slice_of(c->p + c->from, i - c->from);
	c->from = i + 2;
	return true;
}

/* line_fields -- all that end in a block. */
static inline bool
line_fields(struct cut *c, size_t at, struct san_pdns_line *out)
{
	for (unsigned half = 0; half < 2; half++) {
		uint64_t m = le64toh(c->bars[half]) & HIGH;

		for (; m != 0; m &= m - 1) {
			size_t i = at + 8 * (size_t)half +
			           (size_t)__builtin_ctzll(m) / 8;

			if (!line_field(c, i, out))
				return false;
		}
	}
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

/* line_tail -- the last block, with blanks behind it. */
static bool
line_tail(struct cut *c, size_t at, struct san_pdns_line *out)
{
	uint8_t last[BLOCK + 1];

	memset(last, ' ', sizeof(last));
	memcpy(last, c->p + at, c->n - at);
	line_block(c, last);
	return line_fields(c, at, out);
}

static bool
line_cut(struct cut *c, struct san_pdns_line *out)
{
	size_t at = 0;

	for (; c->n - at > BLOCK; at += BLOCK) {
		line_block(c, c->p + at);
		if ((c->bars[0] | c->bars[1]) != 0 && !line_fields(c, at, out))
			return false;
	}
	return line_tail(c, at, out) && c->fields + 1 == SAN_PDNS_FIELDS;
}

enum d4_reason
san_pdns_split(struct d4_slice record, struct san_pdns_line *out)
{
	struct cut c = {.p = record.p, .n = record.n};
	uint64_t odd[2];

	if (c.n != 0 && c.p[c.n - 1] == '\n')
		c.n--;
	if (c.n != 0 && c.p[c.n - 1] == '\r')
		c.n--;
	if (!line_cut(&c, out))
		return D4_R_PDNS_FIELDS;
	out->f[c.fields] = d4_slice_of(c.p + c.from, c.n - c.from);
	out->end = d4_slice_of(c.p + c.n, record.n - c.n);
	memcpy(odd, &c.odd, sizeof(odd));
	return (odd[0] | odd[1]) == 0 ? D4_R_NONE
	                              : line_odd_why(d4_slice_of(c.p, c.n));
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
