#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "libd4/kit/tls_conn.h"
#include "libd4/kit/tls_leave.h"

void
tls_destroy(struct d4_tls *t)
{
	struct event *const all[] = {t->rd, t->wr, t->kick};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i] != NULL)
			event_free(all[i]);
	}
	tls_proxy_free(t);
	SSL_free(t->ssl);
	tls_wire_fini(&t->wire);
	d4_tls_ctx_free(t->ctx);
	free(t);
}

static struct d4_tls *
tls_make(struct event_base *base, struct d4_tls_ctx *ctx, int fd)
{
	struct d4_tls *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		(void)close(fd);
		return NULL;
	}
	t->wire.fd = fd;
	t->ctx = tls_ctx_ref(ctx);
	t->wire.shared = ctx->cipher;
	/* Above the limit there is room for one write, and TLS's own. */
	d4_buf_init(&t->wire.out, D4_TLS_QUEUE + 2 * D4_TLS_WRITE);
	d4_buf_init(&t->wire.in, TLS_WINDOW);
	t->rd = event_new(base, fd, EV_READ | EV_PERSIST, tls_on_event, t);
	t->wr = event_new(base, fd, EV_WRITE, tls_on_event, t);
	t->kick = evtimer_new(base, tls_on_event, t);
	t->ssl = SSL_new(ctx->ssl);
	if (t->rd == NULL || t->wr == NULL || t->kick == NULL ||
	    t->ssl == NULL ||
	    tls_wire_init(&t->wire, ctx->method, t->ssl) != D4_OK) {
		tls_destroy(t);
		return NULL;
	}
	return t;
}

