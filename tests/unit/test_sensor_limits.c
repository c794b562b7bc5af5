/* What a sensor may send, of what Redis gave it. */
#include "hub/queue.h"
#include "hub/sensor_limits.h"
#include "reply.h"
#include "test.h"

static struct sensors table;
static struct sensor *sensor;
static struct queue_shard streams[SENSOR_SHARES + 1];

static int
setup(void **unused)
{
	static const struct d4_uuid uuid = {{1}};
	static struct queue eight = {.type = 8}, extended = {.type = 254};

	(void)unused;
	for (size_t i = 0; i <= SENSOR_SHARES; i++)
		streams[i].queue = i == 0 ? &eight : &extended;
	sensors_init(&table);
	sensor = sensors_get(&table, &uuid);
	return sensor == NULL;
}

static int
teardown(void **unused)
{
	(void)unused;
	sensors_fini(&table);
	return 0;
}

static void
answer(const char *wire)
{
	redisReply *reply = reply_of(wire, strlen(wire));

	assert_non_null(reply);
	sensor_rationed(sensor, reply);
	freeReplyObject(reply);
}

static void
who_has_no_rate_spends_nothing(void **unused)
{
	(void)unused;
	sensor_spend(sensor, 1u << 30);
	assert_false(sensor_owes(sensor) || sensor_hungry(sensor));
	assert_int_equal(sensor_wants(sensor), 0);
}

static void
who_sent_more_than_it_got_rests_until_it_has_got_it(void **unused)
{
	(void)unused;
	sensor->limits.rate = 1000;
	assert_true(sensor_hungry(sensor));
	assert_false(sensor_owes(sensor));
	sensor_spend(sensor, 300);
	assert_true(sensor_owes(sensor));
	assert_int_equal(sensor_wants(sensor), 551);
	answer("*1\r\n:200\r\n");
	assert_true(sensor_owes(sensor) && sensor->ration.dry);
	assert_int_equal(sensor_wants(sensor), 351);
	answer("*1\r\n:351\r\n");
	assert_false(sensor_owes(sensor) || sensor_hungry(sensor));
	assert_false(sensor->ration.dry);
	sensor_spend(sensor, 200);
	assert_true(sensor_hungry(sensor));
	assert_false(sensor_owes(sensor));
	/* No limit any more. */
	sensor_spend(sensor, 10000);
	sensor->limits.rate = 0;
	assert_false(sensor_owes(sensor));
}

static void
redis_cannot_give_more_than_was_wanted(void **unused)
{
	static const char *const hostile[] = {"*1\r\n:-5\r\n", "*0\r\n",
	    ":7\r\n", "*1\r\n$1\r\n7\r\n", "*2\r\n*0\r\n:9\r\n"};

	(void)unused;
	sensor->limits.rate = 1000;
	sensor_spend(sensor, 100);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		assert_int_equal(sensor_wants(sensor), 351);
		answer(hostile[i]);
		assert_true(sensor_owes(sensor));
	}
	assert_int_equal(sensor_wants(sensor), 351);
	answer("*1\r\n:9223372036854775807\r\n");
	assert_int_equal(sensor->ration.tokens, 251);
	/* It was not asked again. */
	answer("*1\r\n:1000\r\n");
	assert_int_equal(sensor->ration.tokens, 251);
}

static void
no_sum_of_bytes_is_too_large(void **unused)
{
	(void)unused;
	sensor->limits.rate = UINT64_MAX;
	for (unsigned i = 0; i < 100; i++)
		sensor_spend(sensor, (size_t)1 << 62);
	assert_false(sensor_owes(sensor));
	for (unsigned i = 0; i < 1000; i++)
		sensor_spend(sensor, (size_t)1 << 46);
	assert_true(sensor_owes(sensor));
	assert_true(sensor_wants(sensor) > 0);
}

static void
shelve(const struct queue_shard *of, unsigned n)
{
	while (n-- > 0)
		sensor_shelved(sensor, of);
}

/* One entry of the first stream under a limit, and what Redis says then. */
static void
first_entry(uint64_t limit, const char *says)
{
	sensor->limits.queue = limit;
	shelve(&streams[0], 1);
	assert_int_equal(sensor_tells(sensor), 1);
	answer(says);
}

static void
an_entry_needs_a_place_that_redis_holds(void **unused)
{
	const struct queue_shard *one = &streams[0], *two = &streams[1];

	(void)unused;
	shelve(one, 1);
	assert_false(sensor_untold(sensor) || sensor_crowded(sensor, one));
	sensor->limits.queue = 100;
	/* The first one was read before anybody knew of the stream. */
	shelve(one, 1);
	assert_true(sensor_pressed(sensor) && sensor_crowded(sensor, one));
	assert_false(sensor_stuffed(sensor, one));
	assert_int_equal(sensor_tells(sensor), 1);
	assert_int_equal(sensor->ration.share[0].wanted, 4);
	answer("*3\r\n:0\r\n:1\r\n:4\r\n");
	assert_false(sensor_crowded(sensor, one));
	shelve(one, 1);
	assert_false(sensor_pressed(sensor));
	shelve(one, 1);
	assert_true(sensor_pressed(sensor)); /* half of them */
	shelve(two, 1);
	assert_int_equal(sensor_tells(sensor), 2);
	assert_int_equal(sensor->ration.share[0].told, 2);
	assert_int_equal(sensor->ration.share[0].held, 2);
	/* While it is asked it may go on with what is left. */
	shelve(one, 1);
	assert_false(sensor_crowded(sensor, one));
	shelve(one, 1);
	assert_true(sensor_crowded(sensor, one));
	answer("*5\r\n:0\r\n:5\r\n:6\r\n:1\r\n:4\r\n");
	assert_false(sensor_crowded(sensor, one));
	assert_int_equal(sensor->ration.share[0].fresh, 2);
}

