/* Mappers: the built-in ones are MISP's templates; those of people. */
#include <jansson.h>
#include "test.h"
#include "misp-export/mapper.h"
#include "misp-export/value.h"

static json_t *
shared_template(const char *name)
{
	const char *shared = getenv("D4_SHARED");
	char path[512];

	if (shared == NULL)
		return NULL;
	(void)snprintf(
	    path, sizeof(path), "%s/misp/objects/%s.json", shared, name);
	return json_load_file(path, 0, NULL);
}

static void
templates_are_misps_own(void **state)
{
	const struct template *t;
	json_t *o;

	(void)state;
	for (size_t i = 0; (t = template_at(i)) != NULL; i++) {
		o = shared_template(t->name);
		if (o == NULL)
			skip();
		assert_string_equal(
		    json_string_value(json_object_get(o, "uuid")), t->uuid);
		assert_int_equal(
		    json_integer_value(json_object_get(o, "version")),
		    strtol(t->version, NULL, 10));
		assert_string_equal(
		    json_string_value(json_object_get(o, "meta-category")),
		    t->category);
		json_decref(o);
	}
}

/* The relation is in the template, and of that type there. */
static void
check_rel(const json_t *attributes, const struct map_rel *rel)
{
	const json_t *a = json_object_get(attributes, rel->relation);

	if ((rel->flags & MAP_HIDDEN) != 0)
		return;
	if (a == NULL)
		print_message("no relation %s\n", rel->relation);
	assert_non_null(a);
	assert_string_equal(
	    json_string_value(json_object_get(a, "misp-attribute")), rel->type);
	assert_non_null(value_category(rel->type));
	if (json_is_true(json_object_get(a, "disable_correlation")))
		assert_true((rel->flags & MAP_QUIET) != 0);
}

static void
mappers_use_relations_of_their_template(void **state)
{
	const struct mapper *m;
	json_t *o;

	(void)state;
	for (size_t i = 0; (m = mapper_builtin(i)) != NULL; i++) {
		assert_non_null(template_find(m->object));
		assert_non_null(record_reader_find(m->reader));
		o = shared_template(m->object);
		if (o == NULL)
			skip();
		for (size_t k = 0; m->rel[k].type != NULL; k++)
			check_rel(json_object_get(o, "attributes"), &m->rel[k]);
		json_decref(o);
	}
}

static enum d4_status
read_text(const char *text, struct d4_yaml **tree, struct mappers **out)
{
	struct d4_diag diag = {.file = "test"};
	enum d4_status st = d4_yaml_parse(d4_slice_str(text), &diag, tree);

	assert_int_equal(st, D4_OK);
	return mappers_read(*tree, &diag, out);
}

static void
a_mapper_of_people_is_found_before_the_built_in_one(void **state)
{
	static const char text[] =
	    "ja3: {object: ja3, when: /kind, is: \"tls*\", comment: \"by "
	    "{/who}\", attributes: [{relation: ja3-fingerprint-md5, type: "
	    "ja3-fingerprint-md5, path: /a|/b, key: true, to_ids: true}, "
	    "{relation: last-seen, type: datetime, computed: last_seen}]}\n";
	struct d4_yaml *tree = NULL;
	struct mappers *list = NULL;
	const struct mapper *m;
	struct record r;
	char comment[64];

	(void)state;
	assert_int_equal(read_text(text, &tree, &list), D4_OK);
	m = mappers_find(list, "ja3");
	assert_int_equal(mapper_rels(m), 2);
	assert_int_equal(m->rel[0].flags, MAP_KEY | MAP_IDS);
	record_init(&r);
	assert_true(record_json(
	    d4_slice_str("{\"kind\":\"tls1\",\"b\":7,\"who\":\"me\\n\"}"), &r));
	assert_true(mapper_takes(m, &r));
	assert_slice(mapper_value(&m->rel[0], &r), "7");
	mapper_comment(m, &r, comment, sizeof(comment));
	assert_string_equal(comment, "by me");
	record_fini(&r);
	assert_non_null(mappers_find(list, "passive-dns"));
	assert_null(mappers_find(list, "nothing"));
	mappers_free(list);
	d4_yaml_free(tree);
}

static void
what_misp_would_refuse_is_no_mapper(void **state)
{
	static const char *const bad[] = {
	    "a: {attributes: [{type: integer, path: /n, key: true}]}\n",
	    "a: {attributes: [{type: port, path: /n}]}\n",
	    "a: {attributes: [{type: port, key: true}]}\n",
	    "a: {attributes: [{type: port, path: /n, value: 1, key: true}]}\n",
	    "a: {attributes: [{type: port, computed: now, key: true}]}\n",
	    "a: {object: nothing, attributes: [{type: port, path: /n, key: "
	    "true, relation: x}]}\n",
	    "a: {object: ja3, attributes: [{type: port, path: /n, key: "
	    "true}]}\n",
	    "a: {reader: xml, attributes: [{type: port, path: /n, key: "
	    "true}]}\n",
	    "a: {attributes: []}\n",
	    "a: {attributes: [{type: port, path: /n, key: true, odd: 1}]}\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct d4_yaml *tree = NULL;
		struct mappers *list = NULL;

		if (read_text(bad[i], &tree, &list) != D4_EINVAL)
			print_message("%s", bad[i]);
		assert_null(list);
		d4_yaml_free(tree);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(templates_are_misps_own),
	    cmocka_unit_test(mappers_use_relations_of_their_template),
	    cmocka_unit_test(
		a_mapper_of_people_is_found_before_the_built_in_one),
	    cmocka_unit_test(what_misp_would_refuse_is_no_mapper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
