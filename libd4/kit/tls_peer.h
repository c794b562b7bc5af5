/* What a peer's certificate says; a connection that is open. */
#ifndef KIT_TLS_PEER_H
#define KIT_TLS_PEER_H

#include "libd4/kit/tls.h"

/*
 * struct d4_tls_cert -- a peer's certificate, whose private key it has.
 * Shape:  trusted: the chain leads to a CA of the context, at this time.
 *         digest: SHA-256 of the DER.
 */
struct d4_tls_cert {
	bool trusted;
	uint8_t digest[D4_PIN_LEN];
};

/* d4_tls_peer_cert -- false: it showed none. */
bool d4_tls_peer_cert(const struct d4_tls *t, struct d4_tls_cert *out);

/*
 * d4_tls_peer_named -- a common name of the subject, or a DNS name, URI or
 * mail address beside it, is this name, in either case; no wildcards.
 */
bool d4_tls_peer_named(const struct d4_tls *t, const char *name);

#endif
