/* The audit's book: which address stands where, how often. */
#include <stdlib.h>
#include <string.h>
#include "tools/audit.h"

#define BOOK_FIRST 1024u
#define BOOK_OTHER "(other)"

enum d4_status
audit_book_init(struct audit_book *b)
{
	*b = (struct audit_book){.cap = BOOK_FIRST};
	b->hit = calloc(b->cap, sizeof(*b->hit));
	b->slot = calloc(2 * b->cap, sizeof(*b->slot));
	b->place = calloc(AUDIT_PLACES, sizeof(*b->place));
	b->mask = 2 * b->cap - 1;
	return b->hit != NULL && b->slot != NULL && b->place != NULL
	           ? D4_OK
	           : D4_ENOMEM;
}

void
audit_book_fini(struct audit_book *b)
{
	free(b->hit);
	free(b->slot);
	free(b->place);
	*b = (struct audit_book){.n = 0};
}

static uint16_t
book_place(struct audit_book *b, const char *name)
{
	unsigned i = 0;

	while (i < b->places && strcmp(b->place[i], name) != 0)
		i++;
	if (i < b->places)
		return (uint16_t)i;
	if (i == AUDIT_PLACES)
		return AUDIT_PLACES - 1;
	(void)snprintf(b->place[i], AUDIT_PLACE, "%s",
	    i == AUDIT_PLACES - 1 ? BOOK_OTHER : name);
	b->places++;
	return (uint16_t)i;
}

/* FNV-1a; the input can make chains long only by its own addresses. */
static size_t
book_hash(const struct audit_hit *h)
{
	uint64_t x = 1469598103934665603u;

	for (unsigned i = 0; i < sizeof(h->addr.b); i++)
		x = (x ^ h->addr.b[i]) * 1099511628211u;
	x = (x ^ h->addr.family) * 1099511628211u;
	x = (x ^ h->place) * 1099511628211u;
	x = (x ^ h->spelling) * 1099511628211u;
	return (size_t)(x ^ x >> 29);
}

static bool
book_same(const struct audit_hit *a, const struct audit_hit *b)
{
	return a->place == b->place && a->spelling == b->spelling &&
	       a->addr.family == b->addr.family &&
	       memcmp(a->addr.b, b->addr.b, sizeof(a->addr.b)) == 0;
}

/* book_slot -- where the hit is, or the free slot where it goes. */
static uint32_t *
book_slot(const struct audit_book *b, const struct audit_hit *h)
{
	size_t i = book_hash(h) & b->mask;

	while (b->slot[i] != 0 && !book_same(&b->hit[b->slot[i] - 1], h))
		i = (i + 1) & b->mask;
	return &b->slot[i];
}

/* book_grow -- twice the room; false: it stays as it is. */
static bool
book_grow(struct audit_book *b)
{
	struct audit_hit *hit;
	uint32_t *slot;

	if (b->cap == AUDIT_HITS)
		return false;
	slot = calloc(4 * b->cap, sizeof(*slot));
	hit = slot == NULL ? NULL : realloc(b->hit, 2 * b->cap * sizeof(*hit));
	if (hit == NULL) {
		free(slot);
		return false;
	}
	free(b->slot);
	b->hit = hit;
	b->slot = slot;
	b->cap *= 2;
	b->mask = 2 * b->cap - 1;
	for (size_t i = 0; i < b->n; i++)
		*book_slot(b, &b->hit[i]) = (uint32_t)i + 1;
	return true;
}

void
audit_book_note(struct audit_book *b, const struct d4_addr *a,
    const struct audit_spot *spot)
{
	struct audit_hit h = {.spelling = (uint8_t)spot->spelling};
	struct audit_hit *at;
	uint32_t *slot;

	h.place = book_place(b, spot->place);
	h.addr.family = a->family;
	memcpy(h.addr.b, a->b, a->family == 4 ? 4 : sizeof(a->b));
	slot = book_slot(b, &h);
	if (*slot == 0 && b->n == b->cap) {
		if (!book_grow(b)) {
			b->full = true;
			return;
		}
		slot = book_slot(b, &h);
	}
	if (*slot == 0) {
		b->hit[b->n] = h;
		*slot = (uint32_t)++b->n;
	}
	at = &b->hit[*slot - 1];
	at->field |= spot->field && spot->side == AUDIT_IN;
	if (at->n[spot->side]++ == 0) {
		at->record[spot->side] = spot->record;
		at->at[spot->side] = spot->at;
	}
}

static int
book_order_addr(const void *x, const void *y)
{
	const struct d4_addr *a = x, *b = y;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, sizeof(a->b));
}

static int
book_order(const void *x, const void *y)
{
	const struct audit_hit *a = x, *b = y;

	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	if (a->spelling != b->spelling)
		return a->spelling < b->spelling ? -1 : 1;
	return book_order_addr(&a->addr, &b->addr);
}

void
audit_book_sort(struct audit_book *b)
{
	qsort(b->hit, b->n, sizeof(*b->hit), book_order);
}

struct d4_addr *
audit_book_own(const struct audit_book *b, size_t *n)
{
	struct d4_addr *own = calloc(b->n + 1, sizeof(*own));
	size_t m = 0;

	*n = 0;
	if (own == NULL)
		return NULL;
	for (size_t i = 0; i < b->n; i++) {
		if (b->hit[i].n[AUDIT_IN] != 0 &&
		    (b->hit[i].field || b->hit[i].spelling == AUDIT_TEXT ||
			b->hit[i].spelling == AUDIT_CODED))
			own[m++] = b->hit[i].addr;
	}
	qsort(own, m, sizeof(*own), book_order_addr);
	for (size_t i = 0; i < m; i++) {
		if (*n == 0 || book_order_addr(&own[*n - 1], &own[i]) != 0)
			own[(*n)++] = own[i];
	}
	return own;
}

bool
audit_own_has(const struct d4_addr *own, size_t n, const struct d4_addr *a)
{
	return bsearch(a, own, n, sizeof(*own), book_order_addr) != NULL;
}
