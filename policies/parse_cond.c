#include <stdlib.h>
#include <string.h>
#include "libd4/nearest.h"
#include "policies/label.h"
#include "policies/room.h"

static enum d4_status
need_name(struct pol_reader *r, const struct d4_yaml *n, const char *prefix)
{
	const char *text = n->text;
	size_t len = strlen(prefix);

	if (strcmp(text, "*") == 0)
		return D4_OK;
	if (len != 0 && strncmp(text, prefix, len) == 0)
		text += len;
	if (pol_id_ok(text))
		return D4_OK;
	return POL_BAD(r, n, "use an id (a-z, 0-9, -) or \"*\"",
	    "`%.64s` is not a name", n->text);
}

static enum d4_status
read_names(struct pol_reader *r, const struct d4_yaml *n, void *out,
    const char *prefix)
{
	enum d4_status st = pol_read_list(r, n);
	size_t i;

	for (i = 0; st == D4_OK && i < n->n; i++)
		st = need_name(r, n->item[i], prefix);
	if (st == D4_OK)
		*(const struct d4_yaml **)out = n;
	return st;
}

enum d4_status
pol_read_to(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	return read_names(r, n, out, "group:");
}

enum d4_status
pol_read_from(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	return read_names(r, n, out, "");
}

#define AT(member) offsetof(struct pol_tag_lists, member)

static const struct pol_field match_fields[] = {
    {"any", pol_read_tags, AT(any), false, NULL},
    {"all", pol_read_tags, AT(all), false, NULL},
    {"none", pol_read_tags, AT(none), false, NULL},
    {NULL, NULL, 0, false, NULL},
};

enum d4_status
pol_read_match(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	if (n->kind != D4_YAML_MAP)
		return POL_BAD(r, n,
		    "write {any: [...]}, {all: [...]} or {none: [...]}",
		    "it does not say how the tags are meant");
	if (n->n == 0)
		return POL_BAD(
		    r, n, "name some tags, or leave the key out", "no tags");
	return pol_fields_read(r, match_fields, n, out);
}

/* "did you mean" among the ids of an array of entries. */
static enum d4_status
unknown_name(struct pol_reader *r, const struct d4_yaml *n, const char *what,
    const void *array, const size_t shape[2])
{
	const char **known = calloc(shape[0] + 1, sizeof(char *));
	enum d4_status st;
	size_t i;

	if (known == NULL)
		return D4_ENOMEM;
	for (i = 0; i < shape[0]; i++)
		known[i] = (const char *)array + i * shape[1];
	st = pol_bad_word(r, n, what, known);
	free(known);
	return st;
}

static bool
group_known(const struct pol *p, const char *group)
{
	size_t i;

	for (i = 0; i < p->n_partners; i++)
		if (pol_list_has(p->partners[i].groups, group))
			return true;
	return false;
}

static enum d4_status
check_to(struct pol_reader *r, const struct d4_yaml *n)
{
	const struct pol *p = r->p;
	const size_t shape[2] = {p->n_partners, sizeof(*p->partners)};

	if (strcmp(n->text, "*") == 0)
		return D4_OK;
	if (strncmp(n->text, "group:", 6) == 0) {
		if (group_known(p, n->text + 6))
			return D4_OK;
		return POL_BAD(r, n, "add it to the partner's `groups:`",
		    "no partner is in group `%s`", n->text + 6);
	}
	if (pol_partner_find(p, n->text) != NULL)
		return D4_OK;
	if (group_known(p, n->text))
		return POL_BAD(r, n, "write group:NAME for a group",
		    "`%s` is a group, not a partner", n->text);
	return unknown_name(r, n, "partner", p->partners, shape);
}

static enum d4_status
check_from(struct pol_reader *r, const struct d4_yaml *n)
{
	const struct pol *p = r->p;
	const size_t shape[2] = {p->n_sources, sizeof(*p->sources)};

	if (strcmp(n->text, "*") == 0 || pol_source_find(p, n->text) != NULL)
		return D4_OK;
	return unknown_name(r, n, "source", p->sources, shape);
}

enum d4_status
pol_cond_check(struct pol_reader *r, const struct pol_cond *c)
{
	enum d4_status st = D4_OK;
	size_t i;

	for (i = 0; c->to != NULL && i < c->to->n && st == D4_OK; i++)
		st = check_to(r, c->to->item[i]);
	for (i = 0; c->from != NULL && i < c->from->n && st == D4_OK; i++)
		st = check_from(r, c->from->item[i]);
	return st;
}

enum d4_status
pol_no_labels(struct pol_reader *r, const struct d4_yaml *patterns)
{
	size_t i;

	for (i = 0; patterns != NULL && i < patterns->n; i++)
		if (pol_tag_is_label(patterns->item[i]->text))
			return POL_BAD(r, patterns->item[i],
			    "use `floor_tlp`, `accept_pap` or a deny rule",
			    "`%.64s`: labels are judged by the ceiling",
			    patterns->item[i]->text);
	return D4_OK;
}

enum d4_status
pol_rule_id_check(
    struct pol_reader *r, const struct d4_yaml *map, const char *id)
{
	const struct d4_yaml *n = d4_yaml_get(map, "id");
	const struct pol *p = r->p;
	size_t i;

	if (pol_reason_text(id) != NULL)
		return POL_BAD(r, n, "give the rule another id",
		    "`%s` is the name of a built-in reason", id);
	for (i = 0; p->denies != NULL && i < p->n_denies; i++)
		if (strcmp(p->denies[i].id, id) == 0)
			return POL_BAD(r, n, "give the rule another id",
			    "deny rule `%s` is there already, in line %u", id,
			    p->denies[i].at.line);
	return D4_OK;
}
