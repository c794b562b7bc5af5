#include "test.h"
#include "guard.h"
#include "libd4/frame.h"

static size_t
frame_write(uint8_t *out, uint8_t type, const char *payload)
{
	struct d4_header h = {.version = 1, .type = type};

	h.size = (uint32_t)strlen(payload);
	d4_header_encode(&h, out);
	memcpy(out + D4_HEADER_LEN, payload, h.size);
	return D4_HEADER_LEN + h.size;
}

static struct d4_parser *
parser(size_t payload_max)
{
	struct d4_parser *p = NULL;

	assert_int_equal(d4_parser_new(payload_max, &p), D4_OK);
	return p;
}

static void
frames_that_lie_whole_in_the_input_are_not_copied(void **state)
{
	uint8_t wire[512];
	size_t first = frame_write(wire, 8, "one\n");
	size_t both = first + frame_write(wire + first, 3, "");
	struct d4_slice in = d4_slice_of(wire, both);
	struct d4_parser *p = parser(100);
	struct d4_frame f;

	(void)state;
	assert_int_equal(d4_parser_feed(p, &in, &f), D4_OK);
	assert_ptr_equal(f.wire, wire);
	assert_ptr_equal(f.payload.p, wire + D4_HEADER_LEN);
	assert_slice(f.payload, "one\n");
	assert_int_equal(f.header.type, 8);
	assert_int_equal(in.n, both - first);
	assert_null(d4_parser_header(p));
	assert_int_equal(d4_parser_feed(p, &in, &f), D4_OK);
	assert_ptr_equal(f.wire, wire + first);
	assert_int_equal(f.header.type, 3);
	assert_int_equal(f.payload.n, 0);
	assert_int_equal(d4_parser_feed(p, &in, &f), D4_AGAIN);
	assert_int_equal(d4_parser_held(p), 0);
	d4_parser_free(p);
}

static void
a_frame_in_single_bytes_is_joined(void **state)
{
	uint8_t wire[128];
	size_t n = frame_write(wire, 8, "payload");
	struct d4_parser *p = parser(100);
	struct d4_frame f;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct guard g;
		struct d4_slice in = guard_new(&g, d4_slice_of(wire + i, 1));
		enum d4_status st = d4_parser_feed(p, &in, &f);

		guard_free(&g);
		assert_int_equal(st, i + 1 < n ? D4_AGAIN : D4_OK);
		assert_int_equal(in.n, 0);
		if (i + 1 < n)
			assert_int_equal(d4_parser_held(p), i + 1);
		if (i + 1 < n && i + 1 >= D4_HEADER_LEN)
			assert_int_equal(d4_parser_header(p)->size, 7);
		else
			assert_null(d4_parser_header(p));
	}
	assert_int_equal(d4_parser_held(p), 0);
	assert_slice(f.payload, "payload");
	assert_memory_equal(f.wire, wire, D4_HEADER_LEN);
	d4_parser_free(p);
}

/* The answer at the 62nd byte, whether they come at once or one by one. */
static void
a_header_is_refused_before_any_payload_and_for_good(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
		enum d4_status st;
		bool header;
	} rows[] = {
	    {"version 0", 0, 0, D4_EVERSION, false},
	    {"version 2", 0, 2, D4_EVERSION, false},
	    {"type 0", 1, 0, D4_EMALFORMED, false},
	    {"size 101", 58, 101, D4_ETOOBIG, true},
	    {"size 4 GiB", 61, 255, D4_ETOOBIG, true},
	};
	struct d4_frame f;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		uint8_t wire[D4_HEADER_LEN + 200] = {0};
		size_t row = i / 2, step = i % 2 ? 1 : sizeof(wire), at = 0;
		struct d4_parser *p = parser(100);
		enum d4_status st = D4_AGAIN;

		frame_write(wire, 8, "");
		wire[rows[row].at] = rows[row].value;
		while (st == D4_AGAIN) {
			struct d4_slice in = d4_slice_of(wire + at, step);

			st = d4_parser_feed(p, &in, &f);
			at += step;
		}
		assert_int_equal(st, rows[row].st);
		if (step == 1)
			assert_int_equal(at, D4_HEADER_LEN);
		assert_int_equal(d4_parser_header(p) != NULL, rows[row].header);
		for (unsigned k = 0; k < 3; k++) {
			struct d4_slice in = d4_slice_of(wire, sizeof(wire));

			assert_int_equal(
			    d4_parser_feed(p, &in, &f), rows[row].st);
		}
		d4_parser_free(p);
	}
}

static void
the_largest_payload_is_taken(void **state)
{
	uint8_t wire[D4_HEADER_LEN + 101];
	struct d4_slice in, rest;
	struct d4_parser *p = parser(100);
	struct d4_frame f;
	char text[101];

	(void)state;
	memset(text, 'x', 100);
	text[100] = '\0';
	in = d4_slice_of(wire, frame_write(wire, 8, text));
	rest = in;
	assert_int_equal(d4_parser_feed(p, &in, &f), D4_OK);
	assert_int_equal(f.payload.n, 100);
	in = d4_slice_skip(&rest, D4_HEADER_LEN + 50);
	assert_int_equal(d4_parser_feed(p, &in, &f), D4_AGAIN);
	assert_int_equal(d4_parser_feed(p, &rest, &f), D4_OK);
	assert_slice(f.payload, text);
	d4_parser_free(p);
	d4_parser_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_that_lie_whole_in_the_input_are_not_copied),
	    cmocka_unit_test(a_frame_in_single_bytes_is_joined),
	    cmocka_unit_test(
		a_header_is_refused_before_any_payload_and_for_good),
	    cmocka_unit_test(the_largest_payload_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
