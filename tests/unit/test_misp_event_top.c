/* The findings of an event that were seen most often, in bounded room. */
#include "misp_event.h"
#include "misp-export/event_file.h"
#include "misp-export/event_top.h"

#define ROOM 16u

static const struct event_name name = {.source = "telescope",
    .kind = "ddos",
    .label = 1,
    .start_s = 1763683200,
    .span_s = 86400};
static const struct event_limits limits = {ROOM, 1, 4};

static struct event *
an_event(void)
{
	struct event *e = event_made(&name);

	e->waits = true;
	return e;
}

static void
take(struct event *e, const char *victim, uint64_t count)
{
	struct finding f = {.mapper = mappers_find(NULL, "ddos"),
	    .value = {{0, false, victim}},
	    .n = 1,
	    .key = victim,
	    .key_n = strlen(victim),
	    .time_us = name.start_s * UINT64_C(1000000),
	    .count = count};

	assert_int_equal(event_take(e, &f, 0, &limits), D4_OK);
}

static void
take_number(struct event *e, unsigned i, uint64_t count)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "192.0.2.%u", i);
	take(e, text, count);
}

static uint64_t
sum(const struct event *e)
{
	uint64_t n = e->over;

	for (size_t i = 0; i < e->n; i++)
		n += e->items[i]->count;
	return n;
}

static bool
sends(const struct event *e, const char *victim)
{
	for (size_t i = 0; i < e->n; i++) {
		if (e->items[i]->state == ITEM_OPEN &&
		    strcmp(e->items[i]->value[0].text, victim) == 0)
			return true;
	}
	return false;
}

static void
nothing_is_due_before_the_choice(void **state)
{
	struct event *e = an_event();
	struct top_choice c;

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		take_number(e, i, i + 1);
	assert_false(event_due(e));
	top_choose(e, &limits, &c);
	assert_true(event_due(e));
	assert_int_equal(c.chosen, 4);
	assert_int_equal(c.left, 4);
	assert_int_equal(c.seen, 1 + 2 + 3 + 4);
	assert_int_equal(c.err, 0);
	assert_int_equal(e->n, 4);
	assert_true(sends(e, "192.0.2.7") && sends(e, "192.0.2.4"));
	assert_false(sends(e, "192.0.2.3"));
	event_free(e);
}

/* Ten that are everywhere among thousands that are seen once. */
static void
what_is_frequent_is_never_displaced(void **state)
{
	struct event *e = an_event();
	const uint64_t all = 4000 + 4 * 500;
	struct top_choice c;

	(void)state;
	for (unsigned i = 0; i < 4000; i++) {
		take_number(e, 1000 + i, 1);
		if (i % 8 == 0) {
			for (unsigned k = 0; k < 4; k++)
				take_number(e, k, 1);
		}
		assert_true(e->n <= ROOM);
	}
	assert_int_equal(sum(e), all);
	top_choose(e, &limits, &c);
	for (unsigned k = 0; k < 4; k++) {
		char text[24];

		(void)snprintf(text, sizeof(text), "192.0.2.%u", k);
		assert_true(sends(e, text));
	}
	assert_true(c.err > 0 && c.err <= all / ROOM);
	for (size_t i = 0; i < e->n; i++)
		assert_true(e->items[i]->count <= 500);
	assert_int_equal(sum(e), all);
	event_free(e);
}

static void
the_order_of_arrival_does_not_matter_where_there_is_room(void **state)
{
	struct event *a = an_event(), *b = an_event();
	struct top_choice c;

	(void)state;
	for (unsigned i = 0; i < ROOM; i++) {
		take_number(a, i, i / 3 + 1);
		take_number(b, ROOM - 1 - i, (ROOM - 1 - i) / 3 + 1);
	}
	top_choose(a, &limits, &c);
	top_choose(b, &limits, &c);
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		assert_true(d4_uuid_eq(&a->items[i]->uuid, &b->items[i]->uuid));
	event_free(a);
	event_free(b);
}

static void
late_ones_take_places_that_are_left(void **state)
{
	struct event *e = an_event();
	struct top_choice c;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		take_number(e, i, 5);
	top_choose(e, &limits, &c);
	assert_int_equal(c.chosen, 3);
	take_number(e, 8, 1);
	assert_true(sends(e, "192.0.2.8"));
	take_number(e, 9, 100);
	assert_false(sends(e, "192.0.2.9"));
	take_number(e, 1, 2);
	assert_int_equal(e->chosen, 4);
	event_free(e);
}

static void
what_is_recalled_while_it_waits_stays(void **state)
{
	struct event *e = an_event();
	struct d4_uuid one;
	struct top_choice c;

	(void)state;
	take_number(e, 0, 1);
	one = e->items[0]->uuid;
	for (unsigned i = 1; i < ROOM; i++)
		take_number(e, i, 3);
	assert_true(event_recall(e, &one));
	for (unsigned i = ROOM; i < 3 * ROOM; i++)
		take_number(e, i, 2);
	assert_non_null(event_find(e, &one));
	top_choose(e, &limits, &c);
	assert_int_equal(event_find(e, &one)->state, ITEM_RECALLED);
	event_free(e);
}

static void
it_is_read_as_it_was_written_and_says_what_it_is(void **state)
{
	struct event *e = an_event(), *back = NULL;
	struct event_file_head head;
	struct top_choice c;
	struct d4_buf text;
	char info[128];
	uint64_t lost;

	(void)state;
	for (unsigned i = 0; i < 3 * ROOM; i++)
		take_number(e, i, 1 + i % 5);
	d4_buf_init(&text, EVENT_FILE_MAX);
	assert_int_equal(event_write(e, &text), D4_OK);
	assert_int_equal(event_read_head(d4_buf_slice(&text), &head), D4_OK);
	assert_true(head.waits && !head.due);
	assert_int_equal(
	    event_read(d4_buf_slice(&text), NULL, &lost, &back), D4_OK);
	assert_true(back->waits);
	assert_int_equal(sum(back), sum(e));
	top_choose(e, &limits, &c);
	top_choose(back, &limits, &c);
	assert_int_equal(back->n, e->n);
	for (size_t i = 0; i < e->n; i++)
		assert_true(
		    d4_uuid_eq(&e->items[i]->uuid, &back->items[i]->uuid));
	event_info(e, "D4 ", info, sizeof(info));
	assert_string_equal(info, "D4 telescope: ddos 2025-11-21 (top 4)");
	d4_buf_fini(&text);
	event_free(back);
	event_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_due_before_the_choice),
	    cmocka_unit_test(what_is_frequent_is_never_displaced),
	    cmocka_unit_test(
		the_order_of_arrival_does_not_matter_where_there_is_room),
	    cmocka_unit_test(late_ones_take_places_that_are_left),
	    cmocka_unit_test(what_is_recalled_while_it_waits_stays),
	    cmocka_unit_test(it_is_read_as_it_was_written_and_says_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
