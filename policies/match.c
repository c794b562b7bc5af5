#include <stdio.h>
#include <string.h>
#include "policies/label.h"
#include "policies/match.h"

/* The three parts of a machine tag; value.p is NULL where there is none. */
struct parts {
	struct d4_slice space, predicate, value;
};

static struct d4_slice
trim(struct d4_slice s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		(void)d4_slice_skip(&s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

static struct d4_slice
unquote(struct d4_slice s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return d4_slice_of(s.p + 1, s.n - 2);
	return s;
}

/* Shape: [namespace ":"] predicate ["=" ["\""] value ["\""]]. */
static struct parts
split(const char *tag)
{
	struct d4_slice all = trim(d4_slice_str(tag));
	const uint8_t *colon, *equals;
	struct parts t = {.predicate = all};

	colon = all.n != 0 ? memchr(all.p, ':', all.n) : NULL;
	equals = all.n != 0 ? memchr(all.p, '=', all.n) : NULL;
	if (colon != NULL && (equals == NULL || colon < equals)) {
		t.space = d4_slice_skip(&all, (size_t)(colon - all.p));
		(void)d4_slice_skip(&all, 1);
		t.predicate = all;
	}
	if (equals != NULL) {
		t.predicate = d4_slice_skip(&all, (size_t)(equals - all.p));
		(void)d4_slice_skip(&all, 1);
		t.value = unquote(all);
		if (t.value.p == NULL)
			t.value.p = equals;
	}
	return t;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* `*` by going back to the last one only: linear in practice, never worse
 * than pattern times text. */
static bool
glob(struct d4_slice pat, struct d4_slice text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;

	while (t < text.n) {
		if (p < pat.n && pat.p[p] == '*') {
			star = p++;
			resume = t;
		} else if (p < pat.n && lower(pat.p[p]) == lower(text.p[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (p < pat.n && pat.p[p] == '*')
		p++;
	return p == pat.n;
}

bool
pol_tag_matches(const char *pattern, const char *tag, enum pol_side side)
{
	struct parts p = split(pattern), t = split(tag);

	if (!glob(p.space, t.space) || !glob(p.predicate, t.predicate))
		return false;
	if (p.value.p == NULL)
		return side == POL_WITHHOLDS || t.value.p == NULL;
	return t.value.p != NULL && glob(p.value, t.value);
}

/* The next source that feeds the stream's queue, from *i on; NULL: none. */
static const struct pol_source *
next_feeder(const struct pol_facts *f, size_t *i)
{
	const struct pol_source *s;

	if (f->source->fed_by.n == 0)
		return NULL;
	while (*i < f->p->n_sources) {
		s = &f->p->sources[(*i)++];
		if (pol_source_feeds(s, f->source))
			return s;
	}
	return NULL;
}

static bool
one_tag(const char *pattern, const char *tag, enum pol_side side)
{
	return !pol_tag_is_label(tag) && pol_tag_matches(pattern, tag, side);
}

static bool
listed_tag(const char *pattern, const struct d4_yaml *tags, enum pol_side side)
{
	for (size_t i = 0; tags != NULL && i < tags->n; i++)
		if (one_tag(pattern, tags->item[i]->text, side))
			return true;
	return false;
}

/* Some tag of the stream, labels aside, matches. */
static bool
some_tag(const char *pattern, const struct pol_facts *f, enum pol_side side)
{
	const struct pol_source *from;
	size_t i;

	if (listed_tag(pattern, f->source_tags, side))
		return true;
	for (i = 0; i < f->n_meta_tags; i++)
		if (one_tag(pattern, f->meta_tags[i], side))
			return true;
	for (i = 0;
	     side == POL_WITHHOLDS && (from = next_feeder(f, &i)) != NULL;)
		if (listed_tag(pattern, from->tags, side))
			return true;
	return false;
}

/* The stream's label, or a milder one, is what the pattern names. */
static bool
some_label(const char *pattern, const struct pol_facts *f)
{
	char tag[POL_TEXT_MAX];
	int i;

	for (i = POL_CLEAR; i <= (int)f->tlp; i++) {
		(void)snprintf(
		    tag, sizeof(tag), "tlp:%s", pol_tlp_text((enum pol_tlp)i));
		if (pol_tag_matches(pattern, tag, POL_WITHHOLDS))
			return true;
	}
	for (i = POL_PAP_CLEAR; i <= (int)f->pap; i++) {
		(void)snprintf(
		    tag, sizeof(tag), "pap:%s", pol_pap_text((enum pol_pap)i));
		if (pol_tag_matches(pattern, tag, POL_WITHHOLDS))
			return true;
	}
	return false;
}

/* How many patterns of `any` or `all` the stream meets. */
static size_t
count_met(const struct d4_yaml *patterns, const struct pol_facts *f,
    enum pol_side side)
{
	const char *pattern;
	size_t i, n = 0;

	for (i = 0; i < patterns->n; i++) {
		pattern = patterns->item[i]->text;
		n += some_tag(pattern, f, side) ||
		     (side == POL_WITHHOLDS && some_label(pattern, f));
	}
	return n;
}

static bool
none_met(const struct d4_yaml *patterns, const struct pol_facts *f,
    enum pol_side side)
{
	size_t i;

	for (i = 0; i < patterns->n; i++)
		if (some_tag(patterns->item[i]->text, f, side))
			return false;
	return true;
}

static bool
tags_match(const struct pol_tag_lists *l, const struct pol_facts *f,
    enum pol_side side)
{
	/* `none` turns a match into its opposite, so its reading turns too. */
	const enum pol_side other =
	    side == POL_RELEASES ? POL_WITHHOLDS : POL_RELEASES;

	if (l->any != NULL && count_met(l->any, f, side) == 0)
		return false;
	if (l->all != NULL && count_met(l->all, f, side) != l->all->n)
		return false;
	return l->none == NULL || none_met(l->none, f, other);
}

static bool
org_matches(
    const struct pol_uuids *orgs, const struct pol_facts *f, enum pol_side side)
{
	const struct pol_source *from;
	size_t i;

	if (orgs->n == 0 || pol_uuids_has(orgs, f->org))
		return true;
	if (side == POL_RELEASES)
		return false;
	for (i = 0; (from = next_feeder(f, &i)) != NULL;)
		if (pol_uuids_has(orgs, &from->org))
			return true;
	return pol_uuids_has(orgs, &f->source->org) ||
	       (f->asserted != NULL && pol_uuids_has(orgs, f->asserted));
}

static bool
from_matches(
    const struct d4_yaml *names, const struct pol_facts *f, enum pol_side side)
{
	const struct pol_source *from;
	size_t i;

	if (names == NULL || pol_list_has(names, f->source->id) ||
	    pol_list_has(names, "*"))
		return true;
	for (i = 0;
	     side == POL_WITHHOLDS && (from = next_feeder(f, &i)) != NULL;)
		if (pol_list_has(names, from->id))
			return true;
	return false;
}

static bool
sensors_match(const struct pol_uuids *sensors, const struct pol_facts *f,
    enum pol_side side)
{
	return sensors->n == 0 || pol_uuids_has(sensors, f->sensor) ||
	       (side == POL_WITHHOLDS &&
		   pol_uuids_meet(sensors, &f->source->fed_by));
}

bool
pol_cond_matches(
    const struct pol_cond *c, const struct pol_facts *f, enum pol_side side)
{
	if (!from_matches(c->from, f, side) ||
	    !sensors_match(&c->sensors, f, side))
		return false;
	if (!pol_types_has(&c->types, f->type, f->ext))
		return false;
	return org_matches(&c->orgs, f, side) && tags_match(&c->tags, f, side);
}

enum pol_reach
pol_to_reaches(const struct d4_yaml *to, const struct pol_peer *partner)
{
	enum pol_reach reach = POL_NOT_REACHED;
	const char *word;
	size_t i;

	if (to == NULL)
		return POL_REACHED;
	for (i = 0; i < to->n; i++) {
		word = to->item[i]->text;
		if (strcmp(word, partner->pub.id) == 0)
			return POL_NAMED;
		if (strcmp(word, "*") == 0 ||
		    (strncmp(word, "group:", 6) == 0 &&
			pol_list_has(partner->groups, word + 6)))
			reach = POL_REACHED;
	}
	return reach;
}
