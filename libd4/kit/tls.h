/*
 * TLS on plain events (Decision 9): whole records, delayed close_notify and
 * released buffers are in our hands. Server and client side.
 */
#ifndef KIT_TLS_H
#define KIT_TLS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <event2/event.h>
#include "libd4/kit/socks5.h"

struct d4_tls_ctx;
struct d4_tls;

#define D4_PIN_LEN   32u          /* SHA-256 of the certificate's DER */
#define D4_TLS_BURST (256u << 10) /* bytes read in one wake-up */
#define D4_TLS_QUEUE (256u << 10) /* queued bytes at which writing stops */
#define D4_TLS_WRITE (1u << 20)   /* bytes of one d4_tls_write, at most */

/*
 * struct d4_tls_settings -- what a context is made of; NULL = not set.
 * Shape:  server: cert and key are mandatory; client_ca asks for mTLS. Each
 *         is a path, or the PEM text itself ("-----BEGIN ...") for processes
 *         that cannot open files any more. client_ask: clients may show
 *         any certificate, or none; the owner looks (d4_tls_peer_cert).
 *         client: exactly one of ca (file, or "system"), pin (hex digits of
 *         SHA-256, colons allowed) or insecure. name is checked against the
 *         certificate when ca is used.
 */
struct d4_tls_settings {
	bool server, insecure, client_ask;
	const char *cert, *key;
	const char *ca;
	const char *pin;
	const char *client_ca;
};

/*
 * d4_tls_ctx_new -- TLS 1.2 or later, ECDHE and AEAD only.
 * Errors: D4_EINVAL with a message in *why (static or thread-local): a file
 *         that cannot be read, key and certificate that differ, a pin that
 *         is no SHA-256, no verification at all.  D4_ENOMEM.
 */
D4_USED enum d4_status d4_tls_ctx_new(const struct d4_tls_settings *set,
    const char **why, struct d4_tls_ctx **out);
void d4_tls_ctx_free(struct d4_tls_ctx *ctx);

/* d4_tls_pin -- "AA:BB:..": SHA-256 of a PEM certificate file, with NUL. */
D4_USED enum d4_status d4_tls_pin(const char *cert, char out[96]);

/*
 * enum d4_tls_end -- how a connection ended.
 * CLEAN    the peer sent close_notify (after ours, or first).
 * EOF      TCP ended without close_notify: what was in flight is unknown.
 */
enum d4_tls_end {
	D4_TLS_CLEAN,
	D4_TLS_EOF,
	D4_TLS_RESET,
	D4_TLS_HANDSHAKE, /* refused, bad certificate, wrong name or pin */
	D4_TLS_PROTOCOL,
	D4_TLS_TIMEOUT,
	D4_TLS_CONNECT,   /* TCP could not be opened */
	D4_TLS_CROSSED,   /* theirs came, but not as the answer to ours */
	D4_TLS_PROXY,     /* the SOCKS5 proxy did not connect to the target */
	D4_TLS_UNTRUSTED, /* the server wants another certificate of ours */
};

/*
 * struct d4_tls_events -- what a connection tells its owner.
 * A callback may call d4_tls_close or d4_tls_free on its own connection.
 * read:   bytes came; the slice is borrowed for the call. Never called while
 *         reading is paused.
 * drained: the write queue fell to zero bytes handed to the kernel.
 * end:    nothing more will come; free the connection. why is a short text.
 * peer_closed: the peer's close_notify came before ours. The owner answers
 *         with d4_tls_close when it is ready (Decision 8), then `end` comes
 *         with CLEAN. May be NULL: the answer is then sent at once.
 */
struct d4_tls_events {
	void (*open)(void *arg);
	void (*read)(void *arg, struct d4_slice bytes);
	void (*drained)(void *arg);
	void (*end)(void *arg, enum d4_tls_end how, const char *why);
	void (*peer_closed)(void *arg);
};

/* Whom the events go to. Copied; ev must stay. */
struct d4_tls_owner {
	const struct d4_tls_events *ev;
	void *arg;
};

/*
 * Where to: name is for SNI and the certificate; NULL with a pin only. via:
 * `at` is a SOCKS5 proxy, which connects to this target; NULL: none. Copied.
 */
