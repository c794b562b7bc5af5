#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "misp-export/warninglist.h"
#include "test.h"
#include "tmpdir.h"

/* The folder as its repository has it, and as people copy a list of it. */
static const struct {
	const char *file, *text;
} files[] = {
    {"public-dns/list.json",
	"{\"name\": \"resolvers\", \"type\": \"cidr\", \"list\": "
	"[\"8.8.8.0/24\", \"2001:4860:4860::8888\", \"nonsense\", 7], "
	"\"matching_attributes\": [\"ip-src\", \"ip-dst\", \"ip-dst|port\"]}"},
    {"top.json", "{\"name\": \"top\", \"type\": \"hostname\", \"list\": "
		 "[\".Example.COM\", \"cdn.example.net\", \"\"], "
		 "\"matching_attributes\": [\"domain\", \"hostname\"]}"},
    {"empty-hashes.json",
	"{\"name\": \"hashes\", \"type\": \"string\", \"list\": "
	"[\"d41d8cd98f00b204e9800998ecf8427e\"]}"},
    {"parts.json", "{\"name\": \"parts\", \"type\": \"substring\", \"list\": "
		   "[\"/wp-login\"], \"matching_attributes\": [\"url\"]}"},
    {"regex.json",
	"{\"name\": \"regex\", \"type\": \"regex\", \"list\": "
	"[\"/^phone-[0-9]+$/i\", \"#^a/b$#\", \"^plain[0-9]$\", \"/(/\", "
	"\"/x/Z\", \"\", 7, \"/^(a+)+$/\"], \"matching_attributes\": "
	"[\"comment\"]}"},
    {"broken.json", "{\"name\": "},
    {"array.json", "[]"},
    {"README.md", "no list"},
};

static int
setup(void **state)
{
	static char dir[64];
	char path[160];

	tmpdir_make(dir, sizeof(dir));
	(void)snprintf(path, sizeof(path), "%s/public-dns", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i].file);
		assert_int_equal(
		    d4_file_replace(path, d4_slice_str(files[i].text), 0644),
		    D4_OK);
	}
	*state = dir;
	return 0;
}

static int
teardown(void **state)
{
	tmpdir_remove(*state);
	return 0;
}

static const struct {
	const char *type, *value, *list;
} asked[] = {
    {"ip-dst", "8.8.8.8", "resolvers"},
    {"ip-src", "2001:4860:4860::8888", "resolvers"},
    {"ip-dst|port", "8.8.8.8|53", "resolvers"},
    {"text", "8.8.8.8", "resolvers"},
    {"ip-dst", "8.8.9.8", NULL},
    {"md5", "8.8.8.8", NULL},
    {"domain", "example.com", "top"},
    {"hostname", "WWW.example.com.", "top"},
    {"text", "a.b.example.com", "top"},
    {"domain", "notexample.com", NULL},
    {"domain", "example.net", NULL},
    {"domain", "x.cdn.example.net", "top"},
    {"domain", "com", NULL},
    {"text", "see example.com", NULL},
    {"md5", "d41d8cd98f00b204e9800998ecf8427e", "hashes"},
    {"md5", "d41d8cd98f00b204e9800998ecf8427f", NULL},
    {"url", "http://h.example/wp-login.php", "parts"},
    {"uri", "/wp-login.php", NULL},
    {"text", "", NULL},
    {"comment", "Phone-0123", "regex"},
    {"comment", "phone-0123x", NULL},
    {"comment", "a/b", "regex"},
    {"comment", "plain7", "regex"},
    {"comment", "xplain7", NULL},
    {"url", "phone-0123", NULL},
    {"comment", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", NULL},
};

static void
a_value_is_found_as_misp_would_find_it(void **state)
{
	struct warninglists *w = NULL;

	assert_int_equal(warninglists_load(*state, NULL, &w), D4_OK);
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		const char *got =
		    warninglists_find(w, asked[i].type, asked[i].value);

		if ((got == NULL) != (asked[i].list == NULL) ||
		    (got != NULL && strcmp(got, asked[i].list) != 0))
			fail_msg("%s %s: %s", asked[i].type, asked[i].value,
			    got != NULL ? got : "none");
	}
	warninglists_free(w);
	warninglists_free(NULL);
}

