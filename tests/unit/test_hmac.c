#include <openssl/evp.h>
#include "test.h"
#include "libd4/hmac.h"

static struct d4_hmac *
keyed(const char *key)
{
	struct d4_hmac *h = NULL;

	assert_int_equal(d4_hmac_new(d4_slice_str(key), &h), D4_OK);
	return h;
}

/* Expected: Python's hmac over 62 header bytes 01 08 00.. and the payload. */
static void
it_is_hmac_sha256_of_the_zeroed_header_and_the_payload(void **state)
{
	static const struct {
		const char *key, *payload, *mac;
	} rows[] = {
	    {"k", "",
		"5143e5ddd6039e75617d2ab895edcebe"
		"030fc4cd7693e09f6bbd7ab88c33a325"},
	    {"private key to change", "a line\n",
		"75e2b89617332a9b95ef383928bf1938"
		"484feb248f50cd51177ae5e33774cb93"},
	    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
		"yyy",
		"709d6265f5efba4b2df607c2b53ba5c3"
		"342254edafee0561d61a8499ace70bac"},
	};
	uint8_t want[D4_HMAC_LEN], mac[D4_HMAC_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t wire[D4_HEADER_LEN] = {1, 8};
		struct d4_slice s = d4_slice_str(rows[i].payload);
		struct d4_hmac *h = keyed(rows[i].key);

		wire[58] = (uint8_t)s.n;
		test_hex(rows[i].mac, want, sizeof(want));
		assert_int_equal(d4_hmac_frame(h, wire, s, mac), D4_OK);
		assert_memory_equal(mac, want, sizeof(want));
		d4_hmac_free(h);
	}
}

static void
the_hmac_field_itself_does_not_count(void **state)
{
	uint8_t wire[D4_HEADER_LEN] = {1, 8}, a[D4_HMAC_LEN], b[D4_HMAC_LEN];
	struct d4_hmac *h = keyed("k");

	(void)state;
	assert_int_equal(
	    d4_hmac_frame(h, wire, d4_slice_str("payload"), a), D4_OK);
	for (unsigned i = 26; i < 58; i++)
		wire[i] = 0xff;
	assert_int_equal(
	    d4_hmac_frame(h, wire, d4_slice_str("payload"), b), D4_OK);
	assert_memory_equal(a, b, sizeof(a));
	d4_hmac_free(h);
}

static void
every_other_bit_of_header_and_payload_counts(void **state)
{
	uint8_t wire[D4_HEADER_LEN] = {1, 8}, payload[3] = {0};
	struct d4_slice s = d4_slice_of(payload, sizeof(payload));
	struct d4_hmac *h = keyed("k");

	(void)state;
	assert_int_equal(d4_hmac_seal(h, wire, s), D4_OK);
	assert_int_equal(d4_hmac_check(h, wire, s), D4_OK);
	for (unsigned bit = 0; bit < 8 * (D4_HEADER_LEN + 3); bit++) {
		unsigned at = bit / 8;
		uint8_t *p = at < D4_HEADER_LEN ? &wire[at]
		                                : &payload[at - D4_HEADER_LEN];

		*p ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(d4_hmac_check(h, wire, s), D4_EAUTH);
		*p ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(d4_hmac_check(h, wire, s), D4_OK);
	s.n--;
	assert_int_equal(d4_hmac_check(h, wire, s), D4_EAUTH);
	d4_hmac_free(h);
}

static void
a_context_serves_many_frames_and_keys_differ(void **state)
{
	uint8_t wire[D4_HEADER_LEN] = {1, 3};
	struct d4_hmac *a = keyed("one"), *b = keyed("two");

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		uint8_t payload[300] = {0};
		struct d4_slice s = d4_slice_of(payload, i);

		assert_int_equal(d4_hmac_seal(a, wire, s), D4_OK);
		assert_int_equal(d4_hmac_check(a, wire, s), D4_OK);
		assert_int_equal(d4_hmac_check(b, wire, s), D4_EAUTH);
	}
	d4_hmac_free(a);
	d4_hmac_free(b);
}

static void
keys_longer_than_a_block_work_and_empty_ones_are_refused(void **state)
{
	struct d4_hmac *h = NULL;
	uint8_t key[200] = {7}, wire[D4_HEADER_LEN] = {1, 3};

	(void)state;
	assert_int_equal(
	    d4_hmac_new((struct d4_slice){NULL, 0}, &h), D4_EINVAL);
	assert_null(h);
	assert_int_equal(d4_hmac_new(d4_slice_of(key, sizeof(key)), &h), D4_OK);
	assert_int_equal(d4_hmac_seal(h, wire, (struct d4_slice){0}), D4_OK);
	d4_hmac_free(h);
	d4_hmac_free(NULL);
}

/* OpenSSL's own one, through EVP: what hmac.c would go back to. */
static void
keys_and_payloads_of_every_length_give_what_evp_gives(void **state)
{
	uint8_t bytes[300], wire[D4_HEADER_LEN + 300] = {1, 8}, mac[64];
	uint8_t want[64];
	struct d4_hmac *h;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + 1);
	memcpy(wire + D4_HEADER_LEN, bytes, sizeof(bytes));
	for (size_t n = 0; n < sizeof(bytes); n++) {
		size_t key = n % 131 + 1; /* around a block's 64 bytes */

		assert_int_equal(
		    d4_hmac_new(d4_slice_of(bytes, key), &h), D4_OK);
		assert_int_equal(
		    d4_hmac_frame(h, wire, d4_slice_of(bytes, n), mac), D4_OK);
		assert_non_null(
		    EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, bytes, key,
			wire, D4_HEADER_LEN + n, want, sizeof(want), &len));
		assert_int_equal(len, D4_HMAC_LEN);
		assert_memory_equal(mac, want, D4_HMAC_LEN);
		d4_hmac_free(h);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		it_is_hmac_sha256_of_the_zeroed_header_and_the_payload),
	    cmocka_unit_test(the_hmac_field_itself_does_not_count),
	    cmocka_unit_test(every_other_bit_of_header_and_payload_counts),
	    cmocka_unit_test(a_context_serves_many_frames_and_keys_differ),
	    cmocka_unit_test(
		keys_longer_than_a_block_work_and_empty_ones_are_refused),
	    cmocka_unit_test(
		keys_and_payloads_of_every_length_give_what_evp_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
