/* Mappers are held against what the MISP says that it takes. */
#include "test.h"
#include "misp-export/types.h"
#include "tmpdir.h"

/* Compiled from YAML, so that problems have a place. */
struct world {
	struct d4_yaml *tree;
	struct mappers *list;
	struct types types;
};

static void
world_open(struct world *w, const char *text)
{
	struct d4_diag diag = {.file = "test"};

	*w = (struct world){.tree = NULL};
	assert_int_equal(
	    d4_yaml_parse(d4_slice_str(text), &diag, &w->tree), D4_OK);
	assert_int_equal(mappers_read(w->tree, &diag, &w->list), D4_OK);
}

static void
world_close(struct world *w)
{
	types_fini(&w->types);
	mappers_free(w->list);
	d4_yaml_free(w->tree);
}

static bool
taken(bool (*take)(struct types *, const json_t *), struct types *t,
    const char *text)
{
	json_t *o = json_loads(text, 0, NULL);
	bool ok = take(t, o);

	json_decref(o);
	return ok;
}

static void
on_none(void *arg, const struct types_problem *p)
{
	(void)arg;
	fail_msg(
	    "%s row %zu: %s; %s", p->mapper->id, p->rel, p->what, p->remedy);
}

static void
the_built_in_list_takes_the_built_in_mappers(void **state)
{
	const struct types none = {.describe = NULL};

	(void)state;
	assert_int_equal(types_check_all(&none, NULL, on_none, NULL), 0);
}

#define ONE(more) "m:\n  attributes:\n    - {" more "path: /a, key: true}\n"

static const struct {
	const char *yaml, *describe, *what, *remedy;
} refused[] = {
    {ONE("type: text, category: Nonsense, "), NULL,
	"no category of this MISP: Nonsense", "write category: Other"},
    {ONE("type: counter, category: Network activity, "), NULL,
	"that type does not fit the category: Network activity",
	"write category: Other"},
    {ONE("type: domain, "),
	"{\"types\": [\"text\"], \"category_type_mappings\": {\"Other\": "
	"[\"text\"]}}",
	"no type of this MISP: domain", "use a type that this MISP has"},
    {ONE("type: domain, "),
	"{\"result\": {\"types\": [\"domain\"], \"category_type_mappings\": "
	"{\"Other\": [\"domain\"]}}}",
	"no category of this MISP: Network activity", "write category: Other"},
    {ONE("type: domain, category: Two, "),
	"{\"types\": [\"domain\"], \"category_type_mappings\": {\"One\": "
	"[\"domain\"], \"Two\": []}}",
	"that type does not fit the category: Two", "write category: One"},
};

static void
what_would_be_refused_is_said_with_its_place(void **state)
{
	struct types_problem p;
	char text[1024];
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		world_open(&w, refused[i].yaml);
		if (refused[i].describe != NULL)
			assert_true(taken(
			    types_describe, &w.types, refused[i].describe));
		assert_false(types_check(&w.types, mappers_nth(w.list, 0), &p));
		assert_string_equal(p.what, refused[i].what);
		assert_string_equal(p.remedy, refused[i].remedy);
		types_say(&p, w.list, "/etc/x.yaml", text, sizeof(text));
		assert_non_null(strstr(text, "/etc/x.yaml:3:7: mapper m: "));
		world_close(&w);
	}
}

static const char ja3s[] =
    "{\"ObjectTemplate\": {\"name\": \"ja3s\", \"requirements\": "
    "{\"required\": [\"ja3s-fingerprint-md5\", \"ja3-fingerprint-md5\"]}}, "
    "\"ObjectTemplateElement\": [{\"object_relation\": "
    "\"ja3s-fingerprint-md5\", \"type\": \"ja3-fingerprint-md5\"}, "
    "{\"object_relation\": \"ip-src\", \"type\": \"ip-src\"}]}";
static const char ip_port[] =
    "{\"ObjectTemplate\": {\"name\": \"ip-port\", \"requirements\": "
    "{\"requiredOneOf\": [\"ip\", \"dst-port\"]}}, "
    "\"ObjectTemplateElement\": []}";

/* Types and required relations; a relation that it lacks MISP takes. */
static void
templates_are_those_of_the_server(void **state)
{
	static const struct {
		const char *yaml, *what;
	} rows[] = {
	    {"a: {object: ja3s, attributes: [{relation: ip-src, type: ip-dst, "
	     "path: /a, key: true}]}",
		"the template has another type for the relation ip-src"},
	    {"b: {object: ja3s, attributes: [{relation: ip-src, type: ip-src, "
	     "path: /a, key: true}]}",
		"the template requires the relation ja3s-fingerprint-md5"},
	    {"c: {object: ip-port, attributes: [{relation: text, type: text, "
	     "path: /a, key: true}]}",
		"the template ip-port requires one of several"},
	    {"d: {object: ip-port, attributes: [{relation: dst-port, type: "
	     "port, path: /a, key: true}, {relation: new, type: text, path: "
	     "/b}]}",
		NULL},
	};
	struct types_problem p;
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_open(&w, rows[i].yaml);
		assert_true(types_check(&w.types, mappers_nth(w.list, 0), &p));
		assert_true(taken(types_template, &w.types, ja3s));
		assert_true(taken(types_template, &w.types, ip_port));
		assert_int_equal(
		    types_check(&w.types, mappers_nth(w.list, 0), &p),
		    rows[i].what == NULL);
		if (rows[i].what != NULL)
			assert_string_equal(p.what, rows[i].what);
		world_close(&w);
	}
}

static void
an_answer_that_is_none_changes_nothing(void **state)
{
	static const char *const odd[] = {"[]", "{}", "{\"types\": 7}",
	    "{\"types\": [], \"category_type_mappings\": {}}",
	    "{\"types\": [\"a\"], \"category_type_mappings\": []}",
	    "{\"result\": []}"};
	struct types t = {.describe = NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_false(taken(types_describe, &t, odd[i]));
		assert_false(taken(types_template, &t, odd[i]));
		assert_null(t.describe);
	}
	types_fini(&t);
}

static void
it_is_kept_for_who_has_no_server(void **state)
{
	struct types t = {.version = "2.5.1"}, back = {.describe = NULL};
	char dir[64];

	(void)state;
	tmpdir_make(dir, sizeof(dir));
	assert_int_equal(types_load(dir, &back), D4_ENOENT);
	assert_true(taken(types_describe, &t,
	    "{\"types\": [\"text\"], \"category_type_mappings\": {\"Other\": "
	    "[\"text\"]}}"));
	assert_true(taken(types_template, &t, ja3s));
	assert_int_equal(types_save(dir, &t), D4_OK);
	assert_int_equal(types_load(dir, &back), D4_OK);
	assert_string_equal(back.version, "2.5.1");
	assert_true(json_equal(back.describe, t.describe));
	assert_true(json_equal(back.templates, t.templates));
	types_fini(&t);
	types_fini(&back);
	tmpdir_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_built_in_list_takes_the_built_in_mappers),
	    cmocka_unit_test(what_would_be_refused_is_said_with_its_place),
	    cmocka_unit_test(templates_are_those_of_the_server),
	    cmocka_unit_test(an_answer_that_is_none_changes_nothing),
	    cmocka_unit_test(it_is_kept_for_who_has_no_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
