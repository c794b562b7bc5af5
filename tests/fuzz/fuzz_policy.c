/*
 * Any bytes as a policy file. Shape of an input: the policy, then, behind a
 * byte 0xff, a meta header. What is valid is asked for every partner and
 * sensor, and owes: no release without a share rule, a named rule always, the
 * same canonical form and hash twice, an outgoing header that can be read.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include "policies/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_out(
    const struct pol *p, const struct pol_ask *ask, const struct pol_verdict *v)
{
	struct d4_meta m;
	struct d4_buf out;

	d4_buf_init(&out, (size_t)4 * D4_META_MAX);
	if (pol_out_meta(p, ask, v, &ask->sensor, &out) == D4_OK &&
	    out.n <= D4_META_MAX) {
		/* A path of 16 hubs and ours is more than a reader takes. */
		enum d4_status st = d4_meta_parse(d4_buf_slice(&out), &m);

		assert(st == D4_OK || st == D4_ETOOBIG);
		if (st == D4_OK)
			d4_meta_fini(&m);
	}
	d4_buf_fini(&out);
}

static void
check_verdict(const struct pol *p, const struct pol_ask *ask)
{
	struct pol_verdict v;

	pol_decide(p, ask, &v);
	assert(v.rule[0] != '\0' && v.n_trace > 0 && v.n_trace < POL_TRACE);
	if (!v.allow)
		return;
	assert(v.share != NULL && strcmp(v.share->id, v.rule) == 0);
	assert(v.source != NULL && v.share->pipeline->cls >= 0);
	assert(v.label != POL_RED ||
	       pol_partner_find(p, v.partner)->kind == POL_OWN);
	check_out(p, ask, &v);
}

static void
ask_all(const struct pol *p, struct d4_slice meta)
{
	struct pol_ask ask = {.now_s = 1749988800};
	struct pol_source_view s;
	size_t i, k;

	for (i = 0; i < pol_n_sources(p) && i < 8; i++) {
		s = pol_source_at(p, i);
		ask.sensor = s.sensors[0];
		for (k = 0; k < pol_n_partners(p) && k < 8; k++) {
			ask.partner = pol_partner_at(p, k)->id;
			ask.type = 1;
			ask.meta = d4_slice_of(NULL, 0);
			check_verdict(p, &ask);
			ask.meta = meta;
			check_verdict(p, &ask);
			ask.type = 254;
			check_verdict(p, &ask);
		}
	}
}

static void
count(void *arg, const struct d4_diag *d)
{
	assert(d->what[0] != '\0' && d->remedy[0] != '\0');
	(*(unsigned *)arg)++;
}

static void
check_policy(struct pol *p, struct d4_slice meta)
{
	struct d4_diag diag = {.file = NULL};
	const struct pol_pipeline *pipe;
	unsigned warnings = 0;
	struct d4_buf a;
	size_t i;

	ask_all(p, meta); /* no class is set: nothing may leave */
	for (i = 0; i < pol_n_pipelines(p); i++) {
		pipe = pol_pipeline_at(p, i);
		if (pol_set_class(p, pipe->id, 4, &diag) != D4_OK)
			assert(diag.what[0] != '\0');
	}
	ask_all(p, meta);
	pol_warnings(p, 1749988800, count, &warnings);
	d4_buf_init(&a, 16u << 20);
	assert(pol_canonical(p, &a) == D4_OK);
	assert(strlen(pol_hash(p)) == 64);
	d4_buf_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *mark = size != 0 ? memchr(data, 0xff, size) : NULL;
	struct d4_slice rest = d4_slice_of(data, size), text = rest;
	struct d4_diag diag = {.file = "fuzz"};
	struct pol *p = NULL;

	if (mark != NULL) {
		text = d4_slice_skip(&rest, (size_t)(mark - data));
		(void)d4_slice_skip(&rest, 1);
	} else {
		rest = d4_slice_str("{\"type\":\"ja3-jl\"}");
	}
	if (pol_parse(text, NULL, &diag, &p) == D4_OK)
		check_policy(p, rest);
	else
		assert(p == NULL && diag.what[0] != '\0');
	pol_free(p);
	return 0;
}
