/* An event out of MISP: what is ours comes back, and nothing else. */
#include "misp_event.h"
#include "misp-export/finding.h"
#include "misp-export/remember.h"

static const struct event_name name = {.source = "resolver",
    .kind = "passive-dns",
    .label = 1,
    .pap = 2,
    .start_s = 1763683200,
    .span_s = 86400};

static void
take(struct event *e, const char *host, unsigned hour, unsigned count)
{
	const struct event_limits limits = {100, 1, 0};
	const struct terms_lane lane = {.id = "0123456789abcdef", .ids = true};
	const struct finding_ask ask = {
	    mappers_find(NULL, "passive-dns"), &lane, MAPPER_RELS};
	struct finding_maker m;
	struct finding f;
	struct record r;
	char line[256];

	(void)snprintf(line, sizeof(line),
	    "%llu||a||b||IN||%s||A||203.0.113.80||300||%u",
	    (unsigned long long)(name.start_s + hour * 3600), host, count);
	assert_int_equal(finding_init(&m), D4_OK);
	record_init(&r);
	assert_true(record_pdns(d4_slice_str(line), &r));
	assert_true(finding_make(&m, &ask, &r, &f));
	assert_int_equal(event_take(e, &f, 0, &limits), D4_OK);
	record_fini(&r);
	finding_fini(&m);
}

static struct event *
an_event(void)
{
	return event_made(&name);
}

/* As MISP would show what it was sent. */
static json_t *
shown(const struct item *it, bool deleted)
{
	json_t *o = item_json(it);

	assert_int_equal(
	    json_object_set_new(o, "deleted", json_boolean(deleted)), 0);
	return o;
}

/* MISP's numbers are texts. */
static void
shown_date(json_t *o)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld",
	    (long long)json_integer_value(json_object_get(o, "date_sighting")));
	assert_int_equal(
	    json_object_set_new(o, "date_sighting", json_string(text)), 0);
}

static void
remember(struct event *e, json_t *item_taken)
{
	struct remember r;

	assert_int_equal(remember_init(&r, e, NULL), D4_OK);
	assert_int_equal(remember_item(&r, item_taken), D4_OK);
	assert_int_equal(remember_end(&r, e, 1, 0), D4_OK);
	remember_fini(&r);
	json_decref(item_taken);
}

static void
an_event_is_known_by_its_name_whatever_its_tags_say(void **state)
{
	struct event *e = an_event();
	struct event_name got;
	struct d4_uuid other = {{8}};
	char info[256];
	uint64_t top;

	(void)state;
	e->top = 12;
	event_info(e, "Any: front ", info, sizeof(info));
	assert_true(remember_name(&space, info, &e->uuid, &got, &top));
	assert_memory_equal(&got, &name, sizeof(name));
	assert_int_equal(top, 12);
	assert_false(remember_name(&other, info, &e->uuid, &got, &top));
	assert_false(remember_name(&space, info, &other, &got, &top));
	assert_false(remember_name(&space, "no title", &e->uuid, &got, &top));
	event_free(e);
}

static void
counts_and_times_come_back_and_nothing_is_due(void **state)
{
	struct event *was = an_event(), *e = an_event();
	const struct item *it;

	(void)state;
	take(was, "a.example.org", 3, 4);
	take(was, "a.example.org", 7, 1);
	remember(e, shown(was->items[0], false));
	assert_int_equal(e->n, 1);
	it = e->items[0];
	assert_true(d4_uuid_eq(&it->uuid, &was->items[0]->uuid));
	assert_int_equal(it->count, 5);
	assert_int_equal(it->first_us, was->items[0]->first_us);
	assert_int_equal(it->last_us, was->items[0]->last_us);
	assert_int_equal(it->seen, 1u << 3 | 1u << 7);
	assert_int_equal(it->told, it->seen);
	assert_int_equal(it->state, ITEM_DONE);
	assert_int_equal(it->lanes, 0);
	assert_int_equal(it->n, 3);
	assert_false(item_due(it) || event_due(e));
	/* A finding brings its values, and is released by its lane. */
	take(e, "a.example.org", 9, 2);
	assert_int_equal(e->n, 1);
	assert_int_equal(e->items[0]->count, 7);
	assert_int_equal(e->items[0]->lanes, 1);
	assert_int_equal(e->items[0]->told, 1u << 3 | 1u << 7);
	assert_true(item_due(e->items[0]));
	event_free(was);
	event_free(e);
}

