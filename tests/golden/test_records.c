/* Files cut by records.py: ours gives the same records, for any cut. */
#include "test.h"
#include "cuts.h"
#include "libd4/cutter.h"

/* As zlib has it; libd4 itself needs none. */
static uint32_t
crc32_of(struct d4_slice s)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < s.n; i++) {
		crc ^= s.p[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void
list_run(struct d4_buf *list, const struct d4_cutter *c, struct d4_run run)
{
	struct d4_slice o = d4_cutter_opening(c), rest = run.data;
	size_t n;

	assert_int_equal(run.reason, D4_R_NONE);
	while ((n = d4_cutter_split(c, rest)) != 0)
		assert_int_equal(
		    d4_buf_addf(list, "%zu %08x %zu %08x\n", o.n, crc32_of(o),
			n, crc32_of(d4_slice_skip(&rest, n))),
		    D4_OK);
	assert_int_equal(rest.n, 0);
}

static void
check(const struct d4_cutter_kind *kind, const char *name)
{
	struct d4_slice file, want;
	struct d4_buf list;
	uint8_t *data, *text;
	char path[256];

	(void)snprintf(path, sizeof(path), "tests/golden/records/%s.bin", name);
	data = test_read(path, &file.n);
	(void)snprintf(path, sizeof(path), "tests/golden/records/%s.txt", name);
	text = test_read(path, &want.n);
	want.p = text;
	d4_buf_init(&list, 1 << 20);
	for (size_t cut = 1; cut <= file.n; cut++) {
		struct cuts s = {.rest = {data, file.n}, .cut = cut};
		struct d4_cutter *c = NULL;
		struct d4_run run;

		list.n = 0;
		assert_int_equal(d4_cutter_new(kind, &c), D4_OK);
		while (cuts_next(&s, c, &run))
			list_run(&list, c, run);
		assert_true(d4_slice_eq(d4_buf_slice(&list), want));
		assert_int_equal(d4_cutter_finish(c, &run), D4_OK);
		d4_cutter_free(c);
	}
	d4_buf_fini(&list);
	free(data);
	free(text);
}

static void
pcapng_of_both_orders_is_cut_as_elsewhere(void **state)
{
	(void)state;
	check(&d4_cutter_pcapng, "pcapng_le");
	check(&d4_cutter_pcapng, "pcapng_be");
}

static void
ipfix_is_cut_as_elsewhere(void **state)
{
	(void)state;
	check(&d4_cutter_ipfix, "ipfix");
	check(&d4_cutter_ipfix, "softflowd");
}

static void
the_text_of_dnscap_is_cut_as_elsewhere(void **state)
{
	(void)state;
	check(&d4_cutter_dnscap, "dnscap_text");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pcapng_of_both_orders_is_cut_as_elsewhere),
	    cmocka_unit_test(ipfix_is_cut_as_elsewhere),
	    cmocka_unit_test(the_text_of_dnscap_is_cut_as_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
