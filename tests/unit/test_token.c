#include "chain.h"
#include "sanitizers/token.h"

static void
mac_pseudonyms_are_the_known_answer(void **state)
{
	static const uint8_t in[6] = {0, 0x11, 0x22, 0x33, 0x44, 0x55};
	static const uint8_t want[6] = {0x5e, 0x43, 0x7e, 0x2f, 0x08, 0x94};
	struct san_token *t = NULL;
	uint8_t out[6];

	(void)state;
	assert_int_equal(san_token_new(test_keys()->mac, &t), D4_OK);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(san_token_mac(t, in, out), D4_OK);
		assert_memory_equal(out, want, 6);
	}
	san_token_free(t);
}

static void
tokens_are_the_known_answers_again_and_again(void **state)
{
	static const char *const rows[][2] = {
	    {"user", "admin"}, {"host", "pc1.corp.example"}};
	static const uint8_t want[2][8] = {
	    {0xdc, 0xe9, 0x0b, 0xb6, 0x76, 0x7e, 0x71, 0x10},
	    {0x91, 0x9b, 0xa6, 0xb7, 0x5a, 0x37, 0xa8, 0xb1}};
	struct san_token *t = NULL;
	uint8_t h[SAN_TOKEN_LEN];

	(void)state;
	assert_int_equal(san_token_new(test_keys()->tok, &t), D4_OK);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(san_token_hash(t, rows[i % 2][0],
				     d4_slice_str(rows[i % 2][1]), h),
		    D4_OK);
		assert_memory_equal(h, want[i % 2], 8);
	}
	san_token_free(t);
}

/* As one that never saw another text; short and long ones, alike and not. */
static void
a_token_does_not_depend_on_those_before(void **state)
{
	static const char *const domains[] = {"user", "use", "u", "email"};
	struct san_token *t = NULL, *fresh = NULL;
	uint8_t h[SAN_TOKEN_LEN], want[SAN_TOKEN_LEN];
	char text[64];

	(void)state;
	assert_int_equal(san_token_new(test_keys()->tok, &t), D4_OK);
	for (size_t i = 0; i < 3000; i++) {
		const char *domain = domains[i % 4];
		struct d4_slice value;

		memset(text, 'r', sizeof(text));
		(void)snprintf(text, sizeof(text), "%zu", i * 7 % 40);
		text[strlen(text)] = 'r';
		value = d4_slice_of(text, i * 11 % sizeof(text));
		assert_int_equal(
		    san_token_new(test_keys()->tok, &fresh), D4_OK);
		assert_int_equal(
		    san_token_hash(fresh, domain, value, want), D4_OK);
		assert_int_equal(san_token_hash(t, domain, value, h), D4_OK);
		assert_memory_equal(h, want, sizeof(h));
		san_token_free(fresh);
	}
	san_token_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mac_pseudonyms_are_the_known_answer),
	    cmocka_unit_test(tokens_are_the_known_answers_again_and_again),
	    cmocka_unit_test(a_token_does_not_depend_on_those_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
