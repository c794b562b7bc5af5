#include "pcapfile.h"

#define STEPS                                              \
	"[addr: {scope: telescope, into: [198.18.0.0/16, " \
	"'2001:db8:fffe::/48'], others: keep}, link: keep, payload: keep]"

/* The key of the reference implementation, as in the vectors. */
static const uint8_t reference[32] = {21, 34, 23, 141, 51, 164, 207, 128, 19,
    10, 91, 22, 73, 144, 125, 16, 216, 152, 143, 131, 121, 121, 101, 39, 98, 87,
    76, 45, 42, 132, 34, 2};

static void
check(struct san_stream *s, char *line)
{
	char *name = strtok_r(line, "\t\n", &line);
	char *in = strtok_r(line, "\t\n", &line);
	char *want = strtok_r(line, "\t\n", &line);
	uint8_t b[2048], out[4096];
	char hex[4096];
	size_t n;

	assert_non_null(want);
	n = test_hex(in, b, sizeof(b));
	assert_int_equal(
	    test_packet(s, 1, d4_slice_of(b, n), out, &n), D4_R_NONE);
	test_unhex(out, n, hex);
	if (strcmp(hex, want) != 0)
		fail_msg("%s\n got %s\nwant %s", name, hex, want);
}

static void
shared_packets_are_met_byte_for_byte(void **state)
{
	const char *shared = getenv("D4_SHARED");
	struct san_facts facts = {.type = 1, .ext = ""};
	struct san_keys keys = {.have = true};
	struct san_stream *s = NULL;
	char path[512], line[4096];
	struct san_chain *c;
	unsigned n = 0;
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/vectors/packets.tsv",
	    shared != NULL ? shared : "");
	f = fopen(path, "r");
	if (f == NULL) {
		print_message("%s is absent: skipped\n", path);
		skip();
	}
	memcpy(keys.cpan, reference, sizeof(reference));
	c = test_chain(STEPS, 1, "");
	assert_int_equal(san_stream_new(c, &keys, &facts, &s), D4_OK);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#')
			continue;
		check(s, line);
		n++;
	}
	(void)fclose(f);
	assert_int_equal(n, 7);
	san_stream_free(s);
	san_chain_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shared_packets_are_met_byte_for_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
