#include <assert.h>
#include <string.h>
#include "libd4/kit/crc32c.h"
#include "libd4/kit/spool_format.h"
#include "libd4/kit/spool_share.h"
#include "libd4/wire.h"

/* Offsets of an entry's fields: docs/adr/0006-spool-format.md. */
enum spool_at {
	AT_LENGTH = 0,
	AT_CRC = 4,
	AT_FLAGS = 8,
	AT_OPENING = 12,
	AT_SEQ = 16,
	AT_ORIGIN = 24,
	AT_N = 28,
	AT_ID_MS = 32,
	AT_ID_N = 40,
	AT_SESS = 48,
	AT_SESS_SEQ = 64,
	AT_T_FIRST = 72,
	AT_T_LAST = 80,
	AT_NOT_BEFORE = 88,
	AT_EXPIRES = 96,
	AT_BASE = 104,
	AT_DATA = 112,
};

_Static_assert(AT_DATA == D4_SPOOL_FIXED, "entry layout");

#define SPOOL_LEN_MIN (D4_SPOOL_FIXED - AT_FLAGS) /* of an empty entry */

void
spool_entry_encode(
    const struct d4_spool_entry *e, uint8_t fixed[D4_SPOOL_FIXED])
{
	size_t length = SPOOL_LEN_MIN + e->data.n;

	assert(e->data.n <= D4_SPOOL_ENTRY);
	assert(e->packed || e->opening <= e->data.n);
	d4_put_le32(fixed + AT_LENGTH, (uint32_t)length);
	d4_put_le32(fixed + AT_FLAGS, e->packed ? SPOOL_PACKED : 0);
	d4_put_le32(fixed + AT_OPENING, e->opening);
	d4_put_le64(fixed + AT_SEQ, e->seq);
	d4_put_le32(fixed + AT_ORIGIN, e->origin);
	d4_put_le32(fixed + AT_N, e->n);
	d4_put_le64(fixed + AT_ID_MS, e->id_ms);
	d4_put_le64(fixed + AT_ID_N, e->id_n);
	memcpy(fixed + AT_SESS, e->sess.b, D4_UUID_LEN);
	d4_put_le64(fixed + AT_SESS_SEQ, e->sess_seq);
	d4_put_le64(fixed + AT_T_FIRST, e->t_first_us);
	d4_put_le64(fixed + AT_T_LAST, e->t_last_us);
	d4_put_le64(fixed + AT_NOT_BEFORE, e->not_before_s);
	d4_put_le64(fixed + AT_EXPIRES, e->expires_s);
	d4_put_le64(fixed + AT_BASE, e->base);
	d4_put_le32(fixed + AT_CRC, 0);
}

size_t
spool_entry_seal(uint8_t *entry, uint32_t seed)
{
	size_t length = d4_get_le32(entry + AT_LENGTH);

	d4_put_le32(entry + AT_CRC,
	    d4_crc32c(seed, d4_slice_of(entry + AT_FLAGS, length)));
	return AT_FLAGS + length;
}

void
spool_entry_seal_share(
    uint8_t *entry, uint32_t seed, const struct d4_spool_share *s)
{
	uint32_t front = d4_crc32c(
	    seed, d4_slice_of(entry + AT_FLAGS, D4_SPOOL_FIXED - AT_FLAGS));

	d4_put_le32(entry + AT_CRC, d4_crc32c_join(front, s->sum, s->power));
}

/* The cheap half of the check: are these plausible lengths? */
static enum d4_status
spool_entry_frame(struct d4_slice at, size_t *total)
{
	uint32_t length, opening;

	if (at.n < D4_SPOOL_FIXED)
		return D4_AGAIN;
	length = d4_get_le32(at.p + AT_LENGTH);
	if (length < SPOOL_LEN_MIN || length > SPOOL_LEN_MIN + D4_SPOOL_ENTRY)
		return D4_ECHECKSUM;
	/* Of packed data the opening is known to fit once it is unpacked. */
	opening = d4_get_le32(at.p + AT_OPENING);
	if (opening > D4_SPOOL_ENTRY ||
	    ((d4_get_le32(at.p + AT_FLAGS) & SPOOL_PACKED) == 0 &&
		opening > length - SPOOL_LEN_MIN))
		return D4_ECHECKSUM;
	*total = AT_FLAGS + (size_t)length;
	return at.n < *total ? D4_AGAIN : D4_OK;
}

