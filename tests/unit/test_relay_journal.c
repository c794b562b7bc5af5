#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/kit/file.h"
#include "relay/journal.h"
#include "relay/sessions.h"
#include "tmpfixture.h"

#define KEY "d4:{8:3}:q"

static struct journal *
reopen(struct journal *j)
{
	journal_close(j);
	assert_int_equal(journal_open(dir, KEY, &j), D4_OK);
	return j;
}

static struct d4_uuid
session(uint8_t n)
{
	struct d4_uuid u;

	memset(u.b, n, sizeof(u.b));
	return u;
}

static size_t
row_of(struct journal *j, const char *partner, const char *rule)
{
	struct totals_key key = {.type = 8, .allow = true};
	size_t row = 0;

	(void)snprintf(key.partner, sizeof(key.partner), "%s", partner);
	(void)snprintf(key.rule, sizeof(key.rule), "%s", rule);
	assert_int_equal(totals_row(journal_totals(j), &key, &row), D4_OK);
	return row;
}

/* A batch of one entry of session 5: 10 in, 6 forward, 3 dropped, 1 kept. */
static void
one_batch(struct journal *j, uint64_t id)
{
	struct d4_tally zero = {.in = 0}, after = {.in = 10, .quarantined = 1};
	struct journal_batch b = {
	    .first = {id, 0}, .last = {id, 7}, .entries = 8, .fence = 3};
	struct d4_uuid sess = session(5);

	after.records[D4_R_NONE] = 6;
	after.records[D4_R_SCOPE_MISS] = 3;
	after.records[D4_R_SELFCHECK] = 1;
	assert_true(journal_session(j, &sess, id, id));
	totals_count(journal_totals(j), row_of(j, "acme", "r1"), &zero, &after);
	totals_refuse(journal_totals(j), row_of(j, "zeta", "default.deny"),
	    D4_R_POLICY_DENY, 10);
	assert_int_equal(journal_commit(j, &b), D4_OK);
}

static void
expect_sums(struct journal *j, uint64_t batches)
{
	struct totals *t = journal_totals(j);
	const struct totals_counts *c = &t->row[row_of(j, "acme", "r1")].sum;
	uint64_t withheld = 0;

	assert_int_equal(t->entries[0], 8 * batches);
	assert_int_equal(c->in, 10 * batches);
	assert_int_equal(c->forward, 6 * batches);
	assert_int_equal(c->quarantine, batches);
	for (unsigned i = 0; i < D4_REASON_MAX; i++)
		withheld += c->withheld[i];
	assert_int_equal(c->in, c->forward + withheld);
	c = &t->row[row_of(j, "zeta", "default.deny")].sum;
	assert_int_equal(c->withheld[D4_R_POLICY_DENY], 10 * batches);
	assert_int_equal(c->entries, batches);
}

static void
sums_are_exact_after_any_restart(void **state)
{
	struct journal *j = reopen(NULL);

	(void)state;
	for (uint64_t i = 1; i <= 12; i++) {
		one_batch(j, i);
		if (i % 5 == 0)
			assert_int_equal(journal_snapshot(j), D4_OK);
		if (i % 3 == 0)
			j = reopen(j);
		expect_sums(j, i);
		assert_int_equal(journal_last(j).ms, i);
		assert_int_equal(journal_last(j).n, 7);
	}
	journal_close(j);
}

static void
a_session_is_remembered_over_a_restart(void **state)
{
	struct d4_uuid five = session(5), six = session(6);
	struct journal *j = reopen(NULL);

	(void)state;
	one_batch(j, 20);
	j = reopen(j);
	assert_false(journal_session(j, &five, 20, 20));
	assert_false(journal_session(j, &five, 3, 4));
	assert_true(journal_session(j, &six, 1, 4));
	assert_int_equal(journal_snapshot(j), D4_OK);
	j = reopen(j);
	assert_false(journal_session(j, &five, 20, 20));
	assert_true(journal_session(j, &five, 21, 30));
	journal_close(j);
}

/* What a crash before the commit leaves: nothing. */
static void
a_batch_that_was_not_committed_never_was(void **state)
{
	struct d4_uuid five = session(5);
	struct journal *j = reopen(NULL);

	(void)state;
	one_batch(j, 1);
	assert_true(journal_session(j, &five, 2, 2));
	totals_refuse(journal_totals(j), row_of(j, "zeta", "default.deny"),
	    D4_R_POLICY_DENY, 1000);
	j = reopen(j);
	expect_sums(j, 1);
	assert_true(journal_session(j, &five, 2, 2));
	journal_close(j);
}

