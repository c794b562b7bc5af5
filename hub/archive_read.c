#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hub/archive_read.h"

#define READ_BUF (256u << 10)

/* n bytes in b at least. Errors: D4_AGAIN the file has no more. */
static enum d4_status
reader_fill(struct part_reader *r, struct d4_buf *b, size_t n)
{
	size_t more = n - b->n, got;
	enum d4_status st = d4_buf_reserve(b, more);

	if (st != D4_OK)
		return st;
	got = fread(b->p + b->n, 1, more, r->in);
	b->n += got;
	if (got == more)
		return D4_OK;
	return ferror(r->in) != 0 ? D4_EIO : D4_AGAIN;
}

static enum d4_status
reader_head(struct part_reader *r)
{
	size_t want = PART_HEAD;
	enum d4_status st;

	do {
		st = reader_fill(r, &r->head_bytes, want);
		if (st != D4_OK)
			return st;
		st = part_head_get(
		    d4_buf_slice(&r->head_bytes), &r->head, &r->seed, &want);
	} while (st == D4_AGAIN);
	r->at = want;
	return st;
}

enum d4_status
part_reader_open(struct part_reader *r, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat sb;

	*r = (struct part_reader){.in = NULL};
	d4_buf_init(&r->head_bytes, PART_HEAD_MAX);
	d4_buf_init(&r->frame, PART_FRAME + D4_ENTRY_MAX);
	if (fd < 0 || fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode)) {
		if (fd >= 0)
			(void)close(fd);
		return D4_EIO;
	}
	r->size = (uint64_t)sb.st_size;
	r->in = fdopen(fd, "r");
	if (r->in == NULL) {
		(void)close(fd);
		return D4_ENOMEM;
	}
	(void)setvbuf(r->in, NULL, _IOFBF, READ_BUF);
	return reader_head(r);
}

enum d4_status
part_reader_next(struct part_reader *r, struct part_frame *out)
{
	size_t want = PART_FRAME;
	enum d4_status st;

	if (r->at >= r->size)
		return D4_END;
	r->frame.n = 0;
	do {
		st = reader_fill(r, &r->frame, want);
		if (st != D4_OK)
			return st;
		st = part_frame_get(
		    d4_buf_slice(&r->frame), r->seed, out, &want);
	} while (st == D4_AGAIN);
	if (st == D4_OK)
		r->at += want;
	return st;
}

void
part_reader_close(struct part_reader *r)
{
	int saved = errno;

	if (r->in != NULL)
		(void)fclose(r->in);
	r->in = NULL;
	d4_buf_fini(&r->head_bytes);
	d4_buf_fini(&r->frame);
	errno = saved;
}
