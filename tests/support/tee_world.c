#include <fcntl.h>
#include <unistd.h>
#include "libd4/kit/log.h"
#include "tee_world.h"
#include "tmpdir.h"

static void
tee_on_open(void *arg)
{
	((struct tee_conn *)arg)->open = true;
}

static void
tee_on_read(void *arg, struct d4_slice bytes)
{
	struct tee_conn *c = arg;

	assert_int_equal(d4_buf_add(&c->got, bytes.p, bytes.n), D4_OK);
}

static void
tee_on_nothing(void *arg)
{
	(void)arg;
}

static void
tee_on_end(void *arg, enum d4_tls_end how, const char *why)
{
	(void)how;
	(void)why;
	((struct tee_conn *)arg)->ended = true;
}

static void
tee_on_over(void *arg)
{
	((struct tee_conn *)arg)->over = true;
}

static const struct d4_tls_events tee_server_events = {
    tee_on_open, tee_on_read, tee_on_nothing, tee_on_end, tee_on_over};

/* What the supervisor would be asked. */
static bool
tee_on_dial(void *arg, uint32_t id)
{
	struct tee_world *w = arg;

	assert_true(w->n_asked < TEE_CONNS);
	w->asked[w->n_asked++] = id;
	return !w->deaf;
}

int
tee_world_setup(void **state)
{
	struct d4_tls_settings set = {.server = true};
	struct tee_world *w = calloc(1, sizeof(*w));
	static char to[] = "hub.test:1", verify[] = "verify";
	const char *why = "";

	d4_log_open("test", D4_LOG_ERROR, false);
	tmpdir_make(w->dir, sizeof(w->dir));
	pki_make(&w->pki, "DNS:hub.test");
	set.cert = w->pki.cert;
	set.key = w->pki.key;
	w->base = event_base_new();
	w->opt = (struct hub_options){.tee = to,
	    .tee_tls = verify,
	    .tee_pin = w->pki.pin,
	    .tee_buffer = 1 << 20,
	    .tee_memory = 4 << 20,
	    .tee_wait_us = 600000000};
	w->hub.base = w->base;
	w->hub.opt = &w->opt;
	w->hub.events.dial = tee_on_dial;
	w->hub.events.arg = w;
	*state = w;
	for (size_t i = 0; i < COUNT(w->sensor); i++)
		w->sensor[i].uuid = (struct d4_uuid){{(uint8_t)(i + 1)}};
	if (d4_tls_ctx_new(&set, &why, &w->server) != D4_OK ||
	    d4_account_open(w->dir, "t", &w->hub.account) != D4_OK)
		return -1;
	return tee_new(&w->hub, &w->tee) == D4_OK ? 0 : -1;
}

int
tee_world_teardown(void **state)
{
	struct tee_world *w = *state;

	tee_free(w->tee);
	for (size_t i = 0; i < w->n_conns; i++) {
		d4_tls_free(w->conn[i].tls);
		d4_buf_fini(&w->conn[i].got);
	}
	d4_tls_ctx_free(w->server);
	d4_account_close(w->hub.account);
	pki_fini(&w->pki);
	event_base_free(w->base);
	tmpdir_remove(w->dir);
	free(w);
	return 0;
}

static void
tee_on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fail_msg("it never happened");
}

static bool
tee_is_there(struct tee_world *w)
{
	const struct tee_line *l = TAILQ_LAST(&w->tee->lines, tee_lines);

	return l != NULL && l->state == w->want;
}

/* Turns the loop until ready() is true; fails after two minutes. */
void
tee_turn(struct tee_world *w, bool (*ready)(struct tee_world *w))
{
	const struct timeval tv = {120, 0};
	struct event *late = evtimer_new(w->base, tee_on_late, NULL);

	(void)evtimer_add(late, &tv);
	while (!ready(w)) {
		for (size_t i = 0; w->answers && i < w->n_conns; i++) {
			if (w->conn[i].over && !w->conn[i].ended)
				d4_tls_close(w->conn[i].tls);
		}
		event_base_loop(w->base, EVLOOP_ONCE);
	}
	event_free(late);
}

void
tee_turn_state(struct tee_world *w, enum tee_state state)
{
	w->want = state;
	tee_turn(w, tee_is_there);
}

/* The supervisor's answer to the last question: a connection. */
struct tee_conn *
tee_connect(struct tee_world *w)
{
	struct tee_conn *c = &w->conn[w->n_conns++];
	int pair[2];

	assert_true(w->n_conns <= TEE_CONNS);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	d4_buf_init(&c->got, 8 << 20);
	assert_int_equal(
	    d4_tls_accept(w->base, w->server, pair[0],
		&(struct d4_tls_owner){&tee_server_events, c}, &c->tls),
	    D4_OK);
	tee_dialed(w->tee, w->asked[w->n_asked - 1], pair[1], NULL);
	return c;
}

/* A frame of n bytes: the header says so, and each byte which it is. */
void
tee_send(struct tee_world *w, struct session *s, uint8_t type, size_t n)
{
	uint8_t wire[D4_HEADER_LEN] = {1, type}, *payload = malloc(n + 1);

	assert_non_null(payload);
	for (unsigned i = 0; i < 4; i++)
		wire[58 + i] = (uint8_t)(n >> 8 * i);
	memset(payload, (int)(n % 251), n + 1);
	tee_frame(w->tee, s, wire, d4_slice_of(payload, n));
	free(payload);
}

/* Are these all the frames that came, whole and in order? */
bool
tee_has(const struct tee_conn *c, const size_t *sizes, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		at += D4_HEADER_LEN + sizes[i];
		if (at > c->got.n ||
		    (sizes[i] != 0 && c->got.p[at - 1] != sizes[i] % 251))
			return false;
	}
	return at == c->got.n;
}

/* How often an event stands in the account, and with which sum of a member. */
size_t
tee_noted(
    const struct tee_world *w, const char *event, const char *name, size_t *sum)
{
	char path[128], line[4096];
	size_t n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/t.jsonl", w->dir);
	f = fopen(path, "r");
	assert_non_null(f);
	*sum = 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		json_t *o = json_loads(line, 0, NULL);

		assert_non_null(o);
		if (strcmp(json_string_value(json_object_get(o, "event")),
			event) == 0) {
			n++;
			*sum += (size_t)json_integer_value(
			    json_object_get(o, name));
		}
		json_decref(o);
	}
	(void)fclose(f);
	return n;
}
