#include "hub/dossier.h"
#include "hub/lists.h"
#include "reply.h"
#include "test.h"

#define FLAGS  "*10\r\n:1\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n" NIL
#define KEY    "$3\r\nkey\r\n"
#define NIL    "$-1\r\n"
#define NO_OWN "*0\r\n"

/* As a clone is held. */
#define HELD(r) "*10\r\n:1\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n" r KEY NIL NO_OWN

static struct dossier got;

static enum d4_status
read_text(const char *bytes)
{
	static redisReply *reply;
	enum d4_status st;

	if (reply != NULL)
		freeReplyObject(reply);
	reply = reply_of(bytes, strlen(bytes));
	assert_non_null(reply);
	dossier_fini(&got);
	got = (struct dossier){.registered = false};
	st = dossier_read(reply, &got);
	return st;
}

static void
what_redis_says_is_read(void **unused)
{
	struct d4_addr a;

	(void)unused;
	assert_int_equal(read_text(FLAGS KEY NIL NO_OWN), D4_OK);
	assert_true(got.registered && !got.pending && !got.revoked);
	assert_true(!got.blocked && !got.trap && !got.kicked);
	assert_true(!got.limited && !got.broken);
	assert_slice(got.key, "key");
	assert_int_equal(
	    read_text("*10\r\n:0\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n" NIL NIL
		      "$2\r\n77\r\n"
		      "*12\r\n$8\r\nprevious\r\n$3\r\nold\r\n"
		      "$14\r\nprevious_until\r\n$2\r\n99\r\n"
		      "$16\r\nquarantine_until\r\n$1\r\n5\r\n"
		      "$7\r\npayload\r\n$4\r\n1000\r\n"
		      "$4\r\nrate\r\n$4\r\n2000\r\n"
		      "$4\r\nfrom\r\n$24\r\n10.0.0.0/8,2001:db8::/32\r\n"),
	    D4_OK);
	assert_true(!got.registered && got.pending && got.revoked);
	assert_true(got.blocked && got.trap && got.kicked && !got.broken);
	assert_slice(got.previous, "old");
	assert_int_equal(got.previous_s, 99);
	assert_int_equal(got.quarantine_s, 5);
	assert_int_equal(got.limits.payload, 1000);
	assert_int_equal(got.limits.rate, 2000);
	assert_int_equal(got.limits.queue, 77);
	assert_true(got.limited);
	assert_int_equal(d4_addr_parse(d4_slice_str("10.9.8.7"), &a), D4_OK);
	assert_non_null(d4_prefix_set_find(&got.from, &a));
	assert_int_equal(d4_addr_parse(d4_slice_str("11.9.8.7"), &a), D4_OK);
	assert_null(d4_prefix_set_find(&got.from, &a));
}

static void
who_is_held_as_a_clone_and_who_may_use_several_addresses(void **unused)
{
	struct d4_addr a;

	(void)unused;
	assert_int_equal(read_text(FLAGS KEY NIL NO_OWN), D4_OK);
	assert_int_equal(got.held.family, 0);
	assert_false(got.several);
	assert_int_equal(
	    read_text(HELD("$19\r\n192.0.2.1 192.0.2.7\r\n")), D4_OK);
	assert_int_equal(d4_addr_parse(d4_slice_str("192.0.2.1"), &a), D4_OK);
	assert_memory_equal(&got.held, &a, sizeof(a));
	assert_false(got.broken);
	assert_int_equal(read_text(FLAGS KEY NIL
			     "*2\r\n$9\r\naddresses\r\n$7\r\nseveral\r\n"),
	    D4_OK);
	assert_true(got.several && !got.broken);
}

/* What is not understood lets nobody in. */
static void
what_is_not_understood_is_broken(void **unused)
{
	static const char *const broken[] = {
	    "*10\r\n-WRONGTYPE\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n" NIL KEY NIL
		NO_OWN,
	    "*10\r\n:1\r\n:0\r\n$1\r\n0\r\n:0\r\n:0\r\n:0\r\n" NIL KEY NIL
		NO_OWN,
	    FLAGS KEY "$2\r\n-1\r\n" NO_OWN,
	    FLAGS KEY NIL "-WRONGTYPE\r\n",
	    FLAGS KEY NIL "*2\r\n$4\r\nrate\r\n$1\r\nx\r\n",
	    FLAGS KEY NIL "*2\r\n$7\r\npayload\r\n$0\r\n\r\n",
	    FLAGS KEY NIL
	    "*2\r\n$7\r\npayload\r\n$20\r\n18446744073709551616\r\n",
	    FLAGS KEY NIL "*2\r\n$14\r\nprevious_until\r\n:5\r\n",
	    FLAGS KEY NIL "*2\r\n$4\r\nfrom\r\n$0\r\n\r\n",
	    FLAGS KEY NIL "*2\r\n$4\r\nfrom\r\n$11\r\n10.0.0.1/8,\r\n",
	    FLAGS KEY NIL "*2\r\n$4\r\nfrom\r\n$4\r\nhost\r\n",
	    FLAGS KEY NIL "*2\r\n$9\r\naddresses\r\n$3\r\ntwo\r\n",
	    FLAGS KEY NIL "*2\r\n$4\r\ncert\r\n$0\r\n\r\n",
	    FLAGS KEY NIL "*2\r\n$4\r\ncert\r\n$5\r\nuuid,\r\n",
	    FLAGS KEY NIL "*4\r\n$4\r\ncert\r\n$4\r\nuuid\r\n"
			  "$4\r\ncert\r\n$4\r\nuuid\r\n",
	    HELD("$9\r\n192.0.2.1\r\n"),
	    HELD("$4\r\nx, y\r\n"),
	    HELD("$1\r\n \r\n"),
	    HELD(":1\r\n"),
	    HELD("-WRONGTYPE\r\n"),
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(broken); i++) {
		assert_int_equal(read_text(broken[i]), D4_OK);
		if (!got.broken)
			fail_msg("%s", broken[i]);
	}
}

