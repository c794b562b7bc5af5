/*
 * For bench_connections: many TLS sensors in one process, that stay.
 *   hub_crowd HOST:PORT KEY < one UUID a line, then an empty line
 * Each has a session of its own and sends one frame of type 8, one after the
 * other. Prints how many there are, and the seconds that they took. A number
 * on stdin: so many frames a second are sent by all of them, in turn, from now
 * on. All go when stdin ends.
 */
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <openssl/ssl.h>
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

static _Noreturn void
die(const char *what)
{
	(void)fprintf(stderr, "hub_crowd: %s\n", what);
	exit(1);
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
resolve(struct crowd *c, char *address)
{
	struct addrinfo want = {.ai_socktype = SOCK_STREAM};
	char *colon = strrchr(address, ':');

	if (colon == NULL)
		die("address");
	*colon = '\0';
	if (getaddrinfo(address, colon + 1, &want, &c->to) != 0)
		die("address");
}

static SSL *
shake(const struct crowd *c)
{
	int fd = socket(c->to->ai_family, SOCK_STREAM, 0);
	SSL *ssl = SSL_new(c->ctx);

	if (fd < 0 || connect(fd, c->to->ai_addr, c->to->ai_addrlen) < 0)
		die("connect");
	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1)
		die("handshake");
	return ssl;
}

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
	c->ssl[c->n] = shake(c);
	if (SSL_write(c->ssl[c->n], wire, WIRE) != (int)WIRE)
		die("write");
	c->n++;
}

/* Sends until stdin has something to say: frames a second, in turn. */
static void
chatter(const struct crowd *c, double rate)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	double began = now();
	uint64_t sent = 0;

	while (rate > 0 && poll(&in, 1, 1) == 0) {
		for (; (double)sent < (now() - began) * rate; sent++) {
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
	resolve(&c, argv[1]);
	began = now();
	while (fgets(text, sizeof(text), stdin) != NULL && text[0] != '\n') {
		text[strcspn(text, "\n")] = '\0';
		join(&c, text);
	}
	(void)printf("%zu %.3f\n", c.n, now() - began);
	(void)fflush(stdout);
	while (fgets(text, sizeof(text), stdin) != NULL)
		chatter(&c, strtod(text, NULL));
	return 0;
}
