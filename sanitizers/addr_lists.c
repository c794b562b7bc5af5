/* The lists of the step `addr`: scope, into, keep. */
#include <stdlib.h>
#include <string.h>
#include "sanitizers/addr.h"
#include "sanitizers/word.h"

static enum d4_status
addr_add_set(struct d4_prefix_set *to, const struct d4_prefix_set *from)
{
	enum d4_status st = D4_OK;

	for (size_t i = 0; st == D4_OK && i < from->n; i++)
		st = d4_prefix_set_add(to, &from->list[i]);
	return st;
}

static enum d4_status
addr_network(const struct san_compile *cx, const struct d4_yaml *n,
    struct d4_prefix_set *out)
{
	const struct d4_prefix_set *set = NULL;

	if (n->kind == D4_YAML_SCALAR && cx->env->network != NULL)
		set = cx->env->network(cx->env->arg, n->text);
	if (set == NULL)
		return d4_diag_set(cx->diag, n->at,
		    "name one of the policy's networks", "no such network");
	if (set->n == 0)
		return d4_diag_set(cx->diag, n->at,
		    "an empty scope would protect nothing",
		    "network `%s` is empty", n->text);
	return addr_add_set(out, set);
}

static enum d4_status
addr_scope(
    const struct san_compile *cx, const struct d4_yaml *n, struct san_addr *c)
{
	const struct d4_yaml *item = san_item(n, 0);
	enum d4_status st = D4_OK;

	if (item == NULL)
		return d4_diag_set(cx->diag, n->at, "",
		    "scope is the name of a network, or a list of names");
	for (size_t i = 0; st == D4_OK && (item = san_item(n, i)) != NULL; i++)
		st = addr_network(cx, item, &c->scope);
	if (st == D4_OK && c->scope.n > SAN_SCOPE_MAX)
		return d4_diag_set(cx->diag, n->at, "",
		    "the scope has more than 4096 prefixes");
	return st;
}

static enum d4_status
addr_prefix(const struct san_compile *cx, const struct d4_yaml *n,
    struct d4_prefix *out)
{
	if (n->kind == D4_YAML_SCALAR &&
	    d4_prefix_parse(d4_slice_str(n->text), out) == D4_OK)
		return D4_OK;
	return d4_diag_set(cx->diag, n->at,
	    "write ADDRESS/LENGTH without host bits", "not a prefix");
}

/* Prefixes, or names of networks. */
static enum d4_status
addr_keep(
    const struct san_compile *cx, const struct d4_yaml *n, struct san_addr *c)
{
	const struct d4_yaml *item;
	enum d4_status st = D4_OK;

	for (size_t i = 0; st == D4_OK && (item = san_item(n, i)) != NULL;
	     i++) {
		struct d4_prefix p;

		if (item->kind == D4_YAML_SCALAR &&
		    strpbrk(item->text, ".:") == NULL) {
			st = addr_network(cx, item, &c->keep);
			continue;
		}
		st = addr_prefix(cx, item, &p);
		if (st == D4_OK)
			st = d4_prefix_set_add(&c->keep, &p);
	}
	return st;
}

static bool
addr_overlaps(const struct d4_prefix_set *s, const struct d4_prefix *p)
{
	for (size_t i = 0; i < s->n; i++) {
		if (d4_prefix_overlap(&s->list[i], p))
			return true;
	}
	return false;
}

/* The first scope prefix without a target that p fits, else scope.n. */
static size_t
addr_target(const struct san_addr *c, const struct d4_prefix *p)
{
	size_t i = 0;

	while (i < c->scope.n &&
	       (c->into[i].addr.family != 0 ||
		   c->scope.list[i].addr.family != p->addr.family ||
		   c->scope.list[i].len != p->len))
		i++;
	return i;
}

/* A target may be nobody's of ours. */
static enum d4_status
addr_free(const struct san_compile *cx, const struct d4_yaml *n,
    const struct san_addr *c, const struct d4_prefix *p)
{
	if (!addr_overlaps(&c->scope, p) && !addr_overlaps(&c->targets, p) &&
	    !san_addr_special(&p->addr))
		return D4_OK;
	return d4_diag_set(cx->diag, n->at,
	    "choose a prefix that is nobody's, as in 198.18.0.0/15",
	    "`%s` overlaps the scope, another target or a special range",
	    n->text);
}

