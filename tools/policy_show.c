#include <stdio.h>
#include "sanitizers/preset.h"
#include "tools/policy_tool.h"

#define CANONICAL_MAX (64u << 20)

/* "a, b" of a JSON list of texts or numbers, "-" when it is empty. */
static void
print_list(const json_t *list)
{
	const json_t *v;
	size_t i;

	if (json_array_size(list) == 0)
		printf("-");
	json_array_foreach(list, i, v)
	{
		printf("%s", i ? ", " : "");
		if (json_is_integer(v))
			printf("%lld", (long long)json_integer_value(v));
		else
			printf("%s", json_string_value(v));
	}
}

static const char *
text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "-";
}

static void
print_member(const json_t *o, const char *key)
{
	printf("  %s ", key);
	print_list(json_object_get(o, key));
}

static void
show_sources(const json_t *root)
{
	const json_t *o;
	size_t i;

	printf("\nsources\n");
	json_array_foreach(json_object_get(root, "sources"), i, o)
	{
		printf("  %-20s ", text_of(o, "id"));
		if (json_object_get(o, "queue") != NULL)
			printf("queue %s", text_of(o, "queue"));
		else
			printf("%zu sensors",
			    json_array_size(json_object_get(o, "sensors")));
		printf("  floor %s  pap %s", text_of(o, "floor_tlp"),
		    text_of(o, "default_pap"));
		print_member(o, "types");
		print_member(o, "meta");
		print_member(o, "community");
		printf("\n");
	}
}

/* "  agreement 2026-01-01 to 2026-12-31", "-" for an open end. */
static void
print_agreement(const json_t *a)
{
	if (json_is_string(json_object_get(a, "from")) ||
	    json_is_string(json_object_get(a, "until")))
		printf("  agreement %s to %s", text_of(a, "from"),
		    text_of(a, "until"));
}

static void
show_partners(const json_t *root)
{
	const json_t *o;
	size_t i;

	printf("\npartners\n");
	json_array_foreach(json_object_get(root, "partners"), i, o)
	{
		printf("  %-20s %s  %s  at least %s  %s %s", text_of(o, "id"),
		    text_of(o, "kind"), text_of(o, "state"),
		    text_of(o, "min_class"), text_of(o, "sink"),
		    text_of(o, "profile"));
		print_member(o, "accept_pap");
		print_member(o, "groups");
		print_agreement(json_object_get(o, "agreement"));
		printf("\n");
	}
}

/* The class is computed, so it stands in no file: ask the engines. */
static void
show_steps(const struct d4_yaml *steps)
{
	const struct san_preset *p = san_preset_of(steps);

	if (p != NULL)
		printf("preset %s", p->name);
	else
		printf("%zu steps", steps->n);
}

static void
show_pipelines(const struct gate *g)
{
	const struct pol *p = gate_policy(g);
	const struct pol_pipeline *pipe;
	const struct san_chain *chain;
	size_t i, k;

	printf("\npipelines\n");
	for (i = 0; i < pol_n_pipelines(p); i++) {
		pipe = pol_pipeline_at(p, i);
		chain = gate_chain(g, pipe->id);
		printf("  %-20s class S%d  ", pipe->id, pipe->cls);
		show_steps(pipe->steps);
		printf("  takes");
		for (k = 0; k < pipe->n_types; k++)
			printf(" %u", pipe->types[k]);
		for (k = 0; k < pipe->n_meta; k++)
			printf(" %s", pipe->meta[k]);
		printf("%s  %.16s\n",
		    san_chain_needs_keys(chain) ? "  needs keys" : "",
		    san_chain_hash(chain));
	}
}

static void
show_shares(const struct pol *p, const json_t *root)
{
	const struct pol_share *s;
	const json_t *o, *relabel;
	size_t i;

	printf("\nshare, the first that matches\n");
	json_array_foreach(json_object_get(root, "share"), i, o)
	{
		s = pol_share_at(p, i);
		relabel = json_object_get(o, "relabel");
		printf("  %-20s line %u", s->id, s->at.line);
		print_member(o, "from");
		print_member(o, "to");
		printf("  by %s (S%d)", s->pipeline->id, s->pipeline->cls);
		if (json_is_object(relabel))
			printf("  relabel %s>%s until %s",
			    text_of(relabel, "from"), text_of(relabel, "to"),
			    text_of(relabel, "expires"));
		printf("  %s\n", s->because);
	}
}

static void
show_denies(const json_t *root)
{
	const json_t *o;
	size_t i;

	printf("\ndeny, any that matches\n");
	json_array_foreach(json_object_get(root, "deny"), i, o)
	{
		printf("  %-20s", text_of(o, "id"));
		print_member(o, "from");
		print_member(o, "to");
		printf("  %s\n", text_of(o, "because"));
	}
}

static void
show_text(const struct gate *g, const struct d4_buf *canonical)
{
	const struct pol *p = gate_policy(g);
	json_t *root =
	    json_loadb((const char *)canonical->p, canonical->n, 0, NULL);

	printf("hub %s, org %s, without a label %s\npolicy %s\n",
	    pol_hub(p)->id, pol_hub(p)->org,
	    text_of(json_object_get(root, "hub"), "default_tlp"), pol_hash(p));
	show_sources(root);
	show_partners(root);
	show_pipelines(g);
	show_shares(p, root);
	show_denies(root);
	json_decref(root);
}

int
policy_show(const struct policy_args *a)
{
	struct gate *g = policy_load(a->policy);
	struct d4_buf b;
	int rc = EX_FAILED;

	if (g == NULL)
		return EX_FAILED;
	d4_buf_init(&b, CANONICAL_MAX);
	if (pol_canonical(gate_policy(g), &b) == D4_OK) {
		/* No newline: SHA-256 of this output is the policy's name. */
		if (a->json)
			(void)fwrite(b.p, 1, b.n, stdout);
		else
			show_text(g, &b);
		rc = EX_OK;
	}
	d4_buf_fini(&b);
	gate_free(g);
	return rc;
}
