/* The shelf against a Redis that answers what the test says. */
#include "libd4/kit/log.h"
#include "shelf_wire_world.h"

#define MAX_BYTES 10000u

static void
on_up(void *arg)
{
	shelf_up(((struct world *)arg)->shelf);
}

static void
on_down(void *arg, const char *why)
{
	(void)arg;
	(void)why;
}

static void
on_full(void *arg, bool full)
{
	struct world *w = arg;

	w->fulls += full;
	w->frees += !full;
}

static void
on_acked(void *arg)
{
	((struct world *)arg)->acked++;
}

static struct shelf_origin *
make_origin(struct world *w, const char *sess)
{
	struct shelf_origin *o = shelf_origin_new();

	assert_non_null(o);
	assert_int_equal(d4_uuid_parse(sess, &o->sess), D4_OK);
	o->type = 8;
	o->shard = STAILQ_FIRST(&w->queues)->shard;
	o->acked = on_acked;
	o->arg = w;
	return o;
}

static void
put(struct world *w, struct shelf_origin *o, uint64_t seq)
{
	struct draft d;

	draft_init(&d);
	assert_int_equal(d4_buf_adds(&d.data, "x\n"), D4_OK);
	d.seq = seq;
	d.n = 1;
	assert_int_equal(shelf_put(w->shelf, o, &d), D4_OK);
	draft_fini(&d);
}

static int
setup(void **state)
{
	static const struct d4_redis_events ev = {on_up, on_down};
	struct world *w = calloc(1, sizeof(*w));
	struct queue *q;

	d4_log_open("test", D4_LOG_ERROR, false);
	w->fd = -1;
	w->base = event_base_new();
	STAILQ_INIT(&w->queues);
	assert_int_equal(queue_add(&w->queues, 8, "", 1, &q), D4_OK);
	assert_int_equal(
	    d4_redis_new(w->base, &ev, w, 1 << 20, &w->redis), D4_OK);
	assert_int_equal(shelf_new(&(struct shelf_setup){.base = w->base,
				       .redis = w->redis,
				       .max = MAX_BYTES,
				       .full = on_full,
				       .arg = w},
			     &w->shelf),
	    D4_OK);
	w->origin = make_origin(w, "aaaa0000-0000-4000-8000-000000000000");
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	d4_redis_free(w->redis);
	shelf_origin_unref(w->origin);
	shelf_free(w->shelf);
	queue_list_fini(&w->queues);
	if (w->reader != NULL)
		redisReaderFree(w->reader);
	if (w->fd >= 0)
		(void)close(w->fd);
	event_base_free(w->base);
	free(w);
	return 0;
}

static void
a_lone_entry_goes_alone_and_is_acknowledged(void **state)
{
	struct world *w = *state;

	attach(w);
	put(w, w->origin, 1);
	receive(w);
	assert_string_equal(w->seen, "aaaa:1 ");
	assert_int_equal(shelf_entries(w->shelf), 1);
	assert_int_equal(w->acked, 0);
	answer(w, "$3\r\n1-1\r\n");
	assert_int_equal(shelf_entries(w->shelf), 0);
	assert_int_equal(shelf_bytes(w->shelf), 0);
	assert_int_equal(w->acked, 1);
	assert_int_equal(w->origin->shard->records, 1);
}

static void
entries_that_are_there_together_are_one_transaction(void **state)
{
	struct world *w = *state;

	attach(w);
	for (uint64_t i = 1; i <= 3; i++)
		put(w, w->origin, i);
	receive(w);
	assert_string_equal(w->seen, "aaaa:1 aaaa:2 aaaa:3 | ");
	answer(w, "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n");
	assert_int_equal(w->acked, 0);
	answer(w, "*3\r\n$3\r\n1-1\r\n$3\r\n1-2\r\n$3\r\n1-3\r\n");
	assert_int_equal(w->acked, 1);
	assert_int_equal(shelf_entries(w->shelf), 0);
}

static void
nothing_is_lost_without_a_connection(void **state)
{
	struct world *w = *state;

	put(w, w->origin, 1);
	put(w, w->origin, 2);
	turn(w);
	attach(w);
	receive(w);
	assert_string_equal(w->seen, "aaaa:1 aaaa:2 | ");
	/* The connection goes before the answer: all again, in order. */
	attach(w);
	put(w, w->origin, 3);
	receive(w);
	receive(w);
	assert_string_equal(w->seen, "aaaa:1 aaaa:2 | aaaa:3 ");
}

