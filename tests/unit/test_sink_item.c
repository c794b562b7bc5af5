#include "test.h"
#include "libd4/type.h"
#include "relay/sink_item.h"

#define UUID "11111111-1111-4111-8111-111111111111"

static void
lane(struct d4_spool_lane *l, uint8_t type)
{
	memset(l, 0, sizeof(*l));
	l->type = type;
	(void)snprintf(l->cls, sizeof(l->cls), "S3");
	(void)snprintf(l->id, sizeof(l->id), "0123456789abcdef");
	(void)snprintf(l->source, sizeof(l->source), "secret-source");
	assert_int_equal(d4_uuid_parse(UUID, &l->wire_uuid), D4_OK);
}

static void
names_have_type_uuid_time_and_number(void **state)
{
	static const struct {
		uint8_t type;
		const char *text, *want;
		enum d4_pack_kind pack;
	} rows[] = {
	    {D4_TYPE_PCAP, "pcap", "pcap-" UUID "-20240229T230000Z-7.pcap.gz",
		D4_PACK_GZIP},
	    {D4_TYPE_PDNS, "passivedns",
		"passivedns-" UUID "-20240229T230000Z-7.txt", D4_PACK_PLAIN},
	    {D4_TYPE_NDJSON, "ndjson",
		"ndjson-" UUID "-20240229T230000Z-7.ndjson.zst", D4_PACK_ZSTD},
	    {D4_TYPE_EXTENDED, "../JA3.jl/x\n",
		"___ja3_jl_x_-" UUID "-20240229T230000Z-7.txt", D4_PACK_PLAIN},
	};
	struct d4_spool_lane l;
	struct sink_item it;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		lane(&l, rows[i].type);
		sink_item_init(&it, &l, rows[i].text, 1709247600, 7);
		sink_item_pack(&it, rows[i].pack);
		assert_string_equal(it.name, rows[i].want);
		assert_true(sink_item_name(it.name));
	}
}

/* What is not ours is never taken for ours. */
static void
other_names_are_not_ours(void **state)
{
	static const char *const bad[] = {"", ".", "..", "manifest.json",
	    "README.txt", "SHA256SUMS", "x.pcap",
	    "pcap-" UUID "-20240229T230000Z-7.pcap.part",
	    "pcap-" UUID "-20240229T230000Z-7.pcap.gz.part",
	    "pcap-" UUID "-20240229T230000Z-7.exe",
	    "pcap-" UUID "-20240229T230000Z-7",
	    "pcap-" UUID "-20240229T230000Z-.pcap",
	    "pcap-" UUID "-20240229T23000Z-7.pcap",
	    "pcap-" UUID "-2024022T230000Z-7.pcap",
	    "-" UUID "-20240229T230000Z-7.pcap",
	    "../pcap-" UUID "-20240229T230000Z-7.pcap",
	    "a/pcap-" UUID "-20240229T230000Z-7.pcap",
	    "pcap-11111111-20240229T230000Z-7.pcap",
	    "pcap-" UUID "-20240229T230000Z-7.pcap/..",
	    "PCAP-" UUID "-20240229T230000Z-7.pcap"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (sink_item_name(bad[i]))
			fail_msg("taken: %s", bad[i]);
	}
}

static void
what_was_written_is_read_the_same(void **state)
{
	struct sink_item it, got;
	struct d4_spool_lane l;
	json_t *o;

	(void)state;
	lane(&l, D4_TYPE_PCAP);
	sink_item_init(&it, &l, "pcap", 1709247600, 0);
	memset(it.sha256, 'a', 64);
	it.bytes = UINT64_C(1) << 40;
	it.records = 12;
	it.from_s = 1709247600;
	it.to_s = 1709251200;
	o = sink_item_json(&it);
	assert_string_equal(json_string_value(json_object_get(o, "to")),
	    "2024-03-01T00:00:00Z");
	assert_int_equal(sink_item_parse(o, &got), D4_OK);
	assert_memory_equal(&it, &got, sizeof(it));
	json_decref(o);
}

static void
what_is_not_clear_is_not_taken(void **state)
{
	static const struct {
		const char *key, *value;
	} rows[] = {
	    {"name", "\"../x\""},
	    {"name", "1"},
	    {"bytes", "-1"},
	    {"bytes", "\"1\""},
	    {"records", "1.5"},
	    {"from", "\"yesterday\""},
	    {"from", "\"2024-13-01T00:00:00Z\""},
	    {"from", "\"2024-02-30T00:00:00Z\""},
	    {"from", "\"2024-02-29T25:00:00Z\""},
	    {"from", "\"1969-12-31T23:59:59Z\""},
	    {"to", "null"},
	    {"class", "\"S1234\""},
	    {"sha256", "[]"},
	};
	struct sink_item it, got;
	struct d4_spool_lane l;

	(void)state;
	lane(&l, D4_TYPE_PCAP);
	sink_item_init(&it, &l, "pcap", 1709247600, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *o = sink_item_json(&it);
		json_t *v = json_loads(rows[i].value, JSON_DECODE_ANY, NULL);

		assert_int_equal(json_object_set_new(o, rows[i].key, v), 0);
		if (sink_item_parse(o, &got) != D4_EMALFORMED)
			fail_msg("%s: %s", rows[i].key, rows[i].value);
		json_decref(o);
	}
	assert_int_equal(sink_item_parse(NULL, &got), D4_EMALFORMED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_have_type_uuid_time_and_number),
	    cmocka_unit_test(other_names_are_not_ours),
	    cmocka_unit_test(what_was_written_is_read_the_same),
	    cmocka_unit_test(what_is_not_clear_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
