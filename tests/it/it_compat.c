/* d4-core compatibility: its rooms and scripts, against a real Redis. */
#include "compat_world.h"
#include "libd4/kit/clock.h"

#define Q1 "analyzer:8:11111111-1111-4111-8111-111111111111"
#define Q2 "analyzer:8:22222222-2222-4222-8222-222222222222"

static void
queue_of_all(struct box *b)
{
	core_say(b, "HSET d4:queues 8 1");
	core_say(b, "SADD analyzer:8 11111111-1111-4111-8111-111111111111");
}

static void
lines_are_items_oldest_first(void **state)
{
	struct box *b = *state;
	char items[512];

	queue_of_all(b);
	hub_puts(b, 8, "", 1, "a\nb\n");
	hub_puts(b, 8, "", 3, "\nc\n"); /* an empty line is none */
	compat_queues(&b->c);
	compat_read(&b->c); /* what was pending: nothing */
	compat_read(&b->c);
	core_items(b, Q1, items);
	assert_string_equal(items, "a,b,c");
	assert_int_equal(b->c.entries, 2);
	assert_int_equal(b->c.pushed, 3);
	assert_int_equal(
	    core_number(b, "EXISTS analyzer:11111111-1111-4111-8111-"
			   "111111111111"),
	    1); /* last_updated */
}

/* Killed behind the read, and killed behind the script. */
static void
an_entry_that_comes_twice_becomes_items_once(void **state)
{
	struct box *b = *state;
	struct compat_words w;
	char items[512], id[48];
	redisReply *r;

	queue_of_all(b);
	hub_puts(b, 8, "", 1, "a\n");
	compat_queues(&b->c);
	r = redisCommand(b->r, "XREADGROUP GROUP d4-core d4-hub STREAMS "
			       "d4:{8:0}:q >");
	assert_int_equal(r->elements, 1);
	(void)snprintf(id, sizeof(id), "%s",
	    r->element[0]->element[1]->element[0]->element[0]->str);
	freeReplyObject(r);
	box_end(b);
	box_begin(b);
	compat_queues(&b->c);
	compat_read(&b->c);
	core_items(b, Q1, items);
	assert_string_equal(items, "a");
	compat_script(&b->c, COMPAT_PUSH, &w);
	words_add(&w, "d4:{8:0}:q");
	words_add(&w, id);
	words_add(&w, "8");
	words_add(&w, "8");
	words_add(&w, SENSOR);
	words_add(&w, "again\n");
	words_add(&w, "1");
	words_add(&w, "10");
	r = compat_ask(&b->c, &w);
	assert_int_equal(r->element[0]->integer, COMPAT_BEFORE);
	freeReplyObject(r);
	core_items(b, Q1, items);
	assert_string_equal(items, "a");
}

static void
a_list_keeps_one_more_than_its_size_and_the_rest_is_counted(void **state)
{
	struct box *b = *state;
	char items[512];

	queue_of_all(b);
	core_say(b, "HSET analyzer:11111111-1111-4111-8111-111111111111 "
		    "max_size 2");
	hub_puts(b, 8, "", 1, "a\nb\nc\nd\ne\n");
	compat_queues(&b->c);
	compat_read(&b->c);
	compat_read(&b->c);
	core_items(b, Q1, items);
	assert_string_equal(items, "c,d,e");
	assert_int_equal(b->c.cut, 2);
	b->c.queues_ms = d4_mono_ms();
	compat_look(&b->c);
	assert_int_equal(noted(b, "compat.trimmed"), 1);
	assert_int_equal(b->c.cut, 0);
}

/* By the set of the queue: d4-core's own set of sensors has a wrong name. */
static void
a_queue_of_a_group_has_the_lines_of_its_sensors(void **state)
{
	struct box *b = *state;
	char items[512];

	queue_of_all(b);
	core_say(b, "SADD analyzer_uuid_group:8 "
		    "22222222-2222-4222-8222-222222222222");
	hub_puts(b, 8, "", 1, "a\n");
	compat_queues(&b->c);
	compat_read(&b->c);
	compat_read(&b->c);
	core_items(b, Q2, items);
	assert_string_equal(items, "");
	core_say(b, "SADD analyzer_sensor_group:22222222-2222-4222-8222-"
		    "222222222222 " SENSOR);
	hub_puts(b, 8, "", 2, "b\n");
	compat_read(&b->c);
	core_items(b, Q2, items);
	assert_string_equal(items, "b");
}

/* ---- streams ---- */

#define SESS "07000000-0000-0000-0000-000000000000"

static void
a_session_of_254_begins_with_its_meta_header(void **state)
{
	struct box *b = *state;
	char got[512];

	b->opt.compat_worker[2] = true;
	core_say(b, "HSET d4:queues 254.x 1");
	hub_puts(b, 254, "x", 1, "a\n");
	hub_puts(b, 254, "x", 2, "b\n");
	compat_queues(&b->c);
	compat_read(&b->c);
	compat_read(&b->c);
	core_messages(b, "stream:2:" SESS, got);
	assert_string_equal(got, "{\"type\":\"x\"}|");
	core_messages(b, "stream:254:" SESS, got);
	assert_string_equal(got, "a\n|b\n|");
	assert_int_equal(core_number(b, "SISMEMBER session_uuid:2 " SESS), 1);
	assert_int_equal(core_number(b, "SISMEMBER session_uuid:254 " SESS), 0);
}

static void
a_capture_has_one_global_header(void **state)
{
	struct box *b = *state;
	char got[512];

	b->opt.compat_worker[1] = true;
	core_say(b, "HSET d4:queues 1 1");
	hub_puts(b, 1, "", 1, "123456789012345678901234one");
	hub_puts(b, 1, "", 2, "123456789012345678901234two");
	compat_queues(&b->c);
	compat_read(&b->c);
	compat_read(&b->c);
	core_messages(b, "stream:1:" SESS, got);
	assert_string_equal(got, "123456789012345678901234one|two|");
}

