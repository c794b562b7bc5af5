#include "sanitizers/pdns_deny.h"

/* Names for private use (sanitizers.md section 8; RFC 6761, RFC 9476). */
static const char *const deny_names[] = {"test", "example", "invalid",
    "localhost", "local", "onion", "alt", "internal", "home.arpa", "lan",
    "home", "corp", "mail", "intranet", "private", "domain", "localdomain"};

/*
 * Locally served reverse zones: RFC 6303 section 4 and RFC 7793; those of
 * 172.16/12 and 100.64/10 are made by count.
 */
static const char *const deny_zones[] = {"10.in-addr.arpa",
    "168.192.in-addr.arpa", "0.in-addr.arpa", "127.in-addr.arpa",
    "254.169.in-addr.arpa", "2.0.192.in-addr.arpa", "100.51.198.in-addr.arpa",
    "113.0.203.in-addr.arpa", "255.255.255.255.in-addr.arpa", "d.f.ip6.arpa",
    "8.e.f.ip6.arpa", "9.e.f.ip6.arpa", "a.e.f.ip6.arpa", "b.e.f.ip6.arpa",
    "8.b.d.0.1.0.0.2.ip6.arpa",
    "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa"};

/* Zones "N.NET.in-addr.arpa" for N from first to last. */
static const struct {
	unsigned first, last;
	const char *net;
} deny_ranges[] = {{16, 31, "172"}, {64, 127, "100"}};

#define COUNT(t) (sizeof(t) / sizeof((t)[0]))

static enum d4_status
deny_add_list(struct san_suffixes *s, const char *const *list, size_t n)
{
	enum d4_status st = D4_OK;

	for (size_t i = 0; st == D4_OK && i < n; i++)
		st = san_suffixes_add(s, d4_slice_str(list[i]));
	return st;
}

static enum d4_status
deny_add_range(struct san_suffixes *s, size_t row)
{
	enum d4_status st = D4_OK;
	struct d4_buf zone;

	d4_buf_init(&zone, 64);
	for (unsigned n = deny_ranges[row].first;
	     st == D4_OK && n <= deny_ranges[row].last; n++) {
		zone.n = 0;
		st = d4_buf_addf(
		    &zone, "%u.%s.in-addr.arpa", n, deny_ranges[row].net);
		if (st == D4_OK)
			st = san_suffixes_add(s, d4_buf_slice(&zone));
	}
	d4_buf_fini(&zone);
	return st;
}

enum d4_status
san_pdns_deny_default(struct san_suffixes *s)
{
	enum d4_status st = deny_add_list(s, deny_names, COUNT(deny_names));

	if (st == D4_OK)
		st = deny_add_list(s, deny_zones, COUNT(deny_zones));
	for (size_t i = 0; st == D4_OK && i < COUNT(deny_ranges); i++)
		st = deny_add_range(s, i);
	return st;
}
