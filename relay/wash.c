#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/fdpass.h"
#include "libd4/kit/log.h"
#include "relay/wash_overflow.h"
#include "relay/wash_room.h"

#define TICK_S         1
#define MINUTE_US      60000000u
#define SNAPSHOT_TICKS 10u /* sums, and what streams remember */

static const char *const stall_texts[] = {
    [WASH_RUNS] = "yes",
    [WASH_NO_POLICY] = "no: no valid policy or no master key",
    [WASH_DISK] = "no: the disk does not take a batch",
    [WASH_LATER] = "no: a batch is taken again",
};

const char *
wash_stall_text(enum wash_stall s)
{
	return stall_texts[s];
}

/* One line for a change, not for every try. */
void
wash_stalls(struct wash *w, enum wash_stall why, const char *text)
{
	if (w->stall == why)
		return;
	if (why == WASH_RUNS)
		d4_info("reading=yes");
	else
		d4_warnx(
		    "alarm reading=\"%s\" why=\"%s\"", stall_texts[why], text);
	w->stall = why;
	w->stalled_ms = d4_mono_ms();
}

char *
wash_key_path(const char *policy, const struct gate *g)
{
	const char *key = pol_hub(gate_policy(g))->master_key;
	const char *slash = strrchr(policy, '/');
	char *path = NULL;

	if (key == NULL)
		return NULL;
	if (strncmp(key, "file:", 5) == 0)
		key += 5;
	if (key[0] == '/' || slash == NULL)
		return strdup(key);
	if (asprintf(&path, "%.*s/%s", (int)(slash - policy), policy, key) < 0)
		return NULL;
	return path;
}

/* ---- the policy ---- */

/* Which ones they are, `d4-policy check` says; a log is no place for it. */
static void
wash_collisions(struct gate *g)
{
	size_t n = gate_collisions(g, NULL, NULL);

	if (n != 0)
		d4_warnx("pool collisions=%zu remedy=\"d4-policy check lists "
			 "them\"",
		    n);
}

static void
wash_gate(struct wash *w, struct gate *g)
{
	struct gate *old = w->gate;

	if (w->setup->have_master)
		gate_keys_set(g, w->setup->master);
	gate_vault_set(g, w->setup->vault);
	wash_collisions(g);
	if (w->stall == WASH_DISK)
		batch_drop(w, D4_AGAIN); /* it was decided by the old one */
	streams_gate(w->streams, g);
	w->gate = g;
	gate_free(old);
	if (park_gate(w) != D4_OK)
		d4_fatalx("out of memory");
	w->setup->error[0] = '\0';
	d4_info("policy=%s", pol_hash(gate_policy(g)));
	release_write(w);
	if (w->stall == WASH_NO_POLICY && w->setup->have_master)
		wash_stalls(w, WASH_RUNS, "");
}

static void
wash_reload(struct wash *w)
{
	struct d4_diag diag = {.file = NULL};
	char text[sizeof(diag.what) + sizeof(diag.remedy) + 512];
	struct gate *g = NULL;

	if (gate_load(w->setup->policy, &diag, &g) != D4_OK) {
		d4_diag_format(&diag, text, sizeof(text));
		d4_warnx("alarm policy=invalid %s (%s)", text,
		    w->gate != NULL ? "the running one is kept"
				    : "nothing is forwarded");
		(void)snprintf(
		    w->setup->error, sizeof(w->setup->error), "%s", diag.what);
		return;
	}
	if (!w->setup->have_master) {
		/* Its file is not readable any more: start again. */
		gate_free(g);
		w->code = WASH_EXIT_KEYS;
		(void)event_base_loopbreak(w->base);
		return;
	}
	wash_gate(w, g);
	sources_step(w);
}

/* ---- redis ---- */

void
wash_ask_redis(struct wash *w)
{
	if (!w->redis_asked && !w->stopping)
		w->redis_asked = d4_fd_send(w->setup->channel,
				     d4_slice_str("redis"), -1) == D4_OK;
}

