/* A folder of rotated files (ADR 0016). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/source_dir.h"

static void
dir_soon(struct dir *d, unsigned s)
{
	const struct timeval wait = {(time_t)s, 0};

	(void)evtimer_add(d->later, &wait);
}

/* ---- one file ---- */

static const struct d4_cutter_kind *
dir_cutter(const struct source_conf *c)
{
	return d4_type_of(c->type, c->ext)->cutter;
}

static void
dir_lost(struct dir *d)
{
	const struct source_file *f = d->file;

	for (size_t i = 0; i < f->cut.n_lost; i++)
		feed_drop(&d->feed, f->cut.lost[i].why,
		    (struct feed_drop){f->cut.lost[i].n, f->cut.lost[i].bytes},
		    d->now.name);
	if (source_file_over(f) && f->why != D4_R_NONE)
		feed_drop(&d->feed, f->why,
		    (struct feed_drop){1, f->size - f->taken}, d->now.name);
}

/* One block; D4_END: there is none any more. */
static enum d4_status
dir_block(struct dir *d)
{
	struct stream_id last = feed_last(&d->feed);
	struct feed_entry e = {
	    .t_us = d->now.number, .t_hdr_s = d->file->mtime_s};
	enum d4_status st = source_file_next(d->file);

	if (st != D4_OK)
		return st;
	e.id = (struct stream_id){d->now.number, ++d->blocks};
	if (stream_id_compare(&e.id, &last) <= 0)
		return D4_OK; /* before a crash */
	dir_lost(d);
	e.seq = d->file->cut.seq + 1;
	e.n = d->file->cut.n;
	e.data = d4_buf_slice(&d->file->cut.out);
	return e.n > 0 ? feed_put(&d->feed, &e) : D4_OK;
}

static void
dir_work(struct dir *d)
{
	struct stream_id last = feed_last(&d->feed);
	struct stream_id id;
	enum d4_status st = D4_OK;

	for (unsigned i = 0; st == D4_OK && i < DIR_TURNS; i++)
		st = dir_block(d);
	if (st != D4_OK && st != D4_END) {
		feed_fail(&d->feed, st);
		return;
	}
	d->ended = st == D4_END;
	id = (struct stream_id){
	    d->now.number, d->ended ? UINT64_MAX : d->blocks};
	if (stream_id_compare(&id, &last) > 0)
		feed_finish(&d->feed, id);
	else
		dir_soon(d, 0);
}

/* A file that is not there any more, or cannot be read at all. */
static void
dir_give_up(struct dir *d, enum d4_reason why)
{
	feed_drop(
	    &d->feed, why, (struct feed_drop){1, d->now.id.size}, d->now.name);
	d->ended = true;
	feed_finish(&d->feed, (struct stream_id){d->now.number, UINT64_MAX});
}

static bool
dir_changed(const struct dir *d)
{
	const struct dir_id id = {
	    d->file->dev, d->file->ino, d->file->size, d->file->mtime_ns};

	return dir_id_compare(&id, &d->now.id) != 0;
}

/* d->now has a number: opens it, from the beginning. */
static void
dir_reopen(struct dir *d)
{
	const struct source_conf *c = d->feed.conf;
	enum d4_status st = feed_sess(&d->feed, d->now.number);

	d->blocks = 0;
	d->ended = false;
	if (st == D4_OK)
		st = source_file_new(
		    c->dir, d->now.name, dir_cutter(c), c->file_max, &d->file);
	if (st == D4_OK && dir_changed(d)) {
		source_file_free(d->file);
		d->file = NULL;
		st = D4_ENOENT;
	}
	if (st == D4_OK) {
		dir_work(d);
	} else if (st == D4_ENOENT || st == D4_EDENIED || st == D4_EINVAL) {
		dir_give_up(d, D4_R_FILE_MISSING);
	} else if (st == D4_EPERM) {
		dir_give_up(d, D4_R_FILE_READ);
	} else {
		feed_alarms(&d->feed, "%s: %s", c->dir,
		    st == D4_EIO ? strerror(errno) : d4_status_text(st));
		dir_soon(d, 1);
	}
}

/* The next finished file is noted first, then read. */
static void
dir_begin(struct dir *d)
{
	uint64_t now = d4_now_us(), least = feed_last(&d->feed).ms;
	enum d4_status st;

	least = d->newest > least ? d->newest : least;
	d->now = d->found[d->at++];
	if (dir_log_find(&d->log, &d->now.id) != NULL)
		return; /* a hard link: the same file by another name */
	d->now.number = now > least ? now : least + 1;
	d->newest = d->now.number;
	st = dir_log_begin(&d->log, &d->now);
	if (st != D4_OK) {
		feed_alarms(&d->feed, "state: %s", d4_status_text(st));
		d->at--;
		dir_soon(d, 1);
		return;
	}
	d->busy = true;
	dir_reopen(d);
}

/* What was under way when we stopped comes first. */
static void
dir_resume(struct dir *d)
{
	const struct dir_file *last = d->log.last;

	if (last == NULL || dir_is_done(d, last))
		return;
	d->now = *last;
	d->newest = last->number;
	d->busy = true;
	if (!dir_scan(d))
		return;
	for (size_t i = 0; i < d->n_found; i++) { /* by another name? */
		if (dir_id_compare(&d->found[i].id, &d->now.id) == 0)
			(void)snprintf(d->now.name, sizeof(d->now.name), "%s",
			    d->found[i].name);
	}
}

/* ---- events ---- */

static void
dir_look(struct dir *d)
{
	d->look = false;
	d->looked_ms = d4_mono_ms();
	if (dir_scan(d) && !d->stuck)
		feed_alarms(&d->feed, "%s", "");
}

