/* Records of the Common Output Format: which leave, and why others do not. */
#include "chain.h"

#define STEPS                                                    \
	"[cof: {scope: telescope, deny_suffix: [corp.example], " \
	"min_count: 2}, json: {default: keep}]"

static enum d4_reason
judged(const char *record)
{
	struct san_chain *c = test_chain(STEPS, 6, "");
	struct san_stream *s = test_stream(c, 6, "");
	enum d4_reason why = D4_R_NONE;
	struct d4_buf out;

	d4_buf_init(&out, 1 << 16);
	assert_int_equal(test_run(s, d4_slice_str(record), 0, &out), D4_OK);
	test_balance(s);
	for (unsigned r = 1; r < D4_REASON_MAX; r++) {
		if (san_stream_tally(s)->records[r] != 0)
			why = (enum d4_reason)r;
	}
	assert_int_equal(out.n, why == D4_R_NONE ? strlen(record) : 0);
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
	return why;
}

#define NAMED(name) "{\"rrname\":" name ",\"count\":2,"
#define A_OF(data)  NAMED("\"a.org\"") "\"rrtype\":\"A\",\"rdata\":" data "}\n"
#define A_FOR(name) NAMED(name) "\"rrtype\":\"A\",\"rdata\":\"9.9.9.9\"}\n"
#define TIMED(time)                                                    \
	"{\"time_first\":" time ","                                    \
	"\"rrname\":\"a.org\",\"rrtype\":\"A\",\"rdata\":\"9.9.9.9\"," \
	"\"count\":2}\n"

static const struct {
	const char *record;
	enum d4_reason why;
} rows[] = {
    {A_OF("\"9.9.9.9\""), D4_R_NONE},
    {A_OF("[\"9.9.9.9\" , \"8.8.8.8\" ]"), D4_R_NONE},
    {A_FOR("\"www.A.org.\""), D4_R_NONE},
    {A_FOR("\"\\u0061.org\""), D4_R_NONE},
    {TIMED("1700000000.5"), D4_R_NONE},
    /* Escapes hide nothing. */
    {A_OF("\"10.1.2.3\""), D4_R_PDNS_ANSWER},
    {A_OF("\"10.1\\u002e2.3\""), D4_R_PDNS_ANSWER},
    {A_OF("[\"9.9.9.9\",\"10.1.2.3\"]"), D4_R_PDNS_ANSWER},
    {A_FOR("\"x.c\\u006frp.example\""), D4_R_PDNS_SUFFIX},
    {A_FOR("\"x.lan.\""), D4_R_PDNS_SUFFIX},
    {A_FOR("\"printer\""), D4_R_PDNS_LABEL},
    {A_FOR("\"wpad.a.org\""), D4_R_PDNS_LABEL},
    {A_FOR("\"h-10-1-2-3.a.org\""), D4_R_PDNS_REVERSE},
    {NAMED("\"a.org\"") "\"rrtype\":\"CNAME\",\"rdata\":\"x.lan\"}\n",
	D4_R_PDNS_SUFFIX},
    {NAMED("\"a.org\"") "\"rrtype\":\"TXT\",\"rdata\":\"x\"}\n",
	D4_R_PDNS_RRTYPE},
    {NAMED("\"a.org\"") "\"rrtype\":\"a\",\"rdata\":\"9.9.9.9\"}\n",
	D4_R_PDNS_RRTYPE},
    {A_OF("\"x\""), D4_R_PDNS_VALUE},
    /* Nothing stands where a string or a number should. */
    {A_OF("{\"x\":\"10.1.2.3\"}"), D4_R_JSON_TYPE},
    {A_OF("[[\"9.9.9.9\"]]"), D4_R_JSON_TYPE},
    {A_OF("[\"9.9.9.9\",7]"), D4_R_JSON_TYPE},
    {A_OF("[]"), D4_R_JSON_TYPE},
    {A_FOR("[\"a.org\"]"), D4_R_JSON_TYPE},
    {TIMED("\"10.1.2.3\""), D4_R_JSON_TYPE},
    {TIMED("[1]"), D4_R_JSON_TYPE},
    {"{\"rrname\":\"a.org\",\"rrtype\":\"A\"}\n", D4_R_JSON_TYPE},
    {"{\"rrname\":\"a.org\",\"rdata\":\"9.9.9.9\"}\n", D4_R_JSON_TYPE},
    {"{}\n", D4_R_JSON_TYPE},
    {"[]\n", D4_R_JSON_TYPE},
    {"7\n", D4_R_JSON_TYPE},
    {"{\"rrname\":\n", D4_R_JSON_SYNTAX},
    {"{\"rrname\":\"a.org\",\"rrname\":\"b.org\"}\n", D4_R_JSON_DUPLICATE},
    {"{\"rrname\":\"a.org\",\"rrtype\":\"A\",\"rdata\":\"9.9.9.9\"}\n",
	D4_R_PDNS_COUNT},
    {"{\"rrname\":\"a.org\",\"rrtype\":\"A\",\"rdata\":\"9.9.9.9\","
     "\"count\":1}\n",
	D4_R_PDNS_COUNT},
};

static void
each_record_leaves_or_is_dropped_for_its_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum d4_reason why = judged(rows[i].record);

		if (why != rows[i].why)
			fail_msg("%s: %s", rows[i].record, d4_reason_name(why));
	}
}

static void
the_step_is_for_json_and_needs_rules(void **state)
{
	static const struct {
		const char *steps;
		uint8_t type;
	} bad[] = {
	    {"[cof: {}]", 6},
	    {"[cof: {}]", 8},
	    {"[cof: {client: zero}, json: {default: keep}]", 6},
	    {"[cof: {min_distinct: 3}, json: {default: keep}]", 6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct san_chain *c;
		struct d4_diag diag;

		if (test_compile(bad[i].steps, bad[i].type, "", &diag, &c) !=
		    D4_EINVAL)
			fail_msg("%s", bad[i].steps);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_record_leaves_or_is_dropped_for_its_reason),
	    cmocka_unit_test(the_step_is_for_json_and_needs_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
