#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/yaml.h"

static struct d4_yaml *
parse_ok(const char *text)
{
	struct d4_diag diag = {.file = "t"};
	struct d4_yaml *root = NULL;
	enum d4_status st = d4_yaml_parse(d4_slice_str(text), &diag, &root);

	if (st != D4_OK)
		fail_msg("%u:%u %s; %s", diag.line, diag.column, diag.what,
		    diag.remedy);
	return root;
}

/* The place and a word of the message for each kind of forbidden file. */
static const struct {
	const char *name;
	const char *text;
	size_t n; /* 0: strlen */
	unsigned line, column;
	const char *what;
} invalid[] = {
    {"anchor", "a: &x 1\n", 0, 1, 4, "anchors (&x)"},
    {"anchor of a list", "a: &x [1]\n", 0, 1, 4, "anchors"},
    {"anchor of a map", "a: &x {b: 1}\n", 0, 1, 4, "anchors"},
    {"alias", "a: 1\nb: *x\n", 0, 2, 4, "aliases (*x)"},
    {"alias as a key", "*x : 1\n", 0, 1, 1, "aliases"},
    {"tag", "a: !!str 1\n", 0, 1, 4, "tags"},
    {"bare tag", "a: ! 1\n", 0, 1, 4, "tags"},
    {"tag of a list", "a: !x [1]\n", 0, 1, 4, "tags"},
    {"tag of a map", "!x\na: 1\n", 0, 1, 1, "tags"},
    {"merge key", "a: 1\n<<: {b: 1}\n", 0, 2, 1, "merge keys"},
    {"two documents", "a: 1\n---\nb: 2\n", 0, 2, 1, "second document"},
    {"document after an end", "a: 1\n...\n---\nb: 2\n", 0, 3, 1, "second"},
    {"YAML directive", "%YAML 1.1\n---\na: 1\n", 0, 1, 1, "directives"},
    {"TAG directive", "%TAG ! x:\n---\na: 1\n", 0, 1, 1, "directives"},
    {"duplicate keys", "a: 1\nb: 2\na: 3\n", 0, 3, 1,
	"duplicate key `a`, first in line 1"},
    {"duplicate keys in a flow map", "{a: 1, a: 2}", 0, 1, 8, "duplicate"},
    {"duplicate, one quoted", "a: 1\n\"a\": 2\n", 0, 2, 1, "duplicate"},
    {"tab as indentation", "a:\n\tb: 1\n", 0, 2, 1, "tab"},
    {"tab after spaces", "a:\n  \tb: 1\n", 0, 2, 3, "tab"},
    {"NUL byte", "a: 1\0b", 6, 1, 5, "NUL"},
    {"NUL escape", "a: \"x\\0y\"\n", 0, 1, 4, "escape"},
    {"control escape", "a: \"\\x1b[2J\"\n", 0, 1, 4, "escape"},
    {"direction escape", "a: \"\\u202e\"\n", 0, 1, 4, "escape"},
    {"control character", "a: \x1b\n", 0, 1, 4, "control"},
    {"DEL", "a: \x7f\n", 0, 1, 4, "control"},
    {"C1 control", "a: \xc2\x85\n", 0, 1, 4, "control"},
    {"byte order mark",
	"\xef\xbb\xbf"
	"a: 1\n",
	0, 1, 1, "byte order"},
    {"byte order mark inside", "a: \xef\xbb\xbf\n", 0, 1, 4, "byte order"},
    {"UTF-16",
	"\xff\xfe"
	"a\0:\0",
	6, 1, 1, "UTF-8"},
    {"overlong UTF-8", "a: \xc0\xaf\n", 0, 1, 4, "UTF-8"},
    {"overlong 3", "a: \xe0\x80\xaf\n", 0, 1, 4, "UTF-8"},
    {"surrogate", "a: \xed\xa0\x80\n", 0, 1, 4, "UTF-8"},
    {"beyond Unicode", "a: \xf4\x90\x80\x80\n", 0, 1, 4, "UTF-8"},
    {"lone continuation", "a: \xbf\n", 0, 1, 4, "UTF-8"},
    {"cut sequence at the end", "a: \xe2\x82", 0, 1, 4, "UTF-8"},
    {"direction override", "a: \xe2\x80\xae\n", 0, 1, 4, "direction"},
    {"line separator", "a: \xe2\x80\xa8\n", 0, 1, 4, "line break"},
    {"columns count characters", "\xc3\xa9\xc3\xa9: \x01", 0, 1, 5, "control"},
    {"lone carriage return", "a: 1\rb: 2\n", 0, 1, 5, "carriage return"},
    {"unclosed list", "a: [1, 2\n", 0, 2, 1, "not valid YAML"},
    {"unclosed quote", "a: \"x\n", 0, 2, 1, "not valid YAML"},
    {"map in a value", "a: b: c\n", 0, 1, 5, "not valid YAML"},
    {"bad indentation", "a:\n  - 1\n - 2\n", 0, 3, 2, "not valid YAML"},
    {"list as key", "? [1]\n: 2\n", 0, 1, 3, "key that is a list"},
    {"empty key", "\"\": 2\n", 0, 1, 1, "empty key"},
    {"empty file", "", 0, 0, 0, "empty"},
    {"only a comment", "# nothing\n", 0, 0, 0, "empty"},
};

