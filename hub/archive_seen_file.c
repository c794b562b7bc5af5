/*
 * What is archived already, from one process to the next. Kept in turn, so
 * that a reader that is as small forgets the same sessions.
 *
 * File: magic[8] | n u32 | crc u32 | n * (sess[16] | last u64); little-endian,
 * crc: CRC-32C of n and the rows.
 */
#include <string.h>
#include "hub/archive_seen_file.h"
#include "libd4/kit/crc32c.h"
#include "libd4/kit/file.h"
#include "libd4/wire.h"

#define HEAD   16u
#define N_AT   8u
#define CRC_AT 12u
#define ROW    24u
#define MODE   0640u

static const uint8_t magic[8] = {'D', '4', 'S', 'E', 'E', 'N', '1', '\n'};

static uint32_t
seen_crc(struct d4_slice n, struct d4_slice rows)
{
	return d4_crc32c(d4_crc32c(0, n), rows);
}

static enum d4_status
put_row(void *arg, const struct d4_uuid *sess, uint64_t last)
{
	uint8_t row[ROW];

	memcpy(row, sess->b, D4_UUID_LEN);
	d4_put_le64(row + D4_UUID_LEN, last);
	return d4_buf_add(arg, row, sizeof(row));
}

enum d4_status
seen_put(const struct archive_seen *s, struct d4_buf *out)
{
	uint8_t head[HEAD] = {0};
	enum d4_status st = d4_buf_add(out, head, sizeof(head));

	if (st == D4_OK)
		st = seen_each(s, put_row, out);
	if (st != D4_OK)
		return st;
	memcpy(out->p, magic, sizeof(magic));
	d4_put_le32(out->p + N_AT, (uint32_t)seen_sessions(s));
	d4_put_le32(
	    out->p + CRC_AT, seen_crc(d4_slice_of(out->p + N_AT, 4),
				 d4_slice_of(out->p + HEAD, out->n - HEAD)));
	return D4_OK;
}

enum d4_status
seen_get(struct d4_slice file, struct archive_seen *s)
{
	enum d4_status st = D4_OK;
	struct d4_slice n, rows;
	struct d4_uuid sess;

	if (file.n < HEAD)
		return D4_EMALFORMED;
	if (memcmp(file.p, magic, sizeof(magic)) != 0)
		return D4_EVERSION;
	n = d4_slice_of(file.p + N_AT, 4);
	rows = d4_slice_of(file.p + HEAD, file.n - HEAD);
	if (rows.n > (size_t)SEEN_MAX * ROW ||
	    rows.n != (size_t)d4_get_le32(n.p) * ROW)
		return D4_EMALFORMED;
	if (seen_crc(n, rows) != d4_get_le32(file.p + CRC_AT))
		return D4_ECHECKSUM;
	while (rows.n != 0 && st == D4_OK) {
		memcpy(sess.b, rows.p, D4_UUID_LEN);
		st = seen_add(s, &sess, d4_get_le64(rows.p + D4_UUID_LEN));
		(void)d4_slice_skip(&rows, ROW);
	}
	return st;
}

enum d4_status
seen_save(const struct archive_seen *s, const char *path)
{
	enum d4_status st;
	struct d4_buf b;

	d4_buf_init(&b, HEAD + (size_t)SEEN_MAX * ROW);
	st = seen_put(s, &b);
	if (st == D4_OK)
		st = d4_file_replace(path, d4_buf_slice(&b), MODE);
	d4_buf_fini(&b);
	return st;
}

enum d4_status
seen_load(struct archive_seen *s, const char *path)
{
	enum d4_status st;
	struct d4_buf b;

	d4_buf_init(&b, HEAD + (size_t)SEEN_MAX * ROW);
	st = d4_file_read(path, &b);
	if (st == D4_OK)
		st = seen_get(d4_buf_slice(&b), s);
	d4_buf_fini(&b);
	return st;
}
