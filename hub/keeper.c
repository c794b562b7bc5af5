#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "hub/keeper.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"

#define REST_MIN_MS 500u
#define REST_MAX_MS 10000u
#define LASTS_MS    5000u       /* whoever lives so long does not die at once */
#define DISK_LOW    (16u << 20) /* bytes free: less than a few entries */
#define LOG_TAIL    2048        /* bytes looked at */

/* The last line in the tail of its log, in quotes; "" when there is none. */
static const char *
last_words(const struct d4_embedded *e, char *out, size_t n)
{
	char *path = d4_path(e->dir, "redis.log");
	char tail[LOG_TAIL];
	ssize_t len = -1, from;
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	free(path);
	if (fd >= 0) {
		if (lseek(fd, -LOG_TAIL, SEEK_END) < 0)
			(void)lseek(fd, 0, SEEK_SET);
		len = read(fd, tail, sizeof(tail));
		(void)close(fd);
	}
	while (len > 0 && tail[len - 1] == '\n')
		len--;
	for (from = len; from > 0 && tail[from - 1] != '\n';)
		from--;
	return d4_log_quote(
	    tail + from, len > from ? (size_t)(len - from) : 0, out, n);
}

enum d4_status
keeper_start(struct keeper *k)
{
	struct d4_embedded *e = k->redis;
	enum d4_status st = d4_embedded_start(e);
	char words[300];

	k->began_ms = d4_mono_ms();
	if (st == D4_OK && e->adopted && d4_embedded_grant(e) != D4_OK)
		d4_warnx("redis pid=%d rights=old remedy=\"stop it: the hub"
			 " starts it again\"",
		    (int)e->pid);
	if (st == D4_OK)
		d4_info("redis pid=%d %s appendfsync=%s", (int)e->pid,
		    e->adopted ? "adopted" : "started", e->appendfsync);
	else if (st == D4_ENOENT)
		d4_warnx("redis not started: no redis-server on PATH; "
			 "remedy: install it");
	else if (st == D4_EDENIED)
		d4_warnx("redis not started: its account %s cannot get to %s; "
			 "remedy: chmod a+x the folders above it",
		    e->user != NULL ? e->user : "", e->dir);
	else
		d4_warnx("redis not started why=\"%s\" said=%s",
		    d4_status_text(st), last_words(e, words, sizeof(words)));
	return st;
}

/* Longer each time, while it does not last. */
static void
keeper_rest(struct keeper *k, uint64_t now)
{
	if (now - k->began_ms > LASTS_MS) {
		k->pause_ms = 0;
		k->rest_ms = now;
		return;
	}
	k->pause_ms = k->pause_ms != 0 ? 2 * k->pause_ms : REST_MIN_MS;
	if (k->pause_ms > REST_MAX_MS)
		k->pause_ms = REST_MAX_MS;
	k->rest_ms = now + k->pause_ms;
}

static bool
disk_full(const struct d4_embedded *e)
{
	struct statvfs v;

	return statvfs(e->dir, &v) == 0 &&
	       (uint64_t)v.f_bavail * v.f_frsize < DISK_LOW;
}

bool
keeper_revive(struct keeper *k)
{
	struct d4_embedded *e = k->redis;
	uint64_t now = d4_mono_ms();
	char words[300];

	if (e == NULL || d4_embedded_alive(e))
		return true;
	if (e->pid != 0) {
		keeper_rest(k, now);
		d4_warnx("redis pid=%d died wait_ms=%u%s said=%s", (int)e->pid,
		    (unsigned)(k->rest_ms - now),
		    disk_full(e) ? " disk=full" : "",
		    last_words(e, words, sizeof(words)));
		d4_embedded_forget(e);
	}
	if (now < k->rest_ms)
		return false;
	if (keeper_start(k) == D4_OK)
		return true;
	keeper_rest(k, d4_mono_ms());
	return false;
}