static void
a_file_that_is_no_journal_is_left_alone(void **state)
{
	struct journal *j = reopen(NULL);
	struct d4_buf text;
	char path[256];

	(void)state;
	one_batch(j, 1);
	assert_int_equal(journal_snapshot(j), D4_OK);
	journal_close(j);
	d4_buf_init(&text, 64);
	(void)snprintf(
	    path, sizeof(path), "%s/verdicts/102b836b9c54b2f0.json", dir);
	assert_int_equal(
	    d4_file_replace(path, d4_slice_str("{\"v\":1}"), 0640), D4_OK);
	assert_int_equal(journal_open(dir, KEY, &j), D4_EMALFORMED);
	assert_int_equal(d4_file_read(path, &text), D4_OK);
	assert_true(d4_slice_eqs(d4_buf_slice(&text), "{\"v\":1}"));
	d4_buf_fini(&text);
}

static void
ids_are_read_whole_or_not_at_all(void **state)
{
	static const char *const bad[] = {"", "-", "1", "1-", "-1", "1-2-",
	    "1-2x", "x1-2", " 1-2", "+1-2", "18446744073709551616-0",
	    "1-18446744073709551616",
	    "000000000000000000000000000000000000000001-2"};
	struct stream_id id = {9, 9}, other = {9, 10};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(stream_id_parse(bad[i], strlen(bad[i]), &id),
		    D4_EMALFORMED);
	assert_int_equal(id.ms, 9);
	assert_true(stream_id_compare(&id, &other) < 0);
	assert_int_equal(
	    stream_id_parse("18446744073709551615-0", 22, &id), D4_OK);
	assert_true(id.ms == UINT64_MAX);
	assert_true(stream_id_compare(&id, &other) > 0);
	assert_int_equal(stream_id_compare(&id, &id), 0);
}

static void
of_too_many_sessions_the_oldest_is_forgotten(void **state)
{
	struct sessions *s = NULL;
	struct d4_uuid id = session(1), first = session(1);

	(void)state;
	assert_int_equal(sessions_new(&s), D4_OK);
	assert_true(sessions_seen(s, &first, 1, 7));
	for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
		memcpy(id.b + 4, &i, sizeof(i));
		memcpy(id.b, &i, sizeof(i));
		assert_true(sessions_seen(s, &id, 1, i + 1));
		if (i < 100) /* it stays as long as it is seen */
			assert_false(sessions_seen(s, &first, 7, 7));
	}
	assert_int_equal(sessions_last(s, &id), SESSIONS_MAX);
	assert_int_equal(sessions_last(s, &first), 7);
	for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
		uint32_t k = i + 1000000;

		memcpy(id.b, &k, sizeof(k));
		assert_true(sessions_seen(s, &id, 1, 1));
	}
	assert_int_equal(sessions_last(s, &first), 0);
	assert_true(sessions_seen(s, &first, 1, 7));
	sessions_free(s);
}

static void
rows_beyond_the_limit_are_counted_together(void **state)
{
	struct totals_key key = {.type = 1};
	struct totals t;
	size_t row = 0, other = 0;

	(void)state;
	totals_init(&t);
	for (unsigned i = 0; i < TOTALS_ROWS + 50; i++) {
		(void)snprintf(key.rule, sizeof(key.rule), "r%u", i);
		assert_int_equal(totals_row(&t, &key, &row), D4_OK);
		totals_refuse(&t, row, D4_R_POLICY_DENY, 1);
	}
	assert_int_equal(t.n, TOTALS_ROWS);
	assert_int_equal(row, TOTALS_ROWS - 1);
	(void)snprintf(key.rule, sizeof(key.rule), "r77");
	assert_int_equal(totals_row(&t, &key, &other), D4_OK);
	assert_int_equal(other, 77);
	totals_commit(&t);
	assert_int_equal(t.row[row].sum.in, 51);
	totals_fini(&t);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(sums_are_exact_after_any_restart),
	    T(a_session_is_remembered_over_a_restart),
	    T(a_batch_that_was_not_committed_never_was),
	    T(a_file_that_is_no_journal_is_left_alone),
	    cmocka_unit_test(ids_are_read_whole_or_not_at_all),
	    cmocka_unit_test(of_too_many_sessions_the_oldest_is_forgotten),
	    cmocka_unit_test(rows_beyond_the_limit_are_counted_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
