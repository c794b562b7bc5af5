/*
 * The times that machines write most: ISO 8601 in UTC with seconds, floored
 * to whole seconds of which a day has a whole number. The date then stays what
 * it is, and the clock is floored alone, in place. stamp.c has all the rest.
 */
#include <endian.h>
#include <string.h>
#include "sanitizers/stamp.h"

#define CLOCK_AT    11u /* behind YYYY-MM-DDT */
#define CLOCK_END   19u /* behind HH:MM:SS */
#define SECOND_US   UINT64_C(1000000)
#define DAY_S       86400u
#define CLOCK_EIGHT ((size_t)8)

/*
 * clock_pairs -- eight bytes that are as `shape` says, where '0' is any digit.
 * In *pairs byte i is then the number that bytes i and i + 1 are.
 */
static inline bool
clock_pairs(const uint8_t *p, const char shape[9], uint64_t *pairs)
{
	const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
	uint64_t x, want, other, over;

	memcpy(&x, p, CLOCK_EIGHT);
	memcpy(&want, shape, CLOCK_EIGHT);
	x = le64toh(x ^ want); /* digits are 0 to 9 now, other marks 0 */
	/* The low bit of bytes of the shape that are no digit: "-" or ":". */
	other = le64toh(want) ^ UINT64_C(0x3030303030303030);
	other = ((other + low) | other) >> 7 & UINT64_C(0x0101010101010101);
	over = ((x & low) + UINT64_C(0x7676767676767676)) | x;
	over &= UINT64_C(0x8080808080808080);
	*pairs = x * 10 + (x >> 8);
	return over == 0 && (x & other * 0xff) == 0;
}

static inline unsigned
clock_pair(uint64_t pairs, unsigned at)
{
	return (unsigned)(pairs >> 8 * at & 0xff);
}

/* clock_date -- YYYY-MM-DD and its end; a 29 February is left to stamp.c. */
static bool
clock_date(const uint8_t *p)
{
	static const uint8_t days[] = {
	    0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned ten = p[8] ^ '0', one = p[9] ^ '0', day = ten * 10 + one;
	unsigned month;
	uint64_t pairs;

	if (!clock_pairs(p, "0000-00-", &pairs) || ten > 9 || one > 9)
		return false;
	month = clock_pair(pairs, 5);
	return month >= 1 && month <= 12 && day >= 1 && day <= days[month] &&
	       (p[10] == 'T' || p[10] == 't' || p[10] == ' ');
}

/* clock_time -- HH:MM:SS, seconds of the day; no leap seconds. */
static bool
clock_time(const uint8_t *p, unsigned *s)
{
	unsigned hour, minute, second;
	uint64_t pairs;

	if (!clock_pairs(p, "00:00:00", &pairs))
		return false;
	hour = clock_pair(pairs, 0);
	minute = clock_pair(pairs, 3);
	second = clock_pair(pairs, 6);
	*s = hour * 3600 + minute * 60 + second;
	return hour <= 23 && minute <= 59 && second <= 59;
}

/*
 * clock_end -- where the digits of a fraction end, if there is one and it is
 * as stamp.c has it; behind it only Z may stand. 0: it is not so.
 */
static size_t
clock_end(struct d4_slice in)
{
	size_t n = CLOCK_END;

	if (n < in.n && (in.p[n] == '.' || in.p[n] == ',')) {
		do
			n++;
		while (n < in.n && in.p[n] >= '0' && in.p[n] <= '9');
		if (n < CLOCK_END + 2 || n > CLOCK_END + 10)
			return 0;
	}
	return n == in.n || (n + 1 == in.n && (in.p[n] | 0x20) == 'z') ? n : 0;
}

static void
clock_put(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)('0' + v / 10);
	p[1] = (uint8_t)('0' + v % 10);
}

bool
san_stamp_floor_clock(
    struct d4_slice in, uint64_t unit_us, struct san_stamp *out)
{
	uint64_t unit_s = unit_us / SECOND_US;
	unsigned s, whole;
	size_t end;

	if (in.n < CLOCK_END || !clock_date(in.p) ||
	    !clock_time(in.p + CLOCK_AT, &s) || unit_s == 0 || unit_s > DAY_S ||
	    unit_us % SECOND_US != 0 || DAY_S % unit_s != 0)
		return false;
	end = clock_end(in);
	if (end == 0)
		return false;
	memcpy(out->text, in.p, in.n);
	out->n = in.n;
	whole = s - s % (unsigned)unit_s;
	if (whole != s) {
		clock_put(out->text + CLOCK_AT, whole / 3600);
		clock_put(out->text + CLOCK_AT + 3, whole / 60 % 60);
		clock_put(out->text + CLOCK_AT + 6, whole % 60);
	}
	if (end > CLOCK_END)
		memset(out->text + CLOCK_END + 1, '0', end - CLOCK_END - 1);
	return true;
}
