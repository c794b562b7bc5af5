/* Lines that become files for d4-core's analyzers: where, what, which not. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "hub/compat_parts.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "test.h"
#include "tmpfixture.h"

#define T_RX 1709251100000000ull /* 2024-02-29T23:58:20 */
#define HEX  "a1020000000000000000000000000000"
#define HEX8 "a1020000"

static struct hub_options opt;
static struct compat c;
static struct compat_queue q;

static int
begin(void **state)
{
	if (setup(state) != 0)
		return -1;
	d4_log_open("test", D4_LOG_ERROR, false);
	opt = (struct hub_options){.compat_reserve = 0};
	c = (struct compat){.opt = &opt, .data = dir};
	c.data_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d4_buf_init(&c.items, 1 << 20);
	return d4_account_open(dir, "t", &c.account) == D4_OK ? 0 : -1;
}

static int
end(void **state)
{
	d4_buf_fini(&c.items);
	d4_account_close(c.account);
	(void)close(c.data_fd);
	return teardown(state);
}

/* Whether it could; the paths are in c.items. */
static bool
take(enum compat_kind kind, const char *item, const char *meta,
    const char *lines)
{
	const struct d4_entry e = {.sess = {{0x7e, 1}},
	    .seq = 40,
	    .sensor = {{0xa1, 2}},
	    .type = 254,
	    .t_rx_us = T_RX,
	    .meta = d4_slice_str(meta),
	    .data = d4_slice_str(lines)};

	q = (struct compat_queue){.kind = kind, .type = 254};
	(void)snprintf(q.item, sizeof(q.item), "%s", item);
	c.items.n = 0;
	return compat_files(&c, &q, &e);
}

/* The items are these, below the folder, and a newline behind each. */
static void
items_are(const char *const *names, size_t n)
{
	char want[4096];
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(
		    want + at, sizeof(want) - at, "%s/%s\n", dir, names[i]);
	assert_int_equal(c.items.n, at);
	if (at != 0)
		assert_memory_equal(c.items.p, want, at);
}

static void
content_is(const char *name, const char *want)
{
	struct d4_buf b;

	d4_buf_init(&b, 4096);
	assert_int_equal(d4_file_read(in_dir(name), &b), D4_OK);
	assert_slice(d4_buf_slice(&b), want);
	d4_buf_fini(&b);
}

static unsigned
incorrect(void)
{
	char line[4096];
	unsigned n = 0;
	FILE *f = fopen(in_dir("t.jsonl"), "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, "\"compat.incorrect\"") != NULL;
	(void)fclose(f);
	return n;
}

/* What a sensor says becomes part of a name at most. */
static void
objects_have_names_of_their_own_in_one_folder(void **state)
{
	static const char *const names[] = {
	    "datas/ja3-jl/jsons/2026-11-22T10:00:00-" HEX8 "-7e010000-40.json",
	    "datas/ja3-jl/jsons/2026-11-22T10:00:00-" HEX8 "-7e010000-41.json",
	    "datas/ja3-jl/jsons/etcpasswd-" HEX8 "-7e010000-42.json",
	    "datas/ja3-jl/jsons/none-" HEX8 "-7e010000-43.json",
	    "datas/ja3-jl/jsons/none-" HEX8 "-7e010000-44.json",
	};

	(void)state;
	assert_true(take(COMPAT_JA3, "ja3-jl", "{}",
	    "{\"Timestamp\":\"2026-11-22T10:00:00\",\"n\":1}\n"
	    "{\"Timestamp\":\"2026-11-22T10:00:00\",\"n\":2}\n"
	    "{\"Timestamp\":\"../../../etc/passwd\"}\n"
	    "{\"Timestamp\":\"..\"}\n"
	    "{\"Timestamp\":7}\n"));
	items_are(names, COUNT(names));
	content_is(names[1], "{\"Timestamp\":\"2026-11-22T10:00:00\",\"n\":2}");
	assert_int_equal(access(in_dir("../etc"), F_OK), -1);
	assert_int_equal(incorrect(), 0);
}

static void
certificates_are_kept_once_by_their_digest(void **state)
{
	(void)state;
	assert_true(take(COMPAT_JA3, "ja3-jl", "{}",
	    "{\"Certificates\":[{\"Raw\":\"YWJj\"},{\"Raw\":\"YWJj\"}]}\n"));
	/* SHA-1 of "abc", FIPS 180-1. */
	content_is("datas/ja3-jl/certs/"
		   "a9993e364706816aba3e25717850c26c9cd0d89d.crt",
	    "abc");
}

