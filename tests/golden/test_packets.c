#include "pcapfile.h"

#define STEPS                                                \
	"[addr: {scope: telescope, into: [198.18.0.0/16, "   \
	"'2001:db8:fffe::/48'], others: keep}, link: keep, " \
	"tags: keep, payload: keep]"

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
	if (test_packet(s, 1, d4_slice_of(b, n), out, &n) != D4_R_NONE)
		fail_msg("%s was withheld", name);
	test_unhex(out, n, hex);
	if (strcmp(hex, want) != 0)
		fail_msg("%s\n got %s\nwant %s", name, hex, want);
}

/* Every row of a file, or of none when it is absent; how many. */
static unsigned
check_file(const char *path, const struct san_keys *keys)
{
	struct san_facts facts = {.type = 1, .ext = ""};
	struct san_stream *s = NULL;
	struct san_chain *c;
	char line[8192];
	unsigned n = 0;
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return 0;
	c = test_chain(STEPS, 1, "");
	assert_int_equal(san_stream_new(c, keys, &facts, &s), D4_OK);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#')
			continue;
		check(s, line);
		n++;
	}
	(void)fclose(f);
	san_stream_free(s);
	san_chain_free(c);
	return n;
}

static void
packets_leave_as_a_second_implementation_builds_them(void **state)
{
	const char *source = getenv("D4_SOURCE");
	char path[512];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/tests/golden/packets.tsv",
	    source != NULL ? source : ".");
	assert_int_equal(check_file(path, test_keys()), 21);
}

static void
shared_packets_are_met_byte_for_byte(void **state)
{
	const char *shared = getenv("D4_SHARED");
	struct san_keys keys = {.have = true};
	char path[512];
	unsigned n;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/vectors/packets.tsv",
	    shared != NULL ? shared : "");
	memcpy(keys.cpan, reference, sizeof(reference));
	n = check_file(path, &keys);
	if (n == 0) {
		print_message("%s is absent: skipped\n", path);
		skip();
	}
	assert_int_equal(n, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		packets_leave_as_a_second_implementation_builds_them),
	    cmocka_unit_test(shared_packets_are_met_byte_for_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
