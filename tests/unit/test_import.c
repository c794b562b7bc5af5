#include "hub/import.h"
#include "reply.h"
#include "test.h"

#define NAME "$32\r\n7e4d1c265b3a4f8e9a610c2d4e6f8a1b\r\n"
#define REST "$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n"

static enum d4_status
read_two(const char *bytes, const char *default_key, struct import_sensor *out)
{
	static redisReply *reply;

	if (reply != NULL)
		freeReplyObject(reply);
	reply = reply_of(bytes, strlen(bytes));
	assert_non_null(reply);
	return import_sensor_read(reply->element[0], reply->element[1],
	    d4_slice_str(default_key), out);
}

static void
keys_that_others_know_are_found(void **unused)
{
	static const struct {
		const char *bytes, *default_key;
		bool known;
		const char *key;
	} cases[] = {
	    {"*2\r\n" NAME "*7\r\n$3\r\nown\r\n" REST, "theirs", false, "own"},
	    {"*2\r\n" NAME "*7\r\n$3\r\nown\r\n" REST, "", false, "own"},
	    {"*2\r\n" NAME "*7\r\n$3\r\nown\r\n" REST, "own", true, "own"},
	    {"*2\r\n" NAME "*7\r\n$-1\r\n" REST, "theirs", true, "theirs"},
	    {"*2\r\n" NAME "*7\r\n$0\r\n\r\n" REST, "theirs", true, "theirs"},
	    {"*2\r\n" NAME "*7\r\n$21\r\nprivate key to change\r\n" REST, "",
		true, DOSSIER_KNOWN_KEY},
	};
	struct import_sensor s;

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
		    read_two(cases[i].bytes, cases[i].default_key, &s), D4_OK);
		assert_int_equal(s.known_key, cases[i].known);
		assert_slice(s.field[0], cases[i].key);
		assert_string_equal(s.uuid, "7e4d1c265b3a4f8e9a610c2d4e6f8a1b");
	}
}

static void
what_is_no_sensor_is_not_taken(void **unused)
{
	static const struct {
		const char *bytes;
		enum d4_status st;
	} cases[] = {
	    {"*2\r\n$1\r\nx\r\n*7\r\n$1\r\nk\r\n" REST, D4_EMALFORMED},
	    {"*2\r\n:5\r\n*7\r\n$1\r\nk\r\n" REST, D4_EMALFORMED},
	    {"*2\r\n" NAME "-WRONGTYPE\r\n", D4_EMALFORMED},
	    {"*2\r\n" NAME "*0\r\n", D4_EMALFORMED},
	    {"*2\r\n" NAME "*7\r\n$-1\r\n" REST, D4_EINVAL},
	};
	struct import_sensor s;

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(read_two(cases[i].bytes, "", &s), cases[i].st);
}

static void
lists_take_what_they_are_for(void **unused)
{
	static const struct {
		const char *bytes;
		bool uuid, address;
	} cases[] = {
	    {NAME, true, false},
	    {"$36\r\n7e4d1c26-5b3a-4f8e-9a61-0c2d4e6f8a1b\r\n", false, false},
	    {"$9\r\n192.0.2.1\r\n", false, true},
	    {"$12\r\n192.0.2.0/24\r\n", false, true},
	    {"$4\r\nhost\r\n", false, false},
	    {":1\r\n", false, false},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		redisReply *r =
		    reply_of(cases[i].bytes, strlen(cases[i].bytes));

		assert_non_null(r);
		assert_int_equal(import_member(IMPORT_UUIDS, r), cases[i].uuid);
		assert_int_equal(
		    import_member(IMPORT_ADDRESSES, r), cases[i].address);
		freeReplyObject(r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_that_others_know_are_found),
	    cmocka_unit_test(what_is_no_sensor_is_not_taken),
	    cmocka_unit_test(lists_take_what_they_are_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
