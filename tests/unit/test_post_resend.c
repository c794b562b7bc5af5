#include "test.h"
#include "relay/post_resend.h"

static struct post_resend books;

static void
begin(bool tcp)
{
	post_resend_init(&books, tcp, &(struct d4_spool_cursor){.sent = 0});
}

static struct post_place
place(uint64_t seq, uint64_t part)
{
	return (struct post_place){.seq = seq, .part = part};
}

/* Entry seq of n records, whose last byte is at seq * 100 on the wire. */
static void
send_entry(uint64_t seq, uint64_t n)
{
	uint64_t again = post_resend_again(&books, seq - 1, seq, n);
	struct post_counts c = {.fresh = n - again, .again = again};

	post_resend_note(&books, place(seq, 0), &c, seq * 100);
}

static struct post_settled
settle(enum post_outcome how)
{
	struct post_settled s;

	post_resend_settle(&books, how, &s);
	post_resend_apply(&books, how, &s);
	return s;
}

static void
a_confirmed_session_settles_all_that_was_sent(void **state)
{
	struct post_settled s;

	(void)state;
	for (int tcp = 0; tcp < 2; tcp++) {
		begin(tcp);
		for (uint64_t i = 1; i <= 5; i++)
			send_entry(i, 10);
		post_resend_acked(&books, 300);
		assert_int_equal(books.cursor.acked, 3);
		assert_int_equal(books.cursor.acked_records, 30);
		s = settle(POST_CONFIRMED);
		assert_false(post_settled_losses(&s));
		assert_int_equal(books.cursor.confirmed, 5);
		assert_int_equal(books.cursor.confirmed_records, 50);
		assert_int_equal(books.cursor.acked, 5);
		assert_int_equal(books.cursor.acked_records, 50);
		assert_int_equal(books.cursor.sent_records, 50);
		assert_int_equal(post_resend_from(&books).seq, 5);
	}
}

static void
resend_all_begins_behind_the_last_confirmation(void **state)
{
	struct post_settled s;

	(void)state;
	begin(false);
	send_entry(1, 7);
	(void)settle(POST_CONFIRMED);
	for (uint64_t i = 2; i <= 4; i++)
		send_entry(i, 10);
	post_resend_acked(&books, 350);
	s = settle(POST_UNCLEAN);
	assert_false(post_settled_losses(&s));
	assert_int_equal(post_resend_from(&books).seq, 1);
	assert_int_equal(books.cursor.confirmed, 1);
	assert_int_equal(books.cursor.maybe_lost, 0);
	for (uint64_t i = 2; i <= 5; i++)
		send_entry(i, 10);
	(void)settle(POST_CONFIRMED);
	assert_int_equal(books.cursor.sent_records, 47);
	assert_int_equal(books.cursor.resent, 30);
	assert_int_equal(books.cursor.confirmed_records, 47);
	assert_int_equal(books.cursor.acked_records, 47);
}

static void
what_was_sent_and_is_then_withheld_does_not_stay_sent(void **state)
{
	struct post_counts none = {.withheld = 10};
	struct post_settled s;

	(void)state;
	begin(false);
	send_entry(1, 10);
	send_entry(2, 10);
	(void)settle(POST_UNCLEAN);
	assert_int_equal(books.cursor.sent_records, 20);
	post_resend_note(&books, place(1, 0), &none, 0);
	send_entry(2, 10);
	s = settle(POST_CONFIRMED);
	assert_int_equal(s.dropped.withheld, 10);
	assert_int_equal(books.cursor.withheld, 10);
	assert_int_equal(books.cursor.confirmed_records, 10);
	assert_int_equal(books.cursor.sent_records, 10);
}

