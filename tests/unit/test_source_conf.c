#include "relay_conf_load.h"

#define LIST "kind: d4core-list, redis: \"tcp://h:6380\", queue: q-1"

static enum d4_status
load(const char *sources, struct d4_diag *diag, struct relay_conf **out)
{
	char text[1024];

	(void)snprintf(
	    text, sizeof(text), "policy: p.yaml\nsources:%s\n", sources);
	return conf_load(text, diag, out);
}

static void
what_is_wrong_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *sources, *what;
		unsigned line;
	} rows[] = {
	    {" {}", "not a map of sources", 2},
	    {" [a]", "not a map of sources", 2},
	    {"\n  Their: {kind: x, type: 8}", "not an id", 3},
	    {"\n  a: {type: 8}", "without a kind", 3},
	    {"\n  a: 8", "without a kind", 3},
	    {"\n  a: {kind: ftp, type: 8}", "not a kind", 3},
	    {"\n  a: {" LIST "}", "type", 3},
	    {"\n  a: {" LIST ", type: 2}", "type 2 cannot be read", 3},
	    {"\n  a: {" LIST ", type: 9}", "type 9 cannot be read", 3},
	    {"\n  a: {" LIST ", type: 254}", "type 254 cannot be read", 3},
	    {"\n  a: {" LIST ", type: ../x}", "is not a type", 3},
	    {"\n  a: {" LIST ", type: 8, quue: x}", "quue", 3},
	    {"\n  a: {" LIST ", type: 8, db: 16}", "16", 3},
	    {"\n  a: {" LIST ", type: 8, items: file}", "not a value", 3},
	    {"\n  a: {" LIST ", type: 8, files: /d}", "items are lines", 3},
	    {"\n  a: {" LIST ", type: 8, items: files}", "no known folder", 3},
	    {"\n  a: {" LIST ", type: 1}", "no known folder", 3},
	    {"\n  a: {" LIST ", type: ja3-jl}", "no known folder", 3},
	    {"\n  a: {" LIST ", type: 1, items: lines}", "no line", 3},
	    {"\n  a: {kind: stdin, type: 8}\n  b: {kind: stdin, type: 1}",
		"two sources", 4},
	    {"\n  a: {kind: stdin, type: 8, dir: d}", "dir", 3},
	    {"\n  a: {kind: directory, type: 8}", "dir", 3},
	    {"\n  a: {kind: directory, type: 8, dir: d, order: size}",
		"not a value of order", 3},
	    {"\n  a: {kind: directory, type: 8, dir: d, after: burn}",
		"not a value of after", 3},
	    {"\n  a: {kind: directory, type: 8, dir: d, after: move}",
		"half a move", 3},
	    {"\n  a: {kind: directory, type: 8, dir: d, move_to: e}",
		"half a move", 3},
	    {"\n  a: {kind: d4core-list, redis: x, queue: \"a:b\", type: 8}",
		"not a queue", 3},
	};
	struct relay_conf *c = NULL;
	struct d4_diag diag;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (load(rows[i].sources, &diag, &c) != D4_EINVAL)
			fail_msg("%s", rows[i].sources);
		if (strstr(diag.what, rows[i].what) == NULL ||
		    diag.line != rows[i].line || diag.remedy[0] == '\0')
			fail_msg("%s: %u: %s (%s)", rows[i].sources, diag.line,
			    diag.what, diag.remedy);
	}
}

static void
a_list_has_the_defaults_of_a_d4_core(void **state)
{
	const struct source_conf *s;
	struct relay_conf *c = NULL;
	struct d4_diag diag;

	(void)state;
	assert_int_equal(load("\n  a-1: {" LIST ", type: 8}\n"
			      "  b: {" LIST ", type: ja3-jl, files: /d}",
			     &diag, &c),
	    D4_OK);
	assert_null(c->redis);
	assert_int_equal(c->n_sources, 2);
	s = &c->source[0];
	assert_string_equal(s->id, "a-1");
	assert_int_equal(s->what, SOURCE_LIST);
	assert_string_equal(source_conf_kind(s->what), "d4core-list");
	assert_int_equal(s->type, 8);
	assert_string_equal(s->ext, "");
	assert_int_equal(s->db, 2);
	assert_int_equal(s->metadata_db, 0);
	assert_int_equal(s->max_size, 0);
	assert_false(s->files);
	s = &c->source[1];
	assert_int_equal(s->type, 254);
	assert_string_equal(s->ext, "ja3-jl");
	assert_true(s->files);
	assert_string_equal(s->dir, "/d");
	assert_int_equal(s->file_max, 4ull << 30);
	relay_conf_free(c);
}

static void
every_type_has_its_items_as_a_d4_core_has_them(void **state)
{
	static const struct {
		const char *type;
		bool files, whole;
	} rows[] = {
	    {"1", true, false},
	    {"3", false, false},
	    {"4", true, false},
	    {"5", true, false},
	    {"6", false, false},
	    {"7", true, false},
	    {"8", false, false},
	    {"ja3-jl", true, false},
	    {"filewatcher", true, true},
	    {"filewatcherjson", true, false},
	    {"suricata-eve", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct relay_conf *c = NULL;
		struct d4_diag diag;
		char text[256];

		(void)snprintf(text, sizeof(text),
		    "\n  a: {" LIST ", type: %s%s}", rows[i].type,
		    rows[i].files ? ", files: /d" : "");
		assert_int_equal(load(text, &diag, &c), D4_OK);
		assert_int_equal(c->source[0].files, rows[i].files);
		assert_int_equal(c->source[0].whole, rows[i].whole);
		relay_conf_free(c);
		(void)snprintf(text, sizeof(text),
		    "\n  a: {kind: directory, dir: /d, type: %s}",
		    rows[i].type);
		assert_int_equal(load(text, &diag, &c), D4_OK);
		assert_false(c->source[0].whole);
		relay_conf_free(c);
		(void)snprintf(text, sizeof(text),
		    "\n  a: {kind: stdin, type: %s}", rows[i].type);
		assert_int_equal(load(text, &diag, &c), D4_OK);
		relay_conf_free(c);
	}
}

static void
without_redis_and_sources_there_is_nothing_to_read(void **state)
{
	struct relay_conf *c = NULL;
	struct d4_diag diag;

	(void)state;
	assert_int_equal(conf_load("policy: p.yaml\n", &diag, &c), D4_EINVAL);
	assert_non_null(strstr(diag.what, "nothing to read"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		what_is_wrong_is_refused_with_its_place, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_list_has_the_defaults_of_a_d4_core, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		every_type_has_its_items_as_a_d4_core_has_them, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		without_redis_and_sources_there_is_nothing_to_read, setup,
		teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
