/*
 * One pass over a line: words are looked at as wholes first, by the bytes
 * that stand in them, so that most of a log is passed over quickly.
 */
#include <string.h>
#include "sanitizers/text.h"

/* What bytes a word has. */
enum {
	HAS_DIGIT = 1 << 0,
	HAS_UPPER = 1 << 1,
	HAS_LOWER = 1 << 2,
	HAS_DOT = 1 << 3,
	HAS_DASH = 1 << 4,
	HAS_COLON = 1 << 5,
	HAS_AT = 1 << 6,
	HAS_OTHER = 1 << 7,
	HAS_ALPHA = HAS_UPPER | HAS_LOWER,
	HAS_ALNUM = HAS_ALPHA | HAS_DIGIT,
	HAS_ANY = 0xff,
};

static uint8_t
scan_class(unsigned c)
{
	if (c >= '0' && c <= '9')
		return HAS_DIGIT;
	if (c >= 'A' && c <= 'Z')
		return HAS_UPPER;
	if (c >= 'a' && c <= 'z')
		return HAS_LOWER;
	switch (c) {
	case '.':
		return HAS_DOT;
	case '-':
		return HAS_DASH;
	case ':':
		return HAS_COLON;
	case '@':
		return HAS_AT;
	default:
		break;
	}
	return c > ' ' && strchr("\"'<>,;|", (int)c) == NULL ? HAS_OTHER : 0;
}

/*
 * One detector: all of `all` and some of `some` must stand in a word (its last
 * byte aside: that is the sentence's) of `least` bytes for a look at its
 * positions, of those that begin with one of `first`, or of those bytes when
 * there are some.
 */
struct detector {
	uint8_t all, some, first, least;
	const char *bytes;
	size_t (*find)(
	    const struct san_text_in *in, size_t at, struct san_span *out);
};

static const struct detector scan_detectors[SAN_KIND_REGEX] = {
    /* "1.2.3.4", and a zone such as "9.in-addr.arpa" */
    [SAN_KIND_IP4] = {HAS_DIGIT, HAS_DOT | HAS_DASH | HAS_OTHER, HAS_DIGIT, 7,
	NULL, san_text_ip4},
    [SAN_KIND_IP6] = {0, HAS_COLON | HAS_DOT, 0, 3,
	"0123456789abcdefABCDEF:", san_text_ip6},
    [SAN_KIND_EMAIL] = {HAS_AT | HAS_DOT, HAS_ANY, HAS_ANY, 5, NULL,
	san_text_email},
    /* the @ may come in another word: "ftp://bob,x:secret@" */
    [SAN_KIND_CREDENTIALS] = {HAS_COLON | HAS_OTHER, HAS_ANY, HAS_ANY, 4, NULL,
	san_text_credentials},
    [SAN_KIND_IBAN] = {HAS_DIGIT | HAS_UPPER, HAS_ANY, HAS_UPPER, 4, NULL,
	san_text_iban}, /* may go on behind a blank */
    [SAN_KIND_MAC] = {0, HAS_COLON | HAS_DASH | HAS_DOT, 0, 14,
	"0123456789abcdefABCDEF", san_text_mac},
    [SAN_KIND_HOST] = {HAS_DOT, HAS_ALPHA, HAS_ALNUM, 3, NULL, san_text_host},
    [SAN_KIND_USER] = {0, HAS_ALPHA, 0, 3, "fiaulrFIAULR", san_text_user},
    [SAN_KIND_PHONE] = {HAS_DIGIT, HAS_ANY, 0, 1, "+0", san_text_phone},
};

static bool
scan_begins(const struct detector *d, unsigned c)
{
	if (d->bytes != NULL)
		return c != 0 && strchr(d->bytes, (int)c) != NULL;
	return (d->first & scan_class(c)) != 0;
}

static bool
scan_worth(const struct detector *d, unsigned has)
{
	return (has & d->all) == d->all && (has & d->some) != 0;
}

void
san_text_classes(struct san_text_conf *c)
{
	memset(c->want, 0, sizeof(c->want));
	memset(c->begins, 0, sizeof(c->begins));
	for (unsigned i = 0; i < 256; i++)
		c->byte[i] = scan_class(i);
	memset(c->fits, 0, sizeof(c->fits));
	for (unsigned k = 0; k < SAN_KIND_REGEX; k++) {
		const struct detector *d = &scan_detectors[k];

		for (unsigned n = d->least; n <= SAN_TEXT_LEAST; n++)
			c->fits[n] |= (uint16_t)(1u << k);
		if (c->act[k] == SAN_ACT_KEEP)
			continue;
		for (unsigned i = 0; i < 256; i++) {
			c->want[i] |= (uint16_t)(scan_worth(d, i) << k);
			c->begins[i] |= (uint16_t)(scan_begins(d, i) << k);
		}
	}
}

/* The longest find of these detectors that begins at i. */
static size_t
scan_at(const struct san_text_in *in, size_t i, unsigned kinds,
    struct san_span *best)
{
	struct san_span found;
	size_t max = 0;

	for (; kinds != 0; kinds &= kinds - 1) {
		unsigned k = (unsigned)__builtin_ctz(kinds);
		size_t n = scan_detectors[k].find(in, i, &found);

		if (n <= max)
			continue;
		max = n;
		*best = found;
	}
	return max;
}

/*
 * scan_seek -- the first position from i on, in front of `end`, that is worth
 * a look, and the detectors for it: none in the middle of letters and digits,
 * but for a number behind letters ("ip10.1.2.3").
 */
