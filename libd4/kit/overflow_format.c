#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "libd4/kit/crc32c.h"
#include "libd4/kit/overflow.h"
#include "libd4/wire.h"

#define OVERFLOW_VERSION 1u
#define NAME_DIGITS      20u

static const uint8_t magic[8] = "D4OVERFL";

/* Offsets in a segment's header: docs/adr/0013. */
enum head_at {
	HEAD_MAGIC = 0,
	HEAD_VERSION = 8,
	HEAD_FLAGS = 10,
	HEAD_ORIGIN = 12,
	HEAD_STORE = 16,
	HEAD_SEGMENT = 24,
	HEAD_SALT = 32,
	HEAD_ZERO = 40,
	HEAD_CRC = 44,
};

/* Offsets in an entry. */
enum entry_at {
	AT_LENGTH = 0,
	AT_CRC = 4,
	AT_SENSOR = 8,
	AT_SEQ = 24,
	AT_N = 32,
	AT_T_RX = 40,
	AT_DATA = 48,
};

_Static_assert(HEAD_CRC + 4 == D4_OVERFLOW_HEAD, "header layout");
_Static_assert(AT_DATA == D4_OVERFLOW_FIXED, "entry layout");

#define LENGTH_MIN (AT_DATA - AT_SENSOR)

void
d4_overflow_name(uint64_t segment, char out[D4_OVERFLOW_NAME])
{
	(void)snprintf(
	    out, D4_OVERFLOW_NAME, "%020llu.ovf", (unsigned long long)segment);
}

bool
d4_overflow_name_seq(const char *name, uint64_t *out)
{
	char again[D4_OVERFLOW_NAME];
	uint64_t v = 0;

	if (strlen(name) != NAME_DIGITS + 4)
		return false;
	for (size_t i = 0; i < NAME_DIGITS; i++) {
		if (name[i] < '0' || name[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(name[i] - '0');
	}
	d4_overflow_name(v, again); /* neither too large nor another end */
	if (strcmp(name, again) != 0)
		return false;
	*out = v;
	return true;
}

/* A queue's name: a type in digits, then maybe "." and an extended type. */
static size_t
queue_length(const char *s)
{
	static const char word[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789._-";
	size_t digits = strspn(s, "0123456789"), n = strspn(s, word);

	if (digits < 1 || digits > 3)
		return 0;
	return n == digits || s[digits] == '.' ? n : 0;
}

enum d4_status
d4_overflow_folder(const char *key, char *out, size_t n)
{
	size_t queue, shard;
	const char *s;
	int len;

	if (strncmp(key, "d4:{", 4) != 0)
		return D4_EMALFORMED;
	s = key + 4;
	queue = queue_length(s);
	if (queue == 0 || s[queue] != ':')
		return D4_EMALFORMED;
	s += queue + 1;
	shard = strspn(s, "0123456789");
	if (shard < 1 || shard > 9 || strcmp(s + shard, "}:q") != 0)
		return D4_EMALFORMED;
	len = snprintf(out, n, "%.*s/%.*s", (int)queue, key + 4, (int)shard, s);
	return len > 0 && (size_t)len < n ? D4_OK : D4_ETOOBIG;
}

uint32_t
d4_overflow_origin(const char *key)
{
	return d4_crc32c(0, d4_slice_str(key));
}

uint32_t
d4_overflow_head_put(
    const struct d4_overflow_head *h, uint8_t out[D4_OVERFLOW_HEAD])
{
	uint32_t crc;

	memset(out, 0, D4_OVERFLOW_HEAD);
	memcpy(out + HEAD_MAGIC, magic, sizeof(magic));
	out[HEAD_VERSION] = OVERFLOW_VERSION;
	d4_put_le32(out + HEAD_ORIGIN, h->origin);
	d4_put_le64(out + HEAD_STORE, h->store);
	d4_put_le64(out + HEAD_SEGMENT, h->segment);
	d4_put_le64(out + HEAD_SALT, h->salt);
	crc = d4_crc32c(
	    0, d4_slice_of(out + HEAD_VERSION, HEAD_CRC - HEAD_VERSION));
	d4_put_le32(out + HEAD_CRC, crc);
	return crc;
}

enum d4_status
d4_overflow_head_get(
    struct d4_slice file, struct d4_overflow_head *out, uint32_t *seed)
{
	const uint8_t *p = file.p;
	uint32_t crc;

	if (file.n < D4_OVERFLOW_HEAD)
		return D4_AGAIN;
	crc = d4_crc32c(
	    0, d4_slice_of(p + HEAD_VERSION, HEAD_CRC - HEAD_VERSION));
	if (memcmp(p, magic, sizeof(magic)) != 0 ||
	    crc != d4_get_le32(p + HEAD_CRC))
		return D4_ECHECKSUM;
	if (d4_get_le16(p + HEAD_VERSION) != OVERFLOW_VERSION ||
	    d4_get_le16(p + HEAD_FLAGS) != 0)
		return D4_EVERSION;
	*out = (struct d4_overflow_head){
	    .origin = d4_get_le32(p + HEAD_ORIGIN),
	    .store = d4_get_le64(p + HEAD_STORE),
	    .segment = d4_get_le64(p + HEAD_SEGMENT),
	    .salt = d4_get_le64(p + HEAD_SALT),
	};
	*seed = crc;
	return D4_OK;
}

uint32_t
d4_overflow_entry_put(const struct d4_overflow_entry *e, uint32_t seed,
    uint8_t out[D4_OVERFLOW_FIXED])
{
	uint32_t crc;

	assert(e->data.n > 0 && e->data.n <= D4_ENTRY_MAX);
	d4_put_le32(out + AT_LENGTH, (uint32_t)(LENGTH_MIN + e->data.n));
	memcpy(out + AT_SENSOR, e->sensor.b, D4_UUID_LEN);
	d4_put_le64(out + AT_SEQ, e->seq);
	d4_put_le64(out + AT_N, e->n);
	d4_put_le64(out + AT_T_RX, e->t_rx_us);
	crc = d4_crc32c(seed, d4_slice_of(out + AT_SENSOR, LENGTH_MIN));
	crc = d4_crc32c(crc, e->data);
	d4_put_le32(out + AT_CRC, crc);
	return crc;
}

enum d4_status
d4_overflow_entry_get(struct d4_slice at, uint32_t seed,
    struct d4_overflow_entry *out, size_t *used)
{
	const uint8_t *p = at.p;
	uint32_t length;

	if (at.n < D4_OVERFLOW_FIXED)
		return D4_AGAIN;
	length = d4_get_le32(p + AT_LENGTH);
	if (length <= LENGTH_MIN || length > LENGTH_MIN + D4_ENTRY_MAX)
		return D4_ECHECKSUM;
	if (at.n < AT_SENSOR + (size_t)length)
		return D4_AGAIN;
	if (d4_crc32c(seed, d4_slice_of(p + AT_SENSOR, length)) !=
	    d4_get_le32(p + AT_CRC))
		return D4_ECHECKSUM;
	out->seq = d4_get_le64(p + AT_SEQ);
	out->n = d4_get_le64(p + AT_N);
	out->t_rx_us = d4_get_le64(p + AT_T_RX);
	out->crc = d4_get_le32(p + AT_CRC);
	out->data = d4_slice_of(p + AT_DATA, length - LENGTH_MIN);
	memcpy(out->sensor.b, p + AT_SENSOR, D4_UUID_LEN);
	*used = AT_SENSOR + (size_t)length;
	return D4_OK;
}
