/* Events: raised once, cleared once, whatever is looked at in between. */
#include "hub/events.h"
#include "hub/metrics.h"
#include "hub/stats.h"
#include "hub/watch.h"
#include "test.h"

static struct heard {
	unsigned raised, cleared;
	struct event last;
} heard;

static void
on_raised(void *arg, const struct event *e)
{
	struct heard *h = arg;

	h->raised++;
	h->last = *e;
}

static void
on_cleared(void *arg, const struct event *e)
{
	struct heard *h = arg;

	h->cleared++;
	h->last = *e;
}

static int
setup(void **state)
{
	static const struct events_ops ops = {on_raised, on_cleared};
	struct events *s = NULL;

	heard = (struct heard){.raised = 0};
	if (events_new(&ops, &heard, &s) != D4_OK)
		return -1;
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	events_free(*state);
	return 0;
}

/* One look at which one thing holds, or nothing. */
static void
look(struct events *s, enum event_kind kind, const char *subject)
{
	events_begin(s);
	if (subject != NULL)
		events_hold(s, kind, subject, "text");
	events_end(s, 1000);
}

static void
what_lasts_is_raised_once_and_cleared_once(void **state)
{
	for (unsigned i = 0; i < 5; i++)
		look(*state, EVENT_QUEUE_FULL, "8");
	assert_int_equal(heard.raised, 1);
	assert_string_equal(heard.last.subject, "8");
	assert_int_equal(heard.last.raised_s, 1000);
	look(*state, EVENT_QUEUE_FULL, NULL);
	assert_int_equal(heard.cleared, 0); /* one look is no proof */
	look(*state, EVENT_QUEUE_FULL, NULL);
	look(*state, EVENT_QUEUE_FULL, NULL);
	assert_int_equal(heard.cleared, 1);
	assert_int_equal(events_raised(*state), 0);
	look(*state, EVENT_QUEUE_FULL, "8");
	assert_int_equal(heard.raised, 2);
}

static void
some_are_raised_only_after_several_looks(void **state)
{
	look(*state, EVENT_HUB_DOWN, "hub");
	look(*state, EVENT_HUB_DOWN, "hub");
	look(*state, EVENT_HUB_DOWN, NULL);
	look(*state, EVENT_HUB_DOWN, "hub");
	look(*state, EVENT_HUB_DOWN, "hub");
	assert_int_equal(heard.raised + heard.cleared, 0);
	look(*state, EVENT_HUB_DOWN, "hub");
	assert_int_equal(heard.raised, 1);
}

static void
what_cannot_be_seen_stays_as_it_is(void **state)
{
	look(*state, EVENT_QUEUE_FULL, "8");
	for (unsigned i = 0; i < 5; i++) {
		events_begin(*state);
		events_blind(*state, EVENT_QUEUE_FULL);
		events_end(*state, 2000);
	}
	assert_int_equal(heard.cleared, 0);
	assert_int_equal(events_raised(*state), 1);
}

static void
a_table_is_bounded_and_says_so(void **state)
{
	char subject[16];

	events_begin(*state);
	for (unsigned i = 0; i < EVENTS_MAX + 7; i++) {
		(void)snprintf(subject, sizeof(subject), "%u", i);
		events_hold(*state, EVENT_QUEUE_FULL, subject, "");
	}
	events_end(*state, 1);
	assert_int_equal(heard.raised, EVENTS_MAX);
	assert_int_equal(events_more(*state), 7);
}

static void
texts_of_others_are_made_plain(void **state)
{
	look(*state, EVENT_QUEUE_FULL, "a\x1b[2J\n\xff\"");
	assert_string_equal(heard.last.subject, "a?[2J??\"");
}

static void
the_next_process_knows_what_was_raised(void **state)
{
	json_t *list;

	look(*state, EVENT_SENSOR_SILENT, "x");
	look(*state, EVENT_SENSOR_SILENT, "x");
	list = events_json(*state);
	assert_int_equal(json_array_size(list), 1);
	(void)json_array_append_new(list, json_string("no event"));
	(void)json_array_append_new(
	    list, json_pack("{s:s,s:s,s:s,s:i}", "event", "no.kind", "subject",
		      "s", "text", "t", "raised_seen", 5));
	teardown(state);
	assert_int_equal(setup(state), 0);
	events_load(*state, list);
	json_decref(list);
	assert_int_equal(events_raised(*state), 1);
	look(*state, EVENT_SENSOR_SILENT, "x");
	assert_int_equal(heard.raised, 0);
	look(*state, EVENT_SENSOR_SILENT, NULL);
	look(*state, EVENT_SENSOR_SILENT, NULL);
	assert_int_equal(heard.cleared, 1);
}

