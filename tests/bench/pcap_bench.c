/*
 * For bench_pcap: makes a capture of backscatter, the same in every run, and
 * drives the sanitizers over it without any input and output of their own.
 *   pcap_bench make FILE PACKETS
 *   pcap_bench run FILE STEPS ROUNDS    prints packets and packets/s
 *   pcap_bench fan FILE STEPS PARTNERS ROUNDS    entry by entry as wash does,
 *       one partner leading; prints packets to all of them a second
 * Seconds are those of the processor, so that other load does not count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "bench_clock.h"
#include "pcap_make.h"
#include "libd4/wire.h"
#include "sanitizers/follow.h"
#include "sanitizers/step.h"

#define BENCH_CHUNK 65536u

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
		double t = bench_cpu_s();

		bench_file(s, in, &out);
		t = bench_cpu_s() - t;
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

#define BENCH_PARTNERS 16u
#define BENCH_ENTRIES  4096u

struct bench_fan {
	struct san_chain *chain;
	struct san_trace *trace;
	size_t n;
	struct san_keys keys[BENCH_PARTNERS];
	struct san_stream *to[BENCH_PARTNERS];
	struct d4_buf out[BENCH_PARTNERS];
};

static bool
bench_fan_open(struct bench_fan *f)
{
	const struct san_facts facts = {.type = 1, .ext = ""};
	static const uint8_t master[D4_MASTER_LEN] = {1};
	char name[32];

	if (san_trace_new(&f->trace) != D4_OK)
		return false;
	for (size_t i = 0; i < f->n; i++) {
		(void)snprintf(name, sizeof(name), "p%zu", i);
		d4_buf_init(&f->out[i], 16u << 20);
		if (san_keys_derive(master, name, &f->keys[i]) != D4_OK ||
		    san_stream_new(f->chain, &f->keys[i], &facts, &f->to[i]) !=
			D4_OK)
			return false;
	}
	return true;
}

/* The next entry: whole packets, behind the file's opening. */
static bool
bench_entry(struct d4_slice *in, struct d4_buf *entry)
{
	size_t n = 0, len;

	entry->n = 24;
	while (in->n >= n + 16) {
		len = 16 + d4_get_le32(in->p + n + 8);
		if (n + len > BENCH_CHUNK)
			break;
		n += len;
	}
	if (n == 0 || d4_buf_add(entry, in->p, n) != D4_OK)
		return false;
	(void)d4_slice_skip(in, n);
	return true;
}

static void
bench_fan_entry(struct bench_fan *f, struct d4_slice entry)
{
	enum d4_status st;

	for (size_t i = 0; i < f->n; i++) {
		f->out[i].n = 0;
		st = D4_ENOTSUP;
		if (i > 0)
			st = san_stream_follow(f->to[i], f->trace,
			    d4_buf_slice(&f->out[0]), &f->out[i]);
		if (st == D4_OK)
			continue;
		san_stream_begin(f->to[i]);
		if (i == 0 && f->n > 1)
			(void)!san_stream_lead(f->to[0], f->trace);
		if (san_stream_feed(f->to[i], entry, &f->out[i]) != D4_OK ||
		    san_stream_finish(f->to[i], &f->out[i]) != D4_OK)
			exit(1);
	}
}

/*
 * All entries; best[i] is the least time of the i-th, of all rounds: on a
 * machine with other work the sum of these is what the work itself takes.
 */
static size_t
bench_fan_round(struct bench_fan *f, struct d4_slice all, double *best)
{
	struct d4_slice in = d4_slice_of(all.p + 24, all.n - 24);
	struct d4_buf entry;
	size_t n = 0;

	d4_buf_init(&entry, 1u << 20);
	if (d4_buf_add(&entry, all.p, 24) != D4_OK)
		exit(1);
	for (; n < BENCH_ENTRIES && bench_entry(&in, &entry); n++) {
		double t = bench_cpu_s();

		bench_fan_entry(f, d4_buf_slice(&entry));
		t = bench_cpu_s() - t;
		if (best[n] <= 0 || t < best[n])
			best[n] = t;
	}
	d4_buf_fini(&entry);
	return n;
}

static int
bench_fan(struct bench_fan *f, const char *path, unsigned rounds)
{
	static double best[BENCH_ENTRIES];
	struct d4_slice all = bench_load(path);
	double sum = 0;
	size_t n = 0;

	if (!bench_fan_open(f))
		return 1;
	for (unsigned i = 0; i < rounds; i++)
		n = bench_fan_round(f, all, best);
	for (size_t i = 0; i < n; i++)
		sum += best[i];
	printf("%llu %.0f\n",
	    (unsigned long long)san_stream_tally(f->to[f->n - 1])
		->records[D4_R_NONE],
	    (double)f->n * (double)san_stream_tally(f->to[0])->in / rounds /
		sum);
	return 0;
}

static int
bench_fan_main(char **argv)
{
	unsigned long n = strtoul(argv[4], NULL, 10);
	struct bench_fan f = {.chain = bench_chain(argv[3]), .n = n};

	if (n == 0 || n > BENCH_PARTNERS)
		return 64;
	return bench_fan(&f, argv[2], (unsigned)strtoul(argv[5], NULL, 10));
}

int
main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "fan") == 0)
		return bench_fan_main(argv);
	if (argc == 4 && strcmp(argv[1], "make") == 0)
		return bench_make(argv[2], strtoul(argv[3], NULL, 10));
	if (argc == 5 && strcmp(argv[1], "run") == 0)
		return bench_run(
		    argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10));
	fprintf(stderr, "usage: pcap_bench make FILE PACKETS | "
			"run FILE STEPS ROUNDS\n");
	return 64;
}