static void
on_up(void *arg)
{
	struct wash *w = arg;

	d4_info("redis=up");
	shards_look(w);
}

static void
on_down(void *arg, const char *why)
{
	struct wash *w = arg;

	d4_warnx("redis=down why=\"%s\"", why);
	w->reading = 0;
	shards_forget(w);
	wash_ask_redis(w);
}

/* ---- the supervisor ---- */

static void
wash_stop(struct wash *w)
{
	w->stopping = true;
	sources_stop(w);
	/* The leases go back in this turn of the loop, then it ends. */
	(void)event_base_loopexit(w->base, &(struct timeval){0, 100000});
}

static void
wash_message(struct wash *w, struct d4_slice msg, int fd)
{
	if (d4_slice_eqs(msg, "redis") && fd >= 0) {
		w->redis_asked = false;
		if (d4_redis_attach(w->redis, fd) != D4_OK)
			d4_warnx("redis=refused");
		return;
	}
	if (msg.n > 6 && memcmp(msg.p, "redis ", 6) == 0) {
		(void)d4_slice_skip(&msg, 6);
		sources_connection(w, msg, fd);
		return;
	}
	if (fd >= 0)
		(void)close(fd);
	if (d4_slice_eqs(msg, "redis"))
		w->redis_asked = false;
	else if (d4_slice_eqs(msg, "reload"))
		wash_reload(w);
	else if (d4_slice_eqs(msg, "status"))
		status_send(w);
	else if (d4_slice_eqs(msg, "stop"))
		wash_stop(w);
}

static void
on_channel(evutil_socket_t fd, short what, void *arg)
{
	struct wash *w = arg;
	struct d4_buf msg;
	enum d4_status st;
	int got;

	(void)what;
	d4_buf_init(&msg, 4096);
	while ((st = d4_fd_recv(fd, &msg, &got)) == D4_OK) {
		wash_message(w, d4_buf_slice(&msg), got);
		msg.n = 0;
	}
	d4_buf_fini(&msg);
	if (st == D4_ECLOSED) {
		d4_warnx("supervisor=gone");
		(void)event_base_loopbreak(w->base);
	}
}

/* ---- time ---- */

static void
wash_snapshot(struct wash *w)
{
	enum d4_status st;

	for (size_t i = 0; i < w->n_shards; i++) {
		if (w->shard[i]->journal == NULL)
			continue;
		st = journal_snapshot(w->shard[i]->journal);
		if (st != D4_OK)
			d4_warnx("queue=%s sums=\"%s\"", w->shard[i]->key,
			    d4_status_text(st));
	}
	(void)streams_save(w->streams, SIZE_MAX);
}

/* Is the reason for a stall gone? */
static void
wash_unstall(struct wash *w)
{
	switch (w->stall) {
	case WASH_RUNS:
	case WASH_NO_POLICY:
		break;
	case WASH_DISK:
		batch_finish(w);
		break;
	case WASH_LATER:
		wash_stalls(w, WASH_RUNS, "");
		break;
	}
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct wash *w = arg;

	(void)fd;
	(void)what;
	w->ticks++;
	wash_unstall(w);
	overflow_tick(w);
	sources_tick(w);
	keep_tick(w);
	streams_breakers(w->streams);
	if (w->ticks % SNAPSHOT_TICKS == 0)
		wash_snapshot(w);
	/* With each minute of UTC: an agreement ends at midnight, not after. */
	if (w->released_minute != d4_now_us() / MINUTE_US) {
		if (w->stall == WASH_DISK)
			batch_drop(w, D4_AGAIN); /* it was decided before */
		release_write(w);
	}
	release_soon(w);
	sources_step(w);
}

/* ---- life ---- */

static enum d4_status
wash_open_state(struct wash *w)
{
	enum d4_status st = streams_new(w->setup->dirs.state, &w->streams);

	w->args = calloc(READ_ARGS, sizeof(*w->args));
	if (st == D4_OK && w->args == NULL)
		st = D4_ENOMEM;
	if (st == D4_OK)
		st = d4_account_open(w->setup->dirs.state, "wash", &w->account);
	w->setup->dirs.account = w->account;
	if (st == D4_OK)
		st = streams_quarantine(w->streams, w->setup->dirs.state,
		    w->setup->quarantine, w->account);
	return st == D4_OK ? lanes_open(&w->setup->dirs, &w->lanes) : st;
}

