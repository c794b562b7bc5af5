/* Flows of IPFIX: who talked to whom, whatever the bytes are. */
#include "test.h"
#include "misp-export/flow.h"

#define START_MS UINT64_C(1763700000123)

/* A template of six fields, one flow of it, and one that has no template. */
static const uint8_t file[] = {0, 10, 0, 48, 0x69, 0x1f, 0xf0, 0x60, 0, 0, 0, 1,
    0, 0, 0, 7, 0, 2, 0, 32, 1, 0, 0, 6, 0, 8, 0, 4, 0, 12, 0, 4, 0, 7, 0, 2, 0,
    11, 0, 2, 0, 4, 0, 1, 0, 152, 0, 8,
    /* data */
    0, 10, 0, 62, 0x69, 0x1f, 0xf0, 0x60, 0, 0, 0, 1, 0, 0, 0, 7, 1, 0, 0, 25,
    192, 0, 2, 5, 203, 0, 113, 9, 0x9c, 0x40, 1, 0xbb, 17, 0, 0, 1, 0x9a, 0xa4,
    0xb6, 0x45, 0x7b, 1, 1, 0, 21, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
    14, 15, 16, 17};

static size_t
flows(const uint8_t *p, size_t n, struct record *out)
{
	struct flow_file f;
	size_t k = 0;

	flow_open(&f, d4_slice_of(p, n));
	record_init(out);
	while (flow_next(&f, out)) {
		k++;
		if (k == 1)
			continue;
		record_init(out);
	}
	flow_close(&f);
	return k;
}

static void
a_flow_has_addresses_ports_protocol_and_time(void **state)
{
	struct record r;

	(void)state;
	assert_int_equal(flows(file, sizeof(file), &r), 1);
	assert_slice(record_get(&r, "/src_ip"), "192.0.2.5");
	assert_slice(record_get(&r, "/dest_ip"), "203.0.113.9");
	assert_slice(record_get(&r, "/src_port"), "40000");
	assert_slice(record_get(&r, "/dest_port"), "443");
	assert_slice(record_get(&r, "/proto"), "udp");
	assert_int_equal(r.time_us, START_MS * 1000);
}

static void
an_address_of_zeros_is_none(void **state)
{
	uint8_t copy[sizeof(file)];
	struct record r;

	(void)state;
	memcpy(copy, file, sizeof(file));
	memset(copy + 68, 0, 4);
	assert_int_equal(flows(copy, sizeof(copy), &r), 1);
	assert_null(record_get(&r, "/src_ip").p);
	assert_slice(record_get(&r, "/dest_ip"), "203.0.113.9");
}

static void
torn_or_changed_anywhere_it_ends(void **state)
{
	struct record r;

	(void)state;
	for (size_t n = 0; n <= sizeof(file); n++) {
		uint8_t *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy, file, n);
		(void)flows(copy, n, &r);
		for (size_t i = 0; i < n; i++) {
			copy[i] ^= 0xff;
			(void)flows(copy, n, &r);
			copy[i] ^= 0xff;
		}
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_flow_has_addresses_ports_protocol_and_time),
	    cmocka_unit_test(an_address_of_zeros_is_none),
	    cmocka_unit_test(torn_or_changed_anywhere_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