static void
resend_tcp_gives_up_what_tcp_took_and_counts_it(void **state)
{
	struct post_settled s;

	(void)state;
	begin(true);
	for (uint64_t i = 1; i <= 6; i++)
		send_entry(i, 10);
	post_resend_acked(&books, 250);
	post_resend_acked(&books, 499);
	s = settle(POST_UNCLEAN);
	assert_true(post_settled_losses(&s));
	assert_int_equal(s.maybe_lost, 40);
	assert_int_equal(s.from, 1);
	assert_int_equal(s.to, 4);
	assert_int_equal(books.cursor.maybe_lost, 40);
	assert_int_equal(books.cursor.confirmed, 4);
	assert_int_equal(books.cursor.confirmed_records, 0);
	assert_int_equal(post_resend_from(&books).seq, 4);
	send_entry(5, 10);
	send_entry(6, 10);
	send_entry(7, 10);
	s = settle(POST_CONFIRMED);
	assert_false(post_settled_losses(&s));
	assert_int_equal(books.cursor.resent, 20);
	assert_int_equal(books.cursor.sent_records, 70);
	assert_int_equal(books.cursor.confirmed_records, 30);
	assert_int_equal(books.cursor.acked_records, 70);
}

static void
after_a_crash_the_saved_cursor_decides(void **state)
{
	const struct d4_spool_cursor saved = {
	    .sent = 9,
	    .acked = 6,
	    .confirmed = 2,
	    .sent_records = 90,
	    .acked_records = 60,
	    .confirmed_records = 15,
	    .maybe_lost = 5,
	};
	struct post_settled s;

	(void)state;
	post_resend_init(&books, false, &saved);
	s = settle(POST_UNCLEAN);
	assert_false(post_settled_losses(&s));
	assert_int_equal(post_resend_from(&books).seq, 2);
	assert_int_equal(post_resend_again(&books, 8, 9, 7), 7);
	assert_int_equal(post_resend_again(&books, 9, 10, 7), 0);

	post_resend_init(&books, true, &saved);
	s = settle(POST_UNCLEAN);
	assert_int_equal(s.maybe_lost, 40);
	assert_int_equal(s.from, 3);
	assert_int_equal(s.to, 6);
	assert_int_equal(post_resend_from(&books).seq, 6);
	assert_int_equal(books.cursor.maybe_lost, 45);
	s = settle(POST_UNCLEAN);
	assert_false(post_settled_losses(&s));
}

static void
what_was_not_sent_is_settled_once_with_its_reason(void **state)
{
	const struct post_counts drops = {
	    .fresh = 4, .toobig = 1, .damaged = 2, .expired = 3, .withheld = 5};
	struct post_settled s;

	(void)state;
	begin(false);
	post_resend_note(&books, place(1, 0), &drops, 100);
	s = settle(POST_UNCLEAN); /* it will be passed again */
	assert_false(post_settled_losses(&s));
	assert_int_equal(books.cursor.toobig, 0);
	post_resend_note(&books, place(1, 0), &drops, 100);
	s = settle(POST_CHECKPOINT);
	assert_false(post_settled_losses(&s));
	s = settle(POST_CONFIRMED);
	assert_int_equal(s.dropped.toobig, 1);
	assert_int_equal(s.dropped.fresh, 0);
	assert_int_equal(books.cursor.damaged, 2);
	assert_int_equal(books.cursor.expired, 3);
	assert_int_equal(books.cursor.withheld, 5);
	assert_int_equal(books.cursor.confirmed_records, 4);
	s = settle(POST_CONFIRMED);
	assert_false(post_settled_losses(&s));
}

static void
in_tcp_mode_a_checkpoint_settles_drops_that_are_behind(void **state)
{
	const struct post_counts drops = {.fresh = 1, .expired = 3};
	struct post_settled s;

	(void)state;
	begin(true);
	post_resend_note(&books, place(1, 0), &drops, 100);
	post_resend_note(&books, place(2, 0), &drops, 200);
	post_resend_acked(&books, 100);
	s = settle(POST_CHECKPOINT);
	assert_int_equal(s.dropped.expired, 3);
	assert_int_equal(s.to, 1);
	s = settle(POST_CHECKPOINT);
	assert_false(post_settled_losses(&s));
	s = settle(POST_CONFIRMED);
	assert_int_equal(s.dropped.expired, 3);
	assert_int_equal(books.cursor.expired, 6);
	assert_int_equal(books.cursor.confirmed_records, 2);
}

