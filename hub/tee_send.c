/* What waits of a session, and how it goes out. */
#include "hub/tee_parts.h"

#define RECORD   16384u /* bytes of a TLS record */
#define SIZE_AT  58u    /* of the payload's size in a header */
#define KEEP_BUF 65536u /* bytes of an empty buffer that are kept */

/* The first n bytes are not needed any more. */
void
tee_line_forget(struct tee_line *l, size_t n)
{
	l->tee->held -= n;
	l->sent -= n;
	if (n == l->out.n)
		d4_buf_clear(&l->out, KEEP_BUF);
	else
		d4_buf_drop(&l->out, n);
}

/* What is sent may go, a good piece at a time: the rest is moved. */
void
tee_line_shrink(struct tee_line *l)
{
	if (l->settled && l->sent != 0 &&
	    (l->sent == l->out.n || l->sent > l->out.max / 4))
		tee_line_forget(l, l->sent);
}

static size_t
frame_len(const uint8_t *wire)
{
	size_t n = 0;

	for (unsigned i = 4; i-- > 0;)
		n = n << 8 | wire[SIZE_AT + i];
	return D4_HEADER_LEN + n;
}

/*
 * One frame is one TLS record; a longer one is cut so that no record is small:
 * a d4-core keeps an end of under 62 bytes back, and may lose it (R4).
 */
static size_t
record_len(size_t left)
{
	if (left <= RECORD)
		return left;
	return left < (size_t)2 * RECORD ? (left + 1) / 2 : RECORD;
}

/* As much as TLS takes now. */
void
tee_line_pump(struct tee_line *l)
{
	while (l->sent < l->out.n) {
		const uint8_t *p = l->out.p + l->sent;
		bool begins = l->part == 0;
		size_t left = begins ? frame_len(p) : l->part;
		size_t n = record_len(left);

		if (d4_tls_write(l->tls, d4_slice_of(p, n)) != D4_OK)
			break; /* `drained` or `end` will come */
		l->sent += n;
		l->part = left - n;
		if (l->part != 0)
			continue;
		l->frames_out++;
	}
	tee_line_shrink(l);
	if (l->over && l->sent == l->out.n) {
		tee_line_enter(l, TEE_BYE);
		d4_tls_close(l->tls);
		tee_line_alarm(l, TEE_BYE_MS);
	}
}

/* Room for n more bytes: what is sent already goes first. */
bool
tee_line_room(struct tee_line *l, size_t n)
{
	const struct tee *t = l->tee;

	if (t->held + n <= t->hub->opt->tee_memory &&
	    d4_buf_reserve(&l->out, n) == D4_OK)
		return true;
	if (l->state != TEE_OPEN || l->sent == 0)
		return false;
	/* The server took what was sent; it is too late to begin again. */
	l->settled = true;
	tee_line_forget(l, l->sent);
	return t->held + n <= t->hub->opt->tee_memory &&
	       d4_buf_reserve(&l->out, n) == D4_OK;
}
