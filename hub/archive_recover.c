#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "hub/archive_recover.h"
#include "hub/archive_read.h"
#include "hub/archive_seen_file.h"
#include "libd4/kit/log.h"

/* Under way: a file. */
struct recover {
	struct parts *parts;
	struct archive_seen *seen;
	struct d4_account *account;
	char path[4096];
	const char *name;
	struct part_reader in;
};

static enum d4_status
recover_note(struct recover *r, const char *event, uint64_t bytes)
{
	d4_warnx("archive part=%s event=%s bytes=%llu", r->name, event,
	    (unsigned long long)bytes);
	return d4_account_write(r->account, true, event,
	    json_pack("{s:s,s:I,s:I}", "part", r->name, "bytes",
		(json_int_t)bytes, "size", (json_int_t)r->in.size));
}

/* The whole frames; r->in.at is behind the last. */
static enum d4_status
recover_frames(struct recover *r, struct part *part)
{
	struct part_frame f;
	enum d4_status st;

	while ((st = part_reader_next(&r->in, &f)) == D4_OK) {
		st = seen_add(r->seen, &f.sess, f.seq + f.n - 1);
		if (st != D4_OK)
			return st;
		part->frames++;
		part->records += f.n;
		part->opened = part->opened || f.opening != 0;
	}
	return st == D4_EIO || st == D4_ENOMEM ? st : D4_OK;
}

/* Nothing behind it was acknowledged: that is after a sync only. */
static enum d4_status
recover_cut(struct recover *r)
{
	enum d4_status st;
	int fd;

	if (r->in.at == r->in.size)
		return D4_OK;
	st = recover_note(r, "archive.torn", r->in.size - r->in.at);
	if (st != D4_OK)
		return st;
	fd = open(r->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return D4_EIO;
	if (ftruncate(fd, (off_t)r->in.at) != 0 || fdatasync(fd) != 0)
		st = D4_EIO;
	(void)close(fd);
	return st;
}

static enum d4_status
recover_bad(struct recover *r, enum d4_status why)
{
	enum d4_status st;
	char bad[sizeof(r->path) + 8];

	if (why == D4_EIO || why == D4_ENOMEM)
		return why;
	/* Killed before anything of it was durable. */
	if (r->in.size < PART_HEAD)
		return unlink(r->path) == 0 ? D4_OK : D4_EIO;
	st = recover_note(r, "archive.damaged", r->in.size);
	(void)snprintf(
	    bad, sizeof(bad), "%.*s.bad", (int)(strlen(r->path) - 5), r->path);
	if (st == D4_OK && rename(r->path, bad) != 0)
		st = D4_EIO;
	return st;
}

static enum d4_status
recover_part(struct recover *r, uint64_t number)
{
	enum d4_status st = part_reader_open(&r->in, r->path);
	struct part *part;

	if (st != D4_OK)
		return recover_bad(r, st);
	part = part_new(&r->in.head);
	if (part == NULL)
		return D4_ENOMEM;
	part->number = number;
	part->seed = r->in.seed;
	st = recover_frames(r, part);
	if (st == D4_OK)
		st = recover_cut(r);
	if (st != D4_OK) {
		part_free(part);
		return st;
	}
	part->file = r->in.at;
	parts_adopt(r->parts, part);
	return D4_OK;
}

/* 20 digits and ".part". */
static enum d4_status
recover_name(struct recover *r)
{
	char *end = NULL;
	uint64_t number = strtoull(r->name, &end, 10);
	enum d4_status st;

	(void)snprintf(
	    r->path, sizeof(r->path), "%s/%s", parts_dir(r->parts), r->name);
	if (end != r->name + 20)
		return D4_OK;
	if (strcmp(end, ".part") != 0)
		return D4_OK;
	st = recover_part(r, number);
	part_reader_close(&r->in);
	return st;
}

/* Without it an entry that comes twice may be archived twice: said, no more. */
static enum d4_status
recover_seen(struct recover *r)
{
	enum d4_status st;

	r->name = SEEN_FILE;
	(void)snprintf(
	    r->path, sizeof(r->path), "%s/%s", parts_dir(r->parts), r->name);
	st = seen_load(r->seen, r->path);
	if (st == D4_OK || st == D4_ENOENT)
		return D4_OK;
	if (st == D4_EIO || st == D4_ENOMEM)
		return st;
	return recover_note(r, "archive.damaged", 0);
}

enum d4_status
archive_recover(
    struct parts *p, struct archive_seen *seen, struct d4_account *account)
{
	struct recover r = {.parts = p, .seen = seen, .account = account};
	enum d4_status st = D4_OK;
	struct dirent **names = NULL;
	int n = scandir(parts_dir(p), &names, NULL, alphasort);

	if (n < 0)
		return D4_EIO;
	st = recover_seen(&r);
	for (int i = 0; i < n; i++) {
		r.name = names[i]->d_name;
		if (st == D4_OK)
			st = recover_name(&r);
		free(names[i]);
	}
	free(names);
	if (parts_count(p) != 0)
		d4_info("archive recovered parts=%zu bytes=%llu",
		    parts_count(p), (unsigned long long)parts_bytes(p));
	return st;
}
