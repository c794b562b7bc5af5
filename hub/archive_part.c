#include <string.h>
#include "hub/archive_part.h"
#include "libd4/kit/crc32c.h"
#include "libd4/wire.h"

/*
 * Header:  magic[8] | sensor[16] | type u8 | ext_n u8 | 0 u16 | meta_n u32 |
 *          t_us u64 | nth u32 | 0 u32 | crc u32 | ext | meta
 * Frame:   n_data u32 | crc u32 | sess[16] | seq u64 | n u64 | t_rx_us u64 |
 *          opening u32 | data
 * crc: CRC-32C of all but itself; a frame's goes on from its header's, so
 * that frames of another file are no frames of this one.
 */
static const uint8_t magic[8] = {'D', '4', 'A', 'R', 'C', 'P', '1', '\n'};

#define HEAD_CRC  (PART_HEAD - 4)
#define FRAME_CRC 4u

enum d4_status
part_head_put(const struct part_head *h, struct d4_buf *out, uint32_t *seed)
{
	uint8_t fixed[PART_HEAD] = {0};
	enum d4_status st;
	uint32_t crc;

	if (h->ext.n >= D4_META_TYPE || h->meta.n > D4_META_MAX)
		return D4_ETOOBIG;
	memcpy(fixed, magic, sizeof(magic));
	memcpy(fixed + 8, h->sensor.b, D4_UUID_LEN);
	fixed[24] = h->type;
	fixed[25] = (uint8_t)h->ext.n;
	d4_put_le32(fixed + 28, (uint32_t)h->meta.n);
	d4_put_le64(fixed + 32, h->t_us);
	d4_put_le32(fixed + 40, h->nth);
	crc = d4_crc32c(0, d4_slice_of(fixed, HEAD_CRC));
	crc = d4_crc32c(d4_crc32c(crc, h->ext), h->meta);
	d4_put_le32(fixed + HEAD_CRC, crc);
	st = d4_buf_add(out, fixed, sizeof(fixed));
	if (st == D4_OK)
		st = d4_buf_add(out, h->ext.p, h->ext.n);
	if (st == D4_OK)
		st = d4_buf_add(out, h->meta.p, h->meta.n);
	if (st == D4_OK)
		*seed = crc;
	return st;
}

const struct d4_type_row *
part_type_ok(uint8_t type, struct d4_slice ext)
{
	char text[D4_META_TYPE] = "";

	if (ext.n >= sizeof(text) || (ext.n != 0) != (type == D4_TYPE_EXTENDED))
		return NULL;
	if (ext.n != 0)
		memcpy(text, ext.p, ext.n);
	text[ext.n] = '\0';
	if (ext.n != 0 && (strlen(text) != ext.n || !d4_meta_type_ok(text)))
		return NULL;
	return d4_type_of(type, text);
}

enum d4_status
part_head_get(
    struct d4_slice file, struct part_head *out, uint32_t *seed, size_t *used)
{
	struct part_head h;
	uint32_t crc;

	*used = PART_HEAD;
	if (file.n < PART_HEAD)
		return D4_AGAIN;
	if (memcmp(file.p, magic, sizeof(magic)) != 0)
		return D4_EVERSION;
	memcpy(h.sensor.b, file.p + 8, D4_UUID_LEN);
	h.type = file.p[24];
	h.ext.n = file.p[25];
	h.meta.n = d4_get_le32(file.p + 28);
	h.t_us = d4_get_le64(file.p + 32);
	h.nth = d4_get_le32(file.p + 40);
	if (h.ext.n >= D4_META_TYPE || h.meta.n > D4_META_MAX)
		return D4_ECHECKSUM;
	*used = PART_HEAD + h.ext.n + h.meta.n;
	if (file.n < *used)
		return D4_AGAIN;
	h.ext.p = file.p + PART_HEAD;
	h.meta.p = h.ext.p + h.ext.n;
	crc = d4_crc32c(0, d4_slice_of(file.p, HEAD_CRC));
	crc = d4_crc32c(d4_crc32c(crc, h.ext), h.meta);
	if (crc != d4_get_le32(file.p + HEAD_CRC))
		return D4_ECHECKSUM;
	if (part_type_ok(h.type, h.ext) == NULL)
		return D4_EMALFORMED;
	*out = h;
	*seed = crc;
	return D4_OK;
}

static uint32_t
frame_crc(const uint8_t *fixed, uint32_t seed, struct d4_slice data)
{
	uint32_t crc = d4_crc32c(seed, d4_slice_of(fixed, FRAME_CRC));

	crc = d4_crc32c(crc,
	    d4_slice_of(fixed + FRAME_CRC + 4, PART_FRAME - FRAME_CRC - 4));
	return d4_crc32c(crc, data);
}

void
part_frame_put(
    const struct part_frame *f, uint32_t seed, uint8_t out[PART_FRAME])
{
	d4_put_le32(out, (uint32_t)f->data.n);
	memcpy(out + 8, f->sess.b, D4_UUID_LEN);
	d4_put_le64(out + 24, f->seq);
	d4_put_le64(out + 32, f->n);
	d4_put_le64(out + 40, f->t_rx_us);
	d4_put_le32(out + 48, f->opening);
	d4_put_le32(out + FRAME_CRC, frame_crc(out, seed, f->data));
}

enum d4_status
part_frame_get(
    struct d4_slice at, uint32_t seed, struct part_frame *out, size_t *used)
{
	struct part_frame f;
	uint32_t n;

	*used = PART_FRAME;
	if (at.n < PART_FRAME)
		return D4_AGAIN;
	n = d4_get_le32(at.p);
	if (n > D4_ENTRY_MAX)
		return D4_ECHECKSUM;
	*used = PART_FRAME + n;
	if (at.n < *used)
		return D4_AGAIN;
	f.data = d4_slice_of(at.p + PART_FRAME, n);
	memcpy(f.sess.b, at.p + 8, D4_UUID_LEN);
	f.seq = d4_get_le64(at.p + 24);
	f.n = d4_get_le64(at.p + 32);
	f.t_rx_us = d4_get_le64(at.p + 40);
	f.opening = d4_get_le32(at.p + 48);
	if (frame_crc(at.p, seed, f.data) != d4_get_le32(at.p + FRAME_CRC) ||
	    f.opening > n)
		return D4_ECHECKSUM;
	*out = f;
	return D4_OK;
}
