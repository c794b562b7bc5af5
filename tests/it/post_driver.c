/*
 * Drives post without a relay, for tests:
 *   post_driver fill  k=v ...   writes numbered records into a spool
 *   post_driver run   k=v ...   runs post; stdin: n nudge, s status, d drain
 * Keys of fill: spool partner lane type ext meta first entries records size
 * uuid cls pipeline rule expires not_before t end snaplen. Keys of run: spool
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
#include "post_driver.h"

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
		driver_die("json_dumps");
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
		driver_die("nudge");
	if (c == 's')
		run_status(r);
	if (c == 'd')
		post_drain(r->post, 10000000, on_drained, r);
}

/* In the supervisor's place; the answer comes later, as from there. */
static enum d4_status
run_dial(void *arg, const char *partner)
{
	struct run *r = arg;

	for (size_t i = 0; i < DRIVER_PARTNERS; i++) {
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
	    .linger_us = driver_number(argv, "linger_us", 20000),
	    .quiet_us = driver_number(argv, "quiet_us", 200000),
	    .connect_us = driver_number(argv, "connect_us", 5000000),
	    .stall_us = driver_number(argv, "stall_us", 30000000),
	    .confirm_us = driver_number(argv, "confirm_us", 10000000),
	    .recheck_us = driver_number(argv, "recheck_us", 300000),
	    .turn_us = driver_number(argv, "turn_us", 60000000),
	    .leave_us = driver_number(argv, "leave_us", 20000000),
	};
	struct relay_partner partners[DRIVER_PARTNERS] = {{.port = 0}};
	struct post_setup setup = {
	    .spool = driver_value(argv, "spool", "spool"),
	    .cursors = driver_value(argv, "cursors", "cursors"),
	    .partner = partners,
	    .dial = run_dial,
	    .freeze = driver_value(argv, "freeze", NULL),
	    .times = &times,
	};
	struct run r = {.nudge = eventfd(0, EFD_NONBLOCK), .partner = partners};
	struct event *in;

	d4_log_open("post", D4_LOG_DEBUG, false);
	die_at = driver_number(argv, "die", 0);
	for (char **a = argv; *a != NULL; a++) {
		if (strncmp(*a, "partner=", 8) == 0 &&
		    setup.n_partners < DRIVER_PARTNERS)
			driver_partner(a, &partners[setup.n_partners++]);
	}
	r.base = event_base_new();
	setup.nudge = r.nudge;
	setup.dial_arg = &r;
	r.dial = evtimer_new(r.base, on_dial, &r);
	driver_need(d4_account_open(driver_value(argv, "account", "."), "post",
			&setup.account),
	    "account");
	driver_need(post_new(r.base, &setup, &r.post), "post");
	in = event_new(r.base, 0, EV_READ | EV_PERSIST, on_stdin, &r);
	if (in == NULL || event_add(in, NULL) != 0)
		driver_die("event");
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
		return driver_fill(argv + 2);
	if (argc > 1 && strcmp(argv[1], "run") == 0)
		return run(argv + 2);
	fprintf(stderr, "usage: post_driver fill|run key=value ...\n");
	return 64;
}
