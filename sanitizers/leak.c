#include <string.h>
#include "sanitizers/find.h"
#include "sanitizers/find_hidden.h"
#include "sanitizers/leak.h"

void
san_leak_init(struct san_leak *l, const struct san_addr *addr)
{
	memset(l, 0, sizeof(*l));
	l->addr = addr;
}

void
san_leak_begin(struct san_leak *l)
{
	l->n_fixed = 0;
	san_check_reset(&l->check);
}

bool
san_leak_on(const struct san_leak *l)
{
	return l->addr != NULL && l->addr->scope.n != 0;
}

void
san_leak_fixed(struct san_leak *l, const struct d4_addr *a)
{
	if (l->n_fixed < SAN_LEAK_FIXED &&
	    d4_prefix_set_find(&l->addr->scope, a) != NULL)
		l->fixed[l->n_fixed++] = *a;
}

/* leak_counts -- no address that the operator or the mapping leaves as is. */
static bool
leak_counts(const struct san_leak *l, const struct d4_addr *a)
{
	for (unsigned i = 0; i < l->n_fixed; i++) {
		if (memcmp(&l->fixed[i], a, sizeof(*a)) == 0)
			return false;
	}
	return d4_prefix_set_find(&l->addr->keep, a) == NULL;
}

bool
san_leak_note(struct san_leak *l, struct d4_slice text)
{
	struct san_find f = {.text = text, .hints = &l->addr->hints};
	struct d4_addr a;
	bool any = false;

	while (san_find_next(&f, &a)) {
		if (leak_counts(l, &a))
			any |= san_scope_note(&l->addr->scope, &a, &l->check);
	}
	return any;
}

static bool
leak_wanted(const void *arg, const struct d4_addr *a)
{
	const struct san_leak *l = arg;

	return san_scope_has(&l->addr->scope, a) && leak_counts(l, a);
}

/* leak_plain -- some address as usual; nothing is noted. */
static bool
leak_plain(const struct san_leak *l, struct d4_slice text)
{
	struct san_find f = {.text = text, .hints = &l->addr->hints};
	struct d4_addr a;

	while (san_find_next(&f, &a)) {
		if (leak_wanted(l, &a))
			return true;
	}
	return false;
}

unsigned
san_leak_find(struct san_leak *l, struct d4_slice made)
{
	struct san_wanted w = {leak_wanted, l, &l->addr->hints};
	unsigned found = san_sweep(made, &w, 0, true);

	/* What is hidden ends the sweep. */
	if ((found & SAN_FOUND_ADDRESS) == SAN_FOUND_HIDDEN &&
	    leak_plain(l, made))
		found |= SAN_FOUND_PLAIN;
	return found;
}

enum d4_reason
san_leak_judge(struct san_leak *l, struct d4_slice made, unsigned found)
{
	if (l->check.full || san_check_hit(&l->check, made) ||
	    (l->cuts && (found & SAN_FOUND_PLAIN) != 0))
		return D4_R_SELFCHECK;
	return (found & SAN_FOUND_HIDDEN) != 0 ? D4_R_ADDR_DROP : D4_R_NONE;
}
