#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "libd4/kit/tls_conn.h"

enum d4_status
tls_proxy_new(struct d4_tls *t, const struct d4_socks5_to *to)
{
	const char *why;
	enum d4_status st;

	t->socks = calloc(1, sizeof(*t->socks));
	if (t->socks == NULL)
		return D4_ENOMEM;
	st = d4_socks5_init(t->socks, to, &why);
	if (st != D4_OK)
		tls_proxy_free(t);
	return st;
}

void
tls_proxy_free(struct d4_tls *t)
{
	if (t->socks == NULL)
		return;
	d4_socks5_fini(t->socks);
	free(t->socks);
	t->socks = NULL;
}

/* What send and recv could not do. */
static enum d4_status
proxy_errno(const char **why)
{
	if (errno == EAGAIN || errno == EINTR)
		return D4_AGAIN;
	*why = strerror(errno);
	return D4_EIO;
}

static enum d4_status
proxy_send(struct d4_tls *t, const char **why)
{
	struct d4_slice out = d4_socks5_out(t->socks);
	ssize_t n = send(t->wire.fd, out.p, out.n, MSG_NOSIGNAL);

	if (n < 0)
		return proxy_errno(why);
	d4_socks5_sent(t->socks, (size_t)n);
	return D4_OK;
}

/* No more than is wanted: what follows is TLS. */
static enum d4_status
proxy_recv(struct d4_tls *t, const char **why)
{
	uint8_t in[D4_SOCKS5_IN];
	ssize_t n = recv(t->wire.fd, in, d4_socks5_want(t->socks), 0);

	if (n < 0)
		return proxy_errno(why);
	if (n == 0) {
		*why = "closed by the proxy";
		return D4_ECLOSED;
	}
	return d4_socks5_take(t->socks, d4_slice_of(in, (size_t)n), why);
}

enum d4_status
tls_proxy_step(struct d4_tls *t, const char **why)
{
	enum d4_status st = D4_OK;

	while (st == D4_OK && !d4_socks5_done(t->socks)) {
		if (d4_socks5_out(t->socks).n != 0)
			st = proxy_send(t, why);
		else
			st = proxy_recv(t, why);
	}
	if (st == D4_OK)
		tls_proxy_free(t); /* the login is not kept */
	return st;
}
