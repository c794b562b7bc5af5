/*
 * Drives post without a relay, for tests:
 *   post_driver fill  k=v ...   writes numbered records into a spool
 *   post_driver run   k=v ...   runs post; stdin: n nudge, s status, d drain
 * Keys of fill: spool partner lane type ext meta first entries records size
 * uuid cls pipeline rule expires not_before t snaplen. Keys of run: spool
 * cursors account and, once for each partner, partner=ID followed by host port
 * key pin ca name cert certkey proxy proxyport user password accepts resend
 * rotate_us rotate_bytes idle_us backoff_us gap_us rate, and of other sinks
 * sink transport path confirm max_message hostname compress keep_us
 * keep_bytes; die: killed at this rename or fsync; freeze; times: linger_us
 * quiet_us stall_us confirm_us connect_us recheck_us turn_us leave_us.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "libd4/kit/log.h"
#include "libd4/kit/spool_keep.h"
#include "pcap.h"
#include "relay/post.h"

#define PARTNERS 8

/* ---- a crash at every step that the disk sees ---- */

static uint64_t die_at, die_now;
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

static void
die_step(void)
{
	if (die_at != 0 && ++die_now == die_at)
		(void)raise(SIGKILL);
}

int
__wrap_rename(const char *from, const char *to)
{
	die_step();
	return __real_rename(from, to);
}

