#include <dirent.h>
#include <unistd.h>
#include <sys/stat.h>
#include "test.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "sensor/conf_dir.h"

#define UUID "0f8a2f3e-5c66-4a3b-9d5e-0c1b2a394857"

static char dir[64];

static void
put(const char *name, const char *content)
{
	char *path = d4_path(dir, name);

	if (content == NULL)
		(void)unlink(path);
	else
		assert_int_equal(
		    d4_file_replace(path, d4_slice_str(content), 0600), D4_OK);
	free(path);
}

/* A good directory, before each test. */
static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/d4-conf.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	put("key", "secret\n");
	put("uuid", UUID "\n");
	put("type", "8\n");
	put("destination", "hub.example.org:4443\n");
	put("fingerprint", "AA:BB\n");
	return 0;
}

static int
tear_down(void **state)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	(void)state;
	if (d == NULL)
		return -1;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			put(e->d_name, NULL);
	}
	(void)closedir(d);
	return rmdir(dir);
}

static void
a_directory_says_all_that_is_needed(void **state)
{
	struct d4_diag diag = {.file = NULL};
	char uuid[D4_UUID_TEXT];
	struct conf_dir c;

	(void)state;
	assert_int_equal(conf_dir_read(dir, &c, &diag), D4_OK);
	d4_uuid_text(&c.uuid, uuid);
	assert_string_equal(uuid, UUID);
	assert_slice(d4_buf_slice(&c.key), "secret");
	assert_int_equal(c.type, 8);
	assert_ptr_equal(c.row, d4_type_find(8));
	assert_string_equal(c.host, "hub.example.org");
	assert_string_equal(c.port, "4443");
	assert_string_equal(c.name, "hub.example.org");
	assert_string_equal(c.pin, "AA:BB");
	assert_int_equal(c.snaplen, CONF_SNAPLEN);
	assert_false(c.to_stdout);
	conf_dir_fini(&c);
}

static void
the_sample_of_the_d4_clients_is_taken(void **state)
{
	struct d4_diag diag = {.file = NULL};
	struct conf_dir c;

	(void)state;
	put("fingerprint", NULL);
	put("destination", "stdout\n");
	put("key", "private key to change\n");
	put("snaplen", "4096\n");
	put("source", "stdin\n");
	put("type", "1\n");
	put("version", "1\n");
	put("uuid", NULL);
	assert_int_equal(conf_dir_read(dir, &c, &diag), D4_OK);
	assert_true(c.to_stdout);
	assert_int_equal(c.snaplen, 4096);
	assert_slice(d4_buf_slice(&c.key), "private key to change");
	assert_false(c.resend_all); /* a capture */
	conf_dir_fini(&c);
	put("resend", "all\n");
	assert_int_equal(conf_dir_read(dir, &c, &diag), D4_OK);
	assert_true(c.resend_all);
	conf_dir_fini(&c);
}

static void
a_missing_uuid_is_made_and_stays(void **state)
{
	struct d4_diag diag = {.file = NULL};
	char *path = d4_path(dir, "uuid");
	struct conf_dir a, b;
	struct stat sb;

	(void)state;
	put("uuid", "");
	assert_int_equal(conf_dir_read(dir, &a, &diag), D4_OK);
	assert_int_equal(conf_dir_read(dir, &b, &diag), D4_OK);
	assert_true(d4_uuid_eq(&a.uuid, &b.uuid));
	assert_true(d4_uuid_is_v4(&a.uuid));
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	conf_dir_fini(&a);
	conf_dir_fini(&b);
	free(path);
}

static void
types_2_and_254_come_with_their_meta_header(void **state)
{
	struct d4_diag diag = {.file = NULL};
	struct conf_dir c;

	(void)state;
	put("type", "2");
	put("metaheader.json", "{\"type\":\"ja3-jl\",\n\"x\":1}\n\n");
	assert_int_equal(conf_dir_read(dir, &c, &diag), D4_OK);
	assert_int_equal(c.type, 254);
	assert_ptr_equal(c.row, d4_type_handler("lines"));
	assert_slice(d4_buf_slice(&c.meta), "{\"type\":\"ja3-jl\",\n\"x\":1}");
	conf_dir_fini(&c);
}

