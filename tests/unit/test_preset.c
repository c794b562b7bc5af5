#include "test.h"
#include "chain.h"
#include "sanitizers/canon.h"
#include "sanitizers/preset.h"

static const struct {
	const char *steps;
	uint8_t type;
	const char *ext;
	unsigned cls;
} good[] = {
    {"{preset: telescope, scope: telescope}", 1, "", 2},
    {"{preset: telescope, scope: telescope, "
     "into: [198.18.0.0/16, 2001:db8:fffe::/48]}",
	1, "", 2},
    /* A keep-list that meets the scope shows it, preset or not. */
    {"{preset: telescope, scope: telescope, keep: [10.1.2.0/24]}", 1, "", 0},
    {"{preset: backscatter-partner, scope: telescope}", 1, "", 2},
    {"{preset: honeypot-partner, scope: telescope}", 6, "", 2},
    {"pdns-partner", 8, "", 2},
    {"{preset: pdns-partner, scope: telescope}", 8, "", 2},
    {"{preset: pdns-partner, deny_suffix: [$scope]}", 8, "", 2},
    {"pdns-public", 8, "", 3},
    {"{preset: pdns-public, deny_suffix: [corp.example]}", 8, "", 3},
    {"{preset: dnscap-partner, scope: telescope}", 4, "", 1},
    {"{preset: dnscap-partner, scope: telescope, deny_suffix: [corp.example], "
     "epoch: 1d}",
	4, "", 1},
    {"cof-partner", 6, "", 2},
    {"{preset: cof-partner, scope: telescope}", 254, "pdns-jl", 2},
    {"{preset: telescope, scope: telescope, epoch: 7d}", 1, "", 2},
    {"{preset: honeypot-partner, scope: telescope, epoch: 1d}", 6, "", 2},
    {"{preset: ja3-partner, scope: telescope, epoch: 1d}", 254, "ja3-jl", 2},
    {"{preset: sshd-partner, scope: telescope, epoch: 1d}", 3, "", 1},
    {"{preset: ja3-partner, scope: telescope}", 254, "ja3-jl", 2},
    {"{preset: ja3-public, scope: telescope}", 254, "ja3-jl", 3},
    {"{preset: sshd-partner, scope: telescope}", 3, "", 1},
    {"{preset: sshd-partner, scope: telescope, suffixes: [corp.example]}", 3,
	"", 2},
    {"{preset: ndjson-allowlist, paths: [/a, /b/c]}", 6, "", 2},
};

static const struct {
	const char *steps;
	uint8_t type;
	const char *what, *remedy;
} bad[] = {
    {"telescop", 1, "`telescop` is no preset", "did you mean `telescope`?"},
    {"telescope", 1, "preset `telescope` needs `scope`", "{preset: NAME"},
    {"{preset: ndjson-allowlist}", 6, "needs `paths`", "{preset: NAME"},
    {"{preset: pdns-public, min_distinct: 1}", 8, "min_distinct", ""},
    {"{preset: [telescope]}", 1, "a list or a preset", "{preset: NAME}"},
    {"{scope: telescope}", 1, "a list or a preset", "{preset: NAME}"},
    {"{preset: telescope, scope: nowhere}", 1, "no such network", "name"},
    {"{preset: ndjson-allowlist, paths: /a}", 6, "no list", "[ONE"},
    {"{preset: ndjson-allowlist, paths: []}", 6, "no list", "[ONE"},
    {"{preset: ndjson-allowlist, paths: [a b]}", 6, "", ""},
    /* What a template writes means nothing in a policy. */
    {"{preset: ndjson-allowlist, paths: [$item]}", 6, "", ""},
    {"pdns-partner", 6, "", ""},
    {"dnscap-partner", 4, "needs `scope`", "{preset: NAME"},
    {"{preset: dnscap-partner, scope: telescope}", 1, "", ""},
};

static void
every_preset_compiles_and_has_its_class(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct san_chain *c;
		struct d4_diag diag;

		if (test_compile(good[i].steps, good[i].type, good[i].ext,
			&diag, &c) != D4_OK)
			fail_msg("%s: %s (%s)", good[i].steps, diag.what,
			    diag.remedy);
		if (san_chain_class(c) != good[i].cls)
			fail_msg(
			    "%s: class %u", good[i].steps, san_chain_class(c));
		san_chain_free(c);
	}
	for (size_t i = 0; san_presets[i].name != NULL; i++) {
		bool tried = false;

		for (size_t k = 0; k < sizeof(good) / sizeof(good[0]); k++)
			tried |=
			    strstr(good[k].steps, san_presets[i].name) != NULL;
		if (!tried)
			fail_msg("preset %s has no row", san_presets[i].name);
	}
}

static void
what_is_wrong_is_said_at_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct san_chain *c;
		struct d4_diag diag;

		if (test_compile(bad[i].steps, bad[i].type, "", &diag, &c) !=
		    D4_EINVAL)
			fail_msg("%s is taken", bad[i].steps);
		if (strstr(diag.what, bad[i].what) == NULL ||
		    strstr(diag.remedy, bad[i].remedy) == NULL)
			fail_msg("%s: %s (%s)", bad[i].steps, diag.what,
			    diag.remedy);
		assert_int_equal(diag.line, 1);
	}
}

/* What a preset makes of a stream is what its steps, written out, make. */
static void
a_preset_is_its_steps(void **state)
{
	static const char *const written =
	    "- json:\n    default: drop\n    rules:\n"
	    "      - {path: /a, op: keep}\n      - {path: /b, op: keep}\n";
	struct san_chain *a = test_chain(written, 6, "");
	struct san_chain *b =
	    test_chain("{preset: ndjson-allowlist, paths: [/a, /b]}", 6, "");
	struct san_chain *c =
	    test_chain("{preset: ndjson-allowlist, paths: [/b, /a]}", 6, "");

	(void)state;
	assert_string_equal(san_chain_hash(a), san_chain_hash(b));
	assert_string_not_equal(san_chain_hash(a), san_chain_hash(c));
	san_chain_free(a);
	san_chain_free(b);
	san_chain_free(c);
}

static void
a_list_is_no_preset(void **state)
{
	struct d4_diag diag = {.file = "test"};
	struct d4_yaml *y, *out;

	(void)state;
	assert_int_equal(
	    d4_yaml_parse(d4_slice_str("[{time: 1h}]"), &diag, &y), D4_OK);
	assert_int_equal(san_preset_expand(y, &diag, &out), D4_OK);
	assert_null(out);
	assert_null(san_preset_of(y));
	d4_yaml_free(y);
}

static void
every_preset_has_its_paragraph_in_the_manual(void **state)
{
	size_t n;
	char *text = (char *)test_read("sanitizers/d4-pipelines.5", &n);

	(void)state;
	for (size_t i = 0; san_presets[i].name != NULL; i++) {
		char item[80];

		(void)snprintf(
		    item, sizeof(item), ".It Cm %s\n", san_presets[i].name);
		if (strstr(text, item) == NULL)
			fail_msg("no paragraph of %s", san_presets[i].name);
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_preset_compiles_and_has_its_class),
	    cmocka_unit_test(what_is_wrong_is_said_at_its_place),
	    cmocka_unit_test(a_preset_is_its_steps),
	    cmocka_unit_test(a_list_is_no_preset),
	    cmocka_unit_test(every_preset_has_its_paragraph_in_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
