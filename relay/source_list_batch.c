/* What a batch of a list is: lines, or paths of files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "sanitizers/utf8.h"
#include "relay/source_list.h"

/* ---- lines ---- */

/* An entry under way. */
struct lines {
	struct list *l;
	uint64_t entries, n, seq;
};

static enum d4_status
lines_flush(struct lines *at)
{
	struct list *l = at->l;
	struct feed_entry e = {.id = {l->number, ++at->entries},
	    .seq = l->number + at->seq,
	    .n = at->n,
	    .t_us = l->number,
	    .t_hdr_s = l->number / 1000000,
	    .data = d4_buf_slice(&l->out)};
	enum d4_status st;

	if (at->n == 0)
		return D4_OK;
	st = feed_put(&l->feed, &e);
	at->seq += at->n;
	at->n = 0;
	l->out.n = 0;
	return st;
}

/* Why an item is no line; D4_R_NONE: it is one. */
static enum d4_reason
lines_broken(const redisReply *item)
{
	if (item->type != REDIS_REPLY_STRING || item->len >= D4_LINE_MAX)
		return D4_R_LINE_TOOLONG;
	if (memchr(item->str, '\n', item->len) != NULL)
		return D4_R_ITEM_LINES;
	if (!san_utf8_ok(d4_slice_of(item->str, item->len)))
		return D4_R_LINE_UTF8;
	return D4_R_NONE;
}

static enum d4_status
lines_add(struct lines *at, const redisReply *item)
{
	enum d4_reason why = lines_broken(item);
	struct d4_buf *out = &at->l->out;
	enum d4_status st;

	if (why != D4_R_NONE) {
		feed_drop(&at->l->feed, why,
		    (struct feed_drop){1, item->type == REDIS_REPLY_STRING
					      ? item->len
					      : (uint64_t)item->integer},
		    NULL);
		return D4_OK;
	}
	st = d4_buf_add(out, item->str, item->len);
	if (st == D4_OK)
		st = d4_buf_add(out, "\n", 1);
	at->n++;
	if (st == D4_OK && out->n >= D4_ENTRY_TARGET)
		st = lines_flush(at);
	return st;
}

void
list_lines(struct list *l, const redisReply *items)
{
	struct lines at = {.l = l};
	enum d4_status st = D4_OK;

	l->out.n = 0;
	for (size_t i = 0; st == D4_OK && i < items->elements; i++)
		st = lines_add(&at, items->element[i]);
	if (st == D4_OK)
		st = lines_flush(&at);
	if (st == D4_OK)
		feed_finish(
		    &l->feed, (struct stream_id){l->number, UINT64_MAX});
	else
		feed_fail(&l->feed, st);
}

/* ---- files ---- */

void
list_files_forget(struct list *l)
{
	source_file_free(l->file);
	l->file = NULL;
	for (size_t i = 0; i < l->n_paths; i++)
		free(l->path[i]);
	free(l->path);
	l->path = NULL;
	l->n_paths = l->at = 0;
}

/* An item that is no path at all stands as the empty one: never opened. */
static char *
paths_copy(const redisReply *item)
{
	if (item->type != REDIS_REPLY_STRING || item->len > LIST_PATH_MAX ||
	    memchr(item->str, '\0', item->len) != NULL)
		return strdup("");
	return strndup(item->str, item->len);
}

void
list_paths(struct list *l, const redisReply *items)
{
	list_files_forget(l);
	l->path = calloc(items->elements + 1, sizeof(char *));
	for (size_t i = 0; l->path != NULL && i < items->elements; i++) {
		l->path[i] = paths_copy(items->element[i]);
		l->n_paths += l->path[i] != NULL;
	}
	if (l->path == NULL || l->n_paths < items->elements)
		list_files_forget(l); /* out of memory: it is taken again */
	else
		list_files(l);
}

/* The path below our folder, or NULL. */
static const char *
files_below(const struct source_conf *c, const char *path)
{
	const char *top = c->prefix != NULL ? c->prefix : c->dir;
	size_t n = strlen(top);

	while (n > 0 && top[n - 1] == '/')
		n--;
	if (strncmp(path, top, n) != 0 || path[n] != '/')
		return NULL;
	for (path += n; *path == '/'; path++)
		continue;
	return *path == '\0' ? NULL : path;
}

/*
 * Did the handler that wrote the file pack it (HASH.EXT.gz)? A gzip that the
 * sensor watched is HASH.gz, and stays one.
 */
static bool
files_packed(const char *path)
{
	const char *name = strrchr(path, '/');
	const char *dot = strchr(name != NULL ? name : path, '.');

	return dot != NULL && (dot = strchr(dot + 1, '.')) != NULL &&
	       strcmp(strrchr(dot, '.'), ".gz") == 0;
}

