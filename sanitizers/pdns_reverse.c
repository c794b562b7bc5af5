/* Addresses that names spell. */
#include "sanitizers/find_hidden.h"
#include "sanitizers/pdns_name.h"

int
san_name_nibble(struct d4_slice l)
{
	return l.n == 1 ? san_hex_digit(l.p[0]) : -1;
}

int
san_name_octet(struct d4_slice l)
{
	int v = 0;

	if (l.n == 0 || l.n > 3 || (l.n > 1 && l.p[0] == '0'))
		return -1;
	for (size_t i = 0; i < l.n; i++) {
		if (l.p[i] < '0' || l.p[i] > '9')
			return -1;
		v = v * 10 + (l.p[i] - '0');
	}
	return v <= 255 ? v : -1;
}

static bool
reverse_in_scope(const struct d4_prefix_set *scope, const struct d4_prefix *p)
{
	if (scope == NULL)
		return true;
	for (size_t i = 0; i < scope->n; i++) {
		if (d4_prefix_overlap(&scope->list[i], p))
			return true;
	}
	return false;
}

/* reverse_ip4 -- octets to the left of in-addr.arpa: a prefix of 8 to 32. */
static bool
reverse_ip4(const struct san_name *n, const struct d4_prefix_set *scope)
{
	struct d4_prefix p = {.addr.family = 4};
	unsigned i = n->n_labels - 2, k = 0;
	int v;

	while (i > 0 && k < 4 &&
	       (v = san_name_octet(san_name_label(n, i - 1))) >= 0) {
		p.addr.b[k++] = (uint8_t)v;
		i--;
	}
	p.len = (uint8_t)(8 * k);
	/* The zone itself says nothing about anybody. */
	return k != 0 && reverse_in_scope(scope, &p);
}

static bool
reverse_ip6(const struct san_name *n, const struct d4_prefix_set *scope)
{
	struct d4_prefix p = {.addr.family = 6};
	unsigned i = n->n_labels - 2, k = 0;

	for (; i > 0 && k < 32; i--, k++) {
		int v = san_name_nibble(san_name_label(n, i - 1));

		if (v < 0)
			break;
		p.addr.b[k / 2] |= (uint8_t)(k % 2 == 0 ? v << 4 : v);
	}
	p.len = (uint8_t)(4 * k);
	return k != 0 && reverse_in_scope(scope, &p);
}

/* reverse_octets_at -- four octets from label i on, in either direction. */
static bool
reverse_octets_at(
    const struct san_name *n, unsigned i, const struct d4_prefix_set *scope)
{
	struct d4_prefix back = {.addr.family = 4, .len = 32};
	struct d4_prefix forth = back;

	for (unsigned k = 0; k < 4; k++) {
		int v = san_name_octet(san_name_label(n, i + k));

		if (v < 0)
			return false;
		forth.addr.b[k] = (uint8_t)v;
		back.addr.b[3 - k] = (uint8_t)v;
	}
	return reverse_in_scope(scope, &back) ||
	       reverse_in_scope(scope, &forth);
}

/* reverse_nibbles_at -- 32 nibbles from label i on, in either direction. */
static bool
reverse_nibbles_at(
    const struct san_name *n, unsigned i, const struct d4_prefix_set *scope)
{
	struct d4_prefix back = {.addr.family = 6, .len = 128};
	struct d4_prefix forth = back;

	for (unsigned k = 0; k < 32; k++) {
		int v = san_name_nibble(san_name_label(n, i + k));

		if (v < 0)
			return false;
		forth.addr.b[k / 2] |= (uint8_t)(k % 2 == 0 ? v << 4 : v);
		back.addr.b[15 - k / 2] |= (uint8_t)(k % 2 == 0 ? v : v << 4);
	}
	return reverse_in_scope(scope, &back) ||
	       reverse_in_scope(scope, &forth);
}

static bool
reverse_ends(const struct san_name *n, const char *last_but_one)
{
	return n->n_labels > 2 &&
	       d4_slice_eqs(san_name_label(n, n->n_labels - 1), "arpa") &&
	       d4_slice_eqs(san_name_label(n, n->n_labels - 2), last_but_one);
}

bool
san_name_reverse(const struct san_name *n, const struct d4_prefix_set *scope)
{
	if (reverse_ends(n, "in-addr") && reverse_ip4(n, scope))
		return true;
	if (reverse_ends(n, "ip6") && reverse_ip6(n, scope))
		return true;
	if (!n->digits)
		return false;
	for (unsigned i = 0; i + 4 <= n->n_labels; i++) {
		if (reverse_octets_at(n, i, scope))
			return true;
		if (i + 32 <= n->n_labels && reverse_nibbles_at(n, i, scope))
			return true;
	}
	return false;
}
