#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/quarantine.h"

enum d4_status
quarantine_open(struct quarantine *q, const char *state, uint64_t max,
    struct d4_account *account)
{
	*q = (struct quarantine){.max = max, .account = account};
	if (max != 0 && max < QUARANTINE_MIN)
		q->max = QUARANTINE_MIN;
	q->path = d4_path(state, QUARANTINE_FOLDER);
	if (q->path == NULL)
		return D4_ENOMEM;
	return max != 0 ? d4_dir_make(q->path, 0700) : D4_OK;
}

void
quarantine_close(struct quarantine *q)
{
	free(q->path);
	*q = (struct quarantine){.path = NULL};
}

enum d4_status
quarantine_id(const struct quarantine_head *head, char id[LANE_ID_TEXT])
{
	char uuid[D4_UUID_TEXT], key[256];

	d4_uuid_text(&head->sensor, uuid);
	(void)snprintf(key, sizeof(key), "%s|%u|%s", uuid, (unsigned)head->type,
	    head->ext);
	return lane_key_id(key, id);
}

char *
quarantine_file(const char *folder, const char *id, bool old)
{
	char name[LANE_ID_TEXT + 4];

	if (strlen(id) != LANE_ID_TEXT - 1 ||
	    strspn(id, "0123456789abcdef") != LANE_ID_TEXT - 1)
		return NULL;
	(void)snprintf(name, sizeof(name), "%s%s", id, old ? ".old" : "");
	return d4_path(folder, name);
}

/* ---- one more ring ---- */

