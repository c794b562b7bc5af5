#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hub/archive_finish.h"
#include "hub/archive_read.h"
#include "libd4/kit/file.h"

#define FILE_MODE 0640u
#define DIR_MODE  0750u

/*
 * struct archive_finish -- Shape: part: the one under way, NULL none. opening:
 * of the last frame.
 */
struct archive_finish {
	const struct archive_conf *conf;
	const struct parts *parts;
	const struct part *part;
	struct part_reader in;
	struct d4_pack *out;
	struct d4_buf opening;
	const struct d4_type_row *row;
	struct archive_file file;
	char tmp[4096 + ARCHIVE_FILE + 8], path[4096];
};

enum d4_status
finish_new(const struct archive_conf *conf, const struct parts *parts,
    struct archive_finish **out)
{
	struct archive_finish *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return D4_ENOMEM;
	f->conf = conf;
	f->parts = parts;
	d4_buf_init(&f->opening, D4_ENTRY_MAX);
	*out = f;
	return D4_OK;
}

/* Nothing is under way any more; a file that was begun is removed. */
static void
finish_drop(struct archive_finish *f)
{
	int saved = errno;

	part_reader_close(&f->in);
	if (f->out != NULL) {
		d4_pack_close(f->out);
		(void)unlink(f->tmp);
	}
	f->out = NULL;
	f->part = NULL;
	f->opening.n = 0;
	errno = saved;
}

void
finish_free(struct archive_finish *f)
{
	if (f == NULL)
		return;
	finish_drop(f);
	d4_buf_fini(&f->opening);
	free(f);
}

/* ---- reading ---- */

/* Parts are whole when they end, so all that is wrong with one is damage. */
static enum d4_status
finish_damage(enum d4_status st)
{
	return st == D4_OK || st == D4_EIO || st == D4_ENOMEM ? st
	                                                      : D4_ECHECKSUM;
}

static enum d4_status
finish_open(struct archive_finish *f, const struct part *part)
{
	char path[4096];
	enum d4_status st;

	parts_path(f->parts, part, path, sizeof(path));
	f->part = part;
	f->row = part_type_ok(part->head.type, part->head.ext);
	f->file = (struct archive_file){.t_s = part->head.t_us / 1000000};
	st = part_reader_open(&f->in, path);
	if (st == D4_OK && f->row == NULL)
		st = D4_EINVAL;
	return finish_damage(st);
}

/* ---- its name ---- */

/* Each folder that is made is a durable name in the one above. */
static enum d4_status
finish_folders(struct archive_finish *f)
{
	size_t at = strlen(f->conf->dir);
	char *slash;

	(void)snprintf(
	    f->path, sizeof(f->path), "%s/%s/", f->conf->dir, f->file.name.dir);
	while ((slash = strchr(f->path + at + 1, '/')) != NULL) {
		enum d4_status st = D4_OK;

		*slash = '\0';
		if (mkdir(f->path, DIR_MODE) == 0) {
			f->path[at] = '\0';
			st = d4_dir_sync(f->path);
			f->path[at] = '/';
		} else if (errno != EEXIST) {
			return errno == ENOSPC ? D4_ENOSPC : D4_EIO;
		}
		if (st != D4_OK)
			return st;
		*slash = '/';
		at = (size_t)(slash - f->path);
	}
	return D4_OK;
}

/* ---- writing ---- */

static enum d4_status
finish_begin(struct archive_finish *f, const struct part_frame *first)
{
	enum d4_status st = archive_name(&f->part->head, first->opening != 0,
	    d4_pack_ext(f->conf->pack), &f->file.name);

	if (st != D4_OK)
		return st;
	st = finish_folders(f);
	if (st != D4_OK)
		return st;
	/* Hidden, and where it will be: an earlier attempt's goes. */
	(void)snprintf(
	    f->tmp, sizeof(f->tmp), "%s.%s.new", f->path, f->file.name.file);
	if (unlink(f->tmp) != 0 && errno != ENOENT)
		return D4_EIO;
	st = d4_pack_open(f->tmp, f->conf->pack, &f->out);
	return st == D4_OK ? d4_pack_level(f->out, (unsigned)f->conf->level)
	                   : st;
}

/* A frame's records, and its opening where the file does not have it. */
static enum d4_status
finish_frame(struct archive_finish *f, const struct part_frame *frame)
{
	struct d4_slice data = frame->data;
	struct d4_slice opening = d4_slice_of(data.p, frame->opening);
	enum d4_status st = D4_OK;

	if (f->out == NULL)
		st = finish_begin(f, frame);
	else if (d4_slice_eq(opening, d4_buf_slice(&f->opening)))
		(void)d4_slice_skip(&data, frame->opening);
	f->opening.n = 0;
	if (st == D4_OK)
		st = d4_buf_add(&f->opening, opening.p, opening.n);
	if (st == D4_OK)
		st = d4_pack_write(f->out, data);
	f->file.records += frame->n;
	return st;
}

static enum d4_status
finish_meta(struct archive_finish *f)
{
	char path[sizeof(f->path) + ARCHIVE_FILE];

	if (f->part->head.meta.n == 0)
		return D4_OK;
	(void)snprintf(path, sizeof(path), "%s%s", f->path, f->file.name.meta);
	return d4_file_replace(path, f->part->head.meta, FILE_MODE);
}

static enum d4_status
finish_publish(struct archive_finish *f)
{
	char path[sizeof(f->path) + ARCHIVE_FILE], sum[D4_PACK_SUM];
	enum d4_status st =
	    d4_pack_finish(f->out, FILE_MODE, &f->file.bytes, sum);

	if (st == D4_OK)
		st = finish_meta(f);
	if (st != D4_OK)
		return st;
	(void)snprintf(path, sizeof(path), "%s%s", f->path, f->file.name.file);
	/* What is there under this name is of an earlier attempt of ours. */
	if (rename(f->tmp, path) != 0)
		return errno == ENOSPC ? D4_ENOSPC : D4_EIO;
	d4_pack_close(f->out);
	f->out = NULL;
	return d4_dir_sync(f->path);
}

/* ---- a slice of it ---- */

static enum d4_status
finish_some(struct archive_finish *f, size_t budget)
{
	uint64_t stop = f->in.at + budget;
	enum d4_status st = D4_OK;
	struct part_frame frame;

	while (st == D4_OK && f->in.at < stop) {
		st = part_reader_next(&f->in, &frame);
		if (st == D4_END)
			return f->out != NULL ? finish_publish(f) : D4_END;
		st = finish_damage(st);
		if (st == D4_ECHECKSUM && f->out != NULL) {
			f->file.damaged = f->in.size - f->in.at;
			return finish_publish(f);
		}
		if (st == D4_OK)
			st = finish_frame(f, &frame);
	}
	return st == D4_OK ? D4_AGAIN : st;
}

enum d4_status
finish_step(struct archive_finish *f, const struct part *part, size_t budget,
    struct archive_file *out)
{
	enum d4_status st = D4_OK;

	if (f->part == NULL)
		st = finish_open(f, part);
	if (st == D4_OK)
		st = finish_some(f, budget);
	if (st == D4_OK)
		*out = f->file;
	if (st != D4_AGAIN)
		finish_drop(f);
	return st;
}
