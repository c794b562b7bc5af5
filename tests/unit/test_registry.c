/* The registry: what Redis is asked, and who is told. Redis is played. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/registry.h"
#include "libd4/kit/log.h"
#include "reply.h"
#include "test.h"

#define SENSORS 600u
#define ASKS    16u

/* A question: about n sensors, or for the lists. */
struct ask {
	d4_redis_fn *fn;
	void *arg;
	size_t n;
	bool lists;
};

static struct {
	struct ask ask[ASKS];
	size_t n;
	bool away;
	struct event_base *base;
	struct hub_options opt;
	struct registry *reg;
	struct sensor *sensor[SENSORS];
	size_t answered, all_changed, changed;
	struct sensor *who;
} t;

bool
d4_redis_is_up(const struct d4_redis *r)
{
	(void)r;
	return !t.away;
}

enum d4_status
d4_redis_send(struct d4_redis *r, const struct d4_slice *argv, size_t n,
    d4_redis_fn *fn, void *arg)
{
	bool about = d4_slice_eqs(argv[1], dossier_script);

	(void)r;
	if (t.away)
		return D4_ECLOSED;
	assert_true(t.n < ASKS);
	t.ask[t.n++] = (struct ask){
	    fn, arg, about ? n - 3 : 0, !about && d4_slice_eqs(argv[2], "0")};
	return D4_OK;
}

enum d4_status
d4_redis_sendf(
    struct d4_redis *r, d4_redis_fn *fn, void *arg, const char *fmt, ...)
{
	(void)r;
	(void)fn;
	(void)arg;
	(void)fmt;
	return D4_OK;
}

static void
on_answered(void *arg, struct sensor *sensor)
{
	(void)arg;
	(void)sensor;
	t.answered++;
}

static void
on_changed(void *arg, struct sensor *sensor)
{
	(void)arg;
	t.who = sensor;
	if (sensor == NULL)
		t.all_changed++;
	else
		t.changed++;
}

#define LISTS(more) "*5\r\n*1\r\n$1\r\n8\r\n" more "*0\r\n*0\r\n*0\r\n"
#define NO_EXT      "*0\r\n"
#define ONE_EXT     "*1\r\n$1\r\na\r\n"
#define FACTS                                                 \
	"*10\r\n:%d\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n$-1\r\n" \
	"$3\r\nkey\r\n$-1\r\n*0\r\n"

/* The first question goes, with this answer; NULL: it never comes. */
static size_t
answer(const char *bytes)
{
	struct ask a = t.ask[0];
	redisReply *reply = NULL;

	assert_true(t.n != 0);
	memmove(t.ask, t.ask + 1, --t.n * sizeof(a));
	if (bytes != NULL)
		reply = reply_of(bytes, strlen(bytes));
	if (a.fn != NULL)
		a.fn(a.arg, reply != NULL ? D4_OK : D4_ECLOSED, reply);
	freeReplyObject(reply);
	return a.n;
}

/* The same about all sensors of a question, but of the first one. */
static size_t
answer_facts(int first, int others)
{
	struct d4_buf b;
	size_t n = t.ask[0].n;

	d4_buf_init(&b, 1u << 20);
	assert_int_equal(d4_buf_addf(&b, "*%zu\r\n", n), D4_OK);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(
		    d4_buf_addf(&b, FACTS, i == 0 ? first : others), D4_OK);
	assert_int_equal(d4_buf_add(&b, "", 1), D4_OK);
	assert_int_equal(answer((const char *)b.p), n);
	d4_buf_fini(&b);
	return n;
}

static void
answer_lists(const char *bytes)
{
	while (t.n != 0 && !t.ask[0].lists)
		(void)answer("$0\r\n\r\n"); /* of a claim */
	(void)answer(bytes);
}

static int
setup(void **unused)
{
	(void)unused;
	memset(&t, 0, sizeof(t));
	d4_log_open("test", D4_LOG_ERROR, false);
	t.base = event_base_new();
	if (t.base == NULL ||
	    registry_new(&(struct registry_setup){.base = t.base,
			     .opt = &t.opt,
			     .answered = on_answered,
			     .changed = on_changed},
		&t.reg) != D4_OK)
		return -1;
	answer_lists(LISTS(NO_EXT));
	for (unsigned i = 0; i < SENSORS; i++) {
		struct d4_uuid u = {{(uint8_t)i, (uint8_t)(i >> 8), 1}};

		if (registry_sensor(t.reg, &u, &t.sensor[i]) != D4_OK)
			return -1;
		(void)answer_facts(1, 1);
	}
	t.changed = 0;
	return 0;
}