/* The ring that was written to least lately; how many there are. */
static size_t
put_oldest(const char *folder, char id[LANE_ID_TEXT])
{
	struct timespec least = {0};
	DIR *d = opendir(folder);
	struct dirent *e;
	struct stat sb;
	size_t n = 0;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (strlen(e->d_name) != LANE_ID_TEXT - 1 ||
		    fstatat(dirfd(d), e->d_name, &sb, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (n++ != 0 && (sb.st_mtim.tv_sec > least.tv_sec ||
				    (sb.st_mtim.tv_sec == least.tv_sec &&
					sb.st_mtim.tv_nsec >= least.tv_nsec)))
			continue;
		least = sb.st_mtim;
		(void)snprintf(id, LANE_ID_TEXT, "%.16s", e->d_name);
	}
	if (d != NULL)
		(void)closedir(d);
	return n;
}

/* What there was of it is in the books first. */
static void
put_room(struct quarantine *q)
{
	char id[LANE_ID_TEXT];

	if (put_oldest(q->path, id) < QUARANTINE_RINGS ||
	    d4_account_write(q->account, false, "quarantine.removed",
		json_pack("{s:o}", "ring", quarantine_about(q->path, id))) !=
		D4_OK ||
	    quarantine_drop(q->path, id) != D4_OK)
		return;
	d4_warnx("quarantine=%s removed why=\"there are %u rings\"", id,
	    QUARANTINE_RINGS);
}

/* ---- one more record ---- */

/* Has somebody else removed or replaced it since? */
static bool
tail_holds(const struct quarantine_tail *t, const struct stat *sb)
{
	return t->inode == (uint64_t)sb->st_ino &&
	       t->end == (uint64_t)sb->st_size;
}

/* The ring's place in the list; of the first, when all are taken. */
static struct quarantine_tail *
tail_of(struct quarantine *q, const char *id)
{
	size_t i = 0;

	while (i < q->n && strcmp(q->tail[i].id, id) != 0)
		i++;
	if (i < q->n)
		return &q->tail[i];
	i = q->n < QUARANTINE_RINGS ? q->n++ : 0;
	q->tail[i] = (struct quarantine_tail){.inode = 0};
	memcpy(q->tail[i].id, id, LANE_ID_TEXT);
	return &q->tail[i];
}

/* Reads a ring once; then its file is known by number and size. */
static void
tail_look(struct quarantine_tail *t, const char *path, const char *old)
{
	struct stat sb;
	uint64_t end;

	if (stat(path, &sb) == 0 && tail_holds(t, &sb))
		return;
	quarantine_tail(path, &t->end, &t->last);
	if (t->last == 0)
		quarantine_tail(old, &end, &t->last);
}

static enum d4_status
put_write(int fd, struct d4_slice s)
{
	while (s.n != 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return errno == ENOSPC ? D4_ENOSPC : D4_EIO;
		(void)d4_slice_skip(&s, (size_t)n);
	}
	return D4_OK;
}

/* struct put -- a record on its way; its ring's files. */
struct put {
	struct quarantine_tail *tail;
	char *path, *old;
	struct d4_slice head, entry;
};

/* Half an entry would hide what follows it: as it was. */
static enum d4_status
put_bytes(int fd, struct put *p)
{
	off_t end = (off_t)p->tail->end;
	enum d4_status st = D4_OK;

	if (ftruncate(fd, end) != 0 || lseek(fd, end, SEEK_SET) != end)
		return D4_EIO;
	if (end == 0)
		st = put_write(fd, p->head);
	if (st == D4_OK)
		st = put_write(fd, p->entry);
	if (st != D4_OK)
		(void)!ftruncate(fd, end);
	else
		p->tail->end += (end == 0 ? p->head.n : 0) + p->entry.n;
	return st;
}

/*
 * Behind what is there; a file that is full becomes the old one. What a kill
 * or a full disk left behind the last whole entry is cut off.
 */
static enum d4_status
put_append(const struct quarantine *q, struct put *p)
{
	enum d4_status st;
	struct stat sb;
	int fd;

	if (p->tail->end + p->entry.n > q->max / 2) {
		if (rename(p->path, p->old) != 0)
			return D4_EIO;
		p->tail->end = 0;
	}
	fd = open(p->path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return D4_EIO;
	st = put_bytes(fd, p);
	if (fstat(fd, &sb) != 0)
		st = D4_EIO;
	p->tail->inode = (uint64_t)sb.st_ino;
	return close(fd) == 0 ? st : D4_EIO;
}

static enum d4_status
put_ring(struct quarantine *q, struct put *p, const struct quarantine_entry *e,
    struct d4_buf *entry)
{
	struct quarantine_entry numbered = *e;
	enum d4_status st;

	if (access(p->path, F_OK) != 0 && access(p->old, F_OK) != 0)
		put_room(q);
	tail_look(p->tail, p->path, p->old);
	numbered.number = p->tail->last + 1;
	st = quarantine_put_entry(&numbered, entry);
	if (st == D4_OK && QUARANTINE_HEAD + entry->n > q->max / 2)
		st = D4_ETOOBIG;
	if (st != D4_OK)
		return st;
	p->entry = d4_buf_slice(entry);
	st = put_append(q, p);
	if (st == D4_OK)
		p->tail->last++;
	else
		p->tail->inode = 0; /* it is read again */
	return st;
}

static enum d4_status
put_one(struct quarantine *q, const struct quarantine_head *head,
    const struct quarantine_entry *e)
{
	uint8_t front[QUARANTINE_HEAD];
	struct put p = {.head = d4_slice_of(front, sizeof(front))};
	char id[LANE_ID_TEXT];
	struct d4_buf entry;
	enum d4_status st = quarantine_id(head, id);

	if (st != D4_OK)
		return st;
	quarantine_put_head(head, front);
	d4_buf_init(&entry, QUARANTINE_FRONT + QUARANTINE_ENTRY);
	p.tail = tail_of(q, id);
	p.path = quarantine_file(q->path, id, false);
	p.old = quarantine_file(q->path, id, true);
	st = p.path != NULL && p.old != NULL ? put_ring(q, &p, e, &entry)
	                                     : D4_ENOMEM;
	d4_buf_fini(&entry);
	free(p.path);
	free(p.old);
	return st;
}

void
quarantine_put(struct quarantine *q, const struct quarantine_head *head,
    const struct quarantine_entry *e)
{
	enum d4_status st;

	if (q->max == 0)
		return;
	st = put_one(q, head, e);
	if (st == D4_OK) {
		q->said = false;
		return;
	}
	q->unkept++;
	if (!q->said)
		d4_warnx("quarantine unkept=\"%s\" (the record is withheld "
			 "and counted anyway)",
		    d4_status_text(st));
	q->said = true;
}
