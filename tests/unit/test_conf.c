#include <unistd.h>
#include "test.h"
#include "libd4/kit/conf.h"
#include "libd4/kit/file.h"

struct settings {
	char *name, *path;
	bool on;
	uint64_t n, wait_us, size;
	struct d4_conf_list list;
	const struct d4_yaml *tree;
};

#define AT(member) offsetof(struct settings, member)

static const struct d4_conf_option table[] = {
    {.name = "name",
	.type = D4_CONF_STRING,
	.offset = AT(name),
	.max = 8,
	.must = true,
	.help = "what it is called"},
    {.name = "path", .type = D4_CONF_PATH, .offset = AT(path), .def = "x.pem"},
    {.name = "on", .type = D4_CONF_BOOL, .offset = AT(on), .def = "true"},
    {.name = "n",
	.type = D4_CONF_UINT,
	.offset = AT(n),
	.min = 1,
	.max = 10,
	.def = "3",
	.help = "how many"},
    {.name = "wait",
	.type = D4_CONF_DURATION,
	.offset = AT(wait_us),
	.min = 1000,
	.max = 60000000,
	.def = "5ms"},
    {.name = "size", .type = D4_CONF_BYTES, .offset = AT(size)},
    {.name = "list", .type = D4_CONF_LIST, .offset = AT(list)},
    {.name = "tree", .type = D4_CONF_TREE, .offset = AT(tree)},
    {.name = NULL},
};

static enum d4_status
load(const char *text, struct settings *s, struct d4_diag *diag)
{
	struct d4_yaml *tree = NULL;
	enum d4_status st;

	*s = (struct settings){.n = 0};
	*diag = (struct d4_diag){.file = "/etc/d4/hub.yaml"};
	st = d4_yaml_parse(d4_slice_str(text), diag, &tree);
	if (st == D4_OK)
		st = d4_conf_read(table, tree, diag, s);
	s->tree = NULL;
	d4_yaml_free(tree);
	return st;
}

static void
what_is_written_is_read_and_the_rest_has_defaults(void **state)
{
	struct settings s;
	struct d4_diag diag;

	(void)state;
	assert_int_equal(
	    load("name: hub\nsize: 2MiB\nlist: [a, b]\n", &s, &diag), D4_OK);
	assert_string_equal(s.name, "hub");
	assert_string_equal(s.path, "/etc/d4/x.pem");
	assert_true(s.on);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.wait_us, 5000);
	assert_int_equal(s.size, 2u << 20);
	assert_int_equal(s.list.n, 2);
	assert_string_equal(s.list.item[1], "b");
	d4_conf_free(table, &s);
	assert_null(s.name);
	assert_int_equal(s.list.n, 0);
}

static void
a_path_is_meant_from_the_files_folder(void **state)
{
	struct settings s;
	struct d4_diag diag;

	(void)state;
	assert_int_equal(load("name: a\npath: /abs/x\n", &s, &diag), D4_OK);
	assert_string_equal(s.path, "/abs/x");
	d4_conf_free(table, &s);
	assert_int_equal(load("name: a\npath: k/x\n", &s, &diag), D4_OK);
	assert_string_equal(s.path, "/etc/d4/k/x");
	d4_conf_free(table, &s);
}

static void
one_scalar_is_a_list_of_one(void **state)
{
	struct settings s;
	struct d4_diag diag;

	(void)state;
	assert_int_equal(load("name: a\nlist: one\n", &s, &diag), D4_OK);
	assert_int_equal(s.list.n, 1);
	assert_string_equal(s.list.item[0], "one");
	d4_conf_free(table, &s);
	assert_int_equal(load("name: a\nlist: []\n", &s, &diag), D4_OK);
	assert_int_equal(s.list.n, 0);
	d4_conf_free(table, &s);
}

static void
mistakes_are_told_with_their_place(void **state)
{
	static const struct {
		const char *text, *what;
		unsigned line;
	} rows[] = {
	    {"on: true\n", "missing", 1},
	    {"name: a\ncolour: blue\n", "colour", 2},
	    {"name: [a]\n", "one value", 1},
	    {"name: 123456789\n", "longer than 8", 1},
	    {"name: a\non: yes\n", "", 2},
	    {"name: a\nn: 0\n", "", 2},
	    {"name: a\nn: 11\n", "", 2},
	    {"name: a\nwait: 10us\n", "outside", 2},
	    {"name: a\nwait: 2m\n", "outside", 2},
	    {"name: a\nsize: many\n", "", 2},
	    {"name: a\nlist: {a: b}\n", "takes a list", 2},
	    {"name: a\nlist: [a, [b]]\n", "one value", 2},
	    {"[a]\n", "", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings s;
		struct d4_diag diag;

		assert_int_equal(load(rows[i].text, &s, &diag), D4_EINVAL);
		if (strstr(diag.what, rows[i].what) == NULL ||
		    diag.line != rows[i].line)
			fail_msg("row %zu: %u: %s", i, diag.line, diag.what);
		d4_conf_free(table, &s);
	}
}

static void
a_file_is_loaded_with_its_tree(void **state)
{
	char path[] = "/tmp/d4-conf.XXXXXX";
	struct d4_diag diag = {.file = NULL};
	struct settings s = {.n = 0};
	struct d4_yaml *tree = NULL;
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "name: a\ntree: {b: c}\n", 21), 21);
	(void)close(fd);
	assert_int_equal(d4_conf_load(table, path, &diag, &tree, &s), D4_OK);
	assert_string_equal(d4_yaml_get(s.tree, "b")->text, "c");
	d4_conf_free(table, &s);
	d4_yaml_free(tree);
	(void)unlink(path);
	assert_int_equal(d4_conf_load(table, path, &diag, &tree, &s), D4_EIO);
	assert_string_equal(diag.what, "No such file or directory");
	assert_string_equal(diag.file, path);
}

static void
help_has_a_line_for_each_option(void **state)
{
	char out[4096] = "";
	FILE *f = fmemopen(out, sizeof(out), "w");

	(void)state;
	assert_non_null(f);
	d4_conf_help(table, f);
	(void)fclose(f);
	for (const struct d4_conf_option *o = table; o->name != NULL; o++)
		assert_non_null(strstr(out, o->name));
	assert_non_null(strstr(out, "(mandatory)"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read_and_the_rest_has_defaults),
	    cmocka_unit_test(a_path_is_meant_from_the_files_folder),
	    cmocka_unit_test(one_scalar_is_a_list_of_one),
	    cmocka_unit_test(mistakes_are_told_with_their_place),
	    cmocka_unit_test(a_file_is_loaded_with_its_tree),
	    cmocka_unit_test(help_has_a_line_for_each_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
