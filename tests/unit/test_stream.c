#include "chain.h"
#include "ipfix.h"
#include "pcapng.h"

/* A little-endian microsecond pcap of link type 1 with two packets. */
static const uint8_t two_packets[] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0, /* opening */
    1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 60, 0, 0, 0, 'a', 'b', 'c', 1, 0, 0, 0,
    3, 0, 0, 0, 1, 0, 0, 0, 60, 0, 0, 0, 'd'};

static const struct {
	uint8_t type;
	const char *ext;
	const char *text; /* NULL: the capture above */
	uint64_t records;
} files[] = {
    {1, "", NULL, 2},
    {3, "", "one line\nand another\r\n", 2},
    {4, "", NULL, 2},
    {4, "", "[1] one record \\\n\tin two lines\n", 1},
    {5, "", NULL, 2},
    {6, "", "{}\n[]\n", 2},
    {7, "", NULL, 2},
    {99, "", "bytes of any kind, without a cutter", 1},
    {8, "", "1||2||3\nnot even nine fields\n", 2},
    {254, "ja3-jl", "{\"a\": 1e400}\n", 1},
    {254, "maltrail", "a b c\n\n", 2},
};

/* Two packets of a pcapng, `more` of them in another section. */
static struct d4_slice
two_blocks(unsigned more)
{
	static uint8_t room[1024];
	struct png_out o = {.p = room, .big = true};

	png_put_section(&o, UINT64_MAX);
	png_put_interface(&o, 1, 0, 0);
	png_put_packet(&o, 0, 5, 'a');
	for (; more != 0; more--) {
		png_put_section(&o, UINT64_MAX);
		png_put_interface(&o, 113, 0, 0);
		png_put_packet(&o, 0, 5, 'c');
	}
	png_put_packet(&o, 0, 6, 'b');
	return d4_slice_of(room, o.n);
}

/* A template, and two messages with data. */
static struct d4_slice
two_messages(void)
{
	static uint8_t room[256];
	struct ipfix_out o = {.p = room};

	ipfix_put_template(&o, 1, 256, 2);
	ipfix_put_data(&o, 1, 256, 16);
	ipfix_put_data(&o, 1, 256, 8);
	return d4_slice_of(room, o.n);
}

static struct d4_slice
file_bytes(size_t i)
{
	if (files[i].text != NULL)
		return d4_slice_str(files[i].text);
	if (files[i].type == 5)
		return two_blocks(0);
	if (files[i].type == 7)
		return two_messages();
	return d4_slice_of(two_packets, sizeof(two_packets));
}

static void
a_pipeline_without_steps_is_byte_identical_for_every_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct san_chain *c =
		    test_chain("[]", files[i].type, files[i].ext);
		struct san_stream *s;
		struct d4_buf out;

		assert_int_equal(san_chain_class(c), 0);
		assert_false(san_chain_needs_keys(c));
		for (size_t cut = 0; cut < 30; cut++) {
			s = test_stream(c, files[i].type, files[i].ext);
			d4_buf_init(&out, 4096);
			assert_int_equal(
			    test_run(s, file_bytes(i), cut, &out), D4_OK);
			assert_true(
			    d4_slice_eq(d4_buf_slice(&out), file_bytes(i)));
			assert_int_equal(
			    san_stream_tally(s)->records[D4_R_NONE],
			    files[i].records);
			test_balance(s);
			d4_buf_fini(&out);
			san_stream_free(s);
		}
		san_chain_free(c);
	}
}