/* The pool of one family: it takes all addresses of the scope. */
static enum d4_status
addr_pool_one(
    const struct san_compile *cx, const struct d4_yaml *n, struct san_addr *c)
{
	struct d4_prefix p = {0};
	enum d4_status st = addr_prefix(cx, n, &p);

	if (st == D4_OK)
		st = addr_free(cx, n, c, &p);
	if (st != D4_OK)
		return st;
	for (size_t i = 0; i < c->targets.n; i++) {
		if (c->targets.list[i].addr.family == p.addr.family)
			return d4_diag_set(cx->diag, n->at,
			    "write one prefix for each family",
			    "a second pool of the same family");
	}
	for (size_t i = 0; i < c->scope.n; i++) {
		if (c->scope.list[i].addr.family == p.addr.family)
			c->into[i] = p;
	}
	return d4_prefix_set_add(&c->targets, &p);
}

static enum d4_status
addr_pool_check(const struct san_compile *cx, const struct d4_yaml *n,
    const struct san_addr *c)
{
	for (size_t i = 0; i < c->scope.n; i++) {
		const struct d4_prefix *p = &c->scope.list[i];

		if (p->len != (p->addr.family == 4 ? 32 : 128))
			return d4_diag_set(cx->diag, n->at,
			    "use cryptopan for networks",
			    "method pool is for single addresses, /32 and "
			    "/128");
		if (c->into[i].addr.family == 0)
			return d4_diag_set(cx->diag, n->at,
			    "add a prefix for it",
			    "no pool for the scope's addresses of IPv%u",
			    (unsigned)p->addr.family);
	}
	return D4_OK;
}

static enum d4_status
addr_into_one(
    const struct san_compile *cx, const struct d4_yaml *n, struct san_addr *c)
{
	struct d4_prefix p = {0};
	enum d4_status st;
	size_t i;

	st = addr_prefix(cx, n, &p);
	if (st != D4_OK)
		return st;
	st = addr_free(cx, n, c, &p);
	if (st != D4_OK)
		return st;
	i = addr_target(c, &p);
	if (i == c->scope.n)
		return d4_diag_set(cx->diag, n->at,
		    "give one target of the same length for each prefix",
		    "`%s` fits no prefix of the scope", n->text);
	c->into[i] = p;
	return d4_prefix_set_add(&c->targets, &p);
}

static enum d4_status
addr_into_check(const struct san_compile *cx, const struct d4_yaml *n,
    const struct san_addr *c)
{
	if (c->targets.n == c->scope.n)
		return D4_OK;
	return d4_diag_set(cx->diag, n->at,
	    "give one target of the same length for each prefix",
	    "the scope has %zu prefixes and `into` %zu", c->scope.n,
	    c->targets.n);
}

static enum d4_status
addr_into(
    const struct san_compile *cx, const struct d4_yaml *n, struct san_addr *c)
{
	bool pool = c->method == SAN_METHOD_POOL;
	const struct d4_yaml *item;
	enum d4_status st = D4_OK;

	c->into = calloc(c->scope.n + 1, sizeof(*c->into));
	if (c->into == NULL)
		return D4_ENOMEM;
	for (size_t i = 0; st == D4_OK && (item = san_item(n, i)) != NULL; i++)
		st = pool ? addr_pool_one(cx, item, c)
		          : addr_into_one(cx, item, c);
	if (st != D4_OK)
		return st;
	return pool ? addr_pool_check(cx, n, c) : addr_into_check(cx, n, c);
}

enum d4_status
san_addr_lists(
    const struct san_compile *cx, const struct d4_yaml *map, struct san_addr *c)
{
	const struct d4_yaml *n;
	enum d4_status st = D4_OK;

	if ((n = d4_yaml_get(map, "scope")) != NULL)
		st = addr_scope(cx, n, c);
	if (st == D4_OK && (n = d4_yaml_get(map, "into")) != NULL)
		st = addr_into(cx, n, c);
	if (st == D4_OK && (n = d4_yaml_get(map, "keep")) != NULL)
		st = addr_keep(cx, n, c);
	return st;
}
