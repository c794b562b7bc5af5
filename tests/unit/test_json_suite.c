/*
 * nst/JSONTestSuite: what must not parse is dropped, what must parse leaves
 * byte for byte, but for its two texts with duplicate keys: RFC 8259 leaves
 * them to the reader, and readers do not agree which value counts. Needs
 * $D4_SHARED/corpus/json; skipped where it is absent.
 */
#include <dirent.h>
#include <unistd.h>
#include "guard.h"
#include "sanitizers/json_run.h"
#include "test.h"

/* One file as one record (files hold newlines) under `default: keep`. */
static bool
same(struct d4_slice text)
{
	static const struct san_json_conf conf = {.keep = true};
	struct san_json_run r = {.conf = &conf, .root = san_json_root(&conf)};
	struct d4_buf out;
	struct guard g;
	struct d4_slice in = guard_new(&g, text);
	enum d4_reason why;

	d4_buf_init(&out, 1 << 20);
	san_json_keys_init(&r.keys);
	why = san_json_rewrite(&r, in, &out);
	if (why == D4_R_NONE)
		assert_true(d4_slice_eq(in, d4_buf_slice(&out)));
	san_json_keys_fini(&r.keys);
	d4_buf_fini(&out);
	guard_free(&g);
	return why == D4_R_NONE;
}

static unsigned seen[3]; /* y, n, i */

static void
check(const char *dir, const char *name)
{
	char path[4096];
	uint8_t *text;
	size_t n;
	bool kept, want = name[0] == 'y' && strstr(name, "duplicated") == NULL;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	text = test_read(path, &n);
	kept = same(d4_slice_of(text, n));
	free(text);
	if (name[0] != 'i' && kept != want)
		fail_msg("%s was %s", name, kept ? "kept" : "dropped");
	seen[name[0] == 'y' ? 0 : name[0] == 'n' ? 1 : 2]++;
}

static void
the_suite_is_judged_as_its_names_say(void **state)
{
	const char *dir = *state;
	struct dirent *e;
	DIR *d = opendir(dir);

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (strchr("yni", e->d_name[0]) != NULL && e->d_name[1] == '_')
			check(dir, e->d_name);
	}
	(void)closedir(d);
	printf("%u y, %u n, %u i\n", seen[0], seen[1], seen[2]);
	assert_true(seen[0] > 90 && seen[1] > 180);
}

int
main(void)
{
	char dir[4096];
	const char *shared = getenv("D4_SHARED");
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_prestate(
		the_suite_is_judged_as_its_names_say, dir),
	};

	(void)snprintf(dir, sizeof(dir), "%s/corpus/json/test_parsing",
	    shared == NULL ? "" : shared);
	if (access(dir, R_OK) != 0) {
		printf("no %s: skipped\n", dir);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
