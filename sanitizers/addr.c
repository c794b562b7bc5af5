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
    {"pfx", SAN_METHOD_PFX},
    {"det", SAN_METHOD_DET},
    {"pool", SAN_METHOD_POOL},
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

/* Words that exclude or need each other. */
static enum d4_status
addr_check(const struct san_compile *cx, const struct d4_yaml *map,
    const struct san_addr *c)
{
	bool pool = c->method == SAN_METHOD_POOL;
	bool fixed = c->method == SAN_METHOD_PNAT ||
	             c->method == SAN_METHOD_DROP || pool;
	bool text = (cx->families & ~(unsigned)(SAN_JSON | SAN_TEXT)) == 0;
	const struct {
		bool wrong;
		const char *what, *remedy;
	} rows[] = {
	    {c->into != NULL && c->scope.n == 0, "`into` needs a `scope`",
		"name the scope"},
	    {c->into != NULL && c->method != SAN_METHOD_CRYPTOPAN &&
		    c->method != SAN_METHOD_PFX &&
		    c->method != SAN_METHOD_PNAT && !pool,
		"`into` belongs to the methods cryptopan, pfx, pnat and pool",
		"take it out"},
	    {(c->method == SAN_METHOD_PNAT || pool) && c->into == NULL,
		"methods pnat and pool need `scope` and `into`",
		"say what replaces the addresses"},
	    {c->method == SAN_METHOD_DET && !text,
		"method det makes IPv6 of IPv4: text and JSON only",
		"write cryptopan or pfx, or split the pipeline by type"},
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
		st = san_addr_lists(cx, node, c);
	if (st == D4_OK)
		st = addr_check(cx, node, c);
	if (st != D4_OK) {
		addr_destroy(c);
		return st;
	}
	san_addr_table(c);
	san_hints_of(&c->scope, &c->hints);
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
    .families = SAN_PACKETS | SAN_IPFIX | SAN_PDNS | SAN_JSON | SAN_TEXT |
                SAN_MALTRAIL | SAN_DNSCAP,
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