static void
what_is_no_dossier_is_malformed(void **unused)
{
	static const char *const bad[] = {
	    "+OK\r\n", "*0\r\n", "*1\r\n:1\r\n", ":1\r\n", "$-1\r\n"};

	(void)unused;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(read_text(bad[i]), D4_EMALFORMED);
}

static void
an_old_key_without_a_time_is_none(void **unused)
{
	(void)unused;
	assert_int_equal(
	    read_text(FLAGS KEY NIL "*2\r\n$8\r\nprevious\r\n$3\r\nold\r\n"),
	    D4_OK);
	assert_int_equal(got.previous.n, 0);
	assert_false(got.broken);
}

static void
prefixes_are_read_strictly_and_up_to_a_limit(void **unused)
{
	static const char *const bad[] = {"", ",", "10.0.0.0/8,", "10.0.0.0/33",
	    "10.0.0.1/8", " 10.0.0.1", "::1/129", "10.0.0.0/8 "};
	struct d4_prefix_set set = {NULL, 0};
	struct d4_buf text;

	(void)unused;
	for (size_t i = 0; i < COUNT(bad); i++) {
		bool good = i == 2; /* one comma at the end is fine */

		if ((dossier_prefixes(d4_slice_str(bad[i]), &set) == D4_OK) !=
		    good)
			fail_msg("%s", bad[i]);
		d4_prefix_set_fini(&set);
	}
	d4_buf_init(&text, 65536);
	for (unsigned i = 0; i < DOSSIER_FROM; i++)
		assert_int_equal(d4_buf_addf(&text, "10.0.%u.0/24,", i), D4_OK);
	assert_int_equal(dossier_prefixes(d4_buf_slice(&text), &set), D4_OK);
	assert_int_equal(set.n, DOSSIER_FROM);
	d4_prefix_set_fini(&set);
	assert_int_equal(d4_buf_adds(&text, "1.2.3.4"), D4_OK);
	assert_int_equal(
	    dossier_prefixes(d4_buf_slice(&text), &set), D4_ETOOBIG);
	d4_buf_fini(&text);
}

static void
addresses_and_networks_are_one_list(void **unused)
{
	static const char ips[] = "*4\r\n$9\r\n192.0.2.1\r\n$3\r\nfoo\r\n"
				  "$8\r\n10.1.2.3\r\n:5\r\n";
	static const char nets[] =
	    "*3\r\n$10\r\n10.0.0.0/8\r\n$11\r\n10.1.0.0/16\r\n"
	    "$13\r\n2001:db8::/32\r\n";
	redisReply *reply[2] = {
	    reply_of(ips, sizeof(ips) - 1), reply_of(nets, sizeof(nets) - 1)};
	const redisReply *const both[2] = {reply[0], reply[1]};
	struct d4_prefix_set set;
	size_t bad = 0;

	(void)unused;
	assert_int_equal(lists_networks(both, &set, &bad), D4_OK);
	assert_int_equal(bad, 2);
	assert_int_equal(set.n, 3); /* 10/8 holds the others */
	d4_prefix_set_fini(&set);
	freeReplyObject(reply[0]);
	freeReplyObject(reply[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_redis_says_is_read),
	    cmocka_unit_test(
		who_is_held_as_a_clone_and_who_may_use_several_addresses),
	    cmocka_unit_test(what_is_not_understood_is_broken),
	    cmocka_unit_test(what_is_no_dossier_is_malformed),
	    cmocka_unit_test(an_old_key_without_a_time_is_none),
	    cmocka_unit_test(prefixes_are_read_strictly_and_up_to_a_limit),
	    cmocka_unit_test(addresses_and_networks_are_one_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
