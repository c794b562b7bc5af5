#include <errno.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include "libd4/kit/log.h"
#include "libd4/kit/tls_conn.h"

static const char *const state_names[] = {
    [TLS_DIAL] = "dial",
    [TLS_PROXY] = "proxy",
    [TLS_SHAKE] = "handshake",
    [TLS_UP] = "up",
    [TLS_BYE] = "closing",
    [TLS_ENDED] = "ended",
};

static void
tls_enter(struct d4_tls *t, enum tls_state to)
{
	d4_debug("tls fd=%d state=%s->%s", t->wire.fd, state_names[t->state],
	    state_names[to]);
	t->state = to;
}

void
tls_kick(struct d4_tls *t)
{
	static const struct timeval now = {0, 0};

	if (t->state != TLS_ENDED && !evtimer_pending(t->kick, NULL))
		(void)evtimer_add(t->kick, &now);
}

static void
tls_finish(struct d4_tls *t, enum d4_tls_end how, const char *why)
{
	if (t->state == TLS_ENDED)
		return;
	tls_enter(t, TLS_ENDED);
	(void)event_del(t->rd);
	(void)event_del(t->wr);
	(void)event_del(t->kick);
	if (!t->dead)
		t->to.ev->end(t->to.arg, how, why);
}

static void
finish_errno(struct d4_tls *t, enum d4_tls_end how, int e)
{
	tls_finish(t, e == ETIMEDOUT ? D4_TLS_TIMEOUT : how, strerror(e));
}

/* What the library says; the queue is left empty. */
static const char *
ssl_reason(struct d4_tls *t)
{
	unsigned long e = ERR_peek_last_error();
	long v = SSL_get_verify_result(t->ssl);
	const char *text = e != 0 ? ERR_reason_error_string(e) : NULL;

	ERR_clear_error();
	if (!t->ctx->server && v != X509_V_OK && t->state == TLS_SHAKE)
		return t->ctx->pinned
		           ? "certificate does not match the pinned fingerprint"
		           : X509_verify_cert_error_string(v);
	return text != NULL ? text : "TLS error";
}

/* The server's alerts about a certificate of ours (RFC 8446, 6). */
static bool
ssl_untrusted(const struct d4_tls *t)
{
	int alert =
	    ERR_GET_REASON(ERR_peek_last_error()) - SSL_AD_REASON_OFFSET;

	if (t->ctx->server)
		return false;
	return (alert >= SSL_AD_BAD_CERTIFICATE &&
		   alert <= SSL_AD_CERTIFICATE_UNKNOWN) ||
	       alert == SSL_AD_UNKNOWN_CA || alert == SSL_AD_ACCESS_DENIED ||
	       alert == SSL_AD_CERTIFICATE_REQUIRED;
}

/* An SSL call failed for good: sends the alert if it can, and ends. */
static void
ssl_failed(struct d4_tls *t)
{
	enum d4_tls_end how =
	    t->state == TLS_SHAKE ? D4_TLS_HANDSHAKE : D4_TLS_PROTOCOL;
	bool untrusted = ssl_untrusted(t);
	const char *why = ssl_reason(t);

	if (untrusted)
		how = D4_TLS_UNTRUSTED;
	if (t->wire.nomem) {
		tls_finish(t, D4_TLS_RESET, "out of memory");
	} else if (t->wire.error != 0) {
		finish_errno(t, D4_TLS_RESET, t->wire.error);
	} else if (t->wire.eof) {
		tls_finish(t, t->state == TLS_SHAKE ? how : D4_TLS_EOF,
		    t->state == TLS_SHAKE ? "closed in the handshake"
					  : "closed without close_notify");
	} else {
		/* The alert goes out if it can; the end is the same. */
		if (tls_wire_flush(&t->wire) != D4_OK)
			d4_debug("tls fd=%d alert not sent", t->wire.fd);
		tls_finish(t, how, why);
	}
}

static void
tls_shake(struct d4_tls *t)
{
	int r, e;

	if (t->closing) {
		tls_finish(t, D4_TLS_EOF, "closed before the handshake ended");
		return;
	}
	ERR_clear_error();
	r = SSL_do_handshake(t->ssl);
	if (r == 1) {
		tls_enter(t, TLS_UP);
		t->to.ev->open(t->to.arg);
		return;
	}
	e = SSL_get_error(t->ssl, r);
	if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE)
		ssl_failed(t);
}

/* The proxy's turn; when it has connected, TLS begins on the same socket. */
static void
tls_proxied(struct d4_tls *t)
{
	const char *why = "";
	enum d4_status st;

	if (t->closing) {
		tls_finish(t, D4_TLS_CONNECT, "closed before it was open");
		return;
	}
	st = tls_proxy_step(t, &why);
	if (st == D4_OK) {
		tls_enter(t, TLS_SHAKE);
		tls_shake(t);
	} else if (st != D4_AGAIN) {
		tls_finish(t, D4_TLS_PROXY, why);
	}
}

