/*
 * JSON lines: byte 0 chooses the pipeline and the cut. Output is JSON, does
 * not change when it goes through again, and holds no address of the scope.
 */
#include "fuzz_san.h"
#include "sanitizers/json_skip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IDENTITY, ALLOW, OPS, COF, SCOPE, EPOCH, PIPELINES };

static const char *const steps[PIPELINES] = {
    [IDENTITY] = "- json: {default: keep}",
    [ALLOW] = "- json: {default: drop, rules: [{path: /a/b, op: keep}, "
	      "{path: '$..k', op: keep}, {path: '$.l[*].p', op: keep}, "
	      "{path: '/t', op: time, unit: 1h}]}",
    [OPS] =
	"- json: {default: keep, rules: [{path: /a, op: replace, value: "
	"[]}, {path: /t, op: time, unit: 1s}, {path: /s, op: trunc, n: 3}, "
	"{path: '$.l[0]', op: replace, value: 1}, {path: '$..x', op: drop}]}",
    [COF] = "{preset: cof-partner, scope: x}",
    [SCOPE] = "- json: {default: keep, rules: [{path: /ip, op: addr}, {path: "
	      "'$.l[*]', op: trunc, n: 9}, {path: /u, op: tok, domain: u}, "
	      "{path: /m, "
	      "op: redact, detect: {}}]}\n"
	      "- addr: {scope: x, method: pnat, others: keep, into: "
	      "[198.18.0.0/16, 2001:db8:fffe::/48]}",
    [EPOCH] = "- json: {stamp: /l/0, default: keep, rules: [{path: /ip, "
	      "op: addr}]}\n- epoch: 1h\n"
	      "- addr: {scope: x, others: keep, into: "
	      "[198.18.0.0/16, 2001:db8:fffe::/48]}",
};

/* Every line is one JSON value. */
static void
is_json(struct d4_slice text)
{
	struct san_json_keys keys;

	san_json_keys_init(&keys);
	while (text.n != 0) {
		const uint8_t *nl = memchr(text.p, '\n', text.n);
		struct san_json_lex lx;

		HOLDS(nl != NULL);
		HOLDS(san_json_begin(&keys,
			  d4_slice_of(text.p, (size_t)(nl - text.p)),
			  &lx) == D4_R_NONE);
		san_json_space(&lx);
		HOLDS(san_json_skip(&lx, &keys, 0) == D4_R_NONE);
		san_json_space(&lx);
		HOLDS(lx.p == lx.end);
		(void)d4_slice_skip(&text, (size_t)(nl - text.p) + 1);
	}
	san_json_keys_fini(&keys);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fuzz_chain *c;
	struct d4_buf out;

	if (size < 1)
		return 0;
	d4_buf_init(&out, FUZZ_OUT);
	c = fuzz_chosen(steps, PIPELINES, 6, d4_slice_of(data, size), &out);
	is_json(d4_buf_slice(&out));
	if (data[0] % PIPELINES >= SCOPE)
		fuzz_hidden(&out);
	else
		fuzz_again(c, &out);
	d4_buf_fini(&out);
	return 0;
}
