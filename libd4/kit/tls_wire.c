#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "libd4/kit/tls.h"
#include "libd4/kit/tls_wire.h"

static int
wire_write(BIO *b, const char *p, int n)
{
	struct tls_wire *w = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	if (n <= 0)
		return 0;
	if (d4_buf_add(&w->out, p, (size_t)n) != D4_OK) {
		w->nomem = true;
		return -1;
	}
	return n;
}

/* Fills the window from the socket; false: nothing there, or not now. */
static bool
wire_recv(struct tls_wire *w)
{
	ssize_t n;

	if (w->eof || w->error != 0 || w->taken >= D4_TLS_BURST ||
	    (w->once && w->got))
		return false;
	do
		n = recv(w->fd, w->shared, TLS_WINDOW, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		w->window = d4_slice_of(w->shared, (size_t)n);
		w->taken += (size_t)n;
		w->got = true;
		w->full = n == TLS_WINDOW;
		return true;
	}
	if (n == 0)
		w->eof = true;
	else if (errno != EAGAIN && errno != EWOULDBLOCK)
		w->error = errno;
	return false;
}

static int
wire_read(BIO *b, char *p, int max)
{
	struct tls_wire *w = BIO_get_data(b);
	size_t n = max > 0 ? (size_t)max : 0;

	BIO_clear_retry_flags(b);
	if (n == 0)
		return 0;
	if (w->window.n == 0 && !wire_recv(w)) {
		if (w->eof)
			return 0;
		if (w->error == 0)
			BIO_set_retry_read(b);
		return -1;
	}
	if (n > w->window.n)
		n = w->window.n;
	memcpy(p, w->window.p, n);
	(void)d4_slice_skip(&w->window, n);
	return (int)n;
}

static long
wire_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	struct tls_wire *w = BIO_get_data(b);

	(void)num;
	(void)ptr;
	if (cmd == BIO_CTRL_FLUSH)
		return 1; /* the queue is flushed once per loop turn */
	if (cmd == BIO_CTRL_EOF)
		return w->eof && w->window.n == 0;
	return 0;
}

BIO_METHOD *
tls_wire_method(void)
{
	BIO_METHOD *m =
	    BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "d4 wire");

	if (m == NULL)
		return NULL;
	if (BIO_meth_set_write(m, wire_write) != 1 ||
	    BIO_meth_set_read(m, wire_read) != 1 ||
	    BIO_meth_set_ctrl(m, wire_ctrl) != 1) {
		BIO_meth_free(m);
		return NULL;
	}
	return m;
}

enum d4_status
tls_wire_init(struct tls_wire *w, const BIO_METHOD *method, SSL *ssl)
{
	BIO *b = BIO_new(method);

	if (b == NULL)
		return D4_ENOMEM;
	BIO_set_data(b, w);
	BIO_set_init(b, 1);
	/* One reference serves both directions (SSL_set_bio, "rbio == wbio").
	 */
	SSL_set_bio(ssl, b, b);
	return D4_OK;
}

void
tls_wire_fini(struct tls_wire *w)
{
	d4_buf_fini(&w->out);
	d4_buf_fini(&w->in);
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = -1;
}

void
tls_wire_begin(struct tls_wire *w)
{
	w->taken = 0;
	w->once = w->got = w->full = false;
	w->window = d4_buf_slice(&w->in);
}

void
tls_wire_end(struct tls_wire *w)
{
	struct d4_slice rest = w->window;
	size_t had = w->in.n;

	w->window = d4_slice_of(NULL, 0);
	if (rest.n == 0) {
		d4_buf_fini(&w->in);
		return;
	}
	if (had != 0 && rest.p >= w->in.p && rest.p < w->in.p + had) {
		d4_buf_drop(&w->in, had - rest.n);
		return;
	}
	w->in.n = 0;
	if (d4_buf_add(&w->in, rest.p, rest.n) != D4_OK) {
		w->nomem = true;
		w->error = ENOMEM;
	}
}

enum d4_status
tls_wire_flush(struct tls_wire *w)
{
	ssize_t n;

	while (w->out_off < w->out.n) {
		n = send(w->fd, w->out.p + w->out_off, tls_wire_queued(w),
		    MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			d4_buf_drop(&w->out, w->out_off);
			w->out_off = 0;
			return D4_AGAIN;
		}
		if (n < 0) {
			w->error = errno;
			return D4_EIO;
		}
		w->out_off += (size_t)n;
		w->total += (uint64_t)n;
	}
	w->out.n = 0;
	w->out_off = 0;
	return D4_OK;
}
