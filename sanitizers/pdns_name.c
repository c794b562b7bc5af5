#include <stdlib.h>
#include <string.h>
#include "sanitizers/pdns_name.h"

/* What each byte of a name becomes: lower case; 0 where none is allowed. */
#define ROW(a) \
	(a), (a) + 1, (a) + 2, (a) + 3, (a) + 4, (a) + 5, (a) + 6, (a) + 7
static const uint8_t name_lower[256] = {[0x21] = 0x21,
    0x22,
    0x23,
    0x24,
    0x25,
    0x26,
    0x27,
    [0x28] = ROW(0x28),
    ROW(0x30),
    ROW(0x38),
    [0x40] = 0x40,
    ROW(0x61),
    ROW(0x69),
    ROW(0x71),
    0x79,
    0x7a,
    [0x5b] = 0x5b,
    0,
    0x5d,
    0x5e,
    0x5f,
    [0x60] = ROW(0x60),
    ROW(0x68),
    ROW(0x70),
    0x78,
    0x79,
    0x7a,
    [0x7b] = 0x7b,
    0x7c,
    0x7d,
    0x7e};
#undef ROW

static bool
name_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static int
name_nibble(uint8_t c)
{
	if (name_is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct d4_slice
name_label(const struct san_name *n, unsigned i)
{
	return d4_slice_of(
	    n->text + n->at[i], (size_t)(n->at[i + 1] - n->at[i] - 1));
}

/* name_end_label -- the label that ends before position end. */
static bool
name_end_label(struct san_name *out, size_t end)
{
	size_t from = out->at[out->n_labels], n = end - from;

	if (n == 0 || n > 63 || out->n_labels == SAN_NAME_LABELS)
		return false;
	out->digits |= n == 1; /* it may be a nibble */
	out->at[++out->n_labels] = (uint8_t)(end + 1);
	return true;
}

bool
san_name_parse(struct d4_slice in, struct san_name *out)
{
	out->n_labels = 0;
	out->at[0] = 0;
	out->digits = false;
	out->n = 0;
	if (in.n != 0 && in.p[in.n - 1] == '.')
		in.n--; /* the root's dot */
	else if (in.n == 0)
		return false;
	if (in.n > SAN_NAME_MAX)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = name_lower[in.p[i]];

		if (c == 0 || (c == '.' && !name_end_label(out, i)))
			return false;
		out->text[i] = c;
		out->digits |= name_is_digit(c);
	}
	out->n = in.n;
	return in.n == 0 || name_end_label(out, in.n);
}

bool
san_name_denied_label(const struct san_name *n)
{
	static const char *const denied[] = {"wpad", "isatap", "_msdcs"};

	for (unsigned i = 0; i < n->n_labels; i++) {
		struct d4_slice l = name_label(n, i);

		if (l.n != 4 && l.n != 6)
			continue;
		for (unsigned k = 0; k < 3; k++) {
			if (d4_slice_eqs(l, denied[k]))
				return true;
		}
	}
	return false;
}

/* ---- sets of suffixes ---- */

/*
 * A hash table of the suffixes' texts. The hash runs over whole labels from
 * the right, so one walk over a name tries all of its suffixes.
 */
struct suffix {
	uint64_t hash;
	uint8_t *text; /* NULL: an empty place */
	size_t n;
};

struct san_suffixes {
	struct suffix *slot;
	size_t n, cap; /* cap is a power of two, at least 2n */
	unsigned labels_max;
};

static uint64_t
name_hash_label(uint64_t h, struct d4_slice l)
{
	uint64_t x = 0;

	for (size_t i = 0; i < l.n; i++) {
		x = x << 8 | l.p[i];
		if (i % 8 != 7)
			continue;
		h = (h ^ x) * UINT64_C(0xff51afd7ed558ccd);
		x = 0;
	}
	h = (h ^ x ^ (uint64_t)l.n << 56) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 31;
}

struct san_suffixes *
san_suffixes_new(void)
{
	return calloc(1, sizeof(struct san_suffixes));
}

void
san_suffixes_free(struct san_suffixes *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->cap; i++)
		free(s->slot[i].text);
	free(s->slot);
	free(s);
}

/* name_find -- where the suffix is, or the empty place where it would be. */
static struct suffix *
name_find(const struct san_suffixes *s, uint64_t hash, struct d4_slice text)
{
	for (size_t i = hash & (s->cap - 1);; i = (i + 1) & (s->cap - 1)) {
		struct suffix *at = &s->slot[i];

		if (at->text == NULL)
			return at;
		if (at->hash == hash &&
		    d4_slice_eq(d4_slice_of(at->text, at->n), text))
			return at;
	}
}

static enum d4_status
name_grow(struct san_suffixes *s)
{
	struct san_suffixes old = *s;

	s->cap = old.cap == 0 ? 64 : old.cap * 2;
	s->slot = calloc(s->cap, sizeof(*s->slot));
	if (s->slot == NULL) {
		*s = old;
		return D4_ENOMEM;
	}
	for (size_t i = 0; i < old.cap; i++) {
		struct suffix *o = &old.slot[i];

		if (o->text != NULL)
			*name_find(s, o->hash, d4_slice_of(o->text, o->n)) = *o;
	}
	free(old.slot);
	return D4_OK;
}

