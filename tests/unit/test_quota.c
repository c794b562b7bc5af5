/* Budgets of a queue: memory, then the disk, then its sensors wait. */
#include "hub/quota.h"
#include "libd4/kit/log.h"
#include "test.h"

#define MIB (1ull << 20)

struct box {
	struct hub_options opt;
	struct hub hub;
	struct queue *q;
};

static int
setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	d4_log_open("test", D4_LOG_ERROR, false);
	b->opt.queue_max = 16 * MIB;
	b->opt.queue_disk = 64 * MIB;
	b->hub.opt = &b->opt;
	STAILQ_INIT(&b->hub.queues);
	TAILQ_INIT(&b->hub.sessions);
	if (queue_add(&b->hub.queues, 8, "", 1, &b->q) != D4_OK)
		return -1;
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct box *b = *state;

	queue_list_fini(&b->hub.queues);
	free(b);
	return 0;
}

static void
holds(struct box *b, uint64_t bytes, uint64_t disk)
{
	b->q->bytes = b->q->shard[0].bytes = bytes;
	b->q->shard[0].disk_bytes = disk;
}

static void
entries_go_to_disk_above_the_budget_until_half_is_free(void **state)
{
	struct box *b = *state;

	holds(b, 16 * MIB, 0);
	assert_false(quota_spills(&b->hub, b->q));
	b->q->coming = 1;
	assert_true(quota_spills(&b->hub, b->q));
	b->q->coming = 0;
	holds(b, 9 * MIB, MIB);
	assert_true(quota_spills(&b->hub, b->q));
	holds(b, 8 * MIB, MIB);
	assert_false(quota_spills(&b->hub, b->q));
	b->hub.tight = true; /* Redis as a whole is */
	assert_true(quota_spills(&b->hub, b->q));
	b->hub.tight = false;
	b->opt.queue_disk = 0;
	holds(b, 20 * MIB, 0);
	assert_false(quota_spills(&b->hub, b->q));
}

static void
sensors_wait_above_the_disk_s_budget_until_half_is_free(void **state)
{
	struct box *b = *state;

	holds(b, 20 * MIB, 64 * MIB); /* references are on top */
	quota_check(&b->hub, b->q);
	assert_false(b->q->full);
	holds(b, 17 * MIB, 64 * MIB + 1);
	quota_check(&b->hub, b->q);
	assert_true(b->q->full);
	holds(b, 17 * MIB, 32 * MIB + 1);
	quota_check(&b->hub, b->q);
	assert_true(b->q->full);
	holds(b, 17 * MIB, 32 * MIB);
	quota_check(&b->hub, b->q);
	assert_false(b->q->full);
	holds(b, 20 * MIB + 1, 0);
	quota_check(&b->hub, b->q);
	assert_true(b->q->full);
}

static void
without_a_disk_the_memory_is_all_there_is(void **state)
{
	struct box *b = *state;

	b->opt.queue_disk = 0;
	holds(b, 16 * MIB + 1, 0);
	quota_check(&b->hub, b->q);
	assert_true(b->q->full);
	assert_false(b->q->spills);
	holds(b, 8 * MIB + 1, 0);
	quota_check(&b->hub, b->q);
	assert_true(b->q->full);
	holds(b, 8 * MIB, 0);
	quota_check(&b->hub, b->q);
	assert_false(b->q->full);
}

static void
what_is_too_much_is_a_share_of_the_entries(void **state)
{
	struct box *b = *state;
	struct queue_shard *s = &b->q->shard[0];

	s->length = 100;
	holds(b, MIB, 128 * MIB); /* 56 of 128 may stay */
	assert_in_range(quota_excess(&b->hub, s), 56, 58);
	holds(b, 40 * MIB, 0); /* 17.5 of 40 */
	assert_in_range(quota_excess(&b->hub, s), 56, 58);
	holds(b, MIB, MIB);
	assert_int_equal(quota_excess(&b->hub, s), 1);
	s->length = 100000;
	holds(b, MIB, 128 * MIB);
	assert_int_equal(quota_excess(&b->hub, s), 256);
}

static void
the_time_that_is_left_is_what_is_free_by_the_rate(void **state)
{
	struct box *b = *state;

	holds(b, 0, 0);
	assert_true(quota_left_s(&b->hub, b->q) < 0); /* it does not fill */
	holds(b, 16 * MIB, 24 * MIB);
	b->q->fill.rate = (double)MIB;
	assert_true(quota_left_s(&b->hub, b->q) > 39.9);
	assert_true(quota_left_s(&b->hub, b->q) < 40.1);
	holds(b, 16 * MIB, 64 * MIB);
	assert_true(quota_left_s(&b->hub, b->q) < 0.1);
	assert_true(quota_left_s(&b->hub, b->q) >= 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(entries_go_to_disk_above_the_budget_until_half_is_free),
	    T(sensors_wait_above_the_disk_s_budget_until_half_is_free),
	    T(without_a_disk_the_memory_is_all_there_is),
	    T(what_is_too_much_is_a_share_of_the_entries),
	    T(the_time_that_is_left_is_what_is_free_by_the_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
