#include "test.h"
#include "libd4/status.h"

#define ROW(name, code, text) {name, code},
static const struct {
	enum d4_status st;
	int code;
} rows[] = {D4_STATUSES(ROW)};
#undef ROW

static void
every_status_has_its_own_number_and_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal((int)rows[i].st, rows[i].code);
		for (size_t k = 0; k < i; k++) {
			assert_int_not_equal(rows[i].code, rows[k].code);
			assert_string_not_equal(d4_status_text(rows[i].st),
			    d4_status_text(rows[k].st));
		}
	}
}

static void
zero_is_done_and_not_yet_is_positive(void **state)
{
	(void)state;
	assert_int_equal(D4_OK, 0);
	assert_true(D4_AGAIN > 0);
	assert_true(D4_END > 0);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_true(rows[i].code < 0 || rows[i].st == D4_OK ||
			    rows[i].st == D4_AGAIN || rows[i].st == D4_END);
}

static void
a_number_of_nobody_is_unknown(void **state)
{
	int odd = -9999;
	enum d4_status st;

	(void)state;
	memcpy(&st, &odd, sizeof(st)); /* what a damaged caller may hold */
	assert_string_equal(d4_status_text(st), "unknown status");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_status_has_its_own_number_and_text),
	    cmocka_unit_test(zero_is_done_and_not_yet_is_positive),
	    cmocka_unit_test(a_number_of_nobody_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