static size_t
scan_seek(const struct san_text_in *in, size_t i, size_t end, unsigned *kinds)
{
	const uint16_t *begins = in->conf->begins;
	const uint8_t *class = in->conf->byte, *p = in->line.p;
	unsigned want = *kinds, before = i > 0 ? class[p[i - 1]] : 0;

	for (; i < end; i++) {
		unsigned now = class[p[i]];

		*kinds = want & begins[p[i]];
		if ((now & HAS_ALNUM) != 0 && (before & HAS_ALNUM) != 0)
			*kinds &= 1u << SAN_KIND_IP4;
		if (*kinds != 0)
			return i;
		before = now;
	}
	return end;
}

/* All positions of a word; where to go on, or 0: too many finds. */
static size_t
scan_word(const struct san_text_in *in, size_t i, size_t end, unsigned want,
    struct san_spans *out)
{
	for (;;) {
		unsigned kinds = want;
		struct san_span found;
		size_t n;

		i = scan_seek(in, i, end, &kinds);
		if (i >= end)
			return i;
		n = scan_at(in, i, kinds, &found);
		if (n == 0) {
			i++;
			continue;
		}
		if (out->n == SAN_TEXT_SPANS)
			return 0;
		out->at[out->n++] = found;
		i += n;
	}
}

/*
 * scan_may6 -- a word with colons or dots may hold an IPv6 address: "::", six
 * colons, or a reverse name. Most have a time of day.
 */
static bool
scan_may6(const uint8_t *p, size_t n)
{
	unsigned colons = 0;

	for (size_t i = 0; i + 1 < n; i++) {
		colons += p[i] == ':';
		if (p[i] == ':' && p[i + 1] == ':')
			return true;
		if ((p[i] | 0x20) == 'i' && (p[i + 1] | 0x20) == 'p')
			return true;
	}
	return colons >= 6;
}

/*
 * scan_may4 -- a word without dots and dashes may hold an IPv4 address as
 * 10[dot]1[dot]2[dot]3, 10_1_2_3, 10%2e1%2e2%2e3. Most are "sshd[1234]:".
 */
static bool
scan_may4(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		if ((p[i] | 0x20) == 'd' && (p[i + 1] | 0x20) == 'o')
			return true;
		if ((p[i] == '_' || p[i] == '%') && san_is_digit(p[i + 1]))
			return true;
	}
	return false;
}

static size_t
scan_least(size_t n)
{
	return n < SAN_TEXT_LEAST ? n : SAN_TEXT_LEAST;
}

/* A word: bytes [from, to) of the line, and what stands in them. */
struct word {
	size_t from, to;
	uint8_t has, last;
};

/* scan_next -- the word at or behind `at`; an empty one at the line's end. */
static struct word
scan_next(const struct san_text_in *in, size_t at)
{
	const uint8_t *class = in->conf->byte, *p = in->line.p;
	size_t n = in->line.n, i = at;
	struct word w = {.has = 0};

	while (i < n && class[p[i]] == 0)
		i++;
	for (w.from = i; i < n && class[p[i]] != 0; i++) {
		w.has |= w.last;
		w.last = class[p[i]];
	}
	w.to = i;
	return w;
}

/* scan_want -- the detectors that a word is worth. */
static unsigned
scan_want(const struct san_text_in *in, const struct word *w)
{
	unsigned want = in->conf->want[w->has | (w->last & HAS_ALNUM)] &
	                in->conf->fits[scan_least(w->to - w->from)];

	if ((want & 1u << SAN_KIND_IP6) != 0 &&
	    !scan_may6(in->line.p + w->from, w->to - w->from))
		want &= ~(1u << SAN_KIND_IP6);
	if ((want & 1u << SAN_KIND_IP4) != 0 &&
	    ((w->has | w->last) & (HAS_DOT | HAS_DASH)) == 0 &&
	    !scan_may4(in->line.p + w->from, w->to - w->from))
		want &= ~(1u << SAN_KIND_IP4);
	return want;
}

bool
san_text_scan(const struct san_text_in *in, struct san_spans *out)
{
	size_t i = 0;

	out->n = 0;
	while (i < in->line.n) {
		struct word w = scan_next(in, i);
		unsigned want = scan_want(in, &w);
		size_t end = w.to;

		i = w.to;
		if (want == 0)
			continue;
		if (((w.has | w.last) & ~HAS_ALNUM) == 0 &&
		    (want & 1u << SAN_KIND_IP4) == 0)
			end = w.from + 1; /* scan_seek has no other position */
		end = scan_word(in, w.from, end, want, out);
		if (end == 0)
			return false;
		i = end > i ? end : i;
	}
	return true;
}

bool
san_text_is(struct d4_slice s, const char *word, size_t n)
{
	if (s.n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = s.p[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (c != (uint8_t)word[i])
			return false;
	}
	return true;
}

/* Where a find that begins at `from` belongs. */
static size_t
merge_place(const struct san_spans *s, size_t from)
{
	size_t i = s->n;

	while (i > 0 && s->at[i - 1].to > from)
		i--;
	return i;
}

bool
san_text_merge(struct san_spans *s, const struct san_span *add)
{
	size_t i = merge_place(s, add->from), k = i;
	struct san_span all = *add;

	/* at[i..k) overlap: one find over all of them. */
	for (; k < s->n && s->at[k].from < all.to; k++) {
		const struct san_span *old = &s->at[k];

		if (old->from >= all.from && old->to <= all.to)
			continue;
		all.from = old->from < all.from ? old->from : all.from;
		all.to = old->to > all.to ? old->to : all.to;
		all.form = SAN_FORM_MASK;
	}
	if (k == i && s->n == SAN_TEXT_SPANS)
		return false;
	memmove(&s->at[i + 1], &s->at[k], (s->n - k) * sizeof(s->at[0]));
	s->n = s->n - (k - i) + 1;
	s->at[i] = all;
	return true;
}
