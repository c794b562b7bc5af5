/* A small certificate authority, once: for d4-hub init. */
#ifndef HUB_PKI_H
#define HUB_PKI_H

#include <openssl/x509.h>
#include "libd4/slice.h"

#define PKI_DAYS 3650 /* that certificates are valid; sensors pin them */

struct pki_pair {
	X509 *cert;
	EVP_PKEY *key;
};

/* pki_ca -- a new P-256 CA. Errors: D4_ECRYPTO. */
D4_USED enum d4_status pki_ca(const char *name, struct pki_pair *out);

/*
 * pki_server -- a server certificate by the CA. sans: "DNS:a,IP:b".
 * Errors: D4_ECRYPTO; D4_EINVAL the names.
 */
D4_USED enum d4_status pki_server(const struct pki_pair *ca, const char *name,
    const char *sans, struct pki_pair *out);

void pki_pair_fini(struct pki_pair *p);

/* pki_write -- PEM files; the key 0600. Errors: D4_EIO, D4_ENOSPC. */
D4_USED enum d4_status pki_write(
    const struct pki_pair *p, const char *cert, const char *key);

#endif
