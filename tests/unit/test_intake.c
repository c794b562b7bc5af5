#include "intake_script.h"
#include "test.h"

static struct d4_buf wire;

static void
frame(uint8_t type, const char *payload)
{
	script_frame(&wire, type, d4_slice_str(payload));
}

/* Everything in pieces of `cut` bytes; the last answer. */
static enum d4_status
feed(struct script *s, size_t cut)
{
	struct d4_slice in = d4_buf_slice(&wire);
	enum d4_status st = D4_OK;

	while (in.n != 0 && st == D4_OK)
		st = intake_feed(
		    &s->in, d4_slice_skip(&in, in.n < cut ? in.n : cut));
	return st;
}

static int
setup(void **state)
{
	struct script *s = malloc(sizeof(*s));

	script_init(s);
	d4_buf_init(&wire, 1 << 20);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	script_fini(*state);
	free(*state);
	d4_buf_fini(&wire);
	return 0;
}

static void
frames_become_records(void **state)
{
	struct script *s = *state;

	frame(8, "one\ntw");
	frame(8, "");
	frame(8, "o\nthree\n");
	assert_int_equal(feed(s, 5), D4_OK);
	assert_int_equal(s->records, 3);
	assert_int_equal(s->begun, 1);
	assert_int_equal(s->in.frames, 3);
	assert_int_equal(intake_held(&s->in), 0);
	assert_int_equal(intake_finish(&s->in), 0);
	assert_int_equal(s->bad, 0);
}

static void
an_unfinished_line_is_reported_at_the_end(void **state)
{
	struct script *s = *state;

	frame(8, "one\ntwo");
	assert_int_equal(feed(s, 1000), D4_OK);
	assert_int_equal(intake_held(&s->in), 3);
	assert_int_equal(intake_finish(&s->in), 0);
	assert_int_equal(s->bad, 1);
}

static void
an_unfinished_frame_is_told(void **state)
{
	struct script *s = *state;

	frame(8, "one\n");
	frame(8, "two\n");
	wire.n -= 2;
	assert_int_equal(feed(s, 1000), D4_OK);
	assert_int_equal(s->records, 1);
	assert_int_equal(intake_finish(&s->in), D4_HEADER_LEN + 2);
}

static void
nothing_of_a_forged_frame_gets_through(void **state)
{
	struct script *s = *state;

	frame(8, "one\n");
	frame(8, "two\n");
	wire.p[wire.n - 1] ^= 1;
	assert_int_equal(feed(s, 1000), D4_EDENIED);
	assert_int_equal(s->in.refused, D4_R_HMAC);
	assert_int_equal(s->records, 1);
	assert_int_equal(intake_feed(&s->in, d4_slice_str("more")), D4_EDENIED);
}

static void
a_forged_first_frame_does_not_begin_a_session(void **state)
{
	struct script *s = *state;

	frame(8, "one\n");
	wire.p[D4_HMAC_OFFSET] ^= 1;
	assert_int_equal(feed(s, 7), D4_EDENIED);
	assert_int_equal(s->in.refused, D4_R_HMAC);
	assert_int_equal(s->begun, 0);
}

static void
a_meta_header_may_be_cut_anywhere(void **state)
{
	struct script *s = *state;

	frame(2, "{\"ty");
	frame(2, "pe\":\n\"good\"}");
	frame(2, "{\"type\":\"bad\"}"); /* ignored: one is whole */
	frame(254, "one\n");
	assert_int_equal(feed(s, 3), D4_OK);
	assert_int_equal(s->records, 1);
	assert_string_equal(s->in.ext, "good");
	assert_slice(d4_buf_slice(&s->in.gather.json), "{\"type\":\"good\"}");
}