/* ---- what a hub says ---- */

static const struct watch_conf conf = {
    .filling_us = 3600000000, .cert_us = 86400000000};

static void
a_status_says_what_is_wrong(void **state)
{
	static const struct {
		const char *status;
		enum event_kind kind;
		unsigned looks;
	} cases[] = {
	    {"{'redis':{'up':false},'queues':{}}", EVENT_REDIS_DOWN, 2},
	    {"{'redis':{'up':true,'used_memory':900,'maxmemory':1000}}",
		EVENT_REDIS_FULL, 1},
	    {"{'redis':{'up':true},'queues':{'8':{'full':true,'readers':1}}}",
		EVENT_QUEUE_FULL, 1},
	    {"{'redis':{'up':true},'queues':{'8':{'time_to_full_s':60}}}",
		EVENT_QUEUE_FILLING, 2},
	    {"{'redis':{'up':true},'queues':{'8':{'disk_failed':true}}}",
		EVENT_QUEUE_DISK, 1},
	    {"{'redis':{'up':true},'queues':{'8':{'length':1,'readers':0}}}",
		EVENT_QUEUE_UNREAD, 3},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[128];
		json_t *o;

		(void)snprintf(text, sizeof(text), "%s", cases[i].status);
		for (char *p = text; *p != '\0'; p++)
			*p = *p == '\'' ? '"' : *p;
		o = json_loads(text, 0, NULL);
		assert_non_null(o);
		for (unsigned k = 0; k < cases[i].looks; k++) {
			assert_int_equal(heard.raised, 0);
			events_begin(*state);
			watch_status(*state, &conf, o);
			events_end(*state, 1);
		}
		assert_int_equal(heard.raised, 1);
		assert_int_equal(heard.last.kind, cases[i].kind);
		json_decref(o);
		teardown(state);
		assert_int_equal(setup(state), 0);
	}
}

static void
a_hub_that_is_away_clears_nothing(void **state)
{
	look(*state, EVENT_QUEUE_FULL, "8");
	for (unsigned i = 0; i < 4; i++) {
		events_begin(*state);
		watch_status(*state, &conf, NULL);
		watch_sensors(*state, NULL);
		events_end(*state, 1);
	}
	assert_int_equal(heard.cleared, 0);
	assert_int_equal(heard.raised, 2);
	assert_int_equal(heard.last.kind, EVENT_HUB_DOWN);
}

/* Seconds that it waits, and that it was not heard of. */
static json_t *
compat_said(int waits, int silent)
{
	return json_pack("{s:i,s:{s:i,s:[{s:s,s:i,s:s}]}}", "now", 100000,
	    "compat", "told_seen", 100000 - silent, "waits", "what",
	    "d4:{8:0}:q", "since_seen", 100000 - waits, "why", "no worker");
}

static void
compatibility_that_waits_for_a_minute_is_told(void **state)
{
	static const struct {
		int waits, silent, raised;
		enum event_kind kind;
	} cases[] = {
	    {59, 2, 0, EVENT_COMPAT_WAITS},
	    {60, 2, 1, EVENT_COMPAT_WAITS},
	    {0, 60, 0, EVENT_COMPAT_DOWN},
	    {0, 61, 1, EVENT_COMPAT_DOWN},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *o = compat_said(cases[i].waits, cases[i].silent);

		assert_non_null(o);
		events_begin(*state);
		watch_sensors(*state, o);
		events_end(*state, 1);
		assert_int_equal(heard.raised, cases[i].raised);
		if (cases[i].raised != 0)
			assert_int_equal(heard.last.kind, cases[i].kind);
		json_decref(o);
		teardown(state);
		assert_int_equal(setup(state), 0);
	}
}

static void
workers_that_hang_or_died_are_told(void **state)
{
	static const struct {
		int hung, died, ago, raised;
		enum event_kind kind;
		const char *subject;
	} cases[] = {
	    {0, 0, 0, 0, EVENT_KIND_MAX, ""},
	    {1, 0, 0, 1, EVENT_WORKER_HUNG, "worker 3"},
	    {0, 1, 600, 1, EVENT_WORKER_DIED, "worker 5"},
	    {0, 1, 601, 0, EVENT_KIND_MAX, ""},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *hung = json_array(), *crew, *o;

		if (cases[i].hung != 0)
			(void)json_array_append_new(
			    hung, json_pack("{s:i,s:i,s:i}", "place", 3, "pid",
				      7, "since_seen", 1));
		crew = json_pack("{s:o,s:i}", "hung", hung, "died", 2);
		if (cases[i].died != 0)
			(void)json_object_set_new(crew, "last",
			    json_pack("{s:i,s:i,s:s,s:i}", "place", 5, "pid", 7,
				"why", "signal 9", "ago_s", cases[i].ago));
		o = json_pack("{s:{s:b},s:o}", "redis", "up", 1, "crew", crew);
		assert_non_null(o);
		events_begin(*state);
		watch_status(*state, &conf, o);
		events_end(*state, 1);
		json_decref(o);
		assert_int_equal(heard.raised, cases[i].raised);
		if (cases[i].raised != 0) {
			assert_int_equal(heard.last.kind, cases[i].kind);
			assert_string_equal(
			    heard.last.subject, cases[i].subject);
		}
		teardown(state);
		assert_int_equal(setup(state), 0);
	}
}