static void
each_forbidden_construct_is_refused_where_it_stands(void **state)
{
	struct d4_diag diag;
	struct d4_yaml *root;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		n = invalid[i].n ? invalid[i].n : strlen(invalid[i].text);
		diag = (struct d4_diag){.file = "t"};
		root = (struct d4_yaml *)&diag;
		if (d4_yaml_parse(d4_slice_of(invalid[i].text, n), &diag,
			&root) != D4_EINVAL)
			fail_msg("%s: accepted", invalid[i].name);
		assert_ptr_equal(root, &diag);
		if (strstr(diag.what, invalid[i].what) == NULL)
			fail_msg("%s: \"%s\"", invalid[i].name, diag.what);
		if (diag.line != invalid[i].line ||
		    diag.column != invalid[i].column)
			fail_msg("%s: at %u:%u (%s)", invalid[i].name,
			    diag.line, diag.column, diag.what);
		assert_true(diag.remedy[0] != '\0');
	}
}

static void
block_and_flow_style_give_the_same_tree_with_places(void **state)
{
	struct d4_yaml *r = parse_ok("# comment\n"
				     "hub: {id: lu-hub-1, x: \"y # z\"}\n"
				     "list:\n"
				     "  - one   # comment\n"
				     "  - 'two'\n"
				     "  - {a: [1, 2]}\n"
				     "empty:\n");
	const struct d4_yaml *n;

	(void)state;
	assert_int_equal(r->kind, D4_YAML_MAP);
	assert_int_equal(r->n, 3);
	n = d4_yaml_get(r, "hub");
	assert_int_equal(n->at.line, 2);
	assert_int_equal(n->at.column, 6);
	assert_string_equal(d4_yaml_get(n, "id")->text, "lu-hub-1");
	assert_false(d4_yaml_get(n, "id")->quoted);
	assert_string_equal(d4_yaml_get(n, "x")->text, "y # z");
	assert_true(d4_yaml_get(n, "x")->quoted);
	n = d4_yaml_get(r, "list");
	assert_int_equal(n->kind, D4_YAML_LIST);
	assert_int_equal(n->n, 3);
	assert_string_equal(n->item[1]->text, "two");
	assert_int_equal(n->item[1]->at.line, 5);
	assert_int_equal(n->item[1]->at.column, 5);
	assert_string_equal(d4_yaml_get(n->item[2], "a")->item[1]->text, "2");
	assert_string_equal(d4_yaml_get(r, "empty")->text, "");
	assert_null(d4_yaml_get(r, "absent"));
	assert_null(d4_yaml_get(n, "not a map"));
	assert_null(d4_yaml_get(NULL, "x"));
	d4_yaml_free(r);
	d4_yaml_free(NULL);
}