static enum d4_status
wash_open_events(struct wash *w)
{
	static const struct d4_redis_events events = {on_up, on_down};
	const struct timeval every = {TICK_S, 0};

	w->base = event_base_new();
	if (w->base == NULL ||
	    event_base_priority_init(w->base, WASH_PRIORITIES) != 0)
		return D4_ENOMEM;
	w->channel = event_new(
	    w->base, w->setup->channel, EV_READ | EV_PERSIST, on_channel, w);
	w->tick = event_new(w->base, -1, EV_PERSIST, on_tick, w);
	if (w->channel == NULL || w->tick == NULL || keep_open(w) != D4_OK ||
	    event_add(w->channel, NULL) != 0 || event_add(w->tick, &every) != 0)
		return D4_ENOMEM;
	return d4_redis_new(w->base, &events, w, WASH_QUEUED, &w->redis);
}

static void
wash_close(struct wash *w)
{
	w->stopping = true;
	d4_redis_free(w->redis); /* answers what is under way */
	sources_close(w);
	if (w->streams != NULL && w->lanes != NULL)
		wash_snapshot(w);
	for (size_t i = 0; i < w->n_shards; i++) {
		journal_close(w->shard[i]->journal);
		d4_overflow_close(&w->shard[i]->stored);
		parks_fini(&w->shard[i]->told);
		free(w->shard[i]->acks);
		free(w->shard[i]->key);
		free(w->shard[i]);
	}
	free(w->shard);
	d4_account_close(w->account);
	streams_free(w->streams);
	lanes_close(w->lanes);
	gate_free(w->gate);
	d4_buf_fini(&w->out);
	wash_common_fini(&w->common);
	d4_buf_fini(&w->stored);
	free(w->args);
	free(w->room);
	free(w->skip);
	if (w->channel != NULL)
		event_free(w->channel);
	if (w->tick != NULL)
		event_free(w->tick);
	if (w->pack != NULL)
		event_free(w->pack);
	if (w->room_look != NULL)
		event_free(w->room_look);
	if (w->base != NULL)
		event_base_free(w->base);
	OPENSSL_cleanse(w->setup->master, sizeof(w->setup->master));
}

int
wash_run(struct wash_setup *setup)
{
	struct wash w = {.setup = setup,
	    .count = 8,
	    .caught.count = 8,
	    .stall = WASH_NO_POLICY};
	struct gate *gate = setup->gate;
	enum d4_status st;

	d4_buf_init(&w.out, WASH_OUT);
	d4_buf_init(&w.stored, D4_OVERFLOW_BUF);
	setup->overflow_inode = wash_overflow_inode(setup->overflow);
	w.stalled_ms = d4_mono_ms();
	st = san_trace_new(&w.common.trace);
	if (st == D4_OK)
		st = wash_open_events(&w);
	if (st == D4_OK)
		st = wash_open_state(&w);
	if (st == D4_OK)
		st = sources_open(&w);
	if (st != D4_OK) {
		d4_warn("wash start=\"%s\"", d4_status_text(st));
		gate_free(gate);
		wash_close(&w);
		return 1;
	}
	if (gate != NULL) {
		wash_gate(&w, gate);
	} else {
		d4_warnx("alarm policy=invalid %s (nothing is forwarded)",
		    setup->error);
		release_write(&w); /* what an earlier run released is not */
	}
	if (gate != NULL && !setup->have_master)
		d4_warnx("alarm master_key=missing %s (nothing is forwarded)",
		    setup->error);
	(void)!d4_fd_send(setup->channel, d4_slice_str("ready"), -1);
	sources_tick(&w);
	(void)event_base_dispatch(w.base);
	wash_close(&w);
	return w.code;
}