static void
sensors_that_wait_are_one_event_however_many_they_are(void **state)
{
	for (int n = 1; n < 4; n++) {
		json_t *o = json_pack("{s:i,s:i}", "now", 5, "pending", n % 3);

		assert_non_null(o);
		events_begin(*state);
		watch_sensors(*state, o);
		events_end(*state, 1);
		json_decref(o);
	}
	assert_int_equal(heard.raised, 1);
	assert_int_equal(heard.last.kind, EVENT_SENSOR_PENDING);
	assert_string_equal(heard.last.subject, "sensors");
	assert_non_null(strstr(heard.last.text, "1 came"));
}

static void
a_certificate_is_told_in_time(void **state)
{
	events_begin(*state);
	watch_cert(*state, &conf, "a", 86401);
	watch_cert(*state, &conf, "b", -5);
	events_end(*state, 1);
	assert_int_equal(heard.raised, 1);
	assert_string_equal(heard.last.text, "ran out before 5 s");
}

/* ---- figures ---- */

static void
a_label_cannot_end_a_line_of_metrics(void **unused)
{
	json_t *o =
	    json_pack("{s:{s:{s:i}}}", "queues", "a\"\\\nb", "length", 3);
	static const char line[] =
	    "d4_hub_queue_entries{queue=\"a\\\"\\\\\\nb\"} 3\n";
	struct d4_buf page;

	(void)unused;
	d4_buf_init(&page, METRICS_MAX);
	assert_int_equal(metrics_hub(o, &page), D4_OK);
	assert_non_null(memmem(page.p, page.n, line, strlen(line)));
	d4_buf_fini(&page);
	json_decref(o);
}

static void
a_day_has_a_bounded_number_of_addresses(void **unused)
{
	struct stats *t = NULL;
	unsigned others = 0;
	char address[32];

	(void)unused;
	assert_int_equal(stats_new(NULL, &t), D4_OK);
	for (unsigned i = 0; i < STATS_ADDRESSES + 100; i++) {
		(void)snprintf(address, sizeof(address), "2001:db8::%x", i);
		others +=
		    strcmp(stats_address(t, address, 7), STATS_OTHER) == 0;
	}
	assert_int_equal(others, 100);
	assert_string_equal(stats_address(t, "2001:db8::5", 7), "2001:db8::5");
	assert_string_equal(stats_address(t, "192.0.2.1", 7), STATS_OTHER);
	assert_string_equal(stats_address(t, "192.0.2.1", 8), "192.0.2.1");
	stats_free(t);
}

static void
a_skew_is_bounded_whatever_the_clock_says(void **unused)
{
	(void)unused;
	assert_int_equal(stats_skew(1000, 1000999999), 0);
	assert_int_equal(stats_skew(900, 1000000000), -100);
	assert_int_equal(stats_skew(1100, 1000000000), 100);
	assert_int_equal(stats_skew(UINT64_MAX, 0), 3155760000);
	assert_int_equal(stats_skew(0, UINT64_MAX), -3155760000);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(what_lasts_is_raised_once_and_cleared_once),
	    T(some_are_raised_only_after_several_looks),
	    T(what_cannot_be_seen_stays_as_it_is),
	    T(a_table_is_bounded_and_says_so),
	    T(texts_of_others_are_made_plain),
	    T(the_next_process_knows_what_was_raised),
	    T(a_status_says_what_is_wrong),
	    T(a_hub_that_is_away_clears_nothing),
	    T(compatibility_that_waits_for_a_minute_is_told),
	    T(sensors_that_wait_are_one_event_however_many_they_are),
	    T(workers_that_hang_or_died_are_told),
	    T(a_certificate_is_told_in_time),
	    cmocka_unit_test(a_label_cannot_end_a_line_of_metrics),
	    cmocka_unit_test(a_day_has_a_bounded_number_of_addresses),
	    cmocka_unit_test(a_skew_is_bounded_whatever_the_clock_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
