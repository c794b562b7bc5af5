#include "test.h"
#include "relay/sink_shape.h"

static const struct sink_settings settings = {
    .message_max = 8192, .pri = 134, .hostname = "relay.example", .app = "d4"};

#define PREFIX                                                 \
	"<134>1 2024-02-29T23:59:59.123456Z relay.example d4 " \
	"11111111-1111-4111-8111-111111111111 ja3-jl - "
#define LEAP_US 1709251199123456u

struct shaped {
	struct sink_line line;
	struct d4_buf out;
};

static int
setup(void **state)
{
	static struct shaped s;
	struct d4_uuid uuid;

	assert_int_equal(
	    d4_uuid_parse("11111111-1111-4111-8111-111111111111", &uuid),
	    D4_OK);
	sink_line_init(&s.line, &settings, &uuid, "ja3-jl");
	d4_buf_init(&s.out, 1u << 20);
	*state = &s;
	return 0;
}

static int
teardown(void **state)
{
	struct shaped *s = *state;

	d4_buf_fini(&s->out);
	return 0;
}

static enum d4_status
put(struct shaped *s, const struct sink_shape *shape, struct d4_slice text)
{
	struct sink_record r = {text, LEAP_US};

	return shape->put(&s->line, &r, &s->out);
}

static void
expect(struct shaped *s, const char *want)
{
	assert_int_equal(s->out.n, strlen(want));
	assert_memory_equal(s->out.p, want, s->out.n);
	s->out.n = 0;
}

static void
a_line_is_the_text_of_an_rfc_5424_message(void **state)
{
	struct shaped *s = *state;

	assert_int_equal(
	    put(s, &sink_shape_syslog, d4_slice_str("{\"a\": \"b c\"}\n")),
	    D4_OK);
	expect(s, PREFIX "{\"a\": \"b c\"}");
	assert_int_equal(put(s, &sink_shape_syslog, d4_slice_str("\n")), D4_OK);
	expect(s, PREFIX);
}

static void
over_a_stream_its_octets_are_counted(void **state)
{
	struct shaped *s = *state;
	char want[512];

	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    put(s, &sink_shape_counted, d4_slice_str("abc\n")), D4_OK);
	(void)snprintf(want, sizeof(want), "%zu " PREFIX "abc%zu " PREFIX "abc",
	    strlen(PREFIX) + 3, strlen(PREFIX) + 3);
	expect(s, want);
}

static void
the_local_log_gets_what_the_c_library_writes(void **state)
{
	struct shaped *s = *state;

	assert_int_equal(
	    put(s, &sink_shape_local, d4_slice_str("a b\n")), D4_OK);
	expect(s, "<134>d4: a b");
}

static void
a_datagram_is_the_record_with_its_newline(void **state)
{
	struct shaped *s = *state;

	assert_int_equal(
	    put(s, &sink_shape_datagram, d4_slice_str("a\x01\n")), D4_OK);
	expect(s, "a\x01\n");
}

/* Each would be a message, a line or an order to a terminal of its own. */
static void
content_cannot_make_a_header(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		const char *want;
	} rows[] = {
	    {"a\n<0>1 - - - - - -\n", 19, "a\\x0a<0>1 - - - - - -"},
	    {"a\r\n", 3, "a\\x0d"},
	    {"\0b\n", 3, "\\x00b"},
	    {"\x1b[2J\n", 5, "\\x1b[2J"},
	    {"\x7f\n", 2, "\\x7f"},
	    {"a\tb\n", 4, "a\tb"},
	    {"\xc3\xa4\n", 3, "\xc3\xa4"},
	    {"no newline", 10, "no newline"},
	};
	struct shaped *s = *state;
	char want[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(put(s, &sink_shape_syslog,
				     d4_slice_of(rows[i].in, rows[i].n)),
		    D4_OK);
		(void)snprintf(want, sizeof(want), PREFIX "%s", rows[i].want);
		expect(s, want);
	}
}

static void
what_is_too_large_leaves_nothing_behind(void **state)
{
	static const struct sink_shape *const shapes[] = {&sink_shape_syslog,
	    &sink_shape_counted, &sink_shape_local, &sink_shape_datagram};
	struct shaped *s = *state;
	static char big[9000];

	memset(big, 'x', sizeof(big));
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(
		    put(s, shapes[i], d4_slice_of(big, sizeof(big))),
		    D4_ETOOBIG);
		assert_int_equal(s->out.n, 0);
	}
	/* The header counts too, and what escapes add. */
	assert_int_equal(
	    put(s, &sink_shape_syslog, d4_slice_of(big, 8192)), D4_ETOOBIG);
	memset(big, 1, 3000);
	assert_int_equal(
	    put(s, &sink_shape_local, d4_slice_of(big, 3000)), D4_ETOOBIG);
	assert_int_equal(s->out.n, 0);
}

static void
names_are_words_of_a_header(void **state)
{
	struct sink_settings odd = settings;
	struct shaped *s = *state;
	struct d4_uuid uuid = {{0}};

	odd.hostname = "a b\n<0>";
	odd.app = "";
	sink_line_init(&s->line, &odd, &uuid,
	    "a type that is very much longer than a MSGID may be");
	assert_int_equal(
	    put(s, &sink_shape_syslog, d4_slice_str("x\n")), D4_OK);
	expect(s, "<134>1 2024-02-29T23:59:59.123456Z a_b_<0> - "
		  "00000000-0000-0000-0000-000000000000 "
		  "a_type_that_is_very_much_longer_ - x");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(a_line_is_the_text_of_an_rfc_5424_message),
	    T(over_a_stream_its_octets_are_counted),
	    T(the_local_log_gets_what_the_c_library_writes),
	    T(a_datagram_is_the_record_with_its_newline),
	    T(content_cannot_make_a_header),
	    T(what_is_too_large_leaves_nothing_behind),
	    T(names_are_words_of_a_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
