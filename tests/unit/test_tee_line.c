/* One session's way upstream: what arrives, what is sent again, what is lost.
 */
#include <unistd.h>
#include "tee_world.h"

static struct session
session_of(struct tee_world *w, unsigned sensor, const char *id)
{
	struct session s = {.hub = &w->hub, .sensor = &w->sensor[sensor]};

	(void)snprintf(s.id, sizeof(s.id), "%s", id);
	return s;
}

static bool
all_are_gone(struct tee_world *w)
{
	return w->tee->n == 0;
}

static bool
something_came(struct tee_world *w)
{
	return w->conn[w->n_conns - 1].got.n != 0;
}

static bool
two_are_left(struct tee_world *w)
{
	return w->tee->n == 2;
}

static bool
one_is_left(struct tee_world *w)
{
	return w->tee->n == 1;
}

static bool
the_server_is_there(struct tee_world *w)
{
	return !w->tee->failing;
}

/* It is open, its first frame is there; and it does not settle by itself. */
static struct tee_conn *
opened(struct tee_world *w)
{
	struct tee_conn *c = tee_connect(w);

	tee_turn_state(w, TEE_OPEN);
	(void)event_del(TAILQ_LAST(&w->tee->lines, tee_lines)->timer);
	tee_turn(w, something_came);
	return c;
}

/* As if its timer's time had come. */
static void
time_passes(struct tee_world *w)
{
	w->tee->rest_until_ms = 0;
	tee_line_timer(-1, 0, TAILQ_FIRST(&w->tee->lines));
}

/* ---- the straight way ---- */

static void
frames_arrive_as_they_came_and_the_end_is_confirmed(void **state)
{
	/* Sizes whose records a d4-core would keep back, if cut badly. */
	static const size_t sizes[] = {
	    0, 5, 16322, 16323, 16382, 32707, 65535, 200000};
	struct tee_world *w = *state;
	struct session s = session_of(w, 0, "a");
	const struct tee_counts *n = &w->tee->counts;
	struct tee_conn *c;

	for (size_t i = 0; i < COUNT(sizes); i++)
		tee_send(w, &s, 8, sizes[i]);
	assert_int_equal(w->n_asked, 1);
	c = tee_connect(w);
	w->answers = true;
	tee_turn_state(w, TEE_OPEN);
	assert_int_equal(tee_busy(w->tee), 1);
	tee_end(s.tee);
	assert_null(s.tee);
	tee_turn(w, all_are_gone);
	assert_true(tee_has(c, sizes, COUNT(sizes)));
	assert_int_equal(n->confirmed, 1);
	assert_int_equal(n->frames, COUNT(sizes));
	assert_int_equal(n->bytes, c->got.n);
	assert_int_equal(n->missed + n->given_up + n->unconfirmed, 0);
	assert_int_equal(w->tee->held, 0);
}

/* Nothing that is sent is kept once the server cannot refuse. */
static void
a_settled_session_keeps_nothing(void **state)
{
	struct tee_world *w = *state;
	struct session s = session_of(w, 0, "a");
	const struct tee_line *l;

	tee_send(w, &s, 8, 1000);
	opened(w);
	l = TAILQ_FIRST(&w->tee->lines);
	assert_false(l->settled);
	assert_int_equal(l->out.n, D4_HEADER_LEN + 1000);
	time_passes(w);
	assert_true(l->settled);
	assert_int_equal(l->out.n, 0);
	assert_int_equal(w->tee->held, TEE_OVERHEAD);
}

static void
a_session_of_the_same_stream_waits_for_the_one_before(void **state)
{
	struct tee_world *w = *state;
	struct session a = session_of(w, 0, "a"), b = session_of(w, 0, "b");
	struct session other = session_of(w, 1, "c");
	static const size_t one[] = {1}, two[] = {2};
	struct tee_conn *c, *d;

	tee_send(w, &a, 8, 1);
	c = opened(w);
	tee_send(w, &b, 8, 2);
	assert_int_equal(w->n_asked, 1);
	tee_send(w, &other, 8, 3);
	assert_int_equal(w->n_asked, 2); /* another sensor does not wait */
	(void)event_del(other.tee->timer);
	tee_end(a.tee);
	w->answers = true;
	tee_turn(w, two_are_left);
	/* Its place is free: the next one is asked for, by the end itself. */
	assert_int_equal(w->n_asked, 3);
	d = tee_connect(w);
	tee_end(b.tee);
	tee_turn(w, one_is_left);
	assert_true(tee_has(c, one, 1));
	assert_true(tee_has(d, two, 1));
}

