#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "libd4/kit/crc32c.h"
#include "libd4/wire.h"
#include "relay/quarantine_format.h"

#define FORMAT_EXT   64u /* bytes of it in a head */
#define FORMAT_FIXED 16u /* number and time */
#define FORMAT_TEXTS 4u

static const uint8_t format_magic[4] = {'D', '4', 'Q', 1};

void
quarantine_put_head(
    const struct quarantine_head *head, uint8_t out[QUARANTINE_HEAD])
{
	size_t n = strlen(head->ext);

	assert(n <= FORMAT_EXT);
	memset(out, 0, QUARANTINE_HEAD);
	memcpy(out, format_magic, 4);
	out[4] = head->type;
	out[5] = (uint8_t)n;
	memcpy(out + 6, head->ext, n);
	memcpy(out + 6 + FORMAT_EXT, head->sensor.b, D4_UUID_LEN);
}

/* A text that a terminal can be shown. */
static bool
format_printable(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] <= ' ' || p[i] >= 0x7f)
			return false;
	}
	return true;
}

enum d4_status
quarantine_get_head(
    const uint8_t in[QUARANTINE_HEAD], struct quarantine_head *out)
{
	struct quarantine_head h = {.type = in[4]};

	if (memcmp(in, format_magic, 3) != 0)
		return D4_EMALFORMED;
	if (in[3] != format_magic[3])
		return D4_EVERSION;
	if (in[5] >= sizeof(h.ext) || !format_printable(in + 6, in[5]))
		return D4_EMALFORMED;
	memcpy(h.ext, in + 6, in[5]);
	memcpy(h.sensor.b, in + 6 + FORMAT_EXT, D4_UUID_LEN);
	*out = h;
	return D4_OK;
}

static size_t
format_size(const struct quarantine_entry *e)
{
	return FORMAT_FIXED + FORMAT_TEXTS + strlen(e->reason) +
	       strlen(e->partner) + strlen(e->rule) + strlen(e->pipeline) + 4 +
	       e->opening.n + e->record.n;
}

static uint8_t *
format_bytes(uint8_t *w, struct d4_slice s)
{
	if (s.n != 0)
		memcpy(w, s.p, s.n);
	return w + s.n;
}

static uint8_t *
format_text(uint8_t *w, const char *text)
{
	struct d4_slice s = d4_slice_str(text);

	*w = (uint8_t)s.n;
	return format_bytes(w + 1, s);
}

enum d4_status
quarantine_put_entry(const struct quarantine_entry *e, struct d4_buf *out)
{
	size_t n = format_size(e);
	enum d4_status st;
	uint8_t *front, *w;

	if (n > QUARANTINE_ENTRY)
		return D4_ETOOBIG;
	st = d4_buf_reserve(out, QUARANTINE_FRONT + n);
	if (st != D4_OK)
		return st;
	front = out->p + out->n;
	w = front + QUARANTINE_FRONT;
	d4_put_le64(w, e->number);
	d4_put_le64(w + 8, e->t_us);
	w = format_text(w + FORMAT_FIXED, e->reason);
	w = format_text(w, e->partner);
	w = format_text(w, e->rule);
	w = format_text(w, e->pipeline);
	d4_put_le32(w, (uint32_t)e->opening.n);
	w = format_bytes(w + 4, e->opening);
	w = format_bytes(w, e->record);
	assert((size_t)(w - front) == QUARANTINE_FRONT + n);
	d4_put_le32(front, (uint32_t)n);
	d4_put_le32(
	    front + 4, d4_crc32c(0, d4_slice_of(front + QUARANTINE_FRONT, n)));
	out->n += QUARANTINE_FRONT + n;
	return D4_OK;
}

size_t
quarantine_front(const uint8_t in[QUARANTINE_FRONT])
{
	uint32_t n = d4_get_le32(in);

	return n >= FORMAT_FIXED + FORMAT_TEXTS + 4 && n <= QUARANTINE_ENTRY
	           ? n
	           : 0;
}

static bool
format_get_text(struct d4_slice *at, char out[QUARANTINE_TEXT])
{
	size_t n = at->n != 0 ? at->p[0] : QUARANTINE_TEXT;

	if (n >= QUARANTINE_TEXT || at->n < 1 + n ||
	    !format_printable(at->p + 1, n))
		return false;
	memcpy(out, at->p + 1, n);
	out[n] = '\0';
	(void)d4_slice_skip(at, 1 + n);
	return true;
}

enum d4_status
quarantine_get_entry(struct d4_slice in, struct quarantine_entry *out)
{
	struct quarantine_entry e;
	struct d4_slice at = in;
	size_t n;

	if (in.n < QUARANTINE_FRONT)
		return D4_EMALFORMED;
	n = quarantine_front(in.p);
	(void)d4_slice_skip(&at, QUARANTINE_FRONT);
	if (n == 0 || at.n != n || d4_get_le32(in.p + 4) != d4_crc32c(0, at))
		return D4_EMALFORMED;
	e.number = d4_get_le64(at.p);
	e.t_us = d4_get_le64(at.p + 8);
	(void)d4_slice_skip(&at, FORMAT_FIXED);
	if (!format_get_text(&at, e.reason) ||
	    !format_get_text(&at, e.partner) || !format_get_text(&at, e.rule) ||
	    !format_get_text(&at, e.pipeline) || at.n < 4)
		return D4_EMALFORMED;
	n = d4_get_le32(d4_slice_skip(&at, 4).p);
	if (n > at.n)
		return D4_EMALFORMED;
	e.opening = d4_slice_skip(&at, n);
	e.record = at;
	*out = e;
	return D4_OK;
}
