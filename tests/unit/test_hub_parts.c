/* The small rooms of the hub: queue, budget, names, sensor, options. */
#include "hub/budget.h"
#include "hub/names.h"
#include "hub/options.h"
#include "hub/queue.h"
#include "hub/sensor.h"
#include "test.h"

static void
ids_of_entries_are_read_strictly(void **unused)
{
	static const char *const bad[] = {"", "-", "1-", "-1", "1-2x", "x",
	    "18446744073709551616", "1-18446744073709551616", " 1"};
	struct queue_id id = {7, 7}, other = {1, 0};

	(void)unused;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(queue_id_parse(bad[i], &id), D4_EMALFORMED);
		assert_int_equal(id.ms, 7);
	}
	assert_int_equal(queue_id_parse("1700000000000-12", &id), D4_OK);
	assert_int_equal(id.ms, 1700000000000);
	assert_int_equal(id.n, 12);
	assert_int_equal(queue_id_cmp(&other, &id), -1);
	assert_int_equal(queue_id_cmp(&id, &id), 0);
	id = queue_id_next(&id);
	assert_int_equal(id.n, 13);
	id.n = UINT64_MAX;
	id = queue_id_next(&id);
	assert_int_equal(id.ms, 1700000000001);
	assert_int_equal(id.n, 0);
}

static void
queues_are_found_by_type_and_extended_type(void **unused)
{
	struct queue_list list = STAILQ_HEAD_INITIALIZER(list);
	struct queue *a, *b;

	(void)unused;
	assert_int_equal(queue_add(&list, 8, "", 4, &a), D4_OK);
	assert_int_equal(queue_add(&list, 254, "ja3-jl", 2, &b), D4_OK);
	assert_ptr_equal(queue_find(&list, 8, ""), a);
	assert_ptr_equal(queue_find(&list, 254, "ja3-jl"), b);
	assert_null(queue_find(&list, 254, ""));
	assert_null(queue_find(&list, 1, ""));
	assert_string_equal(b->name, "254.ja3-jl");
	assert_string_equal(a->shard[3].key, "d4:{8:3}:q");
	assert_string_equal(b->shard[1].key, "d4:{254.ja3-jl:1}:q");
	a->shard[0].bytes = 5;
	a->shard[3].bytes = 6;
	assert_int_equal(queue_bytes(a), 11);
	assert_int_equal(queue_reshard(a, 1), D4_OK);
	assert_int_equal(a->n_shards, 1);
	queue_list_fini(&list);
}

static void
a_budget_is_over_until_half_is_free(void **unused)
{
	struct budget b = {.max = 100};

	(void)unused;
	assert_int_equal(budget_change(&b, 0, 100), BUDGET_FREE);
	assert_int_equal(budget_change(&b, 0, 1), BUDGET_OVER);
	assert_int_equal(budget_change(&b, 0, 24), BUDGET_OVER);
	assert_int_equal(budget_change(&b, 0, 1), BUDGET_HARD);
	assert_int_equal(budget_change(&b, 100, 74), BUDGET_OVER);
	assert_int_equal(budget_change(&b, 74, 25), BUDGET_OVER);
	assert_int_equal(budget_change(&b, 25, 24), BUDGET_FREE);
	assert_int_equal(b.held, 50);
}

/* An array reply of these words, as hiredis makes it. */
static redisReply *
reply_of(const char *wire)
{
	redisReader *r = redisReaderCreate();
	void *reply = NULL;

	assert_int_equal(redisReaderFeed(r, wire, strlen(wire)), REDIS_OK);
	assert_int_equal(redisReaderGetReply(r, &reply), REDIS_OK);
	redisReaderFree(r);
	assert_non_null(reply);
	return reply;
}

static void
a_list_of_names_is_read_and_found(void **unused)
{
	struct names set = {0};
	bool changed = false;
	redisReply *r = reply_of("*3\r\n$1\r\nc\r\n$1\r\na\r\n:5\r\n");

	(void)unused;
	assert_int_equal(names_read(&set, r, &changed), D4_OK);
	assert_true(changed);
	assert_int_equal(set.n, 2);
	assert_true(names_have(&set, "a"));
	assert_true(names_have(&set, "c"));
	assert_false(names_have(&set, "b"));
	assert_int_equal(names_read(&set, r, &changed), D4_OK);
	assert_false(changed);
	assert_int_equal(names_add(&set, "b"), D4_OK);
	assert_int_equal(names_add(&set, "b"), D4_OK);
	assert_int_equal(set.n, 3);
	assert_true(names_have(&set, "b"));
	assert_int_equal(names_read(&set, r, &changed), D4_OK);
	assert_true(changed);
	freeReplyObject(r);
	r = reply_of("-ERR no\r\n");
	assert_int_equal(names_read(&set, r, &changed), D4_EMALFORMED);
	assert_true(names_have(&set, "a"));
	freeReplyObject(r);
	names_fini(&set);
	assert_false(names_have(&set, "a"));
}

