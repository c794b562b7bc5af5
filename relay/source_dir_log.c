#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "relay/source_dir.h"

#define LOG_HEAD  "d4 source files 1\n"
#define LOG_MAX   (64u << 20) /* bytes of the file */
#define LOG_LINE  (6u * 21u + DIR_NAME_MAX)
#define LOG_SPARE 1000u /* lines of files that are gone */

/*
 * One line: NUMBER DEV INO SIZE MTIME_NS NAME. A name with a newline cannot
 * be written and is never read (dir_scan leaves it out).
 */

int
dir_id_compare(const struct dir_id *a, const struct dir_id *b)
{
	const uint64_t x[] = {a->ino, a->mtime_ns, a->size, a->dev};
	const uint64_t y[] = {b->ino, b->mtime_ns, b->size, b->dev};

	for (size_t i = 0; i < 4; i++) {
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	}
	return 0;
}

/* tsearch gives keys and nodes, which begin with the id. */
static int
log_order(const void *a, const void *b)
{
	return dir_id_compare(a, b);
}

struct dir_file *
dir_log_find(const struct dir_log *log, const struct dir_id *id)
{
	struct dir_file *const *node =
	    (struct dir_file *const *)tfind(id, &log->tree, log_order);

	return node != NULL ? *node : NULL;
}

/* The last one begun has the highest number. */
static enum d4_status
log_keep(struct dir_log *log, const struct dir_file *f)
{
	struct dir_file *known = dir_log_find(log, &f->id);

	if (known == NULL) {
		known = malloc(sizeof(*known));
		if (known == NULL)
			return D4_ENOMEM;
		known->id = f->id;
		if (tsearch(known, &log->tree, log_order) == NULL) {
			free(known);
			return D4_ENOMEM;
		}
		log->n++;
	}
	*known = *f;
	if (log->last == NULL || f->number >= log->last->number)
		log->last = known;
	return D4_OK;
}

static bool
log_number(const char **p, uint64_t *out)
{
	char *end;

	if (**p < '0' || **p > '9')
		return false;
	errno = 0;
	*out = strtoull(*p, &end, 10);
	if (errno != 0 || *end != ' ')
		return false;
	*p = end + 1;
	return true;
}

static bool
log_parse(const char *line, size_t len, struct dir_file *f)
{
	uint64_t *const numbers[] = {
	    &f->number, &f->id.dev, &f->id.ino, &f->id.size, &f->id.mtime_ns};
	char text[LOG_LINE];
	const char *p = text;
	size_t n;

	if (len >= sizeof(text))
		return false;
	memcpy(text, line, len);
	text[len] = '\0';
	for (size_t i = 0; i < 5; i++) {
		if (!log_number(&p, numbers[i]))
			return false;
	}
	n = strlen(p);
	if (n == 0 || n >= sizeof(f->name) || f->number == 0)
		return false;
	memcpy(f->name, p, n + 1);
	return true;
}

/* A last line without its end was never synced: its file was not begun. */
static enum d4_status
log_load(struct dir_log *log, struct d4_slice text)
{
	struct dir_file f;
	enum d4_status st = D4_OK;
	const char *end;

	while (st == D4_OK && text.n > 0) {
		end = memchr(text.p, '\n', text.n);
		if (end == NULL)
			break;
		if (!log_parse((const char *)text.p,
			(size_t)(end - (const char *)text.p), &f))
			return D4_EMALFORMED;
		st = log_keep(log, &f);
		log->lines++;
		d4_slice_skip(&text, (size_t)(end - (const char *)text.p) + 1);
	}
	return st;
}

static enum d4_status
log_read(struct dir_log *log)
{
	struct d4_slice text;
	struct d4_buf b;
	enum d4_status st;

	d4_buf_init(&b, LOG_MAX);
	st = d4_file_read(log->path, &b);
	text = d4_buf_slice(&b);
	if (st == D4_OK && text.n > 0) {
		if (text.n < sizeof(LOG_HEAD) - 1 ||
		    memcmp(text.p, LOG_HEAD, sizeof(LOG_HEAD) - 1) != 0) {
			st = D4_EMALFORMED;
		} else {
			d4_slice_skip(&text, sizeof(LOG_HEAD) - 1);
			st = log_load(log, text);
		}
	}
	d4_buf_fini(&b);
	return st == D4_ENOENT ? D4_OK : st;
}

