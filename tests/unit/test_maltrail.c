#include "lines.h"
#include "test.h"

static const struct lines_of lines = {254, "maltrail"};

#define SCOPED                                                          \
	"- addr: {scope: telescope, method: pnat, others: keep, into: " \
	"[198.18.0.0/16, 2001:db8:fffe::/48]}\n"
#define T   "\"2024-05-06 07:08:09.123456\" "
#define TO  "\"2024-05-06 07:00:00.000000\" "
#define END " UDP DNS evil.net \"mal ware\" (static)"

static void
columns_are_replaced_and_the_rest_stays(void **state)
{
	static const struct row rows[] = {
	    {T "pc1 10.1.2.3 53 9.9.9.9 53" END,
		TO "- 198.18.2.3 53 9.9.9.9 53" END},
	    {T "\"my pc\" 10.1.2.3 53 9.9.9.9 53" END,
		TO "- 198.18.2.3 53 9.9.9.9 53" END},
	    {T "pc1 10.1.2.3 - - -" END, TO "- 198.18.2.3 - - -" END},
	    {T "pc1 9.9.9.8 53 9.9.9.9 53" END, "scope.miss"},
	    {T "pc1 10.1.2.3 53 x 53" END, "maltrail.fields"},
	    {T "pc1 10.1.2.3 53 9.9.9.9 53 UDP DNS a b", "maltrail.fields"},
	    {T "pc1 10.1.2.3 53 9.9.9.9 53" END " more", "maltrail.fields"},
	    {T "pc1  10.1.2.3 53 9.9.9.9 53" END, "maltrail.fields"},
	    {"\"2024 pc1 10.1.2.3 53 9.9.9.9 53" END, "maltrail.fields"},
	    {"x pc1 10.1.2.3 53 9.9.9.9 53" END, "time.value"},
	    {T "pc1 10.1.2.3 53 9.9.9.9 53 UDP IP 10.1.2.3 x y", "addr.drop"},
	    {T "pc1 10.1.2.3 53 9.9.9.9 53 UDP IP 10.1.9.9 x y", "addr.drop"},
	    {T "pc1 10.1.2.3 53 9.9.9.9 53 UDP DNS (a.)b.corp x y",
		"maltrail.suffix"},
	    {T "pc1 10.1.2.3 53 9.9.9.9 53 TCP URL b.corp/x x y",
		"maltrail.suffix"},
	};

	(void)state;
	test_lines(&lines,
	    SCOPED "- time: 1h\n"
		   "- maltrail: {sensor: zero, deny_suffix: corp}",
	    rows, COUNT(rows));
}

static void
a_sensor_becomes_a_token_by_default(void **state)
{
	char out[1024];

	(void)state;
	test_line(&lines, "- maltrail: {src: zero, dst: keep}",
	    T "pc1.corp.example 10.1.2.3 53 2001:db8::1 53" END, out);
	assert_string_equal(
	    out, T "919ba6b75a37a8b1 0.0.0.0 53 2001:db8::1 53" END);
}

static void
the_class_is_computed_from_the_columns(void **state)
{
	static const struct {
		const char *steps;
		unsigned cls;
	} rows[] = {
	    {SCOPED "- maltrail: {}", 2},
	    {SCOPED "- maltrail: {sensor: keep}", 1},
	    {SCOPED "- maltrail: {dst: keep}", 0},
	    {"- maltrail: {src: zero, dst: zero}", 2},
	    {"- addr: {method: mask}\n- maltrail: {}", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct san_chain *c =
		    test_chain(rows[i].steps, 254, "maltrail");

		assert_int_equal(san_chain_class(c), rows[i].cls);
		san_chain_free(c);
	}
}

static void
errors_say_where_and_what_to_write(void **state)
{
	static const struct row rows[] = {
	    {"- maltrail: {}", "no such step"},
	    {"- addr: {method: cryptopan}", "need a step `maltrail`"},
	    {"- maltrail: {src: zero, dst: zero}\n- addr: {method: zero}",
		"no column"},
	    {"- maltrail: {src: tok}", "tok"},
	    {"- maltrail: {sensor: addr}", "addr"},
	    {"- maltrail: {deny_suffix: ['a b']}", "not a name"},
	    {"- maltrail: {sensors: tok}", "sensors"},
	};

	(void)state;
	test_errors(&lines, rows, COUNT(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_are_replaced_and_the_rest_stays),
	    cmocka_unit_test(a_sensor_becomes_a_token_by_default),
	    cmocka_unit_test(the_class_is_computed_from_the_columns),
	    cmocka_unit_test(errors_say_where_and_what_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
