#include <sys/stat.h>
#include <unistd.h>
#include "gate/gate.h"
#include "policy.h"
#include "tmpdir.h"

static int
setup(void **state)
{
	static char dir[64];

	tmpdir_make(dir, sizeof(dir));
	*state = dir;
	return 0;
}

static int
teardown(void **state)
{
	tmpdir_remove(*state);
	return 0;
}

#define GATE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void
put(const char *dir, const char *name, const char *text, mode_t mode)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* Writes a policy with up to one line replaced and loads it. */
static enum d4_status
load(const char *dir, unsigned at, const char *with, struct d4_diag *diag,
    struct gate **g)
{
	static char path[512];
	char *text = policy_text(at, with);

	put(dir, "policy.yaml", text, 0644);
	free(text);
	(void)snprintf(path, sizeof(path), "%s/policy.yaml", dir);
	*diag = (struct d4_diag){.file = NULL};
	return gate_load(path, diag, g);
}

static void
pipelines_are_compiled_and_their_classes_set(void **state)
{
	struct d4_diag diag;
	struct gate *g = NULL;
	struct pol_ask ask = ask_of("p1", SENSOR_1, 1, NULL);

	assert_int_equal(load(*state, 0, NULL, &diag, &g), D4_OK);
	assert_int_equal(pol_pipeline_at(gate_policy(g), 0)->cls, 0);
	assert_non_null(gate_chain(g, "raw"));
	assert_null(gate_chain(g, "nix"));
	decide_rule(gate_policy(g), &ask, true, "r1");
	gate_free(g);
	gate_free(NULL);
}

static void
errors_of_both_engines_are_named_in_the_file(void **state)
{
	struct d4_diag diag;
	struct gate *g = (struct gate *)&diag;

	assert_int_equal(load(*state, 8, "  - {id: p1}", &diag, &g), D4_EINVAL);
	assert_non_null(strstr(diag.file, "/policy.yaml"));
	assert_int_equal(diag.line, 8);
	assert_int_equal(load(*state, 11,
			     "  - {id: raw, types: [1, 8], meta: [ja3-jl], "
			     "steps: [{nonsense: 1}]}",
			     &diag, &g),
	    D4_EINVAL);
	assert_int_equal(diag.line, 11);
	assert_true(diag.remedy[0] != '\0');
	assert_int_equal(load(*state, 11,
			     "  - {id: raw, types: [1, 8], meta: [ja3-jl], "
			     "class: S2, steps: []}",
			     &diag, &g),
	    D4_EINVAL);
	assert_non_null(strstr(diag.what, "claims class S2"));
	assert_ptr_equal(g, &diag);
}

static void
a_file_that_cannot_be_read_is_named(void **state)
{
	struct d4_diag diag = {.file = NULL};
	struct gate *g = NULL;

	(void)state;
	assert_int_equal(gate_load("/nonexistent/p.yaml", &diag, &g), D4_EIO);
	assert_non_null(strstr(diag.what, "No such file"));
	assert_string_equal(diag.file, "/nonexistent/p.yaml");
	assert_null(g);
}

static void
network_files_are_beside_the_policy_and_part_of_its_name(void **state)
{
	static const char line[] = "networks: {tele: {file: nets.txt}}";
	struct d4_diag diag;
	struct gate *a = NULL, *b = NULL;

	put(*state, "nets.txt", "10.1.0.0/16\n", 0644);
	assert_int_equal(load(*state, 3, line, &diag, &a), D4_OK);
	assert_int_equal(pol_network(gate_policy(a), "tele")->n, 1);
	put(*state, "nets.txt", "10.1.0.0/16\n10.2.0.0/16\n", 0644);
	assert_int_equal(load(*state, 3, line, &diag, &b), D4_OK);
	assert_string_not_equal(
	    pol_hash(gate_policy(a)), pol_hash(gate_policy(b)));
	gate_free(a);
	gate_free(b);
}

static const char hub_line[] =
    "hub: {id: lu-hub-1, org: " ORG_OWN ", master_key: \"file:m.key\"}";
static const char hex[] =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

