/* A real redis-server in a folder of its own, and a connection to it. */
#ifndef IT_REDIS_WORLD_H
#define IT_REDIS_WORLD_H

#include <sys/wait.h>
#include <unistd.h>
#include "libd4/kit/embedded.h"
#include "libd4/kit/log.h"
#include "libd4/kit/redis.h"
#include "test.h"

#define DEADLINE_S 30

struct world {
	char dir[64];
	struct event_base *base;
	struct d4_embedded e;
	struct d4_redis *r;
	unsigned ups, downs;
	unsigned answered, closed, errors;
	char last[256];
	size_t last_len;
	uint8_t *big;
	bool late;
};

static inline void
on_up(void *arg)
{
	((struct world *)arg)->ups++;
}

static inline void
on_down(void *arg, const char *why)
{
	struct world *w = arg;

	assert_non_null(why);
	w->downs++;
}

static inline void
on_reply(void *arg, enum d4_status st, const redisReply *reply)
{
	struct world *w = arg;

	if (st != D4_OK) {
		assert_null(reply);
		w->closed++;
		return;
	}
	w->answered++;
	w->errors += reply->type == REDIS_REPLY_ERROR;
	if (reply->str == NULL)
		return;
	(void)snprintf(w->last, sizeof(w->last), "%s", reply->str);
	w->last_len = (size_t)reply->len;
	free(w->big);
	w->big = malloc(w->last_len + 1);
	memcpy(w->big, reply->str, w->last_len);
}

static inline void
on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	((struct world *)arg)->late = true;
}

static inline void
turn_until(struct world *w, const unsigned *count, unsigned want)
{
	struct timeval tv = {DEADLINE_S, 0};
	struct event *e = evtimer_new(w->base, on_late, w);

	w->late = false;
	evtimer_add(e, &tv);
	while (*count < want && !w->late)
		event_base_loop(w->base, EVLOOP_ONCE);
	event_free(e);
	assert_true(*count >= want);
}

static const struct d4_redis_events events = {on_up, on_down};

static inline int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	d4_log_open("test", D4_LOG_WARN, false);
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/d4-redis-XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		return -1;
	w->base = event_base_new();
	w->e = (struct d4_embedded){.dir = w->dir,
	    .appendfsync = "always",
	    .maxmemory = 64 << 20,
	    .pidfd = -1};
	if (d4_embedded_start(&w->e) != D4_OK)
		return -1;
	if (d4_redis_new(w->base, &events, w, 1 << 20, &w->r) != D4_OK)
		return -1;
	*state = w;
	return 0;
}

static inline int
teardown(void **state)
{
	struct world *w = *state;
	char cmd[128];

	d4_redis_free(w->r);
	d4_embedded_stop(&w->e);
	event_base_free(w->base);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", w->dir);
	/* A literal of our own making: nothing of it comes from outside. */
	if (fork() == 0) {
		execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
		_exit(1);
	}
	(void)wait(NULL);
	free(w->big);
	free(w);
	return 0;
}

/* One command, words split at spaces. */
static inline enum d4_status
send_text(struct world *w, const char *text)
{
	struct d4_slice argv[8];
	size_t n = 0;

	while (*text != '\0' && n < 8) {
		size_t len = strcspn(text, " ");

		argv[n++] = d4_slice_of(text, len);
		text += len;
		text += strspn(text, " ");
	}
	return d4_redis_send(w->r, argv, n, on_reply, w);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
