#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/post_room.h"

void
post_lane_break(struct post_lane *l, const char *why)
{
	char quoted[160];

	(void)snprintf(l->broken, sizeof(l->broken), "%s", why);
	d4_warnx("post lane is not sent partner=%s lane=%s why=%s",
	    l->partner->conf->id, l->id,
	    d4_log_quote(why, strlen(why), quoted, sizeof(quoted)));
}

static void
lane_load_cursor(struct post_lane *l)
{
	struct d4_spool_cursor c = {.sent = 0};
	enum d4_status st = d4_spool_cursor_load(l->cursor_path, &c);

	if (st != D4_OK && st != D4_ENOENT)
		post_lane_break(l, "its cursor file cannot be read; repair or "
				   "remove it (then all is sent again)");
	post_resend_init(&l->books, false, &c);
}

void
post_lane_wake(struct post_lane *l, uint64_t at_us)
{
	if (l->wake_us == 0 || at_us < l->wake_us)
		l->wake_us = at_us;
}

void
post_lane_arm(struct post_lane *l)
{
	uint64_t now = post_now_us(), wait;
	struct timeval tv;

	if (l->wake_us == 0) {
		(void)evtimer_del(l->timer);
		return;
	}
	wait = l->wake_us > now ? l->wake_us - now : 0;
	tv.tv_sec = (time_t)(wait / POST_SECOND);
	tv.tv_usec = (suseconds_t)(wait % POST_SECOND);
	(void)evtimer_add(l->timer, &tv);
}

static void
on_lane_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	post_session_step(arg, POST_POKE);
}

enum d4_status
post_lane_new(struct post_partner *pp, const char *id, struct post_lane **out)
{
	struct post_lane *l = calloc(1, sizeof(*l));
	char file[32];

	if (l == NULL)
		return D4_ENOMEM;
	l->partner = pp;
	l->budget = POST_PROBE;
	d4_buf_init(&l->meta, POST_META_MAX);
	(void)snprintf(l->id, sizeof(l->id), "%s", id);
	(void)snprintf(file, sizeof(file), "%s.cursor", l->id);
	l->dir = d4_path(pp->dir, l->id);
	l->cursor_path = d4_path(pp->cursors, file);
	l->timer = evtimer_new(pp->post->base, on_lane_timer, l);
	if (l->dir == NULL || l->cursor_path == NULL || l->timer == NULL) {
		post_lane_free(l);
		return D4_ENOMEM;
	}
	lane_load_cursor(l);
	*out = l;
	return D4_OK;
}

bool
post_coarse(const struct post_lane *l)
{
	return strcmp(l->head->cls, "S3") >= 0;
}

void
post_lane_free(struct post_lane *l)
{
	if (l == NULL)
		return;
	d4_resolve_cancel(l->run.query);
	sink_free(l);
	d4_spool_reader_close(l->reader);
	post_frames_free(l->frames);
	d4_buf_fini(&l->meta);
	if (l->timer != NULL)
		event_free(l->timer);
	free(l->dir);
	free(l->cursor_path);
	free(l);
}
