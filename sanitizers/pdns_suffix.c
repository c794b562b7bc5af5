/* Sets of suffixes. */
#include <stdlib.h>
#include <string.h>
#include "sanitizers/pdns_name.h"

/*
 * A hash table of the suffixes' texts. The hash runs over whole labels from
 * the right, so one walk over a name tries all of its suffixes. Most are none:
 * a bit for each of 4,096 values of the hash's top says so without the table.
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
	uint64_t maybe[64];
};

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

/* suffix_find -- where the suffix is, or the empty place where it would be. */
static struct suffix *
suffix_find(const struct san_suffixes *s, uint64_t hash, struct d4_slice text)
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

static inline uint64_t
suffix_bit(uint64_t hash)
{
	return UINT64_C(1) << (hash >> 52 & 63);
}

static enum d4_status
suffix_grow(struct san_suffixes *s)
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
			*suffix_find(s, o->hash, d4_slice_of(o->text, o->n)) =
			    *o;
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
	if (2 * (s->n + 1) > s->cap && suffix_grow(s) != D4_OK)
		return D4_ENOMEM;
	for (unsigned i = n.n_labels; i-- > 0;)
		h = san_name_hash_label(h, san_name_label(&n, i));
	at = suffix_find(s, h, d4_slice_of(n.text, n.n));
	if (at->text != NULL)
		return D4_OK;
	at->text = malloc(n.n);
	if (at->text == NULL)
		return D4_ENOMEM;
	memcpy(at->text, n.text, n.n);
	at->n = n.n;
	at->hash = h;
	s->maybe[h >> 58] |= suffix_bit(h);
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

		h = san_name_hash_label(h, san_name_label(n, i));
		if ((s->maybe[h >> 58] & suffix_bit(h)) == 0)
			continue;
		if (suffix_find(s, h, d4_slice_of(n->text + from, n->n - from))
			->text != NULL)
			return true;
	}
	return false;
}