static struct finding
finding_of(const char *name, bool mapped)
{
	return (struct finding){.mapper = mappers_find(NULL, "passive-dns"),
	    .value = {{0, mapped, name}, {2, false, "8.8.8.8"}},
	    .n = 2,
	    .count = 3};
}

/* Its rdata may be a resolver's: the finding is about the name. */
static void
a_finding_is_counted_for_what_it_is_about_unless_a_pseudonym(void **state)
{
	struct finding known = finding_of("www.example.com", false);
	struct finding other = finding_of("www.other.example", false);
	struct finding hidden = finding_of("www.example.com", true);
	struct warninglists *w = NULL;
	json_t *o;

	assert_int_equal(warninglists_load(*state, NULL, &w), D4_OK);
	assert_true(warninglists_take(w, &known));
	assert_false(warninglists_take(w, &other));
	assert_false(warninglists_take(w, &hidden));
	assert_false(warninglists_take(NULL, &known));
	o = warninglists_json(w);
	assert_int_equal(json_object_size(o), 1);
	assert_int_equal(json_integer_value(json_object_get(o, "top")), 3);
	json_decref(o);
	warninglists_free(w);
}

/* What a limit ended is counted, and the value is in no list. */
static void
a_pattern_that_never_ends_is_ended(void **state)
{
	struct warninglists *w = NULL;
	json_t *o;

	assert_int_equal(warninglists_load(*state, NULL, &w), D4_OK);
	assert_null(warninglists_find(
	    w, "comment", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"));
	o = warninglists_json(w);
	assert_int_equal(
	    json_integer_value(json_object_get(o, "regex: limit")), 1);
	json_decref(o);
	warninglists_free(w);
}

static void
put(const char *dir, const char *file, const char *text)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	assert_int_equal(
	    d4_file_replace(path, d4_slice_str(text), 0644), D4_OK);
}

/* Read again: new ones come, lost ones go, a broken one stays as it was. */
static void
a_broken_file_keeps_the_list_of_before(void **state)
{
	struct finding known = finding_of("www.example.com", false);
	struct warninglists *w = NULL, *next = NULL;
	char path[160];
	json_t *o;

	assert_int_equal(warninglists_load(*state, NULL, &w), D4_OK);
	assert_true(warninglists_take(w, &known));
	put(*state, "top.json", "{\"name\": \"top\", ");
	put(*state, "public-dns/list.json",
	    "{\"name\": \"dns\", \"type\": "
	    "\"cidr\", \"list\": "
	    "[\"9.9.9.9\"]}");
	(void)snprintf(path, sizeof(path), "%s/parts.json", (char *)*state);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(warninglists_load(*state, w, &next), D4_OK);
	warninglists_free(w);
	assert_string_equal(
	    warninglists_find(next, "domain", "example.com"), "top");
	assert_string_equal(
	    warninglists_find(next, "ip-dst", "9.9.9.9"), "dns");
	assert_null(warninglists_find(next, "ip-dst", "8.8.8.8"));
	assert_null(
	    warninglists_find(next, "url", "http://h.example/wp-login.php"));
	assert_true(warninglists_take(next, &known));
	o = warninglists_json(next);
	assert_int_equal(json_integer_value(json_object_get(o, "top")), 6);
	json_decref(o);
	warninglists_free(next);
}

static void
a_folder_that_is_not_there_is_an_error(void **state)
{
	struct warninglists *w = NULL;

	(void)state;
	assert_int_equal(warninglists_load("/nonexistent", NULL, &w), D4_EIO);
	assert_null(w);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH(a_value_is_found_as_misp_would_find_it),
	    WITH(a_finding_is_counted_for_what_it_is_about_unless_a_pseudonym),
	    WITH(a_pattern_that_never_ends_is_ended),
	    WITH(a_broken_file_keeps_the_list_of_before),
	    cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
