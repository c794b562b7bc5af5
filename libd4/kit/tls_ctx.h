/* A TLS context: certificate, key, whom to trust; shared by connections. */
#ifndef KIT_TLS_CTX_H
#define KIT_TLS_CTX_H

#include "libd4/kit/tls.h"
#include "libd4/kit/tls_wire.h"

/* Plaintext bytes given to read() at once: a window, and records behind it. */
#define TLS_PLAIN (TLS_WINDOW + (32u << 10))

/*
 * struct d4_tls_ctx -- counted: the owner and each connection hold one.
 * Shape:  plain and cipher are lent to the connection whose wake-up it is.
 *         by_name: the peer's certificate must carry the name asked for.
 */
struct d4_tls_ctx {
	unsigned refs;
	bool server;
	bool by_name;
	bool pinned;
	uint8_t pin[D4_PIN_LEN];
	SSL_CTX *ssl;
	BIO_METHOD *method;
	uint8_t *plain;
	uint8_t *cipher;
};

struct d4_tls_ctx *tls_ctx_ref(struct d4_tls_ctx *ctx);

#endif
