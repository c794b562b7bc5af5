#include "sanitizers/json_skip.h"
#include "sanitizers/json_path.h"
#include "test.h"

/* A path's segments as a text: T token, N name, I index, * any, ! deep. */
static void
show(const char *path, char *out, size_t room)
{
	struct san_path p;
	const char *what;
	size_t at = 0;

	out[0] = '\0';
	if (san_path_parse(path, &p, &what) != D4_OK) {
		(void)snprintf(out, room, "error");
		assert_int_not_equal(what[0], '\0');
		return;
	}
	for (size_t i = 0; i < p.n; i++) {
		const struct san_seg *s = &p.seg[i];

		at += (size_t)snprintf(out + at, room - at, "%s%c",
		    s->deep ? "!" : "", "NIT*"[s->kind]);
		if (s->kind == SAN_SEG_INDEX)
			at += (size_t)snprintf(
			    out + at, room - at, "%u ", (unsigned)s->index);
		else if (s->kind != SAN_SEG_ANY)
			at += (size_t)snprintf(out + at, room - at, "%.*s ",
			    (int)s->n, (const char *)s->name);
		assert_int_equal(s->last, i + 1 == p.n);
	}
	san_path_fini(&p);
}

static void
paths_read_as_the_two_standards_have_them(void **state)
{
	static const char *const rows[][2] = {
	    {"", ""},
	    {"/", "T "},
	    {"/a/b", "Ta Tb "},
	    {"/a~1b/m~0n", "Ta/b Tm~n "},
	    {"/0/-", "T0 T- "},
	    {"$", ""},
	    {"$.a.b_1", "Na Nb_1 "},
	    {"$['a b']['it\\'s']", "Na b Nit's "},
	    {"$[\"a\"][0][*]", "Na I0 *"},
	    {"$.*.a", "*Na "},
	    {"$..ip", "!Nip "},
	    {"$.a..ip[3]", "Na !Nip I3 "},
	    {"$.\xc3\xa4", "N\xc3\xa4 "},
	    {"a", "error"},
	    {"/~2", "error"},
	    {"/~", "error"},
	    {"$a", "error"},
	    {"$.", "error"},
	    {"$.1a", "error"},
	    {"$[", "error"},
	    {"$[]", "error"},
	    {"$[01]", "error"},
	    {"$[-1]", "error"},
	    {"$[1:2]", "error"},
	    {"$[?@.a]", "error"},
	    {"$['a]", "error"},
	    {"$['a'", "error"},
	    {"$['\\x']", "error"},
	    {"$..*", "error"},
	    {"$..[0]", "error"},
	    {"$...a", "error"},
	    {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/"
	     "24/25/26/27/28/29/30/31/32/33",
		"error"},
	};
	char out[200];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		show(rows[i][0], out, sizeof(out));
		if (strcmp(out, rows[i][1]) != 0)
			fail_msg("%s: %s, not %s", rows[i][0], out, rows[i][1]);
	}
}

static void
a_path_covers_what_it_takes_and_all_below(void **state)
{
	static const struct {
		const char *a, *b;
		bool covers;
	} rows[] = {
	    {"", "/a", true}, {"$", "$", true}, {"/a", "/a", true},
	    {"/a", "/a/b", true}, {"/a", "$.a", true}, {"$.a", "/a", true},
	    {"/0", "$[0]", true}, {"$[*]", "/a/b", true},
	    {"$..a", "$..a.b", true}, {"/a/b", "/a", false},
	    {"/a", "/b", false}, {"$.a", "/0", false},
	    {"$[0]", "/0", false}, /* "/0" may be a member, too */
	    {"/a", "$[*]", false},
	    {"$..a", "/a", false}, /* true, but not proven */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct san_path a, b;
		const char *what;

		assert_int_equal(san_path_parse(rows[i].a, &a, &what), D4_OK);
		assert_int_equal(san_path_parse(rows[i].b, &b, &what), D4_OK);
		if (san_path_covers(&a, &b) != rows[i].covers)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
		san_path_fini(&a);
		san_path_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths_read_as_the_two_standards_have_them),
	    cmocka_unit_test(a_path_covers_what_it_takes_and_all_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