static void
what_fails_is_sent_again_under_its_own_name(void **state)
{
	struct world *w = *state;

	attach(w);
	put(w, w->origin, 1);
	put(w, w->origin, 2);
	receive(w);
	answer(w, "+OK\r\n-OOM x\r\n-OOM x\r\n-EXECABORT x\r\n");
	assert_int_equal(shelf_entries(w->shelf), 2);
	w->seen[0] = '\0';
	/* The shelf rests a while, and this one comes before its end or not. */
	put(w, w->origin, 3);
	receive_until(w, "aaaa:3 ");
	if (strcmp(w->seen, "aaaa:1 aaaa:2 | aaaa:3 ") != 0)
		assert_string_equal(w->seen, "aaaa:1 aaaa:2 aaaa:3 | ");
}

/*
 * The wash drops (sess, seq) that are not above the last: entry 1, which
 * failed, must not come behind entry 2 of the same session.
 */
static void
what_was_overtaken_is_not_taken_for_a_repetition(void **state)
{
	struct world *w = *state;
	struct shelf_origin *other =
	    make_origin(w, "bbbb0000-0000-4000-8000-000000000000");

	attach(w);
	put(w, w->origin, 1);
	receive(w);
	put(w, w->origin, 2);
	put(w, other, 1);
	receive(w);
	assert_string_equal(w->seen, "aaaa:1 aaaa:2 bbbb:1 | ");
	w->seen[0] = '\0';
	answer(w, "-OOM x\r\n");
	answer(w, "+OK\r\n+QUEUED\r\n+QUEUED\r\n"
		  "*2\r\n$3\r\n1-2\r\n$3\r\n1-3\r\n");
	receive_until(w, ":1 ");
	assert_int_equal(w->xadds, 4);
	assert_memory_not_equal(w->seen, "aaaa", 4);
	assert_string_equal(w->seen + 4, ":1 ");
	answer(w, "$3\r\n1-4\r\n");
	assert_int_equal(shelf_entries(w->shelf), 0);
	/* What comes later goes under the session's name again. */
	w->seen[0] = '\0';
	put(w, w->origin, 3);
	receive(w);
	assert_string_equal(w->seen, "aaaa:3 ");
	shelf_origin_unref(other);
}

static void
a_full_shelf_says_so_once_and_is_free_at_half(void **state)
{
	struct world *w = *state;
	uint64_t i;

	for (i = 1; w->fulls == 0; i++)
		put(w, w->origin, i);
	put(w, w->origin, i);
	assert_int_equal(w->fulls, 1);
	assert_true(shelf_is_full(w->shelf));
	attach(w);
	receive(w);
	answer(w, "+OK\r\n");
	for (uint64_t k = 0; k < w->xadds; k++)
		answer(w, "+QUEUED\r\n");
	assert_int_equal(w->frees, 0);
	{
		char text[64];

		(void)snprintf(text, sizeof(text), "*%u\r\n", w->xadds);
		answer(w, text);
		for (unsigned k = 0; k < w->xadds; k++)
			answer(w, "$3\r\n1-1\r\n");
	}
	assert_int_equal(w->frees, 1);
	assert_int_equal(w->fulls, 1);
}

static void
a_session_may_be_gone_before_its_entries(void **state)
{
	struct world *w = *state;
	struct shelf_origin *o =
	    make_origin(w, "cccc0000-0000-4000-8000-000000000000");

	attach(w);
	put(w, o, 1);
	o->acked = NULL;
	shelf_origin_unref(o);
	receive(w);
	answer(w, "$3\r\n1-1\r\n");
	assert_int_equal(shelf_entries(w->shelf), 0);
	assert_int_equal(w->acked, 0);
}

static void
what_is_given_up_is_counted(void **state)
{
	struct world *w = *state;
	uint64_t entries, records, bytes;

	put(w, w->origin, 1);
	put(w, w->origin, 2);
	shelf_lost(w->shelf, &entries, &records, &bytes);
	assert_int_equal(entries, 2);
	assert_int_equal(records, 2);
	assert_int_equal(bytes, 4);
	assert_int_equal(shelf_bytes(w->shelf), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_lone_entry_goes_alone_and_is_acknowledged),
	    T(entries_that_are_there_together_are_one_transaction),
	    T(nothing_is_lost_without_a_connection),
	    T(what_fails_is_sent_again_under_its_own_name),
	    T(what_was_overtaken_is_not_taken_for_a_repetition),
	    T(a_full_shelf_says_so_once_and_is_free_at_half),
	    T(a_session_may_be_gone_before_its_entries),
	    T(what_is_given_up_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