static void
too_many_marks_make_it_coarser_but_never_wrong(void **state)
{
	const uint64_t marks = POST_MARKS;
	struct post_settled s;

	(void)state;
	begin(true);
	for (uint64_t i = 1; i <= marks + 500; i++)
		send_entry(i, 2);
	post_resend_acked(&books, (marks - 1) * 100);
	assert_int_equal(books.cursor.acked, marks - 1);
	post_resend_acked(&books, (marks + 499) * 100);
	assert_int_equal(books.cursor.acked, marks - 1);
	for (uint64_t i = marks + 501; i <= 2 * marks; i++)
		send_entry(i, 2);
	post_resend_acked(&books, UINT64_MAX);
	assert_int_equal(books.cursor.acked, 2 * marks);
	assert_int_equal(books.cursor.acked_records, 4 * marks);
	s = settle(POST_UNCLEAN);
	assert_int_equal(s.maybe_lost, 4 * marks);
}

/* Records 0..9 of entry 3 go out, then all breaks off. */
static void
send_in_part(bool tcp)
{
	const struct post_counts ten = {.fresh = 10};

	begin(tcp);
	send_entry(1, 10);
	send_entry(2, 10);
	post_resend_note(&books, place(2, 10), &ten, 250);
	assert_int_equal(books.cursor.sent, 2);
	assert_int_equal(books.cursor.sent_part, 10);
	assert_int_equal(books.cursor.sent_records, 30);
}

static void
what_was_sent_of_an_entry_counts_as_sent_again(void **state)
{
	(void)state;
	send_in_part(false);
	(void)settle(POST_UNCLEAN);
	assert_int_equal(post_resend_from(&books).seq, 0);
	assert_int_equal(post_resend_again(&books, 1, 2, 10), 10);
	assert_int_equal(post_resend_again(&books, 2, 3, 25), 10);
	assert_int_equal(post_resend_again(&books, 2, 3, 5), 5);
	assert_int_equal(post_resend_again(&books, 3, 4, 25), 0);
	/* A place in front of where it is does not take it back. */
	post_resend_note(
	    &books, place(0, 5), &(struct post_counts){.again = 5}, 100);
	assert_int_equal(books.cursor.sent_part, 10);

	/* A session whose first entry is cut knows no whole one. */
	begin(false);
	send_entry(7, 10);
	(void)settle(POST_CONFIRMED);
	post_resend_note(
	    &books, place(0, 4), &(struct post_counts){.fresh = 4}, 100);
	(void)settle(POST_UNCLEAN);
	assert_int_equal(post_resend_from(&books).seq, 7);
	assert_int_equal(post_resend_again(&books, 7, 9, 10), 4);
}

static void
a_session_that_ends_inside_an_entry_goes_on_there(void **state)
{
	struct post_settled s;

	(void)state;
	for (int tcp = 0; tcp < 2; tcp++) {
		send_in_part(tcp);
		(void)settle(POST_CONFIRMED);
		assert_int_equal(post_resend_from(&books).seq, 2);
		assert_int_equal(post_resend_from(&books).part, 10);
		assert_int_equal(books.cursor.confirmed_records, 30);
	}
	send_in_part(true);
	post_resend_acked(&books, 250);
	s = settle(POST_UNCLEAN);
	assert_int_equal(s.maybe_lost, 30);
	assert_int_equal(s.from, 1);
	assert_int_equal(s.to, 3);
	assert_int_equal(post_resend_from(&books).part, 10);
	send_in_part(true);
	post_resend_acked(&books, 249);
	s = settle(POST_UNCLEAN);
	assert_int_equal(s.maybe_lost, 20);
	assert_int_equal(post_resend_from(&books).seq, 2);
	assert_int_equal(post_resend_from(&books).part, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_confirmed_session_settles_all_that_was_sent),
	    cmocka_unit_test(resend_all_begins_behind_the_last_confirmation),
	    cmocka_unit_test(
		what_was_sent_and_is_then_withheld_does_not_stay_sent),
	    cmocka_unit_test(resend_tcp_gives_up_what_tcp_took_and_counts_it),
	    cmocka_unit_test(after_a_crash_the_saved_cursor_decides),
	    cmocka_unit_test(what_was_not_sent_is_settled_once_with_its_reason),
	    cmocka_unit_test(
		in_tcp_mode_a_checkpoint_settles_drops_that_are_behind),
	    cmocka_unit_test(what_was_sent_of_an_entry_counts_as_sent_again),
	    cmocka_unit_test(a_session_that_ends_inside_an_entry_goes_on_there),
	    cmocka_unit_test(too_many_marks_make_it_coarser_but_never_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