static void
what_was_counted_meanwhile_comes_on_top(void **state)
{
	struct event *was = an_event(), *e = an_event();

	(void)state;
	take(was, "a.example.org", 3, 4);
	take(e, "a.example.org", 5, 2);
	take(e, "b.example.org", 5, 1);
	remember(e, shown(was->items[0], false));
	assert_int_equal(e->n, 2);
	assert_int_equal(e->items[0]->count, 6);
	assert_int_equal(
	    e->items[0]->first_us, (name.start_s + 3 * 3600) * 1000000);
	assert_int_equal(e->items[0]->told, 1u << 3);
	assert_int_equal(e->items[0]->seen, 1u << 3 | 1u << 5);
	assert_true(e->items[0]->moved);
	event_free(was);
	event_free(e);
}

static void
what_was_recalled_is_not_sent_again(void **state)
{
	struct event *was = an_event(), *e = an_event();
	json_t *o;

	(void)state;
	take(was, "a.example.org", 3, 4);
	o = shown(was->items[0], true);
	/* Who may not synchronise is not shown the parts. */
	assert_int_equal(json_object_set_new(o, "Attribute", json_array()), 0);
	take(e, "a.example.org", 5, 2);
	remember(e, o);
	assert_int_equal(e->items[0]->state, ITEM_RECALLED);
	assert_int_equal(e->state, EVENT_GONE);
	take(e, "b.example.org", 5, 1);
	assert_int_equal(e->n, 1);
	event_free(was);
	event_free(e);
}

static void
what_others_made_is_not_ours(void **state)
{
	static const char uuid[] = "aaaaaaaa-0000-4000-8000-000000000000";
	struct event *was = an_event(), *e = an_event();
	struct remember r;
	json_t *o;

	(void)state;
	take(was, "a.example.org", 3, 4);
	assert_int_equal(remember_init(&r, e, NULL), D4_OK);
	o = shown(was->items[0], false);
	assert_int_equal(json_object_set_new(o, "uuid", json_string(uuid)), 0);
	assert_int_equal(remember_item(&r, o), D4_OK);
	json_decref(o);
	o = shown(was->items[0], false);
	assert_int_equal(json_object_set_new(o, "name", json_string("ja3")), 0);
	assert_int_equal(remember_item(&r, o), D4_OK);
	json_decref(o);
	o = json_pack("{s:s, s:s, s:s}", "attribute_uuid", uuid, "uuid", uuid,
	    "date_sighting", "1763683200");
	assert_int_equal(remember_sighting(&r, o), D4_OK);
	json_decref(o);
	assert_int_equal(r.foreign, 3);
	assert_int_equal(r.event->n, 0);
	remember_fini(&r);
	event_free(was);
	event_free(e);
}

/* A value that people changed there is not taken for the one we sent. */
static void
a_value_that_was_changed_there_is_left_out(void **state)
{
	struct event *was = an_event(), *e = an_event();
	json_t *o, *list;

	(void)state;
	take(was, "a.example.org", 3, 4);
	o = shown(was->items[0], false);
	list = json_object_get(o, "Attribute");
	assert_int_equal(json_object_set_new(json_array_get(list, 2), "value",
			     json_string("198.51.100.9")),
	    0);
	remember(e, o);
	assert_int_equal(e->n, 1);
	assert_int_equal(e->items[0]->n, 2);
	assert_int_equal(e->items[0]->count, 4);
	event_free(was);
	event_free(e);
}

static void
a_sighting_is_one_bucket(void **state)
{
	struct event *was = an_event(), *e = an_event();
	struct remember r;
	struct event_may all = {.lanes = UINT64_MAX};
	json_t *list, *o;

	(void)state;
	take(was, "a.example.org", 3, 1);
	take(was, "a.example.org", 5, 1);
	take(was, "a.example.org", 9, 1);
	was->items[0]->state = ITEM_DONE;
	list = event_sightings(was, &all, 10);
	assert_int_equal(json_array_size(list), 2);
	assert_int_equal(remember_init(&r, e, NULL), D4_OK);
	for (size_t i = 0; i < json_array_size(list); i++) {
		o = json_array_get(list, i);
		shown_date(o);
		assert_int_equal(remember_sighting(&r, o), D4_OK);
	}
	o = shown(was->items[0], false);
	assert_int_equal(remember_item(&r, o), D4_OK);
	json_decref(o);
	assert_int_equal(r.foreign, 0);
	assert_int_equal(r.event->items[0]->told, 1u << 3 | 1u << 5 | 1u << 9);
	remember_fini(&r);
	json_decref(list);
	event_free(was);
	event_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		an_event_is_known_by_its_name_whatever_its_tags_say),
	    cmocka_unit_test(counts_and_times_come_back_and_nothing_is_due),
	    cmocka_unit_test(what_was_counted_meanwhile_comes_on_top),
	    cmocka_unit_test(what_was_recalled_is_not_sent_again),
	    cmocka_unit_test(what_others_made_is_not_ours),
	    cmocka_unit_test(a_value_that_was_changed_there_is_left_out),
	    cmocka_unit_test(a_sighting_is_one_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