struct d4_tls_to {
	const struct sockaddr_storage *at;
	const char *name;
	const struct d4_socks5_to *via;
};

/*
 * d4_tls_accept -- server side on an accepted, non-blocking fd (taken).
 * d4_tls_connect -- client side to an address. Both return at once.
 * Errors: D4_ENOMEM, D4_EIO; the fd is closed then. D4_EINVAL a client with
 *         ca but no name to check; a target that SOCKS5 cannot name.
 */
D4_USED enum d4_status d4_tls_accept(struct event_base *base,
    struct d4_tls_ctx *ctx, int fd, const struct d4_tls_owner *owner,
    struct d4_tls **out);
D4_USED enum d4_status d4_tls_connect(struct event_base *base,
    struct d4_tls_ctx *ctx, const struct d4_tls_to *to,
    const struct d4_tls_owner *owner, struct d4_tls **out);

/* A connected socket, and the name as in struct d4_tls_to. */
struct d4_tls_fd {
	int fd;
	const char *name;
};

/*
 * d4_tls_client -- client side on a socket that another process connected
 * (taken). Errors: as d4_tls_connect; the fd is closed then.
 */
D4_USED enum d4_status d4_tls_client(struct event_base *base,
    struct d4_tls_ctx *ctx, const struct d4_tls_fd *on,
    const struct d4_tls_owner *owner, struct d4_tls **out);

/*
 * d4_tls_keepalive -- TCP asks an idle peer after idle_s whether it is there,
 * and gives up after three times that; 0: never. The system's values hold
 * (about two hours) until it is called.
 */
void d4_tls_keepalive(struct d4_tls *t, unsigned idle_s);

/* d4_tls_free -- closes at once without close_notify; legal any time. */
void d4_tls_free(struct d4_tls *t);

/*
 * d4_tls_abort -- frees it so that nothing follows, not even what the kernel
 * holds and has not sent (SO_LINGER 0: the peer sees a reset).
 */
void d4_tls_abort(struct d4_tls *t);

/*
 * d4_tls_write -- queues bytes. One call = one SSL_write: up to 16,384 bytes
 * become exactly one TLS record (rule R4); more are cut at 16,384. The
 * socket is written once per loop turn (several records, one system call).
 * Errors: D4_ETOOBIG D4_TLS_QUEUE bytes or more are queued: wait for
 *         `drained`; or more than D4_TLS_WRITE bytes at once.
 *         D4_ECLOSED not open (yet, or any more).  D4_ENOMEM.
 */
D4_USED enum d4_status d4_tls_write(struct d4_tls *t, struct d4_slice bytes);

/* d4_tls_queued -- bytes not yet handed to the kernel. */
size_t d4_tls_queued(const struct d4_tls *t);

/*
 * d4_tls_unacked -- queued bytes plus what TCP has not acknowledged
 * (SIOCOUTQ), in TLS record bytes.
 */
size_t d4_tls_unacked(const struct d4_tls *t);

/*
 * d4_tls_wire_total / d4_tls_wire_acked -- TLS bytes given to the kernel and
 * of those acknowledged by the peer's TCP, since the connection began.
 */
uint64_t d4_tls_wire_total(const struct d4_tls *t);
uint64_t d4_tls_wire_acked(const struct d4_tls *t);

/*
 * d4_tls_wire_end -- where on the wire the last d4_tls_write ends, whether
 * or not the kernel has it yet: what wire_acked must reach for it.
 */
uint64_t d4_tls_wire_end(const struct d4_tls *t);

/* d4_tls_read_pause -- stop or resume reading (back-pressure). */
void d4_tls_read_pause(struct d4_tls *t, bool paused);

/*
 * d4_tls_close -- sends what is queued, then close_notify; `end` comes with
 * CLEAN when the peer's close_notify answered it (or was told before by
 * peer_closed), with CROSSED when theirs was read before the peer's TCP had
 * ours, or with what else happened. Reading goes on. The owner sets its own
 * time limit.
 */
void d4_tls_close(struct d4_tls *t);

/* d4_tls_peer_closed -- the peer's close_notify has been read. */
bool d4_tls_peer_closed(const struct d4_tls *t);

/* d4_tls_peer_text -- "address:port" or "[address]:port" with NUL. */
void d4_tls_peer_text(const struct d4_tls *t, char *out, size_t n);

#endif
