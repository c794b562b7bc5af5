#include <stdlib.h>
#include "guard.h"
#include "prop.h"
#include "sanitizers/packet_look.h"
#include "sanitizers/selfcheck.h"
#include "test.h"
#include "ways.h"

#define TURNS 3000u

static void (*const way[])(const struct pkt_looks *, struct pkt_look *) = WAYS(
    pkt_look);

/* Records in a row, with room for what is read behind them. */
struct row {
	struct pkt_looks looks;
	size_t n;
	uint8_t b[PKT_LOOK_MANY * 110 + PKT_LOOK_PAD];
};

/* Somewhere in a record: an address as bytes, turned, or as a text. */
static void
put_address(struct prop *r, uint8_t *rec, size_t n, uint32_t a)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%u.%u.%u.%u", a >> 24,
	    a >> 16 & 255, a >> 8 & 255, a & 255);
	uint32_t turned = __builtin_bswap32(a);

	switch (prop_below(r, 4)) {
	case 0:
		memcpy(rec + prop_below(r, n - 3), &a, 4);
		break;
	case 1:
		memcpy(rec + prop_below(r, n - 3), &turned, 4);
		break;
	case 2:
		memcpy(rec + prop_below(r, n - (size_t)len + 1), text,
		    (size_t)len);
		break;
	default:
		break;
	}
}

static void
make_row(struct prop *r, struct row *w)
{
	struct pkt_looks *l = &w->looks;
	uint32_t *addr = l->addr;

	memset(w, 0, sizeof(*w));
	l->n = 1 + prop_below(r, PKT_LOOK_MANY);
	for (size_t i = 0; i < l->n; i++) {
		uint8_t *rec = w->b + w->n;

		l->size[i] = (uint8_t)(58 + prop_below(r, 53));
		for (size_t k = 0; k < l->size[i]; k += 1 + prop_below(r, 3))
			rec[k] = (uint8_t)prop_next(r);
		l->n_addr[i] = (uint8_t)prop_below(r, PKT_LOOK_ADDRS + 1);
		for (size_t k = 0; k < l->n_addr[i]; k++) {
			addr[k] = (uint32_t)prop_next(r);
			if (prop_below(r, 8) == 0)
				put_address(r, rec, l->size[i], addr[k]);
		}
		addr += l->n_addr[i];
		w->n += l->size[i];
	}
}

static bool
hit(const struct pkt_looks *l, const struct pkt_look *at)
{
	struct san_check c;

	san_check_reset(&c);
	for (size_t i = 0; i < l->n_addr[at->i]; i++)
		san_check_add4(&c, at->addr[i]);
	return san_check_hit(&c, d4_slice_of(at->rec, l->size[at->i]));
}

/* Goes the way; what it passes over is looked at. Answers how many it did. */
static size_t
walk(const struct pkt_looks *l, const uint8_t *rec, unsigned k)
{
	struct pkt_look at = {.rec = rec, .addr = l->addr}, to;
	size_t passed = 0;

	while (at.i < l->n) {
		to = at;
		way[k](l, &to);
		for (; at.i < to.i; passed++) {
			assert_false(hit(l, &at));
			pkt_look_on(l, &at);
		}
		assert_ptr_equal(at.rec, to.rec);
		assert_ptr_equal(at.addr, to.addr);
		if (at.i < l->n)
			pkt_look_on(l, &at);
	}
	return passed;
}

/* At the edge of a page: no more is read behind the last than is said. */
static void
what_is_passed_over_has_none_of_the_addresses(void **state)
{
	uint64_t seed = prop_seed();
	size_t passed[COUNT(way)] = {0}, all = 0;
	struct row *w = malloc(sizeof(*w));

	(void)state;
	assert_non_null(w);
	for (uint64_t i = 0; i < TURNS; i++) {
		struct prop r = prop_case(seed, i);
		struct d4_slice in;
		struct guard g;

		make_row(&r, w);
		in = guard_new(&g, d4_slice_of(w->b, w->n + PKT_LOOK_PAD));
		for (unsigned k = 0; k < COUNT(way); k++) {
			if (ways_has(k))
				passed[k] += walk(&w->looks, in.p, k);
		}
		guard_free(&g);
		all += w->looks.n;
	}
	/* Few of random records look like it: else nothing is gained. */
	for (unsigned k = 0; k < COUNT(way); k++)
		assert_true(!ways_has(k) || passed[k] > all / 2);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_passed_over_has_none_of_the_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
