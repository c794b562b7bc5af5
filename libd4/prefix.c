#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/prefix.h"
#include "libd4/wire.h"

#define PREFIX_FEW 8u /* so many are faster one by one */

/* What an address family holds, in bytes. */
static size_t
prefix_bytes(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

/* One decimal octet without leading zeros; NULL when there is none. */
static inline const uint8_t *
addr_octet(const uint8_t *p, const uint8_t *end, uint8_t *out)
{
	unsigned v = 0;
	const uint8_t *at = p;

	while (at < end && *at >= '0' && *at <= '9' && at - p < 3)
		v = v * 10 + (unsigned)(*at++ - '0');
	if (at == p || v > 255 || (*p == '0' && at - p > 1))
		return NULL;
	*out = (uint8_t)v;
	return at;
}

static bool
addr_parse4(struct d4_slice text, uint32_t *out)
{
	const uint8_t *p = text.p, *end = text.p + text.n;
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++) {
		uint8_t octet;

		if (i > 0 && (p == end || *p++ != '.'))
			return false;
		p = addr_octet(p, end, &octet);
		if (p == NULL)
			return false;
		v = v << 8 | octet;
	}
	*out = v;
	return p == end;
}

static enum d4_status
addr_parse6(struct d4_slice text, struct d4_addr *out)
{
	struct d4_addr a = {.family = 6};
	char z[D4_ADDR_TEXT];

	if (memchr(text.p, ':', text.n) == NULL ||
	    memchr(text.p, '\0', text.n) != NULL)
		return D4_EMALFORMED;
	memcpy(z, text.p, text.n);
	z[text.n] = '\0';
	if (inet_pton(AF_INET6, z, a.b) != 1)
		return D4_EMALFORMED;
	*out = a;
	return D4_OK;
}

/* The four bytes are written at once: they are soon read so. */
enum d4_status
d4_addr_parse(struct d4_slice text, struct d4_addr *out)
{
	uint32_t four;

	if (text.n == 0 || text.n >= D4_ADDR_TEXT)
		return D4_EMALFORMED;
	if (!addr_parse4(text, &four))
		return addr_parse6(text, out);
	*out = (struct d4_addr){.family = 4};
	d4_put_be32(out->b, four);
	return D4_OK;
}

/* Each octet with a dot. */
#define ADDR_ONES(t)                                                    \
	t "0.", t "1.", t "2.", t "3.", t "4.", t "5.", t "6.", t "7.", \
	    t "8.", t "9."
#define ADDR_TENS(h)                                              \
	ADDR_ONES(h "0"), ADDR_ONES(h "1"), ADDR_ONES(h "2"),     \
	    ADDR_ONES(h "3"), ADDR_ONES(h "4"), ADDR_ONES(h "5"), \
	    ADDR_ONES(h "6"), ADDR_ONES(h "7"), ADDR_ONES(h "8"), \
	    ADDR_ONES(h "9")

static const char addr_octets[256][4] = {ADDR_ONES(""), ADDR_ONES("1"),
    ADDR_ONES("2"), ADDR_ONES("3"), ADDR_ONES("4"), ADDR_ONES("5"),
    ADDR_ONES("6"), ADDR_ONES("7"), ADDR_ONES("8"), ADDR_ONES("9"),
    ADDR_TENS("1"), ADDR_ONES("20"), ADDR_ONES("21"), ADDR_ONES("22"),
    ADDR_ONES("23"), ADDR_ONES("24"), "250.", "251.", "252.", "253.", "254.",
    "255."};

size_t
d4_addr_text(const struct d4_addr *a, char out[D4_ADDR_TEXT])
{
	char *p = out;

	if (a->family == 4) {
		for (unsigned i = 0; i < 4; i++) {
			memcpy(p, addr_octets[a->b[i]], 4);
			p += 2 + (a->b[i] > 9) + (a->b[i] > 99);
		}
		*--p = '\0';
		return (size_t)(p - out);
	}
	/* Room is enough by definition: it cannot fail. */
	if (inet_ntop(AF_INET6, a->b, out, D4_ADDR_TEXT) == NULL)
		abort();
	return strlen(out);
}

/* How many leading bits of p and q are equal, at most max. */
static unsigned
prefix_common(const uint8_t *p, const uint8_t *q, unsigned max)
{
	unsigned bits = 0;

	while (bits + 8 <= max && p[bits / 8] == q[bits / 8])
		bits += 8;
	while (bits < max &&
	       ((p[bits / 8] ^ q[bits / 8]) & (0x80u >> bits % 8)) == 0)
		bits++;
	return bits;
}

static void
prefix_mask(struct d4_addr *a, unsigned len)
{
	size_t n = prefix_bytes(a->family);

	for (size_t i = 0; i < n; i++) {
		if (len >= 8 * (i + 1))
			continue;
		if (len <= 8 * i)
			a->b[i] = 0;
		else
			a->b[i] &= (uint8_t)(0xff00u >> len % 8);
	}
}

static bool
prefix_len_parse(struct d4_slice text, unsigned max, uint8_t *out)
{
	const uint8_t *end = text.p + text.n;
	uint8_t v;

	if (text.n == 0 || text.n > 3)
		return false;
	if (addr_octet(text.p, end, &v) != end || v > max)
		return false;
	*out = v;
	return true;
}

