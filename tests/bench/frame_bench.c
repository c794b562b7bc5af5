/*
 * Frames in memory: parser and HMAC check as the hub does them, against the
 * same work with a one-shot HMAC() for each frame, and against SHA-256 alone.
 *   frame_bench PAYLOAD MILLISECONDS
 * Prints three rates, in frames a second: ours, HMAC(), SHA-256 of as many
 * bytes in one go (the machine's limit).
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "bench_clock.h"
#include "libd4/frame.h"
#include "libd4/hmac.h"

#define SET  (8u << 20) /* bytes of frames, more than a cache holds */
#define READ (64u << 10)
#define KEY  "a-pre-shared-key"

struct set {
	uint8_t *wire;
	size_t n, frame, frames;
	struct d4_hmac *hmac;
};

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "frame_bench: %s\n", what);
	exit(1);
}

static void
set_make(struct set *s, uint32_t payload)
{
	const struct d4_header h = {.version = D4_VERSION_1,
	    .type = 8,
	    .timestamp_s = 1700000000,
	    .size = payload};

	s->frame = D4_HEADER_LEN + payload;
	s->frames = SET / s->frame;
	s->n = s->frames * s->frame;
	s->wire = malloc(s->n);
	must(s->wire != NULL, "no memory");
	must(d4_hmac_new(d4_slice_str(KEY), &s->hmac) == D4_OK, "no HMAC");
	memset(s->wire, 0x5a, s->n);
	for (size_t i = 0; i < s->frames; i++) {
		uint8_t *wire = s->wire + i * s->frame;
		struct d4_slice body = {wire + D4_HEADER_LEN, payload};

		d4_header_encode(&h, wire);
		must(d4_hmac_seal(s->hmac, wire, body) == D4_OK, "no seal");
	}
}

static void
pass_ours(struct set *s)
{
	struct d4_parser *p;
	size_t seen = 0;

	must(d4_parser_new(D4_PAYLOAD_MAX, &p) == D4_OK, "no parser");
	for (size_t at = 0; at < s->n; at += READ) {
		struct d4_slice in = {
		    s->wire + at, s->n - at < READ ? s->n - at : READ};
		struct d4_frame f;

		while (d4_parser_feed(p, &in, &f) == D4_OK) {
			must(d4_hmac_check(s->hmac, f.wire, f.payload) == D4_OK,
			    "a frame is wrong");
			seen++;
		}
	}
	must(seen == s->frames, "frames are missing");
	d4_parser_free(p);
}

static void
pass_one_shot(struct set *s)
{
	uint8_t mac[D4_HMAC_LEN];
	unsigned n;

	for (size_t i = 0; i < s->frames; i++)
		must(HMAC(EVP_sha256(), KEY, sizeof(KEY) - 1,
			 s->wire + i * s->frame, s->frame, mac, &n) != NULL,
		    "HMAC");
}

static void
pass_sha256(struct set *s)
{
	uint8_t md[D4_HMAC_LEN];

	must(EVP_Digest(s->wire, s->n, md, NULL, EVP_sha256(), NULL) == 1,
	    "SHA-256");
}

/* Frames a second of CPU. */
static double
rate(struct set *s, void (*run)(struct set *), double seconds)
{
	double start, used;
	size_t passes = 0;

	run(s); /* warm */
	start = bench_cpu_s();
	do {
		run(s);
		passes++;
		used = bench_cpu_s() - start;
	} while (used < seconds);
	return (double)(passes * s->frames) / used;
}

int
main(int argc, char **argv)
{
	struct set s;
	double seconds;

	must(argc == 3, "usage: frame_bench PAYLOAD MILLISECONDS");
	set_make(&s, (uint32_t)strtoul(argv[1], NULL, 10));
	seconds = strtod(argv[2], NULL) / 1000;
	(void)printf("%.0f %.0f %.0f\n", rate(&s, pass_ours, seconds),
	    rate(&s, pass_one_shot, seconds), rate(&s, pass_sha256, seconds));
	d4_hmac_free(s.hmac);
	free(s.wire);
	return 0;
}
