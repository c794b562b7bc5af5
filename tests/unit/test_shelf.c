/* The shelf, with a Redis that answers what the test says. */
#include <event2/event.h>
#include "hub/shelf.h"
#include "libd4/kit/log.h"
#include "test.h"

#define ASKED 64u

/* What was sent and not answered, in order. */
static struct {
	d4_redis_fn *fn;
	void *arg;
	char sess[D4_UUID_TEXT], seq[24], ref[D4_REF_TEXT];
} asked[ASKED];

/* The transaction that was sent last. */
static struct {
	d4_redis_fn *fn;
	void *arg;
} exec;

static size_t n_asked;
static bool up;

bool
d4_redis_is_up(const struct d4_redis *r)
{
	(void)r;
	return up;
}

static void
field(const struct d4_slice *argv, size_t n, const char *name, char *out,
    size_t max)
{
	size_t words = d4_slice_eqs(argv[0], "EVAL") ? OVERFLOW_WORDS : 3;

	for (size_t i = words; i + 1 < n; i += 2) {
		if (d4_slice_eqs(argv[i], name))
			(void)snprintf(out, max, "%.*s", (int)argv[i + 1].n,
			    (const char *)argv[i + 1].p);
	}
}

enum d4_status
d4_redis_sendf(
    struct d4_redis *r, d4_redis_fn *fn, void *arg, const char *fmt, ...)
{
	(void)r;
	if (strcmp(fmt, "EXEC") == 0) {
		exec.fn = fn;
		exec.arg = arg;
	}
	return D4_OK;
}

void
d4_redis_reset(struct d4_redis *r)
{
	(void)r;
}

static enum d4_status
asked_add(const struct d4_slice *argv, size_t n, d4_redis_fn *fn, void *arg)
{
	assert_true(n_asked < ASKED);
	asked[n_asked].fn = fn;
	asked[n_asked].arg = arg;
	field(argv, n, "sess", asked[n_asked].sess, D4_UUID_TEXT);
	field(argv, n, "seq", asked[n_asked].seq, sizeof(asked[0].seq));
	asked[n_asked].ref[0] = '\0';
	field(argv, n, "ref", asked[n_asked].ref, sizeof(asked[0].ref));
	n_asked++;
	return D4_OK;
}

enum d4_status
d4_redis_lend(struct d4_redis *r, const struct d4_slice *argv, size_t n,
    d4_redis_fn *fn, void *arg)
{
	(void)r;
	return asked_add(argv, n, fn, arg);
}

enum d4_status
d4_redis_send(struct d4_redis *r, const struct d4_slice *argv, size_t n,
    d4_redis_fn *fn, void *arg)
{
	(void)r;
	return asked_add(argv, n, fn, arg);
}

/* A disk that takes what it shall, and is durable when it shall be. */
static struct {
	bool wants, durable;
	unsigned put, synced, done;
} disk;

static bool
disk_put(void *arg, struct queue_shard *s, const struct d4_entry *e,
    struct d4_ref *out)
{
	(void)arg;
	(void)s;
	if (!disk.wants)
		return false;
	disk.put++;
	*out = (struct d4_ref){
	    .segment = 1, .offset = disk.put, .length = (uint32_t)e->data.n};
	return true;
}

static bool
disk_sync(void *arg)
{
	(void)arg;
	disk.synced++;
	return disk.durable;
}

static size_t
disk_words(const struct queue_shard *s, const struct d4_ref *ref,
    struct overflow_text *t, struct d4_slice argv[OVERFLOW_WORDS])
{
	(void)s;
	(void)ref;
	(void)t;
	for (size_t i = 0; i < OVERFLOW_WORDS; i++)
		argv[i] = d4_slice_str("EVAL");
	assert_true(disk.synced > 0); /* never before it is durable */
	return OVERFLOW_WORDS;
}

static void
disk_done(void *arg, struct queue_shard *s, const struct d4_ref *ref)
{
	(void)arg;
	(void)s;
	(void)ref;
	disk.done++;
}

static const struct shelf_disk disk_ops = {
    disk_put, disk_sync, disk_words, disk_done};

/* The oldest question is answered: +1 taken, -1 refused, 0 lost. */
static void
answer(int how)
{
	redisReply ok = {.type = REDIS_REPLY_STRING};
	redisReply bad = {.type = REDIS_REPLY_ERROR, .str = "OOM"};
	d4_redis_fn *fn = asked[0].fn;
	void *arg = asked[0].arg;

	assert_true(n_asked > 0);
	memmove(asked, asked + 1, --n_asked * sizeof(asked[0]));
	fn(arg, how == 0 ? D4_ECLOSED : D4_OK,
	    how == 0 ? NULL : (how > 0 ? &ok : &bad));
}

struct box {
	struct event_base *base;
	struct shelf *shelf;
	struct shelf_origin *origin;
	struct queue queue;
	struct queue_shard shard;
	char sess[D4_UUID_TEXT];
};

static void
on_full(void *arg, bool full)
{
	(void)arg;
	(void)full;
}

static int
setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	struct shelf_setup set = {
	    .max = 1u << 20, .full = on_full, .arg = b, .disk = &disk_ops};

	d4_log_open("test", D4_LOG_ERROR, false);
	b->base = event_base_new();
	set.base = b->base;
	if (shelf_new(&set, &b->shelf) != D4_OK)
		return -1;
	b->shard.queue = &b->queue;
	b->origin = shelf_origin_new();
	b->origin->shard = &b->shard;
	b->origin->type = 8;
	if (d4_uuid_random(&b->origin->sess) != D4_OK)
		return -1;
	d4_uuid_text(&b->origin->sess, b->sess);
	n_asked = 0;
	memset(&disk, 0, sizeof(disk));
	up = true;
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct box *b = *state;

	shelf_free(b->shelf);
	shelf_origin_unref(b->origin);
	event_base_free(b->base);
	free(b);
	return 0;
}

