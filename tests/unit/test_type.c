#include "test.h"
#include "libd4/type.h"

static void
types_with_a_cutter_are_found_and_no_others(void **state)
{
	static const struct {
		uint8_t type;
		const char *name;
		const struct d4_cutter_kind *cutter;
		enum d4_opening opening;
		enum d4_content content;
		bool resend_all;
		uint32_t frame_max;
	} rows[] = {
	    {1, "pcap", &d4_cutter_pcap, D4_OPENING_ONCE, D4_CONTENT_BINARY,
		false, 16322},
	    {4, "dnscap", &d4_cutter_dnscap, D4_OPENING_ONCE, D4_CONTENT_BINARY,
		false, 16322},
	    {5, "pcapng", &d4_cutter_pcapng, D4_OPENING_EACH, D4_CONTENT_BINARY,
		false, 16322},
	    {7, "yaf", &d4_cutter_ipfix, D4_OPENING_EACH, D4_CONTENT_BINARY,
		false, 16322},
	    {3, "log", &d4_cutter_lines, D4_OPENING_NONE, D4_CONTENT_TEXT, true,
		10000},
	    {6, "ndjson", &d4_cutter_lines, D4_OPENING_NONE, D4_CONTENT_JSON,
		true, 16322},
	    {8, "passivedns", &d4_cutter_lines, D4_OPENING_NONE,
		D4_CONTENT_TEXT, true, 10000},
	};
	unsigned found = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct d4_type_row *row = d4_type_find(rows[i].type);

		assert_non_null(row);
		assert_int_equal(row->type, rows[i].type);
		assert_string_equal(row->name, rows[i].name);
		assert_ptr_equal(row->cutter, rows[i].cutter);
		assert_int_equal(row->opening, rows[i].opening);
		assert_int_equal(row->content, rows[i].content);
		assert_int_equal(row->resend_all, rows[i].resend_all);
		assert_int_equal(row->frame_max, rows[i].frame_max);
	}
	for (unsigned t = 0; t < 256; t++)
		found += d4_type_find((uint8_t)t) != NULL;
	assert_int_equal(found, COUNT(rows));
}

static void
every_handler_of_type_254_cuts_lines(void **state)
{
	static const struct {
		const char *ext;
		enum d4_content content;
	} rows[] = {
	    {"lines", D4_CONTENT_TEXT},
	    {"ja3-jl", D4_CONTENT_JSON},
	    {"maltrail", D4_CONTENT_TEXT},
	    {"filewatcher", D4_CONTENT_BASE64},
	    {"filewatcherjson", D4_CONTENT_JSON},
	    {"suricata-eve", D4_CONTENT_JSON},
	    {"fascia", D4_CONTENT_JSON},
	    {"d4-telemetry", D4_CONTENT_JSON},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct d4_type_row *row = d4_type_handler(rows[i].ext);

		assert_non_null(row);
		assert_ptr_equal(row, d4_type_handlers(i));
		assert_ptr_equal(row, d4_type_of(254, rows[i].ext));
		assert_int_equal(row->type, D4_TYPE_EXTENDED);
		assert_ptr_equal(row->cutter, &d4_cutter_lines);
		assert_int_equal(row->opening, D4_OPENING_NONE);
		assert_int_equal(row->content, rows[i].content);
		assert_int_equal(row->frame_max, 16322);
		assert_true(row->resend_all);
	}
	assert_null(d4_type_handlers(COUNT(rows)));
	assert_null(d4_type_handler("line"));
	assert_null(d4_type_handler(""));
}

static void
an_extended_type_without_a_handler_is_lines(void **state)
{
	(void)state;
	assert_ptr_equal(d4_type_of(254, "zeek"), d4_type_handler("lines"));
	assert_ptr_equal(d4_type_of(8, ""), d4_type_find(8));
	assert_null(d4_type_of(2, ""));
	assert_null(d4_type_of(99, ""));
}

static void
every_number_has_a_name_for_people(void **state)
{
	(void)state;
	assert_string_equal(d4_type_name(1), "pcap");
	assert_string_equal(d4_type_name(2), "meta");
	assert_string_equal(d4_type_name(4), "dnscap");
	assert_string_equal(d4_type_name(5), "pcapng");
	assert_string_equal(d4_type_name(7), "yaf");
	assert_string_equal(d4_type_name(254), "extended");
	assert_string_equal(d4_type_name(0), "unknown");
	assert_string_equal(d4_type_name(255), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(types_with_a_cutter_are_found_and_no_others),
	    cmocka_unit_test(every_handler_of_type_254_cuts_lines),
	    cmocka_unit_test(an_extended_type_without_a_handler_is_lines),
	    cmocka_unit_test(every_number_has_a_name_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
