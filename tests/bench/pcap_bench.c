/*
 * For bench_pcap: makes a capture of backscatter, the same in every run, and
 * drives the sanitizers over it without any input and output of their own.
 *   pcap_bench make FILE PACKETS
 *   pcap_bench run FILE STEPS ROUNDS    prints packets and packets/s
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "libd4/wire.h"
#include "sanitizers/checksum.h"
#include "sanitizers/step.h"

#define BENCH_SCOPE 0x0a010000u /* 10.1.0.0/16 */
#define BENCH_CHUNK 65536u
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

static int
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

static const struct d4_prefix_set *
bench_network(void *arg, const char *name)
{
	static struct d4_prefix p = {{.family = 4, .b = {10, 1}}, 16};
	static const struct d4_prefix_set set = {&p, 1};

	(void)arg;
	return strcmp(name, "telescope") == 0 ? &set : NULL;
}

static struct san_chain *
bench_chain(const char *steps)
{
	const struct san_env env = {.network = bench_network};
	static const uint8_t type = 1;
	const struct san_takes takes = {.types = &type, .n_types = 1};
	struct d4_diag diag = {.file = "steps"};
	struct san_chain *c = NULL;
	struct d4_yaml *y = NULL;

	if (d4_yaml_parse(d4_slice_str(steps), &diag, &y) != D4_OK ||
	    san_chain_compile(y, &takes, &env, &diag, &c) != D4_OK) {
		char text[1024];

		d4_diag_format(&diag, text, sizeof(text));
		fprintf(stderr, "%s\n", text);
		exit(1);
	}
	d4_yaml_free(y);
	return c;
}

static struct d4_slice
bench_load(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p;
	long n;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	(void)fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	p = malloc((size_t)n);
	if (n < 0 || p == NULL || fread(p, 1, (size_t)n, f) != (size_t)n) {
		perror(path);
		exit(1);
	}
	(void)fclose(f);
	return d4_slice_of(p, (size_t)n);
}

static double
bench_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
bench_file(struct san_stream *s, struct d4_slice in, struct d4_buf *out)
{
	san_stream_begin(s);
	while (in.n != 0) {
		size_t n = in.n < BENCH_CHUNK ? in.n : BENCH_CHUNK;

		out->n = 0;
		if (san_stream_feed(s, d4_slice_skip(&in, n), out) != D4_OK)
			exit(1);
	}
	if (san_stream_finish(s, out) != D4_OK)
		exit(1);
}

static int
bench_run(const char *path, const char *steps, unsigned rounds)
{
	const struct san_facts facts = {.type = 1, .ext = ""};
	static const uint8_t master[D4_MASTER_LEN] = {1};
	struct d4_slice in = bench_load(path);
	struct san_chain *c = bench_chain(steps);
	struct san_stream *s = NULL;
	struct san_keys keys;
	struct d4_buf out;
	double best = 1e9;

	d4_buf_init(&out, 16u << 20);
	if (san_keys_derive(master, "bench", &keys) != D4_OK ||
	    san_stream_new(c, &keys, &facts, &s) != D4_OK)
		return 1;
	for (unsigned i = 0; i < rounds; i++) {
		double t = bench_now();

		bench_file(s, in, &out);
		t = bench_now() - t;
		best = t < best ? t : best;
	}
	printf("%llu %.0f\n",
	    (unsigned long long)san_stream_tally(s)->records[D4_R_NONE],
	    (double)san_stream_tally(s)->in / rounds / best);
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "make") == 0)
		return bench_make(argv[2], strtoul(argv[3], NULL, 10));
	if (argc == 5 && strcmp(argv[1], "run") == 0)
		return bench_run(
		    argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10));
	fprintf(stderr, "usage: pcap_bench make FILE PACKETS | "
			"run FILE STEPS ROUNDS\n");
	return 64;
}
