#include <string.h>
#include "sanitizers/pdns.h"

/*
 * The types that we can read well enough to release. What names or addresses
 * an answer holds is known for all but PDNS_TEXT, which is never a default.
 */
static const struct san_pdns_rrtype rrtypes[] = {
    {"A", PDNS_IP4, true},
    {"AAAA", PDNS_IP6, true},
    {"CNAME", PDNS_NAME, true},
    {"NS", PDNS_NAME, true},
    {"MX", PDNS_WORDS, true},
    {"SOA", PDNS_WORDS, true},
    {"SRV", PDNS_WORDS, true},
    {"PTR", PDNS_NAME, true},
    {"DNAME", PDNS_NAME, true},
    {"CAA", PDNS_TEXT, true},
    {"TXT", PDNS_TEXT, false},
    {"SPF", PDNS_TEXT, false},
    {"HTTPS", PDNS_TEXT, false},
    {"SVCB", PDNS_TEXT, false},
    {"NAPTR", PDNS_TEXT, false},
    {"HINFO", PDNS_TEXT, false},
    {"LOC", PDNS_TEXT, false},
    {"RP", PDNS_WORDS, false},
    {"AFSDB", PDNS_WORDS, false},
    {"KX", PDNS_WORDS, false},
    {"DS", PDNS_TEXT, false},
    {"DNSKEY", PDNS_TEXT, false},
    {"CDS", PDNS_TEXT, false},
    {"CDNSKEY", PDNS_TEXT, false},
    {"RRSIG", PDNS_TEXT, false},
    {"NSEC", PDNS_TEXT, false},
    {"NSEC3", PDNS_TEXT, false},
    {"NSEC3PARAM", PDNS_TEXT, false},
    {"TLSA", PDNS_TEXT, false},
    {"SMIMEA", PDNS_TEXT, false},
    {"SSHFP", PDNS_TEXT, false},
    {"OPENPGPKEY", PDNS_TEXT, false},
    {"CERT", PDNS_TEXT, false},
    {"URI", PDNS_TEXT, false},
};

#define RRTYPES (sizeof(rrtypes) / sizeof(rrtypes[0]))
_Static_assert(RRTYPES <= 64, "one bit each");

const struct san_pdns_rrtype *
san_pdns_rrtype_at(unsigned i)
{
	return i < RRTYPES ? &rrtypes[i] : NULL;
}

int
san_pdns_rrtype_find(struct d4_slice name)
{
	for (unsigned i = 0; i < RRTYPES; i++) {
		const char *row = rrtypes[i].name;

		if (name.n != 0 && (uint8_t)row[0] == name.p[0] &&
		    d4_slice_eqs(name, row))
			return (int)i;
	}
	return -1;
}
