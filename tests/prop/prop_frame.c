/* Any cut of a stream of frames gives the same frames and the same error. */
#include "test.h"
#include "prop.h"
#include "libd4/frame.h"

#define ROOM        65536u
#define PAYLOAD_MAX 3000u

/* Frames, the last one sometimes invalid, oversize or cut. */
static size_t
make_frames(struct prop *p, uint8_t *room)
{
	size_t n = 0, frames = prop_below(p, 12);

	for (size_t i = 0; i < frames; i++) {
		struct d4_header h = {.version = 1, .timestamp_s = i};

		h.type = (uint8_t)(1 + prop_below(p, 254));
		h.size = (uint32_t)prop_below(p, i % 3 ? 70 : PAYLOAD_MAX + 1);
		if (prop_below(p, 40) == 0)
			h.version = (uint8_t)prop_next(p);
		if (prop_below(p, 40) == 0)
			h.type = 0;
		d4_header_encode(&h, room + n);
		memset(room + n + D4_HEADER_LEN, (int)i, h.size);
		n += D4_HEADER_LEN + h.size;
		if (prop_below(p, 40) == 0)
			room[n - h.size - 1] = 1; /* size over 16 MiB */
	}
	return prop_below(p, 3) ? n : prop_below(p, n + 1);
}

static void
parse(struct d4_slice s, struct prop *cut, struct d4_buf *log)
{
	enum d4_status st = D4_AGAIN;
	struct d4_parser *parser = NULL;
	struct d4_frame f;

	log->n = 0;
	assert_int_equal(d4_parser_new(PAYLOAD_MAX, &parser), D4_OK);
	while (s.n != 0 && st == D4_AGAIN) {
		size_t n = cut != NULL ? prop_cut(cut, s.n) : s.n;
		uint8_t *copy = malloc(n);
		struct d4_slice in = {copy, n};

		assert_non_null(copy);
		memcpy(copy, d4_slice_skip(&s, n).p, n);
		while ((st = d4_parser_feed(parser, &in, &f)) == D4_OK) {
			assert_int_equal(f.payload.n, f.header.size);
			assert_int_equal(
			    d4_buf_add(log, f.wire, D4_HEADER_LEN), D4_OK);
			assert_int_equal(
			    d4_buf_add(log, f.payload.p, f.payload.n), D4_OK);
		}
		assert_true(
		    d4_parser_held(parser) <= D4_HEADER_LEN + PAYLOAD_MAX);
		free(copy);
	}
	assert_int_equal(d4_buf_addf(log, "{%d %d %zu}", (int)st,
			     d4_parser_header(parser) != NULL,
			     st == D4_AGAIN ? d4_parser_held(parser) : 0),
	    D4_OK);
	d4_parser_free(parser);
}

static void
any_cut_gives_the_same_frames(void **state)
{
	uint64_t seed = prop_seed(), cases = prop_cases(10000);
	uint8_t *room = malloc(ROOM);
	struct d4_buf whole, cut;

	(void)state;
	assert_non_null(room);
	d4_buf_init(&whole, 2 * ROOM);
	d4_buf_init(&cut, 2 * ROOM);
	for (uint64_t i = 0; i < cases; i++) {
		struct prop p = prop_case(seed, i);
		struct d4_slice s = d4_slice_of(room, make_frames(&p, room));

		parse(s, NULL, &whole);
		parse(s, &p, &cut);
		if (!d4_slice_eq(d4_buf_slice(&whole), d4_buf_slice(&cut)))
			fail_msg("seed %llu case %llu differs",
			    (unsigned long long)seed, (unsigned long long)i);
	}
	d4_buf_fini(&whole);
	d4_buf_fini(&cut);
	free(room);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_cut_gives_the_same_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
