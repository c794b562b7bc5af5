#include <string.h>
#include "policies/pol.h"

/*
 * Two share rules overlap when one stream could match both for one partner.
 * What is not provably apart overlaps: a source, sensor, type and org that
 * both take, and no tag that one demands and the other refuses.
 */

/* Both lists written and nothing in common. */
static bool
uuids_apart(const struct pol_uuids *a, const struct pol_uuids *b)
{
	return a->n != 0 && b->n != 0 && !pol_uuids_meet(a, b);
}

/* Every tag of `any`, or one of `all`, is refused by `none`, word by word. */
static bool
refuses(const struct d4_yaml *none, const struct pol_tag_lists *wanted)
{
	size_t i;

	if (none == NULL)
		return false;
	if (pol_lists_meet(wanted->all, none))
		return true;
	if (wanted->any == NULL)
		return false;
	for (i = 0; i < wanted->any->n; i++)
		if (!pol_list_has(none, wanted->any->item[i]->text))
			return false;
	return true;
}

static bool
tags_apart(const struct pol_tag_lists *a, const struct pol_tag_lists *b)
{
	return refuses(a->none, b) || refuses(b->none, a);
}

static bool
takes(const struct d4_yaml *from, const char *source)
{
	return pol_list_has(from, source) || pol_list_has(from, "*");
}

/* A type that the source sends and both rules take. */
static bool
types_meet_in(const struct pol_source *s, const struct pol_types *a,
    const struct pol_types *b)
{
	size_t i;

	if ((s->types.plain & a->plain & b->plain) != 0)
		return true;
	for (i = 0; s->types.meta != NULL && i < s->types.meta->n; i++)
		if (pol_list_has(a->meta, s->types.meta->item[i]->text) &&
		    pol_list_has(b->meta, s->types.meta->item[i]->text))
			return true;
	return false;
}

/* The source for which both rules could speak, or NULL. */
static const struct pol_source *
common_source(
    const struct pol *p, const struct pol_cond *a, const struct pol_cond *b)
{
	const struct pol_source *s;
	size_t i;

	for (i = 0; i < p->n_sources; i++) {
		s = &p->sources[i];
		if (takes(a->from, s->id) && takes(b->from, s->id) &&
		    types_meet_in(s, &a->types, &b->types))
			return s;
	}
	return NULL;
}

/* A list that reaches partners it does not name. */
static bool
reaches_more(const struct d4_yaml *to)
{
	size_t i;

	for (i = 0; i < to->n; i++)
		if (strpbrk(to->item[i]->text, "*:") != NULL)
			return true;
	return false;
}

/* The id of a partner to whom both rules go, or NULL. */
static const char *
common_partner(
    const struct pol *p, const struct pol_cond *a, const struct pol_cond *b)
{
	const struct pol_peer *peer;
	size_t i;

	if (!reaches_more(a->to) && !reaches_more(b->to)) {
		for (i = 0; i < a->to->n; i++)
			if (pol_list_has(b->to, a->to->item[i]->text))
				return a->to->item[i]->text;
		return NULL;
	}
	for (i = 0; i < p->n_partners; i++) {
		peer = &p->partners[i];
		if (pol_to_reaches(a->to, peer) != POL_NOT_REACHED &&
		    pol_to_reaches(b->to, peer) != POL_NOT_REACHED)
			return peer->pub.id;
	}
	return NULL;
}

static enum d4_status
check_pair(const struct pol *p, const struct pol_rule *first,
    const struct pol_rule *second, struct d4_diag *diag)
{
	const struct pol_cond *a = &first->cond, *b = &second->cond;
	const struct pol_source *source;
	const char *peer;

	if (pol_list_has(second->after, first->pub.id) ||
	    uuids_apart(&a->sensors, &b->sensors) ||
	    uuids_apart(&a->orgs, &b->orgs) || tags_apart(&a->tags, &b->tags))
		return D4_OK;
	peer = common_partner(p, a, b);
	if (peer == NULL)
		return D4_OK;
	source = common_source(p, a, b);
	if (source == NULL)
		return D4_OK;
	return d4_diag_set(diag, second->pub.at,
	    "order them with `after:` in the later rule, or narrow one",
	    "share rules `%s` (line %u) and `%s` overlap for partner `%s` and "
	    "source `%s`",
	    first->pub.id, first->pub.at.line, second->pub.id, peer,
	    source->id);
}

/* `after` names rules that stand earlier: file order is evaluation order. */
static enum d4_status
check_after(const struct pol *p, size_t at, struct d4_diag *diag)
{
	const struct d4_yaml *after = p->shares[at].after;
	size_t i, k;

	for (i = 0; after != NULL && i < after->n; i++) {
		for (k = 0; k < at; k++)
			if (strcmp(p->shares[k].pub.id, after->item[i]->text) ==
			    0)
				break;
		if (k == at)
			return d4_diag_set(diag, after->item[i]->at,
			    "name a share rule that stands above this one",
			    "`after: %s` names no earlier rule",
			    after->item[i]->text);
	}
	return D4_OK;
}

enum d4_status
pol_overlap_check(const struct pol *p, struct d4_diag *diag)
{
	enum d4_status st = D4_OK;
	size_t i, k;

	for (i = 0; i < p->n_shares && st == D4_OK; i++) {
		st = check_after(p, i, diag);
		for (k = 0; k < i && st == D4_OK; k++)
			st = check_pair(p, &p->shares[k], &p->shares[i], diag);
	}
	return st;
}