/* Not for unix sockets (tests): errors are of no interest. */
static void
socket_tune(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

void
d4_tls_keepalive(struct d4_tls *t, unsigned idle_s)
{
	int on = idle_s != 0, idle = idle_s < 32767 ? (int)idle_s : 32767;
	int tries = 3;

	(void)setsockopt(t->wire.fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (on == 0)
		return;
	(void)setsockopt(
	    t->wire.fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	(void)setsockopt(
	    t->wire.fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle, sizeof(idle));
	(void)setsockopt(
	    t->wire.fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof(tries));
}

enum d4_status
d4_tls_accept(struct event_base *base, struct d4_tls_ctx *ctx, int fd,
    const struct d4_tls_owner *owner, struct d4_tls **out)
{
	struct d4_tls *t = tls_make(base, ctx, fd);
	socklen_t len = sizeof(t->peer);

	if (t == NULL)
		return D4_ENOMEM;
	t->to = *owner;
	socket_tune(fd);
	(void)getpeername(fd, (struct sockaddr *)&t->peer, &len);
	SSL_set_accept_state(t->ssl);
	t->state = TLS_SHAKE;
	tls_arm(t);
	*out = t;
	return D4_OK;
}

static bool
is_address(const char *name)
{
	uint8_t b[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, b) == 1 ||
	       inet_pton(AF_INET6, name, b) == 1;
}

/* The name goes into SNI and, with a CA, is what the certificate must say. */
static enum d4_status
expect_name(struct d4_tls *t, const char *name)
{
	X509_VERIFY_PARAM *par = SSL_get0_param(t->ssl);

	if (name == NULL)
		return t->ctx->by_name ? D4_EINVAL : D4_OK;
	if (is_address(name)) {
		if (t->ctx->by_name &&
		    X509_VERIFY_PARAM_set1_ip_asc(par, name) != 1)
			return D4_ENOMEM;
		return D4_OK;
	}
	/* SSL_set_tlsext_host_name, whose macro casts const away. */
	if (SSL_ctrl(t->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
		TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)name) != 1)
		return D4_EINVAL;
	SSL_set_hostflags(t->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (t->ctx->by_name && SSL_set1_host(t->ssl, name) != 1)
		return D4_EINVAL;
	return D4_OK;
}

static socklen_t
address_len(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET)
		return sizeof(struct sockaddr_in);
	if (a->ss_family == AF_INET6)
		return sizeof(struct sockaddr_in6);
	return sizeof(*a);
}

static enum d4_status
tls_dial(struct d4_tls *t, const struct d4_tls_to *to)
{
	enum d4_status st = expect_name(t, to->name);

	if (st == D4_OK && to->via != NULL)
		st = tls_proxy_new(t, to->via);
	if (st != D4_OK)
		return st;
	t->peer = *to->at;
	if (connect(t->wire.fd, (const struct sockaddr *)to->at,
		address_len(to->at)) < 0 &&
	    errno != EINPROGRESS)
		return D4_EIO;
	t->state = TLS_DIAL;
	tls_arm(t);
	return D4_OK;
}

enum d4_status
d4_tls_connect(struct event_base *base, struct d4_tls_ctx *ctx,
    const struct d4_tls_to *to, const struct d4_tls_owner *owner,
    struct d4_tls **out)
{
	int fd = socket(
	    to->at->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	enum d4_status st;
	struct d4_tls *t;
	int e;

	if (fd < 0)
		return D4_EIO;
	t = tls_make(base, ctx, fd);
	if (t == NULL)
		return D4_ENOMEM;
	t->to = *owner;
	socket_tune(fd);
	SSL_set_connect_state(t->ssl);
	st = tls_dial(t, to);
	if (st != D4_OK) {
		e = errno;
		ERR_clear_error();
		tls_destroy(t);
		errno = e;
		return st;
	}
	*out = t;
	return D4_OK;
}

enum d4_status
d4_tls_client(struct event_base *base, struct d4_tls_ctx *ctx,
    const struct d4_tls_fd *on, const struct d4_tls_owner *owner,
    struct d4_tls **out)
{
	struct d4_tls *t = tls_make(base, ctx, on->fd);
	socklen_t len = sizeof(t->peer);
	enum d4_status st;

	if (t == NULL)
		return D4_ENOMEM;
	t->to = *owner;
	socket_tune(on->fd);
	(void)evutil_make_socket_nonblocking(on->fd);
	(void)getpeername(on->fd, (struct sockaddr *)&t->peer, &len);
	SSL_set_connect_state(t->ssl);
	st = expect_name(t, on->name);
	if (st != D4_OK) {
		ERR_clear_error();
		tls_destroy(t);
		return st;
	}
	t->state = TLS_SHAKE;
	tls_kick(t);
	*out = t;
	return D4_OK;
}

void
d4_tls_free(struct d4_tls *t)
{
	if (t == NULL)
		return;
	if (t->busy)
		t->dead = true;
	else
		tls_destroy(t);
}

enum d4_status
d4_tls_write(struct d4_tls *t, struct d4_slice bytes)
{
	size_t n;

	if (t->state != TLS_UP || t->closing || t->dead)
		return D4_ECLOSED;
	if (bytes.n > D4_TLS_WRITE || d4_tls_queued(t) >= D4_TLS_QUEUE)
		return D4_ETOOBIG;
	if (bytes.n == 0)
		return D4_OK;
	ERR_clear_error();
	if (SSL_write_ex(t->ssl, bytes.p, bytes.n, &n) != 1) {
		/* A record may be cut off: nothing can follow it. */
		t->wire.error = t->wire.nomem ? ENOMEM : EPROTO;
		tls_kick(t);
		return t->wire.nomem ? D4_ENOMEM : D4_ECLOSED;
	}
	t->undrained = true;
	if (!event_pending(t->wr, EV_WRITE, NULL))
		tls_kick(t);
	return D4_OK;
}

void
d4_tls_abort(struct d4_tls *t)
{
	static const struct linger none = {.l_onoff = 1, .l_linger = 0};

	if (t == NULL)
		return;
	(void)setsockopt(
	    t->wire.fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	d4_tls_free(t);
}

void
d4_tls_close(struct d4_tls *t)
{
	if (t->closing)
		return;
	t->closing = true;
	tls_kick(t);
}

void
d4_tls_leave(struct d4_tls *t, bool notify)
{
	t->leaving = true;
	if (notify)
		d4_tls_close(t);
	else
		(void)shutdown(t->wire.fd, SHUT_WR);
}

size_t
d4_tls_unread(const struct d4_tls *t)
{
	int n = 0;

	if (ioctl(t->wire.fd, FIONREAD, &n) < 0 || n < 0)
		n = 0;
	return (size_t)n + t->wire.in.n + t->wire.window.n +
	       (size_t)SSL_pending(t->ssl);
}

void
d4_tls_read_pause(struct d4_tls *t, bool paused)
{
	if (t->paused == paused)
		return;
	t->paused = paused;
	if (!t->busy)
		tls_arm(t);
}

size_t
d4_tls_queued(const struct d4_tls *t)
{
	return tls_wire_queued(&t->wire);
}

uint64_t
d4_tls_wire_total(const struct d4_tls *t)
{
	return t->wire.total;
}

uint64_t
d4_tls_wire_end(const struct d4_tls *t)
{
	return t->wire.total + d4_tls_queued(t);
}

uint64_t
d4_tls_wire_acked(const struct d4_tls *t)
{
	int left = 0;

	if (ioctl(t->wire.fd, SIOCOUTQ, &left) < 0 || left < 0)
		return 0;
	if ((uint64_t)left > t->wire.total)
		return 0;
	return t->wire.total - (uint64_t)left;
}

size_t
d4_tls_unacked(const struct d4_tls *t)
{
	return (size_t)(d4_tls_wire_end(t) - d4_tls_wire_acked(t));
}

bool
d4_tls_peer_closed(const struct d4_tls *t)
{
	return t->peer_closed;
}

void
d4_tls_peer_text(const struct d4_tls *t, char *out, size_t n)
{
	const void *p = &t->peer;
	const struct sockaddr_in *v4 = p;
	const struct sockaddr_in6 *v6 = p;
	char a[INET6_ADDRSTRLEN] = "?";

	if (t->peer.ss_family == AF_INET) {
		(void)inet_ntop(AF_INET, &v4->sin_addr, a, sizeof(a));
		(void)snprintf(out, n, "%s:%u", a, ntohs(v4->sin_port));
	} else if (t->peer.ss_family == AF_INET6) {
		(void)inet_ntop(AF_INET6, &v6->sin6_addr, a, sizeof(a));
		(void)snprintf(out, n, "[%s]:%u", a, ntohs(v6->sin6_port));
	} else {
		(void)snprintf(out, n, "unix");
	}
}
