/* What of an event on disk may leave under the terms of today. */
#include "misp-export/event_json.h"
#include "misp-export/finding.h"
#include "test.h"

#define LANE  "0123456789abcdef"
#define OTHER "fedcba9876543210"
#define NOW_S 1763726400u
#define NOW   (NOW_S * UINT64_C(1000000))
#define HOUR  UINT64_C(3600000000)

/* An event of two lanes; its one finding is of the first. */
struct world {
	struct terms_lane lane[2];
	struct terms terms;
	struct event *event;
	struct item *item;
};

static int
setup(void **state)
{
	static struct world w;
	const struct d4_uuid space = {{7}};
	const struct event_name name = {.source = "resolver",
	    .kind = "passive-dns",
	    .label = 1,
	    .start_s = NOW_S - NOW_S % 86400,
	    .span_s = 86400};
	const struct event_limits limits = {100, 1, 0};
	struct event_lane one = {.id = LANE, .pipeline = "p"};
	struct event_lane two = {.id = OTHER, .pipeline = "p"};
	struct finding f = {.mapper = mappers_find(NULL, "passive-dns"),
	    .value = {{0, false, "www.example.org"}},
	    .n = 1,
	    .key = "k",
	    .key_n = 1,
	    .time_us = NOW - 3 * HOUR,
	    .came_us = NOW - HOUR,
	    .count = 1,
	    .ids = true};
	uint64_t seq;

	w = (struct world){
	    .lane = {{.id = LANE, .pipeline = "p", .label = 1, .publish = true},
		{.id = OTHER, .pipeline = "p", .label = 1, .publish = true}}};
	w.lane[0].distribution = w.lane[1].distribution = -1;
	w.lane[0].ids = w.lane[1].ids = true;
	w.terms = (struct terms){w.lane, 2};
	assert_int_equal(event_new(&space, &name, &w.event), D4_OK);
	w.event->distribution = 1;
	w.event->publish = true;
	assert_int_equal(event_lane(w.event, &one, &seq), 0);
	assert_int_equal(event_lane(w.event, &two, &seq), 1);
	assert_int_equal(event_take(w.event, &f, 0, &limits), D4_OK);
	w.item = w.event->items[0];
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	event_free(w->event);
	return 0;
}

static void
back_label(struct terms_lane *l)
{
	l->label = 2;
}

static void
back_pap(struct terms_lane *l)
{
	l->pap = 1;
}

static void
back_pipeline(struct terms_lane *l)
{
	l->pipeline[0] = 'q';
}

static void
back_after(struct terms_lane *l)
{
	l->after = 7;
}

static void
back_kind(struct terms_lane *l)
{
	(void)snprintf(l->object, sizeof(l->object), "ja3, passive-dnsx");
}

static void
back_embargo(struct terms_lane *l)
{
	l->not_before_s = NOW_S + 1;
}

static void
back_delay(struct terms_lane *l)
{
	l->delay_us = 2 * HOUR;
}

static void
back_age(struct terms_lane *l)
{
	l->max_age_s = 60;
}

static void
back_lane(struct terms_lane *l)
{
	l->id[0] = 'x';
}

static struct event_may
ask(const struct world *w, bool feed)
{
	const struct event_ask a = {
	    .terms = &w->terms, .now_us = NOW, .feed = feed};
	struct event_may may;

	event_released(w->event, &a, &may);
	return may;
}

static void
what_is_released_may_go_and_be_passed_on(void **state)
{
	struct world *w = *state;
	struct event_may may = ask(w, false);

	assert_true(item_released(w->item, &may));
	assert_true(may.publish);
	assert_int_equal(may.distribution, 1);
	assert_true(may.until_us == UINT64_MAX);
}

static void
a_delay_that_grew_holds_what_was_taken_before(void **state)
{
	struct world *w = *state;
	struct event_may may;

	w->lane[0].delay_us = HOUR;
	may = ask(w, false);
	assert_true(item_released(w->item, &may));
	w->lane[0].delay_us = 2 * HOUR;
	may = ask(w, false);
	assert_false(item_released(w->item, &may));
	assert_int_equal(may.until_us, NOW + HOUR);
	w->lane[0].delay_us = UINT64_MAX;
	may = ask(w, false);
	assert_false(item_released(w->item, &may));
}

static void
an_embargo_holds_what_was_taken_before(void **state)
{
	struct world *w = *state;
	struct event_may may;

	w->lane[0].not_before_s = NOW_S + 60;
	may = ask(w, false);
	assert_false(item_released(w->item, &may));
	assert_false(may.publish);
	assert_int_equal(may.until_us, NOW + 60 * UINT64_C(1000000));
	w->lane[0].not_before_s = NOW_S;
	may = ask(w, false);
	assert_true(item_released(w->item, &may));
}