enum d4_status
san_suffixes_add(struct san_suffixes *s, struct d4_slice suffix)
{
	struct san_name n;
	struct suffix *at;
	uint64_t h = 0;

	if (suffix.n != 0 && suffix.p[0] == '.')
		(void)d4_slice_skip(&suffix, 1);
	if (!san_name_parse(suffix, &n) || n.n_labels == 0)
		return D4_EMALFORMED;
	if (2 * (s->n + 1) > s->cap && name_grow(s) != D4_OK)
		return D4_ENOMEM;
	for (unsigned i = n.n_labels; i-- > 0;)
		h = name_hash_label(h, name_label(&n, i));
	at = name_find(s, h, d4_slice_of(n.text, n.n));
	if (at->text != NULL)
		return D4_OK;
	at->text = malloc(n.n);
	if (at->text == NULL)
		return D4_ENOMEM;
	memcpy(at->text, n.text, n.n);
	at->n = n.n;
	at->hash = h;
	s->n++;
	if (n.n_labels > s->labels_max)
		s->labels_max = n.n_labels;
	return D4_OK;
}

bool
san_suffixes_has(const struct san_suffixes *s, const struct san_name *n)
{
	unsigned last =
	    n->n_labels > s->labels_max ? n->n_labels - s->labels_max : 0;
	uint64_t h = 0;

	if (s->n == 0)
		return false;
	for (unsigned i = n->n_labels; i-- > last;) {
		size_t from = n->at[i];

		h = name_hash_label(h, name_label(n, i));
		if (name_find(s, h, d4_slice_of(n->text + from, n->n - from))
			->text != NULL)
			return true;
	}
	return false;
}

/* ---- addresses inside names ---- */

/* name_octet -- the number of a label "0".."255" without needless zeros, or -1.
 */
static int
name_octet(struct d4_slice l)
{
	int v = 0;

	if (l.n == 0 || l.n > 3 || (l.n > 1 && l.p[0] == '0'))
		return -1;
	for (size_t i = 0; i < l.n; i++) {
		if (!name_is_digit(l.p[i]))
			return -1;
		v = v * 10 + (l.p[i] - '0');
	}
	return v <= 255 ? v : -1;
}

static bool
name_in_scope(const struct d4_prefix_set *scope, const struct d4_prefix *p)
{
	if (scope == NULL)
		return true;
	for (size_t i = 0; i < scope->n; i++) {
		if (d4_prefix_overlap(&scope->list[i], p))
			return true;
	}
	return false;
}

/* name_reverse4 -- octets to the left of in-addr.arpa: a prefix of 8 to 32. */
static bool
name_reverse4(const struct san_name *n, const struct d4_prefix_set *scope)
{
	struct d4_prefix p = {.addr.family = 4};
	unsigned i = n->n_labels - 2, k = 0;
	int v;

	while (i > 0 && k < 4 && (v = name_octet(name_label(n, i - 1))) >= 0) {
		p.addr.b[k++] = (uint8_t)v;
		i--;
	}
	p.len = (uint8_t)(8 * k);
	/* The zone itself says nothing about anybody. */
	return k != 0 && name_in_scope(scope, &p);
}

static bool
name_reverse6(const struct san_name *n, const struct d4_prefix_set *scope)
{
	struct d4_prefix p = {.addr.family = 6};
	unsigned i = n->n_labels - 2, k = 0;

	for (; i > 0 && k < 32; i--, k++) {
		struct d4_slice l = name_label(n, i - 1);
		int v = l.n == 1 ? name_nibble(l.p[0]) : -1;

		if (v < 0)
			break;
		p.addr.b[k / 2] |= (uint8_t)(k % 2 == 0 ? v << 4 : v);
	}
	p.len = (uint8_t)(4 * k);
	return k != 0 && name_in_scope(scope, &p);
}

/* name_octets_at -- four octets from label i on, in either direction. */
static bool
name_octets_at(
    const struct san_name *n, unsigned i, const struct d4_prefix_set *scope)
{
	struct d4_prefix back = {.addr.family = 4, .len = 32};
	struct d4_prefix forth = back;

	for (unsigned k = 0; k < 4; k++) {
		int v = name_octet(name_label(n, i + k));

		if (v < 0)
			return false;
		forth.addr.b[k] = (uint8_t)v;
		back.addr.b[3 - k] = (uint8_t)v;
	}
	return name_in_scope(scope, &back) || name_in_scope(scope, &forth);
}

/* name_nibbles_at -- 32 nibbles from label i on, in either direction. */
static bool
name_nibbles_at(
    const struct san_name *n, unsigned i, const struct d4_prefix_set *scope)
{
	struct d4_prefix back = {.addr.family = 6, .len = 128};
	struct d4_prefix forth = back;

	for (unsigned k = 0; k < 32; k++) {
		struct d4_slice l = name_label(n, i + k);
		int v = l.n == 1 ? name_nibble(l.p[0]) : -1;

		if (v < 0)
			return false;
		forth.addr.b[k / 2] |= (uint8_t)(k % 2 == 0 ? v << 4 : v);
		back.addr.b[15 - k / 2] |= (uint8_t)(k % 2 == 0 ? v : v << 4);
	}
	return name_in_scope(scope, &back) || name_in_scope(scope, &forth);
}

static bool
name_ends(const struct san_name *n, const char *last_but_one)
{
	return n->n_labels > 2 &&
	       d4_slice_eqs(name_label(n, n->n_labels - 1), "arpa") &&
	       d4_slice_eqs(name_label(n, n->n_labels - 2), last_but_one);
}

bool
san_name_reverse(const struct san_name *n, const struct d4_prefix_set *scope)
{
	if (name_ends(n, "in-addr") && name_reverse4(n, scope))
		return true;
	if (name_ends(n, "ip6") && name_reverse6(n, scope))
		return true;
	if (!n->digits)
		return false;
	for (unsigned i = 0; i + 4 <= n->n_labels; i++) {
		if (name_octets_at(n, i, scope))
			return true;
		if (i + 32 <= n->n_labels && name_nibbles_at(n, i, scope))
			return true;
	}
	return false;
}