static void
meta_headers_are_checked(void **state)
{
	static const struct {
		const char *json;
		enum d4_reason why;
	} cases[] = {
	    {"{}", D4_R_META_INVALID},
	    {"[]", D4_R_META_INVALID},
	    {"x", D4_R_META_INVALID},
	    {"{\"type\":1}", D4_R_META_INVALID},
	    {"{\"type\":\"a/b\"}", D4_R_META_INVALID},
	    {"{\"type\":\"bad\"}", D4_R_EXT_TYPE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct script *s = *state;

		wire.n = 0;
		frame(2, cases[i].json);
		assert_int_equal(feed(s, 1000), D4_EDENIED);
		assert_int_equal(s->in.refused, cases[i].why);
		script_fini(s);
		script_init(s);
	}
}

static void
a_sensor_that_is_not_known_yet_waits_with_its_bytes(void **state)
{
	struct script *s = *state;

	frame(8, "one\n");
	frame(8, "two\n");
	s->known = D4_AGAIN;
	assert_int_equal(intake_feed(&s->in, d4_slice_of(wire.p, 40)), D4_OK);
	assert_int_equal(
	    intake_feed(&s->in, d4_slice_of(wire.p + 40, wire.n - 40)),
	    D4_AGAIN);
	assert_int_equal(intake_held(&s->in), wire.n);
	assert_int_equal(s->records, 0);
	assert_int_equal(intake_feed(&s->in, d4_slice_of(NULL, 0)), D4_AGAIN);
	s->known = D4_OK;
	assert_int_equal(intake_feed(&s->in, d4_slice_of(NULL, 0)), D4_OK);
	assert_int_equal(s->records, 2);
	assert_int_equal(intake_held(&s->in), 0);
}

static void
a_refused_sensor_is_refused_by_its_header_alone(void **state)
{
	struct script *s = *state;

	frame(8, "one\n");
	s->known = D4_EDENIED;
	s->why = D4_R_UNREGISTERED;
	wire.n = D4_HEADER_LEN;
	assert_int_equal(feed(s, 1000), D4_EDENIED);
	assert_int_equal(s->in.refused, D4_R_UNREGISTERED);
}

static void
a_frame_over_the_limit_is_refused_by_its_header_alone(void **state)
{
	struct script *s = *state;
	char big[SCRIPT_PAYLOAD + 2];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	frame(8, "one\n");
	frame(8, big);
	wire.n = 2 * D4_HEADER_LEN + 4 + 10;
	assert_int_equal(feed(s, 1000), D4_EDENIED);
	assert_int_equal(s->in.refused, D4_R_HDR_SIZE);
	assert_int_equal(s->records, 1);
}

/* During a rotation either key will do, frame by frame. */
static void
a_frame_may_have_the_key_from_before(void **state)
{
	struct script *s = *state;

	s->before = s->key;
	assert_int_equal(d4_hmac_new(d4_slice_str("new"), &s->key), D4_OK);
	frame(8, "one\n");
	assert_int_equal(feed(s, 7), D4_OK);
	assert_true(s->in.before);
	assert_int_equal(s->records, 1);
	d4_hmac_free(s->before);
	s->before = NULL; /* the rotation is over */
	assert_int_equal(feed(s, 1000), D4_EDENIED);
	assert_int_equal(s->in.refused, D4_R_HMAC);
}

static void
a_sensor_that_is_blocked_meanwhile_is_out(void **state)
{
	struct script *s = *state;

	frame(8, "one\n");
	assert_int_equal(feed(s, 1000), D4_OK);
	s->known = D4_EDENIED;
	s->why = D4_R_BLOCKED_UUID;
	assert_int_equal(feed(s, 1000), D4_EDENIED);
	assert_int_equal(s->in.refused, D4_R_BLOCKED_UUID);
	assert_int_equal(s->records, 1);
}

static void
broken_headers_have_their_reason(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum d4_reason why;
	} cases[] = {{0, 2, D4_R_HDR_VERSION}, {1, 0, D4_R_HDR_TYPE},
	    {1, 5, D4_R_HDR_TYPE}, {8, 0x17, D4_R_HDR_UUID},
	    {61, 0xff, D4_R_HDR_SIZE}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct script *s = *state;

		wire.n = 0;
		frame(8, "one\n");
		wire.p[cases[i].at] = cases[i].value;
		assert_int_equal(feed(s, 1000), D4_EDENIED);
		assert_int_equal(s->in.refused, cases[i].why);
		script_fini(s);
		script_init(s);
	}
}

static void
a_capture_that_is_none_is_refused(void **state)
{
	struct script *s = *state;

	frame(1, "this is not a capture, but text of some length");
	assert_int_equal(feed(s, 1000), D4_EDENIED);
	assert_int_equal(s->in.refused, D4_R_PCAP_MAGIC);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(frames_become_records),
	    T(an_unfinished_line_is_reported_at_the_end),
	    T(an_unfinished_frame_is_told),
	    T(nothing_of_a_forged_frame_gets_through),
	    T(a_forged_first_frame_does_not_begin_a_session),
	    T(a_meta_header_may_be_cut_anywhere),
	    T(meta_headers_are_checked),
	    T(a_sensor_that_is_not_known_yet_waits_with_its_bytes),
	    T(a_refused_sensor_is_refused_by_its_header_alone),
	    T(a_frame_over_the_limit_is_refused_by_its_header_alone),
	    T(a_frame_may_have_the_key_from_before),
	    T(a_sensor_that_is_blocked_meanwhile_is_out),
	    T(broken_headers_have_their_reason),
	    T(a_capture_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