static void
meta_headers_of_one_sensor_go_side_by_side(void **state)
{
	struct tee_world *w = *state;
	struct session a = session_of(w, 0, "a"), b = session_of(w, 0, "b");

	tee_send(w, &a, D4_TYPE_META, 1);
	tee_send(w, &b, D4_TYPE_META, 1);
	assert_int_equal(w->n_asked, 2);
}

/* ---- refused, lost, away ---- */

static void
a_refused_session_is_sent_again_from_its_first_byte(void **state)
{
	static const size_t sizes[] = {10, 20, 30};
	struct tee_world *w = *state;
	struct session s = session_of(w, 0, "a");
	struct tee_conn *c;

	tee_send(w, &s, 8, 10);
	tee_send(w, &s, 8, 20);
	c = opened(w);
	d4_tls_free(c->tls); /* as a d4-core does: no close_notify */
	c->tls = NULL;
	tee_turn_state(w, TEE_WAIT);
	tee_send(w, &s, 8, 30);
	time_passes(w);
	assert_int_equal(w->n_asked, 2);
	c = tee_connect(w);
	w->answers = true;
	tee_turn_state(w, TEE_OPEN);
	tee_end(s.tee);
	tee_turn(w, all_are_gone);
	assert_true(tee_has(c, sizes, COUNT(sizes)));
	assert_int_equal(w->tee->counts.confirmed, 1);
	assert_int_equal(w->tee->counts.frames, 3);
	assert_int_equal(w->tee->counts.missed, 0);
}

static void
a_session_that_is_over_is_given_up_after_six_refusals(void **state)
{
	struct tee_world *w = *state;
	struct session s = session_of(w, 0, "a");
	size_t frames;

	tee_send(w, &s, 8, 10);
	tee_end(s.tee);
	for (unsigned i = 0; i < TEE_REFUSALS; i++) {
		struct tee_conn *c = tee_connect(w);

		tee_turn_state(w, TEE_BYE);
		tee_turn(w, something_came);
		d4_tls_free(c->tls);
		c->tls = NULL;
		if (i + 1 == TEE_REFUSALS)
			break;
		tee_turn_state(w, TEE_WAIT);
		time_passes(w);
	}
	tee_turn(w, all_are_gone);
	assert_int_equal(tee_noted(w, "tee.refused", "frames", &frames), 1);
	assert_int_equal(frames, 1);
	assert_int_equal(w->tee->counts.missed, 1);
	assert_int_equal(w->tee->counts.given_up, 1);
}

/* There is no way back: the rest would be a session of its own. */
static void
a_settled_session_that_is_cut_is_lost_and_all_of_it_counted(void **state)
{
	struct tee_world *w = *state;
	struct session s = session_of(w, 0, "a");
	struct tee_conn *c;
	size_t frames;

	tee_send(w, &s, 8, 10);
	c = opened(w);
	time_passes(w);
	d4_tls_free(c->tls);
	c->tls = NULL;
	tee_turn_state(w, TEE_OFF);
	assert_int_equal(w->tee->held, TEE_OVERHEAD);
	tee_send(w, &s, 8, 20);
	tee_send(w, &s, 8, 30);
	tee_end(s.tee);
	assert_int_equal(w->tee->n, 0);
	assert_int_equal(tee_noted(w, "tee.lost", "frames", &frames), 2);
	assert_int_equal(frames, 2); /* when it was cut none was missing yet */
	assert_int_equal(w->tee->counts.frames, 1);
	assert_int_equal(w->tee->counts.missed, 2);
	assert_int_equal(w->n_asked, 1);
}

static void
what_does_not_fit_ends_the_tee_of_that_session_only(void **state)
{
	struct tee_world *w = *state;
	struct session a = session_of(w, 0, "a"), b = session_of(w, 1, "b");
	size_t frames;

	w->deaf = true; /* nobody connects */
	tee_send(w, &b, 8, 10);
	for (unsigned i = 0; i < 4; i++)
		tee_send(w, &a, 8, 400000);
	assert_int_equal(tee_noted(w, "tee.full", "frames", &frames), 1);
	assert_int_equal(frames, 2); /* that were waiting; the others come */
	tee_end(a.tee);
	assert_int_equal(tee_noted(w, "tee.full", "frames", &frames), 2);
	assert_int_equal(frames, 4);
	assert_int_equal(w->tee->counts.missed, 4);
	assert_int_equal(w->tee->n, 1);
	assert_int_equal(b.tee->state, TEE_WAIT);
}

