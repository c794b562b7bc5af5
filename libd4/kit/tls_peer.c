/* What a peer's certificate says. */
#include <string.h>
#include <openssl/x509v3.h>
#include "libd4/kit/tls_conn.h"
#include "libd4/kit/tls_peer.h"

bool
d4_tls_peer_cert(const struct d4_tls *t, struct d4_tls_cert *out)
{
	X509 *x = SSL_get0_peer_certificate(t->ssl);
	struct d4_tls_cert c = {.trusted = false};
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (x == NULL || X509_digest(x, EVP_sha256(), md, &n) != 1 ||
	    n != sizeof(c.digest))
		return false;
	memcpy(c.digest, md, sizeof(c.digest));
	c.trusted = SSL_get_verify_result(t->ssl) == X509_V_OK;
	*out = c;
	return true;
}

/* By length: a NUL inside is no end. Names are ASCII, of either case. */
static bool
text_is(const ASN1_STRING *text, const char *name)
{
	size_t n = strlen(name);

	return text != NULL && ASN1_STRING_length(text) == (int)n &&
	       OPENSSL_strncasecmp(
		   (const char *)ASN1_STRING_get0_data(text), name, n) == 0;
}

static bool
subject_is(const X509 *x, const char *name)
{
	const X509_NAME *subject = X509_get_subject_name(x);
	int at = -1;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >=
	       0) {
		const X509_NAME_ENTRY *e = X509_NAME_get_entry(subject, at);

		if (text_is(X509_NAME_ENTRY_get_data(e), name))
			return true;
	}
	return false;
}

static bool
general_is(const GENERAL_NAME *g, const char *name)
{
	int type = 0;
	const void *value = GENERAL_NAME_get0_value(g, &type);

	return (type == GEN_DNS || type == GEN_URI || type == GEN_EMAIL) &&
	       text_is(value, name);
}

bool
d4_tls_peer_named(const struct d4_tls *t, const char *name)
{
	X509 *x = SSL_get0_peer_certificate(t->ssl);
	GENERAL_NAMES *all;
	bool found;

	if (x == NULL)
		return false;
	found = subject_is(x, name);
	all = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; !found && i < sk_GENERAL_NAME_num(all); i++)
		found = general_is(sk_GENERAL_NAME_value(all, i), name);
	GENERAL_NAMES_free(all);
	return found;
}