static void
a_full_stream_waits_for_its_worker_in_order(void **state)
{
	struct box *b = *state;
	struct compat_queue *q;
	char got[512];

	b->opt.compat_worker[8] = true;
	core_say(b, "HSET d4:queues 8 1");
	core_say(b, "HSET stream_max_size_by_uuid " SENSOR " 1");
	for (uint64_t i = 1; i <= 3; i++)
		hub_puts(b, 8, "", i, i == 1 ? "a\n" : i == 2 ? "b\n" : "c\n");
	compat_queues(&b->c);
	compat_read(&b->c);
	compat_read(&b->c);
	q = &b->c.queue[0];
	core_messages(b, "stream:8:" SESS, got);
	assert_string_equal(got, "a\n|");
	assert_true(q->rest_ms != 0 && q->since_s != 0);
	core_say(b, "XTRIM stream:8:" SESS " MAXLEN 0");
	q->rest_ms = 1; /* long ago */
	compat_read(&b->c);
	core_messages(b, "stream:8:" SESS, got);
	assert_string_equal(got, "b\n|");
	core_say(b, "HDEL stream_max_size_by_uuid " SENSOR);
	q->rest_ms = 1;
	compat_read(&b->c);
	core_messages(b, "stream:8:" SESS, got);
	assert_string_equal(got, "b\n|c\n|");
	assert_int_equal(q->since_s, 0);
	assert_int_equal(noted(b, "compat.unworked"), 0);
}

static void
a_worker_that_is_given_up_misses_what_is_accounted(void **state)
{
	struct box *b = *state;
	char got[512];

	b->opt.compat_worker[8] = true;
	b->opt.compat_give_up_us = 1000000;
	core_say(b, "HSET d4:queues 8 1");
	core_say(b, "HSET stream_max_size_by_uuid " SENSOR " 1");
	for (uint64_t i = 1; i <= 3; i++)
		hub_puts(b, 8, "", i, "a\n");
	compat_queues(&b->c);
	compat_read(&b->c);
	compat_read(&b->c);
	assert_int_equal(b->c.dropped, 0);
	b->c.queue[0].since_s = 1; /* long ago */
	b->c.queue[0].rest_ms = 1;
	compat_read(&b->c);
	assert_int_equal(b->c.dropped, 2);
	assert_int_equal(noted(b, "compat.unworked"), 2);
	core_messages(b, "stream:8:" SESS, got);
	assert_string_equal(got, "a\n|");
	/* Acknowledged: nothing is held. */
	b->c.queue[0].pending = true;
	compat_read(&b->c);
	assert_false(b->c.queue[0].pending);
}

static void
all_streams_together_are_bounded(void **state)
{
	struct box *b = *state;

	b->opt.compat_worker[8] = true;
	b->opt.compat_streams = 100;
	core_say(b, "HSET d4:queues 8 1");
	hub_puts(b, 8, "", 1, "a\n");
	compat_queues(&b->c);
	compat_read(&b->c);
	compat_read(&b->c);
	b->opt.compat_workers.n = 1;
	compat_workers_look(&b->c); /* Redis' own count: more than 100 */
	assert_true(b->c.stream_bytes > 100);
	hub_puts(b, 8, "", 2, "b\n");
	compat_read(&b->c);
	assert_true(b->c.queue[0].since_s != 0);
	assert_non_null(strstr(b->c.queue[0].why, "compat_streams"));
	core_say(b, "DEL stream:8:" SESS);
	compat_workers_look(&b->c);
	assert_int_equal(b->c.stream_bytes, 0);
	b->c.queue[0].rest_ms = 1;
	compat_read(&b->c);
	assert_int_equal(core_number(b, "XLEN stream:8:" SESS), 1);
}

static void
what_waits_is_told(void **state)
{
	struct box *b = *state;
	redisReply *r;

	b->opt.compat_workers.n = 1;
	core_say(b, "HSET d4:queues 8 1");
	compat_queues(&b->c);
	compat_waits(&b->c.queue[0], "a \"reason\"");
	/* A worker has not come for the session since 1970. */
	core_say(b, "SADD session_uuid:8 s1");
	r = redisCommand(b->r, "HSET d4:compat:sess s1 %s", "8 " SENSOR " 9");
	freeReplyObject(r);
	compat_workers_look(&b->c);
	compat_tell(&b->c);
	r = redisCommand(b->r, "HGET d4:compat waits");
	assert_int_equal(r->type, REDIS_REPLY_STRING);
	assert_non_null(strstr(r->str, "a \\\"reason\\\""));
	assert_non_null(
	    strstr(r->str, "{\"what\":\"worker 8\",\"since_seen\":9,"));
	freeReplyObject(r);
	core_say(b, "SREM session_uuid:8 s1"); /* it came */
	compat_workers_look(&b->c);
	assert_int_equal(b->c.idle_s[8], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(lines_are_items_oldest_first),
	    T(an_entry_that_comes_twice_becomes_items_once),
	    T(a_list_keeps_one_more_than_its_size_and_the_rest_is_counted),
	    T(a_queue_of_a_group_has_the_lines_of_its_sensors),
	    T(a_session_of_254_begins_with_its_meta_header),
	    T(a_capture_has_one_global_header),
	    T(a_full_stream_waits_for_its_worker_in_order),
	    T(a_worker_that_is_given_up_misses_what_is_accounted),
	    T(all_streams_together_are_bounded),
	    T(what_waits_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