/* Steps that nobody carries out are an error, not a way around. */
static void
what_nobody_sanitizes_takes_no_steps(void **state)
{
	static const struct {
		uint8_t type;
		const char *ext;
	} rows[] = {{99, ""}, {200, ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct san_chain *c;
		struct d4_diag diag;

		assert_int_equal(test_compile("- link: zero", rows[i].type,
				     rows[i].ext, &diag, &c),
		    D4_EINVAL);
		assert_non_null(strstr(diag.what, "are not enforced"));
		assert_int_equal(
		    test_compile("[]", rows[i].type, rows[i].ext, &diag, &c),
		    D4_OK);
		assert_int_equal(san_chain_class(c), 0);
		san_chain_free(c);
	}
}

/* The packets' steps read captures; the text of type 4 is none. */
static void
steps_for_captures_let_no_text_of_dnscap_out(void **state)
{
	struct san_chain *c = test_chain("- link: zero", 4, "");
	struct san_stream *s = test_stream(c, 4, "");
	struct d4_buf out;

	(void)state;
	d4_buf_init(&out, 4096);
	for (size_t cut = 0; cut < 3; cut++)
		assert_int_equal(
		    test_run(s,
			d4_slice_str("[56] 2016-10-20 15:23:01 10.1.2.3\n"),
			cut, &out),
		    D4_EMALFORMED);
	assert_int_equal(out.n, 0);
	assert_int_equal(san_stream_tally(s)->records[D4_R_PCAP_MAGIC], 3);
	test_balance(s);
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
}

/* Later stages know the opening in front of a file, and no other. */
static void
another_opening_within_a_file_refuses_the_rest(void **state)
{
	struct san_chain *c = test_chain("[]", 5, "");
	struct san_stream *s = test_stream(c, 5, "");
	struct d4_slice in = two_blocks(1);
	struct d4_buf out;

	(void)state;
	for (size_t cut = 0; cut < 3; cut++) {
		d4_buf_init(&out, 4096);
		assert_int_equal(test_run(s, in, cut, &out), D4_EMALFORMED);
		assert_int_equal(out.n, 28 + 20 + 40);
		assert_memory_equal(out.p, in.p, out.n);
		assert_int_equal(san_stream_opening(s), 28 + 20);
		d4_buf_fini(&out);
	}
	assert_int_equal(san_stream_tally(s)->records[D4_R_NONE], 3);
	assert_int_equal(san_stream_tally(s)->records[D4_R_OPENING_CHANGE], 3);
	test_balance(s);
	san_stream_free(s);
	san_chain_free(c);
}

static void
an_unfinished_record_is_dropped_and_counted(void **state)
{
	struct san_chain *c = test_chain("[]", 1, "");
	struct san_stream *s = test_stream(c, 1, "");
	struct d4_buf out;

	(void)state;
	d4_buf_init(&out, 4096);
	assert_int_equal(
	    test_run(
		s, d4_slice_of(two_packets, sizeof(two_packets) - 1), 0, &out),
	    D4_OK);
	assert_int_equal(out.n, 24 + 19);
	assert_int_equal(san_stream_tally(s)->records[D4_R_EOF_PARTIAL], 1);
	assert_int_equal(san_stream_tally(s)->bytes[D4_R_EOF_PARTIAL], 16);
	assert_int_equal(san_stream_opening(s), 24);
	assert_int_equal(san_stream_variant(s), 0x10000001);
	test_balance(s);
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
}

static void
a_refused_file_does_not_spoil_the_next(void **state)
{
	struct san_chain *c = test_chain("[]", 1, "");
	struct san_stream *s = test_stream(c, 1, "");
	struct d4_buf out;

	(void)state;
	d4_buf_init(&out, 4096);
	for (size_t cut = 0; cut < 3; cut++)
		assert_int_equal(
		    test_run(s, d4_slice_str("this is no capture at all"), cut,
			&out),
		    D4_EMALFORMED);
	assert_int_equal(out.n, 0);
	assert_int_equal(san_stream_tally(s)->records[D4_R_PCAP_MAGIC], 3);
	assert_int_equal(san_stream_tally(s)->bytes[D4_R_PCAP_MAGIC], 3 * 25);
	assert_int_equal(test_run(s, file_bytes(0), 0, &out), D4_OK);
	assert_int_equal(out.n, sizeof(two_packets));
	test_balance(s);
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
}

static void
a_full_output_is_said_and_the_record_is_counted(void **state)
{
	struct san_chain *c = test_chain("[]", 1, "");
	struct san_stream *s = test_stream(c, 1, "");
	struct d4_buf out;

	(void)state;
	d4_buf_init(&out, 30);
	san_stream_begin(s);
	assert_int_equal(san_stream_feed(s, file_bytes(0), &out), D4_ETOOBIG);
	test_balance(s);
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
}

static void
a_type_that_the_pipeline_does_not_take_has_no_stream(void **state)
{
	struct san_chain *c = test_chain("[]", 1, "");
	struct san_facts facts = {.type = 8, .ext = ""};
	struct san_stream *s = NULL;

	(void)state;
	assert_int_equal(
	    san_stream_new(c, test_keys(), &facts, &s), D4_ENOTSUP);
	assert_null(s);
	san_chain_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_pipeline_without_steps_is_byte_identical_for_every_type),
	    cmocka_unit_test(what_nobody_sanitizes_takes_no_steps),
	    cmocka_unit_test(steps_for_captures_let_no_text_of_dnscap_out),
	    cmocka_unit_test(another_opening_within_a_file_refuses_the_rest),
	    cmocka_unit_test(an_unfinished_record_is_dropped_and_counted),
	    cmocka_unit_test(a_refused_file_does_not_spoil_the_next),
	    cmocka_unit_test(a_full_output_is_said_and_the_record_is_counted),
	    cmocka_unit_test(
		a_type_that_the_pipeline_does_not_take_has_no_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
