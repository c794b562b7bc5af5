/*
 * Captures: one file a session, as tcpdump makes them for d4-core, closed and
 * compressed after a while. Redis knows how much of a file is acknowledged:
 * what a killed process wrote beyond is written again, over it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hub/archive_name.h"
#include "hub/compat_gzip.h"
#include "hub/compat_parts.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"

#define CAPTURES   65536u
#define FILE_MAX   (64u << 20) /* bytes at which a file is closed anyway */
#define GLOBAL_LEN 24u         /* of a capture's header */
#define TRIES      1000u       /* files of one sensor in one second */

static struct compat_capture *
capture_find(const struct compat *c, const char *sess)
{
	for (size_t i = 0; i < c->n_captures; i++) {
		if (strcmp(c->capture[i].sess, sess) == 0)
			return &c->capture[i];
	}
	return NULL;
}

static struct compat_capture *
capture_slot(struct compat *c)
{
	struct compat_capture *all;

	if (c->n_captures == CAPTURES)
		return NULL;
	all = realloc(c->capture, (c->n_captures + 1) * sizeof(*all));
	if (all == NULL)
		return NULL;
	c->capture = all;
	all += c->n_captures++;
	*all = (struct compat_capture){.fd = -1};
	return all;
}

/* ---- what is known of it ---- */

static void
capture_text(const struct compat_capture *a, char *out, size_t n)
{
	(void)snprintf(out, n, "%llu %s %llu %s",
	    (unsigned long long)a->opened_s, a->uuid,
	    (unsigned long long)a->bytes, a->path);
}

/* Decimal digits and a space at *text, which moves behind them. */
static bool
take_number(const char **text, uint64_t *out)
{
	char *end = NULL;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*out = strtoull(*text, &end, 10);
	if (errno != 0 || *end != ' ')
		return false;
	*text = end + 1;
	return true;
}

/* As capture_text writes it; a path elsewhere is not ours. */
static bool
capture_parse(
    const struct compat *c, const char *text, struct compat_capture *a)
{
	size_t base = strlen(c->data);

	if (!take_number(&text, &a->opened_s) ||
	    strspn(text, "0123456789abcdef") != D4_UUID_HEX - 1)
		return false;
	(void)snprintf(a->uuid, sizeof(a->uuid), "%s", text);
	text += D4_UUID_HEX - 1;
	if (*text++ != ' ' || !take_number(&text, &a->bytes) ||
	    strlen(text) >= sizeof(a->path) ||
	    strncmp(text, c->data, base) != 0 || text[base] != '/' ||
	    strstr(text, "/../") != NULL)
		return false;
	(void)snprintf(a->path, sizeof(a->path), "%s", text);
	return true;
}

void
compat_capture_load(struct compat *c)
{
	struct compat_words w = {.n = 0};
	redisReply *r;

	words_add(&w, "HGETALL");
	words_add(&w, "d4:compat:file");
	r = compat_ask(c, &w);
	for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i + 1 < r->elements;
	     i += 2) {
		struct compat_capture a = {.fd = -1}, *slot;

		if (strlen(r->element[i]->str) >= sizeof(a.sess) ||
		    !capture_parse(c, r->element[i + 1]->str, &a))
			continue;
		(void)snprintf(
		    a.sess, sizeof(a.sess), "%s", r->element[i]->str);
		slot = capture_slot(c);
		if (slot != NULL)
			*slot = a;
		else
			d4_fatalx("out of memory");
	}
	freeReplyObject(r);
}

/* ---- packets ---- */

