#include "golden.h"

#define STEPS "[addr: {scope: telescope, others: keep}]"

struct magic {
	uint32_t magic;
	bool big;
	uint32_t per_s;
};

static const struct magic magics[] = {
    {0xa1b2c3d4, false, 1000000},
    {0xa1b2c3d4, true, 1000000},
    {0xa1b23c4d, false, 1000000000},
    {0xa1b23c4d, true, 1000000000},
};

static void
put32(const struct magic *m, uint8_t *p, uint32_t v)
{
	if (m->big)
		d4_put_be32(p, v);
	else
		d4_put_le32(p, v);
}

static uint32_t
get32(const struct magic *m, const uint8_t *p)
{
	return m->big ? d4_get_be32(p) : d4_get_le32(p);
}

/* A file of one packet; link may have FCS bits. */
static size_t
make(const struct magic *m, uint32_t link, const uint32_t when[2],
    struct d4_slice packet, uint8_t *out)
{
	memset(out, 0, 40);
	put32(m, out, m->magic);
	put32(m, out + 4, m->big ? 0x00020004 : 0x00040002);
	put32(m, out + 16, 300000);
	put32(m, out + 20, link);
	put32(m, out + 24, when[0]);
	put32(m, out + 28, when[1]);
	put32(m, out + 32, (uint32_t)packet.n);
	put32(m, out + 36, (uint32_t)packet.n);
	memcpy(out + 40, packet.p, packet.n);
	return 40 + packet.n;
}

static enum d4_status
run(const char *steps, struct d4_slice file, struct d4_buf *out,
    struct d4_tally *tally)
{
	struct san_chain *c = test_chain(steps, 1, "");
	struct san_stream *s = test_stream(c, 1, "");
	enum d4_status st;

	d4_buf_init(out, TEST_FILE_MAX);
	st = test_run(s, file, 0, out);
	test_balance(s);
	*tally = *san_stream_tally(s);
	san_stream_free(s);
	san_chain_free(c);
	return st;
}

static void
byte_order_and_resolution_stay(void **state)
{
	static const uint32_t when[2] = {1700000000, 123456};
	uint8_t p[GOLDEN_MAX], file[1024];
	size_t n = golden_packet("udp", p);

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct d4_tally t;
		struct d4_buf out;
		size_t len = make(&magics[i], 1, when, d4_slice_of(p, n), file);

		file[8] = 1; /* a time zone says where the sensor stands */
		assert_int_equal(
		    run(STEPS, d4_slice_of(file, len), &out, &t), D4_OK);
		assert_int_equal(out.n, 40 + 42);
		assert_memory_equal(out.p, file, 8);
		assert_int_equal(get32(&magics[i], out.p + 8), 0);
		assert_int_equal(get32(&magics[i], out.p + 16), 262144);
		assert_memory_equal(out.p + 20, file + 20, 12);
		assert_int_equal(get32(&magics[i], out.p + 32), 42);
		assert_int_equal(get32(&magics[i], out.p + 36), n);
		d4_buf_fini(&out);
	}
}

static void
checksums_behind_frames_are_cut_off(void **state)
{
	static const uint32_t when[2] = {1, 2};
	uint8_t p[GOLDEN_MAX], file[1024];
	size_t n = golden_packet("udp", p), len;
	struct d4_tally t;
	struct d4_buf out;

	(void)state;
	memset(p + n, 0xee, 4);
	len = make(&magics[0], 0x24000001, when, d4_slice_of(p, n + 4), file);
	assert_int_equal(run("[addr: {others: keep}, payload: keep]",
			     d4_slice_of(file, len), &out, &t),
	    D4_OK);
	assert_int_equal(get32(&magics[0], out.p + 20), 1);
	assert_int_equal(get32(&magics[0], out.p + 32), n);
	assert_int_equal(get32(&magics[0], out.p + 36), n);
	d4_buf_fini(&out);
}

static void
files_of_other_kinds_are_refused_with_a_reason(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		enum d4_reason why;
	} rows[] = {
	    {0, 0x0a0d0d0a, D4_R_PCAP_MAGIC}, /* pcapng */
	    {0, 0xa1b2cd34, D4_R_PCAP_MAGIC}, /* "modified" */
	    {4, 0x00040003, D4_R_PCAP_MAGIC}, /* version 3.4 */
	    {20, 105, D4_R_LINKTYPE},
	    {20, 0x00010001, D4_R_LINKTYPE},
	    {32, 262145, D4_R_PCAP_DESYNC},
	};
	static const uint32_t when[2] = {1, 2};
	uint8_t p[GOLDEN_MAX], file[1024];
	size_t n = golden_packet("udp", p), len;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct d4_tally t;
		struct d4_buf out;

		len = make(&magics[0], 1, when, d4_slice_of(p, n), file);
		put32(&magics[0], file + rows[i].at, rows[i].value);
		assert_int_equal(run(STEPS, d4_slice_of(file, len), &out, &t),
		    D4_EMALFORMED);
		assert_int_equal(out.n, 0);
		assert_int_equal(t.in, 1);
		assert_int_equal(t.records[rows[i].why], 1);
		d4_buf_fini(&out);
	}
}

