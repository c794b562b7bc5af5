#include <endian.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include "sanitizers/siphash.h"
#include "test.h"

/* OpenSSL's SipHash is the second program. */
static void
openssl_siphash(const uint8_t key[16], struct d4_slice in, uint8_t out[16])
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	size_t size = 16, n = 0;
	OSSL_PARAM p[] = {OSSL_PARAM_construct_size_t("size", &size),
	    OSSL_PARAM_construct_end()};

	assert_int_equal(EVP_MAC_init(ctx, key, 16, p), 1);
	assert_int_equal(EVP_MAC_update(ctx, in.p, in.n), 1);
	assert_int_equal(EVP_MAC_final(ctx, out, &n, 16), 1);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
}

static void
every_length_hashes_as_openssl_does(void **state)
{
	uint8_t key[16], text[100], want[16];

	(void)state;
	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 17);
	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 251);
	for (size_t n = 0; n <= sizeof(text); n++) {
		uint64_t got[2];

		openssl_siphash(key, d4_slice_of(text, n), want);
		san_siphash(key, d4_slice_of(text, n), got);
		got[0] = htole64(got[0]);
		got[1] = htole64(got[1]);
		assert_memory_equal(got, want, 16);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_length_hashes_as_openssl_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
