#include <stdlib.h>
#include <string.h>
#include "sanitizers/addr.h"
#include "sanitizers/word.h"

static const char *const addr_keys[] = {"scope", "method", "into", "others",
    "keep", "require_scope", "mask4", "mask6", NULL};

static const struct san_word addr_methods[] = {
    {"cryptopan", SAN_METHOD_CRYPTOPAN},
    {"pnat", SAN_METHOD_PNAT},
    {"mask", SAN_METHOD_MASK},
    {"zero", SAN_METHOD_ZERO},
    {"drop-record", SAN_METHOD_DROP},
    {"pfx", SAN_WORD_LATER},
    {"det", SAN_WORD_LATER},
    {"pool", SAN_WORD_LATER},
    {NULL, 0},
};

static const struct san_word addr_others[] = {
    {"map", SAN_OTHERS_MAP},
    {"keep", SAN_OTHERS_KEEP},
    {"drop", SAN_OTHERS_DROP},
    {NULL, 0},
};

static const struct san_word addr_requires[] = {
    {"any", SAN_REQUIRE_ANY},
    {"src", SAN_REQUIRE_SRC},
    {"dst", SAN_REQUIRE_DST},
    {"none", SAN_REQUIRE_NONE},
    {NULL, 0},
};

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
	if (addr_overlaps(&c->scope, &p) || addr_overlaps(&c->targets, &p) ||
	    san_addr_special(&p.addr))
		return d4_diag_set(cx->diag, n->at,
		    "choose a prefix that is nobody's, as in 198.18.0.0/15",
		    "`%s` overlaps the scope, another target or a special "
		    "range",
		    n->text);
	i = addr_target(c, &p);
	if (i == c->scope.n)
		return d4_diag_set(cx->diag, n->at,
		    "give one target of the same length for each prefix",
		    "`%s` fits no prefix of the scope", n->text);
	c->into[i] = p;
	return d4_prefix_set_add(&c->targets, &p);
}

static enum d4_status
addr_into(
    const struct san_compile *cx, const struct d4_yaml *n, struct san_addr *c)
{
	const struct d4_yaml *item;
	enum d4_status st = D4_OK;

	c->into = calloc(c->scope.n + 1, sizeof(*c->into));
	if (c->into == NULL)
		return D4_ENOMEM;
	for (size_t i = 0; st == D4_OK && (item = san_item(n, i)) != NULL; i++)
		st = addr_into_one(cx, item, c);
	if (st == D4_OK && c->targets.n != c->scope.n)
		return d4_diag_set(cx->diag, n->at,
		    "give one target of the same length for each prefix",
		    "the scope has %zu prefixes and `into` %zu", c->scope.n,
		    c->targets.n);
	return st;
}

static enum d4_status
addr_bits(
    const struct san_compile *cx, const struct d4_yaml *map, struct san_addr *c)
{
	static const uint64_t range4[2] = {0, 32}, range6[2] = {0, 128};
	const struct d4_yaml *four = d4_yaml_get(map, "mask4");
	const struct d4_yaml *six = d4_yaml_get(map, "mask6");
	uint64_t v4 = 24, v6 = 48;
	enum d4_status st = D4_OK;

	if (four != NULL)
		st = d4_yaml_u64(four, range4, cx->diag, &v4);
	if (st == D4_OK && six != NULL)
		st = d4_yaml_u64(six, range6, cx->diag, &v6);
	c->mask4 = (uint8_t)v4;
	c->mask6 = (uint8_t)v6;
	if (st == D4_OK && c->method != SAN_METHOD_MASK &&
	    (four != NULL || six != NULL))
		return d4_diag_set(cx->diag, (four != NULL ? four : six)->at,
		    "", "mask4 and mask6 belong to method mask");
	return st;
}

