/*
 * A folder in which files are finished: each is sent once, the oldest first.
 * inotify only says that it is worth to look; what there is, a scan finds, at
 * the start, after an event, and every so often.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/inotify.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "sensor/folder_item.h"
#include "sensor/source.h"

#define FOLDER_RESCAN_MS 10000u
#define FOLDER_COST      10u /* a scan may take one part in so many of time */

/* Files that were given, and are settled at the frame `mark`. */
struct folder_lot {
	struct folder_file file;
	uint64_t mark;
	struct folder_lot *next;
};

/*
 * struct source_folder
 * Shape:  list, at: found, and which of them is next. open: item is being
 *         read, list.at[at - 1] is it. scan_ms: when to look again at the
 *         latest; dirty: an event says that it is worth to.
 */
struct source_folder {
	struct source base;
	struct event *later, *notified;
	int inotify;
	struct folder_done *done;
	struct folder_list list;
	size_t at;
	struct folder_item item;
	struct folder_lot *first, *last;
	uint64_t scan_ms, scanned_ms, cost_ms;
	bool open, wanted, dirty;
};

static struct source_folder *
folder_of(struct source *s)
{
	return (struct source_folder *)s;
}

static void
folder_later(struct source_folder *f, uint64_t ms)
{
	struct timeval tv = {
	    .tv_sec = (time_t)(ms / 1000),
	    .tv_usec = (suseconds_t)(ms % 1000 * 1000),
	};

	(void)evtimer_add(f->later, &tv);
}

/* ---- what is settled ---- */

/* What was given until now is in frames up to the reader's mark. */
static void
folder_mark(struct source_folder *f)
{
	for (struct folder_lot *l = f->first; l != NULL; l = l->next) {
		if (l->mark == UINT64_MAX)
			l->mark = f->base.mark;
	}
}

static void
folder_lot_free(struct folder_lot *l)
{
	free(l->file.path);
	free(l);
}

/* Only as it was sent: a file that has changed since is another one. */
static void
folder_delete(const struct folder_file *file)
{
	struct folder_key now;
	struct stat sb;

	if (lstat(file->path, &sb) != 0)
		return;
	now = folder_key(&sb);
	if (memcmp(&now, &file->key, sizeof(now)) == 0 &&
	    unlink(file->path) != 0)
		d4_warn("cannot delete file=%s", file->path);
}

static void
folder_settled(struct source *s)
{
	struct source_folder *f = folder_of(s);
	enum d4_status st = D4_OK;
	bool any = false;

	while (f->first != NULL && f->first->mark <= s->settled) {
		struct folder_lot *l = f->first;

		if (folder_done_settle(f->done, &l->file.key) != D4_OK)
			st = D4_EIO;
		else if (s->conf.after_delete)
			folder_delete(&l->file);
		any = true;
		f->first = l->next;
		if (f->first == NULL)
			f->last = NULL;
		folder_lot_free(l);
	}
	if (any && st == D4_OK)
		st = folder_done_sync(f->done);
	if (st != D4_OK)
		d4_warn("cannot note which files were sent dir=%s: a restart "
			"will send them again",
		    s->conf.state);
}

/* A file is through: it waits for its frames to be settled. */
static void
folder_lot_add(struct source_folder *f, struct folder_file *file)
{
	struct folder_lot *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return; /* not noted: a restart sends it again */
	l->file = *file;
	file->path = NULL;
	l->mark = UINT64_MAX;
	if (f->last != NULL)
		f->last->next = l;
	else
		f->first = l;
	f->last = l;
}

/* ---- looking ---- */

static bool
folder_scan_now(struct source_folder *f)
{
	struct folder_view view = {
	    .root = f->base.conf.path,
	    .daily = f->base.conf.daily,
	    .remove = f->base.conf.after_delete,
	    .inotify = f->inotify,
	    .now_s = time(NULL),
	    .done = f->done,
	};
	uint64_t begin = d4_mono_ms();
	enum d4_status st;

	folder_list_fini(&f->list);
	f->at = 0;
	f->dirty = false;
	st = folder_scan(&view, &f->list);
	f->scanned_ms = d4_mono_ms();
	f->cost_ms = f->scanned_ms - begin;
	f->scan_ms = f->scanned_ms + FOLDER_RESCAN_MS;
	if (st != D4_OK)
		d4_warn("cannot read folder=%s", f->base.conf.path);
	else if (!f->list.more)
		folder_done_purge(f->done);
	return f->list.n != 0;
}

/* When to look again: soon after an event, but not all of the time. */
static uint64_t
folder_wait_ms(const struct source_folder *f)
{
	uint64_t now = d4_mono_ms(), when = f->scan_ms;
	uint64_t soon = f->scanned_ms + FOLDER_COST * f->cost_ms;

	if (f->dirty || f->list.more)
		when = soon;
	return when > now ? when - now : 0;
}

static void
folder_on_inotify(evutil_socket_t fd, short what, void *arg)
{
	struct source_folder *f = arg;
	uint8_t buf[16384];

	(void)what;
	while (read(fd, buf, sizeof(buf)) > 0)
		continue;
	f->dirty = true;
	if (f->wanted && !f->open && f->at >= f->list.n)
		folder_later(f, folder_wait_ms(f));
}