/* Puts n entries of one line each: sequence numbers 1 to n. */
static void
put(struct box *b, unsigned n)
{
	for (unsigned i = 1; i <= n; i++) {
		struct draft d;

		draft_init(&d);
		assert_int_equal(d4_buf_adds(&d.data, "line\n"), D4_OK);
		d.seq = i;
		d.n = 1;
		assert_int_equal(shelf_put(b->shelf, b->origin, &d), D4_OK);
		draft_fini(&d);
		/* Each in a turn of its own: no transactions. */
		event_base_loop(b->base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(n_asked, n);
}

/* What a wash would take of all that stands in the stream: see Decision 5. */
static void
is_new(const struct box *b, size_t i, const char *seq)
{
	assert_string_equal(asked[i].seq, seq);
	assert_string_not_equal(asked[i].sess, b->sess);
}

static void
after_a_lost_connection_all_is_sent_again_in_order(void **state)
{
	struct box *b = *state;

	put(b, 2);
	answer(1);
	up = false;
	answer(0);
	up = true;
	shelf_up(b->shelf);
	assert_int_equal(n_asked, 1);
	assert_string_equal(asked[0].seq, "2");
	assert_string_equal(asked[0].sess, b->sess);
	answer(1);
	assert_int_equal(shelf_entries(b->shelf), 0);
	assert_int_equal(b->origin->waiting, 0);
}

static void
what_was_overtaken_is_no_repetition(void **state)
{
	struct box *b = *state;

	put(b, 2);
	answer(-1);
	answer(1);
	shelf_up(b->shelf);
	assert_int_equal(n_asked, 1);
	is_new(b, 0, "1");
	answer(1);
	assert_int_equal(shelf_entries(b->shelf), 0);
}

/* Redis refuses 1 and may have taken 2: nobody knows. */
static void
nor_when_what_overtook_it_was_never_answered(void **state)
{
	struct box *b = *state;

	put(b, 2);
	answer(-1);
	up = false;
	answer(0);
	up = true;
	shelf_up(b->shelf);
	assert_int_equal(n_asked, 2);
	is_new(b, 0, "1");
	is_new(b, 1, "2");
	exec.fn(exec.arg, D4_ECLOSED, NULL);
	assert_int_equal(shelf_entries(b->shelf), 2);
}

static void
what_goes_to_disk_is_durable_first_and_leaves_memory(void **state)
{
	struct box *b = *state;
	size_t inline_bytes;

	put(b, 1);
	inline_bytes = shelf_bytes(b->shelf);
	assert_string_equal(asked[0].ref, "");
	answer(1);
	disk.wants = disk.durable = true;
	put(b, 1);
	assert_int_equal(disk.put, 1);
	assert_int_equal(disk.synced, 1);
	assert_string_equal(asked[0].ref, "0000000000000000-1-1-5-00000000");
	assert_int_equal(shelf_bytes(b->shelf), inline_bytes - 5);
	up = false;
	answer(0); /* lost: the same reference is sent again */
	up = true;
	shelf_up(b->shelf);
	assert_int_equal(disk.put, 1);
	assert_string_equal(asked[0].ref, "0000000000000000-1-1-5-00000000");
	assert_int_equal(disk.done, 0);
	answer(1);
	assert_int_equal(disk.done, 1);
	assert_int_equal(b->shard.data, 10);
	assert_int_equal(shelf_entries(b->shelf), 0);
}

static void
what_the_disk_does_not_make_durable_goes_into_redis(void **state)
{
	struct box *b = *state;

	disk.wants = true;
	put(b, 1);
	assert_int_equal(disk.put, 1);
	assert_int_equal(disk.done, 1); /* given up */
	assert_string_equal(asked[0].ref, "");
	answer(1);
	assert_int_equal(disk.done, 1);
	assert_int_equal(b->shard.data, 5);
}

static void
the_buffer_of_a_full_entry_is_used_again(void **state)
{
	static const uint8_t zeros[D4_ENTRY_TARGET];
	struct box *b = *state;
	const uint8_t *was;
	struct draft d;

	draft_init(&d);
	shelf_lend(b->shelf, &d);
	was = d.data.p;
	assert_non_null(was);
	assert_int_equal(d4_buf_add(&d.data, zeros, sizeof(zeros)), D4_OK);
	d.seq = d.n = 1;
	shelf_lend(b->shelf, &d);
	shelf_return(b->shelf, &d);
	assert_ptr_equal(d.data.p, was); /* it is in use */
	assert_int_equal(shelf_put(b->shelf, b->origin, &d), D4_OK);
	assert_null(d.data.p);
	event_base_loop(b->base, EVLOOP_NONBLOCK);
	answer(1);
	d.n = 0;
	shelf_lend(b->shelf, &d);
	assert_ptr_equal(d.data.p, was);
	shelf_return(b->shelf, &d);
	assert_null(d.data.p);
	draft_fini(&d);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(after_a_lost_connection_all_is_sent_again_in_order),
	    T(what_was_overtaken_is_no_repetition),
	    T(what_goes_to_disk_is_durable_first_and_leaves_memory),
	    T(what_the_disk_does_not_make_durable_goes_into_redis),
	    T(nor_when_what_overtook_it_was_never_answered),
	    T(the_buffer_of_a_full_entry_is_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