/* The words of the step; each is optional. */
static enum d4_status
addr_words(
    const struct san_compile *cx, const struct d4_yaml *map, struct san_addr *c)
{
	const struct d4_yaml *n;
	enum d4_status st = D4_OK;
	int v = SAN_METHOD_CRYPTOPAN;

	if ((n = d4_yaml_get(map, "method")) != NULL)
		st = san_word(n, addr_methods, cx->diag, &v);
	c->method = (enum san_method)v;
	v = SAN_OTHERS_MAP;
	if (st == D4_OK && (n = d4_yaml_get(map, "others")) != NULL)
		st = san_word(n, addr_others, cx->diag, &v);
	c->others = (enum san_others)v;
	v = SAN_REQUIRE_NONE;
	if (d4_yaml_get(map, "scope") != NULL && c->method != SAN_METHOD_DROP)
		v = SAN_REQUIRE_ANY;
	if (st == D4_OK && (n = d4_yaml_get(map, "require_scope")) != NULL)
		st = san_word(n, addr_requires, cx->diag, &v);
	c->require = (enum san_require)v;
	/* A sentence may well name no address; a packet always does. */
	if (st == D4_OK && n != NULL && v == SAN_REQUIRE_NONE &&
	    (cx->families & ~(unsigned)(SAN_JSON | SAN_TEXT | SAN_MALTRAIL)) !=
		0)
		return d4_diag_set(cx->diag, n->at, "write any, src or dst",
		    "`require_scope: none` is for text and JSON lines");
	return st != D4_OK ? st : addr_bits(cx, map, c);
}

static enum d4_status
addr_lists(
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

/* Words that exclude or need each other. */
static enum d4_status
addr_check(const struct san_compile *cx, const struct d4_yaml *map,
    const struct san_addr *c)
{
	bool fixed =
	    c->method == SAN_METHOD_PNAT || c->method == SAN_METHOD_DROP;
	const struct {
		bool wrong;
		const char *what, *remedy;
	} rows[] = {
	    {c->into != NULL && c->scope.n == 0, "`into` needs a `scope`",
		"name the scope"},
	    {c->into != NULL && c->method != SAN_METHOD_CRYPTOPAN &&
		    c->method != SAN_METHOD_PNAT,
		"`into` belongs to the methods cryptopan and pnat",
		"take it out"},
	    {c->method == SAN_METHOD_PNAT && c->into == NULL,
		"method pnat needs `scope` and `into`",
		"say what replaces the prefix"},
	    {fixed && c->others == SAN_OTHERS_MAP,
		"this method cannot map addresses outside the scope",
		"write others: keep or others: drop"},
	    {c->method == SAN_METHOD_DROP && c->scope.n == 0,
		"method drop-record needs a `scope`", "name the scope"},
	    {d4_yaml_get(map, "require_scope") != NULL &&
		    (c->scope.n == 0 || c->method == SAN_METHOD_DROP),
		"`require_scope` needs a `scope` that is replaced",
		"take it out"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].wrong)
			return d4_diag_set(cx->diag, map->at, rows[i].remedy,
			    "%s", rows[i].what);
	}
	return D4_OK;
}

static void
addr_destroy(void *conf)
{
	struct san_addr *c = conf;

	d4_prefix_set_fini(&c->scope);
	d4_prefix_set_fini(&c->keep);
	d4_prefix_set_fini(&c->targets);
	free(c->into);
	free(c);
}

static enum d4_status
addr_compile(
    const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	struct san_addr *c;
	enum d4_status st;

	st = d4_yaml_keys(node, addr_keys, cx->diag);
	if (st != D4_OK)
		return st;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return D4_ENOMEM;
	st = addr_words(cx, node, c);
	if (st == D4_OK)
		st = addr_lists(cx, node, c);
	if (st == D4_OK)
		st = addr_check(cx, node, c);
	if (st != D4_OK) {
		addr_destroy(c);
		return st;
	}
	san_addr_table(c);
	*conf = c;
	return D4_OK;
}

/* Link-local and solicited-node addresses take a token in every method. */
static bool
addr_needs_keys(const void *conf)
{
	(void)conf;
	return true;
}

const struct san_step_kind san_step_addr = {
    .name = "addr",
    .families =
	SAN_PACKETS | SAN_IPFIX | SAN_PDNS | SAN_JSON | SAN_TEXT | SAN_MALTRAIL,
    .help = "replace addresses: scope, method, into, others, keep, "
	    "require_scope, mask4, mask6",
    .compile = addr_compile,
    .destroy = addr_destroy,
    .needs_keys = addr_needs_keys,
};

const struct d4_prefix_set *
san_chain_scope(const struct san_chain *c)
{
	const struct san_addr *a = san_chain_step(c, "addr");

	return a != NULL && a->scope.n != 0 ? &a->scope : NULL;
}
