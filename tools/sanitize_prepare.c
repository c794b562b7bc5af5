/* d4-sanitize: which chain, for which type, with whose keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "libd4/type.h"
#include "tools/sanitize_tool.h"

#define LIST 600u /* bytes of a list in a message */

/* Whose keys are used for a pipeline that no rule sends anywhere yet. */
#define LOCAL "local"

static void
prepare_complain(const struct d4_diag *d, enum d4_status st)
{
	char text[2 * D4_DIAG_TEXT + 4096];

	if (d->what[0] == '\0') {
		sanitize_say("%s: %s", d->file, d4_status_text(st));
		return;
	}
	d4_diag_format(d, text, sizeof(text));
	(void)fprintf(stderr, "%s\n", text);
}

/* prepare_list -- adds ", word" to a list, as long as there is room. */
static void
prepare_list(char list[LIST], const char *word)
{
	size_t n = strlen(list);

	(void)snprintf(list + n, LIST - n, "%s%s", n == 0 ? "" : ", ", word);
}

static bool
prepare_pipeline(const struct sanitize_args *a, struct sanitize_job *job)
{
	const struct pol *p = gate_policy(job->gate);
	char known[LIST] = "";

	job->pipeline = pol_pipeline_find(p, a->pipeline);
	job->chain = gate_chain(job->gate, a->pipeline);
	if (job->pipeline != NULL && job->chain != NULL)
		return true;
	for (size_t i = 0; i < pol_n_pipelines(p); i++)
		prepare_list(known, pol_pipeline_at(p, i)->id);
	sanitize_say("%s has no pipeline `%s`; it has: %s", a->policy,
	    a->pipeline, known);
	return false;
}

/* prepare_takes -- what the pipeline takes, as a list. */
static void
prepare_takes(const struct pol_pipeline *p, char list[LIST])
{
	char number[8];

	list[0] = '\0';
	for (size_t i = 0; i < p->n_types; i++) {
		(void)snprintf(number, sizeof(number), "%u", p->types[i]);
		prepare_list(list, number);
	}
	for (size_t i = 0; i < p->n_meta; i++)
		prepare_list(list, p->meta[i]);
}

/* prepare_first -- the first type that the pipeline names. */
static bool
prepare_first(struct sanitize_job *job)
{
	const struct pol_pipeline *p = job->pipeline;
	bool plain = p->n_types != 0;

	job->facts.type = plain ? p->types[0] : D4_TYPE_EXTENDED;
	job->facts.ext = plain ? "" : p->meta[0];
	return true;
}

/* prepare_type -- a number, or the name of an extended type. */
static bool
prepare_type(const struct sanitize_args *a, struct sanitize_job *job)
{
	const struct pol_pipeline *p = job->pipeline;
	unsigned long type;
	char list[LIST], *end;

	if (a->type == NULL)
		return prepare_first(job);
	type = strtoul(a->type, &end, 10);
	for (size_t i = 0; *end == '\0' && i < p->n_types; i++) {
		job->facts = (struct san_facts){.type = p->types[i], .ext = ""};
		if (p->types[i] == type)
			return true;
	}
	for (size_t i = 0; i < p->n_meta; i++) {
		job->facts = (struct san_facts){
		    .type = D4_TYPE_EXTENDED, .ext = p->meta[i]};
		if (strcmp(p->meta[i], a->type) == 0)
			return true;
	}
	prepare_takes(p, list);
	sanitize_say("pipeline `%s` does not take type `%s`; it takes: %s",
	    p->id, a->type, list);
	return false;
}

/* prepare_reached -- some share rule sends the pipeline to partner j. */
static bool
prepare_reached(const struct sanitize_job *job, size_t j)
{
	const struct pol *p = gate_policy(job->gate);

	for (size_t i = 0; i < pol_n_shares(p); i++) {
		if (pol_share_at(p, i)->pipeline == job->pipeline &&
		    pol_share_to(p, i, j))
			return true;
	}
	return false;
}

