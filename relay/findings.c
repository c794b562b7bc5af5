#include <stdio.h>
#include "relay/findings.h"
#include "sanitizers/mapped.h"

static void
findings_word(void *arg, const char *word)
{
	(void)json_array_append_new(arg, json_string(word));
}

/* A rule without the block says only where: its own MISP and no further. */
static struct pol_terms
findings_block(const struct decision *d)
{
	struct pol_terms t = {.object = "", .to_ids = "false"};

	if (pol_share_terms(d->share, &t) && d->no_sync)
		t.distribution = 0;
	return t;
}

json_t *
findings_terms(const char *source, const struct decision *d)
{
	struct pol_terms t = findings_block(d);
	json_t *mapped = json_array(), *steps = json_array();
	char cls[4];

	san_chain_mapped(d->chain, findings_word, mapped);
	san_chain_words(d->chain, findings_word, steps);
	(void)snprintf(cls, sizeof(cls), "S%u", san_chain_class(d->chain) % 10);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:s, s:o, s:o}",
	    "source", source, "label", d->label, "pap", d->pap, "class", cls,
	    "object", t.object, "distribution", t.distribution, "publish",
	    t.publish, "to_ids", t.to_ids, "mapped", mapped, "steps", steps);
}