static void
sensors_that_nobody_uses_are_forgotten_first(void **unused)
{
	struct sensors t;
	struct sensor *kept, *s;
	struct d4_uuid u = {{0}};

	(void)unused;
	sensors_init(&t);
	kept = sensors_get(&t, &u);
	sensors_hold(&t, kept);
	for (unsigned i = 1; i < 2 * SENSOR_IDLE; i++) {
		u.b[14] = (uint8_t)(i >> 8);
		u.b[15] = (uint8_t)i;
		u.b[3] = (uint8_t)(i >> 16);
		s = sensors_get(&t, &u);
		assert_non_null(s);
		assert_ptr_equal(sensors_get(&t, &u), s);
	}
	assert_int_equal(t.n_used, 1);
	assert_int_equal(t.n_idle, SENSOR_IDLE);
	u = (struct d4_uuid){{0}};
	assert_ptr_equal(sensors_get(&t, &u), kept);
	sensors_drop(&t, kept);
	assert_int_equal(t.n_used, 0);
	sensors_fini(&t);
}

static void
a_configuration_is_read_with_its_defaults(void **unused)
{
	struct d4_diag diag = {.file = "/etc/d4/hub.yaml"};
	struct hub_options *o = NULL;

	(void)unused;
	assert_int_equal(hub_options_read(d4_slice_str("flush: 7ms\n"
						       "types: [1, 8]\n"
						       "cert: a.pem\n"
						       "ext: {x: lines}\n"),
			     &diag, &o),
	    D4_OK);
	assert_int_equal(o->flush_us, 7000);
	assert_int_equal(o->payload_max, 1000000);
	assert_int_equal(o->queue_max, 256u << 20);
	assert_string_equal(o->cert, "/etc/d4/a.pem");
	assert_string_equal(o->appendfsync, "always");
	assert_true(o->rules.accepted[1] && o->rules.accepted[8]);
	assert_false(o->rules.accepted[254]);
	assert_int_equal(o->n_ext, 1);
	assert_string_equal(o->ext[0].type, "x");
	assert_int_equal(hub_options_port(o), 4443);
	hub_options_free(o);
}

static void
extended_types_are_a_list_or_have_a_handler(void **unused)
{
	static const char *const texts[] = {
	    "ext: [ja3-jl, filewatcher]\n",
	    "ext: {ja3-jl: ja3-jl, filewatcher: filewatcher}\n",
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct d4_diag diag = {.file = "hub.yaml"};
		struct hub_options *o = NULL;

		assert_int_equal(
		    hub_options_read(d4_slice_str(texts[i]), &diag, &o), D4_OK);
		assert_int_equal(o->n_ext, 2);
		assert_string_equal(o->ext[1].type, "filewatcher");
		assert_ptr_equal(o->ext[1].row, d4_type_handler("filewatcher"));
		hub_options_free(o);
	}
}

static void
a_wrong_configuration_says_where_and_what(void **unused)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
	    {"flush: 2m\n", "flush"},
	    {"unread: maybe\n", "unread"},
	    {"types: [9]\n", "type 9"},
	    {"types: [x]\n", "type x"},
	    {"ext: {a: nobody}\n", "nobody"},
	    {"ext: {a: nobody}\n", "HANDLER with one of lines ja3-jl "},
	    {"ext: [zeek]\n", "no such handler: zeek"},
	    {"ext: [[a]]\n", "one word"},
	    {"ext: [maltrail, maltrail]\n", "twice"},
	    {"ext: {'a b': lines}\n", "a b"},
	    {"ext: {'..': lines}\n", ".."},
	    {"ext: lines\n", "map"},
	    {"listen: ''\n", "listen"},
	    {"nonsense: 1\n", "nonsense"},
	    {"shards: 0\n", "range"},
	    {"payload_max: 1B\n", "payload_max"},
	    {"flush: [1ms]\n", "a list"},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct d4_diag diag = {.file = "hub.yaml"};
		struct hub_options *o = NULL;
		char text[1024];

		assert_int_equal(
		    hub_options_read(d4_slice_str(cases[i].text), &diag, &o),
		    D4_EINVAL);
		d4_diag_format(&diag, text, sizeof(text));
		if (strstr(text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].text, text);
		assert_null(o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ids_of_entries_are_read_strictly),
	    cmocka_unit_test(queues_are_found_by_type_and_extended_type),
	    cmocka_unit_test(a_budget_is_over_until_half_is_free),
	    cmocka_unit_test(a_list_of_names_is_read_and_found),
	    cmocka_unit_test(sensors_that_nobody_uses_are_forgotten_first),
	    cmocka_unit_test(a_configuration_is_read_with_its_defaults),
	    cmocka_unit_test(extended_types_are_a_list_or_have_a_handler),
	    cmocka_unit_test(a_wrong_configuration_says_where_and_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
