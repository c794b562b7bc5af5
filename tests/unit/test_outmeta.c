#include <jansson.h>
#include "policy.h"

#define STREAM "11111111-2222-4333-8444-555555555555"

static enum d4_status
out_meta(const struct pol *p, struct pol_ask *ask, struct d4_buf *out)
{
	struct d4_uuid stream;
	struct pol_verdict v;

	assert_int_equal(d4_uuid_parse(STREAM, &stream), D4_OK);
	pol_decide(p, ask, &v);
	d4_buf_init(out, D4_META_MAX);
	return pol_out_meta(p, ask, &v, &stream, out);
}

/* What a sensor may send, and exactly what leaves. */
static const struct {
	const char *name;
	const char *in;
	const char *out;
} rows[] = {
    {"the least", "{\"type\":\"ja3-jl\",\"tags\":[\"tlp:clear\"]}",
	"{\"type\":\"ja3-jl\",\"tags\":[\"tlp:clear\",\"PAP:CLEAR\"],"
	"\"misp:org\":\"" ORG_OTHER
	"\",\"d4:fed\":{\"v\":1,\"stream\":\"" STREAM
	"\",\"path\":[{\"hub\":\"lu-hub-1\"}],\"max_hops\":1,\"sanitized\":"
	"{\"class\":\"S4\",\"epoch\":\"0\"}}}"},
    {"nothing that is not named leaves",
	"{\"type\":\"ja3-jl\",\"sensor\":\"" SENSOR_2
	"\",\"host\":\"tap3.internal\",\"tags\":[\"tlp:clear\",\"site:tap3\"],"
	"\"d4:fed\":{\"v\":1,\"release\":\"x\",\"stream\":\"" SENSOR_2 "\"}}",
	"{\"type\":\"ja3-jl\",\"tags\":[\"tlp:clear\",\"PAP:CLEAR\"],"
	"\"misp:org\":\"" ORG_OTHER
	"\",\"d4:fed\":{\"v\":1,\"stream\":\"" STREAM
	"\",\"path\":[{\"hub\":\"lu-hub-1\"}],\"max_hops\":1,\"sanitized\":"
	"{\"class\":\"S4\",\"epoch\":\"0\"}}}"},
    {"what binds the receiver goes on",
	"{\"type\":\"ja3-jl\",\"encoding\":\"utf-8\",\"compress\":true,"
	"\"extension\":\"json\",\"segregate\":false,\"tags\":[\"tlp:clear\","
	"\"pap:green\",\"retention:2w\",\"misp:should-not-sync\"],"
	"\"d4:fed\":{\"v\":1,\"path\":[{\"hub\":\"b\",\"t\":5}],\"max_hops\":9,"
	"\"sharing_group\":\"" ORG_THIRD
	"\",\"licence\":\"CC-BY-4.0\",\"not_after\":1900000000}}",
	"{\"type\":\"ja3-jl\",\"encoding\":\"utf-8\",\"tags\":[\"tlp:clear\","
	"\"PAP:GREEN\",\"misp:should-not-sync\",\"retention:14d\"],"
	"\"misp:org\":\"" ORG_OTHER
	"\",\"compress\":true,\"segregate\":false,\"extension\":\"json\","
	"\"d4:fed\":{\"v\":1,\"stream\":\"" STREAM
	"\",\"path\":[{\"hub\":\"b\"},{\"hub\":\"lu-hub-1\"}],\"max_hops\":1,"
	"\"sharing_group\":\"" ORG_THIRD
	"\",\"licence\":\"CC-BY-4.0\",\"not_after\":1900000000,\"sanitized\":"
	"{\"class\":\"S4\",\"epoch\":\"0\"}}}"},
    {"keys of odd kinds do not",
	"{\"type\":\"ja3-jl\",\"encoding\":\"../x\",\"compress\":\"True\","
	"\"extension\":\"a/b\",\"segregate\":1,\"tags\":[\"tlp:clear\"],"
	"\"d4:fed\":{\"v\":1,\"licence\":\"see http://x\"}}",
	"{\"type\":\"ja3-jl\",\"tags\":[\"tlp:clear\",\"PAP:CLEAR\"],"
	"\"misp:org\":\"" ORG_OTHER
	"\",\"d4:fed\":{\"v\":1,\"stream\":\"" STREAM
	"\",\"path\":[{\"hub\":\"lu-hub-1\"}],\"max_hops\":1,\"sanitized\":"
	"{\"class\":\"S4\",\"epoch\":\"0\"}}}"},
    {"an org that does not count is not vouched for",
	"{\"type\":\"ja3-jl\",\"tags\":[\"tlp:clear\"],\"misp:org\":"
	"\"" ORG_THIRD "\"}",
	"{\"type\":\"ja3-jl\",\"tags\":[\"tlp:clear\",\"PAP:CLEAR\"],"
	"\"d4:fed\":{\"v\":1,\"stream\":\"" STREAM
	"\",\"path\":[{\"hub\":\"lu-hub-1\"}],\"max_hops\":1,\"sanitized\":"
	"{\"class\":\"S4\",\"epoch\":\"0\"}}}"},
};

