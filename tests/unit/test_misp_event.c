/* Events: aggregated, saved and read the same, sent as MISP takes them. */
#include "misp_event.h"
#include "misp-export/event_file.h"
#include "misp-export/finding.h"

static const struct event_name name = {.source = "resolver",
    .kind = "passive-dns",
    .label = 1,
    .start_s = 1763683200,
    .span_s = 86400};
static const struct event_limits limits = {100, 1, 0};

static struct terms_lane *
a_lane(void)
{
	static struct terms_lane lane = {.id = "0123456789abcdef", .ids = true};

	return &lane;
}

static void
take_at(struct event *e, const char *host, uint64_t hour,
    const struct event_limits *l)
{
	const struct finding_ask ask = {
	    mappers_find(NULL, "passive-dns"), a_lane(), MAPPER_RELS};
	struct finding_maker m;
	struct finding f;
	struct record r;
	char line[256];

	(void)snprintf(line, sizeof(line),
	    "%llu||a||b||IN||%s||A||203.0.113.80||300||2",
	    (unsigned long long)(name.start_s + hour * 3600), host);
	assert_int_equal(finding_init(&m), D4_OK);
	record_init(&r);
	assert_true(record_pdns(d4_slice_str(line), &r));
	assert_true(finding_make(&m, &ask, &r, &f));
	assert_int_equal(event_take(e, &f, 0, l), D4_OK);
	record_fini(&r);
	finding_fini(&m);
}

static struct event *
an_event(void)
{
	struct event *e = event_made(&name);

	e->distribution = 1;
	return e;
}

static void
repeats_are_one_item_with_sums(void **state)
{
	struct event *e = an_event();

	(void)state;
	take_at(e, "a.example.org.", 3, &limits);
	take_at(e, "a.example.org", 5, &limits);
	take_at(e, "b.example.org", 5, &limits);
	assert_int_equal(e->n, 2);
	assert_int_equal(e->items[0]->count, 4);
	assert_int_equal(
	    e->items[0]->first_us, (name.start_s + 3 * 3600) * 1000000);
	assert_int_equal(
	    e->items[0]->last_us, (name.start_s + 5 * 3600) * 1000000);
	assert_int_equal(e->items[0]->seen, 1u << 3 | 1u << 5);
	assert_int_equal(e->items[0]->told, 1u << 3);
	event_free(e);
}

static void
limits_hold(void **state)
{
	const struct event_limits few = {1, 3, 0};
	struct event *e = an_event();

	(void)state;
	take_at(e, "a.example.org", 1, &few);
	take_at(e, "b.example.org", 1, &few);
	assert_int_equal(e->n, 1);
	assert_int_equal(e->over, 2);
	assert_int_equal(e->items[0]->state, ITEM_BELOW);
	assert_false(event_due(e));
	take_at(e, "a.example.org", 1, &few);
	assert_int_equal(e->items[0]->state, ITEM_OPEN);
	assert_true(event_due(e));
	event_free(e);
}

static void
a_file_is_read_as_it_was_written(void **state)
{
	struct event *e = an_event(), *back = NULL;
	struct event_file_head head;
	struct d4_buf one, two;
	uint64_t lost;

	(void)state;
	d4_buf_init(&one, EVENT_FILE_MAX);
	d4_buf_init(&two, EVENT_FILE_MAX);
	take_at(e, "a.example.org", 3, &limits);
	take_at(e, "b.example.org", 4, &limits);
	e->items[1]->state = ITEM_DONE;
	assert_int_equal(event_write(e, &one), D4_OK);
	assert_int_equal(
	    event_read(d4_buf_slice(&one), NULL, &lost, &back), D4_OK);
	assert_int_equal(lost, 0);
	assert_int_equal(event_write(back, &two), D4_OK);
	assert_true(d4_slice_eq(d4_buf_slice(&one), d4_buf_slice(&two)));
	assert_int_equal(event_read_head(d4_buf_slice(&one), &head), D4_OK);
	assert_memory_equal(&head.name, &name, sizeof(name));
	assert_true(head.due && !head.waits);
	event_free(back);
	for (size_t n = 0; n < one.n; n++) { /* torn anywhere */
		back = NULL;
		if (event_read(d4_slice_of(one.p, n), NULL, &lost, &back) ==
		    D4_OK)
			event_free(back);
	}
	d4_buf_fini(&one);
	d4_buf_fini(&two);
	event_free(e);
}

static void
a_computed_value_keeps_its_name_and_others_do_not(void **state)
{
	struct event *e = an_event();
	struct d4_uuid a, b, c;

	(void)state;
	take_at(e, "a.example.org", 3, &limits);
	assert_int_equal(item_attribute(e->items[0], 3, NULL, &a), D4_OK);
	take_at(e, "a.example.org", 4, &limits);
	assert_int_equal(item_attribute(e->items[0], 3, NULL, &b), D4_OK);
	assert_true(d4_uuid_eq(&a, &b));
	assert_int_equal(item_attribute(e->items[0], 0, "x", &b), D4_OK);
	assert_int_equal(item_attribute(e->items[0], 0, "y", &c), D4_OK);
	assert_false(d4_uuid_eq(&b, &c));
	event_free(e);
}

static void
each_attribute_says_what_misp_would_guess_wrong(void **state)
{
	struct event *e = an_event();
	const json_t *list, *a;
	json_t *o;

	(void)state;
	take_at(e, "a.example.org", 3, &limits);
	o = item_json(e->items[0]);
	assert_string_equal(
	    json_string_value(json_object_get(o, "distribution")), "5");
	list = json_object_get(o, "Attribute");
	assert_int_equal(json_array_size(list), 6);
	for (size_t i = 0; i < json_array_size(list); i++) {
		a = json_array_get(list, i);
		assert_string_equal(
		    json_string_value(json_object_get(a, "distribution")), "5");
		assert_non_null(json_object_get(a, "uuid"));
		assert_non_null(json_object_get(a, "category"));
		assert_non_null(json_object_get(a, "to_ids"));
		assert_non_null(json_object_get(a, "object_relation"));
	}
	json_decref(o);
	event_free(e);
}

static void
a_label_is_part_of_what_an_event_is(void **state)
{
	struct event_name other = name;
	struct d4_uuid a, b;

	(void)state;
	other.label = 2;
	assert_int_equal(event_uuid(&space, &name, &a), D4_OK);
	assert_int_equal(event_uuid(&space, &other, &b), D4_OK);
	assert_false(d4_uuid_eq(&a, &b));
}

static void
what_was_recalled_takes_nothing_more(void **state)
{
	struct event *e = an_event();

	(void)state;
	take_at(e, "a.example.org", 3, &limits);
	e->items[0]->state = ITEM_DONE;
	assert_true(event_recall(e, NULL));
	assert_int_equal(e->items[0]->state, ITEM_RECALL);
	take_at(e, "b.example.org", 3, &limits);
	assert_int_equal(e->n, 1);
	assert_false(event_recall(e, &space));
	event_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(repeats_are_one_item_with_sums),
	    cmocka_unit_test(limits_hold),
	    cmocka_unit_test(a_file_is_read_as_it_was_written),
	    cmocka_unit_test(a_computed_value_keeps_its_name_and_others_do_not),
	    cmocka_unit_test(each_attribute_says_what_misp_would_guess_wrong),
	    cmocka_unit_test(a_label_is_part_of_what_an_event_is),
	    cmocka_unit_test(what_was_recalled_takes_nothing_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
