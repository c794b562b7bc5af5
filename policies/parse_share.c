#include <stdlib.h>
#include <string.h>
#include "policies/room.h"

static enum d4_status
read_identity(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	static const char *const words[] = {"source", "sensor", NULL};
	unsigned i;
	enum d4_status st = pol_read_word(r, n, words, &i);

	if (st == D4_OK)
		*(enum pol_identity *)out = (enum pol_identity)i;
	return st;
}

/* "20Mbit/s" */
static enum d4_status
read_rate(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	static const struct {
		const char *unit;
		uint64_t factor;
	} units[] = {{"bit/s", 1}, {"kbit/s", 1000}, {"Mbit/s", 1000000},
	    {"Gbit/s", 1000000000}};
	uint64_t v = 0;
	char *end = NULL;
	size_t i;

	if (n->kind == D4_YAML_SCALAR && n->text[0] >= '1' &&
	    n->text[0] <= '9' && strlen(n->text) < 20)
		v = strtoull(n->text, &end, 10);
	for (i = 0; end != NULL && i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0 &&
		    !__builtin_mul_overflow(v, units[i].factor, &v) &&
		    v <= INT64_MAX) {
			*(uint64_t *)out = v;
			return D4_OK;
		}
	return POL_BAD(r, n, "write digits and bit/s, kbit/s, Mbit/s or Gbit/s",
	    "`%.64s` is not a rate",
	    n->kind == D4_YAML_SCALAR ? n->text : "(list or map)");
}

/* "50GiB/day" */
static enum d4_status
read_volume(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	const char *remedy = "write digits, a unit and /day, e.g. 50GiB/day";
	char text[32] = "";
	struct d4_yaml bytes = {.kind = D4_YAML_SCALAR, .text = text};
	struct d4_diag none = {.line = 0};
	uint64_t v = 0;
	size_t len;

	if (n->kind != D4_YAML_SCALAR)
		return POL_BAD(r, n, remedy, "not one value");
	len = strlen(n->text);
	if (len > 4 && len < sizeof(text) &&
	    strcmp(n->text + len - 4, "/day") == 0)
		memcpy(text, n->text, len - 4);
	if (d4_yaml_bytes(&bytes, &none, &v) != D4_OK || v == 0 ||
	    v > INT64_MAX)
		return POL_BAD(r, n, remedy, "`%.64s` is no volume", n->text);
	*(uint64_t *)out = v;
	return D4_OK;
}

static enum d4_status
read_delay(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	uint64_t us;
	enum d4_status st = d4_yaml_duration_us(n, r->diag, &us);

	if (st != D4_OK)
		return st;
	if (us > POL_DELAY_DAYS * POL_DAY_S * 1000000)
		return POL_BAD(r, n, "use a shorter one",
		    "a delay of more than %u days", POL_DELAY_DAYS);
	*(uint64_t *)out = us;
	return D4_OK;
}

static enum d4_status
read_embargo(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	if (n->kind == D4_YAML_SCALAR &&
	    pol_embargo_read(n->text, out) == D4_OK)
		return D4_OK;
	return POL_BAD(r, n,
	    "write a date (its end, UTC) as 2026-12-31, or "
	    "2026-12-31T12:00:00Z",
	    "`%.64s` is not a date or time",
	    n->kind == D4_YAML_SCALAR ? n->text : "(list or map)");
}

static enum d4_status
read_hops(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	static const uint64_t range[2] = {1, POL_HOPS_MAX};

	return d4_yaml_u64(n, range, r->diag, out);
}

static enum d4_status
read_concerns(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	static const char *const words[] = {"recipient", NULL};
	unsigned i;
	enum d4_status st = pol_read_word(r, n, words, &i);

	if (st == D4_OK)
		*(bool *)out = true;
	return st;
}

#define AT(member) offsetof(struct pol_rule, member)

static const struct pol_field fields[] = {
    {"id", pol_read_id, AT(pub.id), true, NULL},
    {"to", pol_read_to, AT(cond.to), true, NULL},
    {"from", pol_read_from, AT(cond.from), true, NULL},
    {"sensors", pol_read_uuids, AT(cond.sensors), false, NULL},
    {"types", pol_read_plain_types, AT(cond.types.plain), false, NULL},
    {"meta", pol_read_meta_types, AT(cond.types.meta), false, NULL},
    {"misp_org", pol_read_uuids, AT(cond.orgs), false, NULL},
    {"tags", pol_read_match, AT(cond.tags), false, NULL},
    {"pipeline", pol_read_text, AT(pipeline), true, NULL},
    {"identity", read_identity, AT(pub.identity), false, NULL},
    {"max_rate", read_rate, AT(pub.max_rate_bits), false, NULL},
    {"max_volume", read_volume, AT(pub.max_volume), false, NULL},
    {"relabel", pol_read_relabel, AT(relabel), false, NULL},
    {"delay", read_delay, AT(pub.delay_us), false, NULL},
    {"embargo", read_embargo, AT(pub.embargo_s), false, NULL},
    {"transit", pol_read_bool, AT(pub.transit), false, NULL},
    {"hops", read_hops, AT(hops), false, NULL},
    {"misp", pol_read_misp, AT(misp), false, NULL},
    {"after", pol_read_ids, AT(after), false, NULL},
    {"because", pol_read_text, AT(pub.because), true, NULL},
    {"concerns", read_concerns, AT(pub.concerns), false, NULL},
    {NULL, NULL, 0, false, NULL},
};

