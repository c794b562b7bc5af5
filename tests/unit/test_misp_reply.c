/* Answers of MISP: statuses do not say enough. After captures.jsonl. */
#include "test.h"
#include "libd4/uuid.h"
#include "misp-export/reply.h"

static const struct {
	long status;
	bool location, csv;
	const char *body;
	enum reply_kind kind;
} rows[] = {
    {200, false, false, "{\"Event\":{\"uuid\":\"x\"}}", REPLY_OK},
    {200, false, false, "<html>hello</html>", REPLY_FAILED},
    {200, false, true, "\"x\"\n", REPLY_OK},
    {404, false, false, "{\"message\":\"Invalid event\"}", REPLY_NO_EVENT},
    {404, true, false,
	"{\"message\":\"Event already exists, if you would like to edit "
	"it, use the url in the location header.\"}",
	REPLY_EXISTS},
    {403, false, false, "{\"message\":\"Event blocked by event blocklist.\"}",
	REPLY_BLOCKED},
    {403, false, false,
	"{\"saved\":false,\"message\":\"Could not add Event\",\"errors\":"
	"{\"uuid\":[\"Please provide a valid RFC 4122 UUID\"]}}",
	REPLY_INVALID},
    {403, false, false,
	"{\"message\":\"Authentication failed. Please make sure you pass the "
	"API key\"}",
	REPLY_AUTH},
    {403, false, false,
	"{\"message\":\"It is not possible to use this Auth key from your IP "
	"address\"}",
	REPLY_AUTH},
    {403, false, false,
	"{\"message\":\"You do not have permission to do that.\"}",
	REPLY_DENIED},
    {403, false, false, "<html>a proxy</html>", REPLY_AUTH},
    {302, true, false, "", REPLY_BUSY},
    {429, false, false, "{\"message\":\"Rate limit exceeded.\"}", REPLY_BUSY},
    {502, false, false, "<html>Bad Gateway</html>", REPLY_BUSY},
    {500, false, false, "{\"message\":\"An Internal Error Has Occurred.\"}",
	REPLY_FAILED},
    {413, false, false, "<html>413 Request Entity Too Large</html>",
	REPLY_TOOBIG},
    {405, false, false, "{\"message\":\"Invalid JSON input.\"}", REPLY_INVALID},
    {400, false, false, "{\"message\":\"bad\"}", REPLY_INVALID},
    {401, false, false, "", REPLY_AUTH},
    {418, false, false, "[]", REPLY_INVALID},
};

static void
read_one(size_t i, struct reply *out)
{
	const struct reply_in in = {.status = rows[i].status,
	    .location = rows[i].location,
	    .csv = rows[i].csv,
	    .body = d4_slice_str(rows[i].body)};

	reply_read(&in, out);
}

static void
each_answer_is_understood(void **state)
{
	struct reply r;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		read_one(i, &r);
		if (r.kind != rows[i].kind)
			print_message(
			    "%s: %s\n", rows[i].body, reply_kind_text(r.kind));
		assert_int_equal(r.kind, rows[i].kind);
		assert_true(strlen(r.why) > 0);
		reply_fini(&r);
	}
}

static void
errors_come_by_index_and_some_mean_that_it_is_there(void **state)
{
	static const char body[] =
	    "{\"saved\":false,\"message\":\"Could not add Attribute\","
	    "\"errors\":{\"attribute_0\":{\"value\":[\"IP address has an "
	    "invalid format.\"]},\"attribute_2\":{\"value\":[\"A similar "
	    "attribute already exists for this event.\"]},\"attribute_12\":"
	    "{\"uuid\":[\"The UUID provided is not unique\"]},"
	    "\"attribute_x\":1,\"attribute_99999\":\"far\"}}";
	const struct reply_in in = {
	    403, false, false, {(const uint8_t *)body, sizeof(body) - 1}};
	struct reply r;

	(void)state;
	reply_read(&in, &r);
	assert_int_equal(r.kind, REPLY_INVALID);
	assert_int_equal(r.n, 3);
	assert_int_equal(r.error[0].index, 0);
	assert_false(r.error[0].there);
	assert_string_equal(
	    r.error[0].why, "IP address has an invalid format.");
	assert_int_equal(r.error[1].index, 2);
	assert_true(r.error[1].there);
	assert_int_equal(r.error[2].index, 12);
	assert_true(r.error[2].there);
	reply_fini(&r);
}

static void
count_uuid(void *arg, const struct d4_uuid *u)
{
	(void)u;
	(*(size_t *)arg)++;
}

static void
a_csv_is_lines_of_uuids_and_nothing_else(void **state)
{
	static const char *const good =
	    "\"0d09b9b4-2cc2-5432-9e75-4d090e5fec42\"\n"
	    "\"0f83c0c6-5685-5cbb-9aa0-be2a73cdd52e\"\r\n\n\n";
	static const char *const bad[] = {
	    "uuid\n\"0d09b9b4-2cc2-5432-9e75-4d090e5fec42\"\n",
	    "\"0d09b9b4-2cc2-5432-9e75-4d090e5fec42\",\"x\"\n",
	    "<html>maintenance</html>\n",
	    "\"0d09b9b4-2cc2-5432-9e75-4d090e5fecXX\"\n"};
	size_t n = 0;

	(void)state;
	assert_true(reply_uuids(d4_slice_str(good), count_uuid, &n));
	assert_int_equal(n, 2);
	assert_true(reply_uuids(d4_slice_str("\n"), count_uuid, &n));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(reply_uuids(d4_slice_str(bad[i]), count_uuid, &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_answer_is_understood),
	    cmocka_unit_test(
		errors_come_by_index_and_some_mean_that_it_is_there),
	    cmocka_unit_test(a_csv_is_lines_of_uuids_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
