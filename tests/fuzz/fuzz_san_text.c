/*
 * Text lines: byte 0 chooses the pipeline and the cut. With a scope the output
 * holds no address of it in any spelling that we know.
 */
#include "fuzz_san.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SCOPE, EPOCH, TOKENS, MASKS, PIPELINES };

static const char *const steps[PIPELINES] = {
    [SCOPE] = "- text: {suffixes: [corp.example], phone: mask}\n"
	      "- addr: {scope: x, method: pnat, others: keep, require_scope: "
	      "none, into: [198.18.0.0/16, 2001:db8:fffe::/48]}",
    [EPOCH] = "- text: {stamp: iso8601}\n- epoch: 1h\n"
	      "- addr: {scope: x, others: keep, require_scope: none, into: "
	      "[198.18.0.0/16, 2001:db8:fffe::/48]}",
    [TOKENS] = "- text: {ip4: tok, ip6: tok, suffixes: [net], stamp: iso8601, "
	       "regex: [{match: 'id=(\\w+)', act: tok, domain: id}]}\n"
	       "- time: 1h",
    [MASKS] = "- text: {ip4: mask, ip6: mask, email: drop-line, iban: tok, "
	      "credentials: tok, stamp: rfc3164, regex: [{match: '(a|aa)+$', "
	      "act: mask}]}\n- time: 1m",
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d4_buf out;

	if (size < 1)
		return 0;
	d4_buf_init(&out, FUZZ_OUT);
	(void)fuzz_chosen(steps, PIPELINES, 3, d4_slice_of(data, size), &out);
	if (data[0] % PIPELINES <= EPOCH)
		fuzz_hidden(&out);
	d4_buf_fini(&out);
	return 0;
}