/* A name that neither a capture nor a compressed one has. */
static bool
capture_name(struct compat *c, struct compat_capture *a)
{
	char day[COMPAT_PATH], t[D4_TIME_TEXT], packed[COMPAT_PATH + 4];
	uint64_t now = d4_now_us();

	if (!compat_day(c, a->uuid, now, "1", day) || !compat_folder(c, day))
		return false;
	d4_time_text(now, t);
	a->opened_s = now / 1000000;
	for (unsigned i = 0; i < TRIES; i++) {
		char more[ARCHIVE_NTH];

		archive_nth(i, more);
		if (snprintf(a->path, sizeof(a->path),
			"%.400s/%s-%.10s-%.2s%.2s%.2s%s.cap", day, a->uuid, t,
			t + 11, t + 14, t + 17, more) >= (int)sizeof(a->path))
			return false;
		(void)snprintf(packed, sizeof(packed), "%s.gz", a->path);
		if (access(packed, F_OK) == 0)
			continue;
		a->fd = open(a->path,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
		if (a->fd >= 0)
			return d4_dir_sync(day) == D4_OK;
		if (errno != EEXIST)
			return false;
	}
	return false;
}

static struct compat_capture *
capture_open(struct compat *c, const struct d4_entry *e)
{
	char sess[D4_UUID_TEXT];
	struct compat_capture *a, fresh = {.fd = -1};

	d4_uuid_text(&e->sess, sess);
	a = capture_find(c, sess);
	if (a != NULL) {
		if (a->fd < 0)
			a->fd =
			    open(a->path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
		return a->fd >= 0 ? a : NULL;
	}
	(void)snprintf(fresh.sess, sizeof(fresh.sess), "%s", sess);
	d4_uuid_hex(&e->sensor, fresh.uuid);
	if (!capture_name(c, &fresh))
		return NULL;
	a = capture_slot(c);
	if (a == NULL) {
		(void)close(fresh.fd);
		return NULL;
	}
	*a = fresh;
	return a;
}

static bool
write_at(int fd, struct d4_slice s, uint64_t at)
{
	while (s.n != 0) {
		ssize_t n = pwrite(fd, s.p, s.n, (off_t)at);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			d4_slice_skip(&s, (size_t)n);
			at += (uint64_t)n;
		}
	}
	return true;
}

static struct compat_grown *
grown_slot(struct compat *c)
{
	struct compat_grown *all;

	if (c->n_grown == c->max_grown) {
		size_t max = 2 * c->max_grown + 64;

		all = realloc(c->grown, max * sizeof(*all));
		if (all == NULL)
			d4_fatalx("out of memory");
		c->grown = all;
		c->max_grown = max;
	}
	return &c->grown[c->n_grown++];
}

bool
compat_capture_add(struct compat *c, struct compat_queue *q, const char *id,
    const struct d4_entry *e)
{
	struct d4_slice data = e->data;
	struct compat_capture *a;
	struct compat_grown *g;

	if (!compat_room(c))
		return false;
	a = capture_open(c, e);
	if (a != NULL && a->bytes != 0)
		d4_slice_skip(&data, data.n < GLOBAL_LEN ? data.n : GLOBAL_LEN);
	if (a == NULL || !write_at(a->fd, data, a->bytes)) {
		d4_warn("compat capture of session");
		return false;
	}
	a->bytes += data.n;
	g = grown_slot(c);
	g->queue = q;
	(void)snprintf(g->id, sizeof(g->id), "%s", id);
	(void)snprintf(g->sess, sizeof(g->sess), "%s", a->sess);
	capture_text(a, g->value, sizeof(g->value));
	return true;
}

void
compat_capture_sync(struct compat *c)
{
	for (size_t i = 0; c->n_grown != 0 && i < c->n_captures; i++) {
		struct compat_capture *a = &c->capture[i];

		if (a->fd < 0)
			continue;
		if (fdatasync(a->fd) < 0)
			d4_fatal("compat capture=%s", a->path);
		(void)close(a->fd);
		a->fd = -1;
	}
	for (size_t i = 0; i < c->n_grown; i++) {
		struct compat_grown *g = &c->grown[i];
		struct compat_words w;

		compat_script(c, COMPAT_GROW, &w);
		words_add(&w, g->queue->key);
		words_add(&w, g->id);
		words_add(&w, g->sess);
		words_add(&w, g->value);
		compat_send(c, g->queue, g->id, &w);
		c->call[c->n_calls - 1].grow = true;
	}
	c->n_grown = 0;
}

/* ---- the end of a file ---- */

static void
capture_push(struct compat *c, const struct compat_capture *a, const char *path)
{
	char now[32], max[24];
	struct compat_words w;
	redisReply *r;

	(void)snprintf(now, sizeof(now), "%llu",
	    (unsigned long long)(d4_now_us() / 1000000));
	(void)snprintf(
	    max, sizeof(max), "%llu", (unsigned long long)c->opt->compat_size);
	compat_script(c, COMPAT_CLOSE, &w);
	words_add(&w, a->sess);
	words_add(&w, "1");
	words_add(&w, "1");
	words_add(&w, a->uuid);
	words_add(&w, path);
	words_add(&w, now);
	words_add(&w, max);
	r = compat_ask(c, &w);
	if (r->type == REDIS_REPLY_ERROR)
		compat_lost(c, r->str);
	freeReplyObject(r);
}

/* What a killed process wrote beyond what is acknowledged goes. */
static bool
capture_cut(const struct compat_capture *a)
{
	int fd = open(a->path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	bool ok = fd >= 0 && ftruncate(fd, (off_t)a->bytes) == 0;

	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* false: it cannot be compressed now; later. */
static bool
capture_close(struct compat *c, struct compat_capture *a)
{
	char packed[COMPAT_PATH + 4];

	(void)snprintf(packed, sizeof(packed), "%s.gz", a->path);
	if (!capture_cut(a) || compat_gzip(a->path, packed) != D4_OK) {
		if (!a->said)
			d4_warn("alarm=compat capture=%s", a->path);
		a->said = true;
		if (access(a->path, F_OK) == 0 || errno != ENOENT)
			return false;
		/* Somebody removed it: there is nothing to be named. */
		if (d4_account_write(c->account, true, "compat.gone",
			json_pack("{s:s,s:s,s:I}", "file", a->path, "session",
			    a->sess, "bytes", (json_int_t)a->bytes)) != D4_OK)
			return false;
		packed[0] = '\0';
	}
	capture_push(c, a, packed);
	(void)unlink(a->path);
	return true;
}

static bool
capture_due(const struct compat *c, const struct compat_capture *a)
{
	uint64_t now = d4_now_us() / 1000000;
	uint64_t age = c->opt->compat_rotate_us / 1000000;

	return now < a->opened_s || now - a->opened_s >= age ||
	       now / 86400 != a->opened_s / 86400 || a->bytes >= FILE_MAX;
}

void
compat_captures_due(struct compat *c, const char *sess)
{
	size_t i = 0;

	while (i < c->n_captures) {
		struct compat_capture *a = &c->capture[i];
		bool due = sess != NULL ? strcmp(a->sess, sess) == 0
		                        : capture_due(c, a);

		if (due && capture_close(c, a))
			*a = c->capture[--c->n_captures];
		else
			i++;
	}
}
