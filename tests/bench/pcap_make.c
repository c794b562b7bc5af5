#include <stdio.h>
#include <string.h>
#include "pcap_make.h"
#include "libd4/wire.h"
#include "sanitizers/checksum.h"

#define BENCH_SCOPE 0x0a010000u /* 10.1.0.0/16 */
#define BENCH_FRAME 256u
#define BENCH_ETHER 14u
#define BENCH_PEERS 20000u

static uint64_t bench_state = 88172645463325252u;

static uint32_t
bench_random(void)
{
	bench_state ^= bench_state << 13;
	bench_state ^= bench_state >> 7;
	bench_state ^= bench_state << 17;
	return (uint32_t)(bench_state >> 16);
}

/* Victims of floods: a few thousand addresses answer all the time. */
static uint32_t
bench_peer(void)
{
	uint32_t i = bench_random() % BENCH_PEERS;

	return 0x50000000u + (i * 2654435761u >> 4);
}

static void
bench_sum(uint8_t *at, size_t n, size_t field, uint64_t sum)
{
	at[field] = 0;
	at[field + 1] = 0;
	san_sum_put(at + field, san_sum_fold(san_sum(at, n, sum)));
}

/* An IPv4 header for `len` bytes of body; returns its length. */
static size_t
bench_ip(uint8_t *w, uint8_t proto, size_t len, const uint32_t addr[2])
{
	memset(w, 0, 20);
	w[0] = 0x45;
	d4_put_be16(w + 2, (uint16_t)(20 + len));
	d4_put_be16(w + 4, (uint16_t)bench_random());
	w[8] = (uint8_t)(40 + bench_random() % 200);
	w[9] = proto;
	d4_put_be32(w + 12, addr[0]);
	d4_put_be32(w + 16, addr[1]);
	bench_sum(w, 20, 10, 0);
	return 20;
}

static size_t
bench_tcp(uint8_t *w, const uint32_t addr[2], uint8_t flags)
{
	static const uint8_t options[20] = {
	    2, 4, 5, 180, 4, 2, 8, 10, 0, 1, 2, 3, 0, 0, 9, 9, 1, 3, 3, 7};
	size_t opt = flags == 0x12 && bench_random() % 2 ? 20 : 0;
	size_t n = bench_ip(w, 6, 20 + opt, addr);
	uint8_t *t = w + n;

	d4_put_be16(t, (uint16_t)(bench_random() % 2 ? 80 : 443));
	d4_put_be16(t + 2, (uint16_t)bench_random());
	d4_put_be32(t + 4, bench_random());
	d4_put_be32(t + 8, bench_random());
	t[12] = (uint8_t)((20 + opt) << 2);
	t[13] = flags;
	d4_put_be32(t + 14, 0x72100000);
	memset(t + 16, 0, 4);
	memcpy(t + 20, options, opt);
	bench_sum(t, 20 + opt, 16,
	    san_sum_tail(6, (uint32_t)(20 + opt), san_sum(w + 12, 8, 0)));
	return n + 20 + opt;
}

static size_t
bench_udp(uint8_t *w, const uint32_t addr[2], size_t data)
{
	size_t n = bench_ip(w, 17, 8 + data, addr);
	uint8_t *u = w + n;

	d4_put_be16(u, 53);
	d4_put_be16(u + 2, (uint16_t)bench_random());
	d4_put_be16(u + 4, (uint16_t)(8 + data));
	memset(u + 6, 0, 2);
	for (size_t i = 0; i < data; i++)
		u[8 + i] = (uint8_t)bench_random();
	bench_sum(u, 8 + data, 6,
	    san_sum_tail(17, (uint32_t)(8 + data), san_sum(w + 12, 8, 0)));
	return n + 8 + data;
}

/* An ICMP error that quotes what somebody sent with our address on it. */
static size_t
bench_icmp(uint8_t *w, const uint32_t addr[2])
{
	const uint32_t quoted[2] = {addr[1], addr[0]};
	size_t n = bench_ip(w, 1, 36, addr), q;
	uint8_t *c = w + n;

	memset(c, 0, 8);
	c[0] = bench_random() % 4 ? 3 : 11;
	c[1] = (uint8_t)(bench_random() % 2);
	q = bench_udp(c + 8, quoted, 20);
	(void)q; /* only 8 bytes of its body are quoted */
	bench_sum(c, 36, 2, 0);
	return n + 36;
}

static size_t
bench_packet(uint8_t *w)
{
	static const uint8_t ether[BENCH_ETHER] = {
	    2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
	const uint32_t addr[2] = {
	    bench_peer(), BENCH_SCOPE | (bench_random() & 0xffff)};
	uint32_t kind = bench_random() % 100;

	memcpy(w, ether, sizeof(ether));
	w += BENCH_ETHER;
	if (kind < 45)
		return BENCH_ETHER + bench_tcp(w, addr, 0x12);
	if (kind < 70)
		return BENCH_ETHER + bench_tcp(w, addr, 0x14);
	if (kind < 90)
		return BENCH_ETHER + bench_icmp(w, addr);
	return BENCH_ETHER + bench_udp(w, addr, 60);
}

int
bench_make(const char *path, unsigned long packets)
{
	uint8_t head[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0};
	uint8_t rec[16 + BENCH_FRAME];
	FILE *f = fopen(path, "wb");

	if (f == NULL) {
		perror(path);
		return 1;
	}
	d4_put_le32(head + 16, 65535);
	d4_put_le32(head + 20, 1);
	(void)fwrite(head, sizeof(head), 1, f);
	for (unsigned long i = 0; i < packets; i++) {
		size_t n = bench_packet(rec + 16);

		d4_put_le32(rec, (uint32_t)(1700000000 + i / 100000));
		d4_put_le32(rec + 4, (uint32_t)(i % 100000 * 10));
		d4_put_le32(rec + 8, (uint32_t)n);
		d4_put_le32(rec + 12, (uint32_t)n);
		(void)fwrite(rec, 16 + n, 1, f);
	}
	if (fclose(f) != 0) {
		perror(path);
		return 1;
	}
	return 0;
}
