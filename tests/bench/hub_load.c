/*
 * For bench_hub: one sensor that sends frames made beforehand over TLS, as
 * fast as the hub takes them, and ends its session properly.
 *   hub_load HOST:PORT UUID KEY PAYLOAD FRAMES RECORD [RATE]
 * PAYLOAD bytes of lines a frame (type 8), FRAMES in all, RECORD bytes of
 * frames in one SSL_write (0: one frame). RATE: writes a second, as fast as
 * the hub takes them without. Prints seconds and frames after the
 * hub's close_notify: all of it is in Redis then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "bench_clock.h"
#include "hub_dial.h"
#include "libd4/hmac.h"
#include "libd4/type.h"

#define LOAD_LINE  64u
#define LOAD_BLOCK (4u << 20) /* bytes of frames made beforehand */

struct load {
	uint8_t *block;
	size_t n_block; /* bytes */
	size_t frame;   /* bytes of one frame */
	size_t per_write;
	uint64_t frames;
	double rate;
};

/* One sealed frame of lines of 64 bytes, the last one shorter. */
static void
make_frame(uint8_t *wire, const char *uuid, const char *key, size_t payload)
{
	struct d4_header h = {.version = D4_VERSION_1,
	    .type = D4_TYPE_PDNS,
	    .timestamp_s = 1700000000,
	    .size = (uint32_t)payload};
	struct d4_hmac *hmac = NULL;
	uint8_t *p = wire + D4_HEADER_LEN;

	if (d4_uuid_parse(uuid, &h.uuid) != D4_OK ||
	    d4_hmac_new(d4_slice_str(key), &hmac) != D4_OK)
		die("uuid or key");
	for (size_t i = 0; i < payload; i++)
		p[i] = (uint8_t)('a' + i % 26);
	for (size_t i = LOAD_LINE - 1; i < payload; i += LOAD_LINE)
		p[i] = '\n';
	p[payload - 1] = '\n';
	d4_header_encode(&h, wire);
	if (d4_hmac_seal(hmac, wire, d4_slice_of(p, payload)) != D4_OK)
		die("hmac");
	d4_hmac_free(hmac);
}

static void
make_block(struct load *l, char **argv)
{
	size_t payload = strtoul(argv[4], NULL, 10);
	size_t record = strtoul(argv[6], NULL, 10);
	size_t n;

	l->frame = D4_HEADER_LEN + payload;
	l->frames = strtoull(argv[5], NULL, 10);
	n = LOAD_BLOCK / l->frame;
	if (payload == 0 || n == 0)
		die("payload");
	l->n_block = n * l->frame;
	l->block = malloc(l->n_block);
	if (l->block == NULL)
		die("memory");
	make_frame(l->block, argv[2], argv[3], payload);
	for (size_t i = 1; i < n; i++)
		memcpy(l->block + i * l->frame, l->block, l->frame);
	l->per_write = record != 0 ? record : l->frame;
}

/* Until the i-th write is due. */
static void
pace(const struct load *l, double began, uint64_t i)
{
	double wait =
	    l->rate > 0 ? began + (double)i / l->rate - bench_wall_s() : 0;
	struct timespec t = {(time_t)wait, 0};

	if (wait <= 0)
		return;
	t.tv_nsec = (long)((wait - (double)t.tv_sec) * 1e9);
	(void)nanosleep(&t, NULL);
}

static void
send_all(SSL *ssl, const struct load *l)
{
	uint64_t left = l->frames * l->frame, i = 0;
	double began = bench_wall_s();
	size_t at = 0;

	while (left > 0) {
		size_t n = l->n_block - at;

		pace(l, began, i++);
		if (n > l->per_write)
			n = l->per_write;
		if (n > left)
			n = (size_t)left;
		if (SSL_write(ssl, l->block + at, (int)n) != (int)n)
			die("write");
		left -= n;
		at = at + n == l->n_block ? 0 : at + n;
	}
}

int
main(int argc, char **argv)
{
	struct load l = {0};
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct addrinfo *to;
	SSL *ssl;
	double began;
	int r;

	if (argc < 7 || argc > 8 || ctx == NULL)
		die("usage: HOST:PORT UUID KEY PAYLOAD FRAMES RECORD [RATE]");
	l.rate = argc == 8 ? strtod(argv[7], NULL) : 0;
	make_block(&l, argv);
	to = hub_find(argv[1]);
	ssl = hub_dial(ctx, to);
	freeaddrinfo(to);
	began = bench_wall_s();
	send_all(ssl, &l);
	r = SSL_shutdown(ssl);
	if (r == 0)
		r = SSL_shutdown(ssl);
	if (r != 1)
		die("not confirmed");
	(void)printf("%.6f %llu\n", bench_wall_s() - began,
	    (unsigned long long)l.frames);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	free(l.block);
	return 0;
}
