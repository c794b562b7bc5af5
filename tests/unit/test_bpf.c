#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "sanitizers/bpf.h"

static void
names_that_would_be_looked_up_are_found(void **state)
{
	static const struct {
		const char *text;
		const char *word; /* NULL: none */
	} rows[] = {
	    {"tcp port 80 and net 10.1.0.0/16", NULL},
	    {"tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn", NULL},
	    {"ip6 net 2001:db8::/32 or ether host 00:11:22:33:44:55", NULL},
	    {"ip[2:2] > 100 and icmp[icmptype] != icmp-echo", NULL},
	    {"not (vlan 5 and portrange 1-1024)", NULL},
	    {"ip proto 47", NULL},
	    {"tcp[-1:1] = 0x12", NULL},
	    {"", NULL},
	    {"host fe80::1", NULL},
	    {"host dead:beef::1", NULL},
	    {"host example.org", "example.org"},
	    {"example.org", "example.org"},
	    {"port http", "http"},
	    {"ip proto \\tcp", "\\tcp"},
	    {"gateway router", "gateway"},
	    {"host deadbeef", "deadbeef"},
	    {"net loopback and tcp", "loopback"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = 0;
		const char *word = san_bpf_words(rows[i].text, &n);

		if (rows[i].word == NULL) {
			if (word != NULL)
				fail_msg("%s: %s", rows[i].text, word);
			continue;
		}
		assert_non_null(word);
		assert_int_equal(n, strlen(rows[i].word));
		assert_memory_equal(word, rows[i].word, n);
	}
}

static void
an_expression_is_compiled_for_its_link_type(void **state)
{
	static const uint8_t ip[20] = {0x45, 0, 0, 20, 0, 0, 0, 0, 1, 17};
	char why[D4_DIAG_TEXT] = "";
	struct san_bpf *b = NULL;

	(void)state;
	assert_int_equal(san_bpf_new("udp", 101, why, &b), D4_OK);
	assert_true(san_bpf_run(b, d4_slice_of(ip, 20), 20));
	assert_false(san_bpf_run(b, d4_slice_of(ip, 9), 20));
	san_bpf_free(b);
	assert_int_equal(san_bpf_new("udp and", 1, why, &b), D4_EINVAL);
	assert_true(why[0] != '\0');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_that_would_be_looked_up_are_found),
	    cmocka_unit_test(an_expression_is_compiled_for_its_link_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
