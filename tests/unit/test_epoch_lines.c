/*
 * Keys by the record's time for lines: what leaves with the step `epoch` is
 * what leaves without it under the keys of the epoch that must have been.
 */
#include "chain.h"

#define DAY     UINT64_C(86400)
#define TEXT(s) "[addr: {scope: telescope, others: keep}, epoch: 1d, " s "]"
#define JSON(s)                                                               \
	"[addr: {scope: telescope, others: keep}, epoch: 1d, json: {" s       \
	"default: keep, rules: [{path: /ip, op: addr}, {path: /t, op: time, " \
	"unit: 1us}]}]"

/* A record, when its file was made, the epoch of its keys; NO_TIME: none. */
struct row {
	const char *steps;
	uint8_t type;
	const char *ext, *record;
	uint64_t made_s, epoch;
};

#define NO_TIME  UINT64_MAX
#define MADE     UINT64_C(1577836805) /* 2020-01-01 00:00:05 */
#define THAT_DAY UINT64_C(18067)      /* 2019-06-20 */
#define NEW_YEAR UINT64_C(18262)      /* 2020-01-01 */

static enum d4_reason
through(const struct row *row, const char *steps, const struct san_keys *keys,
    struct d4_buf *out)
{
	const struct san_facts facts = {.type = row->type, .ext = row->ext};
	struct san_chain *c = test_chain(steps, row->type, row->ext);
	enum d4_reason why = D4_R_NONE;
	struct san_stream *s = NULL;

	out->n = 0;
	assert_int_equal(san_stream_new(c, keys, &facts, &s), D4_OK);
	san_stream_time(s, row->made_s);
	assert_int_equal(test_run(s, d4_slice_str(row->record), 0, out), D4_OK);
	test_balance(s);
	for (unsigned r = 1; r < D4_REASON_MAX; r++) {
		if (san_stream_tally(s)->records[r] != 0)
			why = (enum d4_reason)r;
	}
	san_stream_free(s);
	san_chain_free(c);
	return why;
}

/* The steps without the one that is looked at. */
static void
without(const char *steps, char out[1024])
{
	const char *at = strstr(steps, "epoch: 1d, ");

	assert_non_null(at);
	(void)snprintf(out, 1024, "%.*s%s", (int)(at - steps), steps,
	    at + strlen("epoch: 1d, "));
}

static void
check(const struct row *rows, size_t n)
{
	struct d4_buf got, want;

	d4_buf_init(&got, 1 << 16);
	d4_buf_init(&want, 1 << 16);
	for (size_t i = 0; i < n; i++) {
		enum d4_reason why =
		    through(&rows[i], rows[i].steps, test_keys(), &got);
		struct san_keys k;
		char steps[1024];

		if (rows[i].epoch == NO_TIME) {
			if (why != D4_R_TIME_VALUE || got.n != 0)
				fail_msg("%s left", rows[i].record);
			continue;
		}
		if (why != D4_R_NONE)
			fail_msg("%s: %s", rows[i].record, d4_reason_name(why));
		without(rows[i].steps, steps);
		assert_int_equal(
		    san_keys_epoch(test_keys(), rows[i].epoch, &k), D4_OK);
		assert_int_equal(
		    through(&rows[i], steps, &k, &want), D4_R_NONE);
		if (!d4_slice_eq(d4_buf_slice(&got), d4_buf_slice(&want)))
			fail_msg("%s: %.*s, not %.*s", rows[i].record,
			    (int)got.n, (char *)got.p, (int)want.n,
			    (char *)want.p);
		(void)through(&rows[i], steps, test_keys(), &want);
		assert_false(
		    d4_slice_eq(d4_buf_slice(&got), d4_buf_slice(&want)));
	}
	d4_buf_fini(&got);
	d4_buf_fini(&want);
}

