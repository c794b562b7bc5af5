/* Redis as the registry asks it, played. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "session_world.h"
#include "tests/support/reply.h"

#define ASKS_MAX 512u

/* A question: about sensors (n of them), for the lists, or for replays. */
static struct ask {
	d4_redis_fn *fn;
	void *arg;
	unsigned n;
	bool lists, replays;
	unsigned sensor[64];
} asks[ASKS_MAX];
static unsigned asks_n;

bool
d4_redis_is_up(const struct d4_redis *r)
{
	(void)r;
	return !w.redis_away;
}

static unsigned
sensor_of(struct d4_slice hex)
{
	char text[D4_UUID_HEX];

	for (unsigned i = 0; i < SENSORS; i++) {
		d4_uuid_hex(&world_uuid[i], text);
		if (d4_slice_eqs(hex, text))
			return i;
	}
	return SENSORS;
}

enum d4_status
d4_redis_send(struct d4_redis *r, const struct d4_slice *argv, size_t n,
    d4_redis_fn *fn, void *arg)
{
	struct ask *a = &asks[asks_n];

	(void)r;
	if (w.redis_away || asks_n == ASKS_MAX)
		return D4_ECLOSED;
	*a = (struct ask){.fn = fn, .arg = arg};
	asks_n++;
	if (d4_slice_eqs(argv[1], dossier_script)) {
		for (size_t i = 3; i < n; i++)
			a->sensor[a->n++] = sensor_of(argv[i]);
	} else {
		a->lists = d4_slice_eqs(argv[2], "0");
	}
	return D4_OK;
}

enum d4_status
d4_redis_vsendf(
    struct d4_redis *r, d4_redis_fn *fn, void *arg, const char *fmt, va_list ap)
{
	(void)r;
	(void)fmt;
	(void)ap;
	assert(fn == NULL && arg == NULL);
	return w.redis_away ? D4_ECLOSED : D4_OK;
}

/* Only the replays are asked for in this way. */
enum d4_status
d4_redis_sendf(
    struct d4_redis *r, d4_redis_fn *fn, void *arg, const char *fmt, ...)
{
	(void)r;
	assert(fn == NULL || strncmp(fmt, "XRANGE d4:replay:", 17) == 0);
	if (w.redis_away || (fn != NULL && asks_n == ASKS_MAX))
		return D4_ECLOSED;
	if (fn != NULL)
		asks[asks_n++] =
		    (struct ask){.fn = fn, .arg = arg, .replays = true};
	return D4_OK;
}

static void
put_key(struct d4_buf *b, uint8_t letter)
{
	if (d4_buf_addf(b, letter == 0 ? "$-1\r\n" : "$1\r\n%c\r\n", letter) !=
	    D4_OK)
		abort();
}

static void
put_fact(struct d4_buf *b, const struct fact *f)
{
	enum d4_status st;

	st = d4_buf_addf(b, "*10\r\n:%d\r\n:%d\r\n:%d\r\n:%d\r\n:%d\r\n:%d\r\n",
	    f->registered, f->pending, f->revoked, f->blocked, f->trap,
	    f->kicked);
	if (st == D4_OK)
		st = d4_buf_adds(
		    b, f->held ? "$11\r\n192.0.2.1 x\r\n" : "$-1\r\n");
	put_key(b, f->key);
	if (st == D4_OK)
		st = d4_buf_adds(b, "$-1\r\n*8\r\n$9\r\naddresses\r\n");
	if (st == D4_OK)
		st = d4_buf_adds(
		    b, f->several ? "$7\r\nseveral\r\n" : "$3\r\none\r\n");
	if (st == D4_OK)
		st = d4_buf_adds(b, "$8\r\nprevious\r\n");
	put_key(b, f->before != 0 ? f->before : 'z');
	if (st == D4_OK)
		st = d4_buf_adds(b, "$14\r\nprevious_until\r\n");
	if (st == D4_OK)
		st = d4_buf_adds(b,
		    f->before != 0 ? "$10\r\n9999999999\r\n" : "$1\r\n1\r\n");
	if (st == D4_OK)
		st = d4_buf_addf(
		    b, "$7\r\npayload\r\n$5\r\n%05u\r\n", f->payload % 100000);
	if (st != D4_OK)
		abort();
}

/* The lists; or of a claim, that nothing is missing. */
static enum d4_status
put_lists(struct d4_buf *b, const struct ask *a)
{
	if (a->replays)
		return d4_buf_adds(b, "*0\r\n");
	if (!a->lists)
		return d4_buf_adds(b, "$0\r\n\r\n");
	return d4_buf_addf(b,
	    "*5\r\n*%d\r\n$1\r\n1\r\n$1\r\n2\r\n$3\r\n254\r\n%s"
	    "*1\r\n$1\r\na\r\n*0\r\n*0\r\n*0\r\n",
	    w.types_closed ? 3 : 4, w.types_closed ? "" : "$1\r\n8\r\n");
}

static void
put_answer(struct d4_buf *b, const struct ask *a)
{
	static const struct fact nobody;
	enum d4_status st =
	    a->n == 0 ? put_lists(b, a) : d4_buf_addf(b, "*%u\r\n", a->n);

	if (st != D4_OK)
		abort();
	for (unsigned i = 0; i < a->n; i++)
		put_fact(b,
		    a->sensor[i] < SENSORS ? &w.fact[a->sensor[i]] : &nobody);
}

/* The first question goes; what it causes may ask more. */
static void
answer_one(bool good)
{
	struct ask a = asks[0];
	redisReply *reply = NULL;
	struct d4_buf b;

	memmove(asks, asks + 1, --asks_n * sizeof(asks[0]));
	d4_buf_init(&b, 1 << 20);
	if (good) {
		put_answer(&b, &a);
		reply = reply_of((const char *)b.p, b.n);
		assert(reply != NULL);
	}
	if (a.fn != NULL)
		a.fn(a.arg, good ? D4_OK : D4_ECLOSED, reply);
	if (reply != NULL)
		freeReplyObject(reply);
	d4_buf_fini(&b);
}

void
redis_answer(unsigned n)
{
	for (; n != 0 && asks_n != 0; n--)
		answer_one(true);
}

void
redis_forget(void)
{
	bool was = w.redis_away;

	w.redis_away = true; /* nothing is asked meanwhile */
	while (asks_n != 0)
		answer_one(false);
	w.redis_away = was;
}
