/*
 * For bench_connections: many TLS sensors in one process, that stay.
 *   hub_crowd HOST:PORT KEY < one UUID a line, then an empty line
 * Each has a session of its own and sends one frame of type 8, one after the
 * other. Prints how many there are, and the seconds that they took. A number
 * on stdin: so many frames a second are sent by all of them, in turn, from now
 * on. All go when stdin ends.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "bench_clock.h"
#include "hub_dial.h"
#include "libd4/hmac.h"
#include "libd4/type.h"

#define CROWD_MAX 60000u

static const char line[] = "0|\n";

#define WIRE (D4_HEADER_LEN + sizeof(line) - 1)

struct crowd {
	SSL_CTX *ctx;
	struct addrinfo *to;
	struct d4_hmac *hmac;
	SSL *ssl[CROWD_MAX];
	uint8_t wire[CROWD_MAX][WIRE];
	size_t n;
};

static void
join(struct crowd *c, const char *uuid)
{
	uint8_t *wire = c->wire[c->n];
	struct d4_header h = {.version = D4_VERSION_1,
	    .type = D4_TYPE_PDNS,
	    .timestamp_s = (uint64_t)time(NULL),
	    .size = sizeof(line) - 1};

	if (c->n == CROWD_MAX || d4_uuid_parse(uuid, &h.uuid) != D4_OK)
		die("uuid");
	d4_header_encode(&h, wire);
	memcpy(wire + D4_HEADER_LEN, line, sizeof(line) - 1);
	if (d4_hmac_seal(c->hmac, wire, d4_slice_str(line)) != D4_OK)
		die("hmac");
	c->ssl[c->n] = hub_dial(c->ctx, c->to);
	if (SSL_write(c->ssl[c->n], wire, WIRE) != (int)WIRE)
		die("write");
	c->n++;
}

/* Sends until stdin has something to say: frames a second, in turn. */
static void
chatter(const struct crowd *c, double rate)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	double began = bench_wall_s();
	uint64_t sent = 0;

	while (rate > 0 && poll(&in, 1, 1) == 0) {
		for (; (double)sent < (bench_wall_s() - began) * rate; sent++) {
			size_t i = sent % c->n;

			if (SSL_write(c->ssl[i], c->wire[i], WIRE) != (int)WIRE)
				die("write");
		}
	}
}

int
main(int argc, char **argv)
{
	static struct crowd c;
	char text[64];
	double began;

	c.ctx = SSL_CTX_new(TLS_client_method());
	if (argc != 3 || c.ctx == NULL ||
	    d4_hmac_new(d4_slice_str(argv[2]), &c.hmac) != D4_OK)
		die("usage: HOST:PORT KEY");
	(void)SSL_CTX_set_mode(c.ctx, SSL_MODE_RELEASE_BUFFERS);
	c.to = hub_find(argv[1]);
	began = bench_wall_s();
	while (fgets(text, sizeof(text), stdin) != NULL && text[0] != '\n') {
		text[strcspn(text, "\n")] = '\0';
		join(&c, text);
	}
	(void)printf("%zu %.3f\n", c.n, bench_wall_s() - began);
	(void)fflush(stdout);
	while (fgets(text, sizeof(text), stdin) != NULL)
		chatter(&c, strtod(text, NULL));
	return 0;
}
