#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include "hub/pki.h"
#include "libd4/kit/file.h"

#define SERIAL_BYTES 16
#define CLOCK_SLACK  3600 /* s: a sensor's clock may be behind */

static bool
set_serial(X509 *x)
{
	uint8_t raw[SERIAL_BYTES];
	BIGNUM *n = NULL;
	bool ok;

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return false;
	raw[0] &= 0x7f;
	n = BN_bin2bn(raw, sizeof(raw), NULL);
	ok = n != NULL &&
	     BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return ok;
}

static bool
add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = e != NULL && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

/* Everything but issuer, extensions and signature. */
static bool
fill(struct pki_pair *p, const char *name)
{
	const unsigned char *cn = (const unsigned char *)name;

	p->key = EVP_EC_gen("P-256");
	p->cert = X509_new();
	return p->key != NULL && p->cert != NULL &&
	       X509_set_version(p->cert, 2) == 1 && set_serial(p->cert) &&
	       X509_gmtime_adj(X509_getm_notBefore(p->cert), -CLOCK_SLACK) !=
	           NULL &&
	       X509_time_adj_ex(
		   X509_getm_notAfter(p->cert), PKI_DAYS, 0, NULL) != NULL &&
	       X509_set_pubkey(p->cert, p->key) == 1 &&
	       X509_NAME_add_entry_by_txt(X509_get_subject_name(p->cert), "CN",
		   MBSTRING_UTF8, cn, -1, -1, 0) == 1;
}

enum d4_status
pki_ca(const char *name, struct pki_pair *out)
{
	struct pki_pair p = {NULL, NULL};
	bool ok =
	    fill(&p, name) &&
	    X509_set_issuer_name(p.cert, X509_get_subject_name(p.cert)) == 1 &&
	    add_ext(p.cert, p.cert, NID_basic_constraints,
		"critical,CA:TRUE,pathlen:0") &&
	    add_ext(p.cert, p.cert, NID_key_usage,
		"critical,keyCertSign,cRLSign") &&
	    add_ext(p.cert, p.cert, NID_subject_key_identifier, "hash") &&
	    X509_sign(p.cert, p.key, EVP_sha256()) != 0;

	if (!ok) {
		pki_pair_fini(&p);
		return D4_ECRYPTO;
	}
	*out = p;
	return D4_OK;
}

/* What a server's certificate says beside its names. */
static bool
seal_server(X509 *x, const struct pki_pair *ca)
{
	return add_ext(
		   x, ca->cert, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_ext(
		   x, ca->cert, NID_key_usage, "critical,digitalSignature") &&
	       add_ext(x, ca->cert, NID_ext_key_usage, "serverAuth") &&
	       add_ext(x, ca->cert, NID_subject_key_identifier, "hash") &&
	       add_ext(x, ca->cert, NID_authority_key_identifier, "keyid") &&
	       X509_sign(x, ca->key, EVP_sha256()) != 0;
}

enum d4_status
pki_server(const struct pki_pair *ca, const char *name, const char *sans,
    struct pki_pair *out)
{
	struct pki_pair p = {NULL, NULL};
	enum d4_status st = D4_ECRYPTO;
	bool made = fill(&p, name) && X509_set_issuer_name(p.cert,
					  X509_get_subject_name(ca->cert)) == 1;

	if (made && !add_ext(p.cert, ca->cert, NID_subject_alt_name, sans))
		st = D4_EINVAL;
	else if (made && seal_server(p.cert, ca))
		st = D4_OK;
	if (st != D4_OK) {
		pki_pair_fini(&p);
		ERR_clear_error();
		return st;
	}
	*out = p;
	return D4_OK;
}

void
pki_pair_fini(struct pki_pair *p)
{
	X509_free(p->cert);
	EVP_PKEY_free(p->key);
	*p = (struct pki_pair){NULL, NULL};
}

static enum d4_status
write_bio(BIO *b, const char *path, unsigned mode)
{
	char *text;
	long n = BIO_get_mem_data(b, &text);

	return n > 0 ? d4_file_replace(path, d4_slice_of(text, (size_t)n), mode)
	             : D4_ECRYPTO;
}

enum d4_status
pki_write(const struct pki_pair *p, const char *cert, const char *key)
{
	BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_secmem());
	enum d4_status st = D4_ECRYPTO;

	if (c != NULL && k != NULL && PEM_write_bio_X509(c, p->cert) == 1 &&
	    PEM_write_bio_PKCS8PrivateKey(
		k, p->key, NULL, NULL, 0, NULL, NULL) == 1)
		st = write_bio(k, key, 0600);
	if (st == D4_OK)
		st = write_bio(c, cert, 0644);
	BIO_free(c);
	BIO_free(k);
	return st;
}
