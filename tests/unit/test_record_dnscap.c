#include "test.h"
#include "cuts.h"
#include "pcap.h"
#include "libd4/cutter.h"

/* As dnscap -g writes it; the last but one has no answer section. */
static const char text[] = "[56] 2016-10-20 15:23:01.075993 [#0 eth0 4095] \\\n"
			   "\t[192.0.2.1].53199 [192.0.2.2].53  \\\n"
			   "\tdns QUERY,NOERROR,59311,rd \\\n"
			   "\t1 example.,IN,A 0 0 0\n"
			   "[20] 2016-10-20 15:23:01.075994 [#1 eth0 4095] \\\n"
			   "\t[192.0.2.1].53199 [192.0.2.2].53  \\\n"
			   "\tdns QUERY,NOERROR,59312,rd 0 0 0 0\n"
			   "[20] 2016-10-20 15:23:01.075995 [#2 eth0 4095]\n";

static struct d4_cutter *
cutter(void)
{
	struct d4_cutter *c = NULL;

	assert_int_equal(d4_cutter_new(&d4_cutter_dnscap, &c), D4_OK);
	return c;
}

static void
any_cut_of_a_text_gives_its_three_records(void **state)
{
	(void)state;
	for (size_t cut = 1; cut <= sizeof(text); cut++) {
		struct cuts s = {.rest = d4_slice_str(text), .cut = cut};
		struct d4_cutter *c = cutter();
		struct d4_buf all;
		struct d4_run run;
		uint64_t n = 0;

		d4_buf_init(&all, sizeof(text));
		while (cuts_next(&s, c, &run)) {
			size_t one = d4_cutter_split(c, run.data);

			assert_true(one > 40 && run.data.p[0] == '[');
			assert_int_equal(
			    d4_buf_add(&all, run.data.p, run.data.n), D4_OK);
			n += run.n;
		}
		assert_int_equal(n, 3);
		assert_slice(d4_buf_slice(&all), text);
		assert_int_equal(d4_cutter_opening(c).n, 0);
		assert_int_equal(d4_cutter_variant(c), 0);
		assert_int_equal(d4_cutter_finish(c, &run), D4_OK);
		d4_buf_fini(&all);
		d4_cutter_free(c);
	}
}

static void
a_capture_is_cut_as_pcap_in_every_format_and_cut(void **state)
{
	static uint8_t room[4096];

	(void)state;
	for (unsigned format = 1; format <= 4; format++) {
		struct pcap_out o = {.p = room, .format = format};

		pcap_put_opening(&o, 1);
		pcap_put_packet(&o, 60, 'a');
		pcap_put_packet(&o, 0, 'b');
		for (size_t cut = 1; cut <= o.n; cut++) {
			struct cuts s = {.rest = {o.p, o.n}, .cut = cut};
			struct d4_cutter *c = cutter();
			struct d4_run run;
			uint64_t n = 0;

			while (cuts_next(&s, c, &run))
				n += run.n;
			assert_int_equal(n, 2);
			assert_int_equal(d4_cutter_opening(c).n, 24);
			assert_int_equal(
			    d4_cutter_variant(c), format << 28 | 1);
			d4_cutter_free(c);
		}
	}
}

static void
what_a_stream_is_its_first_bytes_say(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum d4_reason failed;
		uint64_t records;
	} rows[] = {
	    {"M<x\n", 4, D4_R_NONE, 1},
	    {"M\n", 2, D4_R_NONE, 1},
	    {"\n", 1, D4_R_NONE, 1},
	    {"M<", 2, D4_R_NONE, 0},
	    {"\x4d\x3c\xb2\xa2\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0", 24,
		D4_R_PCAP_MAGIC, 0},
	    {"\x7f"
	     "ELF\1\1\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0",
		24, D4_R_PCAP_MAGIC, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct d4_cutter *c = cutter();
		struct d4_slice in = d4_slice_of(rows[i].bytes, rows[i].n);
		struct d4_run run;
		uint64_t n = 0;

		while (d4_cutter_feed(c, &in, &run) == D4_OK)
			n += run.n;
		assert_int_equal(n, rows[i].records);
		assert_int_equal(c->failed, rows[i].failed);
		d4_cutter_free(c);
	}
}

static void
the_kind_is_forgotten_at_the_end_of_a_stream(void **state)
{
	static uint8_t room[64];
	struct pcap_out o = {.p = room, .format = 1};
	struct d4_cutter *c = cutter();
	struct d4_slice in = d4_slice_str("[1] one \\\n");
	struct d4_run run;

	(void)state;
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_AGAIN);
	assert_int_equal(d4_cutter_held(c), 10);
	assert_int_equal(d4_cutter_finish(c, &run), D4_ETRUNC);
	assert_int_equal(run.bytes, 10);
	assert_int_equal(run.reason, D4_R_EOF_PARTIAL);
	in = d4_slice_str("M<");
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_AGAIN);
	assert_int_equal(d4_cutter_held(c), 2);
	assert_int_equal(d4_cutter_finish(c, &run), D4_ETRUNC);
	assert_int_equal(run.bytes, 2);
	pcap_put_opening(&o, 1);
	pcap_put_packet(&o, 4, 'x');
	in = d4_slice_of(room, o.n);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_int_equal(run.n, 1);
	d4_cutter_free(c);
}

static void
a_folded_record_over_the_limit_is_dropped_alone(void **state)
{
	static const char line[] = "0123456789 \\\n";
	size_t lines = D4_LINE_MAX / (sizeof(line) - 1) + 1, n = 0;
	uint8_t *big = malloc((lines + 2) * sizeof(line));

	(void)state;
	assert_non_null(big);
	for (size_t i = 0; i < lines; i++, n += sizeof(line) - 1)
		memcpy(big + n, line, sizeof(line) - 1);
	memcpy(big + n, "end\nok\n", 7);
	for (size_t cut = 4096; cut < 2 * n; cut *= 7) {
		struct cuts s = {.rest = {big, n + 7}, .cut = cut};
		struct d4_cutter *c = cutter();
		uint64_t good = 0, bad = 0;
		struct d4_run run;

		while (cuts_next(&s, c, &run)) {
			if (run.reason == D4_R_NONE)
				good += run.bytes;
			else
				bad += run.bytes;
		}
		assert_int_equal(good, 3);
		assert_int_equal(bad, n + 4);
		d4_cutter_free(c);
	}
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_cut_of_a_text_gives_its_three_records),
	    cmocka_unit_test(a_capture_is_cut_as_pcap_in_every_format_and_cut),
	    cmocka_unit_test(what_a_stream_is_its_first_bytes_say),
	    cmocka_unit_test(the_kind_is_forgotten_at_the_end_of_a_stream),
	    cmocka_unit_test(a_folded_record_over_the_limit_is_dropped_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
