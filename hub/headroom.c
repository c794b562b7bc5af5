#include <stdlib.h>
#include <string.h>
#include "hub/headroom.h"
#include "hub/session.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define MEMORY_PART  85u   /* percent of maxmemory at which reading stops */
#define MEMORY_TIGHT 70u   /* at which entries go to disk (overflow.h) */
#define SILENT_MS    3000u /* without an answer, and people are told */

struct headroom {
	struct hub *hub;
	struct event *timer;
	uint64_t used_memory, max_memory;
	uint64_t asked_ms;
	bool asking;
};

/* The number behind "name:" in what INFO answers; 0 when it is not there. */
static unsigned long long
info_number(const char *info, const char *name)
{
	const char *at = strstr(info, name);

	return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* Connected, and it does not answer: stopped, or its disk is stuck. */
static void
headroom_silent(struct headroom *t, bool silent)
{
	unsigned long long s = (d4_mono_ms() - t->asked_ms) / 1000;

	if (t->hub->silent == silent)
		return;
	t->hub->silent = silent;
	if (silent)
		d4_warnx("alarm=redis_silent seconds=%llu waiting=%zu"
			 " text=\"Redis does not answer: sensors wait,"
			 " none is confirmed, nothing is lost\"",
		    s, shelf_entries(t->hub->shelf));
	else
		d4_info("redis answers again seconds=%llu waiting=%zu", s,
		    shelf_entries(t->hub->shelf));
}

static void
on_info(void *arg, enum d4_status st, const redisReply *reply)
{
	struct headroom *t = arg;
	unsigned long long used, max;
	bool full, was = (t->hub->pause & PAUSE_MEMORY) != 0;

	t->asking = false;
	headroom_silent(t, false);
	if (st != D4_OK || reply->type != REDIS_REPLY_STRING)
		return;
	used = info_number(reply->str, "\nused_memory:");
	max = info_number(reply->str, "\nmaxmemory:");
	t->used_memory = used;
	t->max_memory = max;
	t->hub->tight =
	    max != 0 &&
	    used >
		max / 100 * (t->hub->tight ? MEMORY_TIGHT - 10 : MEMORY_TIGHT);
	/* Resumes ten points below. */
	full = max != 0 &&
	       used > max / 100 * (was ? MEMORY_PART - 10 : MEMORY_PART);
	if (full == was)
		return;
	d4_warnx("redis memory %s used=%llu maxmemory=%llu",
	    full ? "nearly full: sensors are not read" : "free again", used,
	    max);
	sessions_pause(t->hub, PAUSE_MEMORY, full);
}

static void
headroom_look(struct headroom *t)
{
	if (t->asking) {
		if (d4_mono_ms() - t->asked_ms >= SILENT_MS)
			headroom_silent(t, true);
		return;
	}
	t->asked_ms = d4_mono_ms();
	t->asking =
	    d4_redis_sendf(t->hub->redis, on_info, t, "INFO memory") == D4_OK;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	headroom_look(arg);
}

enum d4_status
headroom_new(struct hub *h, struct headroom **out)
{
	struct timeval tv = {1, 0};
	struct headroom *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return D4_ENOMEM;
	t->hub = h;
	t->timer = event_new(h->base, -1, EV_PERSIST, on_timer, t);
	if (t->timer == NULL || event_add(t->timer, &tv) < 0) {
		headroom_free(t);
		return D4_ENOMEM;
	}
	*out = t;
	return D4_OK;
}

void
headroom_memory(const struct headroom *t, uint64_t *used, uint64_t *max)
{
	*used = t->used_memory;
	*max = t->max_memory;
}

void
headroom_free(struct headroom *t)
{
	if (t == NULL)
		return;
	if (t->timer != NULL)
		event_free(t->timer);
	free(t);
}
