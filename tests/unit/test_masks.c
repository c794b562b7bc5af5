#include <ctype.h>
#include "sanitizers/masks.h"
#include "test.h"
#include "ways.h"

#define LEN  (SAN_PIECE + SAN_MASKS_AHEAD)
#define RUNS 2000u

static const struct san_ends ends = {2, {{'0'}, {'a'}}};

static bool
two(const uint8_t *p, const char *letters)
{
	return tolower(p[0]) == letters[0] && tolower(p[1]) == letters[1];
}

/* Whether a byte is of a kind, as masks.h says. */
static bool
kind_of(const uint8_t *p, enum san_mask kind)
{
	uint8_t c = p[0];

	switch (kind) {
	case SAN_MASK_DIGIT:
		return c >= '0' && c <= '9';
	case SAN_MASK_HEX:
		return c < 0x80 && isxdigit(c);
	case SAN_MASK_HEAD:
		return c != 0 && strchr("2346", c) != NULL;
	case SAN_MASK_WORD:
		return c < 0x80 && isalnum(c);
	case SAN_MASK_COLON:
		return c == ':';
	case SAN_MASK_DASH:
		return c == '-' || c == '_';
	case SAN_MASK_BRACKET:
		return c != 0 && strchr("()[]{}", c) != NULL;
	case SAN_MASK_LETTERS:
		return two(p, "do") || two(p, "rp");
	case SAN_MASK_END:
		return c != 0 && strchr("0aA\x10", c) != NULL;
	case SAN_MASK_CODED:
		return c == 0 || c == '\\' || c == '%' || c >= 0x80;
	case SAN_MASK_ASK:
		return c == '&' || c == '=';
	case SAN_MASK_BASE64:
		return c >= 'L' && c <= 'O';
	case SAN_MASK_SAME3:
		return c == p[3];
	case SAN_MASK_SAME4:
		return c == p[4];
	case SAN_MASKS:
		break;
	}
	return false;
}

static void
check(const uint8_t *p, const struct san_masks *m)
{
	for (unsigned k = 0; k < SAN_MASKS; k++) {
		for (size_t i = 0; i < SAN_PIECE; i++) {
			bool is = kind_of(p + i, (enum san_mask)k);

			if ((m->of[k] >> i & 1) != is)
				fail_msg("byte %02x at %zu, kind %u: %d", p[i],
				    i, k, !is);
		}
	}
}

/* Bytes that are compared with, their neighbours, and any others. */
static void
fill(uint8_t p[LEN], uint32_t *seed)
{
	static const char known[] =
	    "dDoOrRpP\\%&=()[]{}:-_/0123456789@AFGZ`afgz.LOKP";

	for (size_t i = 0; i < LEN; i++) {
		*seed = *seed * 1664525u + 1013904223u;
		p[i] = (uint8_t)(*seed >> 24);
		if ((*seed >> 16 & 3) != 0)
			p[i] = (uint8_t)
			    known[(*seed >> 18 & 0xff) % (sizeof(known) - 1)];
	}
}

static void
each_byte_is_of_its_kinds(void **state)
{
	static void (*const way[])(const uint8_t *, const struct san_ends *,
	    struct san_masks *) = WAYS(san_masks);
	struct san_ends e = ends;
	uint32_t seed = 1;

	(void)state;
	for (unsigned k = 0; k < e.n; k++)
		memset(e.c[k], e.c[k][0], sizeof(e.c[k]));
	for (unsigned run = 0; run < RUNS; run++) {
		struct san_masks m;
		uint8_t p[LEN];

		fill(p, &seed);
		san_masks_of(p, &e, &m);
		check(p, &m);
		for (unsigned k = 0; k < COUNT(way); k++) {
			if (!ways_has(k))
				continue;
			way[k](p, &e, &m);
			check(p, &m);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_byte_is_of_its_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
