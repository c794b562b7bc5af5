/* What is remembered of frames, and for how long. */
#include <openssl/sha.h>
#include "hub/replay.h"
#include "test.h"

static struct replay_pool pool;
static struct replay r;

static int
setup(void **unused)
{
	(void)unused;
	pool = (struct replay_pool){.max = 1 << 20};
	replay_init(&r, &pool);
	return 0;
}

static int
teardown(void **unused)
{
	(void)unused;
	replay_fini(&r);
	return pool.used != 0;
}

/* Something like an HMAC, of a number. */
static const uint8_t *
mac(uint64_t n)
{
	static uint8_t md[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)&n, sizeof(n), md);
	return md;
}

static void
note(uint64_t n, uint32_t sess, uint64_t now_s)
{
	replay_note(&r, mac(n), sess, (const uint64_t[2]){now_s, 100});
}

static void
what_was_answered_is_known_in_other_sessions(void **unused)
{
	uint32_t one = replay_begin(&r), two;

	(void)unused;
	note(7, one, 5);
	assert_false(replay_known(&r, mac(7), one));
	two = replay_begin(&r);
	/* It may be sent again: nobody said that we have it. */
	assert_false(replay_known(&r, mac(7), two));
	replay_answered(&r, one);
	assert_true(replay_known(&r, mac(7), two));
	assert_true(replay_known(&r, mac(7), 0));
	assert_false(replay_known(&r, mac(7), one));
	assert_false(replay_known(&r, mac(8), two));
}

static void
what_was_sent_again_belongs_to_the_later_session(void **unused)
{
	uint32_t one = replay_begin(&r), two = replay_begin(&r);

	(void)unused;
	note(7, one, 5);
	note(7, two, 6);
	replay_answered(&r, two);
	assert_true(replay_known(&r, mac(7), 0));
	assert_int_equal(r.now.n, 1);
}

static void
it_is_remembered_for_its_time_at_least(void **unused)
{
	uint32_t one = replay_begin(&r), two = replay_begin(&r);

	(void)unused;
	replay_answered(&r, one);
	note(1, one, 1000);
	for (uint64_t t = 1001; t <= 1100; t++) {
		note(t, two, t);
		assert_true(replay_known(&r, mac(1), two));
	}
	note(9999, two, 1400);
	note(9998, two, 1500);
	assert_false(replay_known(&r, mac(1), two));
	assert_int_equal(pool.forgotten, 0);
}

static void
memory_has_a_limit_and_the_newest_are_kept(void **unused)
{
	uint32_t one = replay_begin(&r);
	const uint64_t n = 200000;

	(void)unused;
	replay_answered(&r, one);
	for (uint64_t i = 0; i < n; i++) {
		note(i, one, 5);
		assert_in_range(pool.used, 0, pool.max);
		assert_true(replay_known(&r, mac(i), 0));
	}
	/* Half of its share, at least. */
	for (uint64_t i = n - 1500; i < n; i++)
		assert_true(replay_known(&r, mac(i), 0));
	assert_in_range(pool.forgotten, n / 2, n);
}

static void
without_memory_nothing_is_known_and_that_is_counted(void **unused)
{
	uint32_t one = replay_begin(&r);

	(void)unused;
	pool.max = 10;
	note(1, one, 5);
	note(2, one, 5);
	replay_answered(&r, one);
	assert_false(replay_known(&r, mac(1), 0));
	assert_int_equal(pool.forgotten, 2);
	assert_int_equal(pool.used, 0);
}

static void
sessions_of_long_ago_count_as_not_answered(void **unused)
{
	uint32_t one = replay_begin(&r);

	(void)unused;
	note(1, one, 5);
	replay_answered(&r, one);
	for (unsigned i = 1; i < REPLAY_SESSIONS; i++)
		(void)replay_begin(&r);
	assert_true(replay_known(&r, mac(1), 0));
	(void)replay_begin(&r);
	assert_false(replay_known(&r, mac(1), 0));
	replay_answered(&r, one); /* too late: it is another's place */
	assert_false(replay_known(&r, mac(1), 0));
}

static void
what_was_answered_is_known_to_others_who_load_it(void **unused)
{
	const uint64_t now_keep_s[2] = {7, 100};
	uint32_t one = replay_begin(&r), two = replay_begin(&r);
	struct replay other;
	struct d4_buf keys;

	(void)unused;
	d4_buf_init(&keys, 1000);
	replay_init(&other, &pool);
	for (uint64_t i = 0; i < 3; i++)
		note(i, one, 5);
	note(9, two, 5);
	assert_int_equal(replay_keys(&r, one, &keys), D4_OK);
	assert_int_equal(keys.n, 3 * REPLAY_KEY);
	/* A piece of a key is none. */
	replay_load(
	    &other, d4_slice_of(keys.p, 2 * REPLAY_KEY + 3), now_keep_s);
	assert_int_equal(other.now.n, 2);
	replay_load(&other, d4_buf_slice(&keys), now_keep_s);
	assert_int_equal(other.now.n, 3);
	for (uint64_t i = 0; i < 3; i++) {
		assert_true(replay_known(&other, mac(i), 0));
		assert_true(replay_known(&other, mac(i), replay_begin(&other)));
	}
	assert_false(replay_known(&other, mac(9), 0));
	keys.max = 3 * REPLAY_KEY;
	assert_int_equal(replay_keys(&r, two, &keys), D4_ETOOBIG);
	d4_buf_fini(&keys);
	replay_fini(&other);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(what_was_answered_is_known_in_other_sessions),
	    T(what_was_sent_again_belongs_to_the_later_session),
	    T(it_is_remembered_for_its_time_at_least),
	    T(memory_has_a_limit_and_the_newest_are_kept),
	    T(without_memory_nothing_is_known_and_that_is_counted),
	    T(what_was_answered_is_known_to_others_who_load_it),
	    T(sessions_of_long_ago_count_as_not_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
