/* What sensors made for the benches of the hub have in common. */
#ifndef HUB_DIAL_H
#define HUB_DIAL_H

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <openssl/ssl.h>

static inline _Noreturn void
die(const char *what)
{
	(void)fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
	exit(1);
}

/* hub_find -- HOST:PORT, which is cut in two; freeaddrinfo. */
static inline struct addrinfo *
hub_find(char *address)
{
	struct addrinfo want = {.ai_socktype = SOCK_STREAM}, *to;
	char *colon = strrchr(address, ':');

	if (colon == NULL)
		die("address");
	*colon = '\0';
	if (getaddrinfo(address, colon + 1, &want, &to) != 0)
		die("address");
	return to;
}

static inline SSL *
hub_dial(SSL_CTX *ctx, const struct addrinfo *to)
{
	int fd = socket(to->ai_family, SOCK_STREAM, 0);
	SSL *ssl = SSL_new(ctx);

	if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen) < 0)
		die("connect");
	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1)
		die("handshake");
	return ssl;
}

#endif
