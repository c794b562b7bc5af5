/*
 * Events of maltrail: byte 0 is the cut. Output has eleven fields a line and
 * no address of the scope.
 */
#include "fuzz_san.h"
#include "sanitizers/maltrail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char steps[] =
    "- maltrail: {deny_suffix: [corp]}\n"
    "- addr: {scope: x, method: pnat, others: keep, into: "
    "[198.18.0.0/16, 2001:db8:fffe::/48]}\n"
    "- time: 1h";

static void
is_events(struct d4_slice text)
{
	while (text.n != 0) {
		const uint8_t *nl = memchr(text.p, '\n', text.n);
		struct d4_slice line;
		struct san_trail t;

		HOLDS(nl != NULL);
		line = d4_slice_skip(&text, (size_t)(nl - text.p) + 1);
		while (line.n != 0 && (line.p[line.n - 1] == '\n' ||
					  line.p[line.n - 1] == '\r'))
			line.n--;
		HOLDS(san_trail_parse(line, &t));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_chain chain;
	struct d4_buf out;

	if (size < 1)
		return 0;
	if (chain.chain == NULL)
		chain = fuzz_compile_ext(steps, "maltrail");
	d4_buf_init(&out, FUZZ_OUT);
	fuzz_both(&chain, d4_slice_of(data + 1, size - 1), 1 + data[0], &out);
	is_events(d4_buf_slice(&out));
	fuzz_hidden(&out);
	d4_buf_fini(&out);
	return 0;
}
