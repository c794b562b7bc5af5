/* Records: fields of each format, and lines that are none of it. */
#include "test.h"
#include "misp-export/packet.h"

static const struct {
	const char *reader, *line, *field, *value; /* value NULL: no record */
} rows[] = {
    {"pdns",
	"1763700000.12||a||b||IN||Www.example.lu.||A||203.0.113.80||300||4",
	"rrname", "Www.example.lu"},
    {"pdns", "1||a||b||IN||n||MX||10 mx.example.||300||1", "rdata",
	"10 mx.example"},
    {"pdns", "a line that is no passive DNS at all", "", NULL},
    {"pdns", "1||a||b||IN||||A||x||300||1", "", NULL},
    {"sshd",
	"Nov 21 10:15:02 h sshd[8]: Failed password for invalid user a from "
	"203.0.113.66 port 40122 ssh2",
	"user", "a"},
    {"sshd",
	"Nov 21 10:15:02 h sshd[8]: Accepted publickey for b from "
	"2001:db8::1 port 40122 ssh2: RSA",
	"result", "accepted"},
    {"sshd", "Nov 21 10:15:02 h sshd[8]: Server listening on :: port 22.", "",
	NULL},
    {"sshd", "Nov 21 10:15:02 h cron[8]: Failed password for x", "", NULL},
    {"maltrail",
	"\"2026-11-21 10:15:31.1\" s 192.0.2.5 4 203.0.113.9 443 TCP IP t \"a "
	"b\" ref",
	"info", "a b"},
    {"maltrail", "\"torn", "", NULL},
    {"maltrail", "a b c d e f g h i j k l", "", NULL},
    {"json", "{\"a\":{\"b\":[1,{\"c\":\"x\"}]}}", "/a/b/1/c", "x"},
    {"json", "{\"a\":{\"b\":[1,2]}}", "/a/b/1", "2"},
    {"json", "{\"id.orig_h\":true}", "/id.orig_h", "true"},
    {"json", "[1]", "", NULL},
    {"json", "{\"a\":1,\"a\":2}", "", NULL},
    {"json", "{", "", NULL},
};

static void
each_line_has_its_fields(void **state)
{
	struct record r;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool ok;

		record_init(&r);
		ok = record_reader_find(rows[i].reader)
		         ->line(d4_slice_str(rows[i].line), &r);
		assert_int_equal(ok, rows[i].value != NULL);
		if (ok)
			assert_slice(
			    record_get(&r, rows[i].field), rows[i].value);
		record_fini(&r);
	}
	assert_null(record_reader_find("xml"));
}

static void
times_are_read_in_three_forms(void **state)
{
	static const struct {
		const char *in;
		uint64_t us;
	} t[] = {{"1763700000.12", 1763700000120000ULL},
	    {"1763700000", 1763700000000000ULL},
	    {"2025-11-21T04:40:00Z", 1763700000000000ULL},
	    {"2025-11-21 05:40:00.5+01:00", 1763700000500000ULL},
	    {"yesterday", 0}, {"", 0}, {"-5", 0},
	    {"99999999999999999999999", 0}, {"17637000x", 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(record_time(d4_slice_str(t[i].in)), t[i].us);
}

static const char *const syn_ack =
    "d4c3b2a1020004000000000000000000ffff000065000000"
    "01000000020000002800000028000000"
    "45000028000000004006000"
    "0cb007150c6120009"
    "01bb9c4000000001000000015012000100000000";

static void
the_source_of_backscatter_is_the_victim(void **state)
{
	uint8_t file[256];
	struct packet_file f;
	struct record r;
	size_t n = test_hex(syn_ack, file, sizeof(file));

	(void)state;
	assert_true(packet_open(d4_slice_of(file, n), &f));
	record_init(&r);
	assert_true(packet_next(&f, &r));
	assert_int_equal(r.time_us, 1000002);
	assert_slice(record_get(&r, "victim"), "203.0.113.80");
	assert_slice(record_get(&r, "port"), "443");
	assert_slice(record_get(&r, "kind"), "syn-ack");
	record_init(&r);
	assert_false(packet_next(&f, &r));
	file[24 + 16 + 20 + 13] = 0x02; /* a SYN is no answer */
	assert_true(packet_open(d4_slice_of(file, n), &f));
	record_init(&r);
	assert_true(packet_next(&f, &r));
	assert_int_equal(r.n, 0);
	for (size_t k = 0; k < n; k++) { /* cut anywhere */
		if (!packet_open(d4_slice_of(file, k), &f))
			continue;
		record_init(&r);
		(void)packet_next(&f, &r);
	}
}

static uint64_t
sshd_at(const char *stamp, uint64_t near_s)
{
	struct record r;
	char line[160];

	(void)snprintf(line, sizeof(line),
	    "%s h sshd[8]: Failed password for a from 192.0.2.1 port 1 ssh2",
	    stamp);
	record_init(&r);
	assert_true(record_sshd(d4_slice_str(line), &r));
	record_year(&r, near_s * 1000000);
	record_fini(&r);
	return r.time_us / 1000000;
}

/* Syslog's stamps have no year: the one that is nearest to the arrival. */
static void
a_line_of_sshd_says_when(void **state)
{
	const uint64_t new_year = 1767225600; /* 2026-01-01 */

	(void)state;
	assert_int_equal(
	    sshd_at("Dec 31 23:59:59", new_year + 5), new_year - 1);
	assert_int_equal(
	    sshd_at("Jan  1 00:00:09", new_year - 5), new_year + 9);
	assert_int_equal(sshd_at("Feb 29 00:00:00", 1709164800), 1709164800);
	assert_int_equal(sshd_at("Feb 29 00:00:00", new_year), 0);
	assert_int_equal(
	    sshd_at("2025-12-31T23:59:59.5+00:00", new_year), new_year - 1);
	assert_int_equal(sshd_at("2026-01-01T01:00:00+01:00", 77), new_year);
	assert_int_equal(sshd_at("Foo 31 23:59:59", new_year), 0);
	assert_int_equal(sshd_at("", new_year), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_line_has_its_fields),
	    cmocka_unit_test(times_are_read_in_three_forms),
	    cmocka_unit_test(the_source_of_backscatter_is_the_victim),
	    cmocka_unit_test(a_line_of_sshd_says_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