static void
a_retention_ends_for_what_was_taken_before(void **state)
{
	struct world *w = *state;
	struct event_may may;

	w->lane[0].max_age_s = 3601;
	may = ask(w, false);
	assert_true(item_released(w->item, &may));
	assert_int_equal(may.until_us, NOW + 1000000);
	w->lane[0].max_age_s = 3600;
	may = ask(w, false);
	assert_false(item_released(w->item, &may));
}

static void
an_event_is_passed_on_only_where_all_of_it_may_be(void **state)
{
	struct world *w = *state;

	w->lane[1].publish = false;
	assert_false(ask(w, false).publish);
	w->lane[1].publish = true;
	w->lane[1].after = 9;
	assert_false(ask(w, false).publish);
	w->lane[1].after = 0;
	w->terms.n = 1;
	assert_false(ask(w, false).publish);
	w->terms.n = 2;
	w->event->publish = false;
	assert_false(ask(w, false).publish);
}

static void
what_is_for_the_own_organisation_is_for_no_feed(void **state)
{
	struct world *w = *state;
	struct event_may may;

	w->lane[0].distribution = 0;
	may = ask(w, false);
	assert_true(item_released(w->item, &may));
	assert_int_equal(may.distribution, 0);
	may = ask(w, true);
	assert_false(item_released(w->item, &may));
	assert_int_equal(may.lanes, 2);
}

static void
what_no_lane_fed_is_released_by_nobody(void **state)
{
	struct world *w = *state;
	struct event_may may = ask(w, false);

	w->item->lanes = 0;
	assert_false(item_released(w->item, &may));
	w->item->lanes = 1ULL << 63;
	assert_false(item_released(w->item, &may));
}

/* Each of them alone holds what was taken before, and no sighting goes. */
static void
whatever_the_relay_takes_back_is_held(void **state)
{
	static void (*const back[])(struct terms_lane *) = {back_label,
	    back_pap, back_pipeline, back_after, back_kind, back_embargo,
	    back_delay, back_age, back_lane};
	struct world *w = *state;
	const struct terms_lane was = w->lane[0];

	w->item->state = ITEM_DONE;
	w->item->seen |= 1u << 23;
	for (size_t i = 0; i < sizeof(back) / sizeof(back[0]); i++) {
		for (int feed = 0; feed < 2; feed++) {
			struct event_may may;
			json_t *list;

			w->lane[0] = was;
			may = ask(w, feed != 0);
			assert_true(item_released(w->item, &may));
			back[i](&w->lane[0]);
			may = ask(w, feed != 0);
			assert_false(item_released(w->item, &may));
			list = event_sightings(w->event, &may, 10);
			assert_int_equal(json_array_size(list), 0);
			json_decref(list);
		}
	}
}

static void
an_indicator_that_was_taken_back_is_none(void **state)
{
	struct world *w = *state;
	struct event_may may = ask(w, false);

	w->item->moved = false;
	event_narrow(w->event, &may);
	assert_true(w->item->ids && !w->item->moved);
	w->lane[0].ids = false;
	may = ask(w, false);
	event_narrow(w->event, &may);
	assert_false(w->item->ids);
	assert_true(w->item->moved && w->event->changed);
}

static void
an_event_with_findings_of_unknown_rules_is_not_passed_on(void **state)
{
	struct world *w = *state;

	w->item->lanes = 0;
	w->item->state = ITEM_DONE;
	assert_false(ask(w, false).publish);
	w->item->state = ITEM_RECALLED;
	assert_true(ask(w, false).publish);
}

static void
other_terms_have_another_print(void **state)
{
	struct world *w = *state;
	uint64_t was = terms_print(&w->terms), now;

	w->lane[0].not_before_s = 1;
	now = terms_print(&w->terms);
	assert_true(now != was);
	was = now;
	w->lane[0].delay_us = 1;
	now = terms_print(&w->terms);
	assert_true(now != was);
	was = now;
	w->lane[0].max_age_s = 1;
	now = terms_print(&w->terms);
	assert_true(now != was);
	was = now;
	w->lane[0].publish = false;
	assert_true(terms_print(&w->terms) != was);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH(what_is_released_may_go_and_be_passed_on),
	    WITH(a_delay_that_grew_holds_what_was_taken_before),
	    WITH(an_embargo_holds_what_was_taken_before),
	    WITH(a_retention_ends_for_what_was_taken_before),
	    WITH(an_event_is_passed_on_only_where_all_of_it_may_be),
	    WITH(what_is_for_the_own_organisation_is_for_no_feed),
	    WITH(what_no_lane_fed_is_released_by_nobody),
	    WITH(whatever_the_relay_takes_back_is_held),
	    WITH(an_indicator_that_was_taken_back_is_none),
	    WITH(an_event_with_findings_of_unknown_rules_is_not_passed_on),
	    WITH(other_terms_have_another_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
