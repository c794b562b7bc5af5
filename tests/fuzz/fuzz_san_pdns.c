/*
 * Passive DNS: byte 0 chooses the pipeline and the cut. Output has nine
 * fields in valid UTF-8, goes through again and stays what it is, and holds
 * no address of the scope. A threshold's window goes on over a restart.
 */
#include "fuzz_san.h"
#include "sanitizers/pdns_window.h"
#include "sanitizers/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PLAIN, FILTERS, SCOPE, MAPPED, DISTINCT, WINDOW, PIPELINES };

static const char *const steps[WINDOW] = {
    [PLAIN] = "- pdns: {}",
    [FILTERS] = "- pdns: {deny_reverse: true, trim_labels: 1, ttl: zero, "
		"allow_suffix: [org, com], min_count: 2, rrtypes: [A, AAAA, "
		"TXT, MX, PTR, CNAME]}\n- time: 1h",
    [SCOPE] = "- pdns: {scope: x, client: blank, rrtypes: [A, AAAA, TXT, "
	      "CNAME, NS]}",
    [MAPPED] = "- pdns: {client: addr, server: addr}\n"
	       "- addr: {scope: x, method: pnat, others: keep, into: "
	       "[198.18.0.0/16, 2001:db8:fffe::/48]}",
    [DISTINCT] = "- pdns: {min_distinct: 2, window: 1h, window_memory: "
		 "64KiB}",
};

static bool
is_bars(const uint8_t *p, const uint8_t *end)
{
	return end - p >= 2 && p[0] == '|' && p[1] == '|';
}

static void
nine_fields(struct d4_slice text)
{
	HOLDS(text.n == 0 || san_utf8_ok(text));
	while (text.n != 0) {
		const uint8_t *nl = memchr(text.p, '\n', text.n), *p = text.p;
		unsigned fields = 1;

		HOLDS(nl != NULL);
		while (p < nl) {
			bool bars = is_bars(p, nl);

			fields += bars;
			p += bars ? 2 : 1;
		}
		HOLDS(fields == 9);
		(void)d4_slice_skip(&text, (size_t)(nl - text.p) + 1);
	}
}

/* The input as a saved window: refused, or loaded and saved as it was. */
static void
saved(struct d4_slice in)
{
	const struct san_window_conf conf = {
	    .k = 2, .span_s = 60, .bytes = 4096, .check = 1};
	struct san_window *w;
	struct d4_buf out;

	HOLDS(san_window_new(&conf, &w) == D4_OK);
	d4_buf_init(&out, 1 << 20);
	if (san_window_load(w, in) == D4_OK) {
		uint64_t key[2] = {1, 1};

		HOLDS(san_window_save(w, &out) == D4_OK);
		HOLDS(out.n == in.n);
		(void)san_window_seen(w, key, 1, 100);
	}
	d4_buf_fini(&out);
	san_window_free(w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fuzz_chain *c;
	struct d4_buf out;
	unsigned i;

	if (size < 1)
		return 0;
	i = data[0] % PIPELINES;
	if (i == WINDOW) {
		saved(d4_slice_of(data + 1, size - 1));
		return 0;
	}
	d4_buf_init(&out, FUZZ_OUT);
	c = fuzz_chosen(steps, PIPELINES, 8, d4_slice_of(data, size), &out);
	nine_fields(d4_buf_slice(&out));
	if (i == SCOPE || i == MAPPED)
		HOLDS(!san_find_scope(
		    d4_buf_slice(&out), fuzz_network(NULL, "x")));
	if (i == PLAIN || i == FILTERS || i == SCOPE)
		fuzz_again(c, &out);
	d4_buf_fini(&out);
	return 0;
}
