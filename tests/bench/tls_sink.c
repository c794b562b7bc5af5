/*
 * A TLS server that is hardly in the way: reads many records at a time, writes
 * what they hold to stdout, and answers each client's close_notify.
 *	tls_sink PORT CERT KEY > /dev/null
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <openssl/ssl.h>

#define SINK_BYTES (1u << 20)
#define SINK_AHEAD (34u << 10) /* OpenSSL moves it all, record by record */

static uint8_t sink_buf[SINK_BYTES];

static int
sink_listen(const char *port)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(fd, 8) < 0) {
		perror("tls_sink");
		exit(1);
	}
	return fd;
}

static void
sink_write(size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t k = write(STDOUT_FILENO, sink_buf + at, n - at);

		if (k < 0 && errno != EINTR)
			exit(1);
		at += k > 0 ? (size_t)k : 0;
	}
}

/* Fills the buffer while whole records are there, then writes it. */
static void
sink_serve(SSL *ssl)
{
	size_t n = 0, k;

	if (SSL_accept(ssl) != 1)
		return;
	while (SSL_read_ex(ssl, sink_buf + n, SINK_BYTES - n, &k) == 1) {
		n += k;
		if (n < SINK_BYTES / 2 && SSL_has_pending(ssl))
			continue;
		sink_write(n);
		n = 0;
	}
	sink_write(n);
	(void)SSL_shutdown(ssl);
}

int
main(int argc, char **argv)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int fd;

	(void)signal(SIGPIPE, SIG_IGN);
	if (argc != 4 || ctx == NULL ||
	    SSL_CTX_use_certificate_chain_file(ctx, argv[2]) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, argv[3], SSL_FILETYPE_PEM) != 1) {
		(void)fputs("usage: tls_sink PORT CERT KEY\n", stderr);
		return 64;
	}
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_default_read_buffer_len(ctx, SINK_AHEAD);
	fd = sink_listen(argv[1]);
	for (;;) {
		int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		SSL *ssl = SSL_new(ctx);

		if (conn >= 0 && ssl != NULL && SSL_set_fd(ssl, conn) == 1)
			sink_serve(ssl);
		SSL_free(ssl);
		if (conn >= 0)
			(void)close(conn);
	}
}
