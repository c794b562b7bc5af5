/* Certificates made at run time, for tests of TLS. */
#ifndef TESTS_PKI_H
#define TESTS_PKI_H

#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

struct pki {
	char *cert; /* PEM text */
	char *key;
	char pin[96];
};

static char *
pki_text(BIO *b)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);
	char *out = strndup(p, (size_t)n);

	BIO_free(b);
	return out;
}

/* A self-signed P-256 certificate for a name "DNS:x" or "IP:y". */
static inline void
pki_make(struct pki *out, const char *san)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *c = BIO_new(BIO_s_mem()), *p = BIO_new(BIO_s_mem());
	X509V3_CTX v3;
	X509_EXTENSION *e;
	unsigned char md[32];
	unsigned n = sizeof(md);

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, k);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509V3_set_ctx(&v3, x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &v3, NID_subject_alt_name, san);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	X509_sign(x, k, EVP_sha256());
	PEM_write_bio_X509(c, x);
	PEM_write_bio_PrivateKey(p, k, NULL, NULL, 0, NULL, NULL);
	X509_digest(x, EVP_sha256(), md, &n);
	for (unsigned i = 0; i < n; i++)
		(void)snprintf(out->pin + (size_t)3 * i, 96 - (size_t)3 * i,
		    "%02X%s", md[i], i + 1 < n ? ":" : "");
	out->cert = pki_text(c);
	out->key = pki_text(p);
	X509_free(x);
	EVP_PKEY_free(k);
}

static inline void
pki_fini(struct pki *p)
{
	free(p->cert);
	free(p->key);
}

#endif
