/* Characters of Unicode that are read as those of an address. */
#include <stddef.h>
#include "sanitizers/find_coded.h"

/* [from, to] stand for `as`, or for it and those behind it, one by one. */
struct fold {
	uint32_t from, to;
	uint8_t as;
	bool rises;
};

/* By `from`. */
static const struct fold folds[] = {
    {0x00a0, 0x00a0, ' ', false}, {0x00ad, 0x00ad, 0, false}, /* soft hyphen */
    {0x00b2, 0x00b3, '2', true}, {0x00b7, 0x00b7, '.', false},
    {0x00b9, 0x00b9, '1', false}, {0x02d0, 0x02d0, ':', false},
    {0x034f, 0x034f, 0, false}, /* grapheme joiner */
    {0x0589, 0x0589, ':', false}, {0x05c3, 0x05c3, ':', false},
    {0x061c, 0x061c, 0, false}, {0x0660, 0x0669, '0', true}, /* Arabic */
    {0x06f0, 0x06f9, '0', true}, {0x07c0, 0x07c9, '0', true},
    {0x0966, 0x096f, '0', true}, /* Devanagari */
    {0x09e6, 0x09ef, '0', true}, {0x0e50, 0x0e59, '0', true},
    {0x180b, 0x180e, 0, false}, {0x2000, 0x200a, ' ', false},
    {0x200b, 0x200f, 0, false}, /* no width, direction */
    {0x2010, 0x2015, '-', false}, {0x2022, 0x2022, '.', false},
    {0x2024, 0x2024, '.', false}, {0x2027, 0x2027, '.', false},
    {0x202a, 0x202e, 0, false}, {0x202f, 0x202f, ' ', false},
    {0x205f, 0x205f, ' ', false}, {0x2060, 0x206f, 0, false},
    {0x2070, 0x2070, '0', false}, {0x2074, 0x2079, '4', true},
    {0x2080, 0x2089, '0', true}, {0x20e3, 0x20e3, 0, false}, /* keycap */
    {0x2212, 0x2212, '-', false}, {0x2219, 0x2219, '.', false},
    {0x2236, 0x2236, ':', false}, {0x22c5, 0x22c5, '.', false},
    {0x2460, 0x2468, '1', true}, /* circled */
    {0x24b6, 0x24bb, 'a', true}, {0x24d0, 0x24d5, 'a', true},
    {0x24ea, 0x24ea, '0', false}, {0x24f5, 0x24fd, '1', true},
    {0x2776, 0x277e, '1', true}, {0x2780, 0x2788, '1', true},
    {0x278a, 0x2792, '1', true}, {0x3000, 0x3000, ' ', false},
    {0x3002, 0x3002, '.', false}, {0xa789, 0xa789, ':', false},
    {0xfe00, 0xfe0f, 0, false}, /* variants */
    {0xfe52, 0xfe52, '.', false}, {0xfe55, 0xfe55, ':', false},
    {0xfe63, 0xfe63, '-', false}, {0xfeff, 0xfeff, 0, false},
    {0xff01, 0xff5e, '!', true}, /* full width */
    {0xff61, 0xff61, '.', false},
    {0x1d7ce, 0x1d7d7, '0', true}, /* mathematical */
    {0x1d7d8, 0x1d7e1, '0', true}, {0x1d7e2, 0x1d7eb, '0', true},
    {0x1d7ec, 0x1d7f5, '0', true}, {0x1d7f6, 0x1d7ff, '0', true},
    {0x1f101, 0x1f10a, '0', true}, /* with a comma */
    {0x1fbf0, 0x1fbf9, '0', true}, {0xe0000, 0xe007f, 0, false}, /* tags */
};

uint8_t
san_fold(uint32_t c)
{
	size_t lo = 0, hi = sizeof(folds) / sizeof(folds[0]);

	if (c < 0x80)
		return (uint8_t)c;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (c > folds[mid].to)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == sizeof(folds) / sizeof(folds[0]) || c < folds[lo].from)
		return '?';
	return folds[lo].rises ? (uint8_t)(folds[lo].as + c - folds[lo].from)
	                       : folds[lo].as;
}

uint32_t
san_utf8_read(struct d4_slice s, size_t *n)
{
	uint8_t lead = s.p[0];
	size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	uint32_t c = lead & (0x7fu >> len);

	*n = 1;
	if (lead < 0x80)
		return lead;
	if (lead < 0xc2 || lead > 0xf4 || s.n < len)
		return 0xfffd;
	for (size_t i = 1; i < len; i++) {
		if ((s.p[i] & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | (s.p[i] & 0x3fu);
	}
	*n = len;
	return c;
}