static void
dir_step(struct source *s)
{
	struct dir *d = dir_of(s);

	if (evtimer_pending(d->later, NULL) || !feed_ready(&d->feed))
		return;
	if (!d->busy)
		dir_resume(d);
	if (d->busy && d->file == NULL)
		dir_reopen(d);
	else if (d->busy)
		dir_work(d);
	else if (d->at < d->n_found)
		dir_begin(d);
	else if (d->look || d4_mono_ms() - d->looked_ms >= DIR_LOOK_MS)
		dir_look(d);
	else
		return;
	if (!d->feed.waiting && !evtimer_pending(d->later, NULL))
		dir_soon(d, 0);
}

static void
on_later(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	dir_step(arg);
}

static void
dir_moved(struct dir *d, const struct inotify_event *e)
{
	if ((e->mask & IN_MOVED_TO) != 0 && e->len > 0 &&
	    d->n_moved < DIR_MOVED)
		(void)snprintf(
		    d->moved[d->n_moved++], DIR_NAME_MAX, "%s", e->name);
}

static void
on_notify(evutil_socket_t fd, short what, void *arg)
{
	struct dir *d = dir_of(arg);
	_Alignas(struct inotify_event) char buf[8192];
	ssize_t n;

	(void)what;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		const char *p = buf;

		while (p < buf + n) {
			const struct inotify_event *e = (const void *)p;

			dir_moved(d, e);
			p += sizeof(*e) + e->len;
		}
		d->look = true;
	}
	dir_step(arg);
}

/* ---- batches ---- */

static void
dir_ack(struct shard *s)
{
	struct dir *d = dir_of(s->source);

	feed_ended(&d->feed);
	if (d->ended) {
		source_file_free(d->file);
		d->file = NULL;
		d->busy = d->ended = false;
		dir_after(d, &d->now);
	}
	dir_soon(d, 0);
}

static void
dir_drop(struct shard *s)
{
	struct dir *d = dir_of(s->source);

	feed_ended(&d->feed);
	source_file_free(d->file);
	d->file = NULL;
	d->ended = false;
}

/* ---- life ---- */

static void
dir_close(struct source *s)
{
	struct dir *d = dir_of(s);

	if (d->notify != NULL)
		event_free(d->notify);
	if (d->later != NULL)
		event_free(d->later);
	if (d->notify_fd >= 0)
		(void)close(d->notify_fd);
	source_file_free(d->file);
	dir_log_close(&d->log);
	free(d->found);
	free(d->moved);
	free(d);
}

static enum d4_status
dir_state(struct dir *d, const char *state)
{
	char name[sizeof(d->feed.conf->id) + 16];
	char *folder = d4_path(state, "sources"), *path = NULL;
	enum d4_status st =
	    folder == NULL ? D4_ENOMEM : d4_dir_make(folder, 0700);

	(void)snprintf(name, sizeof(name), "%s.files", d->feed.conf->id);
	if (st == D4_OK)
		path = d4_path(folder, name);
	if (st == D4_OK)
		st = path == NULL ? D4_ENOMEM : dir_log_open(&d->log, path);
	if (st != D4_OK)
		d4_warnx("source=%s file=%s error=\"%s\"", d->feed.conf->id,
		    path != NULL ? path : "-", d4_status_text(st));
	free(folder);
	free(path);
	return st;
}

/* Without inotify the folder is looked at now and then all the same. */
static enum d4_status
dir_events(struct dir *d, struct source *s)
{
	d->later = evtimer_new(s->wash->base, on_later, s);
	d->moved = calloc(DIR_MOVED, sizeof(*d->moved));
	if (d->later == NULL || d->moved == NULL)
		return D4_ENOMEM;
	d->notify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (d->notify_fd < 0 ||
	    inotify_add_watch(d->notify_fd, s->conf->dir,
		IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR) < 0) {
		d4_warn("source=%s notify", s->conf->id);
		return D4_OK;
	}
	d->notify = event_new(
	    s->wash->base, d->notify_fd, EV_READ | EV_PERSIST, on_notify, s);
	if (d->notify == NULL || event_add(d->notify, NULL) != 0)
		return D4_ENOMEM;
	return D4_OK;
}

static enum d4_status
dir_open(struct source *s)
{
	struct dir *d = calloc(1, sizeof(*d));
	enum d4_status st;

	if (d == NULL)
		return D4_ENOMEM;
	s->state = d;
	d->notify_fd = d->log.fd = -1;
	d->look = true;
	st = feed_init(&d->feed, s, true);
	if (st == D4_OK)
		st = dir_state(d, s->wash->setup->dirs.state);
	return st == D4_OK ? dir_events(d, s) : st;
}

static void
dir_status(const struct source *s, json_t *o)
{
	const struct dir *d = dir_of(s);
	json_int_t files = (json_int_t)(d->n_found - d->at);

	files += d->busy ? 1 : 0;
	(void)json_object_set_new(o, "dir", json_string(s->conf->dir));
	(void)json_object_set_new(
	    o, "state", json_string(d->busy ? "reading" : "live"));
	(void)json_object_set_new(o, "backlog", json_integer(files));
	(void)json_object_set_new(
	    o, "unfinished", json_integer((json_int_t)d->waits));
	(void)json_object_set_new(
	    o, "skipped", json_integer((json_int_t)d->skipped));
}

const struct source_kind source_directory = {
    .name = "directory",
    .open = dir_open,
    .step = dir_step,
    .ack = dir_ack,
    .drop = dir_drop,
    .close = dir_close,
    .status = dir_status,
};
