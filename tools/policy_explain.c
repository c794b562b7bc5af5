#include <stdio.h>
#include <stdlib.h>
#include "tools/policy_tool.h"

static json_t *
text_or_null(const char *text)
{
	return text == NULL ? json_null() : json_string(text);
}

static json_t *
trace_json(const struct pol_verdict *v)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < v->n_trace; i++)
		(void)json_array_append_new(a, json_string(v->trace[i]));
	return a;
}

/* Until when nothing leaves under the rule, or null. */
static json_t *
embargo_json(const struct pol_share *share)
{
	char text[POL_TIME_TEXT];

	if (share == NULL || share->embargo_s == 0)
		return json_null();
	pol_time_text(share->embargo_s, text);
	return json_string(text);
}

static const char *
why_text(const struct pol_verdict *v)
{
	const char *text = pol_reason_text(v->rule);

	return text != NULL ? text : v->because;
}

/* Whose label it is stands only behind a source. */
static json_t *
verdict_json(const struct policy_args *a, const struct pol *p,
    const struct pol_verdict *v)
{
	const struct pol_pipeline *pipe =
	    v->share != NULL ? v->share->pipeline : NULL;
	bool known = v->source != NULL;
	json_t *o = json_object();

	(void)json_object_set_new(
	    o, "decision", json_string(v->allow ? "allow" : "deny"));
	(void)json_object_set_new(o, "rule", json_string(v->rule));
	(void)json_object_set_new(o, "partner", json_string(a->partner));
	(void)json_object_set_new(o, "source", text_or_null(v->source));
	(void)json_object_set_new(
	    o, "label", text_or_null(known ? pol_tlp_text(v->label) : NULL));
	(void)json_object_set_new(
	    o, "pap", text_or_null(known ? pol_pap_text(v->pap) : NULL));
	(void)json_object_set_new(
	    o, "mode", text_or_null(known ? v->mode : NULL));
	(void)json_object_set_new(o, "file", json_string(a->policy));
	(void)json_object_set_new(o, "line", json_integer(v->line));
	(void)json_object_set_new(o, "trace", trace_json(v));
	(void)json_object_set_new(
	    o, "share", text_or_null(v->share != NULL ? v->share->id : NULL));
	(void)json_object_set_new(
	    o, "pipeline", text_or_null(pipe != NULL ? pipe->id : NULL));
	(void)json_object_set_new(o, "class",
	    pipe != NULL ? json_sprintf("S%d", pipe->cls) : json_null());
	(void)json_object_set_new(o, "embargo", embargo_json(v->share));
	(void)json_object_set_new(o, "shadow", json_boolean(v->shadow));
	(void)json_object_set_new(o, "why", json_string(why_text(v)));
	(void)json_object_set_new(o, "policy", json_string(pol_hash(p)));
	return o;
}

static int
print_json(const struct policy_args *a, const struct pol *p,
    const struct pol_verdict *v)
{
	json_t *o = verdict_json(a, p, v);
	int rc = json_dumpf(o, stdout, JSON_COMPACT);

	json_decref(o);
	return rc == 0 && puts("") >= 0 ? EX_OK : EX_FAILED;
}

static void
print_text(const struct policy_args *a, const struct pol_verdict *v)
{
	char until[POL_TIME_TEXT];
	size_t i;

	printf("%s by %s (%s:%u)\n", v->allow ? "ALLOW" : "DENY", v->rule,
	    a->policy, v->line);
	printf("  why      %s\n", why_text(v));
	printf("  partner  %s%s\n", a->partner,
	    v->shadow ? " (shadow: nothing is sent)" : "");
	printf("  source   %s\n", v->source != NULL ? v->source : "-");
	if (v->source != NULL)
		printf("  label    tlp:%s pap:%s, %s\n", pol_tlp_text(v->label),
		    pol_pap_text(v->pap), v->mode);
	if (v->share != NULL)
		printf("  pipeline %s, class S%d\n", v->share->pipeline->id,
		    v->share->pipeline->cls);
	if (v->share != NULL && v->share->embargo_s != 0) {
		pol_time_text(v->share->embargo_s, until);
		printf("  embargo  nothing leaves before %s\n", until);
	}
	printf("  steps   ");
	for (i = 0; i < v->n_trace; i++)
		printf("%s%s", i ? " > " : " ", v->trace[i]);
	printf("\n");
}

int
policy_explain(const struct policy_args *a)
{
	const struct policy_question q = {.partner = a->partner,
	    .source = a->source,
	    .sensor = a->sensor,
	    .queue = a->queue,
	    .type = a->type,
	    .meta = a->meta,
	    .at = a->at};
	struct d4_diag why = {.file = "d4-policy"};
	struct gate *g = policy_load(a->policy);
	struct pol_verdict v;
	struct pol_ask ask;
	struct d4_buf meta;
	int rc = EX_FAILED;

	if (g == NULL)
		return EX_FAILED;
	d4_buf_init(&meta, (size_t)2 * D4_META_MAX);
	if (policy_ask(gate_policy(g), &q, &meta, &ask, &why) != D4_OK) {
		policy_complain(&why);
	} else {
		pol_decide(gate_policy(g), &ask, &v);
		rc = EX_OK;
		if (a->json)
			rc = print_json(a, gate_policy(g), &v);
		else
			print_text(a, &v);
	}
	d4_buf_fini(&meta);
	gate_free(g);
	return rc;
}
