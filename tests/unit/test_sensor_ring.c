#include "test.h"
#include "sensor/ring_file.h"

static struct ring *
new_ring(void)
{
	struct ring *r = NULL;

	assert_int_equal(ring_new(RING_MIN, &r), D4_OK);
	assert_int_equal(ring_size(r), RING_MIN);
	return r;
}

/* One frame of len bytes, all of them `mark`, with `mark` records. */
static bool
put(struct ring *r, size_t len, uint8_t mark)
{
	uint8_t *at = ring_reserve(r, len);

	if (at == NULL)
		return false;
	memset(at, mark, len);
	ring_commit(r, len, mark);
	return true;
}

static void
check(const struct ring_frame *f, size_t len, uint8_t mark)
{
	struct d4_slice s;

	assert_non_null(f);
	s = ring_bytes(f);
	assert_int_equal(s.n, len);
	assert_int_equal(f->records, mark);
	assert_int_equal(s.p[0], mark);
	assert_int_equal(s.p[len - 1], mark);
}

static void
frames_are_sent_and_released_in_order(void **state)
{
	struct ring *r = new_ring();

	(void)state;
	assert_null(ring_next(r));
	assert_null(ring_oldest(r));
	assert_true(put(r, 100, 1) && put(r, 63, 2) && put(r, 16384, 3));
	check(ring_next(r), 100, 1);
	ring_sent(r, 500);
	check(ring_next(r), 63, 2);
	check(ring_oldest(r), 100, 1);
	assert_int_equal(ring_oldest(r)->wire_end, 500);
	assert_int_equal(ring_sum_sent(r).records, 1);
	assert_int_equal(ring_sum_waiting(r).records, 5);
	assert_int_equal(ring_sum_waiting(r).bytes, 63 + 16384);
	ring_sent(r, 600);
	ring_release(r);
	check(ring_oldest(r), 63, 2);
	ring_release(r);
	assert_null(ring_oldest(r));
	check(ring_next(r), 16384, 3);
	ring_free(r);
}

static void
what_was_sent_can_be_sent_again(void **state)
{
	struct ring *r = new_ring();

	(void)state;
	assert_true(put(r, 100, 1) && put(r, 100, 2) && put(r, 100, 3));
	ring_sent(r, 10);
	ring_sent(r, 20);
	ring_release(r);
	ring_rewind(r);
	check(ring_next(r), 100, 2);
	assert_int_equal(ring_sum_sent(r).frames, 0);
	assert_int_equal(ring_sum_waiting(r).records, 5);
	assert_int_equal(ring_waiting_again(r), 2);
	ring_free(r);
}

static void
a_full_ring_refuses_and_keeps_what_it_has(void **state)
{
	struct ring *r = new_ring();
	unsigned n = 0;

	(void)state;
	while (put(r, 1000000, (uint8_t)(n + 1)))
		n++;
	assert_int_equal(n, 4);
	/* A small one still fits behind them. */
	assert_true(put(r, 62, 9));
	for (unsigned i = 0; i < n; i++) {
		check(ring_next(r), 1000000, (uint8_t)(i + 1));
		ring_sent(r, 1);
	}
	assert_null(ring_reserve(r, 1000000));
	ring_release(r);
	assert_non_null(ring_reserve(r, 900000));
	ring_free(r);
}

static void
a_place_that_is_not_used_is_free_again(void **state)
{
	struct ring *r = new_ring();
	uint8_t *a = ring_reserve(r, 1000000);

	(void)state;
	assert_ptr_equal(a, ring_reserve(r, 500));
	assert_int_equal(ring_sum_waiting(r).frames, 0);
	ring_free(r);
}

/*
 * A long random life: bytes and order always agree with a simple model, over
 * the end of the memory many times.
 */
#define MODEL 8192

static void
a_random_life_agrees_with_a_model(void **state)
{
	struct ring *r = new_ring();
	static struct {
		size_t len;
		uint8_t mark;
	} model[MODEL];
	unsigned head = 0, next = 0, tail = 0;
	uint32_t seed = 12345;

	(void)state;
	for (unsigned step = 0; step < 60000; step++) {
		size_t len;

		seed = seed * 1664525u + 1013904223u;
		len = (seed >> 8) % (step % 7 == 0 ? 1000000 : 20000) + 1;
		if (seed >> 30 == 0 && tail != next) {
			check(ring_oldest(r), model[tail % MODEL].len,
			    model[tail % MODEL].mark);
			ring_release(r);
			tail++;
		} else if (seed >> 30 == 1 && next != head) {
			check(ring_next(r), model[next % MODEL].len,
			    model[next % MODEL].mark);
			ring_sent(r, step + 1);
			next++;
		} else if (seed >> 24 == 0xff) {
			ring_rewind(r);
			next = tail;
		} else if (head - tail < MODEL &&
			   put(r, len, (uint8_t)(head % 250 + 1))) {
			model[head % MODEL].len = len;
			model[head % MODEL].mark = (uint8_t)(head % 250 + 1);
			head++;
		}
		assert_int_equal(ring_sum_sent(r).frames, next - tail);
		assert_int_equal(ring_sum_waiting(r).frames, head - next);
	}
	assert_true(tail > 1000);
	ring_free(r);
}

static void
what_is_gone_is_settled_only_when_its_fate_is_known(void **state)
{
	struct ring *r = new_ring();

	(void)state;
	assert_false(ring_durable(r));
	assert_true(put(r, 100, 1) && put(r, 100, 2));
	ring_sent(r, 500);
	ring_release(r); /* TCP has it */
	assert_int_equal(ring_settled(r), 0);
	ring_agreed(r);
	ring_sent(r, 600);
	ring_release(r);
	assert_int_equal(ring_settled(r), 1);
	ring_agreed(r);
	assert_int_equal(ring_settled(r), 2);
	ring_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_are_sent_and_released_in_order),
	    cmocka_unit_test(what_was_sent_can_be_sent_again),
	    cmocka_unit_test(a_full_ring_refuses_and_keeps_what_it_has),
	    cmocka_unit_test(a_place_that_is_not_used_is_free_again),
	    cmocka_unit_test(
		what_is_gone_is_settled_only_when_its_fate_is_known),
	    cmocka_unit_test(a_random_life_agrees_with_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
