#include <string.h>
#include "sanitizers/hints.h"

static const uint8_t hints_low[] = "0123456789abcdef";
static const uint8_t hints_high[] = "0123456789ABCDEF";

static void
hints_set(uint32_t *map, unsigned v)
{
	map[v / 32] |= UINT32_C(1) << v % 32;
}

/* hints_end -- one more last digit; of too many only the number is known. */
static void
hints_end(struct san_ends *e, uint8_t digit)
{
	for (unsigned i = 0; i < e->n && i < SAN_MASKS_ENDS; i++) {
		if (e->c[i][0] == digit)
			return;
	}
	if (e->n < SAN_MASKS_ENDS)
		memset(e->c[e->n], digit, sizeof(e->c[0]));
	if (e->n <= SAN_MASKS_ENDS)
		e->n++;
}

/* hints_front -- a digit and the one in front of it; 0: any byte is. */
static void
hints_front(struct san_hints *h, unsigned far, unsigned near)
{
	if (near < 'A' || near > 'F')
		hints_end(&h->ends, (uint8_t)near);
	if (far != 0)
		hints_set(h->front, far << 8 | near);
	for (unsigned c = 0; far == 0 && c < 256; c++)
		hints_set(h->front, c << 8 | near);
}

/* hints_octet -- how the number of a first octet ends. */
static void
hints_octet(struct san_hints *h, unsigned v)
{
	h->first[v] = true;
	hints_front(h, v < 10 ? 0 : hints_low[v / 10 % 10], hints_low[v % 10]);
	hints_front(h, v < 8 ? 0 : hints_low[v / 8 % 8], hints_low[v % 8]);
	for (unsigned k = 0; k < 4; k++) {
		const uint8_t *far = k < 2 ? hints_low : hints_high;
		const uint8_t *near = k % 2 == 0 ? hints_low : hints_high;

		hints_front(h, far[v >> 4], near[v & 15]);
	}
	if (v < 16) { /* 0xa */
		hints_front(h, 'x', hints_low[v]);
		hints_front(h, 'x', hints_high[v]);
		hints_front(h, 'X', hints_low[v]);
		hints_front(h, 'X', hints_high[v]);
	}
}

/* hints_begin -- the first 16 bits of a prefix. */
static void
hints_begin(uint32_t *map, const struct d4_prefix *p)
{
	unsigned from = (unsigned)p->addr.b[0] << 8 | p->addr.b[1];
	unsigned n = p->len < 16 ? 1u << (16 - p->len) : 1;

	for (unsigned v = from; v < from + n; v++)
		hints_set(map, v);
}

/* Where IPv4 addresses are inside, see san_scope_note; 6to4, Teredo. */
static void
hints_embeds(struct san_hints *h)
{
	static const uint16_t groups[] = {0x0000, 0x0064, 0x2001, 0x2002};

	h->embeds = true;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		hints_set(h->group, groups[i]);
}

void
san_hints_of(const struct d4_prefix_set *scope, struct san_hints *h)
{
	memset(h, 0, sizeof(*h));
	for (size_t i = 0; i < scope->n; i++) {
		const struct d4_prefix *p = &scope->list[i];
		unsigned n = p->len < 8 ? 1u << (8 - p->len) : 1;

		if (p->addr.family == 6) {
			hints_begin(h->group, p);
			continue;
		}
		hints_begin(h->pair, p);
		hints_embeds(h);
		for (unsigned k = 0; k < n; k++)
			hints_octet(h, p->addr.b[0] + k);
	}
}