int
__wrap_fsync(int fd)
{
	die_step();
	return __real_fsync(fd);
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
need(enum d4_status st, const char *what)
{
	if (st == D4_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, d4_status_text(st));
	exit(1);
}

static const char *
value(char **argv, const char *key, const char *other)
{
	size_t n = strlen(key);

	for (; *argv != NULL; argv++) {
		if (strncmp(*argv, key, n) == 0 && (*argv)[n] == '=')
			return *argv + n + 1;
	}
	return other;
}

static uint64_t
number(char **argv, const char *key, uint64_t other)
{
	const char *v = value(argv, key, NULL);

	return v == NULL ? other : strtoull(v, NULL, 0);
}

/* ---- fill ---- */

struct fill {
	uint64_t next, size, snaplen;
	uint8_t type;
	uint8_t *room;
	size_t n;
};

/* Record k, of at least size bytes: its number, then filling. */
static void
fill_record(struct fill *f, uint64_t k)
{
	char *p = (char *)f->room + f->n;
	size_t size = f->size < 16 ? 16 : f->size;
	struct pcap_out o = {.p = f->room, .n = f->n, .format = 1};

	if (f->type == 1) {
		pcap_put_packet(&o, (uint32_t)size, 'x');
		(void)snprintf(p + 16, 13, "%012llu", (unsigned long long)k);
		f->n = o.n;
		return;
	}
	memset(p, 'x', size);
	(void)snprintf(p, 13, "%012llu", (unsigned long long)k);
	p[12] = ' ';
	p[size - 1] = '\n';
	f->n += size;
}

static void
fill_entry(struct fill *f, uint32_t records, struct d4_spool_entry *e)
{
	struct pcap_out o = {.p = f->room, .format = 1};

	f->n = 0;
	if (f->type == 1) {
		pcap_put_opening(&o, 1);
		o.n = 16;
		pcap_put32(&o, (uint32_t)f->snaplen);
		f->n = 24;
	}
	e->opening = (uint32_t)f->n;
	e->n = records;
	for (uint32_t i = 0; i < records; i++)
		fill_record(f, f->next++);
	e->data = d4_slice_of(f->room, f->n);
}

static void
fill_lane(char **argv, struct d4_spool_lane *l)
{
	memset(l, 0, sizeof(*l));
	(void)snprintf(l->id, sizeof(l->id), "%s",
	    value(argv, "lane", "00000000000000aa"));
	(void)snprintf(l->partner, sizeof(l->partner), "%s",
	    value(argv, "partner", "acme"));
	(void)snprintf(l->source, sizeof(l->source), "src");
	(void)snprintf(l->ext, sizeof(l->ext), "%s", value(argv, "ext", ""));
	(void)snprintf(l->pipeline, sizeof(l->pipeline), "%s",
	    value(argv, "pipeline", "p1"));
	(void)snprintf(l->rule, sizeof(l->rule), "%s", value(argv, "rule", ""));
	(void)snprintf(l->cls, sizeof(l->cls), "%s", value(argv, "cls", "S2"));
	l->type = (uint8_t)number(argv, "type", 8);
	l->meta = d4_slice_str(value(argv, "meta", ""));
	need(d4_uuid_parse(
		 value(argv, "uuid", "11111111-1111-4111-8111-111111111111"),
		 &l->wire_uuid),
	    "uuid");
}

/* What wash does later: all is dropped, or the segment is closed. */
static void
fill_end(struct d4_spool_writer *w, const char *what)
{
	struct d4_spool_sent none = {.seq = 0};
	struct d4_spool_pick p;

	if (strcmp(what, "turn") == 0)
		need(d4_spool_turn(w, 1), "turn");
	while (strcmp(what, "drop") == 0 && d4_spool_oldest(w, none, true, &p))
		need(d4_spool_remove(w, &p), "remove");
}

static int
fill(char **argv)
{
	uint64_t entries = number(argv, "entries", 1), torn;
	uint32_t records = (uint32_t)number(argv, "records", 1);
	struct d4_spool_entry e = {.t_first_us = 0};
	struct d4_spool_writer *w = NULL;
	struct d4_spool_lane lane;
	struct fill f = {.size = number(argv, "size", 64)};

	fill_lane(argv, &lane);
	f.type = lane.type;
	f.next = number(argv, "first", 0);
	f.snaplen = number(argv, "snaplen", 65535);
	f.room = malloc((size_t)(24 + records * (f.size + 64)));
	e.expires_s = number(argv, "expires", 0);
	e.not_before_s = number(argv, "not_before", 0);
	e.t_first_us = number(argv, "t", 1700000000) * 1000000;
	if (f.room == NULL)
		die("malloc");
	need(d4_spool_writer_open(
		 value(argv, "spool", "spool"), &lane, &torn, &w),
	    "spool");
	for (uint64_t i = 0; i < entries; i++) {
		fill_entry(&f, records, &e);
		need(d4_spool_append(w, &e), "append");
		if (i % 64 == 63)
			need(d4_spool_commit(w), "commit");
	}
	need(d4_spool_commit(w), "commit");
	fill_end(w, value(argv, "end", ""));
	d4_spool_writer_close(w);
	free(f.room);
	return 0;
}

/* ---- run ---- */

struct run {
	struct event_base *base;
	struct post *post;
	struct relay_partner *partner, *ask;
	struct event *dial;
	int nudge;
};

static void
on_drained(void *arg)
{
	struct run *r = arg;

	(void)event_base_loopbreak(r->base);
}

static void
run_status(struct run *r)
{
	json_t *s = post_status(r->post);
	char *text = json_dumps(s, JSON_COMPACT);

	json_decref(s);
	if (text == NULL)
		die("json_dumps");
	puts(text);
	(void)fflush(stdout);
	free(text);
}

static void
on_stdin(evutil_socket_t fd, short what, void *arg)
{
	struct run *r = arg;
	uint64_t one = 1;
	char c = 'd';

	(void)what;
	if (read(fd, &c, 1) <= 0)
		c = 'd'; /* the test is gone */
	if (c == 'n' && write(r->nudge, &one, sizeof(one)) < 0)
		die("nudge");
	if (c == 's')
		run_status(r);
	if (c == 'd')
		post_drain(r->post, 10000000, on_drained, r);
}

static enum relay_resend
run_resend(const char *word)
{
	if (strcmp(word, "all") == 0)
		return RELAY_ALL;
	return strcmp(word, "tcp") == 0 ? RELAY_TCP : RELAY_BY_TYPE;
}

static void
run_sink(char **argv, struct relay_partner *p)
{
	static char one[] = "tlp:clear", two[] = "dns";
	static char *tags[] = {one, two};
	struct sink_settings *s = &p->out;

	p->sink = sink_kind_find(
	    value(argv, "sink", "d4"), value(argv, "transport", NULL));
	if (p->sink == SINK_NONE)
		die("sink");
	s->path = value(argv, "path", NULL);
	s->sure = p->sink == SINK_UNIX ||
	          strcmp(value(argv, "confirm", "close"), "tcp") == 0;
	s->message_max = number(argv, "max_message", 8192);
	s->pri = 14;
	s->hostname = value(argv, "hostname", "-");
	s->app = value(argv, "app", "d4");
	s->pack = (enum sink_pack)number(argv, "compress", SINK_PLAIN);
	s->keep_us = number(argv, "keep_us", 0);
	s->keep_bytes = number(argv, "keep_bytes", 0);
	s->dataset = (struct sink_dataset){.title = "A set",
	    .licence = "CC-BY-4.0",
	    .producer = "CSIRT",
	    .frequency = "continuous",
	    .source = "a telescope",
	    .tags = tags,
	    .n_tags = 2};
}

static void
run_accepts(char **argv, struct relay_partner *p)
{
	static char *words[PARTNERS];
	static size_t used;
	const char *word = value(argv, "accepts", NULL);

	if (word == NULL || used == PARTNERS)
		return;
	words[used] = (char *)(uintptr_t)word;
	p->accepts = (struct d4_conf_list){.item = &words[used++], .n = 1};
}

/* Its keys stand behind partner=ID, up to the next one. */
static void
run_partner(char **argv, struct relay_partner *p)
{
	char **end = argv + 1, *save;

	while (*end != NULL && strncmp(*end, "partner=", 8) != 0)
		end++;
	save = *end;
	*end = NULL;
	*p = (struct relay_partner){.host = value(argv, "host", "127.0.0.1")};
	(void)snprintf(
	    p->id, sizeof(p->id), "%s", value(argv, "partner", "acme"));
	p->port = (uint16_t)number(argv, "port", 4443);
	p->key = d4_slice_str(value(argv, "key", "a-key"));
	p->tls.pin = value(argv, "pin", NULL);
	p->tls.ca = value(argv, "ca", NULL);
	p->tls.insecure = p->tls.pin == NULL && p->tls.ca == NULL;
	p->tls.cert = value(argv, "cert", NULL);
	p->tls.key = value(argv, "certkey", NULL);
	p->name = value(argv, "name", NULL);
	p->proxy.host = value(argv, "proxy", NULL);
	p->proxy.port = (uint16_t)number(argv, "proxyport", 0);
	p->proxy.user = value(argv, "user", NULL);
	p->proxy.password = value(argv, "password", NULL);
	run_accepts(argv, p);
	p->resend = run_resend(value(argv, "resend", "type"));
	p->rotate_us = number(argv, "rotate_us", 3600000000u);
	p->rotate_bytes = number(argv, "rotate_bytes", 256u << 20);
	p->idle_us = number(argv, "idle_us", 300000);
	p->backoff_min_us = number(argv, "backoff_us", 50000);
	p->backoff_max_us = number(argv, "backoff_max_us", 400000);
	p->gap_us = number(argv, "gap_us", 0);
	p->max_rate_bits = number(argv, "rate", 0);
	run_sink(argv, p);
	*end = save;
}

/* In the supervisor's place; the answer comes later, as from there. */
static enum d4_status
run_dial(void *arg, const char *partner)
{
	struct run *r = arg;

	for (size_t i = 0; i < PARTNERS; i++) {
		if (strcmp(r->partner[i].id, partner) == 0)
			r->ask = &r->partner[i];
	}
	event_active(r->dial, EV_TIMEOUT, 0);
	return D4_OK;
}

static void
on_dial(evutil_socket_t none, short what, void *arg)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct run *r = arg;
	bool stream = r->ask->sink == SINK_UNIX;
	int fd, bad;

	(void)none;
	(void)what;
	fd = socket(
	    AF_UNIX, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
	(void)snprintf(
	    un.sun_path, sizeof(un.sun_path), "%s", r->ask->out.path);
	bad = connect(fd, (struct sockaddr *)&un, sizeof(un));
	post_dialed(r->post, r->ask->id, bad ? -1 : fd, bad ? errno : 0);
	if (bad)
		(void)close(fd);
}

static int
run(char **argv)
{
	struct post_times times = {
	    .linger_us = number(argv, "linger_us", 20000),
	    .quiet_us = number(argv, "quiet_us", 200000),
	    .connect_us = number(argv, "connect_us", 5000000),
	    .stall_us = number(argv, "stall_us", 30000000),
	    .confirm_us = number(argv, "confirm_us", 10000000),
	    .recheck_us = number(argv, "recheck_us", 300000),
	    .turn_us = number(argv, "turn_us", 60000000),
	    .leave_us = number(argv, "leave_us", 20000000),
	};
	struct relay_partner partners[PARTNERS] = {{.port = 0}};
	struct post_setup setup = {
	    .spool = value(argv, "spool", "spool"),
	    .cursors = value(argv, "cursors", "cursors"),
	    .partner = partners,
	    .dial = run_dial,
	    .freeze = value(argv, "freeze", NULL),
	    .times = &times,
	};
	struct run r = {.nudge = eventfd(0, EFD_NONBLOCK), .partner = partners};
	struct event *in;

	d4_log_open("post", D4_LOG_DEBUG, false);
	die_at = number(argv, "die", 0);
	for (char **a = argv; *a != NULL; a++) {
		if (strncmp(*a, "partner=", 8) == 0 &&
		    setup.n_partners < PARTNERS)
			run_partner(a, &partners[setup.n_partners++]);
	}
	r.base = event_base_new();
	setup.nudge = r.nudge;
	setup.dial_arg = &r;
	r.dial = evtimer_new(r.base, on_dial, &r);
	need(d4_account_open(
		 value(argv, "account", "."), "post", &setup.account),
	    "account");
	need(post_new(r.base, &setup, &r.post), "post");
	in = event_new(r.base, 0, EV_READ | EV_PERSIST, on_stdin, &r);
	if (in == NULL || event_add(in, NULL) != 0)
		die("event");
	(void)event_base_dispatch(r.base);
	run_status(&r);
	event_free(in);
	event_free(r.dial);
	post_free(r.post);
	d4_account_close(setup.account);
	event_base_free(r.base);
	(void)close(r.nudge);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "fill") == 0)
		return fill(argv + 2);
	if (argc > 1 && strcmp(argv[1], "run") == 0)
		return run(argv + 2);
	fprintf(stderr, "usage: post_driver fill|run key=value ...\n");
	return 64;
}
