/*
 * SAN_ENGINE is part of a pipeline's identity: what an older engine made is
 * not sent by a newer one, because it may be what the newer one mends. So it
 * must change whenever the same steps give other bytes. This test notices: if
 * it fails and the change is wanted, count SAN_ENGINE up and put the new digest
 * here.
 */
#include <openssl/evp.h>
#include "chain.h"
#include "pcap.h"

static const char engine[] = "san6";
static const char digest[] =
    "444d659ac3c34205f190db78441565452ef6ed807d1d43a1d827bc4973deadcc";

#define SCOPED                                                       \
	"- addr: {scope: telescope, method: cryptopan, others: %s, " \
	"require_scope: %s, into: [198.18.0.0/16, 2001:db8:fffe::/48]}\n"
#define SCOPED_LINES                                              \
	"- addr: {scope: telescope, method: pnat, others: keep, " \
	"require_scope: none, into: [198.18.0.0/16, 2001:db8:fffe::/48]}\n"

/* Lines through a pipeline, one by one, so that each has its verdict. */
static const struct {
	uint8_t type;
	const char *ext, *steps, *lines;
} rows[] = {
    {8, "", "- pdns: {client: zero, server: zero}\n- time: 1h\n",
	"1749988801||10.1.2.3||192.0.2.53||IN||www.example.com.||A||198.51."
	"100.7||300||1\n"
	"1749988802.5||10.1.2.3||10.1.0.53||IN||7.2.1.10.in-addr.arpa.||PTR||"
	"host.example.||300||2\n"
	"not a line\n"},
    {8, "",
	"- addr: {scope: telescope, method: pnat, others: keep, require_scope: "
	"any, into: [198.18.0.0/16, 2001:db8:fffe::/48]}\n"
	"- pdns: {client: addr, server: keep}\n",
	"1749988801||10.1.2.3||192.0.2.53||IN||www.example.com.||A||198.51."
	"100.9||300||1\n"
	"1749988801||10.1.2.3||192.0.2.53||IN||ip-10-1-2-3.example.com.||A||"
	"198.51.100.7||300||1\n"
	"1749988801||10.1.2.3||192.0.2.53||IN||2001-db8-77--1.example.com.||A||"
	"198.51.100.7||300||1\n"},
    {6, "",
	SCOPED_LINES
	"- json: {default: keep, rules: [{path: /src, op: addr}, {path: /t, "
	"op: time, unit: 1h}]}\n",
	"{\"src\":\"10.1.2.3\",\"t\":\"2025-06-15T12:34:56Z\",\"n\":1}\n"
	"{\"src\":\"192.0.2.1\",\"note\":\"saw 10.1.2.3\"}\n"
	"{\"src\":\"192.0.2.1\",\"note\":\"saw 10[.]1[.]2[.]3\"}\n"
	"{\"src\":\"192.0.2.1\",\"src\":\"10.1.2.3\"}\n"
	"{\"src\":\"\\u0031\\u0030.1.2.3\",\"x\":[1,2.50,{\"y\":null}]}\n"
	"{\"src\":\"192.0.2.1\",\"q\":\"[2001:0db8:77::1]\"}\n"
	"{\"src\":167838211}\n"},
    {254, "ja3-jl",
	"- json: {default: drop, rules: [{path: /JA3Digest, op: keep}, {path: "
	"/ServerIP, op: keep}]}\n",
	"{\"JA3Digest\":\"ab\",\"ServerIP\":\"192.0.2.1\",\"ClientIP\":\"10.1."
	"2.3\"}\n"
	"{\"JA3Digest\":\"\xff\"}\n"},
    {3, "", SCOPED_LINES "- text: {}\n",
	"Jun 15 12:00:00 h sshd[1]: Failed password from 10.1.2.3 port 22\n"
	"a 10[.]1[.]2[.]3 [2001:db8:77::1]:443 3.2.1.10.in-addr.arpa\n"
	"host 0a010203 x\n"
	"10_1_2_3 10\\.1\\.2\\.3\n"
	"peer 0xa.0x1.0x2.0x3\n"
	"v MTAuMS4yLjM= 10.1.515\n"
	"nothing\n"},
    {254, "maltrail",
	SCOPED_LINES "- time: 1h\n- maltrail: {sensor: zero, deny_suffix: "
		     "corp}\n",
	"\"2024-05-06 07:08:09.123456\" pc1 10.1.2.3 53 9.9.9.9 53 UDP DNS "
	"evil.net \"mal ware\" (static)\n"
	"\"2024-05-06 07:08:09.123456\" pc1 10.1.2.3 53 9.9.9.9 53 UDP IP "
	"10.1.9.9 x y\n"},
};

