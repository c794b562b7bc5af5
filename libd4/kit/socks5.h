/*
 * SOCKS5, the client's half of the handshake: bytes in, bytes out, no socket.
 * The proxy looks names up (with Tor nothing else may). The owner of a
 * connected, non-blocking socket runs it like this, then uses the socket as
 * if it led to the target itself:
 *
 *	st = d4_socks5_init(&s, &to, &why);
 *	while (st == D4_OK && !d4_socks5_done(&s)) {
 *		out = d4_socks5_out(&s);
 *		if (out.n != 0)      -> send; d4_socks5_sent(&s, sent)
 *		else                 -> read up to d4_socks5_want(&s) bytes;
 *		                        st = d4_socks5_take(&s, bytes, &why)
 *	}
 *	d4_socks5_fini(&s);
 *
 * Never read more than d4_socks5_want says: what follows is the target's.
 * Source: RFC 1928; RFC 1929 for user and password.
 */
#ifndef KIT_SOCKS5_H
#define KIT_SOCKS5_H

#include "libd4/slice.h"

#define D4_SOCKS5_TEXT 255u /* bytes of a host, user or password */
#define D4_SOCKS5_OUT  (3u + 2 * D4_SOCKS5_TEXT)
#define D4_SOCKS5_IN   (D4_SOCKS5_TEXT + 2u)

/*
 * struct d4_socks5_to -- where the proxy shall connect to. Borrowed by init.
 * Shape:  host: a name, or an IPv4 or IPv6 literal (no brackets). user,
 *         password: both or neither (NULL). Tor takes any pair, and gives
 *         each its own circuit.
 */
struct d4_socks5_to {
	const char *host;
	uint16_t port;
	const char *user, *password;
};

enum d4_socks5_state {
	D4_SOCKS5_METHOD,  /* what ways of logging in the proxy takes */
	D4_SOCKS5_LOGIN,   /* its answer to user and password */
	D4_SOCKS5_REPLY,   /* version, reply, reserved, address type */
	D4_SOCKS5_LENGTH,  /* of the name that it is bound to */
	D4_SOCKS5_ADDRESS, /* that address or name, and the port; ignored */
	D4_SOCKS5_OPEN,
	D4_SOCKS5_FAILED,
};

/* struct d4_socks5 -- for one connection; its members are socks5.c's own. */
struct d4_socks5 {
	enum d4_socks5_state state;
	size_t out_n, out_at; /* to send, sent */
	size_t in_n, want;    /* of an answer: read, awaited in all */
	size_t login_n, request_n;
	uint8_t out[D4_SOCKS5_OUT];
	uint8_t in[D4_SOCKS5_IN];
	uint8_t login[D4_SOCKS5_OUT]; /* kept until they are asked for */
	uint8_t request[D4_SOCKS5_TEXT + 7];
};

/*
 * d4_socks5_init -- the first bytes wait in d4_socks5_out then.
 * Errors: D4_EINVAL with *why (static): no host, too long, port 0, a user
 *         without password.
 */
D4_USED enum d4_status d4_socks5_init(
    struct d4_socks5 *s, const struct d4_socks5_to *to, const char **why);

/* d4_socks5_fini -- wipes user and password. */
void d4_socks5_fini(struct d4_socks5 *s);

/* d4_socks5_out -- bytes to send before anything is read; borrowed. */
struct d4_slice d4_socks5_out(const struct d4_socks5 *s);

/* d4_socks5_sent -- n of them (at most all) have been sent. */
void d4_socks5_sent(struct d4_socks5 *s, size_t n);

/* d4_socks5_want -- how many bytes may be read now; 0: send, or done. */
size_t d4_socks5_want(const struct d4_socks5 *s);

/*
 * d4_socks5_take -- what was read, 1 to d4_socks5_want bytes.
 * Errors: with *why (static), final: D4_EAUTH the proxy wants another way of
 *         logging in, or does not take user and password.  D4_EDENIED its
 *         rules forbid the target.  D4_EIO it cannot reach the target.
 *         D4_ENOENT it does not find the target's name (Tor: as other
 *         failures).  D4_ENOTSUP.  D4_EMALFORMED this is not SOCKS5.
 */
D4_USED enum d4_status d4_socks5_take(
    struct d4_socks5 *s, struct d4_slice bytes, const char **why);

/* d4_socks5_done -- the socket leads to the target now. */
bool d4_socks5_done(const struct d4_socks5 *s);

#endif
