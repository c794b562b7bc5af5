#include "sanitizers/screen.h"

#define SCREEN_WORDS  uint32_t __attribute__((vector_size(16)))
#define SCREEN_SIGNED int8_t __attribute__((vector_size(16)))

/* A call for each block costs more than what is in it. */
#define SCREEN_INLINE inline __attribute__((always_inline))

/*
 * What was seen in any block. Most lines of a log have something of the first
 * two only, so the rest is one question at first.
 */
struct screen {
	SAN_LANES loose, numbers, rare;
	SAN_LANES pairs, base64, bytes, coded, zones, dashed;
};

/* The three bytes at each position of a block, in lower case, and their kinds.
 */
struct bytes {
	SAN_LANES x, y, z, low_x, low_y, low_z, digit_y;
};

static SCREEN_INLINE struct bytes
screen_bytes(const uint8_t *p)
{
	struct bytes b = {
	    .x = san_lanes(p), .y = san_lanes(p + 1), .z = san_lanes(p + 2)};

	b.low_x = b.x | 0x20;
	b.low_y = b.y | 0x20;
	b.low_z = b.z | 0x20;
	b.digit_y = san_lanes_digit(b.y);
	return b;
}

/* [. [: [d and .] in all kinds of brackets, and "dot". */
static SCREEN_INLINE SAN_LANES
screen_dots(const struct bytes *b)
{
	SAN_LANES open, shut, dot, o = (SAN_LANES)(b->low_y == 'o');

	open = (SAN_LANES)(b->low_x == '{') | (SAN_LANES)(b->x == '(');
	open &= (SAN_LANES)(b->y == '.') | (SAN_LANES)(b->y == ':') |
	        (SAN_LANES)(b->low_y == 'd');
	shut = (SAN_LANES)(b->x == '.') &
	       ((SAN_LANES)(b->low_y == '}') | (SAN_LANES)(b->y == ')'));
	dot = (SAN_LANES)(b->low_x == 'd') & o & (SAN_LANES)(b->low_z == 't');
	return open | shut | dot;
}

/* An escape, a byte of UTF-8, or a zero of UTF-16; rather too many. */
static SCREEN_INLINE SAN_LANES
screen_escapes(const struct bytes *b)
{
	SAN_LANES high = (SAN_LANES)((SCREEN_SIGNED)b->x < 0);
	/* =2d to =3a: the 2 or 3, and no other digit behind the 2 */
	SAN_LANES two =
	    (SAN_LANES)(b->y == '2') & san_lanes_in(b->low_z, 'd', 'f');
	SAN_LANES pair = two | (SAN_LANES)(b->y == '3');

	return high | (SAN_LANES)(b->x == '\\') | (SAN_LANES)(b->x == '%') |
	       ((SAN_LANES)(b->x == 0) & (SAN_LANES)(b->y != 0)) |
	       ((SAN_LANES)(b->x == '&') & (SAN_LANES)(b->y == '#')) |
	       ((SAN_LANES)(b->x == '=') & pair);
}

static SCREEN_INLINE SAN_LANES
screen_zones(const struct bytes *b)
{
	return (SAN_LANES)(b->low_x == 'r') & (SAN_LANES)(b->low_y == 'p');
}

static SCREEN_INLINE SAN_LANES
screen_dashed(const struct bytes *b)
{
	SAN_LANES mark = (SAN_LANES)(b->x == '-') | (SAN_LANES)(b->x == '_');

	return mark & ((SAN_LANES)(b->x == b->y) | b->digit_y |
			  san_lanes_in(b->low_y, 'a', 'f'));
}

/* san_screen_pairs for three and four bytes, of what is known already. */
static SCREEN_INLINE SAN_LANES
screen_pairs(const struct bytes *b, SAN_LANES hex_y, const uint8_t *p)
{
	SAN_LANES three = (SAN_LANES)(b->x == san_lanes(p + 3)) &
	                  (SAN_LANES)(b->x == san_lanes(p + 6)) & hex_y;
	SAN_LANES four = (SAN_LANES)(b->x == san_lanes(p + 4)) &
	                 (SAN_LANES)(b->x == san_lanes(p + 8)) & ~hex_y;

	return three | four;
}

static SCREEN_INLINE void
screen_block(struct screen *s, const uint8_t *p)
{
	struct bytes b = screen_bytes(p);
	SAN_LANES digit = san_lanes_digit(b.x);
	SAN_LANES hex = digit | san_lanes_in(b.low_x, 'a', 'f');
	SAN_LANES word = digit | san_lanes_in(b.low_x, 'a', 'z');
	SAN_LANES hex_y = b.digit_y | san_lanes_in(b.low_y, 'a', 'f');

	s->loose |= b.digit_y & ~(word | (SAN_LANES)(b.x == ':'));
	/* A row of seven has four at a multiple of four. */
	s->numbers |= (SAN_LANES)((SCREEN_WORDS)hex == UINT32_MAX);
	s->pairs |= screen_pairs(&b, hex_y, p) & ~word & (SAN_LANES)(b.x != 0);
	s->base64 |= san_screen_base64(b.x, b.y);
	s->bytes |= (SAN_LANES)(b.x == '=') & (SAN_LANES)(b.y == '=');
	s->coded |= screen_dots(&b) | screen_escapes(&b);
	s->zones |= screen_zones(&b);
	s->dashed |= screen_dashed(&b);
}

static unsigned
screen_bit(SAN_LANES m, unsigned bit)
{
	struct san_marks k = san_marks_of(m);

	return san_marks_any(&k) ? bit : 0;
}

unsigned
san_screen(struct d4_slice text)
{
	struct san_blocks b = {.text = text, .more = SAN_SCREEN_MORE};
	struct screen s = {.loose = {0}};
	const uint8_t *p;
	size_t at;

	while ((p = san_blocks_next(&b, &at)) != NULL)
		screen_block(&s, p);
	return screen_bit(s.loose, SAN_SCREEN_LOOSE) |
	       screen_bit(s.numbers, SAN_SCREEN_NUMBERS) |
	       screen_bit(s.pairs, SAN_SCREEN_PAIRS) |
	       screen_bit(s.base64, SAN_SCREEN_BASE64) |
	       screen_bit(s.bytes, SAN_SCREEN_BYTES) |
	       screen_bit(s.coded, SAN_SCREEN_CODED) |
	       screen_bit(s.zones, SAN_SCREEN_ZONES) |
	       screen_bit(s.dashed, SAN_SCREEN_DASHED);
}
