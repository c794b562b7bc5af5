/* The audit of any bytes: what stands in both files is found in both. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include "libd4/type.h"
#include "tools/audit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
protect(struct audit *a, const char *text)
{
	struct d4_prefix_set set = {.n = 0};
	struct d4_prefix p;

	assert(d4_prefix_parse(d4_slice_str(text), &p) == D4_OK);
	assert(d4_prefix_set_add(&set, &p) == D4_OK);
	assert(audit_protect(a, &set) == D4_OK);
	d4_prefix_set_fini(&set);
}

/* The same file twice: every hit is there as often before as after. */
static void
twice(const struct d4_cutter_kind *kind, uint8_t type, struct d4_slice in)
{
	static const struct d4_tally none;
	struct audit_facts facts = {"p", "p", "h", "p", 0, &none};
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	struct audit *a;

	assert(out != NULL && audit_new(kind, type, &a) == D4_OK);
	protect(a, "10.0.0.0/8");
	protect(a, "2001:db8::/32");
	for (size_t half = in.n / 2, i = 0; i < 2; i++) {
		audit_feed(a, AUDIT_IN, d4_slice_of(in.p, half));
		audit_feed(a, AUDIT_OUT, d4_slice_of(in.p, half));
		in = d4_slice_of(in.p + half, in.n - half);
		half = in.n;
	}
	audit_end(a);
	for (size_t i = 0; i < a->book.n; i++) {
		const struct audit_hit *h = &a->book.hit[i];

		assert(h->n[AUDIT_IN] == h->n[AUDIT_OUT]);
		assert(h->at[AUDIT_IN] == h->at[AUDIT_OUT]);
	}
	(void)audit_report(a, &facts, out);
	audit_free(a);
	(void)fclose(out);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d4_slice in = d4_slice_of(data, size);

	twice(&d4_cutter_pcap, D4_TYPE_PCAP, in);
	twice(&d4_cutter_pcapng, D4_TYPE_PCAPNG, in);
	twice(&d4_cutter_ipfix, D4_TYPE_YAF, in);
	twice(&d4_cutter_lines, D4_TYPE_PDNS, in);
	twice(&d4_cutter_lines, D4_TYPE_NDJSON, in);
	return 0;
}