static void
all_sessions_together_have_a_limit(void **state)
{
	struct tee_world *w = *state;
	struct session a = session_of(w, 0, "a"), b = session_of(w, 1, "b");
	size_t frames;

	w->deaf = true;
	w->opt.tee_memory = 600000;
	tee_send(w, &a, 8, 500000);
	tee_send(w, &b, 8, 500000);
	assert_int_equal(tee_noted(w, "tee.full", "frames", &frames), 1);
	assert_int_equal(a.tee->state, TEE_WAIT);
	assert_int_equal(b.tee->state, TEE_OFF);
}

static void
a_server_that_is_away_is_tried_one_at_a_time(void **state)
{
	struct tee_world *w = *state;
	struct session a = session_of(w, 0, "a"), b = session_of(w, 1, "b");

	tee_send(w, &a, 8, 1);
	tee_dialed(w->tee, w->asked[0], -1, "no route");
	assert_true(w->tee->failing);
	assert_int_equal(w->tee->asking, 0);
	tee_send(w, &b, 8, 1); /* rests, as the first one does */
	assert_int_equal(w->n_asked, 1);
	time_passes(w);
	assert_int_equal(w->n_asked, 2);
	tee_line_timer(-1, 0, b.tee); /* one tries */
	assert_int_equal(w->n_asked, 2);
	(void)event_del(b.tee->timer);
	tee_connect(w);
	tee_turn(w, the_server_is_there);
	tee_line_timer(-1, 0, b.tee);
	assert_int_equal(w->n_asked, 3);
}

static void
who_does_not_answer_in_time_is_tried_again(void **state)
{
	struct tee_world *w = *state;
	struct session s = session_of(w, 0, "a");
	int pair[2];

	tee_send(w, &s, 8, 1);
	time_passes(w); /* the supervisor says nothing */
	assert_true(w->tee->failing);
	assert_int_equal(s.tee->state, TEE_WAIT);
	/* What comes late belongs to nobody, and is closed. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	tee_dialed(w->tee, w->asked[0], pair[0], NULL);
	assert_int_equal(read(pair[1], &(char){0}, 1), 0);
	(void)close(pair[1]);
	time_passes(w);
	assert_int_equal(s.tee->state, TEE_ASK);
	assert_int_not_equal(w->asked[0], w->asked[1]);
}

static void
an_end_without_answer_is_unconfirmed(void **state)
{
	struct tee_world *w = *state;
	struct session s = session_of(w, 0, "a");
	size_t sent;

	tee_send(w, &s, 8, 10);
	opened(w);
	tee_end(s.tee);
	tee_turn_state(w, TEE_BYE);
	time_passes(w);
	assert_int_equal(w->tee->n, 0);
	assert_int_equal(w->tee->counts.unconfirmed, 1);
	assert_int_equal(tee_noted(w, "tee.unconfirmed", "sent", &sent), 1);
	assert_int_equal(sent, 1);
}

static void
a_hub_that_stops_accounts_what_waits(void **state)
{
	struct tee_world *w = *state;
	struct session a = session_of(w, 0, "a"), b = session_of(w, 1, "b");
	size_t frames;

	w->deaf = true;
	tee_send(w, &a, 8, 10);
	tee_send(w, &b, 8, 10);
	tee_send(w, &b, 8, 10);
	tee_free(w->tee);
	w->tee = NULL;
	assert_null(a.tee);
	assert_int_equal(tee_noted(w, "tee.stopped", "frames", &frames), 2);
	assert_int_equal(frames, 3);
}

int
main(void)
{
#define T(f) \
	cmocka_unit_test_setup_teardown(f, tee_world_setup, tee_world_teardown)
	const struct CMUnitTest tests[] = {
	    T(frames_arrive_as_they_came_and_the_end_is_confirmed),
	    T(a_settled_session_keeps_nothing),
	    T(a_session_of_the_same_stream_waits_for_the_one_before),
	    T(meta_headers_of_one_sensor_go_side_by_side),
	    T(a_refused_session_is_sent_again_from_its_first_byte),
	    T(a_session_that_is_over_is_given_up_after_six_refusals),
	    T(a_settled_session_that_is_cut_is_lost_and_all_of_it_counted),
	    T(what_does_not_fit_ends_the_tee_of_that_session_only),
	    T(all_sessions_together_have_a_limit),
	    T(a_server_that_is_away_is_tried_one_at_a_time),
	    T(who_does_not_answer_in_time_is_tried_again),
	    T(an_end_without_answer_is_unconfirmed),
	    T(a_hub_that_stops_accounts_what_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
