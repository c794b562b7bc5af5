/*
 * The wire below TLS: a BIO between OpenSSL and a socket that never blocks.
 * Ciphertext out is queued and sent once per loop turn; ciphertext in comes
 * through a window that all connections of a context share.
 */
#ifndef KIT_TLS_WIRE_H
#define KIT_TLS_WIRE_H

#include <stdbool.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include "libd4/slice.h"

#define TLS_WINDOW (128u << 10) /* ciphertext bytes of one recv */

/*
 * struct tls_wire -- one connection's side of it.
 * Shape:  out[out_off..n) waits for the kernel. window: received and not yet
 *         decrypted, in `shared` during a wake-up; what a pause leaves of it
 *         is kept in `in`. total: bytes given to the kernel; taken: bytes
 *         received in this wake-up. once: all that came is decrypted before
 *         more is received; got: something was, full: it filled the window,
 *         so more may wait. error: errno of a failed recv or send.
 */
struct tls_wire {
	int fd;
	uint8_t *shared;
	struct d4_buf out;
	size_t out_off;
	struct d4_buf in;
	struct d4_slice window;
	size_t taken;
	uint64_t total;
	int error;
	bool once, got, full;
	bool eof;
	bool nomem;
};

/* tls_wire_method -- the BIO's method; BIO_meth_free frees it. */
BIO_METHOD *tls_wire_method(void);

/* tls_wire_init -- puts the wire under ssl. Errors: D4_ENOMEM. */
D4_USED enum d4_status tls_wire_init(
    struct tls_wire *w, const BIO_METHOD *method, SSL *ssl);
void tls_wire_fini(struct tls_wire *w);

/* Around everything that may read: the window is shared, so not nested. */
void tls_wire_begin(struct tls_wire *w);
void tls_wire_end(struct tls_wire *w);

/* tls_wire_flush -- D4_AGAIN the kernel is full; D4_EIO w->error is set. */
D4_USED enum d4_status tls_wire_flush(struct tls_wire *w);

static inline size_t
tls_wire_queued(const struct tls_wire *w)
{
	return w->out.n - w->out_off;
}

#endif