void
spool_entry_peek(struct d4_slice at, struct d4_spool_entry *e)
{
	const uint8_t *p = at.p;

	e->packed = (d4_get_le32(p + AT_FLAGS) & SPOOL_PACKED) != 0;
	e->opening = d4_get_le32(p + AT_OPENING);
	e->seq = d4_get_le64(p + AT_SEQ);
	e->origin = d4_get_le32(p + AT_ORIGIN);
	e->n = d4_get_le32(p + AT_N);
	e->id_ms = d4_get_le64(p + AT_ID_MS);
	e->id_n = d4_get_le64(p + AT_ID_N);
	memcpy(e->sess.b, p + AT_SESS, D4_UUID_LEN);
	e->sess_seq = d4_get_le64(p + AT_SESS_SEQ);
	e->t_first_us = d4_get_le64(p + AT_T_FIRST);
	e->t_last_us = d4_get_le64(p + AT_T_LAST);
	e->not_before_s = d4_get_le64(p + AT_NOT_BEFORE);
	e->expires_s = d4_get_le64(p + AT_EXPIRES);
	e->base = d4_get_le64(p + AT_BASE);
	e->data = d4_slice_of(p + AT_DATA, at.n - AT_DATA);
}

enum d4_status
spool_entry_decode(
    struct d4_slice at, uint32_t seed, struct d4_spool_entry *out, size_t *used)
{
	enum d4_status st;
	size_t total = 0;

	st = spool_entry_frame(at, &total);
	if (st != D4_OK)
		return st;
	at.n = total;
	if (d4_crc32c(seed, d4_slice_of(at.p + AT_FLAGS, total - AT_FLAGS)) !=
	    d4_get_le32(at.p + AT_CRC))
		return D4_ECHECKSUM;
	if ((d4_get_le32(at.p + AT_FLAGS) & ~SPOOL_PACKED) != 0)
		return D4_EVERSION;
	spool_entry_peek(at, out);
	*used = total;
	return D4_OK;
}

/* Behind damage only: is this worth the price of a checksum? */
static bool
spool_plausible(struct d4_slice at, uint64_t last, size_t *total)
{
	uint64_t seq;

	if (spool_entry_frame(at, total) != D4_OK)
		return false;
	if ((d4_get_le32(at.p + AT_FLAGS) & ~SPOOL_PACKED) != 0)
		return false;
	seq = d4_get_le64(at.p + AT_SEQ);
	return seq > last && seq - last < SPOOL_SEQ_AHEAD;
}

/* Finds the next valid entry behind from, or answers file.n. */
static size_t
spool_resync(const struct spool_walk *w, struct d4_slice file, size_t from)
{
	size_t budget = SPOOL_SCAN_MAX, total = 0, used;
	struct d4_spool_entry e;

	for (; from + D4_SPOOL_FIXED <= file.n; from++) {
		struct d4_slice at = {file.p + from, file.n - from};

		if (!spool_plausible(at, w->last, &total))
			continue;
		if (total > budget)
			break;
		budget -= total;
		if (spool_entry_decode(at, w->seed, &e, &used) == D4_OK)
			return from;
	}
	return file.n;
}

/*
 * Where to go on after damage at w->off. Its length field is most likely
 * right: what stands behind it is tried before any byte of its data.
 */
static size_t
spool_behind(const struct spool_walk *w, struct d4_slice file)
{
	struct d4_slice at = {file.p + w->off, file.n - w->off};
	struct d4_spool_entry e;
	size_t total = 0, used;

	if (spool_entry_frame(at, &total) == D4_OK) {
		(void)d4_slice_skip(&at, total);
		if (spool_entry_decode(at, w->seed, &e, &used) == D4_OK &&
		    e.seq > w->last)
			return w->off + total;
	}
	return spool_resync(w, file, w->off + 1);
}

enum d4_status
spool_walk_next(struct spool_walk *w, struct d4_slice file,
    struct d4_spool_entry *out, size_t *skipped)
{
	struct d4_slice at = {file.p + w->off, file.n - w->off};
	struct d4_spool_entry e;
	enum d4_status st;
	size_t used, next;

	if (at.n == 0)
		return D4_AGAIN;
	st = spool_entry_decode(at, w->seed, &e, &used);
	if (st == D4_OK && e.seq > w->last) {
		w->off += used;
		w->last = e.seq;
		*out = e;
		return D4_OK;
	}
	next = spool_behind(w, file);
	if (next == file.n && !w->final)
		return D4_AGAIN;
	*skipped = next - w->off;
	w->off = next;
	return st == D4_EVERSION ? st : D4_ECHECKSUM;
}