static void
tls_connected(struct d4_tls *t)
{
	int e = 0;
	socklen_t len = sizeof(e);

	if (t->closing) {
		tls_finish(t, D4_TLS_CONNECT, "closed before it was open");
		return;
	}
	if (getsockopt(t->wire.fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0)
		e = errno;
	if (e != 0) {
		finish_errno(t, D4_TLS_CONNECT, e);
		return;
	}
	if (t->socks == NULL) {
		tls_enter(t, TLS_SHAKE);
		tls_shake(t);
		return;
	}
	tls_enter(t, TLS_PROXY);
	tls_proxied(t);
}

/* SSL_shutdown once: our close_notify behind what is queued. */
static void
tls_bye(struct d4_tls *t)
{
	ERR_clear_error();
	tls_enter(t, TLS_BYE);
	if (SSL_shutdown(t->ssl) < 0)
		ssl_failed(t);
}

/*
 * An answer carries TCP's acknowledgement of what it answers. So theirs,
 * read while ours waits here or is under way, was sent on its own account: it
 * says nothing of what the peer consumed.
 */
static void
tls_got_close(struct d4_tls *t)
{
	t->peer_closed = true;
	if (t->leaving && t->state == TLS_UP && !t->closing) {
		tls_finish(t, D4_TLS_CROSSED, "close_notify after our end");
		return;
	}
	if (t->state != TLS_UP || t->closing) {
		t->crossed = t->state != TLS_BYE || d4_tls_unacked(t) != 0;
		return;
	}
	if (t->to.ev->peer_closed == NULL)
		t->closing = true;
	else
		t->to.ev->peer_closed(t->to.arg);
}

static bool
tls_may_read(const struct d4_tls *t)
{
	bool free = !t->paused || (t->state == TLS_BYE && !t->leaving);

	return (t->state == TLS_UP || t->state == TLS_BYE) && !t->dead &&
	       !t->peer_closed && free;
}

/*
 * Decrypts all of one recv: so nothing of a window is left when the owner
 * pauses, and the kernel is not asked again when it gave less.
 */
static int
tls_fill(struct d4_tls *t, size_t *fill)
{
	size_t n;

	*fill = 0;
	t->wire.once = true;
	t->wire.got = t->wire.full = false;
	while (*fill < TLS_PLAIN) {
		ERR_clear_error();
		if (SSL_read_ex(t->ssl, t->ctx->plain + *fill,
			TLS_PLAIN - *fill, &n) != 1)
			return SSL_get_error(t->ssl, 0);
		*fill += n;
	}
	return SSL_ERROR_NONE;
}

static void
tls_read(struct d4_tls *t)
{
	size_t fill, sum = 0;
	int e = SSL_ERROR_NONE;
	bool more = true;

	while (more && sum < D4_TLS_BURST && tls_may_read(t)) {
		e = tls_fill(t, &fill);
		more = e == SSL_ERROR_NONE ||
		       (e == SSL_ERROR_WANT_READ && t->wire.full);
		sum += fill;
		if (fill != 0)
			t->to.ev->read(
			    t->to.arg, d4_slice_of(t->ctx->plain, fill));
	}
	if (t->state == TLS_ENDED || t->dead)
		return;
	if (e == SSL_ERROR_ZERO_RETURN)
		tls_got_close(t);
	else if (e != SSL_ERROR_NONE && e != SSL_ERROR_WANT_READ &&
		 e != SSL_ERROR_WANT_WRITE)
		ssl_failed(t);
}

static void
tls_flush(struct d4_tls *t)
{
	enum d4_status st = D4_EIO;

	if (t->wire.error == 0)
		st = tls_wire_flush(&t->wire);
	if (st == D4_AGAIN) {
		(void)event_add(t->wr, NULL);
		return;
	}
	if (st != D4_OK) {
		finish_errno(t, D4_TLS_RESET, t->wire.error);
		return;
	}
	if (t->ctx->server)
		d4_buf_fini(&t->wire.out); /* a server hardly ever writes */
	if (t->state == TLS_BYE && t->peer_closed) {
		tls_finish(t, t->crossed ? D4_TLS_CROSSED : D4_TLS_CLEAN,
		    t->crossed ? "close_notify before ours arrived"
			       : "close_notify");
	} else if (t->undrained && t->state == TLS_UP) {
		t->undrained = false;
		t->to.ev->drained(t->to.arg);
	}
}

/* Is there something to do that no event of a descriptor announces? */
static bool
tls_unfinished(const struct d4_tls *t, bool want)
{
	if (want && (t->wire.in.n != 0 || SSL_pending(t->ssl) != 0))
		return true;
	if (t->closing && t->state == TLS_UP)
		return true;
	return tls_wire_queued(&t->wire) != 0 &&
	       !event_pending(t->wr, EV_WRITE, NULL);
}

void
tls_arm(struct d4_tls *t)
{
	bool want =
	    t->state == TLS_SHAKE || t->state == TLS_PROXY || tls_may_read(t);

	if (t->state == TLS_ENDED || t->dead)
		return;
	if (t->state == TLS_DIAL ||
	    (t->socks != NULL && d4_socks5_out(t->socks).n != 0)) {
		(void)event_add(t->wr, NULL);
		return;
	}
	if (want != (event_pending(t->rd, EV_READ, NULL) != 0)) {
		if (want)
			(void)event_add(t->rd, NULL);
		else
			(void)event_del(t->rd);
	}
	if (tls_unfinished(t, want))
		tls_kick(t);
}

/* The state machine: one turn for whatever happened. */
static void
tls_step(struct d4_tls *t)
{
	t->busy = true;
	tls_wire_begin(&t->wire);
	switch (t->state) {
	case TLS_DIAL:
		tls_connected(t);
		break;
	case TLS_PROXY:
		tls_proxied(t);
		break;
	case TLS_SHAKE:
		tls_shake(t);
		break;
	case TLS_UP:
	case TLS_BYE:
		tls_read(t);
		break;
	case TLS_ENDED:
		break;
	}
	if (t->state == TLS_UP && t->closing && !t->dead)
		tls_bye(t);
	tls_wire_end(&t->wire);
	if (t->state > TLS_PROXY && t->state != TLS_ENDED && !t->dead)
		tls_flush(t);
	tls_arm(t);
	t->busy = false;
	if (t->dead)
		tls_destroy(t);
}

void
tls_on_event(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tls_step(arg);
}
