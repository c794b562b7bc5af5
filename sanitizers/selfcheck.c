#include <endian.h>
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/selfcheck.h"
#include "sanitizers/selfcheck_near.h"
#include "sanitizers/texts.h"

#define CHECK_RUN  7u  /* the shortest text of an address, "1.2.3.4" */
#define CHECK_HEAD 64u /* bytes that are asked first: texts begin so */
#define CHECK_TEXT 80u /* the longest, ip6.arpa nibbles, NUL included */

void
san_check_add4(struct san_check *c, uint32_t addr)
{
	for (unsigned i = 0; i < c->n4; i++) {
		if (c->v4[i] == addr)
			return;
	}
	if (c->n4 == SAN_CHECK_MAX)
		c->full = true;
	else
		c->v4[c->n4++] = addr;
}

void
san_check_add6(struct san_check *c, const uint8_t addr[16])
{
	for (unsigned i = 0; i < c->n6; i++) {
		if (memcmp(c->v6[i], addr, 16) == 0)
			return;
	}
	if (c->n6 == SAN_CHECK_MAX)
		c->full = true;
	else
		memcpy(c->v6[c->n6++], addr, 16);
}

void
san_check_add(struct san_check *c, const struct d4_addr *a)
{
	if (a->family == 4)
		san_check_add4(c, d4_get_be32(a->b));
	else
		san_check_add6(c, a->b);
}

static bool
check_four(const uint8_t *p, uint32_t addr)
{
	return d4_get_be32(p) == addr || d4_get_le32(p) == addr;
}

/*
 * All blocks first, and one question for all of them: nearly always the
 * middle bytes stand nowhere. The last block overlaps the one before it.
 */
static bool
check_middle4(struct d4_slice out, uint8_t b1, uint8_t b2)
{
	size_t last = out.n - CHECK_BLOCK - 3;
	CHECK_LANES x = check_lanes(b1), y = check_lanes(b2);
	CHECK_LANES m = check_block(out.p + last, x, y);

	for (size_t i = 0; i < last; i += CHECK_BLOCK)
		m |= check_block(out.p + i, x, y);
	return check_any(m);
}

static bool
check_bytes4(struct d4_slice out, uint32_t addr)
{
	uint8_t b1 = (uint8_t)(addr >> 16), b2 = (uint8_t)(addr >> 8);

	if (out.n >= SAN_TEXTS_LONG) {
		if (!san_texts_pair(out, b1, b2))
			return false;
	} else if (out.n >= CHECK_BLOCK + 3 && !check_middle4(out, b1, b2)) {
		return false;
	}
	for (size_t i = 0; i + 4 <= out.n; i++) {
		if (check_four(out.p + i, addr))
			return true;
	}
	return false;
}

/* Characters that texts of addresses are made of. */
static bool
check_class(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F') || c == '.' || c == ':' || c == '-';
}

static bool
check_run(struct d4_slice out, size_t at)
{
	size_t from = at, to = at + 1;

	while (from > 0 && check_class(out.p[from - 1]))
		from--;
	while (to < out.n && check_class(out.p[to]))
		to++;
	return to - from >= CHECK_RUN;
}

/*
 * A run of CHECK_RUN characters holds four at a multiple of four, counted from
 * the start or, where it ends in the last block, from there.
 */
static bool
check_may_text(struct d4_slice out)
{
	CHECK_LANES m;
	size_t last;

	if (out.n < CHECK_BLOCK)
		return out.n >= CHECK_RUN;
	last = out.n - CHECK_BLOCK;
	m = check_fours(out.p + last);
	for (size_t i = 0; i < last; i += CHECK_BLOCK)
		m |= check_fours(out.p + i);
	return check_any(m);
}

/* A run of CHECK_RUN such characters covers one position in CHECK_RUN. */
static bool
check_has_text(struct d4_slice out)
{
	if (!check_may_text(
		d4_slice_of(out.p, out.n < CHECK_HEAD ? out.n : CHECK_HEAD)) &&
	    !check_may_text(out))
		return false;
	for (size_t i = CHECK_RUN - 1; i < out.n; i += CHECK_RUN) {
		if (check_class(out.p[i]) && check_run(out, i))
			return true;
	}
	return false;
}

static uint8_t
check_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool
check_same(const uint8_t *p, const char *text, size_t n)
{
	size_t k = 0;

	while (k < n && check_lower(p[k]) == (uint8_t)text[k])
		k++;
	return k == n;
}

/*
 * Where in a block of 16 positions do the first two and the last of n bytes
 * stand? p[0..15 + n) is readable. Of digits and marks OR 0x20 changes
 * nothing, of letters it makes lower case; what it confuses is looked at.
 */
static void
check_ends(const uint8_t *p, const char *text, size_t n, uint64_t half[2])
{
	CHECK_LANES x, y, z, m;

	memcpy(&x, p, CHECK_BLOCK);
	memcpy(&y, p + 1, CHECK_BLOCK);
	memcpy(&z, p + n - 1, CHECK_BLOCK);
	m = (CHECK_LANES)(((x | 0x20) == (uint8_t)text[0]) &
			  ((y | 0x20) == (uint8_t)text[1]) &
			  ((z | 0x20) == (uint8_t)text[n - 1]));
	memcpy(half, &m, 2 * sizeof(half[0]));
}

