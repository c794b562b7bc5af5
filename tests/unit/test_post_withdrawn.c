/* What is not released any more is not read, and what waits does not stay. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "relay/post.h"
#include "relay/release.h"
#include "spool_make.h"
#include "tmpfixture.h"

#define RECORDS  40000u
#define RECORD   256u
#define DEADLINE 120000u /* ms */

static char spool[80], cursors[80];

/* A partner that takes a plain stream, and reads when it is told to. */
struct world {
	struct event_base *base;
	struct d4_account *account;
	struct relay_partner partner;
	struct post_times times;
	struct post *post;
	int door, fd;
	uint64_t got;
	bool reset;
};

static void
fill(void)
{
	struct d4_spool_lane lane = make_lane("r1");
	struct d4_spool_writer *w = NULL;
	static char lines[100 * RECORD];
	uint64_t torn;

	lane.type = 8;
	lane.ext[0] = '\0';
	lane.meta.n = 0;
	memset(lines, 'x', sizeof(lines));
	for (size_t i = RECORD - 1; i < sizeof(lines); i += RECORD)
		lines[i] = '\n';
	assert_int_equal(d4_spool_writer_open(spool, &lane, &torn, &w), D4_OK);
	for (uint64_t i = 0; i < RECORDS / 100; i++) {
		struct d4_spool_entry e =
		    make_entry(i + 1, lines, sizeof(lines));

		e.n = 100;
		e.opening = 0;
		e.not_before_s = e.expires_s = 0;
		assert_int_equal(d4_spool_append(w, &e), D4_OK);
	}
	assert_int_equal(d4_spool_commit(w), D4_OK);
	d4_spool_writer_close(w);
}

/* The lane, or nothing, is released; the reader is not told. */
static void
release(bool lane)
{
	struct d4_spool_lane head = make_lane("r1");
	struct release_lane l = {.rule = "r1", .sink = "tcp"};
	struct release r = {.n = 0};
	struct d4_buf text;
	char path[160];

	memcpy(l.id, head.id, sizeof(l.id));
	memcpy(l.pipeline, head.pipeline, sizeof(l.pipeline));
	if (lane)
		assert_int_equal(release_add(&r, &l), D4_OK);
	d4_buf_init(&text, RELEASE_MAX);
	assert_int_equal(release_text(&r, &text), D4_OK);
	(void)snprintf(
	    path, sizeof(path), "%s/%s/" RELEASE_NAME, spool, head.partner);
	assert_int_equal(
	    d4_file_replace(path, d4_buf_slice(&text), 0600), D4_OK);
	d4_buf_fini(&text);
	release_fini(&r);
}

static void
begin(struct world *w, uint64_t leave_us)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct post_setup setup = {.spool = spool,
	    .cursors = cursors,
	    .partner = &w->partner,
	    .n_partners = 1,
	    .nudge = -1,
	    .times = &w->times};
	socklen_t n = sizeof(at);
	int room = 1 << 20;

	*w = (struct world){.fd = -1};
	(void)snprintf(spool, sizeof(spool), "%s/spool", dir);
	(void)snprintf(cursors, sizeof(cursors), "%s/cursors", dir);
	assert_int_equal(d4_dir_make(spool, 0700), D4_OK);
	assert_int_equal(d4_dir_make(cursors, 0700), D4_OK);
	fill();
	release(true);
	w->door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
	    setsockopt(w->door, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)), 0);
	assert_int_equal(bind(w->door, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(w->door, 1), 0);
	assert_int_equal(getsockname(w->door, (struct sockaddr *)&at, &n), 0);
	w->partner = (struct relay_partner){.id = "acme-csirt",
	    .sink = SINK_TCP,
	    .host = "127.0.0.1",
	    .port = ntohs(at.sin_port),
	    .idle_us = 60000000,
	    .rotate_us = UINT64_C(3600000000),
	    .out = {.hostname = "-", .app = "d4"}};
	w->times = (struct post_times){.connect_us = 30000000,
	    .stall_us = 60000000,
	    .confirm_us = 30000000,
	    .turn_us = 60000000,
	    .leave_us = leave_us};
	w->base = event_base_new();
	assert_non_null(w->base);
	assert_int_equal(d4_account_open(dir, "post", &w->account), D4_OK);
	setup.account = w->account;
	assert_int_equal(post_new(w->base, &setup, &w->post), D4_OK);
}