static int
teardown(void **unused)
{
	(void)unused;
	while (t.n != 0)
		(void)answer(NULL);
	for (unsigned i = 0; i < SENSORS; i++)
		registry_unref(t.reg, t.sensor[i]);
	registry_free(t.reg);
	event_base_free(t.base);
	return 0;
}

static void
a_new_sensor_is_told_of_when_it_is_known(void **unused)
{
	(void)unused;
	assert_int_equal(t.answered, SENSORS);
	assert_int_equal(t.all_changed, 1);
	assert_int_equal(t.n, 0);
	for (unsigned i = 0; i < SENSORS; i++)
		assert_true(t.sensor[i]->known);
}

static void
a_few_questions_at_a_time_go_round_all_of_them(void **unused)
{
	size_t asked = 0;

	(void)unused;
	registry_again(t.reg, NULL);
	answer_lists(LISTS(NO_EXT));
	while (t.n != 0) {
		assert_true(t.n <= 4 && t.ask[0].n <= 64);
		asked += answer_facts(1, 1);
	}
	assert_int_equal(asked, SENSORS);
	assert_int_equal(t.changed, 0);
}

static void
what_a_slow_redis_left_is_asked_at_once(void **unused)
{
	size_t asked = 0;

	(void)unused;
	registry_again(t.reg, NULL);
	answer_lists(LISTS(NO_EXT));
	assert_int_equal(t.n, 4);
	/* The next look comes before the first answer. */
	registry_again(t.reg, NULL);
	while (!t.ask[0].lists)
		asked += answer_facts(1, 1); /* which asks about the next */
	assert_int_equal(t.n, 1 + 4);
	assert_true(asked < SENSORS);
	answer_lists(LISTS(NO_EXT));
	assert_true(t.n > 4);
	while (t.n != 0)
		asked += answer_facts(1, 1);
	assert_true(asked >= SENSORS);
}

static void
a_lost_connection_ends_the_round_and_the_next_begins_one(void **unused)
{
	size_t asked = 0;

	(void)unused;
	registry_again(t.reg, NULL);
	answer_lists(LISTS(NO_EXT));
	t.away = true;
	while (t.n != 0)
		(void)answer(NULL);
	t.away = false;
	registry_up(t.reg);
	answer_lists(LISTS(NO_EXT));
	while (t.n != 0)
		asked += answer_facts(1, 1);
	assert_true(asked >= SENSORS);
}

static void
a_change_of_one_sensor_is_news_for_it_alone(void **unused)
{
	uint64_t was[SENSORS];
	unsigned moved = 0;

	(void)unused;
	for (unsigned i = 0; i < SENSORS; i++)
		was[i] = registry_version(t.reg, t.sensor[i]);
	registry_again(t.reg, &t.sensor[7]->uuid);
	assert_int_equal(answer_facts(0, 1), 1);
	assert_int_equal(t.changed, 1);
	assert_ptr_equal(t.who, t.sensor[7]);
	for (unsigned i = 0; i < SENSORS; i++)
		moved += registry_version(t.reg, t.sensor[i]) != was[i];
	assert_int_equal(moved, 1);
	assert_true(registry_version(t.reg, t.sensor[7]) != was[7]);
}

static void
a_change_of_the_lists_is_news_for_all(void **unused)
{
	uint64_t was[SENSORS];

	(void)unused;
	for (unsigned i = 0; i < SENSORS; i++)
		was[i] = registry_version(t.reg, t.sensor[i]);
	registry_again(t.reg, NULL);
	answer_lists(LISTS(ONE_EXT));
	assert_int_equal(t.all_changed, 2);
	assert_null(t.who);
	for (unsigned i = 0; i < SENSORS; i++)
		assert_true(registry_version(t.reg, t.sensor[i]) != was[i]);
}

static void
an_answer_that_is_none_changes_nothing(void **unused)
{
	static const char *const bad[] = {"-ERR no\r\n", "*0\r\n", ":1\r\n",
	    "*1\r\n*0\r\n", "*1\r\n-ERR no\r\n", NULL};

	(void)unused;
	for (size_t i = 0; bad[i] != NULL; i++) {
		registry_again(t.reg, &t.sensor[7]->uuid);
		assert_int_equal(answer(bad[i]), 1);
		assert_true(t.sensor[7]->known);
		assert_false(t.sensor[7]->asking);
	}
	assert_int_equal(t.changed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_new_sensor_is_told_of_when_it_is_known, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_few_questions_at_a_time_go_round_all_of_them, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		what_a_slow_redis_left_is_asked_at_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_lost_connection_ends_the_round_and_the_next_begins_one, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		a_change_of_one_sensor_is_news_for_it_alone, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_change_of_the_lists_is_news_for_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		an_answer_that_is_none_changes_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