/* D4_END: it is counted as dropped. Else an error to wait for. */
static enum d4_status
files_open(struct list *l)
{
	static const struct {
		enum d4_status st;
		enum d4_reason why;
	} rows[] = {
	    {D4_EDENIED, D4_R_FILE_PATH},
	    {D4_EINVAL, D4_R_FILE_KIND},
	    {D4_ENOENT, D4_R_FILE_MISSING},
	    {D4_EPERM, D4_R_FILE_READ},
	};
	const struct source_conf *c = l->feed.conf;
	const char *path = files_below(c, l->path[l->at]);
	const struct d4_type_row *type = d4_type_of(c->type, c->ext);
	enum d4_status st = D4_EDENIED;

	if (path != NULL)
		st = source_file_new(
		    c->dir, path, type->cutter, c->file_max, &l->file);
	if (st == D4_OK && c->whole)
		st = source_file_whole(l->file, !files_packed(path));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].st != st)
			continue;
		feed_drop(&l->feed, rows[i].why, (struct feed_drop){1, 0},
		    l->path[l->at]);
		return D4_END;
	}
	return st;
}

/* Where the file under way is: everything up to it is done. */
static struct stream_id
files_id(const struct list *l, uint64_t block)
{
	return (struct stream_id){l->number, (uint64_t)l->at << 40 | block};
}

static void
files_lost(struct list *l, const struct source_file *f)
{
	for (size_t i = 0; i < f->cut.n_lost; i++)
		feed_drop(&l->feed, f->cut.lost[i].why,
		    (struct feed_drop){f->cut.lost[i].n, f->cut.lost[i].bytes},
		    l->path[l->at]);
	if (source_file_over(f) && f->why != D4_R_NONE)
		feed_drop(&l->feed, f->why,
		    (struct feed_drop){1, f->size - f->taken}, l->path[l->at]);
}

/* One block; D4_END: the file is done. */
static enum d4_status
files_block(struct list *l)
{
	struct source_file *f = l->file;
	struct stream_id last = feed_last(&l->feed);
	struct feed_entry e = {.t_us = l->number, .t_hdr_s = f->mtime_s};
	enum d4_status st = source_file_next(f);

	if (st != D4_OK)
		return st;
	e.id = files_id(l, ++l->blocks);
	if (stream_id_compare(&e.id, &last) <= 0)
		return D4_OK; /* before a crash */
	files_lost(l, f);
	e.seq = f->cut.seq + 1;
	e.n = f->cut.n;
	e.data = d4_buf_slice(&f->cut.out);
	return e.n > 0 ? feed_put(&l->feed, &e) : D4_OK;
}

/* Opens the next file that is not done yet; D4_AGAIN: not now. */
static enum d4_status
files_next(struct list *l)
{
	struct stream_id last = feed_last(&l->feed);
	enum d4_status st;

	if (last.ms == l->number && last.n >> 40 > l->at) {
		l->at++;
		return D4_OK;
	}
	l->blocks = 0;
	st = feed_sess(&l->feed, l->number + l->at);
	if (st == D4_OK)
		st = files_open(l);
	if (st == D4_END) {
		l->at++;
		st = D4_OK;
	}
	if (st != D4_OK)
		feed_alarms(&l->feed, "%s: %s", l->feed.conf->dir,
		    st == D4_EIO ? strerror(errno) : d4_status_text(st));
	l->blocked = st != D4_OK;
	return st == D4_OK ? D4_OK : D4_AGAIN;
}

static enum d4_status
files_step(struct list *l)
{
	enum d4_status st;

	if (l->file == NULL)
		return files_next(l);
	st = files_block(l);
	if (st != D4_END)
		return st;
	source_file_free(l->file);
	l->file = NULL;
	l->at++;
	return D4_OK;
}

/* Nothing is to be written: the next part, or the same a second later. */
static void
files_later(struct list *l, bool blocked)
{
	const struct timeval wait = {blocked ? 1 : 0, 0};

	if (blocked)
		list_files_forget(l);
	(void)evtimer_add(l->poll, &wait);
}

/* So much of the batch as one write takes; the rest when that is durable. */
void
list_files(struct list *l)
{
	enum d4_status st = D4_OK;
	struct stream_id id, last = feed_last(&l->feed);
	unsigned turns = 0;

	while (st == D4_OK && l->at < l->n_paths && turns++ < FILES_TURNS)
		st = files_step(l);
	if (st != D4_OK && st != D4_AGAIN) {
		feed_fail(&l->feed, st);
		return;
	}
	id = files_id(l, l->file != NULL ? l->blocks : 0);
	if (l->at == l->n_paths) {
		id.n = UINT64_MAX;
		list_files_forget(l);
	}
	if (stream_id_compare(&id, &last) > 0 &&
	    (st == D4_OK || l->feed.passed > 0 || l->feed.dropped))
		feed_finish(&l->feed, id);
	else
		files_later(l, st == D4_AGAIN);
}
