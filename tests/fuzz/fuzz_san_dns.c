/*
 * DNS messages. First byte: which record types are released. What must hold:
 * what is written fits, is understood again, holds no address of the scope, in
 * data or as a reverse name, and stays as it is, unless the name of a
 * replacement reads as one of the scope from the other end.
 */
#include <stdlib.h>
#include <string.h>
#include "fuzz_san.h"
#include "sanitizers/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const fuzz_params[] = {
    "{}",
    "{rrtypes: [A, AAAA, TXT, DS, DNSKEY, SVCB, HTTPS, CAA, SOA, PTR]}",
    "{deny_suffix: [vendors.org], allow_suffix: [org, arpa]}",
};

#define FUZZ_PARAMS (sizeof(fuzz_params) / sizeof(fuzz_params[0]))

/* arg: addresses of the scope are not expected (NULL: they are). */
static enum d4_reason
fuzz_map(void *arg, struct d4_addr *a)
{
	const struct d4_prefix_set *scope = fuzz_network(NULL, "");

	if (d4_prefix_set_find(scope, a) == NULL)
		return D4_R_NONE;
	HOLDS(arg == NULL);
	/* Into networks whose reverse zones nobody serves locally. */
	a->b[0] = a->family == 4 ? 198 : 0x26;
	a->b[1] = 18;
	return D4_R_NONE;
}

static const struct san_dns_conf *
fuzz_conf(size_t i)
{
	static struct san_dns_conf *conf[FUZZ_PARAMS];
	struct d4_diag diag = {.file = "fuzz"};
	const struct san_compile cx = {.diag = &diag};
	struct d4_yaml *y = NULL;

	if (conf[i] != NULL)
		return conf[i];
	HOLDS(d4_yaml_parse(d4_slice_str(fuzz_params[i]), &diag, &y) == D4_OK);
	HOLDS(san_dns_conf_new(&cx, y, &conf[i]) == D4_OK);
	d4_yaml_free(y);
	return conf[i];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct san_dns d;
	static uint8_t once[SAN_DNS_MAX];
	size_t n;

	if (size < 1)
		return 0;
	d.conf = fuzz_conf(data[0] % FUZZ_PARAMS);
	d.scope = fuzz_network(NULL, "");
	d.map = fuzz_map;
	d.arg = NULL;
	d.msg = d4_slice_of(data + 1, size - 1);
	if (!san_dns_rebuild(&d) || d.why != D4_R_NONE)
		return 0;
	n = d.n;
	HOLDS(n <= SAN_DNS_MAX);
	memcpy(once, d.out, n);
	d.msg = d4_slice_of(once, n);
	d.arg = once;
	HOLDS(san_dns_rebuild(&d));
	if (d.why == D4_R_PDNS_REVERSE)
		return 0;
	HOLDS(d.why == D4_R_NONE);
	HOLDS(d4_slice_eq(d4_slice_of(d.out, d.n), d.msg));
	return 0;
}
