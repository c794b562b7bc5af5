#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "libd4/kit/spool_share.h"
#include "spool_make.h"
#include "tmpfixture.h"
#include "prop.h"

#define LANES   3u
#define ENTRIES ((size_t)60)
#define DATA    3000u

/* What each lane must hold, entry by entry: which text, how long. */
struct world {
	struct d4_spool_writer *w[LANES];
	struct d4_spool_shares pool;
	size_t n[LANES], committed[LANES];
	struct {
		uint8_t fill;
		size_t len;
	} want[LANES][20 * ENTRIES];
	uint64_t id;
};

static void
lane_folder(size_t i, char *out, size_t n)
{
	(void)snprintf(out, n, "%s/%zu", dir, i);
}

static void
world_open(struct world *t)
{
	char path[160];

	memset(t, 0, sizeof(*t));
	for (size_t i = 0; i < LANES; i++) {
		lane_folder(i, path, sizeof(path));
		t->w[i] = open_writer(path, "r1", NULL);
	}
}

static void
world_close(struct world *t)
{
	for (size_t i = 0; i < LANES; i++)
		d4_spool_writer_close(t->w[i]);
	d4_spool_shares_fini(&t->pool);
	assert_null(t->pool.free);
}

static void
expect_all(const struct world *t, size_t lane)
{
	const struct d4_spool_lane *head;
	struct d4_spool_reader *r = NULL;
	struct d4_spool_entry e;
	char path[160], deep[256];

	lane_folder(lane, path, sizeof(path));
	(void)snprintf(deep, sizeof(deep), "%s/acme-csirt/" LANE_ID, path);
	assert_int_equal(d4_spool_reader_open(deep, 0, &r), D4_OK);
	for (size_t i = 0; i < t->committed[lane]; i++) {
		assert_int_equal(d4_spool_next(r, &head, &e), D4_OK);
		assert_int_equal(e.data.n, t->want[lane][i].len);
		for (size_t k = 0; k < e.data.n; k++)
			assert_int_equal(
			    e.data.p[k], (uint8_t)(t->want[lane][i].fill + k));
	}
	assert_int_equal(d4_spool_next(r, &head, &e), D4_AGAIN);
	d4_spool_reader_close(r);
}

static void
want(struct world *t, size_t lane, uint8_t fill, size_t len)
{
	size_t at = t->n[lane]++;

	assert_true(at < 20 * ENTRIES);
	t->want[lane][at].fill = fill;
	t->want[lane][at].len = len;
}

/* One entry, for some lanes alike, for some of their own. */
static void
put(struct world *t, struct prop *r)
{
	size_t len = prop_below(r, 8) == 0 ? 0 : prop_below(r, DATA);
	uint8_t fill = (uint8_t)prop_next(r);
	struct d4_spool_share *s = NULL;
	struct d4_spool_entry e;

	assert_int_equal(d4_spool_share_take(&t->pool, len, DATA, &s), D4_OK);
	for (; s->bytes.n < len; s->bytes.n++)
		s->bytes.p[s->bytes.n] = (uint8_t)(fill + s->bytes.n);
	e = make_entry(++t->id, s->bytes.p, len);
	for (size_t i = 0; i < LANES; i++) {
		switch (prop_below(r, 3)) {
		case 0:
			assert_int_equal(d4_spool_append(t->w[i], &e), D4_OK);
			want(t, i, fill, len);
			break;
		case 1:
			assert_int_equal(
			    d4_spool_append_share(t->w[i], &e, s), D4_OK);
			want(t, i, fill, len);
			break;
		default:
			break;
		}
	}
	d4_spool_share_drop(s);
}

/* No file may grow: commits fail, in the midst of shared data, too. */
static void
commit_too_much(struct world *t, struct prop *r)
{
	struct rlimit old, small;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = (rlim_t)(600 + prop_below(r, 60000));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (size_t i = 0; i < LANES; i++) {
		if (d4_spool_commit(t->w[i]) == D4_OK)
			t->committed[i] = t->n[i];
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
}

static void
turn(struct world *t, struct prop *r)
{
	for (size_t n = prop_below(r, ENTRIES); n > 0; n--) {
		put(t, r);
		if (prop_below(r, 6) == 0)
			d4_spool_flush(t->w[prop_below(r, LANES)]);
	}
	switch (prop_below(r, 4)) {
	case 0:
		commit_too_much(t, r);
		break;
	case 1: {
		size_t i = prop_below(r, LANES);

		d4_spool_drop(t->w[i]);
		t->n[i] = t->committed[i];
		break;
	}
	default:
		break;
	}
	for (size_t i = 0; i < LANES; i++) {
		assert_int_equal(d4_spool_commit(t->w[i]), D4_OK);
		assert_int_equal(d4_spool_queued(t->w[i]), 0);
		t->committed[i] = t->n[i];
	}
}

static void
lanes_hold_what_they_share_as_if_it_were_their_own(void **state)
{
	struct prop r = prop_case(prop_seed(), 1);
	static struct world t;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	world_open(&t);
	for (size_t i = 0; i < 18; i++)
		turn(&t, &r);
	for (size_t i = 0; i < LANES; i++)
		expect_all(&t, i);
	world_close(&t);
}

static void
bytes_go_back_to_their_pool_once_nobody_holds_them(void **state)
{
	static struct world t;
	struct d4_spool_share *s = NULL, *again = NULL;
	struct d4_spool_entry e;

	(void)state;
	world_open(&t);
	assert_int_equal(d4_spool_share_take(&t.pool, 4, DATA, &s), D4_OK);
	assert_int_equal(d4_buf_adds(&s->bytes, "text"), D4_OK);
	e = make_entry(1, s->bytes.p, 3);
	assert_int_equal(d4_spool_append_share(t.w[0], &e, s), D4_ETOOBIG);
	e.data.n = 4;
	assert_int_equal(d4_spool_append_share(t.w[0], &e, s), D4_OK);
	assert_int_equal(d4_spool_append_share(t.w[1], &e, s), D4_OK);
	assert_int_equal(d4_spool_queued(t.w[0]), D4_SPOOL_FIXED + 4);
	d4_spool_share_drop(s);
	assert_int_equal(d4_spool_commit(t.w[0]), D4_OK);
	assert_null(t.pool.free);
	d4_spool_drop(t.w[1]);
	assert_ptr_equal(t.pool.free, s);
	assert_int_equal(d4_spool_share_take(&t.pool, 4, DATA, &again), D4_OK);
	assert_ptr_equal(again, s);
	assert_int_equal(again->bytes.n, 0);
	d4_spool_share_drop(again);
	d4_spool_share_drop(NULL);
	world_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		lanes_hold_what_they_share_as_if_it_were_their_own, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		bytes_go_back_to_their_pool_once_nobody_holds_them, setup,
		teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
