/*
 * SCTP (RFC 9260), big-endian but for its checksum:
 *   ports u16 u16 | tag u32 | CRC-32C, little-endian u32 | chunks
 *   chunk     = type u8 | flags u8 | length u16 | value, padded to 4 bytes
 *   parameter = type u16 | length u16 | value, padded to 4 bytes
 * Chunks leave as far as they are numbers of the association, the parameters
 * of INIT with addresses replaced. What carries data, or what a peer made up
 * (cookies, causes, heartbeats), is cut behind its chunk's header, and so is
 * all that follows it.
 */
#include <string.h>
#include "sanitizers/packet.h"

#define SCTP_HEAD  12u
#define SCTP_CHUNK 4u
#define SCTP_POLY  0x82f63b78u /* CRC-32C, reflected */
#define SCTP_ONE   0x80000000u /* x^0 */
#define SCTP_BYTE  0x00800000u /* x^8 */

#define SCTP_PARAM_IP4   5u
#define SCTP_PARAM_IP6   6u
#define SCTP_PARAM_TYPES 12u

/* How a chunk goes on behind its header: n bytes of numbers, then what? */
enum sctp_then { SCTP_CUT, SCTP_END, SCTP_PARAMS };

/* flags: those that the chunk has. */
struct sctp_kind {
	uint8_t n, then, flags;
};

/* What is not listed is cut behind its header. */
static const struct sctp_kind sctp_kinds[256] = {
    [0] = {12, SCTP_CUT, 0x0f},  /* DATA: TSN, stream, sequence, protocol */
    [1] = {16, SCTP_PARAMS, 0},  /* INIT: tag, window, streams, TSN */
    [2] = {16, SCTP_PARAMS, 0},  /* INIT ACK */
    [3] = {12, SCTP_CUT, 0},     /* SACK: TSN, window, how many gaps follow */
    [6] = {0, SCTP_CUT, 0x01},   /* ABORT */
    [7] = {4, SCTP_END, 0},      /* SHUTDOWN: TSN */
    [8] = {0, SCTP_END, 0},      /* SHUTDOWN ACK */
    [11] = {0, SCTP_END, 0},     /* COOKIE ACK */
    [12] = {4, SCTP_END, 0},     /* ECNE: TSN */
    [13] = {4, SCTP_END, 0},     /* CWR: TSN */
    [14] = {0, SCTP_END, 0x01},  /* SHUTDOWN COMPLETE */
    [64] = {16, SCTP_CUT, 0x0f}, /* I-DATA (RFC 8260) */
};

/* ---- the checksum ---- */

static uint32_t
sctp_crc(uint32_t crc, const uint8_t *p, size_t n)
{
	static const uint32_t nibble[16] = {0x00000000u, 0x105ec76fu,
	    0x20bd8edeu, 0x30e349b1u, 0x417b1dbcu, 0x5125dad3u, 0x61c69362u,
	    0x7198540du, 0x82f63b78u, 0x92a8fc17u, 0xa24bb5a6u, 0xb21572c9u,
	    0xc38d26c4u, 0xd3d3e1abu, 0xe330a81au, 0xf36e6f75u};

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		crc = crc >> 4 ^ nibble[crc & 15];
		crc = crc >> 4 ^ nibble[crc & 15];
	}
	return crc;
}

/* The product of two polynomials. */
static uint32_t
sctp_times(uint32_t a, uint32_t b)
{
	uint32_t sum = 0;

	for (uint32_t bit = SCTP_ONE; bit != 0; bit >>= 1) {
		if ((a & bit) != 0)
			sum ^= b;
		b = (b & 1) != 0 ? b >> 1 ^ SCTP_POLY : b >> 1;
	}
	return sum;
}

/* As if n zeros followed; a packet may be cut a long way before its end. */
static uint32_t
sctp_zeros(uint32_t crc, size_t n)
{
	uint32_t power = SCTP_BYTE, by = SCTP_ONE;

	for (; n != 0; n >>= 1) {
		if ((n & 1) != 0)
			by = sctp_times(power, by);
		power = sctp_times(power, power);
	}
	return sctp_times(by, crc);
}

/* Of n bytes, their own checksum counting as zero. */
static uint32_t
sctp_sum(const uint8_t *p, size_t n)
{
	uint32_t crc = sctp_crc(UINT32_MAX, p, 8);

	crc = sctp_zeros(crc, 4);
	return sctp_crc(crc, p + SCTP_HEAD, n - SCTP_HEAD);
}

static void
sctp_checksum(struct pkt *p, const struct pkt_ip *ip, uint8_t *at)
{
	size_t n = (size_t)(p->w - at);
	const uint8_t *b = ip->body.p;

	if (ip->part) /* of more than is here */
		return;
	d4_put_le32(at + 8, ~sctp_zeros(sctp_sum(at, n), ip->body_len - n));
	if (p->opt.keep_status && ip->body.n == ip->body_len &&
	    d4_get_le32(b + 8) != (uint32_t)~sctp_sum(b, ip->body.n))
		at[11] ^= 1;
}

/* ---- parameters ---- */

/* Kinds of addresses; any other number is somebody's. */
static void
sctp_types(const uint8_t *in, size_t n, uint8_t *w)
{
	for (size_t i = 0; i + 2 <= n; i += 2) {
		uint16_t kind = d4_get_be16(in + i);

		if (kind == SCTP_PARAM_IP4 || kind == SCTP_PARAM_IP6)
			d4_put_be16(w + i, kind);
	}
}