/* What a rule does not say, it takes from its pipeline; no more than that. */
static enum d4_status
check_types(struct pol_reader *r, const struct d4_yaml *map,
    struct pol_rule *rule, const struct pol_pipe *pipe)
{
	struct pol_types *t = &rule->cond.types;
	size_t i;

	if (t->plain == 0 && t->meta == NULL) {
		*t = pipe->types;
		return D4_OK;
	}
	if ((t->plain & ~pipe->types.plain) != 0)
		return POL_BAD(r, d4_yaml_get(map, "types"),
		    "name only types that the pipeline takes",
		    "pipeline `%s` does not take all of these types",
		    pipe->pub.id);
	for (i = 0; t->meta != NULL && i < t->meta->n; i++)
		if (!pol_list_has(pipe->types.meta, t->meta->item[i]->text))
			return POL_BAD(r, t->meta->item[i],
			    "name only types that the pipeline takes",
			    "pipeline `%s` does not take `%s`", pipe->pub.id,
			    t->meta->item[i]->text);
	return D4_OK;
}

static enum d4_status
resolve_pipeline(
    struct pol_reader *r, const struct d4_yaml *map, struct pol_rule *rule)
{
	const struct d4_yaml *n = d4_yaml_get(map, "pipeline");
	const struct pol *p = r->p;
	const char **known;
	enum d4_status st;
	size_t i;

	for (i = 0; i < p->n_pipelines; i++)
		if (strcmp(p->pipelines[i].pub.id, rule->pipeline) == 0) {
			rule->pub.pipeline = &p->pipelines[i].pub;
			return check_types(r, map, rule, &p->pipelines[i]);
		}
	known = calloc(p->n_pipelines + 1, sizeof(char *));
	if (known == NULL)
		return D4_ENOMEM;
	for (i = 0; i < p->n_pipelines; i++)
		known[i] = p->pipelines[i].pub.id;
	st = pol_bad_word(r, n, "pipeline", known);
	free(known);
	return st;
}

/* A misp: block and a partner that is no MISP is a mistake in one of them. */
static enum d4_status
check_misp(struct pol_reader *r, const struct d4_yaml *map,
    const struct pol_rule *rule)
{
	const struct pol *p = r->p;
	size_t i;

	if (!rule->misp.set)
		return D4_OK;
	for (i = 0; i < p->n_partners; i++)
		if (p->partners[i].pub.sink != POL_SINK_MISP &&
		    pol_to_reaches(rule->cond.to, &p->partners[i]) !=
			POL_NOT_REACHED)
			return POL_BAD(r, d4_yaml_get(map, "misp"),
			    "give that partner a rule of its own",
			    "partner `%s` has no `sink: misp`",
			    p->partners[i].pub.id);
	return D4_OK;
}

/* What concerns a partner must be known of every one that is reached. */
static enum d4_status
check_concerns(struct pol_reader *r, const struct d4_yaml *map,
    const struct pol_rule *rule)
{
	const struct pol *p = r->p;
	size_t i;

	if (!rule->pub.concerns)
		return D4_OK;
	if (rule->pub.pipeline->steps->kind == D4_YAML_LIST &&
	    rule->pub.pipeline->steps->n == 0)
		return POL_BAD(r, d4_yaml_get(map, "concerns"),
		    "name a pipeline with steps",
		    "pipeline `%s` looks into no record, so nothing says whom "
		    "one concerns",
		    rule->pub.pipeline->id);
	for (i = 0; i < p->n_partners; i++)
		if (p->partners[i].pub.networks.n == 0 &&
		    p->partners[i].pub.domains == NULL &&
		    pol_to_reaches(rule->cond.to, &p->partners[i]) !=
			POL_NOT_REACHED)
			return POL_BAD(r, d4_yaml_get(map, "concerns"),
			    "write its `networks` or `domains`, or give it a "
			    "rule of its own",
			    "what concerns partner `%s` is not known",
			    p->partners[i].pub.id);
	return D4_OK;
}

static enum d4_status
share_done(struct pol_reader *r, const struct d4_yaml *map, void *entry)
{
	struct pol_rule *rule = entry;
	enum d4_status st;

	rule->pub.at = map->at;
	rule->pub.misp = d4_yaml_get(map, "misp");
	/* What came from others has one hub more behind it. */
	rule->pub.hops = rule->pub.transit ? 2 : 1;
	if (rule->hops != 0)
		rule->pub.hops = (unsigned)rule->hops;
	st = pol_rule_id_check(r, map, rule->pub.id);
	if (st == D4_OK)
		st = pol_cond_check(r, &rule->cond);
	if (st == D4_OK)
		st = pol_no_labels(r, rule->cond.tags.any);
	if (st == D4_OK)
		st = pol_no_labels(r, rule->cond.tags.all);
	if (st == D4_OK)
		st = pol_no_labels(r, rule->cond.tags.none);
	if (st == D4_OK)
		st = resolve_pipeline(r, map, rule);
	if (st == D4_OK)
		st = check_concerns(r, map, rule);
	return st == D4_OK ? check_misp(r, map, rule) : st;
}

static const struct pol_entity entity = {
    .what = "share rule",
    .table = fields,
    .size = sizeof(struct pol_rule),
    .max = POL_ENTRIES_MAX,
    .done = share_done,
};

enum d4_status
pol_parse_share(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	void *array = NULL;
	enum d4_status st;

	(void)out;
	st = pol_entities_read(r, &entity, n, &array, &r->p->n_shares);
	r->p->shares = array;
	return st;
}
