#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/rand.h>
#include "libd4/kit/file.h"
#include "libd4/kit/overflow.h"

#define ID_DIGITS 16u

/* ---- the folder's id ---- */

static enum d4_status
id_read(const char *path, uint64_t *out)
{
	unsigned long long v;
	struct d4_buf text;
	enum d4_status st;
	char again[ID_DIGITS + 2];

	d4_buf_init(&text, ID_DIGITS + 2);
	st = d4_file_read(path, &text);
	if (st == D4_OK && text.n != ID_DIGITS + 1)
		st = D4_EMALFORMED;
	if (st == D4_OK) {
		char digits[ID_DIGITS + 1];

		memcpy(digits, text.p, ID_DIGITS);
		digits[ID_DIGITS] = '\0';
		v = strtoull(digits, NULL, 16);
		(void)snprintf(again, sizeof(again), "%016llx\n", v);
		if (memcmp(again, text.p, ID_DIGITS + 1) != 0)
			st = D4_EMALFORMED;
		else
			*out = v;
	}
	d4_buf_fini(&text);
	return st == D4_ETOOBIG ? D4_EMALFORMED : st;
}

static enum d4_status
id_make(const char *path)
{
	char text[ID_DIGITS + 2];
	uint64_t v;

	if (RAND_bytes((uint8_t *)&v, sizeof(v)) != 1)
		return D4_ECRYPTO;
	(void)snprintf(text, sizeof(text), "%016llx\n", (unsigned long long)v);
	return d4_file_replace(path, d4_slice_of(text, ID_DIGITS + 1), 0644);
}

enum d4_status
d4_overflow_store(const char *root, bool make, uint64_t *out)
{
	char *path = d4_path(root, "id");
	enum d4_status st;

	if (path == NULL)
		return D4_ENOMEM;
	st = id_read(path, out);
	if (st == D4_ENOENT && make) {
		st = id_make(path);
		if (st == D4_OK)
			st = id_read(path, out);
	}
	free(path);
	return st;
}

/* ---- what a segment holds ---- */

/* A window on a file that is read from front to back. */
struct scan {
	int fd;
	uint32_t seed;
	uint64_t off; /* of buf's first byte */
	struct d4_buf buf;
};

/* Fills the buffer; false: nothing came any more. */
static enum d4_status
scan_more(struct scan *s, bool *more)
{
	ssize_t n;

	*more = false;
	if (d4_buf_reserve(&s->buf, s->buf.max - s->buf.n) != D4_OK)
		return D4_ENOMEM;
	do
		n = pread(s->fd, s->buf.p + s->buf.n, s->buf.max - s->buf.n,
		    (off_t)(s->off + s->buf.n));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return D4_EIO;
	*more = n > 0;
	s->buf.n += (size_t)n;
	return D4_OK;
}

static void
scan_pass(struct scan *s, size_t n)
{
	memmove(s->buf.p, s->buf.p + n, s->buf.n - n);
	s->buf.n -= n;
	s->off += n;
}

static void
sum_add(struct d4_overflow_sum *sum, const struct d4_overflow_entry *e)
{
	if (sum->entries++ == 0)
		sum->t_first_us = e->t_rx_us;
	sum->t_last_us = e->t_rx_us;
	sum->records += e->n;
	sum->bytes += e->data.n;
}

/* Every whole entry that the buffer holds. */
static enum d4_status
scan_entries(struct scan *s, uint64_t from, struct d4_overflow_sum *sum)
{
	enum d4_status st = D4_OK;
	size_t at = 0, used = 0;

	while (st == D4_OK) {
		struct d4_overflow_entry e;

		st = d4_overflow_entry_get(
		    d4_slice_of(s->buf.p + at, s->buf.n - at), s->seed, &e,
		    &used);
		if (st == D4_OK && s->off + at >= from)
			sum_add(sum, &e);
		if (st == D4_OK)
			at += used;
	}
	scan_pass(s, at);
	return st;
}

static enum d4_status
scan_run(struct scan *s, uint64_t from, struct d4_overflow_sum *sum)
{
	struct d4_overflow_head head;
	enum d4_status st;
	bool more;

	st = scan_more(s, &more);
	if (st == D4_OK)
		st = d4_overflow_head_get(
		    d4_buf_slice(&s->buf), &head, &s->seed);
	if (st != D4_OK)
		return st == D4_AGAIN ? D4_ECHECKSUM : st;
	scan_pass(s, D4_OVERFLOW_HEAD);
	if (from > s->off) { /* entries before it are somebody else's */
		s->buf.n = 0;
		s->off = from;
	}
	do {
		st = scan_more(s, &more);
		if (st == D4_OK)
			st = scan_entries(s, from, sum);
	} while (st == D4_AGAIN && more);
	if (st == D4_EIO || st == D4_ENOMEM)
		return st;
	return D4_OK;
}

enum d4_status
d4_overflow_count(const char *path, uint64_t from, struct d4_overflow_sum *out)
{
	struct scan s = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
	struct d4_overflow_sum sum = {0};
	enum d4_status st;
	off_t end;

	if (s.fd < 0)
		return errno == ENOENT ? D4_ENOENT : D4_EIO;
	d4_buf_init(&s.buf, D4_OVERFLOW_BUF);
	st = scan_run(&s, from, &sum);
	end = lseek(s.fd, 0, SEEK_END);
	if (end >= 0 && (uint64_t)end > s.off)
		sum.torn = (uint64_t)end - s.off;
	d4_buf_fini(&s.buf);
	(void)close(s.fd);
	if (st == D4_OK)
		*out = sum;
	return st;
}