/* Does the text stand at one of the marked positions of a block? */
static bool
check_marked(
    const uint8_t *p, const uint64_t half[2], const char *text, size_t n)
{
	for (unsigned i = 0; i < 2; i++) {
		uint64_t m = le64toh(half[i]) & UINT64_C(0x8080808080808080);

		for (; m != 0; m &= m - 1) {
			size_t at =
			    8 * (size_t)i + (size_t)__builtin_ctzll(m) / 8;

			if (check_same(p + at, text, n))
				return true;
		}
	}
	return false;
}

bool
san_check_text(struct d4_slice out, const char *text, size_t n)
{
	size_t i = 0;

	for (; i + CHECK_BLOCK + n <= out.n; i += CHECK_BLOCK) {
		uint64_t half[2];

		check_ends(out.p + i, text, n, half);
		if ((half[0] | half[1]) != 0 &&
		    check_marked(out.p + i, half, text, n))
			return true;
	}
	for (; i + n <= out.n; i++) {
		if (check_same(out.p + i, text, n))
			return true;
	}
	return false;
}

/* Decimal digits of v at to; how many. snprintf costs as much as a packet. */
static size_t
check_put(char to[SAN_TEXTS_ROOM], uint32_t v)
{
	char digit[10];
	size_t at = sizeof(digit), n;

	do
		digit[--at] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	n = sizeof(digit) - at;
	memcpy(to, digit + at, n);
	return n;
}

/*
 * As a dotted quad, with reversed octets, as digits and as a number; that of
 * 0.0.0.9 and below would stand nearly everywhere.
 */
static bool
check_texts4(struct d4_slice out, uint32_t addr)
{
	static const char digit[] = "0123456789abcdef";
	struct d4_addr a = {.family = 4}, back = {.family = 4};
	struct san_texts t;

	d4_put_be32(a.b, addr);
	d4_put_le32(back.b, addr);
	t.n[0] = d4_addr_text(&a, t.b[0]);
	t.n[1] = d4_addr_text(&back, t.b[1]);
	t.n[2] = 8;
	for (unsigned i = 0; i < 8; i++)
		t.b[2][i] = digit[addr >> (28 - 4 * i) & 15];
	if (addr > 9)
		t.n[3] = check_put(t.b[3], addr);
	else
		t.n[3] = d4_addr_text(&a, t.b[3]);
	return san_texts_has(out, &t);
}

/* 32 hex digits, and 32 nibbles from the end with dots (ip6.arpa). */
static void
check_digits6(const uint8_t *b, char hex[CHECK_TEXT], char arpa[CHECK_TEXT])
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < 16; i++) {
		hex[2 * i] = digit[b[i] >> 4];
		hex[2 * i + 1] = digit[b[i] & 15];
	}
	hex[32] = '\0';
	for (size_t i = 0; i < 32; i++) {
		arpa[2 * i] = hex[31 - i];
		arpa[2 * i + 1] = '.';
	}
	arpa[63] = '\0';
}

static bool
check_texts6(struct d4_slice out, const uint8_t *b)
{
	char text[5][CHECK_TEXT] = {{0}};
	struct d4_addr a = {.family = 6};

	memcpy(a.b, b, 16);
	d4_addr_text(&a, text[0]);
	memcpy(text[1], text[0], CHECK_TEXT);
	for (char *colon; (colon = strchr(text[1], ':')) != NULL;)
		*colon = '-';
	check_digits6(b, text[2], text[3]);
	for (size_t i = 0; i < 40; i++)
		text[4][i] = text[2][i - i / 5];
	for (size_t i = 4; i < 39; i += 5)
		text[4][i] = ':';
	text[4][39] = '\0'; /* all digits written out */
	for (size_t i = 0; i < 5; i++) {
		if (san_check_text(out, text[i], strlen(text[i])))
			return true;
	}
	return false;
}

static bool
check_bytes6(struct d4_slice out, const uint8_t *b)
{
	uint8_t rev[16];

	for (size_t i = 0; i < 16; i++)
		rev[i] = b[15 - i];
	return memmem(out.p, out.n, b, 16) != NULL ||
	       memmem(out.p, out.n, rev, 16) != NULL;
}

bool
san_check_hit(const struct san_check *c, struct d4_slice out)
{
	bool text;

	if (c->n4 + c->n6 == 0 || out.n == 0)
		return false;
	text = check_has_text(out);
	for (unsigned i = 0; i < c->n4; i++) {
		if (check_bytes4(out, c->v4[i]) ||
		    (text && check_texts4(out, c->v4[i])))
			return true;
	}
	for (unsigned i = 0; i < c->n6; i++) {
		if (check_bytes6(out, c->v6[i]) ||
		    (text && check_texts6(out, c->v6[i])))
			return true;
	}
	return false;
}
