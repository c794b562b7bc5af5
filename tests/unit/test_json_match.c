#include "chain.h"
#include "sanitizers/json_match.h"
#include "test.h"

#define RULES  60u
#define DEPTH  4u
#define ROUNDS 1500u

static const char *const names[] = {
    "a", "bb", "0", "1", "a-longer-name", "c", "dd", "e"};

static uint32_t
random_below(uint32_t n)
{
	static uint32_t seed = 7;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* A path of up to three segments, of every kind. */
static size_t
make_path(char *out, size_t room)
{
	static const char *const forms[] = {
	    "['%s']", ".*", "[*]", "[%u]", "..%s"};
	uint32_t n = random_below(8) == 0 ? random_below(4) : 3;
	size_t at = (size_t)snprintf(out, room, "%s", n == 0 ? "" : "$");

	for (uint32_t i = 0; i < n; i++) {
		uint32_t form = random_below(30);
		char *p = out + at;

		form = form > 4 ? 0 : form;
		if (form == 3)
			at += (size_t)snprintf(
			    p, room - at, "[%u]", random_below(2));
		else if (form == 4)
			at += (size_t)snprintf(
			    p, room - at, "..%s", names[random_below(2)]);
		else if (form == 0)
			at += (size_t)snprintf(p, room - at, "[''%s'']",
			    names[random_below(COUNT(names))]);
		else
			at += (size_t)snprintf(p, room - at, "%s", forms[form]);
	}
	return at;
}

/* As many rules as are reachable, of n that were tried. */
static struct san_chain *
make_chain(unsigned n)
{
	static char text[RULES * 128 + 64];
	size_t at = (size_t)snprintf(
	    text, sizeof(text), "- json: {default: keep, rules: [");
	struct san_chain *c = NULL;

	for (unsigned i = 0; i < n; i++) {
		char path[100];
		size_t from = at;
		struct san_chain *more;
		struct d4_diag diag;

		(void)make_path(path, sizeof(path));
		at += (size_t)snprintf(text + at, sizeof(text) - at,
		    "%s{path: '%s', op: len}", c == NULL ? "" : ", ", path);
		(void)snprintf(text + at, sizeof(text) - at, "]}");
		if (test_compile(text, 6, "", &diag, &more) != D4_OK) {
			at = from;
			continue;
		}
		san_chain_free(c);
		c = more;
	}
	return c;
}

/* Whether seg[from..to) reach the last of n children: one way, then others. */
static bool
reaches(const struct san_json_conf *c, size_t from, size_t to,
    const struct san_json_child *ch, size_t n)
{
	const struct san_seg *s = &c->seg[from];

	if (from == to || n == 0)
		return from == to && n == 0;
	if (s->deep && reaches(c, from, to, ch + 1, n - 1))
		return true;
	return (ch->member ? san_seg_member(s, ch->name.text, ch->name.hash)
			   : san_seg_element(s, ch->index)) &&
	       reaches(c, from + 1, to, ch + 1, n - 1);
}

/* The first rule that takes the last of n children or what it lies in. */
static unsigned
rule_of(
    const struct san_json_conf *c, const struct san_json_child *ch, size_t n)
{
	for (unsigned i = 0; i < c->n_rule; i++) {
		for (size_t k = 0; k <= n; k++) {
			if (reaches(c, c->rule[i].from, c->rule[i].to, ch, k))
				return i;
		}
	}
	return SAN_JSON_NO_RULE;
}

static struct san_json_child
make_child(void)
{
	struct san_json_child ch = {.member = random_below(3) != 0};

	ch.index = random_below(3);
	ch.name.text = d4_slice_str(names[random_below(COUNT(names))]);
	ch.name.hash = san_json_hash(ch.name.text);
	return ch;
}

static void
walk(const struct san_json_conf *c)
{
	struct san_json_node node = san_json_root(c), kid;
	struct san_json_child ch[DEPTH];

	assert_int_equal(node.rule, rule_of(c, ch, 0));
	for (size_t n = 0; n < DEPTH; n++) {
		ch[n] = make_child();
		san_json_descend(c, &node, &ch[n], &kid);
		assert_int_equal(kid.rule, rule_of(c, ch, n + 1));
		if (!san_json_may(c, san_json_row_of(&ch[n]))) {
			assert_int_equal(kid.rule, node.rule);
			assert_false(san_json_leads(c, &kid));
		}
		node = kid;
	}
}

static void
the_first_rule_that_reaches_a_value_counts(void **state)
{
	size_t most = 0;

	(void)state;
	for (unsigned i = 0; i < ROUNDS / 20; i++) {
		struct san_chain *chain = make_chain(1 + i % RULES);
		const struct san_json_conf *c;

		if (chain == NULL)
			continue;
		c = san_chain_step(chain, "json");
		most = c->n_seg > most ? c->n_seg : most;
		for (unsigned k = 0; k < ROUNDS; k++)
			walk(c);
		san_chain_free(chain);
	}
	assert_true(most > 64); /* bits of two words */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_rule_that_reaches_a_value_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
