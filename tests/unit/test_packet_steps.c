#include "golden.h"

#define ADDR "addr: {scope: telescope, others: keep}, "

static enum d4_reason
fate(const char *steps, const char *name, uint8_t *out, size_t *n)
{
	struct san_chain *c = test_chain(steps, 1, "");
	struct san_stream *s = test_stream(c, 1, "");
	uint8_t p[GOLDEN_MAX];
	enum d4_reason why;

	*n = golden_packet(name, p);
	why = test_packet(s, 1, d4_slice_of(p, *n), out, n);
	san_stream_free(s);
	san_chain_free(c);
	return why;
}

static void
named_filters_see_both_versions_and_tags(void **state)
{
	static const struct {
		const char *match, *packet;
		bool hit;
	} rows[] = {
	    {"backscatter", "mirai-answer", true},
	    {"backscatter", "unreachable", true},
	    {"backscatter", "unreachable6", true},
	    {"backscatter", "redirect", true},
	    {"backscatter", "mirai", false},
	    {"backscatter", "udp", false},
	    {"backscatter", "arp", false},
	    {"backscatter", "echo", false},
	    {"icmp-error", "unreachable6", true},
	    {"icmp-error", "echo", false},
	    {"icmp-error", "solicitation", false},
	    {"icmp", "echo", true},
	    {"icmp", "solicitation", true},
	    {"icmp", "udp6", false},
	    {"syn", "mirai", true},
	    {"syn", "tcp6", true},
	    {"syn", "mirai-answer", false},
	    {"udp", "vlan", true},
	    {"udp", "udp6", true},
	    {"udp", "option6", true},
	    {"tcp", "masscan", true},
	    {"tcp", "udp", false},
	    {"dns", "udp", false},
	    {"[dns, udp]", "udp", true},
	};
	uint8_t out[2 * GOLDEN_MAX];
	char steps[128];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum d4_reason why;

		(void)snprintf(
		    steps, sizeof(steps), "[match: %s]", rows[i].match);
		why = fate(steps, rows[i].packet, out, &n);
		if ((why == D4_R_NONE) != rows[i].hit)
			fail_msg("%s on %s: %s", rows[i].match, rows[i].packet,
			    d4_reason_name(why));
	}
}

static void
bpf_is_asked_about_the_original(void **state)
{
	static const struct {
		const char *bpf, *packet;
		enum d4_reason why;
	} rows[] = {
	    {"udp", "udp", D4_R_NONE},
	    {"dst net 10.1.0.0/16", "udp", D4_R_NONE},
	    {"dst net 198.18.0.0/15", "udp", D4_R_BPF_MISS},
	    {"tcp[tcpflags] & tcp-syn != 0", "mirai", D4_R_NONE},
	    {"tcp[13] & 2 != 0 and not src host 203.0.113.9", "mirai",
		D4_R_BPF_MISS},
	    {"ip6 host 2001:db8:77::1", "udp6", D4_R_NONE},
	    {"udp", "vlan", D4_R_BPF_MISS},
	    {"vlan and udp", "vlan", D4_R_NONE},
	    {"ether host 02:00:00:00:00:01", "udp", D4_R_NONE},
	};
	uint8_t out[2 * GOLDEN_MAX];
	char steps[256];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(
		    steps, sizeof(steps), "[" ADDR "bpf: \"%s\"]", rows[i].bpf);
		assert_int_equal(
		    fate(steps, rows[i].packet, out, &n), rows[i].why);
	}
}

static void
payloads_are_cut_zeroed_or_kept(void **state)
{
	static const struct {
		const char *payload;
		size_t n;
		const char *data;
	} rows[] = {
	    {"headers", 42, ""},
	    {"zero", 49, "\0\0\0\0\0\0\0"},
	    {"'keep:3'", 45, "pay"},
	    {"'keep:300'", 49, "payload"},
	    {"keep", 49, "payload"},
	    {"clean", 49, "payload"},
	};
	uint8_t out[2 * GOLDEN_MAX];
	char steps[128];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(steps, sizeof(steps), "[" ADDR "payload: %s]",
		    rows[i].payload);
		assert_int_equal(fate(steps, "udp", out, &n), D4_R_NONE);
		assert_int_equal(n, rows[i].n);
		assert_memory_equal(out + 42, rows[i].data, n - 42);
		assert_int_equal(d4_get_be16(out + 38), 15); /* UDP length */
		assert_int_equal(d4_get_be16(out + 16), 35); /* IP length */
	}
}