/* prepare_sends -- share rule i reaches the partner with that id. */
static bool
prepare_sends(const struct sanitize_job *job, size_t i, const char *partner)
{
	const struct pol *p = gate_policy(job->gate);

	for (size_t j = 0; j < pol_n_partners(p); j++) {
		if (strcmp(pol_partner_at(p, j)->id, partner) == 0)
			return pol_share_to(p, i, j);
	}
	return false;
}

/*
 * prepare_partner -- whose keys: as written, or the only partner that would
 * receive it; NULL when there are several. Pseudonyms differ by partner, so
 * a guess would be one that nobody can join with what was sent.
 */
static const char *
prepare_partner(const struct sanitize_args *a, const struct sanitize_job *job)
{
	const struct pol *p = gate_policy(job->gate);
	const char *only = NULL;
	char list[LIST] = "";
	size_t n = 0;

	if (a->partner != NULL) {
		if (strcmp(a->partner, LOCAL) == 0 ||
		    pol_partner_find(p, a->partner) != NULL)
			return a->partner;
		sanitize_say("%s has no partner `%s`", a->policy, a->partner);
		return NULL;
	}
	for (size_t j = 0; j < pol_n_partners(p); j++) {
		if (!prepare_reached(job, j))
			continue;
		only = pol_partner_at(p, j)->id;
		prepare_list(list, only);
		n++;
	}
	if (n <= 1)
		return n == 1 ? only : LOCAL;
	sanitize_say("pipeline `%s` goes to several partners, and each has "
		     "keys of its own; write --partner with one of: %s",
	    job->pipeline->id, list);
	return NULL;
}

/*
 * prepare_chain -- as the relay would send it: when all rules from the
 * pipeline to the partner have `concerns`, behind that filter.
 */
static const struct san_chain *
prepare_chain(const struct sanitize_job *job, const char *partner)
{
	const struct pol *p = gate_policy(job->gate);
	const struct san_chain *chain = job->chain;

	for (size_t i = 0; i < pol_n_shares(p); i++) {
		const struct pol_share *share = pol_share_at(p, i);
		const struct san_chain *to;

		if (share->pipeline != job->pipeline ||
		    !prepare_sends(job, i, partner))
			continue;
		to = gate_chain_to(job->gate, share, partner);
		if (!share->concerns)
			return to;
		chain = to;
	}
	return chain;
}

static bool
prepare_keys(const struct sanitize_args *a, struct sanitize_job *job)
{
	struct d4_diag diag = {.file = a->policy};
	const char *partner = prepare_partner(a, job);
	enum d4_status st;

	if (partner == NULL)
		return false;
	job->partner = partner;
	job->chain = prepare_chain(job, partner);
	if (!san_chain_needs_keys(job->chain))
		return true;
	st = gate_keys_load(job->gate, &diag);
	if (st != D4_OK) {
		prepare_complain(&diag, st);
		return false;
	}
	job->keys = gate_keys(job->gate, partner);
	if (job->keys == NULL)
		sanitize_say("the keys of `%s` cannot be derived", partner);
	return job->keys != NULL;
}

int
sanitize_prepare(const struct sanitize_args *a, struct sanitize_job *job)
{
	struct d4_diag diag = {.file = a->policy};
	enum d4_status st;

	*job = (struct sanitize_job){.gate = NULL};
	st = gate_load(a->policy, &diag, &job->gate);
	if (st != D4_OK) {
		prepare_complain(&diag, st);
		return 1;
	}
	if (!prepare_pipeline(a, job))
		return 1;
	if (!prepare_type(a, job))
		return a->type == NULL ? EX_USAGE : 1;
	return prepare_keys(a, job) ? 0 : 1;
}

void
sanitize_release(struct sanitize_job *job)
{
	gate_free(job->gate);
}