/* As with d4-core, nobody could use them; but it is told, and others stay. */
static void
what_cannot_be_a_file_is_accounted_and_left_out(void **state)
{
	(void)state;
	assert_true(take(COMPAT_JA3, "ja3-jl", "{}", "nonsense\n[1]\n\n"));
	assert_int_equal(incorrect(), 2);
	items_are(NULL, 0);
	assert_true(take(COMPAT_JA3, "ja3-jl", "{}",
	    "{\"Certificates\":[{\"Raw\":\"?\"},{}]}\n"));
	assert_int_equal(incorrect(), 4);
	assert_true(c.items.n != 0); /* the object itself is fine */
	assert_true(take(COMPAT_FILE, "filewatcher", "{}", "not base64!\n"));
	assert_int_equal(incorrect(), 5);
	items_are(NULL, 0);
}

/* SHA-256 of "abc", FIPS 180-2. */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void
files_go_by_their_digest_where_their_meta_header_says(void **state)
{
	static const struct {
		const char *meta, *name;
	} all[] = {
	    {"{}", HEX "/254/2024/02/29/filewatcher/files/" ABC "."},
	    {"{\"extension\":\"exe\"}",
		HEX "/254/2024/02/29/filewatcher/files/" ABC ".exe"},
	    {"{\"extension\":\"/../x\",\"segregate\":false}",
		"datas/filewatcher/files/" ABC ".x"},
	    {"{\"segregate\":false}", "datas/filewatcher/files/" ABC "."},
	    {"nonsense", HEX "/254/2024/02/29/filewatcher/files/" ABC "."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		assert_true(
		    take(COMPAT_FILE, "filewatcher", all[i].meta, "YWJj\n"));
		items_are(&all[i].name, 1);
		content_is(all[i].name, "abc");
	}
}

static void
a_file_is_packed_when_its_meta_header_says(void **state)
{
	static const char *const name =
	    HEX "/254/2024/02/29/filewatcher/files/" ABC "..gz";
	char back[8];
	gzFile g;

	(void)state;
	assert_true(
	    take(COMPAT_FILE, "filewatcher", "{\"compress\":true}", "YWJj\n"));
	items_are(&name, 1);
	g = gzopen(in_dir(name), "rb");
	assert_non_null(g);
	assert_int_equal(gzread(g, back, sizeof(back)), 3);
	assert_memory_equal(back, "abc", 3);
	assert_int_equal(gzclose(g), Z_OK);
	assert_int_equal(access(in_dir(HEX "/254/2024/02/29/filewatcher/"
					   "files/" ABC "."),
			     F_OK),
	    -1);
}

static void
json_is_a_file_of_its_sensor_and_day(void **state)
{
	static const char *const names[] = {HEX
	    "/254/2024/02/29/filewatcherjson/files/" ABC ".json",
	    HEX "/254/2024/02/29/filewatcherjson/files/" ABC ".json"};

	(void)state;
	/* The last line of an entry needs no newline; twice is one file. */
	assert_true(take(COMPAT_JSON, "filewatcherjson", "{}", "abc\n\n\nabc"));
	items_are(names, COUNT(names));
	content_is(names[0], "abc");
}

/* Somebody else's link is not written through. */
static void
links_are_not_followed(void **state)
{
	static const char *const folder =
	    HEX "/254/2024/02/29/filewatcherjson/files";
	char path[512], out[512];

	(void)state;
	assert_true(take(COMPAT_JSON, "filewatcherjson", "{}", "first\n"));
	(void)snprintf(out, sizeof(out), "%s", in_dir("outside"));
	(void)snprintf(path, sizeof(path), "%s/%s/" ABC ".json", dir, folder);
	assert_int_equal(symlink(out, path), 0);
	assert_false(take(COMPAT_JSON, "filewatcherjson", "{}", "abc\n"));
	assert_int_equal(access(out, F_OK), -1);
}

static void
without_the_reserve_nothing_is_made(void **state)
{
	(void)state;
	opt.compat_reserve = UINT64_MAX;
	assert_false(take(COMPAT_JSON, "filewatcherjson", "{}", "abc\n"));
	assert_non_null(strstr(c.why, "compat_reserve"));
	assert_int_equal(access(in_dir(HEX), F_OK), -1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
	    T(objects_have_names_of_their_own_in_one_folder),
	    T(certificates_are_kept_once_by_their_digest),
	    T(what_cannot_be_a_file_is_accounted_and_left_out),
	    T(files_go_by_their_digest_where_their_meta_header_says),
	    T(a_file_is_packed_when_its_meta_header_says),
	    T(json_is_a_file_of_its_sensor_and_day),
	    T(links_are_not_followed),
	    T(without_the_reserve_nothing_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
