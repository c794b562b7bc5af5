#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "sensor/folder_done.h"

#define DONE_LINE   96u /* bytes of a line, at most */
#define DONE_FORMAT "1 %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 "\n"
#define DONE_SLACK  1024u /* lines of files that are gone */

struct done_entry {
	struct folder_key key;
	bool settled, seen;
};

/* at is sorted up to n; the journal has `lines` lines. */
struct folder_done {
	struct done_entry *at;
	size_t n, cap, lines;
	bool sorted;
	char *path;
	int fd;
};

struct folder_key
folder_key(const struct stat *sb)
{
	return (struct folder_key){
	    .dev = (uint64_t)sb->st_dev,
	    .ino = (uint64_t)sb->st_ino,
	    .size = (uint64_t)sb->st_size,
	    .mtime_ns = (uint64_t)sb->st_mtim.tv_sec * UINT64_C(1000000000) +
	                (uint64_t)sb->st_mtim.tv_nsec,
	};
}

static int
done_compare(const void *a, const void *b)
{
	const struct folder_key *x = &((const struct done_entry *)a)->key;
	const struct folder_key *y = &((const struct done_entry *)b)->key;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	if (x->mtime_ns != y->mtime_ns)
		return x->mtime_ns < y->mtime_ns ? -1 : 1;
	return 0;
}

static struct done_entry *
done_find(struct folder_done *d, const struct folder_key *key)
{
	struct done_entry want = {.key = *key};

	if (d->n == 0)
		return NULL;
	if (!d->sorted)
		qsort(d->at, d->n, sizeof(*d->at), done_compare);
	d->sorted = true;
	return bsearch(&want, d->at, d->n, sizeof(*d->at), done_compare);
}

static enum d4_status
done_add(struct folder_done *d, const struct folder_key *key, bool settled)
{
	if (d->n >= FOLDER_DONE_MAX)
		return D4_ENOMEM;
	if (d->n == d->cap) {
		size_t cap = d->cap != 0 ? 2 * d->cap : 256;
		void *at = reallocarray(d->at, cap, sizeof(*d->at));

		if (at == NULL)
			return D4_ENOMEM;
		d->at = at;
		d->cap = cap;
	}
	d->at[d->n++] =
	    (struct done_entry){.key = *key, .settled = settled, .seen = true};
	d->sorted = false;
	return D4_OK;
}

/* "1 DEV INO SIZE MTIME\n", all hexadecimal; false: something else. */
static bool
done_parse(const char *line, struct folder_key *k)
{
	uint64_t *const to[] = {&k->dev, &k->ino, &k->size, &k->mtime_ns};
	char *end;

	if (line[0] != '1')
		return false;
	line++;
	for (size_t i = 0; i < 4; i++) {
		if (line[0] != ' ' || !isxdigit((unsigned char)line[1]))
			return false;
		*to[i] = strtoull(line + 1, &end, 16);
		line = end;
	}
	return line[0] == '\n';
}

static enum d4_status
done_read(struct folder_done *d)
{
	char line[DONE_LINE];
	enum d4_status st = D4_OK;
	FILE *f = fopen(d->path, "re");

	if (f == NULL)
		return errno == ENOENT ? D4_OK : D4_EIO;
	while (st == D4_OK && fgets(line, sizeof(line), f) != NULL) {
		struct folder_key k;

		d->lines++;
		if (done_parse(line, &k))
			st = done_add(d, &k, true);
	}
	if (fclose(f) != 0 && st == D4_OK)
		st = D4_EIO;
	/* They are seen when a scan finds them. */
	for (size_t i = 0; i < d->n; i++)
		d->at[i].seen = false;
	return st;
}

static enum d4_status
done_append(struct folder_done *d)
{
	d->fd = open(d->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return d->fd >= 0 ? D4_OK : D4_EIO;
}

enum d4_status
folder_done_open(const char *dir, struct folder_done **out)
{
	struct folder_done *d = calloc(1, sizeof(*d));
	enum d4_status st = D4_ENOMEM;
	int saved;

	if (d == NULL)
		return D4_ENOMEM;
	d->fd = -1;
	d->path = d4_path(dir, FOLDER_DONE_NAME);
	if (d->path != NULL)
		st = done_read(d);
	if (st == D4_OK)
		st = done_append(d);
	if (st == D4_OK) {
		*out = d;
		return D4_OK;
	}
	saved = errno;
	folder_done_free(d);
	errno = saved;
	return st;
}

void
folder_done_free(struct folder_done *d)
{
	if (d == NULL)
		return;
	if (d->fd >= 0)
		(void)close(d->fd);
	free(d->path);
	free(d->at);
	free(d);
}

bool
folder_done_has(struct folder_done *d, const struct folder_key *key)
{
	struct done_entry *e = done_find(d, key);

	if (e != NULL)
		e->seen = true;
	return e != NULL;
}

bool
folder_done_is_settled(struct folder_done *d, const struct folder_key *key)
{
	const struct done_entry *e = done_find(d, key);

	return e != NULL && e->settled;
}

enum d4_status
folder_done_take(struct folder_done *d, const struct folder_key *key)
{
	return folder_done_has(d, key) ? D4_OK : done_add(d, key, false);
}

static int
done_line(const struct folder_key *k, char line[DONE_LINE])
{
	return snprintf(
	    line, DONE_LINE, DONE_FORMAT, k->dev, k->ino, k->size, k->mtime_ns);
}

enum d4_status
folder_done_settle(struct folder_done *d, const struct folder_key *key)
{
	struct done_entry *e = done_find(d, key);
	char line[DONE_LINE];
	int n = done_line(key, line);

	if (e != NULL)
		e->settled = true;
	if (write(d->fd, line, (size_t)n) != n)
		return D4_EIO;
	d->lines++;
	return D4_OK;
}

enum d4_status
folder_done_sync(struct folder_done *d)
{
	return fdatasync(d->fd) == 0 ? D4_OK : D4_EIO;
}

/* The journal anew, of what is left. */
static void
done_rewrite(struct folder_done *d)
{
	struct d4_buf b;
	char line[DONE_LINE];
	enum d4_status st = D4_OK;
	size_t lines = 0;

	d4_buf_init(&b, (size_t)FOLDER_DONE_MAX * DONE_LINE);
	for (size_t i = 0; i < d->n && st == D4_OK; i++) {
		if (!d->at[i].settled)
			continue;
		st = d4_buf_add(
		    &b, line, (size_t)done_line(&d->at[i].key, line));
		lines++;
	}
	if (st == D4_OK)
		st = d4_file_replace(d->path, d4_buf_slice(&b), 0600);
	d4_buf_fini(&b);
	if (st == D4_OK) {
		(void)close(d->fd);
		st = done_append(d);
		d->lines = lines;
	}
	/* The old one is right, too, only longer. */
	if (st != D4_OK)
		d4_warn("cannot write anew file=%s", d->path);
}

void
folder_done_purge(struct folder_done *d)
{
	size_t n = 0, settled = 0;

	for (size_t i = 0; i < d->n; i++) {
		if (!d->at[i].seen)
			continue;
		settled += d->at[i].settled;
		d->at[n] = d->at[i];
		d->at[n++].seen = false;
	}
	d->n = n;
	if (d->lines > settled + settled / 2 + DONE_SLACK)
		done_rewrite(d);
}