static void
the_header_is_rebuilt_from_what_is_known(void **state)
{
	struct pol *p = policy_with(0, NULL);
	struct d4_meta m;
	struct pol_ask ask;
	struct d4_buf out;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		print_message("%s\n", rows[i].name);
		ask = ask_of("own1", SENSOR_2, 254, rows[i].in);
		assert_int_equal(out_meta(p, &ask, &out), D4_OK);
		assert_slice(d4_buf_slice(&out), rows[i].out);
		assert_int_equal(d4_meta_parse(d4_buf_slice(&out), &m), D4_OK);
		d4_meta_fini(&m);
		d4_buf_fini(&out);
	}
	pol_free(p);
}

static void
the_label_is_the_one_after_the_downgrade(void **state)
{
	char *text = policy_text2((const unsigned[2]){6, 14},
	    (const char *const[2]){"  - {id: s2, sensors: [" SENSOR_2
				   "], meta: [ja3-jl], org: " ORG_OWN
				   ", floor_tlp: amber}",
		"  - {id: r2, to: [own1], from: [s2], pipeline: raw, hops: 2, "
		"relabel: {from: red, to: clear, authority: a, ticket: t, "
		"expires: 2030-01-01}, because: x}"});
	struct pol *p = policy_parse(text, 4);
	struct pol_ask ask =
	    ask_of("own1", SENSOR_2, 254, "{\"type\":\"ja3-jl\"}");
	struct d4_buf out;

	(void)state;
	assert_int_equal(out_meta(p, &ask, &out), D4_OK);
	assert_int_equal(d4_buf_add(&out, "", 1), D4_OK);
	assert_non_null(strstr((char *)out.p, "\"tlp:clear\""));
	assert_null(strstr((char *)out.p, "red"));
	assert_non_null(strstr((char *)out.p, "\"misp:org\":\"" ORG_OWN));
	assert_non_null(strstr((char *)out.p, "\"max_hops\":2"));
	d4_buf_fini(&out);
	pol_free(p);
	free(text);
}

static void
what_is_denied_or_has_no_header_gets_none(void **state)
{
	struct pol *p = policy_with(0, NULL);
	struct pol_ask plain = ask_of("p1", SENSOR_1, 1, NULL);
	struct pol_ask denied = ask_of("p1", SENSOR_2, 254,
	    "{\"type\":\"ja3-jl\",\"tags\":[\"tlp:red\"]}");
	struct d4_buf out;

	(void)state;
	assert_int_equal(out_meta(p, &plain, &out), D4_EINVAL);
	assert_int_equal(out_meta(p, &denied, &out), D4_EINVAL);
	assert_int_equal(out.n, 0);
	pol_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_header_is_rebuilt_from_what_is_known),
	    cmocka_unit_test(the_label_is_the_one_after_the_downgrade),
	    cmocka_unit_test(what_is_denied_or_has_no_header_gets_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
