#include "guard.h"
#include "sanitizers/json_skip.h"
#include "test.h"

static struct san_json_keys keys;

static int
setup(void **state)
{
	(void)state;
	san_json_keys_init(&keys);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	san_json_keys_fini(&keys);
	return 0;
}

/* One whole text, right before a page that cannot be read. */
static enum d4_reason
whole(struct d4_slice text)
{
	struct guard g;
	struct d4_slice s = guard_new(&g, text);
	struct san_json_lex lx;
	enum d4_reason why = san_json_begin(&keys, s, &lx);

	assert_int_equal(why, D4_R_NONE);
	keys.n = 0;
	san_json_space(&lx);
	why = san_json_skip(&lx, &keys, 0);
	san_json_space(&lx);
	if (why == D4_R_NONE && lx.p != lx.end)
		why = D4_R_JSON_SYNTAX;
	guard_free(&g);
	return why;
}

struct row {
	const char *text;
	enum d4_reason why;
};

static void
every_text_is_taken_or_refused_for_its_reason(void **state)
{
	static const struct row rows[] = {
	    {"null", D4_R_NONE},
	    {" [ ] ", D4_R_NONE},
	    {"{\"a\":[1,-0,1.5e+3,true,\"\\u00e9\\ud834\\udd1e\"]}", D4_R_NONE},
	    {"{\"a\":{\"a\":1},\"b\":{\"a\":1}}", D4_R_NONE},
	    {"\"b\xc3\xbc"
	     "cher\"",
		D4_R_NONE},
	    {"123456789012345678901234567890.10", D4_R_NONE},
	    {"", D4_R_JSON_SYNTAX},
	    {" ", D4_R_JSON_SYNTAX},
	    {"nul", D4_R_JSON_SYNTAX},
	    {"nulll", D4_R_JSON_SYNTAX},
	    {"True", D4_R_JSON_SYNTAX},
	    {"01", D4_R_JSON_SYNTAX},
	    {"-", D4_R_JSON_SYNTAX},
	    {"1.", D4_R_JSON_SYNTAX},
	    {".5", D4_R_JSON_SYNTAX},
	    {"+1", D4_R_JSON_SYNTAX},
	    {"1e", D4_R_JSON_SYNTAX},
	    {"1e+", D4_R_JSON_SYNTAX},
	    {"0x10", D4_R_JSON_SYNTAX},
	    {"NaN", D4_R_JSON_SYNTAX},
	    {"\"a", D4_R_JSON_SYNTAX},
	    {"\"a\\", D4_R_JSON_SYNTAX},
	    {"\"\\x41\"", D4_R_JSON_SYNTAX},
	    {"\"\\u12g4\"", D4_R_JSON_SYNTAX},
	    {"\"\\u12", D4_R_JSON_SYNTAX},
	    {"\"tab\there\"", D4_R_JSON_SYNTAX},
	    {"\"del\x7fis fine\"", D4_R_NONE},
	    {"\"\\ud800\"", D4_R_JSON_UTF8},
	    {"\"\\udc00\"", D4_R_JSON_UTF8},
	    {"\"\\ud800\\u0041\"", D4_R_JSON_UTF8},
	    {"\"\\ud800\\ud800\"", D4_R_JSON_UTF8},
	    {"\"latin \xfc\"", D4_R_JSON_UTF8},
	    {"\"\xed\xa0\x80\"", D4_R_JSON_UTF8},
	    {"\"\xc0\xaf\"", D4_R_JSON_UTF8},
	    {"\"\xf0\x9f\x98\"", D4_R_JSON_UTF8},
	    {"[1,]", D4_R_JSON_SYNTAX},
	    {"[,1]", D4_R_JSON_SYNTAX},
	    {"[1 2]", D4_R_JSON_SYNTAX},
	    {"[1", D4_R_JSON_SYNTAX},
	    {"[", D4_R_JSON_SYNTAX},
	    {"]", D4_R_JSON_SYNTAX},
	    {"{\"a\":1,}", D4_R_JSON_SYNTAX},
	    {"{\"a\" 1}", D4_R_JSON_SYNTAX},
	    {"{\"a\":}", D4_R_JSON_SYNTAX},
	    {"{a:1}", D4_R_JSON_SYNTAX},
	    {"{\"a\":1", D4_R_JSON_SYNTAX},
	    {"{", D4_R_JSON_SYNTAX},
	    {"[1}", D4_R_JSON_SYNTAX},
	    {"1 2", D4_R_JSON_SYNTAX},
	    {"\xef\xbb\xbf{}", D4_R_JSON_SYNTAX},
	    {"{\"a\":1,\"a\":2}", D4_R_JSON_DUPLICATE},
	    {"{\"a\":1,\"\\u0061\":2}", D4_R_JSON_DUPLICATE},
	    {"{\"/\":1,\"\\/\":2}", D4_R_JSON_DUPLICATE},
	    {"{\"\":1,\"\":2}", D4_R_JSON_DUPLICATE},
	    {"[{\"a\":{\"b\":1,\"c\":2,\"b\":3}}]", D4_R_JSON_DUPLICATE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum d4_reason why = whole(d4_slice_str(rows[i].text));

		if (why != rows[i].why)
			fail_msg("%s: %s, not %s", rows[i].text,
			    d4_reason_name(why), d4_reason_name(rows[i].why));
	}
}

static void
nesting_ends_at_the_limit(void **state)
{
	char text[2 * 100000 + 1];

	(void)state;
	for (size_t n = 1; n <= 100000; n = n < 70 ? n + 1 : n * 10) {
		memset(text, '[', n);
		memset(text + n, ']', n);
		assert_int_equal(whole(d4_slice_of(text, 2 * n)),
		    n <= SAN_JSON_DEPTH ? D4_R_NONE : D4_R_JSON_DEPTH);
	}
}

static void
a_duplicate_is_found_among_any_number_of_keys(void **state)
{
	static char text[400000];

	(void)state;
	for (unsigned n = 2; n <= 20000; n = n < 70 ? n + 1 : n * 3) {
		size_t at = 1;

		text[0] = '{';
		for (unsigned i = 0; i < n; i++)
			at += (size_t)snprintf(text + at, sizeof(text) - at,
			    "%s\"k%u\":0", i == 0 ? "" : ",", i);
		text[at] = '}';
		assert_int_equal(whole(d4_slice_of(text, at + 1)), D4_R_NONE);
		at += (size_t)snprintf(
		    text + at, sizeof(text) - at, ",\"k%u\":0}", n / 2);
		assert_int_equal(
		    whole(d4_slice_of(text, at)), D4_R_JSON_DUPLICATE);
	}
}

static void
escapes_decode_to_their_value(void **state)
{
	static const char *const rows[][2] = {
	    {"plain", "plain"},
	    {"\\\"\\\\\\/", "\"\\/"},
	    {"\\b\\f\\n\\r\\t", "\b\f\n\r\t"},
	    {"\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac"},
	    {"\\ud834\\udd1e!", "\xf0\x9d\x84\x9e!"},
	    {"\\u005c\\u0022", "\\\""},
	};
	struct d4_buf out;

	(void)state;
	d4_buf_init(&out, 1000);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct san_json_str s = {.raw = d4_slice_str(rows[i][0])};

		assert_int_equal(san_json_decode(&s, &out), D4_OK);
		assert_slice(d4_buf_slice(&out), rows[i][1]);
	}
	d4_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_text_is_taken_or_refused_for_its_reason),
	    cmocka_unit_test(nesting_ends_at_the_limit),
	    cmocka_unit_test(a_duplicate_is_found_among_any_number_of_keys),
	    cmocka_unit_test(escapes_decode_to_their_value),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