static void
link_addresses_and_tags_go_by_their_steps(void **state)
{
	static const struct {
		const char *steps, *packet, *mac;
		uint16_t tag;
	} rows[] = {
	    {"[link: zero]", "vlan", "000000000000000000000000", 0x6000},
	    {"[link: keep]", "vlan", "020000000002020000000001", 0x6000},
	    {"[link: keep, tags: keep]", "vlan", "020000000002020000000001",
		0x6005},
	};
	uint8_t out[2 * GOLDEN_MAX];
	char hex[32];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    fate(rows[i].steps, rows[i].packet, out, &n), D4_R_NONE);
		test_unhex(out, 12, hex);
		assert_string_equal(hex, rows[i].mac);
		assert_int_equal(d4_get_be16(out + 14), rows[i].tag);
	}
	{ /* one that ends in an address of the scope */
		struct san_chain *c = test_chain("[" ADDR "link: keep]", 1, "");
		struct san_stream *s = test_stream(c, 1, "");
		uint8_t p[GOLDEN_MAX];

		n = golden_packet("udp", p);
		memcpy(p, "\x02\x42\x0a\x01\x63\x01", 6);
		assert_int_equal(
		    test_packet(s, 1, d4_slice_of(p, n), out, &n), D4_R_NONE);
		assert_memory_equal(out, "\x02\x42\0\0\0\0\2\0\0\0\0\1", 12);
		san_stream_free(s);
		san_chain_free(c);
	}
	/* A pseudonym is local, keeps the group bit, and is no original. */
	assert_int_equal(fate("[link: hmac]", "udp", out, &n), D4_R_NONE);
	assert_int_equal(out[0] & 3, 2);
	assert_memory_not_equal(out, "\2\0\0\0\0\2", 6);
	assert_memory_not_equal(out, out + 6, 6);
}

static void
a_sample_takes_both_directions_of_a_flow(void **state)
{
	struct san_chain *c = test_chain("[sample: 1/4]", 1, "");
	struct san_stream *s = test_stream(c, 1, "");
	uint8_t p[GOLDEN_MAX], out[2 * GOLDEN_MAX];
	size_t n = golden_packet("udp", p), len;
	unsigned kept = 0;

	(void)state;
	for (uint16_t port = 0; port < 2000; port++) {
		enum d4_reason there, back;
		uint8_t q[GOLDEN_MAX];

		d4_put_be16(p + 34, port);
		memcpy(q, p, n);
		memcpy(q + 26, p + 30, 4);
		memcpy(q + 30, p + 26, 4);
		memcpy(q + 34, p + 36, 2);
		memcpy(q + 36, p + 34, 2);
		there = test_packet(s, 1, d4_slice_of(p, n), out, &len);
		back = test_packet(s, 1, d4_slice_of(q, n), out, &len);
		assert_int_equal(there, back);
		assert_true(there == D4_R_NONE || there == D4_R_SAMPLE_MISS);
		kept += there == D4_R_NONE;
	}
	assert_in_range(kept, 400, 600);
	san_stream_free(s);
	san_chain_free(c);
}

static void
a_wrong_checksum_stays_wrong_where_the_status_is_kept(void **state)
{
	struct san_chain *c = test_chain(
	    "[" ADDR "payload: keep, checksums: keep-status]", 1, "");
	struct san_stream *s = test_stream(c, 1, "");
	uint8_t p[GOLDEN_MAX], right[2 * GOLDEN_MAX], wrong[2 * GOLDEN_MAX];
	size_t n = golden_packet("udp", p), len;

	(void)state;
	assert_int_equal(
	    test_packet(s, 1, d4_slice_of(p, n), right, &len), D4_R_NONE);
	p[40] ^= 0x55; /* UDP */
	p[24] ^= 0x55; /* IP */
	assert_int_equal(
	    test_packet(s, 1, d4_slice_of(p, n), wrong, &len), D4_R_NONE);
	assert_int_equal(d4_get_be16(wrong + 40), d4_get_be16(right + 40) ^ 1);
	assert_int_equal(d4_get_be16(wrong + 24), d4_get_be16(right + 24) ^ 1);
	memset(p + 40, 0, 2);
	assert_int_equal(
	    test_packet(s, 1, d4_slice_of(p, n), wrong, &len), D4_R_NONE);
	assert_int_equal(d4_get_be16(wrong + 40), 0);
	san_stream_free(s);
	san_chain_free(c);
}

static void
fixed_fields_follow_the_address_unless_switched_off(void **state)
{
	uint8_t out[2 * GOLDEN_MAX];
	size_t n;

	(void)state;
	assert_int_equal(
	    fate("[" ADDR "fixup: on]", "mirai", out, &n), D4_R_NONE);
	assert_memory_equal(out + 30, out + 38, 4);
	/* The self-check is the second line. */
	assert_int_equal(
	    fate("[" ADDR "fixup: off]", "mirai", out, &n), D4_R_SELFCHECK);
}

static void
tcp_time_stamps_are_zeroed_on_demand(void **state)
{
	uint8_t out[2 * GOLDEN_MAX];
	size_t n;

	(void)state;
	assert_int_equal(
	    fate("[" ADDR "tcp_ts: zero]", "tcp-options", out, &n), D4_R_NONE);
	assert_memory_equal(out + 60, "\x08\x0a\0\0\0\0\0\0\0\0", 10);
	assert_int_equal(
	    fate("[" ADDR "tcp_ts: keep]", "tcp-options", out, &n), D4_R_NONE);
	assert_memory_equal(out + 60, "\x08\x0a\0\0\0\1\0\0\0\2", 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(named_filters_see_both_versions_and_tags),
	    cmocka_unit_test(bpf_is_asked_about_the_original),
	    cmocka_unit_test(payloads_are_cut_zeroed_or_kept),
	    cmocka_unit_test(link_addresses_and_tags_go_by_their_steps),
	    cmocka_unit_test(a_sample_takes_both_directions_of_a_flow),
	    cmocka_unit_test(
		a_wrong_checksum_stays_wrong_where_the_status_is_kept),
	    cmocka_unit_test(
		fixed_fields_follow_the_address_unless_switched_off),
	    cmocka_unit_test(tcp_time_stamps_are_zeroed_on_demand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
