/*
 * A stream in memory through a cutter, in pieces as a hub's frames are.
 *   cutter_bench KIND PIECE MILLISECONDS
 * Prints two rates in bytes a second: the cutter, and a memcpy of as many
 * bytes (the machine's limit for who has to look at each byte).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "bench_clock.h"
#include "ipfix.h"
#include "libd4/cutter.h"
#include "pcap.h"
#include "pcapng.h"

#define SET    (32u << 20) /* more than a cache holds */
#define PACKET 600u

struct set {
	uint8_t *p;
	size_t n, piece;
	const struct d4_cutter_kind *kind;
};

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "cutter_bench: %s\n", what);
	exit(1);
}

static void
make_pcap(struct set *s)
{
	struct pcap_out o = {.p = s->p, .format = 1};

	pcap_put_opening(&o, 1);
	while (o.n + 2 * PACKET < SET)
		pcap_put_packet(&o, PACKET, 'p');
	s->n = o.n;
}

static void
make_pcapng(struct set *s)
{
	struct png_out o = {.p = s->p};

	png_put_section(&o, UINT64_MAX);
	png_put_interface(&o, 1, 0, 0);
	while (o.n + 2 * PACKET < SET)
		png_put_packet(&o, 0, PACKET, 'p');
	s->n = o.n;
}

static void
make_ipfix(struct set *s)
{
	struct ipfix_out o = {.p = s->p};

	ipfix_put_template(&o, 1, 256, 12);
	while (o.n + 4096 < SET)
		ipfix_put_data(&o, 1, 256, 1380);
	s->n = o.n;
}

/* Lines of 100 bytes; every fourth does not end the record. */
static void
make_text(struct set *s)
{
	for (s->n = 0; s->n + 400 < SET; s->n += 400) {
		memset(s->p + s->n, 't', 400);
		for (size_t i = 1; i <= 4; i++)
			s->p[s->n + 100 * i - 1] = '\n';
		if (s->kind == &d4_cutter_dnscap)
			s->p[s->n + 98] = '\\';
	}
}

static const struct {
	const struct d4_cutter_kind *kind;
	void (*make)(struct set *s);
} rows[] = {
    {&d4_cutter_pcap, make_pcap},
    {&d4_cutter_pcapng, make_pcapng},
    {&d4_cutter_ipfix, make_ipfix},
    {&d4_cutter_dnscap, make_text},
    {&d4_cutter_lines, make_text},
};

static void
pass_cutter(struct set *s)
{
	struct d4_cutter *c = NULL;
	uint64_t bytes = 0;
	struct d4_run run;

	must(d4_cutter_new(s->kind, &c) == D4_OK, "no cutter");
	for (size_t at = 0; at < s->n; at += s->piece) {
		size_t n = s->n - at < s->piece ? s->n - at : s->piece;
		struct d4_slice in = {s->p + at, n};

		while (d4_cutter_feed(c, &in, &run) == D4_OK)
			bytes += run.data.n;
	}
	bytes += d4_cutter_opening(c).n;
	must(bytes == s->n, "bytes are missing");
	d4_cutter_free(c);
}

static void
pass_copy(struct set *s)
{
	static uint8_t to[1u << 20];

	for (size_t at = 0; at < s->n; at += s->piece) {
		size_t n = s->n - at < s->piece ? s->n - at : s->piece;

		memcpy(to, s->p + at, n);
		__asm__ volatile("" : : "r"(to) : "memory");
	}
}

static double
rate(struct set *s, void (*pass)(struct set *s), double ms)
{
	double start = bench_cpu_s(), used;
	size_t bytes = 0;

	do {
		pass(s);
		bytes += s->n;
		used = bench_cpu_s() - start;
	} while (used * 1000 < ms);
	return (double)bytes / used;
}

int
main(int argc, char **argv)
{
	struct set s = {.p = malloc(SET)};
	size_t i = 0;
	double ms;

	must(argc == 4 && s.p != NULL, "KIND PIECE MILLISECONDS");
	while (i < sizeof(rows) / sizeof(rows[0]) &&
	       strcmp(rows[i].kind->name, argv[1]) != 0)
		i++;
	must(i < sizeof(rows) / sizeof(rows[0]), "no such kind");
	s.kind = rows[i].kind;
	s.piece = strtoul(argv[2], NULL, 10);
	ms = strtod(argv[3], NULL);
	must(s.piece > 0 && s.piece <= 1u << 20, "PIECE is 1 to 1048576");
	rows[i].make(&s);
	pass_cutter(&s);
	(void)printf(
	    "%.0f %.0f\n", rate(&s, pass_cutter, ms), rate(&s, pass_copy, ms));
	free(s.p);
	return 0;
}