static void
there_is_one_way_to_know_the_server(void **state)
{
	struct d4_diag diag = {.file = NULL};
	struct conf_dir c;

	(void)state;
	put("fingerprint", NULL);
	put("rootCA.crt", "pem");
	put("name", "other.example.org");
	assert_int_equal(conf_dir_read(dir, &c, &diag), D4_OK);
	assert_non_null(strstr(c.ca, "/rootCA.crt"));
	assert_string_equal(c.name, "other.example.org");
	conf_dir_fini(&c);
	put("rootCA.crt", NULL);
	put("tls", "system");
	assert_int_equal(conf_dir_read(dir, &c, &diag), D4_OK);
	assert_string_equal(c.ca, "system");
	conf_dir_fini(&c);
	put("tls", "insecure\n");
	assert_int_equal(conf_dir_read(dir, &c, &diag), D4_OK);
	assert_true(c.insecure);
	assert_null(c.ca);
	conf_dir_fini(&c);
}

static void
each_mistake_names_its_file_and_what_to_write(void **state)
{
	static const struct {
		const char *name, *content, *file, *what;
	} rows[] = {
	    {"version", "2", "/version", "unknown D4 version"},
	    {"source", "carrier pigeon", "/source", "no such source"},
	    {"source", "d4server", "/redis_queue", "needs it"},
	    {"source", "folder", "/folder", "needs it"},
	    {"after", "burn", "/after", "no such thing"},
	    {"proxy", "127.0.0.1", "/proxy", "not an address"},
	    {"on_full", "panic", "/on_full", "no such thing"},
	    {"snaplen", "0", "/snaplen", "not a number"},
	    {"snaplen", "1000001", "/snaplen", "not a number"},
	    {"resend", "some", "/resend", "no such way"},
	    {"type", NULL, "/type", "not a D4 type"},
	    {"type", "0", "/type", "not a D4 type"},
	    {"type", "256", "/type", "not a D4 type"},
	    {"type", "254", "/metaheader.json", "type 254 needs it"},
	    {"destination", NULL, "/destination", "not a destination"},
	    {"destination", "::1:4443", "/destination", "not a destination"},
	    {"destination", "a:1\nb:2", "/destination", "not a value"},
	    {"fingerprint", NULL, "", "how to know the server"},
	    {"tls", "insecure", "", "several of"},
	    {"tls", "none", "/tls", "unknown word"},
	    {"rootCA.crt", "pem", "", "several of"},
	    {"key", NULL, "/key", "not found"},
	    {"key", "\n", "/key", "empty"},
	    {"uuid", "not-a-uuid", "/uuid", "not a version 4 UUID"},
	    {"uuid", "0f8a2f3e-5c66-1a3b-9d5e-0c1b2a394857", "/uuid",
		"not a version 4 UUID"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct d4_diag diag = {.file = NULL};
		struct conf_dir c;
		char want[128];

		put(rows[i].name, rows[i].content);
		assert_int_equal(conf_dir_read(dir, &c, &diag), D4_EINVAL);
		(void)snprintf(want, sizeof(want), "%s%s", dir, rows[i].file);
		assert_string_equal(diag.file, want);
		if (strstr(diag.what, rows[i].what) == NULL)
			fail_msg("%s: %s", rows[i].name, diag.what);
		assert_null(c.key.p);
		(void)tear_down(state);
		(void)set_up(state);
	}
}

static void
a_meta_header_must_be_one(void **state)
{
	static const char *const bad[] = {
	    "", "{}", "[1]", "{\"type\":1}", "{\"type\":\"../x\"}", "{"};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct d4_diag diag = {.file = NULL};
		struct conf_dir c;

		put("type", "254");
		put("metaheader.json", bad[i]);
		assert_int_equal(conf_dir_read(dir, &c, &diag), D4_EINVAL);
		assert_non_null(strstr(diag.what, "not a meta header"));
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_directory_says_all_that_is_needed, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		the_sample_of_the_d4_clients_is_taken, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_missing_uuid_is_made_and_stays, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		types_2_and_254_come_with_their_meta_header, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		there_is_one_way_to_know_the_server, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		each_mistake_names_its_file_and_what_to_write, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(
		a_meta_header_must_be_one, set_up, tear_down),
	};

	d4_log_open("test", D4_LOG_ERROR, false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
