#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "relay/quarantine.h"

/* struct scan -- a file on its way; end: of the last whole entry. */
struct scan {
	FILE *f;
	struct d4_buf bytes;
	struct quarantine_head head;
	uint64_t end, last, n;
};

/* A regular file of the ring's; a fifo would keep us. */
static enum d4_status
scan_open(const char *path, struct scan *s)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	uint8_t head[QUARANTINE_HEAD];
	enum d4_status st = D4_EMALFORMED;
	struct stat sb;

	*s = (struct scan){.f = NULL};
	d4_buf_init(&s->bytes, QUARANTINE_FRONT + QUARANTINE_ENTRY);
	if (fd < 0)
		return errno == ENOENT ? D4_ENOENT : D4_EIO;
	s->f = fdopen(fd, "rb");
	if (s->f == NULL) {
		(void)close(fd);
		return D4_ENOMEM;
	}
	if (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) &&
	    fread(head, 1, sizeof(head), s->f) == sizeof(head))
		st = quarantine_get_head(head, &s->head);
	s->end = st == D4_OK ? sizeof(head) : 0;
	return st;
}

static void
scan_close(struct scan *s)
{
	if (s->f != NULL)
		(void)fclose(s->f);
	d4_buf_fini(&s->bytes);
}

/* The next whole entry. D4_END: what is left is none. */
static enum d4_status
scan_next(struct scan *s, struct quarantine_entry *e)
{
	uint8_t front[QUARANTINE_FRONT];
	size_t n;

	s->bytes.n = 0;
	if (fread(front, 1, sizeof(front), s->f) != sizeof(front))
		return D4_END;
	n = quarantine_front(front);
	if (n == 0)
		return D4_END;
	if (d4_buf_reserve(&s->bytes, sizeof(front) + n) != D4_OK)
		return D4_ENOMEM;
	memcpy(s->bytes.p, front, sizeof(front));
	if (fread(s->bytes.p + sizeof(front), 1, n, s->f) != n)
		return D4_END;
	s->bytes.n = sizeof(front) + n;
	if (quarantine_get_entry(d4_buf_slice(&s->bytes), e) != D4_OK)
		return D4_END;
	s->end += s->bytes.n;
	s->last = e->number;
	s->n++;
	return D4_OK;
}

static enum d4_status
scan_all(struct scan *s, const struct quarantine_reader *r, bool *more)
{
	struct quarantine_entry e;
	enum d4_status st = D4_OK;

	while (*more && (st = scan_next(s, &e)) == D4_OK)
		*more = r == NULL || r->each(r->arg, &e);
	return st == D4_END ? D4_OK : st;
}

void
quarantine_tail(const char *path, uint64_t *end, uint64_t *last)
{
	bool more = true;
	struct scan s;

	if (scan_open(path, &s) == D4_OK)
		(void)!scan_all(&s, NULL, &more);
	*end = s.end;
	*last = s.last;
	scan_close(&s);
}

static enum d4_status
read_file(const char *path, struct quarantine_head *head,
    const struct quarantine_reader *r, bool *more)
{
	struct scan s;
	enum d4_status st = scan_open(path, &s);

	if (st == D4_OK) {
		*head = s.head;
		st = scan_all(&s, r, more);
	}
	scan_close(&s);
	return st;
}

enum d4_status
quarantine_read(const char *folder, const char *id,
    struct quarantine_head *head, const struct quarantine_reader *r)
{
	char *path = quarantine_file(folder, id, false);
	char *old = quarantine_file(folder, id, true);
	enum d4_status first, second = D4_EINVAL;
	bool more = true;

	if (path != NULL && old != NULL) {
		first = read_file(old, head, r, &more);
		second = read_file(path, head, r, &more);
		if (first != D4_ENOENT &&
		    (first != D4_OK || second == D4_ENOENT))
			second = first;
	}
	free(path);
	free(old);
	return second;
}

/* One that is not there is no error; *had: it was. */
static enum d4_status
drop_file(const char *path, bool *had)
{
	if (unlink(path) == 0) {
		*had = true;
		return D4_OK;
	}
	return errno == ENOENT ? D4_OK : D4_EIO;
}

enum d4_status
quarantine_drop(const char *folder, const char *id)
{
	char *path = quarantine_file(folder, id, false);
	char *old = quarantine_file(folder, id, true);
	enum d4_status st = D4_EINVAL;
	bool had = false;

	if (path != NULL && old != NULL) {
		st = drop_file(path, &had);
		if (st == D4_OK)
			st = drop_file(old, &had);
		if (st == D4_OK && !had)
			st = D4_ENOENT;
	}
	free(path);
	free(old);
	return st;
}

/* ---- which there are ---- */

/* Of a ring: how many, how big, numbers and times of first and last. */
struct sums {
	uint64_t n, bytes, first, last, from_us, to_us;
};

static bool
sums_add(void *arg, const struct quarantine_entry *e)
{
	struct sums *s = arg;

	if (s->n++ == 0) {
		s->first = e->number;
		s->from_us = e->t_us;
	}
	s->last = e->number;
	s->to_us = e->t_us;
	s->bytes += e->record.n;
	return true;
}

json_t *
quarantine_about(const char *folder, const char *id)
{
	char uuid[D4_UUID_TEXT], from[D4_TIME_TEXT], to[D4_TIME_TEXT];
	struct sums s = {.n = 0};
	const struct quarantine_reader r = {sums_add, &s};
	struct quarantine_head head;

	if (quarantine_read(folder, id, &head, &r) != D4_OK)
		return json_pack("{s:s}", "id", id);
	d4_uuid_text(&head.sensor, uuid);
	d4_time_text(s.from_us, from);
	d4_time_text(s.to_us, to);
	return json_pack("{s:s, s:s, s:i, s:s, s:I, s:I, s:I, s:s, s:s}", "id",
	    id, "sensor", uuid, "type", (int)head.type, "ext", head.ext,
	    "records", (json_int_t)s.n, "bytes", (json_int_t)s.bytes, "gone",
	    (json_int_t)(s.last - s.n), "first", from, "last", to);
}

/* A ring has one of two files, or both: named once. */
static int
list_choose(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n == LANE_ID_TEXT - 1 ||
	       (n == LANE_ID_TEXT + 3 &&
		   strcmp(e->d_name + LANE_ID_TEXT - 1, ".old") == 0);
}

json_t *
quarantine_list(const char *folder)
{
	char id[LANE_ID_TEXT], last[LANE_ID_TEXT] = "";
	json_t *list = json_array(), *one;
	struct dirent **names = NULL;
	int n = scandir(folder, &names, list_choose, alphasort);
	bool bad = n < 0 || list == NULL;

	for (int i = 0; i < n; i++) {
		(void)snprintf(id, sizeof(id), "%.16s", names[i]->d_name);
		free(names[i]);
		if (bad || strcmp(id, last) == 0 ||
		    strspn(id, "0123456789abcdef") != LANE_ID_TEXT - 1)
			continue;
		memcpy(last, id, sizeof(last));
		one = quarantine_about(folder, id);
		bad = json_array_append_new(list, one) != 0;
	}
	free(names);
	if (!bad)
		return list;
	json_decref(list);
	return NULL;
}