static void
end(struct world *w)
{
	post_free(w->post);
	d4_account_close(w->account);
	event_base_free(w->base);
	if (w->fd >= 0)
		(void)close(w->fd);
	(void)close(w->door);
}

/* A member of the lane's status. */
static json_t *
lane(const struct world *w, const char *member)
{
	json_t *s = post_status(w->post), *of, *v;

	of = json_array_get(json_object_get(s, "partners"), 0);
	of = json_array_get(json_object_get(of, "lanes"), 0);
	v = json_incref(json_object_get(of, member));
	json_decref(s);
	return v;
}

static uint64_t
number(const struct world *w, const char *member)
{
	json_t *v = lane(w, member);
	uint64_t n = (uint64_t)json_integer_value(v);

	json_decref(v);
	return n;
}

/* Records that post has written, in this session or before. */
static uint64_t
written(const struct world *w)
{
	return number(w, "under_way") + number(w, "confirmed");
}

static bool
rests(const struct world *w)
{
	json_t *v = lane(w, "state");
	bool idle = strcmp(json_string_value(v), "idle") == 0;

	json_decref(v);
	return idle;
}

/* One turn of the loop, which waits for nothing. */
static void
turn(struct world *w)
{
	assert_true(event_base_loop(w->base, EVLOOP_NONBLOCK) >= 0);
	if (w->fd < 0)
		w->fd = accept4(w->door, NULL, NULL, SOCK_NONBLOCK);
}

/* False: there was nothing. */
static bool
take(struct world *w)
{
	static uint8_t room[65536];
	ssize_t n = recv(w->fd, room, sizeof(room), 0);

	if (n > 0)
		w->got += (uint64_t)n;
	else if (n < 0 && errno == ECONNRESET)
		w->reset = true;
	else if (n == 0)
		(void)shutdown(w->fd, SHUT_WR);
	return n > 0;
}

/* Until post has written all that the sleeping partner lets it write. */
static void
stuff(struct world *w)
{
	uint64_t n = 0, now;

	for (unsigned same = 0; same < 100; same = now == n ? same + 1 : 0) {
		n = written(w);
		turn(w);
		now = n == 0 ? 1 : written(w);
	}
	assert_true(n > 0 && n < RECORDS);
}

static void
nothing_more_is_read_once_the_release_is_withdrawn(void **state)
{
	uint64_t sent, until;
	struct world w;

	(void)state;
	begin(&w, 60000000);
	stuff(&w);
	sent = written(&w);
	release(false);
	for (unsigned none = 0; none < 100; none++) {
		if (take(&w))
			none = 0;
	}
	for (until = d4_mono_ms() + DEADLINE; !rests(&w);) {
		turn(&w);
		(void)take(&w);
		assert_int_equal(written(&w), sent);
		assert_true(d4_mono_ms() < until);
	}
	assert_int_equal(w.got, sent * RECORD);
	assert_int_equal(number(&w, "confirmed"), sent);
	end(&w);
}

static void
what_a_partner_does_not_take_is_discarded_when_it_is_withdrawn(void **state)
{
	uint64_t sent, until;
	struct world w;

	(void)state;
	begin(&w, 50000);
	stuff(&w);
	sent = written(&w);
	release(false);
	for (until = d4_mono_ms() + DEADLINE; !rests(&w);) {
		turn(&w);
		assert_true(d4_mono_ms() < until);
	}
	while (!w.reset) {
		(void)take(&w);
		assert_true(d4_mono_ms() < until);
	}
	assert_true(w.got < sent * RECORD);
	assert_int_equal(number(&w, "confirmed"), 0);
	end(&w);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(nothing_more_is_read_once_the_release_is_withdrawn),
	    T(what_a_partner_does_not_take_is_discarded_when_it_is_withdrawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