static void
times_are_shifted_and_rounded_down(void **state)
{
	/* tshift of the test key, c461eb50e1115bc5, mod one day */
	const uint64_t shift = 0xc461eb50e1115bc5u % 86400000000u;
	const uint64_t t = 1700000000123456u, shifted = t + shift;
	const struct {
		const char *time;
		uint64_t want;
	} rows[] = {
	    {"time: 1us", t},
	    {"time: 1ms", t - t % 1000},
	    {"time: 1s", t - t % 1000000},
	    {"time: 1h", t - t % 3600000000u},
	    {"time: 1d", t - t % 86400000000u},
	    {"time: shift", shifted},
	    {"time: {floor: 1m, shift: true}", shifted - shifted % 60000000},
	};
	const uint32_t when[2] = {1700000000, 123456};
	uint8_t p[GOLDEN_MAX], file[1024];
	size_t n = golden_packet("udp", p), len;

	(void)state;
	len = make(&magics[0], 1, when, d4_slice_of(p, n), file);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char steps[128];
		struct d4_tally tally;
		struct d4_buf out;

		(void)snprintf(steps, sizeof(steps), "[%s]", rows[i].time);
		assert_int_equal(
		    run(steps, d4_slice_of(file, len), &out, &tally), D4_OK);
		assert_int_equal(d4_get_le32(out.p + 24) * UINT64_C(1000000) +
				     d4_get_le32(out.p + 28),
		    rows[i].want);
		d4_buf_fini(&out);
	}
}

static void
an_impossible_time_is_dropped(void **state)
{
	static const struct {
		const char *steps;
		uint32_t when[2];
		size_t magic;
	} rows[] = {
	    {STEPS, {1, 1000000}, 0},
	    {STEPS, {1, 1000000000}, 2},
	    {"[time: shift]", {0xffffffff, 0}, 0},
	};
	uint8_t p[GOLDEN_MAX], file[1024];
	size_t n = golden_packet("udp", p), len;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct d4_tally t;
		struct d4_buf out;

		len = make(&magics[rows[i].magic], 1, rows[i].when,
		    d4_slice_of(p, n), file);
		assert_int_equal(
		    run(rows[i].steps, d4_slice_of(file, len), &out, &t),
		    D4_OK);
		assert_int_equal(out.n, 0);
		assert_int_equal(t.records[D4_R_TIME_VALUE], 1);
		d4_buf_fini(&out);
	}
}

/* 4 of 1,000 packets hold their destination in a field that is kept. */
static void
addresses_in_the_output_open_the_breaker(void **state)
{
	struct san_chain *c = test_chain(STEPS, 1, "");
	struct san_stream *s = test_stream(c, 1, "");
	uint8_t p[GOLDEN_MAX];
	size_t n = golden_packet("echo", p);
	struct d4_buf file, out;
	enum d4_reason why;

	(void)state;
	test_pcap_open(&file, 1);
	for (unsigned i = 0; i < 1500; i++) {
		memcpy(p + 38, i % 250 == 0 ? p + 30 : (uint8_t[4]){1, 2, 3, 4},
		    4);
		test_pcap_add(&file, p, n, n);
	}
	d4_buf_init(&out, TEST_FILE_MAX);
	assert_int_equal(test_run(s, d4_buf_slice(&file), 0, &out), D4_EDENIED);
	assert_int_equal(out.n, 0);
	assert_true(san_stream_broken(s, &why));
	assert_int_equal(why, D4_R_SELFCHECK);
	test_balance(s);
	assert_int_equal(san_stream_tally(s)->in, 1500);
	assert_int_equal(san_stream_tally(s)->records[D4_R_SELFCHECK], 4);
	assert_int_equal(san_stream_tally(s)->quarantined, 4);
	assert_int_equal(san_stream_tally(s)->records[D4_R_BREAKER_OPEN], 1496);
	san_stream_reset(s);
	assert_false(san_stream_broken(s, &why));
	d4_buf_fini(&file);
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(byte_order_and_resolution_stay),
	    cmocka_unit_test(checksums_behind_frames_are_cut_off),
	    cmocka_unit_test(files_of_other_kinds_are_refused_with_a_reason),
	    cmocka_unit_test(times_are_shifted_and_rounded_down),
	    cmocka_unit_test(an_impossible_time_is_dropped),
	    cmocka_unit_test(addresses_in_the_output_open_the_breaker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
