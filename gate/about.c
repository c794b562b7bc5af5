#include <stdlib.h>
#include "gate/about.h"

static const struct d4_prefix_set *
find_network(void *arg, const char *name)
{
	return pol_network(arg, name);
}

enum d4_status
about_compile(const struct pol *p, const struct pol_pipeline *pipe,
    const struct gate_about *who, struct d4_diag *diag, struct san_chain **out)
{
	struct san_env env = {find_network, (void *)(uintptr_t)p, NULL, false};
	const struct san_takes takes = {
	    .types = pipe->types,
	    .n_types = pipe->n_types,
	    .ext = pipe->meta,
	    .n_ext = pipe->n_meta,
	};
	struct san_about about;

	if (who != NULL)
		env.forgettable = who->partner->forgettable;
	if (who != NULL && who->concerns) {
		about = (struct san_about){
		    &who->partner->networks, who->partner->domains};
		env.about = &about;
	}
	return san_chain_compile(pipe->steps, &takes, &env, diag, out);
}

const struct san_chain *
about_find(const struct gate_about *list, const struct pol_share *share,
    const struct pol_partner *to)
{
	for (; list != NULL; list = list->next) {
		if (list->pipe == share->pipeline && list->partner == to &&
		    list->concerns == share->concerns)
			return list->chain;
	}
	return NULL;
}

static enum d4_status
about_add(const struct pol *p, struct gate_about **list,
    const struct gate_about *who, struct d4_diag *diag)
{
	struct gate_about *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return D4_ENOMEM;
	*a = *who;
	a->next = *list;
	*list = a;
	return about_compile(p, who->pipe, who, diag, &a->chain);
}

static enum d4_status
about_share(const struct pol *p, size_t i, struct gate_about **list,
    struct d4_diag *diag)
{
	const struct pol_share *share = pol_share_at(p, i);
	size_t n = pol_n_partners(p);
	enum d4_status st = D4_OK;

	for (size_t j = 0; st == D4_OK && j < n; j++) {
		const struct gate_about who = {.pipe = share->pipeline,
		    .partner = pol_partner_at(p, j),
		    .concerns = share->concerns};

		if ((share->concerns || who.partner->forgettable) &&
		    pol_share_to(p, i, j) &&
		    about_find(*list, share, who.partner) == NULL)
			st = about_add(p, list, &who, diag);
	}
	return st;
}

enum d4_status
about_all(const struct pol *p, struct gate_about **list, struct d4_diag *diag)
{
	enum d4_status st = D4_OK;

	for (size_t i = 0; st == D4_OK && i < pol_n_shares(p); i++)
		st = about_share(p, i, list, diag);
	return st;
}

void
about_free(struct gate_about *list)
{
	struct gate_about *a;

	while ((a = list) != NULL) {
		list = a->next;
		san_chain_free(a->chain);
		free(a);
	}
}