static enum d4_status
log_add(struct d4_buf *b, const struct dir_file *f)
{
	return d4_buf_addf(b,
	    "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n",
	    f->number, f->id.dev, f->id.ino, f->id.size, f->id.mtime_ns,
	    f->name);
}

/* The whole file anew: those of list[0..n) that were begun, and the last. */
static enum d4_status
log_rewrite(struct dir_log *log, const struct dir_file *list, size_t n)
{
	enum d4_status st;
	struct d4_buf b;

	d4_buf_init(&b, LOG_MAX);
	st = d4_buf_adds(&b, LOG_HEAD);
	for (size_t i = 0; st == D4_OK && i < n; i++) {
		const struct dir_file *f = dir_log_find(log, &list[i].id);

		if (f != NULL && f != log->last)
			st = log_add(&b, f);
	}
	if (st == D4_OK && log->last != NULL)
		st = log_add(&b, log->last);
	if (st == D4_OK)
		st = d4_file_replace(log->path, d4_buf_slice(&b), 0600);
	d4_buf_fini(&b);
	if (st != D4_OK)
		return st;
	if (log->fd >= 0)
		(void)close(log->fd);
	log->fd = open(log->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	return log->fd < 0 ? D4_EIO : D4_OK;
}

static void
log_forget(struct dir_log *log)
{
	tdestroy(log->tree, free);
	log->tree = NULL;
	log->last = NULL;
	log->n = log->lines = 0;
}

void
dir_log_close(struct dir_log *log)
{
	log_forget(log);
	if (log->fd >= 0)
		(void)close(log->fd);
	log->fd = -1;
	free(log->path);
	log->path = NULL;
}

static void
log_collect(const void *node, VISIT which, void *arg)
{
	struct dir_file **to = arg;

	if (which == postorder || which == leaf)
		*(*to)++ = **(struct dir_file *const *)node;
}

static enum d4_status
log_rewrite_all(struct dir_log *log)
{
	struct dir_file *all = calloc(log->n + 1, sizeof(*all)), *to = all;
	enum d4_status st;

	if (all == NULL)
		return D4_ENOMEM;
	twalk_r(log->tree, log_collect, &to);
	st = log_rewrite(log, all, log->n);
	free(all);
	return st;
}

/* Written anew at once: a torn last line must not join the next one. */
enum d4_status
dir_log_open(struct dir_log *log, const char *path)
{
	enum d4_status st;

	log->fd = -1;
	log->path = strdup(path);
	st = log->path == NULL ? D4_ENOMEM : log_read(log);
	return st == D4_OK ? log_rewrite_all(log) : st;
}

enum d4_status
dir_log_begin(struct dir_log *log, const struct dir_file *f)
{
	enum d4_status st;
	struct d4_buf b;
	ssize_t put;

	d4_buf_init(&b, LOG_LINE);
	st = log_add(&b, f);
	if (st == D4_OK) {
		put = write(log->fd, b.p, b.n);
		if (put != (ssize_t)b.n)
			st = errno == ENOSPC || put >= 0 ? D4_ENOSPC : D4_EIO;
		else if (fdatasync(log->fd) != 0)
			st = D4_EIO;
	}
	d4_buf_fini(&b);
	log->lines++;
	if (st == D4_OK)
		return log_keep(log, f);
	/* Half a line must not stay in front of the next one. */
	(void)!log_rewrite_all(log);
	return st;
}

enum d4_status
dir_log_trim(struct dir_log *log, const struct dir_file *there, size_t n)
{
	enum d4_status st;
	char *path;

	if (log->lines < 2 * n + LOG_SPARE)
		return D4_OK;
	st = log_rewrite(log, there, n);
	if (st != D4_OK)
		return st;
	path = log->path;
	log->path = NULL;
	dir_log_close(log);
	st = dir_log_open(log, path);
	free(path);
	return st;
}
