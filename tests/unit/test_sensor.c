/* What a sensor is after Redis was asked, and what it may do. */
#include "hub/sensor.h"
#include "test.h"

static struct sensors table;
static struct sensor *sensor;

static int
setup(void **unused)
{
	static const struct d4_uuid uuid = {{1}};

	(void)unused;
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

static bool
take(struct dossier d, uint64_t now_s)
{
	return sensor_take(sensor, &d, now_s);
}

static struct dossier
with_key(const char *key)
{
	return (struct dossier){.registered = true, .key = d4_slice_str(key)};
}

static void
a_key_comes_changes_and_goes(void **unused)
{
	struct d4_hmac *first;

	(void)unused;
	assert_true(take(with_key("one"), 100));
	first = sensor->key.hmac;
	assert_non_null(first);
	assert_true(sensor->facts.has_key && sensor->facts.registered);
	assert_false(take(with_key("one"), 101));
	assert_ptr_equal(sensor->key.hmac, first);
	assert_true(take(with_key("two"), 102));
	assert_true(take(with_key(""), 103));
	assert_null(sensor->key.hmac);
	assert_false(sensor->facts.has_key);
}

static void
a_rotation_has_two_keys_until_its_time_is_over(void **unused)
{
	struct dossier d = with_key("new");

	(void)unused;
	d.previous = d4_slice_str("old");
	d.previous_s = 200;
	assert_true(take(d, 100));
	assert_non_null(sensor->before.hmac);
	assert_false(take(d, 199));
	assert_non_null(sensor->before.hmac);
	assert_true(take(d, 200));
	assert_null(sensor->before.hmac);
	assert_non_null(sensor->key.hmac);
	assert_int_equal(sensor->previous_s, 200);
}

static void
a_well_known_key_needs_a_deadline_in_the_future(void **unused)
{
	struct dossier d = with_key(DOSSIER_KNOWN_KEY);

	(void)unused;
	(void)take(d, 100);
	assert_true(sensor->facts.overdue);
	d.quarantine_s = 200;
	assert_true(take(d, 100));
	assert_false(sensor->facts.overdue);
	assert_true(take(d, 200));
	assert_true(sensor->facts.overdue);
	/* Also a key that only its server called the default one. */
	d.key = d4_slice_str("another");
	(void)take(d, 200);
	assert_true(sensor->facts.overdue);
	d.quarantine_s = 0;
	(void)take(d, 200);
	assert_false(sensor->facts.overdue);
}

static void
a_shared_secret_stands_in_for_a_key(void **unused)
{
	(void)unused;
	sensor->facts.shared = true;
	(void)take((struct dossier){.registered = false}, 1);
	assert_true(sensor->facts.shared && sensor->facts.has_key);
	assert_int_equal(admit_sensor(&sensor->facts), D4_R_NONE);
}

static void
where_it_may_come_from_is_obeyed(void **unused)
{
	struct dossier d = with_key("k");
	struct d4_addr in, out;

	(void)unused;
	assert_int_equal(d4_addr_parse(d4_slice_str("10.1.1.1"), &in), D4_OK);
	assert_int_equal(d4_addr_parse(d4_slice_str("::1"), &out), D4_OK);
	(void)take(d, 1);
	assert_true(sensor_comes_from(sensor, &in));
	assert_true(sensor_comes_from(sensor, &out));
	d.limited = true;
	assert_int_equal(
	    dossier_prefixes(d4_slice_str("10.0.0.0/8"), &d.from), D4_OK);
	assert_true(take(d, 2));
	assert_true(sensor_comes_from(sensor, &in));
	assert_false(sensor_comes_from(sensor, &out));
	/* Limited to what was not understood: nowhere. */
	d.from = (struct d4_prefix_set){NULL, 0};
	assert_true(take(d, 3));
	assert_false(sensor_comes_from(sensor, &in));
}

static void
refusals_are_counted_by_reason(void **unused)
{
	(void)unused;
	sensor_refuse(sensor, D4_R_HMAC);
	sensor_refuse(sensor, D4_R_ADDRESS);
	sensor_refuse(sensor, D4_R_HMAC);
	assert_int_equal(sensor->refused, 3);
	assert_int_equal(sensor->last_refused, D4_R_HMAC);
	assert_int_equal(sensor->refusals[0].n, 2);
	assert_int_equal(sensor->refusals[1].n, 1);
	for (unsigned r = 1; r < D4_REASON_MAX; r++)
		sensor_refuse(sensor, (enum d4_reason)r);
	assert_int_equal(sensor->refused, 3 + D4_REASON_MAX - 1);
}

int
main(void)
{
#define ONE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    ONE(a_key_comes_changes_and_goes),
	    ONE(a_rotation_has_two_keys_until_its_time_is_over),
	    ONE(a_well_known_key_needs_a_deadline_in_the_future),
	    ONE(a_shared_secret_stands_in_for_a_key),
	    ONE(where_it_may_come_from_is_obeyed),
	    ONE(refusals_are_counted_by_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