enum d4_status
d4_prefix_parse(struct d4_slice text, struct d4_prefix *out)
{
	struct d4_slice head = text, tail = {NULL, 0};
	struct d4_prefix p;
	struct d4_addr bare;
	const uint8_t *slash;
	unsigned max;

	slash = text.n != 0 ? memchr(text.p, '/', text.n) : NULL;
	if (slash != NULL) {
		head.n = (size_t)(slash - text.p);
		tail = d4_slice_of(slash + 1, text.n - head.n - 1);
	}
	if (d4_addr_parse(head, &p.addr) != D4_OK)
		return D4_EMALFORMED;
	max = (unsigned)prefix_bytes(p.addr.family) * 8;
	p.len = (uint8_t)max;
	if (slash != NULL && !prefix_len_parse(tail, max, &p.len))
		return D4_EMALFORMED;
	bare = p.addr;
	prefix_mask(&bare, p.len);
	if (memcmp(bare.b, p.addr.b, sizeof(bare.b)) != 0)
		return D4_EINVAL;
	*out = p;
	return D4_OK;
}

bool
d4_prefix_has(const struct d4_prefix *p, const struct d4_addr *a)
{
	return p->addr.family == a->family &&
	       prefix_common(p->addr.b, a->b, p->len) == p->len;
}

bool
d4_prefix_overlap(const struct d4_prefix *p, const struct d4_prefix *q)
{
	unsigned len = p->len < q->len ? p->len : q->len;

	return p->addr.family == q->addr.family &&
	       prefix_common(p->addr.b, q->addr.b, len) == len;
}

static int
prefix_cmp(const struct d4_prefix *p, const struct d4_prefix *q)
{
	int c;

	if (p->addr.family != q->addr.family)
		return p->addr.family < q->addr.family ? -1 : 1;
	c = memcmp(p->addr.b, q->addr.b, prefix_bytes(p->addr.family));
	if (c != 0)
		return c;
	return (int)p->len - (int)q->len;
}

/* How many entries of the set are not behind p. */
static size_t
prefix_rank(const struct d4_prefix_set *s, const struct d4_prefix *p)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (prefix_cmp(&s->list[mid], p) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Room for one more; grown at the powers of two. */
static bool
prefix_room(struct d4_prefix_set *s)
{
	struct d4_prefix *p;
	size_t cap;

	if (s->n != 0 && (s->n & (s->n - 1)) != 0)
		return true;
	cap = s->n == 0 ? 1 : s->n * 2;
	if (cap > SIZE_MAX / sizeof(*p))
		return false;
	p = realloc(s->list, cap * sizeof(*p));
	if (p == NULL)
		return false;
	s->list = p;
	return true;
}

enum d4_status
d4_prefix_set_add(struct d4_prefix_set *s, const struct d4_prefix *p)
{
	size_t at = prefix_rank(s, p);

	if (at > 0 && prefix_cmp(&s->list[at - 1], p) == 0)
		return D4_OK;
	if (!prefix_room(s))
		return D4_ENOMEM;
	memmove(&s->list[at + 1], &s->list[at], (s->n - at) * sizeof(*p));
	s->list[at] = *p;
	s->n++;
	return D4_OK;
}

static int
prefix_order(const void *a, const void *b)
{
	return prefix_cmp(a, b);
}

void
d4_prefix_set_take(struct d4_prefix_set *s, struct d4_prefix *list, size_t n)
{
	size_t kept = 0;

	if (n != 0)
		qsort(list, n, sizeof(*list), prefix_order);
	/* A wider one sorts before all that it holds. */
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || !d4_prefix_has(&list[kept - 1], &list[i].addr))
			list[kept++] = list[i];
	}
	*s = (struct d4_prefix_set){list, kept};
}

void
d4_prefix_set_fini(struct d4_prefix_set *s)
{
	free(s->list);
	*s = (struct d4_prefix_set){NULL, 0};
}

/* As d4_prefix_set_find, one by one: the longest that hold `a` sort last. */
static const struct d4_prefix *
prefix_scan(const struct d4_prefix_set *s, const struct d4_addr *a)
{
	for (size_t i = s->n; i-- > 0;) {
		const struct d4_prefix *p = &s->list[i];

		if ((p->len < 8 || p->addr.b[0] == a->b[0]) &&
		    d4_prefix_has(p, a))
			return p;
	}
	return NULL;
}

/*
 * All prefixes that hold `a` are nested, so the last entry not behind (a, all
 * its bits) is the longest match if it matches at all. If not, a match can
 * only be as long as what that entry and `a` have in common: look again.
 */
const struct d4_prefix *
d4_prefix_set_find(const struct d4_prefix_set *s, const struct d4_addr *a)
{
	struct d4_prefix key;

	if (s->n <= PREFIX_FEW)
		return prefix_scan(s, a);
	key.addr = *a;
	key.len = (uint8_t)(prefix_bytes(a->family) * 8);
	for (;;) {
		size_t at = prefix_rank(s, &key);
		const struct d4_prefix *e;

		if (at == 0 || s->list[at - 1].addr.family != a->family)
			return NULL;
		e = &s->list[at - 1];
		if (d4_prefix_has(e, a))
			return e;
		key.len = (uint8_t)prefix_common(e->addr.b, a->b, e->len);
		key.addr = *a;
		prefix_mask(&key.addr, key.len);
	}
}