static void
scalars_keep_their_text_whatever_yaml_would_make_of_it(void **state)
{
	static const char *const texts[] = {"yes", "no", "010", "1e3", "null",
	    "~", "2027-12-31", "0x1f", "12:30:45", "1_000", ".inf"};
	char line[64];
	struct d4_yaml *r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		(void)snprintf(line, sizeof(line), "a: %s\r\n", texts[i]);
		r = parse_ok(line);
		assert_string_equal(r->item[0]->text, texts[i]);
		d4_yaml_free(r);
	}
	r = parse_ok("--- \na: |\n  x\n  y\nb: \"t\\tn\\n\"\nc: \xc3\xa9\n");
	assert_string_equal(r->item[0]->text, "x\ny\n");
	assert_true(r->item[0]->quoted);
	assert_string_equal(r->item[1]->text, "t\tn\n");
	assert_string_equal(r->item[2]->text, "\xc3\xa9");
	d4_yaml_free(r);
}

static void
depth_size_and_count_are_bounded(void **state)
{
	char text[64];
	struct d4_diag diag = {.file = NULL};
	struct d4_yaml *r;
	uint8_t *big;
	size_t i;

	(void)state;
	memset(text, '[', D4_YAML_DEPTH);
	memset(text + D4_YAML_DEPTH, ']', D4_YAML_DEPTH);
	text[(size_t)2 * D4_YAML_DEPTH] = '\0';
	d4_yaml_free(parse_ok(text));
	memset(text, '[', D4_YAML_DEPTH + 1);
	assert_int_equal(
	    d4_yaml_parse(d4_slice_str(text), &diag, &r), D4_EINVAL);
	assert_non_null(strstr(diag.what, "levels"));
	assert_int_equal(diag.column, D4_YAML_DEPTH + 1);

	big = malloc(D4_YAML_BYTES + 1);
	assert_non_null(big);
	memset(big, '#', D4_YAML_BYTES + 1);
	diag = (struct d4_diag){.file = NULL};
	assert_int_equal(
	    d4_yaml_parse(d4_slice_of(big, D4_YAML_BYTES + 1), &diag, &r),
	    D4_EINVAL);
	assert_non_null(strstr(diag.what, "bytes"));

	for (i = 0; i < D4_YAML_NODES; i++)
		big[2 * i] = '0', big[2 * i + 1] = ',';
	big[0] = '[';
	big[(size_t)2 * D4_YAML_NODES] = '0';
	big[(size_t)2 * D4_YAML_NODES + 1] = ']';
	big[1] = ' ';
	diag = (struct d4_diag){.file = NULL};
	assert_int_equal(
	    d4_yaml_parse(
		d4_slice_of(big, (size_t)2 * D4_YAML_NODES + 2), &diag, &r),
	    D4_EINVAL);
	assert_non_null(strstr(diag.what, "values"));
	free(big);
}

static void
a_map_of_very_many_keys_is_checked_for_duplicates_quickly(void **state)
{
	struct d4_buf b;
	struct d4_diag diag = {.file = NULL};
	struct d4_yaml *r = NULL;
	unsigned i;

	(void)state;
	d4_buf_init(&b, D4_YAML_BYTES);
	for (i = 0; i < 90000; i++)
		assert_int_equal(d4_buf_addf(&b, "k%u: 1\n", i), D4_OK);
	assert_int_equal(d4_yaml_parse(d4_buf_slice(&b), &diag, &r), D4_OK);
	assert_int_equal(r->n, 90000);
	d4_yaml_free(r);
	assert_int_equal(d4_buf_adds(&b, "k77: 1\n"), D4_OK);
	assert_int_equal(d4_yaml_parse(d4_buf_slice(&b), &diag, &r), D4_EINVAL);
	assert_int_equal(diag.line, 90001);
	assert_non_null(strstr(diag.what, "line 78"));
	d4_buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		each_forbidden_construct_is_refused_where_it_stands),
	    cmocka_unit_test(
		block_and_flow_style_give_the_same_tree_with_places),
	    cmocka_unit_test(
		scalars_keep_their_text_whatever_yaml_would_make_of_it),
	    cmocka_unit_test(depth_size_and_count_are_bounded),
	    cmocka_unit_test(
		a_map_of_very_many_keys_is_checked_for_duplicates_quickly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