static void
an_answer_that_never_came_changes_nothing(void **unused)
{
	const struct queue_shard *one = &streams[0];

	(void)unused;
	first_entry(100, "*3\r\n:0\r\n:1\r\n:4\r\n");
	shelve(one, 2);
	assert_int_equal(sensor_tells(sensor), 1);
	shelve(one, 1);
	sensor_rationed(sensor, NULL);
	assert_int_equal(sensor->ration.share[0].fresh, 3);
	assert_int_equal(sensor->ration.share[0].held, 4);
	assert_true(sensor_untold(sensor));
}

static void
places_that_nobody_needs_go_back(void **unused)
{
	const struct queue_shard *one = &streams[0];

	(void)unused;
	first_entry(100, "*3\r\n:0\r\n:1\r\n:4\r\n");
	assert_true(sensor_untold(sensor)); /* it holds some */
	assert_int_equal(sensor_tells(sensor), 1);
	assert_int_equal(sensor->ration.share[0].held, 0);
	assert_int_equal(sensor->ration.share[0].wanted, 0);
	/* Redis cannot give what was not wanted. */
	answer("*3\r\n:0\r\n:1\r\n:9\r\n");
	assert_int_equal(sensor->ration.share[0].held, 0);
	assert_false(sensor_untold(sensor) || sensor_crowded(sensor, one));
	assert_int_equal(sensor_tells(sensor), 1);
	answer("*3\r\n:0\r\n:-1\r\n$1\r\n7\r\n");
	assert_int_equal(sensor->ration.share[0].sum, 0);
}

static void
who_had_too_much_waits_until_half_is_gone(void **unused)
{
	const struct queue_shard *one = &streams[0];

	(void)unused;
	first_entry(10, "*3\r\n:0\r\n:9\r\n:1\r\n");
	assert_false(sensor_crowded(sensor, one));
	assert_int_equal(sensor_tells(sensor), 1);
	answer("*3\r\n:0\r\n:10\r\n:0\r\n");
	assert_true(sensor_crowded(sensor, one));
	assert_true(sensor_stuffed(sensor, one));
	answer("*3\r\n:0\r\n:6\r\n:0\r\n");
	assert_true(sensor_crowded(sensor, one));
	answer("*3\r\n:0\r\n:5\r\n:0\r\n");
	assert_false(sensor_crowded(sensor, one));
}

static void
who_gets_no_place_asks_for_one_until_there_is_one(void **unused)
{
	const struct queue_shard *one = &streams[0];

	(void)unused;
	first_entry(10, "*3\r\n:0\r\n:5\r\n:0\r\n"); /* others hold the rest */
	assert_true(sensor_crowded(sensor, one));
	assert_true(sensor_stuffed(sensor, one));
	assert_false(sensor_pressed(sensor));
	assert_int_equal(sensor_tells(sensor), 1);
	assert_int_equal(sensor->ration.share[0].wanted, 1);
	answer("*3\r\n:0\r\n:5\r\n:1\r\n");
	assert_false(sensor_crowded(sensor, one));
	shelve(one, 1);
	assert_true(sensor_crowded(sensor, one));
}

static void
too_many_streams_are_over_every_limit(void **unused)
{
	const struct queue_shard *last = &streams[SENSOR_SHARES];

	(void)unused;
	sensor->limits.queue = 10;
	for (unsigned i = 0; i < SENSOR_SHARES; i++)
		shelve(&streams[i], 1);
	shelve(last, 1);
	assert_true(sensor_crowded(sensor, last));
	assert_true(sensor_stuffed(sensor, last));
	/* Nothing of it waits in these any more, but in the first. */
	assert_int_equal(sensor_tells(sensor), SENSOR_SHARES);
	answer("*3\r\n:0\r\n:1\r\n:0\r\n");
	assert_false(sensor_crowded(sensor, last));
	shelve(last, 1);
	assert_ptr_equal(sensor->ration.share[1].of, last);
}

static void
a_full_queue_is_full_for_new_sessions_of_its_type(void **unused)
{
	(void)unused;
	assert_false(sensor_full(sensor, 8));
	sensor->limits.queue = 2;
	shelve(&streams[0], 1);
	assert_true(sensor_full(sensor, 8));
	assert_false(sensor_full(sensor, 2) || sensor_full(sensor, 254));
	shelve(&streams[1], 1);
	assert_true(sensor_full(sensor, 2) && sensor_full(sensor, 254));
	assert_false(sensor_full(sensor, 1));
	sensor->limits.queue = 0;
	assert_false(sensor_full(sensor, 8));
}

int
main(void)
{
#define ONE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    ONE(who_has_no_rate_spends_nothing),
	    ONE(who_sent_more_than_it_got_rests_until_it_has_got_it),
	    ONE(redis_cannot_give_more_than_was_wanted),
	    ONE(no_sum_of_bytes_is_too_large),
	    ONE(an_entry_needs_a_place_that_redis_holds),
	    ONE(an_answer_that_never_came_changes_nothing),
	    ONE(places_that_nobody_needs_go_back),
	    ONE(who_gets_no_place_asks_for_one_until_there_is_one),
	    ONE(who_had_too_much_waits_until_half_is_gone),
	    ONE(too_many_streams_are_over_every_limit),
	    ONE(a_full_queue_is_full_for_new_sessions_of_its_type),
	};
#undef ONE

	return cmocka_run_group_tests(tests, NULL, NULL);
}