static void
text_has_the_epoch_of_its_stamp_or_of_its_file(void **state)
{
	static const struct row rows[] = {
	    {TEXT("text: {stamp: iso8601}"), 3, "",
		"2019-06-20T09:17:53.1Z a 10.1.2.3\n", MADE, THAT_DAY},
	    {TEXT("text: {stamp: iso8601}"), 3, "",
		"2019-06-20T00:17:53+02:00 a 10.1.2.3\n", 0, THAT_DAY - 1},
	    {TEXT("text: {stamp: rfc5424}"), 3, "",
		"<34>1 2019-06-20T09:17:53Z h a 10.1.2.3\n", 0, THAT_DAY},
	    {TEXT("text: {stamp: epoch}"), 3, "", "1561022273.5 10.1.2.3\n", 0,
		THAT_DAY},
	    {TEXT("text: {stamp: epoch}"), 3, "", "1561022273500 10.1.2.3\n", 0,
		THAT_DAY},
	    /* An attacker's line without a stamp: when it came. */
	    {TEXT("text: {stamp: iso8601}"), 3, "", "hello 10.1.2.3\n", MADE,
		NEW_YEAR},
	    {TEXT("text: {stamp: iso8601}"), 3, "",
		"2019-06-31T09:17:53Z 10.1.2.3\n", MADE, NEW_YEAR},
	    {TEXT("text: {}"), 3, "", "2019-06-20T09:17:53Z 10.1.2.3\n", MADE,
		NEW_YEAR},
	    {TEXT("text: {}"), 3, "", "2019-06-20T09:17:53Z 10.1.2.3\n", 0,
		NO_TIME},
	    {TEXT("text: {stamp: iso8601}"), 3, "", "hello 10.1.2.3\n", 0,
		NO_TIME},
	    {TEXT("text: {stamp: iso8601}"), 3, "",
		"1969-06-20T09:17:53Z 10.1.2.3\n", 0, NO_TIME},
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
a_stamp_without_a_year_is_of_the_one_next_to_its_file(void **state)
{
	static const char *const steps = TEXT("text: {stamp: rfc3164}");
	static const struct row rows[] = {
	    {NULL, 3, "", "Dec 31 23:59:59 h a: 10.1.2.3\n", MADE,
		NEW_YEAR - 1},
	    {NULL, 3, "", "Jan  1 00:00:00 h a: 10.1.2.3\n", MADE, NEW_YEAR},
	    {NULL, 3, "", "Jan  1 00:00:00 h a: 10.1.2.3\n", MADE - 10,
		NEW_YEAR},
	    {NULL, 3, "", "Jun 20 09:17:53 h a: 10.1.2.3\n", 1561000000,
		THAT_DAY},
	    {NULL, 3, "", "Foo 31 23:59:59 h a: 10.1.2.3\n", MADE, NEW_YEAR},
	    {NULL, 3, "", "Dec 00 23:59:59 h a: 10.1.2.3\n", MADE, NEW_YEAR},
	    {NULL, 3, "", "Dec 31 23:59:59 h a: 10.1.2.3\n", 0, NO_TIME},
	};
	struct row one;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		one = rows[i];
		one.steps = steps;
		check(&one, 1);
	}
}

static void
json_has_the_epoch_of_the_value_that_its_time_is(void **state)
{
	static const struct row rows[] = {
	    {JSON(""), 6, "",
		"{\"ip\":\"10.1.2.3\",\"t\":\"2019-06-20T09:17:"
		"53.1Z\"}\n",
		MADE, THAT_DAY},
	    {JSON(""), 6, "", "{\"t\":1561022273.5,\"ip\":\"10.1.2.3\"}\n", 0,
		THAT_DAY},
	    {JSON(""), 6, "",
		"{\"\\u0074\":\"2019-06\\u002d20\",\"ip\":\"10.1.2.3\"}\n", 0,
		THAT_DAY},
	    {JSON(""), 6, "", "{\"ip\":\"10.1.2.3\"}\n", MADE, NEW_YEAR},
	    {JSON(""), 6, "", "{\"ip\":\"10.1.2.3\"}\n", 0, NO_TIME},
	    {JSON(""), 6, "",
		"{\"ip\":\"10.1.2.3\",\"x\":{\"t\":1561022273}}"
		"\n",
		0, NO_TIME},
	    {JSON("stamp: /x/1/t, "), 6, "",
		"{\"x\":[[],{\"a\":{},\"t\":1561022273}],\"ip\":\"10.1.2.3\"}"
		"\n",
		0, THAT_DAY},
	    {JSON("stamp: \"$.x['t']\", "), 6, "",
		"{\"t\":\"2020-01-01\",\"x\":{\"t\":1561022273000},"
		"\"ip\":\"10.1.2.3\"}\n",
		0, THAT_DAY},
	    {JSON("stamp: /x, "), 6, "", "{\"x\":-1,\"ip\":\"10.1.2.3\"}\n",
		MADE, NEW_YEAR},
	    {JSON("stamp: /x/0, "), 6, "", "{\"x\":[],\"ip\":\"10.1.2.3\"}\n",
		MADE, NEW_YEAR},
	    {JSON(""), 254, "ja3-jl",
		"{\"ip\":\"10.1.2.3\",\"t\":\"2019-06-20 09:17:53\"}\n", 0,
		THAT_DAY},
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
maltrail_has_the_epoch_of_its_first_field(void **state)
{
#define TRAIL " h1 203.0.113.7 1 10.1.2.3 2 TCP IP 203.0.113.7 i r\n"
	static const struct row rows[] = {
	    {TEXT("maltrail: {}"), 254, "maltrail",
		"\"2019-06-20 09:17:53.123456\"" TRAIL, MADE, THAT_DAY},
	    {TEXT("maltrail: {}"), 254, "maltrail", "\"yesterday\"" TRAIL, MADE,
		NEW_YEAR},
	    {TEXT("maltrail: {}"), 254, "maltrail", "\"yesterday\"" TRAIL, 0,
		NO_TIME},
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
a_line_that_is_no_record_is_dropped_as_ever(void **state)
{
	static const struct row json = {
	    JSON(""), 6, "", "{\"t\":1561022273,\n", MADE, 0};
	static const struct row pdns = {
	    "[pdns: {client: addr}, addr: {scope: telescope, others: keep}, "
	    "epoch: 1d]",
	    8, "", "1561022273||x\n", MADE, 0};
	struct d4_buf out;

	(void)state;
	d4_buf_init(&out, 1 << 16);
	assert_int_equal(
	    through(&json, json.steps, test_keys(), &out), D4_R_JSON_SYNTAX);
	assert_int_equal(
	    through(&pdns, pdns.steps, test_keys(), &out), D4_R_PDNS_FIELDS);
	d4_buf_fini(&out);
}

static void
a_path_to_the_time_leads_to_one_value(void **state)
{
	static const char *const steps[] = {
	    JSON("stamp: '$..t', "),
	    JSON("stamp: '$.*', "),
	    JSON("stamp: [], "),
	    JSON("stamp: 't[', "),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct san_chain *c;
		struct d4_diag diag;

		if (test_compile(steps[i], 6, "", &diag, &c) != D4_EINVAL)
			fail_msg("%s", steps[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_has_the_epoch_of_its_stamp_or_of_its_file),
	    cmocka_unit_test(
		a_stamp_without_a_year_is_of_the_one_next_to_its_file),
	    cmocka_unit_test(json_has_the_epoch_of_the_value_that_its_time_is),
	    cmocka_unit_test(maltrail_has_the_epoch_of_its_first_field),
	    cmocka_unit_test(a_line_that_is_no_record_is_dropped_as_ever),
	    cmocka_unit_test(a_path_to_the_time_leads_to_one_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