static void
keys_come_from_the_master_and_differ_between_partners(void **state)
{
	const struct san_keys *acme, *other;
	struct d4_diag diag;
	struct gate *g = NULL;
	uint8_t want[32];

	put(*state, "m.key", hex, 0600);
	assert_int_equal(load(*state, 2, hub_line, &diag, &g), D4_OK);
	assert_null(gate_keys(g, "acme"));
	assert_int_equal(gate_keys_load(g, &diag), D4_OK);
	acme = gate_keys(g, "acme");
	other = gate_keys(g, "other");
	assert_true(acme != NULL && acme->have);
	assert_ptr_equal(gate_keys(g, "acme"), acme);
	assert_memory_not_equal(acme->cpan, other->cpan, 32);
	/* The known answer of sanitizers.md section 2. */
	test_hex("6e3062bf2dfc1e262d6a4352a9c4430ce431a89482d2fa8003c842d5aca3"
		 "1782",
	    want, sizeof(want));
	assert_memory_equal(acme->cpan, want, 32);
	gate_free(g);
}

static void
a_missing_or_open_master_key_gives_no_keys(void **state)
{
	struct d4_diag diag;
	struct gate *g = NULL;

	assert_int_equal(load(*state, 0, NULL, &diag, &g), D4_OK);
	assert_int_equal(gate_keys_load(g, &diag), D4_ENOENT);
	assert_non_null(strstr(diag.what, "names no master key"));
	gate_free(g);
	put(*state, "m.key", hex, 0644);
	assert_int_equal(load(*state, 2, hub_line, &diag, &g), D4_OK);
	assert_int_equal(gate_keys_load(g, &diag), D4_EPERM);
	assert_null(gate_keys(g, "acme"));
	assert_non_null(strstr(diag.remedy, "0600"));
	put(*state, "m.key", "short", 0600);
	diag = (struct d4_diag){.file = NULL};
	assert_int_equal(gate_keys_load(g, &diag), D4_EMALFORMED);
	assert_null(gate_keys(g, "acme"));
	gate_free(g);
}

/* What waits by keys of the master must not go on as if it could be forgotten.
 */
static void
a_partner_that_becomes_forgettable_gets_another_chain(void **state)
{
	static const char steps[] =
	    "  - {id: raw, types: [8], steps: [{epoch: 7d}, {pdns: {client: "
	    "zero, server: zero}}]}";
	static const char line[] =
	    "  - {id: p1, kind: partner, groups: [g1], min_class: S0%s}";
	const unsigned at[2] = {8, 11};
	char hash[2][65], partner[160], path[512];

	for (unsigned i = 0; i < 2; i++) {
		const char *with[2] = {partner, steps};
		struct d4_diag diag = {.file = NULL};
		struct gate *g = NULL;
		const struct pol_share *share;
		char *text;

		(void)snprintf(partner, sizeof(partner), line,
		    i == 0 ? "" : ", forgettable: true");
		text = policy_text2(at, with);
		put(*state, "policy.yaml", text, 0644);
		free(text);
		(void)snprintf(
		    path, sizeof(path), "%s/policy.yaml", (char *)*state);
		if (gate_load(path, &diag, &g) != D4_OK)
			fail_msg("%u: %s", diag.line, diag.what);
		share = pol_share_at(gate_policy(g), 0);
		(void)snprintf(hash[i], sizeof(hash[i]), "%s",
		    san_chain_hash(gate_chain_to(g, share, "p1")));
		assert_int_equal(
		    strcmp(hash[i], san_chain_hash(gate_chain(g, "raw"))) == 0,
		    i == 0);
		gate_free(g);
	}
	assert_string_not_equal(hash[0], hash[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    GATE_TEST(a_partner_that_becomes_forgettable_gets_another_chain),
	    GATE_TEST(pipelines_are_compiled_and_their_classes_set),
	    GATE_TEST(errors_of_both_engines_are_named_in_the_file),
	    GATE_TEST(a_file_that_cannot_be_read_is_named),
	    GATE_TEST(network_files_are_beside_the_policy_and_part_of_its_name),
	    GATE_TEST(keys_come_from_the_master_and_differ_between_partners),
	    GATE_TEST(a_missing_or_open_master_key_gives_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
