/*
 * Text lines: byte 0 chooses the pipeline and the cut. With a scope the output
 * holds no address of it in any spelling that we know.
 */
#include "fuzz_san.h"
#include "sanitizers/find_hidden.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SCOPE, TOKENS, MASKS, PIPELINES };

static const char *const steps[PIPELINES] = {
    [SCOPE] = "- text: {suffixes: [corp.example], phone: mask}\n"
	      "- addr: {scope: x, method: pnat, others: keep, require_scope: "
	      "none, into: [198.18.0.0/16, 2001:db8:fffe::/48]}",
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
	static struct fuzz_chain chains[PIPELINES];
	struct d4_buf out;
	unsigned i;

	if (size < 1)
		return 0;
	i = data[0] % PIPELINES;
	if (chains[i].chain == NULL)
		chains[i] = fuzz_compile(steps[i], 3);
	d4_buf_init(&out, FUZZ_OUT);
	fuzz_both(&chains[i], d4_slice_of(data + 1, size - 1),
	    1 + data[0] / PIPELINES, &out);
	if (i == SCOPE) {
		const struct d4_prefix_set *x = fuzz_network(NULL, "x");

		HOLDS(!san_find_scope(d4_buf_slice(&out), x));
		HOLDS(!san_hidden_scope(d4_buf_slice(&out), x));
	}
	d4_buf_fini(&out);
	return 0;
}