static const char packet[] =
    "\x02\x00\x5e\x10\x00\x01\x02\x00\x5e\x10\x00\x02\x08\x00"
    "\x45\x00\x00\x2c\x00\x01\x00\x00\x40\x06\x00\x00\xc0\x00\x02\x01"
    "\x0a\x01\x02\x03"
    "\x00\x50\x30\x39\x00\x00\x00\x01\x00\x00\x00\x02\x50\x12\x20\x00"
    "\x00\x00\x00\x00"
    "data";

static void
add(EVP_MD_CTX *md, const void *p, size_t n)
{
	assert_int_equal(EVP_DigestUpdate(md, p, n), 1);
}

/* What came out; a record that is withheld leaves nothing but its end. */
static void
run(EVP_MD_CTX *md, struct san_stream *s, struct d4_slice in)
{
	struct d4_buf out;

	d4_buf_init(&out, 1u << 20);
	(void)!test_run(s, in, 0, &out);
	add(md, out.p, out.n);
	add(md, "", 1);
	d4_buf_fini(&out);
}

static void
lines(EVP_MD_CTX *md)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct san_chain *c =
		    test_chain(rows[i].steps, rows[i].type, rows[i].ext);
		struct san_stream *s =
		    test_stream(c, rows[i].type, rows[i].ext);
		const char *at = rows[i].lines, *end;

		for (; *at != '\0'; at = end + 1) {
			end = strchr(at, '\n');
			run(md, s, d4_slice_of(at, (size_t)(end + 1 - at)));
		}
		san_stream_free(s);
		san_chain_free(c);
	}
}

static void
packets(EVP_MD_CTX *md)
{
	static const char *const more[] = {"- payload: headers\n- link: zero\n",
	    "- payload: keep\n- time: 1ms\n", "- payload: zero\n"};
	uint8_t file[256];

	for (size_t i = 0; i < 3; i++) {
		struct pcap_out o = {.p = file, .format = 1};
		char steps[512];
		struct san_chain *c;
		struct san_stream *s;

		(void)snprintf(steps, sizeof(steps), SCOPED "%s",
		    i == 0 ? "keep" : "map", "any", more[i]);
		c = test_chain(steps, 1, "");
		s = test_stream(c, 1, "");
		pcap_put_opening(&o, 1);
		pcap_put_packet(&o, sizeof(packet) - 1, 0);
		memcpy(file + o.n - (sizeof(packet) - 1), packet,
		    sizeof(packet) - 1);
		run(md, s, d4_slice_of(file, o.n));
		san_stream_free(s);
		san_chain_free(c);
	}
}

static void
the_engine_is_counted_up_with_every_change_of_what_it_makes(void **state)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t sum[EVP_MAX_MD_SIZE];
	char text[2 * EVP_MAX_MD_SIZE + 1] = "";
	unsigned n = 0;

	(void)state;
	assert_int_equal(EVP_DigestInit_ex(md, EVP_sha256(), NULL), 1);
	lines(md);
	packets(md);
	assert_int_equal(EVP_DigestFinal_ex(md, sum, &n), 1);
	EVP_MD_CTX_free(md);
	for (unsigned i = 0; i < n; i++)
		(void)snprintf(text + 2 * (size_t)i, 3, "%02x", sum[i]);
	assert_string_equal(SAN_ENGINE, engine);
	assert_string_equal(text, digest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		the_engine_is_counted_up_with_every_change_of_what_it_makes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