/* ---- reading ---- */

static enum folder_form
folder_form_of(const struct source_conf *c)
{
	if (c->json)
		return FOLDER_JSON;
	/* Files of any kind under a meta header, as d4-goclient sends them. */
	return c->type == D4_TYPE_EXTENDED ? FOLDER_BASE64 : FOLDER_RAW;
}

static void
folder_drop(
    struct source_folder *f, struct folder_file *file, enum d4_reason why)
{
	d4_warnx("file is not sent file=%s reason=%s", file->path,
	    d4_reason_name(why));
	f->base.to.ev->drop(f->base.to.arg, why, file->key.size);
	folder_lot_add(f, file);
}

static bool
folder_open(struct source_folder *f)
{
	struct folder_file *file = &f->list.at[f->at++];
	enum d4_status st =
	    folder_item_open(&f->item, file, folder_form_of(&f->base.conf));

	if (st == D4_EIO)
		return false; /* it is gone, or a later scan finds it again */
	if (folder_done_take(f->done, &file->key) != D4_OK)
		d4_warnx("too many files folder=%s: some may be sent twice; "
			 "delete them when they are sent",
		    f->base.conf.path);
	if (st != D4_OK) {
		folder_drop(f, file, f->item.why);
		return false;
	}
	f->open = true;
	return true;
}

/* The file is through, whole or not. */
static void
folder_close(struct source_folder *f, enum d4_status st)
{
	struct folder_file *file = &f->list.at[f->at - 1];

	f->open = f->wanted = false;
	if (st == D4_EMALFORMED) {
		folder_drop(f, file, f->item.why);
	} else {
		if (st != D4_END)
			d4_warn("cannot read all of file=%s", file->path);
		d4_debug("file read file=%s", file->path);
		folder_lot_add(f, file);
	}
	f->base.to.ev->cut(f->base.to.arg);
}

static void
folder_read(struct source_folder *f)
{
	struct d4_slice bytes;
	enum d4_status st = folder_item_next(&f->item, &bytes);

	if (st != D4_OK) {
		folder_close(f, st);
		return;
	}
	f->wanted = false;
	f->base.to.ev->give(f->base.to.arg, bytes);
}

static void
folder_step(struct source_folder *f)
{
	if (!f->wanted)
		return;
	while (!f->open) {
		if (f->at < f->list.n) {
			(void)folder_open(f);
		} else if (folder_wait_ms(f) != 0 || !folder_scan_now(f)) {
			folder_later(f, folder_wait_ms(f));
			return;
		}
	}
	folder_read(f);
}

static void
folder_on_later(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	folder_step(arg);
}

static void
folder_want(struct source *s)
{
	struct source_folder *f = folder_of(s);

	folder_mark(f);
	f->wanted = true;
	folder_later(f, 0);
}

static void
folder_destroy(struct source *s)
{
	struct source_folder *f = folder_of(s);

	if (f->later != NULL)
		event_free(f->later);
	if (f->notified != NULL)
		event_free(f->notified);
	if (f->inotify >= 0)
		(void)close(f->inotify);
	while (f->first != NULL) {
		struct folder_lot *l = f->first;

		f->first = l->next;
		folder_lot_free(l);
	}
	folder_done_free(f->done);
	folder_list_fini(&f->list);
	folder_item_fini(&f->item);
	free(f);
}

static const struct source_ops folder_ops = {
    .want = folder_want,
    .settled = folder_settled,
    .destroy = folder_destroy,
};

static enum d4_status
folder_begin(struct source_folder *f)
{
	const struct source_conf *c = &f->base.conf;
	struct stat sb;

	if (stat(c->path, &sb) < 0)
		return D4_EIO;
	if (!S_ISDIR(sb.st_mode)) {
		errno = ENOTDIR;
		return D4_EIO;
	}
	/* Who opens a file that we hold a lease on makes this signal. */
	(void)signal(SIGIO, SIG_IGN);
	f->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (f->inotify < 0)
		d4_warn("no inotify: the folder is only looked at every 10 s");
	f->later = evtimer_new(c->base, folder_on_later, f);
	f->notified = event_new(
	    c->base, f->inotify, EV_READ | EV_PERSIST, folder_on_inotify, f);
	if (f->later == NULL || f->notified == NULL)
		return D4_ENOMEM;
	if (f->inotify >= 0)
		(void)event_add(f->notified, NULL);
	return folder_done_open(c->state, &f->done);
}

enum d4_status
source_folder_make(const struct source_conf *conf,
    const struct source_owner *to, struct source **out)
{
	struct source_folder *f = calloc(1, sizeof(*f));
	enum d4_status st;
	int saved;

	if (f == NULL)
		return D4_ENOMEM;
	f->base.ops = &folder_ops;
	f->base.conf = *conf;
	f->base.to = *to;
	f->inotify = -1;
	folder_item_init(&f->item);
	st = folder_begin(f);
	if (st == D4_OK) {
		*out = &f->base;
		return D4_OK;
	}
	saved = errno;
	folder_destroy(&f->base);
	errno = saved;
	return st;
}