/* A parameter of n bytes, at b and at w, where it is zero. */
static enum d4_reason
sctp_param(struct pkt *p, const uint8_t *b, size_t n, uint8_t *w)
{
	uint16_t kind = d4_get_be16(b);

	memcpy(w, b, 4);
	switch (kind) {
	case SCTP_PARAM_IP4:
		return n == 8 ? pkt_map4_at(p, b + 4, w + 4) : D4_R_L4_HDR;
	case SCTP_PARAM_IP6:
		return n == 20 ? pkt_map6_at(p, b + 4, w + 4) : D4_R_L4_HDR;
	case SCTP_PARAM_TYPES:
		sctp_types(b + 4, n - 4, w + 4);
		return D4_R_NONE;
	default:
		return D4_R_NONE;
	}
}

/* ---- chunks ---- */

/*
 * struct sctp_chunk -- one chunk: its header, and all of its n bytes that are
 * captured; more: what follows it is written, too.
 */
struct sctp_chunk {
	struct d4_slice in;
	size_t n;
	bool more;
};

/* Whose type and length are no somebody's choice: RFC 9260, 3758, 4895, 5061.
 */
static bool
sctp_param_known(uint16_t kind)
{
	static const uint16_t known[] = {5, 6, 7, 9, 11, 12, 0x8000, 0x8002,
	    0x8003, 0x8004, 0x8005, 0x8008, 0xc000, 0xc006};
	size_t i = 0;

	while (i < sizeof(known) / sizeof(known[0]) && known[i] != kind)
		i++;
	return i < sizeof(known) / sizeof(known[0]);
}

/*
 * All of them are captured, or the chunk would have been cut. At one that
 * nobody knows all is cut.
 */
static enum d4_reason
sctp_params(struct pkt *p, struct sctp_chunk *c)
{
	enum d4_reason why = D4_R_NONE;
	struct d4_slice in = c->in;

	while (why == D4_R_NONE && in.n != 0 && c->more) {
		size_t n = in.n < 4 ? 0 : d4_get_be16(in.p + 2), padded;
		uint8_t *w;

		if (n < 4 || n > in.n)
			return D4_R_L4_HDR;
		c->more = sctp_param_known(d4_get_be16(in.p));
		if (!c->more)
			return D4_R_NONE;
		padded = (n + 3) & ~(size_t)3;
		padded = padded < in.n ? padded : in.n;
		w = memset(pkt_put(p, padded), 0, padded);
		why = sctp_param(p, in.p, n, w);
		(void)d4_slice_skip(&in, padded);
	}
	return why;
}

static enum d4_reason
sctp_write(struct pkt *p, struct sctp_chunk *c)
{
	const struct sctp_kind *k = &sctp_kinds[c->in.p[0]];
	bool known = k->n != 0 || k->then != SCTP_CUT;
	size_t head = SCTP_CHUNK + (known ? k->n : 0);

	c->more = false;
	if (c->n < head)
		return D4_R_L4_HDR;
	if (c->in.n < head)
		head = SCTP_CHUNK;
	pkt_copy(p, c->in.p, head)[1] &= k->flags;
	if (!known || c->in.n < c->n || (k->then == SCTP_CUT && c->n != head))
		return D4_R_NONE;
	c->more = true;
	if (k->then != SCTP_PARAMS) /* nothing stands behind the numbers */
		return c->n == head ? D4_R_NONE : D4_R_L4_HDR;
	(void)d4_slice_skip(&c->in, head);
	return sctp_params(p, c);
}

/* The next chunk; padding behind it is zeros. False: there is none. */
static enum d4_reason
sctp_next(struct pkt *p, struct d4_slice *in, uint32_t *len)
{
	struct sctp_chunk c = {.n = d4_get_be16(in->p + 2)};
	enum d4_reason why;
	size_t pad;

	if (c.n < SCTP_CHUNK || c.n > *len)
		return D4_R_L4_HDR;
	c.in = d4_slice_of(in->p, in->n < c.n ? in->n : c.n);
	why = sctp_write(p, &c);
	if (why != D4_R_NONE || !c.more) {
		in->n = 0;
		return why;
	}
	(void)d4_slice_skip(in, c.n);
	*len -= (uint32_t)c.n;
	pad = (4 - c.n % 4) % 4;
	pad = pad < in->n ? pad : in->n;
	memset(pkt_put(p, pad), 0, pad);
	(void)d4_slice_skip(in, pad);
	*len -= (uint32_t)pad;
	return D4_R_NONE;
}

enum d4_reason
pkt_sctp(struct pkt *p, const struct pkt_ip *ip)
{
	struct d4_slice in = ip->body;
	/* Only a first fragment may announce more than it holds. */
	uint32_t len = ip->part ? UINT32_MAX : ip->body_len;
	uint8_t *at = p->w;
	enum d4_reason why;

	why = pkt_l4_need(ip, SCTP_HEAD);
	if (why != D4_R_NONE)
		return why;
	memset(pkt_copy(p, in.p, SCTP_HEAD) + 8, 0, 4);
	(void)d4_slice_skip(&in, SCTP_HEAD);
	len -= SCTP_HEAD;
	while (why == D4_R_NONE && in.n >= SCTP_CHUNK)
		why = sctp_next(p, &in, &len);
	if (why == D4_R_NONE)
		sctp_checksum(p, ip, at);
	return why;
}
