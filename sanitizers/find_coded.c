#include <string.h>
#include "sanitizers/defang.h"
#include "sanitizers/find_coded.h"
#include "sanitizers/window.h"

/* Something that is written in another way: n bytes of text; 0: it is not. */
struct coded {
	size_t n;
	uint32_t c; /* of Unicode, or a byte */
	bool byte, twice;
};

static uint8_t
coded_byte(struct d4_slice t, size_t i)
{
	return i < t.n ? t.p[i] : 0;
}

/* coded_digits -- up to max digits of a base; how many. */
static size_t
coded_digits(struct d4_slice t, size_t max, unsigned base, uint32_t *out)
{
	uint32_t v = 0;
	size_t n = 0;

	for (; n < max; n++) {
		int d = san_hex_digit(coded_byte(t, n));

		if (d < 0 || (unsigned)d >= base)
			break;
		v = v * base + (unsigned)d;
	}
	*out = v;
	return n;
}

/* coded_fixed -- a head of `head` bytes and exactly n digits behind it. */
static struct coded
coded_fixed(struct d4_slice t, size_t head, size_t n, unsigned base)
{
	struct coded k = {.n = head + n, .byte = n <= 3};

	if (t.n < head || coded_digits(d4_slice_of(t.p + head, t.n - head), n,
			      base, &k.c) != n)
		k.n = 0;
	return k;
}

/* %2e, %u002e */
static struct coded
coded_percent(struct d4_slice t)
{
	if ((coded_byte(t, 1) | 0x20) == 'u')
		return coded_fixed(t, 2, 4, 16);
	return coded_fixed(t, 1, 2, 16);
}

/* =2E of RFC 2045 6.7, where it is a part of an address: "a=12" is none. */
static struct coded
coded_equals(struct d4_slice t)
{
	struct coded k = coded_fixed(t, 1, 2, 16);

	if (k.n != 0 && (k.c < '-' || k.c > ':'))
		k.n = 0;
	return k;
}

/* \x2e \u002e \U0000002e \u{2e} \056, or a mark behind a backslash. */
static struct coded
coded_backslash(struct d4_slice t)
{
	uint8_t c = coded_byte(t, 1);
	struct coded k;

	switch (c) {
	case 'x':
		return coded_fixed(t, 2, 2, 16);
	case 'u':
		if (coded_byte(t, 2) != '{')
			return coded_fixed(t, 2, 4, 16);
		k = coded_fixed(t, 3, 2, 16);
		k.n += k.n != 0 && coded_byte(t, k.n) == '}';
		return k;
	case 'U':
		return coded_fixed(t, 2, 8, 16);
	case 't':
	case 'n':
	case 'r':
		return (struct coded){.n = 2, .c = ' '};
	default:
		break;
	}
	if (c >= '0' && c <= '3')
		return coded_fixed(t, 1, 3, 8);
	k = (struct coded){.n = 2, .c = c};
	if (c <= ' ' || c >= 0x7f || (c >= '0' && c <= '9') ||
	    ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
		k.n = 0;
	return k;
}

/* &#46; &#x2e; */
static struct coded
coded_entity(struct d4_slice t)
{
	bool hex = (coded_byte(t, 2) | 0x20) == 'x';
	size_t head = hex ? 3 : 2;
	struct coded k = {.n = 0};

	if (coded_byte(t, 1) != '#' || t.n < head)
		return k;
	k.n = coded_digits(
	    d4_slice_of(t.p + head, t.n - head), 7, hex ? 16 : 10, &k.c);
	if (k.n != 0)
		k.n += head + (coded_byte(t, head + k.n) == ';');
	return k;
}

/* [.] (dot) [:], and with one of the brackets missing. */
static struct coded
coded_bracket(struct d4_slice t)
{
	struct coded k = {.n = san_dot(t, 0), .c = '.'};
	uint8_t shut;

	if (k.n > 1)
		return k;
	k.n = 0;
	if (t.p[0] == '.' || coded_byte(t, 1) != ':')
		return k;
	k.twice = coded_byte(t, 2) == ':';
	k.c = ':';
	k.n = k.twice ? 3 : 2;
	shut = coded_byte(t, k.n);
	k.n += shut == ']' || shut == ')' || shut == '}';
	return k;
}

static struct coded
coded_wide(struct d4_slice t)
{
	struct coded k = {.n = 0};

	k.c = san_utf8_read(t, &k.n);
	return k;
}

/* coded_at -- what stands at the start of t. */
static struct coded
coded_at(struct d4_slice t)
{
	switch (t.p[0]) {
	case '%':
		return coded_percent(t);
	case '=':
		return coded_equals(t);
	case '\\':
		return coded_backslash(t);
	case '&':
		return coded_entity(t);
	case '[':
	case '(':
	case '{':
	case '.':
		return coded_bracket(t);
	default:
		break;
	}
	return t.p[0] >= 0x80 ? coded_wide(t) : (struct coded){.n = 0};
}

/* coded_word -- "dot" alone, with blanks around or with numbers beside it. */
static size_t
coded_word(struct d4_slice t, size_t i)
{
	size_t n = 3;

	if ((t.p[i] | 0x20) != 'd' || (coded_byte(t, i + 1) | 0x20) != 'o' ||
	    (coded_byte(t, i + 2) | 0x20) != 't' || i == 0 ||
	    (t.p[i - 1] != ' ' && (t.p[i - 1] < '0' || t.p[i - 1] > '9')))
		return 0;
	while (coded_byte(t, i + n) == ' ')
		n++;
	return n > 3 || san_hex_digit(coded_byte(t, i + n)) >= 0 ? n : 0;
}

static void
coded_put(struct san_window *x, const struct coded *k)
{
	uint8_t c = k->byte && k->c < 0x100 ? (uint8_t)k->c : san_fold(k->c);

	if (k->twice)
		san_window_put(x, c);
	if (c != 0)
		san_window_put(x, c);
}

bool
san_find_coded(struct d4_slice t, const struct san_wanted *w, unsigned depth)
{
	struct san_window x;

	if (t.p == NULL || depth >= SAN_WINDOW_DEPTH)
		return false;
	san_window_init(&x, w, depth + 1);
	for (size_t i = 0; i < t.n && !x.found;) {
		struct coded k = coded_at(d4_slice_of(t.p + i, t.n - i));
		size_t word = k.n == 0 ? coded_word(t, i) : 0;

		if (word != 0) {
			while (x.n != 0 && x.b[x.n - 1] == ' ')
				x.n--;
			k = (struct coded){.n = word, .c = '.'};
		}
		if (k.n == 0)
			k = (struct coded){.n = 1, .c = t.p[i]};
		coded_put(&x, &k);
		i += k.n;
	}
	return san_window_end(&x);
}
