#include "lines.h"
#include "sanitizers/watch.h"
#include "test.h"

static const struct lines_of files = {254, "filewatcher"};

static const struct {
	const char *in, *text;
} codec[] = {{"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"},
    {"Zm9vYg==", "foob"}, {"Zm9vYmE=", "fooba"}, {"Zm9vYmFy", "foobar"},
    {"+/+/", "\xfb\xff\xbf"}};

/* RFC 4648 section 10 */
static void
base64_is_read_and_written_as_the_rfc_has_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(codec); i++) {
		uint8_t out[16];
		struct d4_buf back;
		size_t n = 0;

		assert_true(
		    san_base64_decode(d4_slice_str(codec[i].in), out, &n));
		assert_true(d4_slice_eqs(d4_slice_of(out, n), codec[i].text));
		d4_buf_init(&back, 64);
		assert_int_equal(
		    san_base64_encode(d4_slice_of(out, n), &back), D4_OK);
		assert_true(d4_slice_eqs(d4_buf_slice(&back), codec[i].in));
		d4_buf_fini(&back);
	}
}

static void
what_is_no_base64_is_refused(void **state)
{
	static const char *const rows[] = {"", "Zg",
	    "Zg=", "Zg===", "Z===", "====", "Zm9v====", "Zm 9v", "Zm9v\n",
	    "Zh==", "Zm9=", "-_-_", "Zg==Zg==", "Zm9vZg=a"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t out[16];
		size_t n = 0;

		if (san_base64_decode(d4_slice_str(rows[i]), out, &n))
			fail_msg("%s", rows[i]);
	}
}

static void
kinds_are_told_by_the_first_bytes(void **state)
{
	static const struct {
		const char *file;
		size_t n;
		const char *kind;
	} rows[] = {
	    {"\x7f"
	     "ELF\2\1\1",
		7, "elf"},
	    {"MZ\x90", 3, "pe"},
	    {"#!/bin/sh\n", 10, "script"},
	    {"%PDF-1.7", 8, "pdf"},
	    {"hello\tyou\n", 10, "text"},
	    {"h\xc3\xa4", 3, "text"},
	    {"h\xc3", 2, "data"},
	    {"a\0b", 3, "data"},
	    {"", 0, "data"},
	    {"\x7f"
	     "EL",
		3, "data"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct d4_slice f = {(const uint8_t *)rows[i].file, rows[i].n};

		assert_string_equal(
		    san_magic_at(san_magic_of(f))->name, rows[i].kind);
	}
}

static void
by_default_only_what_is_known_of_a_file_leaves(void **state)
{
	/* base64 -w0 of {"sha256":SHA256("foobar"),"size":6,"magic":"text"} */
	static const char want[] =
	    "eyJzaGEyNTYiOiJjM2FiOGZmMTM3MjBlOGFkOTA0N2RkMzk0NjZiM2M4OTc0ZTU5"
	    "MmMyZmEzODNkNGEzOTYwNzE0Y2FlZjBjNGYyIiwic2l6ZSI6NiwibWFnaWMiOiJ0"
	    "ZXh0In0=";
	char out[1024];

	(void)state;
	test_line(&files, "- filewatcher: {}", "Zm9vYmFy", out);
	assert_string_equal(out, want);
	test_line(&files, "- filewatcher: {emit: facts}", "Zm9v!", out);
	assert_string_equal(out, "watch.base64");
}

static void
content_needs_a_size_and_a_kind_that_are_allowed(void **state)
{
	static const char steps[] = "- filewatcher: {emit: content, max_size: "
				    "6B, magic: [text, elf]}";
	char out[1024];

	(void)state;
	test_line(&files, steps, "Zm9vYmFy", out);
	assert_string_equal(out, "Zm9vYmFy");
	test_line(&files, steps, "Zm9vYmFyZg==", out);
	assert_string_equal(out, "watch.size");
	test_line(&files, steps, "TVqQ", out);
	assert_string_equal(out, "watch.magic");
}

static void
classes_and_mistakes(void **state)
{
	static const struct {
		const char *steps;
		int cls; /* -1: an error */
	} rows[] = {
	    {"- filewatcher: {}", 2},
	    {"- filewatcher: {emit: content, max_size: 1MiB, magic: elf}", 0},
	    {"- filewatcher: {emit: content}", -1},
	    {"- filewatcher: {emit: content, max_size: 2MiB, magic: elf}", -1},
	    {"- filewatcher: {emit: content, max_size: 1KiB}", -1},
	    {"- filewatcher: {emit: content, max_size: 1KiB, magic: [exe]}",
		-1},
	    {"- filewatcher: {max_size: 1KiB}", -1},
	    {"- filewatcher: {emit: all}", -1},
	    {"- text: {}", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct san_chain *c = NULL;
		struct d4_diag diag;
		enum d4_status st =
		    test_compile(rows[i].steps, 254, "filewatcher", &diag, &c);

		if ((st == D4_OK ? (int)san_chain_class(c) : -1) != rows[i].cls)
			fail_msg("%s", rows[i].steps);
		san_chain_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(base64_is_read_and_written_as_the_rfc_has_it),
	    cmocka_unit_test(what_is_no_base64_is_refused),
	    cmocka_unit_test(kinds_are_told_by_the_first_bytes),
	    cmocka_unit_test(by_default_only_what_is_known_of_a_file_leaves),
	    cmocka_unit_test(content_needs_a_size_and_a_kind_that_are_allowed),
	    cmocka_unit_test(classes_and_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
